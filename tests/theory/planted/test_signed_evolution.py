"""Density evolution with signed messages: a scalar fixed point, a population in numpy."""

import numpy as np
import pytest

from glassnet import theory
from glassnet.theory.planted import signed_evolution
from glassnet.theory.planted.ferromagnet import ferromagnet

R34 = theory.regular(p=3, degree=4)
P32 = theory.poisson(p=3, alpha=2.0)


@pytest.mark.parametrize("temperature", [0.8, 1.2])
def test_grid_agrees_with_the_scalar_fixed_point(temperature, monkeypatch):
    exact = signed_evolution.state(R34.tree, 1.0, temperature)
    monkeypatch.setattr(signed_evolution, "is_scalar", lambda tree, bias: False)
    grid = signed_evolution.state.__wrapped__(R34.tree, 1.0, temperature)
    for name in exact.__annotations__:
        assert getattr(grid, name) == pytest.approx(getattr(exact, name), abs=6e-5)


def signed_population(bias, beta, mean_degree, n_members, n_iterations, seed):
    """Magnetisation of P p = 3 with biased couplings at any temperature."""
    rng = np.random.default_rng(seed)
    fields, found = np.full(n_members, 40.0), []
    for iteration in range(n_iterations):
        owner = np.repeat(np.arange(n_members), rng.poisson(mean_degree, n_members))
        sign = np.where(rng.random(len(owner)) < (1 + bias) / 2, 1.0, -1.0)
        product = np.tanh(rng.choice(fields, (2, len(owner)))).prod(axis=0)
        fields = np.bincount(owner, np.arctanh(np.tanh(beta) * sign * product), minlength=n_members)
        if iteration >= n_iterations // 2:
            found.append((np.tanh(fields).mean(), (np.tanh(fields) ** 2).mean()))
    return np.mean(found, axis=0)


@pytest.mark.parametrize(("bias", "temperature"), [(0.8, 0.7), (0.8, 1.6), (1.0, 2.2)])
def test_a_population_agrees(bias, temperature):
    ordered = ferromagnet(P32, bias)
    expected = signed_population(bias, 1 / temperature, 6.0, 20_000, 80, seed=7)
    found = ordered.magnetization(temperature), ordered.overlap(temperature)
    assert found == pytest.approx(expected, abs=3e-3)  # noise of a population: sd(m)/sqrt(members) = 0.002 or less
