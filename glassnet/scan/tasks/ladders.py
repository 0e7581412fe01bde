"""One ladder of temperatures per size and dilution, computed once and kept in the run directory.

Kept by :mod:`glassnet.scan.directory.ladder_file`, because pilot runs take time, and because the last bits of the rungs
of earlier releases depend on the machine that computed them: a ladder that agrees with its rule to 1e-12 is that
ladder.
"""

import math
from collections.abc import Callable
from itertools import pairwise

from glassnet._random import Seed
from glassnet._wiring import n_weights
from glassnet.sampling import ladder as ladders
from glassnet.scan.runfile.schema import RunFile
from glassnet.scan.runfile.sections import LadderRule
from glassnet.scan.tasks.glass_tasks import Task, draw_glass

#: sweeps of the pilots: enough to determine a ladder, and few enough for the ranks that wait
_FEWEST, _MOST = 200, 10_000
#: relative accuracy with which a kept ladder must agree with its rule
_AGREEMENT = 1e-12


def ladder_of(task: Task, run_file: RunFile, kept: dict[str, list[float]]) -> list[float]:
    """Temperatures of the (size, dilution) of a task, all in `kept` already; see :func:`complete`."""
    if task.field:
        return _listed(run_file) or kept[_field_name(task.dilution)]
    asked = run_file.sampling_of(task.planted is not None).temperatures
    if isinstance(asked, list):
        return in_units(task, run_file, asked)
    return [*kept[_name(asked, task)], *([float("inf")] if asked.infinite else [])]


def in_units(task: Task, run_file: RunFile, listed: list[float]) -> list[float]:
    """Listed temperatures times the unit in which a study has them."""
    units = {"1": 1.0, "sqrt(alpha)": math.sqrt(task.alpha or 1.0), "alpha": task.alpha or 1.0}
    factor = units[run_file.sampling.unit]
    return listed if factor == 1.0 else [rung * factor for rung in listed]


def complete(
    tasks: list[Task],
    run_file: RunFile,
    kept: dict[str, list[float]],
    save: Callable[[dict[str, list[float]]], None] = lambda kept: None,
    pause: Callable[[], bool] | None = None,
) -> dict[str, list[float]]:
    """`kept` together with every ladder that these tasks lack, or that does not follow its rule; `save` is called with
    each one more.

    Raises
    ------
    glassnet.sampling.ladder.Interrupted
        Once `pause` returns True.
    """
    kept, seen = dict(kept), set()
    for task in tasks:
        if task.field:
            if _listed(run_file) is None and _field_name(task.dilution) not in kept:
                # on the leading rank alone: it brings half of scipy
                from glassnet.scan.tasks import field_ladders

                kept[_field_name(task.dilution)] = field_ladders.temperatures(run_file, task.dilution, pause)
                save(kept)
            continue
        asked = run_file.sampling_of(task.planted is not None).temperatures
        if isinstance(asked, LadderRule) and (name := _name(asked, task)) not in seen:
            seen.add(name)
            if not follows(kept.get(name), asked):
                kept[name] = _compute(asked, task, run_file, pause)
                save(kept)
    return kept


def name_of(task: Task, run_file: RunFile) -> str | None:
    """Under which name the ladder of a task is kept; None where the run file lists the temperatures."""
    if task.field:
        return None if _listed(run_file) is not None else _field_name(task.dilution)
    asked = run_file.sampling_of(task.planted is not None).temperatures
    return _name(asked, task) if isinstance(asked, LadderRule) else None


def rule_of(task: Task, run_file: RunFile) -> LadderRule | None:
    """The rule behind the ladder of a task that has a name; None in field integration."""
    asked = None if task.field else run_file.sampling_of(task.planted is not None).temperatures
    return asked if isinstance(asked, LadderRule) else None


def by_rule(asked: LadderRule) -> list[float] | None:
    """The rungs of a rule; None for adaptive ladders, which pilots find."""
    if asked.spacing == "adaptive":
        return None
    return getattr(ladders, asked.spacing)(asked.min, asked.max, asked.n).tolist()


def follows(rungs: list[float] | None, asked: LadderRule) -> bool:
    """Whether rungs are those of a rule to 1e-12; of an adaptive ladder, whether number and ends are as asked."""
    if rungs is None or len(rungs) != asked.n or (rungs[0], rungs[-1]) != (asked.min, asked.max):
        return False
    ruled = by_rule(asked)
    if ruled is None:
        return all(a < b for a, b in pairwise(rungs))
    return all(abs(a - b) <= _AGREEMENT * b for a, b in zip(rungs, ruled, strict=True))


def _compute(asked: LadderRule, task: Task, run_file: RunFile, pause: Callable[[], bool] | None) -> list[float]:
    ruled = by_rule(asked)
    if ruled is not None:
        return ruled
    pilot = Task(task.size, task.dilution, sample=0)
    glass = draw_glass(pilot, run_file, ",pilot")
    seed = Seed(run_file.seed, pilot.text + ",pilot")
    # of one sample, symmetric or planted: recorded sweeps may grow later, and the ladder must be as if always so long
    sweeps = min(max(run_file.sampling.thermalization // 10, _FEWEST), _MOST)
    return ladders.adaptive(glass, asked.min, asked.max, asked.n, seed, sweeps=sweeps, pause=pause).tolist()


def of_field(run_file: RunFile, kept: dict[str, list[float]]) -> dict[float, list[float]]:
    """Temperatures of field integration by dilution, as far as they are known."""
    asked = _listed(run_file)
    by_dilution = {dilution: asked or kept.get(_field_name(dilution)) for dilution in run_file.scan.dilutions}
    return {dilution: rungs for dilution, rungs in by_dilution.items() if rungs}


def _field_name(dilution: float) -> str:
    """One set of temperatures for all sizes of a dilution: their complexities are extrapolated."""
    return f"field,dilution={dilution!r}"


def _name(asked: LadderRule, task: Task) -> str:
    rule = f"{asked.spacing},min={asked.min!r},max={asked.max!r},n={asked.n}"
    return rule if asked.spacing != "adaptive" else f"N={n_weights(task.size)},dilution={task.dilution!r},{rule}"


def _listed(run_file: RunFile) -> list[float] | None:
    """Temperatures of field integration that the run file lists."""
    assert run_file.field is not None
    return run_file.field.temperatures
