"""What an unfinished task has on disk: immutable segments, each the draws since the last one and the state they end in.

A segment is a chain file (:mod:`glassnet.chains.segment`) with three more attributes: `predecessor`, the digest of the
segment before it, and `begins` and `ends`, the sweeps of the chain at its two ends, thermalization included.
"""

import contextlib
from pathlib import Path

import numpy as np
import xarray as xr

from glassnet.chains import segment, shards
from glassnet.chains.content import ChainError, Unreadable
from glassnet.chains.files.atomic_write import set_aside
from glassnet.chains.headers import Header
from glassnet.chains.segment import Segment
from glassnet.glass import PathGlass


class Unfinished:
    """The segments of one task, ``sample3.segments/000001.h5`` and so on beside the chain file they will become."""

    def __init__(self, chain: Path):
        self.folder = chain.with_suffix(".segments")
        self._tip, self._number = "", 1

    def paths(self) -> list[Path]:
        """The segments, oldest first."""
        return sorted(self.folder.glob("[0-9]*.h5"))

    def newest(self) -> Header | None:
        """Header of the newest segment, unverified; None without one that can be opened. Attribute `ends` is the number
        of sweeps it ends at."""
        for path in reversed(self.paths()):
            with contextlib.suppress(ChainError):
                header = shards.read_header(path)
                if isinstance(header.attrs.get("ends"), int):
                    return header
        return None

    def reached(self) -> int | None:
        """Sweeps at the end of the newest segment, unverified; None without one that can be opened."""
        header = self.newest()
        return None if header is None else header.attrs["ends"]

    def load(self, origin: str, n_sweeps: int = 0) -> tuple[list[Segment], list[str]]:
        """The segments that can be continued, oldest first, and a line for each that had to be set aside.

        A damaged segment, and what follows it, is renamed and so computed again. What a chain file that is to be
        lengthened holds already is removed.

        Parameters
        ----------
        origin : str
            What the first segment names as its predecessor: the digest of the chain file to lengthen, or the task.
        n_sweeps : int
            Sweeps of that chain file, thermalization included.
        """
        self._tip, self._number = origin, 1
        found, warnings = [], []
        for path in self.paths():
            try:
                piece = segment.read(path)
                attrs = piece.dataset.attrs
                if attrs["begins"] < n_sweeps:
                    path.unlink()
                    continue
                if attrs["predecessor"] != self._tip:
                    raise ChainError(f"{path}: does not continue what is there before it")
            except Unreadable:
                raise
            except (ChainError, KeyError) as error:
                reason = f"{path}: no segment (without {error})" if isinstance(error, KeyError) else str(error)
                warnings.append(f"{reason}; kept as {set_aside(path).name} and computed again")
                continue
            found.append(piece)
            self._tip, self._number = piece.digest, int(path.stem) + 1
        return found, warnings

    def append(
        self, dataset: xr.Dataset, glass: PathGlass, state: dict[str, np.ndarray], begins: int, ends: int, runtime: dict
    ) -> None:
        """Write the next segment; arguments as in :func:`glassnet.chains.segment.write`.

        Raises
        ------
        OSError
            If the disk refuses. The segments before are untouched, and the call may be repeated with more draws.
        """
        dataset = dataset.assign_attrs(predecessor=self._tip, begins=begins, ends=ends)
        self._tip = segment.write(self.folder / f"{self._number:06d}.h5", dataset, glass, state, runtime)
        self._number += 1

    def remove(self) -> None:
        """Remove the segments of a task whose chain file is in place; what was damaged stays."""
        for path in self.paths():
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()
