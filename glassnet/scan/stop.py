"""A polite end: by a signal or because time is up; a second signal ends at once."""

import math
import os
import re
import signal
import time
from collections.abc import Callable

#: seconds before the end of a Slurm job at which a scan stops by itself
_SLURM_MARGIN = 60.0
#: launchers pass signals on to processes that got them already: what comes within these seconds counts as one
_ECHO = 1.0


def time_left(limit: float | None) -> float:
    """Seconds a scan may run: `limit`, and what Slurm leaves of its job but for a minute; inf without either."""
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    # a job that is over left its environment to the shell it was started from; twelve digits are 30 000 years
    left = int(end) - time.time() if re.fullmatch("[0-9]{1,12}", end) else -1.0
    return min(math.inf if limit is None else limit, max(0.0, left - _SLURM_MARGIN) if left > 0 else math.inf)


class Stop:
    """Remembers that SIGINT, SIGTERM or SIGUSR1 came while it is entered, and when time is up.

    Parameters
    ----------
    seconds : float
        After these `requested` holds by itself.
    clock : callable() -> float
        Seconds.

    Attributes
    ----------
    passed_on : bool
        Whether rank 0 knows.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)

    def __init__(self, seconds: float = math.inf, clock: Callable[[], float] = time.monotonic):
        self._clock, self._end = clock, clock() + seconds
        self._signalled: float | None = None
        self._asked = self.passed_on = False

    @property
    def requested(self) -> bool:
        """Whether to stop at the next opportunity."""
        return self._asked or self._clock() >= self._end

    @property
    def reason(self) -> str:
        """Why, in three words."""
        return "a signal came" if self._asked else "time is up"

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
        elif time.monotonic() - self._signalled > _ECHO:
            # as if nobody had listened
            self._restore()
            os.kill(os.getpid(), number)

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
