import itertools
import math

import pytest

from glassnet import theory
from glassnet.statistics.estimate import Estimate
from glassnet.theory.zero_temperature import ground_state

R34 = theory.regular(p=3, degree=4)


def test_regular_glass_of_the_reference():
    found = ground_state.ground_state(R34)
    assert tuple(found.energy) == (pytest.approx(-1.217708, abs=1e-6), 0.0)
    assert tuple(found.y) == (pytest.approx(1.41155, abs=1e-5), 0.0)
    assert ground_state.threshold_energy(R34) == pytest.approx(-1.13880, abs=1e-5)


def enumerated(p, degree, y):
    """Phi(y) of a regular glass, all values of all messages one by one."""

    def weigh(n, eta):
        nonzero = total = 0.0
        for messages in itertools.product((-1, 0, 1), repeat=n):
            weight = math.prod(1 - eta if u == 0 else eta / 2 for u in messages)
            weight *= math.exp(-y * (sum(map(abs, messages)) - abs(sum(messages))))
            total += weight
            nonzero += weight * (sum(messages) != 0)
        return nonzero / total, total

    zeta = 1.0
    for _ in range(400):
        zeta, _ = weigh(degree - 1, zeta ** (p - 1))
    _, total = weigh(degree, zeta ** (p - 1))
    broken = zeta**p / 2
    path = math.log((1 - broken) * math.exp(y) + broken * math.exp(-y))
    return -(math.log(total) + degree * y - (p - 1) * degree / p * path) / y


@pytest.mark.parametrize(("p", "degree", "y"), [(3, 4, 1.2), (3, 4, 2.0), (3, 5, 1.0), (4, 6, 1.5), (5, 6, 2.0)])
def test_against_enumeration(p, degree, y):
    found = ground_state.energetic(theory.regular(p, degree), y)
    assert found.potential.value == pytest.approx(enumerated(p, degree, y), abs=1e-11)
    slope = ((y + 1e-4) * enumerated(p, degree, y + 1e-4) - (y - 1e-4) * enumerated(p, degree, y - 1e-4)) / 2e-4
    assert found.energy.value == pytest.approx(slope, abs=1e-6)
    assert found.complexity.value == pytest.approx(y * (slope - found.potential.value), abs=1e-5)


def test_population_of_alike_weights():
    """Dilution so weak that nothing is diluted: the population must do what the closed form does."""
    found = ground_state.energetic(theory.regular(3, 4, dilution=1e-9), 1.4, members=500, iterations=20)
    exact = ground_state.energetic(R34, 1.4)
    assert found.potential.value == pytest.approx(exact.potential.value, abs=1e-6)
    assert found.energy.value == pytest.approx(exact.energy.value, abs=1e-6)


def test_poisson_glass_of_the_reference():
    found = ground_state.ground_state(theory.poisson(3, 2.0), members=1000, iterations=20)
    assert found.energy.stderr < 3e-3
    assert found.energy.value == pytest.approx(-1.531, abs=0.002 + 4 * found.energy.stderr)
    assert 0.7 < found.y.value < 1.0


@pytest.mark.parametrize("cavity", [theory.regular(3, 3), theory.poisson(3, 0.91), theory.poisson(5, 0.5)])
def test_satisfiable(cavity):
    found = ground_state.ground_state(cavity)
    assert found.energy == Estimate(-cavity.alpha, 0.0)
    assert found.y == Estimate(math.inf, 0.0)


def test_prints_tables():
    assert str(ground_state.ground_state(R34)) == "ground state\nenergy  -1.21771\ny*       1.41155"
    assert str(ground_state.ground_state(theory.regular(3, 3))).startswith("ground state: all paths satisfied\n")
    lines = str(ground_state.energetic(R34, 1.4)).splitlines()
    assert lines[0] == "states at T = 0, y = 1.4"
    assert lines[3].startswith("complexity   0.002617")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: ground_state.ground_state(theory.regular(2, 4)), "p must be >= 3, got 2"),
        (lambda: ground_state.ground_state(R34, members=10), "members must be >= 500, got 10"),
        (lambda: ground_state.energetic(R34, 0.0), "y must be"),
        (
            lambda: ground_state.energetic(theory.poisson(3, 0.3), 1.0, members=500),
            "y must be one at which there are states, got 1",
        ),
        (
            lambda: ground_state.threshold_energy(theory.poisson(3, 2.0)),
            "theory must be regular and undiluted, got poisson, p = 3, alpha 2$",
        ),
        (
            lambda: ground_state.threshold_energy(theory.regular(3, 3)),
            "theory must have more paths .* got regular, p = 3, degree 3$",
        ),
    ],
)
def test_impossible_asks(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()
