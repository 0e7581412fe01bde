"""A variable of many samples that is read from their files when it is asked for, and only the part asked for."""

from pathlib import Path

import h5py
import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from glassnet.chains.content import attributes, dimensions, opened
from glassnet.chains.segment import from_stored


class SampleStack(BackendArray):
    """One variable of several chain files along a new first axis `sample`.

    Files are opened at each access and closed again: a scan of thousands of samples holds no file open, and one that
    is still running can be read.

    Parameters
    ----------
    paths : list of Path
        Chain files, in the order of the samples.
    name : str
    shape : tuple of int
        Of one sample; where the files hold more draws, their leading ones count.
    dtype : numpy.dtype
        Of the values; each file says how its integers turn into them.
    """

    def __init__(self, paths: list[Path], name: str, shape: tuple[int, ...], dtype: np.dtype):
        self.paths = paths
        self.name = name
        self.shape = (len(paths), *shape)
        self.dtype = dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        """Values at `key`; xarray takes apart what HDF5 cannot select at once."""
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER_1VECTOR, self._read)

    def _read(self, key: tuple) -> np.ndarray:
        sample, rest = key[0], self._bounded(key[1:])
        if isinstance(sample, (int, np.integer)):
            return self._read_one(self.paths[sample], rest)
        chosen = np.arange(len(self.paths))[sample]
        stack = [self._read_one(self.paths[number], rest) for number in chosen]
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

    def _read_one(self, path: Path, key: tuple) -> np.ndarray:
        with opened(path) as file:
            stored = file[self.name]
            return from_stored(np.asarray(stored[key]), attributes(stored))[0]


def stack(paths: list[Path], name: str, stored: h5py.Dataset, n_draws: int) -> xr.Variable:
    """Lazy variable over the samples in `paths`, all shaped like `stored`, that of one of them."""
    axes = dimensions(name)
    shape = tuple(n_draws if axis == "draw" else length for axis, length in zip(axes, stored.shape, strict=True))
    attrs = attributes(stored)
    sample, encoding = from_stored(np.empty(0, dtype=stored.dtype), attrs)
    attrs.pop("scale_factor", None)
    array = indexing.LazilyIndexedArray(SampleStack(paths, name, shape, sample.dtype))
    return xr.Variable(("sample", *axes), array, attrs, encoding)
