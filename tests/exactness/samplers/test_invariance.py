"""The kernels leave exact draws as they are: no equilibration, no autocorrelation, nothing to wait for.

Two sources of exact draws: planted pairs (couplings, w*), exact at any size, and enumeration, exact on a whole ladder
at once (J. Geweke, J. Am. Stat. Assoc. 99, 799 (2004)).
"""

import functools

import numpy as np
import pytest
from scipy.stats import ks_2samp

import glassnet as gn
from glassnet import exact

E = gn.ensembles
N_PAIRS = 800
SWEEPS = 3


class Identity(gn.ParallelTempering):
    """The positive control."""

    def _advance(self, n_sweeps):
        self.n_sweeps += n_sweeps


def statistics(glass, weights):
    """Six numbers of a pair (couplings, weights)."""
    terms = glass.couplings * weights[glass.paths].prod(axis=1)
    fields = np.bincount(glass.paths.ravel(), np.repeat(terms, glass.p), minlength=glass.n_weights)
    half = glass.n_weights // 2
    return (
        -terms.sum(),
        (fields < 0).sum() + 0.01 * (fields == 0).sum(),
        (fields**2).sum(),
        -terms[: glass.n_paths // 2].sum(),
        weights.sum(),
        weights[:half] @ weights[-half:],
    )


@functools.cache
def bodies(couplings, n_weights):
    return E.regular(n_weights, 3, 4, seed=7, couplings=couplings)


def planted_pairs(couplings, temperature, seeds, sampler=None, n_weights=30):
    """Statistics of one planted pair per seed, the weights moved on by `sampler` if there is one: (n_seeds, 6)."""
    result = []
    for seed in seeds:
        glass = E.planted(bodies(couplings, n_weights), temperature, seed=seed)
        weights = glass.planted
        if sampler is not None:
            chain = sampler(glass, [temperature], n_replicas=1, seed=seed, initial=weights)
            chain.run(0, thermalization=SWEEPS)
            weights = chain.weights[0, 0]
        result.append(statistics(glass, weights.astype(int)))
    return np.array(result)


@functools.cache
def fresh(couplings, temperature, n_weights):
    return planted_pairs(couplings, temperature, range(10_000, 10_000 + N_PAIRS), None, n_weights)


def least_p(couplings, temperature, sampler, n_pairs=N_PAIRS, n_weights=30):
    """Smallest Kolmogorov-Smirnov p-value of the six statistics, moved against fresh."""
    moved = planted_pairs(couplings, temperature, range(n_pairs), sampler, n_weights)
    drawn = fresh(couplings, temperature, n_weights)
    return min(ks_2samp(moved[:, i], drawn[:, i], method="asymp").pvalue for i in range(6))


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_sweeps_leave_planted_pairs_as_they_are(couplings):
    assert least_p(couplings, 1.0, gn.ParallelTempering) > 0.005 / 6


def test_doing_nothing_leaves_planted_pairs_as_they_are():
    assert least_p("binary", 1.0, Identity) > 0.005 / 6


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("twin", ["HalfBeta", "LostPaths"])
def test_broken_sweeps_move_planted_pairs(twins, twin, couplings):
    assert least_p(couplings, 1.0, twins[twin], n_pairs=400) < 0.005 / 6


@pytest.mark.slow
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize(("temperature", "n_weights"), [(0.6, 30), (2.0, 30), (15.0, 30), (0.8, 999)])
def test_sweeps_leave_planted_pairs_as_they_are_elsewhere(couplings, temperature, n_weights):
    assert least_p(couplings, temperature, gn.ParallelTempering, n_pairs=2000, n_weights=n_weights) > 0.005 / 6


TEMPERATURES = np.array([0.5, 0.8, 1.3, 3.0, np.inf])


def ladder_p(judge, sampler, couplings, n_replicas=2000, n_sweeps=4):
    """Smallest p-value over the rungs after every one of the first sweeps of ladders that start in equilibrium."""
    glass = E.regular(8, 4, 4, seed=2, couplings=couplings)
    rng = np.random.default_rng(5)
    laws = [exact.probabilities(glass, T) for T in TEMPERATURES]
    index = []
    for quarter in range(4):
        start = np.array([exact.states(8)[rng.choice(256, n_replicas // 4, p=law)] for law in laws])
        chain = sampler(glass, TEMPERATURES, n_replicas // 4, seed=quarter, initial=start)
        record = chain.run(n_sweeps, measure=["weights"])
        index.append(judge.numbers(judge.recorded(record), 8))
    index = np.concatenate(index, axis=2)
    return min(judge.chi_square(index[s, t], law) for s in range(n_sweeps) for t, law in enumerate(laws))


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_ladders_that_start_in_equilibrium_stay_there(judge, couplings):
    """20 chi-squares of 2000 ladders, p > 1e-4 / 20."""
    assert ladder_p(judge, gn.ParallelTempering, couplings) > 1e-4 / 20


@pytest.mark.parametrize("twin", ["HalfBeta", "LostPaths", "InvertedSwaps", "MixedColumns", "StaleThresholds"])
def test_broken_ladders_leave_equilibrium(judge, twins, twin):
    assert ladder_p(judge, twins[twin], "binary") < 1e-4 / 20
