"""Crossings of curves of one scaling variable, whose critical temperature is known."""

import pytest

from glassnet.analysis.location import scaling
from glassnet.analysis.location.continuous import continuous
from glassnet.analysis.location.exponents import FERROMAGNET, GLASS


@pytest.mark.parametrize("critical", [0.95, 1.1])
@pytest.mark.parametrize("exponents", [GLASS, FERROMAGNET])
def test_curves_of_one_scaling_variable_cross_at_the_transition(critical, exponents, synthetic):
    curves = synthetic.scaled_curves(critical, exponents)
    for one in (scaling.binder(curves, exponents), scaling.order(curves, exponents), scaling.fitted(curves)):
        assert one.crosses
        assert abs(one.temperature - critical) < 4.5 * one.stderr
        assert one.stderr < 0.05


def test_a_term_in_the_size_mends_what_scaling_functions_leave_out(synthetic):
    """A tenth of N^(-1/3) moves the crossing of the moment by 4 %; four sizes know it, three may not ask."""
    curves = synthetic.scaled_curves(1.0, sizes=(64, 128, 256, 512), noise=0.003, correction=-0.5)
    plain, mended = (scaling.order(curves, GLASS, corrected=one) for one in (False, True))
    assert abs(plain.temperature - 1) > 0.03
    assert abs(plain.temperature - 1) > 10 * plain.stderr
    assert abs(mended.temperature - 1) < 0.005 + 3 * mended.stderr
    assert mended.stderr < 0.03
    three = {n: curves[n] for n in (64, 128, 256)}
    assert scaling.order(three, GLASS, corrected=True) is None
    assert any("N^-(1/3)" in one.name for one in continuous(curves).estimates)
    assert not any("N^-(1/3)" in one.name for one in continuous(three).estimates)
