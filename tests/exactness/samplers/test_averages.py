"""Averages of every ensemble against the sum over all configurations.

128 independent ladders over T = 0.5, 0.9, 1.8 and 15 (the last one in the heat-bath regime). Energies have 128
independent replicas, overlaps the 64 disjoint pairs of replicas; |z| < 4.5 for each of 2600 comparisons.
"""

import itertools

import numpy as np
import pytest

import glassnet as gn
from glassnet import exact

E = gn.ensembles
TEMPERATURES = np.array([0.5, 0.9, 1.8, 15.0])

#: every ensemble at p = 2, 3, 4, 5 with at most 14 weights
SHAPES = {
    "regular": {2: (12, 3), 3: (12, 4), 4: (12, 4), 5: (10, 4)},
    "poisson": {2: (13, 1.5), 3: (12, 1.5), 4: (13, 1.2), 5: (11, 1.5)},
    "layered": {2: (12, 1.5), 3: (12, 1.5), 4: (12, 1.2), 5: (10, 1.5)},
    "walks": {2: (2, 3, 2), 3: (2, 2, 2, 2), 4: (1, 2, 2, 2, 1), 5: (2, 1, 2, 2, 1, 2)},
}
#: long paths rarely survive: these start from more
SHAPES_DILUTED = {("regular", 5): (15, 9), ("layered", 5): (15, 4.0)}
CASES = list(itertools.product(SHAPES, (2, 3, 4, 5), ("binary", "gaussian"), (0.0, 0.2)))


def draw(ensemble, p, couplings, dilution, seed=3):
    shape = SHAPES[ensemble][p]
    if dilution:
        shape = SHAPES_DILUTED.get((ensemble, p), shape)
    keywords = {"seed": seed, "couplings": couplings, "dilution": dilution}
    if ensemble == "walks":
        return E.walks(shape, 1.5, **keywords)
    return getattr(E, ensemble)(shape[0], p, shape[1], **keywords)


# overlaps of all patterns O = w w', written for reading: one pattern per row


def path_overlap(glass, patterns):
    return np.mean([patterns[:, path].prod(axis=1) for path in glass.paths], axis=0)


def layer_sums(glass, patterns):
    return np.stack([patterns[:, glass.layer == number].sum(axis=1) for number in range(glass.p)], axis=1)


def all_walks(glass, patterns):
    """1^T O_1 O_2 ... O_p 1, absent edges 0."""
    ahead = np.ones((len(patterns), glass.widths[0]))
    for number in range(glass.p):
        matrix = np.zeros((len(patterns), glass.widths[number], glass.widths[number + 1]))
        for i in np.flatnonzero(glass.layer == number):
            matrix[:, glass.edges[i, 0], glass.edges[i, 1]] = patterns[:, i]
        ahead = np.einsum("si,sij->sj", ahead, matrix)
    return ahead.sum(axis=1)


def overlap(glass, patterns):
    if glass.edges is not None:
        return all_walks(glass, patterns) / all_walks(glass, np.ones_like(patterns[:1]))
    if glass.has_layers:
        sizes = np.bincount(glass.layer)
        return (layer_sums(glass, patterns) / sizes).prod(axis=1)
    return patterns.mean(axis=1)


def matched_overlap(glass, patterns):
    n = glass.n_weights
    if glass.edges is not None:
        return gauge_fixed(glass, patterns) / n
    if glass.has_layers:
        signs = [s for s in itertools.product((1, -1), repeat=glass.p) if np.prod(s) == 1]
        return np.max([layer_sums(glass, patterns) @ np.array(s) for s in signs], axis=0) / n
    q = patterns.mean(axis=1)
    return np.abs(q) if glass.p % 2 == 0 else q


def gauge_fixed(glass, patterns):
    """A forward pass through the hidden neurons, then g <- sign(O g) layer by layer until nothing changes.

    A neuron without a sign takes that of the first term, where the sum of them all vanishes.
    """
    neuron = np.concatenate([[0], np.cumsum(glass.widths)])
    tail, head = neuron[glass.layer] + glass.edges[:, 0], neuron[glass.layer + 1] + glass.edges[:, 1]
    gauge = np.ones((len(patterns), neuron[-1]), dtype=int)
    gauge[:, neuron[1] : neuron[-2]] = 0
    before = None
    for sweep in range(100):
        if sweep > 1 and (gauge == before).all():
            break
        before = gauge.copy()
        for number in range(1, glass.p):
            incoming, outgoing = np.flatnonzero(glass.layer == number - 1), np.flatnonzero(glass.layer == number)
            total, first = np.zeros_like(gauge), np.zeros_like(gauge)
            for here, there, edges in ((head, tail, incoming), (tail, head, outgoing if sweep else [])):
                for i in edges:
                    term = patterns[:, i] * gauge[:, there[i]]
                    total[:, here[i]] += term
                    first[:, here[i]] += np.where(first[:, here[i]] == 0, term, 0)
            for i in range(neuron[number], neuron[number + 1]):
                unset = gauge[:, i] == 0
                push = np.where(unset & (total[:, i] == 0), first[:, i], total[:, i])
                gauge[:, i] = np.where(unset | (push * gauge[:, i] < 0), np.sign(push), gauge[:, i])
    return (patterns * gauge[:, tail] * gauge[:, head]).sum(axis=1)


