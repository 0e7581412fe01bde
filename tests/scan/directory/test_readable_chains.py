"""Damaged chains among sound ones: what can be read is opened, the rest is named, nothing is touched."""

import re

import pytest

from glassnet.chains import merging
from glassnet.chains.content import ChainError, Unreadable
from glassnet.chains.pack import pack
from glassnet.chains.store import open_chains
from glassnet.cli import main
from glassnet.scan.directory import readable_chains
from glassnet.scan.directory.readable_chains import open_readable, without_damage
from glassnet.scan.report import writing

NODE = "/N24/dilution0.25/symmetric"
FOLDER = "chains/N24/dilution0.25"


@pytest.fixture
def out(tmp_path, run_file, monkeypatch):
    """Directory of a finished run of four samples."""
    monkeypatch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
    path = run_file("samples = 2", "samples = 4")
    assert main(["scan", str(path), "--out", str(tmp_path / "out")]) == 0
    return tmp_path / "out"


def flip(path, place):
    """Change one byte of a file."""
    image = bytearray(path.read_bytes())
    image[place] ^= 0xFF
    path.write_bytes(image)


def broken(path):
    """Change a byte in the middle of what is stored of the energies, which the file's opening does not show."""
    import h5py

    with h5py.File(path) as file:
        where = file["energy"].id.get_chunk_info(0)
    flip(path, where.byte_offset + where.size // 2)


def images(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_without_damage_it_is_what_open_chains_opens(out):
    found = open_readable(out)
    assert found.damaged == []
    assert found.chains.identical(open_chains(out))


def test_a_file_that_cannot_be_opened_is_left_out(out):
    whole = open_chains(out)[NODE].to_dataset().load()
    (out / FOLDER / "sample1.h5").write_bytes(b"no chain")
    before = images(out)
    found = open_readable(out)
    assert [line.partition(": ")[0] for line in found.damaged] == [f"{out}/{FOLDER}/sample1.h5"]
    rest = found.chains[NODE].to_dataset()
    assert rest.attrs["samples_missing"] == [1]
    assert rest.load()["energy"].equals(whole["energy"].sel(sample=[0, 2, 3]))
    assert found.chains["/N12/dilution0.25/symmetric"].attrs["samples_missing"] == []
    assert images(out) == before


def test_damage_inside_the_draws_is_found_when_they_are_read(out, monkeypatch):
    broken(out / FOLDER / "sample2.h5")
    assert open_readable(out).damaged == []
    monkeypatch.undo()
    monkeypatch.setattr(writing.export, "of_result", lambda *_: [])
    found = writing.write(out)
    assert [line.partition(": ")[0] for line in found.damaged] == [f"{FOLDER}/sample2.h5"]
    assert str(found).startswith("WITHOUT THE CHAINS OF 1 DAMAGED FILE")
    assert "N = 24 (18 left), dilution 0.25: 3 of 4 samples" in str(found)


def test_of_a_damaged_shard_every_sound_chain_is_kept(out):
    merging.merge(out / FOLDER, range(4))
    (shard,) = (out / FOLDER).glob("*.zip")
    image = shard.read_bytes()
    flip(shard, image.index(b"sample1.h5") + 3000)
    found = open_readable(out) if _cannot_be_opened(out) else without_damage(out, ChainError("read"))
    assert len(found.damaged) == 1
    assert str(shard) in found.damaged[0]
    assert found.chains[NODE].attrs["samples_missing"] == [1]
    assert found.chains[NODE]["energy"].load().sizes["sample"] == 3
    # an archive cut short has lost its list of members, and the last of them
    shard.write_bytes(image[: image.index(b"sample3.h5") + 3000])
    found = open_readable(out)
    assert found.chains[NODE].attrs["samples_missing"] == [3]
    assert found.chains[NODE]["energy"].load().sizes["sample"] == 3


def _cannot_be_opened(path):
    try:
        open_chains(path)
    except ChainError:
        return True
    return False


def test_damage_in_a_packed_run(out, tmp_path):
    packed = pack(out, tmp_path / "home.zip").path
    image = packed.read_bytes()
    flip(packed, image.index(f"{FOLDER}/sample1.h5".encode()) + 3000)
    found = without_damage(packed, ChainError("read"))
    assert [re.search("sample[0-9]+", line)[0] for line in found.damaged] == ["sample1"]
    assert found.chains[NODE].attrs["samples_missing"] == [1]


def test_what_is_no_damage_of_single_files_is_raised(out, monkeypatch):
    with pytest.raises(ChainError, match="no such file or directory"):
        open_readable(out / "nowhere")
    single = out / FOLDER / "sample1.h5"
    single.write_bytes(b"no chain")
    with pytest.raises(ChainError, match="truncated or damaged"):
        open_readable(single)
    for path in (out / "chains").rglob("*.h5"):
        path.write_bytes(b"no chain")
    with pytest.raises(ChainError, match="truncated or damaged"):
        open_readable(out)

    def refuse(path):
        raise Unreadable(f"{path}: Input/output error")

    monkeypatch.setattr(readable_chains.store, "open_chains", refuse)
    with pytest.raises(Unreadable, match="Input/output error"):
        open_readable(out)
