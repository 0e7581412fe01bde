"""Chains that are sound in a damaged shard."""

from glassnet.chains import merging, shard_rescue, shards


def test_rescue_writes_files_and_keeps_what_is_there(make_run, monkeypatch):
    monkeypatch.setattr(shards, "BLOCK", 3)
    folder = make_run({0: 20, 1: 20, 2: 20}) / "chains/N13/dilution0.1"
    expected = (folder / "sample0.h5").read_bytes()
    merging.merge(folder, range(3))
    shard = folder / "samples0-2.zip"
    image = bytearray(shard.read_bytes())
    image[shards.listed(shard)[1].source.at + 3000 :] = b""
    shard.write_bytes(image)
    (folder / "sample2.h5").write_bytes(b"something")
    assert shard_rescue.rescue(shard) == 1
    assert (folder / "sample0.h5").read_bytes() == expected
    assert (folder / "sample2.h5").read_bytes() == b"something"
    assert shard.read_bytes() == image
