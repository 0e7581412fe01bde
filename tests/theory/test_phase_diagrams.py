"""Phase diagrams: reference values, lines against direct solutions, ends, and what cannot be asked."""

import numpy as np
import pytest

import glassnet as gn
from glassnet import theory


@pytest.fixture(scope="module")
def poisson():
    return theory.phase_diagram("poisson", p=3, alpha=2.0, dilutions=[0.0, 0.1, 0.2, 0.3, 0.34])


@pytest.fixture(scope="module")
def arrested():
    return theory.phase_diagram("regular", p=3, degree=3)


def on(line, dilution):
    return np.interp(dilution, line.dilution, line.temperature)


def test_reference_values(poisson):
    # reference values of the design
    assert poisson.dynamic_temperature == pytest.approx([1.14214, 0.9713, 0.7832, 0.5491, 0.4050], abs=1e-4)
    assert poisson.static_temperature == pytest.approx([1.06286, 0.8928, 0.6995, 0.4195, 0.0], abs=1e-4)
    assert (poisson.dynamic_end, poisson.static_end) == pytest.approx((0.360286, 0.322528), abs=1e-6)


def test_lines_go_through_the_points_to_their_ends(poisson):
    dynamic, static = poisson.lines
    assert (dynamic.name, static.name) == ("T_d", "T_K")
    assert on(dynamic, poisson.dilution) == pytest.approx(poisson.dynamic_temperature, abs=3e-4)
    assert on(static, poisson.dilution[:4]) == pytest.approx(poisson.static_temperature[:4], abs=3e-4)
    for line, end in ((dynamic, poisson.dynamic_end), (static, poisson.static_end)):
        assert (line.dilution[0], line.dilution[-1], line.temperature[-1]) == (0.0, pytest.approx(end), 0.0)
        assert (np.diff(line.dilution) > 0).all()
        assert (np.diff(line.temperature) < 0).all()
        assert line.temperature[-2] > 0.05


@pytest.mark.parametrize("share", [0.13, 0.93])
@pytest.mark.parametrize(("number", "method"), [(0, "dynamic_temperature"), (1, "static_temperature")])
def test_lines_between_the_points(poisson, number, method, share):
    line = poisson.lines[number]
    exact = getattr(theory.poisson(3, 2.0, share * line.dilution[-1]), method)()
    assert on(line, share * line.dilution[-1]) == pytest.approx(exact, abs=2e-4)


def test_lines_near_their_ends(arrested):
    (line,) = arrested.lines
    for share in (0.99, 0.997):
        exact = theory.regular(3, 3, share * line.dilution[-1]).dynamic_temperature()
        assert on(line, share * line.dilution[-1]) == pytest.approx(exact, abs=2e-3)


def test_a_glass_without_static_transition(arrested):
    diagram = arrested
    assert [line.name for line in diagram.lines] == ["T_d"]
    assert (diagram.static_temperature == 0).all()
    assert diagram.static_end == 0.0
    assert (np.diff(diagram.dynamic_temperature) < 0).all()
    assert diagram.dilution[0] == 0.0
    assert 5 <= len(diagram.dilution) <= 12
    assert str(diagram).splitlines()[-1].split() == ["0.081441", "none", "none", "T_d", "ends"]


@pytest.mark.parametrize("keywords", [{"degree": 2, "p": 3}, {"degree": 2, "p": 2}, {"degree": 1, "p": 2}])
def test_no_transition_anywhere(keywords):
    diagram = theory.phase_diagram("regular", **keywords, dilutions=[0.0, 0.1])
    assert diagram.lines == ()
    assert (diagram.dynamic_temperature == 0).all()
    assert str(diagram).endswith("no transition at any dilution")


def test_pairs():
    diagram = theory.phase_diagram("regular", p=2, degree=4, dilutions=[0.0, 0.25, 0.6])
    expected = [1 / np.arctanh((3 * kept) ** -0.5) for kept in (1.0, 0.75, 0.4)]
    assert diagram.static_temperature == pytest.approx(expected)
    assert diagram.static_end == diagram.dynamic_end == pytest.approx(2 / 3)
    (line,) = diagram.lines
    assert line.name == "T_c"
    assert on(line, diagram.dilution) == pytest.approx(expected, abs=1e-4)
    assert str(diagram).splitlines()[-1].split() == ["0.666667", "none", "none", "T_c", "ends"]


def test_equal_limits_have_equal_diagrams(poisson):
    # They share every solution that was found: nothing is computed again.
    for keywords in ({"ensemble": "layered", "p": 3}, {"ensemble": "walks", "widths": [9, 9, 9, 9]}):
        diagram = theory.phase_diagram(**keywords, alpha=2.0, dilutions=poisson.dilution)
        assert (diagram.dynamic_temperature == poisson.dynamic_temperature).all()
        assert (diagram.static_temperature == poisson.static_temperature).all()


def test_shows_itself(poisson):
    lines = str(poisson).splitlines()
    assert lines[0] == "poisson, p = 3, alpha = 2.0"
    assert lines[2].split() == ["0", "1.14214", "1.06286"]
    assert lines[-1].split() == ["0.322528", "none", "T_K", "ends"]
    data = poisson.to_dataset()
    assert data.static_temperature.sel(dilution=0.1) == pytest.approx(0.8928, abs=1e-4)
    assert data.attrs["dynamic_end"] == poisson.dynamic_end
    assert data.attrs["alpha"] == 2.0


def test_it_is_reached_from_the_package():
    assert gn.theory.phase_diagram("poisson", p=3, alpha=0.5, dilutions=[0.0]).lines == ()


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"couplings": "gaussian"}, ValueError, r"needs symmetric \+-J couplings .* got .* couplings 'gaussian'"),
        ({"bias": 0.2}, ValueError, r"phase_diagram needs .* bias 0.2"),
        ({"ensemble": "walks", "widths": [5, 5, 1]}, ValueError, r"equal widths.* widths \[5, 5, 1\]"),
        ({"p": 1}, ValueError, "p must be >= 2, got 1"),
        ({"alpha": -1.0}, ValueError, "alpha must be >= 0, got -1"),
        ({"dilutions": [0.2, 0.1]}, ValueError, r"dilutions must increase strictly, got \[0.2, 0.1\]"),
        ({"dilutions": [0.2, 1.0]}, ValueError, r"dilutions must be in \[0, 1\), got 1"),
        ({"dilutions": "all"}, TypeError, "dilutions must be an array of real numbers"),
        ({"ensemble": "lattice"}, ValueError, "ensemble must be one of 'regular', .*, got 'lattice'"),
    ],
)
def test_bad_arguments(keywords, error, message):
    with pytest.raises(error, match=message):
        theory.phase_diagram(**{"ensemble": "poisson", "p": 3, "alpha": 2.0} | keywords)
