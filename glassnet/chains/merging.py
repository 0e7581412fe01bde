"""Chain files move into the shard of their block when its tasks are finished.

A merge can be repeated, and done by several processes at once: the shard is written beside the one that is there, read
again and renamed before any chain file is removed; whatever kills it in between, every chain is in a file or a shard.
"""

import contextlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from glassnet.chains import headers, segment
from glassnet.chains.content import ChainError, Image, opened, reading
from glassnet.chains.files import zip_archive
from glassnet.chains.files.atomic_write import committing
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.headers import Header, file_name
from glassnet.chains.shards import check, listed, node_files, shard_name, sharded


def is_complete(folder: Path, samples: range, n_sweeps: int, last: int) -> bool:
    """Whether all samples of a block are finished and some are in files of their own.

    A finished chain has `n_sweeps`. `last` is the sample that was finished last; the next ones are looked at first,
    since they are probably not finished.

    Raises
    ------
    ChainError
        If something there is damaged.
    """
    inside = node_files(folder).near(samples)
    own = [
        sample for sample in [*range(last + 1, samples.stop), *range(samples.start, last + 1)] if sample in inside.files
    ]
    if not own or (len(own) < len(samples) and not inside.shards):
        return False
    merged = sharded(inside) if len(own) < len(samples) else {}
    others = set(samples) - set(own)
    if any(sample not in merged or merged[sample].attrs["sweeps"] < n_sweeps for sample in others):
        return False
    return all(_sweeps(inside.files[sample]) >= n_sweeps for sample in own)


def _sweeps(path: Path) -> int:
    try:
        with opened(path) as file:
            return int(file.attrs["sweeps"])
    except ChainError:
        if path.exists():
            raise
        # another process merges it now
        return -1


def merge(folder: Path, samples: range, proceed: Callable[[], bool] = lambda: True) -> None:
    """Move the chain files of a block into its shard.

    No process may be working on these samples.

    Parameters
    ----------
    folder : Path
        Of the node.
    samples : range
        The block; some may be missing.
    proceed : callable() -> bool
        Called before each chain; if it returns False, nothing is merged.

    Raises
    ------
    ChainError
        If the shard or a chain file is damaged; nothing is merged.
    OSError
        If the disk refuses.
    """
    target = folder / shard_name(samples)
    paths = {sample: path for sample, path in node_files(folder).files.items() if sample in samples}
    if not paths:
        return
    with contextlib.suppress(_Abandoned):
        seen = {sample: _stamp(path) for sample, path in paths.items()}
        kept = listed(target) if target.exists() else {}
        if not all(sample in kept and _is_copy(path, kept[sample].source) for sample, path in paths.items()):
            size = sum(n_bytes for _, n_bytes, _ in seen.values())
            size += sum(header.source.size for header in kept.values())
            with committing(target, size) as part:
                zip_archive.write(part, _files(paths, kept, proceed))
                check(part.path)
        for sample, path in paths.items():
            with contextlib.suppress(_Abandoned):
                if _stamp(path) == seen[sample]:
                    path.unlink(missing_ok=True)


class _Abandoned(Exception):
    """A merge was stopped, or another process was faster."""


def _files(
    paths: dict[int, Path], kept: dict[int, Header[Member]], proceed: Callable[[], bool]
) -> Iterator[tuple[str, int, list[bytes]]]:
    """What a shard is made of: of each sample the longer chain, and the index."""
    chains: dict[int, Header[Any]] = {}
    for sample in sorted(paths.keys() | kept.keys()):
        if not proceed():
            raise _Abandoned
        copy = kept.get(sample)
        own: Header[Any] | None = None
        if sample in paths:
            own, image = _verified(paths[sample], sample)
        if copy is not None and (own is None or own.attrs["sweeps"] < copy.attrs["sweeps"]):
            own = copy
            with reading(copy.source):
                image = copy.source.image()
        assert own is not None
        chains[sample] = own
        yield file_name(sample), len(image), [image]
    index = headers.encode(chains)
    yield headers.INDEX, len(index), [index]


def _verified(path: Path, sample: int) -> tuple[Header, bytes]:
    image = _image(path)
    header = headers.of_content(path, segment.verified(Image(path, image)))
    if header.attrs["sample"] != sample:
        raise ChainError(f"{path}: holds sample {header.attrs['sample']}, not {sample}")
    return header, image


def _is_copy(path: Path, member: Member) -> bool:
    image = _image(path)
    return len(image) == member.size and zlib.crc32(image) == member.crc


def _image(path: Path) -> bytes:
    with _still_there():
        return path.read_bytes()


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file is replaced."""
    with _still_there():
        entry = path.stat()
        return entry.st_ino, entry.st_size, entry.st_mtime_ns


@contextlib.contextmanager
def _still_there() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise _Abandoned from None
