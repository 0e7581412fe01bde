"""Monotone interpolation and the inverse of erfc against scipy's."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.special import erfcinv

from glassnet.sampling import interpolation


@pytest.mark.parametrize("n", [2, 3, 4, 32])
def test_interpolation(n):
    rng = np.random.default_rng(n)
    for spread in (0.01, 1.0):
        x = np.cumsum(rng.random(n) ** 4 + spread * 1e-3)
        y = -np.cumsum(rng.random(n) ** 4 + spread * 1e-3)
        at = np.linspace(x[0], x[-1], 101)
        found = interpolation.interpolate(x, y, at)
        assert found == pytest.approx(PchipInterpolator(x, y)(at), rel=1e-12, abs=1e-13)
        assert (np.diff(found) < 1e-15).all()
        assert interpolation.interpolate(x, y, x) == pytest.approx(y, rel=1e-15)


def test_inverse_of_erfc():
    y = np.concatenate([np.linspace(1e-3, 1.0, 2001), 1 - np.logspace(-14, -1, 30)])
    exact = erfcinv(y)
    assert (np.abs(interpolation.erfc_inverse(y) - exact) <= 1e-12 * exact + 1e-15).all()
    assert interpolation.erfc_inverse([1.0]).tolist() == [0.0]
