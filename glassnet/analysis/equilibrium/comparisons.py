"""Comparisons within one sample, and the probability of the differences in equilibrium.

All take chains of one exchange ladder, (n_draws, n_chains, n_rungs), and compare on every rung, by Student's t with
bars of :mod:`glassnet.statistics.ladder_averages`.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from glassnet.statistics import ladder_autocorrelation, ladder_averages

#: number of autocorrelation times that chains must last when starts are compared
MIXED = 20.0
#: number of chains from which on their mean at every draw can be subtracted
_SEVERAL = 3


class Difference(NamedTuple):
    """Two means that are equal in equilibrium: their difference, its standard error and the degrees of freedom of the
    error, float64 of shape (n_rungs,), or (n_samples, n_rungs) for a node."""

    difference: np.ndarray
    stderr: np.ndarray
    freedom: np.ndarray

    def at(self, rungs) -> "Difference":
        """The same on some rungs."""
        return Difference(*(values[rungs] for values in self))

    def spread(self, present: np.ndarray) -> "Difference":
        """The same on all rungs, with zeros where nothing was compared; `present`, (n_rungs,) bool, are the rungs of
        this one."""
        whole = none(len(present))
        for every, those in zip(whole, self, strict=True):
            every[present] = those
        return whole

    def probability(self) -> np.ndarray:
        """Of a difference at least as large, of the shape of its fields."""
        return two_sided(*self)


def none(n_rungs: int) -> Difference:
    """The difference where there is nothing to compare."""
    return Difference(np.zeros(n_rungs), np.zeros(n_rungs), np.ones(n_rungs))


class Stretches(NamedTuple):
    """The last half of chains (n_draws, n_chains, n_rungs) and the quarter before: their difference, and the time of
    the slowest mode.

    Deviations are taken from the mean over the chains at every draw. A change that independent replicas make together
    is drift and no noise, and must not widen the bar; chains that stay apart widen it. For one or two chains deviations
    are taken from the means of the two stretches.
    """

    difference: np.ndarray
    before: np.ndarray
    last: np.ndarray
    time: float


def stretches(chains: np.ndarray) -> Stretches:
    """Cut chains of at least 4 draws."""
    first, middle = len(chains) // 4, len(chains) // 2
    both = chains[first:].copy()
    before, last = both[: middle - first], both[middle - first :]
    means = [part.mean(axis=(0, 1)) for part in (before, last)]
    # means of one and the same energy differ by rounding, and there would be no noise to compare that with
    difference = np.where(ladder_autocorrelation.moving_rungs(both), means[1] - means[0], 0.0)
    if chains.shape[1] >= _SEVERAL:
        both -= both.mean(axis=1, keepdims=True)
    else:
        before -= means[0]
        last -= means[1]
    return Stretches(difference, before, last, ladder_autocorrelation.slowest_time(both))


def drift(cut: Stretches, time: float) -> Difference:
    """Difference of the two stretches; `time` is that of the slowest mode of the ladders, in whichever quantity."""
    length, n_chains, _ = cut.before.shape
    number = ladder_autocorrelation.n_blocks(length, 3 * n_chains, time)
    blocks = [
        ladder_autocorrelation.block_means(part, ladder_autocorrelation.block_edges(len(part), n_blocks))
        for part, n_blocks in ((cut.before, number), (cut.last, 2 * number))
    ]
    variance = (ladder_autocorrelation.mean_square(cut.before) + 2 * ladder_autocorrelation.mean_square(cut.last)) / 3
    several = n_chains >= _SEVERAL
    n_means = 3 * number if several else 2
    bar = ladder_averages.error_bar(np.concatenate(blocks), n_means, length / number, time, variance)
    # rare events scatter more where there are more of them: then the shorter stretch has a variance of its own
    squares = [
        (part**2).sum(axis=(0, 1)) / max(len(part) * n_chains - (len(part) if several else 1), 1) for part in blocks
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        uneven = (squares[0] + squares[1] / 2) / ((squares[0] + 2 * squares[1]) / 2)
    uneven = np.where(uneven > 1, uneven, 1.0)
    stderr = bar.stderr * np.sqrt(1.5 * uneven / (number * n_chains))
    return Difference(cut.difference, stderr, np.maximum(bar.freedom / uneven**2, 1.0))


def starts(chains: np.ndarray, n_planted: int, time: float) -> Difference:
    """The first few chains of (n_draws, n_chains, n_rungs), which started on the planted state, less the others.

    `time` is that of the slowest mode of the ladders. It grows if starts are remembered, and is limited to a twentieth
    of the chains: with a longer one no blocks would be left to compare.
    """
    n_draws, n_chains, _ = chains.shape
    time = min(time, max(n_draws / MIXED, 0.5))
    number = ladder_autocorrelation.n_blocks(n_draws, n_chains, time)
    cuts = ladder_autocorrelation.block_edges(n_draws, number)
    sides = chains[:, :n_planted], chains[:, n_planted:]
    means = [side.mean(axis=(0, 1)) for side in sides]
    moves = ladder_autocorrelation.moving_rungs(chains)
    blocks = ladder_autocorrelation.block_means(chains, cuts)
    blocks[:, :n_planted] -= means[0]
    blocks[:, n_planted:] -= means[1]
    within = [ladder_autocorrelation.mean_square(side) - mean**2 for side, mean in zip(sides, means, strict=True)]
    bar = ladder_averages.error_bar(blocks, 2, n_draws / number, time, np.maximum(sum(within) / 2, 0.0))
    per_block = sum(1 / (number * side.shape[1]) for side in sides)
    return Difference(np.where(moves, means[0] - means[1], 0.0), bar.stderr * np.sqrt(per_block), bar.freedom)


def together(samples: Difference) -> float:
    """Smallest probability, over the rungs, that the differences of a node's samples are zero on the average.

    In equilibrium the difference of every sample scatters around zero by its own bar. The error of the mean follows
    from these bars, or from the scatter over samples where that is larger.
    """
    n_samples = len(samples.difference)
    if n_samples < 4:
        return 1.0
    variance = samples.stderr**2
    total = variance.sum(axis=0)
    scatter = samples.difference.var(axis=0, ddof=1) * n_samples
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(total > 0, total**2 / (variance**2 / samples.freedom).sum(axis=0), n_samples - 1)
    freedom = np.where(scatter > 2 * total, np.minimum(freedom, n_samples - 1), freedom)
    stderr = np.sqrt(np.maximum(total, scatter)) / n_samples
    probability = two_sided(samples.difference.mean(axis=0), stderr, freedom)
    return float(min(1.0, probability.min() * len(probability)))


def two_sided(difference, stderr, freedom):
    """Probability of a difference at least as large; 0 where it has no error, 1 where there is no difference."""
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.abs(difference) / stderr
    deviation = np.where(difference == 0, 0.0, deviation)
    return 2 * special.stdtr(np.maximum(freedom, 1.0), -deviation)
