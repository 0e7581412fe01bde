"""The public face: arguments, shapes, and orderings that must hold for every ensemble."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet import theory

R34 = theory.regular(p=3, degree=4)


def test_thermodynamics_is_that_of_the_paramagnet():
    T = np.array([0.7, 1.0, np.inf])
    assert R34.energy(T) == pytest.approx(-4 / 3 * np.tanh(1 / T))
    assert R34.entropy(np.inf) == np.log(2)
    assert R34.entropy(R34.zero_entropy_temperature()) == pytest.approx(0.0, abs=1e-12)
    assert R34.free_energy(0.8) == pytest.approx(R34.energy(0.8) - 0.8 * R34.entropy(0.8))


@pytest.mark.parametrize("name", ["free_energy", "energy", "entropy", "complexity", "overlap"])
def test_shapes(name):
    method = getattr(R34, name)
    grid = np.array([[0.5, 0.7, 0.9], [1.0, 2.0, np.inf]])
    values = method(grid)
    assert values.shape == grid.shape
    assert isinstance(method(0.7), float)
    assert method(0.7) == values[0, 1]
    assert method([0.7]).shape == (1,)
    assert method(np.zeros((0, 2))).shape == (0, 2)
    assert method(1) == values[1, 0]


def test_beyond_the_dynamic_temperature_there_is_only_the_paramagnet():
    top = R34.dynamic_temperature()
    hot = [1.0001 * top, 1.0, np.inf]
    assert (R34.overlap(hot) == 0).all()
    assert (R34.complexity(hot) == 0).all()
    assert R34.overlap(top) > 0.86


def test_square_root_at_the_dynamic_temperature():
    distance = np.array([1e-4, 4e-4, 1.6e-3])
    rise = R34.overlap(R34.dynamic_temperature() * (1 - distance)) - R34.overlap(R34.dynamic_temperature())
    assert rise[1] / rise[0] == pytest.approx(2.0, rel=0.01)
    assert rise[2] / rise[1] == pytest.approx(2.0, rel=0.03)


ensembles = st.one_of(
    st.builds(theory.regular, st.integers(3, 5), st.integers(1, 9), st.floats(0.0, 0.2)),
    st.builds(theory.poisson, st.integers(3, 5), st.floats(0.1, 9.0), st.floats(0.0, 0.2)),
)


@given(ensembles)
@settings(derandomize=True, deadline=None, max_examples=6)
def test_order_of_temperatures(cavity):
    dynamic, static = cavity.dynamic_temperature(), cavity.static_temperature()
    assert np.isfinite([dynamic, static]).all()
    assert static == 0.0 or cavity.zero_entropy_temperature() - 1e-5 <= static < dynamic
    assert dynamic == 0.0 or cavity.complexity(dynamic) > 0
    if cavity.zero_entropy_temperature() > 0.2:
        assert static > 0.0


@given(st.integers(3, 5), st.floats(1.0, 6.0))
@settings(derandomize=True, deadline=None, max_examples=3)
def test_cooling_orders_the_states_and_removes_them(p, alpha):
    cavity = theory.poisson(p, alpha)
    temperatures = cavity.dynamic_temperature() * np.linspace(0.7, 1.0, 4)
    overlaps, complexities = cavity.overlap(temperatures), cavity.complexity(temperatures)
    assert (np.diff(overlaps) < 0).all()
    assert (overlaps <= 1).all()
    assert (np.diff(complexities) > 0).all()
    assert (cavity.entropy(temperatures) - complexities >= -1e-5).all()  # the entropy of a state


@given(st.integers(3, 4), st.integers(4, 7), st.floats(0.02, 0.15))
@settings(derandomize=True, deadline=None, max_examples=3)
def test_dilution_lowers_the_transitions(p, degree, dilution):
    whole, diluted = theory.regular(p, degree), theory.regular(p, degree, dilution)
    assert diluted.dynamic_temperature() < whole.dynamic_temperature()
    assert diluted.static_temperature() < whole.static_temperature() or whole.static_temperature() == 0.0


def test_prints_a_table():
    lines = str(R34).splitlines()
    assert lines[0] == "regular, p = 3, degree 4, dilution 0: random first-order"
    assert [line.split()[0] for line in lines[2:]] == ["dynamic", "static", "zero"]
    assert lines[2].split()[1:4] == ["0.75279", "0.8647", "0.05422"]
    assert "-0.00000" not in str(R34)
    assert str(theory.regular(3, 2)).splitlines()[0].endswith(": no static transition")
    assert str(theory.regular(3, 4, 0.1)).startswith("regular, p = 3, degree 4 thinned to 3.24, dilution 0.1: ")
    assert str(theory.poisson(2, 2.0)).splitlines()[2].split()[:2] == ["continuous", "1.82048"]


def test_equal_ensembles_are_equal_and_frozen():
    assert theory.regular(3, 4) == R34
    assert hash(theory.regular(3, 4)) == hash(R34)
    assert theory.regular(3, 4, 0.1) != R34
    with pytest.raises(AttributeError, match="cannot assign to field 'dilution'"):
        R34.dilution = 0.2


@pytest.mark.parametrize("empty", [theory.regular(3, 0), theory.poisson(3, 0.0), theory.poisson(2, 0.0)])
def test_no_paths(empty):
    assert (empty.dynamic_temperature(), empty.static_temperature(), empty.zero_entropy_temperature()) == (0, 0, 0)
    T = np.array([0.01, 1.0, np.inf])
    assert (empty.energy(T) == 0).all()
    assert (empty.entropy(T) == np.log(2)).all()
    assert (empty.overlap(T) == 0).all()
    assert (empty.complexity(T) == 0).all()
    assert "none" in str(empty)


@given(st.integers(2, 5), st.floats(1e-9, 1e-3))
@settings(derandomize=True, deadline=None, max_examples=10)
def test_few_paths(p, alpha):
    # p alpha -> 0: free paths, each satisfied with probability (1 + tanh beta)/2 by weights nobody else asks for
    few = theory.poisson(p, alpha)
    assert few.static_temperature() == few.dynamic_temperature() == 0.0
    assert few.energy(0.5) == pytest.approx(-alpha * np.tanh(2.0), rel=1e-12)
    assert few.entropy(1e-3) == pytest.approx((1 - alpha) * np.log(2), rel=1e-12)


def test_it_is_reached_from_the_package():
    assert gn.theory.regular(p=3, degree=4, dilution=0.0) == R34


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: theory.regular(1, 4), ValueError, "p must be >= 2, got 1"),
        (lambda: theory.regular(3, -1), ValueError, r"degree must be in \[0, 10000\], got -1"),
        (lambda: theory.regular(3, 2.5), TypeError, "degree must be an integer, got 2.5"),
        (lambda: theory.regular(3, 4, 1.0), ValueError, r"dilution must be in \[0, 1\), got 1"),
        (lambda: theory.regular(3, 4, -0.1), ValueError, r"dilution must be in \[0, 1\), got -0.1"),
        (lambda: theory.poisson(True, 2.0), TypeError, "p must be an integer, got True"),
        (lambda: theory.poisson(3, -0.1), ValueError, "alpha must be >= 0, got -0.1"),
        (lambda: theory.poisson(3, np.inf), ValueError, "alpha must be a finite number, got inf"),
        (lambda: theory.poisson(3, "2"), TypeError, "alpha must be a real number, got '2'"),
        (lambda: theory.cavity_of("lattice"), ValueError, "ensemble must be one of 'regular', .*, got 'lattice'"),
        (lambda: theory.cavity_of("regular", p=3), TypeError, "degree must be given for a regular glass"),
        (lambda: theory.cavity_of("regular", p=3, degree=4, size=3), TypeError, "size"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", ["free_energy", "energy", "entropy", "complexity", "overlap"])
def test_bad_temperatures(name):
    method = getattr(R34, name)
    for wrong in (0.0, -1.0, [0.5, 0.0], np.nan):
        with pytest.raises(ValueError, match="T must be > 0, got"):
            method(wrong)
    with pytest.raises(TypeError, match="T must be a temperature or an array of them, got 'cold'"):
        method("cold")
    with pytest.raises(ValueError, match="T must be a rectangular array"):
        method([[0.5], [0.5, 0.6]])
