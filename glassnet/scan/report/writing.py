"""The report at the end of a scan: the transition with the theory in words and tables; figures, page and summary on
disk."""

import contextlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import xarray as xr

from glassnet import plots
from glassnet.analysis.nodes import Node, nodes, order_parameter
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.analysis.transition import Transition, of_dilution
from glassnet.analysis.transition_line import CriticalDilution, TransitionLine
from glassnet.chains.content import ChainError, Unreadable
from glassnet.plots import export, phase_diagrams
from glassnet.scan.directory import lookup
from glassnet.scan.directory.readable_chains import open_readable, without_damage
from glassnet.scan.execute import progress
from glassnet.scan.report import study, summary, tables, theory_comparison
from glassnet.scan.report.files import NAMED, SUGGESTED, Files, Report, beside, damage_note, drawn, paths
from glassnet.scan.report.next_run import Suggestion, suggestion
from glassnet.scan.report.page import Section, page
from glassnet.scan.runfile.schema import UserError

#: small variables of a chain that are needed more than once
_COUNTERS = {"swap_attempted", "swap_accepted", "round_trips"}


class Advice(NamedTuple):
    """The run that is suggested next, and the result for which it is."""

    result: Transition
    suggestion: Suggestion


class Findings(NamedTuple):
    """Everything that a report says and draws about a run."""

    nodes: list[Node]
    results: TransitionLine
    theories: list
    tables: list[list[tables.Table]]
    criticals: list[CriticalDilution]
    advice: Advice | None


def write(directory, say: Callable[[str], None] = lambda text: None) -> Report:
    """Analyse the chains of a run, print the result in words, and write the report beside the chains.

    The report consists of report.html, figures/*.svg and *.pdf, summary.json, transition.png and suggested.toml, the
    run that would settle what is open. With several dilutions there are figures for each; those without a dilution in
    their name belong to the lowest, as does `transition` in the summary. The same chains give the same bytes.

    Damaged chain files are named and stay where they are, and their samples count as missing; the rest is analysed. The
    report says so first and last. Files that cannot be written are named, and the others are written.

    Parameters
    ----------
    directory : str or Path
        Of a run, finished or not, or a packed run: then what is written beside it begins with its name.
    say : callable(str), optional
        Called with the result before anything is drawn or written, so that it is not lost with the files; then with the
        paths.

    Returns
    -------
    Report
        Tables per size (of a few temperatures; the page has all), the verdict with its evidence and the theory's
        values, the answer in one sentence for each dilution, the paths written: all that was said.

    Raises
    ------
    glassnet.chains.segment.ChainError
        If the directory holds no chains, or none that can be read.
    glassnet.scan.runfile.schema.UserError
        If `directory` is something else, or the chains were recorded in a way that cannot be analysed. They are kept.
    """
    directory = lookup.directory(directory, "analyze", chains=True)
    with progress.steps() as steps:
        steps.say(f"opening {directory}")
        chains, damaged = open_readable(directory)
    try:
        return _report(directory, chains, damaged, say)
    except Unreadable:
        raise
    except ChainError as error:
        if damaged:
            raise
        with progress.steps() as steps:
            steps.say(f"{error}; every chain is compared with its digest")
            chains, damaged = without_damage(directory, error)
        return _report(directory, chains, damaged, say)


def _report(directory: Path, chains: xr.DataTree, damaged: list[str], say: Callable[[str], None]) -> Report:
    damaged = [line.removeprefix(f"{directory}/") for line in damaged]
    if study.is_study(chains):
        return study.report(directory, chains, damaged, say)
    with progress.steps() as steps:
        findings = _analyse(directory, chains, steps)
    notes = notes_of(directory, directory, damaged, findings)
    answer = "\n".join([*(result.sentence for result in findings.results), *notes])
    text = "\n\n".join([*notes[: bool(damaged)], *_terminal_text(findings), answer])
    say(text)
    files = Files(directory)
    with progress.steps() as steps:
        write_files(directory, chains, damaged, findings, files, steps)
    # below the text, as a paragraph of its own
    places = paths(directory, files)
    say(f"\n{places}")
    return Report(f"{text}\n\n{places}", damaged, files.unwritten)


def _analyse(directory: Path, chains: xr.DataTree, steps: progress.Steps) -> Findings:
    """Everything that the report says about a run; nothing is drawn or written."""
    _read_counters(chains)
    every_node = _analysable(directory, chains)
    results = _results(every_node, chains, steps)
    theories = [plots.theory_of(result) for result in results]
    shown = [
        tables.of_result(result, [node for node in every_node if node.dilution == result.dilution])
        for result in results
    ]
    return Findings(every_node, results, theories, shown, critical_dilutions(results), advice_for(results))


def write_files(
    directory: Path, chains: xr.DataTree, damaged: list[str], findings: Findings, files: Files, steps: progress.Steps
) -> None:
    """Draw the figures and write all files, the cheapest first."""
    numbers = summary.summary(findings.results, findings.theories, damaged, findings.criticals)
    files.put("summary.json", summary.text(numbers).encode())
    if findings.advice is None:
        files.remove(SUGGESTED)
    else:
        files.put(SUGGESTED, findings.advice.suggestion.text.encode())
    sections, line = [], []
    for result, theory, shown in zip(findings.results, findings.theories, findings.tables, strict=True):
        steps.say(f"dilution {result.dilution:g}: drawing")
        suffix = "" if result is findings.results[0] else f"-dilution{result.dilution!r}"
        sections.append(Section(result, theory, shown, []))
        with files.drawing():
            sections[-1].figures.extend(drawn(files, export.of_result(result, chains, theory), suffix))
            image = io.BytesIO()
            plots.save(result, image, theory)
            files.put(f"transition{suffix}.png", image.getvalue())
    if len(findings.results) > 1:
        steps.say("drawing the line of all dilutions, with theory")
    with files.drawing():
        line = drawn(files, export.of_line(findings.results), "")
    # the page is the same wherever the chains are
    notes = notes_of(directory, Path("DIR"), damaged, findings)
    files.put("report.html", page(sections, line, chains.attrs.get("run_file", ""), notes, findings.criticals).encode())


