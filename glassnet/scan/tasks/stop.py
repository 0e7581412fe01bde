"""The end of a scan by a signal or because time is up, with everything saved; a second signal ends at once."""

import math
import os
import re
import signal
import time
from collections.abc import Callable

from glassnet.scan.tasks.heartbeat import Watch

#: seconds before the end of a Slurm job at which a scan stops by itself
_SLURM_MARGIN = 60.0
#: launchers pass signals on to processes that got them already: what comes within these seconds counts as one
ECHO = 1.0


def time_left(limit: float | None, margin: float = _SLURM_MARGIN) -> float:
    """Seconds a scan may run: at most `limit`, and at most what is left of a Slurm job less `margin`; inf without
    either."""
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    # a job that is over left its environment to the shell it was started from; twelve digits are 30 000 years
    left = int(end) - time.time() if re.fullmatch("[0-9]{1,12}", end) else -1.0
    return min(math.inf if limit is None else limit, max(0.0, left - margin) if left > 0 else math.inf)


class Stop:
    """Remembers that SIGINT, SIGTERM or SIGUSR1 came while it is entered; knows when time is up or a rank left alone.

    After so many `seconds` of the `clock` `requested` holds by itself.

    Attributes
    ----------
    passed_on : bool
        Whether rank 0 knows.
    watch : Watch or None
        Of a rank among others: looks after its launcher and rank 0.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)

    def __init__(self, seconds: float = math.inf, clock: Callable[[], float] = time.monotonic):
        self._clock, self._end = clock, clock() + seconds
        self.watch: Watch | None = None
        self._signalled: float | None = None
        self._asked = self.passed_on = False

    @property
    def requested(self) -> bool:
        """Whether to stop at the next opportunity."""
        return self._asked or self._clock() >= self._end or self.lost

    @property
    def lost(self) -> bool:
        """Whether this rank is to end by itself, as no other rank is left that would tell it to."""
        return self.watch is not None and self.watch.lost

    @property
    def reason(self) -> str:
        """Why, in a few words."""
        return (
            self.watch.reason
            if self.watch is not None and self.lost
            else "a signal came"
            if self._asked
            else "time is up"
        )

    def request(self) -> None:
        """Ask to stop."""
        self._asked = True

    def over(self) -> None:
        """From now on nothing is left to save: a warning is ignored, other signals end the process as usual."""
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        for number in self._SIGNALS:
            if number != signal.SIGUSR1:
                signal.signal(number, self._before[number])

    def __enter__(self):
        self._before = {number: signal.signal(number, self._receive) for number in self._SIGNALS}
        return self

    def __exit__(self, *_):
        self._restore()

    def _receive(self, number, _):
        if self._signalled is None:
            self._signalled = time.monotonic()
            self.request()
        elif time.monotonic() - self._signalled > ECHO:
            # the signal acts as if it had never been caught
            self._restore()
            os.kill(os.getpid(), number)

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
