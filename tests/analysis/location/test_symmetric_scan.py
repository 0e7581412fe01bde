"""What symmetric scans say, on curves whose answer is known."""

import numpy as np
import pytest
import xarray as xr

from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.location.symmetric_scan import Dip

TEMPERATURES = np.geomspace(0.5, 2.0, 15)


def node(curves, name, n_samples=16):
    """Averages of one node from resampled curves (resample, temperature)."""
    variables = {f"{name}_resampled": (("resample", "temperature"), curves), name: ("temperature", curves[0])}
    return xr.Dataset(variables, {"temperature": TEMPERATURES}, {"n_samples": n_samples})


def noisy(curve, noise=0.02, seed=1):
    return curve + noise * np.random.default_rng(seed).normal(size=(201, 1)) + np.zeros_like(curve)


def test_dip_of_a_parabola_in_ln_t_is_found_between_rungs():
    curve = -3 + 4 * (np.log(TEMPERATURES) - np.log(0.93)) ** 2
    found = symmetric_scan.dip(48, node(noisy(curve), "binder"))
    assert found.temperature == pytest.approx(0.93, abs=1e-9)
    assert found.depth_stderr == pytest.approx(0.02, rel=0.2)
    assert abs(found.depth + 3) < 4.5 * 0.02
    assert found.resolved


def test_a_minimum_on_the_coldest_rung_is_not_resolved():
    assert not symmetric_scan.dip(48, node(noisy(TEMPERATURES - 3), "binder")).resolved
    assert symmetric_scan.dip(48, node(noisy(TEMPERATURES - 3), "binder").isel(temperature=[0, 1])) is None


def dips(depths, places=(1.0, 0.9, 0.85)):
    return [Dip(n, t, 0.01, d, 0.1, True) for n, t, d in zip((48, 72, 96), places, depths, strict=True)]


def test_deepening_and_its_opposite():
    assert symmetric_scan.deepening(dips((-1, -2, -3))).below(0)
    assert symmetric_scan.deepens_at_every_step(dips((-1, -2, -3)))
    assert symmetric_scan.deepening(dips((-3, -2, -1))).above(0)
    assert not symmetric_scan.deepens_at_every_step(dips((-1, -3, -2)))
    assert symmetric_scan.deepening(dips((-1, -2, -3))[:2]) is None


def test_dips_that_move_like_one_over_n_extrapolate_to_their_limit_in_that_form():
    moving = dips((-1, -2, -3), tuple(0.65 + 15 / n for n in (48, 72, 96)))
    found = symmetric_scan.extrapolations(moving)
    assert found["inverse_size"].value == pytest.approx(0.65)
    # the other forms disagree by far more than the statistical errors: the dips cannot tell
    assert found["square_root"].value < 0.55


def heat_capacities(height, n_samples=16):
    """Nodes of three sizes whose samples have a heat capacity of the given maximum at T = 1, up to 2 %."""
    rng, nodes = np.random.default_rng(1), {}
    for size in (48, 72, 96):
        peaks = height(size) * (1 + 0.02 * rng.normal(size=n_samples))
        places = 1 + 0.02 * rng.normal(size=n_samples)
        variables = {"peak_temperature": ("sample", places), "peak_height": ("sample", peaks)}
        nodes[size] = xr.Dataset(variables, {"temperature": TEMPERATURES}, {"steps_between_rungs": 8})
    return nodes


def test_latent_heat_from_heat_capacities_that_grow_like_n():
    found = symmetric_scan.latent_heat(heat_capacities(lambda size: size * 0.4**2 / 4 + 0.5))
    assert abs(found.square.value - 0.4**2) < 4.5 * found.square.stderr
    assert abs(found.temperature.value - 1) < 4.5 * found.temperature.stderr
    assert found.square.above(0)
    bounded = symmetric_scan.latent_heat(heat_capacities(lambda size: 1.0))
    assert abs(bounded.square.value) < 4.5 * bounded.square.stderr
    assert bounded.square.below(0.1)


def test_latent_heat_is_not_told_from_rungs_that_are_not_trusted():
    nodes = heat_capacities(lambda size: size * 0.4**2 / 4)
    assert symmetric_scan.latent_heat({size: symmetric_scan.trusted(data, 1.1) for size, data in nodes.items()}) is None
    assert symmetric_scan.latent_heat({48: nodes[48]}) is None


def test_binder_cumulants_without_a_reference_are_none():
    data = node(noisy(1 / TEMPERATURES), "binder")
    assert symmetric_scan.has_binder({})
    assert symmetric_scan.has_binder({48: data.assign_attrs(reference_ratio=2.9)})
    assert not symmetric_scan.has_binder({48: data.assign_attrs(reference_ratio=np.nan)})


def test_binder_cumulants_cross_where_they_do():
    curves = {
        size: node(noisy(np.tanh(size * (1.1 - TEMPERATURES) / 40) + 0.3, 1e-3, size), "binder") for size in (32, 64)
    }
    found = symmetric_scan.binder_crossings(curves)
    assert found[32, 64].value == pytest.approx(1.1, abs=0.02)
    parallel = {size: node(noisy(1 / TEMPERATURES + size, 1e-3), "binder") for size in (32, 64)}
    assert symmetric_scan.binder_crossings(parallel) == {}


def test_susceptibility_exponent_is_read_on_the_coldest_common_rung():
    averages = {}
    for size in (32, 64, 128):
        value = np.where(TEMPERATURES < 0.6, 0.5, 1 / size) * size
        variables = {"susceptibility": ("temperature", value), "susceptibility_stderr": ("temperature", value * 0.01)}
        averages[size] = xr.Dataset(variables, {"temperature": TEMPERATURES})
    temperature, growth = symmetric_scan.susceptibility_growth(averages)
    assert temperature == pytest.approx(0.5)
    assert growth.value == pytest.approx(1)
    warm = {size: data.isel(temperature=slice(5, None)) for size, data in averages.items()}
    assert symmetric_scan.susceptibility_growth(warm)[1].value == pytest.approx(0, abs=1e-9)
    assert symmetric_scan.susceptibility_growth({}) is None
    unknown = {size: data * np.nan for size, data in averages.items()}
    assert symmetric_scan.susceptibility_growth(unknown) is None


def test_trusted_rungs_are_finite_and_warm_enough():
    data = xr.Dataset(coords={"temperature": [0.5, 0.7, 1.0, np.inf]})
    assert symmetric_scan.trusted(data, 0.6).temperature.values.tolist() == [0.7, 1.0]
    assert symmetric_scan.trusted(data, np.inf).sizes["temperature"] == 0
