"""What a scan ends with: the transition beside the theory in words and tables; figures, page and summary on disk."""

import contextlib
import io
import json
import math
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet import plots
from glassnet.analysis.line import CriticalDilution, TransitionLine
from glassnet.analysis.nodes import Node, nodes, order_parameter
from glassnet.analysis.surveys import Surveys
from glassnet.analysis.transition import Transition, of_dilution
from glassnet.chains.atomic import commit
from glassnet.chains.content import ChainError, Unreadable
from glassnet.chains.index import RUN_FILE
from glassnet.plots import diagram, export
from glassnet.scan import given, progress, tables, words
from glassnet.scan.config import UserError
from glassnet.scan.page import Section, page
from glassnet.scan.readable import open_readable, without_damage
from glassnet.scan.suggestion import Suggestion, suggestion

#: failing samples named on the terminal; all of them are in summary.json and report.html
_NAMED = 8
#: small variables of a chain that are asked for more than once
_COUNTERS = {"swap_attempted", "swap_accepted", "round_trips"}


#: the run that would settle what is open
SUGGESTED = "suggested.toml"


class Advice(NamedTuple):
    """What to run next, and the result that it is for."""

    result: Transition
    suggestion: Suggestion


class Report(NamedTuple):
    """What was found, in words; and a line for each damaged file, whose chains are not in it."""

    text: str
    damaged: list[str]

    def __str__(self) -> str:
        return self.text


def write(directory) -> Report:
    """Analyse the chains of a run, write what was found beside them, and return it in words.

    Written are report.html, figures/*.svg and *.pdf, summary.json, transition.png and suggested.toml, the run that
    would settle what is open; with several dilutions there are figures for each, those without a dilution in their name
    are of the lowest, and `transition` in the summary is that of the lowest. The same chains give the same bytes.

    Damaged chain files are named and left where they are, what can be read is analysed: the report says so first and
    last, and their samples count as missing.

    Parameters
    ----------
    directory : str or Path
        Of a run, finished or not, or a packed run: then what is written beside it begins with its name.

    Returns
    -------
    Report
        Tables per size (of a few temperatures; the page has all), the verdict with its evidence and the theory's
        values, the answer in one sentence for each dilution, the paths written.

    Raises
    ------
    glassnet.chains.segment.ChainError
        If the directory holds no chains, or none that can be read.
    glassnet.scan.config.UserError
        If `directory` is something else, or the chains were recorded in a way that cannot be analysed. They are kept.
    """
    directory = given.directory(directory, "analyze", chains=True)
    with progress.steps() as steps:
        steps.say(f"opening {directory}")
        chains, damaged = open_readable(directory)
        try:
            return _report(directory, chains, damaged, steps)
        except Unreadable:
            raise
        except ChainError as error:
            if damaged:
                raise
            steps.say(f"{error}; every chain is compared with its digest")
            return _report(directory, *without_damage(directory, error), steps)


def _report(directory: Path, chains: xr.DataTree, damaged: list[str], steps: progress.Steps) -> Report:
    damaged = [line.removeprefix(f"{directory}/") for line in damaged]
    _read_counters(chains)
    found = _analysable(directory, chains)
    results = _results(found, chains, steps)
    theories = [plots.theory_of(result) for result in results]
    sections, overviews = [], []
    for result, theory in zip(results, theories, strict=True):
        steps.say(f"dilution {result.dilution:g}: drawing")
        suffix = "" if result is results[0] else f"-dilution{result.dilution!r}"
        own = [node for node in found if node.dilution == result.dilution]
        figures = _drawn(directory, export.of_result(result, chains, theory), suffix)
        sections.append(Section(result, theory, tables.of_result(result, own), figures))
        overviews.append(_beside(directory, f"transition{suffix}.png"))
        image = io.BytesIO()
        plots.save(result, image, theory)
        commit(overviews[-1], image.getvalue())
    if len(results) > 1:
        steps.say("drawing the line of all dilutions, with theory")
    line, criticals = _drawn(directory, export.of_line(results), ""), critical_dilutions(results)
    advice = _suggest(directory, results)
    # the page is the same wherever the chains are
    told, paged = (_notes(directory, where, damaged, results, advice) for where in (directory, Path("DIR")))
    written = page(sections, line, chains.attrs.get("run_file", ""), paged, criticals)
    commit(_beside(directory, "report.html"), written.encode())
    summary = _summary(results, theories, damaged) | _criticals(criticals)
    commit(_beside(directory, "summary.json"), _json(summary).encode())
    answer = "\n".join([*(section.result.sentence for section in sections), *told])
    return Report(
        "\n\n".join([*told[: bool(damaged)], *_told(sections, criticals), answer, _written(directory, overviews)]),
        damaged,
    )


