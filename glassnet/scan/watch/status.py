"""How far a run is and what it is to do, without disturbing it: nothing here writes."""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from glassnet import _tables
from glassnet.scan.cost import forecast
from glassnet.scan.directory import damage, survey
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import progress
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.tasks.checkpoint import CHECKPOINT_EVERY
from glassnet.scan.tasks.glass_tasks import Task
from glassnet.scan.watch import equilibrium

_COUNTS = ("total", "done", "running", "paused", "failed", "missing")
#: lines of one kind that are printed; the rest is counted
_LINES = 12


def status(path) -> dict:
    """Counts of the tasks of a run directory.

    Returns
    -------
    dict
        `total`, `done`, `running`, `paused` (begun and saved), `failed`, `missing` (none of these); `work_done`, the
        fraction of the work, as far as it is saved; `updates_per_ns` and `expected_end` (ISO time) of a running scan,
        else None; `nodes`: the counts by node; `failed_tasks`; `damaged`: files that cannot be read; `equilibration`:
        `looked_at`, the number of finished samples that were, and `warnings` about them ({node, sample, reason}).

    Raises
    ------
    UserError
        If this is no run directory.
    """
    directory = RunDirectory(path)
    run_file = directory.run_file()
    note = directory.last_note()
    every_task = glass_tasks.all_tasks(run_file)
    done, damaged = _done(directory, every_task, run_file)
    damaged = [*damaged, *(f"{path}: {reason}" for path, reason in damage.damaged_records(directory).items())]
    kinds = _kinds(directory, every_task, done)
    _mark_running(kinds, every_task, run_file, note)
    nodes: dict[str, Counter] = {}
    finished: dict[str, list[Task]] = {}
    for task, kind in zip(every_task, kinds, strict=True):
        nodes.setdefault(task.folder, Counter()).update([kind, "total"])
        if kind == "done":
            finished.setdefault(task.folder, []).append(task)
    left = note.get("seconds_left")
    end = (
        None if left is None else datetime.fromtimestamp(note["time"] + left).astimezone().isoformat(timespec="seconds")
    )
    # half of the replicas of a study may be in a state that they started in: its page compares the starts
    look = equilibrium.look(directory, finished if run_file.study is None else {})
    return {
        "directory": str(path),
        **_counts(sum(nodes.values(), Counter())),
        "work_done": _work_done(directory, every_task, kinds, run_file),
        "updates_per_ns": note.get("updates_per_ns"),
        "expected_end": end,
        "nodes": {name: _counts(count) for name, count in nodes.items()},
        "failed_tasks": [task.text for task, kind in zip(every_task, kinds, strict=True) if kind == "failed"],
        "damaged": damaged,
        "equilibration": {
            "looked_at": look.looked_at,
            "warnings": [dict(zip(("node", "sample", "reason"), warning, strict=True)) for warning in look.warnings],
        },
    }


def table(report: dict) -> str:
    """What :func:`status` returned, for people: a line per size and dilution, and what calls for attention."""
    rows = {}
    for name, folders in forecast.grouped(report["nodes"], depth=2).items():
        counts = (Counter(report["nodes"][folder]) for folder in folders)
        rows[name] = sum(counts, Counter())
    cells = [[name, *(counts[column] for column in _COUNTS)] for name, counts in [*rows.items(), ("all", report)]]
    lines = [_tables.table({"node": "<"} | dict.fromkeys(_COUNTS, ""), cells)]
    if report["done"] < report["total"]:
        lines.append(f"{100 * report['work_done']:.1f} % of the work is done and saved")
    if report["expected_end"] is not None:
        end = progress.until(datetime.fromisoformat(report["expected_end"]), datetime.now().astimezone())
        lines.append(f"running at {report['updates_per_ns']:.2f} updates/ns, expected end {end}")
    elif report["running"]:
        lines.append("running, expected end not known before the first tasks are done")
    lines += _some([f"failed: {text}" for text in report["failed_tasks"]])
    lines += _some([f"damaged, run again by the next scan: {text}" for text in report["damaged"]])
    return "\n".join(lines + _equilibration(report))


