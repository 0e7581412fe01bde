import numpy as np
import pytest

from glassnet._random import Role, words
from glassnet.kernels import bitsliced, realvalued
from glassnet.sampling.walkers import Walkers


@pytest.fixture(params=bitsliced.instruction_sets())
def isa(request, monkeypatch):
    """Every instruction set of this machine, in use."""
    monkeypatch.setenv("GLASSNET_ISA", request.param)
    return request.param


@pytest.fixture
def make_real():
    """Function that makes a kernel for real couplings, its walkers and its weights (n_lanes, n_weights), bool."""

    def make(glass, temperatures, n_replicas=4, seed=1, up=None, field=0.0):
        walkers = Walkers(np.asarray(temperatures, dtype=float), n_replicas, words(seed, Role.EXCHANGES, 4))
        n_blocks = -(-walkers.n_lanes // realvalued.LANES_PER_BLOCK)
        rng = words(seed, Role.SWEEPS, n_blocks * realvalued.RNG_WORDS)
        kernel = realvalued.RealValued(glass, walkers, rng, field)
        if up is None:
            up = np.random.default_rng(seed).random((walkers.n_lanes, glass.n_weights)) < 0.5
        kernel.set_weights(up)
        return kernel, walkers, up

    return make
