"""The run file that would settle what is open: the changes suggested by the analysis that a scan accepts."""

import copy
import json
import math
from typing import NamedTuple

from glassnet.scan.report import run_changes, run_file_text
from glassnet.scan.runfile import dilution, field_settings, growth
from glassnet.scan.runfile.schema import RunFile, UserError, parse, runnable
from glassnet.scan.tasks import glass_tasks

_NAME = "suggested.toml"
#: the last line of the reasons: what follows it in a run file that was suggested before is the run file itself
_LAST = "# glassnet scan THIS_FILE --out DIR, DIR the directory of these chains, goes on where it ended.\n"


class Suggestion(NamedTuple):
    """A run file, reasons first, with the comments of the one before; whether a scan with it has anything to do, and
    what was left out."""

    text: str
    settles: bool
    withheld: tuple[str, ...]


def suggestion(result) -> Suggestion:
    """Run file of the scan that would settle a result.

    Every change is checked as ``glassnet scan`` checks a run file for the directory of these chains. The first
    alternative that passes is made; where none passes, the file says why.

    Raises
    ------
    ValueError
        If the chains do not say of which ensemble they are.
    """
    if not result.run.get("glass", {}).get("ensemble"):
        raise ValueError("chains do not name their ensemble, so no run file can be suggested")
    tables = json.loads(json.dumps(result.run))
    judge = _Judge(run_file_text.plain(tables))
    reasons, withheld = [f"dilution {result.dilution:g}: {result.headline}"], []
    for step in run_changes.steps(result):
        for change in step:
            trial = copy.deepcopy(tables)
            change.apply(trial)
            refused = judge.refusals(run_file_text.plain(trial)) if trial != tables else []
            if not refused:
                reasons.append(change.reason)
                tables = trial
                break
        else:
            withheld.append(f"{step[0].reason} But that cannot be had here: {refused[0]}")
    reasons += [f"Left out: {reason}" for reason in withheld]
    more = judge.work_added(run_file_text.plain(tables))
    if judge.mistake is not None:
        reasons.append(f"These chains are of no scan, which refuses such a run file: {judge.mistake}")
    elif more:
        reasons.append(f"It adds {more:.2g} times the work of the run so far.")
    elif not result.missing:
        reasons.append("Nothing is left that could grow here: a scan of this file finds everything done.")
    lines = (line for reason in reasons for line in reason.splitlines())
    text = "".join(f"# {line}\n" for line in lines) + f"{_LAST}\n{_grown(result.run_file, tables)}"
    return Suggestion(text, more > 0 or bool(result.missing), tuple(withheld))


def _grown(text: str, tables: dict) -> str:
    """The user's run file brought to these tables, without the reasons of a suggestion before."""
    return run_file_text.changed(text.rpartition(_LAST)[2].lstrip("\n"), tables)


class _Judge:
    """Checks a run file as a scan would do it in a directory that was begun with another one.

    Parameters
    ----------
    begun : str
        Text of the run file of the chains.
    """

    def __init__(self, begun: str):
        self._begun: RunFile | None = None
        self._read = runnable
        self._known: set[str] = set()
        try:
            self._begun = parse(begun, _NAME)
            if self._begun.field is not None:
                self._begun = self._begun.settled(field_settings.decide(self._begun, {}))
            # mistakes that the directory of chains of 0.3.0 may keep, as it has its own rule
            self._known = set(dilution.mistakes(self._begun))
            runnable(begun, _NAME)
        except UserError as error:
            # chains from a larger machine say nothing about memory here; those of no scan may be no run file at all
            self._read = parse
            if self._begun is None:
                self._known = set(_lines(error))

    def refusals(self, text: str) -> list[str]:
        """Lines 'key: what is wrong'."""
        try:
            wanted = self._read(text, _NAME)
        except UserError as error:
            return [line for line in _lines(error) if line not in self._known]
        if self._begun is None:
            return []
        wanted = wanted.settled(self._begun.decided)
        lines = growth.objections(self._begun, wanted, "the directory of these chains") + dilution.mistakes(wanted)
        return [line for line in lines if line not in self._known]

    @property
    def mistake(self) -> str | None:
        """Why a scan cannot continue the chains; None if it can."""
        return min(self._known) if self._begun is None else None

    def work_added(self, text: str) -> float:
        """Cost of what is new in a run file, in units of that of all tasks before; nan for chains of no scan."""
        if self._begun is None:
            return math.nan
        return _work(parse(text, _NAME).settled(self._begun.decided)) / _work(self._begun) - 1


def _lines(error: UserError) -> list[str]:
    return [line.removeprefix(f"{_NAME}: ") for line in str(error).splitlines()]


def _work(run_file: RunFile) -> float:
    """Cost of all tasks, done or not."""
    nodes = {task.folder: task for task in glass_tasks.all_tasks(run_file)}
    return sum(glass_tasks.cost(task, run_file) * glass_tasks.n_samples(task, run_file) for task in nodes.values())
