"""Thresholds at zero temperature against published values, a peeled random hypergraph, and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet import theory
from glassnet.theory.trees.degrees import PoissonTree, RegularTree
from glassnet.theory.zero_temperature import xorsat


# Values of p = 3 from the design; p = 4, 5 from Mezard, Ricci-Tersenghi and Zecchina (2003).
@pytest.mark.parametrize(
    ("p", "dynamic", "static"), [(3, 0.818469, 0.917935), (4, 0.772280, 0.976770), (5, 0.701780, 0.992438)]
)
def test_path_thresholds(p, dynamic, static):
    assert xorsat.path_thresholds(p) == pytest.approx((dynamic, static), abs=1e-6)


def test_complexity_just_above_the_dynamic_threshold():
    dynamic, static = xorsat.path_thresholds(3)
    assert xorsat.complexity(PoissonTree(3, 3 * (dynamic + 1e-9))) / np.log(2) == pytest.approx(0.05808, abs=1e-4)
    assert xorsat.complexity(PoissonTree(3, 3 * (dynamic - 1e-9))) == 0.0
    assert xorsat.complexity(PoissonTree(3, 3 * static)) == pytest.approx(0.0, abs=1e-12)


def test_dilution_thresholds_of_the_reference_case():
    assert xorsat.dilution_thresholds(PoissonTree(3, 6.0)) == pytest.approx((0.360286, 0.322528), abs=1e-6)


@given(st.integers(3, 9), st.floats(1.0, 20.0))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_dilution_thresholds_follow_from_those_of_alpha(p, alpha):
    expected = [1 - (threshold / alpha) ** (1 / (p - 1)) for threshold in xorsat.path_thresholds(p)]
    assert xorsat.dilution_thresholds(PoissonTree(p, p * alpha)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("survival", [1.0, 0.9, 0.7])
@pytest.mark.parametrize("degree", [3, 4, 7])
def test_frozen_fraction_solves_the_regular_equation(degree, survival):
    x = xorsat.frozen_fraction(RegularTree(3, degree, survival))
    assert x == pytest.approx(1 - (1 - survival * x**2) ** (degree - 1), abs=1e-9)
    assert (x > 0) == (survival > xorsat.thinning_thresholds(RegularTree(3, degree))[0])


@pytest.mark.parametrize("p", [3, 4, 8])
def test_regular_glass_is_rigid_at_zero_temperature(p):
    for degree in range(3, 12):
        assert xorsat.complexity(RegularTree(p, degree)) == pytest.approx((1 - degree / p) * np.log(2), abs=1e-12)


def test_static_threshold_needs_more_paths_than_weights():
    assert xorsat.thinning_thresholds(RegularTree(3, 3))[1] == np.inf
    assert xorsat.thinning_thresholds(RegularTree(3, 4))[1] < 1
    assert xorsat.thinning_thresholds(RegularTree(30, 31))[1] < 1
    assert xorsat.dilution_thresholds(RegularTree(3, 3))[1] == 0.0


@pytest.mark.parametrize("degree", [1, 2])
def test_chains_and_pairs_never_freeze(degree):
    assert xorsat.thinning_thresholds(RegularTree(3, degree))[0] >= 1.0
    assert xorsat.frozen_fraction(RegularTree(3, degree)) == 0.0


def core_of(paths, n_weights):
    """Weights and paths per weight left after removing paths through weights of degree one until there are none."""
    alive = np.ones(len(paths), dtype=bool)
    while True:
        degrees = np.bincount(paths[alive].ravel(), minlength=n_weights)
        leaf = alive & (degrees[paths] == 1).any(axis=1)
        if not leaf.any():
            return np.count_nonzero(degrees) / n_weights, np.count_nonzero(alive) / n_weights
        alive &= ~leaf


@pytest.mark.parametrize("alpha", [0.84, 0.92])
def test_core_of_a_random_glass(alpha):
    # Core weights 1 - e^-l (1 + l), core paths alpha x^p with l = p alpha x^(p-1); the bound is five times 1/sqrt(N).
    n_weights = 100_000
    rng = np.random.default_rng(11)
    paths = rng.integers(n_weights, size=(round(alpha * n_weights), 3))
    x = xorsat.frozen_fraction(PoissonTree(3, 3 * alpha))
    rate = 3 * alpha * x**2
    assert core_of(paths, n_weights) == pytest.approx((1 - np.exp(-rate) * (1 + rate), alpha * x**3), abs=0.016)


def test_two_weights_per_path_are_refused():
    with pytest.raises(ValueError, match="p must be >= 3, got 2"):
        xorsat.path_thresholds(2)


def test_zero_temperature_of_the_reference_case():
    diluted = theory.poisson(p=3, alpha=2.0, dilution=0.33).zero_temperature()
    assert diluted.alpha == pytest.approx(2 * 0.67**2)
    assert (diluted.alpha_d, diluted.alpha_s) == pytest.approx((0.818469, 0.917935), abs=1e-6)
    # dilutions count from the whole ensemble
    assert (diluted.delta_d, diluted.delta_s) == pytest.approx((0.360286, 0.322528), abs=1e-6)
    assert diluted.complexity > 0
    lines = str(diluted).splitlines()
    assert lines[0] == "T = 0, alpha 0.8978: frozen states, all paths satisfied"
    assert lines[2].split() == ["dynamic", "0.818469", "0.360286"]
    assert "nothing freezes" in str(theory.poisson(3, 0.8).zero_temperature())
    assert "frustrated" in str(theory.regular(3, 4).zero_temperature())


@pytest.mark.parametrize("dilution", [0.0, 0.1])
def test_ends_of_diluted_regular_glasses(dilution):
    whole = theory.regular(3, 5).zero_temperature()
    some = theory.regular(3, 5, dilution).zero_temperature()
    assert (some.delta_d, some.delta_s) == pytest.approx((whole.delta_d, whole.delta_s), abs=1e-9)
    assert (some.alpha_d, some.alpha_s) == pytest.approx((whole.alpha_d, whole.alpha_s), abs=1e-9)
    survival = (1 - whole.delta_d) ** 2
    # x = 1 - (1 - s x^2)^4 has a solution down to delta_d and not beyond
    x = np.linspace(0.01, 1, 2000)
    assert (1 - (1 - 1.001 * survival * x**2) ** 4 > x).any()
    assert not (1 - (1 - 0.999 * survival * x**2) ** 4 > x).any()


def test_no_static_transition_is_said():
    glass = theory.regular(3, 3).zero_temperature()
    assert glass.alpha_s == np.inf
    assert glass.delta_s == 0.0
    assert str(glass).splitlines()[3].split() == ["static", "none"]


@pytest.mark.parametrize("p", [3, 4, 6])
def test_complexity_counts_the_missing_paths_of_the_core(p):
    # A frozen state of the core for every solution of its equations, all of them independent below alpha_s.
    for alpha in (0.85, 0.9, 0.97):
        tree = PoissonTree(p, p * alpha)
        weights, paths = xorsat.core(tree)
        assert xorsat.complexity(tree) == pytest.approx((weights - paths) * np.log(2), abs=1e-9)


def test_two_weights_per_path_have_no_thresholds():
    with pytest.raises(ValueError, match="p must be >= 3 for frozen states at T = 0, got 2"):
        theory.regular(2, 4).zero_temperature()
