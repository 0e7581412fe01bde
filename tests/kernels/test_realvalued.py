"""The kernel for real couplings piece by piece: layout, energies without drift, acceptance, the interface in C."""

import ctypes
import sys

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Role, words
from glassnet.kernels import bitsliced
from glassnet.sampling.walkers import Walkers

E = gn.ensembles


def unpack(rows, n_bits):
    return np.unpackbits(np.ascontiguousarray(rows).view(np.uint8), axis=-1, bitorder="little")[:, :n_bits] > 0


def in_order(n):
    return np.pad(np.arange(n, dtype=np.int32), (0, -n % 64), constant_values=-1)


@pytest.mark.parametrize("n_weights", [3, 64, 65, 130])
@pytest.mark.parametrize("n_replicas", [1, 63, 64, 65, 200])
def test_weights_come_back_and_energies_are_theirs(isa, make_real, n_weights, n_replicas):
    glass = E.poisson(n_weights, 3, 1.7, seed=n_weights, couplings="gaussian")
    kernel, _, up = make_real(glass, [0.7], n_replicas=n_replicas)
    order = in_order(n_weights)
    assert (unpack(kernel.rows(order), n_weights)[:n_replicas] == up).all()
    assert np.allclose(kernel.energy[:n_replicas], glass.energy(np.where(up, 1, -1)), rtol=0, atol=1e-14 * n_weights)
    kernel.advance(7)
    now = np.where(unpack(kernel.rows(order), n_weights)[:n_replicas], 1, -1)
    assert np.allclose(kernel.energy[:n_replicas], glass.energy(now), rtol=0, atol=1e-14 * n_weights)
    rows = unpack(kernel.rows(in_order(glass.n_paths), paths=True), glass.n_paths)[:n_replicas]
    assert (rows == (now[:, glass.paths].prod(axis=2) > 0)).all()


def test_rows_come_in_the_order_asked_for(isa, make_real):
    """Any order, any repeats, 0 where it is negative, several words."""
    glass = E.regular(150, 3, 4, seed=1, couplings="gaussian")
    kernel, _, up = make_real(glass, [0.7], n_replicas=100)
    order = np.random.default_rng(1).integers(-40, 150, size=192).astype(np.int32)
    expected = np.where(order >= 0, up[:, order], False)
    assert (unpack(kernel.rows(order), 192)[:100] == expected).all()
    assert kernel.rows(np.empty(0, dtype=np.int32)).shape == (128, 0)


def test_paths_with_zero_coupling_keep_their_product(isa, make_real):
    """J_a = 0 puts no energy on a path, but the overlap over paths still counts it."""
    glass = gn.PathGlass([[0, 1], [1, 2], [0, 2]], [0.0, 1.3, -0.4])
    kernel, walkers, _ = make_real(glass, [1.0], n_replicas=20)
    kernel.advance(5)
    now = np.where(unpack(kernel.rows(in_order(3)), 3)[: walkers.n_lanes], 1, -1)
    rows = unpack(kernel.rows(in_order(3), paths=True), 3)[: walkers.n_lanes]
    assert (rows == (now[:, glass.paths].prod(axis=2) > 0)).all()


def test_couplings_of_very_different_sizes_add_up(isa, make_real):
    """J from 1e-300 to 1e290 in one glass: energies to the rounding of the largest, no invalid number anywhere."""
    couplings = np.array([1e-300, -1e-20, 1.5, 1e290, -3e289])
    glass = gn.PathGlass([[j, 5] for j in range(5)], couplings)
    kernel, walkers, _ = make_real(glass, [0.5, 1e290], n_replicas=20)
    kernel.advance(50)
    now = np.where(unpack(kernel.rows(in_order(6)), 6)[: walkers.n_lanes], 1, -1)
    assert np.allclose(kernel.energy[:40], glass.energy(now), rtol=1e-15, atol=0)


