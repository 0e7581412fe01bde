"""The closed forms against exact enumeration on a tree, thermodynamic identities, and their limits."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.theory import paramagnet

# Three paths hung together at one weight each: no loop, so the closed forms hold for the given couplings.
TREE = np.array([[0, 1, 2], [2, 3, 4], [4, 5, 6]])
COUPLINGS = np.array([0.7, -1.3, 0.4])


def enumerate_glass(paths, couplings, temperature):
    """Free energy, energy and entropy per weight of a small glass by summing over all configurations."""
    n_weights = paths.max() + 1
    weights = np.array(list(itertools.product((-1, 1), repeat=n_weights)))
    energies = -(couplings * weights[:, paths].prod(axis=2)).sum(axis=1)
    boltzmann = np.exp(-energies / temperature)
    log_z, mean = np.log(boltzmann.sum()), (energies * boltzmann).sum() / boltzmann.sum()
    return -temperature * log_z / n_weights, mean / n_weights, (log_z + mean / temperature) / n_weights


def closed_forms(temperature, alpha, couplings):
    forms = (paramagnet.free_energy, paramagnet.energy, paramagnet.entropy)
    return tuple(form(temperature, alpha, couplings) for form in forms)


@pytest.mark.parametrize("temperature", [0.2, 0.7, 1.0, 3.0])
def test_given_couplings_on_a_tree_are_exact(temperature):
    exact = enumerate_glass(TREE, COUPLINGS, temperature)
    assert closed_forms(temperature, 3 / 7, COUPLINGS) == pytest.approx(exact, abs=1e-12)


def test_the_enumeration_would_notice_a_loop():
    loop = np.array([[0, 1, 2], [0, 1, 2], [4, 5, 6]])
    exact = enumerate_glass(loop, COUPLINGS, 0.7)
    assert closed_forms(0.7, 3 / 7, COUPLINGS)[0] != pytest.approx(exact[0], abs=1e-3)


@pytest.mark.parametrize("couplings", [1.0, COUPLINGS])
@pytest.mark.parametrize("temperature", [0.3, 0.9, 2.5])
def test_derivatives_of_the_free_energy(temperature, couplings):
    def phi(beta):
        return -beta * paramagnet.free_energy(1 / beta, 1.5, couplings)

    beta, step = 1 / temperature, 1e-5
    energy = -(phi(beta + step) - phi(beta - step)) / (2 * step)
    free, mean, entropy = closed_forms(temperature, 1.5, couplings)
    assert mean == pytest.approx(energy, abs=1e-8)
    assert entropy == pytest.approx((mean - free) / temperature, abs=1e-12)
    slope = paramagnet.free_energy(temperature + step, 1.5, couplings)
    slope -= paramagnet.free_energy(temperature - step, 1.5, couplings)
    assert entropy == pytest.approx(-slope / (2 * step), abs=1e-8)


def test_infinite_temperature():
    assert paramagnet.entropy(np.inf, 4 / 3) == np.log(2)
    assert paramagnet.energy(np.inf, 4 / 3) == 0.0
    assert paramagnet.free_energy(np.inf, 4 / 3) == -np.inf


def test_low_temperature_keeps_its_digits():
    # s = ln 2 (1 - alpha) + 2 alpha (1 + beta) exp(-2 beta) would be lost in beta tanh(beta) - ln cosh(beta).
    beta = 16.0
    expected = 2 * beta * np.exp(-2 * beta) + np.log1p(np.exp(-2 * beta))
    assert paramagnet.entropy(1 / beta, 1.0) == pytest.approx(expected, rel=1e-2, abs=0)
    assert paramagnet.entropy(1e-3, 2.0) == pytest.approx(-np.log(2))


def test_no_paths_leave_free_weights():
    assert closed_forms(0.5, 0.0, np.zeros(0)) == pytest.approx((-0.5 * np.log(2), 0.0, np.log(2)))


@pytest.mark.parametrize(("alpha", "expected"), [(4 / 3, 0.63799), (2.0, 0.95673)])
def test_zero_entropy_temperature_reference(alpha, expected):
    assert paramagnet.zero_entropy_temperature(alpha) == pytest.approx(expected, abs=6e-6)


@given(st.floats(1e-3, 1e3))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_zero_entropy_temperature_is_a_zero(alpha):
    temperature = paramagnet.zero_entropy_temperature(alpha)
    if alpha <= 1.0:
        assert temperature == 0.0
        assert paramagnet.entropy(0.01, alpha) >= -1e-12
    else:
        assert paramagnet.entropy(temperature, alpha) == pytest.approx(0.0, abs=1e-9)
        assert paramagnet.entropy(1.01 * temperature, alpha) > 0


@given(st.floats(0.05, 20.0), st.floats(1.001, 2.0))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_monotonic_in_temperature(temperature, factor):
    # alpha < 1: the entropy is positive and the free energy falls at every temperature.
    pair = np.array([temperature, factor * temperature])
    assert np.diff(paramagnet.energy(pair, 0.9)) >= 0
    assert np.diff(paramagnet.entropy(pair, 0.9)) >= 0
    assert np.diff(paramagnet.free_energy(pair, 0.9)) < 0
