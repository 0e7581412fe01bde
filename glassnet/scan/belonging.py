"""Whether a chain is one that this run would compute: its task, every setting, its temperatures, what it measures."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.scan.config import Measure, RunFile
from glassnet.scan.tasks import Task, node_attributes, temperatures

#: everything that a run file may ask to be measured
_MEASUREMENTS = set(Measure.__args__)


class Facts(NamedTuple):
    """What a chain says of itself: attributes, temperatures (k_B = 1) and names of variables."""

    attrs: dict
    temperature: np.ndarray
    variables: list[str]


def differences(facts: Facts, task: Task, run_file: RunFile, ladder: list[float] | None) -> list[str]:
    """What is not as the run file has it, as 'name value, not value'; none if the chain belongs to the run.

    The number of sweeps is not compared: a chain may be shorter or longer than it is to be.

    Parameters
    ----------
    facts : Facts
        Of a chain file or a segment.
    task : Task
        Whose place it has.
    run_file : RunFile
    ladder : list of float or None
        Temperatures of the task's size and dilution; None where they are not known yet.
    """
    found = _pairs(facts, task, run_file, ladder)
    return [f"{name} {_short(there)}, not {_short(here)}" for name, there, here in found]


def _pairs(facts: Facts, task: Task, run_file: RunFile, ladder: list[float] | None) -> Iterator[tuple]:
    """Name, what the chain has and what it should have, of all that differs."""
    attrs, wanted = facts.attrs, expected(task, run_file)
    for name in ("rounding", "planted_temperature", "kind"):
        wanted.setdefault(name, None)
    for name, value in wanted.items():
        found = attrs.get(name)
        if name == "glass":
            found, value = _table(found), _table(value)
            for key in sorted(found.keys() | value.keys()):
                if found.get(key) != value.get(key):
                    yield f"glass.{key}", found.get(key), value.get(key)
        elif found != value:
            yield name, found, value
    if not task.field:
        measured = set(facts.variables) & _MEASUREMENTS
        asked = set(run_file.sampling_of(task.planted is not None).measure)
        if measured != asked:
            yield "measure", sorted(measured), sorted(asked)
    if ladder is not None and list(facts.temperature) != (rungs := temperatures(task, ladder)):
        yield ("temperatures", *_first(list(map(float, facts.temperature)), rungs))


def expected(task: Task, run_file: RunFile) -> dict:
    """Attributes that every chain of a task has, but those that its glass decides."""
    facts = node_attributes(task, run_file) | {"task": task.text, "seed": run_file.seed, "sample": task.sample}
    if task.field:
        return facts if run_file.field.sweeps is None else facts | {"sweeps": run_file.field.sweeps}
    sampling = run_file.sampling_of(task.planted is not None)
    facts |= {"thermalization": sampling.thermalization, "measure_every": sampling.measure_every}
    return facts | {"n_replicas": sampling.replicas}


def _table(text) -> dict:
    """The table [glass] in an attribute, without what is left out."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {"": text}
    return {name: value for name, value in found.items() if value is not None} if isinstance(found, dict) else {}


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
