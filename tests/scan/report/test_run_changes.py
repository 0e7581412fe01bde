"""What run would settle an open case: run files that the scan accepts, and that say why."""

import json
import tomllib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tomlkit

from glassnet.analysis.transition import find_transition
from glassnet.chains import segment
from glassnet.chains.store import open_chains
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import run
from glassnet.scan.report import writing
from glassnet.scan.report.next_run import suggestion
from glassnet.scan.runfile import growth, memory
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks

RUN_FILE = """\
seed = 7
samples = 2
[glass]
ensemble = "{ensemble}"
{glass}
[scan]
sizes = {sizes}
{scan}
[sampling]
temperatures = {{min = 0.6, max = 1.5, n = 4}}
replicas = 4
thermalization = 20
sweeps = 40
measure_every = 10
"""
CASES = {
    "symmetric": ("regular", "p = 3\ndegree = 4", "[12, 24]", ""),
    "planted": ("poisson", "p = 3\nalpha = 1.5", "[24, 36]", "planted = [0.6, 0.8]\nsymmetric = true"),
    "network": ("walks", "alpha = 2.0", "[[2, 2, 2, 1], [4, 4, 4, 1]]", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_suggestions_for_a_real_run_continue_its_directory(tmp_path, monkeypatch, case):
    monkeypatch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
    ensemble, glass, sizes, scan = CASES[case]
    path = tmp_path / "run.toml"
    path.write_text(RUN_FILE.format(ensemble=ensemble, glass=glass, sizes=sizes, scan=scan))
    assert run.scan(path, tmp_path / "out") == 0
    found = find_transition(open_chains(tmp_path / "out"))
    assert found.kind == "undecided"
    text = found.suggest(tmp_path / "next.toml")
    assert (tmp_path / "next.toml").read_text() == text
    wanted = parse(text, "next.toml")
    # four draws prove nothing: everybody runs longer
    assert "samples have not proved their equilibrium" in text
    assert wanted.sampling.sweeps == 160
    assert growth.objections(parse(path.read_text(), "run.toml"), wanted, "out") == []


def test_what_a_suggestion_asks_for(synthetic):
    ladder = np.geomspace(0.5, 1.6, 12)
    glassy = find_transition(synthetic.tree(synthetic.symmetric((48, 72, 96), ladder, synthetic.glassy(0.65), seed=1)))
    assert glassy.kind == "undecided"
    text = glassy.suggest()
    wanted = parse(text, "suggested.toml")
    assert "Planted scans around" in text
    assert len(wanted.scan.planted) >= 5
    assert wanted.symmetric
    assert len(wanted.scan.sizes) == 4
    settled = find_transition(synthetic.tree(synthetic.free_spins(1)))
    assert settled.kind == "none"
    assert "The verdict stands" in settled.suggest()
    assert parse(settled.suggest(), "suggested.toml").samples == 48


@pytest.mark.parametrize(("critical", "direction"), [(0.4, "colder"), (1.4, "hotter")])
def test_planting_on_one_side_of_the_transition_suggests_the_other_side(synthetic, critical, direction):
    given = (0.8, 0.9, 1.0)
    scan = synthetic.two_level((36, 48, 60), given, seed=1, critical=critical)
    found = find_transition(synthetic.tree(scan))
    assert found.kind == "undecided"
    # a fit without a zero, or with an error of 10^14, is no estimate
    assert all(0 < one.stderr < 10 * one.value for one in found.estimates)
    wanted = parse(found.suggest(), "suggested.toml")
    # beyond what there was, whether the fits reach there or not
    beyond = min(wanted.scan.planted) < min(given) if direction == "colder" else max(wanted.scan.planted) > max(given)
    assert beyond


def test_a_verdict_that_rests_on_dips_asks_for_planted_scans(synthetic):
    found = find_transition(synthetic.tree(synthetic.random_energy(1)))
    assert found.kind == "random first-order"
    headline = found.estimates[0]
    # extrapolations disagree by more than samples scatter: larger sizes help, more samples do not
    assert headline.stderr > 2 * headline.statistical
    # read without checks: no regular glass has the sizes of this model
    wanted = tomllib.loads(found.suggest())
    assert "by the extrapolation in N, a larger size makes it smaller" in found.suggest()
    assert (len(wanted["scan"]["sizes"]), wanted["samples"]) == (4, 16)
    scattered = (replace(headline, statistical=0.9 * headline.stderr), *found.estimates[1:])
    wanted = tomllib.loads(replace(found, estimates=scattered).suggest())
    assert (len(wanted["scan"]["sizes"]), wanted["samples"]) == (3, 64)
    dips = tuple(item for item in found.evidence if "planted" not in item.key)
    alone = replace(found, location=None, evidence=dips)
    assert "Planted scans around T = 0.5" in alone.suggest()


def test_failing_samples_are_named_and_nobody_is_dropped(synthetic):
    scan = synthetic.two_level((48, 96), (0.6, 0.65, 0.7), seed=1, n_samples=6)
    scan |= synthetic.two_level((96,), (0.65,), seed=1, n_samples=6, frozen=True)
    text = find_transition(synthetic.tree(scan)).suggest()
    assert "6 samples have not proved their equilibrium: /N96/dilution0.0/planted0.65 sample 0" in text
    assert "for all samples of the run" in text
    assert parse(text, "suggested.toml").samples == 6


def test_missing_samples_ask_for_the_same_file(synthetic):
    scan = synthetic.two_level((48, 96), (0.6, 0.65, 0.7), seed=1, n_samples=6)
    scan["/N96/dilution0.0/planted0.65"].attrs["samples_missing"] = [6]
    text = find_transition(synthetic.tree(scan)).suggest()
    assert "the same file, run again" in text
    parse(text, "suggested.toml")


def test_chains_without_an_ensemble_have_no_suggestion(synthetic):
    scan = {p: d.drop_attrs().assign_attrs(n_weights=48) for p, d in synthetic.two_level((48,), (0.6,), seed=1).items()}
    with pytest.raises(ValueError, match="chains do not name their ensemble"):
        find_transition(synthetic.tree(scan)).suggest()


def test_a_field_whose_zero_is_the_headline_gets_more_instances(synthetic):
    """Samples of the chains are no part of its bar; the directory goes on."""
    found = find_transition(synthetic.tree(synthetic.two_level((48, 72, 96), (0.55, 0.60, 0.65, 0.70, 0.75), seed=1)))
    zero = replace(found.estimates[0], key="complexity_zero", stderr=1e-4)
    complexity = SimpleNamespace(complexity=SimpleNamespace(sizes={"instance": 4}))
    for asked, wanted in ((True, {"instances": 16}), ({"sweeps": 800}, {"sweeps": 800, "instances": 16})):
        run = {**found.run, "scan": {**found.run["scan"], "field": asked}}
        sharp = replace(found, estimates=(zero, *found.estimates), complexity=complexity, run=run)
        tables = tomllib.loads(sharp.suggest())
        assert (tables["scan"]["field"], tables["samples"]) == (wanted, run["samples"])
        text = tomlkit.dumps(run)
        before = parse(text, "run.toml")
        commented = text.replace("field = true", "field = true  # the complexity")
        kept = "field = {instances = 16}  # the complexity" in replace(sharp, run_file=commented).suggest()
        assert kept == (commented != text)
        assert growth.objections(before, parse(sharp.suggest(), "suggested.toml"), "out") == []


def asked_for(found):
    return parse(found.suggest(), "suggested.toml")


def test_one_size_becomes_three(synthetic):
    found = find_transition(synthetic.tree(synthetic.two_level((48,), (0.6, 0.65, 0.7), seed=1)))
    assert found.kind == "undecided"
    assert asked_for(found).scan.sizes == [48, 63, 84]
    assert "# Two sizes more, N = 63 and 84: what grows with N" in found.suggest()


def test_widths_that_a_crossing_lacks_are_not_made_up_for_by_samples(synthetic):
    found = find_transition(synthetic.tree(synthetic.two_level((48, 72), (0.55, 0.6, 0.65, 0.7, 0.75), seed=1)))
    short = replace(found, kind="undecided", evidence=(), location=found.location._replace(lacks="three widths"))
    assert asked_for(short).samples == found.run["samples"]
    twice = replace(short, location=found.location._replace(lacks="", slope_significance=1.0))
    assert asked_for(twice).samples == 2 * found.run["samples"]
    for one in (short, twice):
        assert len(asked_for(one).scan.sizes) == 3


def test_planting_needs_no_bias_and_rungs_above(synthetic):
    found = find_transition(
        synthetic.tree(synthetic.symmetric((48, 72, 96), np.geomspace(0.5, 1.6, 12), synthetic.glassy(0.65), seed=1))
    )
    assert min(asked_for(found).scan.planted) == 0.6
    run = json.loads(json.dumps(found.run))
    biased = replace(found, run={**run, "glass": {**run["glass"], "bias": 0.5}})
    assert asked_for(biased).scan.planted == []
    short = {**run, "sampling": {**run["sampling"], "temperatures": [0.5, 0.62, 0.7], "replicas": 3}}
    wanted = asked_for(replace(found, run=short))
    assert wanted.sampling_of(True).replicas == 4
    assert wanted.sampling_of(True).temperatures.max > 2 * 0.7
    assert (wanted.sampling_of(False).replicas, wanted.sampling_of(False).temperatures) == (3, [0.5, 0.62, 0.7])


def test_what_the_machine_has_no_room_for_is_asked_for_in_part_or_left_out_with_the_reason(synthetic, monkeypatch):
    scan = synthetic.two_level((48, 96), (0.6, 0.65, 0.7), seed=1, n_samples=6)
    scan |= synthetic.two_level((96,), (0.65,), seed=1, n_samples=6, frozen=True)
    found = find_transition(synthetic.tree(scan))
    sweeps = found.run["sampling"]["sweeps"]
    rooms = {4: (4, True), 2: (2, True), 1: (1, False)}
    for most, (factor, settles) in rooms.items():

        def too_large(run_file, most=most):
            return ["sampling.sweeps: a chain needs 9 bytes"] * (run_file.sampling.sweeps > most * sweeps)

        monkeypatch.setattr(memory, "too_large", too_large)
        suggested = suggestion(found)
        assert parse(suggested.text, "suggested.toml").sampling.sweeps == factor * sweeps
        assert suggested.settles is settles
    assert "# Left out: Sweeps grow 4 times" in suggested.text
    assert "But that cannot be had here: sampling.sweeps: a chain needs 9 bytes" in suggested.text
    assert "# Nothing is left that could grow here" in suggested.text
    assert len(suggested.withheld) == 1


def test_overlaps_that_were_not_recorded_take_another_directory(synthetic):
    scan = synthetic.symmetric((48, 72, 96), np.geomspace(0.5, 1.6, 12), synthetic.glassy(0.65), seed=1)
    found = find_transition(synthetic.tree({path: data.drop_vars("overlap") for path, data in scan.items()}))
    assert found.overlaps == {}
    assert "that takes another directory, as measure cannot change in this one." in found.suggest()


def test_chains_without_a_run_file_get_one_that_a_scan_accepts(tmp_path):
    """Put together from what they say of themselves: widths of networks, and no key that follows from others."""
    for case, (ensemble, glass, sizes, scan) in CASES.items():
        path = tmp_path / f"{case}.toml"
        path.write_text(RUN_FILE.format(ensemble=ensemble, glass=glass, sizes=sizes, scan=scan))
        run_file = parse(path.read_text(), path.name)
        RunDirectory(tmp_path / case).describe(run_file)
        for task in glass_tasks.all_tasks(run_file):
            outcome = glass_tasks.run(task, run_file, [0.6, 0.9])
            segment.write(RunDirectory(tmp_path / case).chain(task), outcome.dataset, outcome.glass, outcome.state, {})
        chains = open_chains(tmp_path / case)
        chains.attrs.pop("run_file")
        wanted = asked_for(find_transition(chains))
        assert wanted.scan.sizes == run_file.scan.sizes
        assert wanted.glass.ensemble == ensemble
        assert wanted.sampling.sweeps == 160
