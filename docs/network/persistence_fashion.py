"""Persistence regularisers in the regime of their authors' code, on Fashion-MNIST: 784-450-350-200-10, all neurons.

python docs/network/persistence_fashion.py FOLDER MINUTES trains networks that FOLDER lacks, a file for each, until
MINUTES of processor time are over, and prints tables of those that are there. It needs the images: Debian's package
dataset-fashion-mnist, or GLASSNET_DATA set to a folder with files in MNIST's layout. What all of it costs is in
docs/network/persistence.md.
"""

import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy import stats

from glassnet.network import persistence, tasks
from glassnet.statistics import rank_tests

WIDTHS, BATCH, MOMENTUM, PATIENCE, EPOCHS = (784, 450, 350, 200, 10), 256, 0.9, 20, 1200
#: the rate falls to .95 of itself every 3520 steps
RATE, DECAY, DECAY_STEPS = 0.01, 0.95, 3520
N_TRAIN, N_VALIDATION, SEEDS = 4_000, 1_000, range(8)
DROPOUT = (0.0, 0.5)
#: strengths, of which the best is taken by the mean validation accuracy; the authors have ten from 1e-6 to 100
METHODS = {
    "none": [0.0],
    "T1": [1e-5, 1e-4, 1e-3],
    "T2": [1e-1, 1.0, 10.0],
    "all": [1e-2, 1e-1, 1.0],
    "L1": [1e-6, 1e-5, 1e-4],
    "L2": [1e-4, 1e-3, 1e-2],
}
REGULARISERS = {"T1": persistence.t1, "T2": persistence.t2, "all": persistence.all_pairs}


def forward(weights, biases, x, masks=None):
    """Inputs, activations of the ReLU layers (times masks), and logits."""
    layers = [x]
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        h = layers[-1] @ weight + bias
        if place < len(weights) - 1:
            np.maximum(h, 0.0, out=h)
            if masks is not None:
                h *= masks[place]
        layers.append(h)
    return layers


def backward(weights, layers, towards, masks=None):
    """Gradients by weights and biases, from those by the outputs of each layer: `towards`, None where there is none."""
    found, back = [], towards[-1]
    for place in range(len(weights) - 1, -1, -1):
        found.append((layers[place].T @ back, back.sum(axis=0)))
        if place:
            back = back @ weights[place].T
            if towards[place - 1] is not None:
                back += towards[place - 1]
            back *= (layers[place] > 0) if masks is None else (layers[place] > 0) * masks[place - 1]
    return found[::-1]


def softmax(logits):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def regulariser_gradients(layers, method, strength):
    """Gradient of a term of all neurons, outputs included, by layer."""
    clique = np.concatenate(layers[1:], axis=1)
    gradient = REGULARISERS[method](clique, precision="single")[1]
    return np.split((strength * gradient).astype(np.float32), np.cumsum(WIDTHS[1:-1]), axis=1)


def gradients(weights, biases, x, labels, method, strength, dropout, rng):
    """Gradients of cross-entropy and of the term by all weights and biases."""
    masks = None
    if dropout:
        masks = [(rng.random((len(x), w)) >= dropout).astype(np.float32) / (1 - dropout) for w in WIDTHS[1:-1]]
    layers = forward(weights, biases, x, masks)
    back = softmax(layers[-1])
    back[np.arange(len(x)), labels] -= 1
    back /= len(x)
    loss = [None] * (len(weights) - 1) + [back]
    if method not in REGULARISERS:
        found = backward(weights, layers, loss, masks)
    elif masks is None:
        extra = regulariser_gradients(layers, method, strength)
        found = backward(weights, layers, [*extra[:-1], extra[-1] + back])
    else:
        # as in the authors' code, the term sees the whole network
        found, whole = backward(weights, layers, loss, masks), forward(weights, biases, x)
        term = backward(weights, whole, regulariser_gradients(whole, method, strength))
        found = [(a + c, b + d) for (a, b), (c, d) in zip(found, term, strict=True)]
    if method in ("L1", "L2"):
        penalty = {"L1": np.sign, "L2": lambda weight: 2 * weight}[method]
        found = [(a + np.float32(strength) * penalty(w), b) for (a, b), w in zip(found, weights, strict=True)]
    return found


def score(weights, biases, x, labels):
    """Cross-entropy and accuracy."""
    logits = forward(weights, biases, x)[-1]
    p = softmax(logits)[np.arange(len(x)), labels]
    return float(-np.log(np.maximum(p, 1e-30)).mean()), float((logits.argmax(axis=1) == labels).mean())


