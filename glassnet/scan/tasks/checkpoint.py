"""Saving of a running task: clocks and signals decide where a chain is cut, and never change a number in it."""

import time
from collections.abc import Callable
from pathlib import Path

import xarray as xr

from glassnet import _terminal
from glassnet.chains import schema
from glassnet.chains.segment import Segment
from glassnet.chains.unfinished_task import Unfinished
from glassnet.glass import PathGlass
from glassnet.sampling.tempering import ParallelTempering
from glassnet.scan.tasks.stop import Stop

#: seconds between two segments of a task
CHECKPOINT_EVERY = 900.0


class Saving:
    """Writes the segments of one task while it runs, one `every` so many seconds of the `clock`.

    `chain` is the chain file the task will end in. Once `stop` is requested, the task ends with a last segment.
    `runtime` gives timings and hosts to write beside the chain.
    """

    def __init__(
        self,
        chain: Path,
        stop: Stop,
        every: float = CHECKPOINT_EVERY,
        runtime: Callable[[], dict] = dict,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.stop, self.every = stop, every
        self._store, self._runtime, self._clock = Unfinished(chain), runtime, clock
        self._unsaved: list[xr.Dataset] = []
        self._begins = 0
        self._next = clock() + every

    def load(self, origin: str, existing: Segment | None) -> list[Segment]:
        """Segments of an earlier run that can be continued; see
        :meth:`glassnet.chains.unfinished_task.Unfinished.load`."""
        if existing is not None:
            origin, self._begins = existing.digest, int(existing.state["n_sweeps"][0])
        segments, warnings = self._store.load(origin, self._begins)
        for warning in warnings:
            _terminal.warn(warning)
        if segments:
            self._begins = segments[-1].dataset.attrs["ends"]
        return segments

    def due(self) -> bool:
        """Whether it is time to save."""
        return self.stop.requested or self._clock() >= self._next

    def save(self, piece: xr.Dataset, glass: PathGlass, sampler: ParallelTempering) -> bool:
        """Write the draws since the last call and the state they end in; returns whether the task is to end here.

        An error of the disk only causes a warning: the draws stay in memory and go into the next segment.

        Raises
        ------
        OSError
            If the task is to end here and cannot be saved.
        """
        self._unsaved.append(piece)
        self._next = self._clock() + self.every
        ends = sampler.n_sweeps
        try:
            whole = schema.join(*self._unsaved)
            self._store.append(whole, glass, sampler.state(), self._begins, ends, self._runtime())
        except OSError as error:
            if self.stop.requested:
                raise
            _terminal.warn(f"{error}; {piece.attrs['task']} goes on and tries again in {self.every:g} s")
            return False
        self._unsaved.clear()
        self._begins = ends
        return self.stop.requested

    def finish(self) -> None:
        """Remove the segments: the chain file is in place."""
        self._store.remove()
