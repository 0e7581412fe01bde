"""One-step states: m = 1 is the planted glass, thermodynamic identities, limits T_K and T -> 0."""

import math

import numpy as np
import pytest

from glassnet import theory
from glassnet.statistics.estimate import Estimate
from glassnet.theory import onersb
from glassnet.theory.planted import population
from glassnet.theory.zero_temperature import ground_state

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


def close(estimate, expected, smallest=1e-6):
    return abs(estimate.value - expected) < 4 * estimate.stderr + smallest


@pytest.mark.parametrize(
    ("cavity", "temperature"), [(R34, 0.6), (R34, 0.7), (P32, 1.0), (theory.regular(3, 6, dilution=0.2), 0.6)]
)
def test_planted_glass_at_m_1(cavity, temperature):
    found = onersb.states(cavity, temperature, 1.0, members=20_000, iterations=40, seed=2)
    assert found.complexity.stderr < 6e-3
    assert close(found.complexity, cavity.complexity(temperature), 3e-5)
    assert close(found.overlap, cavity.overlap(temperature), 3e-5)
    assert found.free_energy.value == pytest.approx(cavity.free_energy(temperature), abs=1e-9)
    assert found.energy.value == pytest.approx(cavity.energy(temperature), abs=1e-9)


def test_gaussian_couplings_at_m_1():
    keywords = {"members": 20_000, "seed": 3}
    states = onersb.states(R34, 0.3, 1.0, "gaussian", iterations=40, **keywords)
    planted = population.planted(R34, 0.3, "gaussian", iterations=60, **keywords)
    for name in ("complexity", "overlap"):
        one, other = getattr(states, name), getattr(planted, name)
        assert abs(one.value - other.value) < 4 * math.hypot(one.stderr, other.stderr) + 1e-6
    assert states.free_energy.value == pytest.approx(-0.3 * population.branching(R34, "gaussian").paramagnet(0.3)[0])


@pytest.mark.parametrize(("cavity", "temperature"), [(R34, 0.5), (P32, 0.9)])
def test_thermodynamic_identities(cavity, temperature):
    keywords = {"members": 6_000, "iterations": 40}
    ms = 0.80, 0.86, 0.92
    low, middle, high = (onersb.states(cavity, temperature, m, **keywords) for m in ms)
    slope = (high.potential.value - low.potential.value) / (ms[2] - ms[0])
    noise = math.hypot(high.potential.stderr, low.potential.stderr) / (ms[2] - ms[0]) * ms[1] ** 2
    error = math.hypot(noise, middle.complexity.stderr)
    # G/m is nearly a parabola in m: what its third derivative adds to the slope is well below these errors.
    assert -(ms[1] ** 2) * slope == pytest.approx(middle.complexity.value, abs=4 * error + 3e-4)
    beta = 1 / temperature + np.array([-0.05, 0.05])
    cold, hot = (onersb.states(cavity, 1 / b, ms[1], **keywords).potential for b in beta[::-1])
    noise = math.hypot(cold.stderr, hot.stderr) / 0.1
    assert (hot.value - cold.value) / 0.1 == pytest.approx(middle.energy.value, abs=4 * noise + 1e-3)


def test_glass_below_the_static_temperature():
    static = R34.static_temperature()
    keywords = {"members": 10_000, "iterations": 40}
    found = [onersb.glass(R34, T, **keywords) for T in (0.4, 0.55, 0.65)]
    for one in found:
        assert one.m.stderr < 6e-3
        assert one.m.value == pytest.approx(one.temperature / static, abs=0.03)
        assert one.free_energy.value > R34.free_energy(one.temperature)
        assert one.entropy.value > 0
        assert one.overlap.value > R34.overlap(static) - 4 * one.overlap.stderr - 1e-3
        (zero, weight), (place, rest) = one.overlap_distribution()
        assert (zero, weight + rest) == (0.0, pytest.approx(1.0))
        assert place == one.overlap.value
    assert found[2].m.value > 0.98
    assert found[2].energy.value == pytest.approx(R34.energy(static), abs=4 * found[2].energy.stderr + 3e-3)
    assert np.diff([one.free_energy.value for one in found]).max() < 0  # entropy
    above = onersb.glass(R34, 0.67, **keywords)
    assert (above.m, above.overlap) == (Estimate(1.0, 0.0), Estimate(0.0, 0.0))
    assert above.energy.value == pytest.approx(R34.energy(0.67))
    assert onersb.glass(theory.regular(3, 2), 0.2, **keywords).m == Estimate(1.0, 0.0)


