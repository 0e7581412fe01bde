"""One chain file: a task's draws, its glass and its end state in HDF5, written whole, read back verified.

`docs/chains.md` describes the file for readers with h5py only.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import xarray as xr

from glassnet.chains import schema
from glassnet.chains.atomic import commit
from glassnet.glass import PathGlass

#: number of the file format; readers refuse a newer one
FORMAT = 1
#: attributes outside the digest: they depend on when a run file grew or a release came out, never on the chain
UNDIGESTED = ("digest", "run_file", "glassnet_version")
_FILTERS = {"compression": "gzip", "compression_opts": 1, "shuffle": True, "fletcher32": True}
_STRUCTURE = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS")
#: name netCDF gives to a dimension without coordinate values
_NO_COORDINATE = "This is a netCDF dimension but not a netCDF variable. {:9d}"
_CHUNK_BYTES = 2**16
#: variables that label the others
COORDINATES = ("draw", "temperature", "replica", "gap", "walker", "replica_a", "replica_b")
_GLASS_ARRAYS = ("paths", "couplings", "layer", "parent_index", "edges", "planted")


class ChainError(OSError):
    """A chain file or directory that cannot be used; the text names it and says why."""


class Segment(NamedTuple):
    """What one chain file holds."""

    dataset: xr.Dataset
    glass: PathGlass
    state: dict[str, np.ndarray]
    digest: str
    runtime: dict


def write(path: Path, dataset: xr.Dataset, glass: PathGlass, state: dict[str, np.ndarray], runtime: dict) -> str:
    """Write one chain file in one step and return its digest.

    Parameters
    ----------
    path : Path
        Replaced if it exists; see :func:`glassnet.chains.atomic.commit`.
    dataset : xarray.Dataset
        Variables of :mod:`glassnet.chains.schema`; those with ``dtype`` and ``scale_factor`` in their encoding are
        stored as integers. Its attributes become those of the file.
    glass : PathGlass
    state : dict of str to array
        Complete end state of the sampler.
    runtime : dict
        Timings and hosts: what is no function of inputs and seed. Not part of the digest.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=("v110", "v110")) as file:
        _put_dataset(file, dataset)
        _put_glass(file.create_group("glass"), glass)
        for name, array in state.items():
            _put_array(file.require_group("state"), name, np.asarray(array))
        _put_attributes(file.create_group("runtime"), runtime)
        _put_attributes(file, dataset.attrs | {"format": FORMAT})
        digest = content_digest(file)
        _put_attributes(file, {"digest": digest})
    commit(path, memory.getvalue())
    return digest


def read(path: Path) -> Segment:
    """Read one chain file into memory and verify it against its digest.

    Raises
    ------
    ChainError
        If the file is missing, truncated, damaged, or no chain file of this format.
    """
    with opened(path) as file:
        attrs = _verified(file)
        digest = attrs.pop("digest")
        del attrs["format"]
        variables = {name: variable(file[name]) for name in variable_names(file)}
        dataset = xr.Dataset(variables, attrs=attrs).set_coords(COORDINATES)
        state = {name: file["state"][name][...] for name in file["state"]}
        return Segment(dataset, _get_glass(file["glass"]), state, digest, attributes(file["runtime"]))


