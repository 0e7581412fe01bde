"""Wide networks with random starts: the figures and tables of docs/network/pathways.md on them.

`python docs/network/pathways_wide.py FOLDER` trains network by network, each a file of FOLDER; what is there is not
trained again. Then it prints the tables and writes the figures beside this script. On one core the training takes
ten minutes, the rest one.
"""

import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from glassnet.network import pathways as P
from glassnet.plots import appearance, export

HERE = Path(__file__).parent
#: standard deviation of the weights at width 1000, and what other widths keep of it
SCALE = 0.01 * np.sqrt(1000)
#: of gradient flow for (1/2) |S - sum P|^2; the authors' 0.01 for the square without its half
RATE = 0.02
#: (target, activation, depth, width, seeds), in the order of their price
RUNS = [
    *[(target, "linear", depth, 1000, 16) for depth in (2, 3) for target in ("tree", "distinct")],
    *[(target, "linear", 7, 250, 16) for target in ("tree", "distinct")],
    *[("tree", "linear", depth, 250, 8) for depth in (2, 3, 4)],
    *[(target, "linear", 4, 1000, 8) for target in ("tree", "distinct")],
    *[("tree", activation, depth, 250, 8) for activation in ("tanh", "relu") for depth in (2, 3, 4)],
    *[("tree", activation, 7, 250, seeds) for activation, seeds in (("tanh", 3), ("relu", 1))],
]
#: depths and widths of the tables and figures, and how far from one half a share is far
WIDTHS, FAR = ((2, 1000), (3, 1000), (4, 1000), (7, 250)), 0.05
#: steps at most, those after which a network may stop, and after how many the strengths are written down, by depth
STEPS, ROUND, EVERY = 20_000, 200, {2: 2, 3: 4, 4: 10, 7: 20}
#: part of the loss at which a network has learned
LEARNED = 1e-7


