"""How long an exchange ladder remembers.

Exchange carries a state off a rung and brings it back much later: the autocorrelation on one rung falls at once to a
few per cent and stays there for as long as the state lives on the ladder. An automatic window that looks at that rung
alone closes before that tail, which may hold most of the variance of a mean. The walkers of a ladder, however, hold the
state all the time, so its life shows undiluted in what all rungs have in common: their mean deviation and the leading
mode of their covariance. :mod:`glassnet.analysis.ladder_bars` has error bars from blocks of draws that outlast it.
"""

import numpy as np

from glassnet.analysis import errors

#: blocks last so many times of the slowest mode
LONG = 5.0
#: most blocks that chains are cut into, all chains of a sample together; longer ones would be safer then
MOST = 192
#: draws that are averaged before times are taken, the most that leave so many means
_COARSE, _SHORTEST = (16, 4, 1), 64
#: draws within which most rungs have moved
_FIRST = 32
#: blocks from which the leading mode is taken
_MODE_BLOCKS = 24


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
    blocks = block_means(deviations, edges(len(deviations), min(len(deviations), _MODE_BLOCKS))) * unit
    leading = leading_mode(blocks.reshape(-1, blocks.shape[-1]))
    modes = deviations @ (np.stack([np.ones(len(leading)), leading], axis=-1) * unit[:, None])
    coarse = next(length for length in _COARSE if length == 1 or len(modes) >= _SHORTEST * length)
    return max(_time(modes, length) for length in {1, coarse})


def _time(modes: np.ndarray, length: int) -> float:
    """The longer time of two (n_draws, n_chains, 2) modes, from means of `length` draws.

    A slow mode of small amplitude stands out once the fast ones are averaged.
    """
    if length > 1:
        modes = modes[: len(modes) // length * length].reshape(-1, length, *modes.shape[1:]).mean(axis=1)
    return float(max(0.5, 0.5 + length * (errors.pooled_time(modes).max() - 0.5)))


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


def moves(chains: np.ndarray) -> np.ndarray:
    """On which rungs anything in (n_draws, n_chains, n_rungs) ever changes or differs, (n_rungs,) bool.

    Not by the variance, which rounding leaves above zero. Most move within the first draws.
    """
    moving = (chains[:_FIRST] != chains[0, 0]).any(axis=(0, 1))
    still = np.flatnonzero(~moving)
    moving[still] = (chains[:, :, still] != chains[0, 0, still]).any(axis=(0, 1))
    return moving


def n_blocks(n_draws: int, n_chains: int, time: float, most: int = MOST) -> int:
    """Into how many blocks each of some chains is cut whose slowest mode has that time, at least one."""
    return int(max(1, min(n_draws / (LONG * time), most / n_chains, n_draws)))


def leading_mode(rows: np.ndarray) -> np.ndarray:
    """Leading eigenvector of the covariance of (n, n_rungs) deviations: (n_rungs,)."""
    return np.linalg.eigh(rows.T @ rows)[1][:, -1]
