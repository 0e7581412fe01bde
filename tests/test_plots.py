"""Figures: what they show, how large they are, and that drawing them leaves no trace."""

import importlib.util
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glassnet import plots
from glassnet.analysis.transition import find_transition

LADDER = np.geomspace(0.5, 1.6, 10)


@pytest.fixture(scope="module")
def synthetic():
    path = Path(__file__).with_name("analysis") / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scans(synthetic):
    """Planted and symmetric nodes of three sizes."""
    planted = synthetic.two_level((48, 72, 96), (0.55, 0.65, 0.75), seed=1)
    paired = synthetic.symmetric((48, 72, 96), LADDER, synthetic.glassy(0.65), seed=1)
    return planted, {f"{path}/symmetric": data for path, data in paired.items()}


@pytest.fixture(scope="module")
def whole(synthetic, scans):
    return find_transition(synthetic.tree(scans[0] | scans[1]))


def labels(figure):
    return [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes]


def test_four_panels_with_labels_and_one_legend(whole):
    figure = plots.transition(whole)
    assert labels(figure) == [
        ("planting temperature $T$", "weight of the planted phase $[w]$"),
        ("temperature $T$", "Binder cumulant $g$"),
        ("overlap $q$", "$P(q)$"),
        ("temperature $T$", "energy per weight $e$ [$|J|$]"),
    ]
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[:3] == ["$N = 48$", "$N = 72$", "$N = 96$"]
    assert texts[3].startswith("Monte Carlo $T = 0.6")
    assert texts[4:] == ["theory $T_K = 0.6545$", "theory $T_d = 0.7528$"]
    assert whole.kind in figure.get_suptitle()


def test_every_size_has_one_colour_in_all_panels(whole):
    figure = plots.transition(whole)
    for size in whole.sizes:
        colour, _ = plots.style(whole, size)
        for ax in figure.axes:
            assert colour in [line.get_color() for line in ax.lines]


def test_transition_and_theory_are_marked_where_they_are(whole):
    ax = plots.transition(whole).axes[0]
    verticals = [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1]
    assert whole.temperature in verticals
    assert any(abs(temperature - 0.65448) < 1e-3 for temperature in verticals)
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((whole.temperature - whole.stderr, whole.temperature + whole.stderr))


def test_saved_figure_is_at_least_1200_pixels_wide(whole, tmp_path):
    image = io.BytesIO()
    plots.save(whole, image)
    header = image.getvalue()[:24]
    assert header[1:4] == b"PNG"
    assert int.from_bytes(header[16:20], "big") >= 1200
    plots.save(whole, str(tmp_path / "transition.svg"))
    assert (tmp_path / "transition.svg").read_text().startswith("<?xml")


def test_planted_scan_alone_shows_its_weight_and_the_planted_overlap(synthetic, scans):
    figure = plots.transition(find_transition(synthetic.tree(scans[0])))
    assert labels(figure) == [
        ("planting temperature $T$", "weight of the planted phase $[w]$"),
        ("overlap with the planted state $q$", "$P(q)$"),
    ]


def test_symmetric_scan_alone_shows_three_panels(synthetic, scans):
    figure = plots.transition(find_transition(synthetic.tree(scans[1])))
    assert [pair[1] for pair in labels(figure)] == ["Binder cumulant $g$", "$P(q)$", "energy per weight $e$ [$|J|$]"]


def test_networks_show_the_weight_of_high_overlaps_instead_of_a_binder_cumulant(synthetic, scans):
    networks = {path: data.assign_attrs(ensemble="walks", glass="{}") for path, data in scans[1].items()}
    for path, data in networks.items():
        networks[path] = data.rename(overlap="matched_overlap")
    figure = plots.transition(find_transition(synthetic.tree(networks)), theory=None)
    assert [pair[1] for pair in labels(figure)][:2] == ["weight of high overlaps", "$P(q)$"]
    assert len(figure.axes[0].containers) == 3


def test_a_ladder_of_infinite_temperature_alone_is_drawn(synthetic):
    energy, overlap = np.zeros((2, 20, 1, 4)), np.zeros((2, 20, 1, 6))
    scan = {f"/N{size}/dilution0.0": synthetic.node([np.inf], energy, size, overlap=overlap) for size in (24, 48)}
    figure = plots.transition(find_transition(synthetic.tree(scan)))
    figure.savefig(io.BytesIO(), format="png")
    assert len(figure.axes) == 3


def test_a_result_plots_itself_whole_or_into_given_axes(whole):
    from matplotlib.figure import Figure

    assert isinstance(whole.plot(), Figure)
    ax = Figure().subplots()
    assert whole.plot(ax) is ax
    assert ax.get_ylabel() == "weight of the planted phase $[w]$"


def test_theory_may_be_missing(whole):
    from dataclasses import replace

    assert plots.theory_of(replace(whole, glass={})) is None
    figure = plots.transition(replace(whole, glass={}))
    assert len(figure.legends[0].get_texts()) == 4


def test_importing_plots_imports_no_matplotlib_and_drawing_no_pyplot():
    code = "import sys, glassnet.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-P", "-c", code], check=True, timeout=60)


def test_drawing_leaves_the_users_settings_alone(whole):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plots.transition(whole)
    assert dict(mpl.rcParams) == before
