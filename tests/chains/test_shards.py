"""Chain files merged into shards, read from there, killed and damaged on the way."""

import contextlib
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.chains import merging, segment, shard_rescue, shards
from glassnet.chains.content import ChainError, digest
from glassnet.chains.files import atomic_write
from glassnet.chains.headers import file_name

NODE = "/N13/dilution0.1"
FOLDER = "chains/N13/dilution0.1"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(shards, "BLOCK", 3)


def loaded(path):
    return gn.open_chains(path)[NODE].to_dataset().load()


def images(folder):
    """Bytes of the chain of every sample, wherever it is."""
    inside = shards.node_files(folder)
    found = {sample: header.source.image() for sample, header in shards.sharded(inside).items()}
    return found | {sample: path.read_bytes() for sample, path in inside.files.items()}


def merge_all(folder, **options):
    for block in shards.blocks(max(shards.node_files(folder).files, default=-1) + 1):
        merging.merge(folder, block, **options)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=5), min_size=1, max_size=4))
def test_merges_in_any_order_keep_every_byte(tmp_path_factory, put, make_dataset, steps):
    """Chains appear in any order, or appear again, and are merged in between."""
    folder, expected = tmp_path_factory.mktemp("node"), {}
    for step, samples in enumerate(steps):
        for sample in samples:
            path = folder / file_name(sample)
            put(path, make_dataset(4 + step, sample=sample))
            expected[sample] = path.read_bytes()
        merge_all(folder)
        assert images(folder) == expected
        names = {
            f"samples{start}-{start + 2}.zip" for start in (0, 3, 6) if expected.keys() & {*range(start, start + 3)}
        }
        assert {entry.name for entry in folder.iterdir()} == names
        for sample in expected:
            place = shards.find(folder, sample)
            assert segment.verify(place)["digest"] == shards.listed(place.path)[sample].attrs["digest"]


def test_readers_see_one_dataset(make_run):
    directory = make_run({0: 20, 1: 20, 2: 30, 3: 20}, samples=6)
    before = loaded(directory)
    merging.merge(directory / FOLDER, range(3))
    assert {entry.name for entry in (directory / FOLDER).iterdir()} == {"samples0-2.zip", "sample3.h5"}
    xr.testing.assert_identical(loaded(directory), before)
    assert before.attrs["samples_missing"] == [4, 5]
    merge_all(directory / FOLDER)
    xr.testing.assert_identical(loaded(directory), before)


def test_headers_of_shards_are_those_of_the_files(make_run):
    folder = make_run({0: 20, 1: 1, 2: 0}) / FOLDER
    own = {sample: shards.read_header(path) for sample, path in shards.node_files(folder).files.items()}
    merge_all(folder)
    merged = shards.sharded(shards.node_files(folder))
    for sample, header in own.items():
        assert merged[sample].attrs == {name: header.attrs[name] for name in header.attrs if name != "run_file"}
        np.testing.assert_array_equal(merged[sample].draw, header.draw, strict=True)
        np.testing.assert_array_equal(merged[sample].temperature, header.temperature, strict=True)
        assert merged[sample].variables == header.variables


def test_draws_at_odd_intervals(tmp_path, put, make_dataset):
    dataset = make_dataset(4)
    put(tmp_path / "sample0.h5", dataset.assign_coords(draw=[10, 20, 25, 90]))
    merge_all(tmp_path)
    np.testing.assert_array_equal(shards.sharded(shards.node_files(tmp_path))[0].draw, [10, 20, 25, 90])


def test_unzip_gives_the_files_back(make_run, tmp_path):
    folder = make_run({0: 20, 1: 20}) / FOLDER
    before = images(folder)
    merge_all(folder)
    with zipfile.ZipFile(folder / "samples0-2.zip") as shard:
        assert shard.testzip() is None
        assert {name: shard.read(name) for name in shard.namelist() if name != "index.json"} == {
            file_name(sample): image for sample, image in before.items()
        }
        with shard.open("sample1.h5") as member, h5py.File(member) as file:
            assert file["energy"].shape == (20, 3, 4)


