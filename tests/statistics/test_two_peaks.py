"""Peaks, weights and valleys of distributions made of known parts."""

import numpy as np
import pytest

from glassnet.statistics import two_peaks


def test_peaks_of_two_bumps_and_of_one():
    q = np.linspace(-1, 1, 49)
    two = np.exp(-50 * q**2) + 0.5 * np.exp(-200 * (q - 0.9) ** 2)
    found = two_peaks.find_peaks(q, two, 0.5)
    assert found.valley < 0.1
    assert found.low == pytest.approx(0, abs=0.1)
    assert found.high == pytest.approx(0.9, abs=0.1)
    assert two_peaks.find_peaks(q, np.exp(-3 * q**2), 0.5).valley >= 1
    assert two_peaks.find_peaks(q, (np.abs(q) < 0.4).astype(float), 0.5) is None


def test_mixture_and_cut_find_the_two_parts():
    edges = np.linspace(-1, 1, 81)
    centres = 0.5 * (edges[1:] + edges[:-1])
    rng = np.random.default_rng(4)
    drawn = np.concatenate([0.12 * rng.normal(size=60_000), 0.9 + 0.03 * rng.normal(size=40_000)])
    histogram = np.histogram(drawn, edges)[0][None].astype(float)
    for found in (
        two_peaks.normal_mixture(np.abs(centres), histogram, 0.5),
        two_peaks.cut_at_valley(np.abs(centres), histogram, 0.5),
    ):
        assert found.weight[0] == pytest.approx(0.4, abs=0.01)
        assert found.high[0] == pytest.approx(0.9, abs=0.01)
        assert found.low[0] == pytest.approx(0.12 * np.sqrt(2 / np.pi), abs=0.01)


def test_both_ways_to_tell_the_peaks_state_the_scatter_of_the_resamples():
    """Resamples whose high peak holds 0.4 +- 0.02 of the weight."""
    centres = np.linspace(-0.975, 0.975, 40)
    low, high = np.exp(-((centres / 0.15) ** 2) / 2), np.exp(-(((centres - 0.85) / 0.05) ** 2) / 2)
    share = np.append(0.4, 0.4 + 0.02 * np.random.default_rng(5).normal(size=400))[:, None]
    rows = share * high / high.sum() + (1 - share) * low / low.sum()
    found = two_peaks.peaks_with_errors(np.abs(centres), rows, 0.5, 1000)
    for name in ("weight", "mixture_weight"):
        assert found[name] == pytest.approx(0.4, abs=0.01)
        assert found[f"{name}_stderr"] == pytest.approx(0.02, rel=0.1)


def test_valley_between_two_peaks_over_the_lower_one():
    centres = np.arange(30.0)
    bumps = lambda depth: np.where(np.abs(centres - 15) < 5, depth, 1.0)  # noqa: E731
    rows = np.array([bumps(0.25), bumps(1.0)])
    assert two_peaks.relative_valley(centres, rows, 15.0) == pytest.approx([0.25, 1.0])
    assert np.isnan(two_peaks.relative_valley(centres, rows, 99.0)).all()
