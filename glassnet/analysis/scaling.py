"""Where curves of all sizes cross: finite-size scaling at a continuous transition.

Near a continuous transition the Binder cumulant is a function of x = (T - T_c) N^y alone, and so is N^r [q^2]. On
random graphs exponents are those of mean-field theory: y = 1/3, r = 2/3 for a glass, y = 1/2 and r = 1/2 (q is the
order parameter) or 1 (q is its square) for a ferromagnet. All sizes are fitted at once by a parabola in x; T_c is where
the fit is best, and the exponents are those that fit best. In glasses the crossing of the Binder cumulants comes from
below and that of N^(2/3) [q^2] from above as N grows: their mean is the estimate, their distance over 12^1/2 in the bar.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis import errors
from glassnet.analysis.symmetric import common_rungs

#: exponents (y, r): glass, ferromagnet with order parameter q, ferromagnet with order parameter q^1/2
_EXPONENTS = ((1 / 3, 2 / 3), (1 / 2, 1 / 2), (1 / 2, 1.0))
#: half-width of the window around T_c that is fitted, relative to T_c, and how often it is moved
_WINDOW, _MOVES = 0.13, 4
_GRID = 61
#: part of the range of the curves by which scaling functions may fail at these sizes
_CORRECTIONS = 0.05
#: curves must pass through each other at this many standard errors
_SIGNIFICANT = 3.0


class Scaled(NamedTuple):
    """Crossing of one quantity: T_c of the data and of all resamples, significance of its slope, and chi^2 per degree
    of freedom; `inside` if the crossing does not lie at the edge of the temperatures."""

    resampled: np.ndarray
    stderr: float
    slope_significance: float
    misfit: float
    inside: bool

    @property
    def temperature(self) -> float:
        """T_c of the data."""
        return float(self.resampled[0])

    @property
    def found(self) -> bool:
        """Whether the curves of the sizes cross within the temperatures, larger sizes above on the cold side."""
        return self.inside and self.slope_significance > _SIGNIFICANT and bool(np.isfinite(self.stderr))


def binder(overlaps: dict[int, xr.Dataset]) -> Scaled | None:
    """Common crossing of the Binder cumulants; None with fewer than two sizes or four common rungs."""
    return _crossing(overlaps, lambda size, power: overlaps[size]["binder_resampled"].values, _EXPONENTS[:2])


def order(overlaps: dict[int, xr.Dataset]) -> Scaled | None:
    """Common crossing of N^r [q^2], in logarithms; None with fewer than two sizes or four common rungs."""
    scaled = lambda size, power: np.log(np.maximum(size**power * overlaps[size]["q2_resampled"].values, 1e-300))  # noqa: E731
    return _crossing(overlaps, scaled, _EXPONENTS)


def _crossing(overlaps: dict[int, xr.Dataset], quantity, exponents) -> Scaled | None:
    shared = common_rungs(list(overlaps.values()))
    if len(overlaps) < 2 or len(shared) < 4:
        return None
    n_samples = min(data.attrs["n_samples"] for data in overlaps.values())
    kept = [np.isin(np.round(data.temperature.values, 9), shared) for data in overlaps.values()]
    size, fits = np.array(list(overlaps), dtype=np.float64), []
    for exponent, power in exponents:
        curves = np.array([quantity(n, power)[:, rungs] for n, rungs in zip(overlaps, kept, strict=True)])
        stderr = np.array([errors.bootstrap_error(curve, n_samples) for curve in curves])
        if not (np.isfinite(curves).all() and np.isfinite(stderr).all()):
            return None
        # corrections to scaling are there however small the errors
        floor = _CORRECTIONS * np.ptp(curves[:, 0]) + 1e-12
        fits.append(_fitted(shared, size, curves, np.hypot(stderr, floor), exponent, n_samples))
    return min(fits, key=lambda fit: (not fit.found, fit.misfit))


def _fitted(temperature, size, curves, stderr, exponent: float, n_samples: int) -> Scaled:
    """Best T_c of every resample of curves (n_sizes, n_resamples, n_rungs), in a window that follows it."""
    chosen = np.ones(len(temperature), dtype=bool)
    for _ in range(_MOVES):
        places, misfit, slope, inside = _scan(
            temperature[chosen], size, curves[:, :, chosen], stderr[:, chosen], exponent
        )
        centre = places[0]
        near = np.abs(temperature / centre - 1) < _WINDOW
        # a parabola has three coefficients, and both sides of the crossing must be seen
        chosen = near if near.sum() >= 4 else _nearest(temperature, centre, 4)
    # curves without any noise have slopes of the size of rounding errors
    noise = max(float(errors.bootstrap_error(slope, n_samples)), 1e-6 * np.abs(curves[:, 0]).max())
    significance = -slope[0] / max(noise, 1e-300)
    n_points = int(chosen.sum()) * len(size)
    return Scaled(
        places, float(errors.bootstrap_error(places, n_samples)), significance, misfit[0] / (n_points - 4), inside
    )


def _nearest(temperature: np.ndarray, centre: float, count: int) -> np.ndarray:
    chosen = np.zeros(len(temperature), dtype=bool)
    chosen[np.argsort(np.abs(temperature - centre))[:count]] = True
    return chosen


def _scan(temperature, size, curves, stderr, exponent: float):
    """T_c on a grid, then by a parabola: places, chi^2 and slopes of all resamples, and whether it lies inside."""
    at, n = np.tile(temperature, len(size)), np.repeat(size / size.mean(), len(temperature))
    sigma = stderr.ravel()
    data = np.concatenate(list(curves), axis=1) / sigma
    total = (data**2).sum(axis=1)
    grid = np.linspace(temperature[0], temperature[-1], _GRID)
    misfit, slopes = [], []
    for place in grid:
        x = (at - place) * n**exponent
        design = np.stack([np.ones_like(x), x, x * x], axis=1) / sigma[:, None]
        basis, triangle = np.linalg.qr(design)
        projected = data @ basis
        misfit.append(total - (projected**2).sum(axis=1))
        slopes.append(np.linalg.solve(triangle + 1e-300 * np.eye(3), projected.T)[1])
    misfit, slopes = np.array(misfit).T, np.array(slopes).T
    rows, best = np.arange(len(misfit)), np.argmin(misfit, axis=1)
    middle = np.clip(best, 1, _GRID - 2)
    left, centre, right = (misfit[rows, middle + k] for k in (-1, 0, 1))
    bend = left - 2 * centre + right
    shift = np.where(bend > 0, np.clip((left - right) / np.where(bend > 0, 2 * bend, 1), -1, 1), 0.0)
    places = grid[middle] + shift * (grid[1] - grid[0])
    return places, misfit[rows, best], slopes[rows, best], bool(1 < best[0] < _GRID - 2)
