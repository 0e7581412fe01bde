"""The bit-sliced kernel piece by piece: thresholds, comparison, counting, energies, layout."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Role, words
from glassnet.kernels import bitsliced
from glassnet.sampling.walkers import Walkers

E = gn.ensembles
ISAS = bitsliced.instruction_sets()
DEGREES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20)
#: Metropolis from cold to beta = 0.1, heat bath beyond, and no interaction at all
TEMPERATURES = np.array([0.05, 0.2, 0.4, 0.7, 1.0, 1.7, 3.0, 9.99, 10.01, 30.0, 1000.0, np.inf])


def make(glass, temperatures, n_replicas=4, seed=1, field=0.0):
    """A kernel with random weights and the walkers it moves."""
    walkers = Walkers(np.asarray(temperatures, dtype=float), n_replicas, words(seed, Role.EXCHANGES, 4))
    n_blocks = -(-walkers.n_lanes // bitsliced.LANES_PER_BLOCK)
    kernel = bitsliced.BitSliced(glass, walkers, words(seed, Role.SWEEPS, n_blocks * bitsliced.RNG_WORDS), field)
    up = np.random.default_rng(seed).random((walkers.n_lanes, glass.n_weights)) < 0.5
    kernel.set_weights(up)
    return kernel, walkers, up


def unpack(rows, n_bits):
    return np.unpackbits(rows.view(np.uint8), axis=-1, bitorder="little")[:, :n_bits] > 0


def in_order(n):
    return np.pad(np.arange(n, dtype=np.int32), (0, -n % 64), constant_values=-1)


def stars(degrees):
    """For every degree k a weight on k paths, with k weights of its own at the other ends; random signs."""
    paths, centre = [], 0
    for k in degrees:
        paths += [[centre, centre + 1 + j] for j in range(k)]
        centre += k + 1
    signs = np.random.default_rng(3).choice([-1.0, 1.0], len(paths))
    return gn.PathGlass(paths, signs, centre)


# thresholds


def exact_acceptance(m, temperature):
    """Probability to accept dE = 2m, to 40 digits."""
    if np.isinf(temperature):
        return Decimal("0.5")
    ratio = (Decimal(-2) * m / Decimal(float(temperature))).exp()
    return ratio / (1 + ratio) if 1 / temperature < 0.1 else ratio


def threshold_error(planes, rungs, temperatures, classes):
    """Worst relative error where p > 1e-9, and worst absolute error below, over all lanes."""
    relative = absolute = 0.0
    with localcontext() as context:
        context.prec = 40
        for m in classes:
            exact = [exact_acceptance(m, T) for T in temperatures]
            for value, rung in zip(planes[:, m].tolist(), rungs.tolist(), strict=True):
                difference = abs(Decimal(value) / 2**64 - exact[rung])
                if exact[rung] > Decimal("1e-9"):
                    relative = max(relative, float(difference / exact[rung]))
                else:
                    absolute = max(absolute, float(difference))
    return relative, absolute


@pytest.mark.parametrize("degree", DEGREES)
def test_thresholds_read_back_from_the_planes(degree):
    """m = k, k - 2, ... for a weight of degree k, in every lane; the leaves add m = 1."""
    kernel, walkers, _ = make(stars([degree]), TEMPERATURES)
    classes = sorted({1, *range(degree, 0, -2)})
    relative, absolute = threshold_error(kernel.planes(), walkers.rung_of, TEMPERATURES, classes)
    assert relative < 1e-6
    assert absolute < 1e-14


def test_thresholds_of_all_degrees_at_once():
    kernel, walkers, _ = make(stars(DEGREES), TEMPERATURES)
    classes = range(1, max(DEGREES) + 1)
    used = {m for k in DEGREES for m in range(k, 0, -2)}
    planes = kernel.planes()
    assert planes.shape == (walkers.n_lanes, max(DEGREES) + 1)
    relative, absolute = threshold_error(planes, walkers.rung_of, TEMPERATURES, sorted(used))
    assert relative < 1e-6
    assert absolute < 1e-14
    assert (planes[:, [m for m in classes if m not in used]] == 0).all()


def test_infinite_temperature_is_exactly_one_half():
    kernel, walkers, _ = make(stars([4]), TEMPERATURES)
    assert (kernel.planes()[walkers.lane_at[:, -1]][:, [1, 2, 4]] == 2**63).all()


def test_short_and_wrong_thresholds_are_caught():
    """24 bits, as a float would give, and half of beta."""
    kernel, walkers, _ = make(stars([4]), TEMPERATURES)
    planes = kernel.planes()
    short = planes >> np.uint64(40) << np.uint64(40)
    assert threshold_error(short, walkers.rung_of, TEMPERATURES, [1, 2, 4])[0] > 1e-6
    assert threshold_error(planes, walkers.rung_of, 2 * TEMPERATURES, [2])[0] > 1e-6


def test_planes_follow_the_temperatures_when_they_are_exchanged(isa):
    """After every exchange each lane has the thresholds of the rung it sits on, in several blocks of lanes."""
    temperatures = np.array([0.6, 1.0, 1.8, 4.0, 20.0, np.inf])
    kernel, walkers, _ = make(E.poisson(40, 3, 1.5, seed=1), temperatures, n_replicas=150)
    born, per_rung = walkers.rung_of.copy(), kernel.planes()[walkers.lane_at[0]]
    for _ in range(5):
        kernel.advance(3)
        assert (kernel.planes() == per_rung[walkers.rung_of]).all()
    assert (walkers.rung_of != born).mean() > 0.5
    assert not (kernel.planes() == per_rung[born]).all()


@pytest.mark.parametrize("field", [0.03, 0.7, 30.0])
def test_thresholds_in_a_field(field):
    """Class 1 + 2 (m + max_degree) + s for dE / 2 + T K w w* = m + T K s': exp or heat bath of x = 2 m / T + 2 K s'."""
    glass = E.planted(stars([5, 8]), 1.0, seed=1)
    kernel, walkers, _ = make(glass, TEMPERATURES, field=field)
    planes = kernel.planes()
    for degree in (5, 8):
        for m in range(-degree, degree + 1, 2):
            for aligned, direction in ((0, -1), (1, 1)):
                x = 2 * m / TEMPERATURES + 2 * field * direction
                bath = 1 / (1 + np.exp(np.minimum(x, 700)))
                metropolis = np.where(np.abs(x) < 1e-12, 0.5, np.exp(-np.maximum(x, 0)))
                exact = np.where(1 / TEMPERATURES < 0.1, bath, metropolis)[walkers.rung_of]
                read = planes[:, 1 + 2 * (m + 8) + aligned] / 2.0**64
                assert np.abs(read - exact)[exact <= 1e-9].max(initial=0) < 1e-14
                assert np.abs(read / exact - 1)[exact > 1e-9].max(initial=0) < 1e-6


# comparison and counting


def bit_planes(values, n_bits):
    """(512,) numbers as (n_bits, 8) words, top bit first; lane l is bit l % 64 of word l // 64 here."""
    bits = values[None, :] >> np.arange(n_bits - 1, -1, -1)[:, None] & 1
    return np.packbits(bits.astype(np.uint8), axis=-1, bitorder="little").view(np.uint64)


