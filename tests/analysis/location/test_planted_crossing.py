"""The crossing of planted weights against two-level systems whose transition temperature is known."""

import numpy as np
import pytest
from scipy.special import expit

from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.location import planted_crossing
from glassnet.statistics import fits

TEMPERATURES = (0.55, 0.60, 0.65, 0.70, 0.75)
CRITICAL = 0.66


def two_level(
    sizes=(48, 72, 96), temperatures=TEMPERATURES, *, seed, n_samples=16, offset=0.5, slope=0.6, disorder=1.5
):
    """Planted nodes with ln((1-w)/w) = N slope (T - CRITICAL) - offset + disorder * noise in every sample."""
    rng = np.random.default_rng(seed)
    nodes = []
    for size in sizes:
        for temperature in temperatures:
            gap = size * slope * (temperature - CRITICAL) - offset + disorder * rng.normal(size=n_samples)
            weight, none = expit(-gap), np.zeros(n_samples)
            path = f"/N{size}/dilution0.0/planted{temperature},seed={seed}"
            measured = (weight, weight, weight, none, np.full(n_samples, 1000.0))
            nodes.append(
                PlantedNode(path, size, size, temperature, *measured, none[:, None], np.array([-1.0, 1.0]), 0.5, none)
            )
    return nodes


@pytest.fixture(scope="module")
def located():
    return [planted_crossing.locate(two_level(seed=seed)) for seed in range(100)]


def pulls(found, temperature=CRITICAL):
    return np.array([(one.temperature - temperature) / one.statistical for one in found])


def test_crossing_is_unbiased_and_its_statistical_bar_honest(located):
    """100 scans, 4.5 standard errors: 0.1 for the mean pull, 0.071 for its rms, 4.65 % for the coverage of 68.3 %."""
    assert all(one.crosses for one in located)
    assert abs(pulls(located).mean()) < 4.5 * 0.1
    assert abs(np.sqrt(np.mean(pulls(located) ** 2)) - 1) < 4.5 * 0.071
    assert abs(np.mean(np.abs(pulls(located)) < 1) - 0.683) < 4.5 * 0.0465


def test_a_crossing_without_the_free_constant_fails_that_test(located, monkeypatch):
    def without_last(design, n_samples, weight):
        theta = fits.logistic_regression(design[:, :-1], n_samples, weight)
        return np.hstack([theta, np.zeros((len(theta), 1))])

    monkeypatch.setattr(planted_crossing, "logistic_regression", without_last)
    biased = [planted_crossing.locate(two_level(seed=seed)) for seed in range(20)]
    # 20 scans: the mean pull has a standard error of 0.22
    assert abs(pulls(biased).mean()) > 4.5 * 0.22


def test_a_statistical_bar_of_half_the_size_fails_that_test(located):
    halved = [one._replace(statistical=one.statistical / 2) for one in located]
    assert abs(np.sqrt(np.mean(pulls(halved) ** 2)) - 1) > 4.5 * 0.071
    assert abs(np.mean(np.abs(pulls(halved)) < 1) - 0.683) > 4.5 * 0.0465


def test_the_bar_contains_bootstrap_and_spread_and_is_conservative_by_design(located):
    """300 other scans are within one bar in 84.3 %, 400 standard errors of 3.6 % for 100 scans; all within two."""
    for one in located:
        assert one.stderr == pytest.approx(np.hypot(one.statistical, one.spread))
    deviations = np.array([abs(one.temperature - CRITICAL) / one.stderr for one in located])
    assert abs((deviations < 1).mean() - 0.843) < 4.5 * 0.036
    # the bar is wider than a standard error, so more than 95.4 % are expected, with a standard error of 2.1 %
    assert (deviations < 2).mean() > 0.954 - 0.02


def test_zeros_of_the_sizes_move_towards_the_crossing(located):
    zeros = {size: np.mean([one.zeros[size].value for one in located]) for size in (48, 72, 96)}
    # c / (N slope): the offset of 0.5 shifts them by 0.017, 0.012 and 0.009
    for size, zero in zeros.items():
        assert zero - CRITICAL == pytest.approx(0.5 / (0.6 * size), abs=0.003)


