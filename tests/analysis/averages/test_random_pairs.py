"""Moments of the overlaps of independent configurations, against enumeration."""

from itertools import product

import numpy as np
import pytest

from glassnet.analysis.averages import random_pairs


@pytest.mark.parametrize("layer_sizes", [(3, 3, 3), (4, 4), (2, 2, 2, 2), (3, 3), (2, 3, 3), (4, 3, 2), (1, 4)])
def test_layered_pairs_equal_enumeration(layer_sizes):
    """Layers of one size, and those that a dilution left with different numbers of weights."""
    p = len(layer_sizes)
    layers = [number - 2 * np.array(list(map(sum, product((0, 1), repeat=number)))) for number in layer_sizes]
    sums = np.array(np.meshgrid(*layers)).reshape(p, -1)
    images = np.array([s for s in product((1, -1), repeat=p) if np.prod(s) == 1])
    best = (images @ sums).max(axis=0) / sum(layer_sizes)
    moments = random_pairs.layered_pairs(layer_sizes)
    assert moments.mean == pytest.approx(best.mean())
    assert moments.square == pytest.approx((best**2).mean())
    assert moments.ratio == pytest.approx((best**4).mean() / (best**2).mean() ** 2)


def test_matched_overlaps_of_independent_networks_grow_sharp_so_they_have_no_binder_cumulant():
    """Why: N <q^2> grows like N^1/2 and the relative width of q falls, without any order."""
    pairs = {n: random_pairs.walks_pairs((n, n, n, 1), 0.0) for n in (4, 8, 16)}
    n_weights = {n: 2 * n * n + n for n in pairs}
    square = [pairs[n].square * n_weights[n] for n in pairs]
    width = [np.sqrt(found.square / found.mean**2 - 1) for found in pairs.values()]
    assert square[0] * 1.5 < square[1] < square[2] / 1.5
    assert width[0] > 1.3 * width[1] > 1.3**2 * width[2]
    assert all(np.isnan(found.ratio) for found in pairs.values())


def test_independent_pairs_of_samples_that_differ_by_one_weight():
    """Mean moments over samples of 3 and of 4 fair signs, all 8 and 16 sums counted."""
    moments = []
    for n in (3, 3, 4):
        q = np.array([2 * bin(word).count("1") / n - 1 for word in range(2**n)])
        moments.append([(q**2).mean(), (q**4).mean()])
    square, fourth = np.mean(moments, axis=0)
    found = random_pairs.plain_pairs(np.array([3, 3, 4]))
    assert found.square == pytest.approx(square, rel=1e-14)
    assert found.ratio == pytest.approx(fourth / square**2, rel=1e-14)
