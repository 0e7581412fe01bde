"""Thresholds at zero temperature against published values, a peeled random hypergraph, and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.theory import xorsat
from glassnet.theory.tree import PoissonTree, RegularTree


# Values of p = 3 from PHYSICS.md; p = 4, 5 from Mezard, Ricci-Tersenghi and Zecchina (2003).
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
