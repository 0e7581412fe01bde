"""Removal of connections: as many as the dilution of a glass removes, nested, paired by their seed."""

from itertools import pairwise

import numpy as np
import pytest

from glassnet import ensembles
from glassnet._random import Seed
from glassnet.network import from_glass, layers

WIDTHS, FRACTIONS = (9, 6, 5, 2), (0.0, 0.1, 0.3, 0.55, 0.8)
N = sum(before * after for before, after in pairwise(WIDTHS))


def matrices(*lead, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((*lead, after, before)) for before, after in pairwise(WIDTHS)]


def gone(weights):
    return [one == 0 for one in weights]


def test_as_many_go_as_the_dilution_of_a_glass_removes_and_the_others_stay():
    weights = matrices()
    for fraction in FRACTIONS:
        left = layers.remove(weights, fraction, 3)
        masks = gone(left)
        assert sum(mask.sum() for mask in masks) == round(fraction * N)
        shares = [mask.sum() - round(fraction * N) * mask.size / N for mask in masks]
        assert max(map(abs, shares)) < 2
        for one, other, mask in zip(weights, left, masks, strict=True):
            np.testing.assert_array_equal(other, np.where(mask, 0, one))


def test_masks_are_nested_and_paired():
    masks = [gone(layers.remove(matrices(), fraction, 3)) for fraction in FRACTIONS]
    for smaller, larger in pairwise(masks):
        assert all((big | ~small).all() for small, big in zip(smaller, larger, strict=True))
    other = gone(layers.remove(matrices(seed=2), 0.3, 3))
    assert all((one == two).all() for one, two in zip(masks[2], other, strict=True))
    for seed in (4, Seed(3, "sample=1")):
        drawn = gone(layers.remove(matrices(), 0.3, seed))
        assert any((one != two).any() for one, two in zip(masks[2], drawn, strict=True))
    many = gone(layers.remove(matrices(2, 3), 0.3, 3))
    assert all((one == two).all() for one, two in zip(masks[2], many, strict=True))


@pytest.mark.parametrize("dilution", [0.0, 0.25])
@pytest.mark.parametrize("fraction", [0.1, 0.4])
def test_it_is_the_nested_dilution_of_the_glass(dilution, fraction):
    glass = ensembles.walks(WIDTHS, 2.0, seed=1, dilution=dilution)
    w = np.random.default_rng(1).choice([-1, 1], (4, glass.n_weights))
    (diluted,) = ensembles.nested_dilutions(glass, [fraction], seed=5)
    kept = np.isin(glass.parent_index, diluted.parent_index)
    expected = from_glass(diluted, w[:, kept])
    for one, other in zip(layers.remove(from_glass(glass, w), fraction, 5), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_connection_of_a_layer_goes_equally_often():
    counts = [np.zeros((after, before)) for before, after in pairwise(WIDTHS)]
    for seed in range(600):
        for total, mask in zip(counts, gone(layers.remove(matrices(), 0.3, seed)), strict=True):
            total += mask
    for total in counts:
        rate = total.mean() / 600
        assert rate == pytest.approx(0.3, abs=0.012)
        z = (total - total.mean()) / np.sqrt(600 * rate * (1 - rate))
        assert np.abs(z).max() < 4.5


def test_one_layer_and_a_layer_that_is_emptied():
    assert np.count_nonzero(layers.remove([np.ones((4, 5))], 0.35, 1)[0]) == 13
    left = layers.remove([np.ones((3, 3)), np.ones((1, 3))], 0.95, 1)
    assert sum(map(np.count_nonzero, left)) == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: layers.remove(matrices(), 1.0, 1), ValueError, r"fraction must be in \[0, 1\), got 1"),
        (lambda: layers.remove(matrices(), -0.1, 1), ValueError, r"fraction must be in \[0, 1\), got -0.1"),
        (lambda: layers.remove(matrices(), 0.1, -1), ValueError, "seed must be >= 0, got -1"),
        (lambda: layers.remove(np.ones((2, 2)), 0.1, 1), ValueError, "weights must be a list of arrays"),
        (lambda: layers.remove([[[np.nan]]], 0.1, 1), ValueError, r"weights\[0\] must be finite everywhere, got nan"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
