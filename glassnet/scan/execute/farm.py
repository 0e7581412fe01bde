"""The only module that uses MPI: rank 0 hands out tasks and works too, the others ask for the next when they are free.

Messages are small and their number per task is fixed. No rank waits in a blocking call, which would use a whole core,
and none waits for ever: see :class:`Lost`.
"""

import contextlib
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from glassnet.scan.execute.progress import Progress
from glassnet.scan.execute.schedule import Schedule
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks.stop import Stop, time_left

#: number of ranks up to which rank 0 works too; a busy rank 0 answers only between two stretches of its own chain
LEADER_WORKS_UP_TO = 32
#: seconds between two looks at the mailbox: with nothing else to do, and beside own work
IDLE, BUSY = 0.002, 0.01
# Seconds that a launcher gets to pass on what a rank said last: an abort drops what it has not read yet.
_FORWARDING = 1.0
# Seconds without a message from any rank after which a paused scan gives up those that have not answered; with less
# than the second figure left of a Slurm job the third is enough.
PATIENCE, LATE, HURRY = 60.0, 15.0, 5.0
# Seconds that a rank which was left alone gives the others to save what they have, and an abort to end it.
FAREWELL, ABORTING = 10.0, 5
_TAG = 7
#: what rank 0 tells all others once when the scan is to stop
_PAUSE = ("pause", None)
#: environment variables in which launchers tell a process how many there are and which one it is
LAUNCHERS = (
    ("PMI_SIZE", "PMI_RANK"),
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)


class Lost(Exception):
    """No process is left to wait for: the launcher or rank 0 is gone, or ranks of a paused scan do not answer."""


class Ended(NamedTuple):
    """The report about a task that ended: its number, Metropolis updates, seconds, and one line if it failed.

    `paused`: it was stopped before it was finished, and can be continued; `lost`: nothing of it was saved, and it
    begins anew.
    """

    number: int
    updates: int
    seconds: float
    failure: str | None
    paused: bool = False
    lost: bool = False


#: runs the task of a number; the second argument is to be called often while it does, with the fraction done
Perform = Callable[[int, Callable[[float], None]], Ended]


def launched() -> tuple[int, int]:
    """Number of processes and rank as the launcher says; (1, 0) without one, size 0 if it does not say.

    Raises
    ------
    UserError
        If the rank is not one of these processes.
    """
    for size, rank in LAUNCHERS:
        if (n_processes := _number(size)) is not None:
            rank_number = _number(rank) if rank in os.environ else 0
            if rank_number is None or rank_number >= max(1, n_processes):
                raise UserError(
                    f"{rank} must be a rank below {size} = {n_processes}, got {os.environ[rank][:60]!r}: unset both if "
                    "no launcher started this"
                )
            return n_processes, rank_number
    rank_number = _number("PMIX_RANK")
    return (1, 0) if rank_number is None else (0, rank_number)


def _number(variable: str) -> int | None:
    """What a launcher put into a variable; None if it is no number."""
    text = os.environ.get(variable, "")
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def has_launcher() -> bool:
    """Whether a launcher started this process: its standard output may look like a terminal and be none."""
    return "PMIX_RANK" in os.environ or any(size in os.environ for size, _ in LAUNCHERS)


def join():
    """The communicator of all ranks; None for a scan in one process.

    Raises
    ------
    UserError
        If a launcher started several processes that MPI does not join: each would run the whole scan.
    """
    size, _ = launched()
    if size == 1:
        return None
    try:
        import mpi4py

        mpi4py.rc.threads = False
        from mpi4py import MPI
    except (ImportError, RuntimeError, OSError) as error:
        if size > 1:
            raise UserError(
                f"the launcher started {size} processes, but mpi4py cannot be used ({error}): install it for this MPI "
                "(pip install --no-binary mpi4py mpi4py, with the site's mpicc in PATH), or run one process"
            ) from None
        return None
    if MPI.COMM_WORLD.size > 1:
        return MPI.COMM_WORLD
    if size > 1:
        raise UserError(
            f"the launcher started {size} processes, but each is alone in its MPI world: mpi4py uses another MPI "
            f"({MPI.get_vendor()[0]}) than this mpiexec; rebuild it (pip install --force-reinstall --no-binary mpi4py "
            "mpi4py, with the mpicc of this MPI in PATH) or use the mpiexec it was built for"
        )
    return None


