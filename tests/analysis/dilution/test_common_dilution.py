"""Sizes whose effective dilutions differ, against the cavity method: complexities that are exact at every dilution."""

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet import _dilution
from glassnet.analysis import transition
from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.dilution import common_dilution as common
from glassnet.analysis.dilution.isentropes import Isentropes
from glassnet.analysis.field_integration.saved_chains import SavedField
from glassnet.analysis.location.planted_crossing import locate, widened
from glassnet.analysis.nodes import Node, nodes
from glassnet.analysis.surveys.all_dilutions import ChainReader

P, ALPHA, SIZES = 4, 2.0, (32, 48, 64)
#: T_K of the Poisson glass p = 4, alpha = 2 by the cavity method
STATIC = {0.0: 0.99034, 0.1: 0.74054, 0.125: 0.67109}


def layered(synthetic, size, dilution, counts=None, **attrs):
    """A node of layered glasses; `counts` are the connections removed from each layer, one row for each sample."""
    data = synthetic.node((0.7,), np.zeros((2, 4, 1, 2)), size, ensemble="layered", p=P, glass=f'{{"alpha": {ALPHA}}}')
    node = Node(f"/N{size}/dilution{dilution}", size, dilution, None, data.assign_attrs(**attrs))
    if counts is not None:
        data["removed_fraction"] = (("sample", "layer"), np.array(counts) / (size // P))
        gone = np.sum(counts[0])
    else:
        # as release 0.3.0 diluted them
        gone = sum(round(dilution * members) for members in node.layer_sizes)
    return node._replace(chain=data.assign_attrs(n_weights=size - int(gone), **attrs))


def test_nodes_know_what_was_removed(synthetic):
    node = layered(synthetic, 32, 0.05, [[1, 0, 1, 0], [0, 1, 1, 0]])
    expected = 1 - ((7 / 8) ** 2 / (30 / 32)) ** (1 / 3)
    assert node.effective_dilution == pytest.approx(expected)
    # before chains said it, every layer was rounded for itself: 0.4 of a connection is none
    assert layered(synthetic, 32, 0.05).effective_dilution == 0
    assert [layered(synthetic, n, 0.1).effective_dilution for n in SIZES] == pytest.approx([1 / 8, 1 / 12, 1 / 8])
    walks = {"ensemble": "walks", "p": 3, "glass": '{"alpha": 2.0, "widths": [3, 4, 5, 3]}'}
    node = layered(synthetic, 47, 0.1, **walks)
    assert node.layer_sizes == [12, 20, 15]
    removed = np.array([round(0.1 * n) / n for n in (12, 20, 15)])
    assert node.effective_dilution == pytest.approx(_dilution.effective(removed, [12, 20, 15], 3))
    given = layered(synthetic, 32, 0.05, ensemble="")
    assert given.removed is None
    assert given.effective_dilution == 0.05


@pytest.mark.parametrize(("parent", "expected"), [(999, 0.1), (9999, 0.1), (60, 6 / 60)])
def test_the_rounding_of_large_glasses_in_a_field_moves_nothing(synthetic, parent, expected):
    """Their 100 of 999 connections are 0.1001: chains at 0.1 stay there, within half a connection of the field's."""
    found = [layered(synthetic, size, 0.1, ensemble="poisson") for size in (40, 80)]
    options = {"at": round(0.1 * parent) / parent, "rounds": 0.5 / parent}
    shared = common.common_dilution(common.Measured(found, [], {}), [], **options)
    assert shared.dilution == expected
    assert not shared.differs
    # 10 of 96 are farther off than half of one of 999
    found = [layered(synthetic, 96, 0.1, ensemble="poisson", couplings="binary")]
    shared = common.common_dilution(common.Measured(found, [], {}), [], at=100 / 999, rounds=0.5 / 999)
    assert shared.dilution == 100 / 999
    assert shared.sizes[96] == pytest.approx(10 / 96)


@pytest.mark.parametrize(("parent", "moved"), [(999, False), (9999, False), (96, True)])
def test_a_saved_field_relabels_a_scan_by_more_than_its_rounding_alone(synthetic, parent, moved):
    """Chains of exactly 0.1 beside glasses in a field that lost 100/999 and 1000/9999; and beside one of 0.12."""
    rows = synthetic.two_level((40, 80), (0.6, 0.7), seed=5, n_samples=4)
    known = {"ensemble": "poisson", "glass": '{"p": 3, "alpha": 2.0}', "couplings": "binary"}
    tree = {}
    for path, data in rows.items():
        left = round(0.9 * data.attrs["n_weights"])
        tree[path.replace("dilution0.0", "dilution0.1")] = data.assign_attrs(**known, n_weights=left)
    reader = ChainReader(synthetic.tree(tree), 0.0)
    gone = 0.12 if moved else round(0.1 * parent) / parent
    shared = transition.common_dilution_of(reader, reader.at(0.1), SavedField(None, (), {}, (0.0, gone), (30, parent)))
    assert shared.dilution == pytest.approx(0.12 if moved else 0.1, abs=1e-12)
    assert shared.differs == moved
    assert transition.common_dilution_of(reader, reader.at(0.1), None).dilution == pytest.approx(0.1, abs=1e-12)


@pytest.mark.parametrize("ensemble", ["poisson", "regular"])
def test_without_layers_paths_per_weight_are_those_of_it_up_to_the_inverse_size(ensemble):
    """A path survives with probability prod_i (n - i) / (N - i), and not (n / N)^p: p delta / (2 N) in the dilution."""
    keywords = {"alpha": ALPHA} if ensemble == "poisson" else {"degree": 8}
    # one glass is enough, as each of its paths survives with this probability; regular ones are slow to draw
    whole, left = getattr(gn.ensembles, ensemble)(n_weights=32, p=P, seed=1, **keywords), []
    for seed in range(400):
        glass = whole.dilute(0.1, seed=seed)
        left.append(glass.n_paths / glass.n_weights)
    kept = glass.n_weights
    exact = ALPHA * 32 / kept * np.prod([(kept - i) / (32 - i) for i in range(P)])
    error = np.std(left, ddof=1) / np.sqrt(len(left))
    assert abs(np.mean(left) - exact) < 4 * error
    delta = float(_dilution.effective(_dilution.fractions([kept], [32]), [32], P))
    realised = 1 - (np.mean(left) / ALPHA) ** (1 / (P - 1))
    assert delta == pytest.approx(3 / 32)
    assert 0 < realised - delta < P / (2 * 32 * (1 - delta))
    assert 1 - (exact / ALPHA) ** (1 / (P - 1)) - delta == pytest.approx(P * delta / 64, rel=0.1)


def test_paths_per_weight_are_those_of_the_effective_dilution():
    """Real diluted glasses have alpha (1 - delta)^(p - 1) of them, on the average over seeds: layers exactly."""
    left = []
    for seed in range(400):
        glass = gn.ensembles.layered(n_weights=32, p=P, alpha=ALPHA, dilution=0.1, seed=seed)
        left.append(glass.n_paths / glass.n_weights)
        counts = np.bincount(glass.layer, minlength=P)
    delta = float(_dilution.effective(1 - counts / 8, [8] * P, P))
    error = np.std(left, ddof=1) / np.sqrt(len(left))
    assert abs(np.mean(left) - ALPHA * (1 - delta) ** (P - 1)) < 4 * error


@pytest.fixture(scope="module")
def complexity():
    """Complexity of the Poisson glass against temperature, by dilution."""
    known = {}

    def of(temperature, dilution):
        key = round(dilution, 12)
        if key not in known:
            theory = gn.theory.poisson(p=P, alpha=ALPHA, dilution=dilution)
            middle = theory.static_temperature()
            at = np.linspace(0.85, 1.0, 4) * middle
            known[key] = np.polynomial.Polynomial.fit(at, theory.complexity(at), 2), middle
        return float(known[key][0](temperature))

    return of


def planted(synthetic, complexity, asked, planting, n_samples=40):
    """Nodes as release 0.3.0 diluted them, and their planted weights 1 / (1 + exp(N Sigma - 1/2)) without any noise."""
    found, rows = [], []
    for size in SIZES:
        for temperature in planting:
            node = layered(synthetic, size, asked, couplings="binary")
            node = node._replace(path=f"{node.path}/planted{temperature}", planted_temperature=temperature)
            left = round(size * (1 - np.mean(node.removed)))
            weight = 1 / (1 + np.exp(left * complexity(temperature, node.effective_dilution) - 0.5))
            same = np.full(n_samples, weight)
            nothing = (np.zeros((n_samples, 1)), np.zeros(2), 0.5, same)
            found.append(node)
            rows.append(PlantedNode(node.path, size, left, temperature, same, same, same, same, same, *nothing))
    return found, rows


def scanned(synthetic, complexity, dilutions):
    planting = np.arange(0.6, 0.86, 0.05)
    return {asked: planted(synthetic, complexity, asked, planting) for asked in dilutions}


def crossing(shared, found, rows):
    """Where the weights cross at the common dilution, with the bar."""
    facts = {node.path: node for node in found}
    places = [locate(one.planted(rows, facts)) for one in (shared, *shared.ends())]
    return widened(places[0], places[1:])


def test_sizes_of_different_dilution_cross_where_theory_says(synthetic, complexity):
    """Asked for 0.10, N = 32, 48, 64 have lost 1/8, 1/12 and 1/8: without a shift they cross far off."""
    found, rows = scanned(synthetic, complexity, (0.1,))[0.1]
    unmoved = locate(rows).temperature
    assert abs(unmoved - STATIC[0.125]) > 0.03
    shared = common.common_dilution(common.Measured(found, rows, {}), [])
    assert shared.dilution == pytest.approx(1 / 8)
    assert shared.slope.source == "the paramagnet's bound"
    place = crossing(shared, found, rows)
    assert abs(place.temperature - STATIC[0.125]) < 0.005
    assert abs(place.temperature - STATIC[0.125]) < 2 * place.shift
    assert place.stderr >= place.shift > 0.002


def test_the_slope_is_fitted_to_the_dilutions_of_the_scan(synthetic, complexity):
    """0.05 and 0.15 beside 0.10 tell that T_K falls 2 to 4 per cent faster than the paramagnet's isentropes."""
    scan = scanned(synthetic, complexity, (0.05, 0.1, 0.15))
    found, rows = scan[0.1]
    measured = {d: common.Measured(*pair, {}) for d, pair in scan.items()}
    shared = common.common_dilution(measured[0.1], [measured[0.05], measured[0.15]])
    assert "fitted to planted weights" in shared.slope.source
    assert shared.slope.value == pytest.approx(1.03, abs=0.03)
    place = crossing(shared, found, rows)
    assert abs(place.temperature - STATIC[0.125]) < 0.004

    # without the paramagnet as well, where nothing is known of the couplings
    def given(nodes):
        return [node._replace(chain=node.chain.assign_attrs(couplings="given")) for node in nodes]

    unknown = {d: one._replace(nodes=given(one.nodes)) for d, one in measured.items()}
    shared = common.common_dilution(unknown[0.1], [unknown[0.05], unknown[0.15]])
    assert shared.slope.isentropes is None
    assert shared.slope.value == pytest.approx((STATIC[0.125] - STATIC[0.1]) / 0.025, rel=0.1)
    assert abs(crossing(shared, unknown[0.1].nodes, rows).temperature - STATIC[0.125]) < 0.012


@pytest.mark.parametrize("known", ["binary", "given"])
def test_the_slope_is_fitted_to_curves_of_symmetric_scans(synthetic, known):
    """Curves of one size at three dilutions that are moved by 1.3 isentropes, without planted nodes."""
    ladder, scan, lines = np.geomspace(0.5, 1.5, 30), {}, Isentropes(layered(synthetic, 32, 0.0, couplings="binary"))
    for asked in (0.05, 0.1, 0.15):
        nodes_, curves = [], {}
        for size in SIZES:
            node = layered(synthetic, size, asked, couplings=known)
            place = ladder + 1.3 * lines.shift(ladder, node.effective_dilution, 0.1)
            curve = np.tile(1 / (1 + np.exp(size * (place - 0.8) / 4)), (20, 1))
            variables = {"peak_weight_resampled": (("resample", "temperature"), curve)}
            curves[size] = xr.Dataset(variables, {"temperature": ladder}, {"n_samples": 8, "p": P})
            nodes_.append(node)
        scan[asked] = common.Measured(nodes_, [], curves)
    slope = common.common_dilution(scan[0.1], [scan[0.05], scan[0.15]]).slope
    if known == "binary":
        fitted = common.slope_of_curves(scan[0.1], [scan[0.05], scan[0.15]], slope.isentropes)
        assert fitted.value == pytest.approx(1.3, abs=0.03)
        assert fitted.stderr >= 0.05
        # weighed with 1.05(10)
        share = fitted.stderr**-2 / (fitted.stderr**-2 + 0.1**-2)
        assert slope.value == pytest.approx(1.05 + share * (fitted.value - 1.05))
    else:
        assert slope.value == pytest.approx(1.3 * float(lines.shift(0.8, 0.1, 0.11)) / 0.01, rel=0.1)
    assert "fitted to curves" in slope.source


def test_bars_of_slopes_fitted_to_noisy_weights_cover_the_truth(synthetic):
    """ln(w / (1 - w)) falls along 1.05 isentropes, with a noise of 1.5 in each of 12 samples: 24 replicates.

    The fit's own error is its scatter over replicates, but the mean of logistic functions is none, and its bias is not
    in that error; the floor of the bar, 0.05, holds it.
    """
    factor, planting, kept = 1.05, np.arange(0.55, 0.96, 0.05), {}
    lines = Isentropes(layered(synthetic, 32, 0.1, couplings="binary"))
    for asked in (0.05, 0.1, 0.15):
        for size in SIZES:
            node = layered(synthetic, size, asked, couplings="binary")
            moved = planting + factor * lines.shift(planting, node.effective_dilution, 0.125)
            kept[asked, size] = node, 0.5 - 0.9 * node.n_weights * (moved - 0.671)
    found = []
    for replicate in range(24):
        rng, scan = np.random.default_rng(replicate), {}
        for (asked, _), (node, logit) in kept.items():
            measured = scan.setdefault(asked, common.Measured([], [], {}))
            for temperature, mean in zip(planting, logit, strict=True):
                path, weight = f"{node.path}/planted{temperature:.2f}", 1 / (1 + np.exp(rng.normal(-mean, 1.5, 12)))
                known = path, node.size, node.n_weights, float(temperature)
                measured.nodes.append(node._replace(path=path, planted_temperature=float(temperature)))
                measured.planted.append(PlantedNode(*known, *[weight] * 5, np.zeros((12, 1)), np.zeros(2), 0.5, weight))
        slope = common.slope_of_planted_weights(scan[0.1], [scan[0.05], scan[0.15]], lines, 0.125, replicate)
        found.append((slope.value, slope.stderr))
    value, stderr = np.array(found).T
    statistical = np.sqrt(stderr**2 - 0.05**2)
    assert 0.6 < value.std(ddof=1) / statistical.mean() < 1.6
    assert abs(value.mean() - factor) < 0.02
    assert np.mean(np.abs(value - factor) < stderr) > 0.683
    assert stderr.max() < 0.08


def test_without_a_slope_sizes_are_not_compared(synthetic, complexity):
    found, rows = scanned(synthetic, complexity, (0.1,))[0.1]
    found = [node._replace(chain=node.chain.assign_attrs(couplings="given")) for node in found]
    shared = common.common_dilution(common.Measured(found, rows, {}), [])
    assert shared.slope is None
    facts = {node.path: node for node in found}
    # two sizes have lost the same
    assert {facts[row.path].size for row in shared.planted(rows, facts)} == {32, 64}
    item = common.evidence(shared)
    assert item.passed is None
    assert "0.1250, 0.0833, 0.1250 for N = 32, 48, 64" in item.says
    assert "nothing tells how the transition moves with dilution" in item.says


def test_one_dilution_at_every_size_moves_nothing(synthetic):
    found = [layered(synthetic, size, 0.25) for size in SIZES]
    shared = common.common_dilution(common.Measured(found, [], {}), [])
    assert not shared.differs
    assert shared.ends() == ()
    assert common.evidence(shared) is None
    assert shared.temperature([0.5, np.inf], 32).tolist() == [0.5, np.inf]


def test_a_ferromagnet_falls_twice_as_fast(synthetic):
    """T_c of p = 2 on a Poisson graph, 2 alpha (1 - dilution) tanh(1/T) = 1: within the bar that a bias has."""
    node = layered(synthetic, 36, 0.0, ensemble="poisson", p=2, glass='{"alpha": 2.0, "bias": 1.0}')
    place = {d: 1 / np.arctanh(1 / (4 * (1 - d))) for d in (0.1, 0.12)}
    ratio = (place[0.12] - place[0.1]) / float(Isentropes(node).shift(place[0.1], 0.1, 0.12))
    assert abs(ratio - common.FACTOR_BIASED[0]) < common.FACTOR_BIASED[1]
    diluted = [layered(synthetic, n, 0.1, ensemble="poisson", p=2, glass=node.chain.attrs["glass"]) for n in (32, 48)]
    slope = common.common_dilution(common.Measured(diluted, [], {}), []).slope
    assert (slope.value, slope.stderr) == common.FACTOR_BIASED


def test_averages_are_moved_onto_the_rungs_of_the_largest_size(synthetic):
    """A function of the moved temperature alone is the same at every size after the move."""
    ladder, found, curves = np.append(np.geomspace(0.5, 1.5, 24), np.inf), [], {}
    for size in SIZES:
        found.append(layered(synthetic, size, 0.1, couplings="binary"))
    shared = common.common_dilution(common.Measured(found, [], {}), [])
    for node in found:
        data = synthetic.node(ladder, np.zeros((1, 2, 25, 2)), node.size)[[]].assign_coords(temperature=ladder)
        curve = np.tanh(2 / shared.temperature(ladder, node.size))
        curves[node.size] = data.assign(binder=("temperature", curve), binder_stderr=("temperature", 0.1 + 0 * curve))
    moved = shared.averages(curves)
    assert np.array_equal(moved[64].temperature, ladder)
    for size in (32, 48):
        assert np.isin(moved[size].temperature, ladder).all()
        assert moved[size].sizes["temperature"] > 20
        assert moved[size]["binder"].values == pytest.approx(np.tanh(2 / moved[size].temperature.values), abs=1e-4)


def test_a_whole_scan_says_that_sizes_were_moved(synthetic):
    """From chains: layered glasses of which nothing but the dilution differs."""
    rows = synthetic.two_level((32, 48, 64), (0.6, 0.65, 0.7, 0.75, 0.8), seed=5, critical=0.7, n_samples=8)
    known = {"ensemble": "layered", "p": P, "glass": f'{{"alpha": {ALPHA}}}', "couplings": "binary"}
    left = {32: 28, 48: 44, 64: 56}
    tree = {
        path.replace("dilution0.0", "dilution0.1"): data.assign_attrs(**known, n_weights=left[data.attrs["n_weights"]])
        for path, data in rows.items()
    }
    found = gn.find_transition(synthetic.tree(tree))
    assert found.dilution == 0.1
    assert found.effective_dilution == pytest.approx(1 / 8)
    item = next(item for item in found.evidence if item.key == "common_dilution")
    assert item.passed
    assert "the paramagnet's bound" in item.says
    assert found.location.shift > 0
    assert "dilution 0.1 (effective 0.125)" in str(found)
    assert [round(node.effective_dilution, 4) for node in nodes(synthetic.tree(tree))][:3] == [0.125, 0.0833, 0.125]


def regular(synthetic, size, dilution):
    return layered(synthetic, size, dilution, ensemble="regular", p=3, glass='{"degree": 4}', couplings="binary")


@pytest.mark.parametrize("temperature", [0.05, 0.5, 0.9, 3.0])
def test_shifts_never_exceed_the_temperature(synthetic, temperature):
    """Regular p = 3, degree 4: at any two dilutions, cold or hot, in order; or there is no line, and nan says so."""
    lines = Isentropes(regular(synthetic, 24, 0.0))
    for one, other in ((0.0, 0.3), (0.3, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.72), (0.75, 0.77), (0.85, 0.9)):
        shift, back = (float(lines.shift(temperature, *pair)) for pair in ((one, other), (other, one)))
        assert np.isnan(shift) == np.isnan(back) == (not lines.reach(one, other)) == (other > 0.72)
        if np.isfinite(shift):
            assert -temperature < shift < 0 < back
            assert float(lines.shift(temperature + shift, other, one)) == pytest.approx(-shift, rel=0.01)
    assert lines.shift([np.inf], 0.75, 0.77) == 0


def test_strongly_diluted_sizes_are_not_compared(synthetic):
    found = [regular(synthetic, size, 0.85) for size in (24, 30)]
    shared = common.common_dilution(common.Measured(found, [], {}), [])
    assert shared.differs
    assert shared.slope is None
    item = common.evidence(shared)
    assert item.passed is None
    assert item.says.endswith("no isentrope of the paramagnet passes the dilutions of all sizes")
    # nor are others fitted to them
    found, far = [regular(synthetic, size, 0.3) for size in (24, 33)], [regular(synthetic, 24, 0.85)]
    shared = common.common_dilution(common.Measured(found, [], {}), [common.Measured(far, [], {})])
    assert shared.slope.source == "the paramagnet's bound"


@pytest.mark.parametrize("value", [9.0, 500.0])
def test_what_a_slope_moves_below_zero_is_dropped(synthetic, value):
    """A fitted slope without the paramagnet may move the coldest rungs of a size, or all of them, too far."""
    ladder, sizes = np.array([0.3, 0.5, 0.7, 1.0, np.inf]), {32: 0.05, 64: 0.1}
    shared = common.Common(0.1, sizes, common.Slope(-value, 0.1, "", None))
    curves = {}
    for size in sizes:
        variables = {"binder": ("temperature", 1 / ladder), "energy": ("temperature", -1 / ladder)}
        curves[size] = xr.Dataset(variables, {"temperature": ladder})
    moved = shared.averages(curves)
    assert moved[64].temperature.values.tolist() == ladder.tolist()
    # moved by -0.45, to 0.05, 0.25 and 0.55
    assert moved[32].temperature.values.tolist() == ([0.3, 0.5, np.inf] if value < 10 else [np.inf])
    phase = xr.Dataset({"temperature": ("sample", [0.4, 0.8]), "gap": ("sample", [1.0, 1.0])})
    phases = dict.fromkeys(sizes, phase)
    assert list(shared.phases(phases)) == [64]
    nothing = (np.zeros(1),) * 5 + (np.zeros((1, 1)), np.zeros(2), 0.5, np.zeros(1))
    rows = [PlantedNode(f"/{n}/{t}", n, n, t, *nothing) for n in sizes for t in (0.4, 0.8)]
    facts = {row.path: layered(synthetic, row.size, sizes[row.size], ensemble="") for row in rows}
    assert len(shared.planted(rows, facts)) == (3 if value < 10 else 2)
