"""The two peaks of the distribution of an overlap: their positions, their weights, and the jump of the overlap.

They are separated in two ways: by the mixture of two normal distributions that fits best, and without a model by a cut
at the lowest point between the peaks.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis import errors, symmetric
from glassnet.analysis.location import ADMISSIBLE, Estimate

_STEPS = 80
#: how either peak moves with N
_FORMS = {"high": (lambda n: 1 / n, lambda n: np.log(n) / n), "low": (lambda n: 1 / n,)}


class Mixture(NamedTuple):
    """Two normal distributions of |q|, for each row: positions of the peaks and weight of the higher one."""

    low: np.ndarray
    high: np.ndarray
    weight: np.ndarray


def mixture(size: np.ndarray, densities: np.ndarray, threshold: float, origin: float = 0.0) -> Mixture:
    """Fit two normal distributions to histograms of |q| by expectation and maximisation.

    Parameters
    ----------
    size : (n_bins,) float64
        |q| at the centres of equally wide bins.
    densities : (n_rows, n_bins) float64
        A histogram per row, not necessarily normalised.
    threshold : float
        Where the two parts are divided at the start.
    origin : float
        Overlap without order, where the lower one is centred; at 0 both signs of q are folded onto |q|.

    Returns
    -------
    Mixture
        `low` is the mean of |q| in the lower part.
    """
    weights = densities / np.maximum(densities.sum(axis=1, keepdims=True), 1e-300)
    floor = np.diff(np.unique(size)).min() ** 2 / 12 if len(np.unique(size)) > 1 else 1e-6
    share = np.where(size > threshold, 1.0, 0.0) * np.ones_like(weights)
    for _ in range(_STEPS):
        above, below = weights * share, weights * (1 - share)
        heavy = np.maximum(above.sum(axis=1), 1e-12)
        centre = (above @ size) / heavy
        wide = np.maximum((above * (size - centre[:, None]) ** 2).sum(axis=1) / heavy, floor)
        narrow = np.maximum((below @ (size - origin) ** 2) / np.maximum(below.sum(axis=1), 1e-12), floor)
        # the density of |q| of a distribution around zero is twice that of q, and so is the number of its bins
        upper = heavy[:, None] * _normal(size - centre[:, None], wide)
        lower = (1 - heavy[:, None]) * _normal(size - origin, narrow) * (2 if origin == 0 else 1)
        share = upper / np.maximum(upper + lower, 1e-300)
    below = weights * (1 - share)
    return Mixture((below @ size) / np.maximum(below.sum(axis=1), 1e-12), centre, heavy)


def _normal(deviation: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * deviation**2 / variance[:, None]) / np.sqrt(variance[:, None])


def cut(size: np.ndarray, densities: np.ndarray, threshold: float) -> Mixture:
    """The peaks without a model: means and weight on both sides of the least density between the two highest points
    below and above `threshold`."""
    edges = np.linspace(0, 1 + 1e-9, symmetric.COARSE + 1)
    bins = np.clip(np.searchsorted(edges, size, side="right") - 1, 0, symmetric.COARSE - 1)
    counts = np.maximum(np.bincount(bins, minlength=symmetric.COARSE), 1)
    coarse = np.stack([np.bincount(bins, row, symmetric.COARSE) for row in densities]) / counts
    above = 0.5 * (edges[1:] + edges[:-1]) > threshold
    low = np.argmax(np.where(above, -1, coarse), axis=1)
    high = np.argmax(np.where(above, coarse, -1), axis=1)
    order = np.arange(symmetric.COARSE)
    between = (order >= low[:, None]) & (order <= high[:, None])
    valley = np.argmin(np.where(between, coarse, np.inf), axis=1)
    inside = bins > np.minimum(valley, high - 1)[:, None]
    parts = [np.where(side, densities, 0.0) for side in (~inside, inside)]
    totals = [np.maximum(part.sum(axis=1), 1e-300) for part in parts]
    means = [part @ size / total for part, total in zip(parts, totals, strict=True)]
    return Mixture(*means, totals[1] / (totals[0] + totals[1]))


def of_sizes(overlaps: dict[int, xr.Dataset]) -> xr.Dataset | None:
    """Peaks of P(q) of every size, on the rung where high overlaps weigh about half.

    Parameters
    ----------
    overlaps : dict of int to xarray.Dataset
        By size, of :mod:`glassnet.analysis.overlaps`.

    Returns
    -------
    xarray.Dataset or None
        Dimension size: `temperature` of the rung; `low`, `high`, `weight` cut at the least density, `mixture_low`,
        `mixture_high`, `mixture_weight`, each with `_stderr` (bootstrap over samples); `self_averaging`, the variance
        of the peak weight over the samples divided by its square mean; `scatter`, the mean of |q| on the hottest rung,
        where configurations are independent. None where a size has no high overlaps.
    """
    columns: dict[str, list[float]] = {}
    for data in overlaps.values():
        weight = data["peak_weight"].values
        rung = int(np.argmin(np.abs(weight - 0.5)))
        if not weight[rung] > 0:
            return None
        size, rows = np.abs(data["overlap"].values), data["density_resampled"].values[:, rung]
        row = positions(size, rows, data.attrs["threshold"], data.attrs["n_samples"], data.attrs["origin"])
        row |= {"temperature": float(data.temperature[rung]), "self_averaging": float(data["self_averaging"][rung])}
        hottest = data["density"].values[-1]
        row["scatter"] = float(hottest @ size / hottest.sum())
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    if not columns:
        return None
    return xr.Dataset({name: ("size", values) for name, values in columns.items()}, {"size": list(overlaps)})


def positions(
    size: np.ndarray, densities: np.ndarray, threshold: float, n_samples: int, origin: float = 0.0
) -> dict[str, float]:
    """The peaks, separated in both ways: `low`, `high`, `weight` and `mixture_low`, ... with `_stderr`.

    Parameters
    ----------
    size, densities, threshold, origin
        As for :func:`mixture`; the rows are the mean and its resamples.
    n_samples : int
        Disorder samples behind them.
    """
    fitted = mixture(size, densities, threshold, origin)
    columns = {f"mixture_{name}": values for name, values in fitted._asdict().items()}
    columns |= cut(size, densities, threshold)._asdict()
    row = {name: float(values[0]) for name, values in columns.items()}
    return row | {
        f"{name}_stderr": float(errors.bootstrap_error(values, n_samples)) for name, values in columns.items()
    }


def _limits(order: xr.Dataset, name: str, size: np.ndarray, forms: tuple) -> list[symmetric.Trend]:
    """Values of a column at infinite size; for a lower peak after subtracting the scatter of independent
    configurations."""
    stderr = np.maximum(order[f"{name}_stderr"].values, 1e-3)
    values = order[name].values - (order["scatter"].values if name.endswith("low") else 0)
    return [symmetric.line(form(size), values, stderr)[0] for form in forms]


def jump(order: xr.Dataset | None) -> Estimate | None:
    """Distance of the peaks as N grows, both extrapolated in 1/N.

    The mean |q| of the lower peak is mainly the scatter of independent configurations, of the order N^-1/2. The value
    on the hottest rung is subtracted first; a result that is zero within two standard errors counts as zero, with its
    error. The bar includes the distance to an extrapolation in ln N / N for the higher peak, and to the other way to
    separate the peaks, where their errors are small enough. None for fewer than two sizes or without errors.
    """
    if order is None or order.sizes["size"] < 2:
        return None
    size = order["size"].values.astype(float)
    values = []
    for prefix in ("", "mixture_"):
        high, (low,) = (_limits(order, f"{prefix}{name}", size, forms) for name, forms in _FORMS.items())
        if not low.above(0) and not low.below(0):
            # independent configurations, as in a paramagnet
            low = low._replace(value=0.0)
        values += [symmetric.Trend(top.value - low.value, np.hypot(top.stderr, low.stderr)) for top in high]
    if not np.isfinite([trend.stderr for trend in values]).all():
        return None
    headline = values[0]
    known = [trend.value for trend in values if trend.stderr <= ADMISSIBLE * headline.stderr]
    spread = max(abs(value - headline.value) for value in known)
    stderr, sizes = float(np.hypot(headline.stderr, spread)), tuple(map(int, size))
    return Estimate("jump of the overlap", headline.value, stderr, sizes, key="overlap_jump")
