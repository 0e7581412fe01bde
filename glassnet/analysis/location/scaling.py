"""The temperatures at which curves of all sizes cross, and at which the susceptibility diverges, at a continuous
transition.

Near a continuous transition the Binder cumulant is a function of x = (T - T_c) N^y alone, and so is N^r [m], [m] the
moment that orders. All sizes are fitted at once by a cubic in x; T_c is where the fit is best. On random graphs the
exponents are those of mean-field theory and known beforehand (:mod:`glassnet.analysis.location.exponents`); elsewhere y
is fitted (:func:`fitted`) and N^r [m] is not used.

Corrections to scaling decay like N^-omega and shift a crossing by an amount of the order N^-(y + omega), which is
N^-2/3 for a glass. From four sizes on a term c N^-omega can be fitted.

In the paramagnet no exponent of N is needed. The susceptibility of a glass has corrections in powers of 1/N there, and
in mean-field theory its inverse vanishes linearly at T_c (gamma = 1): it is extrapolated first in N, on the rungs where
this changes it little, and then to zero.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.location.exponents import Exponents
from glassnet.analysis.location.symmetric_scan import common_rungs
from glassnet.statistics import bootstrap
from glassnet.statistics.fits import fit_rows, polynomial_through, rising_root

#: half-width of the window around T_c that is fitted, relative to T_c, and how often it is moved
_WINDOW, _MOVES = 0.13, 4
_GRID = 61
#: number of coefficients of the scaling function: a cubic describes those of small sizes within the window
_COEFFICIENTS = 4
#: error of scaling functions at these sizes, as part of the range of the curves
_CORRECTIONS = 0.05
#: the slope of a crossing must be at least this many standard errors
_SIGNIFICANT = 3.0
#: sizes from which on a term N^-omega is fitted
SIZES_TO_CORRECT = 4
#: values of y that are tried where it is not known
_POWERS = np.arange(0.10, 1.01, 0.1)
#: rungs count as paramagnetic where the largest size is within this distance of its extrapolation in 1/N. With 10 % the
#: extrapolation from N <= 256 gives 1/chi too high by 3 to 4 standard errors, with 5 % by one
_CONVERGED = 0.05
#: fewest such rungs: a parabola has three coefficients, and two more rungs show whether it fits
_RUNGS = 5


class Scaled(NamedTuple):
    """Crossing of one quantity: T_c and chi^2 per degree of freedom of the data and of all resamples, the standard
    error of T_c, and the significance of the slope; `inside` if the crossing does not lie at the edge of the
    temperatures."""

    resampled: np.ndarray
    stderr: float
    slope_significance: float
    misfits: np.ndarray
    inside: bool

    @property
    def misfit(self) -> float:
        """chi^2 per degree of freedom of the data."""
        return float(self.misfits[0])

    @property
    def temperature(self) -> float:
        """T_c of the data."""
        return float(self.resampled[0])

    @property
    def crosses(self) -> bool:
        """Whether the curves of the sizes cross within the temperatures, larger sizes above on the cold side."""
        return self.inside and self.falls

    @property
    def falls(self) -> bool:
        """Whether they cross in this way, wherever that is."""
        return self.slope_significance > _SIGNIFICANT and bool(np.isfinite(self.stderr))


def binder(overlaps: dict[int, xr.Dataset], exponents: Exponents, *, corrected: bool = False) -> Scaled | None:
    """Common crossing of the Binder cumulants; `overlaps` are by increasing size, of
    :mod:`glassnet.analysis.averages.overlaps`.

    If `corrected`, the fit has a term c N^-omega beside the scaling function. None with fewer than two sizes (four if
    `corrected`) or four common rungs, or where a cumulant is not defined.
    """
    curves = {size: data["binder_resampled"].values for size, data in overlaps.items()}
    return _crossing(overlaps, curves, exponents.temperature, exponents.correction if corrected else None)


def order(overlaps: dict[int, xr.Dataset], exponents: Exponents, *, corrected: bool = False) -> Scaled | None:
    """Common crossing of N^r times the moment that orders, in logarithms; otherwise like :func:`binder`.

    None as well where that moment was not measured.
    """
    name = f"{exponents.moment}_resampled"
    if any(name not in data for data in overlaps.values()):
        return None
    curves = {
        size: np.log(np.maximum(size**exponents.order * data[name].values, 1e-300)) for size, data in overlaps.items()
    }
    return _crossing(overlaps, curves, exponents.temperature, exponents.correction if corrected else None)


def fitted(overlaps: dict[int, xr.Dataset]) -> Scaled | None:
    """Crossing of the Binder cumulants where no exponent is known: every resample chooses the y that fits it best.

    None where :func:`binder` is.
    """
    curves = {size: data["binder_resampled"].values for size, data in overlaps.items()}
    every = [_crossing(overlaps, curves, power) for power in _POWERS]
    fits = [fit for fit in every if fit is not None]
    if len(fits) < len(every):
        return None
    best = min(fits, key=lambda fit: (not fit.crosses, fit.misfit))
    others = [fit for fit in fits if fit.crosses == best.crosses]
    chosen = np.argmin([fit.misfits for fit in others], axis=0)
    temperatures = np.choose(chosen, [fit.resampled for fit in others])
    stderr = float(bootstrap.bootstrap_error(temperatures, fewest_samples(overlaps)))
    return best._replace(resampled=temperatures, stderr=stderr)


def _crossing(overlaps, columns, exponent: float, correction: float | None = None) -> Scaled | None:
    """Crossing of curves (n_resamples, n_rungs) by size."""
    shared = common_rungs(list(overlaps.values()))
    least = 2 if correction is None else SIZES_TO_CORRECT
    if len(overlaps) < least or len(shared) < 4:
        return None
    n_samples = fewest_samples(overlaps)
    kept = [np.isin(np.round(data.temperature.values, 9), shared) for data in overlaps.values()]
    curves = np.array([columns[size][:, rungs] for size, rungs in zip(overlaps, kept, strict=True)])
    stderr = np.array([bootstrap.bootstrap_error(curve, n_samples) for curve in curves])
    if not (np.isfinite(curves).all() and np.isfinite(stderr).all()):
        return None
    # corrections to scaling exist even if the statistical errors are small
    stderr = np.hypot(stderr, _CORRECTIONS * np.ptp(curves[:, 0]) + 1e-12)
    size = np.array(list(overlaps), dtype=np.float64)
    return _moved(shared, _Curves(size, curves, stderr, exponent, correction), n_samples)


def fewest_samples(overlaps: dict[int, xr.Dataset]) -> int:
    """Samples of the size that has the fewest: by them the errors of all sizes together are stated."""
    return min(data.attrs["n_samples"] for data in overlaps.values())


class _Curves(NamedTuple):
    """What is fitted: `values` (n_sizes, n_resamples, n_rungs), `stderr` (n_sizes, n_rungs), y, and omega or None."""

    size: np.ndarray
    values: np.ndarray
    stderr: np.ndarray
    exponent: float
    correction: float | None

    def on(self, rungs: np.ndarray) -> "_Curves":
        """The chosen rungs alone."""
        return self._replace(values=self.values[:, :, rungs], stderr=self.stderr[:, rungs])


def _moved(temperature: np.ndarray, curves: _Curves, n_samples: int) -> Scaled:
    """Best T_c of every resample, in a window that follows it."""
    chosen = np.ones(len(temperature), dtype=bool)
    for _ in range(_MOVES):
        window = chosen
        critical, misfit, slope, inside = _scan(temperature[window], curves.on(window))
        near = np.abs(temperature / critical[0] - 1) < _WINDOW
        # both sides of the crossing must be seen
        chosen = near if near.sum() >= 4 else _nearest(temperature, critical[0], 4)
    # curves without any noise have slopes of the size of rounding errors
    noise = max(float(bootstrap.bootstrap_error(slope, n_samples)), 1e-6 * np.abs(curves.values[:, 0]).max())
    significance = -slope[0] / max(noise, 1e-300)
    freedom = int(window.sum()) * len(curves.size) - _COEFFICIENTS - 1 - (curves.correction is not None)
    stderr = float(bootstrap.bootstrap_error(critical, n_samples))
    # a resample whose best temperature lies at the edge does not choose this exponent
    misfits = np.where(inside, misfit / freedom, np.inf)
    misfits[0] = misfit[0] / freedom
    return Scaled(critical, stderr, significance, misfits, bool(inside[0]))


def _nearest(temperature: np.ndarray, centre: float, count: int) -> np.ndarray:
    chosen = np.zeros(len(temperature), dtype=bool)
    chosen[np.argsort(np.abs(temperature - centre))[:count]] = True
    return chosen


def _scan(temperature: np.ndarray, curves: _Curves):
    """T_c on a grid, then by a parabola: places, chi^2 and slopes of all resamples, and whether it lies inside."""
    size = curves.size / curves.size.mean()
    at, n = np.tile(temperature, len(size)), np.repeat(size, len(temperature))
    sigma = curves.stderr.ravel()
    data = np.concatenate(list(curves.values), axis=1) / sigma
    total = (data**2).sum(axis=1)
    grid = np.linspace(temperature[0], temperature[-1], _GRID)
    x = (at - grid[:, None]) * n**curves.exponent
    columns = [x**k for k in range(_COEFFICIENTS)]
    if curves.correction is not None:
        columns.append(np.broadcast_to(n**-curves.correction, x.shape))
    basis, triangle = np.linalg.qr(np.stack(columns, axis=2) / sigma[:, None])
    projected = data @ basis
    misfit = (total - (projected**2).sum(axis=2)).T
    slopes = np.linalg.solve(triangle + 1e-300 * np.eye(len(columns)), projected.swapaxes(1, 2))[:, 1].T
    rows, best = np.arange(len(misfit)), np.argmin(misfit, axis=1)
    middle = np.clip(best, 1, _GRID - 2)
    left, centre, right = (misfit[rows, middle + k] for k in (-1, 0, 1))
    bend = left - 2 * centre + right
    shift = np.where(bend > 0, np.clip((left - right) / np.where(bend > 0, 2 * bend, 1), -1, 1), 0.0)
    critical = grid[middle] + shift * (grid[1] - grid[0])
    return critical, misfit[rows, best], slopes[rows, best], (best > 1) & (best < _GRID - 2)


def divergence(overlaps: dict[int, xr.Dataset]) -> dict[tuple[str, str], np.ndarray]:
    """Temperature at which the inverse susceptibility of the paramagnet, extrapolated in N, falls to zero.

    `overlaps` are by increasing size, of :mod:`glassnet.analysis.averages.overlaps`.

    Returns
    -------
    dict of (form in N, variable) to (n_resamples,) float64
        T_c of the data and of all resamples (nan where the parabola has no zero) after two forms in N, "inverse_size"
        from the two largest sizes and "quadratic" (in 1/N) from the three largest, and two in T, parabolas in "T" and
        in "1/T". These err to opposite sides: on a tree, where 1 / chi = (1 - (k - 1) t^2) / (1 + t^2) with
        t = tanh(1/T), by -0.6 and +0.4 per cent from rungs at 1.1 to 1.5 T_c. Empty with fewer than two sizes or five
        rungs on which the largest size is within a twentieth of its limit.
    """
    shared = common_rungs(list(overlaps.values()))
    zeros: dict[tuple[str, str], np.ndarray] = {}
    if len(overlaps) < 2 or len(shared) < _RUNGS:
        return zeros
    curves = []
    for data in overlaps.values():
        kept = np.isin(np.round(data.temperature.values, 9), shared)
        curves.append(1 / data["susceptibility_resampled"].values[:, kept])
    size, inverse = np.array(list(overlaps), dtype=np.float64), np.array(curves)
    n_samples = fewest_samples(overlaps)
    for count, form in ((3, "quadratic"), (2, "inverse_size")):
        if len(size) < count or not np.isfinite(inverse).all():
            continue
        # value at 1/N = 0 of the polynomial through the largest sizes
        weights = polynomial_through(1 / size[-count:])[0]
        limit = np.einsum("s,srt->rt", weights, inverse[-count:])
        near = np.abs(inverse[-1, 0] - limit[0]) < _CONVERGED * limit[0]
        hot = np.logical_and.accumulate(near[::-1])[::-1]
        if hot.sum() < _RUNGS:
            continue
        for name, variable in (("T", shared), ("1/T", -1 / shared)):
            zero = _zero(variable[hot], limit[:, hot], n_samples)
            zeros[form, name] = zero if name == "T" else -1 / zero
    return zeros


def _zero(x: np.ndarray, curves: np.ndarray, n_samples: int) -> np.ndarray:
    """Where the parabola fitted to each of curves (n_curves, n_points) rises through zero."""
    stderr = np.maximum(bootstrap.bootstrap_error(curves, n_samples), 1e-9)
    columns = np.vander(x - x[0], 3, increasing=True).T / stderr
    return x[0] + rising_root(*fit_rows(columns, curves / stderr).T)