@pytest.mark.parametrize("n_bits", [1, 2, 3, 4, 5])
def test_comparison_of_all_short_words(isa, n_bits):
    random, threshold = (part.ravel() for part in np.divmod(np.arange(4**n_bits), 2**n_bits))
    for first in range(0, 4**n_bits, 512):
        part = np.arange(first, first + 512) % 4**n_bits
        planes, numbers = bit_planes(threshold[part], n_bits), bit_planes(random[part], n_bits)
        accept, undecided = bitsliced.compare(planes, numbers)
        assert (unpack(accept[None], 512)[0] == (random < threshold)[part]).all()
        assert (unpack(undecided[None], 512)[0] == (random == threshold)[part]).all()
        swapped, _ = bitsliced.compare(numbers, planes)
        assert (unpack(swapped[None], 512)[0] != (random < threshold)[part]).any()


def decisions(degree, temperature, n_sweeps=30):
    """(number of satisfied paths, flipped or not) of the centre of a star at each of its visits.

    Leaves are of lower degree and come first, so the centre sees their new values and its own old one.
    """
    glass = stars([degree])
    kernel, walkers, up = make(glass, [temperature], n_replicas=2048)
    order = in_order(glass.n_weights)
    satisfied, flipped = [], []
    for _ in range(n_sweeps):
        kernel.advance(1)
        after = unpack(kernel.rows(order), glass.n_weights)[: walkers.n_lanes]
        sign = np.where(after, 1, -1)
        centre = np.where(up[:, 0], 1, -1)
        satisfied.append((glass.couplings * sign[:, 1:] * centre[:, None] > 0).sum(axis=1))
        flipped.append(after[:, 0] != up[:, 0])
        up = after
    return np.concatenate(satisfied), np.concatenate(flipped)


