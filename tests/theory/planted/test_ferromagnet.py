"""Ordered phases: references, the Nishimori line, limits, Monte Carlo."""

import math

import numpy as np
import pytest

import glassnet as gn
from glassnet import theory
from glassnet.theory.planted.ferromagnet import ferromagnet
from glassnet.theory.planted.state_following import follow

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


def test_pure_ferromagnet_of_the_reference():
    pure = ferromagnet(R34)
    assert pure.spinodal_temperature() == pytest.approx(1.63003, abs=1e-5)
    transition = pure.transition_temperature()
    assert transition == pytest.approx(1.20656, abs=1e-5)
    assert pure.latent_heat() == pytest.approx(0.41327, abs=1e-5)
    assert pure.magnetization(transition) == pytest.approx(0.99628, abs=1e-5)
    assert pure.cavity_magnetization(transition) == pytest.approx(0.98220, abs=1e-5)
    assert pure.free_energy(transition) == pytest.approx(R34.free_energy(transition), abs=1e-9)
    assert pure.nishimori_temperature() == 0.0


def test_energy_is_the_derivative_of_the_free_energy():
    for ordered, T in ((ferromagnet(R34), 1.3), (ferromagnet(R34, 0.95), 1.1), (ferromagnet(P32, 0.9), 1.5)):
        beta = np.array([1 / T - 1e-3, 1 / T + 1e-3])
        slope = np.diff(beta * ordered.free_energy(1 / beta))[0] / 2e-3
        assert ordered.energy(T) == pytest.approx(slope, abs=2e-4)


@pytest.mark.parametrize(("cavity", "temperature"), [(R34, 0.5), (R34, 0.7), (P32, 1.0), (theory.poisson(4, 1.5), 0.7)])
def test_nishimori_line(cavity, temperature):
    bias = math.tanh(1 / temperature)
    ordered = ferromagnet(cavity, bias)
    assert ordered.nishimori_temperature() == pytest.approx(temperature)
    assert ordered.magnetization(temperature) == pytest.approx(ordered.overlap(temperature), abs=1e-5)
    assert ordered.magnetization(temperature) == pytest.approx(cavity.overlap(temperature), abs=2e-5)
    assert ordered.energy(temperature) == pytest.approx(-cavity.alpha * bias, abs=2e-5)
    excess = cavity.free_energy(temperature) + temperature * cavity.complexity(temperature)
    assert ordered.free_energy(temperature) == pytest.approx(excess, abs=2e-5)


def test_the_ferromagnet_ends_where_the_planted_states_do():
    below, above = (math.tanh(1 / (R34.static_temperature() * factor)) for factor in (1.01, 0.999))
    assert ferromagnet(R34, below).transition_temperature() == 0.0
    assert ferromagnet(R34, below).latent_heat() == 0.0
    # On the Nishimori line the energies of both phases agree: T_c leaves T_K like a square root.
    shift = ferromagnet(R34, above).transition_temperature() / R34.static_temperature() - 1
    more = math.tanh(1 / (0.996 * R34.static_temperature()))
    assert ferromagnet(R34, more).transition_temperature() / R34.static_temperature() - 1 == pytest.approx(
        2 * shift, rel=0.15
    )
    assert 0 < shift < 0.1
    dynamic = R34.dynamic_temperature()
    assert ferromagnet(R34, math.tanh(1 / (0.98 * dynamic))).spinodal_temperature() > dynamic
    assert ferromagnet(R34, math.tanh(1 / (1.02 * dynamic))).spinodal_temperature() < dynamic


def test_no_ferromagnet():
    for ordered in (ferromagnet(theory.regular(3, 2)), ferromagnet(theory.poisson(3, 0.2)), ferromagnet(R34, 0.01)):
        assert ordered.spinodal_temperature() == 0.0
        assert ordered.transition_temperature() == 0.0
        assert ordered.magnetization(0.3) == 0.0
        assert ordered.energy(0.3) == pytest.approx(-ordered.alpha * math.tanh(1 / 0.3))
    assert ferromagnet(R34).magnetization([1.7, math.inf]).tolist() == [0.0, 0.0]


def test_as_many_paths_as_weights_never_pay_for_order():
    assert ferromagnet(theory.regular(3, 3)).spinodal_temperature() > 0.5
    assert ferromagnet(theory.regular(3, 3)).transition_temperature() == 0.0


def test_pairs_order_continuously():
    pair = ferromagnet(theory.regular(2, 4), 0.9)
    curie = pair.transition_temperature()
    assert 3 * 0.9 * math.tanh(1 / curie) == pytest.approx(1.0)
    assert pair.spinodal_temperature() == curie
    assert pair.latent_heat() == 0.0
    assert pair.magnetization(1.02 * curie) == 0.0
    # bias tanh(1/T_K) of the multicritical point: below it the glass comes first
    critical = math.tanh(1 / theory.regular(2, 4).static_temperature())
    assert ferromagnet(theory.regular(2, 4), 1.01 * critical).transition_temperature() > 1.5187
    below = ferromagnet(theory.regular(2, 4), 0.99 * critical)
    assert 0.0 < below.spinodal_temperature() < 1.5187
    assert below.transition_temperature() == 0.0
    assert str(below).endswith("the paramagnet ends in the glass, as without bias, at T = 1.51865")
    assert 0.1 < pair.magnetization(0.98 * curie) < 0.5


def test_monte_carlo_agrees():
    glass = gn.ensembles.regular(n_weights=30_000, p=3, degree=4, seed=1)
    glass = gn.ensembles.planted(glass, 0.5, seed=2, unsatisfied="fixed")
    state = follow(R34, 0.5)
    for temperature in (0.8, 1.2):
        sampler = gn.Metropolis(glass, temperature, n_replicas=64, seed=3, initial=glass.planted)
        run = sampler.run(n_sweeps=50, thermalization=150, measure_every=10, measure=("energy", "planted_overlap"))
        # One instance of this size: sd 0.0007 in the overlap, 0.001 in the energy, from the spread between instances.
        assert float(run.planted_overlap.mean()) == pytest.approx(state.overlap(temperature), abs=2.5e-3)
        assert float(run.energy.mean()) / 30_000 == pytest.approx(state.energy(temperature), abs=4e-3)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: ferromagnet(R34, 0.0), ValueError, r"bias must be in \(0.0, 1.0\], got 0"),
        (lambda: ferromagnet(R34, 1.5), ValueError, "bias must be"),
        (lambda: ferromagnet("R34"), TypeError, "theory must be made by"),
        (lambda: ferromagnet(R34).energy(0.01), ValueError, "T must be >= 0.05, got 0.01"),
        (lambda: follow(R34, 0.01), ValueError, "planted_temperature must be >= 0.05"),
    ],
)
def test_impossible_asks(ask, error, message):
    with pytest.raises(error, match=message):
        ask()
