"""The overview of a result: its panels, labels and marks."""

import io

import numpy as np
import pytest

from glassnet import plots
from glassnet.analysis.transition import find_transition


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


def test_symmetric_scan_alone_shows_the_entropy_too_and_no_blank(synthetic, scans):
    figure = plots.transition(find_transition(synthetic.tree(scans[1])))
    assert [pair[1] for pair in labels(figure)] == [
        "Binder cumulant $g$",
        "$P(q)$",
        "energy per weight $e$ [$|J|$]",
        r"entropy per weight $s$ [$k_\mathrm{B}$]",
    ]
    assert all(ax.lines for ax in figure.axes)


def test_networks_show_the_weight_of_high_overlaps_instead_of_a_binder_cumulant(synthetic, scans):
    networks = {path: data.assign_attrs(ensemble="walks", glass="{}") for path, data in scans[1].items()}
    for path, data in networks.items():
        networks[path] = data.rename(overlap="matched_overlap")
    figure = plots.transition(find_transition(synthetic.tree(networks)), theory=None)
    assert [pair[1] for pair in labels(figure)][:2] == ["weight of high overlaps", "$P(q)$"]
    assert len(figure.axes[0].containers) == 3
    assert figure.axes[1].get_xlabel() == "matched overlap $q$"
    assert figure.axes[1].get_xlim() == (0.0, 1.03)


def test_a_ladder_of_infinite_temperature_alone_is_drawn(synthetic):
    energy, overlap = np.zeros((2, 20, 1, 4)), np.zeros((2, 20, 1, 6))
    scan = {f"/N{size}/dilution0.0": synthetic.node([np.inf], energy, size, overlap=overlap) for size in (24, 48)}
    figure = plots.transition(find_transition(synthetic.tree(scan)))
    figure.savefig(io.BytesIO(), format="png")
    assert len(figure.axes) == 4


def test_a_result_plots_itself_whole_or_into_given_axes(whole):
    from matplotlib.figure import Figure

    assert isinstance(whole.plot(), Figure)
    ax = Figure().subplots()
    assert whole.plot(ax) is ax
    assert ax.get_ylabel() == "weight of the planted phase $[w]$"
