"""The file ladders.json of a run directory, and which ladder counts when it and the chains do not say the same.

With a checksum it is believed; without one (release 0.3.0 and earlier) or where it is lost, the chains are, whose
digests protect what they ran at. Rungs that a rule gives must agree with it to 1e-12.
"""

import math
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from glassnet.chains import sealed
from glassnet.scan import ladders
from glassnet.scan.belonging import Facts
from glassnet.scan.config import Ladder, RunFile
from glassnet.scan.tasks import Task

LADDERS = "ladders.json"


class Kept(NamedTuple):
    """Ladders by name, whether a checksum protects them, and what is wrong with the file; None if nothing is."""

    ladders: dict[str, list[float]]
    is_sealed: bool
    damage: str | None = None


def read(directory: Path) -> Kept:
    """The ladders in a run directory; none where the file is missing or damaged.

    Raises
    ------
    OSError
        If it cannot be read here and now.
    """
    try:
        found, is_sealed = sealed.unseal((directory / LADDERS).read_bytes())
    except FileNotFoundError:
        return Kept({}, False)
    except sealed.Damaged as error:
        return Kept({}, False, str(error))
    if not all(isinstance(rungs, list) and _are_temperatures(rungs) for rungs in found.values()):
        return Kept({}, False, "damaged (it must hold lists of temperatures)")
    return Kept(found, is_sealed)


def text(kept: dict[str, list[float]]) -> str:
    """What stands in the file."""
    return sealed.seal(kept)


def settled(found: dict[Task, Facts], run_file: RunFile, kept: Kept) -> dict[str, list[float]]:
    """The ladders that are known, from the file and from the chains there are.

    Parameters
    ----------
    found : dict of Task to Facts
        Every chain there is.
    run_file : RunFile
    kept : Kept
        What the file holds.
    """
    of_chains: dict[str, Counter] = {}
    rules: dict[str, Ladder | None] = {}
    alike: dict[tuple, list[float] | None] = {}
    for task, facts in found.items():
        name = ladders.name_of(task, run_file)
        if name is None:
            continue
        kind = name, task.planted, facts.temperature.tobytes()
        if kind not in alike:
            rules[name] = ladders.rule_of(task, run_file)
            alike[kind] = _of_chain(task, facts, rules[name])
        of_chains.setdefault(name, Counter()).update([] if alike[kind] is None else [tuple(alike[kind])])
    known = dict(kept.ladders)
    for name, counted in of_chains.items():
        rungs = _chosen(known.pop(name, None), counted, rules[name], kept.is_sealed)
        if rungs is not None:
            known[name] = rungs
    return known


def _chosen(rungs: list[float] | None, counted: Counter, rule: Ladder | None, is_sealed: bool) -> list[float] | None:
    """Which ladder counts, of that in the file and those of the chains; None where pilots must find it."""
    is_right = rungs is not None and (rule is None or ladders.follows(rungs, rule))
    if is_right and (is_sealed or not counted or tuple(rungs) in counted):
        return rungs
    if counted:
        return list(counted.most_common(1)[0][0])
    return ladders.by_rule(rule) if rule is not None else None


def _of_chain(task: Task, facts: Facts, rule: Ladder | None) -> list[float] | None:
    """The ladder that a chain ran on, if it shows all of it and follows the rule."""
    rungs = [float(rung) for rung in facts.temperature]
    if rule is None:
        return rungs
    if rungs and math.isinf(rungs[-1]):
        rungs.pop()
    if task.planted is not None:
        # the rungs above the planting temperature; what is below is the rule's
        ruled, above = ladders.by_rule(rule), rungs[1:]
        rungs = None if ruled is None else [*(rung for rung in ruled if rung <= task.planted), *above]
    return rungs if rungs is not None and ladders.follows(rungs, rule) else None


def _are_temperatures(rungs: list) -> bool:
    return all(isinstance(rung, int | float) and not isinstance(rung, bool) and rung > 0 for rung in rungs)
