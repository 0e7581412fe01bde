"""Figures: what they show, how large they are, and that drawing them leaves no trace."""

import importlib.util
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassnet import plots, theory
from glassnet.analysis.equilibrium.assessment import Failure
from glassnet.analysis.transition import find_transition, transition_line
from glassnet.plots import appearance, export
from glassnet.plots.captions import CAPTIONS
from glassnet.plots.phase_diagrams import theory_lines
from glassnet.statistics.estimate import Estimate
from glassnet.theory.zero_temperature import xorsat

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
def chains(synthetic, scans):
    return synthetic.tree(scans[0] | scans[1])


@pytest.fixture(scope="module")
def whole(chains):
    return find_transition(chains)


@pytest.fixture(scope="module")
def drawings(whole, chains):
    """All figures of one dilution by name."""
    return {drawing.name: drawing for drawing in export.of_result(whole, chains)}


@pytest.fixture(scope="module")
def line(synthetic):
    """Planted scans at three dilutions; the transition is where cavity theory has it, to two digits."""
    datasets = {}
    for dilution, critical in ((0.0, 0.65), (0.05, 0.56), (0.1, 0.44)):
        planted = sorted({0.5, *(round(critical + step, 2) for step in (-0.08, -0.02, 0.02, 0.08))})
        scan = synthetic.two_level((40, 60, 80), planted, seed=3, critical=critical, disorder=0.5)
        # the model's energies are those without dilution, which would bound its temperature
        scan = {path: data.assign_attrs(couplings="given") for path, data in scan.items()}
        datasets |= {path.replace("dilution0.0", f"dilution{dilution}"): data for path, data in scan.items()}
    return transition_line(synthetic.tree(datasets))


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


def test_theory_may_be_missing(whole):
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


def texts(figure):
    """Every visible text of a figure."""
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def test_there_is_a_figure_for_everything_the_chains_hold(drawings, synthetic, scans):
    assert list(drawings) == [
        "planted_weight",
        "binder",
        "overlap_map",
        "overlap_ridges",
        "thermodynamics",
        "exchange",
    ]
    tree = synthetic.tree(scans[0])
    assert [d.name for d in export.of_result(find_transition(tree), tree)] == ["planted_weight", "planted_ridges"]
    assert export.of_line([find_transition(tree)]) == []
    others = {"peak_weight", "planted_ridges", "phase_diagram", "critical_dilution", "complexity"}
    assert {*drawings, *others} == set(CAPTIONS)


def test_figures_are_one_column_wide_readable_and_nothing_is_cut(drawings, line):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    for drawing in [*drawings.values(), *export.of_line(line)]:
        figure = drawing.figure
        FigureCanvasAgg(figure).draw()
        assert figure.get_figwidth() == 3.4
        edge = figure.bbox.padded(1)
        for text in texts(figure):
            assert text.get_fontsize() >= 7, (drawing.name, text)
        for ax in figure.axes:
            for label in filter(Text.get_text, (ax.xaxis.label, ax.yaxis.label, ax.title)):
                box = label.get_window_extent()
                assert edge.x0 <= box.x0 <= box.x1 <= edge.x1, (drawing.name, label)
                assert edge.y0 <= box.y0 <= box.y1 <= edge.y1, (drawing.name, label)
        for legend in figure.legends:
            box = legend.get_window_extent()
            assert edge.x0 <= box.x0 <= box.x1 <= edge.x1, drawing.name
            assert all(box.y1 <= ax.get_window_extent().y0 for ax in figure.axes), drawing.name


def test_files_are_vectors_without_dates_and_the_same_every_time(whole):
    first, again = (export.files(export.Drawing("map", plots.overlap_map(whole), "")) for _ in range(2))
    assert first == again
    assert list(first) == ["map.svg", "map.pdf"]
    assert b"<image" not in first["map.svg"]
    assert b"dc:date" not in first["map.svg"]
    assert b"/Subtype /Image" not in first["map.pdf"]
    assert b"CreationDate" not in first["map.pdf"]
    assert b"/Subtype /Type3" not in first["map.pdf"]


