"""Free energy and energy of one branch at any temperature between its rungs, with errors from its lanes.

The density of states is that of :mod:`glassnet.statistics.multihistogram`, from all rungs together; the constant that
it leaves open comes from the one rung where ln Z is known. Errors are jackknife errors over groups of lanes, each left
out on all rungs at once: lanes are independent, rungs that follow each other in the same lane are not.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

from glassnet.statistics import multihistogram
from glassnet.statistics.standard_errors import student_factor

#: groups of lanes
GROUPS = 16


class Branch:
    """One branch between its rungs.

    Parameters
    ----------
    betas : (n_rungs,) float64
        Conjugate of `values`: inverse temperatures of energies, or fields; decreasing.
    values : (n_rungs, n_draws, n_lanes) float64

    Attributes
    ----------
    log_z : (1 + GROUPS, n_rungs) float64
        ln Z on the rungs relative to the last one, from all lanes and without each group.
    """

    def __init__(self, betas: np.ndarray, values: np.ndarray) -> None:
        n_rungs, n_draws, n_lanes = values.shape
        self._betas = betas
        self._levels, level = multihistogram.sort_into_levels(values, float(betas[0]))
        n_levels, group = len(self._levels), np.arange(n_lanes) % GROUPS
        by_rung = multihistogram.tally(level, n_levels, np.arange(n_rungs)[:, None, None])
        of_groups = multihistogram.tally(level, n_levels, group)
        whole = of_groups.sum(axis=0)
        self._totals = np.concatenate([whole[None], whole - of_groups])
        lanes = n_lanes - np.append(0, np.bincount(group))
        start = multihistogram.bennett(multihistogram.Histogram(self._levels, by_rung), betas)
        rows: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        for total, count in zip(self._totals, lanes * n_draws, strict=True):
            rows.append(multihistogram.multihistogram(self._levels, total, count, betas, rows[0] if rows else start))
            weights.append(multihistogram.log_weights(self._levels, betas, rows[-1], count))
        self.log_z, self._log_weights = np.array(rows), np.array(weights)

    def _exponents(self, beta: float) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(self._totals) + self._log_weights - beta * self._levels

    def log_z_at(self, beta: float) -> np.ndarray:
        """ln Z relative to the last rung, (1 + GROUPS,)."""
        return logsumexp(self._exponents(beta), axis=1)

    def mean(self, beta: float) -> np.ndarray:
        """Mean of the values, (1 + GROUPS,)."""
        exponents = self._exponents(beta)
        shares = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        return shares @ self._levels / shares.sum(axis=1)

    def log_density(self, value: float) -> np.ndarray:
        """ln of the density of states on one level, relative as `log_z`; -inf where nothing was seen: (1 + GROUPS,)."""
        at = np.flatnonzero(self._levels == value)
        return self._exponents(0.0)[:, at[0]] if at.size else np.full(len(self.log_z), -np.inf)


def jackknife_error(estimates: np.ndarray) -> Any:
    """Standard error of estimates (1 + GROUPS, ...), from all lanes and without each group."""
    left_out = estimates[1:]
    squares = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    return student_factor(GROUPS) * np.sqrt(squares * (GROUPS - 1) / GROUPS)


class Crossing(NamedTuple):
    """Where two branches cross, from all lanes and without each group: (1 + GROUPS,) float64 each.

    Attributes
    ----------
    beta : inverse temperature
    heat : energy of the disordered branch minus that of the ordered one, for the whole glass
    """

    beta: np.ndarray
    heat: np.ndarray


class Pair:
    """The ordered and the disordered branch with their absolute free energies.

    Parameters
    ----------
    betas : pair of (n_rungs,) float64, decreasing
        Of the ordered and of the disordered branch; the last of the latter is 0.
    energies : pair of (n_rungs, n_draws, n_lanes) float64
    coldest : (1 + GROUPS,) float64
        ln Z of the ordered branch on its first rung.
    infinite : float
        ln Z of the disordered branch on its last one.
    """

    def __init__(
        self,
        betas: tuple[np.ndarray, np.ndarray],
        energies: tuple[np.ndarray, np.ndarray],
        coldest: np.ndarray,
        infinite: float,
    ) -> None:
        self.branches = Branch(betas[0], energies[0]), Branch(betas[1], energies[1])
        self._constants = coldest - self.branches[0].log_z[:, 0], np.full(1 + GROUPS, infinite)

    def log_z(self, branch: int, beta: float) -> np.ndarray:
        """ln Z of a branch, 0 for the ordered one, 1 for the disordered one: (1 + GROUPS,)."""
        return self.branches[branch].log_z_at(beta) + self._constants[branch]

    def energy(self, branch: int, beta: float) -> np.ndarray:
        """Mean energy of a branch, (1 + GROUPS,)."""
        return self.branches[branch].mean(beta)

    def crossing(self, betas: tuple[float, float], log_images: float) -> Crossing | None:
        """Where the disordered branch crosses so many images of the ordered one; None if nowhere in a range of beta."""

        def excess(beta: float) -> np.ndarray:
            return self.log_z(1, beta) - self.log_z(0, beta) - log_images

        if not betas[0] < betas[1] or not excess(betas[1])[0] < 0 < excess(betas[0])[0]:
            return None
        at = brentq(lambda beta: float(excess(beta)[0]), *betas, xtol=1e-14)
        # the groups are near: one step of Newton's method
        beta = at + excess(at) / (self.energy(1, at) - self.energy(0, at))
        beta[0] = at
        heats = [self.energy(1, one)[group] - self.energy(0, one)[group] for group, one in enumerate(beta)]
        return Crossing(beta, np.array(heats))


def separate(betas: tuple[np.ndarray, ...], energies: tuple[np.ndarray, ...]) -> tuple[float, float]:
    """Range of inverse temperatures in which two branches are two states.

    Parameters
    ----------
    betas : pair of (n_rungs,) float64, decreasing
        Of the ordered and of the disordered branch.
    energies : pair of (n_rungs, n_draws, n_lanes) float64

    Returns
    -------
    lowest, highest : float
        The longest stretch of rungs on which both halves of every lane are on their own side of the middle between the
        medians of the two branches; nan if there is none.
    """
    halves = [np.array_split(own, 2, axis=1) for own in energies]
    means = [np.stack([half.mean(axis=1) for half in own]) for own in halves]
    values = means[0].max(axis=0), means[1].min(axis=0)
    medians = [np.median(own.mean(axis=1), axis=1) for own in energies]
    places, apart = [], []
    for own, sign in ((0, -1.0), (1, 1.0)):
        other = np.interp(betas[own], betas[1 - own][::-1], medians[1 - own][::-1])
        common = (betas[own] >= betas[1 - own].min()) & (betas[own] <= betas[1 - own].max())
        beyond = sign * (values[own] - ((medians[own] + other) / 2)[:, None])
        places.append(betas[own][common])
        apart.append((beyond > 0).all(axis=1)[common])
    place, at = np.unique(np.concatenate(places), return_inverse=True)
    distinct = np.bincount(at, ~np.concatenate(apart), len(place)) == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], distinct, [False]]).astype(int)))
    if not edges.size:
        return np.nan, np.nan
    first, stop = max(edges.reshape(-1, 2), key=lambda pair: place[pair[1] - 1] - place[pair[0]])
    return float(place[first]), float(place[stop - 1])
