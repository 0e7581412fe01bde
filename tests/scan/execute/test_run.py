import errno
import itertools
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from glassnet.chains import content, segment
from glassnet.cli import main
from glassnet.sampling import tempering
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.directory.survey import survey as survey_of
from glassnet.scan.execute import run
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks, stop
from glassnet.scan.tasks.stop import Stop
from glassnet.scan.watch import status


def stamps(directory):
    return {path: path.stat().st_mtime_ns for path in (directory / "chains").rglob("sample*.h5")}


def test_the_order_of_tasks_changes_no_chain(run_file, scan, digests, tmp_path, monkeypatch):
    path = run_file()
    scan(path, tmp_path / "longest first")
    expected = digests(tmp_path / "longest first")
    for seed in range(5):
        costs = iter(np.random.default_rng(seed).permutation(12) + 1.0)
        monkeypatch.setattr(glass_tasks, "cost", lambda *_, costs=costs: next(costs))
        scan(path, tmp_path / f"order {seed}")
        assert digests(tmp_path / f"order {seed}") == expected


def test_second_time_recomputes_nothing(run_file, scan, tmp_path, monkeypatch):
    path, out = run_file(), tmp_path / "out"
    code, output = scan(path, out)
    assert code == 0
    assert "12 tasks, 1 process" in output
    assert output.endswith(f"report of {out}\n")
    before = stamps(out)
    monkeypatch.setattr(glass_tasks, "run", None)
    code, output = scan(path, out)
    assert code == 0
    assert "all 12 tasks were done before" in output
    assert output.endswith(f"report of {out}\n")
    assert stamps(out) == before


def test_grown_scan_is_the_large_scan(run_file, scan, digests, tmp_path):
    large = ("samples = 2", "samples = 3", "[12, 24]", "[24, 12]", "[0.25]", "[0.25, 0.0]", "[0.6, 0.8]", "[0.5, 0.6]")
    more = ("sweeps = 40", "sweeps = 70", "symmetric = true", "symmetric = true\nplanted_samples = 1")
    small = ("[12, 24]", "[24]", "[0.6, 0.8]", "[0.6]", "samples = 2", "samples = 1")
    scan(run_file(*small), tmp_path / "grown")
    code, output = scan(run_file(*large, *more), tmp_path / "grown")
    assert code == 0
    assert "20 tasks, 1 process" in output
    scan(run_file(*large, *more), tmp_path / "large")
    assert digests(tmp_path / "grown") == digests(tmp_path / "large")
    with pytest.raises(UserError, match=r"samples: 1 here, but .* was begun with 3; it may only grow"):
        scan(run_file(*small), tmp_path / "grown")


def test_finished_tasks_are_not_touched_when_samples_grow(run_file, scan, tmp_path):
    scan(run_file(), tmp_path / "out")
    before = stamps(tmp_path / "out")
    code, output = scan(run_file("samples = 2", "samples = 3"), tmp_path / "out")
    assert code == 0
    assert "18 tasks (12 of them before), 1 process" in output
    after = stamps(tmp_path / "out")
    assert len(after) == 18
    assert after.items() > before.items()


