"""Couplings of an ensemble: their law, and which path each belongs to."""

import functools

import numpy as np
import pytest
from scipy.stats import kstest

import glassnet as gn

E = gn.ensembles


@pytest.mark.parametrize("bias", [-1.0, -0.4, 0.0, 0.25, 1.0])
def test_binary_couplings_have_the_bias_as_mean(bias):
    couplings = E.poisson(20000, 3, 1.0, seed=1, bias=bias).couplings
    assert set(np.unique(couplings)) <= {-1.0, 1.0}
    assert abs(couplings.mean() - bias) <= 4.5 * np.sqrt((1 - bias**2) / 20000)
    assert abs(couplings.mean() - bias - 0.05) > 4.5 * np.sqrt((1 - bias**2) / 20000)


def test_gaussian_couplings_are_standard_normal():
    couplings = E.poisson(20000, 3, 1.0, seed=1, couplings="gaussian").couplings
    assert kstest(couplings, "norm").pvalue > 1e-4
    assert kstest(1.1 * couplings, "norm").pvalue < 1e-4


@pytest.mark.parametrize(
    "draw",
    [
        functools.partial(E.regular, 12, 3, 3),
        functools.partial(E.poisson, 11, 4, 1.5),
        functools.partial(E.layered, 12, 3, 1.5),
        functools.partial(E.walks, (2, 2, 2, 2), 1.5),
    ],
    ids=["regular", "poisson", "layered", "walks"],
)
def test_given_couplings_stay_with_their_paths(draw):
    n_paths = draw(seed=1).n_paths
    values = np.linspace(-1.5, 2.0, n_paths)
    one, other = draw(seed=1, couplings=values), draw(seed=1, couplings=values[::-1])
    np.testing.assert_array_equal(np.sort(one.couplings), values)
    # the path that had the i-th coupling has the (n_paths - 1 - i)-th now: same list of paths
    np.testing.assert_array_equal(
        one.paths[np.argsort(one.couplings)], other.paths[np.argsort(-other.couplings, kind="stable")]
    )
    np.testing.assert_array_equal(draw(seed=1).paths, one.paths)


def test_a_function_of_the_input_unit_is_called_once_per_path():
    calls = []

    def coupling(unit, rng):
        calls.append(unit)
        return 10 * unit + rng.random()

    glass = E.walks((3, 2, 2), 2.0, seed=4, couplings=coupling)
    heads = glass.edges[glass.paths[:, 0], 0]
    assert all(type(unit) is int for unit in calls) and sorted(calls) == sorted(heads.tolist())
    np.testing.assert_array_equal(glass.couplings // 10, heads)
    assert len(set(glass.couplings)) == glass.n_paths
    assert glass.recipe["couplings"] == "callable"
    assert E.walks((3, 2, 2), 0.0, seed=4, couplings=coupling).n_paths == 0
    assert E.walks((3, 2, 2), 2.0, seed=4, couplings=coupling) == glass
