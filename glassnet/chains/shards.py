"""Where the chains of a node are: files of their own, and shards, each with the chain files of a block of samples.

A shard is a zip archive (:mod:`glassnet.chains.files.zip_archive`) of chain files as they were written, and an index of
their attributes, so that a run of a hundred thousand tasks is listed without opening as many files. A chain file beside
a shard supersedes its copy inside: the chain was lengthened since. :mod:`glassnet.chains.merging` makes the shards.
"""

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, NamedTuple

import h5py
import numpy as np

from glassnet import _face
from glassnet.chains import headers
from glassnet.chains.content import FORMAT, ChainError, attributes, opened, own, reading, variable_names
from glassnet.chains.files import zip_archive
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.headers import FILE, Header, Place, file_name

__all__ = ["find"]
_face.public(__name__)

#: samples in a shard; runs of no more tasks than this keep a file for each
BLOCK = 256
_SHARD = re.compile(r"samples(\d{1,12})-(\d{1,12})\.zip")
#: a chain file never changes, and some cluster file systems have no locks
_UNLOCKED = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
_UNLOCKED.set_file_locking(False, True)
#: h5py looks for the type of an array at every read, unless it is named
_INT64 = h5py.h5t.NATIVE_INT64
_SEGMENTS = re.compile(r"sample(\d{1,12})\.segments")


class NodeFiles(NamedTuple, Generic[Place]):
    """What lies in the folder of a node: chain files by sample, shards, samples with segments of an unfinished task."""

    files: dict[int, Place]
    shards: list[Place]
    begun: set[int]

    def near(self, samples: range) -> "NodeFiles[Place]":
        """Without the shards whose names exclude all of these samples: a node may have many."""
        ranges = {shard: _SHARD.fullmatch(shard.name.rpartition("/")[2]) for shard in self.shards}
        near = [
            shard
            for shard, match in ranges.items()
            if match is not None and int(match[1]) < samples.stop and int(match[2]) >= samples.start
        ]
        return self._replace(shards=near)


def shard_name(samples: range) -> str:
    """Name of the shard of a block of samples, whichever of them there are."""
    return f"samples{samples.start}-{samples.start + BLOCK - 1}.zip"


def blocks(n_samples: int) -> list[range]:
    """The samples of a node, block by block."""
    return [range(start, min(start + BLOCK, n_samples)) for start in range(0, n_samples, BLOCK)]


def node_files(folder: Path) -> NodeFiles[Path]:
    """What lies in the folder of a node; nothing if there is no such folder."""
    # files first: what is merged meanwhile has left its shard behind when the second list is made
    first, second = names_in(folder), names_in(folder)
    files = in_list((name, folder / name) for name in first).files
    begun = {int(match[1]) for name in first if (match := _SEGMENTS.fullmatch(name))}
    return NodeFiles(files, in_list((name, folder / name) for name in second).shards, begun)


def in_list(sources: Iterable[tuple[str, Place]]) -> NodeFiles[Place]:
    """The same for a list of names and what they stand for."""
    inside: NodeFiles[Place] = NodeFiles({}, [], set())
    for name, source in sources:
        if match := FILE.fullmatch(name):
            inside.files[int(match[1])] = source
        elif _SHARD.fullmatch(name):
            inside.shards.append(source)
    return inside


def find(folder: Path, sample: int) -> Path | Member | None:
    """Where the chain of one sample is; None if there is none yet.

    Parameters
    ----------
    folder : Path
        Of the node, with files of samples or shards.
    sample : int

    Raises
    ------
    ChainError
        If a shard is damaged.
    """
    path = folder / file_name(sample)
    if path.exists():
        return path
    header = sharded(node_files(folder).near(range(sample, sample + 1))).get(sample)
    return header.source if header is not None else path if path.exists() else None


