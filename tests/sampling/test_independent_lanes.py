"""Planted instances side by side in one block of lanes, against exact evolution and exact averages of small glasses."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

import glassnet as gn
from glassnet import exact
from glassnet._random import Seed
from glassnet.sampling import independent_lanes

#: two-sided probability of 4.5 standard deviations
LEAST_P = 6.8e-6
#: temperature, field and number of the planting of four kinds of lanes
KINDS = [(0.6, 0.02, 0), (0.6, 1.1, 1), (1.3, 0.3, 0), (15.0, 0.1, 2)]


def small(n_weights=8, alpha=1.5):
    glass = gn.ensembles.poisson(n_weights, 3, alpha, seed=2)
    return independent_lanes.gauged(gn.ensembles.planted(glass, 1.0, seed=1))


def patterns(glass, number, seed=5):
    """Violated paths of each planting, every second path in some order of its own."""
    return np.array([np.random.default_rng([seed, k]).permutation(glass.n_paths) % 2 == 0 for k in range(number)])


def evolved(glass, violated, temperature, field, n_sweeps):
    """Mean overlap with +1 after each sweep from +1, by the law of all states; weights by degree, then index."""
    states = exact.states(glass.n_weights).astype(int)
    energy = -np.where(violated, -1, 1) @ states[:, glass.paths].prod(axis=2).T / temperature
    energy = energy - field * states.sum(axis=1)
    number, law, result = np.arange(len(states)), np.zeros(len(states)), []
    law[(states == 1).all(axis=1)] = 1.0
    for _ in range(n_sweeps):
        for i in np.argsort(glass.degrees, kind="stable"):
            flipped = number ^ (1 << i)
            cost = energy[flipped] - energy
            if temperature > 10:
                accept = 1 / (1 + np.exp(cost))
            else:
                accept = np.where(np.abs(cost) < 1e-12, 0.5, np.exp(-np.maximum(cost, 0)))
            leave = law * accept
            law = law - leave + leave[flipped]
        result.append(law @ states.mean(axis=1))
    return np.array(result)


def least_p(kinds_run, with_field):
    """Smallest p-value of the overlap after one to four sweeps, over four kinds of lanes of 2048 each."""
    glass, n_same = small(), 2048
    violated = patterns(glass, 3)
    temperature, field, which = (np.repeat(column, n_same) for column in zip(*kinds_run, strict=True))
    chains = independent_lanes.Lanes(
        glass,
        temperature,
        Seed(3),
        fields=field if with_field else None,
        violated=((lane, violated[int(k)]) for lane, k in enumerate(which)),
    )
    values = []
    expected = [evolved(glass, violated[k], T, K if with_field else 0.0, 4) for T, K, k in KINDS]
    for sweep in range(4):
        chains.sweep(1)
        for kind, overlap in enumerate(chains.overlap().reshape(-1, n_same)):
            values.append(ttest_1samp(overlap, expected[kind][sweep]).pvalue)
    return min(values)


@pytest.mark.parametrize("with_field", [False, True])
def test_every_lane_has_its_own_couplings_temperature_and_field(with_field):
    assert least_p(KINDS, with_field) > LEAST_P


def test_lanes_of_another_kind_are_caught():
    (first, second, *rest) = KINDS
    for wrong in ((0.6, 0.02, 1), (0.9, 0.02, 0), (0.6, 0.12, 0)):
        assert least_p([wrong, second, *rest], True) < LEAST_P
    assert least_p([second, first, *rest], True) < LEAST_P


def test_equilibrium_in_a_field_of_its_own_in_every_lane():
    """<m> of 4 plantings in 8 fields after long runs, 16 lanes each, against enumeration: p > LEAST_P for each."""
    glass = small(10, 1.2)
    violated = patterns(glass, 4)
    fields = np.geomspace(0.02, 3.0, 8)
    which, node, _ = np.indices((4, 8, 16)).reshape(3, -1)
    chains = independent_lanes.Lanes(
        glass, np.full(512, 1.1), Seed(4), fields=fields[node], violated=enumerate(violated[which])
    )
    chains.sweep(500)
    total = np.zeros(512)
    for _ in range(600):
        chains.sweep(9)
        total += chains.overlap() / 600
    states = exact.states(glass.n_weights).astype(int)
    for k in range(4):
        energy = -np.where(violated[k], -1, 1) @ states[:, glass.paths].prod(axis=2).T
        for j in range(8):
            weight = np.exp(-energy / 1.1 + fields[j] * states.sum(axis=1))
            m = weight @ states.mean(axis=1) / weight.sum()
            assert ttest_1samp(total.reshape(4, 8, 16)[k, j], m).pvalue > LEAST_P


def test_plantings_have_a_fixed_number_of_violated_paths_and_are_nested():
    temperatures = np.array([0.5, 1.0, 1.0, 1.0])
    number = np.array([7, 7, 7, 8])
    found = dict(independent_lanes.plantings(3001, temperatures, number, Seed(1, "x")))
    counts = 3001 * (1 - np.tanh(1 / temperatures)) / 2
    assert all(abs(found[lane].sum() - counts[lane]) < 1 for lane in range(4))
    assert (found[0] <= found[1]).all()
    assert (found[1] == found[2]).all()
    assert (found[1] != found[3]).any()
    rounded = [sum(dict(independent_lanes.plantings(10, [1.0], [k], Seed(1)))[0]) for k in range(1000)]
    mean = 10 * (1 - np.tanh(1)) / 2
    assert abs(np.mean(rounded) - mean) < 4.5 * np.std(rounded) / np.sqrt(1000)


def test_the_gauge_keeps_the_energies():
    glass = gn.ensembles.planted(gn.ensembles.layered(30, 3, 2.0, seed=1), 0.8, seed=2)
    turned = independent_lanes.gauged(glass)
    w = np.random.default_rng(1).choice([-1, 1], (5, 30))
    assert (turned.energy(w * glass.planted) == glass.energy(w)).all()
    assert (turned.planted == 1).all()


def test_more_than_one_block_and_idle_lanes():
    """600 lanes of 100 free weights at T = inf: fresh draws after one sweep, +1 before it."""
    glass = gn.PathGlass(np.zeros((0, 3), dtype=int), [], 100, planted=np.ones(100, dtype=int))
    chains = independent_lanes.Lanes(glass, np.full(600, np.inf), Seed(1))
    assert (chains.overlap() == 1).all()
    chains.sweep(1)
    overlap = chains.overlap()
    assert overlap.shape == (600,)
    assert ttest_1samp(overlap, 0.0).pvalue > LEAST_P
    assert abs(overlap.var() - 0.01) < 4.5 * 0.01 * np.sqrt(2 / 600)
