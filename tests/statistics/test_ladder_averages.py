"""Error bars on the rungs of a ladder, from chains whose memory is known exactly."""

import numpy as np
import pytest
from scipy.signal import lfilter

from glassnet.statistics import ladder_averages
from glassnet.statistics.autocorrelation import integrated_time

#: share of the variance on each rung that lives as long as a state does on the ladder, and for how long, in draws
SHARES, TIME = np.array([0.02, 0.05, 0.1]), 30.0
LADDERS, N_DRAWS, N_CHAINS = 300, 3000, 4


def ladder(seed):
    """Chains (n_draws, n_chains, n_rungs) of mean 0: noise without memory, and a slow mode that all rungs share."""
    rng, memory = np.random.default_rng(seed), (2 * TIME - 1) / (2 * TIME + 1)
    kicks = rng.normal(size=(N_DRAWS, N_CHAINS, 1))
    kicks[1:] *= np.sqrt(1 - memory**2)
    slow = lfilter([1], [1, -memory], kicks, axis=0)
    return np.sqrt(1 - SHARES) * rng.normal(size=(N_DRAWS, N_CHAINS, len(SHARES))) + np.sqrt(SHARES) * slow


@pytest.fixture(scope="module")
def averages():
    return [ladder_averages.thermal_average(ladder(seed)) for seed in range(LADDERS)]


def test_bars_hold_the_slow_mode_that_the_rungs_share(averages):
    """4.5 standard deviations of a share of 300, rung by rung."""
    covered = np.mean([np.abs(one.mean) < one.stderr for one in averages], axis=0)
    assert np.abs(covered - 0.683).max() < 4.5 * np.sqrt(0.683 * 0.317 / LADDERS)
    exact = np.sqrt((1 - SHARES + 2 * TIME * SHARES) / (N_DRAWS * N_CHAINS))
    assert np.mean([one.stderr for one in averages], axis=0) == pytest.approx(exact, rel=0.15)
    worth = np.mean([one.n_effective for one in averages], axis=0)
    assert worth == pytest.approx(1 / exact**2, rel=0.3)


def test_times_of_single_rungs_miss_it():
    """The broken twin: the window closes before the tail of a few per cent."""
    chains = [ladder(seed) for seed in range(100)]
    stderr = [np.sqrt(2 * integrated_time(one) * one.var(axis=(0, 1)) / (N_DRAWS * N_CHAINS)) for one in chains]
    covered = np.mean([np.abs(one.mean(axis=(0, 1))) < bar for one, bar in zip(chains, stderr, strict=True)], axis=0)
    assert covered[0] < 0.58


def test_what_never_moves_has_no_error():
    chains = ladder(1)
    chains[:, :, 1] = 0.1
    found = ladder_averages.thermal_average(chains)
    assert found.stderr[1] == 0
    assert np.isnan(found.n_effective[1])
    assert (found.stderr[[0, 2]] > 0).all()


def test_bars_know_how_few_visits_they_stand_on():
    """Rare events on one rung leave fewer degrees of freedom than noise on the other."""
    rng = np.random.default_rng(3)
    chains = rng.normal(size=(4000, 4, 2))
    chains[:, :, 1] = rng.random((4000, 4)) < 3e-4
    _, bar = ladder_averages.mean_with_bar(chains)
    assert bar.freedom[1] < 40 < bar.freedom[0]


def test_pairs_that_share_replicas_are_not_independent():
    """Overlaps of 4 replicas that do not move within the chain: 6 pairs, of which no more than 4 are worth a value."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        replicas = rng.normal(size=(64, 1, 4))
        pairs = np.stack([replicas[..., a] + replicas[..., b] for a in range(4) for b in range(a)], axis=-1)
        found.append((pairs.mean(), ladder_averages.thermal_error_of_pairs(pairs)[0]))
    mean, stderr = np.array(found).T
    assert 0.6 < np.mean(np.abs(mean) < stderr) < 0.85


@pytest.mark.parametrize(("n_chains", "left"), [(6, 6), (24, 24), (28, 14), (240, 24)])
def test_thinned_pairs(n_chains, left):
    assert ladder_averages.thinned(np.zeros((3, n_chains, 2))).shape == (3, left, 2)
