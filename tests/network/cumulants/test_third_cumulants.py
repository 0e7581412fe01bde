"""Third cumulants from samples: the same as those of the tensor, forwards and backwards."""

import numpy as np
import pytest

from glassnet.network import cumulants, tasks

TASK = tasks.parity(3, 0.8, 0.1)


def skewed_samples(rng, n_samples, n_in):
    """Correlated, skewed inputs."""
    return rng.standard_exponential((n_samples, n_in)) @ rng.standard_normal((n_in, n_in)) / np.sqrt(n_in)


@pytest.mark.parametrize(("n_in", "n_units", "n_samples"), [(1, 1, 1), (3, 5, 40), (12, 7, 2050), (30, 20, 5000)])
def test_contractions_are_those_of_the_tensor(n_in, n_units, n_samples):
    """G_ijj by the definition, from the tensor and from the samples, in more and fewer than a block."""
    rng = np.random.default_rng(n_in)
    inputs, weight = skewed_samples(rng, n_samples, n_in), rng.standard_normal((n_units, n_in))
    third = cumulants.ThirdOfSamples(inputs)
    d = inputs - inputs.mean(axis=0)
    tensor = np.einsum("sa,sb,sc->abc", d, d, d, optimize=True) / n_samples
    exact = np.einsum("abc,ia,jb,jc->ij", tensor, weight, weight, weight, optimize=True)
    scale = max(np.abs(exact).max(), 1e-300)
    assert np.abs(third.along(weight) - exact).max() <= 1e-10 * scale
    assert np.abs(third.tensor() - tensor).max() <= 1e-10 * max(np.abs(tensor).max(), 1e-300)


@pytest.mark.parametrize("activation", ["relu", "tanh", "quadratic"])
def test_propagation_is_that_of_the_tensor(activation):
    rng = np.random.default_rng(5)
    phi = cumulants.quadratic(0.3) if activation == "quadratic" else activation
    inputs, labels = skewed_samples(rng, 3000, 30), np.arange(3000) % 2
    weights = [rng.standard_normal((20, 30)) / np.sqrt(30), rng.standard_normal((2, 20)) / np.sqrt(20)]
    pairs = [cumulants.of_samples(inputs, labels, np.eye(2), 3, third=kind) for kind in ("tensor", "samples")]
    for tensor, sampled in zip(*pairs, strict=True):
        assert isinstance(sampled.third, cumulants.ThirdOfSamples) and sampled.fourth is None
        one, other = (cumulants.propagate(weights, None, c.mean, c.cov, phi, third=c.third) for c in (tensor, sampled))
        for left, right in zip(one, other, strict=True):
            assert left.mean == pytest.approx(right.mean, rel=1e-10, abs=1e-12)
            assert left.cov == pytest.approx(right.cov, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("order", [3, 4])
def test_gradient_is_that_of_the_tensor_and_of_finite_differences(order):
    rng = np.random.default_rng(11)
    inputs, labels = skewed_samples(rng, 400, 6), np.arange(400) % 3
    shapes = ((5, 6), (4, 5), (3, 4))
    weights, turn = ([rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in shapes] for _ in range(2))
    biases = [0.3 * rng.standard_normal(shape[0]) for shape in shapes]
    phis = [cumulants.quadratic(0.4), "relu", "linear"]
    tensors = cumulants.of_samples(inputs, labels, np.eye(3), order)
    classes = cumulants.of_samples(inputs, labels, np.eye(3), order, third="samples")
    value, grad_weights, grad_biases = cumulants.gradient(weights, biases, classes, phis)
    expected, *gradients = cumulants.gradient(weights, biases, tensors, phis)
    assert value == pytest.approx(expected, rel=1e-10)
    for found, exact in zip(grad_weights + grad_biases, gradients[0] + gradients[1], strict=True):
        assert np.abs(found - exact).max() <= 1e-10 * np.abs(exact).max()

    def moved(step):
        return cumulants.gradient([w + step * t for w, t in zip(weights, turn, strict=True)], biases, classes, phis)[0]

    h = 1e-3
    slope = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h)
    assert sum((g * t).sum() for g, t in zip(grad_weights, turn, strict=True)) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", ["relu", "erf", "tanh", "sign"])
