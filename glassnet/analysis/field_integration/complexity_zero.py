"""The zero of the complexity: T_K."""

import numpy as np

from glassnet.analysis.field_integration.instance_averages import Averages
from glassnet.statistics.fits import polynomial_through

#: standard errors by which the complexity must differ from zero on both sides of its zero
_CLEAR = 3.0


def zero(temperatures, averages: Averages, mean, stderr, shifts=(0.0, 0.0)) -> tuple[float, float]:
    """Temperature at which the complexity becomes positive, and its standard error; nan if there is none.

    It is the root of a parabola through the two neighbouring temperatures and the nearest third one, if there is one;
    the change of the root with a parabola in 1/T is part of the error. There is no zero unless the complexity is
    negative at some temperature below, and positive at one above, by three standard errors and the shift of finite
    glasses: neither noise nor this shift may make a zero where the complexity tends to zero from one side.

    `mean` and `stderr` are taken from `averages`; `shifts` are by how much the complexity of finite glasses may be too
    low, and too high.
    """
    rising = np.flatnonzero((mean[:-1] < 0) & (mean[1:] >= 0))
    below, above = mean < -_CLEAR * stderr - shifts[0], mean > _CLEAR * stderr + shifts[1]
    rising = np.array([i for i in rising if below[: i + 1].any() and above[i + 1 :].any()], dtype=int)
    if not rising.size:
        return np.nan, np.nan
    low, high = temperatures[rising[0]], temperatures[rising[0] + 1]
    known = np.flatnonzero(np.isfinite(mean))
    near = known[np.argsort(np.abs(temperatures[known] - (low + high) / 2), kind="stable")[:3]]
    t = temperatures[near] - low
    lagrange = polynomial_through(t)
    polynomial = np.polynomial.Polynomial(lagrange @ mean[near])
    root = _between(polynomial, 0.0, high - low)
    share = np.vander([root], len(near), increasing=True)[0] @ lagrange
    slope = polynomial.deriv()(root)
    error = averages.at(share, near, temperatures)[1] / abs(slope)
    inverse = np.polynomial.Polynomial.fit(1 / temperatures[near] - 1 / low, mean[near], len(near) - 1)
    other = 1 / (1 / low + _between(inverse, 0.0, 1 / high - 1 / low))
    return float(low + root), float(np.hypot(error, low + root - other))


def _between(polynomial, start: float, end: float) -> float:
    """The root nearest to the middle of two values between which there is one."""
    roots = polynomial.roots()
    return float(np.real(roots[np.argmin(np.abs(roots - (start + end) / 2))]))