OVERLAPS = {
    "weight_overlap": lambda glass, patterns: patterns.mean(axis=1),
    "overlap": overlap,
    "matched_overlap": matched_overlap,
    "path_overlap": path_overlap,
}


def expected(values, probability):
    """Mean and standard deviation of one draw at every temperature; values (n_states,) or one row per temperature."""
    mean = (probability * values).sum(axis=-1)
    return mean, np.sqrt(np.maximum(0.0, (probability * values**2).sum(axis=-1) - mean**2))


def all_z_scores(judge, glass, dataset):
    """z of <E>, the heat capacity, and mean, second and fourth moment of all overlaps: a dict of arrays."""
    temperatures = dataset.temperature.values
    configurations = exact.states(glass.n_weights).astype(int)
    probability = np.array([exact.probabilities(glass, T) for T in temperatures])
    energies = glass.energy(configurations)
    mean, sd = expected(energies, probability)
    series = dataset.energy.values
    result = {"energy": judge.z_scores(series, mean, sd)}
    spread, spread_sd = expected((energies - mean[:, None]) ** 2, probability)
    square = temperatures[:, None] ** 2
    result["heat capacity"] = judge.z_scores(
        (series - mean[:, None]) ** 2 / square, spread / square[:, 0], spread_sd / square[:, 0]
    )
    first, second = dataset.replica_a.values, dataset.replica_b.values
    disjoint = np.flatnonzero((first % 2 == 0) & (second == first + 1))
    probability = np.array([exact.product_distribution(glass, T) for T in temperatures])
    for name, function in OVERLAPS.items():
        values = function(glass, configurations)
        measured = dataset[name].values[..., disjoint]
        for power in (1, 2, 4):
            moments = expected(values**power, probability)
            result[f"{name}^{power}"] = judge.z_scores(measured**power, *moments)
    return result


def sample(sampler, glass, temperatures=TEMPERATURES, n_draws=40):
    chain = sampler(glass, temperatures, n_replicas=128, seed=6)
    # the glassiest of these instances remember their start for 1000 sweeps: long runs would see it in their averages
    thermalization = 1000 + 4 * n_draws
    return chain.run(16 * n_draws, thermalization=thermalization, measure_every=16, measure=["energy", *OVERLAPS])


def worst(judge, glass, dataset):
    return max((np.abs(z).max(), name) for name, z in all_z_scores(judge, glass, dataset).items())


@pytest.mark.parametrize(("ensemble", "p", "couplings", "dilution"), CASES)
def test_energies_heat_capacities_and_overlaps(judge, ensemble, p, couplings, dilution):
    glass = draw(ensemble, p, couplings, dilution)
    assert glass.n_weights <= 14
    assert glass.n_paths > 2
    assert bool(dilution) == (glass.parent_index[-1] >= glass.n_weights)
    z, name = worst(judge, glass, sample(gn.ParallelTempering, glass))
    assert z < judge.z_max, f"{name} is {z:.1f} standard errors off"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.parametrize(("ensemble", "p", "couplings", "dilution"), CASES)
def test_the_same_with_four_times_smaller_error_bars(judge, ensemble, p, couplings, dilution, seed):
    glass = draw(ensemble, p, couplings, dilution, seed)
    z, name = worst(judge, glass, sample(gn.ParallelTempering, glass, n_draws=800))
    assert z < judge.z_max, f"{name} is {z:.1f} standard errors off"


def test_heat_capacity_and_energy_of_the_reference_are_those_of_the_package():
    glass = draw("regular", 3, "gaussian", 0.0)
    energies = glass.energy(exact.states(glass.n_weights))
    for T in TEMPERATURES:
        mean, sd = expected(energies, exact.probabilities(glass, T))
        assert exact.thermodynamics(glass, T).energy == pytest.approx(mean, rel=1e-12)
        assert exact.thermodynamics(glass, T).heat_capacity == pytest.approx(sd**2 / T**2, rel=1e-10)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("twin", ["Frozen", "HalfBeta", "LostPaths", "MixedColumns"])
def test_broken_samplers_are_caught(judge, twins, twin, couplings):
    glass = draw("regular", 3, couplings, 0.0)
    z, _ = worst(judge, glass, sample(twins[twin], glass))
    assert z > judge.z_max


@pytest.mark.parametrize("twin", ["StaleThresholds", "InvertedSwaps"])
def test_broken_exchanges_are_caught(judge, twins, twin):
    glass = draw("regular", 3, "binary", 0.0)
    z, _ = worst(judge, glass, sample(twins[twin], glass, n_draws=20))
    assert z > judge.z_max


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_low_temperatures_need_exchange(judge, twins, couplings):
    """From T = 0.25 up, where a configuration that keeps its temperature stays in the valley it fell into."""
    glass, temperatures = draw("regular", 3, couplings, 0.0), np.array([0.25, 0.4, 0.65, 1.1, 2.0])
    z, name = worst(judge, glass, sample(gn.ParallelTempering, glass, temperatures))
    assert z < judge.z_max, f"{name} is {z:.1f} standard errors off"
    z, _ = worst(judge, glass, sample(twins["NeverExchanging"], glass, temperatures))
    assert z > judge.z_max
