"""A value with its error: how it is written, and what it is asked."""

import math

import pytest

from glassnet.statistics.estimate import Estimate, table, with_error


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (0.6404, 0.0272, "0.640(27)"),
        (0.752813, 0.00009, "0.752813(90)"),
        (0.752813, 0.00012, "0.75281(12)"),
        # an error that is rounded up to three digits loses one
        (0.5, 0.0996, "0.50(10)"),
        (-12.3, 3.0, "-12.3(30)"),
        (1234.0, 56.0, "1234(56)"),
        (0.123456, 0.0, "0.1235"),
        (0.123456, math.nan, "0.1235"),
        (math.nan, 0.1, "nan"),
    ],
)
def test_two_digits_of_the_error(value, stderr, text):
    assert with_error(value, stderr) == str(Estimate(value, stderr, "named", (48, 72))) == text


def test_an_estimate_is_a_pair_that_knows_where_it_is_from():
    one = Estimate(0.64, 0.027, "planted weights cross", (48, 72))
    value, stderr = one
    assert (value, stderr) == (0.64, 0.027)
    assert math.isnan(one.statistical)
    assert repr(one) == "Estimate(value=0.64, stderr=0.027, name='planted weights cross', sizes=(48, 72))"
    assert repr(Estimate(0.5, 0.0)) == "Estimate(value=0.5, stderr=0.0)"


def test_two_standard_errors_above_and_below():
    one = Estimate(1.0, 0.1)
    assert one.above(0.75) and not one.above(0.85)
    assert one.below(1.25) and not one.below(1.15)
    assert not Estimate(1.0, math.nan).above(0.0)


def test_tables_stand_at_the_decimal_points():
    rows = {
        "one": Estimate(-12.345, 0.012),
        "the other": 0.5,
        "exact": Estimate(0.123456, 0.0),
        "none": Estimate(0.0, 0),
    }
    assert table("title", rows).splitlines() == [
        "title",
        "one        -12.345(12)",
        "the other    0.5",
        "exact        0.123456",
        "none         0",
    ]
