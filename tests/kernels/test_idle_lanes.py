"""Lane counts that do not fill a block are padded, and the padding changes nothing."""

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Role, words
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling.walkers import Walkers

E = gn.ensembles
KERNELS = {"binary": (bitsliced, bitsliced.BitSliced), "gaussian": (realvalued, realvalued.RealValued)}


def make(couplings, n_lanes, start, n_rungs=1, seed=1):
    """A kernel of n_lanes / n_rungs ladders on the first rows of `start`."""
    module, kind = KERNELS[couplings]
    glass = E.poisson(70, 3, 2.0, seed=1, couplings=couplings)
    walkers = Walkers(np.linspace(0.7, 1.6, n_rungs), n_lanes // n_rungs, words(1, Role.EXCHANGES, 4))
    n_blocks = -(-n_lanes // module.LANES_PER_BLOCK)
    kernel = kind(glass, walkers, words(seed, Role.SWEEPS, n_blocks * module.RNG_WORDS))
    kernel.set_weights(start[:n_lanes])
    return kernel


def random_start(n_lanes):
    return np.random.default_rng(1).random((n_lanes, 70)) < 0.5


def after(kernel, n_lanes, n_sweeps=30):
    """Energies and weights of the first lanes after some sweeps."""
    kernel.advance(n_sweeps)
    order = np.pad(np.arange(70, dtype=np.int32), (0, 58), constant_values=-1)
    return kernel.energy[:n_lanes].tobytes(), np.ascontiguousarray(kernel.rows(order)[:n_lanes]).tobytes()


@pytest.mark.parametrize("couplings", KERNELS)
def test_a_block_knows_nothing_of_those_after_it(isa, couplings):
    """One block, and the same block with one lane, half a block and a whole block behind it."""
    lanes = KERNELS[couplings][0].LANES_PER_BLOCK
    start = random_start(2 * lanes)
    numbers = (lanes, lanes + 1, lanes + lanes // 2, 2 * lanes)
    chains = {after(make(couplings, n, start), lanes) for n in numbers}
    assert len(chains) == 1
    assert after(make(couplings, lanes, start, seed=2), lanes) not in chains


@pytest.mark.parametrize("n_lanes", [1, 63, 65, 511, 515])
def test_what_stands_in_idle_lanes_is_never_read(isa, n_lanes):
    """Random bits in all idle lanes of the bit-sliced kernel: weights, products and so the energies there."""
    n_rungs = 5 if n_lanes % 5 == 0 else 1
    plain, disturbed = (make("binary", n_lanes, random_start(n_lanes), n_rungs) for _ in range(2))
    n_blocks, n_weights, _ = disturbed.weight.shape
    idle = np.arange(n_blocks * bitsliced.LANES_PER_BLOCK).reshape(n_blocks, 1, 64, 8) >= n_lanes
    noise = np.random.default_rng(2).random((n_blocks, n_weights, 64, 8)) < 0.5
    bits = np.ascontiguousarray((noise & idle).transpose(0, 1, 3, 2))
    disturbed.weight[...] |= np.packbits(bits, axis=-1, bitorder="little").view(np.uint64)[..., 0]
    disturbed.refresh()
    assert (disturbed.weight != plain.weight).any()
    assert (disturbed.energy != plain.energy).any()
    assert after(plain, n_lanes) == after(disturbed, n_lanes)
    assert plain.walkers.rung_of.tolist() == disturbed.walkers.rung_of.tolist()
    assert (plain.rng == disturbed.rng).all()
