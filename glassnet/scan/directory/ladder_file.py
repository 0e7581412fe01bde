"""The file ladders.json of a run directory, and which ladder counts when it and the chains do not say the same.

With a checksum it is believed; without one (release 0.3.0 and earlier) or where it is lost, the chains are, whose
digests protect what they ran at. Rungs that a rule gives must agree with it to 1e-12.
"""

import math
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from glassnet.chains.files import regular_file, sealed_json
from glassnet.scan.directory.chain_check import Facts
from glassnet.scan.runfile.schema import RunFile, UserError
from glassnet.scan.runfile.sections import LadderRule
from glassnet.scan.tasks import ladders
from glassnet.scan.tasks.glass_tasks import Task

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
    UserError
        If it cannot be read here and now.
    """
    try:
        table, is_sealed = sealed_json.unseal(regular_file.read(directory / LADDERS))
    except FileNotFoundError:
        return Kept({}, False)
    except OSError as error:
        raise UserError(f"{directory / LADDERS}: cannot be read: {error.strerror or error}") from None
    except sealed_json.Damaged as error:
        return Kept({}, False, str(error))
    if not all(isinstance(rungs, list) and _are_temperatures(rungs) for rungs in table.values()):
        return Kept({}, False, "damaged (it must hold lists of temperatures)")
    return Kept(table, is_sealed)


def text(kept: dict[str, list[float]]) -> str:
    """The content of ladders.json."""
    return sealed_json.seal(kept)


def settled(chains: dict[Task, Facts], run_file: RunFile, kept: Kept) -> dict[str, list[float]]:
    """The ladders that are known, from the file and from the chains there are.

    Parameters
    ----------
    chains : dict of Task to Facts
        Every chain there is.
    run_file : RunFile
    kept : Kept
        What the file holds.
    """
    shown: dict[str, Counter] = {}
    rules: dict[str, LadderRule | None] = {}
    of_nodes: dict[str, str | None] = {}
    for task, facts in chains.items():
        if task.folder not in of_nodes:
            of_nodes[task.folder] = ladders.name_of(task, run_file)
        name = of_nodes[task.folder]
        if name is not None:
            if name not in rules:
                rules[name] = ladders.rule_of(task, run_file)
            shown.setdefault(name, Counter())[_shown(task, facts)] += 1
    known = dict(kept.ladders)
    for name, counted in shown.items():
        rungs = chosen(known.pop(name, None), counted, rules[name], kept.is_sealed)
        if rungs is not None:
            known[name] = rungs
    return known


def _shown(task: Task, facts: Facts) -> tuple[float | None, tuple[float, ...]]:
    """What a chain shows of its ladder: the finite rungs, of a planted task those above its planting temperature."""
    rungs = [float(rung) for rung in facts.temperature if rung < math.inf]
    return task.planted, tuple(rungs if task.planted is None else rungs[1:])


def chosen(rungs: list[float] | None, shown: Counter, rule: LadderRule | None, is_sealed: bool) -> list[float] | None:
    """Which ladder counts: the one in the file, or the one that most chains show; None where pilots must find it."""
    is_right = rungs is not None and (rule is None or ladders.follows(rungs, rule))
    if is_right and is_sealed:
        return rungs
    options = [rungs] * is_right + [list(part) for planted, part in shown if planted is None]
    ruled = None if rule is None else ladders.by_rule(rule)
    if ruled is not None:
        # a planted task does not show the rungs below its own
        options += [[*(rung for rung in ruled if rung <= planted), *part] for planted, part in shown if planted]
        options.append(ruled)
    options = [option for option in options if rule is None or ladders.follows(option, rule)]

    def n_chains(ladder: list[float]) -> int:
        parts = ((planted, part, count) for (planted, part), count in shown.items())
        return sum(count for planted, part, count in parts if part == tuple(r for r in ladder if r > (planted or 0.0)))

    # the first of those that are equally good
    return max(options, key=n_chains, default=None)


def _are_temperatures(rungs: list) -> bool:
    return all(isinstance(rung, int | float) and not isinstance(rung, bool) and rung > 0 for rung in rungs)
