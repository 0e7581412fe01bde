"""Hebbian rules against eigenvectors and against each other."""

import numpy as np
import pytest

from glassnet.network import dimension, hebbian


def data(n_in, ratio=2.0, n_samples=4000, seed=1):
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((n_in, round(ratio * n_in))) / np.sqrt(n_in)
    return rng.standard_normal((n_samples, directions.shape[1])) @ directions.T


def test_rules_converge_to_eigenvectors():
    inputs = data(12)
    values, vectors = np.linalg.eigh(inputs.T @ inputs / len(inputs))
    for rule in ("hebb", "oja"):
        weights = hebbian.train(inputs, 5, rule, rate=0.5, n_updates=4000, variance=1.0)
        assert np.abs(weights @ vectors[:, -1]) == pytest.approx(1.0, abs=1e-6)
    weights = hebbian.train(inputs, 5, "sanger", rate=0.5, n_updates=4000, variance=1.0)
    assert np.abs(weights @ vectors[:, ::-1][:, :5]) == pytest.approx(np.eye(5), abs=1e-3)
    assert values[-1] > values[-2]


def test_which_rules_make_weak_correlations():
    """A few updates of every unit for itself align the units and lower D/N; learning in sequence does the opposite."""
    inputs = data(100, n_samples=2000)
    start, hebb, oja, sanger = (
        dimension.measure([hebbian.train(inputs, 100, rule, n_updates=n, rate=0.5)], inputs, "linear").isel(layer=1)
        for rule, n in (("oja", 0), ("hebb", 3), ("oja", 3), ("sanger", 30))
    )
    assert abs(start.covariance_rms / start.variance) < 0.2
    for aligned in (hebb, oja):
        assert aligned.covariance_rms / aligned.variance > 0.4
        assert abs(aligned.covariance_mean / aligned.variance) < 0.15  # signs are random: only the square tells
        assert aligned.dimension < 0.8 * start.dimension
    assert sanger.covariance_rms < 0
    assert sanger.dimension > 1.05 * start.dimension


def test_layer_by_layer():
    """Every layer is what `train` makes of the activity before it; no updates leave independent random layers."""
    inputs = data(30, n_samples=500)
    weights = hebbian.train_layers(inputs, [20, 25, 10], "oja", rate=0.5, n_updates=3, variance=0.8, seed=2)
    assert [one.shape for one in weights] == [(20, 30), (25, 20), (10, 25)]
    starts = hebbian.train_layers(inputs, [20, 25, 10], "oja", n_updates=0, variance=0.8, seed=2)
    state = inputs
    for start, found in zip(starts, weights, strict=True):
        moments = state.T @ state / len(state)
        moments /= np.linalg.eigvalsh(moments)[-1]
        expected = start
        for _ in range(3):
            drive = expected @ moments
            expected = expected + 0.5 * (drive - (drive * expected).sum(axis=1)[:, None] * expected / 0.8)
        assert found == pytest.approx(expected, rel=1e-9)
        state = np.tanh(state @ found.T)
    assert abs(np.corrcoef(starts[0].ravel()[:250], starts[2].ravel())[0, 1]) < 0.25


def test_deep_networks_of_hebbian_layers():
    """What the rules do to one layer adds up with depth."""
    inputs = data(100, n_samples=2000)
    start, hebb, sanger = (
        dimension.measure(hebbian.train_layers(inputs, [100] * 3, rule, n_updates=n, rate=0.5), inputs, "tanh")
        for rule, n in (("hebb", 0), ("hebb", 2), ("sanger", 20))
    )
    assert (hebb.dimension[1:] < 0.85 * start.dimension[1:]).all()
    assert (sanger.dimension[1:] > 1.1 * start.dimension[1:]).all()
    assert (hebb.covariance_rms[1:] > 0.2).all() and (sanger.covariance_rms[1:] < 0).all()


def test_wrong_arguments():
    with pytest.raises(ValueError, match="rule must be one of 'hebb', 'oja', 'sanger', got 'bcm'"):
        hebbian.train(np.ones((4, 3)), 2, "bcm")
    with pytest.raises(ValueError, match="inputs must hold samples that are not all zero"):
        hebbian.train(np.zeros((4, 3)), 2, "hebb")
    with pytest.raises(ValueError, match=r"widths must hold at least one layer, got shape \(0,\)"):
        hebbian.train_layers(np.ones((4, 3)), np.zeros(0, dtype=int), "hebb")
    with pytest.raises(FloatingPointError, match="weights diverge by the rule 'sanger': rate 50 is too large"):
        hebbian.train(np.random.default_rng(1).standard_normal((40, 9)), 5, "sanger", rate=50.0, n_updates=50)
