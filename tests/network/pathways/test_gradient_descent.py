"""Gradient descent of whole matrices, against the exact dynamics and finite differences."""

import numpy as np
import pytest

from glassnet.network import pathways

MODES = np.array([4.0, 3.0, 2.0, 1.0])


@pytest.mark.parametrize("depths", [(1, 2), (2, 2), (3, 3), (2, 3), (1, 2, 3)])
def test_descent_of_whole_matrices_agrees(depths, target):
    """Width 20, modes 4, 3, 2, 1, learning rate 1e-3: shares to 5e-4, the bound of a discretisation of this step."""
    u0 = [0.35, 0.30, 0.25][: len(depths)]
    start = pathways.balanced_start(depths, target, u0, seed=1)
    descent = pathways.gradient_descent(start, target, learning_rate=1e-3, steps=16_000, record_every=500)
    np.testing.assert_allclose(descent.history.share[-1], pathways.final_shares(depths, MODES, u0), atol=5e-4)
    theory = pathways.trajectories(depths, MODES, u0, descent.history.time)
    assert np.abs(theory.share - descent.history.share).max() < 1e-3
    assert np.abs(theory.strength - descent.history.strength).max() < 0.01
    learned = sum(np.linalg.multi_dot([*pathway[::-1], np.eye(20)]) for pathway in descent.weights)
    np.testing.assert_allclose(learned, target, atol=1e-6)
    assert all(np.shares_memory(a, b) is False for a, b in zip(start[0], descent.weights[0], strict=True))


@pytest.mark.parametrize("output_activation", ["linear", "tanh", "relu"])
@pytest.mark.parametrize("activation", ["linear", "tanh", "relu"])
def test_one_step_goes_down_the_gradient(activation, output_activation):
    """Against central differences of the loss that the records show."""
    rng = np.random.default_rng(2)
    goal, inputs = rng.standard_normal((2, 3)), rng.standard_normal((7, 3))
    start = pathways.random_start([1, 2, 3], 3, 2, width=4, scale=1.0, seed=3)

    def loss(weights):
        descent = pathways.gradient_descent(
            weights,
            goal,
            activation=activation,
            output_activation=output_activation,
            inputs=inputs,
            learning_rate=1e-3,
            steps=1,
            record_every=1,
        )
        return descent.history.loss.values[0], descent.weights

    stepped = loss(start)[1]
    for a, pathway in enumerate(start):
        for layer, weight in enumerate(pathway):
            place = tuple(rng.integers(weight.shape))
            sides = []
            for sign in (1, -1):
                moved = [[matrix.copy() for matrix in chain] for chain in start]
                moved[a][layer][place] += sign * 1e-5
                sides.append(loss(moved)[0])
            gradient = (sides[0] - sides[1]) / 2e-5
            assert (weight - stepped[a][layer])[place] / 1e-3 == pytest.approx(gradient, rel=1e-6, abs=1e-9)


def test_random_starts_concentrate_only_weakly(target):
    """References .508 .563 .650 .673 (few draws, entries of standard deviation 0.1); aligned starts say up to .999."""
    for depth, reference in ((1, 0.508), (2, 0.563), (3, 0.650), (4, 0.673)):
        largest = []
        for seed in range(6):
            start = pathways.random_start([depth, depth], 20, 20, width=20, scale=0.1 * np.sqrt(20), seed=seed)
            descent = pathways.gradient_descent(start, target, learning_rate=1e-2, steps=1500, record_every=1500)
            largest.append(descent.history.overall_share[-1].max().item())
        spread = np.std(largest, ddof=1) / np.sqrt(len(largest))
        assert abs(np.mean(largest) - reference) < 4 * np.hypot(spread, spread) + 1e-3
        assert np.mean(largest) < 0.8


def test_the_whole_matrix_of_each_pathway(tree):
    """In the bases of the target the products of all matrices; the strengths are the diagonal."""
    start = pathways.random_start([2, 3], 8, 15, width=12, scale=0.5, seed=3)
    history, weights = pathways.gradient_descent(start, tree, learning_rate=1e-2, steps=400, record_every=200)
    matrices = history.K.values
    assert history.K.dims == ("time", "pathway", "left", "right") and matrices.shape == (3, 2, 15, 8)
    for number, chains in ((0, start), (-1, weights)):
        for a, chain in enumerate(chains):
            product = np.linalg.multi_dot([*chain[::-1], np.eye(8)])
            left, values, right = np.linalg.svd(tree, full_matrices=False)
            np.testing.assert_allclose(matrices[number, a, :8], left.T @ product @ right.T, atol=1e-12)
            # the rest of the left basis is any that is orthogonal to the modes
            size = np.linalg.norm(product)
            assert np.linalg.norm(matrices[number, a]) == pytest.approx(size, rel=1e-12)
    np.testing.assert_array_equal(np.diagonal(matrices, axis1=2, axis2=3).transpose(0, 2, 1), history.strength)
    np.testing.assert_allclose(history.loss, 0.5 * np.square(matrices.sum(axis=1) - np.eye(15, 8) * values).sum((1, 2)))


def test_a_target_of_lower_rank_has_a_whole_matrix(target):
    """20 x 20 of rank 4: four strengths, and all of the products."""
    start = pathways.random_start([1, 2], 20, 20, width=5, scale=0.5, seed=3)
    history = pathways.gradient_descent(start, target, learning_rate=1e-2, steps=10, record_every=10).history
    assert history.strength.shape == (2, 4, 2) and history.K.shape == (2, 2, 20, 20)
    assert np.linalg.norm(history.K[0, 0]) == pytest.approx(np.linalg.norm(start[0][0]), rel=1e-12)


def test_activated_outputs_are_those_of_each_pathway():
    """K of pathways with tanh at the end, at the first record: tanh of its own outputs, not of their sum."""
    goal = np.diag([2.0, 1.0])
    start = [[np.array([[1.0, 0.0], [0.0, 0.5]])], [np.array([[3.0, 0.0], [0.0, 0.25]])]]
    options = {"inputs": np.eye(2), "steps": 1, "record_every": 1}
    first = pathways.gradient_descent(start, goal, output_activation="tanh", **options).history.isel(time=0)
    np.testing.assert_allclose(first.strength, np.tanh([[1.0, 3.0], [0.5, 0.25]]), rtol=1e-14)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_nonlinear_pathways_learn_the_map(activation, target):
    rng = np.random.default_rng(4)
    inputs = np.sqrt(60) * np.linalg.qr(rng.standard_normal((60, 20)))[0]
    start = pathways.random_start([2, 2], 20, 20, width=40, scale=0.5, seed=1)
    history = pathways.gradient_descent(
        start, target, activation=activation, inputs=inputs, learning_rate=1e-2, steps=2000, record_every=500
    ).history
    assert history.loss[-1] < 0.2 * history.loss[0]
    assert 0.5 < history.overall_share[-1].max() < 0.8


def test_a_linear_network_sees_only_that_the_inputs_are_white(target):
    rng = np.random.default_rng(4)
    inputs = np.sqrt(60) * np.linalg.qr(rng.standard_normal((60, 20)))[0]
    start = pathways.random_start([2, 3], 20, 20, width=10, scale=0.5, seed=1)
    options = {"learning_rate": 1e-2, "steps": 200, "record_every": 100}
    plain = pathways.gradient_descent(start, target, **options).history
    other = pathways.gradient_descent(start, target, inputs=inputs, **options).history
    np.testing.assert_allclose(plain.strength, other.strength, atol=1e-10)
    np.testing.assert_allclose(plain.loss, other.loss, rtol=1e-10)
