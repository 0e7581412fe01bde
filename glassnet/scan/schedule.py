"""Who does what next: a plain object that knows neither MPI nor clocks, driven by the farm."""

from collections import deque


class Schedule:
    """Hands out tasks, the longest first, so that no rank is left with a long one at the end.

    Parameters
    ----------
    costs : dict of int to float
        Cost of every task to be done, by its number.
    """

    def __init__(self, costs: dict[int, float]):
        self._waiting = deque(sorted(costs, key=lambda number: (-costs[number], number)))
        self._running: dict[int, int] = {}
        self.failed: list[int] = []
        self.paused = False

    @property
    def running(self) -> list[int]:
        """Tasks that are being worked on."""
        return sorted(self._running)

    @property
    def complete(self) -> bool:
        """Whether nothing is being worked on and nothing more will be handed out."""
        return not self._running and (self.paused or not self._waiting)

    @property
    def exit_code(self) -> int:
        """0 done, 1 some tasks failed, 75 paused with work left."""
        if self._waiting or self._running:
            return 75
        return 1 if self.failed else 0

    def next(self, rank: int) -> int | None:
        """The next task for a rank that is free; None if there is none (any more)."""
        if self.paused or not self._waiting:
            return None
        number = self._waiting.popleft()
        self._running[number] = rank
        return number

    def finish(self, number: int, failed: bool = False) -> None:
        """A task has ended."""
        del self._running[number]
        if failed:
            self.failed.append(number)

    def pause(self) -> None:
        """Hand out nothing more."""
        self.paused = True