@pytest.mark.parametrize("field", [0.0, 0.4])
def test_nothing_drifts(isa, make_real, field):
    """After 20 000 sweeps signs and energies are bit for bit those recomputed from the weights."""
    glass = E.planted(E.poisson(30, 3, 1.5, seed=1, couplings="gaussian"), 1.0, seed=1)
    kernel, _, _ = make_real(glass, [0.5, 1.0, 3.0, 20.0], n_replicas=20, field=field)
    kernel.advance(20_000)
    assert_refreshed(kernel)


def test_nothing_drifts_in_a_billion_updates(make_real):
    glass = E.regular(120, 3, 4, seed=1, couplings="gaussian")
    kernel, _, _ = make_real(glass, gn.ladder.geometric(0.5, 1.5, 32), n_replicas=16)
    kernel.advance(10**9 // (120 * 512) + 1)
    assert_refreshed(kernel)


def assert_refreshed(kernel):
    path, energy = kernel.path.copy(), kernel.energy.copy()
    kernel.refresh()
    assert (path == kernel.path).all()
    assert (energy == kernel.energy).all()
    assert len(np.unique(energy)) > 20


def decisions(make_real, couplings, temperature, n_sweeps=20):
    """Costs dE seen and flips made by the last weight, whose paths lead to one free-standing weight each.

    It is visited last: it sees the new values of the others and its own old one.
    """
    k = len(couplings)
    glass = gn.PathGlass([[j, k] for j in range(k)], couplings)
    kernel, walkers, up = make_real(glass, [temperature], n_replicas=2048)
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
def test_acceptance_for_every_cost(isa, make_real, temperature, couplings):
    """Metropolis with 1/2 for dE = 0 and heat bath, in 20 bins of the cost: |z| < 4.5."""
    cost, flipped = decisions(make_real, couplings, temperature)
    assert worst_acceptance(cost, flipped, temperature) < 4.5


def test_five_percent_in_beta_are_caught(make_real):
    cost, flipped = decisions(make_real, GAUSSIAN, 4.0, n_sweeps=100)
    assert worst_acceptance(cost, flipped, 4.0) < 4.5
    assert worst_acceptance(cost, flipped, 4.2) > 4.5
    assert worst_acceptance(2 * cost, flipped, 4.0) > 4.5


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e8, 1e300])
def test_units_of_the_energy_do_not_matter(isa, make_real, scale):
    """Powers of ten in J and T together change no decision but those that rounding may change: same law of E / J."""
    glass = E.regular(12, 3, 4, seed=1, couplings="gaussian")
    scaled = gn.PathGlass(glass.paths, glass.couplings * scale)
    means = []
    for g, T, seed in ((glass, 1.0, 1), (scaled, scale, 2)):
        kernel, _, _ = make_real(g, [T], n_replicas=640, seed=seed)
        kernel.advance(100)
        total = np.zeros(640)
        for _ in range(400):
            kernel.advance(1)
            total += kernel.energy[:640] / (400 * T)
        means.append(total)
    first, second = means
    assert abs(first.mean() - second.mean()) < 4.5 * np.hypot(first.std(), second.std()) / np.sqrt(640)


@pytest.mark.parametrize("exponent", [-900, -1])
def test_powers_of_two_as_units_change_no_bit(isa, make_real, exponent):
    """Smaller units: larger ones would bring rungs below beta = 0.1, where they turn to the heat bath."""
    glass = E.poisson(30, 3, 2.0, seed=1, couplings="gaussian")
    temperatures = np.array([0.5, 1.0, 4.0])
    one, _, _ = make_real(glass, temperatures, 30)
    scaled = gn.PathGlass(glass.paths, np.ldexp(glass.couplings, exponent), glass.n_weights)
    two, _, _ = make_real(scaled, np.ldexp(temperatures, exponent), 30)
    for kernel in (one, two):
        kernel.advance(100)
    assert (one.weight == two.weight).all()
    assert (np.ldexp(one.energy, exponent) == two.energy).all()


