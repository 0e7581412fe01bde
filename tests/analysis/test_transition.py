"""The verdict on chains sampled exactly from models of every kind: it may be undecided, it may not be wrong."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from glassnet.analysis import questions
from glassnet.analysis.surveys import one_dilution
from glassnet.analysis.transition import find_transition
from glassnet.chains.content import ChainError, Unreadable

LADDER = np.geomspace(0.5, 1.6, 12)
PLANTED = (0.55, 0.60, 0.65, 0.70, 0.75)
SIZES = (48, 72, 96)


def planted(synthetic, seed, **options):
    return synthetic.tree(synthetic.two_level(SIZES, PLANTED, seed=seed, n_samples=12, **options))


@pytest.fixture(scope="module")
def random_first_order(synthetic):
    """Eight planted scans with the transition at 0.65, and what was found."""
    return [find_transition(planted(synthetic, seed)) for seed in range(8)]


def test_planted_scans_locate_a_random_first_order_transition(random_first_order):
    kinds = [found.kind for found in random_first_order]
    assert set(kinds) <= {"random first-order", "undecided"}
    assert kinds.count("random first-order") >= 7
    for found in random_first_order:
        if found.kind != "undecided":
            assert abs(found.temperature - 0.65) < 3 * found.stderr
            assert found.stderr < 0.04


def test_phases_of_different_energy_are_not_called_random_first_order(synthetic):
    for seed in range(3):
        assert find_transition(planted(synthetic, seed, latent=0.3)).kind == "undecided"


def test_frozen_chains_leave_the_verdict_open_and_are_all_named(synthetic):
    found = find_transition(planted(synthetic, 1, frozen=True))
    assert found.kind == "undecided"
    assert np.isnan(found.temperature)
    assert len(found.equilibration.failing) == 12 * len(SIZES) * len(PLANTED)
    (equilibrium,) = [item for item in found.evidence if item.key == "equilibration"]
    assert equilibrium.passed is False


def test_a_planted_overlap_that_grows_continuously_is_not_called_a_jump(synthetic):
    """p = 2: w crosses 1/2 where the one peak of the overlap passes the threshold."""
    scan = synthetic.two_level(SIZES, PLANTED, seed=2)
    rng = np.random.default_rng(3)
    for path, data in scan.items():
        size, temperature = int(path.split("/")[1][1:]), float(path.split("planted")[1])
        overlap = np.sqrt(max(0.9 - temperature, 0)) + rng.normal(size=data["planted_overlap"].shape) / np.sqrt(size)
        scan[path] = data.assign(planted_overlap=(data["planted_overlap"].dims, synthetic.lattice(overlap, size)))
    found = find_transition(synthetic.tree(scan))
    assert found.location.crosses
    assert found.kind == "undecided"


MODELS = {
    "none": lambda s, seed: s.symmetric(SIZES, LADDER[LADDER > 0.64], s.independent, seed=seed),
    "continuous": lambda s, seed: s.symmetric(
        (48, 96, 192), LADDER, s.landau(1.0), seed=seed, couplings="given", ensemble=""
    ),
    "first-order": lambda s, seed: s.ferromagnet(SIZES, LADDER, critical=1.0, latent=0.4, seed=seed),
    "random first-order": lambda s, seed: s.symmetric(SIZES, LADDER, s.glassy(0.65), seed=seed),
}


@pytest.mark.parametrize("kind", MODELS)
def test_symmetric_scans_are_never_taken_for_another_kind(synthetic, kind):
    found = [find_transition(synthetic.tree(MODELS[kind](synthetic, seed))) for seed in range(3)]
    kinds = [one.kind for one in found]
    assert set(kinds) <= {kind, "undecided"}
    if kind != "random first-order":
        # dips of a dozen samples are too noisy for that one; without planted scans it stays open
        assert kinds.count(kind) >= 2
    for one in found:
        names, keys = ([getattr(estimate, field) for estimate in one.estimates] for field in ("name", "key"))
        assert len(set(names)) == len(set(keys)) == len(names)
        if one.kind in ("continuous", "first-order"):
            assert abs(one.temperature - 1.0) < 3 * one.stderr
        if one.kind == "none":
            assert np.isnan(one.temperature)
            assert "above T = 0.687" in str(one)


def test_symmetric_scans_of_another_kind_overrule_a_planted_crossing(synthetic):
    scan = synthetic.two_level(SIZES, PLANTED, seed=1)
    heat = synthetic.ferromagnet(SIZES, LADDER, critical=1.0, latent=0.4, seed=1)
    symmetric = {f"{path}/symmetric": data for path, data in heat.items()}
    assert find_transition(synthetic.tree(scan | symmetric)).kind != "random first-order"


def test_a_glass_that_random_starts_never_find_is_not_said_to_be_absent(synthetic):
    """Below T = 0.638 the paramagnet of these glasses would have less than no entropy."""
    found = find_transition(synthetic.tree(synthetic.symmetric(SIZES, LADDER, synthetic.independent, seed=1)))
    assert found.kind == "undecided"
    assert found.equilibration.failing == []
    (bounds,) = [item for item in found.evidence if item.key == "rigorous_bounds"]
    assert bounds.passed is False
    assert bounds.says.startswith("T(s=0) = 0.638")
    assert "Planted scans around" in found.suggest()
    assert find_transition(synthetic.tree(MODELS["none"](synthetic, 1))).kind == "none"


def test_glasses_that_order_continuously_contradict_a_planted_jump(synthetic):
    scan = synthetic.two_level((48, 96, 192), (0.90, 0.95, 1.00, 1.05), critical=1.0, seed=2)
    assert find_transition(synthetic.tree(scan)).kind == "random first-order"
    grown = {f"{path}/symmetric": data for path, data in synthetic.curie_weiss(2, 1).items()}
    found = find_transition(synthetic.tree(scan | grown))
    assert found.kind == "undecided"
    assert np.isnan(found.temperature)


@pytest.mark.parametrize("latent", [0.15, 0.2])
def test_a_small_latent_heat_is_not_called_random_first_order(synthetic, latent):
    """Its energies run into each other; dips and two overlaps are there as at any jump."""
    ladder = np.geomspace(0.7, 1.4, 14)
    found = find_transition(
        synthetic.tree(synthetic.ferromagnet((48, 96, 192), ladder, critical=1.0, latent=latent, seed=1))
    )
    passed = {item.key: item.passed for item in found.evidence}
    assert passed["binder_dip"] and passed["overlap_peaks"]
    assert found.kind in ("first-order", "undecided")


def test_samples_that_fail_stay_in_the_averages(synthetic):
    tree = planted(synthetic, 4)
    frozen = synthetic.two_level((96,), (0.65,), seed=6, n_samples=12, frozen=True)
    ((path, data),) = frozen.items()
    tree[path] = data
    found = find_transition(tree)
    assert {where for where, _ in found.equilibration.failing} == {path}
    assert found.planted[96]["weight"].sel(planted_temperature=0.65) == pytest.approx(0.5)
    # nothing is said while they fail, but the node is set aside whole and the others still locate the transition
    assert found.kind == "undecided"
    assert np.isnan(found.temperature)
    assert "the evidence says random first-order at T = 0.6" in str(found)
    assert abs(found.location.temperature - 0.65) < 3 * found.location.stderr


def test_temperatures_below_a_bound_can_be_left_out_for_all_samples(synthetic):
    tree = synthetic.tree(synthetic.symmetric(SIZES, LADDER, synthetic.independent, seed=3))
    values = tree["/N96/dilution0.0/energy"].values
    values[3, :, :4] = values[3, :1, :4]
    assert find_transition(tree).kind == "undecided"
    found = find_transition(tree, above=0.7)
    assert found.kind == "none"
    assert str(found).startswith("dilution 0: none above T = 0.7")
    assert found.sentence.startswith("at dilution 0 there is no transition above T = 0.7")
    assert found.thermodynamics[96].temperature.values.min() >= 0.7
    with pytest.raises(ValueError, match=r"above must leave some .*, the highest is 1\.6, got 9"):
        find_transition(tree, above=9.0)


@pytest.mark.parametrize("where", ["planted0.75", "symmetric"])
def test_one_failing_sample_anywhere_leaves_everything_undecided(synthetic, where):
    """Also where it is far from the transition, and where the rest would give a verdict."""
    scan = synthetic.two_level(SIZES, PLANTED, seed=1, n_samples=12)
    glasses = synthetic.symmetric(SIZES, LADDER, synthetic.glassy(0.65), seed=1)
    scan |= {f"{path}/symmetric": data for path, data in glasses.items()}
    assert find_transition(synthetic.tree(scan)).kind == "random first-order"
    path = f"/N72/dilution0.0/{where}"
    values = scan[path]["energy"].values.copy()
    values[3] += np.round(40 * np.linspace(1, 0, values.shape[1]))[:, None, None]
    scan[path] = scan[path].assign(energy=(scan[path]["energy"].dims, values))
    found = find_transition(synthetic.tree(scan))
    assert found.equilibration.failing == [(path, 3)]
    assert (found.kind, str(found.temperature), found.latent_heat) == ("undecided", "nan", None)
    total = 12 * 15 + 12 * 3
    assert f" no  equilibrium: 1 of {total} samples fails: {path} sample 3; run longer" in str(found)
    assert str(found).splitlines()[0].startswith("dilution 0: undecided, provisionally T = 0.6")
    assert found.sentence.startswith(
        "at dilution 0 the chains do not tell whether there is a transition: 1 sample has "
    )
    assert "suggest() writes the run file that would settle it" in str(found)


def test_samples_that_fail_only_together_are_said_so(synthetic):
    tree = synthetic.tree(synthetic.symmetric(SIZES, LADDER, synthetic.independent, seed=3))
    values = tree["/N96/dilution0.0/energy"].values
    values -= 0.17 * values.std() * np.linspace(0, 1, values.shape[1])[:, None, None]
    found = find_transition(tree)
    assert found.kind == "undecided"
    assert not found.equilibration.failing
    says = "each sample passes, all together they fail in /N96/dilution0.0 (energy drifts on the average over samples)"
    assert f" no  equilibrium: {says}; run longer" in str(found)


def test_one_failing_sample_takes_the_rungs_below_it_from_a_symmetric_node(synthetic):
    tree = synthetic.tree(synthetic.symmetric(SIZES, LADDER, synthetic.independent, seed=3))
    values = tree["/N96/dilution0.0/energy"].values
    values[3, :, :4] = values[3, :1, :4]
    found = find_transition(tree)
    assert ("/N96/dilution0.0", 3) in found.equilibration.failing
    assert found.lowest[96] == pytest.approx(LADDER[4])
    assert found.lowest[48] == pytest.approx(LADDER[0])


EVERY_KIND = {
    "random first-order": lambda s: s.two_level(SIZES, PLANTED, seed=1, n_samples=12),
    "first-order": lambda s: s.curie_weiss(3, 1),
    # the exponents of a continuous transition do depend on whether the graph is called a random one
    "continuous": lambda s: {path: data.assign_attrs(ensemble="") for path, data in s.curie_weiss(2, 1).items()},
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_answer_does_not_know_ensemble_degree_p_or_seed(synthetic, kind):
    scan = EVERY_KIND[kind](synthetic)
    found = find_transition(synthetic.tree(scan))
    bare = {path: data.drop_attrs().assign_attrs(n_weights=data.attrs["n_weights"]) for path, data in scan.items()}
    for tree, rel in ((synthetic.tree(bare), 1e-12), (xr.DataTree.from_dict(bare), 0.2)):
        # without the seed there are other resamples, which weigh the curves
        stripped = find_transition(tree)
        assert stripped.kind == found.kind == kind
        assert abs(stripped.temperature - found.temperature) < rel * found.stderr
        assert stripped.stderr == pytest.approx(found.stderr, rel=rel)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_answer_scales_with_the_couplings(synthetic, kind):
    """All energies and temperatures times 2.5: T_c and latent heat are 2.5 times as large."""
    scan, scaled = EVERY_KIND[kind](synthetic), {}
    for path, data in scan.items():
        node, planted, temperature = path.partition("planted")
        data = data.assign(energy=data["energy"] * 2.5)
        data = data.assign_coords(temperature=data["temperature"] * 2.5)
        if planted:
            data = data.assign_attrs(planted_temperature=2.5 * float(temperature))
        scaled[f"{node}planted{2.5 * float(temperature)}" if planted else path] = data
    found, other = find_transition(synthetic.tree(scan)), find_transition(synthetic.tree(scaled))
    assert other.kind == found.kind == kind
    assert other.temperature == pytest.approx(2.5 * found.temperature, rel=1e-8)
    # planted nodes have other names, so other resamples
    assert other.stderr == pytest.approx(2.5 * found.stderr, rel=0.2 if kind.startswith("random") else 1e-6)
    if kind == "first-order":
        assert other.latent_heat.value == pytest.approx(2.5 * found.latent_heat.value, rel=1e-9)


def test_missing_samples_are_said(synthetic):
    scan = synthetic.two_level((48, 96), PLANTED, seed=1)
    path = "/N96/dilution0.0/planted0.65"
    scan[path].attrs["samples_missing"] = [16, 17]
    found = find_transition(synthetic.tree(scan))
    assert found.missing == {path: [16, 17]}
    assert "2 samples of 1 node missing; those that come last may be the hard ones" in str(found)


def test_a_damaged_chain_is_named_and_counts_as_missing(synthetic, monkeypatch):
    scan = synthetic.two_level(SIZES, PLANTED, seed=1, n_samples=12)
    path, intact = "/N72/dilution0.0/planted0.65", one_dilution.readings

    def torn(node):
        for number, reading in zip(node.sample_numbers, intact(node), strict=True):
            if (node.path, number) == (path, 3):
                raise ChainError("chains/0003.h5: truncated or damaged")
            yield reading

    less = scan | {path: scan[path].isel(sample=np.delete(np.arange(12), 3))}
    expected = find_transition(synthetic.tree(less))
    monkeypatch.setattr(one_dilution, "readings", torn)
    named = f"{path} sample 3: chains/0003.h5: truncated or damaged"
    with pytest.warns(UserWarning, match=named):
        found = find_transition(synthetic.tree(scan))
    assert found.missing == {path: [3]}
    assert found.damaged == (named,)
    assert f"1 sample of 1 node missing, 1 of them damaged: {named}; glassnet scan, run again" in str(found)
    assert (found.temperature, found.kind) == (expected.temperature, expected.kind)


def test_files_that_cannot_be_read_now_stop_the_analysis_and_so_does_a_node_without_a_sound_file(
    synthetic, monkeypatch
):
    scan = synthetic.two_level((48, 96), PLANTED, seed=1, n_samples=2)
    for error in (Unreadable("0003.h5: permission denied"), ChainError("0003.h5: truncated or damaged")):

        def broken(node, error=error):
            raise error
            yield

        monkeypatch.setattr(one_dilution, "readings", broken)
        with pytest.raises(type(error), match=r"0003\.h5"):
            find_transition(synthetic.tree(scan))


def test_nodes_without_any_sample_are_missing_too(synthetic):
    """A size whose tasks all failed is not there at all."""
    scan = synthetic.two_level((48, 72), (0.6, 0.65, 0.7), seed=1, n_samples=4)
    attrs = {"dilution": 0.0, "planted_temperature": 0.6, "samples_missing": [0, 1, 2]}
    scan["/N96/dilution0.0/planted0.6"] = xr.Dataset(attrs=attrs)
    scan["/N96/dilution0.1/planted0.6"] = xr.Dataset(attrs=attrs | {"dilution": 0.1})
    found = find_transition(synthetic.tree(scan), 0.0)
    assert found.missing == {"/N96/dilution0.0/planted0.6": [0, 1, 2]}
    assert "no  scan is complete: 3 samples of 1 node missing" in str(found)
    assert "the same file, run again, makes them" in found.suggest()
    assert find_transition(synthetic.tree(scan), 0.0, above=0.62).missing == {}


@pytest.mark.parametrize("dimension", ["draw", "replica", "temperature"])
def test_a_node_that_holds_nothing_is_named(synthetic, dimension):
    scan = synthetic.two_level((48, 72), (0.6, 0.65), seed=1, n_samples=4)
    path = "/N72/dilution0.0/planted0.6"
    scan[path] = scan[path].isel({dimension: slice(0, 0)})
    with pytest.raises(
        ValueError, match=f"chains: {path} holds nothing, its dimension '{dimension}' is missing or empty"
    ):
        find_transition(synthetic.tree(scan))


def test_wrong_arguments_are_refused(synthetic):
    with pytest.raises(TypeError, match=r"chains must be an xarray\.DataTree"):
        find_transition({})
    with pytest.raises(ValueError, match="chains hold no finished sample"):
        find_transition(synthetic.tree({}))
    tree = planted(synthetic, 1)
    with pytest.raises(
        TypeError, match=r"field must be a result of glassnet\.studies\.field_integration, or .*; float"
    ):
        find_transition(tree, field=0.65)
    with pytest.raises(
        TypeError, match=r"arrest must be .*planted_relaxation.*; SimpleNamespace has no stderr and no n"
    ):
        find_transition(tree, arrest=SimpleNamespace(temperature=0.65))


def test_results_show_themselves(random_first_order):
    found = next(one for one in random_first_order if one.kind == "random first-order")
    text = str(found)
    assert text.startswith("dilution 0: random first-order, T = 0.6")
    assert found.sentence.startswith("at dilution 0 the spin glass gives way to the paramagnet at T = 0.6")
    assert re.search(
        r"the overlap jumps by 0\.\d+\(\d+\), the energy does not: a random first-order transition\.", text
    )
    assert "yes  planted weight crosses" in text
    assert "  ?  Binder dip deepens: needs symmetric scans" in text
    assert "extrapolated in ln N/N" in text
    assert found._repr_html_().startswith("<pre>")
    assert found.kind in questions.KINDS
    json.dumps(found.glass)


def test_sizes_are_those_before_dilution_and_fits_count_what_is_left(synthetic):
    """The same chains called diluted: the same fits, named by the weights before."""
    scan = synthetic.two_level((48, 72, 96), (0.55, 0.60, 0.65, 0.70, 0.75), seed=1)
    plain = find_transition(synthetic.tree(scan))
    before = {48: 60, 72: 90, 96: 120}
    renamed = {
        path.replace(f"/N{left}/dilution0.0", f"/N{size}/dilution0.2"): data
        for path, data in scan.items()
        for left, size in before.items()
        if f"/N{left}/" in path
    }
    found = find_transition(synthetic.tree(renamed))
    assert found.sizes == tuple(found.planted) == tuple(found.location.zeros) == tuple(before.values())
    assert tuple(found.location.curves) == found.location.estimates[0].sizes == found.sizes
    assert [table.attrs["n_weights"] for table in found.planted.values()] == list(before)
    # streams of the bootstrap go by the path of a node, so that bars are the same only roughly
    for size, left in ((60, 48), (90, 72), (120, 96)):
        one, other = found.location.zeros[size], plain.location.zeros[left]
        assert one.value == pytest.approx(other.value, rel=1e-12)
        assert one.sizes == (size,)
        assert np.array_equal(found.location.curves[size], plain.location.curves[left])
    values = {one.key: one.value for one in found.location.estimates}
    for one in plain.location.estimates:
        key = one.key.replace("48_72", "60_90").replace("72_96", "90_120")
        assert values[key] == pytest.approx(one.value, rel=1e-12)
    assert found.kind == plain.kind == "random first-order"
    assert found.jump.value == pytest.approx(plain.jump.value, abs=1e-9)
    asked = {item.key: item for item in found.evidence}
    for key in ("planted_crossing", "planted_jump", "no_planted_latent_heat"):
        assert asked[key].sizes == found.sizes
        assert asked[key].says.count("N = 4") == asked[key].says.count("N = 96") == 0
    assert "w = 1/2 at N = 120" in str(found)
    assert not re.search(r"N = ([\d, ]*\b)?(48|72|96)\b|crossing of (48|72)", str(found))


def test_a_ladder_of_infinite_temperature_alone_is_undecided(synthetic):
    scan = {
        f"/N{size}/dilution0.0": synthetic.node(
            [np.inf],
            np.random.default_rng(size).normal(size=(3, 100, 1, 4)),
            size,
            overlap=synthetic.independent(np.random.default_rng(1), size, None, (3, 100, 1, 6)),
        )
        for size in SIZES
    }
    found = find_transition(synthetic.tree(scan))
    assert found.kind == "undecided"
    assert "needs symmetric scans" in str(found)
    assert found.thermodynamics[48]["entropy"].values == pytest.approx([np.log(2)], abs=1e-9)
