"""Lanes are independent of each other, and free weights do not oscillate."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.kernels import bitsliced, realvalued

E = gn.ensembles


def glass_of(couplings):
    return E.regular(9, 3, 3, seed=1, couplings=couplings)


def share(sampler, n_lanes):
    """Let groups of lanes share a generator: 64 lanes hang on one word of the bit-sliced kernel, one on a real one."""
    state = sampler.kernel.rng
    for number in range(1, n_lanes):
        state[..., number] = state[..., 0]


def variance_ratio(couplings, shared=1, n_draws=50_000):
    """Variance over time of the mean energy of the lanes, over the mean variance of a lane / number of lanes.

    One block of lanes at T = 4, where a draw every third sweep is nearly independent: the ratio has a standard
    deviation of sqrt(2 / 50000) = 0.6 %.
    """
    n_lanes = (bitsliced if couplings == "binary" else realvalued).LANES_PER_BLOCK
    sampler = gn.Metropolis(glass_of(couplings), 4.0, n_replicas=n_lanes, seed=2)
    share(sampler, shared)
    sampler.run(0, thermalization=300)
    mean, square, lane_mean = np.empty(n_draws), np.zeros(n_lanes), np.zeros(n_lanes)
    for draw in range(n_draws):
        sampler.kernel.advance(3)
        energy = sampler.kernel.energy[:n_lanes]
        mean[draw] = energy.mean()
        square += energy**2
        lane_mean += energy
    variance = (square / n_draws - (lane_mean / n_draws) ** 2).mean()
    return mean.var() / (variance / n_lanes)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_the_mean_over_lanes_fluctuates_like_one_of_independent_lanes(couplings):
    assert abs(variance_ratio(couplings) - 1.0) < 0.03


@pytest.mark.parametrize(("couplings", "shared"), [("binary", 2), ("gaussian", 4)])
def test_lanes_that_share_random_words_are_caught(couplings, shared):
    """2 of 8 words: 64 pairs of equal lanes, ratio 1.25; 4 of 64 generators: ratio 1 + 12 / 64."""
    assert variance_ratio(couplings, shared, n_draws=10_000) > 1.1


def correlations(temperatures, couplings, shared=1, n_draws=4000):
    """Correlation of energies and of signed weights between replicas 0 ... 63 at every temperature, as z-scores."""
    sampler = gn.ParallelTempering(glass_of(couplings), temperatures, n_replicas=64, seed=4)
    share(sampler, shared)
    record = sampler.run(40 * n_draws, thermalization=400, measure_every=40, measure=["energy", "weights"])
    first = (record.weights.values[..., 0] & 1) * 2.0 - 1.0
    result = []
    for series in (record.energy.values.astype(float), first):
        for t in range(len(temperatures)):
            matrix = np.corrcoef(series[:, t].T)
            result.append(matrix[np.triu_indices(64, 1)] * np.sqrt(n_draws))
    return np.concatenate(result)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_no_two_replicas_are_correlated_with_or_without_exchange(couplings):
    """64 x 64 correlation matrices of 4000 draws, 40 sweeps apart: |z| < 5.5 for 2016 pairs of each."""
    for temperatures in ([np.inf], [1.5, 2.5, np.inf]):
        z = correlations(temperatures, couplings)
        assert np.abs(z).max() < 5.5
        assert abs(z.std() - 1.0) < 0.1


def test_equal_generators_are_caught_by_the_correlations():
    assert np.abs(correlations([np.inf], "gaussian", shared=2, n_draws=500)).max() > 5.5
    assert np.abs(correlations([np.inf], "binary", shared=8, n_draws=500)).max() > 5.5


@pytest.mark.parametrize("couplings", [[1.0, -1.0], [0.3, -0.7]])
@pytest.mark.parametrize("temperature", [0.5, 2.0, 40.0, np.inf])
def test_free_weights_forget_everything_in_one_sweep(couplings, temperature):
    """Magnetisation of 7 free weights, 512 replicas, 400 sweeps: its correlation at lags 1 and 2 has |z| < 4.5."""
    glass = gn.PathGlass([[0, 1], [1, 2]], couplings, n_weights=10)
    record = gn.Metropolis(glass, temperature, n_replicas=512, seed=6).run(400, measure=["weights"])
    up = np.unpackbits(record.weights.values, axis=-1, bitorder="little", count=10)[:, 0, :, 3:]
    magnetisation = up.sum(axis=-1) - 3.5
    for lag in (1, 2):
        products = magnetisation[lag:] * magnetisation[:-lag]
        assert abs(products.mean() / (7 / 4 / np.sqrt(products.size))) < 4.5


def test_certain_flips_would_fail_it():
    """The period-2 motion that certain acceptance of dE = 0 makes: a correlation of -1 at lag 1."""
    alternating = np.tile([3.5, -3.5], 200)
    assert (alternating[1:] * alternating[:-1]).mean() / (7 / 4 / np.sqrt(399)) < -4.5


def test_infinite_temperature_draws_afresh():
    """At T = inf no correlation of the energy survives a sweep, whatever the couplings: |z| < 4.5."""
    for couplings in ("binary", "gaussian"):
        glass = glass_of(couplings)
        energy = gn.Metropolis(glass, np.inf, n_replicas=512, seed=6).run(400, measure=["energy"]).energy.values[:, 0]
        products = energy[1:] * energy[:-1]
        assert abs(products.mean() / ((glass.couplings**2).sum() / np.sqrt(products.size))) < 4.5