def test_inline_figures_share_no_id_and_need_no_network(drawings):
    pages = [export.inline(export.files(d)[f"{d.name}.svg"], d.name, "words") for d in list(drawings.values())[:2]]
    ids = [re.findall(r'\bid="([^"]*)"', page) for page in pages]
    assert not set(ids[0]) & set(ids[1])
    for page, own in zip(pages, ids, strict=True):
        assert len(own) == len(set(own)) > 20
        assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', page)) <= set(own)
        assert "http" not in page
        assert page.startswith('<svg role="img" aria-label="words"')


def test_open_symbols_where_equilibrium_is_not_proved(whole):
    coldest = {size: float(LADDER[3]) for size in whole.sizes}
    figure = plots.binder_cumulant(replace(whole, lowest=coldest | {48: 0.0}))
    (ax,) = figure.axes
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [list(LADDER[:3])] * 2
    assert "not in equilibrium" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert all(line.get_markerfacecolor() != "white" for line in plots.binder_cumulant(whole).axes[0].lines)


def test_open_symbols_of_planted_scans(whole):
    failure = Failure("/N72/dilution0.0/planted0.65", 3, "stuck", 0.65)
    doubted = replace(whole, equilibration=whole.equilibration._replace(failures=(failure,)))
    figure = plots.location(doubted)
    (hollow,) = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert hollow.get_xdata() == pytest.approx([0.65])
    assert hollow.get_color() == plots.style(whole, 72)[0]
    assert "not in equilibrium" in [text.get_text() for text in figure.legends[0].get_texts()]
    # a symmetric scan that fails is no matter of this figure, and the other way round
    colder = replace(whole, lowest={size: float(LADDER[3]) for size in whole.sizes})
    for drawn in (plots.location(colder), plots.binder_cumulant(doubted)):
        assert "not in equilibrium" not in [text.get_text() for text in drawn.legends[0].get_texts()]