def test_extrapolations_and_pair_crossings_stand_beside_the_headline(located):
    names = {estimate.name for estimate in located[0].estimates}
    assert located[0].estimates[0].value == located[0].temperature
    assert {"w = 1/2, extrapolated in 1/N", "w = 1/2, extrapolated in ln N/N"} <= names
    assert "zero of the mean ln((1-w)/w), extrapolated in 1/N" in names


def networks(seed, widths=(4, 5, 6), **options):
    """ln((1-w)/w) = N 0.6 (T - CRITICAL) - 0.9 sqrt(N) - offset + noise: w = 1/2 at 0.22, 0.17 and 0.14 above."""
    found, temperatures = [], (0.5, 0.6, 0.7, 0.8, 0.9)
    for width in widths:
        size = 3 * width**2
        rows = two_level(
            (size,), temperatures, seed=seed + size, offset=0.5 + 0.9 * np.sqrt(size), n_samples=24, **options
        )
        found += [node._replace(correction=0.5) for node in rows]
    return found


def test_networks_are_extrapolated_in_their_width():
    """16 scans with corrections c of order 1 beside those of order sqrt(N): 2.5 bars hold the truth."""
    found = [planted_crossing.locate(networks(1000 * seed)) for seed in range(16)]
    deviations = np.array([(one.temperature - CRITICAL) / one.stderr for one in found])
    assert all(one.crosses for one in found)
    assert np.abs(deviations).max() < 2.5
    assert np.mean([one.stderr for one in found]) < 0.07
    names = [one.name for one in found[0].estimates]
    assert names[0] == "crossing of all sizes, extrapolated in 1/width"
    assert "crossing of all sizes, as if corrections were of the order 1/N" in names
    assert not any(name.startswith("crossing of 48") for name in names)
    for one in found:
        (small,) = (other for other in one.estimates if "as if" in other.name)
        assert one.spread >= abs(small.value - one.temperature) / 2


def test_networks_taken_for_glasses_with_small_corrections_are_off():
    small = [[node._replace(correction=1.0) for node in networks(1000 * seed)] for seed in range(6)]
    found = [planted_crossing.locate(nodes) for nodes in small]
    assert np.mean([one.temperature for one in found]) > CRITICAL + 0.05
    assert np.abs(pulls(found)).min() > 2.5


def test_two_widths_are_no_extrapolation():
    found = planted_crossing.locate(networks(1, widths=(4, 6)))
    assert not found.crosses
    assert found.lacks == "networks need three widths, as their corrections are of the order 1/width"


def test_no_crossing_is_found_outside_the_planting_temperatures():
    outside = planted_crossing.locate(two_level(temperatures=(0.72, 0.76, 0.80), seed=1))
    assert not outside.crosses
    assert not outside.inside


def test_no_crossing_is_found_where_weights_do_not_depend_on_temperature():
    flat = [planted_crossing.locate(two_level(seed=seed, slope=0.0, offset=0.0)) for seed in range(20)]
    assert sum(one.crosses for one in flat) == 0


def test_one_size_or_one_temperature_is_not_located():
    assert planted_crossing.locate(two_level(sizes=(48,), seed=1)) is None
    assert planted_crossing.locate(two_level(temperatures=(0.65,), seed=1)) is None
    assert planted_crossing.locate([]) is None


def test_saturated_weights_do_no_harm():
    nodes = two_level(temperatures=(0.4, 0.62, 0.66, 0.7, 0.95), seed=3, n_samples=32)
    saturated = [
        node._replace(weight=np.round(node.weight)) if abs(node.temperature - 0.66) > 0.2 else node for node in nodes
    ]
    found = planted_crossing.locate(saturated)
    assert abs(found.temperature - CRITICAL) < 3 * found.stderr


def test_location_is_deterministic():
    first, again = (planted_crossing.locate(two_level(seed=2), seed=5) for _ in range(2))
    assert first.temperature == again.temperature
    assert first.stderr == again.stderr
    assert first.stderr != planted_crossing.locate(two_level(seed=2), seed=6).stderr
