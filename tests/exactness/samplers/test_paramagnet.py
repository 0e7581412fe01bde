"""The paramagnet at N = 10^5, where its formulas hold up to 1/N, and the Gaussian energy identity at any N.

Above the static transition e = -alpha tanh(beta), c = alpha beta^2 / cosh^2(beta) and <q^2> = 1/N up to short loops:
a handful of them shift the total energy by O(1), which the bounds allow for with 5/N.
"""

import numpy as np
import pytest

import glassnet as gn

E = gn.ensembles
N = 99_999


@pytest.fixture(scope="module")
def glasses():
    return {"regular": E.regular(N, 3, 4, seed=1), "poisson": E.poisson(N, 3, 2.0, seed=1)}


def run(sampler, glass, temperature):
    """Energies per weight of 48 replicas, (8, 48), ten sweeps apart."""
    chain = sampler(glass, [temperature], n_replicas=48, seed=3)
    return chain.run(80, thermalization=60, measure_every=10, measure=["energy"]).energy.values[:, 0] / glass.n_weights


def deviation(energy, glass, temperature):
    """Distance of the mean energy from -alpha tanh(beta), in units of what is allowed."""
    exact = -glass.n_paths / glass.n_weights * np.tanh(1 / temperature)
    units = energy.mean(axis=0)
    return abs(units.mean() - exact) / (4.5 * units.std(ddof=1) / np.sqrt(len(units)) + 5 / glass.n_weights)


@pytest.mark.parametrize(("ensemble", "temperature"), [("regular", 1.3), ("regular", 15.0), ("poisson", 2.0)])
def test_energy_of_the_paramagnet(glasses, ensemble, temperature):
    glass = glasses[ensemble]
    energy = run(gn.ParallelTempering, glass, temperature)
    assert deviation(energy, glass, temperature) < 1
    # variance of 48 replicas and 8 nearly independent draws: relative error sqrt(2/384) = 7 %
    heat_capacity = energy.var() * glass.n_weights / temperature**2
    alpha, beta = glass.n_paths / glass.n_weights, 1 / temperature
    assert heat_capacity == pytest.approx(alpha * beta**2 / np.cosh(beta) ** 2, rel=4.5 * 0.0722)


@pytest.mark.parametrize("twin", ["Frozen", "HalfBeta", "LostPaths"])
def test_broken_samplers_miss_the_paramagnet(glasses, twins, twin):
    glass = glasses["regular"]
    assert deviation(run(twins[twin], glass, 1.3), glass, 1.3) > 10


def gaussian_identity(sampler, temperature=1.0, n_glasses=150):
    """z of <E> + beta M (1 - q_path) = 0 over Gaussian couplings (partial integration over every J_a), N = 24."""
    values = []
    for seed in range(n_glasses):
        glass = E.poisson(24, 3, 2.0, seed=seed, couplings="gaussian")
        chain = sampler(glass, [temperature, 1.4, 2.0, 3.0], n_replicas=8, seed=seed)
        record = chain.run(400, thermalization=200, measure_every=10, measure=["energy", "path_overlap"])
        overlap = record.path_overlap.values[:, 0].mean()
        values.append(record.energy.values[:, 0].mean() + glass.n_paths / temperature * (1 - overlap))
    return np.mean(values) / (np.std(values, ddof=1) / np.sqrt(len(values)))


def test_gaussian_couplings_obey_the_energy_identity():
    assert abs(gaussian_identity(gn.ParallelTempering)) < 4.5


@pytest.mark.parametrize("twin", ["Frozen", "HalfBeta"])
def test_broken_samplers_miss_the_energy_identity(twins, twin):
    assert abs(gaussian_identity(twins[twin], n_glasses=60)) > 4.5
