"""Votes: against binomials, against counting, and their error bars."""

import numpy as np
import pytest
from scipy.stats import binom

from glassnet.network import learning


def binomial_error(size, p):
    """Error of the majority of `size` independent votes that are right with probability p; ties half."""
    tie = binom.pmf(size // 2, size, p) if size % 2 == 0 else 0.0
    return binom.cdf((size - 1) // 2, size, p) + 0.5 * tie


def independent_answers(n_networks, n_examples, p, rng):
    labels = rng.choice([-1, 1], n_examples)
    return np.where(rng.random((n_networks, n_examples)) < p, labels, -labels), labels


@pytest.mark.parametrize("p", [0.5, 0.6])
def test_independent_votes_are_binomial(p):
    """All examples and networks independent: each group is a binomial number of wrong examples."""
    answers, labels = independent_answers(1000, 500, p, np.random.default_rng(1))
    found = learning.vote_errors(answers, labels, [1, 2, 5, 10, 100, 250])
    assert found.groups.values.tolist() == [1000, 500, 200, 100, 10, 4]
    for size, groups, value, stderr in zip(
        found.vote.values, found.groups.values, found.error.values, found.stderr.values, strict=True
    ):
        exact = binomial_error(size, p)
        spread = np.sqrt(exact * (1 - exact) / (500 * groups))
        assert abs(value - exact) < 4.5 * spread + 1e-9, size
        assert 0.3 * spread < stderr < 3.5 * spread or spread < 1e-4, size


def test_error_bars_cover_as_often_as_they_say():
    """68.3 % of 400 repetitions, also where there are three groups only; the examples are the same in all."""
    rng, inside, inside_shorter = np.random.default_rng(2), 0, 0
    chance = rng.uniform(0.3, 0.9, 200)
    labels = rng.choice([-1, 1], 200)
    exact = np.mean([binomial_error(10, p) for p in chance])
    for _ in range(400):
        answers = np.where(rng.random((30, 200)) < chance, labels, -labels)
        found = learning.vote_errors(answers, labels, [10])
        deviation, bar = abs(float(found.error[0]) - exact), float(found.stderr[0])
        inside += deviation < bar
        inside_shorter += deviation < 0.7 * bar
    low, high = binom.ppf([1e-4, 1 - 1e-4], 400, 0.683)
    assert low <= inside <= high
    assert inside_shorter < low, "bars that are too short by 30 % would be caught"


def test_the_bar_of_a_single_group_is_right_within_its_accuracy():
    """Against the scatter of 300 repetitions, with examples that go wrong together, and apart."""
    rng = np.random.default_rng(3)
    for together in (0.0, 0.7):
        means, modes = rng.normal(0.1, 0.3, 150), rng.standard_normal((12, 150)) / np.sqrt(12)
        values, bars = [], []
        for _ in range(300):
            fields = together * rng.standard_normal((41, 12)) @ modes + (1 - together) * rng.standard_normal((41, 150))
            found = learning.vote_errors(np.where(fields + means > 0, 1, -1), np.ones(150), [41])
            values.append(float(found.error[0]))
            bars.append(float(found.stderr[0]))
        assert np.mean(bars) == pytest.approx(np.std(values), rel=0.2)
    assert np.isnan(learning.vote_errors([[1, -1]], [1, 1]).stderr[0])


def test_ties_and_abstentions_count_half():
    answers = np.array([[1, 1, 0, -1], [1, -1, 0, 0]])
    found = learning.vote_errors(answers, [1, 1, 1, 1], [1, 2])
    assert found.error.values.tolist() == [np.mean([0, 0, 0.5, 1, 0, 1, 0.5, 0.5]), np.mean([0, 0.5, 0.5, 1])]
    assert found.groups.values.tolist() == [2, 1]


def test_neighbours_vote_in_different_groups():
    """Draws of one chain that all say the same: a group is made of all chains."""
    chains = np.repeat(np.array([1, 1, -1])[:, None, None], 4, axis=1)  # (chain, draw, example)
    found = learning.vote_errors(chains, [1], [3])
    assert float(found.error[0]) == 0.0 and found.groups[0] == 4
    assert learning.vote_errors(chains, [1]).vote.values.tolist() == [1, 10]
    assert learning.vote_errors(chains[:, :2], [1]).vote.values.tolist() == [1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: learning.vote_errors(1, [1]), ValueError, r"outputs must be an array \(..., n_examples\)"),
        (lambda: learning.vote_errors(np.zeros((0, 2), dtype=int), [1, 1]), ValueError, "outputs must be an array"),
        (lambda: learning.vote_errors([[2]], [1]), ValueError, r"outputs must be in \[-1, 1\] everywhere, got 2"),
        (lambda: learning.vote_errors([[1]], [0]), ValueError, r"labels must be \+-1, got 0 and 1"),
        (lambda: learning.vote_errors([[1]], [1, 1]), ValueError, "labels must be those of 1 examples, got 2"),
        (lambda: learning.vote_errors([[1]], [1], [2]), ValueError, "sizes must be 1 to the 1 networks"),
        (lambda: learning.vote_errors([[1]], [1], []), ValueError, "sizes must be 1 to the 1 networks"),
        (lambda: learning.vote_errors([[1]], [1], [0]), ValueError, r"sizes must be in \[1, .*\] everywhere, got 0"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