def test_order_of_lists_does_not_matter(run_file, scan, digests, tmp_path):
    scan(run_file(), tmp_path / "a")
    scan(run_file("[12, 24]", "[24, 12]", "[0.6, 0.8]", "[0.8, 0.6]"), tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    scan(run_file("seed = 7", "seed = 8"), tmp_path / "c")
    assert not set(digests(tmp_path / "a").values()) & set(digests(tmp_path / "c").values())


@pytest.mark.parametrize("damage", ["truncate", "flip", "zero", "empty"])
def test_damaged_chain_is_set_aside_and_run_again(run_file, scan, digests, tmp_path, capsys, damage):
    path, out = run_file(), tmp_path / "out"
    scan(path, out)
    expected = digests(out)
    victim = out / "chains/N24/dilution0.25/planted0.6/sample1.h5"
    image = bytearray(victim.read_bytes())
    with content.opened(victim) as file:
        place = file["energy"].id.get_chunk_info(0).byte_offset + 20
    if damage == "flip":
        image[place] ^= 4
    elif damage == "zero":
        image[place - 20 : place + 200] = bytes(220)
    else:
        image = image[: len(image) // 2 if damage == "truncate" else 0]
    victim.write_bytes(image)
    code = scan(path, out)[0]
    assert code == 0
    assert digests(out) == expected
    assert victim.with_name("sample1.h5.damaged").read_bytes() == image


@pytest.mark.parametrize("name", ["EMFILE", "ESTALE", "EIO", "EACCES"])
def test_what_cannot_be_read_now_is_not_damaged(run_file, scan, tmp_path, monkeypatch, name):
    path, out, number = run_file(), tmp_path / "out", getattr(errno, name)
    scan(path, out)
    before = stamps(out)

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(content.h5py, "File", refuse)
        with pytest.raises(UserError, match=f"sample0.h5: {os.strerror(number)}"):
            run.scan(path, out)
    assert stamps(out) == before
    assert not list(out.rglob("*.damaged"))


def test_chains_of_a_newer_release_are_left_alone(run_file, scan, tmp_path):
    path, out = run_file(), tmp_path / "out"
    scan(path, out)
    with content.h5py.File(next(iter(stamps(out))), "r+") as file:
        file.attrs["format"] = 99
    before = stamps(out)
    with pytest.raises(UserError, match=r"written by a newer glassnet \(chain format 99"):
        run.scan(path, out)
    assert stamps(out) == before


def test_pilots_of_ladders_can_be_interrupted(run_file, scan, digests, tmp_path, monkeypatch):
    path, out = run_file("n = 4}", 'n = 4, spacing = "adaptive"}'), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(tempering, "STRETCH", 1)
        patch.setattr(run, "Stop", lambda seconds: Stop(seconds=250, clock=itertools.count().__next__))
        code, output = scan(path, out)
    assert (code, output.strip()) == (75, "paused with work left, all saved: give the same command again to go on")
    assert len(RunDirectory(out).ladders()) == 1
    assert scan(path, out)[0] == 0
    scan(path, tmp_path / "whole")
    assert digests(out) == digests(tmp_path / "whole")


def test_a_directory_that_cannot_be_written(run_file, finish, scan, tmp_path):
    path, out = run_file(), tmp_path / "out"
    scan(path, out)
    before = stamps(out)
    mount = f"mount --bind {out} {out} && mount -o remount,ro,bind {out}"
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "sh", "-c", mount]).returncode:
        pytest.skip("nothing can be mounted here")
    command = f"{mount} && {sys.executable} -P -m glassnet scan {path} --out {out}"
    found = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert found.returncode == 2
    assert found.stderr == f"glassnet: {out}/.lock: Read-only file system\n"
    assert stamps(out) == before


def test_damage_is_warned_of(run_file, tmp_path, finish, scan):
    path = run_file()
    scan(path, tmp_path / "out")
    victim = tmp_path / "out/chains/N24/dilution0.25/planted0.6/sample1.h5"
    victim.write_bytes(victim.read_bytes()[:-1])
    code, output, errors = finish("scan", path, "--out", "out")
    assert code == 0
    assert "12 tasks (11 of them before)" in output
    (line,) = errors.splitlines()
    assert line.startswith("warning: out/chains/N24/dilution0.25/planted0.6/sample1.h5: truncated or damaged")
    assert line.endswith("; kept as sample1.h5.damaged and run again")


def test_status_counts(run_file, scan, tmp_path):
    path, out = run_file(), tmp_path / "out"
    scan(path, out)
    (out / "chains/N24/dilution0.25/sample1.h5").unlink()
    bad = out / "chains/N12/dilution0.25/sample0.h5"
    bad.write_bytes(b"")
    report = status.status(out)
    assert [report[name] for name in ("total", "done", "missing", "failed", "running")] == [12, 10, 2, 0, 0]
    node = report["nodes"]["N24/dilution0.25"]
    assert node == {"total": 2, "done": 1, "running": 0, "paused": 0, "failed": 0, "missing": 1}
    assert (report["updates_per_ns"], report["expected_end"]) == (None, None)
    assert len(report["damaged"]) == 1
    text = status.table(report)
    assert "damaged, run again by the next scan" in text
    assert text.splitlines()[0].split() == ["node", "total", "done", "running", "paused", "failed", "missing"]
    with pytest.raises(UserError, match=r"nowhere: no such directory"):
        status.status(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"not a run directory of glassnet: no run\.toml"):
        status.status(out / "chains")