def sharded(inside: NodeFiles[Any]) -> dict[int, Header[Member]]:
    """Headers of all chains in the shards of a node, the longer one of two.

    Raises
    ------
    ChainError
        If a shard is damaged where it was read.
    """
    longest: dict[int, Header[Member]] = {}
    for shard in inside.shards:
        for sample, header in listed(shard).items():
            if sample not in longest or header.attrs["sweeps"] > longest[sample].attrs["sweeps"]:
                longest[sample] = header
    return longest


def listed(shard: Path | Member) -> dict[int, Header[Member]]:
    """Headers of the chains in one shard, from its index.

    Raises
    ------
    ChainError
        If the shard is missing or damaged where it was read.
    """
    with reading(shard):
        members = zip_archive.members(shard)
        return headers.decode(members.pop(headers.INDEX).image(), members, shard)


def check(shard: Path | Member) -> dict[int, Header[Member]]:
    """The same, after every byte of every chain file was compared with its checksum; no HDF5 is read."""
    chains = listed(shard)
    with reading(shard):
        for header in chains.values():
            header.source.check()
    return chains


def lengths(folder: Path, damaged: list[str]) -> dict[int, int]:
    """Recorded sweeps of every chain of a node; `damaged` gets a line for each file that cannot be opened."""
    inside = node_files(folder)
    sweeps: dict[int, int] = {}
    for shard in inside.shards:
        with _collect_error(damaged):
            for sample, header in listed(shard).items():
                sweeps[sample] = max(sweeps.get(sample, 0), int(header.attrs["sweeps"]))
    for sample, path in inside.files.items():
        with _collect_error(damaged):
            sweeps[sample] = _sweeps(path)
    return sweeps


def _sweeps(path: Path) -> int:
    """Recorded sweeps of a chain file, five times as fast as by h5py's objects, which are used if anything is odd."""
    name, written, sweeps = os.fsencode(path), np.empty((), np.int64), np.empty((), np.int64)
    try:
        # a FIFO would be waited for
        if not stat.S_ISREG(os.stat(name).st_mode):
            raise ValueError("no file")
        file = h5py.h5f.open(name, h5py.h5f.ACC_RDONLY, _UNLOCKED)
        try:
            h5py.h5a.open(file, b"format").read(written, _INT64)
            h5py.h5a.open(file, b"sweeps").read(sweeps, _INT64)
        finally:
            file.close()
        if 1 <= written <= FORMAT:
            return int(sweeps)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError):
        pass
    return int(follow(path, lambda file: file.attrs["sweeps"])[1])


@contextlib.contextmanager
def _collect_error(damaged: list[str]) -> Iterator[None]:
    try:
        yield
    except ChainError as error:
        damaged.append(str(error))


def read_header(source: Path | Member) -> Header[Any]:
    """Header of one chain file; raises as :func:`follow` does."""

    def read(file: h5py.File) -> tuple[Any, ...]:
        return attributes(file), own(file, "draw")[...], own(file, "temperature")[...], variable_names(file)

    source, parts = follow(source, read)
    return headers.checked(Header(source, *parts))


def follow(source: Path | Member, read: Callable[[h5py.File], Any]) -> tuple[Path | Member, Any]:
    """What `read` finds in the chain file at `source`, and where it is now: it may be merged at any time.

    Raises
    ------
    ChainError
        If it is missing or damaged where it was read.
    """
    try:
        with opened(source) as file:
            return source, read(file)
    except ChainError:
        now = _moved(source)
        if now is None:
            raise
        return follow(now, read)


def _moved(source: Path | Member) -> Path | Member | None:
    """Where a chain is now that was at `source`; None if nowhere else."""
    path, name = (source.path, source.name) if isinstance(source, Member) else (source, source.name)
    match = FILE.fullmatch(name)
    now = find(path.parent, int(match[1])) if match else None
    return None if now == source else now


def names_in(folder: Path) -> list[str]:
    """Names of what lies in a folder; none if there is no such folder."""
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