def verify(path: Path) -> dict:
    """Compare one chain file with its digest and return its attributes; raises as :func:`read` does."""
    with opened(path) as file:
        return _verified(file)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open one chain file for reading; whatever fails inside is a :class:`ChainError` that names the file."""
    try:
        # no lock: a chain file never changes, and some cluster file systems have no locks
        with h5py.File(path, "r", locking=False) as file:
            if "format" not in file.attrs or "digest" not in file.attrs:
                raise ChainError(f"{path}: an HDF5 file, but not a glassnet chain file")
            if file.attrs["format"] > FORMAT:
                found = file.attrs["format"]
                raise ChainError(f"{path}: written by a newer glassnet (chain format {found}, this one reads {FORMAT})")
            yield file
    except ChainError:
        raise
    except FileNotFoundError:
        raise ChainError(f"{path}: no such file") from None
    except (PermissionError, IsADirectoryError) as error:
        raise ChainError(f"{path}: {error.strerror or error}") from None
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, UnicodeDecodeError) as error:
        raise ChainError(f"{path}: truncated or damaged ({error})") from error


def content_digest(file: h5py.File) -> str:
    """sha256, hex, over all arrays and attributes in the order of their names; group `runtime` excluded."""
    hasher = hashlib.sha256()

    def add(name, item):
        if name.split("/")[0] == "runtime":
            return
        skipped = UNDIGESTED if not name else ()
        described = {key: value for key, value in attributes(item).items() if key not in skipped}
        hasher.update(json.dumps([name, described], sort_keys=True).encode())
        if isinstance(item, h5py.Dataset):
            array = np.ascontiguousarray(item[...], dtype=item.dtype.newbyteorder("<"))
            hasher.update(json.dumps([array.dtype.str, item.shape]).encode())
            hasher.update(array)

    add("", file)
    file.visititems(add)
    return hasher.hexdigest()


def attributes(item) -> dict:
    """Attributes of an HDF5 object as plain Python values, without those HDF5 keeps for itself."""
    plain = {name: item.attrs[name].tolist() for name in item.attrs if name not in _STRUCTURE}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in plain.items()}


def variable_names(file: h5py.File) -> list[str]:
    """Variables and coordinates of the chain, in the order of their names."""
    return sorted(name for name in file if name in schema.VARIABLES or name in COORDINATES)


def dimensions(stored: h5py.Dataset) -> tuple[str, ...]:
    """Names of the axes of a stored variable, from the schema: HDF5 keeps no checksum of its own list."""
    name = stored.name.lstrip("/")
    if name in schema.VARIABLES:
        return schema.VARIABLES[name][0]
    return ("pair",) if name in ("replica_a", "replica_b") else (name,)


def encoding(stored: h5py.Dataset) -> dict:
    """Encoding of a variable kept as integers times a scale; empty for others."""
    if "scale_factor" not in stored.attrs:
        return {}
    return {"dtype": str(stored.dtype), "scale_factor": float(stored.attrs["scale_factor"])}


def variable(stored: h5py.Dataset) -> xr.Variable:
    """A stored variable in memory, integers turned into values."""
    kept = encoding(stored)
    values = stored[...] * kept["scale_factor"] if kept else stored[...]
    attrs = {name: value for name, value in attributes(stored).items() if name != "scale_factor"}
    return xr.Variable(dimensions(stored), values, attrs, kept)


def _verified(file: h5py.File) -> dict:
    attrs = attributes(file)
    if content_digest(file) != attrs["digest"]:
        raise ChainError(f"{file.filename}: damaged: its content does not match its digest")
    return attrs


def _put_dataset(file: h5py.File, dataset: xr.Dataset) -> None:
    for name, length in dataset.sizes.items():
        if name in dataset.coords:
            scale = _put_array(file, name, dataset[name].values)
            scale.make_scale(name)
            _put_attributes(scale, dataset[name].attrs)
        else:
            file.create_dataset(name, data=np.zeros(length, np.int8), **_storage((length,), 1))
            file[name].make_scale(_NO_COORDINATE.format(length))
    for name, array in dataset.variables.items():
        if name in dataset.sizes:
            continue
        values, scale = _as_integers(array)
        stored = _put_array(file, name, values, array.dims)
        _put_attributes(stored, array.attrs | scale)
        for axis, dimension in enumerate(array.dims):
            stored.dims[axis].attach_scale(file[dimension])


def _as_integers(array: xr.Variable) -> tuple[np.ndarray, dict]:
    """Integers and their scale where these give the values back exactly, otherwise the values."""
    if "scale_factor" in array.encoding and np.issubdtype(array.encoding["dtype"], np.integer):
        scale = float(array.encoding["scale_factor"])
        integers = np.rint(array.values / scale).astype(array.encoding["dtype"])
        if np.array_equal(integers * scale, array.values):
            return integers, {"scale_factor": scale}
    return array.values, {}


def _put_array(group: h5py.Group, name: str, array: np.ndarray, axes: tuple[str, ...] = ()) -> h5py.Dataset:
    return group.create_dataset(name, data=array, **_storage(array.shape, array.itemsize, axes))


def _storage(shape: tuple[int, ...], itemsize: int, axes: tuple[str, ...] = ()) -> dict:
    if 0 in shape or not shape:
        return {}
    chunks = list(shape)
    # an analysis reads one temperature at a time
    if "temperature" in axes and np.prod(chunks) * itemsize > _CHUNK_BYTES:
        chunks[axes.index("temperature")] = 1
    while np.prod(chunks) * itemsize > 16 * _CHUNK_BYTES and chunks[0] > 1:
        chunks[0] = -(-chunks[0] // 2)
    return {"chunks": tuple(chunks), **_FILTERS}


def _put_attributes(item, attrs: dict) -> None:
    for name, value in attrs.items():
        if isinstance(value, str):
            # fixed length: HDF5 keeps strings of variable length where it computes no checksums
            text = value.encode()
            item.attrs.create(name, text, dtype=h5py.string_dtype("utf-8", max(1, len(text))))
        else:
            item.attrs[name] = value


def _put_glass(group: h5py.Group, glass: PathGlass) -> None:
    for name in _GLASS_ARRAYS:
        array = getattr(glass, name)
        if array is not None:
            _put_array(group, name, array)
    optional = {} if glass.widths is None else {"widths": list(glass.widths)}
    attrs = {"n_weights": glass.n_weights, "p": glass.p, "ensemble": glass.ensemble, "has_layers": glass.has_layers}
    _put_attributes(group, attrs | optional | {"recipe": json.dumps(glass.recipe, sort_keys=True)})


def _get_glass(group: h5py.Group) -> PathGlass:
    attrs = attributes(group)
    arrays = {name: group[name][...] if name in group else None for name in _GLASS_ARRAYS}
    if not attrs["has_layers"]:
        arrays["layer"] = None
    return PathGlass(
        arrays.pop("paths"),
        arrays.pop("couplings"),
        n_weights=attrs["n_weights"],
        widths=attrs.get("widths"),
        ensemble=attrs["ensemble"],
        recipe=json.loads(attrs["recipe"]),
        **arrays,
    )
