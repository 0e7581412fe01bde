"""Parallel pathways of deep linear networks: which of them learns what, exactly for any mix of depths.

Pathway a is a chain of D_a weight matrices with product P_a; the network computes sum_a P_a x. With whitened input the
loss is (1/2) |S - sum_a P_a|^2. From balanced weights aligned with the singular vectors of S (every singular value of a
pathway's matrices equal to u_a in a mode) each mode of strength s learns by itself,

    du_a/dt = u_a^(D_a - 1) (s - sum_b u_b^D_b),    strength of pathway a: Omega_a = u_a^D_a

(J. Shi, E. Shea-Brown and M. Buice, NeurIPS 35 (2022)). With the clock theta = int (s - sum_b Omega_b) dt, common to
all, every pathway moves by itself: g_D(u(theta)) = g_D(u(0)) + theta, g_1 = u, g_2 = ln u, g_D = -u^(2-D) / (D - 2).
That this solves any mix of depths was derived for this program.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

from glassnet import _checks
from glassnet.network.pathways.record import checked_times, listed_modes, record
from glassnet.network.pathways.starts import checked_depths, checked_modes

#: tolerances of the integration; the invariants come out to 1e-10
_RTOL, _ATOL = 1e-13, 1e-16
#: share of a mode that counts as nothing left to learn
_LEARNED = 1e-12
#: halvings that leave nothing of an interval of float64
_HALVINGS = 80


def final_shares(depths: Sequence[int] | np.ndarray, target: ArrayLike, u0: ArrayLike) -> np.ndarray:
    """Share of each pathway in what the network has learned at the end, from the closed form.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
        D_a, the number of weight matrices of each pathway.
    target : float or (...) floats
        s > 0, the singular values of the map to be learned.
    u0 : (n_pathways,) or (..., n_pathways) floats
        Initial singular value of the matrices of each pathway, >= 0. Zero stays zero for D >= 2.

    Returns
    -------
    (..., n_pathways) float64
        Omega_a / s; they sum to 1. Negative only where a pathway of depth 1 must undo what others started with above s.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or no pathway can grow.

    Notes
    -----
    Winner takes all, as the scale of u0 goes to zero, for depths >= 3 only: at depth 1 the initial *difference* of the
    pathways survives, at depth 2 their *ratio*, which a scale does not change.
    """
    depths, target, u0 = _checked(depths, target, u0)
    strengths = _final(depths, target, u0) ** depths
    return strengths / strengths.sum(axis=-1, keepdims=True)


def final_state(depths: Sequence[int] | np.ndarray, target: ArrayLike, u0: ArrayLike) -> np.ndarray:
    """Singular values u_a of the matrices of each pathway at the end, (..., n_pathways); see :func:`final_shares`."""
    return _final(*_checked(depths, target, u0))


def trajectories(depths: Sequence[int] | np.ndarray, target: ArrayLike, u0: ArrayLike, times: ArrayLike) -> xr.Dataset:
    """Integrate the reduced dynamics of every mode.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
    target : float or (n_modes,) floats
        s > 0 of each mode.
    u0 : (n_pathways,) or (n_modes, n_pathways) floats
        >= 0.
    times : (n_times,) floats
        Increasing, >= 0; the time of gradient flow, learning rate times steps.

    Returns
    -------
    xarray.Dataset
        `strength` (Omega), `share` (of the pathway in the sum of all) and `u` by (time, mode, pathway), `overall_share`
        (sum of s Omega over the modes, of the pathway in all) by (time, pathway); coordinates `depth` and `target`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    depths, target, u0 = _checked(depths, listed_modes(target), u0)
    times = checked_times(times)
    if target.ndim != 1:
        raise ValueError(f"u0 must be one row for each of the modes of target, got shape {u0.shape}")
    u = np.stack([_integrated(depths, goal, start, times) for goal, start in zip(target, u0, strict=True)], axis=1)
    return record(times, depths, target, u**depths).assign(u=(("time", "mode", "pathway"), u))


