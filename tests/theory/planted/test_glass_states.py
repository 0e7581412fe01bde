"""The reference values of the design and of the literature, copied as numbers."""

from itertools import islice

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

import glassnet.theory as theory
from glassnet.theory.paramagnet import log_cosh
from glassnet.theory.planted import glass_states
from glassnet.theory.planted.density_evolution import DensityEvolution
from glassnet.theory.trees.degrees import PoissonTree, RegularTree
from glassnet.theory.zero_temperature import xorsat

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


@pytest.mark.parametrize(
    ("cavity", "dynamic", "overlap", "complexity", "static", "static_overlap"),
    [(R34, 0.75279, 0.8647, 0.05422, 0.65448, 0.9780), (P32, 1.14214, 0.6756, 0.02683, 1.06286, 0.8446)],
)
def test_transitions(cavity, dynamic, overlap, complexity, static, static_overlap):
    top, bottom = cavity.dynamic_temperature(), cavity.static_temperature()
    assert (top, bottom) == pytest.approx((dynamic, static), abs=3e-5)
    assert cavity.overlap(top) == pytest.approx(overlap, abs=1e-4)
    assert cavity.complexity(top) == pytest.approx(complexity, abs=2e-5)
    assert cavity.overlap(bottom) == pytest.approx(static_overlap, abs=1e-4)
    assert cavity.complexity(bottom) == pytest.approx(0.0, abs=1e-6)
    assert cavity.kind == "random first-order"


TABLE = [
    (R34, 0.50, 0.997685, -0.112577),
    (R34, 0.60, 0.989432, -0.038349),
    (R34, 0.65, 0.979328, -0.003013),
    (R34, 0.70, 0.958808, 0.028458),
    (R34, 0.74, 0.918368, 0.049081),
    (P32, 0.8, 0.96274, -0.18470),
    (P32, 1.0, 0.89077, -0.03161),
    (P32, 1.1, 0.80306, 0.01462),
]


@pytest.mark.parametrize(("cavity", "temperature", "overlap", "complexity"), TABLE)
def test_states(cavity, temperature, overlap, complexity):
    assert cavity.overlap(temperature) == pytest.approx(overlap, abs=1e-4)
    assert cavity.complexity(temperature) == pytest.approx(complexity, abs=3e-5)


class WrongLink(DensityEvolution):
    """Counts the free energy of a path p times instead of p - 1."""

    def complexity(self, messages, fields):
        alpha = self.tree.mean_degree / self.tree.p
        return super().complexity(messages, fields) + alpha * (messages @ self._link @ fields)


