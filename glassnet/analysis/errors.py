"""Error bars: autocorrelation times along a chain, bootstrap over disorder samples and blocks of draws.

Conventions: the integrated autocorrelation time is tau = 1/2 + sum_{t >= 1} rho(t) in units of one draw, so that n
draws are worth n / (2 tau) independent ones (A. D. Sokal, Monte Carlo methods in statistical mechanics, 1996).

Two levels of noise are nested, samples and the thermal noise within each. Resampling whole samples carries their
thermal noise along: the scatter of thermal averages over samples holds both (:func:`resampled_means`). Drawing the
thermal noise of each drawn sample anew on top of that would count it twice (A. C. Davison and D. V. Hinkley, Bootstrap
methods and their application, 1997, section 3.8). The thermal part by itself, which longer chains would remove and
which is all that is known of a single sample, comes from blocks of draws with the samples kept
(:func:`resampled_blocks`). Derived quantities get their error by evaluating the whole analysis on every resample.
"""

import math

import numpy as np
from scipy import special
from scipy.fft import next_fast_len

from glassnet._checks import integer, real_array
from glassnet._random import Role, Seed, generator

#: the window is closed at WINDOW * tau; the neglected tail exp(-6) is far below the noise
WINDOW = 6.0
#: what one standard error either side covers of a normal distribution: the confidence of every stated error
COVERAGE = float(special.ndtr(1.0) - special.ndtr(-1.0))


def pooled_time(chains: np.ndarray) -> np.ndarray:
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
    series = _time_last(chains)
    moving = np.flatnonzero(series.min(axis=(0, 2)) < series.max(axis=(0, 2)))
    series = series[:, moving]
    series -= series.mean(axis=(0, 2))[:, None]
    covariance = np.zeros((n_draws, math.prod(chains.shape[2:])))
    covariance[:, moving] = autocovariance(series)
    return time_within_window(covariance.reshape(n_draws, *chains.shape[2:]), n_draws, n_chains)


def _time_last(chains: np.ndarray) -> np.ndarray:
    """A copy of (n_draws, n_chains, ...) as (n_chains, n_quantities, n_draws): sums and transforms over strided series
    take several times as long."""
    return np.array(np.moveaxis(chains.reshape(*chains.shape[:2], -1), 0, -1), order="C")


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


def resampling_counts(n_samples: int, *, key: str, seed: int = 0, n_resamples: int = 400) -> np.ndarray:
    """How often each disorder sample is drawn in each bootstrap resample; the first row is the data themselves.

    Parameters
    ----------
    n_samples : int
    key : str
        What is resampled ("/N96/dilution0.0"): quantities of one node share its resamples and stay correlated,
        different nodes get independent streams.
    seed : int
        Seed of the run.
    n_resamples : int

    Returns
    -------
    (1 + n_resamples, n_samples) float64
        Each row sums to n_samples.
    """
    n_samples = integer("n_samples", n_samples, minimum=1)
    stream = generator(Seed(seed, key), Role.BOOTSTRAP)
    drawn = stream.multinomial(n_samples, np.full(n_samples, 1 / n_samples), size=n_resamples)
    return np.vstack([np.ones(n_samples), drawn]).astype(np.float64)


