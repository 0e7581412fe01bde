"""Fits: weighted least squares, logistic regression, and the roots of what was fitted."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from glassnet import _face
from glassnet.statistics.estimate import Estimate

__all__ = ["Fit", "extrapolated_in_size", "fit_estimates", "straight_line", "weighted_least_squares"]
_face.public(__name__)

#: smallest standard error of a point in units of the largest one: a smaller one would give it so much weight that
#: rounding hides the other points
_SHARPEST = 1e-4
#: chi^2 that lies so many of its standard deviations above what is expected shows that the fit is not the truth
_DEVIATIONS = 3.0
#: pulls coefficients of a logistic regression that the data leave undetermined to zero; one thousandth of a sample
_RIDGE = 1e-3
_NEWTON_STEPS = 30


@_face.shown
class Fit(NamedTuple):
    """Result of a weighted least-squares fit.

    Attributes
    ----------
    coefficients : (k,) float64
    covariance : (k, k) float64
        nan where the errors of the data are not known, 0 where all data are exact.
    chi2 : float
        Sum of the squared deviations from the fit, in units of the errors of the points; nan where these are not known
        or zero.
    freedom : int
        Degrees of freedom: points less coefficients.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    chi2: float
    freedom: int

    @property
    def estimates(self) -> list[Estimate]:
        """Every coefficient with its standard error."""
        errors = np.sqrt(np.diag(self.covariance))
        return [Estimate(float(v), float(s)) for v, s in zip(self.coefficients, errors, strict=True)]

    def birge_ratio(self, deviations: float = 0.0) -> float:
        """Root of chi^2 per degree of freedom, by which errors grow that do not explain the scatter of the points.

        1 where chi^2 is not above what is expected by so many of its standard `deviations` (R. T. Birge, Phys. Rev.
        40, 207 (1932)); nothing is raised.
        """
        excessive = self.freedom > 0 and self.chi2 > self.freedom + deviations * np.sqrt(2.0 * self.freedom)
        return float(np.sqrt(self.chi2 / self.freedom)) if excessive else 1.0

    def root(self) -> Estimate:
        """Where a straight line, fitted with the columns 1 and x, passes through zero."""
        level, slope = self.coefficients
        root = -level / slope
        gradient = np.array([1.0, root]) / slope
        return Estimate(float(root), float(np.sqrt(gradient @ self.covariance @ gradient)))


def weighted_least_squares(columns: Sequence[np.ndarray], values: ArrayLike, stderr: ArrayLike) -> Fit:
    """Weighted least-squares fit of a sum of given functions.

    Parameters
    ----------
    columns : sequence of k arrays (n_points,) float64
        The function that multiplies each coefficient, at every point.
    values, stderr : (n_points,) float64
        Data and their standard errors. Where an error is not known (nan, from a single sample) all points weigh the
        same.

    Raises
    ------
    ValueError
        If the lengths do not fit. Columns that depend on each other raise nothing: the shortest solution is taken.
    """
    values, stderr = np.asarray(values, dtype=np.float64), np.asarray(stderr, dtype=np.float64)
    known = bool(np.isfinite(stderr).all())
    largest = float(stderr.max()) if known else 0.0
    sigma = np.maximum(stderr, _SHARPEST * largest) if largest > 0 else np.ones_like(values)
    design = np.stack(columns, axis=1) / sigma[:, None]
    # ours, as numpy.polyfit takes powers of x alone and scipy's curve_fit searches for what one equation gives
    covariance = np.linalg.pinv(design.T @ design)
    coefficients = covariance @ (design.T @ (values / sigma))
    left = values - sum(one * column for one, column in zip(coefficients, columns, strict=True))
    chi2 = float(((left / sigma) ** 2).sum()) if largest > 0 else np.nan
    covariance = covariance if largest > 0 else np.full_like(covariance, 0.0 if known else np.nan)
    return Fit(coefficients, covariance, chi2, len(values) - len(coefficients))


