"""Temperatures measured elsewhere: they belong to one glass, take the place of estimates, or contradict them."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from glassnet.analysis.transition import find_transition
from glassnet.analysis.verdict import external_results
from glassnet.studies import PlantedRelaxation, field_integration

PLANTED = (0.55, 0.60, 0.65, 0.70, 0.75)
SIZES = (48, 72, 96)


def planted(synthetic, seed, **options):
    return synthetic.tree(synthetic.two_level(SIZES, PLANTED, seed=seed, n_samples=12, **options))


def test_a_measured_complexity_stands_beside_the_crossing_and_takes_its_place_if_better(synthetic):
    tree = planted(synthetic, 1)
    plain = find_transition(tree)
    field = SimpleNamespace(temperature=0.651, stderr=0.002, name="field integration")
    found = find_transition(tree, field=field)
    assert (found.kind, found.temperature, found.stderr) == ("random first-order", 0.651, 0.002)
    assert found.estimates[0].key == "complexity_zero"
    assert plain.estimates[0] in found.estimates
    vague = find_transition(tree, field=SimpleNamespace(temperature=0.7, stderr=0.2, name="field integration"))
    assert vague.temperature == plain.temperature


def test_an_arrest_below_the_crossing_contradicts_it(synthetic):
    arrest = SimpleNamespace(temperature=0.5, stderr=0.01, name="plateau")
    found = find_transition(planted(synthetic, 1), arrest=arrest)
    assert found.kind == "undecided"
    (bounds,) = [item for item in found.evidence if item.key == "rigorous_bounds"]
    assert bounds.passed is False


def test_what_was_measured_in_another_glass_is_refused_by_name(synthetic):
    measured = {"temperature": 0.651, "stderr": 0.002, "name": "field integration"}
    glass = {"ensemble": "regular", "p": 3, "degree": 4, "dilution": 0.0}
    tree = planted(synthetic, 1)
    assert find_transition(tree, field=SimpleNamespace(**measured, glass=glass)).temperature == 0.651
    for key, other in (("ensemble", "poisson"), ("degree", 6), ("dilution", 0.1)):
        with pytest.raises(
            ValueError, match=f"was measured with {key} = {other}, the chains have {key} = {glass[key]}"
        ):
            find_transition(tree, field=SimpleNamespace(**measured, glass=glass | {key: other}))
    biased = synthetic.two_level(SIZES, PLANTED, seed=1, n_samples=12)
    for data in biased.values():
        data.attrs["glass"] = '{"p": 3, "degree": 4, "bias": 0.5}'
    with pytest.raises(ValueError, match=r"arrest was measured with bias = 0\.0, the chains have bias = 0\.5"):
        find_transition(synthetic.tree(biased), arrest=SimpleNamespace(**measured, glass=glass))


def test_a_relaxation_from_planted_states_bounds_the_transition(synthetic):
    """Its bracket of T_d is an upper bound as it is; an open one bounds nothing."""
    attrs = {"glass": '{"ensemble": "regular", "p": 3, "degree": 4, "dilution": 0.0}', "system": "", "effort": ""}
    curves, none = xr.Dataset(attrs=attrs), np.empty(0)
    for bracket, passed in (((0.72, 0.78), True), ((0.40, 0.44), False), ((0.72, np.inf), None)):
        arrest = PlantedRelaxation(curves, none, [], none, none, none, bracket)
        found = find_transition(planted(synthetic, 1), arrest=arrest)
        (bounds,) = [item for item in found.evidence if item.key == "rigorous_bounds"]
        assert bounds.passed is passed or (passed is None and "T_d" not in bounds.says)
        assert (found.kind == "undecided") == (passed is False)


def test_a_network_of_another_depth_is_another_glass():
    found = field_integration((6, 6, 6, 6), [1.0], 1, seed=1, ensemble="walks", alpha=2.0, sweeps=80)
    assert found.glass["p"] == 3
    assert "1 instance x" in str(found)
    chains = {"ensemble": "walks", "alpha": 2.0, "widths": [5, 5, 5, 5]}
    assert external_results.check("field", found, chains, 0.0) is found
    with pytest.raises(ValueError, match="field was measured with p = 3, the chains have p = 4"):
        external_results.check("field", found, chains | {"widths": [5] * 5}, 0.0)


@pytest.mark.parametrize(("temperature", "stderr"), [(np.inf, 0.1), (-0.1, 0.1), (0.5, np.inf), (0.5, -1.0)])
def test_only_finite_temperatures_are_taken(temperature, stderr):
    given = SimpleNamespace(temperature=temperature, stderr=stderr, name="by hand")
    with pytest.raises(ValueError, match=r"field must have a (temperature|stderr) that is finite and >= 0, or nan"):
        external_results.check("field", given, {}, 0.0)
