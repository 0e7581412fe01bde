"""The engine below: levels, Bennett's ratio, and the multiple-histogram equations solved to convergence."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.statistics import multihistogram

BETAS = np.array([2.0, 1.4, 1.0, 0.6, 0.0])


def gaussian_energies(rng, n_draws, n_chains=2):
    """Energies of a Gaussian density of states: mean -30 beta and variance 30 at each beta."""
    noise = rng.normal(size=(n_draws, len(BETAS), n_chains))
    return -30 * BETAS[:, None] + np.sqrt(30) * noise


def solved(energies, betas):
    levels, counts = multihistogram.histogram(energies, betas)
    start = multihistogram.bennett(multihistogram.Histogram(levels, counts), betas)
    return levels, counts, multihistogram.multihistogram(levels, counts.sum(axis=0), counts[0].sum(), betas, start)


def test_integers_keep_their_levels():
    energies = np.random.default_rng(1).integers(-40, 20, size=(50, 3, 4)) * 4.0
    levels, counts = multihistogram.histogram(energies, BETAS[:3])
    assert (levels == np.unique(energies)).all()
    assert counts.sum(axis=1) == pytest.approx([200, 200, 200])
    for rung in range(3):
        assert (counts[rung] == [(energies[:, rung] == level).sum() for level in levels]).all()


def test_real_energies_go_into_narrow_bins_that_keep_their_mean():
    energies = np.random.default_rng(3).normal(size=(5000, 3, 4))
    levels, level = multihistogram.sort_into_levels(energies, 2.0)
    assert np.ptp(energies[level == len(levels) // 2]) < 0.05 / 2
    assert np.abs(levels[level] - energies).max() < 0.05 / 2
    binned = multihistogram.histogram(energies, BETAS[:3])
    assert binned.frequencies @ binned.levels == pytest.approx(energies.mean(axis=(0, 2)), abs=1e-3)
    assert binned.counts @ np.ones(len(levels)) == pytest.approx(20_000)
    assert binned.counts.sum(axis=0) @ binned.levels == pytest.approx(energies.sum(), abs=1e-9)


@pytest.mark.parametrize("energies", [np.full((5, 2, 3), -12.0), np.full((5, 2, 3), 0.1), np.zeros((2, 2, 1))])
def test_energies_that_do_not_vary(energies):
    levels, counts, log_z = solved(energies, np.array([2.0, 1.5]))
    assert levels == pytest.approx(energies.flat[:1])
    assert log_z == pytest.approx([-0.5 * energies.flat[0], 0.0], abs=1e-9)
    assert (counts == energies.shape[0] * energies.shape[2]).all()


def test_two_rungs_together_are_bennetts_ratio():
    energies = gaussian_energies(np.random.default_rng(5), 400)[:, :2]
    levels, counts, log_z = solved(energies, BETAS[:2])
    assert log_z == pytest.approx(multihistogram.bennett(multihistogram.Histogram(levels, counts), BETAS[:2]), abs=1e-8)


def test_the_equations_are_solved():
    """Every rung expects as many draws as it has: sum_E n(E) exp(-beta_k E - ln Z_k) / sum_j (...) = 1."""
    levels, counts, log_z = solved(gaussian_energies(np.random.default_rng(6), 3000), BETAS)
    total, n_draws = counts.sum(axis=0), counts[0].sum()
    weight = multihistogram.log_weights(levels, BETAS, log_z, n_draws)
    expected = total @ np.exp(weight[:, None] - np.outer(levels, BETAS) - log_z)
    assert expected == pytest.approx(1, abs=1e-10)
    # ln Z of a Gaussian density of states, within its noise
    assert log_z == pytest.approx(15 * BETAS**2, abs=0.5)


def test_a_start_far_away_leads_to_the_same_solution():
    levels, counts, log_z = solved(gaussian_energies(np.random.default_rng(7), 500), BETAS)
    far = log_z + np.array([30.0, -20.0, 10.0, 5.0, 0.0])
    again = multihistogram.multihistogram(levels, counts.sum(axis=0), counts[0].sum(), BETAS, far)
    assert again == pytest.approx(log_z, abs=1e-8)


def test_all_rungs_together_are_sharper_than_one_by_one():
    """32 rungs of a glass of 16 weights, 100 repetitions: errors a fifth smaller at T = 0.4, and no bias."""
    glass = gn.ensembles.poisson(n_weights=16, p=3, alpha=4 / 3, seed=1)
    levels, states = gn.exact.density_of_states(glass)
    betas = np.append(1 / np.geomspace(0.4, 4.0, 31), 0.0)
    exact = gn.exact.thermodynamics(glass, 0.4).log_z - 16 * np.log(2)
    weight = states * np.exp(-np.outer(betas, levels - levels[0]))
    rng = np.random.default_rng(8)
    one_by_one, together = [], []
    for _ in range(100):
        counts = rng.multinomial(200, weight / weight.sum(axis=1, keepdims=True)).astype(float)
        start = multihistogram.bennett(multihistogram.Histogram(levels, counts), betas)
        one_by_one.append(start[0])
        together.append(multihistogram.multihistogram(levels, counts.sum(axis=0), 200.0, betas, start)[0])
    assert np.std(together) < 0.93 * np.std(one_by_one)
    for values in (one_by_one, together):
        assert abs(np.mean(values) - exact) < 4.5 * np.std(values) / np.sqrt(100)


@pytest.mark.parametrize("gap", [40.0, 400.0, 4000.0])
def test_rungs_that_do_not_overlap_stay_where_bennett_puts_them(gap):
    """Nothing but exponentially rare draws ties such rungs together; rounding must not move the solution."""
    rng = np.random.default_rng(9)
    energies = np.stack([rng.normal(-gap, 1, size=(200, 2)), rng.normal(-gap, 1, size=(200, 2)), np.zeros((200, 2))], 1)
    betas = np.array([3.0, 2.9, 0.0])
    levels, counts, log_z = solved(energies, betas)
    start = multihistogram.bennett(multihistogram.Histogram(levels, counts), betas)
    assert log_z == pytest.approx(start, rel=0.02)


def test_steps_that_do_not_converge_are_an_error(monkeypatch):
    monkeypatch.setattr(multihistogram, "MOST_STEPS", 1)
    with pytest.raises(ArithmeticError, match="ln Z of 5 rungs: still moving by"):
        solved(gaussian_energies(np.random.default_rng(7), 500), BETAS)
