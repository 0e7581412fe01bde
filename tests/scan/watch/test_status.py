"""Watching a run: counts by size and dilution, work done; and nothing is touched."""

import itertools
import json
import os
import re
import socket
from pathlib import Path

import pytest

from glassnet.chains import shards
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


def test_a_line_per_size_and_dilution(finished, stamps):
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
