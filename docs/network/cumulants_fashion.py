"""Fashion-MNIST: what networks learn from cumulants of their classes, and what cumulants explain of others.

python docs/network/cumulants_fashion.py FOLDER computes what FOLDER lacks, a file for each network, and prints the
tables of docs/network/cumulants.md. It needs the images: Debian's package dataset-fashion-mnist, or GLASSNET_DATA set
to a folder with files in MNIST's layout (of MNIST, if they are). About a quarter of an hour on one core.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from glassnet.network import cumulants, tasks

SEEDS, N_TRAIN, HIDDEN, ITERATIONS, ORDERS = range(1, 6), 10_000, 100, 100, (1, 2, 3)
PHIS = {"relu": "relu", "quadratic": cumulants.quadratic(0.5)}
#: hidden units and objective
NETWORKS = (("relu", "mse"), ("quadratic", "mse"), ("relu", "cross_entropy"))
LEARNED_FROM = {"means": 1, "covariances": 2, "third": 3, "third, ignoring": 3, "samples": None}
#: in the order in which they are computed
STAGES = (
    [(*network, source) for network in NETWORKS[:2] for source in ("means", "covariances", "samples")],
    [("quadratic", "mse", "third"), ("relu", "mse", "third")],
    [("relu", "cross_entropy", source) for source in ("means", "covariances", "samples")],
    [("quadratic", "mse", "third, ignoring")],
)
TARGETS = np.eye(10)


def images(seed):
    """Training images drawn by the seed, and all test images, without the mean training image."""
    inputs, labels, test_inputs, test_labels = tasks.idx()
    chosen = np.random.default_rng(seed).permutation(len(inputs))[:N_TRAIN]
    mean = inputs[chosen].mean(axis=0)
    return inputs[chosen] - mean, labels[chosen], test_inputs - mean, test_labels


def learn(phi, objective, source, seed, data, classes):
    """Train one network; its losses and accuracies, and where it learned from samples what explains it."""
    inputs, labels, test_inputs, test_labels = data
    options = {"seed": seed, "iterations": ITERATIONS, "objective": objective}
    start = time.process_time()
    if source == "samples":
        fit = cumulants.train_on_samples(inputs, TARGETS[labels], [HIDDEN], PHIS[phi], **options)
    else:
        chosen = [one.up_to(LEARNED_FROM[source]) for one in classes]
        options["negative_variances"] = "ignore" if source.endswith("ignoring") else "stop"
        fit = cumulants.train_on_moments(chosen, [HIDDEN], PHIS[phi], **options)
    found = {"seconds": time.process_time() - start, "iterations": fit.iterations, "expects": fit.loss}
    found["stopped"] = fit.stopped
    for name, part in (("train", (inputs, labels)), ("test", (test_inputs, test_labels))):
        found[f"{name}_accuracy"], found[f"{name}_loss"] = fit.score(*part, TARGETS)
    if source == "samples":
        explained = cumulants.explained(fit, inputs, labels, TARGETS, orders=ORDERS)
        found["explained"] = {name: explained[name].values.tolist() for name in ("loss", "accuracy", "mean_error")}
        layers = cumulants.by_layer(fit.weights, fit.biases, inputs, labels, fit.activation, orders=ORDERS)
        found["by_layer"] = layers.relative_error.values.tolist()
    return found


def compute(folder):
    """All networks that the folder lacks, seed by seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for stage in STAGES:
        for seed in SEEDS:
            places = {(*one, seed): folder / f"{'-'.join(one)}-{seed}.json" for one in stage}
            lacking = {key: place for key, place in places.items() if not place.exists()}
            if lacking:
                data = images(seed)
                classes = cumulants.of_samples(*data[:2], TARGETS, 3, third="samples")
            for (phi, objective, source, _), place in lacking.items():
                place.write_text(json.dumps(learn(phi, objective, source, seed, data, classes)))


def mean_and_error(values):
    """Mean over seeds and its standard error."""
    values = np.array(values)
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def shown(values, digits=3):
    """0.123(4) with the error in units of the last digit."""
    mean, error = mean_and_error(values)
    return f"{mean:.{digits}f}({error * 10**digits:.0f})"


def read(folder, phi, objective, source):
    """What was found of all seeds that are there."""
    places = (folder / f"{phi}-{objective}-{source}-{seed}.json" for seed in SEEDS)
    return [json.loads(place.read_text()) for place in places if place.exists()]


def tables(folder):
    """Print what was reached, what explains it, and errors by layer."""
    for phi, objective in NETWORKS:
        for source in LEARNED_FROM:
            found = read(folder, phi, objective, source)
            if len(found) > 1:
                columns = ("expects", "test_loss", "train_accuracy", "test_accuracy", "seconds", "iterations")
                print(phi, objective, source, len(found), *(shown([one[key] for one in found]) for key in columns))
        found = read(folder, phi, objective, "samples")
        if len(found) < 2:
            continue
        print("  data:", *(shown([one[key] for one in found]) for key in ("train_loss", "train_accuracy")))
        errors = np.mean([one["by_layer"] for one in found], axis=0)
        for place, order in enumerate(ORDERS):
            row = [shown([one["explained"][key][place] for one in found]) for key in ("loss", "accuracy", "mean_error")]
            print("  cumulants to", order, *row)
            for layer in range(2):
                print(f"    layer {layer + 1}: mean, variance, covariance", errors[place, layer].mean(axis=0).round(3))
        for label in range(10):
            print("    class", label, "to 2", errors[1, :, label].round(3).tolist())


if __name__ == "__main__":
    compute(Path(sys.argv[1]))
    tables(Path(sys.argv[1]))
