"""Chains of training errors: the binary perceptron at high temperature, what the face promises, and refusals.

The perceptron: a student with N weights +-1 learns from P examples of a teacher of the same kind. For beta -> 0 at
fixed a = beta P / N the examples average, and with R the overlap of the two

    f / T = a e(R) - s(R),   e(R) = arccos(R) / pi,   s(R) = entropy of N (1 - R) / 2 differing weights,

(H. S. Seung, H. Sompolinsky and N. Tishby, Phys. Rev. A 45, 6056 (1992)): R = 1 is a minimum for all a, and another
one, R = tanh(a / (pi sqrt(1 - R^2))), is there up to a = 2.08; it is the lower one up to a = 1.69. For finite N the law
of the number k of differing weights is exact in the same limit: C(N, k) exp(-a N e_N(k)), where e_N(k) is the
probability that two sums of N signs that differ in k places disagree.
"""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln
from scipy.stats import binom

import glassnet as gn

training, learning, tasks = gn.network.training, gn.network.learning, gn.network.tasks


def entropy(R):
    p = (1 + np.array([R, -R])) / 2
    return -(p * np.log(np.where(p > 0, p, 1))).sum()


def stationary_field(R):
    """The a at which R is stationary."""
    return np.arctanh(R) * np.pi * np.sqrt(1 - R * R)


def below_one(a):
    """R of the minimum of smaller overlap."""
    top = minimize_scalar(lambda R: -stationary_field(R), bounds=(0.5, 0.999999)).x
    return brentq(lambda R: stationary_field(R) - a, 0.0, top)


def test_the_transition_and_the_spinodal_are_those_of_the_literature():
    top = minimize_scalar(lambda R: -stationary_field(R), bounds=(0.5, 0.999999))
    assert -top.fun == pytest.approx(2.08, abs=0.005)

    def excess(a):
        R = below_one(a)
        return a * np.arccos(R) / np.pi - entropy(R)

    assert brentq(excess, 1.0, 2.0) == pytest.approx(1.69, abs=0.01)


def disagreement(N):
    """e_N(k) for k = 0..N, N odd: the sum over the k differing places outweighs that over the others."""
    values = np.zeros(N + 1)
    for k in range(1, N + 1):
        differing = np.abs(2 * np.arange(k + 1) - k)
        rest, weight = 2 * np.arange(N - k + 1) - (N - k), binom.pmf(np.arange(N - k + 1), N - k, 0.5)
        smaller = np.array([weight[np.abs(rest) < one].sum() for one in differing])
        values[k] = binom.pmf(np.arange(k + 1), k, 0.5) @ smaller
    return values


def overlaps(N, a, examples_per_weight, seeds, *, from_teacher, n_sweeps=300, n_draws=20):
    """Mean R of each data set, and the training errors per weight times examples per weight that go with it."""
    R = []
    for seed in seeds:
        task = tasks.teacher(N, examples_per_weight * N, 1, seed)
        start = task.teacher if from_teacher else training.random_signs((N, 1), seed=seed)
        chain = training.ErrorChains(start, task.inputs, task.labels, a / examples_per_weight, seed=seed)
        chain.run(n_sweeps)
        drawn = chain.sample(n_draws, 10).weights[0]
        R.append((drawn[:, 0, :] @ task.teacher[0][0]).mean() / N)
    return np.array(R)


def log_weights(N, beta, n_examples):
    """Logarithm of the weight of all students with k differing weights, for k = 0..N; examples average.

    What an example is worth on average is 1 - (1 - exp(-beta)) e, which is the next order in beta, too.
    """
    k = np.arange(N + 1)
    ways = gammaln(N + 1) - gammaln(k + 1) - gammaln(N - k + 1)
    return ways + n_examples * np.log1p(np.expm1(-beta) * disagreement(N))


@pytest.mark.parametrize("a", [0.5, 1.0, 1.4])
def test_the_perceptron_at_high_temperature(a):
    """The exact law of a finite perceptron within the error bar over data sets and what beta > 0 changes, 1 %."""
    N, per_weight = 41, 100
    log_weight = log_weights(N, a / per_weight, N * per_weight)
    # random starts do not find the teacher itself: k = 0 belongs to the other branch
    weight = np.exp(log_weight - log_weight.max())[1:]
    exact = (weight * (1 - 2 * np.arange(1, N + 1) / N)).sum() / weight.sum()
    R = overlaps(N, a, per_weight, range(1, 13), from_teacher=False)
    stderr = R.std(ddof=1) / np.sqrt(len(R))
    assert stderr < 0.03
    assert abs(R.mean() - exact) < 4 * stderr + 0.01 * exact


def test_the_transition_of_the_perceptron_from_measured_errors():
    """Where the free energy of the branch of random starts, from its errors down from T = inf, meets 0, the teacher's.

    Examples are fewer than infinitely many per weight: by the annealed law N = 101 and 40 of them move the transition
    from 1.696 to 1.739; that the same examples are asked of all networks moves it back by about 0.013.
    """
    N, per_weight, end = 101, 40, 1.7
    nodes, weights = np.polynomial.legendre.leggauss(6)
    a, weights = 0.5 * end * (nodes + 1), 0.5 * end * weights
    found = []
    for seed in range(1, 6):
        task = tasks.teacher(N, per_weight * N, 1, seed)
        start = training.random_signs((N, 1), seed=seed)
        chain = training.ErrorChains(start, task.inputs, task.labels, a / per_weight, seed=seed)
        chain.run(200)
        rate = chain.sample(20, 10).errors.mean(axis=0) / (per_weight * N)
        found.append(end + (np.log(2) - weights @ rate) / (np.arccos(below_one(end)) / np.pi))
    expected = brentq(lambda x: np.logaddexp.reduce(log_weights(N, x / per_weight, N * per_weight)[1:]), 1.2, 2.2)
    assert expected == pytest.approx(1.739, abs=0.001)
    stderr = np.std(found, ddof=1) / np.sqrt(len(found))
    assert stderr < 0.02
    assert abs(np.mean(found) - expected) < 4 * stderr + 0.02


