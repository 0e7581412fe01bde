"""Theory of couplings from few examples: known limits, the Nishimori line, derivatives, and sampled networks."""

import math

import numpy as np
import pytest

import glassnet as gn
from glassnet.theory import aligned, aligned_glass

WIDTHS = (41, 21, 21, 21, 1)


def test_equal_layers_without_alignment_are_the_three_spin_model():
    """T_K = .65138 and T_d = .68156 of the p = 3 Ising spin glass, energies of variance N / 2 (A. Montanari and
    F. Ricci-Tersenghi, 2003: .651, .682)."""
    n, alpha = 10**5, 1e6
    theory = aligned_glass((n, n, n, n, 1), alpha, 0.001)
    assert abs(theory.glass_temperature() / math.sqrt(2 * alpha) - 0.65138) < 2e-5
    assert abs(theory.dynamical_temperature() / math.sqrt(2 * alpha) - 0.6816) < 1e-4


@pytest.mark.parametrize(("dilution", "strength"), [(0.0, 0.125), (0.15, 0.125), (0.0, np.linspace(0.05, 0.3, 41))])
def test_all_examples_are_the_mean_field_theory(dilution, strength):
    theory = aligned_glass(WIDTHS, 1e6, strength, examples="all", dilution=dilution)
    limit = aligned(WIDTHS, 1e6, strength, dilution)
    assert abs(theory.transition_temperature() / limit.transition_temperature() - 1) < 1e-4
    assert abs(theory.spinodal() / limit.spinodal() - 1) < 1e-4
    T = 0.8 * limit.transition_temperature()
    np.testing.assert_allclose(theory.energy(T), limit.energy(T), rtol=1e-4)
    np.testing.assert_allclose(theory.free_energy(T), limit.free_energy(T), rtol=1e-4)
    np.testing.assert_allclose(theory.magnetisations(T), limit.magnetisations(T), rtol=1e-4)


@pytest.mark.parametrize("strength", [0.1, 0.4])
def test_nishimori_line(strength):
    """The energy is -m0 per path exactly, at any number of paths with which the state is there."""
    for alpha in np.array([1.2, 1.6, 4.0]) / strength**2:
        theory = aligned_glass(WIDTHS, alpha, strength)
        T = theory.nishimori_temperature()
        assert abs(T * math.atanh(strength) - 1) < 1e-12
        assert abs(theory.energy(T) / alpha + strength) < 1e-9
        assert theory.magnetisations(T).min() > 0.5
    critical = theory.critical_alpha()
    for share, there in ((0.999, False), (1.001, True)):
        near = aligned_glass(WIDTHS, share * critical, strength)
        T = near.transition_temperature()
        assert math.isnan(T) != there
        assert abs(near.glass_temperature() / near.nishimori_temperature() - 1) < 2e-3, "three phases meet here"


def test_energies_are_derivatives():
    for examples in (1, 5):
        theory = aligned_glass(WIDTHS, 20.0, np.linspace(0.2, 0.6, 41), examples=examples, dilution=0.05)
        T, step = 0.9 * theory.transition_temperature(), 1e-4
        below, above = (theory.free_energy(T * share) / (T * share) for share in (1 - step, 1 + step))
        derivative = (above - below) / (1 / (T * (1 + step)) - 1 / (T * (1 - step)))
        assert abs(theory.energy(T) / derivative - 1) < 1e-6
        hot = 2 * theory.spinodal()
        assert theory.energy(hot) == theory.paramagnetic_energy(hot) < 0
        assert (theory.magnetisations(hot) == 0).all()
        assert theory.free_energy(hot) < -hot * math.log(2) * 0.8


def test_aligned_state_of_a_sampled_network():
    """Energy and magnetisations of the sampled aligned state, up to finite widths and alpha."""
    alpha = 20.0
    T = 1.5 * math.sqrt(alpha)
    task = gn.network.tasks.noisy_prototype(41, 0.4, 4000, 4, 1)
    glass = gn.ensembles.walks(WIDTHS, alpha, 1, couplings=gn.network.data_couplings(task.inputs, task.labels, 1))
    prototype = gn.network.hebb_state(glass, task.mean)
    # the bias that the paths drawn have: the scatter of 35 280 of them would be seen
    theory = aligned_glass(WIDTHS, alpha, float((glass.couplings * prototype[glass.paths].prod(axis=1)).mean()))
    sampler = gn.Metropolis(glass, T, 128, initial=prototype, seed=1)
    sampler.run(200)
    assert abs(float(glass.energy(sampler.weights[0]).mean()) / glass.n_weights / theory.energy(T) - 1) < 0.02
    agreement = (sampler.weights[0] * prototype).mean(axis=0)
    # the last layer is +1 by a gauge that chains do not move far from here
    sampled = [agreement[glass.layer == layer].mean() for layer in range(3)]
    np.testing.assert_allclose(sampled, theory.magnetisations(T), atol=0.02)
    for wrong in (0.3, 0.5):
        other = aligned_glass(WIDTHS, alpha, wrong)
        assert abs(other.energy(T) / theory.energy(T) - 1) > 0.1