def dry_run(
    path,
    out=None,
    calibrate: forecast.Calibrate | None = None,
    time_limit: float | None = None,
    checkpoint_every: float = CHECKPOINT_EVERY,
) -> str:
    """What `glassnet scan` would do and take, checked as it would be; nothing is touched.

    Parameters
    ----------
    path, out, time_limit, checkpoint_every
        As for the scan.
    calibrate : callable, optional
        Times the sampling of a few tasks, as :func:`glassnet.scan.cost.calibration.calibrate` does; without it no times
        are estimated.

    Raises
    ------
    UserError
        Whatever the scan would refuse.
    """
    run_file = damage.wanted(path)
    directory = RunDirectory.for_run_file(path, run_file, out)
    run_file = directory.check(run_file, str(path))
    every_task = glass_tasks.all_tasks(run_file)
    surveyed = survey.survey(directory, every_task, run_file)
    left = {
        task: surveyed.reached.get(number, 0) for number, task in enumerate(every_task) if number not in surveyed.done
    }
    python = forecast.resident()
    calibration = calibrate(left, run_file) if calibrate is not None and left else None
    jobs = forecast.alike(left, run_file, calibration)
    updates = sum(each.tasks * each.updates for each in jobs)
    lines = [forecast.table(Counter(task.folder for task in every_task), jobs, calibration is not None)]
    lines += [f"{len(left)} of {len(every_task)} tasks to do in {directory.path}: {updates:.3g} Metropolis updates"]
    if left:
        expected = forecast.forecast(jobs, run_file)
        lines += [] if calibration is None else forecast.times(expected, calibration, time_limit)
        lines += forecast.sizes(expected, len(left), checkpoint_every, python)
    lines += _some(
        f"warning: {line}" for line in [*damage.edits(directory, path, run_file), *dilution.warnings(run_file)]
    )
    lines += _some(f"damaged, would be written again: {path}" for path in damage.damaged_records(directory))
    lines += _some([f"damaged, would be run again: {reason}" for reason in surveyed.damaged.values()])
    return "\n".join(lines)


def _done(directory: RunDirectory, every_task: list[Task], run_file: RunFile) -> tuple[set[int], list[str]]:
    """Numbers of the finished tasks, and a line for each file that cannot be opened; nothing is verified."""
    lengths, damaged = directory.lengths(every_task)
    asked = {
        kind: glass_tasks.recorded(task, run_file) for kind, task in {task.kind: task for task in every_task}.items()
    }
    done = {number for number, sweeps in lengths.items() if sweeps >= asked[every_task[number].kind]}
    return done, damaged


def _kinds(directory: RunDirectory, every_task: list[Task], done: set[int]) -> list[str]:
    """Where in :data:`_COUNTS` each task belongs if none runs; folders are listed once, not asked task by task."""
    begun: dict[str, set[str]] = {}
    failed = _names(directory.failure(every_task[0]).parent)
    kinds = []
    for number, task in enumerate(every_task):
        folder = task.folder
        if folder not in begun:
            begun[folder] = {name for name in _names(directory.chain(task).parent) if name.endswith(".segments")}
        if number in done:
            kinds.append("done")
        elif failed and directory.failure(task).name in failed:
            kinds.append("failed")
        elif directory.unfinished(task).folder.name in begun[folder] and directory.unfinished(task).paths():
            kinds.append("paused")
        else:
            kinds.append("missing")
    return kinds


def _mark_running(kinds: list[str], every_task: list[Task], run_file: RunFile, note: dict) -> None:
    """Mark the tasks a scan works on now: those it noted, but for what it finished since, and as many more as it has
    processes, the longest first, which is the order of the scan.
    """
    if not note:
        return
    texts, workers, failed = set(note.get("running", [])), note.get("workers", 0), note.get("failed", 0)
    left = [number for number, kind in enumerate(kinds) if kind != "done"]
    running = [number for number in left if every_task[number].text in texts]
    lacking = min(workers, len(left) - failed) - len(running)
    if lacking > 0:
        costs = {every_task[number].folder: glass_tasks.cost(every_task[number], run_file) for number in left}
        others = [number for number in left if every_task[number].text not in texts]
        others.sort(key=lambda number: (kinds[number] == "failed", -costs[every_task[number].folder], number))
        running += others[:lacking]
    for number in running:
        kinds[number] = "running"


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _work_done(directory: RunDirectory, every_task: list[Task], kinds: list[str], run_file: RunFile) -> float:
    """Fraction of the work of all tasks that is done and saved."""
    costs: dict[str, float] = {}
    total = done = 0.0
    for task, kind in zip(every_task, kinds, strict=True):
        if task.folder not in costs:
            costs[task.folder] = glass_tasks.cost(task, run_file)
        total += costs[task.folder]
        if kind == "done":
            done += costs[task.folder]
        elif kind in ("running", "paused"):
            done += costs[task.folder] - glass_tasks.cost(task, run_file, directory.unfinished(task).reached() or 0)
    return done / total


def _equilibration(report: dict) -> list[str]:
    """Lines on the samples that were looked at; none if none had enough draws."""
    looked_at, warnings = report["equilibration"]["looked_at"], report["equilibration"]["warnings"]
    if not looked_at:
        return []
    failing = {(warning["node"], warning["sample"]) for warning in warnings if warning["sample"] is not None}
    head = f"equilibrium: energies of {looked_at} of {report['done']} finished samples looked at, {len(failing)} fail"
    if warnings:
        head += " (glassnet analyze asks all of them)"
    lines = []
    for warning in warnings:
        sample = "" if warning["sample"] is None else f" sample {warning['sample']}"
        lines.append(f"  {warning['node']}{sample}: {warning['reason']}")
    return [head, *_some(lines)]


def _some(lines: Iterable[str]) -> list[str]:
    """The first of many lines, and how many there are besides."""
    lines = list(lines)
    more = len(lines) - _LINES
    return lines if more <= 0 else [*lines[:_LINES], f"  and {more} more"]


def _counts(count: Counter) -> dict[str, int]:
    return {name: count[name] for name in _COUNTS}
