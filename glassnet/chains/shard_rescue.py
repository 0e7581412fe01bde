"""What a damaged shard still holds, back into files of their own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from glassnet.chains import segment
from glassnet.chains.content import ChainError, Content, Image, reading
from glassnet.chains.files import zip_archive
from glassnet.chains.files.atomic_write import commit
from glassnet.chains.headers import FILE, file_name


def salvaged(shard: Path) -> Iterator[tuple[int, bytes, Content]]:
    """Sample, image and content of the chains in a damaged shard that match their digests."""
    with reading(shard):
        members = zip_archive.salvage(shard)
    for member in members:
        match = FILE.fullmatch(member.name)
        with contextlib.suppress(ChainError):
            if match:
                with reading(member), member.window() as window:
                    image = window.read()
                content = segment.verified(Image(member, image))
                if content.attrs[""]["sample"] == int(match[1]):
                    yield int(match[1]), image, content


def rescue(shard: Path) -> int:
    """Write the chains of a damaged shard that match their digests to files of their own; how many there are.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    n_rescued = 0
    for sample, image, _ in salvaged(shard):
        path = shard.with_name(file_name(sample))
        if not path.exists():
            commit(path, image)
        n_rescued += 1
    return n_rescued
