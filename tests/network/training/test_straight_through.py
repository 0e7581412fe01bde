"""Straight-through gradients: against finite differences of what they are the gradient of, and what they learn."""

import numpy as np
import pytest

import glassnet as gn

training, learning, tasks = gn.network.training, gn.network.learning, gn.network.tasks


def sums_of(weights, inputs, activation, fixed=None):
    """The sums of all layers, with sign(z) made straight around the sums `fixed`; written out unit by unit."""
    state, every = inputs, []
    for layer, matrix in enumerate(weights):
        scale = np.sqrt([max(1, np.count_nonzero(row)) for row in matrix])
        sums = np.einsum("pj,ij->pi", state, matrix) / scale
        every.append(sums)
        if activation == "tanh":
            state = np.tanh(sums)
        elif activation == "hard tanh":
            state = np.minimum(np.maximum(sums, -1), 1)
        else:
            around = sums if fixed is None else fixed[layer]
            state = np.sign(around) + np.clip(sums, -1, 1) - np.clip(around, -1, 1)
    return every


def loss_of(weights, inputs, labels, activation, fixed):
    z = sums_of(weights, inputs, activation, fixed)[-1]
    if z.shape[1] == 1:
        return np.mean(np.log(1 + np.exp(-labels * z[:, 0])))
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])


@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("activation", ["sign", "hard tanh", "tanh"])
def test_gradients_against_finite_differences(activation, n_out):
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=shape) for shape in ((6, 7), (5, 6), (n_out, 5))]
    weights[1][2, 3] = 0.0
    inputs = rng.normal(size=(40, 7))
    labels = rng.choice([-1, 1], 40) if n_out == 1 else rng.integers(n_out, size=40)
    loss, found = training.gradients(weights, inputs, labels, activation)
    fixed = sums_of(weights, inputs, activation)
    assert loss == pytest.approx(loss_of(weights, inputs, labels, activation, fixed), rel=1e-12)
    for layer, matrix in enumerate(weights):
        for place in np.ndindex(matrix.shape):
            if matrix[place] == 0:
                continue  # counted as no connection
            values = []
            for step in (1e-6, -1e-6):
                moved = [one.copy() for one in weights]
                moved[layer][place] += step
                values.append(loss_of(moved, inputs, labels, activation, fixed))
            assert found[layer][place] == pytest.approx((values[0] - values[1]) / 2e-6, abs=2e-8)


@pytest.mark.parametrize("activation", ["sign", "hard tanh"])
def test_a_linear_rule_is_learned_and_generalises(activation):
    """41 inputs, N_w = 1764, one example for each weight; the network is asked with sign units, whichever it had."""
    task = tasks.teacher(41, 1764, 2000, seed=1)
    start = training.random_signs((41, 21, 21, 21, 1), seed=2)
    assert abs(learning.errors(start, task.test_inputs, task.test_labels) - 0.5) < 0.1
    found = training.straight_through(start, task.inputs, task.labels, activation=activation, seed=3)
    assert learning.errors(found.weights, task.inputs, task.labels) < 0.01
    assert learning.errors(found.weights, task.test_inputs, task.test_labels) < 0.01
    assert found.losses[-1] < 0.1 * found.losses[0]
    assert all(set(np.unique(one)) == {-1.0, 1.0} for one in found.weights)
    assert all(np.array_equal(np.sign(u), w) for u, w in zip(found.latent, found.weights, strict=True))


def test_shuffled_labels_are_not():
    """Fitted in part, at half an example for each weight, and chance on others: six seeds within their error."""
    train, test = [], []
    for seed in range(1, 7):
        task = tasks.shuffled(tasks.teacher(41, 880, 2000, seed), seed)
        found = training.straight_through(
            training.random_signs((41, 21, 21, 21, 1), seed=seed), task.inputs, task.labels, seed=seed
        )
        train.append(learning.errors(found.weights, task.inputs, task.labels))
        test.append(learning.errors(found.weights, task.test_inputs, task.test_labels))
    assert np.mean(train) < 0.45
    assert abs(np.mean(test) - 0.5) < 4 * np.std(test, ddof=1) / np.sqrt(6)


def test_pairs_of_digits():
    """3 and 8: a nearest-mean rule errs on .10 of them; a trained network on less than .06."""
    pytest.importorskip("sklearn")
    wrong = []
    for seed in range(1, 6):
        task = tasks.digit_pairs((3, 8), threshold="median", seed=seed)
        start = training.random_signs((task.inputs.shape[1], 21, 21, 1), seed=seed)
        found = training.straight_through(start, task.inputs, task.labels, seed=seed)
        assert learning.errors(found.weights, task.inputs, task.labels) < 0.02
        wrong.append(learning.errors(found.weights, task.test_inputs, task.test_labels))
    assert np.mean(wrong) < 0.06


def test_ten_digits_with_real_synapses_and_tanh():
    """64-60-60-10: more than .94 right, the usual number for such a network."""
    pytest.importorskip("sklearn")
    inputs, labels, test_inputs, test_labels = tasks.digits()
    start = training.random_signs((64, 60, 60, 10), seed=1)
    arguments = {"activation": "tanh", "synapses": "real", "rate": 0.01}
    found = training.straight_through(start, 2 * inputs - 1, labels, **arguments, seed=1)
    activations = ["tanh", "tanh", "linear"]
    scaled = [one / np.sqrt(one.shape[1]) for one in found.weights]
    sums = gn.network.layers.forward(scaled, 2 * test_inputs - 1, activations)[-1]
    assert (sums.argmax(axis=1) == test_labels).mean() > 0.94
    assert found.weights is found.latent


def test_removed_connections_stay_away_and_seeds_differ():
    task = tasks.teacher(15, 200, 10, seed=1)
    start = gn.network.layers.remove(training.random_signs((15, 9, 9, 1), seed=1), 0.5, seed=1)
    runs = [
        training.straight_through(start, task.inputs, task.labels, n_epochs=5, seed=seed).weights for seed in (1, 1, 2)
    ]
    for first, same, other, one in zip(*runs, start, strict=True):
        assert np.array_equal(first, same)
        assert np.array_equal(first != 0, one != 0)
        assert np.array_equal(other != 0, one != 0)
    assert not all(np.array_equal(one, other) for one, other in zip(runs[0], runs[2], strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.arange(20) % 2}, r"labels must be \+-1, got 0 and 1"),
        ({"weights": [np.ones((3, 4))], "labels": np.full(20, 3)}, "labels must be"),
        ({"inputs": np.ones((20, 5))}, "inputs must have 4 columns"),
        ({"inputs": np.ones((0, 4)), "labels": []}, "inputs must hold at least one example"),
        ({"activation": "step"}, "activation must be"),
        ({"synapses": "ternary"}, "synapses must be"),
        ({"rate": 0.0}, "rate must be"),
        ({"n_epochs": 0}, "n_epochs must be"),
    ],
)
def test_refusals(change, message):
    arguments = {"weights": [np.ones((1, 4))], "inputs": np.ones((20, 4)), "labels": np.ones(20)}
    with pytest.raises((TypeError, ValueError), match=message):
        training.straight_through(**(arguments | change), seed=1)
