"""Changes of a run file that would settle what its chains leave open.

A scan may grow in place: sweeps, samples, sizes, dilutions, planting temperatures, instances of field integration, and
a kind of task that it did not have. Sweeps grow for all samples of a run, and the chains are continued where they
ended; no sample that failed is dropped. This module lists alternatives, the best one first;
:mod:`glassnet.scan.report.next_run` finds out which of them a scan accepts.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from glassnet import _wiring
from glassnet.analysis.verdict import estimators, evidence_table

#: factors by which chains that were not in equilibrium become longer, the largest first
_LONGER = (4, 2)
#: factors by which the number of samples grows where their scatter limits a verdict: four halve the error; two where
#: four are too many
_MORE = (4, 2)
#: factors of the next size, the largest first
_LARGER = (1.3, 1.15, 1.0)
#: power of that factor by which the widths of a network grow
_PER_WIDTH = 0.8
#: number of sizes that every rule needs, as trends need a range
_SIZES = 3
#: planting temperatures, over that of the expected transition
_AROUND = (0.90, 0.95, 1.0, 1.05, 1.10)
#: factor by which to go beyond the planting temperatures if all of them were on one side of the transition
_STEP = 1.25
#: rungs of a ladder of planted tasks where the one of the others ends too early
_RUNGS = 16
#: instances of field integration that a scan of glasses with random degrees takes by default
_INSTANCES = 16
_NAMED = 4
#: keys of [sampling] in which planted tasks may differ from the others
_PER_TASK = ("temperatures", "replicas", "thermalization", "sweeps", "measure_every", "measure")


class Change(NamedTuple):
    """A change of the tables of a run file, made in place, and the reason in a sentence."""

    reason: str
    apply: Callable[[dict], None] = lambda run: None


#: alternatives, the best one first; a change without an effect is a remark
Step = tuple[Change, ...]


def steps(result) -> list[Step]:
    """The steps that would settle a result."""
    passed = {item.key: item.passed for item in result.evidence}
    if result.missing:
        return [(Change("Samples are missing: the same file, run again, makes them."),)]
    if result.equilibration.failures or result.equilibration.nodes:
        return _longer(result)
    stands = (Change("The verdict stands."),)
    if result.kind == "random first-order" and not _located(passed):
        return [stands, *_planted(result, passed)]
    if result.kind != "undecided":
        return [stands, *_sharper(result)]
    return [*_planted(result, passed), *_symmetric(result, passed), *_larger(result)]


def _sharper(result) -> list[Step]:
    """Ask for more samples where their scatter dominates the bar, and for a larger size where the extrapolation in N
    does."""
    if result.kind == "none" or not result.estimates:
        return [tuple(Change(f"{_times(more)} as many samples make it firmer.", _more(result, more)) for more in _MORE)]
    headline = result.estimates[0]
    if result.complexity is not None and estimators.is_apart(headline):
        return [_more_instances(result)]
    statistical = headline.statistical if np.isfinite(headline.statistical) else headline.stderr
    rest = math.sqrt(max(headline.stderr**2 - statistical**2, 0.0))
    parts = f"its bar is {statistical:.2g} by the scatter over samples and {rest:.2g} by the extrapolation in N"
    if rest > statistical:
        why = f"As {parts}, a larger size makes it smaller, not more samples."
        return [(Change(why),), *_larger(result)]
    why = f"As {parts}, {{}} as many samples make the larger part {{:.2g}} times as large."
    return [tuple(Change(why.format(_times(more).lower(), more**-0.5), _more(result, more)) for more in _MORE)]


def _more_instances(result) -> Step:
    """Ask for more instances of field integration: where its zero is the headline, they alone determine the bar."""
    table = result.run["scan"].get("field")
    table = dict(table) if isinstance(table, dict) else {}
    there = max(int(result.complexity.complexity.sizes["instance"]), table.get("instances", 0))
    why = (
        "Its bar is that of field integration: {} as many instances make the part that scatters {:.2g} times as large."
    )

    def apply(count: int, run: dict) -> None:
        run["scan"]["field"] = {**table, "instances": count}

    # another dilution may have more instances already
    counts = [more * count for more in _MORE for count in (there, max(there, _INSTANCES))]
    return tuple(
        Change(why.format(f"{count / there:g} times", (there / count) ** 0.5), partial(apply, count))
        for count in dict.fromkeys(counts)
    )


def _more(result, factor: int, planted_only: bool = False) -> Callable[[dict], None]:
    """Multiply the numbers of samples that there are, of symmetric and planted scans alike; two steps may ask for the
    same."""
    before = {"samples": result.run["samples"], "planted_samples": result.run["scan"].get("planted_samples")}

    def apply(run: dict) -> None:
        own = before["planted_samples"] is not None
        if own:
            run["scan"]["planted_samples"] = factor * before["planted_samples"]
        if not (planted_only and own):
            run["samples"] = factor * before["samples"]

    return apply


def _longer(result) -> list[Step]:
    """Ask for longer chains of all samples where one of them has failed."""
    failing = result.equilibration.failing
    bad = {path for path, _ in failing} | set(result.equilibration.nodes)
    own = "sweeps" in result.run["sampling"].get("planted", {})
    planted = {path for path in bad if "/planted" in path}

    def apply(factor: int, run: dict) -> None:
        if planted and own:
            run["sampling"]["planted"]["sweeps"] *= factor
        if bad - planted or not own:
            run["sampling"]["sweeps"] *= factor

    named = ", ".join(f"{path} sample {number}" for path, number in failing[:_NAMED])
    more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
    counted = "1 sample has not proved its" if len(failing) == 1 else f"{len(failing)} samples have not proved their"
    lines = [f"{counted} equilibrium: {named}{more}."] if failing else []
    lines += [f"{path}: {reason}." for path, reason in list(result.equilibration.nodes.items())[:_NAMED]]
    why = "Sweeps grow {} times, for all samples of the run: their chains are continued, none is dropped."
    longer = tuple(Change(why.format(factor), partial(apply, factor)) for factor in _LONGER)
    return [*((Change(line),) for line in lines), longer]


def _planted(result, passed: dict) -> list[Step]:
    """Ask for planting temperatures around the expected transition where planted scans do not decide yet."""
    # where no paramagnet can exist, random starts that see no order are no evidence against planted ones
    trusted = passed.get("rigorous_bounds") is not False
    against = trusted and any(passed.get(row.key) is False for row in evidence_table.EVIDENCE if row.against_planting)
    # planting draws the signs of couplings anew, and symmetrically
    if _located(passed) or against or result.run["glass"].get("bias"):
        return []
    scan = result.run["scan"]
    twice = "The planted weights cross where they were planted, but not significantly: twice the samples."
    if scan.get("planted") and result.location is not None and result.location.inside:
        if result.location.lacks:
            # sizes are missing, and more samples cannot replace them
            return []
        return [(Change(twice, _more(result, 2, planted_only=True)),)]
    temperature, why = _expected_temperature(result), "where the transition is likely"
    if temperature is None:
        temperature, why = _beyond(result)
    if temperature is None:
        return []
    near = sorted({float(f"{temperature * factor:.3g}") for factor in _AROUND} - set(scan.get("planted", [])))
    if not near:
        return [(Change("More samples at the planting temperatures there are: twice as many.", _more(result, 2)),)]
    reason = f"Planted scans around T = {temperature:.3g}, {why}, locate it and show a jump."
    if not scan.get("planted"):
        ladder = result.run["sampling"]["temperatures"]
        ways = [partial(_plant, near), partial(_plant, near, ladder=True)]
        return [tuple(Change(reason, way) for way in (ways if _reaches(ladder, near) else ways[::-1]))]
    # the ladder of planted tasks that are there stays: temperatures beyond it cannot be added
    fewer = [near[:count] for count in range(len(near), 0, -1)]
    return [tuple(Change(reason, partial(_plant, some)) for some in fewer)]


def _located(passed: dict) -> bool:
    """Whether curves of planted scans cross."""
    return any(passed.get(row.key) for row in evidence_table.EVIDENCE if row.planted and row.crossing)


def _reaches(ladder, near: list[float]) -> bool:
    """Whether the rungs of [sampling] reach from below the planting temperatures to above them."""
    lowest, highest = (ladder["min"], ladder["max"]) if isinstance(ladder, dict) else (ladder[0], ladder[-1])
    return lowest <= near[0] and near[-1] < highest


def _plant(near: list[float], run: dict, ladder: bool = False) -> None:
    """Add planting temperatures; the first ones with what planted tasks need, a ladder of their own if it is asked."""
    scan, sampling = run["scan"], run["sampling"]
    if not scan.get("planted"):
        scan["symmetric"] = True
        own = {}
        if sampling.get("replicas", 4) % 2:
            own["replicas"] = sampling["replicas"] + 1
        if ladder:
            own["temperatures"] = {"min": near[0], "max": 2 * near[-1], "n": _RUNGS, "spacing": "geometric"}
        if own:
            sampling["planted"] = {**sampling.get("planted", {}), **own}
    scan["planted"] = sorted({*scan.get("planted", []), *near})


def _expected_temperature(result) -> float | None:
    """The temperature at which the transition is expected: a provisional one, the first estimate, or the bound of the
    annealed entropy."""
    if result.provisional is not None:
        return result.provisional.value
    temperatures = [one.value for one in result.estimates if np.isfinite(one.value) and one.value > 0]
    bounds = [item.value for item in result.evidence if item.key == "rigorous_bounds" and item.value > 0]
    return next(iter([*temperatures, *bounds]), None)


def _beyond(result) -> tuple[float | None, str]:
    """The planting temperature to try next, and why, if the planted phase had less than half of the weight at all
    planting temperatures of the largest size, or more than half at all of them."""
    if not result.planted:
        return None, ""
    table = result.planted[max(result.planted)]
    temperature, weight = table["planted_temperature"].values, table["weight"].values
    if weight.max() < 0.5:
        return float(temperature.min()) / _STEP, "colder, as the planted phase was the lighter one everywhere"
    if weight.min() > 0.5:
        return float(temperature.max()) * _STEP, "hotter, as the planted phase was the heavier one everywhere"
    return None, ""


def _symmetric(result, passed: dict) -> list[Step]:
    """Ask for glasses as drawn, or more of them, where symmetric scans do not decide."""
    scan = result.run["scan"]
    if not scan.get("symmetric", not scan.get("planted")):
        why = "Glasses as drawn tell the nature of the transition: their overlaps, energies and dips."
        return [(Change(why, _draw), Change(why, partial(_draw, as_planted=True)))]
    if not result.overlaps:
        why = (
            "The glasses as drawn were recorded without the overlap that tells the nature of the transition: that takes"
        )
        return [(Change(f"{why} another directory, as measure cannot change in this one."),)]
    if any(passed.get(row.key) is None for row in evidence_table.EVIDENCE if row.noisy):
        return [(Change("Binder cumulants and [q^2] are too noisy to decide: twice the samples.", _more(result, 2)),)]
    return []


def _draw(run: dict, as_planted: bool = False) -> None:
    """Add glasses as drawn to planted ones, which stay as they are sampled.

    The table [sampling] holds for both what the table of planted tasks does not say. What cannot be measured without a
    planted state therefore moves to the table of planted tasks. `as_planted` copies the settings of planted tasks to
    [sampling], whose own settings were never used and need not be right.
    """
    sampling = run["sampling"]
    own = sampling.get("planted", {})
    if "measure" in sampling:
        # by default glasses as drawn record what their analysis needs
        own = {"measure": sampling.pop("measure"), **own}
    if as_planted:
        # the settings of planted tasks are known to be right; the pilots of ladders take their sweeps from
        # thermalization
        sampling |= {name: own[name] for name in _PER_TASK if name in own and name not in ("measure", "thermalization")}
    if own:
        sampling["planted"] = own
    run["scan"]["symmetric"] = True


def _larger(result) -> list[Step]:
    """Ask for more sizes: every rule needs three, and trends need a range."""
    sizes, p = result.run["scan"]["sizes"], int(result.run["glass"].get("p") or 1)
    wanted = max(1, _SIZES - len(sizes))
    ways = []
    for count in dict.fromkeys((wanted, 1)):
        for factor in _LARGER:
            added: list[int] = []
            for _ in range(count):
                added.append(_next_size([*sizes, *added], factor, p))
            what, named = "One size more" if count == 1 else "Two sizes more", " and ".join(map(str, added))
            reason = f"{what}, N = {named}: what grows with N is told apart from what does not."
            ways.append(Change(reason, partial(_add_sizes, added)))
    return [tuple(ways)]


def _add_sizes(added: list, run: dict) -> None:
    run["scan"]["sizes"] += added


def _next_size(sizes: list, factor: float, p: int):
    """The next size about `factor` times as large as the largest one; larger in any case."""
    if not isinstance(sizes[-1], list):
        # whole layers, and whole numbers of paths at every degree
        return p * max(math.ceil(factor * max(sizes) / p), max(sizes) // p + 1)
    largest = max(sizes, key=_wiring.n_network_weights)
    # a single unit is no layer that grows, unless there is no other
    single = min(largest) == max(largest)
    return [n if n == 1 and not single else max(n + 1, round(n * factor**_PER_WIDTH)) for n in largest]


def _times(factor: int) -> str:
    return {2: "Twice", 4: "Four times"}[factor]
