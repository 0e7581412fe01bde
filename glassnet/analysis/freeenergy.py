"""Free energies of a ladder from its energies, and averages between its rungs.

Differences between neighbouring rungs come from Bennett's acceptance ratio. Chosen over integrating E d(beta) because
it has no discretisation error: it is consistent for any spacing of the rungs, where the trapezoid rule needs a spacing
small against the curvature of E(beta), and correcting it needs derivatives of noisy heat capacities. With the free
energies known, all rungs together give averages at any temperature between them (multiple histograms).
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logsumexp

#: energies of real couplings are sorted into this many bins; those of +-J keep their levels
_BINS = 2048


class Histogram(NamedTuple):
    """Energies of one sample: `levels` (n_levels,) increase, `frequencies` (n_rungs, n_levels) sum to 1 per rung."""

    levels: np.ndarray
    frequencies: np.ndarray


def histogram(energies: np.ndarray) -> Histogram:
    """Sort total energies (n_draws, n_rungs, n_replicas) into levels common to all rungs."""
    n_draws, n_rungs, n_replicas = energies.shape
    levels, place = np.unique(energies, return_inverse=True)
    if len(levels) > _BINS:
        edges = np.linspace(levels[0], levels[-1], _BINS + 1)[1:-1]
        bins = np.searchsorted(edges, energies.ravel())
        place = np.unique(bins, return_inverse=True)[1]
        levels = np.bincount(place, energies.ravel()) / np.bincount(place)
    place = place.reshape(energies.shape) + len(levels) * np.arange(n_rungs)[None, :, None]
    counts = np.bincount(place.ravel(), minlength=n_rungs * len(levels)).reshape(n_rungs, len(levels))
    return Histogram(levels.astype(np.float64), counts / (n_draws * n_replicas))


def log_partition_ratio(levels: np.ndarray, cold: np.ndarray, hot: np.ndarray, step: float) -> float:
    """ln Z(beta + step) - ln Z(beta) from the energies on two neighbouring rungs.

    Parameters
    ----------
    levels : (n_levels,) float64
        Total energies, increasing.
    cold, hot : (n_levels,) float64
        Their frequencies on the two rungs, from equal numbers of draws.
    step : float
        Difference of the inverse temperatures, >= 0.

    Returns
    -------
    float
        The c that solves <f(step E + c)>_hot = <f(-step E - c)>_cold with f(x) = 1/(1 + e^x) (C. H. Bennett,
        J. Comput. Phys. 22, 245 (1976), eq. 12).
    """

    def excess(shift: float) -> float:
        return hot @ expit(-step * levels - shift) - cold @ expit(step * levels + shift)

    # the excess decreases in the shift, from >= 0 where every step E + c <= 0 to <= 0 where every one is >= 0
    margin = 1e-9 * (1 + step * np.abs(levels).max())
    return float(brentq(excess, -step * levels[-1] - margin, -step * levels[0] + margin, xtol=1e-12))


def log_partition_function(energies: Histogram, betas: np.ndarray, anchor: float) -> np.ndarray:
    """ln Z of one sample on every rung, summed from the hottest one down.

    Parameters
    ----------
    energies : Histogram
    betas : (n_rungs,) float64
        Inverse temperatures, decreasing.
    anchor : float
        ln Z on the last rung (n_weights ln 2 where its temperature is infinite).

    Returns
    -------
    (n_rungs,) float64
    """
    rows = energies.frequencies
    ratios = [
        log_partition_ratio(energies.levels, rows[rung], rows[rung + 1], betas[rung] - betas[rung + 1])
        for rung in range(len(betas) - 1)
    ]
    return anchor + np.append(np.cumsum(ratios[::-1])[::-1], 0.0)


def between_rungs(energies: Histogram, betas: np.ndarray, log_z: np.ndarray, wanted: np.ndarray):
    """Mean and variance of the energy of one sample at any temperatures of its ladder's range.

    Parameters
    ----------
    energies : Histogram
    betas, log_z : (n_rungs,) float64
        Inverse temperatures, and ln Z there.
    wanted : (n_wanted,) float64
        Inverse temperatures asked for.

    Returns
    -------
    mean, variance : (n_wanted,) float64
        The density of states is estimated from all rungs (A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63,
        1195 (1989), eq. 2).
    """
    levels = energies.levels
    total = energies.frequencies.sum(axis=0)
    seen = logsumexp(-np.outer(betas, levels) - log_z[:, None], axis=0)
    log_weight = np.log(total) - seen - np.outer(wanted, levels)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = weight @ levels
    return mean, weight @ levels**2 - mean**2
