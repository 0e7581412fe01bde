"""Leaf removal against removal round by round, the fixed point of the theory, and small cases done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet import theory


def round_by_round(paths, n_weights):
    """Paths left after removing all through weights of degree one, until there are none."""
    alive = np.ones(len(paths), dtype=bool)
    while True:
        degrees = np.bincount(paths[alive].ravel(), minlength=n_weights)
        leaf = alive & (degrees[paths] == 1).any(axis=1)
        if not leaf.any():
            return np.flatnonzero(alive), degrees
        alive &= ~leaf


@given(st.integers(2, 5), st.integers(5, 60), st.floats(0.2, 1.6), st.integers(0, 10**6))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_order_makes_no_difference(p, n_weights, alpha, seed):
    glass = gn.ensembles.poisson(n_weights, p, alpha, seed=seed)
    core = theory.leaf_removal(glass)
    paths, degrees = round_by_round(glass.paths, n_weights)
    assert (core.paths == paths).all()
    assert (core.weights == np.flatnonzero(degrees)).all()
    assert (core.degrees == degrees[core.weights]).all()
    assert (core.degrees >= 2).all()


@given(st.integers(2, 4), st.integers(10, 60), st.floats(0.2, 1.2), st.integers(0, 10**6))
@settings(derandomize=True, deadline=None, max_examples=30)
def test_every_path_goes_by_a_leaf(p, n_weights, alpha, seed):
    glass = gn.ensembles.poisson(n_weights, p, alpha, seed=seed)
    core = theory.leaf_removal(glass)
    assert sorted([*core.removed, *core.paths]) == list(range(glass.n_paths))
    degrees = glass.degrees.copy()
    for path, leaf in zip(core.removed, core.leaf, strict=True):
        assert degrees[leaf] == 1
        assert leaf in glass.paths[path]
        degrees[glass.paths[path]] -= 1


# Values of the design: N = 3*10^5, p = 3. The size of a core fluctuates by about 1/sqrt(N), near the threshold by more:
# by (slope of the fixed point) x the fluctuation of alpha sqrt(alpha / N), and slope and bound grow together.
@pytest.mark.parametrize(
    ("alpha", "weights", "paths", "bound"), [(0.83, 0.4487, 0.3957, 0.02), (0.92, 0.6356, 0.6371, 0.008)]
)
def test_reference_cores(alpha, weights, paths, bound):
    core = theory.leaf_removal(gn.ensembles.poisson(300_000, 3, alpha, seed=1))
    found = len(core.weights) / 300_000, len(core.paths) / 300_000
    assert found == pytest.approx((weights, paths), abs=bound)
    assert theory.xorsat.core(theory.poisson(3, alpha).tree) == pytest.approx((weights, paths), abs=5e-5)


def test_below_the_threshold_the_core_is_empty():
    core = theory.leaf_removal(gn.ensembles.poisson(300_000, 3, 0.81, seed=1))
    assert (len(core.weights), len(core.paths), len(core.removed)) == (0, 0, 243_000)
    assert str(core) == "2-core: empty, of 300000 weights and 243000 paths"


def test_core_degrees_of_a_diluted_regular_glass():
    # Truncated binomial: a path of the core leads on with probability s x^(p-1).
    n_weights = 60_000
    glass = gn.ensembles.regular(n_weights, 3, 4, seed=2, dilution=0.1)
    core = theory.leaf_removal(glass)
    x = theory.xorsat.frozen_fraction(theory.regular(3, 4, 0.1).tree)
    message = 0.81 * x**2
    expected = [6 * message**2 * (1 - message) ** 2, 4 * message**3 * (1 - message), message**4]
    # five standard deviations of a share of N weights are below 5 / (2 sqrt(N))
    assert np.bincount(core.degrees, minlength=5)[2:] / glass.n_weights == pytest.approx(expected, abs=0.011)
    assert sum(expected) == pytest.approx(theory.xorsat.core(theory.regular(3, 4, 0.1).tree)[0], abs=1e-9)


def test_small_cases():
    loop = gn.PathGlass([[0, 1, 2], [0, 1, 2], [2, 3, 4]], [1, 1, 1], 6)
    core = theory.leaf_removal(loop)
    assert core.weights.tolist() == [0, 1, 2]
    assert core.degrees.tolist() == [2, 2, 2]
    assert core.removed.tolist() == [2]
    lines = str(core).splitlines()
    assert lines[0] == "2-core: 3 of 6 weights, 2 of 3 paths"
    assert lines[-1].split() == ["2", "3"]
    empty = theory.leaf_removal(gn.PathGlass(np.zeros((0, 3), dtype=int), [], 4))
    assert len(empty.weights) == len(empty.removed) == 0


def test_bad_argument():
    with pytest.raises(TypeError, match="glass must be a PathGlass, got list"):
        theory.leaf_removal([[0, 1]])
