"""The order of tasks: a plain object without MPI and clocks, driven by the farm or by a simulation."""

from collections import deque
from collections.abc import Hashable, Mapping


class Schedule:
    """Hands out tasks, the longest first, so that no rank is left with a long one at the end.

    A task is expected to take its cost times the seconds per cost of the finished tasks of its kind; while there are
    none, of all finished tasks. This affects the order alone, and never a number in a chain. Handing out a task takes a
    time proportional to the number of kinds, whatever the number of tasks.

    Parameters
    ----------
    costs : dict of int to float
        Cost of every task to be done, by its number.
    kinds : mapping of int to hashable, optional
        Kind of every task: what may take longer or shorter than its cost says. By default all tasks are of one kind.
    """

    def __init__(self, costs: dict[int, float], kinds: Mapping[int, Hashable] | None = None):
        self._kinds: dict[Hashable, _Kind] = {}
        for number in sorted(costs, key=lambda number: (-costs[number], number)):
            kind = self._kinds.setdefault(None if kinds is None else kinds[number], _Kind())
            kind.waiting.append((number, costs[number]))
        self._running: dict[int, tuple[_Kind, float]] = {}
        self._all = _Kind()
        self.failed: list[int] = []
        self.paused = False

    @property
    def running(self) -> list[int]:
        """Tasks that are being worked on."""
        return sorted(self._running)

    @property
    def complete(self) -> bool:
        """Whether nothing is being worked on and nothing more will be handed out."""
        return not self._running and (self.paused or not self._kinds)

    @property
    def exit_code(self) -> int:
        """0 done, 1 some tasks failed, 75 paused with work left."""
        if self._kinds or self._running:
            return 75
        return 1 if self.failed else 0

    def next(self, rank: int) -> int | None:
        """The next task for a rank that is free; None if there is none (any more)."""
        if self.paused or not self._kinds:
            return None
        name = self._longest()
        kind = self._kinds[name]
        number, cost = kind.waiting.popleft()
        if not kind.waiting:
            del self._kinds[name]
        self._running[number] = (kind, cost)
        return number

    def _longest(self) -> Hashable:
        """Name of the kind whose first task is expected to take longest, the lower number first among equals."""
        general = self._all.rate or 1.0
        longest, chosen = (0.0, 0), None
        for name, kind in self._kinds.items():
            number, cost = kind.waiting[0]
            expected = (cost * (kind.rate or general), -number)
            if chosen is None or expected > longest:
                longest, chosen = expected, name
        return chosen

    def finish(self, number: int, failed: bool = False, seconds: float = 0.0) -> None:
        """A task has ended, after `seconds` if it is known; what a failed one took says nothing about others."""
        kind, cost = self._running.pop(number)
        if failed:
            self.failed.append(number)
        else:
            kind.learn(cost, seconds)
            self._all.learn(cost, seconds)

    def pause(self) -> None:
        """Hand out nothing more."""
        self.paused = True


class _Kind:
    """Tasks of one kind that wait, the longest first, and seconds per cost of those that are done, 0 while unknown."""

    __slots__ = ("_cost", "_seconds", "rate", "waiting")

    def __init__(self):
        self.waiting: deque[tuple[int, float]] = deque()
        self.rate = self._cost = self._seconds = 0.0

    def learn(self, cost: float, seconds: float) -> None:
        if seconds > 0 and cost > 0:
            self._cost += cost
            self._seconds += seconds
            self.rate = self._seconds / self._cost
