"""Resources of a run: core-hours, useful ranks, disk and memory, as numbers and in words."""

import math
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from glassnet import _tables
from glassnet.scan.cost.calibration import Calibration
from glassnet.scan.cost.footprint import footprint
from glassnet.scan.execute.farm import LEADER_WORKS_UP_TO
from glassnet.scan.execute.progress import duration
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.tasks.glass_tasks import Task

#: what times the sampling of a few of these tasks
Calibrate = Callable[[Iterable[Task], RunFile], Calibration]
#: rows of a table: beyond, nodes are taken together
_ROWS = 24
#: bytes a second that one core brings into a chain file (shuffle, gzip 1, checksums, digest, fsync)
_WRITING = 3e7
#: seconds of work for which a rank is worth starting
_WORTH_STARTING = 60.0


class Alike(NamedTuple):
    """Tasks of one node with equal progress: the first of them, their number, the sweeps reached, seconds of each."""

    task: Task
    tasks: int
    reached: int
    updates: float
    seconds: float


class Forecast(NamedTuple):
    """What the tasks that are left will take.

    Attributes
    ----------
    core_seconds, longest_seconds : float
        Of all tasks, and of the longest; 0 where the speed is not known.
    longest : str
        Node of the longest task.
    disk, memory, segments : int
        Bytes, upper bounds: of all chain files, without compression; of one task in memory, beside the interpreter
        and its libraries; of the segments of one task.
    state : int
        Bytes of what every segment holds beside its draws.
    """

    core_seconds: float
    longest_seconds: float
    longest: str
    disk: int
    memory: int
    segments: int
    state: int

    @property
    def ranks(self) -> int:
        """Number of ranks beyond which the longest task, or starting so many, takes longer than the work of each."""
        return max(1, int(self.core_seconds / max(self.longest_seconds, _WORTH_STARTING)))


def alike(left: dict[Task, int], run_file: RunFile, calibration: Calibration | None) -> list[Alike]:
    """The tasks that are left, grouped by node and progress.

    Parameters
    ----------
    left : dict of Task to int
        Tasks to do, and the sweeps they reached before, thermalization included.
    run_file : RunFile
    calibration : Calibration or None
    """
    first: dict[tuple[str, int], Task] = {}
    counts: Counter = Counter()
    for task, reached in left.items():
        kind = (task.folder, reached)
        first.setdefault(kind, task)
        counts[kind] += 1
    groups = []
    for kind, task in first.items():
        seconds = 0.0 if calibration is None else calibration.seconds(task, run_file, kind[1])
        groups.append(Alike(task, counts[kind], kind[1], glass_tasks.updates(task, run_file, kind[1]), seconds))
    return groups


def forecast(groups: list[Alike], run_file: RunFile) -> Forecast:
    """What these tasks will take; at least one."""
    footprints = [footprint(each.task, run_file) for each in groups]
    longest = max(groups, key=lambda each: each.seconds)
    return Forecast(
        core_seconds=sum(each.tasks * each.seconds for each in groups),
        longest_seconds=longest.seconds,
        longest=longest.task.folder,
        disk=sum(each.tasks * size.file for each, size in zip(groups, footprints, strict=True)),
        memory=max(size.memory for size in footprints),
        segments=max(size.file + size.dropped for size in footprints),
        state=max(size.state for size in footprints),
    )


def table(totals: dict[str, int], groups: list[Alike], timed: bool) -> str:
    """A row for each node, or for several of them: tasks, those to do, their updates and core-hours.

    Parameters
    ----------
    totals : dict of str to int
        Tasks of every node, done or not, by its folder.
    groups : list of Alike
    timed : bool
        Whether their seconds are known.
    """
    nodes = {folder: Counter(tasks=count) for folder, count in totals.items()}
    for each in groups:
        work = {"updates": each.tasks * each.updates, "core-hours": each.tasks * each.seconds / 3600}
        nodes[each.task.folder].update({"to do": each.tasks, **work})
    rows = {name: sum((nodes[folder] for folder in group), Counter()) for name, group in grouped(totals).items()}
    rows["all"] = sum(rows.values(), Counter())
    columns = {"node": "<", "tasks": "", "to do": "", "updates": ".3g"} | ({"core-hours": ".3g"} if timed else {})
    return _tables.table(columns, [[name, *map(row.__getitem__, list(columns)[1:])] for name, row in rows.items()])


def grouped(folders: Iterable[str], depth: int = 3) -> dict[str, list[str]]:
    """Nodes in no more groups than a table has room for, by the part of the name they share.

    Parameters
    ----------
    folders : iterable of str
        "N96/dilution0.1/planted0.65" and so on.
    depth : int
        How many parts of the name tell groups apart while there is room: 3 all, 2 size and dilution, 1 the size.
    """
    folders = list(folders)
    groups: dict[str, list[str]] = {}
    for parts in range(depth, 0, -1):
        groups = {}
        for folder in folders:
            groups.setdefault("/".join(folder.split("/")[:parts]), []).append(folder)
        if len(groups) <= _ROWS:
            return groups
    names = list(groups)
    between, shown = names[_ROWS - 2 : -1], names[: _ROWS - 2]
    merged = [folder for name in between for folder in groups[name]]
    return {name: groups[name] for name in shown} | {
        f"{between[0]} ... {between[-1]}": merged,
        names[-1]: groups[names[-1]],
    }


def times(expected: Forecast, calibration: Calibration, time_limit: float | None) -> list[str]:
    """Lines on core-hours, the longest task and ranks; `time_limit`: seconds a job may take."""
    timed, ranks, longest = ", ".join(map(str, calibration.sizes)), expected.ranks, expected.longest_seconds
    jobs = ""
    if time_limit is not None and longest > time_limit:
        jobs = f"; saved at the end of a job, it goes on in the next: {math.ceil(longest / time_limit)} jobs"
    each = duration(longest) if longest >= 10 else f"{longest:.2g} s"
    beyond = "the longest task decides" if longest > _WORTH_STARTING else "none has a minute's work"
    leader = f"; beyond {LEADER_WORKS_UP_TO} rank 0 only hands out tasks" if ranks > LEADER_WORKS_UP_TO else ""
    return [
        f"time      {expected.core_seconds / 3600:.3g} core-hours: weights x sweeps in the speed with this run's"
        f" measurements at N = {timed},",
        f"          timed on {calibration.machine}, instruction set {calibration.instruction_set}; writing not counted",
        f"longest   {each} for a task of {expected.longest}{jobs}",
        f"ranks     up to {ranks}: {duration(expected.core_seconds / ranks)}; with more {beyond}{leader}",
    ]


def sizes(expected: Forecast, n_tasks: int, checkpoint_every: float, python: int) -> list[str]:
    """Lines on disk, memory and segments.

    Parameters
    ----------
    expected : Forecast
    n_tasks : int
    checkpoint_every : float
        Seconds between two segments.
    python : int
        Bytes that the interpreter and its libraries take.
    """
    share = 100 * expected.state / _WRITING / checkpoint_every
    return [
        f"disk      at most {size_text(expected.disk)} for {n_tasks} chains,"
        " compressed to a quarter or a half as a rule",
        f"memory    at most {size_text(python + expected.memory)} per rank, {size_text(python)} of them Python and"
        " libraries; MPI comes on top",
        f"segments  every {checkpoint_every:g} s, about {share:.1g} % of the time; of one task at most"
        f" {size_text(expected.segments)}, removed when it ends",
    ]


def resident() -> int:
    """Most bytes this process has had in memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def size_text(n_bytes: float) -> str:
    """Bytes in words: 42 kB, 1.3 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 999.5:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"
