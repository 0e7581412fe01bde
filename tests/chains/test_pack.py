"""A run in one file: the same chains, whatever lies in the directory and happens to it meanwhile."""

import contextlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import pytest
import xarray as xr

import glassnet as gn
from glassnet.chains import merging, pack, segment, shards
from glassnet.chains.content import ChainError

NODE = "/N13/dilution0.1"
FOLDER = "chains/N13/dilution0.1"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(shards, "BLOCK", 3)


@pytest.fixture
def run(make_run):
    """Five of six samples, three of them in a shard."""
    directory = make_run(dict.fromkeys(range(5), 20), samples=6)
    merging.merge(directory / FOLDER, range(3))
    return directory


def loaded(path):
    return gn.open_chains(path)[NODE].to_dataset().load()


def test_a_pack_holds_what_the_directory_holds(run, tmp_path):
    (run / "ladders.json").write_text("{}")
    (run / "failed").mkdir()
    (run / "failed/task.txt").write_text("why")
    (run / ".lock").write_text("me")
    (run / FOLDER / "sample5.segments").mkdir()
    (run / FOLDER / "sample5.h5.damaged").write_text("damaged")
    found = pack.pack(run)
    assert found.path == tmp_path / "run.zip"
    assert (found.n_chains, found.n_tasks, found.n_bytes) == (5, 6, found.path.stat().st_size)
    assert str(found).endswith("run.zip: 5 of 6 tasks, 0.1 MB; 1 missing: the scan is not finished")
    xr.testing.assert_identical(loaded(found.path), loaded(run))
    assert gn.open_chains(found.path).attrs == gn.open_chains(run).attrs
    with zipfile.ZipFile(found.path) as archive:
        names = {"run.toml", "nodes.json", "ladders.json", "failed/task.txt"}
        names |= {f"{FOLDER}/{name}" for name in ("samples0-2.zip", "sample3.h5", "sample4.h5")}
        assert set(archive.namelist()) == names
        archive.extractall(tmp_path / "again")
    xr.testing.assert_identical(loaded(tmp_path / "again"), loaded(run))
    first = found.path.read_bytes()
    pack.pack(tmp_path / "again", found.path)
    assert found.path.read_bytes() == first


def test_the_current_directory_has_a_name(run, monkeypatch):
    monkeypatch.chdir(run)
    assert pack.pack(Path(".")).path == run.parent / "run.zip"


def test_a_damaged_pack_is_refused_or_read_right(run, tmp_path):
    """Truncated or changed anywhere: never another number."""
    path, tree = pack.pack(run).path, loaded(run)
    good, n_refused = path.read_bytes(), 0
    starts = [member.start() for member in re.finditer(b"PK", good)]
    places = sorted({*range(0, len(good), 20_000), *starts[::2], *(start + 20 for start in starts[::4])})
    for place in places:
        for image in (good[:place], good[:place] + bytes([good[place] ^ 8]) + good[place + 1 :]):
            path.write_bytes(image)
            try:
                found = loaded(path)
            except ChainError as error:
                assert str(path) in str(error)
                n_refused += 1
            else:
                xr.testing.assert_identical(found, tree)
    assert n_refused > len(places)


@pytest.mark.parametrize("victim", ["sample3.h5", "samples0-2.zip"])
def test_damaged_chains_are_not_packed(run, victim):
    path = run / FOLDER / victim
    image = bytearray(path.read_bytes())
    place = len(image) // 2
    if path.suffix == ".h5":
        # not into space that nothing uses
        with h5py.File(path) as file:
            place = file["energy"].id.get_chunk_info(0).byte_offset + 5
    image[place] ^= 8
    path.write_bytes(image)
    before = sorted(run.parent.rglob("*"))
    with pytest.raises(ChainError, match=rf"{victim}.*: .*damaged"):
        pack.pack(run)
    assert sorted(run.parent.rglob("*")) == before


@pytest.mark.parametrize("at", [0, 1])
def test_packed_while_a_scan_merges(run, monkeypatch, at):
    tree, verified, seen = loaded(run), segment.verified, []

    def merged_meanwhile(place):
        seen.append(1)
        if len(seen) == at + 1:
            merging.merge(run / FOLDER, range(3, 5))
        return verified(place)

    monkeypatch.setattr(pack.segment, "verified", merged_meanwhile)
    assert pack.pack(run).n_chains == 5
    xr.testing.assert_identical(loaded(run.with_name("run.zip")), tree)


def test_refusals(run, make_run, tmp_path):
    for taken in (tmp_path / "text", run / FOLDER / "samples0-2.zip", run):
        with contextlib.suppress(OSError):
            taken.touch()
        with pytest.raises(ChainError, match="there is something else than a packed run; choose another output"):
            pack.pack(run, taken)
    with pytest.raises(ChainError, match="nowhere: no such file or directory"):
        pack.pack(tmp_path / "nowhere")
    (tmp_path / "docs").mkdir()
    with pytest.raises(ChainError, match=r"docs: not a run directory of glassnet: no run\.toml \(found nothing\)"):
        pack.pack(tmp_path / "docs")
    (run / "chains").rename(tmp_path / "elsewhere")
    with pytest.raises(ChainError, match="no finished tasks to pack yet"):
        pack.pack(run)
    assert not list(tmp_path.glob("*.zip")) + list(tmp_path.glob(".*.part"))


FULL_DISK = """
import resource, sys
from pathlib import Path
from glassnet.chains import pack
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    pack.pack(Path(sys.argv[1]))
except OSError as error:
    print(error)
"""


def test_full_disk_is_an_error_that_keeps_the_old_pack(run):
    path = pack.pack(run).path
    before = path.read_bytes()
    command = [sys.executable, "-P", "-c", FULL_DISK, str(run)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert "File too large (writing " in result.stdout
    assert str(path) in result.stdout
    assert path.read_bytes() == before
    assert not list(path.parent.glob(".*.part"))
