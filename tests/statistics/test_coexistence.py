"""Two phases in the energies of one temperature, with levels whose answer is known."""

import numpy as np
import pytest

from glassnet.statistics import coexistence


def test_equal_weight_of_two_levels_is_where_their_boltzmann_factors_agree():
    """Two bands of 30 and 70 %, 40 apart: ln(7/3)/40 in beta makes them equal."""
    levels = np.array([-60.0, -58.0, -20.0, -18.0])
    beta, threshold, probability = coexistence.equal_weight(levels, np.array([0.15, 0.15, 0.35, 0.35]), 1.0, (0.5, 1.5))
    # within the bands the lower level gains as well
    assert beta == pytest.approx(1 + np.log(7 / 3) / 40, abs=1e-3)
    assert probability[:2].sum() == pytest.approx(0.5, abs=1e-6)
    assert threshold == pytest.approx(-39, abs=0.2)


def test_equal_weight_stays_within_the_neighbouring_rungs():
    levels = np.array([-60.0, -20.0])
    assert coexistence.equal_weight(levels, np.array([1e-6, 1 - 1e-6]), 1.0, (0.9, 1.1))[0] == pytest.approx(1.1)
    assert coexistence.equal_weight(levels[:1], np.ones(1), 1.0, (0.9, 1.1))[0] == 1.0


@pytest.mark.parametrize(
    ("levels", "step"), [([-8, -4, 4, 16], 4), ([-3, -1, 1], 2), ([-8 * 1.7, -4 * 1.7, 8 * 1.7], 6.8)]
)
def test_spacing_of_energies(levels, step):
    assert coexistence.level_spacing(np.array(levels, dtype=float)) == pytest.approx(step)


def test_real_energies_have_no_spacing():
    assert coexistence.level_spacing(np.sort(np.random.default_rng(1).normal(size=50))) == 0
    assert coexistence.level_spacing(np.array([3.0])) == 0
