"""What a scan ends with: the transition beside the theory in words and tables; figures, page and summary on disk."""

import io
import json
import math
from pathlib import Path

import numpy as np
import xarray as xr

from glassnet import plots
from glassnet.analysis.nodes import Node, nodes, order_parameter
from glassnet.analysis.transition import Transition, transition_line
from glassnet.chains.atomic import commit
from glassnet.chains.store import NODES, open_chains
from glassnet.plots import export
from glassnet.scan import tables, words
from glassnet.scan.config import UserError, parse, read
from glassnet.scan.directory import RunDirectory
from glassnet.scan.page import Section, page

#: failing samples named on the terminal; all of them are in summary.json and report.html
_NAMED = 8


def write(directory) -> str:
    """Analyse the chains of a run, write what was found beside them, and return it in words.

    Written are report.html, figures/*.svg and *.pdf, summary.json, and transition.png; with several dilutions there are
    figures for each, those without a dilution in their name are of the lowest, and `transition` in the summary is that
    of the lowest. The same chains give the same bytes.

    Parameters
    ----------
    directory : str or Path
        Of a run, finished or not, or a packed run: then what is written beside it begins with its name.

    Returns
    -------
    str
        Tables per size (of a few temperatures; the page has all), the verdict with its evidence and the theory's
        values, the answer in one sentence for each dilution, the paths written.

    Raises
    ------
    glassnet.chains.segment.ChainError
        If the directory holds no chains.
    glassnet.scan.config.UserError
        If `directory` is a run file, or the chains were recorded in a way that cannot be analysed. They are kept.
    """
    directory = Path(directory)
    _check_not_run_file(directory)
    chains = open_chains(directory)
    found = _analysable(directory, chains)
    results = transition_line(chains)
    theories = [plots.theory_of(result) for result in results]
    sections, overviews = [], []
    for result, theory in zip(results, theories, strict=True):
        suffix = "" if result is results[0] else f"-dilution{result.dilution!r}"
        own = [node for node in found if node.dilution == result.dilution]
        figures = _drawn(directory, export.of_result(result, chains, theory), suffix)
        sections.append(Section(result, theory, tables.of_result(result, own), figures))
        overviews.append(_beside(directory, f"transition{suffix}.png"))
        image = io.BytesIO()
        plots.save(result, image, theory)
        commit(overviews[-1], image.getvalue())
    line = _drawn(directory, export.of_line(results), "")
    commit(_beside(directory, "report.html"), page(sections, line, chains.attrs.get("run_file", "")).encode())
    commit(_beside(directory, "summary.json"), _json(_summary(results, theories)).encode())
    return "\n\n".join([*_told(sections), _written(directory, overviews)])


def _check_not_run_file(path: Path) -> None:
    """Say what is meant where a run file is given."""
    if path.suffix == ".toml" and path.is_file():
        inside = (path.parent / NODES).is_file()
        meant = path.parent if inside else RunDirectory.of(path, parse(read(path), str(path))).path
        raise UserError(f"{path}: a run file; what is analysed is the directory of its run: glassnet analyze {meant}")


def _beside(directory: Path, name: str) -> Path:
    return directory / name if directory.is_dir() else directory.with_name(f"{directory.stem}-{name}")


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


def _told(sections: list[Section]) -> list[str]:
    """What the terminal shows: tables first, so that the verdicts and the answers are what stays in view."""
    blocks = [table.text() for section in sections for table in section.tables]
    blocks += [_verdict(section) for section in sections]
    if len(sections) > 1:
        overall = tables.line([section.result for section in sections], [section.theory for section in sections])
        blocks.append(overall.text())
    return [*blocks, "\n".join(words.sentence(section.result) for section in sections)]


def _written(directory: Path, overviews: list[Path]) -> str:
    chains = directory / "chains" if directory.is_dir() else directory
    paths = [("chains", chains), ("summary", _beside(directory, "summary.json"))]
    paths += [("figure", overview) for overview in overviews]
    paths += [("figures", _beside(directory, "figures")), ("report", _beside(directory, "report.html"))]
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
    lines = [f"transition at {result}"]
    if section.theory is not None:
        lines += ["", words.comparison(result, section.theory)]
    failing = words.unequilibrated(result)
    if failing:
        lines += ["", "not proved to be in equilibrium (kept in all averages above):"]
        lines += [f"  {entry}" for entry in failing[:_NAMED]]
        if len(failing) > _NAMED:
            lines.append(f"  and {len(failing) - _NAMED} more, see report.html")
    return "\n".join(lines)


def _summary(results: list[Transition], theories: list) -> dict:
    """What summary.json holds; `transition` and `theory` are those of the lowest dilution."""
    entries = [_entry(result, theory) for result, theory in zip(results, theories, strict=True)]
    return entries[0] if len(entries) == 1 else entries[0] | {"dilutions": entries}


def _entry(result: Transition, theory) -> dict:
    return {
        "dilution": result.dilution,
        "sizes": list(result.sizes),
        "transition": {
            "kind": result.kind,
            "temperature": result.temperature,
            "stderr": result.stderr,
            "evidence": [item._asdict() for item in result.evidence],
            "estimates": [estimate._asdict() for estimate in result.estimates],
        },
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
