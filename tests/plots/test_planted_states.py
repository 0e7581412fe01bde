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
