"""The critical dilution at one temperature: from the line, from the crossing along the dilution axis, or open."""

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.analysis.critical_dilutions import critical_dilution
from glassnet.analysis.transition_line import TransitionLine


def test_a_temperature_nothing_was_planted_at_is_refused(synthetic, crossed):
    alone = {path: data for path, data in crossed.items() if path.endswith("planted0.65")}
    with pytest.raises(
        ValueError,
        match=r"temperature must be a planting temperature of the chains \(0\.65\), or .* \(none\), got 0\.5",
    ):
        critical_dilution(synthetic.tree(alone), 0.5)


@pytest.fixture(scope="module")
def crossed(synthetic):
    """Planted scans around the transition at three dilutions, T_c = 0.8 - dilution, by path."""
    scan = {}
    for number, dilution in enumerate((0.1, 0.15, 0.2)):
        planting = [round(0.8 - dilution + step, 3) for step in (-0.1, -0.05, 0.0, 0.05, 0.1)]
        options = {"seed": 60 + 100 * number, "critical": 0.8 - dilution, "n_samples": 12}
        rows = synthetic.two_level((40, 80), planting, **options)
        for path, data in rows.items():
            left = round((1 - dilution) * data.attrs["n_weights"])
            # the model's energies are those without dilution, which would bound its temperature
            data = data.assign_attrs(n_weights=left, couplings="given")
            scan[path.replace("dilution0.0", f"dilution{dilution}")] = data
    return scan


def both(tree, temperature, function=None):
    """What either face says, or the public function: they must be the same."""
    line = gn.transition_line(tree)
    found = function(tree, temperature) if function else line.critical(temperature)
    estimate = line.critical_dilution(temperature)
    assert np.array_equal([found.dilution, found.stderr], list(estimate), equal_nan=True) or not found.claimed
    if not found.claimed:
        assert np.isnan(estimate.value) or estimate == found.provisional
    return found


def test_the_public_function_is_that_of_the_line(synthetic, crossed):
    assert gn.analysis.critical_dilution is critical_dilution
    found = both(synthetic.tree(crossed), 0.65, critical_dilution)
    assert abs(found.dilution - 0.15) < 3 * found.stderr
    # both ways are among the estimates
    assert {"the line", "crossing of all sizes"} <= {one.name for one in found.estimates}


def test_a_planting_temperature_alone_is_enough(synthetic, crossed):
    """No dilution has a transition temperature of its own; the line made from the chains says the same all the same."""
    alone = {path: data for path, data in crossed.items() if path.endswith("planted0.65")}
    tree = synthetic.tree(alone)
    assert np.isnan(gn.transition_line(tree).temperatures).all()
    found = both(tree, 0.65, critical_dilution)
    assert found.claimed
    assert found.estimates[0].name == "crossing of all sizes"
    # as a list it knows nothing of the chains
    assert not TransitionLine(gn.transition_line(tree)).critical(0.65).claimed


def test_a_line_between_the_planting_temperatures_is_enough(synthetic, crossed):
    found = both(synthetic.tree(crossed), 0.67)
    assert found.estimates[0].name == "the line"
    assert abs(found.dilution - 0.13) < 3 * found.stderr
    with pytest.raises(ValueError, match=r"within the range of the transition line .*, got 2"):
        critical_dilution(synthetic.tree(crossed), 2.0)


def test_a_dilution_that_is_undecided_leaves_the_crossing_open(synthetic, crossed):
    """Chains at another planting temperature have not proved equilibrium: the nodes at 0.65 alone would claim it."""
    frozen = dict(crossed)
    path = "/N80/dilution0.15/planted0.55"
    data = frozen[path]
    drift = xr.DataArray(np.linspace(0, 30, data.sizes["draw"]), dims="draw")
    frozen[path] = data.assign(energy=data["energy"] + drift)
    found = both(synthetic.tree(frozen), 0.65)
    assert not found.claimed
    assert "along the dilution axis, but chains at dilution 0.15 have not proved equilibrium" in found.why
    assert found.estimates


def test_what_is_open_at_a_dilution_is_open_along_the_axis(synthetic, crossed):
    """Phases of different energy: find_transition calls it no random first-order transition, and no more is claimed."""
    heated = {}
    for path, data in crossed.items():
        inside = np.abs(data["planted_overlap"]) > 0.5
        heated[path] = data.assign(energy=data["energy"] - 0.3 * data.attrs["n_weights"] * inside)
    found = both(synthetic.tree(heated), 0.65)
    assert not found.claimed
    assert "but it is not known that the phases have one energy" in found.why
