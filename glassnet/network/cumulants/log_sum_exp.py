"""The mean of log sum_k exp(y_k) over Gaussian outputs y ~ N(mean, cov), and its gradient.

There is no closed form. The average is one over 4096 points of a scrambled Sobol sequence and its mirror image, whose
second moments are made exact, so that quadratic functions are averaged exactly. For 3 to 30 outputs of means and
standard deviations up to 10 its error is below 2e-3 of its value. An expansion to second order, logsumexp(mean) +
tr(H cov) / 2 with H the matrix of second derivatives, is not enough: for ten independent outputs N(0, 9) it gives 6.35
where 5.09 is right.
"""

from functools import lru_cache

import numpy as np
from scipy.special import logsumexp, ndtri

#: half of the points, a power of 2
_LOG2_POINTS = 11
#: eigenvalues of a covariance below this share of the largest are rounding
_ROUNDING = 1e-12


def average(mean: np.ndarray, cov: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return E log sum_k exp(y_k) for y ~ N(mean, cov), and its gradients with respect to mean and covariance.

    Gradients are those of the sum over points, to rounding; in directions of small variance that with respect to the
    covariance is noisier than the value. Negative eigenvalues, which a truncated series may have, count as zero; where
    two directions have no variance, the gradient with respect to their covariance is zero.

    Parameters
    ----------
    mean : (n_out,) float64
    cov : (n_out, n_out) float64
        Symmetric.
    """
    values, vectors = np.linalg.eigh(cov)
    values[np.abs(values) <= _ROUNDING * np.abs(values).max()] = 0.0
    deviation = np.sqrt(np.maximum(values, 0.0))
    points = _points(len(mean))
    outputs = mean + points @ ((vectors * deviation) @ vectors.T)
    total = logsumexp(outputs, axis=1)
    share = np.exp(outputs - total[:, None])
    # d sqrt(cov) has the entries (sqrt a - sqrt b) / (a - b) times those of d cov, in the eigenvectors of cov
    to_root = vectors.T @ (share.T @ points) @ vectors / len(points)
    both, apart = np.add.outer(deviation, deviation), np.abs(np.subtract.outer(values, values))
    square = np.where(np.minimum.outer(values, values) < 0, apart, np.square(both))
    ratio = np.divide(both, square, out=np.zeros_like(both), where=both > 0)
    to_cov = vectors @ (0.5 * (to_root + to_root.T) * ratio) @ vectors.T
    return float(total.mean()), share.mean(axis=0), to_cov


@lru_cache(maxsize=8)
def _points(n_out: int) -> np.ndarray:
    """(n_points, n_out) standard normal points with mean zero and unit covariance, the same in every call."""
    from scipy.stats import qmc  # slow to import

    half = ndtri(qmc.Sobol(n_out, scramble=True, seed=1).random_base2(_LOG2_POINTS))
    root = np.linalg.cholesky(half.T @ half / len(half))
    points = np.linalg.solve(root, half.T).T
    return np.concatenate([points, -points])
