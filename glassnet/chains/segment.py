"""One chain file: a task's draws, its glass and its end state in HDF5, written whole, read back verified.

`docs/chains.md` describes the file for readers with h5py only.
"""

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import xarray as xr

from glassnet import _face
from glassnet.chains.content import (
    RUNTIME,
    ChainError,
    Content,
    Source,
    attributes,
    digest,
    dimensions,
    format_of,
    get,
    labels,
    opened,
    put,
    put_attributes,
)
from glassnet.chains.files.atomic_write import commit
from glassnet.glass import PathGlass

__all__ = ["Segment", "read", "verify"]
_face.public(__name__)

_GLASS_ARRAYS = ("paths", "couplings", "layer", "parent_index", "edges", "planted")


@_face.shown
class Segment(NamedTuple):
    """What one chain file holds.

    Attributes
    ----------
    dataset : xarray.Dataset
        The chain, with the variables of :data:`glassnet.chains.schema.VARIABLES`.
    glass : PathGlass
    state : dict of str to array of any shape
        Where the sampler ended (:meth:`glassnet.ParallelTempering.state`).
    digest : str
        Of the content, verified.
    runtime : dict
        Seconds, machine and the like; not part of the digest.
    """

    dataset: xr.Dataset
    glass: PathGlass
    state: dict[str, np.ndarray]
    digest: str
    runtime: dict[str, Any]


def write(
    path: Path, dataset: xr.Dataset, glass: PathGlass, state: dict[str, np.ndarray], runtime: dict[str, Any]
) -> str:
    """Write one chain file in one step and return its digest.

    Parameters
    ----------
    path : Path
        Replaced if it exists; see :func:`glassnet.chains.files.atomic_write.commit`.
    dataset : xarray.Dataset
        Variables of :mod:`glassnet.chains.schema`; those with ``dtype`` and ``scale_factor`` in their encoding are
        stored as integers. Its attributes become those of the file.
    glass : PathGlass
    state : dict of str to array of any shape
        Complete end state of the sampler.
    runtime : dict
        Timings and hosts: what is no function of inputs and seed. Not part of the digest.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    content = content_of(dataset, glass, state)
    name = digest(content)
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=("v110", "v110")) as file:
        put(file, content)
        put_attributes(file, {"digest": name})
        put_attributes(file.create_group(RUNTIME), runtime)
    commit(path, memory.getvalue())
    return name


def read(source: Source) -> Segment:
    """Read one chain file into memory and verify it against its digest.

    Parameters
    ----------
    source : Path, or what :func:`glassnet.chains.shards.find` returned

    Raises
    ------
    ChainError
        If the file is missing, truncated, damaged, or no chain file of this format.
    """
    with opened(source) as file:
        content = _verified(file, source)
        name = content.attrs[""]["digest"]
        return Segment(*_unpack(content), name, attributes(file[RUNTIME]))


def verified(source: Source) -> Content:
    """Everything in one chain file but the group `runtime`, compared with its digest; raises as :func:`read` does."""
    with opened(source) as file:
        return _verified(file, source)


def verify(source: Source) -> dict[str, Any]:
    """Compare one chain file with its digest and return its attributes; `source` and errors as for :func:`read`."""
    return verified(source).attrs[""]


def from_stored(values: np.ndarray, attrs: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """Values of a stored array, and the encoding that turns them into integers again."""
    if "scale_factor" not in attrs:
        return values, {}
    return values * attrs["scale_factor"], {"dtype": str(values.dtype), "scale_factor": attrs["scale_factor"]}


def content_of(dataset: xr.Dataset, glass: PathGlass, state: dict[str, np.ndarray]) -> Content:
    """What :func:`write` writes of its arguments, but the digest."""
    arrays: dict[str, np.ndarray] = {}
    attrs = {"": dataset.attrs | {"format": format_of(map(str, dataset.variables))}}
    for key, variable in dataset.variables.items():
        arrays[str(key)], scale = _as_integers(variable)
        attrs[str(key)] = variable.attrs | scale
    for name in _GLASS_ARRAYS:
        if getattr(glass, name) is not None:
            arrays[f"glass/{name}"] = getattr(glass, name)
    attrs["glass"] = {name: getattr(glass, name) for name in ("n_weights", "p", "ensemble", "has_layers")}
    attrs["glass"]["recipe"] = json.dumps(glass.recipe, sort_keys=True)
    if glass.widths is not None:
        attrs["glass"]["widths"] = list(glass.widths)
    # the number of weights is stored with the glass
    arrays |= {f"state/{name}": np.asarray(array) for name, array in state.items() if name != "n_weights"}
    return Content(arrays, attrs)


def _verified(file: h5py.File, source: Source) -> Content:
    content = get(file)
    if digest(content) != content.attrs[""]["digest"]:
        raise ChainError(f"{source}: damaged: its content does not match its digest")
    return content


def _as_integers(variable: xr.Variable) -> tuple[np.ndarray, dict[str, Any]]:
    """Integers and their scale where these give the values back exactly, otherwise the values."""
    values, kept = variable.values, variable.encoding
    if "scale_factor" in kept and np.issubdtype(kept["dtype"], np.integer):
        scale = float(kept["scale_factor"])
        integers = np.rint(values / scale).astype(kept["dtype"])
        if np.array_equal(integers * scale, values):
            return integers, {"scale_factor": scale}
    return values, {}


def _unpack(content: Content) -> tuple[xr.Dataset, PathGlass, dict[str, np.ndarray]]:
    variables: dict[str, xr.Variable] = {}
    parts: dict[str, dict[str, np.ndarray]] = {"glass": {}, "state": {}}
    for path, array in content.arrays.items():
        group, _, name = path.rpartition("/")
        if group:
            parts[group][name] = array
            continue
        values, encoding = from_stored(array, content.attrs[path])
        attrs = {key: value for key, value in content.attrs[path].items() if key != "scale_factor"}
        variables[path] = xr.Variable(dimensions(path), values, attrs, encoding)
    facts = {name: value for name, value in content.attrs[""].items() if name not in ("digest", "format")}
    dataset = xr.Dataset(variables, attrs=facts).set_coords(labels(variables))
    glass, state = _glass(parts["glass"], content.attrs["glass"]), parts["state"]
    if "weights" in state:
        state["n_weights"] = np.array([glass.n_weights])
    return dataset, glass, state


def _glass(arrays: dict[str, np.ndarray], attrs: dict[str, Any]) -> PathGlass:
    if not attrs["has_layers"]:
        del arrays["layer"]
    return PathGlass(
        arrays.pop("paths"),
        arrays.pop("couplings"),
        n_weights=attrs["n_weights"],
        widths=attrs.get("widths"),
        ensemble=attrs["ensemble"],
        recipe=json.loads(attrs["recipe"]),
        **arrays,
    )
