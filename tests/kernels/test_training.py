"""The chain of training errors: against enumeration of all networks, and its kept sums against sums taken anew.

The law is asked of independent chains, one draw of each, so that a test of goodness of fit is exact. It is also asked
of a twin in Python whose energies are looked up, once as it should be and once with a refusal that comes too early: the
first must pass and the second must not.
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from glassnet._random import Role, Seed, words
from glassnet.kernels.sampler import instruction_sets
from glassnet.kernels.training import TrainingChain
from glassnet.network.learning import errors

BETA, N_CHAINS, N_EXAMPLES = 0.35, 2000, 25


def some_network(widths, removed, rng):
    """Weights +-1, some of them removed, and examples."""
    weights = [rng.choice(np.array([-1, 1], np.int8), (after, before)) for before, after in pairwise(widths)]
    for one in weights:
        one[rng.random(one.shape) < removed] = 0
    if not any(one.any() for one in weights):
        weights[-1][0, 0] = 1
    return weights


def some_examples(n_examples, n_inputs, rng):
    signs = np.array([-1, 1], np.int8)
    return rng.choice(signs, (n_examples, n_inputs)), rng.choice(signs, n_examples)


class AllNetworks:
    """Every network with the connections of `weights`: bit i of its number is set where connection i is negative."""

    def __init__(self, weights, inputs, labels):
        self.present = np.concatenate([one.ravel() != 0 for one in weights])
        self.n_weights = int(self.present.sum())
        bits = np.arange(2**self.n_weights)[:, None] >> np.arange(self.n_weights) & 1
        flat = np.zeros((len(bits), len(self.present)))
        flat[:, self.present] = 1.0 - 2.0 * bits
        ends = np.cumsum([one.size for one in weights])[:-1]
        networks = [
            part.reshape(-1, *one.shape) for part, one in zip(np.split(flat, ends, axis=1), weights, strict=True)
        ]
        # halves of errors of each network on each example: (n_networks, n_examples)
        pairs = zip(inputs, labels, strict=True)
        self.costs = np.stack([np.rint(2 * errors(networks, x[None], [y])) for x, y in pairs], axis=1).astype(np.int64)
        self.energy = self.costs.sum(axis=1) / 2

    def number(self, chain):
        flat = np.concatenate([one.ravel() for one in chain.weights])[self.present]
        return int((1 << np.flatnonzero(flat < 0)).sum())

    def law(self, beta):
        weight = np.exp(-beta * (self.energy - self.energy.min()))
        return weight / weight.sum()


def misfit(classes, drawn, law):
    """Probability of a worse fit of the numbers `drawn`, networks that share a class counted together."""
    expected = np.bincount(classes, law) * len(drawn)
    counts = np.bincount(classes[drawn], minlength=len(expected))
    # classes that are expected too rarely are put together
    order = np.argsort(expected)
    group = np.zeros(len(expected), dtype=int)
    group[order] = np.searchsorted(np.arange(1, len(drawn)) * 12.0, np.cumsum(expected[order]))
    expected, counts = np.bincount(group, expected), np.bincount(group, counts)
    expected, counts = expected[expected > 0], counts[expected > 0]
    assert len(expected) > 4
    return chi2.sf(((counts - expected) ** 2 / expected).sum(), len(expected) - 1)


def by_energy(networks):
    return np.unique(networks.energy, return_inverse=True)[1]


def draws_of_the_kernel(widths, removed, beta, seed):
    rng = np.random.default_rng(seed)
    weights = some_network(widths, removed, rng)
    inputs, labels = some_examples(N_EXAMPLES, widths[0], rng)
    networks, drawn = AllNetworks(weights, inputs, labels), []
    for number in range(N_CHAINS):
        start = [np.where(rng.random(one.shape) < 0.5, one, -one) for one in weights]
        chain = TrainingChain(start, inputs, labels, beta, words(Seed(seed, f"chain={number}"), Role.SWEEPS, 4))
        chain.run(100 * networks.n_weights + number % 2)
        drawn.append(networks.number(chain))
    return networks, np.array(drawn)


CASES = {
    "one layer": ((9, 1), 0.0),
    "one layer with ties": ((8, 1), 0.0),
    "two layers": ((3, 3, 1), 0.0),
    "two layers with ties": ((4, 2, 1), 0.0),
    "three layers": ((3, 2, 2, 1), 0.0),
    "three layers after removal": ((3, 3, 3, 1), 0.4),
    "four layers": ((3, 2, 2, 1, 1), 0.0),
}


@pytest.mark.parametrize("case", CASES)
def test_networks_are_drawn_as_often_as_their_errors_say(case):
    """By their errors, and one by one: networks of one energy are equally frequent."""
    networks, drawn = draws_of_the_kernel(*CASES[case], BETA, seed=1)
    assert 6 <= networks.n_weights <= 16
    law = networks.law(BETA)
    assert misfit(by_energy(networks), drawn, law) > 1e-4
    assert misfit(np.arange(len(law)) % 251, drawn, law) > 1e-4
    # the test sees a temperature that is far off
    assert misfit(by_energy(networks), drawn, networks.law(1.5 * BETA)) < 1e-6


def test_no_answer_is_half_an_error():
    """A law in which it is a whole error, or none, is not that of the chain."""
    networks, drawn = draws_of_the_kernel((4, 2, 1), 0.0, BETA, seed=2)
    assert misfit(by_energy(networks), drawn, networks.law(BETA)) > 1e-4
    for half in (0, 2):
        other = AllNetworks.__new__(AllNetworks)
        other.energy = np.where(networks.costs == 1, half, networks.costs).sum(axis=1) / 2
        assert misfit(by_energy(networks), drawn, other.law(BETA)) < 1e-6


@pytest.mark.parametrize("hasty", [False, True])
def test_a_twin_that_refuses_too_early_is_caught(hasty):
    """Hasty: examples in their order, refused as soon as E has risen too much, whatever later ones would take back."""
    rng = np.random.default_rng(3)
    weights = some_network((3, 3, 1), 0.0, rng)
    inputs, labels = some_examples(N_EXAMPLES, 3, rng)
    networks = AllNetworks(weights, inputs, labels)
    state, chains = rng.integers(2**networks.n_weights, size=N_CHAINS), np.arange(N_CHAINS)
    for step in range(100 * networks.n_weights + 1):
        # half of them make one proposal less
        moving = chains[: N_CHAINS // 2] if step == 0 else chains
        proposed = state[moving] ^ 1 << rng.integers(networks.n_weights, size=len(moving))
        rise = (networks.costs[proposed] - networks.costs[state[moving]]).cumsum(axis=1)
        allowed = -2 * np.log(1 - rng.random(len(moving))) / BETA
        reached = rise.max(axis=1) if hasty else rise[:, -1]
        state[moving] = np.where(reached <= allowed, proposed, state[moving])
    fit = misfit(by_energy(networks), state, networks.law(BETA))
    assert fit < 1e-6 if hasty else fit > 1e-4


@settings(max_examples=60, deadline=None)
@given(
    widths=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    removed=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    beta=st.sampled_from([0.0, 0.1, 1.0, np.inf]),
    n_examples=st.sampled_from([1, 31, 64, 65, 200]),
    seed=st.integers(0, 2**20),
)
def test_kept_errors_are_those_taken_anew(widths, removed, beta, n_examples, seed):
    """After many proposals, accepted and refused; and what is removed stays away."""
    rng = np.random.default_rng(seed)
    weights = some_network((*widths, 1), removed, rng)
    inputs, labels = some_examples(n_examples, widths[0], rng)
    chain = TrainingChain(weights, inputs, labels, beta, rng.integers(1, 2**63, 4, dtype=np.uint64))
    before = chain.cost_sum
    for n_proposals in (0, 1, 7, 150):
        chain.run(n_proposals)
        now = chain.weights
        assert chain.cost_sum == chain.costs.sum() == np.rint(2 * n_examples * errors(now, inputs, labels))
        assert all(np.array_equal(one != 0, old != 0) for one, old in zip(now, weights, strict=True))
        assert 0 <= chain.accepted <= 158
        assert chain.cost_sum <= before or beta < np.inf


def test_beta_can_be_changed():
    rng = np.random.default_rng(4)
    weights, (inputs, labels) = some_network((9, 5, 1), 0.0, rng), some_examples(40, 9, rng)
    chain = TrainingChain(weights, inputs, labels, 0.0, rng.integers(1, 2**63, 4, dtype=np.uint64))
    chain.run(500)
    assert chain.accepted == 500
    chain.set_beta(np.inf)
    before = chain.cost_sum
    chain.run(2000)
    assert chain.cost_sum < before


@pytest.mark.parametrize("widths", [(41, 21, 21, 21, 1), (9, 35, 70, 33, 5, 1), (12, 1)])
def test_every_instruction_set_makes_the_same_chain(monkeypatch, widths):
    ends = []
    for name in instruction_sets():
        monkeypatch.setenv("GLASSNET_ISA", name)
        rng = np.random.default_rng(5)
        weights, (inputs, labels) = some_network(widths, 0.1, rng), some_examples(300, widths[0], rng)
        chain = TrainingChain(weights, inputs, labels, 0.3, rng.integers(1, 2**63, 4, dtype=np.uint64))
        chain.run(4000)
        assert chain.instruction_set == name
        ends.append((chain.cost_sum, chain.accepted, *(one.tobytes() for one in chain.weights)))
    assert len(set(ends)) == 1