def test_same_chains_same_shard(make_run, tmp_path):
    directory = make_run({0: 20, 1: 20, 2: 20})
    kept = images(directory / FOLDER)
    merge_all(directory / FOLDER)
    for sample in (2, 0, 1):
        (tmp_path / file_name(sample)).write_bytes(kept[sample])
        merge_all(tmp_path)
    first, second = directory / FOLDER / "samples0-2.zip", tmp_path / "samples0-2.zip"
    assert first.read_bytes() == second.read_bytes()


def test_the_longer_chain_counts(make_run, put, make_dataset):
    directory = make_run({0: 20, 1: 20, 2: 20})
    folder = directory / FOLDER
    merge_all(folder)
    put(folder / "sample1.h5", make_dataset(30, sample=1))
    assert shards.find(folder, 1) == folder / "sample1.h5"
    assert shards.lengths(folder, []) == {0: 200, 1: 300, 2: 200}
    assert not merging.is_complete(folder, range(3), 300, 1)
    assert merging.is_complete(folder, range(3), 200, 1)
    merge_all(folder)
    assert segment.read(shards.find(folder, 1)).dataset.sizes["draw"] == 30
    put(folder / "sample1.h5", make_dataset(10, sample=1))
    merge_all(folder)
    assert segment.read(shards.find(folder, 1)).dataset.sizes["draw"] == 30


def test_a_block_is_complete_when_all_its_samples_are_there(make_run, put, make_dataset):
    folder = make_run({0: 20, 1: 20}) / FOLDER
    assert not merging.is_complete(folder, range(3), 200, 1)
    assert merging.is_complete(folder, range(2), 200, 0)
    merging.merge(folder, range(2))
    assert not merging.is_complete(folder, range(3), 200, 1)
    put(folder / "sample2.h5", make_dataset(20, sample=2))
    assert merging.is_complete(folder, range(3), 200, 2)


def test_merging_can_be_interrupted(make_run):
    folder = make_run({0: 20, 1: 20, 2: 20}) / FOLDER
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    answers = iter([True, True, False])
    merging.merge(folder, range(3), lambda: next(answers))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("at", [1, 2, 3])
def test_two_merge_at_once(make_run, at, monkeypatch):
    """Another process merges the same block completely in the middle of our merge."""
    folder = make_run({0: 20, 1: 20, 2: 20}) / FOLDER
    before, seen = images(folder), []

    def proceed():
        seen.append(1)
        if len(seen) == at:
            with monkeypatch.context() as patch:
                patch.setattr(atomic_write.os, "getpid", lambda: 0)
                merging.merge(folder, range(3))
        return True

    merging.merge(folder, range(3), proceed)
    assert images(folder) == before
    assert [entry.name for entry in folder.iterdir()] == ["samples0-2.zip"]


def test_a_chain_that_was_replaced_meanwhile_is_kept(make_run, put, make_dataset):
    folder = make_run({0: 20, 1: 20, 2: 20}) / FOLDER
    seen = []

    def proceed():
        seen.append(1)
        if len(seen) == 3:
            put(folder / "sample0.h5", make_dataset(30, sample=0))
        return True

    merging.merge(folder, range(3), proceed)
    assert {entry.name for entry in folder.iterdir()} == {"samples0-2.zip", "sample0.h5"}
    assert segment.read(shards.find(folder, 0)).dataset.sizes["draw"] == 30


def test_what_was_opened_before_a_merge_is_read_after_it(make_run, put, make_dataset):
    directory = make_run({0: 20, 1: 20, 2: 20, 3: 20})
    folder, before = directory / FOLDER, loaded(directory)
    early = gn.open_chains(directory)[NODE].to_dataset()
    merge_all(folder)
    later = gn.open_chains(directory)[NODE].to_dataset()
    xr.testing.assert_identical(early.load(), before)
    # the shard is replaced by one whose members lie elsewhere
    put(folder / "sample0.h5", make_dataset(400, sample=0))
    merge_all(folder)
    others = {"sample": slice(1, None)}
    xr.testing.assert_identical(later.isel(others).load(), before.isel(others))


