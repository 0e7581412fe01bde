"""Exchange rates and round trips."""

import numpy as np
import pytest

from glassnet import plots


def test_exchange_shows_rates_and_round_trips_over_their_bound(whole, drawings, scans, synthetic, ladder):
    top, bottom = drawings["exchange"].figure.axes
    assert [line.get_label() for line in top.lines] == ["_child0", "_child1", "_child2"]
    for line in top.lines:
        assert np.array_equal(line.get_xdata(), ladder[:-1])
        assert np.allclose(line.get_ydata(), 0.4)
    # 12 samples of 40 walkers with 3 trips each in 200 sweeps, barrier 9 * 0.6
    share = 12 * 40 * 3 / (12 * 200) * (2 + 2 * 9 * 0.6)
    assert [line.get_ydata()[0] for line in bottom.lines] == pytest.approx([share] * 3)
    planted = synthetic.tree(scans[0])
    with pytest.raises(ValueError, match="chains must hold exchanges between temperatures at dilution 0, got none"):
        plots.exchange(whole, planted)
