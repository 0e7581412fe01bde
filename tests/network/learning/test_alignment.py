"""Overlaps up to gauge: against all walks and all gauges of small networks."""

import itertools

import numpy as np
import pytest

from glassnet import ensembles
from glassnet.network import from_glass, learning

GLASSES = {
    "two layers": ensembles.walks((3, 4, 1), alpha=2.0, seed=1),
    "three layers": ensembles.walks((4, 3, 4, 1), alpha=2.0, seed=2),
    "two outputs": ensembles.walks((3, 4, 3, 2), alpha=2.0, seed=3),
    "diluted": ensembles.walks((4, 3, 4, 1), alpha=2.0, seed=4, dilution=0.4),
}


def states(glass, n, rng):
    return rng.choice([-1, 1], (n, glass.n_weights))


def flipped(matrices, signs):
    """A gauge image: signs of all units by layer, +1 for inputs and outputs."""
    return [
        after[:, None] * one * before for one, (before, after) in zip(matrices, itertools.pairwise(signs), strict=True)
    ]


def all_gauges(widths):
    hidden = widths[1:-1]
    for bits in itertools.product([1, -1], repeat=sum(hidden)):
        parts = np.split(np.array(bits), np.cumsum(hidden)[:-1])
        yield [np.ones(widths[0]), *parts, np.ones(widths[-1])]


@pytest.mark.parametrize("name", GLASSES)
def test_walks_are_counted(name):
    glass, rng = GLASSES[name], np.random.default_rng(1)
    w, other = states(glass, 5, rng), states(glass, 1, rng)[0]
    network, reference = from_glass(glass, w), from_glass(glass, other)
    found = learning.walk_overlap(network, reference)
    for number in range(5):
        products = []
        for walk in itertools.product(*map(range, glass.widths)):
            steps = list(itertools.pairwise(walk))
            values = [network[k][number, j, i] * reference[k][j, i] for k, (i, j) in enumerate(steps)]
            products += [np.prod(values)] if all(values) else []
        assert found[number] == pytest.approx(np.mean(products), abs=1e-14)


@pytest.mark.parametrize("name", GLASSES)
def test_the_best_gauge_is_found_or_nearly(name):
    """Against all gauges: never above, exact for configurations that are 10 % apart, and mostly for unrelated ones."""
    glass, rng = GLASSES[name], np.random.default_rng(2)
    reference = from_glass(glass, states(glass, 1, rng)[0])
    hits = {}
    for kind in ("near", "far"):
        w = states(glass, 30, rng)
        if kind == "near":
            base = from_glass(glass, np.ones(glass.n_weights))
            reference = base
            w = np.where(rng.random(w.shape) < 0.1, -1, 1)
        network = from_glass(glass, w)
        found = learning.gauge_overlap(network, reference)
        best = np.full(30, -1.0)
        for signs in all_gauges(glass.widths):
            image = flipped(reference, signs)
            total = sum((a * b).sum(axis=(-2, -1)) for a, b in zip(network, image, strict=True))
            best = np.maximum(best, total / glass.n_weights)
        assert (found <= best + 1e-12).all()
        hits[kind] = np.mean(np.abs(found - best) < 1e-12)
    assert hits["near"] > 0.9 and hits["far"] > 0.5


@pytest.mark.parametrize("name", GLASSES)
def test_gauge_images_are_the_same(name):
    glass, rng = GLASSES[name], np.random.default_rng(3)
    matrices = from_glass(glass, states(glass, 1, rng)[0])
    for _ in range(10):
        signs = [
            np.ones(glass.widths[0]),
            *(rng.choice([-1, 1], k) for k in glass.widths[1:-1]),
            np.ones(glass.widths[-1]),
        ]
        image = flipped(matrices, signs)
        assert learning.walk_overlap(image, matrices) == 1.0
        assert learning.gauge_overlap(image, matrices) == 1.0
        scaled = [0.3 * one for one in image]
        assert learning.walk_overlap(scaled, matrices) == 1.0
    worst = learning.walk_overlap([-matrices[0], *matrices[1:]], matrices)
    assert worst == -1.0


def test_unrelated_networks_have_no_overlap_of_walks():
    glass, rng = ensembles.walks((11, 7, 7, 1), alpha=1.0, seed=1), np.random.default_rng(4)
    reference = from_glass(glass, states(glass, 1, rng)[0])
    found = learning.walk_overlap(from_glass(glass, states(glass, 4000, rng)), reference)
    assert abs(found.mean()) < 4.5 * found.std() / np.sqrt(4000)
    # any two walks differ in a weight, so they are uncorrelated
    assert found.std() == pytest.approx(1 / np.sqrt(11 * 7 * 7), rel=0.1)
    chance = learning.gauge_overlap(from_glass(glass, states(glass, 50, rng)), reference)
    assert 0.1 < chance.mean() < 0.5, "flips find what agrees by chance"


def test_networks_without_common_connections_have_no_overlap():
    first, second = [np.array([[1.0, 0.0]]), np.array([[1.0]])], [np.array([[0.0, 1.0]]), np.array([[1.0]])]
    assert np.isnan(learning.walk_overlap(first, second))
    assert learning.gauge_overlap(first, second) == 1.0  # of the one in the last layer
    assert np.isnan(learning.gauge_overlap([np.zeros((1, 2))], [np.ones((1, 2))]))


@pytest.mark.parametrize("overlap", [learning.walk_overlap, learning.gauge_overlap])
def test_bad_input(overlap):
    with pytest.raises(ValueError, match=r"reference must have the shapes .* of weights, got"):
        overlap([np.ones((3, 4)), np.ones((1, 3))], [np.ones((4, 4)), np.ones((1, 4))])
    with pytest.raises(ValueError, match="weights must be a list of arrays"):
        overlap(np.ones((3, 4)), [np.ones((3, 4))])
