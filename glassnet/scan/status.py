"""What a run is to do and how far it is, without disturbing it."""

import time
from collections import Counter

from glassnet.chains.content import ChainError, opened
from glassnet.scan import tasks
from glassnet.scan.config import load
from glassnet.scan.directory import RunDirectory

_COUNTS = ("total", "done", "running", "paused", "failed", "missing")


def status(path) -> dict:
    """Counts of the tasks of a run directory.

    Returns
    -------
    dict
        `total`, `done`, `running`, `paused` (begun and saved), `failed`, `missing` (none of these); `updates_per_ns`
        and `expected_end` (ISO time) of a running scan, else None; `nodes`: the same counts by node; `failed_tasks`;
        `damaged`: files that cannot be read.

    Raises
    ------
    UserError
        If this is no run directory.
    """
    directory = RunDirectory(path)
    run_file = directory.run_file()
    note = directory.last_note()
    running = set(note.get("running", []))
    nodes: dict[str, Counter] = {}
    failed_tasks, damaged = [], []
    for task in tasks.all_tasks(run_file):
        kind = _kind(task, directory, run_file, running, damaged)
        if kind == "failed":
            failed_tasks.append(task.text)
        nodes.setdefault(task.folder, Counter()).update([kind, "total"])
    left = note.get("seconds_left")
    end = None if left is None else time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(note["time"] + left))
    return {
        "directory": str(path),
        **_counts(sum(nodes.values(), Counter())),
        "updates_per_ns": note.get("updates_per_ns"),
        "expected_end": end,
        "nodes": {name: _counts(count) for name, count in nodes.items()},
        "failed_tasks": failed_tasks,
        "damaged": damaged,
    }


def table(report: dict) -> str:
    """What :func:`status` returned, for people."""
    width = max(len(name) for name in [*report["nodes"], "all"])
    lines = ["  ".join([f"{'node':{width}}", *(f"{name:>8}" for name in _COUNTS)])]
    for name, counts in [*report["nodes"].items(), ("all", report)]:
        lines.append("  ".join([f"{name:{width}}", *(f"{counts[column]:8d}" for column in _COUNTS)]))
    if report["expected_end"] is not None:
        lines.append(f"running at {report['updates_per_ns']:.2f} updates/ns, expected end {report['expected_end']}")
    lines += [f"failed: {text}" for text in report["failed_tasks"]]
    lines += [f"damaged, run again by the next scan: {text}" for text in report["damaged"]]
    return "\n".join(lines)


def dry_run(path, out=None) -> str:
    """What `glassnet scan` would do, checked as it would be; nothing is touched.

    Raises
    ------
    UserError
        Whatever the scan would refuse.
    """
    run_file = load(path)
    directory = RunDirectory.of(path, run_file, out)
    directory.check(run_file, str(path))
    every_task = tasks.all_tasks(run_file)
    survey = directory.survey(every_task, run_file)
    width = max(len(task.folder) for task in every_task)
    lines = [f"{'node':{width}}  {'tasks':>8}  {'to do':>8}  {'updates':>10}"]
    folders = {task.folder: [] for task in every_task}
    for number, task in enumerate(every_task):
        folders[task.folder].append(number)
    total = 0.0
    for folder, numbers in folders.items():
        to_do = [number for number in numbers if number not in survey.done]
        work = sum(tasks.updates(every_task[number], run_file, survey.reached.get(number, 0)) for number in to_do)
        total += work
        lines.append(f"{folder:{width}}  {len(numbers):8d}  {len(to_do):8d}  {work:10.3g}")
    n_to_do = len(every_task) - len(survey.done)
    lines.append(f"{n_to_do} of {len(every_task)} tasks to do in {directory.path}: {total:.3g} Metropolis updates")
    lines += [f"damaged, would be run again: {reason}" for reason in survey.damaged.values()]
    return "\n".join(lines)


def _kind(task, directory, run_file, running, damaged) -> str:
    try:
        with opened(directory.chain(task)) as file:
            if file.attrs["sweeps"] >= run_file.sampling_of(task.planted is not None).sweeps:
                return "done"
    except ChainError as error:
        if directory.chain(task).exists():
            damaged.append(str(error))
    if task.text in running:
        return "running"
    if directory.failure(task).exists():
        return "failed"
    return "paused" if directory.unfinished(task).paths() else "missing"


def _counts(count: Counter) -> dict[str, int]:
    return {name: count[name] for name in _COUNTS}
