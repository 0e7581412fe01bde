"""Bootstrap over disorder samples and over blocks of draws.

Two levels of noise are nested, samples and the thermal noise within each. Resampling whole samples carries their
thermal noise along: the scatter of thermal averages over samples holds both (:func:`resampled_means`). Drawing the
thermal noise of each drawn sample anew on top of that would count it twice (A. C. Davison and D. V. Hinkley, Bootstrap
methods and their application, 1997, section 3.8). The thermal part by itself, which longer chains would remove and
which is all that is known of a single sample, comes from blocks of draws with the samples kept
(:func:`resampled_blocks`). Derived quantities get their error by evaluating the whole analysis on every resample.
"""

# ours, as scipy.stats.bootstrap resamples one axis of arrays in memory and knows no blocks and no nested levels
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _face
from glassnet._checks import integer, real_array
from glassnet._random import Role, Seed, generator
from glassnet.statistics.standard_errors import student_factor

__all__ = ["bootstrap", "bootstrap_error", "resampled_means", "resampling_counts"]
_face.public(__name__)


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

    Raises
    ------
    TypeError, ValueError
        If `seed` is no integer >= 0.
    """
    n_samples = integer("n_samples", n_samples, minimum=1)
    stream = generator(Seed(seed, key), Role.BOOTSTRAP)
    drawn = stream.multinomial(n_samples, np.full(n_samples, 1 / n_samples), size=n_resamples)
    return np.vstack([np.ones(n_samples), drawn]).astype(np.float64)


def resampled_means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Disorder means (n_resamples, ...) of values (n_samples, ...), for the counts of :func:`resampling_counts`.

    Arrays are taken as they are: nothing is raised.
    """
    flat = values.reshape(values.shape[0], -1)
    return (counts @ flat / counts.shape[1]).reshape(counts.shape[0], *values.shape[1:])


def resampled_blocks(
    values: Sequence[np.ndarray] | np.ndarray,
    without: Iterable[np.ndarray],
    *,
    key: str,
    seed: int = 0,
    n_resamples: int = 400,
) -> np.ndarray:
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


def bootstrap_error(resampled: np.ndarray, n_samples: int) -> np.ndarray:
    """Standard error from a statistic evaluated on the resamples; row 0 holds the data and is left out.

    Stated such that value +- error covers 68.3 %: a resample of n values has (n - 1) / n of their variance, and the
    scatter of few values is itself uncertain (:func:`glassnet.statistics.standard_errors.student_factor`); the error is
    corrected for both, by 3.3 % and 3.4 % at n = 16. Percentiles of the resamples would be off by both, and by 68 % -
    64 % for skewed values. nan for a single sample. Resamples on which the statistic does not exist (nan) are left out
    while they are fewer than a tenth.

    `resampled` is (1 + n_resamples, ...) float64 of `n_samples` values, the error (...); nothing is raised.
    """
    if n_samples < 2:
        return np.full(resampled.shape[1:], np.nan)
    return student_factor(n_samples) * np.sqrt(n_samples / (n_samples - 1)) * _spread(resampled)


def block_error(resampled: np.ndarray, n_blocks: ArrayLike) -> np.ndarray:
    """Standard error from :func:`resampled_blocks`; `n_blocks` (n_samples,) lists how many blocks each sample has."""
    return student_factor(1 + int(np.sum(np.asarray(n_blocks) - 1))) * _spread(resampled)


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


def bootstrap(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    *,
    key: str,
    seed: int = 0,
    n_resamples: int = 400,
) -> tuple[np.ndarray, np.ndarray]:
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