def _integrated(depths: np.ndarray, goal: float, start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """States (n_times, n_pathways) of one mode, up to where nothing is left to learn, and constant from there."""
    powers = depths - 1.0

    def missing(_: float, u: np.ndarray) -> float:
        return abs(goal - (u**depths).sum()) - _LEARNED * goal

    def velocity(_: float, u: np.ndarray) -> np.ndarray:
        return u**powers * (goal - (u**depths).sum())

    # beyond this point steps would stay as short as the relaxation, for ever
    missing.terminal = True  # type: ignore[attr-defined]
    u = np.tile(start, (len(times), 1))
    if times[-1] == 0 or missing(0.0, start) <= 0:
        return u
    solution = solve_ivp(velocity, (0.0, times[-1]), start, "DOP853", times, events=missing, rtol=_RTOL, atol=_ATOL)
    if solution.status < 0:
        raise ValueError(f"target: the integration of a mode of strength {goal:g} failed: {solution.message}")
    n_reached = len(solution.t)
    u[:n_reached] = solution.y.T
    if solution.status == 1:
        u[n_reached:] = solution.y_events[0][-1]
    return u


def common_clock(depth: int, u: ArrayLike) -> np.ndarray:
    """g_D(u), which grows for every pathway by the same: u for D = 1, ln u for D = 2, -u^(2-D)/(D-2) beyond.

    Parameters
    ----------
    depth : int
        D >= 1.
    u : (...) floats
        > 0 for D >= 2.

    Returns
    -------
    (...) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    depth = _checks.integer("depth", depth, minimum=1, most=2**31 - 1)
    u = _checks.real_array("u", u)
    if depth > 1 and (u <= 0).any():
        raise ValueError(f"u must be > 0 for depth {depth}, got {u[u <= 0][0]:g}")
    return _clock(np.array(depth), u)


def invariants(depths: Sequence[int] | np.ndarray, u: ArrayLike) -> np.ndarray:
    """What learning conserves: g_a(u_a) - g_0(u_0) of each pathway a > 0 against the first one, for any depths.

    At equal depths D this is the difference of the strengths (D = 1), half the logarithm of their ratio (D = 2), and
    the difference of Omega^(2/D - 1), but for a factor (D > 2): the three invariants of the paper.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
    u : (..., n_pathways) floats
        > 0.

    Returns
    -------
    (..., n_pathways - 1) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    depths = checked_depths(depths)
    u = _checks.real_array("u", u)
    if u.shape[-1:] != depths.shape:
        raise ValueError(f"u must have {len(depths)} pathways along its last axis, got shape {u.shape}")
    clocks = np.stack([common_clock(int(depth), u[..., a]) for a, depth in enumerate(depths)], axis=-1)
    return clocks[..., 1:] - clocks[..., :1]


def _clock(depths: np.ndarray, u: np.ndarray) -> np.ndarray:
    """g_D(u), elementwise; -inf at u = 0 for D >= 2."""
    with np.errstate(divide="ignore", over="ignore"):
        deep = np.maximum(depths - 2.0, 1.0)
        return np.where(depths == 1, u, np.where(depths == 2, np.log(np.abs(u)), -(np.abs(u) ** -deep) / deep))


def _state(depths: np.ndarray, clock: np.ndarray) -> np.ndarray:
    """The u of which g_D is `clock`; inf beyond the end of a deep pathway's time."""
    deep = np.maximum(depths - 2.0, 1.0)
    with np.errstate(over="ignore", divide="ignore"):
        grown = np.where(clock < 0, np.abs(deep * clock) ** (-1.0 / deep), np.inf)
        return np.where(depths == 1, clock, np.where(depths == 2, np.exp(clock), grown))


def _final(depths: np.ndarray, target: np.ndarray, u0: np.ndarray) -> np.ndarray:
    """Bisection in the state of the pathway that first reaches s / n_pathways.

    In theta itself small starts would cancel: it grows as u0^(2-D) while what matters is of order 1.
    """
    n = len(depths)
    goal = target[..., None]
    start = _clock(depths, u0)
    leader = np.argmin(_clock(depths, (goal / n) ** (1 / depths)) - start, axis=-1)[..., None]
    depth = depths[leader]
    lead = np.arange(n) == leader
    ahead = start - np.take_along_axis(start, leader, axis=-1)

    def state(u: np.ndarray) -> np.ndarray:
        return np.where(lead, u, _state(depths, ahead + _clock(depth, u)))

    def enough(u: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return (state(u) ** depths).sum(axis=-1, keepdims=True) >= goal

    # every other pathway is below s / n there, so the sum is below s
    low = (goal / n) ** (1 / depth)
    high = goal ** (1 / depth)
    while not (short := enough(high)).all():
        high = np.where(short, high, 2 * high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = enough(middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return state(low)


def _checked(depths: ArrayLike, target: ArrayLike, u0: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depths, targets (...) and starts (..., n_pathways), or an error that names what is wrong."""
    depths, target, u0 = checked_modes(depths, target, "u0", u0)
    if (u0 < 0).any():
        raise ValueError(f"u0 must be >= 0, got {u0[u0 < 0][0]:g}")
    if ((u0 == 0) & (depths > 1)).all(axis=-1).any():
        raise ValueError("u0 must be > 0 for some pathway, got zeros from which nothing grows")
    if (np.isinf(_clock(depths, u0)) & (u0 > 0)).any():
        raise ValueError(f"u0 must be large enough for u0^(2 - depth) to be finite, got {u0[u0 > 0].min():g}")
    return depths, target, u0