def test_both_branches_of_the_perceptron():
    """Between transition and spinodal both stay; beyond the spinodal a random start finds the teacher."""
    N, per_weight = 101, 40
    for a in (1.0, 1.5):
        R = overlaps(N, a, per_weight, range(1, 6), from_teacher=False)
        assert abs(R.mean() - below_one(a)) < 4 * R.std(ddof=1) / np.sqrt(len(R)) + 0.03
    assert (overlaps(N, 2.0, per_weight, (1, 2), from_teacher=True) > 0.99).all()
    assert (overlaps(N, 3.0, per_weight, (1, 2), from_teacher=False, n_sweeps=1000) > 0.99).all()
    assert below_one(1.9) < 0.8


WIDTHS = (9, 5, 4, 1)


def small(n_examples=60, seed=1):
    rng = np.random.default_rng(seed)
    return rng.choice([-1, 1], (n_examples, WIDTHS[0])), rng.choice([-1, 1], n_examples)


def test_temperatures_and_replicas():
    """Leading axes are broadcast; errors are those of the weights; colder chains have fewer errors."""
    inputs, labels = small()
    start = gn.network.layers.remove(training.random_signs(WIDTHS, 6, seed=1), 0.2, seed=1)
    chains = training.ErrorChains(start, inputs, labels, [[0.0], [0.3], [3.0]], seed=1)
    assert chains.errors.shape == chains.load.shape == (3, 6)
    assert np.isnan(chains.acceptance).all()
    chains.run(200)
    draws = chains.sample(4, 20)
    assert [one.shape for one in draws.weights] == [(4, 3, 6, 5, 9), (4, 3, 6, 4, 5), (4, 3, 6, 1, 4)]
    assert np.array_equal(draws.errors, np.rint(120 * learning.errors(draws.weights, inputs, labels)) / 2)
    assert np.array_equal(draws.errors[-1], chains.errors)
    assert (chains.acceptance[0] == 1).all()
    assert (np.diff(draws.errors.mean(axis=(0, 2))) < 0).all()
    for drawn, one in zip(draws.weights, start, strict=True):
        assert ((drawn != 0) == (one != 0)).all()
    n_connections = sum((one[0] != 0).sum() for one in start)
    assert np.allclose(chains.load, 60 / n_connections)


def test_cooling_and_streams():
    """A chain is the same alone and among others, and after its beta was set; seeds and replicas differ."""
    inputs, labels = small()
    start = training.random_signs(WIDTHS, seed=2)
    pair = training.ErrorChains(start, inputs, labels, [0.5, 0.5], seed=3)
    alone = training.ErrorChains(start, inputs, labels, [0.1], seed=3)
    other = training.ErrorChains(start, inputs, labels, [0.5], seed=4)
    alone.beta = 0.5
    for chains in (pair, alone, other):
        chains.run(50)
    networks = [chains.weights[0][n].tobytes() for chains, n in ((pair, 0), (alone, 0), (pair, 1), (other, 0))]
    assert networks[0] == networks[1]
    assert len(set(networks)) == 3
    assert alone.beta.tolist() == [0.5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"weights": [np.full((2, 9), 0.5), np.ones((1, 2))]},
            r"weights\[0\] must be \+1, -1 or 0 everywhere, got 0.5",
        ),
        ({"weights": [np.ones((2, 9))]}, "weights must lead to one output unit, got 2"),
        ({"weights": [np.ones((1, 8))]}, "inputs must have 8 columns"),
        ({"weights": [np.zeros((1, 9))]}, "weights must hold a connection in every network"),
        ({"weights": [np.ones((5000, 9)), np.ones((1, 5000))]}, r"weights\[1\] must have at most 4096 columns"),
        ({"inputs": np.zeros((60, 9))}, "inputs must be"),
        ({"labels": np.arange(60) % 2}, r"labels must be \+-1, got 0 and 1"),
        ({"beta": -1.0}, "beta must be"),
        ({"beta": [0.1, np.nan]}, "beta must be >= 0 everywhere"),
        ({"beta": np.ones((2, 5))}, "beta must broadcast"),
    ],
)
def test_refusals(change, message):
    inputs, labels = small()
    arguments = {"weights": training.random_signs(WIDTHS, 3, seed=1), "inputs": inputs, "labels": labels, "beta": 1.0}
    with pytest.raises((TypeError, ValueError), match=message):
        training.ErrorChains(**(arguments | change), seed=1)


def test_random_signs():
    first, last = training.random_signs((300, 40, 3), (2, 5), seed=1)
    assert first.shape == (2, 5, 40, 300)
    assert last.shape == (2, 5, 3, 40)
    assert abs(first.mean()) < 4 / np.sqrt(first.size)
    assert set(np.unique(first)) == {-1, 1}
    with pytest.raises(ValueError, match="widths must be those of inputs and outputs at least"):
        training.random_signs((5,), seed=1)
