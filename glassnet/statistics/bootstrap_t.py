"""Error bars of moments that few samples dominate: the bootstrap-t over disorder samples."""

import numpy as np

from glassnet.statistics.bootstrap import bootstrap_error, resampled_means
from glassnet.statistics.standard_errors import COVERAGE, student_factor


def studentised_error(
    values: np.ndarray, counts: np.ndarray, statistic: np.ndarray, gradient: np.ndarray
) -> np.ndarray:
    """Standard error of a function of disorder means of skewed samples, never less than the plain bootstrap's.

    A few samples that dominate a mean (high overlaps above the transition) are missing from some sets of samples, whose
    scatter is then small as well. Bars from the scatter then miss the true value too often. On every resample the
    deviation is divided by the error that this resample itself would state (bootstrap-t; P. Hall, Ann. Statist. 16, 927
    (1988)); its quantile of confidence 68.3 % is the width of the bar in standard errors, if that is more than
    Student's t. Samples that are in no set of samples cannot widen a bar.

    Parameters
    ----------
    values : (n_samples, ..., k) float64
        What is averaged, in the last axis k quantities.
    counts : (1 + n_resamples, n_samples) float64, of :func:`glassnet.statistics.bootstrap.resampling_counts`
    statistic : (1 + n_resamples, ...) float64
        The function on the means of every resample; row 0 holds the data.
    gradient : (1 + n_resamples, ..., k) float64
        Its derivatives by the means.

    Returns
    -------
    (...) float64
        nan for a single sample.
    """
    n_samples = len(values)
    plain = bootstrap_error(statistic, n_samples)
    if n_samples < 2:
        return plain
    centred = values - values.mean(axis=0)
    means = resampled_means(centred, counts)
    products = resampled_means(centred[..., :, None] * centred[..., None, :], counts)
    products -= means[..., :, None] * means[..., None, :]
    variance = np.einsum("...i,...ij,...j->...", gradient, products, gradient) / (n_samples - 1)
    own = np.sqrt(np.maximum(variance, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.abs(statistic[1:] - statistic[0]) / own[1:]
    # a resample that repeats one sample has no error; without other resamples the statistic has none
    width = np.quantile(np.where(np.isfinite(deviation), deviation, 0.0), COVERAGE, axis=0)
    return np.maximum(plain, np.maximum(width, student_factor(n_samples)) * own[0])


def moment_errors(moments: np.ndarray, counts: np.ndarray, ratio: float) -> dict[str, np.ndarray]:
    """Errors of [<q^2>] ("q2") and of the Binder cumulant ("binder") with the ratio B0 of independent pairs.

    Parameters
    ----------
    moments : (n_samples, ..., 2) float64
        <q^2> and <q^4> of each sample.
    counts : (1 + n_resamples, n_samples) float64, of :func:`glassnet.statistics.bootstrap.resampling_counts`
    ratio : float
        B0 = <q^4> / <q^2>^2 without order; nan where the cumulant has none.

    Returns
    -------
    dict of (...) float64
    """
    means = resampled_means(moments, counts)
    second, fourth = means[..., 0], means[..., 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        cumulant = (ratio - fourth / second**2) / (ratio - 1)
        slopes = np.stack([2 * fourth / second**3, -1 / second**2], axis=-1) / (ratio - 1)
        return {
            "q2": studentised_error(moments[..., :1], counts, second, np.ones((*second.shape, 1))),
            "binder": studentised_error(moments, counts, cumulant, slopes),
        }
