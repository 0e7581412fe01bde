"""The Boltzmann law in every variant of the kernels: instruction set, degree of the weights, lanes, couplings.

Ladders that start in equilibrium are looked at once, after a few sweeps and exchanges, so that draws are independent;
single lanes are followed over time instead.
"""

import numpy as np
import pytest

import glassnet as gn
from glassnet import exact
from glassnet.kernels import bitsliced

E = gn.ensembles
ISAS = bitsliced.instruction_sets()
VARIANTS = ("binary", "real")
DEGREES = (*range(14), 17)
LEAST_P = 1e-7


@pytest.fixture(params=ISAS)
def isa(request, monkeypatch):
    monkeypatch.setenv("GLASSNET_ISA", request.param)
    return request.param


def values(rng, n, variant):
    signs = rng.choice([-1.0, 1.0], n)
    return signs if variant == "binary" else signs * rng.random(n)


def of_degree(k, variant):
    """Eight weights cut into two paths of four, k times."""
    rng = np.random.default_rng(k)
    paths = np.array([rng.permutation(8) for _ in range(k)], dtype=int).reshape(2 * k, 4)
    return gn.PathGlass(paths, values(rng, 2 * k, variant), 8)


def mixed(variant):
    """Degrees 0, 1, 2, ... 7 and 28."""
    pairs = [[0, i] for i in range(1, 8)] * 4 + [[i, j] for i in range(2, 7) for j in range(i + 1, 8)]
    return gn.PathGlass(pairs, values(np.random.default_rng(1), len(pairs), variant), 9)


def least_p(judge, sampler, glass, variant, n_replicas=2048, n_sweeps=6):
    """Smallest p-value over the rungs: Metropolis, heat bath, T = inf."""
    largest = max(1, int(glass.degrees.max()))
    temperatures = np.array([0.5 * np.sqrt(largest), 0.9 * np.sqrt(largest), 9.0, 11.0, np.inf])
    rng = np.random.default_rng(5)
    laws = [exact.probabilities(glass, T) for T in temperatures]
    start = np.array([exact.states(glass.n_weights)[rng.choice(len(law), n_replicas, p=law)] for law in laws])
    chain = sampler(glass, temperatures, n_replicas, seed=3, initial=start)
    chain.run(0, thermalization=n_sweeps, measure=["energy"])
    index = judge.numbers(chain.weights, glass.n_weights)
    return min(judge.chi_square(index[t], law) for t, law in enumerate(laws))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("degree", DEGREES)
def test_every_degree_keeps_the_boltzmann_law(judge, isa, degree, variant):
    glass = of_degree(degree, variant)
    assert (glass.degrees == degree).all()
    assert least_p(judge, gn.ParallelTempering, glass, variant) > LEAST_P


@pytest.mark.parametrize("variant", VARIANTS)
def test_mixed_degrees_keep_the_boltzmann_law(judge, isa, variant):
    glass = mixed(variant)
    assert least_p(judge, gn.ParallelTempering, glass, variant) > LEAST_P


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("degree", DEGREES[1:])
def test_half_of_beta_is_caught_at_every_degree(judge, twins, degree, variant):
    assert least_p(judge, twins["HalfBeta"], of_degree(degree, variant), variant) < LEAST_P


#: lanes: rungs; one lane, and the edges of a word, a block and two blocks
LANES = {
    "bitsliced": {1: 1, 63: 3, 64: 4, 65: 5, 511: 7, 512: 8, 513: 3, 1025: 5},
    "realvalued": {1: 1, 63: 3, 64: 4, 65: 5, 129: 3},
}
NUMBERS = [(v, n, t) for v in VARIANTS for n, t in LANES["bitsliced" if v == "binary" else "realvalued"].items()]


@pytest.mark.parametrize(("variant", "n_lanes", "n_rungs"), NUMBERS)
def test_every_number_of_lanes_has_the_boltzmann_law(judge, isa, variant, n_lanes, n_rungs):
    """First and last replica, 500 draws 30 sweeps apart: at these temperatures two or three forget everything."""
    glass = E.regular(6, 3, 3, seed=1, couplings="binary" if variant == "binary" else "gaussian")
    temperatures = np.linspace(1.6, 2.4, n_rungs)
    sampler = gn.ParallelTempering(glass, temperatures, n_lanes // n_rungs, seed=4)
    assert sampler.walkers.n_lanes == n_lanes
    record = sampler.run(15_000, thermalization=100, measure_every=30, measure=["weights"])
    index = judge.numbers(judge.recorded(record), 6)
    for t, T in enumerate(temperatures):
        law = exact.probabilities(glass, T)
        assert judge.chi_square(index[:, t, 0], law) > LEAST_P
        assert judge.chi_square(index[:, t, -1], law) > LEAST_P
    assert judge.chi_square(index[:, 0, -1], exact.probabilities(glass, temperatures[0] / 2)) < LEAST_P
