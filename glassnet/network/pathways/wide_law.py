"""How far a pathway of a wide random network has come, and the clock by which all pathways move.

The amplitude q = scale p of a pathway of depth D has the strength K and the velocity

    K = q (q^2 + scale^2)^((D - 1) / 2),    dq/dtheta = (q^2 + scale^2)^((D - 1) / 2),

theta = int (s - sum_b K_b) dt, which is the law of J. Shi, E. Shea-Brown and M. Buice, NeurIPS 35 (2022), K in units of
scale^D. For scale -> 0 it becomes that of aligned starts, K = q^D. theta is scale^(2 - D) times the clock of p,

    F_D(p) = int_0^p (1 + x^2)^(-(D - 1) / 2) dx = (1/2) B(p^2 / (1 + p^2); 1/2, (D - 2) / 2) for p > 0, D >= 3,

with the incomplete beta function B: p at D = 1, asinh p at 2, atan p at 3, p / sqrt(1 + p^2) at 4. From D = 3 on it is
bounded, and what remains until p is infinite is computed by itself, as it is much smaller at large p. The
incomplete beta function, and mixed depths, were derived for this program.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from glassnet import _checks
from glassnet.network.pathways.starts import DEEPEST

#: steps of Newton's method, from the side where it cannot overshoot; ten are enough
_STEPS = 40


def wide_clock(depth: int, p: ArrayLike) -> np.ndarray:
    """F_D(p), which grows by the same for all pathways of one depth in a wide network with random starts.

    p is the amplitude in units of `scale`, the standard deviation of the weights times sqrt(width), and F_D(p) the
    integral of (1 + x^2)^(-(D - 1)/2) from 0 to p: p at D = 1, asinh p at 2, atan p at 3, p / sqrt(1 + p^2) at 4, an
    incomplete beta function in general. The time theta common to all depths is scale^(2 - D) F_D(p).

    Parameters
    ----------
    depth : int
        D, in [1, 100].
    p : (...) floats

    Returns
    -------
    (...) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    depth = _checks.integer("depth", depth, minimum=1, maximum=DEEPEST)
    return since_zero(np.array(depth), np.array(1.0), _checks.real_array("p", p))


def strength(depths: np.ndarray, scale: np.ndarray, q: np.ndarray) -> np.ndarray:
    """K of an amplitude q."""
    return q * (q * q + scale * scale) ** ((depths - 1) / 2)


def growth(depths: np.ndarray, scale: np.ndarray, q: np.ndarray) -> np.ndarray:
    """dK/dtheta."""
    size = q * q + scale * scale
    return size ** (depths - 2.0) * (size + (depths - 1) * q * q)


def amplitude(depths: np.ndarray, scale: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """q of a strength K, of the same sign, by Newton's method for ln q, in which ln K is convex."""
    size = np.abs(strengths)
    with np.errstate(divide="ignore", invalid="ignore"):
        goal = np.log(size)
        # both bounds of a small and of a large amplitude are above the root
        y = np.minimum(goal / depths, goal - (depths - 1) * np.log(scale))
        for _ in range(_STEPS):
            excess = y + (depths - 1) / 2 * np.logaddexp(2 * y, 2 * np.log(scale)) - goal
            y = y - excess / (1 + (depths - 1) * special.expit(2 * (y - np.log(scale))))
        return np.where(size > 0, np.copysign(np.exp(y), strengths), 0.0)


def since_zero(depths: np.ndarray, scale: np.ndarray, q: np.ndarray) -> np.ndarray:
    """theta since q = 0, scale^(2 - D) F_D(q / scale)."""
    p = q / scale
    end = np.copysign(_half(depths), p)
    deep = end * special.betainc(0.5, _shape(depths), _squared_sine(p))
    return _in_units(depths, scale, np.where(depths == 1, p, np.where(depths == 2, np.arcsinh(p), deep)))


def remaining(depths: np.ndarray, scale: np.ndarray, q: np.ndarray) -> np.ndarray:
    """theta until q is infinite for D >= 3; minus the theta since q = 0 for D <= 2, where that never comes."""
    p = q / scale
    # 1 / (1 + p^2) itself, as 1 - p^2 / (1 + p^2) would cancel
    tail = _half(depths) * special.betainc(_shape(depths), 0.5, np.square(1 / np.hypot(1.0, p)))
    deep = np.where(p >= 0, tail, 2 * _half(depths) - tail)
    return np.where(depths <= 2, -since_zero(depths, scale, q), _in_units(depths, scale, deep))


def elapsed(depths: np.ndarray, scale: np.ndarray, start: np.ndarray, q: np.ndarray) -> np.ndarray:
    """theta from `start` to q, without loss of digits where both are small, or large and of one sign."""
    since = since_zero(depths, scale, q) - since_zero(depths, scale, start)
    rising = remaining(depths, scale, start) - remaining(depths, scale, q)
    falling = remaining(depths, scale, -q) - remaining(depths, scale, -start)
    near = np.maximum(np.abs(start), np.abs(q)) < scale
    return np.where(near | (start * q <= 0), since, np.where(q > 0, rising, falling))


def amplitude_at(
    depths: np.ndarray, scale: np.ndarray, since: np.ndarray, left: np.ndarray, past: np.ndarray
) -> np.ndarray:
    """q from three clocks: theta since q = 0, theta left until q is infinite, and theta since it was minus infinity.

    They mean the same, and the one with most digits is used; inf beyond the end of a deep pathway's time.
    """
    half, shape, unit = _half(depths), _shape(depths), scale ** (2.0 - depths)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        since, left, past = since / unit, left / unit, past / unit
        shallow = np.where(depths == 1, since, np.sinh(since))
        squared_sine = special.betaincinv(0.5, shape, np.clip(np.abs(since) / half, 0, 1))
        small = np.copysign(np.sqrt(squared_sine / (1 - squared_sine)), since)
        rest = np.where(since > 0, left, past)
        squared_cosine = special.betaincinv(shape, 0.5, np.clip(rest / half, 0, 1))
        large = np.copysign(np.sqrt((1 - squared_cosine) / squared_cosine), since)
        large = np.where((since > 0) & (left <= 0), np.inf, large)
        deep = np.where(np.abs(since) < half / 2, small, large)
        return scale * np.where(depths <= 2, shallow, deep)


def _in_units(depths: np.ndarray, scale: np.ndarray, clock: np.ndarray) -> np.ndarray:
    return scale ** (2.0 - depths) * clock


def _shape(depths: np.ndarray) -> np.ndarray:
    """(D - 2) / 2; 1/2 for D <= 2, whose clock is another."""
    return np.maximum(depths - 2.0, 1.0) / 2


def _half(depths: np.ndarray) -> np.ndarray:
    """F_D(infinity)."""
    return special.beta(0.5, _shape(depths)) / 2


def _squared_sine(p: np.ndarray) -> np.ndarray:
    """p^2 / (1 + p^2)."""
    return np.square(p / np.hypot(1.0, p))