def resampled_means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Disorder mean of every resample.

    Parameters
    ----------
    values : (n_samples, ...) float64
    counts : (n_resamples, n_samples) float64, of :func:`resampling_counts`

    Returns
    -------
    (n_resamples, ...) float64
    """
    flat = values.reshape(values.shape[0], -1)
    return (counts @ flat / counts.shape[1]).reshape(counts.shape[0], *values.shape[1:])


def resampled_blocks(values, without, *, key: str, seed: int = 0, n_resamples: int = 400) -> np.ndarray:
    """Disorder mean with the draws of every sample resampled in blocks, and the samples kept.

    Parameters
    ----------
    values : sequence of n_samples arrays (...)
        A quantity of each sample, however it is computed from its draws.
    without : sequence of n_samples arrays (n_blocks, ...)
        The same without each block of draws. Blocks are long against the autocorrelation time; their number may differ
        from sample to sample.
    key, seed, n_resamples
        See :func:`resampling_counts`.

    Returns
    -------
    (1 + n_resamples, ...) float64
        To first order in the weights of the blocks (B. Efron, The jackknife, the bootstrap and other resampling plans,
        1982, section 6.1), so that nothing is solved again for each resample. The first row is the data. The variance
        that n blocks lack, a factor (n - 1) / n, is put back; :func:`block_error` reads the error.
    """
    stream = generator(Seed(seed, f"{key} blocks"), Role.BOOTSTRAP)
    values = np.asarray(values, dtype=np.float64)
    noise = np.zeros((n_resamples, *values.shape[1:]))
    for left in without:
        n_blocks = len(left)
        drawn = stream.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=n_resamples)
        # infinite values (free energies at T = inf) have no noise
        with np.errstate(invalid="ignore"):
            influence = np.sqrt((n_blocks - 1) / n_blocks) * (left.mean(axis=0) - left)
        noise += np.tensordot(drawn - 1.0, influence, axes=1) / len(values)
    return np.concatenate([np.zeros((1, *noise.shape[1:])), noise]) + values.mean(axis=0)


def student(n_values):
    """Half-width of the interval of confidence :data:`COVERAGE` for a mean of so many values, in standard errors.

    Quantile of Student's t: their own scatter tells the error of few values only roughly.
    """
    return special.stdtrit(n_values - 1, (1 + COVERAGE) / 2)


def bootstrap_error(resampled: np.ndarray, n_samples: int) -> np.ndarray:
    """Standard error from a statistic evaluated on the resamples; row 0 holds the data and is left out.

    Stated such that value +- error covers 68.3 %: a resample of n values has (n - 1) / n of their variance, and the
    scatter of few values is itself uncertain (:func:`student`); the error is corrected for both, by 3.3 % and 3.4 % at
    n = 16. Percentiles of the resamples would be off by both, and by 68 % - 64 % for skewed values. nan for a single
    sample. Resamples on which the statistic does not exist (nan) are left out while they are fewer than a tenth.
    """
    if n_samples < 2:
        return np.full(resampled.shape[1:], np.nan)
    return student(n_samples) * np.sqrt(n_samples / (n_samples - 1)) * _spread(resampled)


def block_error(resampled: np.ndarray, n_blocks) -> np.ndarray:
    """The same from :func:`resampled_blocks`; `n_blocks` (n_samples,) lists how many blocks each sample has."""
    return student(1 + int(np.sum(np.asarray(n_blocks) - 1))) * _spread(resampled)


def _spread(resampled: np.ndarray) -> np.ndarray:
    """Standard deviation over the rows but the first; nan where a tenth or more of them are not finite."""
    drawn = resampled[1:]
    defined = np.isfinite(drawn)
    enough = defined.mean(axis=0) > 0.9
    drawn = np.where(defined, drawn, 0.0)
    total = np.where(enough, defined.sum(axis=0), 1)
    mean = drawn.sum(axis=0) / total
    variance = np.where(defined, (drawn - mean) ** 2, 0).sum(axis=0) / total
    return np.where(enough, np.sqrt(variance), np.nan)


def bootstrap(values: np.ndarray, statistic, *, key: str, seed: int = 0, n_resamples: int = 400):
    """Value and bootstrap error over disorder samples of a function of disorder means.

    Parameters
    ----------
    values : (n_samples, ...) array of real numbers
        Thermal averages of each sample.
    statistic : callable
        Maps means (n_resamples, ...) to (n_resamples, ...), for example ``lambda m: m[:, 1] / m[:, 0] ** 2``.
    key, seed, n_resamples
        See :func:`resampling_counts`.

    Returns
    -------
    estimate, stderr : float64
    """
    values = real_array("values", values)
    counts = resampling_counts(values.shape[0], key=key, seed=seed, n_resamples=n_resamples)
    resampled = statistic(resampled_means(values, counts))
    return resampled[0], bootstrap_error(resampled, values.shape[0])


def thermal_error(stderr: np.ndarray) -> np.ndarray:
    """Thermal standard error of a disorder mean: those of the samples in quadrature, over their number.

    Parameters
    ----------
    stderr : (n_samples, ...) float64
        Of the thermal average of each sample (:func:`glassnet.analysis.ladder_bars.thermal_average`).

    Returns
    -------
    (...) float64
        Part of the bootstrap error over samples; all of the error that is known where there is one sample.
    """
    return np.sqrt((stderr**2).sum(axis=0)) / len(stderr)


def time_within_window(covariance: np.ndarray, n_draws: int, n_chains: int) -> np.ndarray:
    """Tau, as of :func:`pooled_time`, from the autocovariance (n_draws, ...), a mean over `n_chains` chains."""
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
