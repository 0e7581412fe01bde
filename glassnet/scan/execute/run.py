"""The scan itself: check everything, run the tasks that are not done, then analyse the result."""

import contextlib
import math
import os
import platform
import socket
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import glassnet
from glassnet import _terminal
from glassnet.chains import segment, shards
from glassnet.chains.content import ChainError
from glassnet.chains.files.atomic_write import commit
from glassnet.kernels.bitsliced import chosen_instruction_set
from glassnet.sampling.ladder import Interrupted
from glassnet.scan.directory import damage, survey
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import farm, progress
from glassnet.scan.execute.schedule import Schedule
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import RunFile, UserError
from glassnet.scan.tasks import glass_tasks, ladders
from glassnet.scan.tasks.checkpoint import CHECKPOINT_EVERY, Saving
from glassnet.scan.tasks.glass_tasks import Task
from glassnet.scan.tasks.heartbeat import Heart, Watch
from glassnet.scan.tasks.stop import Stop, time_left

_PAUSED = "paused with work left, all saved: give the same command again to go on"
#: where nothing of a task that is under way is saved
_BEGIN_ANEW = _PAUSED.replace("all saved", "all saved but tasks of field integration, which begin anew")


class Job(NamedTuple):
    """The job description that rank 0 sends to every rank; its size does not grow with the number of tasks."""

    run_file: RunFile
    directory: str
    ladders: dict[str, list[float]]
    checkpoint_every: float


class Plan(NamedTuple):
    """A run file and the tasks of it that are still to do."""

    job: Job
    tasks: list[Task]
    costs: dict[int, float]
    n_done: int


def scan(path, out=None, time_limit: float | None = None, checkpoint_every: float = CHECKPOINT_EVERY) -> int:
    """Run or resume a run file, alone or as one of the ranks of an MPI job, and print the result.

    Parameters
    ----------
    path : str or Path
        Run file.
    out : str or Path, optional
        Directory of the run.
    time_limit : float, optional
        Seconds after which everything under way is saved and the scan ends; by default when Slurm's job is about to.
    checkpoint_every : float
        Seconds between two segments of a running task.

    Returns
    -------
    int
        Exit code, the same on all ranks: 0 done, 1 some tasks failed, 75 paused with work left.

    Raises
    ------
    UserError
        On rank 0; the others return 2.
    """
    comm = farm.join()
    with contextlib.ExitStack() as context:
        # rank 0 keeps the time for all
        follows = comm is not None and comm.rank > 0
        with farm.aborting(comm), Stop(math.inf if follows else time_left(time_limit)) as stop:
            stop.watch = None if comm is None else Watch()
            if follows:
                code = _follow(comm, stop)
                farm.leave(comm)
                return code
            plan = _agreed(comm, path, out, checkpoint_every, context, stop)
            if plan is None:
                return 75
            code = _work(comm, plan, stop)
            farm.leave(comm)
            # Slurm may warn of the end of the job while rank 0 analyses
            stop.over()
            return _conclude(plan, code)


def _agreed(comm, path, out, checkpoint_every: float, context: contextlib.ExitStack, stop: Stop) -> Plan | None:
    """The plan, which is sent to every rank; every rank also learns if it is refused, or if the scan is to stop
    before."""
    try:
        with _clear_errors():
            plan = _prepare(path, out, checkpoint_every, context, stop, partial(farm.tell_all, comm))
    except Interrupted:
        farm.tell_all(comm, 75)
        farm.leave(comm)
        print(_PAUSED, flush=True)
        return None
    except UserError:
        farm.tell_all(comm, 2)
        farm.leave(comm)
        raise
    farm.tell_all(comm, plan.job)
    return plan


def _follow(comm, stop: Stop) -> int:
    job = farm.hear(comm, stop, passes_on=False)
    if isinstance(job, Path):
        # the directory is locked from now on, as the rest may take long
        assert stop.watch is not None
        stop.watch.follow(job)
        job = farm.hear(comm, stop, passes_on=False)
    if isinstance(job, int):
        return job
    with threadpool_limits(1):
        return farm.follow(comm, performer(job, stop), stop)


def _conclude(plan: Plan, code: int) -> int:
    """The last lines that the user reads."""
    if code == 75:
        print(_PAUSED if plan.job.run_file.field is None else _BEGIN_ANEW, flush=True)
        return code
    from glassnet.scan.report import writing

    if len(plan.tasks) > shards.BLOCK:
        for reason in RunDirectory(plan.job.directory).merge_all(plan.tasks):
            _warn_unmerged(reason)
    try:
        written = writing.write(plan.job.directory, partial(print, flush=True))
    except ChainError as error:
        if code == 0:
            raise
        # if every task has failed, the exit code has to say so
        print(f"no analysis: {error}", file=sys.stderr, flush=True)
        return code
    for line in written.unwritten:
        print(f"glassnet: {line}", file=sys.stderr, flush=True)
    return code or (1 if written.unwritten else 0)


