"""Networks that know their paths alone: sampled paramagnets of several widths and depths, votes, limits."""

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

import glassnet as gn
from glassnet.network import learning
from glassnet.network.path_glasses import from_glass

ALPHA, UNIT = 6.0, math.sqrt(6.0)


def sampled(widths, temperature, dilution=0.0, n_replicas=256, strength=0.4, seed=1):
    """Energy per path, error of single networks and of votes of 64 in a paramagnet, and both by the formula."""
    task = gn.network.tasks.noisy_prototype(widths[0], strength, 4000, 500, seed)
    couplings = gn.network.data_couplings(task.inputs, task.labels, 1)
    glass = gn.ensembles.walks(widths, ALPHA, seed, couplings=couplings, dilution=dilution)
    sampler = gn.Metropolis(glass, temperature, n_replicas, seed=seed)
    sampler.run(200)
    answers = learning.outputs(from_glass(glass, sampler.weights[0]), task.test_inputs)
    found = learning.vote_errors(answers, task.test_labels, [1, 64]).error.values
    energy = float(glass.energy(sampler.weights[0]).mean()) / glass.n_paths
    head = glass.edges[glass.paths[:, 0], 0]
    mean = np.bincount(head, glass.couplings, widths[0]) / np.maximum(np.bincount(head, minlength=widths[0]), 1)
    margins = task.test_labels * (task.test_inputs @ mean) / widths[0]
    place = (widths, ALPHA, energy, margins)
    expected = [float(learning.unaligned_error(*place, votes=votes, dilution=dilution)) for votes in (1, 64)]
    return energy, found, np.array(expected)


def strength_ratio(found, expected):
    """Measured and expected k r, of which the error is Q(k r)."""
    return float(norm.isf(found[0]) / norm.isf(expected[0]))


def test_four_weight_layers_have_a_limit_below_one_half():
    """The error of single networks goes to that of the formula like 1/n, and not to 1/2 (L = 4)."""
    widths, ratios = (21, 31, 41), []
    for n in widths:
        of_seeds = []
        for seed in (1, 2):
            energy, found, expected = sampled((2 * n - 1, n, n, n, 1), 1.7 * UNIT, n_replicas=1024, seed=seed)
            assert abs(energy + math.tanh(1 / (1.7 * UNIT))) < 0.01, "the paramagnet"
            assert 0.3 < found[0] < expected[0] < 0.4
            of_seeds.append(strength_ratio(found, expected))
        ratios.append(np.mean(of_seeds))
    assert ratios[0] > ratios[2]
    # a factor (2/pi)^(1/2) more or less would be .80 or 1.25
    assert abs(np.polyfit(1.0 / np.array(widths), ratios, 1)[1] - 1.0) < 0.08


@pytest.mark.parametrize("widths", [(81, 41, 41, 1), (81, 41, 41, 41, 41, 1), (41, 61, 31, 41, 1)])
def test_other_depths_and_proportions(widths):
    temperature = (2.0 if len(widths) > 4 else 8.0) * UNIT
    assert 0.95 < strength_ratio(*sampled(widths, temperature)[1:]) < 1.2


def test_removal_acts_like_fewer_paths():
    _, found, expected = sampled((81, 41, 41, 41, 1), 1.7 * UNIT, dilution=0.3)
    _, whole, _ = sampled((81, 41, 41, 41, 1), 1.7 * UNIT)
    assert abs(found[0] - expected[0]) < 0.015
    assert found[0] - whole[0] > 0.04


def test_votes_recover_what_single_networks_lose():
    """Of 64 networks of a paramagnet, at small m0, where the best classifier is far from perfect."""
    _, found, expected = sampled((81, 41, 41, 41, 1), 1.7 * UNIT, strength=0.25, n_replicas=512)
    assert found[0] > 0.4 > 0.3 > found[1]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_limits_are_exact():
    widths = (21, 11, 11, 11, 1)
    assert learning.unaligned_error(widths, 5.0, 0.0, 0.16) == 0.5
    assert learning.unaligned_error(widths, 5.0, -0.5, 0.0, votes=100) == 0.5
    margins = np.array([-0.1, 0.2, 0.3, 0.4])
    assert learning.unaligned_error(widths, 5.0, -0.5, margins, votes=10**9) == 0.25, "sign(x.c) itself"
    energies = np.array([[-0.1, -0.2], [-0.3, -0.4]])
    single = learning.unaligned_error(widths, 5.0, energies, margins)
    assert single.shape == (2, 2)
    assert (np.diff(single.ravel()) < 0).all()
    assert learning.unaligned_error((10**6,) * 60 + (1,), 5.0, -0.5, 0.1) == 0.5, "more walks than a float holds"
    # a vote of independent networks is a binomial one, up to the normal approximation
    p = float(learning.unaligned_error(widths, 5.0, -0.1, 0.1))
    assert abs(float(learning.unaligned_error(widths, 5.0, -0.1, 0.1, votes=401)) - binom.sf(200, 401, p)) < 2e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": (5, 3, 2)}, "widths must end with one output unit"),
        ({"alpha": -1.0}, "alpha must be"),
        ({"energy": 0.2}, "energy must be per path"),
        ({"energy": -1.5}, "energy must be per path"),
        ({"margins": [[0.1]]}, "margins must be"),
        ({"margins": []}, "margins"),
        ({"margins": 5.0}, "margins must be in"),
        ({"votes": 0}, "votes must be"),
        ({"votes": 10**400}, "votes must be"),
        ({"dilution": 1.5}, "dilution must be"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {"widths": (5, 3, 1), "alpha": 2.0, "energy": -0.3, "margins": 0.1} | change
    with pytest.raises(ValueError, match=message):
        learning.unaligned_error(**given)
