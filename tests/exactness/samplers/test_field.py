"""A field K along the planted state: the law is exp(-E / T + K sum_i w_i w*_i) at every rung.

Field integration over K then gives the complexity of the planted state: Sigma(T) = s_para(T) - int (1 - m(K)) dK.
"""

import numpy as np
import pytest
from scipy.integrate import trapezoid

import glassnet as gn
from glassnet import exact

E = gn.ensembles
TEMPERATURES = np.array([0.6, 1.0, 2.0, 20.0, np.inf])
LEAST_P = 1e-4 / 40


def planted_glass(couplings, crowded=False):
    if crowded:
        rng = np.random.default_rng(4)
        paths = [[0, *rng.choice(np.arange(1, 7), 2, replace=False)] for _ in range(12)]
        values = np.ones(12) if couplings == "binary" else rng.normal(size=12)
        return E.planted(gn.PathGlass(paths, values, 8), 0.9, seed=3)
    return E.planted(E.regular(8, 3, 3, seed=1, couplings=couplings), 0.9, seed=3)


def law(glass, temperature, field):
    states = exact.states(glass.n_weights)
    weight = exact.probabilities(glass, temperature) * np.exp(field * (states @ glass.planted.astype(int)))
    return weight / weight.sum()


def least_p(judge, glass, field, true_field):
    """Smallest p-value over the rungs: 100 draws of 96 ladders, 150 sweeps apart, against the law at `true_field`."""
    chain = gn.ParallelTempering(glass, TEMPERATURES, n_replicas=96, seed=4, field=field)
    record = chain.run(15_000, thermalization=500, measure_every=150, measure=["weights"])
    index = judge.numbers(judge.recorded(record), 8)
    return min(judge.chi_square(index[:, t], law(glass, T, true_field)) for t, T in enumerate(TEMPERATURES))


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("field", [0.05, 0.6])
def test_the_law_in_a_field(judge, couplings, crowded, field):
    """Degree 3, and degrees 0 to 12, Metropolis and heat-bath rungs: p > 1e-4 / 40 for each of 40 comparisons."""
    assert least_p(judge, planted_glass(couplings, crowded), field, field) > LEAST_P


@pytest.mark.parametrize("true_field", [0.0, -0.2, 0.15])
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_another_field_is_caught(judge, couplings, true_field):
    assert least_p(judge, planted_glass(couplings), 0.2, true_field) < LEAST_P


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_no_field_and_a_field_of_zero_are_the_same_chain(couplings):
    glass = planted_glass(couplings)
    one, two = (
        gn.ParallelTempering(glass, TEMPERATURES, n_replicas=9, seed=4, **keywords).run(50)
        for keywords in ({}, {"field": 0.0})
    )
    assert one.identical(two)


def test_a_strong_field_holds_the_planted_state():
    glass = E.planted(E.regular(300, 3, 4, seed=1), 1.0, seed=1)
    record = gn.Metropolis(glass, 1.0, n_replicas=16, seed=1, field=20.0).run(10, thermalization=20)
    assert (record.planted_overlap == 1.0).all()
    assert (record.energy == glass.energy(glass.planted)).all()


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("temperature", [1.5, 30.0])
def test_free_weights_follow_the_field(couplings, temperature):
    """<w w*> = tanh(K) for each of 10^5 draws of 9 free weights, |z| < 4.5, and no correlation beyond it."""
    values = [1.0] if couplings == "binary" else [0.3]
    glass = E.planted(gn.PathGlass([[0, 1]], values, n_weights=11), 1.0, seed=1)
    chain = gn.Metropolis(glass, temperature, n_replicas=500, seed=2, field=0.4)
    record = chain.run(2000, thermalization=50, measure_every=10, measure=["weights"])
    up = np.unpackbits(record.weights.values, axis=-1, bitorder="little", count=11)[:, 0]
    aligned = (2.0 * up - 1) * glass.planted
    free = glass.degrees == 0
    m = np.tanh(0.4)
    z = (aligned[..., free].mean(axis=(0, 1)) - m) / np.sqrt((1 - m**2) / aligned[..., 0].size)
    assert np.abs(z).max() < 4.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("temperature", "cavity", "bound"), [(0.60, -0.0383, 0.004), (0.65, -0.0030, 0.003), (0.70, 0.0285, 0.005)]
)
def test_complexity_by_field_integration(temperature, cavity, bound):
    """Regular p = 3, degree 4, N = 9999, four instances: the complexity of the cavity equations within the bound."""
    fields = np.concatenate([[0.0], np.geomspace(0.002, 6.0, 24)])
    beta = 1 / temperature
    entropy = np.log(2) + 4 / 3 * (np.log(np.cosh(beta)) - beta * np.tanh(beta))
    values = []
    for seed in range(4):
        glass = E.planted(E.regular(9999, 3, 4, seed=seed), temperature, seed=seed, unsatisfied="fixed")
        overlap = []
        for field in fields:
            chain = gn.Metropolis(glass, temperature, n_replicas=16, seed=seed, initial=glass.planted, field=field)
            overlap.append(float(chain.run(300, thermalization=300, measure_every=10).planted_overlap.mean()))
        missing = 1 - np.array(overlap)
        values.append(entropy - trapezoid(missing, fields))
    assert abs(np.mean(values) - cavity) < bound
