"""Means over instances with the noise of their degrees taken out."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from glassnet.analysis.field_integration.instance_averages import average, still_to_come


def test_regression_on_known_means_is_exact_for_a_linear_law():
    rng = np.random.default_rng(1)
    controls = rng.normal(size=(12, 2))
    known, slope = np.array([0.3, -0.2]), np.array([2.0, 5.0])
    noise = 0.01 * rng.normal(size=12)
    values = 1.0 + (controls - known) @ slope + noise
    mean, stderr = average(values, np.zeros(12), controls, known)
    assert abs(mean - 1.0) < 3 * stderr < 0.05
    # nothing that differs: the plain mean, with Student's factor
    same = average(noise, np.zeros(12), np.ones((12, 2)), np.ones(2))
    assert same[0] == noise.mean()
    assert average(noise[:4], np.zeros(4), np.ones((4, 2)), np.ones(2))[1] == pytest.approx(
        noise[:4].std(ddof=1) / 2 * student.ppf(norm.cdf(1), 3)
    )


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_few_instances_take_the_known_parts_with_slope_one(n):
    """Exactly so where slopes are one; with slopes of 0.8 the error of 4000 means, over their bars, is 0.6 to 1.1."""
    rng = np.random.default_rng(n)
    controls, known = 0.3 + rng.normal(size=(4000, n, 2)), np.array([0.3, 0.3])
    exact = average(1 + (controls[0] - known).sum(axis=1), np.zeros(n), controls[0], known)
    assert exact[0] == pytest.approx(1)
    # never less than a quarter of what was taken out
    assert exact[1] >= 0.25 * np.sqrt(((controls[0] - known) ** 2).sum()) / n * (1 - 1e-12)
    values = 0.8 * (controls - known).sum(axis=2)
    found = np.array([average(row, np.zeros(n), own, known) for row, own in zip(values, controls, strict=True)])
    pulls = found[:, 0] / found[:, 1]
    assert 0.6 < np.sqrt((pulls**2).mean()) < 1.1
    assert (np.abs(pulls) > 3).mean() < 0.01


def test_a_drift_counts_where_the_run_is_short_for_its_barriers():
    rng = np.random.default_rng(2)
    drift = -1e-4 + 4e-5 * rng.normal(size=16)
    noise = drift.std(ddof=1) / 4
    assert still_to_come(drift, 400, 0.3) == pytest.approx(5 * (-drift.mean() - noise))
    assert still_to_come(drift, 400, 1.0) == pytest.approx(5 * (-drift.mean() - 3 * noise))
    # upwards it is noise, and of one instance nothing is known
    assert still_to_come(-drift, 400, 0.3) == 0
    assert still_to_come(drift[:1], 400, 0.3) == 0
