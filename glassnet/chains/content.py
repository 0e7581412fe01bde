"""A chain file as plain arrays and attributes: its digest, and the way into HDF5 and back."""

import contextlib
import errno
import hashlib
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from glassnet import _checks
from glassnet.chains import schema
from glassnet.chains.files import regular_file
from glassnet.chains.files.zip_archive import Member

#: number of the newest file format, that of chains which say what a dilution removed or what networks know; readers
#: refuse a newer one. All others are still written as format 1: earlier releases read those, and report that a newer
#: release wrote the rest.
FORMAT = 2
#: variables that label the others; `replica_a` and `replica_b` only where pairs of replicas were compared, the next
#: four only where planted states were measured in a field, the last two where networks were asked about examples
COORDINATES = (
    *("draw", "temperature", "replica", "gap", "walker", "replica_a", "replica_b"),
    *("field", "planting", "local_field", "degree", "start", "vote"),
)
#: attributes outside the digest: they depend on when a run file grew or a release came out, never on the chain
UNDIGESTED = ("digest", "run_file", "glassnet_version")
GROUPS = ("glass", "state")
#: where, when and how long: no function of inputs and seed
RUNTIME = "runtime"
_FILTERS = {"compression": "gzip", "compression_opts": 1, "shuffle": True, "fletcher32": True}
_STRUCTURE = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS")
#: name netCDF gives to a dimension without coordinate values
_NO_COORDINATE = "This is a netCDF dimension but not a netCDF variable. {:9d}"
_CHUNK_BYTES = 2**16
#: first bytes of every HDF5 file that is written here
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: largest factor by which gzip makes anything smaller
MOST_EXPANDED = 1040
#: errors of the system that pass, or that the user can put right
_PASSING = (
    *(errno.EACCES, errno.EPERM, errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.EMFILE),
    *(errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT),
)
#: what h5py and zipfile raise on damaged files; RecursionError is a RuntimeError
_DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError, struct.error, zipfile.BadZipFile)


class ChainError(OSError):
    """A chain file or directory that cannot be used; the text names it and says why."""


class Unreadable(ChainError):
    """A chain that cannot be read at the moment; it may be intact, so it is never set aside."""


class Image(NamedTuple):
    """A chain file in memory, and where it was read."""

    source: Path | Member
    image: bytes

    def __str__(self) -> str:
        return str(self.source)

    def window(self) -> io.BytesIO:
        """Its bytes, as a file to read."""
        return io.BytesIO(self.image)


#: where a chain file is: on disk, in a shard, or in memory
Source = Path | Member | Image


class Content(NamedTuple):
    """Arrays by their path in the file ("energy", "glass/paths"), attributes by the path of what they belong to."""

    arrays: dict[str, np.ndarray]
    attrs: dict[str, dict]


def format_of(variables: Iterable[str]) -> int:
    """Number of the format of a chain with these variables."""
    return FORMAT if {"removed_fraction", "test_error"} & set(variables) else 1


def digest(content: Content) -> str:
    """sha256, hex, over all arrays and attributes in the order of their paths."""
    hasher = hashlib.sha256()
    for path in sorted(content.arrays.keys() | content.attrs.keys() | {*GROUPS, ""}):
        attrs = {name: _plain(value) for name, value in content.attrs.get(path, {}).items()}
        kept = {name: value for name, value in attrs.items() if path or name not in UNDIGESTED}
        hasher.update(json.dumps([path, kept], sort_keys=True).encode())
        if path in content.arrays:
            array = content.arrays[path]
            array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
            hasher.update(json.dumps([array.dtype.str, array.shape]).encode())
            hasher.update(array.tobytes())
    return hasher.hexdigest()


def put(file: h5py.File, content: Content) -> None:
    """Fill an empty HDF5 file; the axes of variables become dimension scales. The same content gives the same bytes, in
    whatever order its arrays came."""
    content = Content(dict(sorted(content.arrays.items())), content.attrs)
    stored = {"": file} | {group: file.create_group(group) for group in GROUPS}
    for path, array in content.arrays.items():
        stored[path] = file.create_dataset(path, data=array, **_storage(array, dimensions(path)))
    for path, attrs in content.attrs.items():
        put_attributes(stored[path], attrs)
    _put_scales(file, {path: stored[path] for path in content.arrays if dimensions(path)})


