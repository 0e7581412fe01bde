"""Figures of trajectories: what is drawn is what was computed."""

import numpy as np
import pytest

from glassnet.network import pathways

MODES = np.array([4.0, 3.0, 2.0, 1.0])


def test_figure_of_trajectories():
    """Every line and every point where it belongs."""
    from glassnet.plots import pathways as figures

    start = pathways.balanced_start([2, 3], np.diag(MODES), [0.35, 0.30], seed=1)
    history = pathways.gradient_descent(start, np.diag(MODES), learning_rate=1e-2, steps=100, record_every=20).history
    theory = pathways.trajectories([2, 3], MODES, [0.35, 0.30], np.linspace(0, 1, 11))
    (ax,) = figures.trajectories(theory, history).axes
    drawn = [line.get_xydata() for line in ax.lines[len(MODES) :]]
    expected = [
        np.column_stack([data.time, data.strength[:, mode, pathway]])
        for pathway in range(2)
        for data in (theory, history)
        for mode in range(4)
    ]
    for line, points in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(line, points)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["pathway 1, D = 2", "pathway 2, D = 3"]
    with pytest.raises(
        TypeError, match=r"simulation must be a dataset with `strength` \(the history of a descent\), got"
    ):
        figures.trajectories(theory, pathways.Descent(history, start))
