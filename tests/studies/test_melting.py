"""Crystals melt where theory follows their state to."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.statistics.estimate import with_error
from glassnet.studies import melting

E = gn.ensembles


@pytest.fixture(scope="module")
def crystal():
    glass = E.planted(E.regular(6000, 3, 4, seed=1), 0.5, seed=2)
    return melting(glass, [0.5, 0.8, 1.1, 1.3, 1.4, 1.5, 1.6, 2.0], sweeps=1000, seed=3)


def test_a_crystal_melts_far_above_the_dynamical_temperature(crystal):
    """Planted at T = 0.5: it melts at 1.48; at 2.0 nothing is left but noise, at 0.5 it is in equilibrium."""
    assert 1.4 < crystal.temperature < 1.6
    assert crystal.planted_temperature == 0.5
    last = crystal.curves.isel(time=-1)
    assert abs(last["mean"][-1]) < 4.5 / np.sqrt(6000 * 64) * 1.2
    assert abs(last["mean"][0] - 0.997685) < 0.002
    assert "not the dynamical temperature" in str(crystal)


def test_the_melting_temperature_has_an_error_that_the_table_shows(crystal):
    """Not below half of the distance of the temperatures around it, 0.1 here."""
    assert 0.05 <= crystal.stderr < 0.1
    assert f"melts at T = {with_error(crystal.temperature, crystal.stderr)} within 1000 sweeps" in str(crystal)
    assert "this one instance, others melt elsewhere" in str(crystal)
    assert crystal.instances.tolist() == [crystal.temperature]


MELTING = {0.4: 1.577, 0.5: 1.484, 0.65: 1.241}


def crystals(planted_temperature, seed, n_weights=3000):
    return [
        E.planted(E.regular(n_weights, 3, 4, seed=seed + k), planted_temperature, seed=seed + k, unsatisfied="fixed")
        for k in range(3)
    ]


@pytest.mark.parametrize("planted_temperature", MELTING)
def test_crystals_melt_where_theory_follows_their_state_to(planted_temperature):
    """At infinite size, by the cavity equations (:mod:`glassnet.theory.planted.state_following`), within 2.5 bars of at
    most 4 %."""
    exact = MELTING[planted_temperature]
    result = melting(crystals(planted_temperature, 40), exact + np.linspace(-0.2, 0.25, 16), sweeps=500, seed=3)
    assert abs(result.temperature - exact) < 2.5 * result.stderr
    assert result.stderr < 0.04 * exact
    assert result.temperature == pytest.approx(result.instances.mean())
    assert result.curves["overlap"].dims == ("temperature", "time", "instance", "replica")
    assert "limit of superheating of 3 instances" in str(result)


def test_melting_of_one_crystal_again_is_within_its_bar():
    """New sweeps and shifted temperatures against a dense grid of the same crystal; bars hold half of the spacing."""
    (glass, *_) = crystals(0.5, 70, 1500)
    exact = melting(glass, np.arange(1.30, 1.50, 0.0125), sweeps=1024, seed=9).temperature
    again = [melting(glass, 1.25 + 0.003 * k + 0.05 * np.arange(8), sweeps=1024, seed=20 + k) for k in range(8)]
    assert np.mean([abs(one.temperature - exact) < one.stderr for one in again]) >= 0.68
    assert max(abs(one.temperature - exact) / one.stderr for one in again) < 3
    assert max(one.stderr for one in again) < 0.05


def test_melting_and_relaxation_are_the_same_at_the_planting_temperature():
    """One instance at its own temperature, above T_d: gone after 1000 sweeps."""
    glass = E.planted(E.regular(6000, 3, 4, seed=1), 0.9, seed=2)
    result = melting(glass, [0.9], sweeps=1000, seed=3)
    assert abs(result.curves["mean"][0, -1]) < 0.05
    assert np.isnan(result.temperature)


def test_figure_of_one_column(crystal):
    figure = crystal.plot()
    assert tuple(figure.get_size_inches()) == (3.4, 2.6)
    assert figure.axes[0].get_ylabel() == "overlap with $w^*$"
    assert "not $T_d$" in figure.axes[0].get_title()
    assert str(crystal) in crystal._repr_html_().replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda glass: melting("glass", [1.0], seed=1),
            TypeError,
            "glass must be a PathGlass or a list of them, got str",
        ),
        (lambda glass: melting([], [1.0], seed=1), ValueError, "glass must be a PathGlass or a list of at least one"),
        (lambda glass: melting(glass, [1.0], seed=1), ValueError, "glass must be .-J and planted"),
        (
            lambda glass: melting([E.planted(glass, t, seed=1) for t in (0.5, 0.6)], [1.0], seed=1),
            ValueError,
            r"glass must be planted at one temperature, got \[0\.5, 0\.6\]",
        ),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(E.regular(30, 3, 4, seed=1))
