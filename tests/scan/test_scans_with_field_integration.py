"""Scans with field integration: the same chains on two ranks, after a kill, grown, merged and verified."""

import contextlib
import os
import re
import signal
import time

import h5py
import numpy as np

import glassnet as gn
from glassnet._random import Seed
from glassnet.analysis.field_integration import integrals
from glassnet.analysis.field_integration.saved_chains import saved_field
from glassnet.chains import content, shards
from glassnet.sampling import independent_lanes, planted_field
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.watch import status, verify

FOLDER = "chains/field/N60/dilution0.25"


def names(directory, folder=FOLDER):
    return sorted(entry.name for entry in (directory / folder).iterdir())


def test_a_saved_instance_gives_the_digits_of_one_in_memory(asking, with_field, run_file, scan, tmp_path):
    scan(run_file(*asking()), tmp_path / "out")
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


def test_same_record_on_two_ranks_and_after_a_kill(
    field_key, asking, run_file, scan, glassnet, finish, digests, tmp_path
):
    path = run_file(*asking(field_key.replace("instances = 3", "instances = 12")))
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


def test_adding_field_integration_is_growth(field_key, asking, run_file, scan, digests, tmp_path):
    scan(run_file(*asking("")), tmp_path / "grown")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "grown").rglob("sample*.h5")}
    assert len(before) == 4
    code, output = scan(run_file(*asking()), tmp_path / "grown")
    assert (code, "7 tasks (4 of them before)" in output) == (0, True)
    more = ("instances = 3", "instances = 4"), ("[0.25]", "[0.25, 0.0]")
    large = run_file(*asking(field_key.replace(*more[0])))
    large.write_text(large.read_text().replace(*more[1]))
    code, output = scan(large, tmp_path / "grown")
    assert (code, "16 tasks (7 of them before)" in output) == (0, True)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "grown").rglob("sample*.h5")}
    assert after.items() > before.items()
    scan(large, tmp_path / "large")
    assert digests(tmp_path / "grown") == digests(tmp_path / "large")


def test_verified_counted_and_costed(asking, run_file, scan, tmp_path):
    path, out = run_file(*asking()), tmp_path / "out"
    assert re.search(r"field/N60/dilution0\.25 +3 +3 ", status.dry_run(path, out))
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


def test_many_instances_are_merged_into_shards(field_key, asking, run_file, scan, digests, tmp_path, monkeypatch):
    path = run_file(*asking(field_key.replace("instances = 3", "instances = 8")))
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
