"""Entropies and free energies against exact enumeration, from energies drawn exactly at every rung."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis import freeenergy, thermodynamics
from glassnet.analysis.nodes import nodes

TEMPERATURES = np.array([0.5, 0.7, 1.0, 1.5, 2.5, 5.0, np.inf])
N = 16


@pytest.fixture(scope="module")
def enumerated(synthetic):
    """Four glasses with 5000 x 2 independent energies on every rung, and their exact thermodynamics."""
    rng = np.random.default_rng(4)
    columns, exact = [], []
    for sample in range(4):
        glass = gn.ensembles.poisson(n_weights=N, p=3, alpha=4 / 3, seed=sample)
        levels, counts = gn.exact.density_of_states(glass)
        weights = np.log(counts) - np.outer(1 / TEMPERATURES, levels)
        weights = np.exp(weights - weights.max(axis=1, keepdims=True))
        drawn = [rng.choice(levels, size=(5000, 2), p=row / row.sum()) for row in weights]
        columns.append(np.stack(drawn, axis=1))
        exact.append(gn.exact.thermodynamics(glass, TEMPERATURES))
    data = synthetic.node(TEMPERATURES, np.array(columns), N)
    (node,) = nodes(synthetic.tree({f"/N{N}/dilution0.0": data}))
    return node, exact


def each_sample(node):
    """One node for every sample, so that thermal errors are tested without those of disorder."""
    for sample in range(node.n_samples):
        yield node._replace(chain=node.chain.isel(sample=[sample]))


def thermal_error(node):
    """Standard error of an entropy per weight, a sum over rungs: from 40 blocks of draws."""
    blocks = [node._replace(chain=node.chain.isel(draw=slice(k, None, 40))) for k in range(40)]
    entropies = [thermodynamics.averages(block)["entropy"].values for block in blocks]
    return np.std(entropies, axis=0, ddof=1) / np.sqrt(40)


def deviations(enumerated):
    node, exact = enumerated
    rows = []
    for one, thermal in zip(each_sample(node), exact, strict=True):
        measured = thermodynamics.averages(one)["entropy"].values[:-1]
        rows.append((measured - np.asarray(thermal.entropy)[:-1] / N) / thermal_error(one)[:-1])
    return np.array(rows)


def test_entropy_from_infinite_temperature_equals_enumeration(enumerated):
    # 24 comparisons against Student's t with 39 degrees of freedom, P(|t| > 5.5) = 3e-6
    assert np.abs(deviations(enumerated)).max() < 5.5


def test_entropy_from_a_bare_trapezoid_fails_the_same_test(enumerated, monkeypatch):
    def trapezoid(energies, betas, anchor):
        mean = energies.frequencies @ energies.levels
        steps = 0.5 * (mean[1:] + mean[:-1]) * (betas[1:] - betas[:-1])
        return anchor + np.append(np.cumsum(steps[::-1])[::-1], 0.0)

    monkeypatch.setattr(thermodynamics, "log_partition_function", trapezoid)
    assert np.abs(deviations(enumerated)).max() > 5.5


def test_energy_heat_capacity_and_free_energy_equal_enumeration(enumerated):
    node, exact = enumerated
    for one, thermal in zip(each_sample(node), exact, strict=True):
        measured = thermodynamics.averages(one)
        error = np.sqrt(np.asarray(thermal.heat_capacity)[:-1]) * TEMPERATURES[:-1] / np.sqrt(10_000)
        assert np.abs((measured["energy"].values[:-1] * N - np.asarray(thermal.energy)[:-1]) / error).max() < 4.5
        # the variance of a variance is at most a few times 2 var^2 / n: 0.1 is seven of its standard deviations
        ratio = measured["heat_capacity"].values[:-1] * N / np.asarray(thermal.heat_capacity)[:-1]
        assert ratio == pytest.approx(1, abs=0.1)
        free = -TEMPERATURES[:-1] * np.asarray(thermal.log_z)[:-1] / N
        assert measured["free_energy"].values[:-1] == pytest.approx(free, abs=0.01)


def test_bennett_is_exact_for_energies_that_do_not_vary():
    constant = freeenergy.histogram(np.full((5, 2, 3), -12.0))
    assert freeenergy.log_partition_function(constant, np.array([2.0, 1.5]), 1.0) == pytest.approx([7.0, 1.0], abs=1e-9)


def test_averages_between_the_rungs_equal_enumeration(enumerated):
    node, _ = enumerated
    wanted = np.array([0.6, 0.85, 1.2, 2.0])
    glass = gn.ensembles.poisson(n_weights=N, p=3, alpha=4 / 3, seed=2)
    exact = gn.exact.thermodynamics(glass, wanted)
    levels = freeenergy.histogram(node.chain["energy"].values[2])
    log_z = freeenergy.log_partition_function(levels, 1 / TEMPERATURES, N * np.log(2))
    mean, variance = freeenergy.between_rungs(levels, 1 / TEMPERATURES, log_z, 1 / wanted)
    # 10 000 draws on either side of every temperature asked for
    assert np.abs(mean - exact.energy).max() < 4.5 * np.sqrt(variance / 10_000).max()
    assert variance / wanted**2 == pytest.approx(np.asarray(exact.heat_capacity), rel=0.06)


def test_energies_of_real_couplings_are_binned_without_moving_their_mean():
    energies = np.random.default_rng(3).normal(size=(500, 3, 4))
    binned = freeenergy.histogram(energies)
    assert len(binned.levels) <= 2048
    assert binned.frequencies @ binned.levels == pytest.approx(energies.mean(axis=(0, 2)), abs=1e-3)
    assert binned.frequencies.sum(axis=1) == pytest.approx(1)


def test_disorder_error_is_that_of_the_mean_over_samples(enumerated):
    node, _ = enumerated
    averages = thermodynamics.averages(node)
    each = [thermodynamics.averages(one)["energy"].values[0] for one in each_sample(node)]
    assert averages["energy"].values[0] == pytest.approx(np.mean(each))
    expected = np.std(each, ddof=1) / 2
    assert averages["energy_stderr"].values[0] == pytest.approx(expected, rel=0.15)
    assert averages.attrs["anchor"] == "n_weights ln 2 at T = inf"


def test_thermal_error_of_the_energy_is_part_of_the_error(enumerated):
    node, exact = enumerated
    averages = thermodynamics.averages(node)
    variance = np.mean([np.asarray(one.heat_capacity)[:-1] * TEMPERATURES[:-1] ** 2 for one in exact], axis=0)
    # 4 samples of 10 000 independent draws
    expected = np.sqrt(variance / 10_000 / 4) / N
    assert averages["energy_thermal_stderr"].values[:-1] == pytest.approx(expected, rel=0.15)
    assert (averages["energy_thermal_stderr"] < averages["energy_stderr"]).values[0]
    (one, *_) = each_sample(node)
    alone = thermodynamics.averages(one)
    assert np.isnan(alone["energy_stderr"].values).all()
    assert alone["energy_thermal_stderr"].values[0] > 0


def test_a_single_infinite_temperature_has_entropy_and_no_heat_capacity_peak(enumerated):
    node, _ = enumerated
    averages = thermodynamics.averages(node._replace(chain=node.chain.isel(temperature=[-1])))
    assert averages["entropy"].values == pytest.approx([np.log(2)])
    assert np.isnan(averages["peak_temperature"].values).all()


def test_a_ladder_without_infinite_temperature_starts_from_the_paramagnet_and_says_so(enumerated):
    node, _ = enumerated
    averages = thermodynamics.averages(node._replace(chain=node.chain.isel(temperature=slice(0, -1))))
    assert averages.attrs["anchor"] == "the paramagnet at T = 5"
    whole = thermodynamics.averages(node)
    # loops shift ln Z of 16 weights at T = 5 by far less than this
    assert averages["entropy"].values == pytest.approx(whole["entropy"].values[:-1], abs=0.01)


def test_paramagnet_of_gaussian_couplings_is_the_mean_over_couplings(synthetic):
    data = synthetic.node([1.0], np.zeros((1, 2, 1, 2)), 30, couplings="gaussian")
    (node,) = nodes(synthetic.tree({"/N30/dilution0.0": data}))
    paramagnet = thermodynamics.Paramagnet(node)
    couplings = np.random.default_rng(1).normal(size=10**6)
    # a million couplings: standard errors below 1e-3
    energy = -4 / 3 * np.mean(couplings * np.tanh(0.8 * couplings))
    log_z = np.log(2) + 4 / 3 * np.mean(np.log(np.cosh(0.8 * couplings)))
    assert paramagnet.energy(0.8) == pytest.approx(energy, abs=5e-3)
    assert paramagnet.log_z(0.8) == pytest.approx(log_z, abs=5e-3)
    assert paramagnet.entropy(0.8) == pytest.approx(log_z + 0.8 * energy, abs=5e-3)
    assert paramagnet.entropy(0.0) == pytest.approx(np.log(2))


def test_paramagnet_of_other_couplings_is_not_known(synthetic):
    data = synthetic.node([1.0, np.inf], np.zeros((1, 2, 2, 2)), 30, couplings="given")
    (node,) = nodes(synthetic.tree({"/N30/dilution0.0": data}))
    averages = thermodynamics.averages(node)
    assert np.isnan(averages["paramagnet_energy"].values[0])
    assert averages["entropy"].values[-1] == pytest.approx(np.log(2))
