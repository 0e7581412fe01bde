"""Two layers in closed form, against descents of whole matrices."""

import numpy as np
import pytest

from glassnet.network import pathways


def test_one_mode_is_exact():
    """Width 30 and a single input and output, where nothing else can mix: to the error of the learning rate."""
    start = pathways.random_start([2, 2, 2], 1, 1, width=30, scale=0.5, seed=3)
    goal = np.array([[2.0]])
    found = pathways.two_layer_shares(start, goal)
    errors = []
    for rate in (4e-4, 2e-4):
        descent = pathways.gradient_descent(start, goal, learning_rate=rate, steps=int(8 / rate), record_every=1000)
        errors.append(np.abs(descent.history.share[-1] - found).max().item())
    assert errors[0] < 1e-5
    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.05)


def test_weights_far_from_small():
    """From strengths above the target, of both signs, the root goes back; by integration of the vectors."""
    rng = np.random.default_rng(7)
    start = [[rng.standard_normal((5, 1)), rng.standard_normal((1, 5))] for _ in range(2)]
    goal = np.array([[0.3]])
    found = pathways.two_layer_shares(start, goal)
    descent = pathways.gradient_descent(start, goal, learning_rate=1e-4, steps=60_000, record_every=60_000)
    np.testing.assert_allclose(descent.history.share[-1], found, atol=2e-3 * np.abs(found).max())


@pytest.mark.parametrize("seed", [1, 2])
def test_width_1000_on_the_tree(seed, tree):
    """Weights of standard deviation 0.01, eight modes: the bound is 0.002."""
    rng = np.random.default_rng(seed)
    start = [[0.01 * rng.standard_normal(shape) for shape in ((1000, 8), (15, 1000))] for _ in range(2)]
    history = pathways.gradient_descent(start, tree, learning_rate=0.02, steps=900, record_every=900).history
    found = pathways.two_layer_shares(start, tree)
    np.testing.assert_allclose(history.strength[-1].sum("pathway"), history.target, atol=1e-6)
    assert np.sqrt(np.square(history.share[-1].values - found).mean()) < 0.002
    assert np.abs(found - 0.5).max() > 0.02


def test_equal_norms_are_a_hyperbolic_sine():
    """|a| = |b| = scale, a . b = 0: K = scale^2 sinh(2 theta), from which all pathways have the same."""
    scale, goal = 0.4, np.array([[1.5]])
    a, b = np.eye(2) * scale
    same = [[a[:, None], b[None]]] * 2
    np.testing.assert_allclose(pathways.two_layer_shares(same, goal), [[0.5, 0.5]], rtol=1e-14)
    # the other one starts later on the same curve: its clock is ahead by 0.3
    ahead = [a * np.cosh(0.3) + b * np.sinh(0.3), b * np.cosh(0.3) + a * np.sinh(0.3)]
    shares = pathways.two_layer_shares([same[0], [ahead[0][:, None], ahead[1][None]]], goal)[0]
    first, second = np.arcsinh(shares * 1.5 / scale**2) / 2
    assert second - first == pytest.approx(0.3, rel=1e-12)


def test_bad_input(target):
    start = pathways.random_start([2, 3], 20, 20, width=3, scale=0.5, seed=1)
    with pytest.raises(ValueError, match=r"weights\[1\] must hold two matrices, got 3"):
        pathways.two_layer_shares(start, target)
    with pytest.raises(ValueError, match="weights must be able to grow in each mode of target"):
        pathways.two_layer_shares([[np.zeros((3, 20)), np.zeros((20, 3))]], target)
    with pytest.raises(ValueError, match=r"weights\[0\] must map 20 inputs to 20 outputs"):
        pathways.two_layer_shares([[np.zeros((3, 5)), np.zeros((20, 3))]], target)