def test_a_merge_while_the_chains_are_being_opened(make_run, monkeypatch):
    directory = make_run({0: 20, 1: 20, 2: 20, 3: 20})
    before, read = loaded(directory), shards.read_header
    seen = []

    def merged_in_between(place):
        if not seen:
            seen.append(place)
            merge_all(directory / FOLDER)
        return read(place)

    monkeypatch.setattr("glassnet.chains.store.read_header", merged_in_between)
    xr.testing.assert_identical(loaded(directory), before)
    assert seen


@pytest.mark.parametrize("first", [0, 1])
def test_a_merge_between_the_two_lists_of_a_folder(make_run, monkeypatch, first):
    folder = make_run({0: 20, 1: 20, 2: 20}) / FOLDER
    names, count = shards.names_in, []

    def merged(path):
        found = names(path) if first else None
        if not count:
            count.append(1)
            merge_all(folder)
        return found or names(path)

    monkeypatch.setattr(shards, "names_in", merged)
    inside = shards.node_files(folder)
    assert inside.files.keys() | shards.sharded(inside).keys() == {0, 1, 2}


class Killed(BaseException):
    """The process dies here."""


def count_calls(monkeypatch, fatal, failure):
    """Let the `fatal`-th call of the operating system that a merge makes fail; returns the count."""
    seen = [0]

    def wrap(call):
        def counted(*arguments, **keywords):
            seen[0] += 1
            if seen[0] == fatal:
                raise failure
            return call(*arguments, **keywords)

        return counted

    for name in ("open", "write", "fsync", "close", "replace"):
        monkeypatch.setattr(atomic_write.os, name, wrap(getattr(atomic_write.os, name)))
    monkeypatch.setattr(Path, "unlink", wrap(Path.unlink))
    return seen


@pytest.mark.parametrize("failure", [Killed(), OSError(5, "Input/output error")], ids=["killed", "EIO"])
def test_killed_between_any_two_calls_of_the_system(make_run, put, make_dataset, monkeypatch, failure):
    """A merge of a new chain with a shard that has one; then it is finished by the next."""
    directory = make_run({0: 4})
    folder = directory / FOLDER
    merge_all(folder)
    put(folder / "sample1.h5", make_dataset(4, sample=1))
    start = {entry.name: entry.read_bytes() for entry in folder.iterdir()}
    expected, tree = images(folder), loaded(directory)

    with monkeypatch.context() as patch:
        seen = count_calls(patch, 0, failure)
        merging.merge(folder, range(3))
    whole = (folder / "samples0-2.zip").read_bytes()
    states = set()
    for fatal in range(1, seen[0] + 1):
        for name, image in start.items():
            (folder / name).write_bytes(image)
        with monkeypatch.context() as patch, pytest.raises((Killed, OSError)):
            count_calls(patch, fatal, failure)
            merging.merge(folder, range(3))
        assert images(folder) == expected
        atomic_write.remove_parts(folder, r"samples.*\.zip")
        state = tuple(sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir()))
        if state not in states:
            states.add(state)
            xr.testing.assert_identical(loaded(directory), tree)
            merging.merge(folder, range(3))
            assert {entry.name: entry.read_bytes() for entry in folder.iterdir()} == {"samples0-2.zip": whole}
    # before the rename, and between it and the removal of the chain file
    assert len(states) == 2


def damaged_versions(image):
    """Every 4 KiB: truncated there, a bit flipped, zeros; then flips in the list of members, some of no meaning."""
    for page in range(0, len(image), 4096):
        for flip in (page + 60, page + 4000):
            yield image[:flip] + bytes([image[flip] ^ 16]) + image[flip + 1 :] if flip < len(image) else b""
        yield image[:page]
        yield image[:page] + bytes(min(4096, len(image) - page)) + image[page + 4096 :]
    for place in range(image.rindex(b"PK\1\2"), len(image), 9):
        yield image[:place] + bytes([image[place] ^ 4]) + image[place + 1 :]


