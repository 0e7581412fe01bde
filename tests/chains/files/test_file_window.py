"""A part of a file that is read as a file."""

import numpy as np
import pytest

from glassnet.chains.files import atomic_write, zip_archive
from glassnet.chains.store import members_of


def test_windows_read_what_files_read(tmp_path):
    rng = np.random.default_rng(1)
    inside = {f"{name}.bin": rng.bytes(size) for name, size in (("a", 0), ("b", 1), ("c", 3_000_000))}
    with atomic_write.committing(tmp_path / "x.zip", 0) as part:
        zip_archive.write(part, [(name, len(image), [image[:10], image[10:]]) for name, image in inside.items()])
    members = members_of(tmp_path / "x.zip")
    assert {name: member.image() for name, member in members.items()} == inside
    for member in members.values():
        member.check()
    with members["c.bin"].window() as window:
        window.seek(-5, 2)
        assert window.read(100) == inside["c.bin"][-5:]
        assert window.read(1) == b""
        window.seek(10)
        window.seek(7, 1)
        assert window.read(3) == inside["c.bin"][17:20]
        with pytest.raises(ValueError, match="cannot seek to -1"):
            window.seek(-1)
