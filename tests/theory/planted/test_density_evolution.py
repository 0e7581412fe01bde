"""Density evolution against sums done by hand, an independent population of messages, and its own conservation laws."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from glassnet.theory.planted import density_evolution
from glassnet.theory.planted.density_evolution import DensityEvolution
from glassnet.theory.trees.degrees import PoissonTree, RegularTree


def after(n_iterations, tree, beta, n_steps=40, **keywords):
    """Messages, fields and cavity overlap after some steps from full polarisation."""
    solver = DensityEvolution(tree, beta, n_steps, **keywords)
    *_, (overlap, messages, fields) = islice(solver.trajectory(), n_iterations)
    return solver, messages, fields, overlap


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0))
@settings(derandomize=True, deadline=None)
def test_join_multiplies_hyperbolic_tangents(one, other):
    assert np.tanh(density_evolution.join(one, other)) == pytest.approx(np.tanh(one) * np.tanh(other), abs=1e-14)


def test_join_keeps_large_fields():
    assert density_evolution.join(300.0, 300.0) == pytest.approx(300 - np.log(2) / 2)
    assert density_evolution.join(300.0, 900.0) == pytest.approx(300.0)


@pytest.mark.parametrize("p", [2, 3, 4, 6])
@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_first_step_is_a_biased_walk(p, degree):
    # From full polarisation every u is beta with probability (1 + tanh beta)/2 and -beta otherwise.
    beta = 0.8
    solver, messages, _, _ = after(1, RegularTree(p, degree), beta)
    positive = np.arange(degree + 1)
    chance = binom.pmf(positive, degree, (1 + np.tanh(beta)) / 2)
    expected = chance @ np.tanh(beta * (2 * positive - degree))
    assert messages[-1] == pytest.approx(1.0, abs=1e-12)
    assert solver.overlap(messages) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("tree", [RegularTree(3, 4), RegularTree(4, 5, 0.9), PoissonTree(3, 6.0), PoissonTree(2, 4.0)])
def test_masses_stay_normalised(tree):
    _, messages, fields, _ = after(60, tree, 1.1)
    assert messages.min() >= 0
    assert fields.min() >= 0
    assert messages.sum() == pytest.approx(1.0, abs=1e-12)
    assert fields.sum() == pytest.approx(1.0, abs=1e-10)


def test_overlap_falls_with_every_step():
    solver = DensityEvolution(PoissonTree(3, 6.0), 1.0, 30)
    overlaps = [overlap for overlap, _, _ in islice(solver.trajectory(), 20)]
    assert (np.diff(overlaps) < 0).all()


@given(st.floats(0.0, 2.5))
@settings(derandomize=True, deadline=None)
def test_sharing_keeps_mass_and_square(value):
    grid = np.append(np.linspace(0.0, 2.0, 11), 40.0)
    shares = density_evolution.shares(grid, np.array([value]), density_evolution.even_share).toarray()[:, 0]
    assert shares.sum() == pytest.approx(1.0)
    assert shares @ np.tanh(grid) ** 2 == pytest.approx(np.tanh(value) ** 2, abs=1e-12)
    assert np.count_nonzero(shares) <= 2


def test_paramagnetic_messages_have_no_complexity():
    tree = PoissonTree(3, 6.0)
    solver = DensityEvolution(tree, 0.9, 30)
    fields = np.zeros_like(solver.polarized())
    fields[0] = 1.0
    messages, fields = solver.step(fields)
    assert solver.complexity(messages, fields) == pytest.approx(0.0, abs=1e-12)
    assert solver.overlap(messages) == pytest.approx(0.0, abs=1e-12)


def population_overlap(beta, mean_degree, n_members, n_iterations, seed, factors=2):
    """Overlap of P p = 3 from signed messages drawn at random: no grid, no symmetry, no transform."""
    rng = np.random.default_rng(seed)
    fields, overlaps = np.full(n_members, 40.0), []
    for iteration in range(n_iterations):
        degrees = rng.poisson(mean_degree, n_members)
        owner = np.repeat(np.arange(n_members), degrees)
        signs = np.where(rng.random(len(owner)) < (1 + np.tanh(beta)) / 2, 1.0, -1.0)
        product = np.tanh(rng.choice(fields, (factors, len(owner)))).prod(axis=0)
        fields = np.bincount(owner, np.arctanh(np.tanh(beta) * signs * product), minlength=n_members)
        if iteration >= n_iterations // 2:
            overlaps.append(np.tanh(fields).mean())
    return np.mean(overlaps)


def test_overlap_of_a_population():
    # The noise of one population's mean is below sd(m)/sqrt(members) = 0.0016 at each of 40 iterations.
    _, _, _, overlap = after(60, PoissonTree(3, 6.0), 1.0, 20)
    assert overlap == pytest.approx(population_overlap(1.0, 6.0, 20_000, 80, seed=3), abs=3e-3)
    assert overlap != pytest.approx(population_overlap(1.0, 6.0, 20_000, 80, seed=3, factors=1), abs=3e-3)


def test_error_is_quadratic_in_the_spacing():
    coarse, middle, fine = (after(80, PoissonTree(3, 6.0), 1.0, n)[3] for n in (20, 40, 80))
    assert (coarse - middle) / (middle - fine) == pytest.approx(4.0, rel=0.1)
    assert middle - fine < 1e-4