@contextlib.contextmanager
def aborting(comm) -> Iterator[None]:
    """End all ranks when an internal error ends one, or when one is left alone: the rest would wait for it for ever."""
    try:
        yield
    except BaseException as error:
        if comm is None or _has_left():
            raise
        # the reader of the output of this process may have gone
        with contextlib.suppress(OSError):
            if isinstance(error, Lost):
                print(f"paused with work left, rank {comm.rank}: {error}", flush=True)
            elif not isinstance(error, KeyboardInterrupt):
                traceback.print_exc()
            sys.stderr.flush()
        time.sleep(0.0 if isinstance(error, KeyboardInterrupt) else _FORWARDING)
        _abort(comm, 75 if isinstance(error, KeyboardInterrupt | Lost) else 1)


def _abort(comm, code: int) -> None:
    """End all ranks, and in any case this one: an abort may wait for a launcher that does not answer."""
    # by a signal of the kernel: the abort holds the interpreter's lock while it waits, so that no thread of Python
    # would run
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(ABORTING)
    comm.Abort(code)


def leave(comm) -> None:
    """Finalise MPI: the other ranks are free to go while rank 0 analyses."""
    if comm is not None:
        from mpi4py import MPI

        MPI.Finalize()


def _has_left() -> bool:
    from mpi4py import MPI

    return MPI.Is_finalized()


def tell_all(comm, message: Any) -> None:
    """Rank 0: send one message to every other rank."""
    for rank in range(1, comm.size if comm is not None else 1):
        comm.send(message, dest=rank, tag=_TAG)


def hear(comm, stop: Stop, passes_on: bool = True) -> Any:
    """The next message of rank 0; requests to stop that come meanwhile are passed on if it listens yet, and heard.

    Raises
    ------
    Lost
        If none will come.
    """
    while not comm.iprobe(source=0, tag=_TAG):
        if stop.lost:
            _depart(stop)
        if passes_on:
            _pass_on(comm, stop)
        time.sleep(IDLE)
    message = comm.recv(source=0, tag=_TAG)
    if message != _PAUSE:
        return message
    _accept_stop(stop)
    return hear(comm, stop)


def _depart(stop: Stop) -> None:
    """Raise Lost, after a while in which the other ranks, who find out at about the same time, may save their work."""
    time.sleep(FAREWELL)
    raise Lost(f"{stop.reason}; all that is here is saved")


def lead(comm, schedule: Schedule, perform: Perform, progress: Progress, stop: Stop, costs: dict[int, float]) -> int:
    """Rank 0, or the only process: hand out tasks, run some, until all have ended; returns the exit code of all.

    Parameters
    ----------
    comm : communicator or None
    schedule : Schedule
    perform : callable
        Runs one task; must not raise.
    progress : Progress
    stop : Stop
        Once requested, tasks under way are saved and no other is begun.
    costs : dict of int to float
        Cost of every task, for the progress.

    Raises
    ------
    Lost
        If the scan is paused and ranks do not answer, or if the launcher is gone.
    """
    office = _Office(comm, schedule, progress, costs, stop)
    works = comm is None or comm.size <= LEADER_WORKS_UP_TO
    while not schedule.complete:
        office.serve()
        number = schedule.next(0) if works else None
        if number is None:
            office.wait()
        else:
            office.ended(perform(number, _within(office, costs[number])))
    office.wait_for_all()
    code = 75 if office.paused else schedule.exit_code
    tell_all(comm, ("end", code))
    return code


def _within(office: "_Office", cost: float) -> Callable[[float], None]:
    return lambda fraction: office.glance(fraction * cost)


