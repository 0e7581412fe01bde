"""Real processes under mpiexec: the same chains whatever the ranks, kills and signals."""

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.watch import status

#: twenty-four tasks of some tens of milliseconds
MORE = ("sweeps = 40", "sweeps = 6000", "samples = 2", "samples = 8", "[12, 24]", "[24]")

LONG = ("[12, 24]", "[24]", "measure_every = 10", "measure_every = 200")
SAVING = ("--checkpoint-every", "0.05")
#: of uninterrupted serial runs of LONG, by the factor of their length
DIGESTS: dict[int, dict] = {}


def wait_for(condition, process=None):
    until = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)


def chain_files(directory):
    return sorted((directory / "chains").rglob("sample*.h5"))


@pytest.fixture
def long(run_file, scan, tmp_path, digests):
    """Run file with 6 tasks of some 0.2 s, times a factor, and the digests of its chains: (factor) -> both."""

    def make(factor=1):
        path = run_file(*LONG, "sweeps = 40", f"sweeps = {100_000 * factor}")
        if factor not in DIGESTS:
            assert scan(path, tmp_path / "serial")[0] == 0
            DIGESTS[factor] = digests(tmp_path / "serial")
        return path, DIGESTS[factor]

    return make


@pytest.mark.parametrize("ranks", [1, 2, 3, 5, 8])
def test_same_chains_on_any_number_of_ranks(run_file, scan, finish, digests, tmp_path, ranks):
    path = run_file()
    scan(path, tmp_path / "serial")
    code, output, errors = finish("scan", path, "--out", "parallel", ranks=ranks)
    assert (code, errors) == (0, "")
    assert output.count("12 tasks, ") == 1
    assert output.endswith("report of parallel\n")
    assert digests(tmp_path / "parallel") == digests(tmp_path / "serial")