def straight_line(x: np.ndarray, values: ArrayLike, stderr: ArrayLike) -> tuple[Estimate, Estimate]:
    """Intercept and slope of a weighted straight line through `values` at `x` (n_points,); otherwise as for
    :func:`weighted_least_squares`.
    """
    intercept, slope = weighted_least_squares([np.ones_like(x), x], values, stderr).estimates
    return intercept, slope


def fit_estimates(columns: Sequence[np.ndarray], estimates: list[Estimate]) -> Fit:
    """Weighted least-squares fit through estimates; what does not fit costs error.

    The covariance grows to chi^2 per degree of freedom where chi^2 lies three standard deviations above what is
    expected.

    `columns` and errors raised as for :func:`weighted_least_squares`; one of `estimates` for each row.
    """
    fit = weighted_least_squares(columns, *np.array([tuple(one) for one in estimates]).T)
    return fit._replace(covariance=fit.covariance * fit.birge_ratio(_DEVIATIONS) ** 2)


def extrapolated_in_size(sizes: ArrayLike, estimates: list[Estimate]) -> Estimate:
    """Extrapolate estimates at several sizes to infinite size, linearly in 1/size; that of a single size stays.

    `sizes` (n,) > 0 and n `estimates`; errors as for :func:`weighted_least_squares`.
    """
    if len(estimates) == 1:
        return estimates[0]
    inverse = 1.0 / np.asarray(sizes, dtype=np.float64)
    return fit_estimates([np.ones_like(inverse), inverse / inverse.max()], estimates).estimates[0]


def fit_rows(columns: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Least-squares fits of one sum of functions to many rows of data, such as the resamples of a bootstrap.

    Parameters
    ----------
    columns : sequence of k arrays (n_points,) float64
    rows : (n_rows, n_points) float64
        Points weigh alike: columns and rows are divided by the standard errors before, where these differ.

    Returns
    -------
    (n_rows, k) float64
    """
    return rows @ np.linalg.pinv(np.stack(columns, axis=1)).T


def polynomial_through(x: np.ndarray) -> np.ndarray:
    """Matrix (n, n) that takes values at n places `x` to the coefficients of 1, x, x^2, ... of the polynomial there."""
    return np.linalg.inv(np.vander(x, increasing=True))


def logistic_regression(design: np.ndarray, n_samples: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Maximum of sum_a S_a [w_a ln mu_a + (1 - w_a) ln(1 - mu_a)], mu = expit(design @ theta), for many w at once.

    Parameters
    ----------
    design : (n_observations, k) float64
    n_samples : (n_observations,) float64
        S, the disorder samples behind each observation.
    weight : (n_resamples, n_observations) float64
        w in [0, 1].

    Returns
    -------
    (n_resamples, k) float64
        Newton's method on a concave function; the steps are bounded.
    """
    theta = np.zeros((len(weight), design.shape[1]))
    for _ in range(_NEWTON_STEPS):
        mean = expit(theta @ design.T)
        gradient = (n_samples * (weight - mean)) @ design - _RIDGE * theta
        information = n_samples * mean * (1 - mean)
        hessian = np.einsum("ai,ra,aj->rij", design, information, design) + _RIDGE * np.eye(design.shape[1])
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        largest = np.abs(step).max(axis=1, keepdims=True)
        theta += step * np.minimum(1, 2 / np.maximum(largest, 1e-12))
    return theta


def rising_root(level: np.ndarray, slope: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Root of level + slope x + bend x^2 at which the parabola rises; nan where there is none."""
    discriminant = slope**2 - 4 * level * bend
    denominator = slope + np.sqrt(np.abs(discriminant))
    # a line that falls rises nowhere, or at infinity
    exists = (discriminant >= 0) & (denominator != 0)
    return np.where(exists, -2 * level / np.where(exists, denominator, 1), np.nan)
