"""The report of a run with ``study = "generalisation"``: tables, maps of the test error, a page and a summary."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from glassnet.chains.node_list import RUN_FILE
from glassnet.plots import network
from glassnet.scan.execute import progress
from glassnet.scan.report import summary
from glassnet.scan.report.files import SUGGESTED, Files, Report, damage_note, drawn, paths
from glassnet.scan.report.page import drawings, rendered, versions
from glassnet.scan.report.tables import Table
from glassnet.statistics.estimate import with_error
from glassnet.studies import generalisation_of_chains
from glassnet.studies.generalisation_of_chains import StudiedNetworks
from glassnet.studies.learned_networks import STARTS

#: standard errors by which the test errors of both starts differ where one of them is surely not in equilibrium
_APART = 4.0


def is_study(chains: xr.DataTree) -> bool:
    """Whether chains are those of a study: others are searched for a transition."""
    return any(branch.attrs.get("study") for branch in chains.subtree)


def report(directory: Path, chains: xr.DataTree, damaged: list[str], say: Callable[[str], None]) -> Report:
    """Analyse the chains of a study and write report.html, figures and summary.json beside them.

    Parameters and what is returned are those of :func:`glassnet.scan.report.writing.write`; `damaged` are lines about
    files that are left out.
    """
    with progress.steps() as steps:
        steps.say("reading what the networks know")
        result = generalisation_of_chains.generalisation_of(chains)
    overview = _overview(result)
    notes = _notes(chains, directory, directory, damaged)
    answer = "\n".join([*answers(result), *notes])
    blocks = [*notes[: bool(damaged)], result.title, *(table.text() for table in overview), answer]
    text = "\n\n".join(blocks)
    say(text)
    files = Files(directory)
    files.put("summary.json", summary.text(_numbers(result, chains, damaged)).encode())
    files.remove(SUGGESTED)
    images: list[tuple[str, str, bytes]] = []
    with progress.steps() as steps, files.drawing():
        steps.say("drawing")
        images += drawn(files, network.drawings(result), "")
    values = {
        "title": result.title,
        "answers": answers(result),
        "notes": _notes(chains, directory, Path("DIR"), damaged),
        "overview": overview,
        "drawings": drawings(images),
        "nodes": [_table(result, node) for node in result.nodes()],
        "run_file": chains.attrs.get("run_file", ""),
        "versions": versions(),
    }
    files.put("report.html", rendered("study.html", values).encode())
    places = paths(directory, files)
    say(f"\n{places}")
    return Report(f"{text}\n\n{places}", damaged, files.unwritten)


def answers(result: StudiedNetworks) -> list[str]:
    """What a run says in a few sentences: best and worst of the widest networks, and where the starts differ."""
    size = result.nodes()[-1]["size"]
    widest = "-".join(map(str, result.widths[size]))
    vote = int(result.mean["vote"].values[-1])
    sentences = []
    for name, what in (("test_error", "single networks"), ("vote_test_error", f"votes of {vote}")):
        chosen = {"vote": vote} if name == "vote_test_error" else {}
        mean, stderr = (data[name].sel(chosen | {"size": size}) for data in (result.mean, result.stderr))
        ends = []
        for position in (mean.argmin(...), mean.argmax(...)):
            at = {axis: int(index) for axis, index in position.items()}
            value, bar = float(mean[at]), float(stderr[at])
            place = ", ".join(f"{_short(axis, result)} {mean[axis][at[axis]].item():g}" for axis in _axes(mean))
            ends.append(f"{with_error(value, bar)} ({place}, {mean['start'].values[at['start']]} start)")
        sentences.append(f"{widest}: the test error of {what} goes from {ends[0]} to {ends[1]}")
    difference = result.mean["test_error"].diff("start").isel(start=0)
    bars = np.sqrt((result.stderr["test_error"] ** 2).sum("start", skipna=False))
    known = int(np.isfinite(bars).sum())
    apart = int((np.abs(difference) > _APART * bars).sum())
    if known:
        differ = "the starts differ in their test error by more than"
        sentences.append(
            f"{differ} {_APART:g} standard errors at {apart} of {known} temperatures: not in equilibrium there"
        )
    return sentences


def _axes(mean: xr.DataArray) -> list[str]:
    return [axis for axis in ("dilution", "alpha", "temperature") if mean.sizes[axis] > 1] or ["temperature"]


def _short(axis: str, result: StudiedNetworks) -> str:
    unit = {"1": "T =", "sqrt(alpha)": "T/sqrt(alpha) =", "alpha": "T/alpha ="}[result.unit]
    return unit if axis == "temperature" else f"{axis} ="


def _overview(result: StudiedNetworks) -> list[Table]:
    """Test errors of single networks and of votes for each size, as the maps show them: temperatures and alphas at the
    lowest dilution, temperatures and dilutions at the largest alpha."""
    vote = int(result.mean["vote"].values[-1])
    dilutions, alphas = (result.mean[name].values.tolist() for name in ("dilution", "alpha"))
    cuts = [("alpha", {"dilution": dilutions[0]})] + [("dilution", {"alpha": alphas[-1]})] * (len(dilutions) > 1)
    tables = []
    for size in result.mean["size"].values.tolist():
        for along, at in cuts:
            for name, chosen, what in (
                ("test_error", {}, "single networks"),
                ("vote_test_error", {"vote": vote}, f"votes of {vote}"),
            ):
                other, value = next(iter(at.items()))
                title = f"{_widths(result, size)}, {other} {value:g}: test error of {what}, ordered | random start"
                tables.append(_matrix(result, name, {"size": size} | at | chosen, along, title))
    return tables


def _matrix(result: StudiedNetworks, name: str, place: dict[str, Any], along: str, title: str) -> Table:
    """A row for each temperature, a column for each value along an axis, in each cell both starts."""
    values, rows = result.mean[along].values.tolist(), []
    for temperature in result.mean["temperature"].values.tolist():
        row = [f"{temperature:g}"]
        for value in values:
            at = place | {along: value, "temperature": temperature}
            row.append(" | ".join(_cell(result, name, at | {"start": start}) for start in STARTS))
        rows.append(row)
    header = [_short("temperature", result).removesuffix(" ="), *(f"{along} = {value:g}" for value in values)]
    return Table(title, header, rows, list(range(len(rows))))


def _table(result: StudiedNetworks, node: dict[str, Any]) -> Table:
    """Everything that is known of one (size, dilution, alpha): a row for each temperature and start."""
    votes = result.mean["vote"].values.tolist()
    names = {"energy": "energy/path", "drift": "drift", "walk_overlap": "walk overlap", "train_error": "training error"}
    names |= {"test_error": "test error"}
    rows = []
    for temperature in result.mean["temperature"].values.tolist():
        for start in STARTS:
            at = node | {"temperature": temperature, "start": start}
            row = [f"{temperature:g}", start, *(_cell(result, name, at) for name in names)]
            rows.append([*row, *(_cell(result, "vote_test_error", at | {"vote": vote}) for vote in votes)])
    unit = _short("temperature", result).removesuffix(" =")
    header = [unit, "start", *names.values(), *(f"vote of {vote}" for vote in votes)]
    count = int(result.n_samples.sel(node))
    title = f"{_widths(result, node['size'])}, dilution {node['dilution']:g}, alpha {node['alpha']:g}: "
    title += f"{count} sample{'s' * (count > 1)}, energy of the Hebb state {_cell(result, 'hebb_energy', node)}"
    return Table(title, header, rows, list(range(len(rows))))


def _cell(result: StudiedNetworks, name: str, at: dict[str, Any]) -> str:
    return result.shown(name, at) if math.isfinite(result.mean[name].sel(at)) else "-"


def _widths(result: StudiedNetworks, size: int) -> str:
    return "-".join(map(str, result.widths[size])) + f" (N = {size})" if size in result.widths else f"N = {size}"


def _notes(chains: xr.DataTree, directory: Path, shown: Path, damaged: list[str]) -> list[str]:
    """Damage first, and what is not finished."""
    notes = [damage_note(directory, shown, damaged)] if damaged else []
    if missing := sum(len(numbers) for numbers in _missing(chains).values()):
        again = f"glassnet scan {shown / RUN_FILE} --out {shown} goes on"
        notes.append(f"{missing} samples are not finished; {again}")
    return notes


def _missing(chains: xr.DataTree) -> dict[str, list[int]]:
    """Samples that are not finished, by the path of their node."""
    found = {branch.path: branch.attrs.get("samples_missing", []) for branch in chains.subtree}
    return {path: [int(number) for number in np.atleast_1d(numbers)] for path, numbers in found.items() if len(numbers)}


def _numbers(result: StudiedNetworks, chains: xr.DataTree, damaged: list[str]) -> dict:
    """The content of summary.json."""
    nodes = []
    for node in result.nodes():
        entry = node | {"widths": list(result.widths[node["size"]]), "samples": int(result.n_samples.sel(node))}
        for suffix, data in (("", result.mean), ("_stderr", result.stderr)):
            for name in data.data_vars:
                part = data[name].sel(node)
                entry[f"{name}{suffix}"] = _nested(part)
        nodes.append(entry)
    temperatures, votes = (result.mean[name].values.tolist() for name in ("temperature", "vote"))
    head = {"study": "generalisation", "task": result.task, "unit": result.unit, "temperatures": temperatures}
    return head | {
        "votes": votes,
        "starts": list(STARTS),
        "answers": answers(result),
        "nodes": nodes,
        "missing_samples": _missing(chains),
        "damaged": damaged,
    }


def _nested(values: xr.DataArray) -> Any:
    """By start where there is one: values over temperatures, and over votes."""
    if "start" not in values.dims:
        return values.values.tolist()
    return {start: values.sel(start=start).values.tolist() for start in STARTS}