@pytest.mark.parametrize("n_kills", [6, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_again_and_again(long, glassnet, finish, digests, tmp_path, n_kills):
    path, expected = long(n_kills // 2)
    out, rng, seen = tmp_path / "killed", random.Random(4), {}
    for kill in range(n_kills):
        process = glassnet("scan", path, *SAVING, "--out", out, ranks=2)
        before = segments(out) | seen.keys()
        wait_for(lambda before=before: (segments(out) | set(chain_files(out))) - before, process)
        time.sleep(rng.uniform(0, 0.1))
        rank_0 = int((out / ".lock").read_text().split()[0])
        others = [rank for rank in ranks_of(out) if rank != rank_0]
        victims = [process.pid, rank_0, *others], [rank_0], others, [process.pid]
        for number in victims[kill % 4]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.wait(timeout=30)
        wait_for(lambda: not ranks_of(out) and not RunDirectory(out).is_running())
        now = {file: file.stat().st_mtime_ns for file in chain_files(out)}
        assert now.items() >= seen.items()
        seen = now
    assert len(seen) < len(expected)
    assert segments(out)
    found = status.status(out)
    assert (found["done"], found["running"], found["failed"]) == (len(seen), 0, 0)
    assert found["paused"] > 0
    code, output, errors = finish("scan", path, "--out", out, ranks=2)
    assert (code, errors) == (0, "")
    before = f" ({len(seen)} of them before)" if seen else ""
    assert f"{len(expected)} tasks{before}, 2 processes" in output
    assert digests(out) == expected
    assert {file: file.stat().st_mtime_ns for file in chain_files(out)}.items() >= seen.items()
    assert not list(out.rglob("*.part")) + list(out.rglob("*.segments"))


def segments(out):
    return set(out.glob("chains/**/*.segments/[0-9]*.h5"))


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


@pytest.mark.parametrize(("ranks", "number"), [(0, signal.SIGINT), (0, signal.SIGUSR1), (2, signal.SIGTERM)])
def test_a_signal_saves_everything(long, glassnet, scan, digests, tmp_path, ranks, number, open_mpi):
    path, expected = long()
    if ranks and open_mpi:
        # its mpiexec takes SIGTERM for an order to kill
        number = signal.SIGUSR1
    out = tmp_path / "stopped"
    process = glassnet("scan", path, *SAVING, "--out", out, ranks=ranks)
    wait_for(lambda: segments(out), process)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (75, "")
    assert "a signal came: saving what is under way" in output
    assert output.endswith("paused with work left, all saved: give the same command again to go on\n")
    found = status.status(out)
    assert found["paused"] <= max(1, ranks)
    assert found["done"] + found["paused"] + found["missing"] == found["total"] == len(expected)
    assert scan(path, out)[0] == 0
    assert digests(out) == expected


def test_one_rank_that_is_told_to_stop_stops_all(long, glassnet, scan, digests, tmp_path):
    path, expected = long()
    out = tmp_path / "stopped"
    process = glassnet("scan", path, *SAVING, "--out", out, ranks=3)
    wait_for(lambda: segments(out), process)
    rank_0 = int((out / ".lock").read_text().split()[0])
    os.kill(next(rank for rank in ranks_of(out) if rank != rank_0), signal.SIGUSR1)
    assert process.wait(timeout=30) == 75
    found = status.status(out)
    assert 0 < found["paused"] <= 3
    assert found["missing"] > 0
    assert scan(path, out)[0] == 0
    assert digests(out) == expected


#: a patience of a second or two
IMPATIENT = """
from glassnet.scan.execute import farm
from glassnet.scan.tasks import heartbeat
farm.PATIENCE, farm.FAREWELL = 1.5, 0.5
heartbeat.BEAT, heartbeat.LOOK = 0.05, 0.2
"""


@pytest.mark.parametrize("stopped", ["another", "rank 0"])
def test_a_stopped_rank_does_not_hold_a_paused_scan(long, glassnet, scan, digests, tmp_path, stopped):
    """What a rank that neither runs nor dies did is lost, but not the time of all others until the job's limit."""
    path, expected = long()
    out = tmp_path / "stopped"
    process = glassnet("scan", path, *SAVING, "--out", out, ranks=3, before=IMPATIENT)
    wait_for(lambda: segments(out), process)
    rank_0 = int((out / ".lock").read_text().split()[0])
    others = [rank for rank in ranks_of(out) if rank != rank_0]
    os.kill(rank_0 if stopped == "rank 0" else others[0], signal.SIGSTOP)
    os.kill(others[1], signal.SIGUSR1)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 75
    reason = "no answer of rank" if stopped == "another" else "rank 0 gives no sign of life; all that is here is saved"
    assert re.search(rf"^paused with work left, rank \d: {reason}", output, re.MULTILINE)
    assert "Traceback" not in errors
    wait_for(lambda: not ranks_of(out) and not RunDirectory(out).is_running())
    assert status.status(out)["running"] == 0
    assert scan(path, out)[0] == 0
    assert digests(out) == expected


@pytest.mark.parametrize("launcher", ["dead", "dead with its daemons"])
def test_an_orphan_saves_and_ends(long, glassnet, scan, digests, tmp_path, launcher):
    """With mpiexec and rank 0 dead nobody tells the others to end."""
    path, expected = long()
    out = tmp_path / "orphaned"
    process = glassnet("scan", path, *SAVING, "--out", out, ranks=3, before=IMPATIENT)
    wait_for(lambda: segments(out), process)
    rank_0 = int((out / ".lock").read_text().split()[0])
    victims = {process.pid, rank_0}
    if launcher == "dead with its daemons":
        victims.add(int(Path(f"/proc/{rank_0}/stat").read_text().rpartition(")")[2].split()[1]))
    for number in sorted(victims):
        os.kill(number, signal.SIGKILL)
    process.wait(timeout=30)
    wait_for(lambda: not ranks_of(out))
    assert scan(path, out)[0] == 0
    assert digests(out) == expected


def test_time_limit(long, finish, scan, digests, tmp_path):
    path, expected = long()
    out = tmp_path / "limited"
    code, output, errors = finish("scan", path, "--time-limit", "0.1", "--out", out, ranks=2)
    assert (code, errors) == (75, "")
    assert "time is up: saving what is under way" in output
    assert scan(path, out)[0] == 0
    assert digests(out) == expected


def test_the_second_signal_ends_at_once(long, glassnet, tmp_path):
    process = glassnet("scan", long()[0], "--out", "out", code=DEAF)
    wait_for(lambda: (tmp_path / "out/deaf").exists(), process)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == -signal.SIGTERM


DEAF = """
import sys, time
from pathlib import Path
from glassnet.scan.tasks import glass_tasks, stop
stop.ECHO = 0.1
def deaf(*arguments):
    Path("out/deaf").touch()
    time.sleep(60)
glass_tasks.run = deaf
from glassnet.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGUSR1, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_during_the_analysis(run_file, glassnet, tmp_path, number, code):
    """Everything is saved by then: Slurm's warning does no harm, and an order to end is followed at once."""
    process = glassnet("scan", run_file(), "--out", "out", code=SLOW_REPORT)
    wait_for(lambda: (tmp_path / "out/analysing").exists(), process)
    process.send_signal(number)
    assert process.wait(timeout=30) == code
    assert status.status(tmp_path / "out")["done"] == 12


SLOW_REPORT = """
import sys, time
from pathlib import Path
from glassnet.scan.report import writing
def write(directory, say):
    Path("out/analysing").touch()
    time.sleep(2)
    say("done")
    return writing.Report("done", [], [])
writing.write = write
from glassnet.cli import main
sys.exit(main())
"""


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
from glassnet.scan.execute import farm
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
