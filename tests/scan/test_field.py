"""Field integration as part of a scan: its tasks are drawn, run, killed, saved, grown and verified like all others."""

import contextlib
import json
import os
import re
import shutil
import signal
import time
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import glassnet as gn
from glassnet import cli
from glassnet._random import Seed
from glassnet.analysis.field_integration import integrals
from glassnet.analysis.field_integration.saved_chains import saved_field
from glassnet.chains import content, shards
from glassnet.chains.pack import pack
from glassnet.sampling import independent_lanes, planted_field
from glassnet.sampling.ladder import Interrupted
from glassnet.scan.cost.footprint import footprint
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import run
from glassnet.scan.report import tables, writing
from glassnet.scan.runfile import consistency, field_settings, growth
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import field_ladders, field_tasks, glass_tasks
from glassnet.scan.tasks.stop import Stop
from glassnet.scan.watch import status, verify

#: eight glasses of 24 weights as drawn, and three instances of 60 weights in a field, in one node each
SMALL = ("planted = [0.6, 0.8]\nsymmetric = true\n", "{field}", "[12, 24]", "[24]", "samples = 2", "samples = 4")
ASKED = "field = {n_weights = 60, temperatures = [0.4, 0.45, 0.5], instances = 3, sweeps = 80}\n"
FOLDER = "chains/field/N60/dilution0.25"
WALKS = """
seed = 1
samples = 1
[glass]
ensemble = "walks"
alpha = 2.0
[scan]
sizes = [[4, 4, 4, 4], [3, 3, 3, 3]]
field = true
[sampling]
temperatures = [0.5, 1.0]
thermalization = 10
sweeps = 20
"""


def asking(what):
    return tuple(part.replace("{field}", what) for part in SMALL)


@pytest.fixture
def asked(run_text):
    """A run file with field integration as given, parsed."""
    return lambda what=ASKED, *pairs: parse(run_text(*asking(what), *pairs), "run.toml")


def names(directory, folder=FOLDER):
    return sorted(entry.name for entry in (directory / folder).iterdir())


def test_tasks_have_names_of_their_own(asked):
    every = glass_tasks.all_tasks(asked())
    fields = [task for task in every if task.field]
    assert len(every) == 2 * 4 + 2 * 3
    assert fields[0] == glass_tasks.Task(60, 0.0, 0, field=True)
    assert (fields[4].text, fields[4].folder) == ("field,N=60,dilution=0.25,sample=1", "field/N60/dilution0.25")
    assert fields[4].key == "field-N60-dilution0.25-sample1"
    assert [task.kind for task in every] == ["symmetric"] * 8 + ["field"] * 6
    assert len({task.text for task in every}) == len(every)
    assert not [task for task in glass_tasks.all_tasks(asked("field = false\n")) if task.field]


def test_what_is_left_out_is_filled_in(asked):
    run_file = asked("field = true\n")
    assert run_file.field == asked("field = {}\n").field
    assert field_settings.sizes(run_file) == [9999]
    # regular glasses without dilution are all alike
    assert [field_settings.instances(run_file, dilution) for dilution in (0.0, 0.25)] == [4, 16]
    # sweeps to pass a barrier of one path
    assert field_settings.sweeps(run_file, 0.0, [0.6, 0.65, 0.7]) == 400
    assert field_settings.sweeps(run_file, 0.0, [0.40, 0.42]) == 2200
    assert field_settings.sweeps(run_file, 0.0, [0.01]) == 40_000
    walks = parse(WALKS, "walks.toml")
    assert field_settings.sizes(walks) == [(30,) * 4, (45,) * 4, (90,) * 4]
    assert field_settings.instances(walks, 0.0) == 16
    other = parse(WALKS.replace("[4, 4, 4, 4], [3, 3, 3, 3]", "[6, 3, 3, 1], [4, 2, 2, 1]"), "walks.toml")
    assert [size[-1] for size in field_settings.sizes(other)] == [1, 1, 1]
    assert all(abs(size[0] / size[1] - 2) < 0.05 for size in field_settings.sizes(other))