def follow(comm, perform: Perform, stop: Stop) -> int:
    """Any other rank: ask for tasks and run them until rank 0 says that all is over; returns the exit code of all.

    Raises
    ------
    Lost
        If rank 0 or the launcher is gone; what this rank did is saved.
    """
    ended = None
    while True:
        if stop.lost:
            _depart(stop)
        comm.send(("free", comm.rank, ended), dest=0, tag=_TAG)
        word, value = hear(comm, stop)
        if word == "end":
            return value
        ended = perform(value, lambda fraction: _attend(comm, stop))


def _attend(comm, stop: Stop) -> None:
    """Read the mailbox of a rank other than 0 between two stretches of its work; with a task to do, only one message
    can come."""
    if comm.iprobe(source=0, tag=_TAG):
        comm.recv(source=0, tag=_TAG)
        _accept_stop(stop)
    _pass_on(comm, stop)


def _accept_stop(stop: Stop) -> None:
    stop.passed_on = True
    stop.request()


def _pass_on(comm, stop: Stop) -> None:
    if stop.requested and not stop.passed_on and not stop.lost:
        stop.passed_on = True
        comm.send(("stop", comm.rank, None), dest=0, tag=_TAG)


class _Office:
    """The work of rank 0 between two stretches of its own task."""

    def __init__(self, comm, schedule, progress, costs, stop):
        self.comm, self.schedule, self.progress, self.costs, self.stop = comm, schedule, progress, costs, stop
        self.paused = 0
        self._free: list[int] = []
        self._looked = self._waited = 0.0

    def serve(self) -> None:
        """Read the mailbox and give every free rank a task."""
        now = time.monotonic()
        # a process that was stopped itself has not waited
        self._waited += min(now - self._looked, 1.0)
        self._looked = now
        while self.comm is not None and self.comm.iprobe(tag=_TAG):
            self._waited = 0.0
            word, rank, ended = self.comm.recv(tag=_TAG)
            if word == "stop":
                self.stop.request()
                continue
            self._free.append(rank)
            if ended is not None:
                self.ended(ended)
        if self.stop.requested:
            self._pause()
        while self._free and (number := self.schedule.next(self._free[0])) is not None:
            self.comm.send(("task", number), dest=self._free.pop(0), tag=_TAG)
        self.progress.show()

    def _pause(self) -> None:
        if not self.schedule.paused:
            self.progress.say(f"{self.stop.reason}: saving what is under way (a second signal ends at once)")
            self.schedule.pause()
            self._waited = 0.0
            tell_all(self.comm, _PAUSE)

    def glance(self, cost: float) -> None:
        """Called often while rank 0 works on a task, with the cost worked off."""
        if time.monotonic() - self._looked > BUSY:
            self.progress.tick(cost)
            self.serve()

    def ended(self, ended: Ended) -> None:
        """Record a task that ended."""
        seconds = 0.0 if ended.paused else ended.seconds
        self.schedule.finish(ended.number, failed=ended.failure is not None, seconds=seconds)
        if ended.paused:
            self._pause()
            self.paused += 1
            self.progress.interrupted(saved=not ended.lost)
            return
        if ended.failure is not None:
            self.progress.say(f"failed: {ended.failure}")
        self.progress.finished(ended.updates, ended.seconds, self.costs[ended.number], ended.failure is not None)

    def wait_for_all(self) -> None:
        """Until every other rank has asked for work in vain."""
        while self.comm is not None and len(self._free) < self.comm.size - 1:
            self.serve()
            self.wait()

    def wait(self) -> None:
        """A moment with nothing to do; raises Lost if there is no sense in waiting any longer."""
        if self.stop.lost:
            _depart(self.stop)
        if self.schedule.paused and self.comm is not None:
            late = time_left(None, LATE) == 0.0
            if self._waited > (HURRY if late else PATIENCE):
                silent = sorted({*range(1, self.comm.size)} - {*self._free})
                named = f"rank {silent[0]}" if len(silent) == 1 else f"{len(silent)} ranks (first of them {silent[0]})"
                raise Lost(f"no answer of {named}; all others have saved what they did")
        time.sleep(IDLE)
