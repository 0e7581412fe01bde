"""Distributions with two peaks: where these are, what they weigh, and how deep the valley between them is.

The peaks of an overlap q are separated in two ways: by the mixture of two normal distributions that fits best, and
without a model by cutting at the deepest point between the peaks.
"""

from typing import NamedTuple

import numpy as np

from glassnet import _face
from glassnet.statistics.bootstrap import bootstrap_error

__all__ = ["Mixture", "Peaks", "find_peaks", "normal_mixture"]
_face.public(__name__)

#: number of bins of |q| between 0 and 1 in which peaks are searched
_BINS = 12
#: steps of expectation and maximisation
_STEPS = 80


@_face.shown
class Peaks(NamedTuple):
    """Two peaks of a distribution: `low` and `high`, and the `valley` between them relative to the lower peak."""

    low: float
    high: float
    valley: float


def find_peaks(centres: np.ndarray, density: np.ndarray, threshold: float) -> Peaks | None:
    """Peaks of the distribution of |q| below and above `threshold`; None where one side is empty.

    Parameters
    ----------
    centres, density : (n_bins,) float64
        Centres of equally wide bins of q and the density there.
    threshold : float
        Overlap that separates the two sides.

    Returns
    -------
    Peaks or None
        A valley of 1 or more means that there is only one peak.

    Arrays are taken as they are: nothing is raised.
    """
    edges = np.linspace(0, 1 + 1e-9, _BINS + 1)
    # fine bins need not divide the coarse ones evenly, so that their numbers differ: average, do not sum
    total, _ = np.histogram(np.abs(centres), edges, weights=density)
    inside, _ = np.histogram(np.abs(centres), edges)
    kept = inside > 0
    places, coarse = 0.5 * (edges[1:] + edges[:-1])[kept], total[kept] / inside[kept]
    above = places > threshold
    if not coarse[above].any() or not coarse[~above].any():
        return None
    high = int(np.argmax(np.where(above, coarse, -1)))
    low = int(np.argmax(np.where(above, -1, coarse)))
    valley = coarse[low : high + 1].min() / min(coarse[low], coarse[high])
    return Peaks(float(places[low]), float(places[high]), float(valley))


@_face.shown
class Mixture(NamedTuple):
    """Two normal distributions of |q|, (n_rows,) float64: peaks `low` and `high`, `weight` of the higher one."""

    low: np.ndarray
    high: np.ndarray
    weight: np.ndarray


def normal_mixture(size: np.ndarray, densities: np.ndarray, threshold: float, origin: float = 0.0) -> Mixture:
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

    Arrays are taken as they are: nothing is raised.
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


def cut_at_valley(size: np.ndarray, densities: np.ndarray, threshold: float) -> Mixture:
    """The peaks without a model: means and weight on both sides of the least density between the highest
    points below and above `threshold`; parameters as for :func:`normal_mixture`."""
    edges = np.linspace(0, 1 + 1e-9, _BINS + 1)
    bins = np.clip(np.searchsorted(edges, size, side="right") - 1, 0, _BINS - 1)
    sizes = np.maximum(np.bincount(bins, minlength=_BINS), 1)
    coarse = np.stack([np.bincount(bins, row, _BINS) for row in densities]) / sizes
    above = 0.5 * (edges[1:] + edges[:-1]) > threshold
    low = np.argmax(np.where(above, -1, coarse), axis=1)
    high = np.argmax(np.where(above, coarse, -1), axis=1)
    order = np.arange(_BINS)
    between = (order >= low[:, None]) & (order <= high[:, None])
    valley = np.argmin(np.where(between, coarse, np.inf), axis=1)
    inside = bins > np.minimum(valley, high - 1)[:, None]
    parts = [np.where(side, densities, 0.0) for side in (~inside, inside)]
    totals = [np.maximum(part.sum(axis=1), 1e-300) for part in parts]
    low, high = (part @ size / total for part, total in zip(parts, totals, strict=True))
    return Mixture(low, high, totals[1] / (totals[0] + totals[1]))


def peaks_with_errors(
    size: np.ndarray, densities: np.ndarray, threshold: float, n_samples: int, origin: float = 0.0
) -> dict[str, float]:
    """Peaks cut at the valley, `low`, `high`, `weight`, and of the mixture, `mixture_low`, ..., each with `_stderr`.

    Parameters
    ----------
    size, densities, threshold, origin
        As for :func:`normal_mixture`; the rows are the mean and its resamples.
    n_samples : int
        Disorder samples behind them.
    """
    fitted = normal_mixture(size, densities, threshold, origin)
    columns = {f"mixture_{name}": values for name, values in fitted._asdict().items()}
    columns |= cut_at_valley(size, densities, threshold)._asdict()
    row = {name: float(values[0]) for name, values in columns.items()}
    return row | {f"{name}_stderr": float(bootstrap_error(values, n_samples)) for name, values in columns.items()}


def relative_valley(centres: np.ndarray, densities: np.ndarray, middle: float) -> np.ndarray:
    """Least density between the two peaks over the lower peak, of each row of densities (n_rows, n_bins)."""
    below = centres < middle
    if not below.any() or below.all():
        return np.full(len(densities), np.nan)
    # three bins together: one bin is noise
    smooth = np.apply_along_axis(np.convolve, 1, densities, np.ones(3) / 3, mode="same")
    low = np.argmax(np.where(below, smooth, -1), axis=1)
    high = np.argmax(np.where(below, -1, smooth), axis=1)
    between = (np.arange(len(centres)) >= low[:, None]) & (np.arange(len(centres)) <= high[:, None])
    rows = np.arange(len(densities))
    lower = np.minimum(smooth[rows, low], smooth[rows, high])
    return np.where(between, smooth, np.inf).min(axis=1) / np.maximum(lower, 1e-300)
