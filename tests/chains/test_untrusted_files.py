"""Runs from strangers: nothing of this machine gets into them, and nothing in them takes time, memory or a traceback.

Digests are right here: checksums are against accidents, and whoever makes a file can write the digest it needs.
"""

import io
import json
import time
import zipfile

import h5py
import numpy as np
import pytest

import glassnet as gn
from glassnet.chains import content, pack, segment, shards
from glassnet.chains.content import ChainError

CHAIN = "chains/N13/dilution0.1/sample1.h5"


@pytest.fixture
def packed(make_run):
    """Path of a packed run of three samples, and its members by name."""
    path = pack.pack(make_run(dict.fromkeys(range(3), 20), samples=3)).path
    with zipfile.ZipFile(path) as archive:
        return path, {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, image in members.items():
            archive.writestr(name, image)


def crafted(image, change):
    """A chain file that `change` had its way with, and with the digest of what is in it then, if it can be read."""
    memory = io.BytesIO(image)
    with h5py.File(memory, "r+") as file:
        change(file)
    with h5py.File(memory, "r+") as file:
        try:
            found = content.digest(content.get(file))
        except (ChainError, KeyError, ValueError, MemoryError):
            return memory.getvalue()
        del file.attrs["digest"]
        content.put_attributes(file, {"digest": found})
    return memory.getvalue()


def refused(path, what):
    """One line that names the file and says what is wrong, within a second."""
    begun = time.perf_counter()
    with pytest.raises(ChainError, match=what) as error:
        for node in gn.open_chains(path).leaves:
            node.load()
    assert time.perf_counter() - begun < 5
    assert "\n" not in str(error.value) and len(str(error.value)) < 600


def external_storage(secret):
    def change(file):
        shape = file["energy"].shape
        del file["energy"]
        file.create_dataset("energy", shape, np.int32, external=[(str(secret), 0, h5py.h5f.UNLIMITED)])

    return change


def external_link(secret):
    def change(file):
        del file["energy"]
        file["energy"] = h5py.ExternalLink(str(secret), "energy")

    return change


def external_group(secret):
    def change(file):
        del file["state"]
        file["state"] = h5py.ExternalLink(str(secret), "state")

    return change


def soft_link(_):
    def change(file):
        del file["overlap"]
        file["overlap"] = h5py.SoftLink("/energy")

    return change


def virtual(secret):
    def change(file):
        shape = file["energy"].shape
        del file["energy"]
        layout = h5py.VirtualLayout(shape, np.int32)
        layout[...] = h5py.VirtualSource(str(secret), "energy", shape)
        file.create_virtual_dataset("energy", layout)

    return change


@pytest.mark.parametrize("how", [external_storage, external_link, external_group, soft_link, virtual])
def test_no_other_file_is_read(packed, tmp_path, put, make_dataset, how):
    """Neither from a packed run nor from a single chain file or a directory."""
    path, members = packed
    secret = tmp_path / "secret.h5"
    put(secret, make_dataset())
    members[CHAIN] = crafted(members[CHAIN], how(secret))
    rewrite(path, members)
    refused(path, r"sample1\.h5: (energy|state|overlap) is (stored in another file|a link)")
    (tmp_path / "alone.h5").write_bytes(members[CHAIN])
    refused(tmp_path / "alone.h5", r"alone\.h5: .*(stored in another file|a link)")
    with pytest.raises(ChainError, match=r"alone\.h5: .*(stored in another file|a link)"):
        segment.read(tmp_path / "alone.h5")


def sparse(file):
    del file["energy"]
    file.create_dataset("energy", (10**12, 3, 4), np.int32, chunks=(1000, 3, 4), compression="gzip")


def texts(file):
    del file["energy"]
    file.create_dataset("energy", data=["a"] * 3)


def group(file):
    del file["energy"]
    file.create_group("energy")


def other_shape(file):
    del file["energy"]
    file.create_dataset("energy", data=np.zeros((3, 3), np.int32))


def attribute(name, value):
    def change(file):
        del file.attrs[name]
        file.attrs[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (sparse, r"energy claims \d+ bytes, but the file does not hold them"),
        (texts, "energy is no array of numbers"),
        (group, "energy is no array of numbers"),
        (other_shape, "truncated or damaged"),
        (attribute("n_weights", "many"), "attribute n_weights"),
        (attribute("n_weights", 2**40), "attribute n_weights"),
        (attribute("n_weights", 0), "attribute n_weights"),
        (attribute("sample", [1, 2]), "attribute sample"),
        (attribute("ensemble", 3), "attribute ensemble"),
        (attribute("glass", "[" * 100_000), "attribute glass|truncated or damaged"),
        (attribute("glass", '{"bias": {}}'), "attribute glass"),
        (attribute("format", "newest"), "truncated or damaged"),
    ],
)
def test_crafted_chains_are_one_line(packed, change, what):
    path, members = packed
    members[CHAIN] = crafted(members[CHAIN], change)
    rewrite(path, members)
    refused(path, rf"sample1\.h5: .*({what})")