def test_there_is_room_for_every_degree(asked):
    assert field_settings.largest_degree(asked(), 60) == 4
    for text, size in ((WALKS, (30, 30, 30, 30)), (WALKS.replace('"walks"', '"poisson"\np = 3'), 9999)):
        text = text if "walks" in text else text.replace("[[4, 4, 4, 4], [3, 3, 3, 3]]", "[12]")
        top = field_settings.largest_degree(parse(text, "x"), size)
        # mean 6: far above any degree, and not much more
        assert 25 < top < 60
        ensemble, keywords = ("walks", {}) if isinstance(size, tuple) else ("poisson", {"p": 3})
        glass = independent_lanes.draw(ensemble, size, Seed(1), alpha=2.0, **keywords)
        assert glass.degrees.max() < top


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("3", ": must be true, false or a table {n_weights, temperatures, instances, sweeps}, got 3"),
        ("{n_weight = 60}", ".n_weight: unknown key, did you mean n_weights?"),
        ("{n_weights = 100}", ".n_weights: size * degree must be divisible by p, got 100 * 4 and p = 3"),
        ("{n_weights = [9, 9]}", ".n_weights: must be a number of weights for ensemble 'regular', got [9, 9]"),
        ("{n_weights = 'a'}", ".n_weights: must be a number of weights or a list of widths, got 'a'"),
        ("{temperatures = [0.6, 0.5]}", ".temperatures[1]: must be above 0.6, got 0.5"),
        ("{temperatures = [0.6]}", ".temperatures: must have at least 2 entries"),
        ("{sweeps = 10}", ".sweeps: must be greater than or equal to 72, got 10"),
        ("{instances = 0}", ".instances: must be greater than or equal to 1, got 0"),
    ],
)
def test_mistakes_are_named(asked, what, line):
    with pytest.raises(UserError) as caught:
        asked(f"field = {what}\n")
    assert str(caught.value) == f"run.toml: scan.field{line}"


@pytest.mark.parametrize(
    ("glass", "line"),
    [
        (
            'couplings = "gaussian"',
            "couplings of planted states in a field are +-1, glass.couplings must be 'binary'",
        ),
        ("bias = 0.5", "signs of planted couplings are drawn anew, glass.bias must be 0, got 0.5"),
    ],
)
def test_only_glasses_of_signs_without_bias(asked, glass, line):
    with pytest.raises(UserError) as caught:
        asked("field = true\n", "degree = 4", f"degree = 4\n{glass}")
    assert str(caught.value) == f"run.toml: scan.field: {line}"


@pytest.mark.parametrize(
    ("n_weights", "wrong"),
    [
        ("99", "must be widths of a network, or a list of three or more for ensemble 'walks', got 99"),
        ("[9, 9, 9]", "must have 4 widths as sizes[0] has, got [9, 9, 9]"),
        ("[[9, 9, 9, 9], [8, 8, 8, 8]]", "must be one network or three that differ, got [[9, 9, 9, 9], [8, 8, 8, 8]]"),
    ],
)
def test_networks_of_field_integration(n_weights, wrong):
    with pytest.raises(UserError) as caught:
        parse(WALKS.replace("field = true", f"field = {{n_weights = {n_weights}}}"), "walks.toml")
    assert str(caught.value) == f"walks.toml: scan.field.n_weights: {wrong}"


def test_too_large_for_the_machine_is_refused(asked):
    assert consistency.too_large(asked("field = true\n")) == []
    (line,) = consistency.too_large(asked("field = {n_weights = 1_500_000_000}\n"))
    assert line.startswith("scan.field.n_weights: ")


def test_the_record_is_that_of_the_sampler(asked):
    """The numbers in the file, and the complexity made of them, are those of the sampler with the task's seed."""
    run_file = asked()
    task = next(task for task in glass_tasks.all_tasks(run_file) if task.field and task.dilution)
    outcome = glass_tasks.run(task, run_file, [0.4, 0.45, 0.5])
    seed, rungs = Seed(7, "field,N=60,dilution=0.25,sample=0"), np.array([0.4, 0.45, 0.5])
    glass = independent_lanes.draw("regular", 60, seed, p=3, degree=4, dilution=0.25)
    overlaps = planted_field.planted(glass, rungs, seed, 80)
    data = outcome.dataset
    assert data["field_overlap"].dims == ("draw", "temperature", "field", "planting")
    assert data["field_overlap"].shape == (4, 3, 8, 21)
    assert (data["field_overlap"].values.reshape(4, -1) == overlaps.aligned * (1 / 45)).all()
    assert (data["degree_counts"] == np.bincount(glass.degrees, minlength=5)).all()
    assert (data["local_fields"].sum("local_field") == 45).all()
    assert data["draw"].values.tolist() == [49, 58, 67, 76]
    assert (outcome.glass.digest, outcome.updates) == (glass.digest, 80 * 45 * 504)
    assert (data.attrs["kind"], data.attrs["sweeps"], data.attrs["seed_key"]) == ("field", 80, task.text)


