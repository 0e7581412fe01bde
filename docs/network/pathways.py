"""Figures of docs/network/pathways.md: python docs/network/pathways.py writes them beside it, in some five minutes."""

from pathlib import Path

import numpy as np

from glassnet.network import pathways as P
from glassnet.plots import appearance, export, pathways

HERE = Path(__file__).parent
MODES = np.array([4.0, 3.0, 2.0, 1.0])
#: random starts by depth: standard errors below 2 % of the shares
STARTS = {1: 12, 2: 32, 3: 72, 4: 144}
DEPTHS = tuple(STARTS)


def target():
    """A 20 x 20 map of four modes."""
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.standard_normal((20, 4)))[0] for _ in range(2))
    return (left * MODES) @ right.T


def compared():
    """Two pathways of depth 3 from an aligned start: theory and the descent of whole matrices."""
    start = P.balanced_start([3, 3], target(), [0.35, 0.30], seed=1)
    history = P.gradient_descent(start, target(), steps=4000, record_every=200).history
    return pathways.trajectories(P.trajectories([3, 3], MODES, [0.35, 0.30], np.linspace(0, 4, 200)), history)


def largest(depth, activation, scale):
    """Larger share of two equal pathways from random starts, by seed: in each mode on average, and overall."""
    rng = np.random.default_rng(7)
    inputs = np.sqrt(60) * np.linalg.qr(rng.standard_normal((60, 20)))[0]
    # a small start of a deep network takes its time
    options = {"learning_rate": 1e-2, "steps": 12_000 if scale < 0.2 and depth > 2 else 3000, "record_every": 3000}
    shares = []
    for seed in range(STARTS[depth]):
        start = P.random_start([depth, depth], 20, 20, width=20, scale=scale, seed=seed)
        white = None if activation == "linear" else inputs
        last = P.gradient_descent(start, target(), activation=activation, inputs=white, **options).history.isel(time=-1)
        shares.append([last.share.max("pathway").mean().item(), last.overall_share.max().item()])
    return np.mean(shares, axis=0), np.std(shares, axis=0, ddof=1) / np.sqrt(STARTS[depth])


def concentration():
    """The larger share against depth: aligned starts, and random ones."""
    with appearance.column(2.6) as (figure, (ax,)):
        aligned = [P.final_shares([depth, depth], 1.0, [0.12, 0.10])[0] for depth in DEPTHS]
        ax.plot(DEPTHS, aligned, "-", color=appearance.THEORY, label="aligned, $u_0$ = 0.12, 0.10 (theory)")
        cases = [("linear", 0.45), ("linear", 0.12), ("tanh", 0.45), ("relu", 0.45)]
        for number, (activation, scale) in enumerate(cases):
            found = np.array([largest(depth, activation, scale) for depth in DEPTHS])
            for column, what in enumerate(("in each mode", "overall")):
                row = " ".join(f"{mean:.3f}({1e3 * error:.0f})" for mean, error in found[..., column])
                print(f"{activation}, scale {scale}, {what}: {row}", flush=True)
            means, errors = found[..., 0].T
            name = {"linear": "linear", "tanh": "tanh", "relu": "ReLU"}[activation]
            ax.errorbar(
                np.add(DEPTHS, 0.04 * (number - 1.5)),
                means,
                errors,
                color=appearance.COLOURS[number],
                marker=appearance.MARKERS[number],
                linestyle="none",
                label=f"random, {name}, scale {scale:g}",
            )
        ax.set(xlabel="depth $D$ of both pathways", ylabel="larger share in a mode", xticks=DEPTHS, ylim=(0.48, 1.01))
        ax.legend(loc="upper left")
    return figure


if __name__ == "__main__":
    for name, figure in (("pathways_trajectories", compared()), ("pathways_concentration", concentration())):
        (HERE / f"{name}.svg").write_bytes(export.files(export.Drawing(name, figure, ""))[f"{name}.svg"])