def test_the_legend_says_what_lies_outside(whole):
    cold = {size: table.isel(planted_temperature=slice(0, 2)) for size, table in whole.planted.items()}
    figure = plots.location(replace(whole, planted=cold, location=None))
    assert figure.axes[0].get_xlim()[1] < 0.7528
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert "$T_d = 0.7528$ (outside)" in labels
    assert "$T_K = 0.6545$" in labels
    verticals = [line.get_xdata()[0] for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert not any(abs(temperature - 0.7528) < 1e-3 for temperature in verticals)


def test_map_has_a_cell_for_every_rung_and_bin_that_holds_something(whole):
    figure = plots.overlap_map(whole, size=72)
    ax = figure.axes[0]
    (mesh,) = ax.collections
    data = whole.overlaps[72]
    cells = mesh.get_array()
    low, high = ax.get_ylim()
    place = data["overlap"].values
    kept = (place > low) & (place < high)
    assert cells.shape == (kept.sum(), len(LADDER))
    expected = data["density"].values[:, kept].T
    shown = ~np.ma.getmaskarray(cells)
    assert np.array_equal(np.asarray(cells)[shown], expected[shown])
    assert shown.any() and (expected[~shown] < mesh.norm.vmin).all()
    edges = mesh.get_coordinates()[0, :, 0]
    assert ((edges[:-1] < LADDER) & (edges[1:] > LADDER)).all()
    with pytest.raises(ValueError, match=r"size must be one with P\(q\) on two finite rungs, 48, 72, 96, got 50"):
        plots.overlap_map(whole, size=50)


def test_ridges_are_the_distributions_over_their_maxima(whole):
    (ax,) = plots.overlap_ridges(whole).axes
    data = whole.overlaps[96]
    assert [text.get_text() for text in ax.get_yticklabels()] == [f"{t:#.3g}" for t in LADDER]
    for line in ax.lines:
        height = line.get_ydata() - np.round(line.get_ydata().min())
        row = int(np.round(line.get_ydata().min()))
        density = data["density"].values[row]
        assert np.allclose(height / height.max(), density / density.max())
    widths = {int(np.round(line.get_ydata().min())): line.get_linewidth() for line in ax.lines}
    nearest = int(np.argmin(np.abs(LADDER - whole.temperature)))
    assert [row for row, width in widths.items() if width > 1] == [nearest]


def test_ridges_are_evenly_chosen(whole):
    ladder = np.geomspace(0.5, 1.6, 23)
    data = whole.overlaps[96].isel(temperature=np.arange(23) % 10).assign_coords(temperature=ladder)
    (ax,) = plots.overlap_ridges(replace(whole, overlaps=whole.overlaps | {96: data})).axes
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert shown == [f"{t:#.3g}" for t in ladder[::2] if t <= 2.5 * whole.temperature]


def test_fitted_weights_are_drawn_only_where_they_fall(whole):
    from matplotlib.figure import Figure

    temperature = np.linspace(0.55, 0.75, 101)
    bent = 0.3 + 40 * (temperature - 0.7) ** 2
    curves = {size: (temperature, bent) for size in whole.location.curves}
    ax = Figure().subplots()
    plots.planted_weight(replace(whole, location=whole.location._replace(curves=curves, temperature=0.65)), ax)
    fits = [line for line in ax.lines if len(line.get_xdata()) > 50]
    assert len(fits) == 3
    for line in fits:
        assert (np.diff(line.get_ydata()) < 0).all()
        assert line.get_xdata()[0] == 0.55
        assert line.get_xdata()[-1] == pytest.approx(0.7, abs=2e-3)


def test_an_undecided_result_is_shown_around_its_likely_place(whole):
    undecided = replace(whole, kind="undecided", temperature=np.nan, stderr=np.nan)
    assert appearance.expected_temperature(whole) == whole.temperature
    assert appearance.expected_temperature(undecided) == whole.estimates[0].value
    vague = tuple(replace(one, stderr=one.value) for one in whole.estimates)
    assert np.isnan(appearance.expected_temperature(replace(undecided, estimates=vague)))


def test_captions_say_what_is_not_known():
    assert "not known in detail" in CAPTIONS["critical_dilution"]
    assert "theory of the tree limit" in CAPTIONS["binder"]
    assert "no transition is claimed" in CAPTIONS["phase_diagram"]


def test_overlaps_of_gauge_images_need_no_negative_axis():
    place = np.linspace(-0.95, 0.95, 20)
    density = np.where(np.abs(place) < 0.3, 1.0, 0.0)
    assert appearance.overlap_range("matched_overlap", place, density, 0.1) == (0.0, 1.03)
    assert appearance.overlap_range("overlap", place, density, 0.1) == (pytest.approx(-0.3), 1.03)
    assert appearance.overlap_range("overlap", place, np.where(place > 0.5, 1.0, 0.0), 0.1) == (0.0, 1.03)


def test_energy_and_entropy_stand_beside_the_annealed_curves(whole, drawings):
    top, bottom = drawings["thermodynamics"].figure.axes
    for ax, name in ((top, "energy"), (bottom, "entropy")):
        (curve,) = [line for line in ax.lines if line.get_label() == "paramagnet"]
        data = whole.thermodynamics[96]
        inside = np.interp(LADDER, *curve.get_data())
        assert np.allclose(inside, data[f"paramagnet_{name}"].values, atol=2e-3)
        points = [container.lines[0] for container in ax.containers]
        assert [len(line.get_xdata()) for line in points] == [len(LADDER)] * 3
        assert np.allclose(points[-1].get_ydata(), data[name].values)


def test_exchange_shows_rates_and_round_trips_over_their_bound(whole, drawings, scans, synthetic):
    top, bottom = drawings["exchange"].figure.axes
    assert [line.get_label() for line in top.lines] == ["_child0", "_child1", "_child2"]
    for line in top.lines:
        assert np.array_equal(line.get_xdata(), LADDER[:-1])
        assert np.allclose(line.get_ydata(), 0.4)
    # 12 samples of 40 walkers with 3 trips each in 200 sweeps, barrier 9 * 0.6
    share = 12 * 40 * 3 / (12 * 200) * (2 + 2 * 9 * 0.6)
    assert [line.get_ydata()[0] for line in bottom.lines] == pytest.approx([share] * 3)
    planted = synthetic.tree(scans[0])
    with pytest.raises(ValueError, match="chains must hold exchanges between temperatures at dilution 0, got none"):
        plots.exchange(whole, planted)


def test_phase_diagram_has_a_point_for_every_dilution_and_the_lines_of_theory(line):
    (ax,) = plots.phase_diagram(line).axes
    assert [result.kind for result in line] == ["random first-order"] * 3
    (points,) = ax.containers
    assert np.array_equal(points.lines[0].get_xdata(), [0.0, 0.05, 0.1])
    assert np.allclose(points.lines[0].get_ydata(), [result.temperature for result in line])
    low = [segment[0][1] for segment in points.lines[2][0].get_segments()]
    assert np.allclose(low, [result.temperature - result.stderr for result in line])
    curves = {curve.get_label(): curve.get_data() for curve in ax.lines if curve.get_label().startswith("theory")}
    assert set(curves) == {"theory $T_K$", "theory $T_d$"}
    ends = xorsat.dilution_thresholds(theory.regular(p=3, degree=4).tree)
    assert [curves[name][0][-1] for name in ("theory $T_d$", "theory $T_K$")] == pytest.approx(ends)
    assert [curve[1][-1] for curve in curves.values()] == [0.0, 0.0]
    assert ax.get_xlim()[1] > max(ends)
    assert {text.get_text() for text in ax.texts} == {"paramagnet", "spin glass"}


@pytest.mark.parametrize("dilution", [0.02, 0.07, 0.12])
def test_lines_of_theory_are_right_between_the_dilutions_they_are_solved_at(line, dilution):
    exact = theory.regular(p=3, degree=4, dilution=dilution)
    static, dynamic = theory_lines(line)
    assert np.interp(dilution, static.dilution, static.temperature) == pytest.approx(
        exact.static_temperature(), rel=5e-3
    )
    assert np.interp(dilution, dynamic.dilution, dynamic.temperature) == pytest.approx(
        exact.dynamic_temperature(), rel=5e-3
    )


def test_line_of_a_continuous_transition_is_in_closed_form(line):
    (only,) = theory_lines([replace(result, glass={"ensemble": "poisson", "p": 2, "alpha": 2.0}) for result in line])
    assert only.name == "T_c"
    assert only.temperature[0] == pytest.approx(1.820478, abs=1e-6)
    assert (only.dilution[-1], only.temperature[-1]) == (pytest.approx(0.75), pytest.approx(0.0, abs=1e-3))
    assert theory_lines([replace(result, glass={}) for result in line]) == []
    assert theory_lines([replace(line[0], glass={"ensemble": "poisson", "p": 3, "alpha": 0.5})]) == []


def test_theory_alone_is_drawn_by_the_same_function():
    diagram = theory.phase_diagram("regular", p=2, degree=4)
    (ax,) = plots.phase_diagram(diagram).axes
    (curve,) = [curve for curve in ax.lines if curve.get_label() == "theory $T_c$"]
    assert curve.get_data()[0] == pytest.approx(diagram.lines[0].dilution)
    assert curve.get_data()[1] == pytest.approx(diagram.lines[0].temperature)
    assert ax.get_xlim()[1] > 2 / 3
    (ax,) = plots.phase_diagram(theory.phase_diagram("regular", p=3, degree=2)).axes
    assert len(ax.lines) == 0


def test_kinds_have_their_own_shapes_in_the_phase_diagram(line):
    kinds = [
        replace(line[0], kind="continuous"),
        replace(line[1], kind="undecided", temperature=np.nan, stderr=np.nan),
        replace(line[2], kind="none", temperature=np.nan, stderr=np.nan, lowest={48: 0.4, 96: 0.42}),
    ]
    (ax,) = plots.phase_diagram([replace(result, glass={}) for result in kinds]).axes
    assert [container.get_label() for container in ax.containers] == ["continuous", "undecided", "none above"]
    assert [c.lines[0] and c.lines[0].get_marker() for c in ax.containers] == ["s", None, "v"]
    assert ax.containers[2].lines[0].get_ydata() == pytest.approx([0.42])
    assert ax.containers[2].lines[0].get_markerfacecolor() == "white"
    # undecided is an interval in grey: nothing that could be taken for a transition
    (bar,) = ax.containers[1].lines[2]
    ((low, high),) = bar.get_segments()
    place = line[1].location
    assert (low[1], high[1]) == pytest.approx((place.temperature - place.stderr, place.temperature + place.stderr))
    assert bar.get_colors()[0][:3] == pytest.approx([0.6] * 3)


def provisional(found):
    """A result whose temperature is provisional only."""
    interim = Estimate(found.temperature, 2 * found.stderr, "so far", found.sizes)
    return replace(found, kind="undecided", temperature=np.nan, stderr=np.nan, provisional=interim)


def test_provisional_temperatures_are_open_in_the_phase_diagram(line):
    (ax,) = plots.phase_diagram([replace(r, glass={}) for r in (line[0], provisional(line[1]))]).axes
    closed, hollow = ax.containers
    assert hollow.get_label() == "provisional"
    assert (hollow.lines[0].get_marker(), hollow.lines[0].get_markerfacecolor()) == ("o", "white")
    assert closed.lines[0].get_markerfacecolor() != "white"
    ((low, high),) = hollow.lines[2][0].get_segments()
    middle, bar = line[1].temperature, 2 * line[1].stderr
    assert (low[1], high[1]) == pytest.approx((middle - bar, middle + bar))


def test_critical_dilution_is_where_the_transition_temperature_is_reached(line):
    found = line.critical_dilution(0.5)
    assert 0.05 < found.value < 0.1
    one, other = line[1], line[2]
    slope = (other.temperature - one.temperature) / 0.05
    assert found.stderr > min(one.stderr, other.stderr) / abs(slope) / 2
    assert np.isnan(line.critical_dilution(0.9).value)


def test_critical_dilution_is_shown_with_the_weight_of_every_size(line):
    figure = plots.critical_dilution(line, 0.5)
    (ax,) = figure.axes
    assert ax.get_title() == "$T = 0.5$"
    assert len(ax.containers) == 3
    for container, size in zip(ax.containers, (40, 60, 80), strict=True):
        rows = [result.planted[size].sel(planted_temperature=0.5) for result in line]
        assert np.array_equal(container.lines[0].get_xdata(), [0.0, 0.05, 0.1])
        assert np.allclose(container.lines[0].get_ydata(), [float(row["weight"]) for row in rows])
    found = line.critical_dilution(0.5)
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert (band.x0 + band.x1) / 2 == pytest.approx(found.value)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any(word.startswith("theory $\\delta_K = 0.0") for word in words)
    assert any(word.startswith("Monte Carlo $\\delta_c = 0.0") for word in words)
    figure = plots.critical_dilution([line[0], provisional(line[1]), line[2]], 0.5)
    assert figure.axes[0].patches[0].get_label().startswith("provisional $\\delta_c = 0.0")
    with pytest.raises(ValueError, match="in common at two dilutions"):
        plots.critical_dilution(line[:1])


def test_results_of_dynamics_and_field_integration_are_drawn_one_column_wide():
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
            followed = theory.following.follow(theory.regular(3, 4), result.planted_temperature)
            (_, line) = draw(result, theory=followed).axes[0].get_lines()[-1].get_data()
            assert line[-1] == 0 and line[0] > line[-2] > 0.5
            assert ax.get_title() == "melting of the planted crystal, which is not $T_d$"
            words = [text.get_text() for text in ax.get_legend().get_texts()]
            assert words == ["planted at $T = 0.5$", "melts at $T = 0.62(10)$"]