def test_a_saved_instance_gives_the_digits_of_one_in_memory(asked, run_file, scan, tmp_path):
    scan(run_file(*asking(ASKED)), tmp_path / "out")
    found = saved_field(gn.open_chains(tmp_path / "out"), 0.25)
    assert found.damaged == ()
    rungs, parts = np.array([0.4, 0.45, 0.5]), []
    for instance in range(3):
        seed = Seed(7, f"field,N=60,dilution=0.25,sample={instance}")
        glass = independent_lanes.draw("regular", 60, seed, p=3, degree=4, dilution=0.25)
        overlaps = planted_field.planted(glass, rungs, seed, 80)
        parts.append(integrals.of_overlaps(overlaps, np.bincount(glass.degrees), glass.n_paths, rungs))
    keywords = {"p": 3, "degree": 4, "dilution": 0.25}
    expected = integrals.integrated("regular", keywords, rungs, {60: parts}, 80)
    for name in ("complexity", "mean", "stderr", "drift", "overlap"):
        assert np.array_equal(found.result.complexity[name], expected.complexity[name], equal_nan=True)
    assert found.result.complexity.attrs == expected.complexity.attrs
    assert saved_field(gn.open_chains(tmp_path / "out"), 0.5).result is None


def test_same_record_on_two_ranks_and_after_a_kill(run_file, scan, glassnet, finish, digests, tmp_path):
    path = run_file(*asking(ASKED.replace("instances = 3", "instances = 12")))
    scan(path, tmp_path / "serial")
    expected, out = digests(tmp_path / "serial"), tmp_path / "killed"
    assert len(expected) == 4 + 12
    process = glassnet("scan", path, "--out", out, ranks=2)
    until = time.monotonic() + 60
    while not list(out.glob(f"{FOLDER}/*.h5")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    while RunDirectory(out).is_running() and time.monotonic() < until:
        time.sleep(0.01)
    assert digests(out).items() < expected.items()
    code, output, errors = finish("scan", path, "--out", out, ranks=2)
    assert (code, errors) == (0, "")
    assert "16 tasks" in output
    assert digests(out) == expected


def test_a_task_that_is_stopped_begins_anew(asked, run_file, scan, digests, tmp_path, monkeypatch):
    path, out = run_file(*asking(ASKED)), tmp_path / "out"
    planted, calls = planted_field.record, []

    def stopping(*arguments, proceed, **options):
        def asked_to_stop(share):
            calls.append(share)
            return proceed(share) if len(calls) < 3 else os.kill(os.getpid(), signal.SIGUSR1) or proceed(share)

        return planted(*arguments, proceed=asked_to_stop, **options)

    monkeypatch.setattr(planted_field, "record", stopping)
    code, output = scan(path, out)
    assert code == 75
    assert "a signal came: saving what is under way" in output
    assert "all saved but tasks of field integration, which begin anew: give the same command" in output
    assert "1 interrupted, not saved" in output
    assert "interrupted and saved" not in output
    monkeypatch.setattr(planted_field, "record", planted)
    assert not list(out.rglob("*.segments"))
    assert scan(path, out)[0] == 0
    scan(path, tmp_path / "whole")
    assert digests(out) == digests(tmp_path / "whole")


def test_adding_field_integration_is_growth(run_file, scan, digests, tmp_path):
    scan(run_file(*asking("")), tmp_path / "grown")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "grown").rglob("sample*.h5")}
    assert len(before) == 4
    code, output = scan(run_file(*asking(ASKED)), tmp_path / "grown")
    assert (code, "7 tasks (4 of them before)" in output) == (0, True)
    more = ("instances = 3", "instances = 4"), ("[0.25]", "[0.25, 0.0]")
    large = run_file(*asking(ASKED.replace(*more[0])))
    large.write_text(large.read_text().replace(*more[1]))
    code, output = scan(large, tmp_path / "grown")
    assert (code, "16 tasks (7 of them before)" in output) == (0, True)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "grown").rglob("sample*.h5")}
    assert after.items() > before.items()
    scan(large, tmp_path / "large")
    assert digests(tmp_path / "grown") == digests(tmp_path / "large")


