"""Entropies and free energies against exact enumeration, from energies drawn exactly at every rung."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.analysis.averages import thermodynamics
from glassnet.analysis.nodes import nodes
from glassnet.statistics import multihistogram, standard_errors

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
    def trapezoid(energies, betas):
        mean = energies.frequencies @ energies.levels
        steps = 0.5 * (mean[1:] + mean[:-1]) * (betas[1:] - betas[:-1])
        return np.append(np.cumsum(steps[::-1])[::-1], 0.0)

    monkeypatch.setattr(multihistogram, "bennett", trapezoid)
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


def test_a_rung_knows_nothing_of_colder_ones(enumerated):
    """Rungs that are not in equilibrium must not move those above; combining all rungs, they would."""
    node, _ = enumerated
    spoilt = node.chain["energy"].copy()
    spoilt[:, :, :2] += 4
    one, other = (thermodynamics.averages(n) for n in (node, node._replace(chain=node.chain.assign(energy=spoilt))))
    for name in ("energy", "heat_capacity", "entropy", "free_energy"):
        assert (one[name].values[2:] == other[name].values[2:]).all()
        assert (one[name].values[0] != other[name].values[0]) or name == "heat_capacity"


def test_effective_draws_of_independent_energies_are_their_number(enumerated):
    node, _ = enumerated
    effective = thermodynamics.averages(node)["n_effective"]
    assert effective.dims == ("sample", "temperature")
    assert effective.values == pytest.approx(10_000, rel=0.15)


def test_peak_of_the_heat_capacity_between_the_rungs_equals_enumeration(enumerated):
    node, _ = enumerated
    measured = thermodynamics.averages(node)
    grid = np.linspace(0.5, 2.0, 301)
    for sample in range(node.n_samples):
        glass = gn.ensembles.poisson(n_weights=N, p=3, alpha=4 / 3, seed=sample)
        exact = np.asarray(gn.exact.thermodynamics(glass, grid).heat_capacity) / N
        assert float(measured["peak_height"][sample]) == pytest.approx(exact.max(), rel=0.05)
        assert abs(float(measured["peak_temperature"][sample]) - grid[exact.argmax()]) < 0.1


def test_disorder_error_is_that_of_the_mean_over_samples(enumerated):
    node, _ = enumerated
    averages = thermodynamics.averages(node)
    each = [thermodynamics.averages(one)["energy"].values[0] for one in each_sample(node)]
    assert averages["energy"].values[0] == pytest.approx(np.mean(each))
    expected = standard_errors.student_factor(4) * np.std(each, ddof=1) / 2
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
