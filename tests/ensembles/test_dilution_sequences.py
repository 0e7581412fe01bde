"""Nested dilutions: the law of each, and that what goes at a small fraction is gone at every larger one."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

import glassnet as gn
from glassnet._random import Seed

E = gn.ensembles
FRACTIONS = [0.3, 0.0, 0.1, 0.2]
PARENTS = {
    "regular": E.regular(60, 3, 4, seed=1),
    "layered": E.layered(60, 3, 2.0, seed=1),
    "walks": E.walks((3, 4, 5, 4), 2.0, seed=1),
    "planted": E.planted(E.poisson(60, 3, 2.0, seed=1), 0.8, seed=2),
}


@pytest.mark.parametrize("name", PARENTS)
def test_each_is_the_parent_without_some_weights(name):
    parent = PARENTS[name]
    for fraction, glass in zip(FRACTIONS, E.nested_dilutions(parent, FRACTIONS, seed=5), strict=True):
        removed = np.setdiff1d(np.arange(parent.n_weights), glass.parent_index)
        assert len(removed) == round(fraction * parent.n_weights)
        sizes = np.array(parent.layer_sizes)
        counts, share = np.bincount(parent.layer[removed], minlength=len(sizes)), sizes / sizes.sum()
        assert (np.abs(counts - len(removed) * share) <= 1 + max(0, len(sizes) - 2) * share).all()
        alive = ~np.isin(parent.paths, removed).any(axis=1)
        assert np.array_equal(glass.parent_index[glass.paths], parent.paths[alive])
        assert np.array_equal(glass.couplings, parent.couplings[alive])
        assert (glass.planted is None) == (parent.planted is None)
        if parent.planted is not None:
            assert np.array_equal(glass.planted, parent.planted[glass.parent_index])
        rule = {"rounding": "nearest"} if parent.has_layers else {}
        assert glass.recipe["diluted"] == [{"fraction": fraction, "nested": True, "seed": 5, "seed_key": ""} | rule]


@pytest.mark.parametrize("name", PARENTS)
def test_they_are_nested_and_more_fractions_change_nothing(name):
    parent = PARENTS[name]
    by_fraction = dict(zip(FRACTIONS, E.nested_dilutions(parent, FRACTIONS, seed=5), strict=True))
    kept = [set(by_fraction[fraction].parent_index) for fraction in sorted(FRACTIONS)]
    assert all(larger < smaller for smaller, larger in pairwise(kept))
    assert by_fraction[0.0] == parent
    assert E.nested_dilutions(parent, [0.2], seed=5)[0] == by_fraction[0.2]
    assert E.nested_dilutions(parent, [0.2], seed=6)[0] != by_fraction[0.2]
    assert E.nested_dilutions(parent, [0.2], seed=Seed(5, "sample=1"))[0] != by_fraction[0.2]


def test_dilute_with_one_seed_is_not_nested():
    """The reason why nested_dilutions is there."""
    parent = PARENTS["regular"]
    few, many = (set(parent.dilute(fraction, seed=5).parent_index) for fraction in (0.1, 0.3))
    assert not many < few


def test_every_weight_goes_equally_often():
    """3 of 12 weights over 2000 seeds, 500 expected for each: chi square at p > 1e-5 (11 degrees of freedom)."""
    parent = E.regular(12, 3, 2, seed=1)
    kept = np.concatenate([E.nested_dilutions(parent, [0.25], seed=seed)[0].parent_index for seed in range(2000)])
    removed = 2000 - np.bincount(kept, minlength=12)
    # drawing without replacement narrows the counts by 1 - 3/12
    assert chisquare(500 + (removed - 500) / np.sqrt(0.75)).pvalue > 1e-5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda glass: E.nested_dilutions("glass", [0.1], 1), TypeError, "glass must be a PathGlass, got str"),
        (lambda glass: E.nested_dilutions(glass, [0.1, 1.0], 1), ValueError, r"fractions must be in \[0, 1\), got 1"),
        (lambda glass: E.nested_dilutions(glass, 0.1, 1), ValueError, "fractions must have 1 dimension"),
        (lambda glass: E.nested_dilutions(glass, [0.999], 1), ValueError, "fractions must leave a weight, got 0.999"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(PARENTS["regular"])