def _read_counters(chains: xr.DataTree) -> None:
    """Read the counters of exchanges once: tables and figures ask for them again and again, file by file."""
    for branch in chains.subtree:
        for name in _COUNTERS & branch.variables.keys():
            branch.variables[name].load()


def _results(found: list[Node], chains: xr.DataTree, steps: progress.Steps) -> TransitionLine:
    """One result for each dilution; ChainError if a chain turns out to be damaged when it is read."""
    surveys = Surveys(chains)
    results = TransitionLine(surveys=surveys)
    dilutions = sorted({node.dilution for node in found})
    for number, dilution in enumerate(dilutions, 1):
        own = [node for node in found if node.dilution == dilution]
        samples = sum(node.n_samples for node in own)
        of = f" ({number} of {len(dilutions)})" if len(dilutions) > 1 else ""
        steps.say(f"dilution {dilution:g}{of}: reading {samples} samples in {len(own)} nodes")
        with warnings.catch_warnings():
            # what is damaged is said below, and louder
            warnings.filterwarnings("ignore", message=".*counts as missing")
            result = of_dilution(surveys, dilution)
        if result.damaged:
            raise ChainError(result.damaged[0])
        results.append(result)
    return results


def _suggest(directory: Path, results: TransitionLine) -> Advice | None:
    """Write the run that would settle the first dilution that is open, or sharpen the first verdict; None if chains do
    not say of which ensemble they are, which cannot be gone on with."""
    path = _beside(directory, SUGGESTED)
    undecided = [result for result in results if result.kind == "undecided"]
    found = None
    with contextlib.suppress(ValueError):
        for result in undecided or results[:1]:
            found = Advice(result, suggestion(result))
            if found.suggestion.settles:
                break
    if found is None:
        # of an earlier analysis
        path.unlink(missing_ok=True)
    else:
        commit(path, found.suggestion.text.encode())
    return found


def _notes(
    directory: Path, shown: Path, damaged: list[str], results: TransitionLine, advice: Advice | None
) -> list[str]:
    """What the reader has to know and to do beside the answer, in paths from `shown`: damage first."""
    notes = []
    if damaged:
        again = f"glassnet scan {shown / RUN_FILE} --out {shown} computes them again and keeps the damaged files"
        files = f"{len(damaged)} damaged file" + "s" * (len(damaged) > 1)
        lines = [f"  {line}" for line in damaged[:_NAMED]]
        lines += [f"  and {len(damaged) - _NAMED} more, see summary.json"] * (len(damaged) > _NAMED)
        again = again if directory.is_dir() else "take the run home again, or analyse its directory"
        notes.append("\n".join([f"WITHOUT THE CHAINS OF {files.upper()}, all others are in; {again}:", *lines]))
    if advice is not None and advice.result.kind == "undecided":
        which = f" at dilution {advice.result.dilution:g}" if len(results) > 1 else ""
        where = _beside(shown, SUGGESTED) if directory.is_dir() else _beside(directory, SUGGESTED).name
        settle = f"to settle it{which}: glassnet scan {where} --out {shown if directory.is_dir() else 'DIR'}"
        refused = f"nothing that grows in this directory settles it{which}; {where} says why"
        notes.append(settle if advice.suggestion.settles else refused)
    return notes


def _beside(directory: Path, name: str) -> Path:
    return directory.with_name(f"{directory.stem}-{name}") if directory.is_file() else directory / name


def _drawn(directory: Path, drawings: list[export.Drawing], suffix: str) -> list[tuple[str, str, bytes]]:
    """Write the files of figures; (name, caption, SVG) of each."""
    figures = []
    for drawing in drawings:
        drawing = drawing._replace(name=drawing.name + suffix)
        images = export.files(drawing)
        for name, image in images.items():
            commit(_beside(directory, "figures") / name, image)
        figures.append((drawing.name, drawing.caption, images[f"{drawing.name}.svg"]))
    return figures


def critical_dilutions(results: TransitionLine) -> list[CriticalDilution]:
    """The critical dilution at every planting temperature that two dilutions share; without one at the rung that the
    figure shows."""
    if len(results) < 2 or (shown := diagram.cut(results)) is None:
        return []
    planted = any(result.planted for result in results)
    return [results.critical(t) for t in (diagram.shared_temperatures(results).tolist() if planted else [shown])]


def _told(sections: list[Section], criticals: list[CriticalDilution]) -> list[str]:
    """What the terminal shows: tables first, so that the verdicts and the answers are what stays in view."""
    blocks = [table.text() for section in sections for table in section.tables]
    blocks += [_verdict(section) for section in sections]
    if len(sections) > 1:
        overall = tables.line([section.result for section in sections], [section.theory for section in sections])
        blocks.append(overall.text())
    return [*blocks, tables.critical(criticals).text()] if criticals else blocks