@pytest.mark.parametrize("couplings", [1.0, 3.0])
def test_both_kernels_agree_on_the_same_glass(isa, make_real, couplings):
    """+-J couplings in the kernel for real ones: the same mean energy on every rung, |z| < 4.5."""
    glass = E.regular(24, 3, 4, seed=3)
    scaled = gn.PathGlass(glass.paths, couplings * glass.couplings)
    temperatures = np.array([0.7, 1.0, 1.6, 20.0])
    means = []
    walkers = Walkers(temperatures, 128, words(5, Role.EXCHANGES, 4))
    binary = bitsliced.BitSliced(glass, walkers, words(5, Role.SWEEPS, bitsliced.RNG_WORDS))
    binary.set_weights(np.random.default_rng(1).random((512, 24)) < 0.5)
    real, _, _ = make_real(scaled, couplings * temperatures, 128, seed=5)
    for kernel, unit in ((binary, 1.0), (real, couplings)):
        kernel.advance(400)
        total = np.zeros((128, 4))
        for _ in range(100):
            kernel.advance(5)
            total += kernel.energy[kernel.walkers.lane_at] / (100 * unit)
        means.append(total)
    difference = means[0].mean(axis=0) - means[1].mean(axis=0)
    error = np.sqrt((means[0].var(axis=0) + means[1].var(axis=0)) / 128)
    assert np.abs(difference / error).max() < 4.5


class Sampler(ctypes.Structure):
    """sampler_t of ext/common/sampler.h."""

    _fields_ = (
        ("kernel", ctypes.c_void_p),
        ("advance", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)),
        (
            "rows",
            ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int, ctypes.c_void_p),
        ),
        ("energy", ctypes.c_void_p),
    )


#: address in a capsule of this name
pointer = ctypes.pythonapi.PyCapsule_GetPointer
pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def test_the_c_interface_does_what_the_methods_do(isa, make_real):
    glass = E.poisson(70, 3, 1.5, seed=1, couplings="gaussian")
    one, two = (make_real(glass, [0.5, 1.0], 40)[0] for _ in range(2))
    capsule = two.interface
    sampler = Sampler.from_address(pointer(capsule, b"glassnet.kernels.sampler_t"))
    one.advance(30)
    sampler.advance(sampler.kernel, 30)
    assert (one.weight == two.weight).all()
    assert sampler.energy == two.energy.ctypes.data
    assert (one.energy == two.energy).all()
    for paths, n in ((False, glass.n_weights), (True, glass.n_paths)):
        order = in_order(n)
        out = np.empty((128, len(order) // 64), dtype=np.uint64)
        sampler.rows(sampler.kernel, order.ctypes.data, len(order) // 64, paths, out.ctypes.data)
        assert (out == one.rows(order, paths=paths)).all()


def test_the_c_interface_keeps_its_sampler_and_bears_a_name(make_real):
    kernel = make_real(E.regular(30, 3, 4, seed=1, couplings="gaussian"), [1.0])[0]
    before = sys.getrefcount(kernel)
    capsule = kernel.interface
    assert sys.getrefcount(kernel) == before + 1
    with pytest.raises(ValueError, match="incorrect name"):
        pointer(capsule, b"something else")
    del capsule
    assert sys.getrefcount(kernel) == before


def test_exchanges_alone_move_temperatures_only(isa, make_real):
    glass = E.regular(30, 3, 4, seed=1, couplings="gaussian")
    kernel, walkers, up = make_real(glass, [1.0, 1.1, 1.2], 40)
    lanes = walkers.lane_at.copy()
    kernel.exchange_only(9)
    assert (unpack(kernel.rows(in_order(30)), 30)[:120] == up).all()
    assert (lanes != walkers.lane_at).any()
    assert walkers.step[0] == 9
