"""Signs of life inside a job: rank 0 touches a file that all ranks see, and every rank looks after its launcher.

Messages do not show whether rank 0 is dead or busy, and a launcher does not notice that a node lost its power, so a
rank would wait for ever. The looks at the file are counted, and not seconds: a job that was suspended as a whole, or
whose file system did not answer for minutes, continues.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

#: seconds between two touches of the file, and between two looks at it
BEAT, LOOK = 1.0, 5.0
#: successive looks without a change after which rank 0 counts as dead
_MISSED = 7


class Heart:
    """Touches an existing file every second from a thread of its own while it is entered.

    At the end the date of the file is set to 1970, so that the last touch is not taken for a sign of life. Where it
    cannot be touched nothing happens: its date never changed, from which other processes conclude nothing.
    """

    def __init__(self, path: Path):
        self._path, self._over = path, threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            os.utime(self._path, (0, 0))

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(self._path)


class Watch:
    """Watches whether rank 0 and the launcher are alive.

    `clock` gives seconds; `parent` the process that started this one, which is another number once that one died.

    Attributes
    ----------
    orphan : bool
        Whether the launcher of this process died.
    silent : bool
        Whether rank 0 was given up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, parent: Callable[[], int] = os.getppid):
        self._clock, self._parent = clock, parent
        self._launcher, self._next = parent(), clock()
        self._path: Path | None = None
        self._last: tuple | None = None
        self._beats, self._missed = False, 0
        self.orphan = self.silent = False

    def follow(self, path: Path) -> None:
        """From now on look at the file that rank 0 touches."""
        self._path, self._last = path, _look(path)

    @property
    def lost(self) -> bool:
        """Whether this rank is to save its work and to end by itself; looks at the file if it is time to."""
        now = self._clock()
        if now >= self._next:
            # looks are close together until a touch was seen: only after that a file without touches means anything
            self._next = now + (LOOK if self._beats or self._path is None else BEAT)
            self.orphan = self.orphan or self._parent() != self._launcher
            self._listen()
        return self.orphan or self.silent

    @property
    def reason(self) -> str:
        """Why, for people."""
        return "the launcher of this process is gone" if self.orphan else "rank 0 gives no sign of life"

    def _listen(self) -> None:
        beat = None if self._path is None else _look(self._path)
        if beat is None or self._last is None:
            self._last, self._missed = beat, 0
            return
        if beat[1] != self._last[1]:
            # another scan has taken over: the lock of this one was free
            self.silent = True
        elif beat[0] != self._last[0]:
            self._beats, self._missed = True, 0
        elif self._beats:
            self._missed += 1
            self.silent = self.silent or self._missed >= _MISSED
        self._last = beat


def _look(path: Path) -> tuple[int, bytes] | None:
    """When a file was touched and what it says; None if it cannot be read.

    It is opened, not only asked for: that is when a network file system looks at its server again.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return os.fstat(descriptor).st_mtime_ns, os.read(descriptor, 200)
        finally:
            os.close(descriptor)
    except OSError:
        return None
