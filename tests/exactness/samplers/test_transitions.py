"""The kernels step by step against a plain scalar Metropolis: not only the law they end in, but the way there.

Weights are visited in order of increasing degree, then index.
"""

import numpy as np
import pytest

import glassnet as gn
from glassnet import exact

E = gn.ensembles
TEMPERATURES = (0.5, 1.2, 15.0)


def visiting_order(glass):
    return np.argsort(glass.degrees, kind="stable")


def acceptance(cost, temperature):
    """Probability to accept a flip that costs dE: Metropolis with 1/2 for dE = 0; heat bath from T > 10 on."""
    beta = 1.0 / temperature
    if beta < 0.1:
        return 1.0 / (1.0 + np.exp(beta * cost))
    return np.where(cost == 0, 0.5, np.exp(-beta * np.maximum(cost, 0.0)))


def scalar_sweep(glass, weights, temperature, rng):
    """One sweep of one configuration, weight by weight, in place."""
    for i in visiting_order(glass):
        through = (glass.paths == i).any(axis=1)
        cost = 2.0 * np.dot(glass.couplings[through], weights[glass.paths[through]].prod(axis=1))
        if rng.random() < acceptance(cost, temperature):
            weights[i] = -weights[i]


def after_one_sweep(glass, law, temperature):
    """Law of the configurations one sweep later, exactly; law: (2^N,) in the order of `exact.states`."""
    energy = glass.energy(exact.states(glass.n_weights))
    number = np.arange(len(law))
    for i in visiting_order(glass):
        flipped = number ^ (1 << i)
        leave = law * acceptance(energy[flipped] - energy, temperature)
        law = law - leave + leave[flipped]
    return law


def small(couplings):
    return E.poisson(8, 3, 1.5, seed=2, couplings=couplings)


def rows_after(sampler, judge, glass, temperature, start, n_sweeps):
    """Numbers of the states that 2048 replicas started on `start` are in after 1, 2, ... sweeps."""
    result = []
    for seed in range(8):
        chain = sampler(glass, [temperature], n_replicas=256, seed=seed, initial=start)
        record = chain.run(n_sweeps, measure=["weights"])
        result.append(judge.numbers(judge.recorded(record), glass.n_weights)[:, 0])
    return np.concatenate(result, axis=1)


def least_p(sampler, judge, glass):
    """Smallest p-value of the law after one, two and three sweeps from one state, over the temperatures."""
    start = exact.states(glass.n_weights)[37]
    values = []
    for temperature in TEMPERATURES:
        law = np.zeros(2**glass.n_weights)
        law[37] = 1.0
        for index in rows_after(sampler, judge, glass, temperature, start, 3):
            law = after_one_sweep(glass, law, temperature)
            values.append(judge.chi_square(index, law))
    return min(values)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_the_law_after_a_few_sweeps(judge, couplings):
    """Nine comparisons at p > 1e-4 / 18; states that cannot be reached make p = 0."""
    assert least_p(gn.ParallelTempering, judge, small(couplings)) > 1e-4 / 18


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("twin", ["Frozen", "HalfBeta", "LostPaths"])
def test_broken_samplers_are_caught(judge, twins, twin, couplings):
    assert least_p(twins[twin], judge, small(couplings)) < 1e-8


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_the_boltzmann_law_is_what_a_sweep_leaves_alone(couplings):
    glass = small(couplings)
    for temperature in TEMPERATURES:
        law = exact.probabilities(glass, temperature)
        assert np.abs(after_one_sweep(glass, law, temperature) - law).max() < 1e-14


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_relaxation_of_sixty_weights_follows_the_scalar_code(couplings, temperature):
    """Mean energy and its variance after 1, 2 and 5 sweeps from all weights up: |z| < 4.5, 200 scalar runs."""
    glass = E.regular(60, 3, 4, seed=6, couplings=couplings)
    rng = np.random.default_rng(3)
    start, looks = np.ones(60, dtype=np.int8), (0, 1, 4)
    scalar = np.empty((200, 5))
    for run in range(len(scalar)):
        weights = start.astype(float)
        for sweep in range(5):
            scalar_sweep(glass, weights, temperature, rng)
            scalar[run, sweep] = glass.energy(weights)
    chain = gn.Metropolis(glass, temperature, n_replicas=2048, seed=9, initial=start)
    record = chain.run(5, measure=["energy"]).energy.values[:, 0].T
    for look in looks:
        for moment in (1, 2):
            ours = (record[:, look] - record[:, look].mean() * (moment - 1)) ** moment
            theirs = (scalar[:, look] - record[:, look].mean() * (moment - 1)) ** moment
            error = np.hypot(ours.std() / np.sqrt(len(ours)), theirs.std() / np.sqrt(len(theirs)))
            assert abs(ours.mean() - theirs.mean()) < 4.5 * error
