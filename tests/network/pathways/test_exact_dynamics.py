"""Parallel pathways: closed forms, ODE and invariants against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.network import pathways


@pytest.mark.parametrize(
    ("depths", "u0", "shares"),
    [
        ([1, 1], [0.12, 0.10], [0.510000, 0.490000]),
        ([2, 2], [0.12, 0.10], [0.590164, 0.409836]),
        ([3, 3], [0.12, 0.10], [0.948310, 0.051690]),
        ([4, 4], [0.12, 0.10], [0.998996, 0.001004]),
        ([2, 3], [0.10, 0.10], [0.997808, 0.002192]),
    ],
)
def test_reference_shares(depths, u0, shares):
    """Computed apart from this code, by formula and by integration of the ODE."""
    np.testing.assert_allclose(pathways.final_shares(depths, 1.0, u0), shares, atol=6e-7)


def test_closed_forms_of_equal_depths():
    """Depth 1 keeps the difference, depth 2 the ratio of the strengths; both by hand."""
    a, b, s = 0.3, 0.1, 2.5
    np.testing.assert_allclose(pathways.final_shares([1, 1], s, [a, b])[0], (s + a - b) / (2 * s), rtol=1e-14)
    np.testing.assert_allclose(pathways.final_shares([2, 2], s, [a, b])[0], a**2 / (a**2 + b**2), rtol=1e-14)


@settings(max_examples=100, deadline=None)
@given(
    depths=st.lists(st.integers(1, 7), min_size=1, max_size=5),
    log_u0=st.lists(st.floats(-12, 1), min_size=5, max_size=5),
    log_s=st.floats(-2, 2),
)
def test_the_final_state_lies_on_the_common_clock(depths, log_u0, log_s):
    """It adds up to the target, and all clocks have gone the same way: what defines it, checked without the solver."""
    u0, s = 10.0 ** np.array(log_u0[: len(depths)]), 10.0**log_s
    u = pathways.final_state(depths, s, u0)
    assert (u**depths).sum() == pytest.approx(s, rel=1e-8)
    assert pathways.final_shares(depths, s, u0).sum() == pytest.approx(1, abs=1e-12)
    if (u > 0).all():
        clocks = [
            [pathways.common_clock(depth, value) for depth, value in zip(depths, state, strict=True)]
            for state in (u0, u)
        ]
        size = np.abs(clocks).max()
        moved = np.subtract(*clocks[::-1])
        np.testing.assert_allclose(moved, moved[0], atol=1e-9 * size)


@pytest.mark.parametrize("depths", [(1, 1), (2, 2), (3, 3), (4, 4), (1, 2, 3), (2, 3, 5), (4,)])
def test_the_ode_conserves_the_invariants_and_ends_where_the_closed_form_says(depths):
    u0 = np.array([0.12, 0.10, 0.20])[: len(depths)]
    path = pathways.trajectories(depths, [1.0, 3.0], u0, np.linspace(0, 400, 60))
    invariants = pathways.invariants(depths, path.u.values)
    np.testing.assert_allclose(invariants, np.broadcast_to(invariants[0], invariants.shape), rtol=1e-10)
    expected = pathways.final_shares(depths, [1.0, 3.0], u0)
    np.testing.assert_allclose(path.share[-1], expected, atol=1e-10)
    np.testing.assert_allclose(path.strength[-1].sum("pathway"), [1, 3], rtol=1e-10)


def test_long_times_and_large_targets_cost_nothing():
    """Relaxation is 10^6 times faster than the time asked for; where nothing is left to learn nothing moves."""
    path = pathways.trajectories([4, 4], 1e4, [0.12, 0.10], [0.0, 1e3, 1e6])
    np.testing.assert_allclose(path.share[-1, 0], pathways.final_shares([4, 4], 1e4, [0.12, 0.10]), atol=1e-9)
    done = pathways.trajectories([1, 2], 1.25, [1.0, 0.5], [0.0, 1e6])
    np.testing.assert_array_equal(done.u[:, 0], [[1.0, 0.5]] * 2)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_invariants_are_those_of_the_paper(depth):
    path = pathways.trajectories([depth, depth], 1.0, [0.12, 0.10], [0.0, 5.0, 50.0]).strength.values[:, 0]
    first, second = path.T
    if depth == 1:
        paper = first - second
    elif depth == 2:
        paper = first / second
    else:
        paper = first ** (2 / depth - 1) - second ** (2 / depth - 1)
    np.testing.assert_allclose(paper, paper[0], rtol=1e-10)


def test_the_winner_takes_all_in_the_limit_of_small_starts_for_depth_three_and_more_only():
    scales = np.array([1.0, 1e-2, 1e-4])
    u0 = scales[:, None] * [0.12, 0.10]
    shares = {depth: pathways.final_shares([depth, depth], 1.0, u0)[:, 0] for depth in (1, 2, 3, 4)}
    np.testing.assert_allclose(shares[1] - 0.5, 0.01 * scales, rtol=1e-9)
    np.testing.assert_allclose(shares[2], 0.59016393, rtol=1e-8)
    for depth in (3, 4):
        assert (np.diff(shares[depth]) > 0).all() and 1 - shares[depth][-1] < 1e-6


def test_starts_at_zero_stay_there_beyond_depth_one():
    np.testing.assert_array_equal(pathways.final_shares([2, 3], 1.0, [0.0, 0.1]), [0, 1])
    assert pathways.final_shares([1, 3], 1.0, [0.0, 0.01])[0] > 0.99


def test_starts_beyond_the_target_are_undone():
    """A pathway of depth 1 may end negative; the root is checked by insertion."""
    u = pathways.final_state([1, 2], 1.0, [0.1, 2.0])
    assert u[0] < 0 and u[0] + u[1] ** 2 == pytest.approx(1)
    assert u[0] - 0.1 == pytest.approx(np.log(u[1] / 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], 1.0, [0.1, 0.1]), r"depths must be in \[1, 100\] everywhere, got 0"),
        (([], 1.0, []), "depths must hold at least one pathway, got none"),
        (([2, 2], 0.0, [0.1, 0.1]), "target must be > 0, got 0"),
        (([2, 2], 1.0, [0.1, -0.1]), "u0 must be >= 0, got -0.1"),
        (([2, 2], 1.0, [0.1]), r"u0 must have 2 pathways along its last axis, got shape \(1,\)"),
        (([2, 2], [1.0, 2.0], np.ones((3, 2))), r"u0 must fit the modes of target \(2,\)"),
        (([2, 2], 1.0, [0.0, 0.0]), "u0 must be > 0 for some pathway"),
        (([9, 9], 1.0, [1e-60, 1e-60]), "u0 must be large enough"),
    ],
)
def test_bad_input_of_the_closed_form(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        pathways.final_shares(*arguments)


def test_bad_input_of_the_rest(target):
    start = pathways.random_start([1, 2], 20, 20, width=3, scale=0.5, seed=1)
    with pytest.raises(ValueError, match="times must be >= 0 and increase strictly"):
        pathways.trajectories([2], 1.0, [0.1], [1.0, 1.0])
    with pytest.raises(ValueError, match="u must be > 0 for depth 2, got 0"):
        pathways.common_clock(2, 0.0)
    with pytest.raises(ValueError, match=r"weights\[1\] must map 20 inputs to 20 outputs, got \[20, 3\]"):
        pathways.gradient_descent([start[0], start[1][:1]], target)
    with pytest.raises(ValueError, match=r"weights\[0\] must fit each other"):
        pathways.gradient_descent([[np.ones((3, 20)), np.ones((20, 4))]], target)
    with pytest.raises(ValueError, match="activation must be one of 'linear', 'tanh', 'relu', got 'step'"):
        pathways.gradient_descent(start, target, activation="step")
    with pytest.raises(ValueError, match="record_every must divide steps = 10, got 3"):
        pathways.gradient_descent(start, target, steps=10, record_every=3)
    with pytest.raises(ValueError, match=r"inputs must have shape \(n_samples >= 20, 20\), got \(5, 20\)"):
        pathways.gradient_descent(start, target, inputs=np.ones((5, 20)))
    with pytest.raises(ValueError, match="inputs must span all 20 dimensions, got rank 1"):
        pathways.gradient_descent(start, target, inputs=np.ones((25, 20)))
    with pytest.raises(
        TypeError, match="weights must be a list of pathways, each of them a list of matrices, got None"
    ):
        pathways.gradient_descent(None, target)
    with pytest.raises(ValueError, match="depths must hold at least one pathway, got none"):
        pathways.random_start([], 2, 2, width=3, scale=1.0, seed=1)
    with pytest.raises(FloatingPointError, match="learning_rate 1 is too large"):
        pathways.gradient_descent(start, target, learning_rate=1.0, steps=1000)
    with pytest.raises(ValueError, match="target must not be zero everywhere"):
        pathways.balanced_start([2], np.zeros((3, 3)), [0.1], seed=1)
    with pytest.raises(ValueError, match="width must be >= 4, got 3"):
        pathways.balanced_start([2], target, [0.1], width=3, seed=1)
    with pytest.raises(ValueError, match=r"u0 must have shape \(2,\) or \(4, 2\) for 4 modes, got \(3, 2\)"):
        pathways.balanced_start([2, 2], target, np.ones((3, 2)), seed=1)
