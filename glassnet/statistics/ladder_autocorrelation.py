"""How long the chains of an exchange ladder remember.

Exchange carries a state off a rung and brings it back much later: the autocorrelation on one rung falls at once to a
few per cent and stays there for as long as the state lives on the ladder. An automatic window that looks at that rung
alone closes before that tail, which may hold most of the variance of a mean. The walkers of a ladder, however, hold the
state all the time, so its life shows undiluted in what all rungs have in common: their mean deviation and the leading
mode of their covariance. :mod:`glassnet.statistics.ladder_averages` has error bars from blocks of draws that outlast
it.
"""

import numpy as np

from glassnet.statistics.autocorrelation import autocovariance, time_within_window

#: blocks last so many times of the slowest mode
BLOCK_LENGTH = 5.0
#: most blocks that chains are cut into, all chains of a sample together; longer ones would be safer then
MOST_BLOCKS = 192
#: draws that are averaged before times are taken, the most that leave so many means
_COARSE, _SHORTEST = (16, 4, 1), 64
#: means of draws that tell how long chains remember and whether they agree
FINEST = 512
#: draws within which most rungs have moved
_FIRST = 32
#: blocks from which the leading mode is taken
_MODE_BLOCKS = 24


def coarse_grained(chains: np.ndarray) -> np.ndarray:
    """Chains (n_draws, n_rungs, n_chains) as (n_draws, n_chains, n_rungs) float64, long ones as means of draws.

    At least :data:`FINEST` means are left: what moves faster averages out, and what is slower stays.
    """
    length = max(1, len(chains) // FINEST)
    if length > 1:
        n_means = len(chains) // length
        chains = chains[: n_means * length].reshape(n_means, length, *chains.shape[1:]).mean(axis=1)
    return np.array(chains.swapaxes(1, 2), dtype=np.float64, order="C")


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
    unit = np.where(moving, 1 / np.where(moving, scale, 1.0), 0.0)
    blocks = block_means(deviations, block_edges(len(deviations), min(len(deviations), _MODE_BLOCKS))) * unit
    leading = leading_mode(blocks.reshape(-1, blocks.shape[-1]))
    modes = deviations @ (np.stack([np.ones(len(leading)), leading], axis=-1) * unit[:, None])
    covariance = autocovariance(np.array(modes.transpose(1, 2, 0), order="C"))
    coarse = next(length for length in _COARSE if length == 1 or len(modes) >= _SHORTEST * length)
    return max(_time(covariance, length, modes.shape[1]) for length in {1, coarse})


def _time(covariance: np.ndarray, length: int, n_chains: int) -> float:
    """The longer time of two modes with autocovariance (n_draws, 2), as means of `length` draws show it.

    A slow mode of small amplitude stands out once the fast ones are averaged out.
    """
    n_means = len(covariance) // length
    if length > 1:
        # of means that lie L of them apart: the sum over the two draws' places in them
        both_ways = np.concatenate([covariance[length - 1 : 0 : -1], covariance])
        weights = length - np.abs(np.arange(1 - length, length))
        covariance = np.stack([np.convolve(one, weights, "valid")[::length][:n_means] for one in both_ways.T], axis=-1)
        n_means = len(covariance)
    times = time_within_window(covariance, n_means, n_chains)
    return float(max(0.5, 0.5 + length * (times.max() - 0.5)))


def block_edges(n_draws: int, n_blocks: int, first: int = 0) -> np.ndarray:
    """First draw of each of `n_blocks` blocks of nearly equal length, and the end: (n_blocks + 1,) int."""
    return first + np.linspace(0, n_draws, n_blocks + 1).astype(int)


def block_means(chains: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Means of (n_draws, ...) between successive cuts: (n_blocks, ...)."""
    lengths = np.diff(cuts).reshape(-1, *([1] * (chains.ndim - 1)))
    return np.add.reduceat(chains[: cuts[-1]], cuts[:-1], axis=0) / lengths


def mean_square(deviations: np.ndarray) -> np.ndarray:
    """Over draws and chains of (n_draws, n_chains, n_rungs): (n_rungs,)."""
    return np.einsum("dcr,dcr->r", deviations, deviations) / (deviations.shape[0] * deviations.shape[1])


def moving_rungs(chains: np.ndarray) -> np.ndarray:
    """On which rungs anything in (n_draws, n_chains, n_rungs) ever changes or differs, (n_rungs,) bool.

    Not by the variance, which rounding leaves above zero. Most move within the first draws.
    """
    moving = (chains[:_FIRST] != chains[0, 0]).any(axis=(0, 1))
    still = np.flatnonzero(~moving)
    moving[still] = (chains[:, :, still] != chains[0, 0, still]).any(axis=(0, 1))
    return moving


def n_blocks(n_draws: int, n_chains: int, time: float, most: int = MOST_BLOCKS) -> int:
    """Into how many blocks each of some chains is cut whose slowest mode has that time, at least one."""
    return int(max(1, min(n_draws / (BLOCK_LENGTH * time), most / n_chains, n_draws)))


def leading_mode(rows: np.ndarray) -> np.ndarray:
    """Leading eigenvector of the covariance of (n, n_rungs) deviations: (n_rungs,)."""
    return np.linalg.eigh(rows.T @ rows)[1][:, -1]
