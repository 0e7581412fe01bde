"""A variable of many samples that is read from their files when it is asked for, and only the part asked for."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from glassnet.chains.content import attributes, dimensions, holds, own
from glassnet.chains.files.zip_archive import Member
from glassnet.chains.segment import from_stored
from glassnet.chains.shards import follow


class SampleStack(BackendArray):
    """One variable of several chain files, in the order of the samples, along a new first axis `sample`.

    Files are opened at each access and closed again: a scan of thousands of samples holds no file open, and one that is
    still running can be read: what was merged meanwhile is looked for. `shape` is that of one sample; where the files
    hold more draws, their leading ones count. `dtype` is that of the values; each file says how its integers turn into
    them.
    """

    def __init__(self, sources: list[Path | Member], name: str, shape: tuple[int, ...], dtype: np.dtype):
        self.sources = sources
        self.name = name
        self.shape = (len(sources), *shape)
        self.dtype = dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        """Values at `key`; xarray takes apart what HDF5 cannot select at once."""
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER_1VECTOR, self._read)

    def _read(self, key: tuple) -> np.ndarray:
        sample, rest = key[0], self._bounded(key[1:])
        if isinstance(sample, (int, np.integer)):
            return self._read_one(int(sample), rest)
        chosen = np.arange(len(self.sources))[sample]
        stack = [self._read_one(number, rest) for number in chosen]
        if stack:
            return np.stack(stack)
        empty = np.empty(self.shape[1:], dtype=self.dtype)[rest]
        return np.empty((0, *empty.shape), dtype=self.dtype)

    def _bounded(self, key: tuple) -> tuple:
        # a file may hold more draws than the stack shows
        return tuple(
            slice(*part.indices(length)) if isinstance(part, slice) else part
            for part, length in zip(key, self.shape[1:], strict=True)
        )

    def _read_one(self, number: int, key: tuple) -> np.ndarray:
        self.sources[number], values = follow(self.sources[number], lambda file: self._values(file, key))
        return values

    def _values(self, file: h5py.File, key: tuple) -> np.ndarray:
        stored = own(file, self.name)
        # of all attributes only this one is needed
        scale = stored.attrs.get("scale_factor")
        values = self._widened(lambda part: stored[part], stored.shape, key)
        return values if scale is None else values * float(scale)

    def _widened(self, read: Callable[[tuple], np.ndarray], shape: tuple[int, ...], key: tuple) -> np.ndarray:
        """Values at `key` of an array of this shape; zeros beyond it: samples may differ by one weight, and so by a
        byte of packed ones."""
        missing = self.shape[-1] - shape[-1]
        if not missing:
            return np.asarray(read(key))
        values = read((*key[:-1], slice(None)))
        return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)])[..., key[-1]]


class FinalWeights(SampleStack):
    """Weights that the chains end in, packed 8 to a byte like a measurement of them: (n_temperatures, n_replicas,
    n_bytes).

    The state from which a chain continues holds them by the lane of the sampler, and the lane on every rung of every
    replica.
    """

    def __init__(self, sources: list[Path | Member], shape: tuple[int, ...]):
        super().__init__(sources, "final_weights", shape, np.dtype(np.uint8))

    def _values(self, file: h5py.File, key: tuple) -> np.ndarray:
        weights = own(file, "state/weights")[...][own(file, "state/walkers_lane_at")[...].T]
        return self._widened(weights.__getitem__, weights.shape, key)


def final_weights(sources: list[Path | Member], file: h5py.File, n_bytes: int) -> xr.Variable | None:
    """Lazy variable of the weights that the chains in `sources` end in, packed into so many bytes at most; None if
    `file`, that of one of them, has no state of a sampler on a ladder."""
    if not all(holds(file, f"state/{name}") for name in ("weights", "walkers_lane_at")):
        return None
    n_replicas, n_rungs = own(file, "state/walkers_lane_at").shape
    array = indexing.LazilyIndexedArray(FinalWeights(sources, (n_rungs, n_replicas, n_bytes)))
    meaning = "weights at the end of the chain, packed 8 to a byte, lowest bit first, 1 = +1"
    return xr.Variable(("sample", "temperature", "replica", "byte"), array, {"long_name": meaning})


def stack(sources: list[Path | Member], name: str, stored: h5py.Dataset, lengths: dict[str, int]) -> xr.Variable:
    """Lazy variable over the samples in `sources`, all shaped like `stored`, that of one of them, but on the axes of
    which `lengths` are given."""
    axes = dimensions(name)
    shape = tuple(lengths.get(axis, length) for axis, length in zip(axes, stored.shape, strict=True))
    attrs = attributes(stored)
    sample, encoding = from_stored(np.empty(0, dtype=stored.dtype), attrs)
    attrs.pop("scale_factor", None)
    array = indexing.LazilyIndexedArray(SampleStack(sources, name, shape, sample.dtype))
    return xr.Variable(("sample", *axes), array, attrs, encoding)
