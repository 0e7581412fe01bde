"""A sampler belongs to one thread at a time: without Python's lock two would corrupt the chain."""

import contextlib
import threading
from collections.abc import Iterator


class Exclusive:
    """Base of what has a chain that moves while other threads run. A second user is refused, not made to wait."""

    def __init__(self):
        self._user, self._moving = threading.RLock(), False

    @contextlib.contextmanager
    def in_use(self, moving: bool = False) -> Iterator[None]:
        """Inside, no other thread may use the chain; `moving`: nor may callbacks of this one move it.

        Raises
        ------
        RuntimeError
            If the chain is in use.
        """
        if not self._user.acquire(blocking=False):
            raise RuntimeError(
                f"this {type(self).__name__} is being used by another thread: two would corrupt its chain; give every "
                "thread a sampler of its own, with a seed of its own, or let one wait for the other"
            )
        try:
            if moving and self._moving:
                raise RuntimeError(
                    f"this {type(self).__name__} is running already: what it calls meanwhile must not move its chain"
                )
            before, self._moving = self._moving, self._moving or moving
            try:
                yield
            finally:
                self._moving = before
        finally:
            self._user.release()
