"""The effective dilution against its definition."""

import numpy as np
import pytest

from glassnet import _dilution


@pytest.mark.parametrize("delta", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("sizes", [[7], [4, 4, 4], [20, 30, 50]])
def test_equal_fractions_are_that_dilution(delta, sizes):
    p = 3
    assert _dilution.effective(np.full(len(sizes), delta), sizes, p) == pytest.approx(delta, abs=1e-14)


def test_unequal_layers_by_hand():
    # alpha'/alpha = .8 * 1 * 1 / (1 - .2 / 3)
    expected = 1 - np.sqrt(0.8 / (1 - 0.2 / 3))
    assert _dilution.effective([0.2, 0.0, 0.0], [10, 10, 10], 3) == pytest.approx(expected, abs=1e-14)
    assert _dilution.effective(np.zeros((5, 3)), [10, 10, 10], 3).shape == (5,)
