"""Energies and acceptances against numpy's, at the edges of strips of 64 configurations."""

import numpy as np
import pytest

from glassnet.kernels import arithmetic


@pytest.mark.parametrize("n_states", [0, 1, 2, 63, 64, 65, 128, 130])
@pytest.mark.parametrize(("n_weights", "n_paths", "p"), [(9, 20, 3), (2, 1, 2), (5, 0, 3), (7, 11, 7)])
def test_energies(n_states, n_weights, n_paths, p):
    rng = np.random.default_rng(n_states)
    paths = rng.permuted(np.tile(np.arange(n_weights, dtype=np.int32), (n_paths, 1)), axis=1)[:, :p]
    couplings = rng.standard_normal(n_paths)
    weights = rng.choice(np.array([-1, 1], dtype=np.int8), (n_weights, n_states))
    found = arithmetic.energies(np.ascontiguousarray(paths), couplings, weights)
    assert found == pytest.approx(-couplings @ weights[paths].prod(axis=1), abs=1e-13)
    assert found.shape == (n_states,)
    # whole couplings: exact, and no negative zero
    whole = arithmetic.energies(np.ascontiguousarray(paths), np.rint(couplings), weights)
    assert (whole == -np.rint(couplings) @ weights[paths].prod(axis=1)).all()
    assert not np.signbit(whole[whole == 0]).any()


@pytest.mark.parametrize("gap", [0.0, 1e-3, 0.4, 1e3, 1e308])
def test_acceptance(gap):
    """Of discrete energies on two rungs, with large gaps that overflow, and equal ones."""
    rng = np.random.default_rng(1)
    cold, hot = rng.integers(-9, 3, 40) * 1.0, rng.integers(-6, 9, 30) * 1.0
    of_cold, of_hot = rng.random(40), rng.random(30)
    of_cold, of_hot = of_cold / of_cold.sum(), of_hot / of_hot.sum()
    with np.errstate(over="ignore"):
        exponent = np.minimum(0.0, gap * np.subtract.outer(cold, hot))
    expected = of_cold @ np.exp(exponent) @ of_hot
    assert arithmetic.acceptance(gap, cold, of_cold, hot, of_hot) == pytest.approx(expected, rel=1e-14)
