"""Phase diagrams and critical dilutions beside the lines of theory."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet import plots, theory
from glassnet.plots.phase_diagrams import theory_lines
from glassnet.statistics.estimate import Estimate
from glassnet.theory.zero_temperature import xorsat


def test_phase_diagram_has_a_point_for_every_dilution_and_the_lines_of_theory(line):
    (ax,) = plots.phase_diagram(line).axes
    assert [result.kind for result in line] == ["random first-order"] * 3
    (points,) = ax.containers
    assert np.array_equal(points.lines[0].get_xdata(), [0.0, 0.05, 0.1])
    assert np.allclose(points.lines[0].get_ydata(), [result.temperature for result in line])
    low = [segment[0][1] for segment in points.lines[2][0].get_segments()]
    assert np.allclose(low, [result.temperature - result.stderr for result in line])
    curves = {curve.get_label(): curve.get_data() for curve in ax.lines if curve.get_label().startswith("theory")}
    assert set(curves) == {"theory $T_K$", "theory $T_d$"}
    ends = xorsat.dilution_thresholds(theory.regular(p=3, degree=4).tree)
    assert [curves[name][0][-1] for name in ("theory $T_d$", "theory $T_K$")] == pytest.approx(ends)
    assert [curve[1][-1] for curve in curves.values()] == [0.0, 0.0]
    assert ax.get_xlim()[1] > max(ends)
    assert {text.get_text() for text in ax.texts} == {"paramagnet", "spin glass"}


@pytest.mark.parametrize("dilution", [0.02, 0.07, 0.12])
def test_lines_of_theory_are_right_between_the_dilutions_they_are_solved_at(line, dilution):
    exact = theory.regular(p=3, degree=4, dilution=dilution)
    static, dynamic = theory_lines(line)
    assert np.interp(dilution, static.dilution, static.temperature) == pytest.approx(
        exact.static_temperature(), rel=5e-3
    )
    assert np.interp(dilution, dynamic.dilution, dynamic.temperature) == pytest.approx(
        exact.dynamic_temperature(), rel=5e-3
    )


def test_line_of_a_continuous_transition_is_in_closed_form(line):
    (only,) = theory_lines([replace(result, glass={"ensemble": "poisson", "p": 2, "alpha": 2.0}) for result in line])
    assert only.name == "T_c"
    assert only.temperature[0] == pytest.approx(1.820478, abs=1e-6)
    assert (only.dilution[-1], only.temperature[-1]) == (pytest.approx(0.75), pytest.approx(0.0, abs=1e-3))
    assert theory_lines([replace(result, glass={}) for result in line]) == []
    assert theory_lines([replace(line[0], glass={"ensemble": "poisson", "p": 3, "alpha": 0.5})]) == []


def test_theory_alone_is_drawn_by_the_same_function():
    diagram = theory.phase_diagram("regular", p=2, degree=4)
    (ax,) = plots.phase_diagram(diagram).axes
    (curve,) = [curve for curve in ax.lines if curve.get_label() == "theory $T_c$"]
    assert curve.get_data()[0] == pytest.approx(diagram.lines[0].dilution)
    assert curve.get_data()[1] == pytest.approx(diagram.lines[0].temperature)
    assert ax.get_xlim()[1] > 2 / 3
    (ax,) = plots.phase_diagram(theory.phase_diagram("regular", p=3, degree=2)).axes
    assert len(ax.lines) == 0


def test_kinds_have_their_own_shapes_in_the_phase_diagram(line):
    kinds = [
        replace(line[0], kind="continuous"),
        replace(line[1], kind="undecided", temperature=np.nan, stderr=np.nan),
        replace(line[2], kind="none", temperature=np.nan, stderr=np.nan, lowest={48: 0.4, 96: 0.42}),
    ]
    (ax,) = plots.phase_diagram([replace(result, glass={}) for result in kinds]).axes
    assert [container.get_label() for container in ax.containers] == ["continuous", "undecided", "none above"]
    assert [c.lines[0] and c.lines[0].get_marker() for c in ax.containers] == ["s", None, "v"]
    assert ax.containers[2].lines[0].get_ydata() == pytest.approx([0.42])
    assert ax.containers[2].lines[0].get_markerfacecolor() == "white"
    # undecided is an interval in grey: nothing that could be taken for a transition
    (bar,) = ax.containers[1].lines[2]
    ((low, high),) = bar.get_segments()
    place = line[1].location
    assert (low[1], high[1]) == pytest.approx((place.temperature - place.stderr, place.temperature + place.stderr))
    assert bar.get_colors()[0][:3] == pytest.approx([0.6] * 3)


def provisional(found):
    """A result whose temperature is provisional only."""
    interim = Estimate(found.temperature, 2 * found.stderr, "so far", found.sizes)
    return replace(found, kind="undecided", temperature=np.nan, stderr=np.nan, provisional=interim)


def test_provisional_temperatures_are_open_in_the_phase_diagram(line):
    (ax,) = plots.phase_diagram([replace(r, glass={}) for r in (line[0], provisional(line[1]))]).axes
    closed, hollow = ax.containers
    assert hollow.get_label() == "provisional"
    assert (hollow.lines[0].get_marker(), hollow.lines[0].get_markerfacecolor()) == ("o", "white")
    assert closed.lines[0].get_markerfacecolor() != "white"
    ((low, high),) = hollow.lines[2][0].get_segments()
    middle, bar = line[1].temperature, 2 * line[1].stderr
    assert (low[1], high[1]) == pytest.approx((middle - bar, middle + bar))


def test_critical_dilution_is_where_the_transition_temperature_is_reached(line):
    found = line.critical_dilution(0.5)
    assert 0.05 < found.value < 0.1
    one, other = line[1], line[2]
    slope = (other.temperature - one.temperature) / 0.05
    assert found.stderr > min(one.stderr, other.stderr) / abs(slope) / 2
    assert np.isnan(line.critical_dilution(0.9).value)


def test_critical_dilution_is_shown_with_the_weight_of_every_size(line):
    figure = plots.critical_dilution(line, 0.5)
    (ax,) = figure.axes
    assert ax.get_title() == "$T = 0.5$"
    assert len(ax.containers) == 3
    for container, size in zip(ax.containers, (40, 60, 80), strict=True):
        rows = [result.planted[size].sel(planted_temperature=0.5) for result in line]
        assert np.array_equal(container.lines[0].get_xdata(), [0.0, 0.05, 0.1])
        assert np.allclose(container.lines[0].get_ydata(), [float(row["weight"]) for row in rows])
    found = line.critical_dilution(0.5)
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert (band.x0 + band.x1) / 2 == pytest.approx(found.value)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any(word.startswith("theory $\\delta_K = 0.0") for word in words)
    assert any(word.startswith("Monte Carlo $\\delta_c = 0.0") for word in words)
    figure = plots.critical_dilution([line[0], provisional(line[1]), line[2]], 0.5)
    assert figure.axes[0].patches[0].get_label().startswith("provisional $\\delta_c = 0.0")
    with pytest.raises(ValueError, match="in common at two dilutions"):
        plots.critical_dilution(line[:1])


def test_lines_of_aligned_networks_end_at_full_dilution(texts):
    first_order = theory.aligned((41, 21, 21, 21, 1), 30.0, 0.125, dilution=0.2)
    figure = plots.aligned(first_order)
    (ax,) = figure.axes
    critical, spinodal, own = ax.lines
    assert critical.get_ydata()[[0, -1]] == pytest.approx([1.5502, 0.0], abs=5e-5)
    assert spinodal.get_ydata()[[0, -1]] == pytest.approx([1.8190, 0.0], abs=5e-5)
    assert (np.diff(critical.get_ydata()) < 0).all() and (np.diff(spinodal.get_ydata()) < 0).all()
    at = np.interp(0.10 / 0.125, critical.get_ydata()[::-1], critical.get_xdata()[::-1])
    assert at == pytest.approx(0.2163, abs=5e-4)
    assert own.get_xdata()[0] == 0.2
    assert figure.get_figwidth() == 3.4 and min(text.get_fontsize() for text in texts(figure)) >= 7
    (ax,) = plots.aligned(theory.aligned((41, 21, 21, 1), 30.0, 0.125)).axes
    assert [line.get_label() for line in ax.lines] == ["$T_c$"]
    (ax,) = plots.aligned(theory.aligned((41, 21, 1), 30.0, 0.125)).axes
    assert ax.lines[0].get_ydata()[0] == pytest.approx(1.0, abs=1e-3)