class Unsigned(DensityEvolution):
    """Forgets that a message can point the wrong way."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._positive = np.ones_like(self._positive)


@pytest.mark.parametrize("twin", [WrongLink, Unsigned])
def test_reference_values_notice_a_broken_twin(twin):
    def values(kind):
        solver = kind(RegularTree(3, 4), 1 / 0.7, 58)
        *_, (_, messages, fields) = islice(solver.trajectory(), 60)
        return solver.overlap(messages), solver.complexity(messages, fields)

    assert values(DensityEvolution) == pytest.approx((0.958808, 0.028458), abs=3e-5)
    assert values(twin) != pytest.approx((0.958808, 0.028458), abs=3e-3)


@pytest.mark.parametrize(
    ("dilution", "dynamic", "static"),
    [(0.1, 0.9713, 0.8928), (0.2, 0.7832, 0.6995), (0.3, 0.5491, 0.4195), (0.34, 0.4050, 0.0)],
)
def test_dilution_of_the_poisson_glass(dilution, dynamic, static):
    diluted = theory.poisson(p=3, alpha=2.0, dilution=dilution)
    assert diluted.alpha == pytest.approx(2 * (1 - dilution) ** 2)
    assert diluted.dynamic_temperature() == pytest.approx(dynamic, abs=1e-4)
    assert diluted.static_temperature() == pytest.approx(static, abs=1e-4)


def test_the_ends_of_the_diluted_lines():
    dynamic, static = xorsat.dilution_thresholds(P32.tree)
    beyond_static = theory.poisson(3, 2.0, dilution=static + 1e-4)
    assert beyond_static.static_temperature() == 0.0
    assert beyond_static.dynamic_temperature() > 0.4
    assert theory.poisson(3, 2.0, dilution=static - 1e-4).static_temperature() > 0.15
    assert theory.poisson(3, 2.0, dilution=dynamic + 1e-4).dynamic_temperature() == 0.0


def test_as_many_paths_as_weights_freeze_without_a_static_transition():
    cavity = theory.regular(p=3, degree=3)
    assert cavity.dynamic_temperature() == pytest.approx(0.510, abs=1e-3)
    assert cavity.static_temperature() == 0.0
    assert cavity.kind == "none"
    assert (cavity.complexity(np.linspace(0.15, 0.5, 8)) > 0).all()


@pytest.mark.parametrize("degree", [1, 2])
def test_no_transition(degree):
    cavity = theory.regular(p=3, degree=degree)
    assert (cavity.dynamic_temperature(), cavity.static_temperature()) == (0.0, 0.0)
    assert cavity.overlap(0.1) == 0.0


@pytest.mark.parametrize(
    ("cavity", "expected"),
    [(theory.regular(2, 4), 1.518651), (theory.poisson(2, 2.0), 1.820478), (theory.regular(2, 5, 0.25), 1.518651)],
)
def test_pairs_have_a_continuous_transition(cavity, expected):
    # Degree 5 with a quarter of the connections removed has the mean excess degree 3 of degree 4.
    assert cavity.static_temperature() == pytest.approx(expected, abs=1e-6)
    assert cavity.dynamic_temperature() == cavity.static_temperature()
    assert cavity.kind == "continuous"
    below = cavity.overlap(expected * np.array([0.999, 0.99, 0.98, 0.9]))
    assert below[0] < 0.01
    assert (np.diff(below) > 0).all()
    assert below[2] / below[1] == pytest.approx(2.0, rel=0.05)  # q = E m^2 is linear in the distance
    assert cavity.overlap(1.0001 * expected) == 0.0


@pytest.mark.parametrize("cavity", [theory.regular(2, 2), theory.poisson(2, 0.5)])
def test_pairs_that_do_not_percolate(cavity):
    assert cavity.static_temperature() == 0.0


def test_published_temperatures():
    # A. Montanari and F. Ricci-Tersenghi, Eur. Phys. J. B 33, 339 (2003): T_d = 0.757(5), T_c = 0.655(5).
    assert R34.dynamic_temperature() == pytest.approx(0.757, abs=0.005)
    assert R34.static_temperature() == pytest.approx(0.655, abs=0.005)


def test_a_rough_estimate_below_the_transition_does_no_harm():
    top = glass_states.onset(R34.tree)
    estimate = glass_states.saddle(R34.tree, 0.985 * top.temperature, top.n_steps, top.stride)[0]
    assert estimate == pytest.approx(top.on_grid[0], abs=1e-5)


def test_planted_monte_carlo():
    # N = 3*10^4, 8 instances, of the design; three standard errors.
    assert R34.overlap(0.60) == pytest.approx(0.98962, abs=3 * 0.00018)
    assert R34.overlap(0.70) == pytest.approx(0.96011, abs=3 * 0.00059)


def fully_connected(p):
    """T_d and T_K in units of sqrt(2 alpha) when H is Gaussian, of mean and variance lam = (p/2) beta^2 q^(p-1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights /= weights.sum()

    def moments(lam):
        fields = lam + np.sqrt(lam) * nodes
        return weights @ np.tanh(fields), weights @ log_cosh(fields)

    def temperature(lam):
        return np.sqrt(p * moments(lam)[0] ** (p - 1) / (2 * lam))

    def complexity(lam):
        overlap, mean = moments(lam)
        return lam / 2 * (1 + (p - 1) / p * overlap) - mean

    onset = minimize_scalar(lambda lam: -temperature(lam), bounds=(0.5, 10.0), method="bounded").x
    return temperature(onset), temperature(brentq(complexity, onset, 20.0))


@pytest.mark.parametrize("p", [3, 4])
def test_many_paths_become_the_fully_connected_glass(p):
    # Corrections are of order 1/alpha.
    dense = theory.poisson(p, 2000.0)
    scaled = np.array([dense.dynamic_temperature(), dense.static_temperature()]) / np.sqrt(2 * dense.alpha)
    assert scaled == pytest.approx(fully_connected(p), abs=2e-4)


@pytest.mark.parametrize("tree", [RegularTree(3, 4), RegularTree(4, 4, 0.9), PoissonTree(3, 6.0), PoissonTree(4, 3.6)])
def test_zero_temperature_is_xorsat(tree):
    cold = glass_states.state(tree, 0.05)
    message = xorsat.frozen_fraction(tree) ** (tree.p - 1)
    assert cold.complexity == pytest.approx(xorsat.complexity(tree), abs=1e-6)
    assert cold.overlap == pytest.approx(1 - tree.full(1 - message), abs=1e-6)