def _written(directory: Path, overviews: list[Path]) -> str:
    chains = directory / "chains" if directory.is_dir() else directory
    paths = [("chains", chains), ("summary", _beside(directory, "summary.json"))]
    paths += [("figure", overview) for overview in overviews]
    paths += [("figures", _beside(directory, "figures")), ("report", _beside(directory, "report.html"))]
    if (suggested := _beside(directory, SUGGESTED)).is_file():
        paths.insert(-1, ("suggested", suggested))
    return "\n".join(f"{name:11}{path}" for name, path in paths)


def _analysable(directory: Path, chains: xr.DataTree) -> list[Node]:
    """The nodes of a run; UserError with the reason where they cannot be analysed."""
    reason, found = None, []
    try:
        found = nodes(chains)
    except ValueError as error:
        reason = str(error)
    for node in found:
        if node.chain.sizes["draw"] < 2:
            reason = f"{node.path} has fewer than two draws per chain, so errors are not known"
        elif node.planted_temperature is not None and order_parameter(node) not in node.chain:
            reason = f"{node.path} holds no {order_parameter(node)}"
    if reason is not None:
        raise UserError(f"{directory}: cannot be analysed: {reason}; the chains are kept")
    return found


def _verdict(section: Section) -> str:
    """Kind and place, evidence, estimates, the theory, and what is not in equilibrium."""
    result = section.result
    # the sentence stands at the end
    head, _, asked = str(result).partition("\n\n")
    lines = [head.splitlines()[0], "", asked]
    if section.theory is not None:
        lines += ["", words.comparison(result, section.theory)]
    failing = words.unequilibrated(result)
    if failing:
        lines += ["", "not proved to be in equilibrium (kept in all averages above):"]
        lines += [f"  {entry}" for entry in failing[:_NAMED]]
        if len(failing) > _NAMED:
            lines.append(f"  and {len(failing) - _NAMED} more, see report.html")
    return "\n".join(lines)


def _summary(results: TransitionLine, theories: list, damaged: list[str]) -> dict:
    """What summary.json holds; `transition` and `theory` are those of the lowest dilution."""
    entries = [_entry(result, theory) for result, theory in zip(results, theories, strict=True)]
    several = {"dilutions": entries} if len(entries) > 1 else {}
    return entries[0] | several | {"damaged": damaged}


def _criticals(found: list[CriticalDilution]) -> dict:
    """The critical dilutions, by temperature; nothing without several dilutions."""
    rows = [
        {
            "temperature": one.temperature,
            "dilution": one.dilution,
            "stderr": one.stderr,
            "why": one.why,
            "provisional": None if one.provisional is None else one.provisional._asdict(),
            "estimates": [estimate._asdict() for estimate in one.estimates],
        }
        for one in found
    ]
    return {"critical_dilutions": rows} if rows else {}


def _entry(result: Transition, theory) -> dict:
    return {
        "dilution": result.dilution,
        "effective_dilution": result.effective_dilution,
        "effective_dilutions": {} if result.common is None else result.common.sizes,
        "sizes": list(result.sizes),
        "transition": {
            "kind": result.kind,
            "temperature": result.temperature,
            "stderr": result.stderr,
            "provisional": None if result.provisional is None else result.provisional._asdict(),
            "evidence": [item._asdict() for item in result.evidence],
            "estimates": [estimate._asdict() for estimate in result.estimates],
        },
        "complexity": _complexity(result),
        "theory": None
        if theory is None
        else {
            "static_temperature": theory.static_temperature(),
            "dynamic_temperature": theory.dynamic_temperature(),
        },
        "unequilibrated": {
            "samples": [failure._asdict() for failure in result.equilibration.failures],
            "nodes": result.equilibration.nodes,
            "comparisons": result.equilibration.n_comparisons,
            "bound": result.equilibration.bound,
        },
        "missing_samples": result.missing,
    }


def _complexity(result: Transition) -> dict | None:
    """What field integration found; without it None."""
    if result.complexity is None:
        return None
    data = result.complexity.complexity
    columns = {name: data[name].values.tolist() for name in ("temperature", "mean", "stderr", "drift")}
    return {
        "zero": result.complexity.temperature,
        "zero_stderr": result.complexity.stderr,
        "system": data.attrs["system"],
        "effort": data.attrs["effort"],
        "temperatures": columns.pop("temperature"),
        **columns,
    }


def _json(summary: dict) -> str:
    """Strict JSON: what is not a finite number is null."""
    return json.dumps(_strict(summary), indent=1, allow_nan=False) + "\n"


def _strict(value):
    if isinstance(value, dict):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(entry) for entry in value]
    if isinstance(value, (bool, np.bool_)) or value is None:
        return None if value is None else bool(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