def test_status_of_a_grown_run_file_counts_short_chains_as_missing(run_file, scan, tmp_path):
    scan(run_file(), tmp_path / "out")
    RunDirectory(tmp_path / "out").describe(parse(run_file("sweeps = 40", "sweeps = 60").read_text(), "a"))
    report = status.status(tmp_path / "out")
    assert (report["done"], report["missing"]) == (0, 12)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_status_while_running(run_file, scan, tmp_path, monkeypatch):
    """What the status is in the middle of a task, asked by another process."""
    seen = []
    run = glass_tasks.run

    def watched(task, asked, ladder, existing, progress, saving):
        def look(done, total):
            progress(done, total)
            if task == glass_tasks.Task(12, 0.25, 1, 0.8) and not seen:
                reader, writer = os.pipe()
                if os.fork() == 0:
                    os.write(writer, json.dumps(status.status(tmp_path / "out")).encode())
                    os._exit(0)
                os.wait()
                seen.append(json.loads(os.read(reader, 100_000)))

        return run(task, asked, ladder, existing, look, saving)

    monkeypatch.setattr(glass_tasks, "run", watched)
    monkeypatch.setattr("glassnet.scan.execute.farm.BUSY", 0.0)
    monkeypatch.setattr("glassnet.scan.execute.progress.NOTE_INTERVAL", 0.0)
    assert scan(run_file(), tmp_path / "out")[0] == 0
    (report,) = seen
    assert report["done"] + report["missing"] == 11
    assert (report["running"], report["failed"]) == (1, 0)
    assert report["updates_per_ns"] > 0
    assert report["expected_end"].startswith("20")
    assert "expected end" in status.table(report)


def test_dry_run_counts_and_touches_nothing(run_file, scan, tmp_path):
    path, out = run_file(), tmp_path / "out"
    text = status.dry_run(path, out)
    assert f"12 of 12 tasks to do in {out}" in text
    assert not out.exists()
    scan(path, out)
    victim = out / "chains/N12/dilution0.25/sample0.h5"
    victim.write_bytes(b"")
    before = {entry: entry.stat().st_mtime_ns for entry in out.rglob("*")}
    text = status.dry_run(run_file("samples = 2", "samples = 3"), out)
    assert f"7 of 18 tasks to do in {out}" in text
    assert "damaged, would be run again: " in text
    assert {entry: entry.stat().st_mtime_ns for entry in out.rglob("*")} == before
    with pytest.raises(UserError, match="seed: 9 here"):
        status.dry_run(run_file("seed = 7", "seed = 9"), out)


def test_chains_carry_what_reproduces_them(run_file, scan, tmp_path):
    path = run_file()
    scan(path, tmp_path / "out")
    found = segment.read(tmp_path / "out/chains/N24/dilution0.25/planted0.8/sample1.h5")
    attrs = found.dataset.attrs
    assert attrs["run_file"] == path.read_text()
    assert (attrs["seed"], attrs["task"]) == (7, "N=24,dilution=0.25,planted=0.8,sample=1")
    assert (attrs["sweeps"], attrs["thermalization"], attrs["measure_every"]) == (40, 20, 10)
    assert attrs["glass_digest"] == found.glass.digest
    assert attrs["planted_energy"] == found.glass.energy(found.glass.planted)
    assert found.glass.recipe["planted"]["unsatisfied"] == "fixed"
    assert set(found.runtime) == {"host", "process", "seconds", "updates", "finished", "instruction_set", "versions"}


def test_full_disk_fails_tasks_and_keeps_what_is_there(run_file, finish, scan, digests, tmp_path):
    path = run_file()
    code, output, errors = finish("scan", path, "--out", "out", code=SMALL_FILES)
    assert code == 1
    assert "12 of 12 tasks failed" in errors
    assert output.count("File too large (writing") == 12
    assert scan(path, tmp_path / "out")[0] == 0
    assert len(digests(tmp_path / "out")) == 12


def test_segments_that_do_not_fit_cost_a_warning(run_file, finish, scan, digests, tmp_path):
    """No file of more than 8 kB: every segment is refused, then every chain; no crash, nothing half is left."""
    path = run_file("[12, 24]", "[24]", "sweeps = 40", "sweeps = 20000", "measure_every = 10", "measure_every = 100")
    code, output, errors = finish("scan", path, "--checkpoint-every", "0.001", "--out", "out", code=SMALL_FILES)
    assert code == 1
    warnings = [line for line in errors.splitlines() if line.endswith("goes on and tries again in 0.001 s")]
    assert all("File too large (writing" in line and ".segments/000001.h5" in line for line in warnings)
    assert len(warnings) >= output.count("File too large (writing") == 6
    assert not list((tmp_path / "out").rglob("*.h5")) + list((tmp_path / "out").rglob("*.part"))
    assert scan(path, tmp_path / "out")[0] == 0
    scan(path, tmp_path / "serial")
    assert digests(tmp_path / "out") == digests(tmp_path / "serial")


