"""Scans whose blocks are small: merged while they run, killed, damaged, grown; always the chains of other scans."""

import contextlib
import json
import os
import random
import signal
import time

import pytest
import xarray as xr

import glassnet as gn
from glassnet import cli
from glassnet.chains import shards
from glassnet.chains.content import ChainError
from glassnet.cli import main
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.directory.survey import survey as survey_of
from glassnet.scan.execute import run
from glassnet.scan.report import writing
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.watch import status

#: one node of 7 tasks, three to a shard
SEVEN = ("samples = 2", "samples = 7", "planted = [0.6, 0.8]\nsymmetric = true\n", "", "[12, 24]", "[24]")
FOLDER = "chains/N24/dilution0.25"
#: in another process
BLOCKS = """
import sys
from glassnet.chains import shards
from glassnet.scan.report import writing
writing.write = lambda directory, say: say(f"report of {directory}") or writing.Report("", [], [])
shards.BLOCK = 3
from glassnet.cli import main
sys.exit(main())
"""


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(shards, "BLOCK", 3)


@pytest.fixture
def expected(run_file, scan, digests, tmp_path):
    """Digests of the chains of a run that keeps a file for each: (what to replace in the run file) -> digests."""

    def make(*pairs):
        scan(run_file(*pairs), tmp_path / "files")
        assert not list((tmp_path / "files").rglob("*.zip"))
        return digests(tmp_path / "files")

    return make


def names(directory):
    return sorted(entry.name for entry in (directory / FOLDER).iterdir())


def test_small_runs_keep_their_files(run_file, scan, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "BLOCK", 7)
    scan(run_file(*SEVEN), tmp_path / "out")
    assert names(tmp_path / "out") == [f"sample{sample}.h5" for sample in range(7)]


def test_merged_while_it_runs(run_file, scan, digests, expected, tmp_path, monkeypatch):
    whole, out, seen, perform = expected(*SEVEN), tmp_path / "out", [], run.perform
    monkeypatch.setattr(shards, "BLOCK", 3)

    def watched(*arguments):
        ended = perform(*arguments)
        seen.append(
            (len(names(out)), gn.open_chains(out)["/N24/dilution0.25"].sizes["sample"], status.status(out)["done"])
        )
        return ended

    monkeypatch.setattr(run, "perform", watched)
    assert scan(run_file(*SEVEN), out)[0] == 0
    assert seen == [(1, 1, 1), (2, 2, 2), (1, 3, 3), (2, 4, 4), (3, 5, 5), (2, 6, 6), (3, 7, 7)]
    assert names(out) == ["samples0-2.zip", "samples3-5.zip", "samples6-8.zip"]
    assert digests(out) == whole
    stamps = {path: path.stat().st_mtime_ns for path in (out / FOLDER).iterdir()}
    monkeypatch.setattr(glass_tasks, "run", None)
    assert "all 7 tasks were done before" in scan(run_file(*SEVEN), out)[1]
    assert {path: path.stat().st_mtime_ns for path in (out / FOLDER).iterdir()} == stamps


def test_killed_while_blocks_are_merged(run_file, glassnet, finish, digests, expected, tmp_path):
    """Three ranks, killed while tasks end and blocks are merged all the time."""
    text = ("samples = 2", "samples = 20", *SEVEN[2:])
    whole, out, rng = expected(*text), tmp_path / "out", random.Random(5)
    path, n_before = run_file(*text), 0
    for _ in range(2):
        process = glassnet("scan", path, "--out", out, ranks=3, code=BLOCKS)
        while process.poll() is None and (n_now := n_readable(out)) <= n_before:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.1))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        until = time.monotonic() + 30
        while RunDirectory(out).is_running() and time.monotonic() < until:
            time.sleep(0.01)
        found = digests(out)
        assert len(found) >= n_now
        assert found.items() <= whole.items()
        n_before = len(found)
    code, _, errors = finish("scan", path, "--out", out, ranks=3, code=BLOCKS)
    assert (code, errors) == (0, "")
    assert digests(out) == whole
    assert names(out) == sorted(f"samples{start}-{start + 2}.zip" for start in range(0, 20, 3))


def n_readable(out):
    """Chains that a reader sees who comes at any time."""
    try:
        return gn.open_chains(out)["/N24/dilution0.25"].sizes["sample"]
    except ChainError as error:
        assert "no such file or directory" in str(error) or "not a run directory" in str(error) or "yet" in str(error)
        return 0


