"""Sign networks: their answers and errors against one unit after another, over all inputs of tiny networks."""

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from glassnet import ensembles
from glassnet.network import from_glass, layers, learning, sign_networks


def all_inputs(n_inputs):
    return np.array(list(itertools.product([1, -1], repeat=n_inputs)))


def by_hand(weights, x, coins=None):
    """The answer of one network to one input; `coins`, one for every hidden unit, say what it is in a tie, else 0."""
    coins = iter([0] * sum(map(len, weights[:-1])) if coins is None else coins)
    for layer, matrix in enumerate(weights):
        sums = [sum(w * h for w, h in zip(row, x, strict=True)) for row in matrix.tolist()]
        fallen = [0] if layer == len(weights) - 1 else [next(coins) for _ in sums]
        x = [coin if s == 0 else 1 if s > 0 else -1 for s, coin in zip(sums, fallen, strict=True)]
    return x[0]


def network_samples(widths, dilution, n_samples=6, seed=1):
    glass = ensembles.walks(widths, alpha=2.0, seed=seed, dilution=dilution)
    return from_glass(glass, np.random.default_rng(seed).choice([-1, 1], (2, n_samples // 2, glass.n_weights)))


@pytest.mark.parametrize(("widths", "dilution"), [((5, 3, 3, 1), 0.0), ((4, 4, 1), 0.0), ((5, 4, 3, 1), 0.4)])
def test_answers_and_errors_over_all_inputs(widths, dilution):
    weights, inputs = network_samples(widths, dilution), all_inputs(widths[0])
    labels = np.random.default_rng(2).choice([-1, 1], len(inputs))
    answers, wrong = learning.outputs(weights, inputs), learning.errors(weights, inputs, labels)
    assert answers.shape == (2, 3, len(inputs)) and answers.dtype == np.int8 and wrong.shape == (2, 3)
    for sample in itertools.product(range(2), range(3)):
        one = [matrices[sample] for matrices in weights]
        expected = [by_hand(one, x) for x in inputs]
        assert answers[sample].tolist() == expected
        assert wrong[sample] == np.mean([0.5 * (1 - a * y) for a, y in zip(expected, labels, strict=True)])
        assert learning.errors(one, inputs, labels) == wrong[sample]
        # the same convention as layers.forward
        assert (layers.forward(one, inputs, "sign")[-1][:, 0] == expected).all()
    assert (answers == 0).any() == (widths != (5, 3, 3, 1)), "odd fan-ins have no ties, these others have"


def test_random_ties_average_over_all_coins():
    """Against the mean over all outcomes of the coins of all hidden units, weighted with their probability."""
    widths, n_copies = (4, 4, 3, 1), 4000
    weights = [matrices[0, 0] for matrices in network_samples(widths, 0.3)]
    inputs = all_inputs(4)
    expected = np.mean(
        [[by_hand(weights, x, coins) for x in inputs] for coins in itertools.product([1, -1], repeat=7)], axis=0
    )
    copies = [np.broadcast_to(one, (n_copies, *one.shape)) for one in weights]
    found = learning.outputs(copies, inputs, ties="random", seed=3)
    error = found.std(axis=0) / np.sqrt(n_copies)
    assert (np.abs(found.mean(axis=0) - expected) <= 4.5 * error + 1e-12).all()
    assert np.abs(expected - learning.outputs(weights, inputs)).max() > 0.2, "silent units are another rule"
    assert (learning.outputs(copies, inputs, ties="random", seed=3) == found).all()
    assert (learning.outputs(copies, inputs, ties="random", seed=4) != found).any()


def test_silent_ties_are_odd_and_blind_to_the_gauge():
    """Neither would be true if a tie counted as +1."""
    weights, inputs = network_samples((4, 4, 4, 1), 0.3), all_inputs(4)
    answers = learning.outputs(weights, inputs)
    assert (learning.outputs(weights, -inputs) == -answers).all()
    rng = np.random.default_rng(3)
    signs = [np.ones(4), rng.choice([-1, 1], 4), rng.choice([-1, 1], 4), np.ones(1)]
    images = [after[:, None] * one * before for one, before, after in zip(weights, signs, signs[1:], strict=False)]
    assert (learning.outputs(images, inputs) == answers).all()


def test_blocks_and_factors_change_nothing(monkeypatch):
    weights, inputs = network_samples((5, 4, 3, 1), 0.4), all_inputs(5)
    plain, fallen = learning.outputs(weights, inputs), learning.outputs(weights, inputs, ties="random")
    scaled = [one / np.sqrt(one.shape[-1]) for one in weights]
    assert (learning.outputs(scaled, inputs) == plain).all()
    monkeypatch.setattr(sign_networks, "BLOCK", 1)
    assert (learning.outputs(weights, inputs) == plain).all()
    assert (learning.outputs(weights, inputs, ties="random") == fallen).all()


def test_weights_of_any_size_are_added_up_in_double_precision():
    rng = np.random.default_rng(4)
    weights, inputs = [rng.standard_normal((50, 5, 6)), rng.standard_normal((50, 1, 5))], rng.standard_normal((300, 6))
    answers = learning.outputs(weights, inputs)
    for number in range(50):
        one = [matrices[number] for matrices in weights]
        assert (layers.forward(one, inputs, "sign")[-1][:, 0] == answers[number]).all()


def test_random_networks_are_wrong_half_the_time():
    """Of networks without ties the mean over weights is 1/2 for every label of every input."""
    weights = network_samples((9, 5, 1), 0.0, n_samples=4000)
    wrong = learning.errors(weights, np.ones((1, 9)), [1]).ravel()
    assert set(wrong) == {0.0, 1.0}
    assert abs(wrong.sum() - 2000) < 4.5 * np.sqrt(1000)
    assert binom.sf(2000 + 4.5 * np.sqrt(1000), 4000, 0.5) < 1e-5


GOOD = [np.ones((3, 4)), np.ones((1, 3))]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: learning.outputs(np.ones((3, 4)), np.ones((2, 4))), ValueError, "weights must be a list of arrays"),
        (lambda: learning.outputs([], np.ones((2, 4))), ValueError, "weights must hold at least one matrix, got none"),
        (
            lambda: learning.outputs([np.ones(3)], np.ones((2, 4))),
            ValueError,
            r"weights\[0\] must be an array \(..., n_",
        ),
        (
            lambda: learning.outputs([np.ones((2, 3, 4)), np.ones((3, 1, 3))], np.ones((2, 4))),
            ValueError,
            r"weights must have the same leading axes in all layers, got \(2,\) and \(3,\)",
        ),
        (
            lambda: learning.outputs([np.ones((3, 4)), np.ones((1, 2))], np.ones((2, 4))),
            ValueError,
            r"weights\[1\] must have 3 columns, got shape \(1, 2\)",
        ),
        (lambda: learning.outputs([np.ones((3, 4))], np.ones((2, 4))), ValueError, "to one output unit, got 3"),
        (lambda: learning.outputs(GOOD, np.ones((2, 5))), ValueError, "inputs must have 4 columns"),
        (lambda: learning.outputs(GOOD, np.ones((0, 4))), ValueError, "inputs must hold at least one example"),
        (
            lambda: learning.outputs(GOOD, np.ones((2, 4)), ties="plus"),
            ValueError,
            "ties must be one of 'zero', 'random'",
        ),
        (lambda: learning.errors(GOOD, np.ones((2, 4)), [0, 1]), ValueError, r"labels must be \+-1, got 0 and 1"),
        (lambda: learning.errors(GOOD, np.ones((2, 4)), [2, 1]), ValueError, r"labels must be \+1 or -1 everywhere"),
        (lambda: learning.errors(GOOD, np.ones((2, 4)), [1]), ValueError, "labels must be those of 2 examples, got 1"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
