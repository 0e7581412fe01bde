"""The planted population against density evolution, closed forms and a plain simulation in numpy."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import laplace

import glassnet.theory as theory
from glassnet.statistics.estimate import Estimate
from glassnet.theory.planted import population, steered_population

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


def close(estimate, expected, smallest=1e-6):
    """Four standard errors: one of 16000 tests fails by chance."""
    return abs(estimate.value - expected) < 4 * estimate.stderr + smallest


@pytest.mark.parametrize(
    ("theory_of", "temperature"),
    [
        (R34, 0.6),
        (R34, 0.7),
        (P32, 1.05),
        (theory.poisson(3, 2.0, dilution=0.2), 0.7),
        (theory.regular(3, 6, dilution=0.2), 0.7),
        (theory.regular(2, 4), 1.3),
        (theory.regular(4, 5), 0.6),
        (theory.poisson(8, 1.5), 0.5),
    ],
)
def test_density_evolution_agrees(theory_of, temperature):
    found = population.planted(theory_of, temperature, members=16_000, iterations=60, seed=2)
    assert 0 < found.overlap.stderr < 3e-3
    assert 0 < found.complexity.stderr < 2e-3
    assert close(found.overlap, theory_of.overlap(temperature), 3e-5)
    assert close(found.complexity, theory_of.complexity(temperature), 3e-5)
    assert found.energy == pytest.approx(theory_of.energy(temperature))
    state = theory_of.free_energy(temperature) + temperature * found.complexity.value
    assert found.free_energy.value == pytest.approx(state)


def test_transitions_of_the_reference():
    found = steered_population.dynamic_temperature(R34, iterations=50, seed=3)
    assert found.stderr < 1e-3
    assert close(found, 0.75279)
    found = population.static_temperature(R34, members=16_000, iterations=60, seed=3)
    assert found.stderr < 1e-3
    assert close(found, 0.65448)


@pytest.mark.slow
@pytest.mark.parametrize(("theory_of", "dynamic", "static"), [(R34, 0.75279, 0.65448), (P32, 1.14214, 1.06286)])
def test_transitions_to_four_digits(theory_of, dynamic, static):
    found = steered_population.dynamic_temperature(theory_of, seed=4)
    assert found.stderr < 3e-4
    assert close(found, dynamic)
    found = population.static_temperature(theory_of, seed=4)
    assert found.stderr < 1e-3
    assert close(found, static)


def test_no_transition():
    for place in (population.static_temperature, steered_population.dynamic_temperature):
        assert place(theory.regular(3, 2)) == Estimate(0.0, 0.0)
        assert place(theory.poisson(3, 0.5)) == Estimate(0.0, 0.0)
        assert place(theory.poisson(3, 2.0), [0.0, 0.0, 0.0, 1.0]) == Estimate(
            0.0, 0.0
        )  # three of four paths do nothing
    assert population.static_temperature(theory.regular(3, 3)) == Estimate(0.0, 0.0)


@pytest.mark.parametrize("place", [population.static_temperature, steered_population.dynamic_temperature])
def test_pairs_have_a_continuous_transition(place):
    assert tuple(place(theory.regular(2, 4))) == (pytest.approx(1.518651, abs=1e-6), 0.0)
    assert tuple(place(theory.poisson(2, 2.0))) == (pytest.approx(1.820478, abs=1e-6), 0.0)
    temperature = place(theory.regular(2, 4), "gaussian").value
    growth = quad(lambda j: math.tanh(j / temperature) ** 2 * math.exp(-j * j / 2), 0, 9)[0] * math.sqrt(2 / math.pi)
    assert 3 * growth == pytest.approx(1.0, abs=1e-5)


def test_prints_a_table():
    lines = str(population.planted(R34, 0.6, members=8_000, iterations=50)).splitlines()
    assert lines[0] == "planted glass at T = 0.6, populations of 8000 and 2000"
    assert [line.split("  ")[0] for line in lines[1:]] == ["overlap", "complexity", "free energy", "energy"]
    assert len({line.index(".") for line in lines[1:]}) == 1 and all(line.endswith(")") for line in lines[1:-1])
    assert (
        str(population.planted(R34, 0.9, members=8_000, iterations=50))
        .splitlines()[0]
        .endswith(": melted, the paramagnet")
    )


def test_paramagnet_above_the_transition():
    found = population.planted(R34, 0.9, members=8_000, iterations=50)
    assert (found.overlap, found.complexity) == (Estimate(0.0, 0.0), Estimate(0.0, 0.0))
    assert found.free_energy.value == pytest.approx(R34.free_energy(0.9))
    found = population.planted(theory.poisson(3, 1e-9), 0.3, members=8_000, iterations=50)
    assert found.free_energy.value == pytest.approx(-0.3 * math.log(2))
    found = population.planted(theory.regular(3, 1), 0.1, members=8_000, iterations=50)
    assert found.overlap == Estimate(0.0, 0.0)


def signed_population(sample, temperature, mean_degree, n_members, n_iterations, seed):
    """Overlap of P p = 3, signs and all: nothing in common with the kernel but the equations."""
    rng = np.random.default_rng(seed)
    fields, overlaps = np.full(n_members, 40.0), []
    for iteration in range(n_iterations):
        owner = np.repeat(np.arange(n_members), rng.poisson(mean_degree, n_members))
        size = np.abs(sample(rng, len(owner))) / temperature
        sign = np.where(rng.random(len(owner)) < (1 + np.tanh(size)) / 2, 1.0, -1.0)
        product = np.tanh(rng.choice(fields, (2, len(owner)))).prod(axis=0)
        argument = np.clip(np.tanh(size) * sign * product, -1 + 1e-15, 1 - 1e-15)
        fields = np.bincount(owner, np.arctanh(argument), minlength=n_members)
        if iteration >= n_iterations // 2:
            overlaps.append(np.tanh(fields).mean())
    return np.mean(overlaps)


@pytest.mark.parametrize(
    ("couplings", "sample"),
    [
        ("gaussian", lambda rng, n: rng.standard_normal(n)),
        (laplace.ppf, lambda rng, n: rng.laplace(size=n)),
        ([0.5, -1.0, 1.5], lambda rng, n: rng.choice([0.5, 1.0, 1.5], n)),
    ],
)
def test_other_couplings(couplings, sample):
    found = population.planted(theory.poisson(3, 3.0), 0.8, couplings, members=16_000, iterations=60, seed=5)
    expected = signed_population(sample, 0.8, 9.0, 20_000, 60, seed=6)
    assert found.overlap.value > 0.5
    # The noise of one numpy population is below sd(m)/sqrt(members) = 0.003 at each of 30 correlated iterations.
    assert found.overlap.value == pytest.approx(expected, abs=4 * found.overlap.stderr + 4e-3)


def test_one_unit_for_couplings_and_temperature():
    one = population.planted(P32, 1.0, [1.0, 0.5], members=8_000, iterations=50)
    two = population.planted(P32, 2.0, [2.0, 1.0], members=8_000, iterations=50)
    assert one.overlap == two.overlap
    assert one.complexity == two.complexity
    assert 2 * one.energy == two.energy


def test_seeds():
    keywords = {"temperature": 0.7, "members": 8_000, "iterations": 50}
    one = population.planted(R34, seed=1, **keywords)
    assert one == population.planted(R34, seed=1, **keywords)
    assert one != population.planted(R34, seed=2, **keywords)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"temperature": 0.01}, ValueError, "temperature must be >= 0.05, got 0.01"),
        ({"temperature": math.inf}, ValueError, "temperature must be a finite number"),
        ({"members": 100}, ValueError, "members must be in"),
        ({"iterations": 2}, ValueError, "iterations must be >= 50, got 2"),
        ({"couplings": "uniform"}, ValueError, "couplings must be one of 'binary', 'gaussian'"),
        ({"couplings": [0.0]}, ValueError, "couplings must not be empty or zero everywhere"),
        ({"couplings": None}, TypeError, "couplings must be an array"),
        ({"theory": "regular"}, TypeError, "theory must be made by glassnet.theory.regular"),
    ],
)
def test_impossible_asks(keywords, error, message):
    with pytest.raises(error, match=message):
        population.planted(**{"theory": R34, "temperature": 0.7} | keywords)


def test_weights_without_paths():
    for nothing in (theory.regular(3, 0), theory.poisson(3, 0.0)):
        assert population.planted(nothing, 0.5, members=8_000, iterations=50).energy == 0.0
        assert steered_population.dynamic_temperature(nothing) == Estimate(0.0, 0.0)
        assert population.static_temperature(nothing) == Estimate(0.0, 0.0)
