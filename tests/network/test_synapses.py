"""Generators of synapses against the correlations they promise."""

import numpy as np
import pytest

from glassnet.network import synapses

CORRELATED = ("gaussian", "binary", "latent")


@pytest.mark.parametrize("kind", CORRELATED)
def test_generators_have_the_promised_moments(kind):
    n_out, n_in, variance, covariance = 40, 20_000, 0.7, 30.0
    weights = synapses.draw(kind, n_out, n_in, variance, covariance, seed=1)
    rho = covariance / (variance * np.sqrt(n_in))
    found = synapses.measured(weights)
    assert found["variance"] == pytest.approx(variance, rel=0.01)
    assert found["covariance_mean"] / covariance == pytest.approx(1.0, abs=0.05)
    assert found["covariance_rms"] / covariance == pytest.approx(1.0, abs=0.05)
    assert rho == pytest.approx(0.303, abs=0.001)
    if kind != "gaussian":
        assert np.abs(weights) == pytest.approx(np.sqrt(variance / n_in))


def test_binary_weights_differ_in_groups_of_four():
    """Four copies of a sign agree with probability rho^2 more than chance; signs of Gaussians more often."""
    rho = 0.5
    expected = {"binary": rho**2}
    found = {}
    for kind in ("binary", "latent"):
        weights = synapses.draw(kind, 4, 40_000, 1.0, rho * 200.0, seed=3) * 200.0
        found[kind] = weights.prod(axis=0).mean()
    assert found["binary"] == pytest.approx(expected["binary"], abs=0.02)
    assert abs(found["latent"] - found["binary"]) > 0.04


def test_extreme_correlations():
    for kind in CORRELATED:
        same = synapses.draw(kind, 5, 49, 2.0, 14.0, seed=1)  # rho = 1
        assert np.ptp(same, axis=0) == pytest.approx(0.0, abs=1e-7)
    orthogonal = synapses.measured(np.eye(50))
    assert orthogonal["covariance_mean"] == 0 and orthogonal["covariance_rms"] == pytest.approx(-1.0)
    alone = synapses.measured([[1.0, 2.0], [0.0, 0.0]])
    assert alone["variance"] == pytest.approx(2.5) and np.isnan(alone["covariance_rms"])


@pytest.mark.parametrize(("n_out", "n_in"), [(60, 60), (40, 70), (70, 40), (1, 5), (5, 1)])
def test_orthogonal_weights(n_out, n_in):
    weights = synapses.orthogonal(n_out, n_in, 0.8, seed=1)
    gram = weights @ weights.T if n_out <= n_in else weights.T @ weights * (n_in / n_out)
    assert weights.shape == (n_out, n_in)
    assert np.abs(gram - 0.8 * np.eye(len(gram))).max() < 1e-12
    assert synapses.measured(weights)["variance"] == pytest.approx(0.8, rel=1e-12)
    assert np.array_equal(weights, synapses.draw("orthogonal", n_out, n_in, 0.8, 0.0, seed=1))
    if 1 < n_out <= n_in:
        assert synapses.measured(weights)["covariance_rms"] == pytest.approx(-0.8, rel=1e-12)


def test_orthogonal_weights_are_drawn_evenly():
    """Traces of the Haar measure have the moments 0, 1, 0, 3 of a normal number (P. Diaconis and M. Shahshahani, 1994).

    Without the signs of R they do not.
    """
    drawn = [synapses.orthogonal(6, 6, seed=seed) for seed in range(4000)]
    rng = np.random.default_rng(1)
    raw = [np.linalg.qr(rng.standard_normal((6, 6)))[0] for _ in range(4000)]
    off = []
    for matrices in (drawn, raw):
        powers = np.trace(matrices, axis1=1, axis2=2)[:, None] ** np.arange(1, 5)
        errors = powers.std(axis=0, ddof=1) / np.sqrt(len(powers))
        off.append(np.abs(powers.mean(axis=0) - [0, 1, 0, 3]) / errors)
    assert (off[0] < 4).all() and off[1][0] > 20


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"covariance must be <= variance sqrt\(n_in\) = 3, got 4: correlation > 1"):
        synapses.binary(5, 9, 1.0, 4.0, seed=1)
    with pytest.raises(ValueError, match="covariance must be >= 0, got -1: many units"):
        synapses.gaussian(5, 9, 1.0, -1.0, seed=1)
    with pytest.raises(ValueError, match=r"weights must have 2 dimensions, got shape \(2,\)"):
        synapses.measured([1.0, 2.0])
    with pytest.raises(ValueError, match=r'covariance must be 0 for weights of the kind "orthogonal", got 0.5'):
        synapses.draw("orthogonal", 5, 9, 1.0, 0.5, seed=1)
    with pytest.raises(ValueError, match=r"variance must be > 0.0, got 0"):
        synapses.orthogonal(5, 9, 0.0, seed=1)
    with pytest.raises(TypeError, match="latent must be True or False, got 'yes'"):
        synapses.binary(5, 9, latent="yes", seed=1)
