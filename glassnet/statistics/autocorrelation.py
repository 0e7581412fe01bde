"""Autocorrelation times along chains, and the mean of a series with its error.

The integrated autocorrelation time is tau = 1/2 + sum_{t >= 1} rho(t) in units of one draw, so that n draws are worth
n / (2 tau) independent ones (A. D. Sokal, Monte Carlo methods in statistical mechanics, 1996).
"""

# ours, as emcee takes the mean of each chain by itself, and does not put back the variance of the mean
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import next_fast_len

from glassnet import _face
from glassnet._checks import real_array
from glassnet.statistics.estimate import Estimate

__all__ = ["integrated_time", "mean_of_series"]
_face.public(__name__)

#: the window is closed at WINDOW * tau; the neglected tail exp(-6) is far below the noise
WINDOW = 6.0
#: a series whose standard deviation is smaller than this, relative to its mean, is constant up to rounding
_CONSTANT = 1e-14


def integrated_time(chains: np.ndarray) -> np.ndarray:
    """Integrated autocorrelation time of one quantity followed by several independent chains.

    Deviations are taken from the common mean, so that chains stuck at different values show up as a long tau
    instead of hiding as several short ones. The sum over the autocorrelation function is cut at Sokal's automatic
    window, the smallest W with W >= 6 tau(W). The subtraction of the measured mean lowers every autocovariance by the
    variance of that mean, which is put back (U. Wolff, Comput. Phys. Commun. 156, 143 (2004), eq. 49).

    Parameters
    ----------
    chains : (n_draws, n_chains, ...) array of real numbers
        Every trailing index is a quantity of its own.

    Returns
    -------
    float64 array of the trailing shape
        In draws; 1/2 for a quantity that never moves, as its mean has no error.

    Raises
    ------
    TypeError, ValueError
        If `chains` is not an array of finite real numbers of this shape with at least two draws.
    """
    chains = real_array("chains", chains)
    if chains.ndim < 2 or chains.shape[0] < 2 or 0 in chains.shape:
        raise ValueError(
            f"chains must have shape (n_draws, n_chains, ...) with at least 2 draws, got shape {chains.shape}"
        )
    n_draws, n_chains = chains.shape[:2]
    # time last: sums and transforms over strided series take several times as long
    series = np.array(np.moveaxis(chains.reshape(n_draws, n_chains, -1), 0, -1), order="C")
    moving = np.flatnonzero(series.min(axis=(0, 2)) < series.max(axis=(0, 2)))
    series = series[:, moving]
    series -= series.mean(axis=(0, 2))[:, None]
    covariance = np.zeros((n_draws, math.prod(chains.shape[2:])))
    covariance[:, moving] = autocovariance(series)
    return time_within_window(covariance.reshape(n_draws, *chains.shape[2:]), n_draws, n_chains)


def autocovariance(deviations: np.ndarray) -> np.ndarray:
    """Products of (n_chains, n_quantities, n_draws) deviations at every lag, averaged: (n_draws, n_quantities)."""
    n_chains, n_quantities, n_draws = deviations.shape
    length = next_fast_len(2 * n_draws, real=True)
    # the transform itself would be slower to fill up with zeros
    padded = np.zeros((n_chains, n_quantities, length))
    padded[:, :, :n_draws] = deviations
    # numpy's transforms are scipy's, and called at a fifth of the cost
    parts = np.fft.rfft(padded).view(np.float64)
    squares = np.einsum("cqf,cqf->qf", parts, parts) / n_chains
    products = np.fft.irfft(squares[:, ::2] + squares[:, 1::2], length)[:, :n_draws]
    return (products / np.arange(n_draws, 0, -1)).T


def time_within_window(covariance: np.ndarray, n_draws: int, n_chains: int) -> np.ndarray:
    """Tau, as of :func:`integrated_time`, from the autocovariance (n_draws, ...), a mean over `n_chains` chains."""
    variance = covariance[0]
    moving = variance > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where(moving, covariance / np.where(moving, variance, 1), 0.0)
    running = np.cumsum(correlation, axis=0) - 0.5
    lags = np.arange(n_draws).reshape(-1, *([1] * (covariance.ndim - 1)))
    closed = lags >= WINDOW * np.maximum(running, 0.5)
    closed[-1] = True
    edge = np.argmax(closed, axis=0)
    tau = np.take_along_axis(running, edge[None], axis=0)[0]
    tau = np.maximum(tau, 0.5 / n_draws) * (1 + (2 * edge + 1) / (n_draws * n_chains))
    return np.where(moving, tau, 0.5)


def mean_of_series(series: ArrayLike) -> Estimate:
    """Mean of a stationary series and its standard error, autocorrelation included.

    Parameters
    ----------
    series : (n_draws,) array of real numbers
        At least two draws.

    Returns
    -------
    Estimate
        n draws are worth n / (2 tau) independent ones, tau of :func:`integrated_time`. Exact where nothing moves.

    Raises
    ------
    ValueError
        As for :func:`integrated_time`.
    """
    series = np.asarray(series, dtype=np.float64)
    n_draws, mean, deviation = len(series), float(series.mean()), float(series.std())
    if deviation <= _CONSTANT * max(1.0, abs(mean)):
        return Estimate(mean, 0.0)
    worth = n_draws / max(1.0, 2.0 * float(integrated_time(series[:, None])))
    return Estimate(mean, deviation / math.sqrt(max(1.0, worth - 1.0)))
