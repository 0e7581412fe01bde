"""Learning from cumulants and from samples: known optima and best possible accuracies."""

import numpy as np
import pytest

from glassnet.network import cumulants, layers, tasks
from glassnet.network.cumulants import mapping


def test_loss_is_that_of_the_samples():
    """The mean squared error is a function of the class moments, exactly."""
    rng = np.random.default_rng(5)
    outputs, labels, targets = rng.standard_normal((90, 2)), np.arange(90) % 3, rng.standard_normal((3, 2))
    classes = cumulants.of_samples(outputs, labels, targets)
    value, gradients = cumulants.mse([cumulants.Moments(one.mean, one.cov) for one in classes], classes)
    assert value == pytest.approx(np.square(outputs - targets[labels]).sum(axis=1).mean())
    assert gradients[1].mean == pytest.approx(2 / 3 * (classes[1].mean - targets[1]))
    assert gradients[1].cov == pytest.approx(np.eye(2) / 3)


def test_xor_from_mean_and_covariance():
    """The best quadratic form is known: beta x1 x2, beta = .25/.09 on samples and .25/.215 in Gaussian closure."""
    task, phi = tasks.xor(), cumulants.quadratic(0.5)
    assert task.bayes_accuracy == pytest.approx(0.974975, abs=2e-6)
    inputs, labels = task.sample(100_000, seed=1)
    on_moments = cumulants.train_on_moments(task.populations(2), [10], phi)
    assert on_moments.loss == pytest.approx(1 - 0.25**2 / 0.215, abs=1e-5)
    accuracy, error = on_moments.score(inputs, labels, task.targets)
    assert accuracy == pytest.approx(0.9747, abs=0.002)
    assert error == pytest.approx(0.540, abs=0.01)
    targets = np.array(task.targets)[labels]
    on_samples = cumulants.train_on_samples(inputs[:4000], targets[:4000], [10], phi)
    assert on_samples.score(inputs, labels, task.targets)[1] == pytest.approx(0.306, abs=0.01)
    with_fourth = cumulants.train_on_moments(task.populations(4), [10], phi)
    assert with_fourth.loss == pytest.approx(1 - 0.25**2 / 0.09, abs=1e-5)


def test_sign_units_learn_from_cumulants():
    """Samples give them no gradient; their mean and covariance are smooth functions of the weights."""
    task = tasks.xor()
    inputs, labels = task.sample(20_000, seed=1)
    fit = cumulants.train_on_moments(task.populations(2), [10], "sign", iterations=60)
    assert fit.score(inputs, labels, task.targets)[0] > 0.95


def test_parity_from_third_cumulants():
    task, phi = tasks.parity(3, 0.8, 0.1), cumulants.quadratic(0.5)
    inputs, labels = task.sample(20_000, seed=1)
    assert task.bayes_accuracy == pytest.approx(0.98308, abs=1e-5)
    blind = cumulants.train_on_moments(task.populations(2), [6, 6], phi, iterations=30)
    assert blind.loss > 0.99 and blind.score(inputs, labels, task.targets)[0] < 0.6
    seeing = cumulants.train_on_moments(task.populations(3), [8, 8], phi, iterations=150)
    assert seeing.score(inputs, labels, task.targets)[0] > 0.95


def test_training_ends_before_a_variance_becomes_negative():
    """Of strongly skewed inputs: the loss stays that of a possible distribution, and is the one that is returned."""
    inputs, labels = np.exp(np.random.default_rng(0).standard_normal((400, 5))), np.arange(400) % 2
    third = cumulants.of_samples(inputs, labels, np.eye(2), 3)
    phi, options = cumulants.quadratic(0.5), {"seed": 1, "iterations": 40}
    fit = cumulants.train_on_moments(third, [6], phi, **options)
    assert "negative variance" in fit.stopped and fit.iterations < 40
    assert fit.loss == pytest.approx(cumulants.gradient(fit.weights, fit.biases, third, fit.activation)[0])
    ignoring = cumulants.train_on_moments(third, [6], phi, negative_variances="ignore", **options)
    for one, fitted, negative in ((third, fit, False), (third, ignoring, True)):
        passed = [
            mapping.forward(fitted.weights, fitted.biases, fitted.activation, c.mean, c.cov, c.third)[1] for c in one
        ]
        assert any(layer.negative for tape in passed for layer in tape) == negative
    assert ignoring.stopped == "" and ignoring.loss < fit.loss
    free = cumulants.of_samples(inputs, labels, np.eye(2), 2)
    assert cumulants.train_on_moments(free, [6], phi, **options).stopped == ""


def test_learning_from_four_cumulants_is_learning_from_samples():
    """One hidden layer of quadratic units: its mean and covariance, and so the loss, follow exactly from them."""
    rng = np.random.default_rng(9)
    inputs, labels = rng.standard_exponential((60, 4)), np.arange(60) % 3
    weights = [rng.standard_normal((5, 4)) / 2, rng.standard_normal((3, 5)) / 2]
    biases, phis = [rng.standard_normal(5), rng.standard_normal(3)], [cumulants.quadratic(0.4), "linear"]
    classes = cumulants.of_samples(inputs, labels, np.eye(3), 4, third="samples")
    value, *gradients = cumulants.gradient(weights, biases, classes, phis)
    true, *exact = cumulants.gradient_on_samples(weights, biases, inputs, np.eye(3)[labels], phis)
    assert value == pytest.approx(true, rel=1e-10)
    for found, known in zip(gradients[0] + gradients[1], exact[0] + exact[1], strict=True):
        assert np.abs(found - known).max() < 1e-9 * np.abs(known).max()