def test_runs_grow_after_merging(run_file, scan, digests, expected, tmp_path, small_blocks):
    out = tmp_path / "out"
    scan(run_file(*SEVEN), out)
    more = ("samples = 2", "samples = 8", "sweeps = 40", "sweeps = 70", *SEVEN[2:])
    assert scan(run_file(*more), out)[0] == 0
    assert names(out) == ["samples0-2.zip", "samples3-5.zip", "samples6-8.zip"]
    grown = digests(out)
    shards.BLOCK = 256
    assert grown == expected(*more)


def test_interrupted_while_chains_are_lengthened(
    run_file, scan, digests, expected, tmp_path, monkeypatch, small_blocks
):
    """Some chains long and beside their shards, the others short and inside."""
    out = tmp_path / "out"
    scan(run_file(*SEVEN), out)
    longer = ("samples = 2", "samples = 7", "sweeps = 40", "sweeps = 70", *SEVEN[2:])
    perform, count = run.perform, []

    def failing(*arguments):
        count.append(1)
        if len(count) > 2:
            raise KeyboardInterrupt
        return perform(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(run, "perform", failing)
        scan(run_file(*longer), out)
    assert names(out) == ["sample0.h5", "sample1.h5", "samples0-2.zip", "samples3-5.zip", "samples6-8.zip"]
    assert gn.open_chains(out)["/N24/dilution0.25"].sizes["draw"] == 4
    assert (status.status(out)["done"], status.status(out)["missing"]) == (2, 5)
    # a damaged long chain: the short one in the shard is lengthened again
    (out / FOLDER / "sample1.h5").write_bytes(b"")
    asked = parse(run_file(*longer).read_text(), "a")
    survey = survey_of(RunDirectory(out), glass_tasks.all_tasks(asked), asked)
    assert (survey.done, survey.reached) == ({0}, dict.fromkeys(range(1, 7), 60))
    assert scan(run_file(*longer), out)[0] == 0
    assert names(out) == ["sample1.h5.damaged", "samples0-2.zip", "samples3-5.zip", "samples6-8.zip"]
    grown = digests(out)
    shards.BLOCK = 256
    assert grown == expected(*longer)


@pytest.mark.parametrize("damage", ["truncate", "flip", "zero", "empty"])
def test_damaged_shards_are_set_aside_and_their_chains_rescued(
    run_file, scan, digests, tmp_path, small_blocks, capsys, monkeypatch, damage
):
    path, out = run_file(*SEVEN), tmp_path / "out"
    scan(path, out)
    whole, victim = digests(out), out / FOLDER / "samples3-5.zip"
    tree = gn.open_chains(out)["/N24/dilution0.25"].to_dataset().load()
    image = bytearray(victim.read_bytes())
    place = shards.listed(victim)[4].source.at
    if damage == "flip":
        image[place + 5000] ^= 4
    elif damage == "zero":
        image[place : place + 8192] = bytes(8192)
    else:
        image = image[: place + 3000 if damage == "truncate" else 0]
    victim.write_bytes(image)
    report = status.status(out)
    assert report["done"] == (4 if damage in ("truncate", "empty") else 7)
    with contextlib.suppress(ChainError):
        xr.testing.assert_identical(gn.open_chains(out)["/N24/dilution0.25"].to_dataset().load(), tree)
        assert damage == "flip"
    capsys.readouterr()
    n_run, perform = [], run.perform
    monkeypatch.setattr(run, "perform", lambda *arguments: n_run.append(1) or perform(*arguments))
    assert run.scan(path, out) == 0
    (line,) = capsys.readouterr().err.splitlines()
    n_rescued = {"truncate": 1, "empty": 0}.get(damage, 2)
    assert len(n_run) == 3 - n_rescued
    assert line.startswith(f"warning: {victim}: truncated or damaged")
    assert line.endswith(f"; kept as samples3-5.zip.damaged, {n_rescued} chains rescued, the others run again")
    assert digests(out) == whole
    assert names(out) == ["samples0-2.zip", "samples3-5.zip", "samples3-5.zip.damaged", "samples6-8.zip"]
    assert victim.with_name("samples3-5.zip.damaged").read_bytes() == image


def test_a_chain_damaged_in_its_file_and_in_its_shard(run_file, scan, digests, tmp_path, small_blocks):
    """Left by a kill before a merged file was removed, then cut, and the shard damaged elsewhere: the shard has it."""
    path, out = run_file(*SEVEN), tmp_path / "out"
    scan(path, out)
    whole, shard = digests(out), out / FOLDER / "samples3-5.zip"
    listed = shards.listed(shard)
    shard.with_name("sample3.h5").write_bytes(listed[3].source.image()[:-100])
    image = bytearray(shard.read_bytes())
    image[listed[4].source.at + 5000] ^= 4
    shard.write_bytes(image)
    assert run.scan(path, out) == 0
    assert status.status(out)["done"] == 7
    assert digests(out) == whole


def test_verify_speaks_of_damaged_shards(run_file, scan, tmp_path, small_blocks, capsys):
    out = tmp_path / "out"
    scan(run_file(*SEVEN), out)
    shard = out / FOLDER / "samples3-5.zip"
    shard.write_bytes(shard.read_bytes()[:-30])
    assert cli.main(["verify", str(out), "-k", "2"]) == 1
    output = capsys.readouterr().out
    assert output.startswith(f"damaged, run again by the next scan: {shard}: truncated or damaged")
    assert "2 of 4 finished tasks" in output
    assert output.count(": equal (") == 2


def test_a_full_disk_leaves_the_files(run_file, finish, digests, expected, tmp_path):
    """Room for every chain, not for a shard: warnings, and the next scan merges."""
    whole, path, out = expected(*SEVEN), run_file(*SEVEN), tmp_path / "out"
    n_bytes = max(entry.stat().st_size for entry in (tmp_path / "files").rglob("*.h5")) + 4096
    small = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({n_bytes}, {n_bytes}))\n" + BLOCKS
    code, _, errors = finish("scan", path, "--out", out, code=small)
    assert code == 0
    lines = errors.splitlines()
    assert all("File too large (writing " in line and "chains stay in files of their own" in line for line in lines)
    # at the end of two blocks, and when the scan ends
    assert len(lines) == 4
    assert names(out) == sorted([*(f"sample{sample}.h5" for sample in range(6)), "samples6-8.zip"])
    assert digests(out) == whole
    assert finish("scan", path, "--out", out, code=BLOCKS)[0] == 0
    assert names(out) == ["samples0-2.zip", "samples3-5.zip", "samples6-8.zip"]
    assert digests(out) == whole


