"""Watching a run: counts by size and dilution, work done, a first look at equilibrium; and nothing is touched."""

import itertools
import json
import os
import re
import socket
from pathlib import Path

import numpy as np
import pytest

from glassnet.chains import segment, shards
from glassnet.sampling import tempering
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.directory.survey import survey as survey_of
from glassnet.scan.execute import run
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.tasks.stop import Stop
from glassnet.scan.watch import equilibrium, status


@pytest.fixture
def finished(run_file, scan, tmp_path):
    """Directory of a finished scan of 8 tasks with 40 draws each."""
    out = tmp_path / "out"
    assert scan(run_file("sweeps = 40", "sweeps = 400", "[0.6, 0.8]", "[0.6]"), out)[0] == 0
    return out


def rewrite(path, change):
    """Change the energies (draw, temperature, replica) of a chain file."""
    found = segment.read(path)
    energy = found.dataset["energy"]
    found.dataset["energy"] = energy.copy(data=change(energy.values.copy()))
    segment.write(path, found.dataset, found.glass, found.state, found.runtime)


def settled(energy):
    """Independent energies."""
    return np.random.default_rng(3).integers(-9, 9, energy.shape).astype(energy.dtype)


def drifting(energy):
    """The same, and steps down in the middle."""
    values = settled(energy)
    values[len(values) // 2 :] -= 12
    return values


@pytest.fixture
def all_settled(run_file, scan, tmp_path):
    """The same with 4 tasks, whose energies were never so independent."""
    out = tmp_path / "out"
    assert scan(run_file("sweeps = 40", "sweeps = 400", "[0.6, 0.8]", "[0.6]", "[12, 24]", "[24]"), out)[0] == 0
    for path in out.rglob("sample*.h5"):
        rewrite(path, settled)
    return out


def stamps(directory):
    return {entry: (entry.stat().st_mtime_ns, entry.stat().st_size) for entry in directory.rglob("*")}


def test_a_line_per_size_and_dilution(finished):
    before = stamps(finished)
    report = status.status(finished)
    assert stamps(finished) == before
    assert json.loads(json.dumps(report)) == report
    assert report["work_done"] == 1.0
    lines = [line.split() for line in status.table(report).splitlines()]
    assert lines[1:4] == [
        ["N12/dilution0.25", "4", "4", "0", "0", "0", "0"],
        ["N24/dilution0.25", "4", "4", "0", "0", "0", "0"],
        ["all", "8", "8", "0", "0", "0", "0"],
    ]


def test_work_done_counts_what_is_saved(run_file, scan, tmp_path, monkeypatch):
    path, out = run_file(), tmp_path / "out"
    monkeypatch.setattr(tempering, "STRETCH", 1)
    monkeypatch.setattr(run, "Stop", lambda seconds: Stop(seconds=40, clock=itertools.count().__next__))
    assert scan(path, out)[0] == 75
    report = status.status(out)
    assert report["paused"] == 1
    run_file_now = RunDirectory(out).run_file()
    every_task = glass_tasks.all_tasks(run_file_now)
    survey = survey_of(RunDirectory(out), every_task, run_file_now)
    ((begun, reached),) = survey.reached.items()
    costs = [glass_tasks.cost(task, run_file_now) for task in every_task]
    expected = (sum(costs[number] for number in survey.done) + costs[begun] * reached / 60) / sum(costs)
    assert report["work_done"] == pytest.approx(expected)
    assert 0 < expected < 1
    assert f"{100 * expected:.1f} % of the work is done and saved" in status.table(report)


def test_failed_tasks_are_named_and_many_are_counted(run_file, scan, tmp_path, monkeypatch):
    monkeypatch.setattr(glass_tasks, "run", lambda *_: 1 / 0)
    out = tmp_path / "out"
    assert scan(run_file("samples = 2", "samples = 3"), out)[0] == 1
    report = status.status(out)
    assert (report["failed"], report["missing"], report["work_done"]) == (18, 0, 0.0)
    lines = status.table(report).splitlines()
    assert sum(line.startswith("failed: N=") for line in lines) == 12
    assert lines[-1] == "  and 6 more"


@pytest.fixture
def at_work(run_file, scan, tmp_path, monkeypatch):
    """A run of 12 tasks of which 5 are done, held as by a scan: note(**facts) leaves word as it would, then counts."""
    out = tmp_path / "out"
    assert scan(run_file(), out)[0] == 0
    for path in sorted(out.rglob("sample*.h5"))[5:]:
        path.unlink()
    directory = RunDirectory(out)
    (out / "progress.json").unlink()
    monkeypatch.setattr(RunDirectory, "is_running", lambda _: True)

    def counts(**facts):
        if facts:
            directory.note({"updates_per_ns": 1.0, "seconds_left": 100.0} | facts)
        return status.status(out)

    return counts


def test_tasks_run_while_a_scan_does(at_work):
    """Whatever it noted last: tasks that took less than the time between two notes are over, and others run."""
    assert at_work()["running"] == 0
    left = "N=24,dilution=0.25,planted=0.8,sample=0"
    over = "N=12,dilution=0.25,sample=0"
    found = at_work(running=[left, over], workers=2, failed=0)
    assert (found["running"], found["done"], found["missing"]) == (2, 5, 5)
    assert found["nodes"]["N24/dilution0.25/planted0.8"]["running"] == 1
    assert at_work(running=[], workers=3, failed=0)["running"] == 3
    assert at_work(running=[over], workers=64, failed=2)["running"] == 5
    # the longest first, as the scan itself
    assert at_work(running=[], workers=1, failed=0)["nodes"]["N24/dilution0.25"]["running"] == 1


def test_word_of_a_scan_that_was_killed_is_not_believed(at_work):
    at_work(running=[], workers=3, failed=0)
    found = at_work(running=[], workers=3, failed=0)
    (Path(found["directory"]) / ".lock").write_text("1 on another")
    found = at_work()
    assert (found["running"], found["expected_end"]) == (0, None)


def test_the_end_is_told_in_words(at_work):
    report = at_work(running=[], workers=1, failed=0, seconds_left=425.0)
    assert re.search(
        r"\nrunning at 1.00 updates/ns, expected end in 7 min \(.*[0-9]{2}:[0-9]{2}\)$", status.table(report)
    )
    report = at_work(running=[], workers=1, failed=0, seconds_left=None)
    assert "running, expected end not known before the first tasks are done" in status.table(report)


def test_a_scan_on_another_node_is_known_by_its_touch(finished):
    """Where a lock ends at the node of its owner."""
    directory = RunDirectory(finished)
    assert not directory.is_running()
    directory.lock.write_text("1 on another")
    assert directory.is_running()
    os.utime(directory.lock, (0, 0))
    assert not directory.is_running()
    directory.lock.write_text(f"1 on {socket.gethostname()}")
    assert not directory.is_running()


def test_samples_in_equilibrium_are_counted(all_settled):
    report = status.status(all_settled)
    assert report["equilibration"] == {"looked_at": 4, "warnings": []}
    assert status.table(report).splitlines()[-1] == "equilibrium: energies of 4 of 4 finished samples looked at, 0 fail"


def test_a_drift_is_told(all_settled):
    rewrite(all_settled / "chains/N24/dilution0.25/sample1.h5", drifting)
    before = stamps(all_settled)
    report = status.status(all_settled)
    assert stamps(all_settled) == before
    warnings = report["equilibration"]["warnings"]
    assert {(warning["node"], warning["sample"]) for warning in warnings} == {("N24/dilution0.25", 1)}
    assert any(warning["reason"].startswith("energy drifts at T = ") for warning in warnings)
    text = status.table(report)
    assert "4 of 4 finished samples looked at, 1 fail" in text
    assert "  N24/dilution0.25 sample 1: energy drifts at T = inf" in text


def test_of_planted_nodes_the_planting_temperature_counts(all_settled):
    def above(energy):
        energy[:, 1:] = drifting(energy[:, 1:])
        energy[:, :1] = settled(energy[:, :1])
        return energy

    victim = all_settled / "chains/N24/dilution0.25/planted0.6/sample1.h5"
    rewrite(victim, above)
    assert status.status(all_settled)["equilibration"]["warnings"] == []
    rewrite(victim, drifting)
    found = status.status(all_settled)["equilibration"]["warnings"]
    assert {(warning["node"], warning["sample"]) for warning in found} == {("N24/dilution0.25/planted0.6", 1)}


@pytest.fixture
def opened(monkeypatch):
    """Chains a look opens, in order."""
    names, read = [], equilibrium.energies_of

    def watched(directory, task):
        names.append((task.folder, task.sample))
        return read(directory, task)

    monkeypatch.setattr(equilibrium, "energies_of", watched)
    return names


def test_a_look_is_bounded(opened, tmp_path):
    """At most 8 samples of a node, the last ones first and all nodes in turn, and none after the time is up."""
    finished = {
        f"N{size}/dilution0.0": [glass_tasks.Task(size, 0.0, sample) for sample in range(n_samples)]
        for size, n_samples in ((12, 3), (24, 1000))
    }
    look = equilibrium.look(RunDirectory(tmp_path), finished)
    assert look == equilibrium.Look(0, [])
    assert opened[:4] == [
        ("N12/dilution0.0", 2),
        ("N24/dilution0.0", 999),
        ("N12/dilution0.0", 1),
        ("N24/dilution0.0", 998),
    ]
    assert len(opened) == 3 + 8
    opened.clear()
    equilibrium.look(RunDirectory(tmp_path), finished, seconds=3.5, clock=itertools.count().__next__)
    assert len(opened) == 3


def test_long_chains_are_thinned_and_short_ones_left_out(all_settled, monkeypatch):
    directory, task = RunDirectory(all_settled), glass_tasks.Task(24, 0.25, 1)
    monkeypatch.setattr(equilibrium, "DRAWS", 16)
    whole = segment.read(directory.chain(task)).dataset["energy"].values
    assert np.array_equal(equilibrium.energies_of(directory, task)["energy"].values, whole[::3])
    monkeypatch.setattr(equilibrium, "FEWEST", 41)
    assert equilibrium.energies_of(directory, task) is None
    assert status.status(all_settled)["equilibration"] == {"looked_at": 0, "warnings": []}


def test_a_chain_that_is_gone_is_passed_over(all_settled):
    directory = RunDirectory(all_settled)
    finished = {"N24/dilution0.25": [glass_tasks.Task(24, 0.25, sample) for sample in range(2)]}
    (all_settled / "chains/N24/dilution0.25/sample1.h5").unlink()
    assert equilibrium.look(directory, finished).looked_at == 1


def test_what_is_no_file_is_not_waited_for(finished):
    path = min(finished.rglob("sample*.h5"))
    path.unlink()
    os.mkfifo(path)
    (line,) = status.status(finished)["damaged"]
    assert str(path) in line and "FIFO" in line


def test_sweeps_are_read_once_from_every_format(finished, monkeypatch):
    """The energies would be looked at by another way."""
    monkeypatch.setattr(equilibrium, "look", lambda *_: equilibrium.Look(0, []))
    monkeypatch.setattr(shards, "follow", None)
    assert status.status(finished)["done"] == 8


def test_damaged_records_are_told(finished):
    path = finished / "nodes.json"
    path.write_text(path.read_text().replace('"samples": 2', '"samples": 3', 1))
    (line,) = status.status(finished)["damaged"]
    assert line.startswith(f"{path}: damaged")
