"""Weights that follow their local field in a planted state and an outer field K along it.

A planted weight with k paths, n of them violated, has the local field h = k - 2 n. With all others held fixed its
overlap with the planted state is tanh(K + beta h).
"""

import numpy as np
from scipy.special import comb


def missing(beta, local_field, fields) -> np.ndarray:
    """1 - <w w*> of weights in local fields h, (n_h,), and outer fields K, (n_fields,) or one; (n_h, n_fields)."""
    return 1 - np.tanh(fields + beta * np.asarray(local_field)[:, None])


def missing_beyond(beta, local_field, fields) -> np.ndarray:
    """Integral of :func:`missing` from K to infinity, (n_h, n_fields)."""
    return np.logaddexp(0, -2 * (fields + beta * np.asarray(local_field)[:, None]))


def expected_law(shares, temperatures) -> np.ndarray:
    """Law of the local fields -top ... top averaged over plantings with independent signs: a row for each temperature.

    `shares` are those of the weights that have 0 ... top paths; each row (2 top + 1,) adds up to 1.
    """
    top = len(shares) - 1
    law = np.zeros((len(temperatures), 2 * top + 1))
    v = (1 - np.tanh(1 / temperatures[:, None])) / 2
    for degree in np.flatnonzero(shares):
        n = np.arange(degree + 1)
        law[:, top + degree - 2 * n] += shares[degree] * comb(degree, n) * v**n * (1 - v) ** (degree - n)
    return law


def independent(law, temperatures) -> np.ndarray:
    """Integral over all fields of what weights in their local fields miss, (n_temperatures,), for laws of these fields
    as :func:`expected_law` returns them."""
    own = np.arange(law.shape[1]) - law.shape[1] // 2
    pairs = zip(law, 1 / temperatures, strict=True)
    return np.array([row @ missing_beyond(beta, own, 0.0)[:, 0] for row, beta in pairs])