def test_shards_of_another_run_are_refused(run_file, scan, tmp_path, small_blocks):
    scan(run_file(*SEVEN), tmp_path / "a")
    path = run_file(*SEVEN, "seed = 7", "seed = 8")
    scan(path, tmp_path / "b")
    (tmp_path / "a" / FOLDER / "samples0-2.zip").replace(tmp_path / "b" / FOLDER / "samples0-2.zip")
    with pytest.raises(UserError, match=r"samples0-2\.zip: belongs to another run or task \(task N=24.*, seed 7\)"):
        run.scan(path, tmp_path / "b")
    with pytest.raises(ChainError, match=r"samples0-2\.zip/sample0\.h5: belongs to another run"):
        gn.open_chains(tmp_path / "b")


def test_packed_by_the_command_line(run_file, tmp_path, small_blocks, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
        assert main(["scan", str(run_file(*SEVEN)), "--out", "out"]) == 0
    capsys.readouterr()
    assert main(["pack", "out"]) == 0
    assert capsys.readouterr().out.startswith("out.zip: 7 of 7 tasks, 0.")
    assert main(["analyze", "out.zip"]) == 0
    assert "chains     out.zip\nsummary    out-summary.json\nfigure     out-transition.png" in capsys.readouterr().out
    assert json.loads((tmp_path / "out-summary.json").read_text())["sizes"] == [24]
    assert (tmp_path / "out-transition.png").exists()
    pack = tmp_path / "out.zip"
    for arguments in (["status", "out.zip"], ["verify", "out.zip"], ["pack", "out.zip"], ["analyze", "out.zip"]):
        if arguments[0] == "analyze":
            pack.write_bytes(pack.read_bytes()[:-1000])
        assert main(arguments) == 2
        output, errors = capsys.readouterr()
        assert output == ""
        # an analysis says what it is at before it fails
        *steps, mistake = errors.splitlines()
        assert mistake.startswith("glassnet: out.zip")
        assert len(steps) == (arguments[0] == "analyze")
