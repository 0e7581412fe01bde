"""Phase planes of two pathways by the law of wide networks: python docs/network/pathways_phase_planes.py, ten seconds.

It prints the mean of the larger share, and writes pathways_phase_planes.svg beside it.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from glassnet.network import pathways as P
from glassnet.plots import appearance, export

HERE = Path(__file__).parent
#: as in the authors' code: what is to be learned, depths, and spread of the starts p
S, DEPTHS, SPREADS = 10.0, (2, 3, 8, 13), (0.1, 0.01)
#: starts, of which some are drawn, and points of a path
STARTS, DRAWN, POINTS = 2000, 25, 16


def strength(p, depth):
    """K of an amplitude p, in units of scale^D."""
    return p * (p * p + 1) ** ((depth - 1) / 2)


def growth(strengths, depth):
    """dK/dtheta, from the amplitudes of the strengths."""
    p = P.wide_trajectories([depth], np.full(strengths.size, 2e3), strengths.reshape(-1, 1), 1.0, [0.0]).p
    p = p.values.reshape(strengths.shape)
    return (p * p + 1) ** (depth - 2) * (depth * p * p + 1)


def paths(depth, starts):
    """Strengths (n_points, n_starts, 2): on its way to S each pair is where it would end for a smaller target."""
    first = strength(starts, depth)
    total = first.sum(axis=1)
    part = np.linspace(0, 1, POINTS)[1:, None] ** 2
    goals = np.maximum(total, 0) + (S - np.maximum(total, 0)) * part
    return np.concatenate([first[None], goals[..., None] * P.wide_shares([depth] * 2, goals, first, 1.0)])


def drawn(ax, depth, starts):
    """One plane: the field, all paths, and the line on which the map has been learned."""
    axis = np.linspace(0, S, 7)
    rates = growth(axis, depth)
    # directions only: towards the line from both sides
    size = np.hypot(rates[None], rates[:, None]) * np.where(axis[None] + axis[:, None] < S, 1, -1)
    ax.quiver(
        axis, axis, rates[None] / size, rates[:, None] / size, color="#A9C7DE", scale=15, width=0.006, pivot="mid"
    )
    lines = paths(depth, starts[:DRAWN])
    ax.plot(lines[..., 0], lines[..., 1], "-", color=appearance.THEORY, linewidth=0.5)
    ax.plot(lines[-1, :, 0], lines[-1, :, 1], "o", color=appearance.COLOURS[5], markersize=1.8, clip_on=False, zorder=3)
    ax.plot([0, S], [S, 0], color=appearance.COLOURS[0], linewidth=0.8)
    ax.set(xlim=(0, S), ylim=(0, S), xticks=(0, 5, 10), yticks=(0, 5, 10), aspect="equal")
    shares = P.wide_shares([depth] * 2, S, strength(starts, depth), 1.0).max(axis=1)
    return shares.mean(), shares.std(ddof=1) / np.sqrt(STARTS)


def figure():
    """All planes: a row for each spread of the starts, a column for each depth."""
    with appearance.printed():
        whole = Figure(figsize=(6.8, 3.7), dpi=300, layout="constrained")
        axes = whole.subplots(len(SPREADS), len(DEPTHS), sharex=True, sharey=True)
        for row, spread in zip(axes, SPREADS, strict=True):
            starts = np.random.default_rng(1).normal(0, spread, (STARTS, 2))
            for ax, depth in zip(row, DEPTHS, strict=True):
                mean, error = drawn(ax, depth, starts)
                print(f"p0 ~ N(0, {spread:g}^2), D = {depth}: larger share {mean:.4f}({error:.4f})")
                if spread == SPREADS[0]:
                    ax.set_title(f"$D = {depth}$")
                else:
                    ax.set_xlabel("$K_1$")
            row[0].set_ylabel(rf"$K_2$  ($p_0 \sim N(0, {spread:g}^2)$)")
    return whole


if __name__ == "__main__":
    name = "pathways_phase_planes"
    (HERE / f"{name}.svg").write_bytes(export.files(export.Drawing(name, figure(), ""))[f"{name}.svg"])
