"""Whether a chain is one that this run would compute: its task, every setting, its temperatures, what it measures."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.chains.schema import MEASUREMENTS
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.tasks.glass_tasks import Task, measured, node_attributes

#: attributes that only some chains have
_NOT_ALWAYS = ("rounding", "planted_temperature", "kind", "data", "study", "paths_per_weight", "unit")


class Facts(NamedTuple):
    """What a chain says of itself: attributes, temperatures (k_B = 1) and names of variables."""

    attrs: dict
    temperature: np.ndarray
    variables: list[str]


class Expected(NamedTuple):
    """What all chains of a node say: attributes, and what they measured; None in field integration.

    Segments of unfinished tasks hold what they have `measured`, which in a study is more than its chains keep.
    """

    attrs: dict
    measure: set[str] | None
    measured: set[str] | None = None


def expected(task: Task, run_file: RunFile) -> Expected:
    """What the chains of the node of a task say, but what its glass decides and the number of sweeps."""
    facts = node_attributes(task, run_file) | {"seed": run_file.seed}
    if task.field:
        assert run_file.field is not None
        sweeps = {} if run_file.field.sweeps is None else {"sweeps": run_file.field.sweeps}
        return Expected(facts | sweeps, None)
    sampling = run_file.sampling_of(task.planted is not None)
    facts |= {"thermalization": sampling.thermalization, "measure_every": sampling.measure_every}
    assert sampling.measure is not None
    return Expected(facts | {"n_replicas": sampling.replicas}, set(sampling.measure), set(measured(task, run_file)))


def differences(facts: Facts, task: Task, wanted: Expected, rungs: list[float] | None) -> list[str]:
    """What is not as the run file has it, as 'name value, not value'; none if the chain belongs to the run.

    The number of sweeps is not compared: a chain may be shorter or longer than it is to be.

    Parameters
    ----------
    facts : Facts
        Of a chain file or a segment.
    task : Task
        Whose place it has.
    wanted : Expected
        Of the task's node.
    rungs : list of float or None
        Temperatures of the task; None where they are not known yet.
    """
    pairs = _pairs(facts, task, wanted, rungs)
    return [f"{name} {_short(there)}, not {_short(here)}" for name, there, here in pairs]


def _pairs(facts: Facts, task: Task, wanted: Expected, rungs: list[float] | None) -> Iterator[tuple]:
    """Name, what the chain has and what it should have, of all that differs."""
    own = {"task": task.text, "sample": task.sample}
    for name, value in (own | dict.fromkeys(_NOT_ALWAYS) | wanted.attrs).items():
        stored = facts.attrs.get(name)
        if stored == value:
            continue
        if name not in ("glass", "data"):
            yield name, stored, value
            continue
        there, here = _table(stored), _table(value)
        for key in sorted(there.keys() | here.keys()):
            if there.get(key) != here.get(key):
                yield f"{name}.{key}", there.get(key), here.get(key)
    found = set(facts.variables) & MEASUREMENTS.keys()
    if wanted.measure is not None and found not in (wanted.measure, wanted.measured):
        yield "measure", sorted(found), sorted(wanted.measure)
    if rungs is not None and facts.temperature.tolist() != rungs:
        yield ("temperatures", *_first(facts.temperature.tolist(), rungs))


def _table(text) -> dict:
    """The table [glass] or [data] in an attribute, without what is left out."""
    try:
        table = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {"": text}
    return {name: value for name, value in table.items() if value is not None} if isinstance(table, dict) else {}


def _first(there: list[float], here: list[float]) -> tuple:
    """The first temperatures that differ, or all where their numbers do."""
    if len(there) != len(here):
        return f"[{len(there)} of them]", f"[{len(here)} of them]"
    return next((a, b) for a, b in zip(there, here, strict=True) if a != b)


def _short(value) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
