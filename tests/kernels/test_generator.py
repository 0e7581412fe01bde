"""The random numbers as they reach the decisions: accept bits of known probability, 2*10^5 and more in every lane.

Three glasses whose decisions need no knowledge of the order of visits:

- free weights take a fresh random bit at every visit: p = 1/2;
- leaves of a star with a hub too heavy to flip: Metropolis with p = exp(-2 beta J) where the path is satisfied;
- pairs of weights alone on their paths, heat bath: the product of the two is drawn anew, p = 1 / (1 + exp(-2 beta J)).

Residuals (bit - p) / sqrt(p (1 - p)) have mean 0 and variance 1 given all that came before, so sums of them, and of
products of two, are normal once divided by the root of the number of terms.
"""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import chi2, kstest, norm

import glassnet as gn
from glassnet._random import Role, Seed, words
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling.walkers import Walkers

N_DRAWS = 200_000
N_LAGS = 16
#: lanes that lie side by side, one weight after another or in the bits of a word
NEIGHBOURS = (1, 8)
#: probability of a false alarm in each of the statistics below
LEAST_P = 1e-6
CHUNK = 4096

KERNELS = {
    "bitsliced": (bitsliced, bitsliced.BitSliced),
    "realvalued": (realvalued, realvalued.RealValued),
}
#: more than one block of lanes, the last one not full
N_REPLICAS = {"bitsliced": 192, "realvalued": 46}


class Draws(NamedTuple):
    """Accept bits and which of them were left to chance, (n_lanes, n_sites) bool; p (n_lanes,)."""

    bits: np.ndarray
    open: np.ndarray | None
    p: np.ndarray


