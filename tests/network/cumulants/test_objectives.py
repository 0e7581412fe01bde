"""Cross-entropy of class moments: the Gaussian average, its gradient, and where the closure ends."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp, softmax
from scipy.stats import norm

from glassnet.network import cumulants
from glassnet.network.cumulants import log_sum_exp


def random_moments(seed, n_out, scale):
    rng = np.random.default_rng(seed)
    root = scale * rng.standard_normal((n_out, n_out)) / np.sqrt(n_out)
    return scale * rng.standard_normal(n_out), root @ root.T


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0, 10.0])
def test_two_outputs_against_quadrature(scale):
    """log(e^a + e^b) = a + log(1 + e^(b - a)): an average over one Gaussian number."""
    for seed in range(5):
        mean, cov = random_moments(seed, 2, scale)
        gap, deviation = mean[1] - mean[0], np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
        exact = (
            mean[0]
            + quad(
                lambda x, g=gap, d=deviation: norm.pdf(x) * np.logaddexp(0, g + d * x),
                -12,
                12,
                points=[-gap / deviation],
            )[0]
        )
        assert log_sum_exp.average(mean, cov)[0] == pytest.approx(exact, abs=1e-3 * scale)


@pytest.mark.parametrize(("n_out", "scale"), [(3, 1.0), (10, 0.3), (10, 1.0), (10, 3.0), (10, 10.0), (30, 3.0)])
def test_many_outputs_against_monte_carlo(n_out, scale):
    """Value, E softmax, and half of E d^2 log sum exp (the theorem of Price) for the covariance."""
    mean, cov = random_moments(7, n_out, scale)
    rng = np.random.default_rng(8)
    outputs = rng.multivariate_normal(mean, cov, size=200_000)
    total, share = logsumexp(outputs, axis=1), softmax(outputs, axis=1)
    value, to_mean, to_cov = log_sum_exp.average(mean, cov)
    assert abs(value - total.mean()) < 2e-3 * total.mean() + 4 * total.std() / np.sqrt(len(total))
    assert to_mean == pytest.approx(share.mean(axis=0), abs=5e-3)
    half = 0.5 * (np.diag(share.mean(axis=0)) - share.T @ share / len(share))
    if n_out <= 10:  # directions of small variance need more points
        assert np.abs(to_cov - half).max() < 0.1 * np.abs(half).max()


def test_an_expansion_to_second_order_is_not_enough():
    """Ten independent outputs N(0, 9): log 10 + 9 * 9 / 20 = 6.35, where 5.09 is right."""
    outputs = 3.0 * np.random.default_rng(1).standard_normal((200_000, 10))
    value = log_sum_exp.average(np.zeros(10), 9.0 * np.eye(10))[0]
    assert value == pytest.approx(logsumexp(outputs, axis=1).mean(), abs=0.015)
    assert np.log(10) + 9 * 9 / 20 - value > 0.8


def spectra():
    rng = np.random.default_rng(3)
    basis = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    for name, values in {
        "plain": [2.0, 1.0, 0.5, 0.1],
        "equal": [1.0, 1.0, 1.0, 1.0],
        "negative": [2.0, 1.0, 0.4, -0.3],
        "without variance": [2.0, 1.0, 0.0, 0.0],
    }.items():
        yield pytest.param(basis, np.array(values), id=name)


@pytest.mark.parametrize(("basis", "values"), list(spectra()))
def test_gradient_against_finite_differences(basis, values):
    rng = np.random.default_rng(4)
    mean, cov, shift = rng.standard_normal(4), (basis * values) @ basis.T, rng.standard_normal(4)
    turn = rng.standard_normal((4, 4))
    turn = turn + turn.T
    if (values == 0).any():  # a covariance without variance in some directions changes within the others
        onto = basis[:, values != 0] @ basis[:, values != 0].T
        turn = onto @ turn @ onto
    _, to_mean, to_cov = log_sum_exp.average(mean, cov)

    def value(step):
        return log_sum_exp.average(mean + step * shift, cov + step * turn)[0]

    h = 1e-3
    slope = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
    assert to_mean @ shift + (to_cov * turn).sum() == pytest.approx(slope, rel=1e-6)


def test_outputs_without_variance_are_numbers():
    mean = np.array([0.3, -2.0, 1.0])
    value, to_mean, to_cov = log_sum_exp.average(mean, np.zeros((3, 3)))
    assert value == pytest.approx(logsumexp(mean), abs=1e-14)
    assert to_mean == pytest.approx(softmax(mean), abs=1e-12) and (to_cov == 0).all()


@pytest.mark.parametrize(("name", "order"), [("relu", 2), ("relu", 3), ("quadratic", 3), ("tanh", 2)])
def test_gradient_of_a_network(name, order):
    rng = np.random.default_rng(11)
    inputs, labels = 0.3 * rng.standard_gamma(5.0, (90, 3)), np.arange(90) % 3
    shapes = ((4, 3), (3, 4), (3, 3))
    weights, turn = ([rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in shapes] for _ in range(2))
    biases, shift = ([0.3 * rng.standard_normal(shape[0]) for shape in shapes] for _ in range(2))
    phis = [cumulants.quadratic(0.4) if name == "quadratic" else name] * 2 + ["linear"]
    classes = cumulants.of_samples(inputs, labels, np.eye(3), order, third="samples")
    targets = np.eye(3)[labels]
    for function, args in (
        (cumulants.gradient, (classes, phis)),
        (cumulants.gradient_on_samples, (inputs, targets, phis)),
    ):
        _, grad_weights, grad_biases = function(weights, biases, *args, objective="cross_entropy")
        exact = sum((g * d).sum() for g, d in zip(grad_weights + grad_biases, turn + shift, strict=True))

        def value(step, function=function, args=args):
            moved = [w + step * d for w, d in zip(weights, turn, strict=True)]
            shifted = [b + step * d for b, d in zip(biases, shift, strict=True)]
            return function(moved, shifted, *args, objective="cross_entropy")[0]

        h = 1e-3 if function is cumulants.gradient else 1e-5
        slope = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
        assert exact == pytest.approx(slope, rel=1e-5)


MEANS = np.array([[1.0, 0.2, -0.4], [-0.5, 0.6, 0.3]])
COV = np.array([[1.0, 0.3, 0.0], [0.3, 0.8, -0.2], [0.0, -0.2, 0.5]])
SHARES = (0.3, 0.7)


def test_gaussian_classes_are_learned_to_the_known_optimum():
    """Two Gaussians of the same covariance: the logarithm of the odds is linear, with known weights and bias."""
    pairs = zip(SHARES, np.eye(2), MEANS, strict=True)
    classes = [cumulants.Population(share, target, mean, COV) for share, target, mean in pairs]
    fit = cumulants.train_on_moments(classes, [], "linear", objective="cross_entropy")
    exact = np.linalg.solve(COV, MEANS[0] - MEANS[1])
    odds = np.log(SHARES[0] / SHARES[1]) - 0.5 * exact @ (MEANS[0] + MEANS[1])
    assert fit.objective == "cross_entropy"
    assert fit.weights[0][0] - fit.weights[0][1] == pytest.approx(exact, rel=0.02, abs=0.02)
    assert fit.biases[0][0] - fit.biases[0][1] == pytest.approx(odds, abs=0.02)
    rng = np.random.default_rng(6)
    labels = (rng.random(100_000) > SHARES[0]).astype(int)
    inputs = MEANS[labels] + rng.multivariate_normal(np.zeros(3), COV, size=len(labels))
    accuracy, loss = fit.score(inputs, labels, np.eye(2))
    assert loss == pytest.approx(fit.loss, abs=0.005)
    assert accuracy == pytest.approx(((inputs @ exact + odds > 0) == (labels == 0)).mean(), abs=1e-3)
    found = cumulants.explained(fit, inputs, labels, np.eye(2), orders=2)
    assert found.loss[0] == pytest.approx(loss, abs=0.005) and found.attrs["loss"] == loss
    assert found.accuracy[0] == pytest.approx(accuracy, abs=0.015)


def test_the_cross_entropy_of_other_outputs_is_another_one():
    """Outputs +-c have the moments of a Gaussian, and not its cross-entropy; the squared error is the same."""
    outputs = 3.0 * np.array([[1.0, 0.0], [-1.0, 0.0]])
    one = cumulants.of_samples(outputs, [0, 0], [[0.0, 1.0]])[0]
    moments = [cumulants.Moments(one.mean, one.cov)]
    true = logsumexp(outputs, axis=1).mean()
    closed = cumulants.cross_entropy(moments, [one])[0]
    exact = quad(lambda x: norm.pdf(x) * np.logaddexp(0, 3 * x), -12, 12)[0]
    assert closed == pytest.approx(exact, abs=2e-3)
    assert true - closed > 0.05
    assert cumulants.mse(moments, [one])[0] == pytest.approx(np.square(outputs - [0.0, 1.0]).sum(axis=1).mean())


def test_learning_by_cross_entropy_with_a_hidden_layer():
    """Two Gaussians of the same mean: the best classifier is quadratic, its accuracy known, ReLU units come close."""
    classes = [
        cumulants.Population(0.5, t, np.zeros(4), v * np.eye(4)) for t, v in zip(np.eye(2), (1.0, 0.1), strict=True)
    ]
    rng = np.random.default_rng(2)
    labels = np.arange(20_000) % 2
    inputs = rng.standard_normal((20_000, 4)) * np.sqrt([1.0, 0.1])[labels, None]
    best = ((np.square(inputs).sum(axis=1) * (1 / 0.1 - 1) / 2 < 2 * np.log(10)) == (labels == 1)).mean()
    on_samples = cumulants.train_on_samples(
        inputs[:4000], np.eye(2)[labels[:4000]], [12], "relu", iterations=150, objective="cross_entropy"
    )
    on_moments = cumulants.train_on_moments(classes, [12], "relu", iterations=150, objective="cross_entropy")
    assert best > 0.92
    for fit in (on_samples, on_moments):
        assert fit.score(inputs, labels, np.eye(2))[0] > best - 0.03


def test_wrong_arguments():
    one = cumulants.Population(1.0, [0.5, 0.6], [0.0], [[1.0]])
    moments = cumulants.Moments(np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match="target must be probabilities that sum to 1 over the outputs for the cross"):
        cumulants.cross_entropy([moments], [one])
    with pytest.raises(ValueError, match="outputs must be one for each of 1 classes, got 2"):
        cumulants.cross_entropy([moments] * 2, [one])
    with pytest.raises(ValueError, match="objective must be one of 'mse', 'cross_entropy', got 'entropy'"):
        cumulants.train_on_moments([one], [2], "relu", objective="entropy")
    with pytest.raises(ValueError, match="targets must be probabilities"):
        cumulants.train_on_samples(np.ones((2, 2)), [[1.0], [-1.0]], [2], "relu", objective="cross_entropy")
