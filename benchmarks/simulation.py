"""The farm in simulated time: its own rank 0 and schedule among ranks, a network and a clock that are made up."""

import contextlib
import heapq
import math
from dataclasses import dataclass, field
from typing import NamedTuple
from unittest import mock

from glassnet.scan.execute import farm, progress
from glassnet.scan.execute.schedule import Schedule
from glassnet.scan.tasks.stop import Stop


class Costs(NamedTuple):
    """Seconds that everything takes but the tasks.

    Attributes
    ----------
    receive, send : float
        Rank 0 takes or gives one message, with all it books for it.
    latency : float
        A message on its way.
    stretch : float
        Between two looks of rank 0 at its messages while it works on a task.
    note, note_each : float
        Word for `glassnet status`, and what every task under way adds to it.
    """

    receive: float = 10e-6
    send: float = 5e-6
    latency: float = 5e-6
    stretch: float = 0.1
    note: float = 0.01
    note_each: float = 5e-6


@dataclass
class Record:
    """What happened on a simulated farm; all times in seconds.

    Attributes
    ----------
    n_ranks : int
    makespan : float
        Until the last rank was sent home.
    worked : float
        Time of all ranks on tasks.
    busy : float
        Time rank 0 spent on messages and notes.
    begun, ended : dict of int to float
        By the number of the task.
    rank : dict of int to int
        Which rank had a task.
    order : list of int
        Tasks as they were handed out.
    """

    n_ranks: int
    makespan: float = 0.0
    worked: float = 0.0
    busy: float = 0.0
    begun: dict = field(default_factory=dict)
    ended: dict = field(default_factory=dict)
    rank: dict = field(default_factory=dict)
    order: list = field(default_factory=list)

    @property
    def efficiency(self) -> float:
        """Time on tasks over the time of all ranks."""
        return self.worked / (self.n_ranks * self.makespan)


class Clock:
    """Takes the place of the module time; sleeps between which nothing comes are taken as one."""

    def __init__(self, inbox):
        self.now, self._inbox = 0.0, inbox

    def monotonic(self) -> float:
        """Simulated seconds."""
        return self.now

    def strftime(self, _) -> str:
        """Time of the day."""
        return f"{self.now:.3f} s"

    def sleep(self, seconds: float) -> None:
        """As many sleeps of so many seconds as it takes until there is something to read, at least one."""
        idle = self._inbox[0][0] - self.now if self._inbox else 0.0
        self.now += seconds * max(1, math.ceil(idle / seconds))


class World:
    """Takes the place of the communicator of rank 0, and plays all other ranks.

    Parameters
    ----------
    n_ranks : int
    seconds : callable(number, rank)
        How long a task takes on a rank.
    costs : Costs
    fail : callable(number), optional
        Whether a task fails.
    """

    rank = 0

    def __init__(self, n_ranks, seconds, costs, fail=lambda number: False):
        self.size, self.seconds, self.costs, self.fail = n_ranks, seconds, costs, fail
        self.record = Record(n_ranks)
        self._inbox = []
        self.clock = Clock(self._inbox)
        # rank 0 has told one after the other what the scan is
        self._asked = [rank * costs.send + costs.latency for rank in range(n_ranks)]
        for rank in range(1, n_ranks):
            self._write(rank, None)

    def _write(self, rank, ended):
        heapq.heappush(self._inbox, (self._asked[rank] + self.costs.latency, rank, ended))

    def _spend(self, seconds):
        self.clock.now += seconds
        self.record.busy += seconds

    def iprobe(self, source=None, tag=None) -> bool:
        """Whether there is something to read."""
        return bool(self._inbox) and self._inbox[0][0] <= self.clock.now

    def recv(self, source=None, tag=None):
        """The message that came first."""
        self._spend(self.costs.receive)
        _, rank, ended = heapq.heappop(self._inbox)
        return "free", rank, ended

    def send(self, message, dest, tag) -> None:
        """Let another rank find a message when it looks the next time."""
        self._spend(self.costs.send)
        word, number = message
        if word != "task":
            return
        asked = self._asked[dest]
        looks = math.ceil((self.clock.now + self.costs.latency - asked) / farm.IDLE)
        ended = self._run(number, dest, asked + looks * farm.IDLE)
        self._asked[dest] = self.record.ended[number]
        self._write(dest, ended)

    def _run(self, number, rank, begun):
        seconds, record = self.seconds(number, rank), self.record
        record.order.append(number)
        record.begun[number], record.ended[number], record.rank[number] = begun, begun + seconds, rank
        record.worked += seconds
        return farm.Ended(number, 1, seconds, "failed" if self.fail(number) else None)

    def perform(self, number, tick):
        """Rank 0 runs a task, stretch by stretch."""
        ended = self._run(number, 0, self.clock.now)
        left = whole = ended.seconds
        while left > 0:
            step = min(left, self.costs.stretch)
            self.clock.now += step
            left -= step
            tick(1 - left / whole)
        self.record.ended[number] = self.clock.now
        return ended

    def note(self, schedule):
        """Word for `glassnet status`."""
        self._spend(self.costs.note + self.costs.note_each * len(schedule.running))


class _Silent(progress.Progress):
    def say(self, text):
        self._spoken = progress.time.monotonic()


def simulate(n_ranks, schedule: Schedule, costs, seconds, service=None, fail=lambda number: False) -> Record:
    """Work off a schedule on simulated ranks, rank 0 by the farm's own code.

    Parameters
    ----------
    n_ranks : int
    schedule : Schedule
    costs : dict of int to float
        What the schedule believes.
    seconds : callable(number, rank)
        How long a task takes on a rank.
    service : Costs, optional
    fail : callable(number), optional

    Returns
    -------
    Record
    """
    world = World(n_ranks, seconds, service or Costs(), fail)
    with contextlib.ExitStack() as stack:
        for module in (farm, progress):
            stack.enter_context(mock.patch.object(module, "time", world.clock))
        shown = _Silent(len(costs), 0, sum(costs.values()), n_ranks, lambda speed: world.note(schedule))
        farm.lead(world, schedule, world.perform, shown, Stop(), costs)
    world.record.makespan = world.clock.now
    return world.record
