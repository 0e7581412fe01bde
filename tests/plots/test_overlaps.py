"""Distributions of overlaps, as maps and as ridges."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet import plots
from glassnet.plots import appearance


def test_map_has_a_cell_for_every_rung_and_bin_that_holds_something(whole, ladder):
    figure = plots.overlap_map(whole, size=72)
    ax = figure.axes[0]
    (mesh,) = ax.collections
    data = whole.overlaps[72]
    cells = mesh.get_array()
    low, high = ax.get_ylim()
    place = data["overlap"].values
    kept = (place > low) & (place < high)
    assert cells.shape == (kept.sum(), len(ladder))
    expected = data["density"].values[:, kept].T
    shown = ~np.ma.getmaskarray(cells)
    assert np.array_equal(np.asarray(cells)[shown], expected[shown])
    assert shown.any() and (expected[~shown] < mesh.norm.vmin).all()
    edges = mesh.get_coordinates()[0, :, 0]
    assert ((edges[:-1] < ladder) & (edges[1:] > ladder)).all()
    with pytest.raises(ValueError, match=r"size must be one with P\(q\) on two finite rungs, 48, 72, 96, got 50"):
        plots.overlap_map(whole, size=50)


def test_ridges_are_the_distributions_over_their_maxima(whole, ladder):
    (ax,) = plots.overlap_ridges(whole).axes
    data = whole.overlaps[96]
    assert [text.get_text() for text in ax.get_yticklabels()] == [f"{t:#.3g}" for t in ladder]
    for line in ax.lines:
        height = line.get_ydata() - np.round(line.get_ydata().min())
        row = int(np.round(line.get_ydata().min()))
        density = data["density"].values[row]
        assert np.allclose(height / height.max(), density / density.max())
    widths = {int(np.round(line.get_ydata().min())): line.get_linewidth() for line in ax.lines}
    nearest = int(np.argmin(np.abs(ladder - whole.temperature)))
    assert [row for row, width in widths.items() if width > 1] == [nearest]


def test_ridges_are_evenly_chosen(whole, ladder):
    ladder = np.geomspace(0.5, 1.6, 23)
    data = whole.overlaps[96].isel(temperature=np.arange(23) % 10).assign_coords(temperature=ladder)
    (ax,) = plots.overlap_ridges(replace(whole, overlaps=whole.overlaps | {96: data})).axes
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert shown == [f"{t:#.3g}" for t in ladder[::2] if t <= 2.5 * whole.temperature]


def test_overlaps_of_gauge_images_need_no_negative_axis():
    place = np.linspace(-0.95, 0.95, 20)
    density = np.where(np.abs(place) < 0.3, 1.0, 0.0)
    assert appearance.overlap_range("matched_overlap", place, density, 0.1) == (0.0, 1.03)
    assert appearance.overlap_range("overlap", place, density, 0.1) == (pytest.approx(-0.3), 1.03)
    assert appearance.overlap_range("overlap", place, np.where(place > 0.5, 1.0, 0.0), 0.1) == (0.0, 1.03)
