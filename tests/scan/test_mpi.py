"""Real processes under mpiexec: the same chains whatever the ranks, kills and signals."""

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from glassnet.scan import status
from glassnet.scan.directory import RunDirectory

#: twenty-four tasks of some tens of milliseconds
MORE = ("sweeps = 40", "sweeps = 6000", "samples = 2", "samples = 8", "[12, 24]", "[24]")


def wait_for(condition, process=None):
    until = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)


def chain_files(directory):
    return sorted((directory / "chains").rglob("*.h5"))


@pytest.fixture(scope="module")
def expected():
    """Digests of an uninterrupted serial run of MORE, computed by the first test that asks."""
    return {}


@pytest.fixture
def more(run_file, scan, digests, tmp_path, expected):
    """Run file with MORE tasks."""
    path = run_file(*MORE)
    if not expected:
        assert scan(path, tmp_path / "serial")[0] == 0
        expected |= digests(tmp_path / "serial")
    return path


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_same_chains_on_any_number_of_ranks(run_file, scan, finish, digests, tmp_path, ranks):
    path = run_file()
    scan(path, tmp_path / "serial")
    code, output, errors = finish("scan", path, "--out", "parallel", ranks=ranks)
    assert (code, errors) == (0, "")
    assert output.count("12 tasks, ") == 1
    assert output.endswith("report of parallel\n")
    assert digests(tmp_path / "parallel") == digests(tmp_path / "serial")


def test_killed_again_and_again(more, expected, glassnet, finish, digests, tmp_path):
    out, rng, seen = tmp_path / "killed", random.Random(4), {}
    for victim in ("all", "rank 0", "rank 1", "mpiexec"):
        process = glassnet("scan", more, "--out", out, ranks=2)
        before = len(chain_files(out))
        wait_for(lambda before=before: len(chain_files(out)) > before, process)
        time.sleep(rng.uniform(0, 0.05))
        rank_0 = int((out / ".lock").read_text().split()[0])
        others = [rank for rank in ranks_of(out) if rank != rank_0]
        victims = {
            "all": [process.pid, rank_0, *others],
            "rank 0": [rank_0],
            "rank 1": others,
            "mpiexec": [process.pid],
        }
        for number in victims[victim]:
            os.kill(number, signal.SIGKILL)
        process.wait(timeout=30)
        wait_for(lambda: not ranks_of(out))
        now = {file: file.stat().st_mtime_ns for file in chain_files(out)}
        assert now.items() >= seen.items()
        seen = now
    assert len(seen) < len(expected)
    code, output, _ = finish("scan", more, "--out", out, ranks=2)
    assert code == 0
    assert f"{len(expected)} tasks ({len(seen)} of them before), 2 processes" in output
    assert digests(out) == expected
    assert {file: file.stat().st_mtime_ns for file in chain_files(out)}.items() >= seen.items()
    assert not list(out.rglob("*.part"))


def ranks_of(out):
    """Processes that scan into `out`, launchers aside."""
    if Path("/proc/self").exists():
        commands = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                commands[entry.name] = (entry / "cmdline").read_text().replace("\0", " ")
    else:
        listing = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True).stdout
        commands = dict(line.split(maxsplit=1) for line in listing.splitlines())
    ours = {pid: words.split() for pid, words in commands.items() if words.rstrip().endswith(str(out))}
    return [int(pid) for pid, words in ours.items() if "python" in words[0]]


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_signal_ends_politely(more, expected, glassnet, scan, digests, tmp_path, ranks):
    process = glassnet("scan", more, "--out", tmp_path / "stopped", ranks=ranks)
    wait_for(lambda: chain_files(tmp_path / "stopped"), process)
    process.send_signal(signal.SIGTERM if ranks else signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 75
    assert output.endswith("paused with work left: give the same command again to go on\n")
    assert 0 < len(digests(tmp_path / "stopped")) < len(expected)
    assert scan(more, tmp_path / "stopped")[0] == 0
    assert digests(tmp_path / "stopped") == expected


def test_a_failing_task_does_not_hold_the_others(run_file, finish, scan, digests, tmp_path):
    path = run_file()
    (tmp_path / "out/chains").mkdir(parents=True)
    (tmp_path / "out/run.toml").write_text(path.read_text())
    (tmp_path / "out/chains/N12").write_text("in the way")
    code, output, errors = finish("scan", path, "--out", "out", ranks=2)
    assert code == 1
    assert "6 of 12 tasks failed, see out/failed" in errors
    assert "Traceback" not in errors
    assert output.count("failed: N=12,dilution=") == 6
    found = status.status(tmp_path / "out")
    assert (found["done"], found["failed"], found["missing"]) == (6, 6, 0)
    text = (tmp_path / "out/failed/N12-dilution0.25-planted0.8-sample1.txt").read_text()
    assert text.startswith("N=12,dilution=0.25,planted=0.8,sample=1\n")
    assert "NotADirectoryError" in text
    (tmp_path / "out/chains/N12").unlink()
    assert scan(path, tmp_path / "out")[0] == 0
    assert not list((tmp_path / "out/failed").iterdir())
    scan(path, tmp_path / "serial")
    assert digests(tmp_path / "out") == digests(tmp_path / "serial")


BUG = """
import sys
from glassnet.scan import farm
if farm.launched()[1] == 1:
    def follow(*arguments):
        raise ZeroDivisionError("a bug in the farm")
    farm.follow = follow
from glassnet.cli import main
sys.exit(main())
"""


def test_a_bug_in_one_rank_ends_the_job(run_file, finish):
    code, _, errors = finish("scan", run_file(*MORE), ranks=2, code=BUG)
    assert code not in (0, 2, 75)
    assert "ZeroDivisionError: a bug in the farm" in errors


def test_mistakes_are_told_once_to_all_ranks(run_file, finish, tmp_path):
    code, output, errors = finish("scan", run_file("seed = 7", "sed = 7"), ranks=2)
    assert code == 2
    assert output == ""
    assert sorted(line.rpartition("run.toml: ")[2] for line in errors.splitlines()) == [
        "sed: unknown key, did you mean seed?",
        "seed: is missing",
    ]
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.toml"]


def test_second_scan_of_a_directory_is_refused(run_file, finish, tmp_path):
    path = run_file()
    with RunDirectory(tmp_path / "out").locked():
        code, output, errors = finish("scan", path, "--out", "out")
    assert (code, output) == (2, "")
    assert f"out: another scan is running here (process {os.getpid()} on " in errors
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == [".lock"]
    assert finish("scan", path, "--out", "out")[0] == 0


def test_copies_of_a_serial_scan_are_told_apart(run_file, finish, tmp_path):
    path = run_file()
    code, _, errors = finish("scan", path, PMI_SIZE="2", PMI_RANK="0", code=WITHOUT_MPI)
    assert code == 2
    assert "the launcher started 2 processes, but mpi4py cannot be used" in errors
    assert finish("scan", path, PMI_SIZE="2", PMI_RANK="1", code=WITHOUT_MPI) == (2, "", "")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.toml"]


WITHOUT_MPI = """
import sys
sys.modules["mpi4py"] = None
from glassnet.cli import main
sys.exit(main())
"""
