"""Figures of studies that start on planted states."""

import io

import numpy as np

from glassnet import plots, theory
from glassnet.theory.planted.state_following import follow


def test_results_of_dynamics_and_field_integration_are_drawn_one_column_wide(texts):
    from types import SimpleNamespace

    import xarray as xr

    def curves(**axes):
        shape = [len(values) for values in axes.values()]
        values = (tuple(axes), np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape))
        return xr.Dataset({"mean": values, "stderr": (values[0], 0.01 * values[1])}, axes)

    temperature, time = np.array([0.5, 0.7, np.inf]), np.array([0, 1, 2, 4])
    results = {
        plots.complexity: SimpleNamespace(complexity=curves(temperature=[0.5, 0.7]), temperature=0.6, stderr=0.01),
        plots.relaxation: SimpleNamespace(
            temperatures=temperature,
            verdict=["held", "undecided", "lost"],
            curves=curves(temperature=temperature, time=time[1:]),
            bracket=(0.5, np.inf),
        ),
        plots.melting: SimpleNamespace(
            curves=curves(time=time, temperature=temperature), planted_temperature=0.5, temperature=0.62, stderr=0.1
        ),
        plots.aging: SimpleNamespace(correlation=curves(waiting_time=[1, 10], time=time), temperature=0.5),
    }
    for draw, result in results.items():
        figure = draw(result)
        figure.savefig(io.BytesIO(), format="svg")
        assert figure.get_figwidth() == 3.4
        assert len(figure.axes[0].lines) >= 2
        assert min(text.get_fontsize() for text in texts(figure)) >= 7
        ax = figure.axes[0]
        assert ax.get_xlabel() and ax.get_ylabel()
        if draw is plots.complexity:
            cavity = theory.regular(3, 4)
            (line,) = [one for one in draw(result, theory=cavity).axes[0].lines if one.get_label() == "cavity theory"]
            place, expected = line.get_data()
            assert (place[0], place[-1]) == (0.5, 0.7)
            # references of the cavity equations at N = infinity
            assert np.abs(expected[[0, -1]] - [-0.112577, 0.028458]).max() < 1e-5
        if draw is plots.melting:
            followed = follow(theory.regular(3, 4), result.planted_temperature)
            (_, line) = draw(result, theory=followed).axes[0].get_lines()[-1].get_data()
            assert line[-1] == 0 and line[0] > line[-2] > 0.5
            assert ax.get_title() == "melting of the planted crystal, which is not $T_d$"
            words = [text.get_text() for text in ax.get_legend().get_texts()]
            assert words == ["planted at $T = 0.5$", "melts at $T = 0.62(10)$"]


def test_free_energies_of_two_branches_cross_at_the_transition(texts):
    import xarray as xr

    from glassnet.statistics import Estimate
    from glassnet.studies import TwoBranches

    temperature = np.array([1.0, 1.2, 1.4])
    free_energy = np.array([[-1.0, -1.1, np.nan], [-0.9, -1.1, -1.4]])
    names = {"free_energy": free_energy, "energy": free_energy}
    curves = xr.Dataset(
        {
            name + suffix: (("branch", "temperature"), values * scale)
            for name, values in names.items()
            for suffix, scale in (("", 1.0), ("_stderr", 0.01))
        },
        {"branch": ["ordered", "disordered"], "temperature": temperature},
        {"n_weights": 100},
    )
    one, none = Estimate(1.1, 0.01), {"ordered": np.nan, "disordered": np.nan}
    result = TwoBranches("first-order", 1.2, 0.01, one, one, curves, none, "w and -w", np.log(2), 0, one, 0.0, 0.0, ())
    figure = result.plot()
    (ax,) = figure.axes
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert np.allclose(lines["one image"][:2], [-0.1 + np.log(2) / 100, 1.2 * np.log(2) / 100])
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "$T_c = 1.200(10)$" in words and "all images" in words
    assert figure.get_figwidth() == 3.4 and min(text.get_fontsize() for text in texts(figure)) >= 7
