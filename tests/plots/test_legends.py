"""Legends say what lies outside."""

from dataclasses import replace

from glassnet import plots


def test_the_legend_says_what_lies_outside(whole):
    cold = {size: table.isel(planted_temperature=slice(0, 2)) for size, table in whole.planted.items()}
    figure = plots.location(replace(whole, planted=cold, location=None))
    assert figure.axes[0].get_xlim()[1] < 0.7528
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert "$T_d = 0.7528$ (outside)" in labels
    assert "$T_K = 0.6545$" in labels
    verticals = [line.get_xdata()[0] for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert not any(abs(temperature - 0.7528) < 1e-3 for temperature in verticals)