def get(file: h5py.File) -> Content:
    """Everything in a chain file but the group `runtime`, which is only checked to be readable; raises as :func:`own`
    does.
    """
    for group in (*GROUPS, RUNTIME):
        if not holds(file, group):
            raise ChainError(f"group {group} is missing")
    # its numbers are not part of the content, but a task that continues the chain reads them
    attributes(file[RUNTIME])
    paths = variable_names(file) + [f"{group}/{name}" for group in GROUPS for name in file[group]]
    arrays, attrs = {}, {"": attributes(file)} | {group: attributes(file[group]) for group in GROUPS}
    for path in paths:
        stored = own(file, path)
        arrays[path] = stored[...]
        attrs[path] = attributes(stored)
    return Content(arrays, attrs)


def holds(file: h5py.File, path: str) -> bool:
    """Whether a file has something at a path; ChainError where a link on the way leads elsewhere."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        link = file.get("/".join(parts[:depth]), getlink=True)
        if link is None:
            return False
        if not isinstance(link, h5py.HardLink):
            raise ChainError(f"{'/'.join(parts[:depth])} is a link")
    return True


def own(file: h5py.File, path: str) -> h5py.Dataset:
    """A dataset whose numbers are in this file and no more than it can hold.

    A file from elsewhere may refer to other files: by links, by external storage, as a virtual dataset; and one of a
    megabyte may claim to hold a petabyte.

    Raises
    ------
    ChainError
        If glassnet writes no such dataset.
    ValueError
        If there is no memory for it.
    """
    if not holds(file, path):
        raise ChainError(f"{path} is missing")
    stored = file[path]
    if not isinstance(stored, h5py.Dataset) or stored.dtype.kind not in "iufb":
        raise ChainError(f"{path} is no array of numbers")
    layout = stored.id.get_create_plist()
    if layout.get_external_count() or layout.get_layout() == h5py.h5d.VIRTUAL:
        raise ChainError(f"{path} is stored in another file")
    if stored.nbytes > MOST_EXPANDED * stored.id.get_storage_size() + _CHUNK_BYTES:
        raise ChainError(f"{path} claims {stored.nbytes} bytes, but the file does not hold them")
    if stored.nbytes > 2**10 * _CHUNK_BYTES:
        _checks.memory(path, stored.nbytes)
    return stored


def variable_names(file: h5py.File) -> list[str]:
    """Variables and coordinates of the chain, in the order of their names."""
    return sorted(name for name in file if name in schema.VARIABLES or name in COORDINATES)


def labels(variables) -> list[str]:
    """The coordinates among the names of variables."""
    return [name for name in COORDINATES if name in variables]


def dimensions(path: str) -> tuple[str, ...]:
    """Axes of a variable, from the schema: HDF5 keeps no checksum of its own list. Empty outside the root."""
    if path in schema.VARIABLES:
        return schema.VARIABLES[path][0]
    if path in COORDINATES:
        return ("pair",) if path in ("replica_a", "replica_b") else (path,)
    return ()


def attributes(item) -> dict:
    """Attributes of an HDF5 object as plain Python values, without those HDF5 keeps for itself."""
    return {name: _plain(item.attrs[name]) for name in item.attrs if name not in _STRUCTURE}


def put_attributes(item, attrs: dict) -> None:
    """Set attributes; texts get a fixed length: HDF5 computes no checksums where it keeps those of variable length."""
    for name, value in attrs.items():
        if isinstance(value, str):
            text = value.encode()
            item.attrs.create(name, text, dtype=h5py.string_dtype("utf-8", max(1, len(text))))
        else:
            item.attrs[name] = value


class _Kept:
    """The file that was opened last, with what closes it."""

    def __init__(self):
        self.source, self.file, self.closing = None, None, contextlib.ExitStack()

    def close(self) -> None:
        self.source = self.file = None
        self.closing.close()


_KEPT: ContextVar[_Kept | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def kept_open() -> Iterator[None]:
    """Inside, the file opened last stays open until another one is: opening takes as long as reading a variable."""
    kept = _Kept()
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)
        kept.close()


@contextlib.contextmanager
def opened(source: Source) -> Iterator[h5py.File]:
    """Open one chain file for reading; whatever fails inside is a :class:`ChainError` that names it."""
    kept = _KEPT.get()
    with reading(source), contextlib.ExitStack() as stack:
        if kept is None:
            yield _open(source, stack)
            return
        if kept.source != source:
            kept.close()
            kept.file, kept.source = _open(source, kept.closing), source
        yield kept.file


def _open(source: Source, stack: contextlib.ExitStack) -> h5py.File:
    if isinstance(source, Path):
        _check_signature(source)
        file_or_path: Path | io.IOBase = source
    else:
        file_or_path = stack.enter_context(source.window())
    # no lock: a chain file never changes, and some cluster file systems have no locks
    file = stack.enter_context(h5py.File(file_or_path, "r", locking=False))
    if "format" not in file.attrs or "digest" not in file.attrs:
        raise ChainError(f"{source}: an HDF5 file, but not a glassnet chain file")
    check_format(source, int(file.attrs["format"]))
    return file


def _check_signature(path: Path) -> None:
    """Refuse a file that is not HDF5 before the library searches it for a signature, or waits for a FIFO."""
    with open(path, "rb", opener=regular_file.opener) as file:
        first = file.read(len(_SIGNATURE))
    if first and first != _SIGNATURE:
        what = "truncated or damaged" if path.suffix == ".h5" else "not a chain file of glassnet"
        raise ChainError(f"{path}: {what}: it does not begin as HDF5 files do")


def check_format(source: Source, number: int) -> None:
    """Refuse what a later release wrote."""
    if number > FORMAT:
        raise Unreadable(f"{source}: written by a newer glassnet (chain format {number}, this one reads {FORMAT})")


@contextlib.contextmanager
def reading(source: Source) -> Iterator[None]:
    """Whatever fails inside is a :class:`ChainError` that names what was read."""
    try:
        yield
    except ChainError as error:
        if str(source) in str(error):
            raise
        raise type(error)(f"{source}: {error}") from None
    except FileNotFoundError:
        raise ChainError(f"{source}: no such file") from None
    except IsADirectoryError as error:
        raise ChainError(f"{source}: {error.strerror or error}") from None
    except regular_file.NotRegular as error:
        raise ChainError(f"{source}: {error.strerror}") from None
    except MemoryError:
        raise Unreadable(f"{source}: not enough memory to read it") from None
    except _DAMAGE as error:
        if (number := _errno(error)) in _PASSING:
            raise Unreadable(f"{source}: {os.strerror(number)}") from error
        raise ChainError(f"{source}: truncated or damaged ({error})") from error


def _errno(error: Exception) -> int | None:
    """Number of the system's error behind an exception; HDF5 may only put it into its text."""
    match = re.search(r"errno = (\d+)", str(error))
    return int(match[1]) if match else getattr(error, "errno", None)


