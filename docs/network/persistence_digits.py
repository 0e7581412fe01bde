"""Persistence regularisers on scikit-learn's digits, against mean correlation, weight decay and dropout.

python docs/network/persistence_digits.py prints the tables of docs/network/persistence.md and writes its figure beside
it, in a few minutes on one core; needs the extra `network`.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.datasets import load_digits

from glassnet.network import persistence
from glassnet.plots import appearance, export

HIDDEN, BATCH, STEPS, RATE, SEEDS = (48, 48), 50, 400, 3e-3, 12
SIZES = (100, 400)
#: strengths tried for each, the best one by the mean validation accuracy
METHODS = {
    "none": [0.0],
    "T1": [1e-4, 1e-3, 1e-2, 1e-1],
    "T2": [1e-2, 1e-1, 1.0, 10.0],
    "all": [1e-2, 1e-1, 1.0, 10.0],
    "L2": [1e-4, 1e-3, 1e-2, 1e-1],
    "dropout": [0.1, 0.2, 0.35, 0.5],
}
REGULARISERS = {"T1": persistence.t1, "T2": persistence.t2, "all": persistence.all_pairs}


def forward(weights, biases, x, masks=None):
    """Activations of the ReLU layers, and the logits."""
    hidden = [x]
    for layer, (weight, bias) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        h = np.maximum(hidden[-1] @ weight.T + bias, 0.0)
        hidden.append(h if masks is None else h * masks[layer])
    return hidden, hidden[-1] @ weights[-1].T + biases[-1]


def gradients(weights, biases, x, labels, method, strength, rng):
    """Gradients of cross entropy and regulariser by all weights and biases."""
    masks = None
    if method == "dropout":
        masks = [(rng.random((len(x), width)) >= strength) / (1 - strength) for width in HIDDEN]
    hidden, logits = forward(weights, biases, x, masks)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    back = p / p.sum(axis=1, keepdims=True)
    back[np.arange(len(x)), labels] -= 1
    back /= len(x)
    extra = [0.0] * len(HIDDEN)
    if method in REGULARISERS:
        gradient = strength * REGULARISERS[method](np.concatenate(hidden[1:], axis=1))[1]
        extra = np.split(gradient, np.cumsum(HIDDEN)[:-1], axis=1)
    found = []
    for layer in range(len(weights) - 1, -1, -1):
        decay = strength * weights[layer] if method == "L2" else 0.0
        found.append((back.T @ hidden[layer] + decay, back.sum(axis=0)))
        if layer:
            back = back @ weights[layer] + extra[layer - 1]
            back *= (hidden[layer] > 0) * (1.0 if masks is None else masks[layer - 1])
    return [gradient for pair in found[::-1] for gradient in pair]


def trained(x, labels, method, strength, seed):
    """Weights and biases after Adam, from the same start and batches for every method."""
    rng = np.random.default_rng([seed, 1])
    dropped = np.random.default_rng([seed, 2])
    widths = (x.shape[1], *HIDDEN, 10)
    weights = [rng.standard_normal((b, a)) * np.sqrt(2 / a) for a, b in pairwise(widths)]
    biases = [np.zeros(width) for width in widths[1:]]
    parameters = [p for pair in zip(weights, biases, strict=True) for p in pair]
    first, second = ([np.zeros_like(p) for p in parameters] for _ in range(2))
    for step in range(1, STEPS + 1):
        batch = rng.choice(len(x), BATCH, replace=False)
        found = gradients(weights, biases, x[batch], labels[batch], method, strength, dropped)
        for p, m, v, g in zip(parameters, first, second, found, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= RATE * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return weights, biases


def study(n_train):
    """Mean test accuracy by strength of each method; at the chosen one that by seed, and what the hidden neurons do."""
    x, labels = load_digits(return_X_y=True)
    x = x / 16.0
    accuracy = {method: np.zeros((len(grid), SEEDS, 2)) for method, grid in METHODS.items()}
    neurons = {method: np.zeros((len(grid), SEEDS, 2)) for method, grid in METHODS.items()}
    for seed in range(SEEDS):
        order = np.random.default_rng([seed, 0]).permutation(len(x))
        parts = np.split(order, [n_train, n_train + 400])
        for method, grid in METHODS.items():
            for k, strength in enumerate(grid):
                network = trained(x[parts[0]], labels[parts[0]], method, strength, seed)
                for j, part in enumerate(parts[1:]):
                    hidden, logits = forward(*network, x[part])
                    accuracy[method][k, seed, j] = (logits.argmax(axis=1) == labels[part]).mean()
                together = np.concatenate(hidden[1:], axis=1)
                neurons[method][k, seed] = persistence.deaths(together).mean(), persistence.all_pairs(together)[0]
    chosen = {method: int(found[..., 0].mean(axis=1).argmax()) for method, found in accuracy.items()}
    best = {
        method: (METHODS[method][k], accuracy[method][k, :, 1], neurons[method][k].mean(axis=0))
        for method, k in chosen.items()
    }
    return best, {method: found[..., 1].mean(axis=1) for method, found in accuracy.items()}


def interval(values):
    """Mean and half of a 95 % interval, by Student."""
    return values.mean(), stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)


def figure_of(results):
    """Gain over no regularisation, paired by seed."""
    with appearance.column(2.4) as (figure, (ax,)):
        methods = list(METHODS)[1:]
        for number, n_train in enumerate(SIZES):
            found = results[n_train]
            gains = [interval(100 * (found[method][1] - found["none"][1])) for method in methods]
            means, errors = zip(*gains, strict=True)
            place = np.arange(len(methods)) + 0.16 * (number - 0.5)
            style = {"color": appearance.COLOURS[number], "marker": appearance.MARKERS[number], "linestyle": "none"}
            ax.errorbar(place, means, errors, label=f"{n_train} examples", **style)
        ax.axhline(0, color="black", linewidth=0.5, zorder=1)
        ax.set_xticks(range(len(methods)), methods)
        ax.set_ylabel("gain in test accuracy [%]")
        ax.legend(loc="lower right", ncols=1)
    return figure


if __name__ == "__main__":
    results = {}
    for n_train in SIZES:
        results[n_train], by_strength = study(n_train)
        none = results[n_train]["none"][1]
        print(f"\n{n_train} training examples\n\n| method | strength | accuracy % | gain % | mean death | mean corr |")
        print("| --- | --- | --- | --- | --- | --- |")
        for method, (strength, accuracy, (death, correlation)) in results[n_train].items():
            mean, half = interval(100 * accuracy)
            gain = "" if method == "none" else "{:+.2f} +- {:.2f}".format(*interval(100 * (accuracy - none)))
            row = f"{mean:.2f} +- {half:.2f} | {gain} | {death:.3f} | {correlation:.3f}"
            print(f"| {method} | {strength:g} | {row} |", flush=True)
        for method, means in by_strength.items():
            print(method, ", ".join(f"{s:g}: {100 * a:.2f}" for s, a in zip(METHODS[method], means, strict=True)))
    files = export.files(export.Drawing("persistence_digits", figure_of(results), ""))
    Path(__file__).with_name("persistence_digits.svg").write_bytes(files["persistence_digits.svg"])