@pytest.mark.slow
def test_transition_of_sampled_networks():
    """One image of the aligned state: T_c of both branches goes to that of the theory as networks grow."""
    off = []
    for n in (21, 41):
        widths, alpha = (2 * n - 1, n, n, n, 1), 20.0
        theory = aligned_glass(widths, alpha, 0.4).transition_temperature()
        task = gn.network.tasks.noisy_prototype(widths[0], 0.4, 4000, 4, 1)
        couplings = gn.network.data_couplings(task.inputs, task.labels, 1)
        glass = gn.ensembles.walks(widths, alpha, 1, couplings=couplings)
        state = gn.network.hebb_state(glass, task.mean)
        found = gn.studies.two_branches(glass, theory * np.array([0.94, 1.0, 1.1]), state, sweeps=80, seed=1)
        off.append(found.one_sector.value / theory - 1)
    assert max(map(abs, off)) < 0.015


@pytest.mark.parametrize(
    ("widths", "alpha", "strength", "dilution"),
    [
        ((784, 50, 20, 10, 1), 200.0, 0.2, 0.1),
        ((1000, 2, 2, 2, 1), 50.0, 0.3, 0.0),
        ((2, 2, 2, 1000, 1), 50.0, 0.3, 0.0),
        (WIDTHS, 1e6, 0.001, 0.8),
    ],
)
def test_uneven_layers(widths, alpha, strength, dilution):
    """Wherever the temperatures lie they are found: the state is there below and gone above."""
    theory = aligned_glass(widths, alpha, strength, dilution=dilution)
    glass, dynamical = theory.glass_temperature(), theory.dynamical_temperature()
    assert 0 < glass < dynamical
    T, spinodal = theory.transition_temperature(), theory.spinodal()
    if not math.isnan(T):
        assert glass <= T <= spinodal
        assert theory.magnetisations(spinodal * 0.999).min() > 0 == theory.magnetisations(spinodal * 1.001).max()


def test_many_layers_end_where_they_end():
    theory = aligned_glass((20,) * 60 + (1,), 100.0, 0.2)
    unit = math.sqrt(theory.mean_field.alpha)
    assert theory.dynamical_temperature() > 2.2 * unit, "beyond the place where the search begins"


def test_below_its_domain_the_theory_is_silent():
    theory = aligned_glass(WIDTHS, 20.0, 0.4)
    T = theory.nishimori_temperature() * np.array([0.5, 0.99, 1.0, 1.5])
    for values in (theory.energy(T), theory.free_energy(T), theory.magnetisations(T)[:, 0]):
        assert np.isnan(values).tolist() == [True, True, False, False]
    few = aligned_glass(WIDTHS, 6.0, 0.4)
    T = 1.1 * few.nishimori_temperature()
    assert few.energy(T) == few.paramagnetic_energy(T), "no glass is taken for an aligned state"


def test_no_alignment_without_a_bias():
    theory = aligned_glass(WIDTHS, 5.0, 0.1)
    assert math.isnan(theory.transition_temperature())
    assert math.isnan(theory.spinodal())
    assert theory.critical_alpha() > 100
    assert "nan" in str(theory)
    assert math.isnan(aligned_glass(WIDTHS, 5.0, 0.1, examples=3).nishimori_temperature())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": (41, 21, 21, 1)}, "widths must have at least 5 entries"),
        ({"examples": 0}, "examples must be"),
        ({"examples": "some"}, "examples must be"),
        ({"strength": 1.5}, "strength must be at most 1"),
        ({"alpha": 0.0}, "alpha must be"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {"widths": WIDTHS, "alpha": 5.0, "strength": 0.4} | change
    with pytest.raises((TypeError, ValueError), match=message):
        aligned_glass(**given)
