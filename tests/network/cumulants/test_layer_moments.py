"""Moments of all layers by class: exact where they are, and the error of the closure where they are not."""

import numpy as np
import pytest

from glassnet.network import cumulants, layers, tasks


def network(seed, widths):
    rng = np.random.default_rng(seed)
    pairs = list(zip(widths[1:], widths[:-1], strict=True))
    return [rng.standard_normal(pair) / np.sqrt(pair[1]) for pair in pairs], [
        0.3 * rng.standard_normal(n) for n, _ in pairs
    ]


def test_sampled_moments_are_those_of_the_classes():
    weights, biases = network(1, (3, 5, 2))
    inputs, labels = tasks.parity(3, 0.8, 0.1).sample(200, seed=1)
    predicted, sampled = cumulants.layer_moments(weights, biases, inputs, labels, "tanh")
    states = layers.forward(weights, inputs, "tanh", biases)[1:]
    for label in range(2):
        one = cumulants.of_samples(inputs, labels, np.eye(2))[label]
        expected = cumulants.propagate(weights, biases, one.mean, one.cov, "tanh")
        for state, true, guess, known in zip(states, sampled[label], predicted[label], expected, strict=True):
            part = state[labels == label]
            assert true.mean == pytest.approx(part.mean(axis=0), abs=1e-14)
            assert true.cov == pytest.approx(np.cov(part.T, bias=True), abs=1e-14)
            assert guess.mean == pytest.approx(known.mean, abs=1e-14)
            assert guess.cov == pytest.approx(known.cov, abs=1e-14)


def test_a_linear_network_is_predicted_exactly():
    weights, biases = network(2, (3, 4, 1))
    inputs, labels = np.random.default_rng(3).standard_exponential((300, 3)), np.arange(300) % 3
    found = cumulants.by_layer(weights, biases, inputs, labels, "linear").relative_error
    assert found.dims == ("order", "layer", "class", "moment") and found.shape == (3, 2, 3, 3)
    assert np.abs(found.sel(moment="mean")).max() < 1e-12
    assert np.abs(found.sel(order=[2, 3], moment="variance")).max() < 1e-12
    assert found.sel(order=1, moment="variance").values == pytest.approx(
        np.ones((2, 3))
    )  # means alone have no variance
    assert np.abs(found.sel(order=2, layer=1, moment="covariance")).max() < 1e-12
    assert np.isnan(found.sel(layer=2, moment="covariance")).all()  # one unit has no pairs


def test_what_each_cumulant_adds_to_quadratic_layers():
    """The first quadratic layer is exact with four cumulants, its means with two; the second is closed."""
    weights, biases = network(4, (3, 6, 4))
    inputs, labels = tasks.parity(3, 0.8, 0.1).sample(4000, seed=1)
    found = cumulants.by_layer(
        weights, biases, inputs, labels, cumulants.quadratic(0.5), orders=(1, 2, 3, 4)
    ).relative_error
    first, second = found.sel(layer=1), found.sel(layer=2)
    assert (
        np.abs(first.sel(order=[2, 3, 4], moment="mean")).max() < 1e-12 < 0.05 < first.sel(order=1, moment="mean").min()
    )
    assert np.abs(first.sel(order=4)).max() < 1e-10
    assert (first.sel(order=3, moment="variance") > 1e-3).all()
    assert np.abs(second.sel(order=4, moment="mean")).max() < 1e-10  # a mean of squares of exact covariances
    assert (second.sel(order=4, moment="variance") > 0.01).all()
    third, two = (second.sel(order=order, moment="mean").values for order in (3, 2))
    assert (third < two).all()


def test_wrong_arguments():
    weights, biases = network(1, (3, 5, 2))
    with pytest.raises(ValueError, match="inputs must have 3 columns, got"):
        cumulants.layer_moments(weights, biases, np.ones((4, 2)), [0, 0, 1, 1], "tanh")
    with pytest.raises(ValueError, match="labels must hold every class at least once, got no 1"):
        cumulants.by_layer(weights, biases, np.ones((4, 3)), [0, 0, 2, 2], "tanh")
    with pytest.raises(ValueError, match=r"labels must hold every class of 0 .. 1000000 at least once, got 2 labels"):
        cumulants.by_layer(weights, biases, np.ones((2, 3)), [0, 1_000_000], "tanh")
    with pytest.raises(ValueError, match=r"orders must be in \[1, 4\], got 5"):
        cumulants.by_layer(weights, biases, np.ones((4, 3)), [0, 0, 1, 1], "tanh", orders=5)
    with pytest.raises(ValueError, match="orders must hold at least one order, got none"):
        cumulants.by_layer(weights, biases, np.ones((4, 3)), [0, 0, 1, 1], "tanh", orders=[])
    with pytest.raises(ValueError, match="fourth cumulants enter quadratic activations only, got tanh"):
        cumulants.by_layer(weights, biases, np.ones((4, 3)), [0, 0, 1, 1], "tanh", orders=4)
