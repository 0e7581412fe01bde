"""Monotone interpolation and the inverse of erfc, from operations that give the same bits on every machine.

scipy's are as good, but are compiled with fused multiply-adds or without, and call the libm of the machine.
"""

import numpy as np
from numpy.typing import ArrayLike

from glassnet.kernels import arithmetic

_HALF_SQRT_PI = 0.8862269254527580


def interpolate(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Piecewise cubic interpolation of decreasing values that decreases too.

    Derivatives at the points are weighted harmonic means of the slopes on either side, at the ends a parabola gives
    them (F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984)), as in scipy's PchipInterpolator.

    Parameters
    ----------
    x : (n,) float64
        Strictly increasing, n >= 2.
    y : (n,) float64
        Strictly decreasing.
    at : (m,) float64
        Within the range of `x`.

    Returns
    -------
    (m,) float64
    """
    step = np.diff(x)
    slope = np.diff(y) / step
    derivative = np.empty(len(x))
    if len(x) == 2:
        derivative[:] = slope
    else:
        before, after = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
        derivative[1:-1] = (before + after) / (before / slope[:-1] + after / slope[1:])
        derivative[0] = _end(step[0], step[1], slope[0], slope[1])
        derivative[-1] = _end(step[-1], step[-2], slope[-1], slope[-2])
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h, s = step[left], (at - x[left]) / step[left]
    rest = 1.0 - s
    value = (1.0 + 2.0 * s) * rest * rest * y[left] + (1.0 + 2.0 * rest) * s * s * y[left + 1]
    return value + h * s * rest * (rest * derivative[left] - s * derivative[left + 1])


def _end(step: float, next_step: float, slope: float, next_slope: float) -> float:
    """Derivative at an end from the parabola through three points, never of the other sign."""
    return min(0.0, ((2.0 * step + next_step) * slope - step * next_slope) / (step + next_step))


def erfc_inverse(y: ArrayLike) -> np.ndarray:
    """The x >= 0 with erfc(x) = y, element by element; error below 1e-12 x + 1e-15 on [1e-3, 1].

    Newton's method from x = 0, which approaches the root of the convex function from the left; erf by its series of
    positive terms (M. Abramowitz and I. Stegun, eq. 7.1.6).

    Parameters
    ----------
    y : (n,) float64
        In [1e-3, 1].

    Returns
    -------
    (n,) float64
    """
    y = np.asarray(y, dtype=np.float64)
    x = np.zeros_like(y)
    for _ in range(16):
        square = x * x
        term = x.copy()
        series = x.copy()
        for n in range(1, 64):
            term = term * (2.0 * square / (2 * n + 1))
            series = series + term
        gauss = arithmetic.exp(-square)
        x = x + ((1.0 - y) * _HALF_SQRT_PI - gauss * series) / gauss
    return np.maximum(x, 0.0)
