"""The closed forms against exact enumeration on a tree, thermodynamic identities, and their limits."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import glassnet as gn
from glassnet.theory import Paramagnet, paramagnet

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


@pytest.mark.parametrize("temperature", [0.02, 0.3, 1.0, 5.0])
def test_gaussian_couplings_are_averaged(temperature):
    # The rule for a million equally likely couplings; its error is that of their largest ones.
    n_values = 10**6
    sample = norm.ppf((np.arange(n_values) + 0.5) / n_values)
    exact = closed_forms(temperature, 1.5, sample)
    assert closed_forms(temperature, 1.5, "gaussian") == pytest.approx(exact, rel=2e-5)


def test_gaussian_moments():
    # -beta f = ln 2 + alpha (beta^2 / 2 - beta^4 [J^4] / 12 + ...)
    phi = -paramagnet.free_energy(20.0, 2.0, "gaussian") / 20.0
    assert phi == pytest.approx(np.log(2) + 2.0 * (0.05**2 / 2 - 3 * 0.05**4 / 12 + 15 * 0.05**6 / 45), abs=1e-10)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 10.0])
def test_annealed_gaussian(temperature):
    step = 1e-5 * temperature
    bound = paramagnet.annealed_free_energy(temperature, 1.5, "gaussian")
    assert bound < paramagnet.free_energy(temperature, 1.5, "gaussian")
    assert bound == pytest.approx(-temperature * (np.log(2) + 0.75 / temperature**2))
    slope = paramagnet.annealed_free_energy(temperature + step, 1.5, "gaussian")
    slope -= paramagnet.annealed_free_energy(temperature - step, 1.5, "gaussian")
    assert paramagnet.annealed_entropy(temperature, 1.5, "gaussian") == pytest.approx(-slope / (2 * step), rel=1e-7)


@pytest.mark.parametrize("couplings", ["binary", COUPLINGS])
def test_signs_alone_make_no_difference_to_the_annealed_average(couplings):
    for quenched, annealed in (("free_energy", "annealed_free_energy"), ("entropy", "annealed_entropy")):
        same = getattr(paramagnet, quenched)(0.7, 1.5, couplings)
        assert getattr(paramagnet, annealed)(0.7, 1.5, couplings) == same


@pytest.mark.parametrize("couplings", ["gaussian", np.array([0.5, -2.0, 0.0, 1.0])])
def test_zero_entropy_temperature_of_other_couplings(couplings):
    temperature = paramagnet.zero_entropy_temperature(1.7, couplings)
    assert temperature > 0
    assert paramagnet.entropy(temperature, 1.7, couplings) == pytest.approx(0.0, abs=1e-12)
    assert paramagnet.zero_entropy_temperature(0.99, couplings) == 0.0


def test_paths_without_coupling_do_not_count():
    # 3 of 4 paths are coupled: 1.3 x 0.75 < 1 of them per weight
    assert paramagnet.zero_entropy_temperature(1.3, np.array([1.0, -1.0, 0.0, 1.0])) == 0.0
    assert paramagnet.zero_entropy_temperature(1.4, np.array([1.0, -1.0, 0.0, 1.0])) > 0.0


@given(st.floats(0.1, 30.0), st.floats(0.1, 10.0))
@settings(derandomize=True, deadline=None, max_examples=20)
def test_only_the_ratio_of_couplings_and_temperature_matters(factor, temperature):
    whole, scaled = (
        closed_forms(t, 1.5, c) for t, c in ((temperature, COUPLINGS), (factor * temperature, factor * COUPLINGS))
    )
    assert scaled == pytest.approx((factor * whole[0], factor * whole[1], whole[2]), rel=1e-11, abs=1e-13)
    assert paramagnet.zero_entropy_temperature(1.5, factor * COUPLINGS) == pytest.approx(
        factor * paramagnet.zero_entropy_temperature(1.5, COUPLINGS), rel=1e-10
    )


def test_paramagnet_of_a_glass():
    glass = gn.PathGlass(TREE, COUPLINGS)
    found = Paramagnet.from_glass(glass)
    exact = enumerate_glass(TREE, COUPLINGS, 0.6)
    assert (found.free_energy(0.6), found.energy(0.6), found.entropy(0.6)) == pytest.approx(exact, abs=1e-12)
    assert found.annealed_free_energy([0.6]) == found.free_energy(0.6)
    assert found.annealed_entropy([0.6]) == found.entropy(0.6)
    assert found.zero_entropy_temperature() == 0.0


def test_paramagnet_prints_a_table():
    lines = str(Paramagnet(2.0, "gaussian")).splitlines()
    assert lines[0] == "paramagnet, alpha 2, gaussian couplings: entropy vanishes at T = 0.63038"
    assert lines[2].split()[3] == "0.000000"
    assert "3 given couplings: entropy vanishes nowhere" in str(Paramagnet(0.5, COUPLINGS))
    assert "nowhere" in str(Paramagnet(0.0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Paramagnet(-1.0), ValueError, "alpha must be >= 0, got -1"),
        (lambda: Paramagnet(1.0, "cubic"), ValueError, "couplings must be one of 'binary', 'gaussian', got 'cubic'"),
        (lambda: Paramagnet(1.0, [[1.0]]), ValueError, "couplings must have 1 dimension, got shape"),
        (lambda: Paramagnet.from_glass("glass"), TypeError, "glass must be a PathGlass, got str"),
        (lambda: Paramagnet(1.0).energy(-1.0), ValueError, "T must be > 0, got -1"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
