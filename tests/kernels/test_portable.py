"""The kernels' own exponential: portable.h promises a relative error below 4e-16 on [-708, 709]."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from glassnet.kernels import bitsliced


def relative_error(x, value):
    """|value / exp(x) - 1| against 40 decimal digits."""
    with localcontext() as context:
        context.prec = 40
        pairs = zip(map(Decimal, x.tolist()), map(Decimal, value.tolist()), strict=True)
        return max(abs(float(result / argument.exp() - 1)) for argument, result in pairs)


def arguments():
    rng = np.random.default_rng(1)
    ties = (np.arange(-1000, 1000) + 0.5) * np.log(2)
    return np.concatenate([rng.uniform(-708, 709, 2000), rng.uniform(-2, 2, 2000), ties[np.abs(ties) < 700]])


def test_relative_error():
    x = arguments()
    assert relative_error(x, bitsliced.exp(x)) < 4e-16


def test_a_series_one_term_shorter_would_fail():
    """At |r| = ln(2)/2 the last term r^13/13! is 2e-16 of the value; without r^12/12! too the bound is broken."""
    x = np.linspace(-0.34, 0.34, 101)
    short = sum(x**n / float(np.prod(np.arange(1.0, n + 1))) for n in range(12))
    assert relative_error(x, short) > 4e-16


def test_ends_of_the_range():
    below, above = np.nextafter(-708.0, -np.inf), np.nextafter(709.0, np.inf)
    x = np.array([0.0, -0.0, -708.0, below, -np.inf, 709.0, above, np.inf])
    value = bitsliced.exp(x)
    assert value[:2].tolist() == [1.0, 1.0]
    assert value[2] == pytest.approx(np.exp(-708.0), rel=1e-13)
    assert value[3:5].tolist() == [0.0, 0.0]
    assert value[5] == pytest.approx(np.exp(709.0), rel=1e-13)
    assert np.isinf(value[6:]).all()
    assert np.isnan(bitsliced.exp(np.array([np.nan]))).all()


def test_it_is_monotonic_where_decisions_are_taken():
    value = bitsliced.exp(np.linspace(-40.0, 0.0, 200_001))
    assert (np.diff(value) > 0).all()
