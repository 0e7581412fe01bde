"""Figures of one quantity: open symbols where equilibrium is not proved."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet import plots
from glassnet.analysis.equilibrium.assessment import Failure
from glassnet.analysis.transition import find_transition
from glassnet.plots import appearance


def test_open_symbols_where_equilibrium_is_not_proved(whole, ladder):
    coldest = {size: float(ladder[3]) for size in whole.sizes}
    figure = plots.binder_cumulant(replace(whole, lowest=coldest | {48: 0.0}))
    (ax,) = figure.axes
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [list(ladder[:3])] * 2
    assert "not in equilibrium" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert all(line.get_markerfacecolor() != "white" for line in plots.binder_cumulant(whole).axes[0].lines)


def test_open_symbols_of_planted_scans(whole, ladder):
    failure = Failure("/N72/dilution0.0/planted0.65", 3, "stuck", 0.65)
    doubted = replace(whole, equilibration=whole.equilibration._replace(failures=(failure,)))
    figure = plots.location(doubted)
    (hollow,) = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert hollow.get_xdata() == pytest.approx([0.65])
    assert hollow.get_color() == plots.style(whole, 72)[0]
    assert "not in equilibrium" in [text.get_text() for text in figure.legends[0].get_texts()]
    # a symmetric scan that fails is no matter of this figure, and the other way round
    colder = replace(whole, lowest={size: float(ladder[3]) for size in whole.sizes})
    for drawn in (plots.location(colder), plots.binder_cumulant(doubted)):
        assert "not in equilibrium" not in [text.get_text() for text in drawn.legends[0].get_texts()]


def test_an_undecided_result_is_shown_around_its_likely_place(whole):
    undecided = replace(whole, kind="undecided", temperature=np.nan, stderr=np.nan)
    assert appearance.expected_temperature(whole) == whole.temperature
    assert appearance.expected_temperature(undecided) == whole.estimates[0].value
    vague = tuple(replace(one, stderr=one.value) for one in whole.estimates)
    assert np.isnan(appearance.expected_temperature(replace(undecided, estimates=vague)))


def test_energy_and_entropy_stand_beside_the_annealed_curves(whole, drawings, ladder):
    top, bottom = drawings["thermodynamics"].figure.axes
    for ax, name in ((top, "energy"), (bottom, "entropy")):
        (curve,) = [line for line in ax.lines if line.get_label() == "paramagnet"]
        data = whole.thermodynamics[96]
        inside = np.interp(ladder, *curve.get_data())
        assert np.allclose(inside, data[f"paramagnet_{name}"].values, atol=2e-3)
        points = [container.lines[0] for container in ax.containers]
        assert [len(line.get_xdata()) for line in points] == [len(ladder)] * 3
        assert np.allclose(points[-1].get_ydata(), data[name].values)


def test_an_average_of_the_table_is_drawn_by_its_label_and_one_with_its_own_figure_is_refused(
    synthetic, added_averages
):
    found = find_transition(synthetic.tree(synthetic.free_spins(2, sizes=(48,), n_samples=4)))
    (ax,) = plots.average(found, "satisfied_share").axes
    assert ax.get_ylabel() == "share of satisfied paths"
    drawn = ax.lines[0].get_xydata()
    # rungs far above all estimates of the temperature are left out
    data = found.averages["satisfied_share"][48].isel(temperature=slice(len(drawn)))
    assert len(drawn) >= 6
    assert drawn[:, 0] == pytest.approx(data.temperature.values)
    assert drawn[:, 1] == pytest.approx(data["satisfied_share"].values)
    with pytest.raises(ValueError, match=r"key must be one of .*'satisfied_share'.*, got 'overlaps'"):
        plots.average(found, "overlaps")
