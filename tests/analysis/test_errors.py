"""Error bars against autoregressive chains, whose correlation time and variance are known exactly."""

import numpy as np
import pytest
from scipy.signal import lfilter

from glassnet.analysis import errors


def autoregressive(tau, shape, seed):
    """AR(1) chains x_t = a x_{t-1} + noise of unit variance: tau = (1 + a) / (2 (1 - a)), started in equilibrium."""
    a = (2 * tau - 1) / (2 * tau + 1)
    noise = np.random.default_rng(seed).normal(size=shape)
    noise[1:] *= np.sqrt(1 - a**2)
    return lfilter([1], [1, -a], noise, axis=0)


@pytest.mark.parametrize(("tau", "bound"), [(1, 0.1), (10, 0.1), (100, 0.2)])
def test_times_of_autoregressive_chains(tau, bound):
    measured = errors.pooled_time(autoregressive(tau, (200 * 1000, 1, 2), seed=tau))
    assert np.abs(measured / tau - 1).max() < bound


@pytest.mark.parametrize("tau", [1, 10, 100])
def test_times_of_chains_of_a_hundred_tau(tau):
    """One estimate scatters by 60 per cent; 400 show that the window neither cuts the tail nor sums up noise."""
    measured = errors.pooled_time(autoregressive(tau, (100 * tau, 1, 400), seed=tau))
    assert np.mean(measured) == pytest.approx(tau, rel=0.2)
    assert np.median(measured) == pytest.approx(tau, rel=0.2)


def test_a_series_without_memory_has_a_time_of_one_half_and_so_has_what_never_moves():
    assert abs(errors.pooled_time(np.random.default_rng(1).normal(size=(50_000, 1))) - 0.5) < 0.02
    assert errors.pooled_time(np.ones((1000, 2))) == 0.5


def test_pooled_time_sees_chains_stuck_at_different_values():
    frozen = np.random.default_rng(5).normal(size=(400, 6)) * 0.01 + np.arange(6)
    assert errors.pooled_time(frozen[:, None]).max() < 2
    assert errors.pooled_time(frozen) > 100


def test_bootstrap_of_a_ratio_agrees_with_the_exact_error():
    rng = np.random.default_rng(7)
    ratio = lambda means: means[:, 1] / means[:, 0]  # noqa: E731
    estimates, bootstrapped = [], []
    for replicate in range(400):
        values = rng.gamma(4.0, size=(24, 2))
        value, error = errors.bootstrap(values, ratio, key=f"replicate={replicate}", n_resamples=200)
        estimates.append(value)
        bootstrapped.append(error)
    assert np.mean(bootstrapped) == pytest.approx(errors.student(24) * np.std(estimates), rel=0.1)


def test_thermal_errors_of_samples_add_in_quadrature():
    assert errors.thermal_error(np.array([[3.0, 0.1], [4.0, 0.0]])) == pytest.approx([2.5, 0.05])
    assert errors.thermal_error(np.array([[0.7]])) == pytest.approx([0.7])


def test_student_widens_the_errors_of_few_samples():
    # tables of Student's t: the interval of one standard deviation's confidence
    assert [errors.student(n) for n in (2, 4, 16)] == pytest.approx([1.837, 1.197, 1.034], abs=1e-3)


def test_blocks_of_draws_resample_a_mean_exactly():
    """For a mean the expansion to first order is exact; blocks may differ in number by sample."""
    rng = np.random.default_rng(9)
    drawn = [rng.normal(size=(n, 3)) for n in (8, 12)]
    values = [block.mean(axis=0) for block in drawn]
    without = [(block.sum(axis=0) - block) / (len(block) - 1) for block in drawn]
    resampled = errors.resampled_blocks(values, without, key="exact", n_resamples=4000)
    assert resampled.shape == (4001, 3)
    assert resampled[0] == pytest.approx(np.mean(values, axis=0))
    variance = sum(block.var(axis=0, ddof=1) / len(block) for block in drawn) / 4
    assert resampled[1:].var(axis=0) == pytest.approx(variance, rel=0.1)
    assert errors.block_error(resampled, [8, 12]) == pytest.approx(errors.student(19) * np.sqrt(variance), rel=0.05)
    assert (resampled == errors.resampled_blocks(values, without, key="exact", n_resamples=4000)).all()


def test_bootstrap_streams_are_deterministic_and_named_by_their_key():
    first = errors.resampling_counts(16, key="/N48", n_resamples=50)
    assert (first == errors.resampling_counts(16, key="/N48", n_resamples=50)).all()
    assert (first != errors.resampling_counts(16, key="/N72", n_resamples=50)).any()
    assert (first[0] == 1).all()
    assert (first.sum(axis=1) == 16).all()


def test_a_single_sample_has_no_error_over_disorder():
    value, error = errors.bootstrap(np.array([2.0]), lambda means: means, key="one")
    assert value == 2.0
    assert np.isnan(error)


def test_bad_chains_are_refused():
    with pytest.raises(ValueError, match=r"chains must have shape \(n_draws, n_chains, \.\.\.\) with at least 2 draws"):
        errors.pooled_time(np.ones(10))
    with pytest.raises(ValueError, match="chains must be finite"):
        errors.pooled_time(np.array([[1.0], [np.nan], [2.0]]))
