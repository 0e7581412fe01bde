"""How long an exchange ladder remembers, and error bars of what is averaged on its rungs.

Exchange carries a state off a rung and brings it back much later: the autocorrelation on one rung falls at once to a few
per cent and stays there for as long as the state lives on the ladder. An automatic window that looks at that rung alone
closes before that tail, which may hold most of the variance of a mean. The walkers of a ladder, however, hold the state
all the time, so its life shows undiluted in what all rungs have in common: their mean deviation and the leading
mode of their covariance. Bars come from blocks of draws that are long against the life of these modes: then a block's
mean holds the tail with the weight that it has on the rung. Replicas are ladders of their own and independent.

Blocks may be few, and events on a rung rarer still: the degrees of freedom of a bar come from the number of blocks and
the fourth moment of their deviations (F. E. Satterthwaite, Biometrics Bull. 2, 110 (1946)), so that a bar that stands on
three visits is not taken for one that stands on a hundred.
"""

from typing import NamedTuple

import numpy as np

from glassnet.analysis import errors

#: blocks last so many times of the slowest mode
LONG = 5.0
#: most blocks that chains are cut into, all chains of a sample together; longer ones would be safer then
MOST = 192
#: draws that are averaged before times are taken, as long as so many means are left
_COARSE, _SHORTEST = (1, 4, 16), 64
#: least variance of a block, in units of what draws without memory have
_LEAST = 0.5
#: blocks from which the leading mode is taken
_MODE_BLOCKS = 24


class Bar(NamedTuple):
    """Standard error of a mean on every rung and the degrees of freedom it stands on, float64 of shape (n_rungs,)."""

    stderr: np.ndarray
    freedom: np.ndarray


def slowest_time(deviations: np.ndarray) -> float:
    """Integrated autocorrelation time, in draws, of the slowest thing that the rungs of a ladder have in common.

    Parameters
    ----------
    deviations : (n_draws, n_chains, n_rungs) float64
        Of independent ladders, from the mean of each rung.

    Returns
    -------
    float
        The larger one of the times of the mean over rungs and of the leading mode of the covariance of block means,
        each rung in units of its standard deviation; 1/2 where nothing moves.
    """
    scale = np.sqrt(mean_square(deviations))
    moving = scale > 0
    if not moving.any() or len(deviations) < 2:
        return 0.5
    unit = deviations[:, :, moving] / scale[moving]
    blocks = block_means(unit, edges(len(unit), min(len(unit), _MODE_BLOCKS)))
    leading = _leading(blocks.reshape(-1, blocks.shape[-1]))
    modes = unit @ np.stack([np.ones(len(leading)), leading], axis=-1)
    return max(_time(modes, length) for length in _COARSE if length == 1 or len(modes) >= _SHORTEST * length)


def _time(modes: np.ndarray, length: int) -> float:
    """The longer time of two (n_draws, n_chains, 2) modes, from means of `length` draws.

    A slow mode of small amplitude stands out once the fast ones are averaged.
    """
    if length > 1:
        modes = modes[: len(modes) // length * length].reshape(-1, length, *modes.shape[1:]).mean(axis=1)
    return float(max(0.5, 0.5 + length * (errors.pooled_time(modes).tau.max() - 0.5)))


def edges(n_draws: int, n_blocks: int, first: int = 0) -> np.ndarray:
    """First draw of each of `n_blocks` blocks of nearly equal length, and the end: (n_blocks + 1,) int."""
    return first + np.linspace(0, n_draws, n_blocks + 1).astype(int)


def block_means(chains: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Means of (n_draws, ...) between successive cuts: (n_blocks, ...)."""
    lengths = np.diff(cuts).reshape(-1, *([1] * (chains.ndim - 1)))
    return np.add.reduceat(chains[: cuts[-1]], cuts[:-1], axis=0) / lengths


def mean_square(deviations: np.ndarray) -> np.ndarray:
    """Over draws and chains of (n_draws, n_chains, n_rungs): (n_rungs,)."""
    return np.einsum("dcr,dcr->r", deviations, deviations) / (deviations.shape[0] * deviations.shape[1])


def n_blocks(n_draws: int, n_chains: int, time: float) -> int:
    """Into how many blocks each of some chains is cut whose slowest mode has that time, at least one."""
    return int(max(1, min(n_draws / (LONG * time), MOST / n_chains, n_draws)))


def bar(deviations: np.ndarray, n_means: int, length: float, time: float, variance: np.ndarray) -> Bar:
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
    Bar
        What blocks of that length lack of the variance of their slow mode, taken as exponential, is put back in
        proportion to what a rung shares of it.
    """
    flat = deviations.reshape(-1, deviations.shape[-1])
    count = len(flat)
    square, fourth = (flat**2).sum(axis=0), (flat**4).sum(axis=0)
    moving = square > 0
    norm = np.where(moving, square, 1.0)
    freedom = max(count - n_means, 1)
    kurtosis = np.maximum(count * fourth / norm**2 - np.sqrt(24 / count), 3.0)
    ratio = length / max(time - 0.5, 1e-9)
    lacking = ratio / (ratio - 1 + np.exp(-ratio)) - 1
    of_block = square / freedom * (1 + lacking * _shared(flat[:, moving] / np.sqrt(norm[moving]), moving))
    return Bar(np.sqrt(np.maximum(of_block, _LEAST * variance / length)), np.maximum(2 * freedom / (kurtosis - 1), 1.0))


def _shared(unit: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Squared correlation of (n, n_moving) normalised block means with what they have in common: (n_rungs,)."""
    shared = np.zeros(len(moving))
    if not moving.any():
        return shared
    modes = np.stack([unit.sum(axis=1), unit @ _leading(unit)], axis=-1)
    norms = np.maximum(np.sqrt((modes**2).sum(axis=0)), 1e-300)
    shared[moving] = np.maximum.reduce((unit.T @ modes / norms) ** 2, axis=1)
    return np.minimum(shared, 1.0)


def _leading(rows: np.ndarray) -> np.ndarray:
    """Leading eigenvector of the covariance of (n, n_rungs) deviations: (n_rungs,)."""
    return np.linalg.eigh(rows.T @ rows)[1][:, -1]


def thermal_average(chains: np.ndarray, time: float = 0.5) -> errors.ThermalAverage:
    """Mean on every rung of independent ladders, with a standard error that knows the ladder.

    Parameters
    ----------
    chains : (n_draws, n_chains, n_rungs) float64
        Independent ladders (replicas).
    time : float
        Slowest time of something else on the same ladders, which blocks have to outlast too.

    Returns
    -------
    errors.ThermalAverage
        Of shape (n_rungs,). `n_effective` is at most n_draws n_chains, and nan where nothing moves.
    """
    n_draws, n_chains, _ = chains.shape
    mean = chains.mean(axis=(0, 1))
    deviations = chains - mean
    time = max(time, slowest_time(deviations))
    # a single chain is cut at least into four: one block has no scatter
    number = min(n_draws, max(n_blocks(n_draws, n_chains, time), 1 if n_chains > 1 else 4))
    cuts = edges(n_draws, number)
    count = n_draws * n_chains
    variance = mean_square(deviations) * count / max(count - 1, 1)
    single = bar(block_means(deviations, cuts), 1, n_draws / number, time, variance)
    stderr = single.stderr / np.sqrt(number * n_chains)
    moving = np.ptp(chains, axis=(0, 1)) > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        n_effective = np.where(moving, np.minimum(variance / stderr**2, count), np.nan)
    return errors.ThermalAverage(mean, np.where(moving, stderr, 0.0), n_effective)
