"""Free energies of a ladder from its energies: Bennett's ratio from rung to rung, then all rungs together.

The density of states that makes the recorded energies of all rungs most likely (multiple histograms) needs the free
energies of the rungs, which solve a convex problem. For +-J energies are levels and nothing is lost; energies of real
couplings are sorted into bins so narrow that no Boltzmann weight inside one changes by more than :data:`_RESOLUTION`,
which moves ln Z by less than its square over 24, 1e-4: an N x K table of every draw at every temperature, as MBAR asks
for, is never made.
"""

# ours, as pymbar asks for that table: a scan of 1e6 draws at 24 temperatures has 200 MB of it; tests compare the two
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from glassnet import _face

__all__ = ["Histogram", "bennett", "histogram", "multihistogram"]
_face.public(__name__)

#: width of the bins of real energies in units of the lowest temperature
_RESOLUTION = 0.05
#: most bins of real energies, and most integers that are counted one by one
_BINS, _INTEGERS = 2**15, 2**22
#: the last step of Newton's method raises the likelihood per draw by less than this, below a thousandth of the
#: statistical error for 10^7 draws, and squares what was left; longest step; most steps
_TOLERANCE, _LONGEST, MOST_STEPS = 1e-14, 5.0, 200
#: directions that the data determine less than this relative to the best possible stay at Bennett's values
_FLAT = 1e-9


@_face.shown
class Histogram(NamedTuple):
    """Energies of one sample: `levels` (n_levels,) increase, `counts` (n_rungs, n_levels) are numbers of draws."""

    levels: np.ndarray
    counts: np.ndarray

    @property
    def frequencies(self) -> np.ndarray:
        """Shares of the draws of each rung, (n_rungs, n_levels)."""
        return self.counts / self.counts.sum(axis=1, keepdims=True)


def sort_into_levels(energies: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Levels of any array of energies, and the level of each.

    Parameters
    ----------
    energies : array of real numbers
    beta : float
        Largest inverse temperature they are needed at.

    Returns
    -------
    levels : (n_levels,) float64
        The energies themselves where they are integers, otherwise the mean in each bin that is not empty.
    level : int64 array of the shape of `energies`
        Index of the level of each energy.
    """
    lowest, span = float(energies.min()), float(np.ptp(energies))
    whole = span < _INTEGERS and bool((energies == np.rint(energies)).all())
    width = 1.0 if whole or not span else max(span / _BINS, _RESOLUTION / max(beta, _RESOLUTION / span))
    level = ((energies - lowest) / width).astype(np.int64)
    flat = level.ravel()
    drawn = np.bincount(flat)
    occupied = np.flatnonzero(drawn)
    levels = lowest + occupied if whole else np.bincount(flat, energies.ravel())[occupied] / drawn[occupied]
    number = np.empty(len(drawn), dtype=np.int64)
    number[occupied] = np.arange(len(occupied))
    return levels.astype(np.float64), number[level]


def tally(level: np.ndarray, n_levels: int, group: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """How many entries of each group lie on each level, or the sum of their weights.

    Parameters
    ----------
    level : int64 array
        Indices of levels, as :func:`sort_into_levels` returns them.
    n_levels : int
    group : int64 array that broadcasts against `level`
        0, 1, 2, ...
    weights : float64 array of the shape of `level`, optional

    Returns
    -------
    (n_groups, n_levels) float64
    """
    n_groups = int(group.max()) + 1
    cell = (level + n_levels * group).ravel()
    drawn = np.bincount(cell, None if weights is None else weights.ravel(), minlength=n_groups * n_levels)
    return drawn.reshape(n_groups, n_levels).astype(np.float64)


def histogram(energies: np.ndarray, betas: np.ndarray) -> Histogram:
    """Sort total energies (n_draws, n_rungs, n_replicas) into levels common to all rungs at `betas` (n_rungs,).

    `energies` are finite float64, units of |J|, `betas` inverse temperatures >= 0; both are taken as they are,
    nothing is raised.
    """
    levels, level = sort_into_levels(energies, float(betas.max()))
    return Histogram(levels, tally(level, len(levels), np.arange(energies.shape[1])[None, :, None]))


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
    seen = np.flatnonzero(cold + hot)
    levels, both, hot = levels[seen], cold[seen] + hot[seen], hot[seen].sum()
    exponent = step * levels

    def excess(shift: float) -> float:
        # f(-x) = 1 - f(x)
        return hot - both @ expit(exponent + shift)

    # the excess decreases in the shift, from >= 0 where every step E + c <= 0 to <= 0 where every one is >= 0
    margin = 1e-9 * (1 + step * np.abs(levels).max())
    return float(brentq(excess, -step * levels[-1] - margin, -step * levels[0] + margin, xtol=1e-12))


def bennett(energies: Histogram, betas: np.ndarray) -> np.ndarray:
    """ln Z / Z_last of one sample on every rung, summed from the hottest one down: a rung knows only hotter ones.

    `energies` are what :func:`histogram` returns, `betas` (n_rungs,) the inverse temperatures, decreasing; both
    are taken as they are, nothing is raised.
    """
    rows = energies.frequencies
    ratios = [
        log_partition_ratio(energies.levels, rows[rung], rows[rung + 1], betas[rung] - betas[rung + 1])
        for rung in range(len(betas) - 1)
    ]
    return np.append(np.cumsum(ratios[::-1])[::-1], 0.0)


def log_weights(levels: np.ndarray, betas: np.ndarray, log_z: np.ndarray, n_draws: float) -> np.ndarray:
    """Logarithm of what each draw at an energy contributes to the density of states, (n_levels,).

    -ln sum_k n exp(-beta_k E) / Z_k with n draws on every rung (A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett.
    63, 1195 (1989), eq. 2).
    """
    seen = -np.outer(levels, betas) - log_z
    largest = seen.max(axis=1)
    return -np.log(n_draws * np.exp(seen - largest[:, None]).sum(axis=1)) - largest


def multihistogram(
    levels: np.ndarray, total: np.ndarray, n_draws: float, betas: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """ln Z on every rung from the energies of all rungs together.

    Parameters
    ----------
    levels, total : (n_levels,) float64
        Energies, and how many draws of all rungs lie on each.
    n_draws : float
        Draws on every rung.
    betas : (n_rungs,) float64
        Inverse temperatures.
    start : (n_rungs,) float64
        Where to begin (:func:`bennett`); the value of the last rung is kept.

    Returns
    -------
    (n_rungs,) float64
        Minimum of sum_E n(E) ln sum_k exp(-beta_k E) / Z_k + n sum_k ln Z_k, by Newton's method (M. R. Shirts and
        J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), eqs. 11 and C1).

    Raises
    ------
    ArithmeticError
        If the steps do not converge.
    """
    exponent = -np.outer(levels, betas)
    log_z = start.copy()
    for _ in range(MOST_STEPS):
        seen = exponent - log_z
        share = np.exp(seen - seen.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        expected = total @ share / n_draws
        information = np.diag(expected) - share.T @ (total[:, None] * share) / n_draws
        values, vectors = np.linalg.eigh(information[:-1, :-1])
        known = values > _FLAT
        along = vectors[:, known].T @ (expected - 1)[:-1]
        step = vectors[:, known] @ (along / values[known])
        largest = float(np.abs(step).max(initial=0.0))
        log_z[:-1] += step * min(1.0, _LONGEST / max(largest, _LONGEST))
        if along @ (along / values[known]) < _TOLERANCE:
            return log_z
    raise ArithmeticError(f"ln Z of {len(betas)} rungs: still moving by {largest:g} after {MOST_STEPS} steps")