def _read_counters(chains: xr.DataTree) -> None:
    """Read the counters of exchanges once, as tables and figures need them repeatedly, file by file."""
    for branch in chains.subtree:
        for name in _COUNTERS & branch.variables.keys():
            branch.variables[name].load()


def _results(nodes: list[Node], chains: xr.DataTree, steps: progress.Steps) -> TransitionLine:
    """One result for each dilution; ChainError if a chain turns out to be damaged when it is read."""
    reader = ChainReader(chains)
    results = TransitionLine(reader=reader)
    dilutions = sorted({node.dilution for node in nodes})
    for number, dilution in enumerate(dilutions, 1):
        own = [node for node in nodes if node.dilution == dilution]
        samples = sum(node.n_samples for node in own)
        counted = f" ({number} of {len(dilutions)})" if len(dilutions) > 1 else ""
        steps.say(f"dilution {dilution:g}{counted}: reading {samples} samples in {len(own)} nodes")
        with warnings.catch_warnings():
            # damaged files are reported below
            warnings.filterwarnings("ignore", message=".*counts as missing")
            result = of_dilution(reader, dilution)
        if result.damaged:
            raise ChainError(result.damaged[0])
        results.append(result)
    return results


def advice_for(results: TransitionLine) -> Advice | None:
    """The run that would settle the first dilution that is open, or sharpen the first verdict; None if the chains do
    not name their ensemble, as no scan can continue them."""
    undecided = [result for result in results if result.kind == "undecided"]
    advice = None
    with contextlib.suppress(ValueError):
        for result in undecided or results[:1]:
            advice = Advice(result, suggestion(result))
            if advice.suggestion.settles:
                break
    return advice


def notes_of(directory: Path, shown: Path, damaged: list[str], findings: Findings) -> list[str]:
    """Notes that the reader needs besides the answer, with paths relative to `shown`: damage first."""
    notes, advice = [], findings.advice
    if damaged:
        notes.append(damage_note(directory, shown, damaged))
    if advice is not None and advice.result.kind == "undecided":
        which = f" at dilution {advice.result.dilution:g}" if len(findings.results) > 1 else ""
        where = beside(shown, SUGGESTED) if directory.is_dir() else beside(directory, SUGGESTED).name
        settle = f"to settle it{which}: glassnet scan {where} --out {shown if directory.is_dir() else 'DIR'}"
        refused = f"nothing that grows in this directory settles it{which}; {where} says why"
        notes.append(settle if advice.suggestion.settles else refused)
    return notes


def critical_dilutions(results: TransitionLine) -> list[CriticalDilution]:
    """The critical dilution at every planting temperature that two dilutions share; without one at the rung that the
    figure shows."""
    if len(results) < 2 or (shown := phase_diagrams.cut(results)) is None:
        return []
    planted = any(result.planted for result in results)
    return [results.critical(t) for t in (phase_diagrams.shared_temperatures(results).tolist() if planted else [shown])]


def _terminal_text(findings: Findings) -> list[str]:
    """Text for the terminal: tables first, so that the verdicts and the answers stay in view."""
    blocks = [table.text() for shown in findings.tables for table in shown]
    blocks += [_verdict(result, theory) for result, theory in zip(findings.results, findings.theories, strict=True)]
    if len(findings.results) > 1:
        blocks.append(tables.line(findings.results, findings.theories).text())
    return [*blocks, tables.critical(findings.criticals).text()] if findings.criticals else blocks


def _analysable(directory: Path, chains: xr.DataTree) -> list[Node]:
    """The nodes of a run; UserError with the reason where they cannot be analysed."""
    reason, present = None, []
    try:
        present = nodes(chains)
    except ValueError as error:
        reason = str(error)
    for node in present:
        if node.chain.sizes["draw"] < 2:
            reason = f"{node.path} has fewer than two draws per chain, so errors are not known"
        elif node.planted_temperature is not None and order_parameter(node) not in node.chain:
            reason = f"{node.path} holds no {order_parameter(node)}"
    if reason is not None:
        raise UserError(f"{directory}: cannot be analysed: {reason}; the chains are kept")
    return present


def _verdict(result: Transition, theory) -> str:
    """Kind and temperature, evidence, estimates, the theory, and what is not in equilibrium."""
    # the sentence stands at the end
    head, _, asked = str(result).partition("\n\n")
    lines = [head.splitlines()[0], "", asked]
    if theory is not None:
        lines += ["", theory_comparison.comparison(result, theory)]
    failing = theory_comparison.unequilibrated(result)
    if failing:
        lines += ["", "not proved to be in equilibrium (kept in all averages above):"]
        lines += [f"  {entry}" for entry in failing[:NAMED]]
        if len(failing) > NAMED:
            lines.append(f"  and {len(failing) - NAMED} more, see report.html")
    return "\n".join(lines)
