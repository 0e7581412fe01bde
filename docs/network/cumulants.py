"""Figure and tables of docs/network/cumulants.md: python docs/network/cumulants.py writes and prints them.

About five minutes on one core.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from glassnet.network import cumulants, layers, tasks
from glassnet.plots import export, network

HERE = Path(__file__).parent


def closed(width, activation="relu", depth=4, n_samples=60_000):
    """Predicted and sampled covariances of a random network, and the error of the former, free of sampling noise."""
    rng = np.random.default_rng(width)
    weights = [np.sqrt(2.0 / width) * rng.standard_normal((width, width)) for _ in range(depth)]
    predicted = cumulants.propagate(weights, None, np.zeros(width), np.eye(width), activation)
    halves = [layers.forward(weights, rng.standard_normal((n_samples, width)), activation)[1:] for _ in range(2)]
    pairs, errors, off = [], [], ~np.eye(width, dtype=bool)
    for out, *states in zip(predicted, *halves, strict=True):
        first, second = (np.cov(state.T) for state in states)
        wrong = ((out.cov - first) * (out.cov - second))[off].mean()
        errors.append(np.sqrt(max(wrong, 0.0) / (first * second)[off].mean()))
        pairs.append((out.cov, 0.5 * (first + second)))
    return pairs, errors


def small_tasks():
    """XOR and three-bit parity, learned from cumulants and from samples."""
    for name, task, hidden in (("xor", tasks.xor(), [10]), ("parity", tasks.parity(3, 0.8, 0.1), [10, 10])):
        phi, (inputs, labels) = cumulants.quadratic(0.5), task.sample(100_000, seed=1)
        targets = np.array(task.targets)[labels]
        fits = {f"cumulants to {n}": cumulants.train_on_moments(task.populations(n), hidden, phi) for n in (2, 3, 4)}
        fits["samples"] = cumulants.train_on_samples(inputs[:10_000], targets[:10_000], hidden, phi)
        print(name, f"Bayes {task.bayes_accuracy:.4f}")
        for label, fit in fits.items():
            accuracy, loss = fit.score(inputs, labels, task.targets)
            print(f"  {label}: expects {fit.loss:.3f}, test loss {loss:.3f}, accuracy {accuracy:.4f}", flush=True)


def digits():
    """Networks with 30 hidden units, learned from cumulants and from samples; and what explains the latter."""
    inputs, labels, test_inputs, test_labels = tasks.digits()
    targets = np.eye(10)
    options = {"hidden": [30], "iterations": 100}
    for phi, objective in (("relu", "mse"), (cumulants.quadratic(0.5), "mse"), ("relu", "cross_entropy")):
        options |= {"activation": phi, "objective": objective}
        fit = cumulants.train_on_samples(inputs, targets[labels], **options)
        print(
            phi, objective, "samples", fit.score(inputs, labels, targets), fit.score(test_inputs, test_labels, targets)
        )
        print(cumulants.explained(fit, inputs, labels, targets).to_dataframe())
        states = layers.forward(fit.weights, inputs, fit.activation, fit.biases)
        last = replace(fit, weights=fit.weights[1:], biases=fit.biases[1:], activation=fit.activation[1:])
        print(
            "from moments of the outputs",
            cumulants.explained(last, states[1], labels, targets, orders=2).to_dataframe(),
        )
        for order, negative in ((1, "stop"), (2, "stop"), (3, "stop"), (3, "ignore")):
            classes = cumulants.of_samples(inputs, labels, targets, order, third="samples")
            fit = cumulants.train_on_moments(classes, negative_variances=negative, **options)
            scores = fit.iterations, fit.loss, fit.score(test_inputs, test_labels, targets)
            print(phi, objective, "to", order, negative, *scores, flush=True)


def by_depth(seeds=range(1, 6)):
    """Where the closure fails in a network of four layers: exact moments up to a layer, cumulants from there on."""
    inputs, labels, *_ = tasks.digits()
    targets, rows = np.eye(10), []
    for seed in seeds:
        fit = cumulants.train_on_samples(inputs, targets[labels], [30, 30, 30], "relu", seed=seed, iterations=100)
        true, states = (
            fit.score(inputs, labels, targets)[1],
            layers.forward(fit.weights, inputs, fit.activation, fit.biases),
        )
        for known in range(3):
            rest = [part[known:] for part in (fit.weights, fit.biases, fit.activation)]
            upper = replace(fit, weights=rest[0], biases=rest[1], activation=rest[2])
            found = cumulants.explained(upper, states[known], labels, targets, orders=(2, 3))
            errors = cumulants.by_layer(*rest[:2], states[known], labels, rest[2], orders=(2, 3)).relative_error
            variances = errors.isel(layer=-1).sel(moment="variance").mean("class")
            rows.append([*(found.loss.values - true), *variances.values])
    rows = np.reshape(rows, (len(seeds), 3, 4))
    print("loss beyond that of the data and error of the output variances, each with cumulants to 2 and 3")
    for known, (mean, error) in enumerate(zip(rows.mean(0), rows.std(0, ddof=1) / np.sqrt(len(seeds)), strict=True)):
        print(f"moments of layer {known} known:", *(f"{m:.4f}({e:.4f})" for m, e in zip(mean, error, strict=True)))


if __name__ == "__main__":
    results = {width: closed(width) for width in (20, 60, 180)}
    errors = xr.DataArray(
        [found for _, found in results.values()], {"width": list(results), "layer": [1, 2, 3, 4]}, ("width", "layer")
    )
    print(errors)
    figure = network.closure(results[20][0][:3], errors)
    files = export.files(export.Drawing("cumulants", figure, ""))
    (HERE / "cumulants.svg").write_bytes(files["cumulants.svg"])
    small_tasks()
    digits()
    by_depth()
