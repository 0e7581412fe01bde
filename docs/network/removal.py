"""Removal of connections from networks that learned: the tables and the figure of docs/network/removal.md.

`python docs/network/removal.py FOLDER` computes piece by piece, each a file of FOLDER; what is there is not computed
again. Then it prints the tables and writes removal.svg beside this script. Needs the extra `network`.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

import glassnet as gn
from glassnet.plots import appearance, export

training, learning, tasks, layers = gn.network.training, gn.network.learning, gn.network.tasks, gn.network.layers

LOAD, N_TEST, N_MASKS = 0.5, 2000, 24
FRACTIONS = [0.05 * number for number in range(20)]
#: removal before the training: fewer, each of them is trained; the last ones where a network falls apart
FEW = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95]
#: inverse temperatures of the cooling and sweeps at each, then the one that is sampled
COOLING, SWEEPS, BETA, AT_LAST = (0.1, 0.2, 0.3, 0.5, 0.7), 25, 1.0, 400
#: hidden units of each width: of gradients with epochs, and of chains with networks
GRADIENTS, CHAINS = {11: 60, 21: 40, 41: 20, 81: 12}, {11: 8, 15: 8, 21: 8, 31: 4}
#: removal before the training takes a training each: other widths, for chains fewer fractions and sweeps
GRADIENTS_BEFORE, CHAINS_BEFORE = {11: 60, 21: 40, 31: 30, 41: 20}, {11: 400, 15: 200, 21: 100, 31: 50}
FEWER = [0.0, 0.2, 0.4, 0.6, 0.8]
EPOCHS = GRADIENTS | GRADIENTS_BEFORE
DIGITS = (64, 60, 60, 10)
#: T / (alpha m0) of the path glass; 0.8 is T / alpha = 0.10 at m0 = 0.125
TEMPERATURES = (0.4, 0.8, 1.2)


def widths_of(hidden):
    return (2 * hidden - 1, hidden, hidden, hidden, 1)


def task_of(hidden, seed):
    """Labels of a linear teacher, LOAD examples for each weight of the network."""
    n_weights = sum(before * after for before, after in pairwise(widths_of(hidden)))
    return tasks.teacher(2 * hidden - 1, round(LOAD * n_weights), N_TEST, seed)


def by_gradients(start, task, hidden, seed):
    return training.straight_through(start, task.inputs, task.labels, n_epochs=EPOCHS[hidden], seed=seed).weights


def cooled(start, task, seed, betas=COOLING):
    chain = training.ErrorChains(start, task.inputs, task.labels, betas[0], seed=seed)
    for beta in betas:
        chain.beta = beta
        chain.run(SWEEPS)
    chain.beta = BETA
    return chain


def by_chain(start, task, hidden, seed, n_sweeps=AT_LAST):
    chain = cooled(start, task, seed)
    chain.run(n_sweeps)
    return chain.weights


def hebb_network(task, hidden):
    """The ground state of the path glass of all examples: the sign of <y x_i> into every unit, then +1."""
    first = np.where(task.mean < 0, -1.0, 1.0) * np.ones((hidden, 1))
    return [first, np.ones((hidden, hidden)), np.ones((hidden, hidden)), np.ones((1, hidden))]


def both_starts(hidden, n_networks):
    """Errors after 0, 50, 200 and 800 sweeps at BETA, cooled from random starts and from the Hebb state."""
    train, test, overlap = [], [], []
    for seed in range(1, n_networks + 1):
        task = task_of(hidden, seed)
        hebb = hebb_network(task, hidden)
        random = cooled(training.random_signs(widths_of(hidden), seed=seed), task, seed)
        ordered = training.ErrorChains(hebb, task.inputs, task.labels, BETA, seed=seed + 1000)
        rows = []
        for n_sweeps in (0, 50, 150, 600):
            for chain in (random, ordered):
                chain.run(n_sweeps)
                weights = chain.weights
                rows.append(
                    (
                        learning.errors(weights, task.inputs, task.labels),
                        learning.errors(weights, task.test_inputs, task.test_labels),
                        learning.gauge_overlap(weights, hebb),
                    )
                )
        for kept, column in zip((train, test, overlap), np.reshape(rows, (4, 2, 3)).transpose(2, 0, 1), strict=True):
            kept.append(column.tolist())
    return {"train": train, "test": test, "overlap": overlap}


def accuracy(weights, inputs, labels):
    """Share of right answers; of ten classes, the largest sum, where a tie of k is right with probability 1/k."""
    if weights[-1].shape[-2] == 1:
        return 1.0 - learning.errors(weights, inputs, labels)
    activation = ["sign"] * (len(weights) - 1) + ["linear"]
    sums = layers.forward(weights, inputs, activation)[-1]
    best = sums == sums.max(axis=1, keepdims=True)
    return (best[np.arange(len(labels)), labels] / best.sum(axis=1)).mean()


def real_accuracy(weights, inputs, labels):
    """Of real synapses and tanh, whose sums are divided by the roots of the fan-in before removal."""
    scaled = [one / np.sqrt(one.shape[1]) for one in weights]
    sums = layers.forward(scaled, inputs, ["tanh", "tanh", "linear"])[-1]
    return (sums.argmax(axis=1) == labels).mean()


def after_training(train, hidden, n_networks):
    """Accuracies on the test set by network, mask and fraction, on the training set, overlap with the Hebb state."""
    test, kept, overlap = [], [], []
    for seed in range(1, n_networks + 1):
        task = task_of(hidden, seed)
        weights = train(training.random_signs(widths_of(hidden), seed=seed), task, hidden, seed)
        overlap.append(float(learning.gauge_overlap(weights, hebb_network(task, hidden))))
        kept.append(float(accuracy(weights, task.inputs, task.labels)))
        found = np.empty((N_MASKS, len(FRACTIONS)))
        for place, fraction in enumerate(FRACTIONS):
            left = [layers.remove(weights, fraction, seed=mask) for mask in range(1, N_MASKS + 1)]
            stacked = [np.stack(layer) for layer in zip(*left, strict=True)]
            found[:, place] = accuracy(stacked, task.test_inputs, task.test_labels)
        test.append(found.tolist())
    return {"test": test, "train": kept, "overlap": overlap}


def before_training(train, hidden, n_masks, fractions):
    """The same of networks that are trained after the removal, each on data of its own: (mask, fraction)."""
    test, kept = np.empty((n_masks, len(fractions))), np.empty((n_masks, len(fractions)))
    for mask in range(1, n_masks + 1):
        task = task_of(hidden, 100 + mask)
        whole = training.random_signs(widths_of(hidden), seed=mask)
        for place, fraction in enumerate(fractions):
            weights = train(layers.remove(whole, fraction, seed=mask), task, hidden, mask)
            test[mask - 1, place] = accuracy(weights, task.test_inputs, task.test_labels)
            kept[mask - 1, place] = accuracy(weights, task.inputs, task.labels)
    return {"test": test.tolist(), "train": kept.tolist(), "fractions": fractions}


def ten_digits(synapses, when, n_networks):
    """(network, mask, fraction) after the training, or (mask, fraction) with removal before it."""
    arguments = {"activation": "tanh", "synapses": "real", "rate": 0.01} if synapses == "real" else {"n_epochs": 60}
    measure = real_accuracy if synapses == "real" else accuracy

    def trained(fraction, seed):
        inputs, labels, test_inputs, test_labels = tasks.digits(seed=seed)
        start = layers.remove(training.random_signs(DIGITS, seed=seed), fraction, seed)
        found = training.straight_through(start, 2 * inputs - 1, labels, **arguments, seed=seed).weights
        return found, 2 * test_inputs - 1, test_labels

    if when == "before":
        fractions, test = [0.0, 0.2, 0.4, 0.6, 0.8], []
        for mask in range(1, n_networks + 1):
            test.append([])
            for fraction in fractions:
                weights, inputs, labels = trained(fraction, mask)
                # of sign units the scale of the last sums alone matters
                first = 0 if synapses == "real" else len(weights) - 1
                weights = weights[:first] + [as_trained(one) for one in weights[first:]]
                test[-1].append(float(measure(weights, inputs, labels)))
        return {"test": test, "fractions": fractions}
    test = []
    for seed in range(1, n_networks + 1):
        weights, inputs, labels = trained(0.0, seed)
        test.append(
            [
                [float(measure(layers.remove(weights, fraction, mask), inputs, labels)) for fraction in FRACTIONS]
                for mask in range(1, N_MASKS + 1)
            ]
        )
    return {"test": test}


def as_trained(matrix):
    """Rows as in the training, where sums are divided by the root of the number of connections that are there."""
    return matrix * np.sqrt(matrix.shape[1] / np.maximum(np.count_nonzero(matrix, axis=1), 1))[:, None]


def path_glass(hidden, n_networks):
    """Where the path glass of the same examples and widths has its transition and spinodal: (network, temperature)."""
    rows = []
    for seed in range(1, n_networks + 1):
        mean = task_of(hidden, seed).mean
        theory, unit = gn.theory.aligned(widths_of(hidden), 1.0, mean), np.abs(mean).mean()
        rows.append([[theory.critical_dilution(T * unit), theory.spinodal_dilution(T * unit)] for T in TEMPERATURES])
    return {"dilutions": rows}


def pieces():
    """Name and computation of each."""
    for hidden in GRADIENTS:
        yield f"gradients-after-{hidden}", lambda n=hidden: after_training(by_gradients, n, 8)
    for hidden, count in CHAINS.items():
        yield f"chains-after-{hidden}", lambda n=hidden, k=count: after_training(by_chain, n, k)
    for hidden in (11, 21):
        yield f"chains-starts-{hidden}", lambda n=hidden: both_starts(n, 4)
    for synapses in ("binary", "real"):
        yield f"digits-{synapses}-after", lambda s=synapses: ten_digits(s, "after", 8)
    for hidden in GRADIENTS_BEFORE:
        yield f"gradients-before-{hidden}", lambda n=hidden: before_training(by_gradients, n, 20, FEW)
    for hidden, n_sweeps in CHAINS_BEFORE.items():

        def train(start, task, hidden, seed, n_sweeps=n_sweeps):
            return by_chain(start, task, hidden, seed, n_sweeps)

        yield f"chains-before-{hidden}", lambda n=hidden, t=train: before_training(t, n, 20, FEWER)
    for synapses in ("binary", "real"):
        yield f"digits-{synapses}-before", lambda s=synapses: ten_digits(s, "before", 20)
    for hidden in GRADIENTS:
        yield f"path-glass-{hidden}", lambda n=hidden: path_glass(n, 4)


def compute(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, computation in pieces():
        place = folder / f"{name}.json"
        if place.exists():
            continue
        start = time.process_time()
        found = computation()
        found["seconds"] = time.process_time() - start
        place.write_text(json.dumps(found))
        print(f"{name}: {found['seconds']:.0f} s", flush=True)


def mean_and_error(table):
    """Means over all axes but the last, and bars for other networks (first axis) and, where there are, other masks."""
    table = np.asarray(table)
    mean, square = table.mean(axis=tuple(range(table.ndim - 1))), 0.0
    for axis in range(table.ndim - 1):
        others = tuple(k for k in range(table.ndim - 1) if k != axis)
        by_one = table.mean(axis=others)
        square = square + by_one.var(axis=0, ddof=1) / len(by_one)
    return mean, np.sqrt(square)


def shown(mean, error, digits=3):
    return f"{mean:.{digits}f}({round(error * 10**digits)})"


def levels(curve, chance=0.5):
    """Fractions removed at which 3/4, 1/2 and 1/4 of what was above chance is left."""
    left = (np.asarray(curve) - chance) / (curve[0] - chance)
    found = []
    for level in (0.75, 0.5, 0.25):
        place = int(np.argmax(left < level))
        step = (left[place - 1] - level) / (left[place - 1] - left[place])
        found.append(FRACTIONS[place - 1] + step * (FRACTIONS[place] - FRACTIONS[place - 1]))
    return found


def table_after(folder, names, chance=0.5):
    """Accuracy, levels, steepest fall, spread over masks."""
    chosen = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    print("removed:", " ".join(f"{FRACTIONS[k]:.1f}" for k in chosen))
    for name in names:
        data = json.loads((folder / f"{name}.json").read_text())
        test = np.array(data["test"])
        mean, error = mean_and_error(test)
        each = np.array([levels(curve, chance) for curve in test.mean(axis=1)])
        steepest = -np.diff(test.mean(axis=1), axis=1).min(axis=1) / 0.05
        spread = test.std(axis=1, ddof=1).mean(axis=0)
        row = " | ".join(shown(mean[k], error[k]) for k in chosen)
        print(f"| {name}, {len(test)} networks | {row} |")
        found = " ".join(shown(each[:, k].mean(), each[:, k].std(ddof=1) / np.sqrt(len(each))) for k in range(3))
        fall = shown(steepest.mean(), steepest.std(ddof=1) / np.sqrt(len(steepest)), 2)
        print(f"    3/4, 1/2, 1/4 left at {found}; steepest fall {fall}; {data['seconds']:.0f} s")
        print(
            "    spread over masks",
            " ".join(f"{spread[k]:.4f}" for k in chosen),
            f"largest at {spread.argmax() * 0.05:.2f}",
        )
        if "train" in data:
            print(f"    training error {1 - np.mean(data['train']):.4f}, overlap {np.mean(data['overlap']):.3f}")


def table_before(folder, names):
    for name in names:
        data = json.loads((folder / f"{name}.json").read_text())
        for part in ("test", "train"):
            if part in data:
                mean, error = mean_and_error(data[part])
                spread = np.std(data[part], axis=0, ddof=1)
                row = " | ".join(f"{shown(m, e)} {s:.3f}" for m, e, s in zip(mean, error, spread, strict=True))
                print(f"| {name}, {part} | {row} | {data['seconds']:.0f} s")
        print("    fractions", data["fractions"])


def tables(folder):
    table_after(folder, [f"gradients-after-{n}" for n in GRADIENTS] + [f"chains-after-{n}" for n in CHAINS])
    table_after(folder, [f"digits-{kind}-after" for kind in ("binary", "real")], chance=0.1)
    table_before(folder, [f"gradients-before-{n}" for n in GRADIENTS_BEFORE])
    table_before(folder, [f"chains-before-{n}" for n in CHAINS_BEFORE])
    table_before(folder, [f"digits-{kind}-before" for kind in ("binary", "real")])
    for hidden in (11, 21):
        data = json.loads((folder / f"chains-starts-{hidden}.json").read_text())
        for part in ("train", "test", "overlap"):
            mean, error = mean_and_error(np.reshape(data[part], (len(data[part]), -1)))
            row = " | ".join(shown(m, e, 4) for m, e in zip(mean, error, strict=True))
            print(f"| {hidden}, {part}: after 0, 50, 200, 800 sweeps, random and Hebb start | {row} |")
    for hidden in GRADIENTS:
        place = folder / f"path-glass-{hidden}.json"
        mean, error = mean_and_error(np.reshape(json.loads(place.read_text())["dilutions"], (4, -1)))
        row = " | ".join(shown(m, e, 4) for m, e in zip(mean, error, strict=True))
        print(f"| path glass {hidden}: transition, spinodal at T/(alpha m0) = {TEMPERATURES} | {row} |")
    seconds = sum(json.loads(place.read_text())["seconds"] for place in folder.glob("*.json"))
    print(f"in all {seconds / 60:.1f} minutes")


def figure(folder):
    """Accuracy after removal from networks that learned by gradients, by chains, and from those of ten digits."""
    glass = np.mean(
        [json.loads((folder / f"path-glass-{n}.json").read_text())["dilutions"] for n in GRADIENTS], axis=(0, 1)
    )
    panels = (
        [(f"gradients-after-{n}", f"{n} units") for n in GRADIENTS],
        [(f"chains-after-{n}", f"{n} units") for n in CHAINS],
        [("digits-binary-after", "binary synapses"), ("digits-real-after", "real synapses, tanh")],
    )
    with appearance.column(6.2, rows=3) as (drawing, axes):
        for ax, names in zip(axes, panels, strict=True):
            for number, (name, label) in enumerate(names):
                mean, error = mean_and_error(json.loads((folder / f"{name}.json").read_text())["test"])
                colour, marker = appearance.look(number)
                ax.errorbar(FRACTIONS, mean, error, color=colour, marker=marker, label=label)
            ax.set_ylabel("accuracy, test set")
            ax.legend(loc="lower left")
        for ax in axes[:2]:
            # the path glass at T / (alpha m0) = 0.8: from its transition to its spinodal
            ax.axvspan(*glass[1], color=appearance.BAND, alpha=0.5, lw=0)
        axes[-1].set_xlabel("connections removed after the training")
    content = export.files(export.Drawing("removal", drawing, ""))["removal.svg"]
    Path(__file__).with_suffix(".svg").write_bytes(content)


if __name__ == "__main__":
    compute(Path(sys.argv[1]))
    tables(Path(sys.argv[1]))
    figure(Path(sys.argv[1]))