ONLY = "of scan.field only instances may grow (--out starts another directory)"


@pytest.mark.parametrize(
    ("now", "line"),
    [
        ("field = false\n", f"scan.field: false here, but results/x was begun with true; {ONLY}"),
        (ASKED.replace("60", "63"), f"scan.field.n_weights: [63] here, but results/x was begun with [60]; {ONLY}"),
        (ASKED.replace("80", "90"), f"scan.field.sweeps: 90 here, but results/x was begun with 80; {ONLY}"),
        (ASKED.replace("sweeps = 80", ""), f"scan.field.sweeps: nothing here, but results/x was begun with 80; {ONLY}"),
        (
            ASKED.replace("0.45, ", ""),
            f"scan.field.temperatures: [0.4, 0.5] here, but results/x was begun with [0.4, 0.45, 0.5]; {ONLY}",
        ),
        (
            ASKED.replace("instances = 3", "instances = 2"),
            "scan.field.instances: 2 here, but results/x was begun with 3; it may only grow",
        ),
        (ASKED.replace("instances = 3", "instances = 5"), None),
    ],
)
def test_what_may_not_change(asked, now, line):
    now = re.sub(r", }", "}", now)
    found = growth.objections(asked(), asked(now), "results/x")
    assert found == ([] if line is None else [line])


@pytest.fixture
def other_rules(monkeypatch):
    """Other rules than a directory was begun by, as another release may have."""

    def change():
        monkeypatch.setattr(field_settings, "WEIGHTS", 120)
        monkeypatch.setattr(field_settings, "ALIKE", 5)
        monkeypatch.setattr(field_settings, "RANDOM", 6)
        monkeypatch.setattr(field_settings, "FEWEST", 900)
        monkeypatch.setattr(field_settings, "RARE", 1e3)

    return change


POISSON = ('ensemble = "regular"', 'ensemble = "poisson"', "degree = 4", "alpha = 1.5")