def trained(parts, method, strength, dropout, seed):
    """Weights of least validation loss and the number of epochs, from a start and batches that are the seed's."""
    starts, batches, dropped = (np.random.default_rng([seed, role]) for role in range(3))
    weights, biases = [], []
    for a, b in itertools.pairwise(WIDTHS):
        bound = np.sqrt(6 / (a + b))
        weights.append(starts.uniform(-bound, bound, (a, b)).astype(np.float32))
        biases.append(np.zeros(b, dtype=np.float32))
    parameters = [p for pair in zip(weights, biases, strict=True) for p in pair]
    velocity = [np.zeros_like(p) for p in parameters]
    (x, labels), (seen, truth) = parts
    best, kept, step, last = np.inf, None, 0, 0
    for epoch in range(1, EPOCHS + 1):
        for batch in np.split(batches.permutation(len(x)), range(BATCH, len(x), BATCH)):
            found = gradients(weights, biases, x[batch], labels[batch], method, strength, dropout, dropped)
            rate = np.float32(RATE * DECAY ** (step // DECAY_STEPS))
            for p, v, g in zip(parameters, velocity, (one for pair in found for one in pair), strict=True):
                v *= np.float32(MOMENTUM)
                v -= rate * g
                p += np.float32(MOMENTUM) * v - rate * g
            step += 1
        loss = score(weights, biases, seen, truth)[0]
        if loss < best:
            best, last, kept = loss, epoch, [p.copy() for p in parameters]
        elif not np.isfinite(loss) or epoch - last > PATIENCE:
            break
    kept = parameters if kept is None else kept
    return kept[::2], kept[1::2], epoch, step


def piece(images, method, strength, dropout, seed):
    """One network: accuracies, epochs, seconds, and what its neurons do on 1000 test images."""
    inputs, labels, test_inputs, test_labels = images
    order = np.random.default_rng([seed, 3]).permutation(len(inputs))
    train, held = order[:N_TRAIN], order[N_TRAIN : N_TRAIN + N_VALIDATION]
    start = time.process_time()
    parts = [(inputs[chosen], labels[chosen]) for chosen in (train, held)]
    weights, biases, epochs, steps = trained(parts, method, strength, dropout, seed)
    clique = np.concatenate(forward(weights, biases, test_inputs[:1000])[1:], axis=1)
    return {
        "seconds": time.process_time() - start,
        "epochs": epochs,
        "steps": steps,
        "validation": score(weights, biases, *parts[1])[1],
        "test": score(weights, biases, test_inputs, test_labels)[1],
        "mean_death": float(persistence.deaths(clique).mean()),
        "mean_correlation": persistence.all_pairs(clique)[0],
    }


def place_of(folder, *key):
    return folder / f"{'-'.join(map(str, key))}.json"


def compute(folder, minutes):
    """Networks that the folder lacks, all methods of a seed before the next seed, until the time is over."""
    folder.mkdir(parents=True, exist_ok=True)
    x, labels, test_x, test_labels = tasks.idx()
    images = (x.astype(np.float32), labels, test_x.astype(np.float32), test_labels)
    wanted = (
        (method, strength, dropout, seed)
        for seed, dropout in itertools.product(SEEDS, DROPOUT)
        for method, grid in METHODS.items()
        for strength in grid
    )
    for key in wanted:
        if time.process_time() > 60 * minutes:
            return
        if not place_of(folder, *key).exists():
            place_of(folder, *key).write_text(json.dumps(piece(images, *key)))


def tables(folder):
    """Chosen strengths, accuracies and gains, paired by seed, over the seeds of which all networks are there."""
    for dropout in DROPOUT:
        keys = [(method, strength) for method, grid in METHODS.items() for strength in grid]
        seeds = [seed for seed in SEEDS if all(place_of(folder, *key, dropout, seed).exists() for key in keys)]
        print(f"\ndropout {dropout:g}, {len(seeds)} seeds")
        if len(seeds) < 2:
            continue
        found = {key: [json.loads(place_of(folder, *key, dropout, seed).read_text()) for seed in seeds] for key in keys}

        def mean(key, name, found=found):
            return np.mean([one[name] for one in found[key]])

        chosen = {
            method: max(grid, key=lambda strength, method=method: mean((method, strength), "validation"))
            for method, grid in METHODS.items()
        }
        tests = np.array([[one["test"] for one in found[key]] for key in chosen.items()]).T
        for column, key in enumerate(chosen.items()):
            gain = 100 * (tests[:, column] - tests[:, 0])
            half = stats.t.ppf(0.975, len(seeds) - 1) * stats.sem(gain)
            others = " | ".join(f"{mean(key, name):.3f}" for name in ("mean_death", "mean_correlation"))
            print(
                f"| {key[0]} | {key[1]:g} | {100 * tests[:, column].mean():.2f} | {gain.mean():+.2f} +- {half:.2f}",
                end="",
            )
            print(f" | {others} | {mean(key, 'epochs'):.0f} epochs | {mean(key, 'seconds'):.0f} s |")
        ranks = rank_tests.friedman(tests)
        print(f"Friedman: {ranks.statistic:.2f}, p = {ranks.p_value:.3f}; ranks {ranks.mean_ranks.round(2).tolist()}")
        names = [[list(METHODS)[one] for one in group] for group in ranks.groups]
        print(f"Nemenyi: critical difference {ranks.critical_difference:.2f}, groups {names}")


if __name__ == "__main__":
    compute(Path(sys.argv[1]), float(sys.argv[2]))
    tables(Path(sys.argv[1]))