def test_gradient_with_a_unit_without_variance(name):
    """Its third cumulants are none, and it stays a constant; the others have gradients of the whole series."""
    rng = np.random.default_rng(12)
    inputs, labels = 0.3 * rng.standard_gamma(5.0, (300, 4)), np.arange(300) % 2
    weights = [rng.standard_normal((5, 4)) / 2, rng.standard_normal((2, 5))]
    turn, biases = rng.standard_normal((5, 4)), [0.3 * rng.standard_normal(5), np.zeros(2)]
    weights[0][2], turn[2] = 0.0, 0.0
    classes = cumulants.of_samples(inputs, labels, np.eye(2), 3, third="samples")
    phis = [name, "linear"]
    if name == "sign":  # which has no derivative where it has no variance
        weights[0][2], turn[2] = 0.3, 1.0

    def value(step):
        return cumulants.gradient([weights[0] + step * turn, weights[1]], biases, classes, phis)

    h, exact = 1e-3, (value(0.0)[1][0] * turn).sum()
    slope = (8 * (value(h)[0] - value(-h)[0]) - (value(2 * h)[0] - value(-2 * h)[0])) / (12 * h)
    assert exact == pytest.approx(slope, rel=1e-6)


def test_as_many_inputs_as_images_have():
    """784 inputs, whose tensor would take 3.9 GB, against sums over samples by the definition."""
    rng = np.random.default_rng(3)
    inputs, weight = rng.standard_exponential((300, 784)), rng.standard_normal((6, 784)) / 28
    z = (inputs - inputs.mean(axis=0)) @ weight.T
    exact = np.array([[np.mean(z[:, i] * z[:, j] ** 2) for j in range(6)] for i in range(6)])
    assert cumulants.ThirdOfSamples(inputs).along(weight) == pytest.approx(exact, rel=1e-10, abs=1e-12)


def test_parity_from_the_points_themselves():
    """The points of a class are samples with its exact third cumulants: the same class means, the same learning."""
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal((5, 3)) / np.sqrt(3), rng.standard_normal((4, 5)) / np.sqrt(5)]
    phi, means = cumulants.quadratic(0.5), []
    for points, one in zip(TASK.points, TASK.populations(3), strict=True):
        sampled = cumulants.ThirdOfSamples(points)
        assert sampled.tensor() == pytest.approx(one.third, abs=1e-14)
        pair = [
            cumulants.propagate(weights, None, one.mean, one.cov, phi, third=t)[1].mean for t in (one.third, sampled)
        ]
        assert pair[0] == pytest.approx(pair[1], abs=1e-12)
        means.append(pair[1])
    assert np.abs(means[0] - means[1]).max() > 0.1


def test_parity_is_learned_from_samples_of_the_third_cumulant():
    inputs, labels = TASK.sample(20_000, seed=1)
    classes = cumulants.of_samples(inputs, labels, TASK.targets, 3, third="samples")
    fit = cumulants.train_on_moments(classes, [8, 8], cumulants.quadratic(0.5), iterations=150)
    assert fit.score(*TASK.sample(20_000, seed=2), TASK.targets)[0] > 0.95


def test_wrong_arguments():
    third = cumulants.ThirdOfSamples(np.eye(3))
    assert repr(third) == "ThirdOfSamples(3 samples of 3 inputs)"
    with pytest.raises(ValueError, match=r"inputs must hold at least one sample of one input, got shape \(0, 3\)"):
        cumulants.ThirdOfSamples(np.ones((0, 3)))
    with pytest.raises(ValueError, match="inputs must be finite everywhere"):
        cumulants.ThirdOfSamples([[np.nan]])
    with pytest.raises(ValueError, match=r"weight must have 3 columns, got shape \(2, 2\)"):
        third.along(np.eye(2))
    with pytest.raises(ValueError, match=r"third must be of 2 inputs, got ThirdOfSamples\(3 samples of 3 inputs\)"):
        cumulants.Population(0.5, [1.0], [0.0, 0.0], np.eye(2), third)
    with pytest.raises(ValueError, match="third must be of 2 inputs"):
        cumulants.propagate([np.eye(2)], None, np.zeros(2), np.eye(2), "relu", third=third)
    with pytest.raises(ValueError, match="third must be one of 'tensor', 'samples', got 'tensors'"):
        cumulants.of_samples(np.ones((2, 2)), [0, 1], np.eye(2), 3, third="tensors")
    many = np.zeros((2, 20_000))
    with pytest.raises(ValueError, match="order: tensors of cumulants of order 3 of 20000 inputs, 2 classes needs"):
        cumulants.of_samples(many, [0, 1], np.eye(2), 3)
