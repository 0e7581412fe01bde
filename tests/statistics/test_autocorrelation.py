"""Times and errors of autoregressive chains, whose correlation time and variance are known exactly."""

import numpy as np
import pytest

from glassnet.statistics.autocorrelation import integrated_time, mean_of_series


@pytest.mark.parametrize(("tau", "bound"), [(1, 0.1), (10, 0.1), (100, 0.2)])
def test_times_of_autoregressive_chains(tau, bound, autoregressive):
    measured = integrated_time(autoregressive(tau, (200 * 1000, 1, 2), seed=tau))
    assert np.abs(measured / tau - 1).max() < bound


@pytest.mark.parametrize("tau", [1, 10, 100])
def test_times_of_chains_of_a_hundred_tau(tau, autoregressive):
    """One estimate scatters by 60 per cent; 400 show that the window neither cuts the tail nor sums up noise."""
    measured = integrated_time(autoregressive(tau, (100 * tau, 1, 400), seed=tau))
    assert np.mean(measured) == pytest.approx(tau, rel=0.2)
    assert np.median(measured) == pytest.approx(tau, rel=0.2)


def test_a_series_without_memory_has_a_time_of_one_half_and_so_has_what_never_moves():
    assert abs(integrated_time(np.random.default_rng(1).normal(size=(50_000, 1))) - 0.5) < 0.02
    assert integrated_time(np.ones((1000, 2))) == 0.5


def test_the_time_of_several_chains_sees_chains_stuck_at_different_values():
    frozen = np.random.default_rng(5).normal(size=(400, 6)) * 0.01 + np.arange(6)
    assert integrated_time(frozen[:, None]).max() < 2
    assert integrated_time(frozen) > 100


def test_bad_chains_are_refused():
    with pytest.raises(ValueError, match=r"chains must have shape \(n_draws, n_chains, \.\.\.\) with at least 2 draws"):
        integrated_time(np.ones(10))
    with pytest.raises(ValueError, match="chains must be finite"):
        integrated_time(np.array([[1.0], [np.nan], [2.0]]))


@pytest.mark.parametrize("tau", [0.5, 1.5, 9.5])
def test_error_of_a_correlated_mean(tau, autoregressive):
    n_draws = 4000
    found = [mean_of_series(autoregressive(tau, n_draws, seed)).stderr for seed in range(20)]
    assert np.mean(found) == pytest.approx(np.sqrt(2 * tau / n_draws), rel=0.1)


def test_means_scatter_as_stated(autoregressive):
    found = [mean_of_series(autoregressive(4.5, 1000, seed)) for seed in range(200)]
    pulls = np.array([one.value / one.stderr for one in found])
    assert pulls.std() == pytest.approx(1.0, abs=0.2)  # 200 samples: 0.05, and the noise of the errors themselves


def test_the_mean_of_a_constant_series_is_exact():
    assert tuple(mean_of_series(np.full(100, 0.1))) == (pytest.approx(0.1), 0.0)