def test_the_ground_state_by_cooling():
    exact = ground_state.ground_state(R34)
    cold = onersb.glass(R34, 0.1, members=20_000, iterations=40)
    assert cold.m.value / 0.1 == pytest.approx(exact.y.value, abs=0.03)
    # f = e_0 - T s_0 with a ground-state entropy s_0 of a few thousandths
    assert 0 <= exact.energy.value - cold.free_energy.value + 4 * cold.free_energy.stderr < 2e-3


def test_no_states():
    found = onersb.states(R34, 1.2, 0.7, members=2000, iterations=20)
    assert (found.complexity, found.overlap) == (Estimate(0.0, 0.0), Estimate(0.0, 0.0))
    assert found.free_energy.value == pytest.approx(R34.free_energy(1.2))


def test_one_unit_for_couplings_and_temperature():
    one = onersb.states(P32, 0.9, 0.9, [1.0], members=2000, iterations=20)
    two = onersb.states(P32, 1.8, 0.9, [-2.0], members=2000, iterations=20)
    assert one.complexity == two.complexity
    assert 2 * one.energy.value == pytest.approx(two.energy.value)


def test_progress_and_seed():
    seen = []
    keywords = {"members": 2000, "iterations": 20}
    told = onersb.states(R34, 0.6, 0.9, progress=lambda done, total: seen.append((done, total)), **keywords)
    assert seen == [(i, 20) for i in range(1, 21)]
    assert told == onersb.states(R34, 0.6, 0.9, **keywords)
    assert told != onersb.states(R34, 0.6, 0.9, seed=2, **keywords)
    onersb.glass(R34, 0.6, progress=lambda done, total: seen.append((done, total)), **keywords)
    assert seen[-1] == (60, 60)


def test_stated_errors_of_the_free_energy_are_those_of_different_seeds():
    # m* = 0.945: one of the three m around it lies where free energies are almost exact, and m* itself is not.
    cavity = theory.regular(4, 6)
    found = [onersb.glass(cavity, 0.7, members=1000, iterations=20, seed=seed).free_energy for seed in range(8)]
    values, errors = np.array([tuple(one) for one in found]).T
    assert (errors < 3e-4).all()
    chi2 = (((values - np.average(values, weights=errors**-2)) / errors) ** 2).sum()
    assert chi2 < 29.9  # 7 degrees of freedom, one in ten thousand


def test_prints_tables():
    keywords = {"members": 2000, "iterations": 20}
    lines = str(onersb.glass(R34, 0.5, **keywords)).splitlines()
    assert lines[0] == "glass at T = 0.5"
    assert [line.split("  ")[0] for line in lines[1:]] == ["m*", "overlap q1", "free energy", "energy", "entropy"]
    assert len({line.index(".") for line in lines[1:]}) == 1 and all(line.endswith(")") for line in lines[1:])
    assert str(onersb.glass(R34, 0.7, **keywords)).startswith("paramagnet at T = 0.7\nm*            1\n")
    melted = str(onersb.states(R34, 1.2, 0.7, **keywords)).splitlines()
    assert melted[0] == "states at T = 1.2, m = 0.7: none, the paramagnet"
    assert melted[-2:] == ["complexity    0", "overlap       0"]


def test_pairs_are_refused():
    with pytest.raises(ValueError, match="p must be >= 3, got 2: pairs break replica symmetry at every step"):
        onersb.glass(theory.regular(2, 4), 1.0)


@pytest.mark.slow
def test_poisson_glass():
    static = P32.static_temperature()
    near = onersb.glass(P32, 0.97 * static, iterations=50)
    assert near.m.value == pytest.approx(0.96, abs=0.01 + 4 * near.m.stderr)
    cold = onersb.glass(P32, 0.2, iterations=50)
    exact = ground_state.ground_state(P32, members=2000, iterations=40)
    assert cold.m.value / 0.2 == pytest.approx(exact.y.value, abs=20 * cold.m.stderr + 0.02)
    assert cold.free_energy.value == pytest.approx(exact.energy.value, abs=4 * cold.free_energy.stderr + 2e-3)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"temperature": 0.01}, ValueError, "temperature must be >= 0.05"),
        ({"m": 0.0}, ValueError, r"m must be in \(0.0, 2.0\], got 0"),
        ({"members": 10}, ValueError, "members must be in"),
        ({"theory": P32, "members": 1000, "inside": 100}, ValueError, "inside must be <= 50, got 100"),
        ({"inside": 3}, ValueError, "inside must be >= 50, got 3"),
        ({"iterations": 1}, ValueError, "iterations must be >= 20, got 1"),
        ({"theory": None}, TypeError, "theory must be made by"),
    ],
)
def test_impossible_asks(keywords, error, message):
    with pytest.raises(error, match=message):
        onersb.states(**{"theory": R34, "temperature": 0.6, "m": 0.9} | keywords)