def target_of(name):
    """The hierarchical tree, 15 features of 8 leaves; or eight singular values from 4 down to 1 in random bases."""
    if name == "tree":
        return np.vstack([np.repeat(np.eye(2**level), 8 // 2**level, axis=1) for level in range(4)])
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.standard_normal((side, 8)))[0] for side in (15, 8))
    return (left * np.linspace(4, 1, 8)) @ right.T


def start_of(depth, width, seed):
    """Normal weights, all of the same variance, in two pathways."""
    rng = np.random.default_rng([seed, depth, width])
    shapes = [(width, 8), *[(width, width)] * (depth - 2), (15, width)]
    return [[SCALE / np.sqrt(width) * rng.standard_normal(shape) for shape in shapes] for _ in range(2)]


def growth_of(start, target):
    """dK/dtheta at the start, by mode and pathway: sum over layers of |what comes in|^2 |what goes back|^2."""
    left, _, right = np.linalg.svd(target, full_matrices=False)
    found = []
    for pathway in start:
        coming, going = [right.T], [left]
        for weight in pathway[:-1]:
            coming.append(weight @ coming[-1])
        for weight in pathway[:0:-1]:
            going.append(weight.T @ going[-1])
        sizes = [np.square(a).sum(axis=0) * np.square(b).sum(axis=0) for a, b in zip(coming, going[::-1], strict=True)]
        found.append(sum(sizes))
    return np.stack(found, axis=-1)


def trained(name, activation, depth, width, seed):
    """One network, until it has learned: all that the figures need."""
    target, start = target_of(name), start_of(depth, width, seed)
    found = {"growth": growth_of(start, target)}
    if depth == 2:
        found["two_layer"] = P.two_layer_shares(start, target)
    options = {"learning_rate": RATE, "record_every": EVERY[depth], "activation": activation}
    if activation != "linear":
        # the leaves themselves, as in the authors' code: the mean over eight of them divides the rate
        options |= {"inputs": np.eye(8), "learning_rate": 8 * RATE, "output_activation": activation}
    strengths, losses, weights, began = [], [], start, time.process_time()
    while len(losses) * EVERY[depth] < STEPS:
        history, weights = P.gradient_descent(weights, target, steps=ROUND, **options)
        found.setdefault("first", history.K.values[0])
        found["last"] = history.K.values[-1]
        strengths.append(history.strength.values[:-1])
        losses += history.loss.values[:-1].tolist()
        if losses[-1] < LEARNED * losses[0] or (
            activation != "linear" and losses[-1] > 0.999 * losses[-ROUND // EVERY[depth]] < 0.1
        ):
            break
    times = RATE * EVERY[depth] * np.arange(len(losses))
    seconds = time.process_time() - began
    return found | {"strength": np.concatenate(strengths), "loss": losses, "times": times, "seconds": seconds}


def runs(folder):
    """Everything, by (target, activation, depth, width): a list of what each seed gave."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for *case, n_seeds in RUNS:
        for seed in range(n_seeds):
            path = folder / ("-".join(map(str, (*case, seed))) + ".npz")
            if not path.exists():
                part = path.with_suffix(".part.npz")
                np.savez_compressed(part, **trained(*case, seed))
                part.rename(path)
            with np.load(path) as data:
                found.setdefault(tuple(case), []).append(dict(data))
    return found


def predictions(depth, singular, run):
    """Share of the first pathway in each mode, by what it is predicted from."""
    first = np.diagonal(run["first"], axis1=-2, axis2=-1).T
    own = (run["growth"] / depth) ** (1 / (2 * depth - 2))
    found = {
        "K0": P.wide_shares([depth] * 2, singular, first, SCALE),
        "K0/D": P.wide_shares([depth] * 2, singular, first / depth, SCALE),
        "K0/D, own scales": P.wide_shares([depth] * 2, singular, first / depth, own),
    }
    if depth == 2:
        found["two_layer_shares"] = run["two_layer"]
    return {name: shares[:, 0] for name, shares in found.items()}


def measured(run):
    """Share of the first pathway in each mode at the end."""
    last = np.diagonal(run["last"], axis1=-2, axis2=-1)
    return last[0] / last.sum(axis=0)


def compared(case, data):
    """Measured shares minus one half (seeds, modes) of a case, and what is predicted for them."""
    name, _, depth, _ = case
    singular = np.linalg.svd(target_of(name), compute_uv=False)
    found = [predictions(depth, singular, run) for run in data]
    return (
        np.array([measured(run) for run in data]) - 0.5,
        {key: np.array([one[key] for one in found]) - 0.5 for key in found[0]},
    )


def scores(predicted, share, chosen):
    """Winner right, slope and correlation through one half, rms error, and skill against predicting one half."""
    x, y = predicted[chosen], share[chosen]
    if not x.size:
        return np.full(5, np.nan)
    error = np.square(y - x).mean()
    product = (x * y).sum()
    return np.array(
        [
            (x * y > 0).mean(),
            product / np.square(x).sum(),
            product / np.sqrt(np.square(x).sum() * np.square(y).sum()),
            np.sqrt(error),
            1 - error / np.square(y).mean(),
        ]
    )


def with_errors(predicted, share, least):
    """The scores where a share is more than `least` from one half, with standard errors of a bootstrap over seeds."""
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(400):
        seeds = rng.integers(len(share), size=len(share))
        draws.append(scores(predicted[seeds], share[seeds], np.abs(share[seeds]) > least))
    return scores(predicted, share, np.abs(share) > least), np.nanstd(draws, axis=0)


def table(found):
    """Rows of the table of predictions, in markdown: all modes, then those with a share far from one half."""
    columns = "winner | slope | correlation | rms | skill"
    print(f"| target, D | predicted from | {columns} | far from 1/2 | {columns} |")
    for (name, activation, depth, width), data in sorted(found.items(), key=lambda item: item[0][2]):
        if activation != "linear" or (depth, width) not in WIDTHS:
            continue
        share, predicted = compared((name, activation, depth, width), data)
        far = np.abs(share) > FAR
        for key, one in predicted.items():
            parts = [shown(one, share, least) if far.sum() >= 20 or not least else "| | | |" for least in (0, FAR)]
            print(f"| {name}, {depth} | {key} | {parts[0]} | {far.sum()} of {far.size} | {parts[1]} |")
        half = [f"{np.sqrt(np.square(share[chosen]).mean()):.4f}" for chosen in (share == share, far) if chosen.any()]
        print(f"| {name}, {depth} | one half | | | | {half[0]} | | | | | | {half[-1]} | |")


def shown(predicted, share, least):
    """Scores and errors as five columns, the error in the last digit."""
    values, errors = with_errors(predicted, share, least)
    text = [f"{value:.2f}({100 * error:.0f})" for value, error in zip(values, errors, strict=True)]
    text[3] = f"{values[3]:.4f}"
    return " | ".join(text)


def concentration(found):
    """The larger share in a mode, and of the whole map, mean and standard error over seeds; seconds of a run."""
    for case, data in found.items():
        last = [np.abs(np.diagonal(run["last"], axis1=-2, axis2=-1)) for run in data]
        mode = np.array([(one.max(axis=0) / one.sum(axis=0)).mean() for one in last])
        singular = np.linalg.svd(target_of(case[0]), compute_uv=False)
        whole = np.array([(one @ singular).max() / (one @ singular).sum() for one in last])
        off = np.array([off_diagonal(run["last"]) for run in data])
        loss = np.mean([run["loss"][-1] / run["loss"][0] for run in data])
        seconds, steps = (np.mean([size(run) for run in data]) for size in (_seconds, _steps))
        error = np.sqrt(len(data))
        text = [f"{x.mean():.3f}({x.std(ddof=1) / error if len(data) > 1 else np.nan:.3f})" for x in (mode, whole, off)]
        print(f"| {', '.join(map(str, case))} | {len(data)} | {' | '.join(text)} | {loss:.1e} ", end="")
        print(f"| {steps:.0f} steps, {seconds:.0f} s |")


def off_diagonal(matrices):
    """Part of |K|^2 that is off the diagonal of the modes, of both pathways together."""
    inside = np.square(np.diagonal(matrices, axis1=-2, axis2=-1)).sum()
    return 1 - inside / np.square(matrices).sum()


def _seconds(run):
    return float(run["seconds"])


def _steps(run):
    return round(run["times"][-1] / RATE)


def first_steps():
    """Part of |K|^2 off the diagonal after each of the first nine steps at D = 2, width 1000."""
    history = P.gradient_descent(
        start_of(2, 1000, 0), target_of("tree"), learning_rate=RATE, steps=9, record_every=1
    ).history
    print("off the diagonal:", " ".join(f"{off_diagonal(matrices):.3f}" for matrices in history.K.values))


def panels(rows, columns, width, height):
    """A figure for print and its axes."""
    figure = Figure(figsize=(width, height), dpi=300, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def against_law(found):
    """Share of the first pathway, measured against predicted, for each depth and target."""
    with appearance.printed():
        figure, axes = panels(2, 4, 6.8, 3.7)
        for row, target in zip(axes, ("tree", "distinct"), strict=True):
            for ax, (depth, width) in zip(row, ((2, 1000), (3, 1000), (4, 1000), (7, 250)), strict=True):
                share, predicted = compared((target, "linear", depth, width), found[target, "linear", depth, width])
                low, high = (0.4, 0.6) if depth == 2 else (0, 1)
                ax.plot([low, high], [low, high], "-", color=appearance.BAND, linewidth=0.6, zorder=1)
                looks = (
                    ("K0", appearance.BAND, "law, $K(0)$"),
                    ("K0/D, own scales", appearance.COLOURS[0], "law, $K(0)/D$, own scales"),
                )
                for key, colour, label in looks:
                    ax.plot(
                        predicted[key].ravel() + 0.5,
                        share.ravel() + 0.5,
                        "o",
                        color=colour,
                        markersize=1.4,
                        label=label,
                    )
                ticks = (low, 0.5, high)
                ax.set(xlim=(low, high), ylim=(low, high), xticks=ticks, yticks=ticks, aspect="equal")
                if target == "tree":
                    ax.set_title(f"$D = {depth}$" + (f", width {width}" if width != 1000 else ""))
                else:
                    ax.set_xlabel("predicted share")
            row[0].set_ylabel(f"share, {target}" if target == "tree" else "share, distinct values")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, markerscale=2)
    return figure


def descents(found, activation):
    """For each depth the strengths of both pathways in time, and their matrices K at the end: seed 0 on the tree."""
    with appearance.printed():
        figure, axes = panels(3, 4, 6.8, 4.6)
        for column, (depth, width) in zip(axes.T, WIDTHS, strict=True):
            width = width if activation == "linear" else 250
            run = found["tree", activation, depth, width][0]
            drawn_strengths(column[0], run)
            column[0].set_title(f"$D = {depth}$, width {width}")
            for ax, matrix in zip(column[1:], run["last"], strict=True):
                # nothing is to be learned in the other seven directions of the outputs
                image = ax.imshow(matrix[:8], cmap="RdBu_r", vmin=-4, vmax=4)
                ax.set(xticks=(), yticks=())
        axes[0, 0].set_ylabel("strengths $K_a$, $K_b$")
        axes[1, 0].set_ylabel("$K_a$ at the end")
        axes[2, 0].set_ylabel("$K_b$ at the end")
        figure.colorbar(image, ax=axes[1:], shrink=0.6, ticks=(-4, 0, 4))
    return figure


def drawn_strengths(ax, run):
    """Strengths of both pathways, a colour for each singular value, until a little after the last mode has come."""
    times, strength = run["times"], run["strength"]
    away = np.abs(strength.sum(axis=2) / strength[-1].sum(axis=1) - 1) > 0.02
    end = min(len(times) - 1, int(1.2 * np.flatnonzero(away.any(axis=1))[-1]))
    for mode, colour in enumerate((0, 1, 2, 2, 3, 3, 3, 3)):
        for pathway, dashes in enumerate(("-", (0, (2, 1)))):
            line = strength[: end + 1, mode, pathway]
            ax.plot(times[: end + 1], line, linestyle=dashes, color=appearance.COLOURS[colour], linewidth=0.7)
    ax.set(xlabel="time", xlim=(0, times[end]))


if __name__ == "__main__":
    DATA = runs(Path(sys.argv[1]))
    table(DATA)
    print("| target, activation, depth, width | seeds | in a mode | whole | off diagonal | loss | cost |")
    concentration(DATA)
    first_steps()
    figures = {"pathways_law": against_law(DATA)}
    for one in ("linear", "tanh", "relu"):
        figures[f"pathways_{one}"] = descents(DATA, one)
    for stem, drawn in figures.items():
        (HERE / f"{stem}.svg").write_bytes(export.files(export.Drawing(stem, drawn, ""))[f"{stem}.svg"])