def _prepare(path, out, checkpoint_every: float, context: contextlib.ExitStack, stop: Stop, announce) -> Plan:
    """Do everything that can be refused before anything is run; Interrupted if the pilots of ladders are to stop.

    `announce` is called with the lock file as soon as it is locked."""
    run_file = damage.wanted(path)
    directory = RunDirectory.for_run_file(path, run_file, out)
    directory.check(run_file, str(path))
    context.enter_context(directory.locked())
    context.enter_context(Heart(directory.lock))
    announce(directory.lock)
    run_file = directory.check(run_file, str(path))
    for line in [*damage.edits(directory, path, run_file), *dilution.warnings(run_file)]:
        _terminal.warn(line)
    every_task = glass_tasks.all_tasks(run_file)
    on_disk = survey.survey(directory, every_task, run_file)
    for line in damage.set_all_aside(directory, on_disk, run_file):
        _terminal.warn(line)
    for number in on_disk.begun & on_disk.done:
        # a scan was killed between the last two steps of the task
        directory.unfinished(every_task[number]).remove()
    directory.describe(run_file)
    left = [number for number in range(len(every_task)) if number not in on_disk.done]
    # and tasks whose ladders are lost: their temperatures are compared below
    waiting = [every_task[number] for number in sorted({*left, *on_disk.uncompared})]
    try:
        kept = ladders.complete(waiting, run_file, on_disk.ladders, directory.keep_ladders, lambda: stop.requested)
    except ValueError as error:
        raise UserError(f"{path}: sampling.temperatures: {error}") from None
    survey.compare(on_disk, every_task, run_file, kept)
    directory.keep_ladders(kept)
    run_file = directory.keep_decisions(run_file, kept)
    costs = {number: glass_tasks.cost(every_task[number], run_file, on_disk.reached.get(number, 0)) for number in left}
    return Plan(Job(run_file, str(directory.path), kept, checkpoint_every), every_task, costs, len(on_disk.done))


def _work(comm, plan: Plan, stop: Stop) -> int:
    """Run the tasks; returns the exit code of all ranks."""
    schedule = Schedule(plan.costs, {number: plan.tasks[number].size for number in plan.costs})
    directory = RunDirectory(plan.job.directory)

    def note(speed: dict) -> None:
        running = [plan.tasks[number].text for number in schedule.running]
        directory.note(speed | {"running": running, "workers": n_workers, "failed": len(schedule.failed)})

    n_ranks = 1 if comm is None else comm.size
    n_workers = n_ranks if n_ranks <= farm.LEADER_WORKS_UP_TO else n_ranks - 1
    kind = progress.Progress if farm.has_launcher() else progress.fitting()
    # a rank is one core: linear algebra with threads of its own would take those of the other ranks
    with threadpool_limits(1), kind(len(plan.tasks), plan.n_done, sum(plan.costs.values()), n_ranks, note) as shown:
        code = farm.lead(comm, schedule, performer(plan.job, stop), shown, stop, plan.costs)
    if schedule.failed:
        where = directory.path / "failed"
        print(f"{len(schedule.failed)} of {len(plan.tasks)} tasks failed, see {where}", file=sys.stderr, flush=True)
    return code


def performer(job: Job, stop: Stop) -> farm.Perform:
    """The function that runs the task of a number on this rank and writes its chain file, or its segments if it is
    stopped."""
    return partial(perform, job, RunDirectory(job.directory), glass_tasks.all_tasks(job.run_file), stop)


def perform(job, directory, every_task, stop, number, tick) -> farm.Ended:
    """Run one task, or the rest of it, and write its chain; an error is part of the result."""
    task, begun = every_task[number], time.perf_counter()
    try:
        path, existing_path = directory.chain(task), directory.find(task)
        existing = None if existing_path is None else segment.read(existing_path)
        ladder = ladders.ladder_of(task, job.run_file, job.ladders)
        saving = Saving(path, stop, job.checkpoint_every, partial(_runtime, begun))
        outcome = glass_tasks.run(task, job.run_file, ladder, existing, lambda done, total: tick(done / total), saving)
        if outcome.dataset is not None:
            assert outcome.glass is not None
            runtime = _runtime(begun) | {"updates": outcome.updates}
            segment.write(path, outcome.dataset, outcome.glass, outcome.state, runtime)
            saving.finish()
        directory.failure(task).unlink(missing_ok=True)
        seconds = time.perf_counter() - begun
        if outcome.dataset is not None and len(every_task) > shards.BLOCK:
            _merge(job, directory, task, stop, tick)
        stopped = outcome.dataset is None
        return farm.Ended(number, outcome.updates, seconds, None, paused=stopped, lost=stopped and not outcome.state)
    except Exception as error:
        with contextlib.suppress(OSError):
            commit(directory.failure(task), f"{task.text}\n\n{traceback.format_exc()}".encode())
        line = f"{task.text}: {type(error).__name__}: {error}".splitlines()[0][:500]
        return farm.Ended(number, 0, time.perf_counter() - begun, line)


def _merge(job: Job, directory: RunDirectory, task: Task, stop: Stop, tick) -> None:
    """Merge the block of a task that has finished; a block that is not merged now is merged when the scan ends."""

    def proceed() -> bool:
        tick(1.0)
        return not stop.requested

    try:
        directory.merge_block(task, job.run_file, proceed)
    except OSError as error:
        _warn_unmerged(error)


def _warn_unmerged(reason) -> None:
    _terminal.warn(f"{reason}; the chains stay in files of their own")


def _runtime(begun: float) -> dict:
    """What a chain file records besides the chain: host, time, duration."""
    return {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "seconds": time.perf_counter() - begun,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "instruction_set": chosen_instruction_set(),
        "versions": f"glassnet {glassnet.__version__}, numpy {np.__version__}, python {platform.python_version()}",
    }


@contextlib.contextmanager
def _clear_errors():
    """Turn refusals of the file system into mistakes that the user has to correct."""
    try:
        yield
    except ChainError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"{error.filename or 'output'}: {error.strerror or error}") from None