def worst_acceptance(satisfied, flipped, degree, temperature):
    """Largest |z| of the observed acceptance over all numbers of satisfied paths; inf for an impossible decision."""
    worst = 0.0
    for n in range(degree + 1):
        here = flipped[satisfied == n]
        m = 2 * n - degree
        p = 0.5 if m == 0 else float(exact_acceptance(m, temperature)) if m > 0 or temperature > 10 else 1.0
        spread = np.sqrt(p * (1 - p) * len(here))
        difference = abs(here.sum() - p * len(here))
        worst = max(worst, difference / spread if spread else np.inf * difference if difference else 0.0)
    return worst


@pytest.mark.parametrize("temperature", [2.5, 15.0])
@pytest.mark.parametrize("degree", (*DEGREES[1:], 13))
def test_acceptance_for_every_number_of_satisfied_paths(isa, degree, temperature):
    """The adders, the choice of the threshold and the comparison together: |z| < 4.5 for every n of every degree."""
    satisfied, flipped = decisions(degree, temperature)
    assert worst_acceptance(satisfied, flipped, degree, temperature) < 4.5
    assert len(np.unique(satisfied)) > degree / 2


@pytest.mark.parametrize("degree", [4, 9])
def test_one_wrong_class_is_caught(degree):
    """As if one number of satisfied paths were taken for its neighbour, or beta were 5 % off."""
    satisfied, flipped = decisions(degree, 2.5)
    usual = np.bincount(satisfied).argmax()
    assert worst_acceptance(np.where(satisfied == usual, usual + 1, satisfied), flipped, degree, 2.5) > 4.5
    assert worst_acceptance(satisfied, flipped, degree, 2.5 * 1.05) > 4.5


def test_a_single_path_is_counted(isa):
    """Degree 1: two weights on one path, satisfied or not; they are visited one after the other."""
    glass = stars([1])
    kernel, walkers, _ = make(glass, [1.5], n_replicas=4096)
    kernel.advance(20)
    satisfied = (kernel.energy[: walkers.n_lanes] < 0).mean()
    exact = 1 / (1 + np.exp(-2 / 1.5))
    assert abs(satisfied - exact) < 4.5 * np.sqrt(exact * (1 - exact) / 4096)


# energies and layout


