"""Our own functions against 40 decimal digits, and sums against exact ones: the errors that portable.h promises."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from glassnet.kernels import arithmetic


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
    assert relative_error(x, arithmetic.exp(x)) < 4e-16


def test_a_series_one_term_shorter_would_fail():
    """At |r| = ln(2)/2 the last term r^13/13! is 2e-16 of the value; without r^12/12! too the bound is broken."""
    x = np.linspace(-0.34, 0.34, 101)
    short = sum(x**n / float(np.prod(np.arange(1.0, n + 1))) for n in range(12))
    assert relative_error(x, short) > 4e-16


def test_ends_of_the_range():
    below, above = np.nextafter(-708.0, -np.inf), np.nextafter(709.0, np.inf)
    x = np.array([0.0, -0.0, -708.0, below, -np.inf, 709.0, above, np.inf])
    value = arithmetic.exp(x)
    assert value[:2].tolist() == [1.0, 1.0]
    assert value[2] == pytest.approx(np.exp(-708.0), rel=1e-13)
    assert value[3:5].tolist() == [0.0, 0.0]
    assert value[5] == pytest.approx(np.exp(709.0), rel=1e-13)
    assert np.isinf(value[6:]).all()
    assert np.isnan(arithmetic.exp(np.array([np.nan]))).all()


def test_it_is_monotonic_where_decisions_are_taken():
    value = arithmetic.exp(np.linspace(-40.0, 0.0, 200_001))
    assert (np.diff(value) > 0).all()


@pytest.mark.parametrize(
    "x", [5e-324, 1e-310, 1e-300, 1e-30, 0.1, 0.7071, 0.99999, 1.0, 1.00001, 1.4143, 2.0, 1e5, 1e300]
)
def test_logarithm(x):
    with localcontext() as context:
        context.prec = 40
        exact = Decimal(x).ln()
        assert abs(Decimal(float(arithmetic.log(x))) - exact) <= Decimal("4e-16") * abs(exact)


def test_ends_of_the_logarithm():
    assert arithmetic.log([0.0, -0.0, np.inf]).tolist() == [-np.inf, -np.inf, np.inf]
    assert np.isnan(arithmetic.log([-1.0, np.nan, -np.inf])).all()


def test_hyperbolic_tangent_and_fermi_function():
    x = np.concatenate([arguments() / 40, np.linspace(-0.1, 0.1, 101), [0.0, -0.0, 400.0, -400.0, np.inf, -np.inf]])
    with localcontext() as context:
        context.prec = 40
        two = [(2 * Decimal(value)).exp() for value in x[:-2].tolist()]
        assert (
            max(abs(Decimal(t) - (y - 1) / (y + 1)) for t, y in zip(arithmetic.tanh(x).tolist(), two, strict=False))
            < 4e-16
        )
        fermi = arithmetic.fermi(2 * x).tolist()
        assert max(abs(Decimal(f) * (1 + y) - 1) for f, y in zip(fermi, two, strict=False) if y < 1e300) < 6e-16
    assert arithmetic.tanh([np.inf, -np.inf, 0.0]).tolist() == [1.0, -1.0, 0.0]
    assert arithmetic.fermi([np.inf, -np.inf, 0.0]).tolist() == [0.0, 1.0, 0.5]


def test_power():
    rng = np.random.default_rng(2)
    x, y = 10.0 ** rng.uniform(-8, 8, 500), rng.uniform(-30, 30, 500)
    with localcontext() as context:
        context.prec = 40
        for base, exponent, found in zip(x.tolist(), y.tolist(), arithmetic.power(x, y).tolist(), strict=True):
            size = Decimal(exponent) * Decimal(base).ln()
            assert abs(Decimal(found) / size.exp() - 1) < Decimal("5e-16") * (1 + abs(size))
    assert arithmetic.power(3.0, [0.0, 1.0]).shape == (2,)


@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 0)])
def test_functions_keep_the_shape(shape):
    x = np.full(shape, 0.5)
    for function in (arithmetic.exp, arithmetic.log, arithmetic.tanh, arithmetic.fermi):
        assert np.shape(function(x)) == shape
    assert x.tolist() == np.full(shape, 0.5).tolist()


def test_sums_are_nearly_those_of_exact_arithmetic():
    """Where all digits of a plain sum cancel, too; any order gives the same to one rounding."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(10_000) * 10.0 ** rng.integers(0, 12, 10_000)
    x = np.concatenate([x, -x[::-1], rng.standard_normal(100)])
    exact = math.fsum(x)
    assert arithmetic.total(x) == pytest.approx(exact, rel=1e-14)
    assert arithmetic.total(rng.permutation(x)) == pytest.approx(exact, rel=1e-14)
    assert abs(np.cumsum(x)[-1] / exact - 1) > 1e-12
    assert arithmetic.total([]) == 0.0
    assert arithmetic.total(x.reshape(2, -1)) == arithmetic.total(x)
