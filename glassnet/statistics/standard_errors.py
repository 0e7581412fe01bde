"""Standard errors of means of few values, and the confidence that every stated error has."""

from typing import Any

import numpy as np
from scipy import special

from glassnet import _face

__all__ = ["standard_error", "student_factor", "thermal_error"]
_face.public(__name__)

#: what one standard error either side covers of a normal distribution: the confidence of every stated error
COVERAGE = float(special.ndtr(1.0) - special.ndtr(-1.0))


def student_factor(n_values: int | np.ndarray) -> Any:
    """Half-width of the interval of confidence :data:`COVERAGE` for a mean of so many values, in standard errors.

    Quantile of Student's t: their own scatter tells the error of few values only roughly.

    Parameters
    ----------
    n_values : int or (...) array of int

    Returns
    -------
    float64 or (...) float64
        1.84 for 2 values, 1.03 for 16; nan for one or none: nothing is raised.
    """
    return special.stdtrit(n_values - 1, (1 + COVERAGE) / 2)


def standard_error(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over the last axis of values (..., n_values), wider for few (:func:`student_factor`).

    nan for a single value; nothing is raised.
    """
    count = values.shape[-1]
    if count == 1:
        return values[..., 0] * np.nan
    return student_factor(count) * values.std(axis=-1, ddof=1) / np.sqrt(count)


def thermal_error(stderr: np.ndarray) -> np.ndarray:
    """Thermal standard error of a disorder mean: those of the samples in quadrature, over their number.

    Parameters
    ----------
    stderr : (n_samples, ...) float64
        Of the thermal average of each sample (:func:`glassnet.statistics.ladder_averages.thermal_average`).

    Returns
    -------
    (...) float64
        Part of the bootstrap error over samples; all of the error that is known where there is one sample. It
        is taken as it is: nothing is raised.
    """
    return np.sqrt((stderr**2).sum(axis=0)) / len(stderr)
