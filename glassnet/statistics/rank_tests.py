"""Comparison of several treatments on the same blocks by ranks: the Friedman test with groups by Nemenyi.

A block is what all treatments share, such as a data set, or a start and its batches. Only the order of the treatments
within each block counts. (M. Friedman, J. Am. Stat. Assoc. 32, 675 (1937); P. Nemenyi, thesis, Princeton (1963);
J. Demsar, J. Mach. Learn. Res. 7, 1 (2006), sections 3.2.2 and 3.2.5.)
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from glassnet import _checks, _face

__all__ = ["RankComparison", "critical_difference", "friedman"]
_face.public(__name__)

#: differences of mean ranks below this are rounding
_ROUNDING = 1e-9


@_face.shown
class RankComparison(NamedTuple):
    """Result of :func:`friedman`.

    Attributes
    ----------
    statistic, p_value : float
        Friedman's chi^2 with n_treatments - 1 degrees of freedom, corrected for ties; 0 and 1 where all scores of each
        block are equal.
    mean_ranks : (n_treatments,) float64
        1 is the best rank.
    critical_difference : float
        Mean ranks that differ by at least this are significantly different by Nemenyi's test.
    groups : tuple of tuples of int
        The largest groups of treatments none of which differ significantly, best first, and within each group by their
        ranks. Groups may overlap; each treatment is in one at least.
    """

    statistic: float
    p_value: float
    mean_ranks: np.ndarray
    critical_difference: float
    groups: tuple[tuple[int, ...], ...]


def friedman(scores: ArrayLike, *, level: float = 0.05) -> RankComparison:
    """Friedman's test whether treatments differ, and Nemenyi's which ones do.

    Parameters
    ----------
    scores : (n_blocks, n_treatments) floats
        At least 2 of each; larger is better. Equal ones share the mean of their ranks.
    level : float
        In (0, 1): the probability that Nemenyi's test finds any difference where there is none.

    Returns
    -------
    RankComparison

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Both tests are those of many blocks. `statistic` and `p_value` are what scipy.stats.friedmanchisquare returns, which
    has neither ranks nor groups.
    """
    from scipy.stats import rankdata

    scores = _checks.real_array("scores", scores, ndim=2)
    n_blocks, n_treatments = scores.shape
    if n_blocks < 2 or n_treatments < 2:
        raise ValueError(f"scores must hold at least 2 blocks of 2 treatments, got shape {scores.shape}")
    difference = critical_difference(n_treatments, n_blocks, level=level)
    ranks = rankdata(-scores, axis=1)
    means = ranks.mean(axis=0)
    # the variance of the ranks within blocks: n (n + 1) / 12 without ties
    spread = np.square(ranks - (n_treatments + 1) / 2).sum() / (n_blocks * (n_treatments - 1))
    deviation = n_blocks * np.square(means - (n_treatments + 1) / 2).sum()
    statistic = float(deviation / spread) if spread > 0 else 0.0
    p_value = float(special.chdtrc(n_treatments - 1, statistic))
    return RankComparison(statistic, p_value, means, difference, _groups(means, difference))


def critical_difference(n_treatments: int, n_blocks: int, *, level: float = 0.05) -> float:
    """Least significant difference of two mean ranks by Nemenyi's test, q sqrt(k (k + 1) / (6 n)).

    q is the quantile 1 - level of the studentised range of k normal variables, over sqrt 2 (Demsar 2006, table 5a).

    Parameters
    ----------
    n_treatments, n_blocks : int
        k >= 2 and n >= 1.
    level : float
        In (0, 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    k = _checks.integer("n_treatments", n_treatments, minimum=2, maximum=1000)
    n = _checks.integer("n_blocks", n_blocks, minimum=1)
    level = _checks.real("level", level, minimum=0, maximum=1, exclusive=True)
    if level == 1:
        raise ValueError("level must be in (0, 1), got 1")
    return _quantile(k, level) * float(np.sqrt(k * (k + 1) / (12 * n)))


@cache
def _quantile(n_treatments: int, level: float) -> float:
    """Quantile of the studentised range of so many normal variables of known variance; scipy integrates for it."""
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(1 - level, n_treatments, np.inf))


def _groups(means: np.ndarray, difference: float) -> tuple[tuple[int, ...], ...]:
    """Maximal runs of the sorted mean ranks whose first and last differ by less than the critical difference."""
    order = np.argsort(means, kind="stable")
    ends = np.searchsorted(means[order], means[order] + difference - _ROUNDING)
    groups, reached = [], 0
    for start, end in enumerate(np.maximum(ends, np.arange(len(means)) + 1)):
        if end > reached:
            groups.append(tuple(int(i) for i in order[start:end]))
            reached = end
    return tuple(groups)