def start(kernel, glass, temperatures, n_replicas, seed=1, rng=None):
    """A kernel with random weights; `rng`: other words than those of the seed, made from them."""
    module, kind = KERNELS[kernel]
    walkers = Walkers(np.asarray(temperatures, dtype=float), n_replicas, words(seed, Role.EXCHANGES, 4))
    n_blocks = -(-walkers.n_lanes // module.LANES_PER_BLOCK)
    state = words(seed, Role.SWEEPS, n_blocks * module.RNG_WORDS)
    result = kind(glass, walkers, state if rng is None else rng(state, module.RNG_WORDS))
    result.set_weights(np.random.default_rng(3).random((walkers.n_lanes, glass.n_weights)) < 0.5)
    return result, walkers


def record(kernel, walkers, n_weights, n_sweeps):
    """Weights before and after each of `n_sweeps` sweeps: (n_lanes, n_sweeps + 1, n_weights) bool."""
    order = np.pad(np.arange(n_weights, dtype=np.int32), (0, -n_weights % 64), constant_values=-1)
    result = np.empty((walkers.n_lanes, n_sweeps + 1, n_weights), dtype=bool)
    for sweep in range(n_sweeps + 1):
        if sweep:
            kernel.advance(1)
        rows = np.ascontiguousarray(kernel.rows(order)[: walkers.n_lanes]).view(np.uint8)
        result[:, sweep] = np.unpackbits(rows, axis=-1, bitorder="little", count=n_weights)
    return result


def in_order(array):
    """(n_lanes, n_sweeps, n_weights) one sweep after another."""
    return np.ascontiguousarray(array).reshape(len(array), -1)


def free_bits(kernel, n_draws=N_DRAWS, n_weights=1000, n_lanes=None, **keywords):
    glass = gn.PathGlass(np.empty((0, 2), dtype=int), [], n_weights)
    chain, walkers = start(kernel, glass, [1.0], n_lanes or 3 * N_REPLICAS[kernel], **keywords)
    up = record(chain, walkers, n_weights, n_draws // n_weights)
    return Draws(in_order(up[:, 1:] ^ up[:, :-1]), None, np.full(walkers.n_lanes, 0.5))


def metropolis_bits(kernel, n_draws=N_DRAWS, n_leaves=2000, **keywords):
    """Three temperatures too far apart to be exchanged, each in its own lanes."""
    betas, J = np.array([1.2, 0.8, 0.4]), 1.0 if kernel == "bitsliced" else 0.9
    paths = np.stack([np.zeros(n_leaves, dtype=int), 1 + np.arange(n_leaves)], axis=1)
    glass = gn.PathGlass(paths, np.full(n_leaves, J))
    chain, walkers = start(kernel, glass, 1 / betas, N_REPLICAS[kernel], **keywords)
    chain.advance(20)
    rungs = walkers.rung_of.copy()
    up = record(chain, walkers, n_leaves + 1, int(1.5 * n_draws / n_leaves))
    assert (up[:, :, :1] == up[:, :1, :1]).all()
    assert (walkers.rung_of == rungs).all()
    satisfied, flipped = up[:, :-1, 1:] == up[:, :-1, :1], up[:, 1:, 1:] ^ up[:, :-1, 1:]
    assert flipped[~satisfied].all()
    return Draws(in_order(flipped), in_order(satisfied), np.exp(-2 * J * betas[rungs]))


def heat_bath_bits(kernel, n_draws=N_DRAWS, n_pairs=1000, **keywords):
    """Four equal paths through each pair, so that the weights are of degree 4."""
    beta, J = 0.095, 1.0 if kernel == "bitsliced" else 1.7
    glass = gn.PathGlass(np.repeat(np.arange(2 * n_pairs).reshape(-1, 2), 4, axis=0), np.full(4 * n_pairs, J))
    chain, walkers = start(kernel, glass, [1 / beta], 3 * N_REPLICAS[kernel], **keywords)
    up = record(chain, walkers, 2 * n_pairs, n_draws // n_pairs)
    p = 1 / (1 + np.exp(-8 * beta * J))
    return Draws(in_order(up[:, 1:, ::2] == up[:, 1:, 1::2]), None, np.full(walkers.n_lanes, p))


BITS = {"free weights": free_bits, "Metropolis": metropolis_bits, "heat bath": heat_bath_bits}


def sums(x):
    """Sums over the sites of x (n_lanes, n_sites), and of products: all pairs of lanes; lags; lags of neighbours."""
    n = x.shape[1]
    lags = range(1, N_LAGS + 1)
    serial = [np.einsum("ls,ls->l", x[:, : n - lag], x[:, lag:]) for lag in lags]
    beside = []
    for apart in NEIGHBOURS:
        one, two = x[:-apart], x[apart:]
        for lag in (1, 2, 3, 4):
            beside.append(np.einsum("ls,ls->l", one[:, : n - lag], two[:, lag:]))
            beside.append(np.einsum("ls,ls->l", two[:, : n - lag], one[:, lag:]))
    pairs = (x @ x.T)[np.triu_indices(len(x), 1)]
    return {
        "lane by lane": x.sum(axis=1),
        "pairs of lanes": pairs,
        "successive draws": np.concatenate(serial),
        "successive draws of neighbours": np.concatenate(beside),
    }


def z_scores(draws):
    """The sums over all sites, in standard deviations."""
    total, number = None, None
    p = draws.p[:, None].astype(np.float32)
    n_sites = draws.bits.shape[1] // CHUNK * CHUNK
    for first in range(0, n_sites, CHUNK):
        part = slice(first, first + CHUNK)
        x = (draws.bits[:, part] - p) / np.sqrt(p * (1 - p))
        if draws.open is not None:
            x *= draws.open[:, part]
        if draws.open is not None or number is None:
            open_now = np.ones_like(x) if draws.open is None else draws.open[:, part].astype(np.float32)
            here = sums(open_now)
            number = here if number is None else {name: number[name] + here[name] for name in here}
        here = {name: values.astype(np.float64) for name, values in sums(x).items()}
        total = here if total is None else {name: total[name] + here[name] for name in here}
    whole = n_sites // CHUNK if draws.open is None else 1
    return {name: total[name] / np.sqrt(number[name] * float(whole)) for name in total}


def p_values_of_patterns(draws):
    """Chi-square of every lane: how often each of the 16 outcomes of four successive draws is met, (n_lanes,)."""
    heads = np.array([bin(code).count("1") for code in range(16)])
    result = np.empty(len(draws.bits))
    for lane, (bits, p) in enumerate(zip(draws.bits, draws.p, strict=True)):
        mine = bits if draws.open is None else bits[draws.open[lane]]
        codes = mine[: len(mine) // 4 * 4].reshape(-1, 4) @ np.array([1, 2, 4, 8])
        expected = len(codes) * p**heads * (1 - p) ** (4 - heads)
        result[lane] = chi2.sf(((np.bincount(codes, minlength=16) - expected) ** 2 / expected).sum(), 15)
    return result


def alarms(draws):
    """What is not as it should be: names of the statistics with a probability below LEAST_P."""
    found = []
    for name, z in z_scores(draws).items():
        square = (z**2).sum()
        if min(chi2.sf(square, z.size), chi2.cdf(square, z.size)) < LEAST_P / 2:
            found.append(f"{name}: all together")
        if np.abs(z).max() > norm.isf(LEAST_P / 2 / z.size):
            found.append(f"{name}: worst")
    p = p_values_of_patterns(draws)
    if kstest(p, "uniform").pvalue < LEAST_P:
        found.append("patterns: all together")
    if p.min() < LEAST_P / p.size:
        found.append("patterns: worst")
    return found


@pytest.mark.parametrize("kind", BITS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_accept_bits_are_independent_and_have_their_probability(kernel, kind):
    draws = BITS[kind](kernel)
    n_lanes, n_sites = draws.bits.shape
    assert n_lanes > KERNELS[kernel][0].LANES_PER_BLOCK
    assert (np.full(n_lanes, n_sites) if draws.open is None else draws.open.sum(axis=1)).min() >= N_DRAWS
    assert alarms(draws) == []


def side_by_side(*draws):
    return Draws(np.concatenate([d.bits for d in draws]), None, np.concatenate([d.p for d in draws]))


@pytest.mark.parametrize("kernel", KERNELS)
def test_streams_of_seeds_and_tasks_are_independent(kernel):
    """Neighbouring seeds, and tasks of one seed: all lanes of all of them against each other."""
    seeds = [1, 2, Seed(1, "N=96,dilution=0.0,sample=0"), Seed(1, "N=96,dilution=0.0,sample=1")]
    assert alarms(side_by_side(*(free_bits(kernel, n_lanes=70, seed=seed) for seed in seeds))) == []


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
def test_three_times_as_many_metropolis_bits(kernel):
    assert alarms(metropolis_bits(kernel, n_draws=3 * N_DRAWS, seed=2)) == []


# what must be caught


@pytest.mark.parametrize("kernel", KERNELS)
def test_blocks_that_share_a_stream_are_caught(kernel):
    def repeat(state, n_words):
        return np.tile(state[:n_words], len(state) // n_words)

    draws = free_bits(kernel, n_draws=10_000, rng=repeat)
    assert "pairs of lanes: worst" in alarms(draws)
    lanes = KERNELS[kernel][0].LANES_PER_BLOCK
    assert (draws.bits[lanes] == draws.bits[0]).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_stream_that_runs_behind_another_is_caught(kernel):
    """A second chain takes the stream where the first one is after a sweep of four weights."""
    glass = gn.PathGlass(np.empty((0, 2), dtype=int), [], 4)
    ahead, _ = start(kernel, glass, [1.0], 1)
    ahead.advance(1)
    first, second = (
        free_bits(kernel, n_draws=40_000, n_weights=4, n_lanes=8, rng=rng)
        for rng in (None, lambda state, n_words: np.array(ahead.rng).ravel())
    )
    assert (first.bits[0, 4:] == second.bits[0, :-4]).all()
    assert "successive draws of neighbours: worst" in alarms(side_by_side(first, second))


@pytest.fixture(scope="module")
def good():
    draws = heat_bath_bits("realvalued")
    assert alarms(draws) == []
    return draws


def test_two_equal_lanes_are_caught(good):
    bits = good.bits.copy()
    bits[7] = bits[103]
    assert "pairs of lanes: worst" in alarms(good._replace(bits=bits))


def test_one_percent_in_a_threshold_is_caught(good):
    assert {"lane by lane: all together", "patterns: all together"} <= set(alarms(good._replace(p=1.01 * good.p)))


def test_four_percent_in_one_lane_are_caught(good):
    p = good.p.copy()
    p[9] *= 1.04
    assert "lane by lane: worst" in alarms(good._replace(p=p))


def test_two_draws_in_hundred_taken_twice_are_caught():
    """At p = 1/2 everywhere, so that a repeated draw changes no probability."""
    draws = free_bits("realvalued")
    again = np.random.default_rng(1).random(draws.bits.shape) < 0.02
    again[:, 0] = False
    bits = np.where(again, np.roll(draws.bits, 1, axis=1), draws.bits)
    assert "successive draws: all together" in alarms(draws._replace(bits=bits))
