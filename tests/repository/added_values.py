"""Exact values of what CONTRIBUTING.md adds: a program that runs in a copy of the package with all of it."""

import sys
from pathlib import Path

import numpy as np

import glassnet as gn
from glassnet.network import activations

sys.path.insert(0, str(Path(__file__).parents[1]))
import synthetic


def observable():
    """Disjoint paths are satisfied with probability 1 / (1 + exp(-2 / T)), each on its own."""
    found = gn.find_transition(synthetic.tree(synthetic.free_spins(2, sizes=(48,), n_samples=8)))
    data = found.averages["satisfied_paths"][48]
    apart = data["satisfied_paths"].values - 1 / (1 + np.exp(-2 / data.temperature.values))
    assert np.all(np.abs(apart) < 4.5 * data["satisfied_paths_stderr"].values)


def estimator():
    """In this model the phases weigh the same at 1.0 at every size."""
    scan = synthetic.ferromagnet((48, 72, 96), np.geomspace(0.5, 1.6, 12), critical=1.0, latent=0.4, seed=0)
    found = gn.find_transition(synthetic.tree(scan))
    assert found.kind == "first-order"
    values = {one.key: one.value for one in found.estimates}
    assert abs(values["equal_weight_largest"] - 1) < 0.02
    assert found.estimates[0].key == "equal_weight"
    assert "equal weight at the largest size" in str(found)


def activation():
    """Averages of sin z over Gaussian numbers are those of exp(iz)."""
    mean, cov = np.array([0.3, -1.1]), np.array([[0.8, 0.3], [0.3, 0.5]])
    out_mean, out_cov = activations.as_activation("sine").moments(mean, cov)
    assert np.allclose(out_mean, np.sin(mean) * np.exp(-np.diagonal(cov) / 2), rtol=1e-12)
    decay = np.exp(-(cov[0, 0] + cov[1, 1]) / 2)
    same, other = np.cos(mean[0] - mean[1]) * np.exp(cov[0, 1]), np.cos(mean.sum()) * np.exp(-cov[0, 1])
    assert np.isclose(out_cov[0, 1], decay * (same - other) / 2 - out_mean.prod(), rtol=1e-10)


def ensemble():
    """Every weight on p paths, and the energy of the ring that a transfer matrix of p = 2 gives."""
    glass = gn.ensembles.ring(12, 3, seed=1)
    assert set(glass.degrees.tolist()) == {3}
    pairs = gn.ensembles.ring(10, 2, seed=1, couplings=np.ones(10))
    log_z = float(np.ravel(gn.exact.thermodynamics(pairs, 0.8).log_z)[0])
    exact = np.logaddexp(10 * np.log(2 * np.cosh(1 / 0.8)), 10 * np.log(2 * np.sinh(1 / 0.8)))
    assert np.isclose(log_z, exact, rtol=1e-12)
    for wrong in ({"p": 1}, {"p": 13}, {"p": 3, "rounding": "up"}):
        try:
            gn.ensembles.ring(12, seed=1, **wrong)
        except ValueError as error:
            assert any(name in str(error) for name in ("p must", "n_weights must", "rounding must")), error
        else:
            raise AssertionError(wrong)


for check in (observable, estimator, activation, ensemble):
    check()
