"""Decisions of the kernel for real couplings, bit by bit: against their definition, with and without the short cut."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.kernels import arithmetic, realvalued

E = gn.ensembles
ONES = np.uint64(0xFFFFFFFFFFFFFFFF)


def unpack(rows, n_bits):
    return np.unpackbits(np.ascontiguousarray(rows).view(np.uint8), axis=-1, bitorder="little")[:, :n_bits] > 0


def in_order(n):
    return np.pad(np.arange(n, dtype=np.int32), (0, -n % 64), constant_values=-1)


def xoshiro(state):
    """Next words of xoshiro256++ streams, state (4, ...) uint64, advanced in place (D. Blackman and S. Vigna)."""

    def rotate(x, k):
        return x << np.uint64(k) | x >> np.uint64(64 - k)

    result = rotate(state[0] + state[3], 23) + state[0]
    shifted = state[1] << np.uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = rotate(state[3], 45)
    return result


def uniform(state):
    """The 64-bit numbers of a visit: 16 drawn bits, 48 from the state of the streams after it.

    state : (4, ..., 8), advanced; returns (..., 64), and the first word of each stream (..., 8)
    """
    drawn = np.concatenate([xoshiro(state), xoshiro(state)], axis=-1)
    words_of_state = np.concatenate(state, axis=-1)
    steps = np.array([0x9E3779B97F4A7C15, 2 * 0x9E3779B97F4A7C15 % 2**64], dtype=np.uint64)
    z = np.concatenate([words_of_state + step for step in steps], axis=-1)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return drawn.view(np.uint16).astype(np.uint64) << np.uint64(48) | z >> np.uint64(16), drawn[..., :8]


def probability(x, beta):
    small = arithmetic.exp(-np.abs(x))
    heat = np.where(x < 0, 1.0, small) / (1.0 + small)
    return np.where(beta < 0.1, heat, np.where(x == 0, 0.5, np.where(x < 0, 1.0, small)))


def below(numbers, p):
    """Whether 64-bit numbers lie below probabilities."""
    threshold = (np.minimum(p, 0.5) * 2.0**64 + 0.5).astype(np.uint64)
    threshold = np.where(p > 0.5, (p % 1.0 * 2.0**64 + 0.5).astype(np.uint64), threshold)
    return (p >= 1.0) | (numbers < threshold)


def reference_sweep(glass, weights, beta, state, field):
    """One sweep of 64 lanes, weights (64, n_weights) of +-1 in place, by the definition of the decisions."""
    for i in np.argsort(glass.degrees, kind="stable"):
        numbers, first = uniform(state)
        through = np.flatnonzero((glass.paths == i).any(axis=1))
        if len(through) == 0 and not field:
            flips = np.unpackbits(first[:1].view(np.uint8), bitorder="little") > 0
        else:
            h = np.zeros(64)
            for a in through:
                h += glass.couplings[a] * weights[:, glass.paths[a]].prod(axis=1)
            x = 2.0 * beta * h
            if field:
                x += 2.0 * field * weights[:, i] * glass.planted[i]
            flips = below(numbers, probability(x, beta))
        weights[flips, i] *= -1


@pytest.mark.parametrize("field", [0.0, 0.3])
@pytest.mark.parametrize("couplings", ["gaussian", "mixed"])
def test_chains_follow_the_definition_bit_by_bit(isa, make_real, couplings, field):
    """Sixty sweeps of glasses with all degrees from 0 to 12, dE = 0 among them, on rungs of both kinds."""
    glass = E.poisson(24, 3, 1.8, seed=3, couplings="gaussian")
    paths = np.concatenate([glass.paths, [[22, 23, j] for j in range(8)]])
    values = np.random.default_rng(2).normal(size=len(paths))
    if couplings == "mixed":
        values = np.where(values > 0.3, 2.0, np.where(values > -0.7, -1.0, 0.5))
    glass = E.planted(gn.PathGlass(paths, values, 25), 1.0, seed=1)
    assert glass.degrees.min() == 0
    assert glass.degrees.max() > 8
    temperatures = np.append(0.2 + 0.1 * np.arange(60), [9.9, 10.1, 50.0, np.inf])
    kernel, walkers, up = make_real(glass, temperatures, n_replicas=1, field=field)
    weights, state = np.where(up, 1, -1), kernel.rng[0].copy()
    for _ in range(60):
        kernel.sweep_only(1)
        reference_sweep(glass, weights, walkers.beta, state, field)
        assert (np.where(unpack(kernel.rows(in_order(25)), 25), 1, -1) == weights).all()
    assert (kernel.rng[0] == state).all()


def quick_and_full(make_real, values, field, n_sweeps=150):
    """Two kernels after the same sweeps on the same glass, the second without the short cut."""
    paths = np.concatenate([E.poisson(40, 3, 2.0, seed=1).paths, [[38, 39, j] for j in range(12)]])
    glass = E.planted(gn.PathGlass(paths, values[: len(paths)]), 1.0, seed=1)
    unit = np.abs(values).max() if np.abs(values).max() > 1e-300 else 1.0
    temperatures = unit * np.array([1e-5, 1e-3, 0.02, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0, 30.0, np.inf])
    quick, full = (make_real(glass, temperatures, 12, field=field)[0] for _ in range(2))
    full.ask_in_full()
    for kernel in (quick, full):
        kernel.advance(n_sweeps)
    return quick, full


NORMAL = np.random.default_rng(1).normal(size=92)


@pytest.mark.parametrize("values", [NORMAL, np.rint(NORMAL), NORMAL**3, 1e-9 * NORMAL, 1e-318 * NORMAL])
@pytest.mark.parametrize("field", [0.0, 0.3])
def test_the_short_cut_changes_nothing(isa, make_real, values, field):
    """It decides as the full comparison does, from T = 1e-5 to inf, in a million decisions each.

    Costs of 1e-318 are next to nothing at T = 1, but only at T = inf are they nothing.
    """
    quick, full = quick_and_full(make_real, values, field)
    assert (quick.weight == full.weight).all()
    assert (quick.rng == full.rng).all()
    assert (quick.energy == full.energy).all()


def test_too_small_a_margin_is_caught(isa, make_real, monkeypatch):
    monkeypatch.setattr(realvalued, "APPROXIMATION", 0.0)
    quick, full = quick_and_full(make_real, NORMAL, 0.0, n_sweeps=400)
    assert (quick.weight != full.weight).any()


@pytest.mark.parametrize("x", [14.0, 20.0, 25.0])
def test_rare_moves_are_neither_impossible_nor_too_frequent(isa, make_real, x):
    """States whose first word is 0 leave the top 16 bits at 0: the moves of 32 lanes hang on the lower 48 bits."""
    n_blocks, n_rounds = 500, 100
    kernel, _, _ = make_real(gn.PathGlass([[0, 1]], [x / 2]), [1.0], n_replicas=64 * n_blocks)
    rng = np.random.default_rng(5)
    p = arithmetic.exp(np.array([-x]))
    flipped = 0
    for _ in range(n_rounds):
        kernel.rng[...] = rng.integers(0, 2**64, size=kernel.rng.shape, dtype=np.uint64)
        kernel.rng[:, (0, 3)] = 0
        kernel.weight[...], kernel.path[...] = ONES, ONES
        numbers, _ = uniform(kernel.rng.swapaxes(0, 1).copy())
        kernel.sweep_only(1)
        now = unpack(~kernel.weight[:, :1], 64)
        assert (now == below(numbers, p)).all()
        flipped += now[:, :32].sum()
    expected = p[0] * 2**16 * 32 * n_blocks * n_rounds
    assert abs(flipped - expected) < 4.5 * np.sqrt(expected)


def threshold(x, bath):
    """Number of 64-bit numbers for which a move of cost x is accepted, by bisection."""
    low, high = 0, 2**64
    while low < high:
        middle = (low + high) // 2
        if realvalued.accepts(np.array([x]), bath, np.array([middle], dtype=np.uint64))[0]:
            low = middle + 1
        else:
            high = middle
    return low


@pytest.mark.parametrize("bath", [False, True])
def test_full_comparisons_have_the_exact_probability(bath):
    """To 1e-15 of it and one part in 2^64, down to e^-43; extended precision as reference."""
    for x in np.concatenate([[-800.0, -3.0, -1e-9, -1e-300, 0.0, 1e-300, 1e-9], np.linspace(0.01, 43.0, 200)]):
        exact = np.exp(-np.abs(np.longdouble(x)))
        if bath:
            exact = (1 if x < 0 else exact) / (1 + exact)
        else:
            exact = np.longdouble(0.5) if x == 0 else np.longdouble(1) if x < 0 else exact
        found = np.longdouble(threshold(x, bath)) / np.longdouble(2) ** 64
        assert abs(found - exact) < 1e-15 * exact + 2.0**-64
    assert threshold(800.0, bath) == 0


def worst_error(y, bath):
    exact = np.exp2(y.astype(np.longdouble))
    if bath:
        exact = exact / (1 + exact)
    elif (y == 0).any():
        exact = np.where(y == 0, np.longdouble(0.5), exact)
    return np.abs(realvalued.approximate(y, bath) / exact - 1).max()


@pytest.mark.parametrize("bath", [False, True])
def test_the_approximate_probability_keeps_its_bound(isa, bath):
    """2^20 arguments over the range that matters, and the edges of the polynomial's intervals."""
    y = np.linspace(-40.0, 20.0, 2**20, dtype=np.float32)
    worst = worst_error(y, bath)
    assert 5e-5 < worst < realvalued.APPROXIMATION - 1e-6
    edges = np.arange(-40.0, 20.0, 0.5, dtype=np.float32)
    edges = np.concatenate([np.nextafter(edges, np.float32(-50)), edges, np.nextafter(edges, np.float32(50))])
    edges = np.concatenate([edges, np.zeros(-len(edges) % 64, dtype=np.float32)])
    assert worst_error(edges, bath) < realvalued.APPROXIMATION - 1e-6


def test_extremes_of_the_approximate_probability(isa):
    y = np.zeros(64, dtype=np.float32)
    y[:6] = [-np.inf, -1e30, -200.0, 200.0, 1e30, np.nan]
    for bath in (False, True):
        q = realvalued.approximate(y, bath)
        assert (q[:3] < 1e-30).all()
        assert (q[3:5] > 1 - 2e-6).all()
        assert np.isnan(q[5])
        assert (np.abs(q[6:] - 0.5) < (5e-5 if bath else 1e-30)).all()
