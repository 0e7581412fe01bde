"""A polite end: the first signal asks to stop, the second does it."""

import signal


class Stop:
    """Remembers that SIGINT or SIGTERM came, while it is entered; the second one acts as if nobody listened.

    Attributes
    ----------
    requested : bool
    passed_on : bool
        Whether rank 0 has been told.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.requested = self.passed_on = False

    def __enter__(self):
        self._before = {number: signal.signal(number, self._request) for number in self._SIGNALS}
        return self

    def __exit__(self, *_):
        self._restore()

    def _request(self, *_):
        self.requested = True
        self._restore()

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
