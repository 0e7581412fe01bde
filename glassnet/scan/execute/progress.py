"""Progress of a scan and of its analysis: a bar on a terminal, elsewhere a plain line every minute."""

# the bar is rich's; ours are the plain lines for logs, where rich would draw the bar again and again
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from glassnet import _terminal

#: seconds between two plain lines, and between two notes for `glassnet status`
INTERVAL = 60.0
NOTE_INTERVAL = 5.0


class Progress:
    """Counts tasks and Metropolis updates and prints what is left, in plain lines.

    Parameters
    ----------
    total, done : int
        Tasks of the run, and those finished before.
    work : float
        Cost of the tasks still to do.
    n_ranks : int
        Processes that work.
    note : callable(dict), optional
        Called with the speed and the seconds left every few seconds.
    """

    def __init__(
        self, total: int, done: int, work: float, n_ranks: int = 1, note: Callable[[dict], None] | None = None
    ):
        self.total, self.done, self.failed, self.paused, self.lost = total, done, 0, 0, 0
        self.n_ranks, self.note = n_ranks, note
        self._work = self._work_asked = work
        self._updates = self._cost = self._seconds = self._current = 0.0
        self._begun = self._spoken = time.monotonic()
        self._last_note = -NOTE_INTERVAL

    def __enter__(self):
        self.say(self._greeting())
        return self

    def __exit__(self, kind, *_):
        if kind is None and self._work_asked:
            self.say(f"{self.line()}, in {duration(time.monotonic() - self._begun)}")

    def _greeting(self) -> str:
        if not self._work_asked:
            return f"all {self.total} tasks were done before"
        before = f" ({self.done} of them before)" if self.done else ""
        return f"{self.total} tasks{before}, {self.n_ranks} process{'es' * (self.n_ranks > 1)}"

    def finished(self, updates: float, seconds: float, cost: float, failed: bool) -> None:
        """One more task has ended."""
        self.done += not failed
        self.failed += failed
        self._updates += updates
        self._seconds += seconds
        self._work -= cost
        self._cost += cost
        self._current = 0.0
        self.show()

    def interrupted(self, saved: bool = True) -> None:
        """One more task was stopped before its end, and is saved or begins anew."""
        self.paused += saved
        self.lost += not saved
        self.show()

    def tick(self, cost: float) -> None:
        """Part of the cost so far of the task this process works on."""
        self._current = cost
        self.show()

    def show(self) -> None:
        """Update what the user sees."""
        now = time.monotonic()
        if self.note is not None and now - self._last_note >= NOTE_INTERVAL:
            self._last_note = now
            self.note({"updates_per_ns": self.updates_per_ns, "seconds_left": self.seconds_left})
        self._draw(now)

    def _draw(self, now: float) -> None:
        if now - self._spoken >= INTERVAL:
            self.say(self.line())

    def say(self, text: str) -> None:
        """Print one line now."""
        self._spoken = time.monotonic()
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    @property
    def updates_per_ns(self) -> float:
        """Metropolis updates per nanosecond of all processes together; 0 while unknown."""
        return self._rate() * self._updates / self._cost / 1e9 if self._cost else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Expected seconds to the end; None while unknown."""
        rate = self._rate()
        return max(0.0, self._work - self._current) / rate if rate else None

    def _rate(self) -> float:
        """Cost per second of all processes together."""
        elapsed = time.monotonic() - self._begun
        if self.n_ranks == 1:
            return (self._cost + self._current) / elapsed if elapsed else 0.0
        # tasks of other ranks count when they end: from the speed of a rank, not from the clock
        return self.n_ranks * self._cost / self._seconds if self._seconds else 0.0

    def line(self) -> str:
        """Tasks, speed and time left in one line."""
        parts = [f"{self.done}/{self.total} tasks done"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.paused:
            parts.append(f"{self.paused} interrupted and saved")
        if self.lost:
            parts.append(f"{self.lost} interrupted, not saved")
        if self.updates_per_ns:
            parts.append(f"{self.updates_per_ns:.2f} updates/ns")
        left = self.total - self.done - self.failed
        # within half a second of the end the last task is being written, and no time is left to state
        if left and not (self.paused or self.lost) and self.seconds_left is not None and self.seconds_left >= 0.5:
            parts.append(f"{duration(self.seconds_left)} left")
        return ", ".join(parts)


class Bar(Progress):
    """The same on a terminal, as a bar that moves."""

    def __enter__(self):
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        columns = (BarColumn(), TextColumn("{task.description}", markup=False))
        console = Console(file=_terminal.bare(sys.stdout))
        self._rich = RichProgress(*columns, console=console, transient=True)
        self._drawn = 0.0
        self._task = self._rich.add_task(self.line(), total=max(1.0, self._work_asked))
        self._rich.start()
        # what others print meanwhile goes above the bar, escaped as everywhere
        self._guard = _terminal.guarded()
        self._guard.__enter__()
        return self

    def __exit__(self, kind, *_):
        self._guard.__exit__(None, None, None)
        self._rich.stop()
        super().__exit__(kind)

    def _draw(self, now: float) -> None:
        if now - self._drawn >= 0.1:
            self._drawn = now
            self._rich.update(
                self._task, completed=self._work_asked - self._work + self._current, description=self.line()
            )

    def say(self, text: str) -> None:
        self._rich.console.print(_terminal.escaped(text), highlight=False, markup=False)


def fitting() -> type[Progress]:
    """A bar on a terminal, plain lines otherwise."""
    return Bar if sys.stdout.isatty() else Progress


class Steps:
    """Prints the steps of an analysis on stderr: plain lines, and one every minute while a step takes long.

    Parameters
    ----------
    interval : float
        Seconds after which a step that still runs is reported again.
    """

    def __init__(self, interval: float = INTERVAL):
        self._interval = interval
        self._text, self._begun = "", time.monotonic()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._remind, daemon=True)

    def __enter__(self):
        self._watch.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._watch.join()

    def say(self, text: str) -> None:
        """A new step begins."""
        self._text, self._begun = text, time.monotonic()
        self._print(text)

    def _remind(self) -> None:
        while not self._over.wait(self._interval):
            self._print(f"{self._text}: {duration(time.monotonic() - self._begun)} so far")

    def _print(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


class Spinner(Steps):
    """The same on a terminal: one line that moves, and disappears at the end."""

    def __enter__(self):
        from rich.console import Console
        from rich.progress import Progress as RichProgress
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        console = Console(file=_terminal.bare(sys.stderr))
        self._rich = RichProgress(*columns, console=console, transient=True)
        self._task = self._rich.add_task("", total=None)
        self._rich.start()
        return self

    def __exit__(self, *_):
        self._rich.stop()

    def say(self, text: str) -> None:
        self._rich.update(self._task, description=_terminal.line(text))


def steps() -> Steps:
    """A moving line if stderr is a terminal, plain lines otherwise."""
    return Spinner() if sys.stderr.isatty() else Steps()


def duration(seconds: float) -> str:
    """Seconds in words: 42 s, 3 min 5 s, 2 h 7 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def until(end: datetime, now: datetime) -> str:
    """A future time in words: in 7 min (21:25), in 9 h 4 min (Tuesday 06:22), in 12 days (2026-12-12 21:18)."""
    left, clock = end - now, f"{end:%H:%M}"
    if left <= timedelta(0):
        return "at any moment"
    if left < timedelta(minutes=1):
        return f"in less than a minute ({clock})"
    minutes = round(left / timedelta(minutes=1))
    if minutes < 60:
        words = f"in {minutes} min"
    elif minutes < 48 * 60:
        words = f"in {minutes // 60} h {minutes % 60} min"
    else:
        words = f"in {minutes // (24 * 60)} days"
    if end.date() == now.date():
        return f"{words} ({clock})"
    return f"{words} ({end:%A} {clock})" if left < timedelta(days=6) else f"{words} ({end:%Y-%m-%d} {clock})"
