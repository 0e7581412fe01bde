"""The kernel for real couplings piece by piece: acceptance, energies without drift, layout."""

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Role, words
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling.walkers import Walkers

E = gn.ensembles


@pytest.fixture(params=realvalued.instruction_sets())
def isa(request, monkeypatch):
    monkeypatch.setenv("GLASSNET_ISA", request.param)
    return request.param


def make(glass, temperatures, n_replicas=4, seed=1, up=None):
    walkers = Walkers(np.asarray(temperatures, dtype=float), n_replicas, words(seed, Role.EXCHANGES, 4))
    n_blocks = -(-walkers.n_lanes // realvalued.LANES_PER_BLOCK)
    kernel = realvalued.RealValued(glass, walkers, words(seed, Role.SWEEPS, n_blocks * realvalued.RNG_WORDS))
    if up is None:
        up = np.random.default_rng(seed).random((walkers.n_lanes, glass.n_weights)) < 0.5
    kernel.set_weights(up)
    return kernel, walkers, up


def unpack(rows, n_bits):
    return np.unpackbits(np.ascontiguousarray(rows).view(np.uint8), axis=-1, bitorder="little")[:, :n_bits] > 0


def in_order(n):
    return np.pad(np.arange(n, dtype=np.int32), (0, -n % 64), constant_values=-1)


@pytest.mark.parametrize("n_weights", [3, 64, 65, 130])
@pytest.mark.parametrize("n_replicas", [1, 63, 64, 65, 200])
def test_weights_come_back_and_energies_are_theirs(isa, n_weights, n_replicas):
    glass = E.poisson(n_weights, 3, 1.7, seed=n_weights, couplings="gaussian")
    kernel, _, up = make(glass, [0.7], n_replicas=n_replicas)
    order = in_order(n_weights)
    assert (unpack(kernel.rows(order), n_weights)[:n_replicas] == up).all()
    assert np.allclose(kernel.energy[:n_replicas], glass.energy(np.where(up, 1, -1)), rtol=0, atol=1e-12 * n_weights)
    kernel.advance(7)
    now = np.where(unpack(kernel.rows(order), n_weights)[:n_replicas], 1, -1)
    assert np.allclose(kernel.energy[:n_replicas], glass.energy(now), rtol=0, atol=1e-12 * n_weights)
    rows = unpack(kernel.rows(in_order(glass.n_paths), paths=True), glass.n_paths)[:n_replicas]
    tau = now[:, glass.paths].prod(axis=2)
    same = (np.where(rows, 1, -1) * np.where(rows[:1], 1, -1)) == tau * tau[:1]
    assert same.all()


def test_paths_with_zero_coupling_keep_their_product():
    """J_a = 0 puts no energy on a path, but the overlap over paths still counts it."""
    glass = gn.PathGlass([[0, 1], [1, 2], [0, 2]], [0.0, 1.3, -0.4])
    kernel, walkers, _ = make(glass, [1.0], n_replicas=20)
    kernel.advance(5)
    now = np.where(unpack(kernel.rows(in_order(3)), 3)[: walkers.n_lanes], 1, -1)
    rows = np.where(unpack(kernel.rows(in_order(3), paths=True), 3)[: walkers.n_lanes], 1, -1)
    tau = now[:, glass.paths].prod(axis=2)
    assert (rows * rows[:1] == tau * tau[:1]).all()


def test_nothing_drifts(isa):
    """After 20 000 sweeps the energies are bit for bit those of a kernel that was just given the same weights."""
    glass = E.regular(30, 3, 4, seed=1, couplings="gaussian")
    kernel, walkers, _ = make(glass, [0.5, 1.0, 3.0], n_replicas=20)
    kernel.advance(20_000)
    now = unpack(kernel.rows(in_order(30)), 30)[: walkers.n_lanes]
    fresh, _, _ = make(glass, [0.5, 1.0, 3.0], n_replicas=20, up=now)
    assert (kernel.energy[: walkers.n_lanes] == fresh.energy[: walkers.n_lanes]).all()


def decisions(couplings, temperature, n_sweeps=20):
    """Costs dE seen and flips made by the last weight, whose paths lead to one free-standing weight each.

    It is visited last: it sees the new values of the others and its own old one.
    """
    k = len(couplings)
    glass = gn.PathGlass([[j, k] for j in range(k)], couplings)
    kernel, walkers, up = make(glass, [temperature], n_replicas=2048)
    cost, flipped = [], []
    for _ in range(n_sweeps):
        kernel.advance(1)
        after = unpack(kernel.rows(in_order(k + 1)), k + 1)[: walkers.n_lanes]
        sign = np.where(after, 1.0, -1.0)
        mine = np.where(up[:, k], 1.0, -1.0)
        cost.append(2 * mine * (sign[:, glass.paths[:, 0]] @ glass.couplings))
        flipped.append(after[:, k] != up[:, k])
        up = after
    return np.concatenate(cost), np.concatenate(flipped)


def acceptance(cost, temperature):
    if temperature > 10:
        return 1 / (1 + np.exp(cost / temperature))
    return np.where(np.abs(cost) < 1e-12, 0.5, np.exp(-np.maximum(cost, 0) / temperature))


def worst_acceptance(cost, flipped, temperature, n_bins=20):
    """Largest |z| of the number of flips in equally full bins of the cost; inf for an impossible decision."""
    p = acceptance(cost, temperature)
    if (flipped != (p > 0.5))[(p == 0) | (p == 1)].any():
        return np.inf
    worst = 0.0
    for part in np.array_split(np.argsort(cost, kind="stable"), n_bins):
        spread = np.sqrt((p[part] * (1 - p[part])).sum())
        if spread:
            worst = max(worst, abs(flipped[part].sum() - p[part].sum()) / spread)
    return worst


GAUSSIAN = np.random.default_rng(1).normal(size=9)


@pytest.mark.parametrize("temperature", [1.0, 9.99, 10.01, np.inf])
@pytest.mark.parametrize("couplings", [GAUSSIAN, GAUSSIAN[:1], [2.0, 2.0, -2.0, 2.0], [0.0, 0.0, 1e-3]])
def test_acceptance_for_every_cost(isa, temperature, couplings):
    """Metropolis with 1/2 for dE = 0 and heat bath, in 20 bins of the cost: |z| < 4.5."""
    cost, flipped = decisions(couplings, temperature)
    assert worst_acceptance(cost, flipped, temperature) < 4.5


def test_five_percent_in_beta_are_caught():
    cost, flipped = decisions(GAUSSIAN, 4.0, n_sweeps=100)
    assert worst_acceptance(cost, flipped, 4.0) < 4.5
    assert worst_acceptance(cost, flipped, 4.2) > 4.5
    assert worst_acceptance(2 * cost, flipped, 4.0) > 4.5


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e8, 1e300])
def test_units_of_the_energy_do_not_matter(isa, scale):
    """Powers of ten in J and T together change no decision but those that rounding may change: same law of E / J."""
    glass = E.regular(12, 3, 4, seed=1, couplings="gaussian")
    scaled = gn.PathGlass(glass.paths, glass.couplings * scale)
    one, two = (
        gn.Metropolis(g, T, n_replicas=640, seed=s).run(400, thermalization=100, measure=["energy"]).energy.values
        for g, T, s in ((glass, 1.0, 1), (scaled, scale, 2))
    )
    first, second = one.mean(axis=(0, 1)), two.mean(axis=(0, 1)) / scale
    assert abs(first.mean() - second.mean()) < 4.5 * np.hypot(first.std(), second.std()) / np.sqrt(640)


def test_both_kernels_agree_on_the_same_glass(isa):
    """+-J couplings in the kernel for real ones: the same mean energy on every rung, |z| < 4.5."""
    glass = E.regular(24, 3, 4, seed=3)
    temperatures = [0.7, 1.0, 1.6, 20.0]
    means = []
    for module, kind in ((bitsliced, bitsliced.BitSliced), (realvalued, realvalued.RealValued)):
        walkers = Walkers(np.array(temperatures), 128, words(5, Role.EXCHANGES, 4))
        n_blocks = -(-walkers.n_lanes // module.LANES_PER_BLOCK)
        kernel = kind(glass, walkers, words(5, Role.SWEEPS, n_blocks * module.RNG_WORDS))
        kernel.set_weights(np.random.default_rng(1).random((walkers.n_lanes, 24)) < 0.5)
        kernel.advance(400)
        total = np.zeros((128, 4))
        for _ in range(100):
            kernel.advance(5)
            total += kernel.energy[walkers.lane_at] / 100
        means.append(total)
    difference = means[0].mean(axis=0) - means[1].mean(axis=0)
    error = np.sqrt((means[0].var(axis=0) + means[1].var(axis=0)) / 128)
    assert np.abs(difference / error).max() < 4.5
