"""Error bars of what is averaged on the rungs of exchange ladders, from blocks of draws.

Blocks outlast the slowest mode of the ladder (:mod:`glassnet.statistics.ladder_autocorrelation`), so that a block's
mean holds what comes back to a rung late, with the weight that it has there. Replicas are ladders of their own and
independent. Blocks may be few, and events on a rung rarer still: the degrees of freedom of a bar come from the number
of blocks and the fourth moment of their deviations (F. E. Satterthwaite, Biometrics Bull. 2, 110 (1946)), so that a bar
that stands on three visits is not taken for one that stands on a hundred.
"""

from typing import NamedTuple

import numpy as np

from glassnet.statistics.ladder_autocorrelation import (
    block_edges,
    block_means,
    leading_mode,
    mean_square,
    moving_rungs,
    n_blocks,
    slowest_time,
)
from glassnet.statistics.standard_errors import student_factor

#: most blocks of all chains together for a bar; a bar of a thousand is known to two per cent
_MOST = 1024
#: pairs of replicas from which autocorrelation times are read
_PAIRS = 24
#: least variance of a block, in units of what draws without memory have
_LEAST = 0.5


class ErrorBar(NamedTuple):
    """Standard error of a mean on every rung and the degrees of freedom it stands on, float64 of shape (n_rungs,)."""

    stderr: np.ndarray
    freedom: np.ndarray


def error_bar(deviations: np.ndarray, n_means: int, length: float, time: float, variance: np.ndarray) -> ErrorBar:
    """Standard error of the mean of one block, from deviations of block means.

    Parameters
    ----------
    deviations : (n_blocks, n_chains, n_rungs) float64
        Of block means, from `n_means` means that were taken off.
    n_means : int
    length : float
        Draws in a block.
    time : float
        Of :func:`slowest_time`.
    variance : (n_rungs,) float64
        Of single draws. Blocks cannot scatter much less than draws without memory would let them; that few rare events
        fall evenly into few blocks is chance.

    Returns
    -------
    ErrorBar
        What blocks of that length lack of the variance of their slow mode, taken as exponential, is put back in
        proportion to what a rung shares of it.
    """
    flat = deviations.reshape(-1, deviations.shape[-1])
    count = len(flat)
    squares = flat * flat
    square, fourth = squares.sum(axis=0), np.einsum("nr,nr->r", squares, squares)
    moving = square > 0
    norm = np.where(moving, square, 1.0)
    # where few blocks fit into a chain, how long they must be is not well known either
    trusted = 1 - 1.5 / max(len(deviations), 3)
    freedom = max(count - n_means, 1)
    kurtosis = np.maximum(count * fourth / norm**2 - np.sqrt(24 / count), 3.0)
    ratio = length / max(time - 0.5, 1e-9)
    lacking = ratio / (ratio - 1 + np.exp(-ratio)) - 1
    of_block = square / freedom * (1 + lacking * _shared(flat[:, moving] / np.sqrt(norm[moving]), moving))
    return ErrorBar(
        np.sqrt(np.maximum(of_block, _LEAST * variance / length)),
        np.maximum(2 * trusted * freedom / (kurtosis - 1), 1.0),
    )


def _shared(unit: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Squared correlation of (n, n_moving) normalised block means with what they have in common: (n_rungs,)."""
    shared = np.zeros(len(moving))
    if not moving.any():
        return shared
    modes = np.stack([unit.sum(axis=1), unit @ leading_mode(unit)], axis=-1)
    norms = np.maximum(np.sqrt((modes**2).sum(axis=0)), 1e-300)
    shared[moving] = np.maximum.reduce((unit.T @ modes / norms) ** 2, axis=1)
    return np.minimum(shared, 1.0)


def mean_with_bar(chains: np.ndarray, time: float = 0.5, *, own: bool = True) -> tuple[np.ndarray, ErrorBar]:
    """Mean on every rung of independent ladders, and its bar.

    Parameters
    ----------
    chains : (n_draws, n_chains, n_rungs) float64
        Independent ladders (replicas).
    time : float
        Slowest time of something else on the same ladders, which blocks have to outlast too.
    own : bool
        Whether these chains are asked for their slowest time as well; False where `time` includes it.

    Returns
    -------
    (n_rungs,) float64
    ErrorBar
    """
    mean, bar, *_ = _moments(chains, time, own)
    return mean, bar


class ThermalAverage(NamedTuple):
    """Mean on every rung, its standard error, and how many independent draws it is worth; float64 (n_rungs,).

    `n_effective` is an upper bound where the chain is too short to know its slowest mode, and nan where it never moves.
    """

    mean: np.ndarray
    stderr: np.ndarray
    n_effective: np.ndarray


def thermal_average(chains: np.ndarray, time: float = 0.5) -> ThermalAverage:
    """Mean on every rung of independent ladders, its standard error, and how many independent draws it is worth.

    Parameters
    ----------
    chains, time
        As for :func:`mean_with_bar`.

    Returns
    -------
    ThermalAverage
        Of shape (n_rungs,). The error is wider by :func:`glassnet.statistics.standard_errors.student_factor` for few
        blocks; `n_effective` is at most n_draws n_chains, and nan where nothing moves.
    """
    mean, (stderr, _), variance, n_values = _moments(chains, time)
    count = chains.shape[0] * chains.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        worth = variance * count / max(count - 1, 1) / stderr**2
        n_effective = np.where(stderr > 0, np.minimum(worth, count), np.nan)
    return ThermalAverage(mean, stderr * student_factor(n_values), n_effective)


def _moments(chains: np.ndarray, time: float, own: bool = True) -> tuple[np.ndarray, ErrorBar, np.ndarray, int]:
    """Mean, its bar and the variance of single draws on every rung, and the number of blocks."""
    n_draws, n_chains, _ = chains.shape
    mean = chains.mean(axis=(0, 1))
    deviations = chains - mean
    time, variance = max(time, slowest_time(deviations)) if own else time, mean_square(deviations)
    # a single chain is cut at least into four: one block has no scatter
    number = min(n_draws, max(n_blocks(n_draws, n_chains, time, _MOST), 1 if n_chains > 1 else 4))
    single = error_bar(block_means(deviations, block_edges(n_draws, number)), 1, n_draws / number, time, variance)
    # what never moves has no error; rounding would leave one
    stderr = np.where(moving_rungs(chains), single.stderr / np.sqrt(number * n_chains), 0.0)
    return mean, ErrorBar(stderr, single.freedom), variance, number * n_chains


def thermal_error_of_pairs(square: np.ndarray) -> np.ndarray:
    """Standard error of the mean over draws and pairs of one sample, (n_draws, n_rungs, n_pairs): (n_rungs,).

    Pairs share replicas. The error is therefore measured on the mean of the pairs as well, and the larger one is taken;
    the error from single pairs includes pairs that are stuck at different values.
    """
    pairs = square.swapaxes(1, 2)
    few, together = thinned(pairs), pairs.mean(axis=1, keepdims=True)
    # the time of a single chain is not well known
    time = slowest_time(few - few.mean(axis=(0, 1)))
    alone = thermal_average(few, time).stderr * np.sqrt(few.shape[1] / pairs.shape[1])
    return np.maximum(alone, thermal_average(together, time).stderr)


def thinned(chains: np.ndarray) -> np.ndarray:
    """About two dozen of the chains of (n_draws, n_chains, ...), evenly picked: the many pairs share few replicas, and
    more of them would say nothing new about the autocorrelation time."""
    return chains[:, :: -(-chains.shape[1] // _PAIRS)]
