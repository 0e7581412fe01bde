"""The full law of configurations: chi-square over all 256 states of 8 weights.

Draws are more than 20 integrated autocorrelation times apart, measured on a pilot; cells that expect fewer than 5 of
them are pooled. The lowest temperature is 0.6 with exchange and 2.0 without. p > 1e-4 / 56 for each of 56 comparisons.
"""

import numpy as np
import pytest
from scipy.stats import kstest

import glassnet as gn
from glassnet import exact

E = gn.ensembles
TEMPERATURES = np.array([0.6, 1.0, 2.0, np.inf])
LEAST_P = 1e-4 / 56


def uneven():
    """12 paths of 3 through weight 0, 4 through weight 1 only, the others in between, weight 7 free."""
    rng = np.random.default_rng(4)
    paths = [[0, *rng.choice(np.arange(1, 7), 2, replace=False)] for _ in range(12)]
    paths += [[1, *rng.choice(np.arange(2, 7), 2, replace=False)] for _ in range(4)]
    return paths, 8


def given(couplings):
    paths, n_weights = uneven()
    rng = np.random.default_rng(5)
    values = rng.choice([-1.0, 1.0], len(paths)) if couplings == "binary" else rng.normal(size=len(paths))
    return gn.PathGlass(paths, values, n_weights)


GLASSES = {
    "regular p=3": lambda J: E.regular(8, 3, 3, seed=1, couplings=J),
    "regular p=4": lambda J: E.regular(8, 4, 4, seed=2, couplings=J),
    "diluted poisson p=2": lambda J: E.poisson(10, 2, 1.5, seed=3, couplings=J, dilution=0.2),
    "layered p=4": lambda J: E.layered(8, 4, 1.5, seed=4, couplings=J),
    "walks p=2": lambda J: E.walks((2, 2, 2), 1.5, seed=5, couplings=J),
    "degrees 0 to 12": given,
}
CASES = [(name, couplings) for name in GLASSES for couplings in ("binary", "gaussian")]


def correlation_time(series):
    """Integrated autocorrelation time in sweeps, the longest over the last axis; series (draw, chain, observable).

    Averages and variance are taken over all chains together, each sum runs to its first negative term.
    """
    series = series - series.mean(axis=(0, 1))
    lags = [(series[: len(series) - lag] * series[lag:]).mean(axis=(0, 1)) for lag in range(len(series) // 4)]
    rho = np.array(lags)[:, lags[0] > 0] / lags[0][lags[0] > 0]
    return 0.5 + (rho * np.cumprod(rho > 0, axis=0))[1:].sum(axis=0).max()


def spacing(judge, glass, temperatures):
    """Sweeps between draws: 21 times the longest correlation time of the energy and of any weight at any rung."""
    sampler = gn.ParallelTempering(glass, temperatures, n_replicas=48, seed=8)
    weights = judge.recorded(sampler.run(400, thermalization=500, measure=["weights"]))
    series = np.concatenate([glass.energy(weights)[..., None], weights], axis=-1)
    longest = max(correlation_time(series[:, t]) for t in range(len(temperatures)))
    assert longest < 40, "the pilot of 400 sweeps is too short to tell"
    return int(np.ceil(21 * longest))


def chain(judge, sampler, glass, temperatures, n_draws, apart):
    """Numbers of the states visited, (draw, temperature, replica)."""
    sampler = sampler(glass, temperatures, n_replicas=512 // len(temperatures), seed=8)
    record = sampler.run(n_draws * apart, thermalization=1000, measure_every=apart, measure=["weights"])
    return judge.numbers(judge.recorded(record), glass.n_weights)


def least_p(judge, glass, temperatures, index):
    return min(judge.chi_square(index[:, t], exact.probabilities(glass, T)) for t, T in enumerate(temperatures))


@pytest.mark.parametrize(("name", "couplings"), CASES)
def test_every_rung_has_the_boltzmann_law_of_its_temperature(judge, name, couplings):
    glass = GLASSES[name](couplings)
    assert glass.n_weights == 8
    apart = spacing(judge, glass, TEMPERATURES)
    n_draws = 1000 if couplings == "binary" else 250
    index = chain(judge, gn.ParallelTempering, glass, TEMPERATURES, n_draws, apart)
    assert least_p(judge, glass, TEMPERATURES, index) > LEAST_P


@pytest.mark.slow
@pytest.mark.parametrize(("name", "couplings"), CASES)
def test_every_rung_with_a_million_draws(judge, name, couplings):
    glass = GLASSES[name](couplings)
    index = chain(judge, gn.ParallelTempering, glass, TEMPERATURES, 8000, spacing(judge, glass, TEMPERATURES))
    assert least_p(judge, glass, TEMPERATURES, index) > LEAST_P


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("temperature", [2.0, 12.0])
def test_metropolis_has_the_boltzmann_law(judge, couplings, temperature):
    for name in ("regular p=3", "degrees 0 to 12"):
        glass = GLASSES[name](couplings)
        apart = spacing(judge, glass, [temperature])
        index = chain(judge, gn.ParallelTempering, glass, [temperature], 200, apart)
        assert least_p(judge, glass, [temperature], index) > LEAST_P


def test_the_uneven_glass_has_free_and_crowded_weights():
    degrees = given("binary").degrees
    assert degrees[7] == 0
    assert degrees[0] == 12
    assert len(set(degrees.tolist())) > 4


@pytest.mark.parametrize("twin", ["Frozen", "HalfBeta", "LostPaths", "MixedColumns", "InvertedSwaps"])
def test_broken_samplers_are_caught(judge, twins, twin):
    glass = GLASSES["regular p=3"]("binary")
    index = chain(judge, twins[twin], glass, TEMPERATURES, 100, 100)
    assert least_p(judge, glass, TEMPERATURES, index) < LEAST_P / 100


@pytest.mark.parametrize("temperature", [1.9, 2.1])
def test_five_percent_in_temperature_is_caught(judge, temperature):
    glass = GLASSES["regular p=3"]("binary")
    index = chain(judge, gn.ParallelTempering, glass, [2.0], 200, spacing(judge, glass, [2.0]))
    assert least_p(judge, glass, [temperature], index) < LEAST_P / 100


def test_chi_square_is_uniform_when_the_law_is_right(judge):
    """200 samples of a known law with rare cells: the p-values themselves pass a Kolmogorov-Smirnov test."""
    rng = np.random.default_rng(11)
    law = rng.gamma(0.3, size=256)
    law /= law.sum()
    values = [judge.chi_square(rng.choice(256, 4000, p=law), law) for _ in range(200)]
    assert kstest(values, "uniform").pvalue > 1e-3
    assert judge.chi_square(np.array([0, 1]), np.array([1.0, 0.0])) == 0.0
