"""What nodes.json keeps of a run beside the list of its nodes: the run file as it counts, and the rule of rounding.

The list can be derived from them, and the run file from the list: damage to one of nodes.json and run.toml costs
nothing. What a user writes into run.toml counts from the next scan on, which checks it like any other run file.
"""

import os
from pathlib import Path
from typing import NamedTuple

from glassnet.chains import node_list
from glassnet.chains.files import regular_file, sealed_json
from glassnet.chains.node_list import NODES, RUN_FILE
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.tasks.glass_tasks import Task, all_tasks, n_samples, node_attributes

#: advice about a run.toml with which a scan cannot go on
ADVICE = f"was edited or damaged since the last scan wrote it; delete it to go on as {NODES} has it"


class Record(NamedTuple):
    """Rule of rounding, and the text of the run file; None where release 0.3.0 or an earlier one wrote it."""

    rounding: str
    text: str | None


def read(directory: Path) -> Record | None:
    """The record of a run directory; None without one.

    Raises
    ------
    glassnet.chains.files.sealed_json.Damaged
        If it is damaged.
    OSError
        If it cannot be read.
    """
    try:
        table, is_sealed = node_list.decoded(regular_file.read(directory / NODES))
    except FileNotFoundError:
        return None
    # release 0.3.0 recorded no rule, which says that it was its own
    return Record(table.get("rounding", "layers"), table["run_file"] if is_sealed else None)


def is_edited(directory: Path, path) -> bool:
    """Whether `path` is the run file in the directory, and not as the last scan wrote it."""
    kept, inside = _sound(directory), directory / RUN_FILE
    if kept is None or kept.text is None or not inside.is_file() or not os.path.exists(path):
        return False
    return os.path.samefile(path, inside) and inside.read_bytes() != kept.text.encode()


def _sound(directory: Path) -> Record | None:
    try:
        return read(directory)
    except sealed_json.Damaged:
        return None


def text(run_file: RunFile) -> str:
    """The content of nodes.json."""
    return sealed_json.seal(listed(run_file))


def listed(run_file: RunFile) -> dict:
    """The list of nodes of a run, as :func:`glassnet.chains.store.read_index` returns it."""
    nodes: dict[str, dict] = {}
    for task in all_tasks(run_file):
        if task.sample == 0:
            nodes[task.folder] = {
                "node": _node(task, run_file),
                "folder": f"chains/{task.folder}",
                "samples": n_samples(task, run_file),
                "attrs": node_attributes(task, run_file),
            }
    own = {"seed": run_file.seed, "rounding": run_file.rounding, "run_file": run_file.text}
    return own | {"nodes": list(nodes.values())}


def _node(task: Task, run_file: RunFile) -> str:
    both = run_file.symmetric and run_file.scan.planted and task.kind == "symmetric"
    return f"/{task.folder}" + "/symmetric" * bool(both)