def test_a_full_file_system(run_file, scan, digests, tmp_path):
    """A file system of 200 kB that fills during the scan: what was finished stays, the rest is computed elsewhere."""
    path, out, kept = run_file(), tmp_path / "out", tmp_path / "kept"
    out.mkdir()
    mount = f"mount -t tmpfs -o size=200k none {out}"
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "sh", "-c", mount]).returncode:
        pytest.skip("no small file system can be mounted here")
    command = f"{sys.executable} -P -c '{FULL}' scan {path} --out {out}"
    script = f"{mount} && {command}; code=$?; cp -r {out} {kept}; exit $code"
    found = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    assert "of 12 tasks failed" in found.stderr
    assert "No space left on device (writing" in found.stdout
    assert "Traceback" not in found.stderr
    before = digests(kept)
    assert 0 < len(before) < 12
    assert scan(path, kept)[0] == 0
    scan(path, tmp_path / "serial")
    assert before.items() <= digests(kept).items()
    assert digests(kept) == digests(tmp_path / "serial")


FULL = """
import sys
from glassnet.scan.report import writing
writing.write = lambda directory, say: writing.Report("", [], [])
from glassnet.cli import main
sys.exit(main())
"""

SMALL_FILES = """
import resource, sys
from glassnet.scan.report import writing
writing.write = lambda directory, say: say(f"report of {directory}") or writing.Report("", [], [])
from glassnet.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("limit", "end", "left"),
    [(None, "", np.inf), (50.0, "", 50.0), (None, 3600, 3540), (50.0, 3600, 50.0), (9000.0, 3600, 3540), (None, 30, 0)],
)
def test_how_long_a_scan_may_run(monkeypatch, limit, end, left):
    monkeypatch.setattr(stop.time, "time", lambda: 1e9)
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(end and 10**9 + end))
    assert stop.time_left(limit) == left


def test_the_end_of_a_job_that_is_over_does_not_count(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_END_TIME", "1000000000")
    assert stop.time_left(None) == np.inf


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_times_must_be_positive(run_file, seconds, capsys):
    for option in ("--time-limit", "--checkpoint-every"):
        with pytest.raises(SystemExit, match="2"):
            main(["scan", str(run_file()), f"{option}={seconds}"])
        assert f"{option}: must be a positive number of seconds, got {seconds}" in capsys.readouterr().err


def test_paused_tasks_are_counted_and_cost_less(run_file, scan, tmp_path, monkeypatch):
    path, out = run_file(), tmp_path / "out"
    monkeypatch.setattr(tempering, "STRETCH", 1)
    monkeypatch.setattr(run, "Stop", lambda seconds: Stop(seconds=40, clock=itertools.count().__next__))
    code, output = scan(path, out)
    assert code == 75
    assert "time is up: saving what is under way" in output
    assert "1 interrupted and saved" in output
    report = status.status(out)
    assert (report["paused"], report["running"], report["done"] + report["missing"]) == (1, 0, 11)
    run_file_now = RunDirectory(out).run_file()
    every_task = glass_tasks.all_tasks(run_file_now)
    survey = survey_of(RunDirectory(out), every_task, run_file_now)
    ((number, reached),) = survey.reached.items()
    assert 0 < reached < 60
    whole = glass_tasks.updates(every_task[number], run_file_now)
    assert glass_tasks.updates(every_task[number], run_file_now, reached) == whole * (60 - reached) / 60


def test_leftovers_of_finished_tasks_are_removed(run_file, scan, tmp_path):
    path, out = run_file(), tmp_path / "out"
    scan(path, out)
    leftover = out / "chains/N24/dilution0.25/sample1.segments/000003.h5"
    leftover.parent.mkdir()
    leftover.touch()
    before = stamps(out)
    assert scan(path, out)[0] == 0
    assert not leftover.parent.exists()
    assert stamps(out) == before