def test_damage_of_any_page_of_a_shard(make_run):
    """Never a wrong number, and the chains that were not hit are rescued."""
    directory = make_run({0: 4, 1: 4})
    folder, tree = directory / FOLDER, loaded(directory)
    digests = {sample: segment.verify(path)["digest"] for sample, path in shards.node_files(folder).files.items()}
    expected = images(folder)
    merge_all(folder)
    shard = folder / "samples0-2.zip"
    good, n_refused, n_rescued = shard.read_bytes(), 0, 0
    for image in damaged_versions(good):
        shard.write_bytes(image)
        try:
            shards.check(shard)
        except ChainError as error:
            assert str(shard) in str(error)
        else:
            assert images(folder) == expected
            continue
        n_refused += 1
        with contextlib.suppress(ChainError):
            xr.testing.assert_identical(loaded(directory), tree)
        for sample, found, content in shard_rescue.salvaged(shard):
            n_rescued += 1
            # HDF5 leaves some bytes unused
            assert found == expected[sample] or digest(content) == digests[sample]
    assert n_refused >= 4 * (len(good) // 4096)
    # all but the chain that was hit
    assert n_rescued > 0.8 * n_refused


def test_damaged_chain_files_are_not_merged(make_run):
    folder = make_run({0: 20, 1: 20, 2: 20}) / FOLDER
    with h5py.File(folder / "sample1.h5", "r+") as file:
        file["energy"][0, 0, 0] += 2
    before = images(folder)
    with pytest.raises(ChainError, match=r"sample1\.h5: damaged: its content does not match its digest"):
        merging.merge(folder, range(3))
    assert {entry.name: entry.read_bytes() for entry in folder.iterdir()} == {
        file_name(sample): image for sample, image in before.items()
    }
    (folder / "sample1.h5").write_bytes(before[2])
    with pytest.raises(ChainError, match=r"sample1\.h5: holds sample 2, not 1"):
        merging.merge(folder, range(3))


def test_a_shard_is_a_tree_of_its_samples(make_run):
    directory = make_run({3: 20, 5: 20}, samples=9)
    merge_all(directory / FOLDER)
    chains = gn.open_chains(directory / FOLDER / "samples3-5.zip")
    np.testing.assert_array_equal(chains[NODE]["sample"], [3, 5])
    assert chains.attrs == {"run_file": "seed = 1\n", "seed": 1}
    whole = gn.open_chains(directory)[NODE]
    np.testing.assert_array_equal(chains[NODE]["energy"], whole["energy"])


def test_other_archives_are_refused(make_run, tmp_path):
    folder = make_run({0: 20}) / FOLDER
    merge_all(folder)
    shard = folder / "samples0-2.zip"
    with zipfile.ZipFile(shard) as good:
        contents = {name: good.read(name) for name in good.namelist()}

    def refused(contents, message, compression=zipfile.ZIP_STORED):
        with zipfile.ZipFile(shard, "w", compression) as other:
            for name, image in contents.items():
                other.writestr(name, image)
        with pytest.raises(ChainError, match=message):
            gn.open_chains(folder.parents[2])
        with pytest.raises(ChainError, match=message):
            gn.open_chains(shard)

    index = json.loads(contents["index.json"])
    refused({"a.txt": b"a"}, r"samples0-2\.zip: truncated or damaged \('index\.json'\)")
    refused(contents, "is not stored as it is; `unzip` the archive first", zipfile.ZIP_DEFLATED)
    refused(contents | {"sample1.h5": b"x"}, "its index is not that of its members")
    later = contents | {"index.json": json.dumps(index | {"format": 3}).encode()}
    refused(later, r"written by a newer glassnet \(chain format 3, this one reads 2\)")