def test_what_was_decided_stays_whatever_the_rules_become(run_file, scan, digests, tmp_path, monkeypatch, other_rules):
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(field_settings, "RANDOM", 2)
    open_ended = "field = {temperatures = [0.9, 1.0]}\n"
    path, out = run_file(*asking(open_ended), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    kept = json.loads((out / "field.json").read_text())
    assert kept["left_open"] == ["n_weights", "instances", "sweeps"]
    assert (kept["n_weights"], kept["dilutions"]) == ([60], [{"dilution": 0.25, "instances": 2, "sweeps": 400}])
    before = digests(out)
    assert sum(name.startswith("field") for name in before) == 2
    other_rules()
    assert all(not each.differences for each in verify.verify(verify.select(out, 9)))
    assert "0 of 6 tasks to do" in status.dry_run(path, out)
    # what was there is done anew as it was; another dilution gets as many instances of the same size as now is right
    (out / "chains/field/N60/dilution0.25/sample1.h5").unlink()
    path.write_text(path.read_text().replace("[0.25]", "[0.25, 0.0]"))
    assert scan(path, out)[0] == 0
    now = digests(out)
    assert {name: now[name] for name in before} == before
    assert sum(name.startswith("field/N60/dilution0.0") for name in now) == 6
    assert json.loads((out / "field.json").read_text())["dilutions"][1]["sweeps"] == 900


def test_a_directory_without_the_record_was_decided_by_the_rules_of_its_release(run_file, scan, digests, tmp_path):
    path, out = run_file(*asking("field = {n_weights = 60, temperatures = [0.9, 1.0]}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    before, kept = digests(out), (out / "field.json").read_text()
    (out / "field.json").unlink()
    assert all(not each.differences for each in verify.verify(verify.select(out, 3)))
    assert scan(path, out)[0] == 0
    assert digests(out) == before
    assert (out / "field.json").read_text() == kept


HARM = {
    "nothing of ours": lambda path: path.write_text("{}"),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "another number": lambda path: path.write_text(
        path.read_text().replace("[\n  60", "[\n  63").replace("[60]", "[63]")
    ),
    "no checksum": lambda path: path.write_text(path.read_text().replace("sha256", "sha257")),
    "lost": lambda path: path.unlink(),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_record_is_found_in_nodes_and_chains(
    run_file, scan, digests, tmp_path, monkeypatch, other_rules, capsys, harm
):
    """Whatever the rules have become: sizes and instances are in nodes.json, sweeps and room in the chains."""
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(field_settings, "RANDOM", 2)
    path, out = run_file(*asking("field = {temperatures = [0.9, 1.0]}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    record, before = out / "field.json", digests(out)
    kept = record.read_text()
    decided = RunDirectory(out).run_file().decided
    HARM[harm](record)
    harmed = record.read_bytes() if record.exists() else None
    assert harmed != kept.encode()
    other_rules()
    assert RunDirectory(out).run_file().decided == decided
    (out / "chains/field/N60/dilution0.25/sample0.h5").unlink()
    told = status.status(out)["damaged"]
    assert [line.startswith(f"{record}: damaged") for line in told] == [True] * (harmed is not None)
    assert all(not each.differences for each in verify.verify(verify.select(out, 9)))
    assert "1 of 6 tasks to do" in status.dry_run(path, out)
    capsys.readouterr()
    assert run.scan(path, out) == 0
    assert digests(out) == before and record.read_text() == kept
    if harmed is not None:
        assert "field.json: damaged" in (said := capsys.readouterr().err) and "written again" in said
        assert (out / "field.json.damaged").read_bytes() == harmed


def test_a_record_is_found_in_shards_too_and_in_no_damaged_chain(run_file, scan, tmp_path, monkeypatch, other_rules):
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(shards, "BLOCK", 2)
    path, out = run_file(*asking("field = {temperatures = [0.9, 1.0], instances = 3}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    assert names(out, "chains/field/N60/dilution0.25") == ["samples0-1.zip", "samples2-3.zip"]
    decided = RunDirectory(out).run_file().decided
    (out / "field.json").unlink()
    shard = out / "chains/field/N60/dilution0.25/samples0-1.zip"
    image = bytearray(shard.read_bytes())
    image[len(image) // 4] ^= 1
    shard.write_bytes(image)
    other_rules()
    assert RunDirectory(out).run_file().decided == decided
    (out / "chains/field/N60/dilution0.25/samples2-3.zip").unlink()
    shard.unlink()
    # nor in what is none of field integration
    stranger = min((out / "chains/N24").rglob("*.zip"))
    (out / "chains/field/N24/dilution0.25").mkdir(parents=True)
    shutil.copy(stranger, out / "chains/field/N24/dilution0.25")
    shutil.copy(stranger, out / "chains/field/N60/dilution0.25")
    # without a chain the rules of today decide on sweeps and room, of which there is nothing yet
    now = RunDirectory(out).run_file().decided
    assert (now.sizes, now.instances) == (decided.sizes, decided.instances)
    assert now.sweeps == {0.25: 900} and now.largest_degree < decided.largest_degree


def test_without_nodes_too_other_rules_do_not_guess(run_file, scan, digests, tmp_path, monkeypatch):
    """Chains of sizes that the rules do not ask for are refused by name; the same rules go on."""
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    path, out = run_file(*asking("field = {temperatures = [0.9, 1.0], instances = 2}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    kept, before = (out / "field.json").read_text(), digests(out)
    for name in ("field.json", "nodes.json"):
        (out / name).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(field_settings, "WEIGHTS", 120)
        with pytest.raises(UserError, match=r"asks for less than .* holds: not for chains/field/N60/"):
            scan(path, out)
    assert scan(path, out)[0] == 0
    assert digests(out) == before and (out / "field.json").read_text() == kept


def test_a_record_that_cannot_be_read_is_named(run_file, scan, tmp_path):
    path, out = run_file(*asking(ASKED)), tmp_path / "out"
    scan(path, out)
    (out / "field.json").unlink()
    (out / "field.json").mkdir()
    for look in (lambda: status.dry_run(path, out), lambda: verify.select(out), lambda: run.scan(path, out)):
        with pytest.raises(UserError, match=r"field\.json: cannot be read: "):
            look()


def test_networks_grow_beside_field_integration(tmp_path, monkeypatch):
    """The default of its sizes follows the shape of the largest network, when the directory is begun."""
    shapes = WALKS.replace("[[4, 4, 4, 4], [3, 3, 3, 3]]", "[[4, 4, 4, 1]]")
    begun = parse(shapes, "run.toml")
    grown = parse(shapes.replace("[[4, 4, 4, 1]]", "[[4, 4, 4, 1], [5, 5, 5, 1]]"), "run.toml")
    assert field_settings.sizes(begun) != field_settings.sizes(grown)
    directory = RunDirectory(tmp_path)
    directory.describe(begun)
    directory.keep_decisions(begun, {})
    directory.check(grown, "run.toml")
    assert field_settings.sizes(directory.settled(grown)) == field_settings.sizes(begun)
    (tmp_path / "field.json").unlink()
    monkeypatch.setattr(field_settings, "WIDTHS", (20, 50))
    assert (
        field_settings.sizes(directory.settled(grown))
        == directory.run_file().decided.sizes
        != field_settings.sizes(begun)
    )


def test_verified_counted_and_costed(run_file, scan, tmp_path):
    path, out = run_file(*asking(ASKED)), tmp_path / "out"
    assert "field/N60/dilution0.25         3         3" in status.dry_run(path, out)
    scan(path, out)
    found = status.status(out)
    assert (found["done"], found["total"], found["work_done"]) == (7, 7, 1.0)
    assert found["nodes"]["field/N60/dilution0.25"]["done"] == 3
    assert "field/N60" in status.table(found)
    assert status.dry_run(path, out).endswith("0 of 7 tasks to do in " + str(out) + ": 0 Metropolis updates")
    assert all(not each.differences for each in verify.verify(verify.select(out, 7)))
    with h5py.File(out / FOLDER / "sample1.h5", "r+") as file:
        overlap = file["field_overlap"][...]
        overlap[1, 0, 2, 3] += 2
        file["field_overlap"][...] = overlap
        file.attrs["digest"] = content.digest(content.get(file))
    (wrong,) = [each for each in verify.verify(verify.select(out, 7)) if each.differences]
    assert wrong.task.text == "field,N=60,dilution=0.25,sample=1"
    assert "field_overlap: 1 of 2016 values, the first at [1, 0, 2, 3], draw 1, after 58 sweeps" in str(wrong)


def test_bytes_of_a_task_are_reckoned(asked, run_file, scan, tmp_path):
    scan(run_file(*asking(ASKED)), tmp_path / "out")
    task = next(task for task in glass_tasks.all_tasks(asked()) if task.field and task.dilution)
    held = (tmp_path / "out" / FOLDER / "sample0.h5").stat().st_size
    assert held < footprint(task, asked()).file < 4 * held + 10**5
    assert glass_tasks.updates(task, asked()) == 60 * 0.75 * 504 * 80
    assert glass_tasks.cost(task, asked()) == 60 * 0.75 * 512 * 80
    assert field_tasks.n_lanes(asked("field = true\n")) == 480


def test_many_instances_are_merged_into_shards(run_file, scan, digests, tmp_path, monkeypatch):
    path = run_file(*asking(ASKED.replace("instances = 3", "instances = 8")))
    scan(path, tmp_path / "files")
    monkeypatch.setattr(shards, "BLOCK", 3)
    scan(path, tmp_path / "merged")
    assert names(tmp_path / "merged") == ["samples0-2.zip", "samples3-5.zip", "samples6-8.zip"]
    assert digests(tmp_path / "merged") == digests(tmp_path / "files")
    one, other = (saved_field(gn.open_chains(tmp_path / name), 0.25).result for name in ("files", "merged"))
    assert (one.complexity == other.complexity).all()
    assert status.status(tmp_path / "merged")["done"] == 12
    (alone,) = gn.open_chains(tmp_path / "merged" / FOLDER / "samples3-5.zip").leaves
    assert (alone.path, alone.sizes["sample"]) == ("/field/N60/dilution0.25", 3)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A directory whose complexity vanishes: six temperatures around T_K of the regular glass, 1200 weights."""
    folder = tmp_path_factory.mktemp("finished")
    asked = "field = {n_weights = 1200, temperatures = [0.58, 0.62, 0.65, 0.68, 0.72], sweeps = 200}"
    text = WALKS.replace('"walks"', '"regular"\np = 3\ndegree = 4').replace("alpha = 2.0\n", "")
    text = text.replace("[[4, 4, 4, 4], [3, 3, 3, 3]]", "[12, 24]").replace("field = true", asked)
    (folder / "run.toml").write_text(text.replace("samples = 1", "samples = 2"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glassnet.scan.report.writing.write", lambda *_: writing.Report("", [], []))
        assert run.scan(folder / "run.toml", folder / "out") == 0
    return folder / "out"


def test_the_zero_of_the_complexity_is_used(finished):
    chains = gn.open_chains(finished)
    result = gn.find_transition(chains)
    # exact T_K 0.65448; 4 instances of 1200 weights
    assert abs(result.complexity.temperature - 0.65448) < 4 * result.complexity.stderr < 0.01
    by_key = {one.key: one for one in result.estimates}
    assert by_key["complexity_zero"].value == result.complexity.temperature
    item = next(item for item in result.evidence if item.key == "complexity_zero")
    assert item.passed
    # it does not make a kind: that needs the evidence of chains
    assert result.kind == "undecided"
    assert np.isnan(result.temperature)
    other = gn.find_transition(chains, field=Zero())
    assert other.complexity is None
    assert [(one.key, one.name) for one in other.estimates] == [("complexity_zero", "by hand")]
    line = gn.transition_line(chains)
    assert line[0].complexity.temperature == result.complexity.temperature


class Zero:
    temperature, stderr, name = 0.66, 0.01, "by hand"


def test_a_packed_run_gives_the_same(finished, tmp_path):
    packed = pack(finished, tmp_path / "packed.zip")
    assert packed.n_chains == packed.n_tasks == 8
    chains, again = gn.open_chains(finished), gn.open_chains(tmp_path / "packed.zip")
    assert again.equals(chains)
    (node,) = [node for node in again.leaves if node.path.startswith("/field")]
    assert (node.path, node.sizes["sample"]) == ("/field/N1200/dilution0.0", 4)
    one = gn.open_chains(finished / "chains/field/N1200/dilution0.0/sample2.h5")
    assert [leaf.path for leaf in one.leaves] == ["/field/N1200/dilution0.0"]
    first, second = (gn.find_transition(tree).complexity for tree in (chains, again))
    assert first.complexity.identical(second.complexity)


def test_the_report_shows_it(finished, capsys):
    assert cli.main(["analyze", str(finished)]) == 0
    printed = capsys.readouterr().out
    assert "complexity, dilution 0: regular glasses of 1200 weights, p = 3, degree = 4" in printed
    page = (finished / "report.html").read_text()
    assert "<summary>complexity, dilution 0" in page
    assert 'id="complexity-' in page
    assert {"complexity.svg", "complexity.pdf"} <= {path.name for path in (finished / "figures").iterdir()}
    found = gn.find_transition(gn.open_chains(finished)).complexity
    summary = json.loads((finished / "summary.json").read_text())["complexity"]
    assert (summary["zero"], summary["zero_stderr"]) == (found.temperature, found.stderr)
    assert summary["temperatures"] == [0.58, 0.62, 0.65, 0.68, 0.72]
    assert np.isfinite(summary["mean"]).all()


def test_the_table_has_no_theory_above_t_d():
    """T_d = 0.7528: above it theory is blank, in the table as in the figure; the run does not notice at 0.8."""
    found = gn.studies.field_integration(600, [0.7, 0.8], instances=2, seed=1, p=3, degree=4, sweeps=80)
    table = tables.complexity(
        SimpleNamespace(complexity=found, glass={"ensemble": "regular", "p": 3, "degree": 4}, dilution=0.0)
    )
    assert [row[-1] for row in table.rows] == ["0.02846", "-"]
    assert table.title.endswith("bars are statistical, the shift of finite N is in the bar of T_K alone")


def test_a_damaged_instance_counts_as_missing(finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "out")
    path = out / "chains/field/N1200/dilution0.0/sample2.h5"
    image = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        at = file["field_overlap"].id.get_chunk_info(0).byte_offset
    image[at + 100 : at + 200] = bytes(100)
    path.write_bytes(image)
    with pytest.warns(UserWarning, match=r"field integration, instance 2: .*the instance counts as missing"):
        result = gn.find_transition(gn.open_chains(out))
    assert result.complexity.complexity.sizes["instance"] == 3
    assert len(result.damaged) == 1
    assert result.missing == {"/field/N1200/dilution0.0": [2]}
    said = next(item for item in result.evidence if item.key == "completeness")
    assert said.says.startswith("1 sample of 1 node missing, 1 of them damaged: field integration, instance 2")


def test_instances_that_are_not_there_yet_are_missing(finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "out")
    folder = out / "chains/field/N1200/dilution0.0"
    (folder / "sample1.h5").unlink()
    result = gn.find_transition(gn.open_chains(out))
    assert result.missing == {"/field/N1200/dilution0.0": [1]}
    assert not next(item for item in result.evidence if item.key == "completeness").passed
    assert gn.find_transition(gn.open_chains(out), field=Zero()).missing == {}
    for path in folder.glob("sample*.h5"):
        path.unlink()
    empty = gn.find_transition(gn.open_chains(out))
    assert (empty.complexity, empty.missing) == (None, {"/field/N1200/dilution0.0": [0, 1, 2, 3]})


def test_a_zero_below_what_is_asked_for_is_left_out(finished):
    chains = gn.open_chains(finished)
    assert gn.find_transition(chains, above=0.6).complexity is not None
    result = gn.find_transition(chains, above=0.7)
    assert result.complexity is None
    assert "complexity_zero" not in {one.key for one in result.estimates}
    assert saved_field(chains, 0.0, 0.7).result is None


def test_temperatures_are_found_without_theory(asked):
    """Around the exact zero, within 2 %; the same temperatures each time; stored for the next scan."""
    run_file = asked("field = true\n")
    found = field_ladders.temperatures(run_file, 0.0)
    assert found == field_ladders.temperatures(run_file, 0.0)
    assert found[0] < found[3] < found[-1]
    assert abs(found[3] / 0.65448 - 1) < 0.02
    assert (found[0] / found[3], found[-1] / found[3]) == pytest.approx((0.88, 1.06), rel=1e-3)
    with pytest.raises(Interrupted):
        field_ladders.temperatures(run_file, 0.0, pause=lambda: True)


def test_temperatures_do_not_depend_on_the_number_of_instances(asked, run_file, scan, digests, tmp_path):
    """A scan whose instances grow is digit by digit one that was large from the start, with found temperatures too."""
    few, many = (f"field = {{n_weights = 60, instances = {n}, sweeps = 80}}\n" for n in (1, 2))
    found = field_ladders.temperatures(asked(few), 0.0)
    for other in (many, few.replace("= 1", "= 12"), few.replace("80", "160"), few.replace("instances = 1, ", "")):
        assert field_ladders.temperatures(asked(other), 0.0) == found
    scan(run_file(*asking(few)), tmp_path / "grown")
    assert scan(run_file(*asking(many)), tmp_path / "grown")[0] == 0
    scan(run_file(*asking(many)), tmp_path / "large")
    assert digests(tmp_path / "grown") == digests(tmp_path / "large")


def test_no_temperature_where_the_complexity_has_no_zero(asked):
    """R(3, 3), with T_K = 0: the complexity is positive wherever there is a state."""
    found = field_ladders.temperatures(asked("field = true\n", "degree = 4", "degree = 3"), 0.0)
    assert len(found) >= 3
    assert found[0] == field_ladders.COLDEST
    assert found[-1] < 0.7


def test_found_temperatures_are_kept_and_an_interrupted_search_is_repeated(run_file, scan, tmp_path, monkeypatch):
    calls = []

    def found(run_file, dilution, pause):
        calls.append(dilution)
        return [0.4, 0.45, 0.5]

    monkeypatch.setattr(field_ladders, "temperatures", found)
    path = run_file(*asking("field = {n_weights = 60, instances = 2, sweeps = 80}\n"))
    out = tmp_path / "out"
    scan(path, out)
    scan(path, out)
    assert calls == [0.25]
    assert RunDirectory(out).ladders()["field,dilution=0.25"] == [0.4, 0.45, 0.5]
    assert all(not each.differences for each in verify.verify(verify.select(out, 6)))
    assert calls == [0.25]

    def interrupted(*arguments):
        raise Interrupted

    monkeypatch.setattr(field_ladders, "temperatures", interrupted)
    assert scan(path, tmp_path / "other")[0] == 75


def test_a_run_that_is_to_stop_leaves_nothing(asked):
    run_file = asked()
    task = next(task for task in glass_tasks.all_tasks(run_file) if task.field)
    stop = Stop(1e-9)
    time.sleep(0.01)
    with stop:
        saving = type("Saving", (), {"stop": stop})()
        outcome = glass_tasks.run(task, run_file, [0.4, 0.45, 0.5], saving=saving)
    assert (outcome.dataset, outcome.updates) == (None, 0)