@pytest.mark.parametrize("n_weights", [3, 63, 64, 65, 200])
@pytest.mark.parametrize("n_replicas", [1, 63, 64, 65, 511, 512, 513])
def test_weights_come_back_and_energies_are_theirs(isa, n_weights, n_replicas):
    glass = E.poisson(n_weights, 3, 1.7, seed=n_weights)
    kernel, _, up = make(glass, [0.7], n_replicas=n_replicas)
    order = in_order(n_weights)
    assert (unpack(kernel.rows(order), n_weights)[:n_replicas] == up).all()
    assert (kernel.energy[:n_replicas] == glass.energy(np.where(up, 1, -1))).all()
    kernel.advance(7)
    now = np.where(unpack(kernel.rows(order), n_weights)[:n_replicas], 1, -1)
    assert (kernel.energy[:n_replicas] == glass.energy(now)).all()
    tau = np.where(unpack(kernel.rows(in_order(glass.n_paths), paths=True), glass.n_paths)[:n_replicas], 1, -1)
    assert (tau == glass.couplings * now[:, glass.paths].prod(axis=2)).all()


def test_rows_in_any_order_with_gaps():
    kernel, walkers, up = make(E.poisson(70, 3, 1.5, seed=1), [1.0], n_replicas=100)
    order = np.random.default_rng(1).permutation(128).astype(np.int32)
    order[order >= 70] = -1
    rows = unpack(kernel.rows(order), 128)[: walkers.n_lanes]
    assert (rows == np.where(order >= 0, up[:, order], False)).all()


@pytest.mark.parametrize("n_paths", [0, 1, 7, 8, 9, 255, 256, 257, 5000])
def test_energies_for_every_number_of_paths(isa, n_paths):
    """The carry-save counter at and around its powers of two, also with all paths satisfied or none."""
    rng = np.random.default_rng(n_paths)
    paths = np.array([rng.choice(30, 3, replace=False) for _ in range(n_paths)]).reshape(-1, 3)
    for couplings in (np.ones(n_paths), rng.choice([-1.0, 1.0], n_paths)):
        glass = gn.PathGlass(paths.astype(int), couplings, 30)
        kernel, walkers, up = make(glass, [1.0], n_replicas=70)
        up[0], up[1] = True, False
        kernel.set_weights(up)
        assert (kernel.energy[: walkers.n_lanes] == glass.energy(np.where(up, 1, -1))).all()
        assert kernel.energy[0] == -couplings.sum()


def test_refresh_changes_nothing_that_is_up_to_date():
    kernel, walkers, _ = make(E.regular(60, 3, 4, seed=1), [0.6, 1.0, 3.0], n_replicas=100)
    kernel.advance(50)
    before = kernel.planes(), kernel.energy.copy(), kernel.rows(in_order(80), paths=True)
    kernel.refresh()
    after = kernel.planes(), kernel.energy.copy(), kernel.rows(in_order(80), paths=True)
    lanes = slice(walkers.n_lanes)
    assert all((one[lanes] == two[lanes]).all() for one, two in zip(before, after, strict=True))


@pytest.mark.parametrize("degree", [*range(1, 14), 17])
def test_the_lower_halves_of_thresholds_decide_when_they_must(isa, degree):
    """With U = 0 in every lane only a threshold of zero refuses: rungs whose thresholds of dE = 2 k lie below 2^32
    (accept) and below 1 (refuse), sorted out after every exchange by the planes that are laid last."""
    glass = gn.PathGlass(np.repeat(np.arange(6).reshape(-1, 2), degree, axis=0), np.ones(3 * degree), 6)
    temperatures = np.array([2 * degree / (bits * np.log(2)) for bits in (80.0, 40.0)])
    chain = gn.ParallelTempering(glass, temperatures, 700, seed=3, initial=np.ones(6, dtype=np.int8))
    kernel, walkers, swapped = chain.kernel, chain.walkers, 0
    for _ in range(4):
        kernel.rng[...] = 0  # a fixed point of the generator
        before, rungs = chain.weights, walkers.rung_of.copy()
        kernel.sweep_only(1)
        moved = chain.weights != before
        assert not moved[0].any()
        assert moved[1].all()
        kernel.exchange_only(1)
        swapped += (walkers.rung_of != rungs).sum()
    assert swapped
