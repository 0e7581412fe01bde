"""Weights that follow their local field in a planted state and an outer field K along it, and integration over K.

A planted weight with k paths, n of them violated, has the local field h = k - 2 n. With all others held fixed its
overlap with the planted state is tanh(K + beta h).
"""

import numpy as np
from scipy.stats import binom

#: Gauss-Legendre nodes in x = exp(-K): fields 0.02 ... 3.9
NODES = 8


def quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Fields K_j > 0 and weights of int_0^inf f dK = sum_j weight_j f(K_j): Gauss-Legendre in x = exp(-K).

    Exact for f = x, x^2, ..., x^16. What is integrated starts like x^2 and is smooth; at T_d it gets a square root at
    K = 0. Tests hold the error below 1e-5 up to 1 % below T_d.

    Returns
    -------
    fields, weights : (8,) float64
        By increasing field.
    """
    x, weights = np.polynomial.legendre.leggauss(NODES)
    x, weights = (x[::-1] + 1) / 2, weights[::-1] / 2
    return -np.log(x), weights / x


def missing(beta, local_field, fields) -> np.ndarray:
    """1 - <w w*> of weights in local fields h, (n_h,), and outer fields K, (n_fields,) or one; (n_h, n_fields)."""
    return 1 - np.tanh(fields + beta * np.asarray(local_field)[:, None])


def missing_beyond(beta, local_field, fields) -> np.ndarray:
    """Integral of :func:`missing` from K to infinity, (n_h, n_fields)."""
    return np.logaddexp(0, -2 * (fields + beta * np.asarray(local_field)[:, None]))


def expected_law(degrees, top, temperatures) -> np.ndarray:
    """Law of the local fields -top ... top averaged over plantings with independent signs.

    Parameters
    ----------
    degrees : (n_weights,) integers
    top : int
        The largest of them.
    temperatures : (n_temperatures,) floats
        Planting temperatures.

    Returns
    -------
    (n_temperatures, 2 top + 1) float64
        Each row adds up to 1.
    """
    law = np.zeros((len(temperatures), 2 * top + 1))
    violated = (1 - np.tanh(1 / temperatures)) / 2
    for degree, count in zip(*np.unique(degrees, return_counts=True), strict=True):
        n = np.arange(degree + 1)
        law[:, top + degree - 2 * n] += count / len(degrees) * binom.pmf(n, degree, violated[:, None])
    return law
