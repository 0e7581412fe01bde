"""Panels drawn into given axes."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet import plots


def test_fitted_weights_are_drawn_only_where_they_fall(whole):
    from matplotlib.figure import Figure

    temperature = np.linspace(0.55, 0.75, 101)
    bent = 0.3 + 40 * (temperature - 0.7) ** 2
    curves = {size: (temperature, bent) for size in whole.location.curves}
    ax = Figure().subplots()
    plots.planted_weight(replace(whole, location=whole.location._replace(curves=curves, temperature=0.65)), ax)
    fits = [line for line in ax.lines if len(line.get_xdata()) > 50]
    assert len(fits) == 3
    for line in fits:
        assert (np.diff(line.get_ydata()) < 0).all()
        assert line.get_xdata()[0] == 0.55
        assert line.get_xdata()[-1] == pytest.approx(0.7, abs=2e-3)