@pytest.mark.slow
def test_digits_are_learned_from_mean_and_covariance():
    inputs, labels, test_inputs, test_labels = tasks.digits()
    targets, accuracy = np.eye(10), {}
    for order in (1, 2):
        classes = cumulants.of_samples(inputs, labels, targets, order)
        fit = cumulants.train_on_moments(classes, [30], "relu", iterations=100)
        accuracy[order] = fit.score(test_inputs, test_labels, targets)[0]
    assert accuracy[2] > 0.95 and accuracy[1] < 0.9
    fit = cumulants.train_on_samples(inputs, targets[labels], [30], "relu", iterations=100)
    found = cumulants.explained(fit, inputs, labels, targets)
    loss = found.attrs["loss"]
    assert found.loss[0] < 0.5 * loss and found.loss[1] > 1.3 * loss
    assert found.loss[2] == pytest.approx(loss, rel=0.25)
    assert found.accuracy[1] == pytest.approx(found.attrs["accuracy"], abs=0.02)


@pytest.mark.slow
def test_images_are_learned_from_mean_and_covariance():
    """784 inputs: covariances hold most of the accuracy, and third cumulants explain the loss of quadratic units."""
    try:
        inputs, labels, test_inputs, test_labels = (part[:4000] for part in tasks.idx())
    except FileNotFoundError as error:
        pytest.skip(str(error))
    mean, targets, phi = inputs.mean(axis=0), np.eye(10), cumulants.quadratic(0.5)
    inputs, test_inputs, accuracy = inputs - mean, test_inputs - mean, {}
    classes = cumulants.of_samples(inputs, labels, targets, 3, third="samples")
    for order in (1, 2):
        fit = cumulants.train_on_moments([one.up_to(order) for one in classes], [50], phi, iterations=60)
        accuracy[order] = fit.score(test_inputs, test_labels, targets)[0]
    fit = cumulants.train_on_samples(inputs, targets[labels], [50], phi, iterations=60)
    reached = fit.score(test_inputs, test_labels, targets)[0]
    assert accuracy[1] + 0.1 < accuracy[2] and reached - 0.05 < accuracy[2] < reached + 0.02
    found = cumulants.explained(fit, inputs, labels, targets)
    assert found.loss[2] == pytest.approx(found.attrs["loss"], rel=0.05) and found.loss[1] > 1.1 * found.loss[2]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda f, c: f.score(np.ones((4, 3)), [0, 1], np.eye(2)),
            ValueError,
            r"labels must have shape \(4,\), got \(2,\)",
        ),
        (
            lambda f, c: f.score(np.ones((2, 3)), [0, 5], np.eye(2)),
            ValueError,
            r"labels must be in \[0, 1\] everywhere, got 5",
        ),
        (lambda f, c: f.score(np.ones((2, 3)), [0, 1], np.eye(3)), ValueError, "targets must have 2 columns"),
        (
            lambda f, c: cumulants.explained("fit", np.ones((2, 3)), [0, 1], np.eye(2)),
            TypeError,
            "fit must be a Fit, got str",
        ),
        (
            lambda f, c: cumulants.train_on_moments(c, 4, "relu"),
            ValueError,
            r"hidden must have 1 dimension, got shape \(\)",
        ),
        (
            lambda f, c: cumulants.train_on_moments(c[0], [4], "relu"),
            TypeError,
            "populations must be a list .* Population",
        ),
        (
            lambda f, c: cumulants.train_on_moments(c[:1], [4], "relu"),
            ValueError,
            "shares that sum to 1, got 1 with 0.5",
        ),
        (
            lambda f, c: cumulants.train_on_moments("ab", [4], "relu"),
            TypeError,
            "must hold Populations only, got str",
        ),
        (lambda f, c: tasks.xor().sample(0, 1), ValueError, "n_samples must be >= 1, got 0"),
        (
            lambda f, c: cumulants.propagate(3, None, [0.0], [[1.0]], "relu"),
            TypeError,
            "weights must be a list of matrices",
        ),
        (lambda f, c: layers.spread(np.ones((3, 2)), np.ones((3, 1))), ValueError, "second must have 2 columns"),
        (
            lambda f, c: layers.spread(np.ones((1, 2)), np.ones((3, 2))),
            ValueError,
            "first must hold at least 2 samples",
        ),
    ],
)
def test_wrong_arguments_of_scores_and_classes(call, error, message):
    inputs = np.random.default_rng(1).standard_normal((10, 3))
    fit = cumulants.train_on_samples(inputs, np.eye(2)[np.arange(10) % 2], [2], "tanh", iterations=1)
    with pytest.raises(error, match=message):
        call(fit, cumulants.of_samples(inputs, np.arange(10) % 2, np.eye(2)))


def test_wrong_arguments_of_training():
    classes = tasks.parity(3, 0.8, 0.1).populations(4)
    with pytest.raises(ValueError, match="fourth cumulants enter quadratic activations only, got relu"):
        cumulants.train_on_moments(classes, [4], "relu")
    with pytest.raises(ValueError, match="activation must have a known derivative, got sign, for which none is given"):
        cumulants.train_on_samples(np.ones((3, 2)), np.ones((3, 1)), [4], "sign")
    with pytest.raises(ValueError, match="labels must hold every class at least once, got no 1"):
        cumulants.of_samples(np.ones((3, 2)), [0, 0, 2], np.eye(3))
    with pytest.raises(ValueError, match="cov must be positive semi-definite"):
        cumulants.Population(0.5, [1.0], [0.0, 0.0], -np.eye(2))
    with pytest.raises(ValueError, match=r"outputs must be one for each of 2 classes, got 1"):
        cumulants.mse([cumulants.Moments(np.zeros(1), np.eye(1))], classes)
    with pytest.raises(ValueError, match=r"inputs must have 2 columns, got shape \(5, 3\)"):
        layers.forward([np.eye(2)], np.ones((5, 3)))