def nodes(change):
    def craft(members):
        table = json.loads(members["nodes.json"])
        change(table)
        members["nodes.json"] = json.dumps(table).encode()

    return craft


def whole(name, image):
    return lambda members: members.update({name: image})


@pytest.mark.parametrize(
    ("craft", "what"),
    [
        (nodes(lambda table: table["nodes"][0].update(samples=10**13)), "more than 10000000 samples"),
        (nodes(lambda table: table["nodes"][0].update(samples=10**400)), "more than 10000000 samples"),
        (nodes(lambda table: table["nodes"][0].update(samples=-1)), r"nodes\[0\] is none"),
        (nodes(lambda table: table["nodes"][0].update(folder="chains/../../secret")), r"nodes\[0\] is none"),
        (nodes(lambda table: table["nodes"][0].update(node="/N24/dilution0.1")), r"nodes\[0\] is none"),
        (nodes(lambda table: table["nodes"][0]["attrs"].update(dilution=[0.1])), r"nodes\[0\] is none"),
        (nodes(lambda table: table.update(nodes=table["nodes"] * 2)), "twice"),
        (nodes(lambda table: table.pop("seed")), "no seed"),
        (whole("nodes.json", b"[" * 100_000), "nested too deeply"),
        (whole("nodes.json", b'{"seed":1,"nodes":' + b"[" * 100_000), "nested too deeply"),
        (whole("nodes.json", b"\xff\xfe\x00"), "damaged"),
        (whole("run.toml", b"a = " + b"[" * 100_000), "nested too deeply"),
        (whole("run.toml", b"\xff"), "cannot be read"),
        (lambda members: members.pop("run.toml"), r"there is no run\.toml"),
    ],
)
def test_crafted_lists_of_nodes_are_one_line(packed, craft, what):
    path, members = packed
    craft(members)
    rewrite(path, members)
    refused(path, rf"nodes\.json: .*({what})")


def test_names_with_endless_numbers_are_no_chains(packed):
    path, members = packed
    members[f"chains/N13/dilution0.1/sample{'9' * 5000}.h5"] = members[CHAIN]
    members[f"chains/N13/dilution0.1/samples0-{'9' * 5000}.zip"] = members[CHAIN]
    rewrite(path, members)
    assert gn.open_chains(path)["/N13/dilution0.1"].sizes["sample"] == 3


@pytest.mark.parametrize("how", ["digest", "draws", "nested", "other attributes"])
def test_shards_of_strangers(packed, make_run, how):
    """The index of a shard is not believed in a packed run, and no digest."""
    path, members = packed
    folder = CHAIN.rpartition("/")[0]
    chains = {f"sample{sample}.h5": members.pop(f"{folder}/sample{sample}.h5") for sample in range(3)}
    directory = path.with_suffix("")
    headers = {n: shards.read_header(directory / folder / f"sample{n}.h5") for n in range(3)}
    index = json.loads(shards.headers.encode(headers))
    if how == "digest":
        memory = io.BytesIO(chains["sample1.h5"])
        with h5py.File(memory, "r+") as file:
            file["energy"][0, 0, 0] += 2
        chains["sample1.h5"] = memory.getvalue()
    elif how == "draws":
        index["chains"]["sample1.h5"]["draw"] = {"start": 0, "stop": 10**15, "step": 1}
    elif how == "other attributes":
        index["chains"]["sample1.h5"]["temperature"][0] = 0.25
    image = b"[" * 100_000 if how == "nested" else json.dumps(index).encode()
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as shard:
        for name, chain in (*chains.items(), (shards.headers.INDEX, image)):
            shard.writestr(name, chain)
    members[f"{folder}/samples0-255.zip"] = memory.getvalue()
    rewrite(path, members)
    if how == "other attributes":
        assert gn.open_chains(path).equals(gn.open_chains(directory))
        return
    what = {"digest": "does not match its digest", "draws": "claims 10+ draws", "nested": "nested too deeply"}[how]
    refused(path, rf"samples0-255\.zip.*: .*{what}")


def test_a_packed_run_is_compared_with_its_digests_when_it_is_opened(packed):
    path, members = packed
    memory = io.BytesIO(members[CHAIN])
    with h5py.File(memory, "r+") as file:
        file["energy"][0, 0, 0] += 2
    members[CHAIN] = memory.getvalue()
    rewrite(path, members)
    with pytest.raises(ChainError, match=r"sample1\.h5: damaged: its content does not match its digest"):
        gn.open_chains(path)


def test_a_run_file_of_other_types_is_no_traceback(packed):
    path, members = packed
    members["run.toml"] = b"samples = []\nscan = 3\n"
    rewrite(path, members)
    assert gn.open_chains(path).attrs["run_file"] == "samples = []\nscan = 3\n"
