"""Figures of single results draw the numbers that the results hold."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import glassnet as gn


@pytest.fixture(scope="module")
def glass():
    return gn.ensembles.regular(n_weights=12, p=3, degree=3, seed=1)


def lines_of(figure):
    return [ax.lines[0].get_xydata() for ax in figure.axes]


def test_exact_curves_increase_in_temperature_and_leave_infinity_out(glass):
    result = gn.exact.thermodynamics(glass, [2.0, 0.5, np.inf, 1.0])
    energy, entropy, heat = lines_of(result.plot())
    order = [1, 3, 0]
    assert energy.tolist() == np.column_stack([result.temperature, result.energy])[order].tolist()
    assert entropy[:, 1].tolist() == result.entropy[order].tolist()
    assert heat[:, 1].tolist() == result.heat_capacity[order].tolist()
    with pytest.raises(ValueError, match="result must have two finite temperatures or more to be drawn, got 1"):
        gn.exact.thermodynamics(glass, [0.5, np.inf]).plot()


def test_averages_between_the_rungs(glass):
    record = gn.ParallelTempering(glass, [0.5, 1.0, np.inf], 2, seed=1).run(100)
    averages = gn.analysis.reweight(record)
    energy = lines_of(averages.plot())[0]
    assert energy[[0, -1], 0].tolist() == [0.5, 1.0]
    assert energy[[0, -1], 1] == pytest.approx(averages.energy([0.5, 1.0]).value)
    with pytest.raises(ValueError, match="result must have two finite temperatures"):
        gn.analysis.reweight(record.isel(temperature=slice(1, None), gap=slice(1, None))).plot()


@pytest.mark.parametrize(("degree", "panels"), [(6, 3), (2, 1)])
def test_theory_with_and_without_glass_states(degree, panels):
    theory = gn.theory.regular(3, degree)
    figure = theory.plot()
    assert len(figure.axes) == panels
    if panels > 1:
        # the complexity crosses zero where the dashed line stands
        line = figure.axes[2].lines[0].get_xydata()
        known = np.isfinite(line[:, 1])
        static = figure.axes[2].lines[-1].get_xdata()[0]
        assert abs(np.interp(static, *line[known].T)) < 1e-3
        assert static == theory.static_temperature()


def test_gaps_of_a_ladder_and_starts_from_the_lowest_states(glass):
    ladder = gn.ladder.adaptive(glass, 0.4, 2.0, 5, seed=1, sweeps=400)
    assert lines_of(ladder.plot())[0][:, 1].tolist() == ladder.rejection.tolist()
    with pytest.raises(ValueError, match="result must know its rejection rates, got a slice"):
        ladder[1:].plot()
    record = gn.ParallelTempering(glass, ladder, 2, seed=1).run(400)
    refutation = gn.studies.restart_from_lowest(glass, record, n_sweeps=400, seed=1)
    assert lines_of(refutation.plot())[0][:, 1].tolist() == refutation.difference.tolist()


def test_means_of_weights_are_counted_in_given_axes(glass):
    ax = Figure().subplots()
    solution = gn.theory.belief_propagation(glass, 2.0, seed=1)
    assert solution.plot(ax) is ax
    assert ax.lines[0].get_ydata().sum() == glass.n_weights
    assert ax.get_xlabel() == "magnetisation $m_i$"
