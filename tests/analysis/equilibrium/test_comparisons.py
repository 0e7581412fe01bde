"""Comparisons within a sample: right where nothing happens, rare events and long memories included, and sharp."""

import numpy as np
import pytest

from glassnet.analysis.equilibrium import comparisons, stuck_replicas
from glassnet.statistics import ladder_autocorrelation


def telegraph(weight, tau, shape, seed):
    """Stationary chains of zeros and ones, (n_draws, ...), of this mean and integrated autocorrelation time."""
    rng, memory = np.random.default_rng(seed), (2 * tau - 1) / (2 * tau + 1)
    state = np.empty(shape, dtype=bool)
    state[0] = rng.random(shape[1:]) < weight
    for draw in range(1, shape[0]):
        renewed = rng.random(shape[1:]) < 1 - memory
        state[draw] = np.where(renewed, rng.random(shape[1:]) < weight, state[draw - 1])
    return state.astype(np.float64)


def drifts(runs):
    """The comparison of every run, (n_draws, n_chains, n_rungs), and into how many blocks all its chains were cut."""
    cuts = [comparisons.stretches(run) for run in runs]
    found = [comparisons.drift(cut, cut.time) for cut in cuts]
    blocks = [
        3 * cut.before.shape[1] * ladder_autocorrelation.n_blocks(len(cut.before), 3 * cut.before.shape[1], cut.time)
        for cut in cuts
    ]
    return comparisons.Difference(*(np.array(values) for values in zip(*found, strict=True))), np.array(blocks)


def rates(probability, *levels):
    return [float(np.mean(probability < level)) for level in levels]


@pytest.mark.parametrize(("weight", "tau", "runs"), [(0.03, 50, 400), (0.5, 50, 200)])
def test_a_stationary_telegraph_process_does_not_drift(weight, tau, runs):
    """Four chains of 2000 draws, a few visits in all at weight 0.03. At 1 % and 0.1 % the rates have standard
    deviations of 0.5 to 0.7 % and 0.16 to 0.22 %."""
    chains = telegraph(weight, tau, (2000, runs, 4, 1), seed=tau)
    found, _ = drifts(chains.swapaxes(0, 1))
    hundredth, thousandth, least = rates(found.probability(), 1e-2, 1e-3, 1e-5)
    assert hundredth < 0.032
    assert thousandth < 0.012
    assert least == 0


@pytest.mark.slow
@pytest.mark.parametrize(("weight", "tau"), [(0.03, 50), (0.3, 50), (0.5, 100), (0.03, 5), (0.003, 1)])
def test_a_thousand_stationary_telegraph_processes_neither_drift_nor_differ_nor_stick(weight, tau):
    """1000 runs: rates of 1 %, 0.1 % and 1e-5 have standard deviations of 0.3 %, 0.1 % and 0.01 %. 20 seconds each."""
    chains = telegraph(weight, tau, (2000, 1000, 4, 1), seed=1).swapaxes(0, 1)
    found, _ = drifts(chains)
    starts = [comparisons.starts(run, 2, comparisons.stretches(run).time) for run in chains]
    starts = comparisons.Difference(*(np.array(values) for values in zip(*starts, strict=True)))
    scatter = np.array([stuck_replicas.scatter(run, 4, comparisons.stretches(run).time)[0] for run in chains])
    for probability in (found.probability(), starts.probability(), scatter):
        hundredth, thousandth, least = rates(probability, 1e-2, 1e-3, 1e-5)
        print(weight, tau, hundredth, thousandth, least)
        assert hundredth < 0.02
        assert thousandth < 0.005
        assert least == 0


@pytest.mark.parametrize(("tau", "shape"), [(0.5, (1000, 4, 1)), (10, (2800, 1, 1)), (25, (3200, 4, 1))])
def test_power_of_one_comparison_and_at_the_bound_of_a_scan(tau, shape, autoregressive):
    """A drift of 3 true standard deviations is caught in 56 % or more at one per cent (an ideal test: 66 %), and at the
    bound of a scan of 3000 comparisons half of those of 6.5 are: of 400 runs those of 32 blocks or more, in the second
    case about 40.

    The true deviation is that of the difference of the means over 4000 other runs.
    """
    n_draws, *rest = shape
    runs = autoregressive(tau, (n_draws, 400, *rest), seed=3).swapaxes(0, 1)
    others = autoregressive(tau, (n_draws, 4000 // rest[0] * rest[0], 1), seed=4)[..., 0]
    halves = others[n_draws // 2 :].mean(axis=0) - others[n_draws // 4 : n_draws // 2].mean(axis=0)
    true = halves.std() / np.sqrt(rest[0])
    found, blocks = drifts(runs)
    assert np.mean(blocks >= 32) > 0.6
    enough = blocks >= 32
    caught = [
        comparisons.two_sided(found.difference + size * true, found.stderr, found.freedom)[enough] < level
        for size, level in ((0, 0.01), (3, 0.01), (6.5, 0.01 / 3000))
    ]
    print(tau, shape, np.median(blocks), [float(np.mean(which)) for which in caught])
    assert np.mean(caught[0]) < 0.03
    assert np.mean(caught[1]) >= 0.56
    assert np.mean(caught[2]) >= 0.5


def test_starts_that_never_meet_differ():
    chains = np.zeros((100, 4, 1))
    chains[:, :2] = 1
    assert comparisons.starts(chains, 2, 0.5).probability() == 0


def test_few_events_that_fall_evenly_into_blocks_are_no_certainty():
    """Two visits, one in each half of the last stretch and none before: their blocks do not scatter at all."""
    chains = np.zeros((100, 1, 1))
    chains[[60, 90]] = 1
    cut = comparisons.stretches(chains)
    assert comparisons.drift(cut, 4.0).probability() > 0.05


def test_rounding_of_a_frozen_energy_is_no_drift():
    """A mean of one and the same real number is off by rounding, differently in stretches of different lengths."""
    rng = np.random.default_rng(1)
    for value in -20 * rng.random(50):
        chains = np.full((80, 4, 2), value)
        chains[:, :, 1] += rng.normal(size=(80, 4))
        cut = comparisons.stretches(chains)
        assert comparisons.drift(cut, cut.time).probability()[0] == 1
        assert comparisons.starts(chains, 2, 0.5).probability()[0] == 1
        assert stuck_replicas.scatter(chains, 4, 0.5)[0] == 1