def _plain(value):
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, bytes):
        return value.decode()
    return list(value) if isinstance(value, tuple) else value


def _storage(array: np.ndarray, axes: tuple[str, ...]) -> dict:
    if 0 in array.shape or not array.shape:
        return {}
    chunks = list(array.shape)
    # an analysis reads one temperature at a time
    if "temperature" in axes and array.nbytes > _CHUNK_BYTES:
        chunks[axes.index("temperature")] = 1
    while np.prod(chunks) * array.itemsize > 16 * _CHUNK_BYTES and chunks[0] > 1:
        chunks[0] = -(-chunks[0] // 2)
    return {"chunks": tuple(chunks), **_FILTERS}


def _put_scales(file: h5py.File, variables: dict[str, h5py.Dataset]) -> None:
    lengths: dict[str, int] = {}
    for name, stored in variables.items():
        lengths.update(zip(dimensions(name), stored.shape, strict=True))
    scales = {}
    for axis, length in lengths.items():
        if axis in variables:
            scales[axis] = variables[axis]
            scales[axis].make_scale(axis)
        else:
            scales[axis] = file.create_dataset(axis, data=np.zeros(length, np.int8))
            scales[axis].make_scale(_NO_COORDINATE.format(length))
    for name, stored in variables.items():
        if name not in scales:
            for position, axis in enumerate(dimensions(name)):
                stored.dims[position].attach_scale(scales[axis])
