"""Transitions close to T = 0: continued lines against direct solutions, and their ends."""

import numpy as np
import pytest

from glassnet import theory
from glassnet.theory.planted import glass_states
from glassnet.theory.trees.degrees import PoissonTree, RegularTree
from glassnet.theory.zero_temperature import xorsat
from glassnet.theory.zero_temperature.low_temperature import CONTINUED, EXCESS

# The cheapest tree with a dynamic transition, and one with both.
R33, R34 = RegularTree(3, 3), RegularTree(3, 4)


@pytest.mark.slow
@pytest.mark.parametrize(("tree", "static"), [(R33, False), (R34, True)])
def test_continued_from_a_direct_solution(tree, static):
    # Between and outside of the excesses the line was taken through.
    line = glass_states.cold_line(tree, static)
    solve = glass_states.static_temperature if static else lambda denser: glass_states.onset(denser).temperature
    for g, bound in ((2e-3, 2e-4), (6e-3, 1e-3)):
        direct = solve(line.tree.thinned(1 + g))
        assert line.temperature(1 + g) == pytest.approx(direct, abs=bound)


@pytest.mark.slow
def test_no_jump_where_direct_solutions_end():
    line = glass_states.cold_line(R33, False)
    above, below = (glass_states.onset(line.tree.thinned(1 + factor * CONTINUED)) for factor in (1.05, 0.95))
    assert above.n_steps > 0
    assert below.n_steps == 0
    slope = 0.1 / (2 / below.temperature**2)  # dT of d ln g = 0.1
    assert above.temperature - below.temperature == pytest.approx(slope, rel=0.2)
    assert below.state.overlap == pytest.approx(above.state.overlap, abs=0.01)
    assert below.state.complexity == pytest.approx(above.state.complexity, abs=1e-3)


def test_lines_come_down_to_their_ends():
    end = theory.regular(3, 3).zero_temperature().delta_d
    temperatures = [theory.regular(3, 3, end - step).dynamic_temperature() for step in (1e-5, 1e-7, 1e-9, 1e-11)]
    assert (np.diff(temperatures) < 0).all()
    assert min(temperatures) > 0.05
    # nearly linear in 1 / ln
    assert np.diff(1 / np.array(temperatures)) == pytest.approx(np.full(3, np.log(100) / 2), abs=0.4)
    assert theory.regular(3, 3, end).dynamic_temperature() == 0.0
    assert theory.regular(3, 3, end + 1e-9).dynamic_temperature() == 0.0


def test_states_below_a_cold_transition():
    glass = theory.regular(3, 3, theory.regular(3, 3).zero_temperature().delta_d - 1e-6)
    top = glass.dynamic_temperature()
    assert 0.05 < top < 0.16
    q = glass.overlap(top * np.array([0.1, 0.7, 0.99, 1.01]))
    assert q[0] == pytest.approx(1 - glass.tree.full(1 - xorsat.frozen_fraction(glass.tree) ** 2), abs=1e-9)
    assert q[0] >= q[1] > q[2] > q[3] == 0.0
    assert glass.complexity(0.1 * top) == pytest.approx(xorsat.complexity(glass.tree), abs=1e-9)


@pytest.mark.parametrize("glass", [theory.regular(3, 4), theory.regular(3, 3), theory.poisson(4, 1.2)])
def test_states_are_frozen_far_below(glass):
    cold, colder = (np.array([glass.overlap(T), glass.complexity(T)]) for T in (0.051, 0.001))
    assert cold == pytest.approx(colder, abs=1e-6)


@pytest.mark.parametrize("p", [3, 5, 8])
@pytest.mark.parametrize("static", [False, True])
def test_the_line_itself_is_solved_for_directly(p, static):
    # Rounding of the threshold must not put its points among those that are continued.
    for tree in (PoissonTree(p, 1.7 * p), RegularTree(p, p + 2)):
        threshold = tree.reference.thinned(xorsat.thinning_thresholds(tree.reference)[static])
        for g in EXCESS:
            density = 1 / xorsat.thinning_thresholds(threshold.thinned(1 + g))[static]
            assert density - 1 == pytest.approx(g, rel=1e-3)
            assert density > 1 + CONTINUED
