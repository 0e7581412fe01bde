"""What a scan ends with: tables, the transition beside the theory, a figure and a summary on disk."""

import io
import json
import math
from pathlib import Path

import numpy as np
import xarray as xr

from glassnet import plots
from glassnet.analysis import symmetric
from glassnet.analysis.evidence import number
from glassnet.analysis.nodes import Node, nodes, order_parameter
from glassnet.analysis.transition import Transition, transition_line
from glassnet.chains.atomic import commit
from glassnet.chains.store import open_chains
from glassnet.scan.config import UserError

#: failing samples named on the terminal; all of them are in summary.json
_NAMED = 8


def write(directory) -> str:
    """Analyse the chains of a run, write summary.json and transition.png beside them, and return the report.

    With several dilutions there is a figure for each, and `transition` in the summary is that of the lowest.

    Parameters
    ----------
    directory : str or Path
        Of a run, finished or not.

    Returns
    -------
    str
        Tables per size and temperature, the verdict with its evidence and the theory's values, the paths written.

    Raises
    ------
    glassnet.chains.segment.ChainError
        If the directory holds no chains.
    glassnet.scan.config.UserError
        If the chains were recorded in a way that cannot be analysed. They are kept.
    """
    directory = Path(directory)
    chains = open_chains(directory)
    found = _analysable(directory, chains)
    results = transition_line(chains)
    theories = [plots.theory_of(result) for result in results]
    blocks, figures = [], []
    for result, theory in zip(results, theories, strict=True):
        own = [node for node in found if node.dilution == result.dilution]
        blocks += [*_symmetric_tables(result, own), *_planted_table(result, own), _verdict(result, theory)]
        name = "transition.png" if result is results[0] else f"transition-dilution{result.dilution!r}.png"
        figures.append(directory / name)
        image = io.BytesIO()
        plots.save(result, image, theory)
        commit(figures[-1], image.getvalue())
    summary = directory / "summary.json"
    commit(summary, _json(_summary(results, theories)).encode())
    written = [f"chains     {directory / 'chains'}", f"summary    {summary}"]
    written += [f"figure     {figure}" for figure in figures]
    return "\n\n".join([*blocks, "\n".join(written)])


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


def aligned(header: list[str], rows: list[list[str]]) -> str:
    """Plain text table with right-aligned columns."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in [header, *rows])


def _symmetric_tables(result: Transition, own: list[Node]) -> list[str]:
    """One table per size: a row per rung."""
    tables = []
    for node in own:
        if node.planted_temperature is not None:
            continue
        thermal, paired = result.thermodynamics[node.size], result.overlaps.get(node.size)
        acceptance, trips = _exchange(node)
        # networks of walks have no Binder cumulant
        overlap_names = ("q2", "binder" if symmetric.has_binder(result.overlaps) else "peak_weight")
        titles = {"q2": "<q^2>", "binder": "Binder", "peak_weight": "high overlaps"}
        header = ["T", "energy/N", "entropy/N", *(titles[name] for name in overlap_names), "swaps", "round trips"]
        rows = []
        for rung, temperature in enumerate(thermal.temperature.values):
            row = [f"{temperature:.4g}", *(_cell(thermal, name, rung) for name in ("energy", "entropy"))]
            row += [_cell(paired, name, rung) for name in overlap_names]
            row += [f"{acceptance[rung]:.2f}" if rung < len(acceptance) else "", f"{trips:.1f}"]
            rows.append(row)
        size = f"N = {node.size}" + (f" ({node.n_weights} left)" if node.n_weights != node.size else "")
        title = f"{size}, dilution {node.dilution:g}: {_count(node)}, entropy from {thermal.attrs['anchor']}"
        bars = "; bars of energy and <q^2> are thermal alone" if node.n_samples == 1 else ""
        tables.append(f"{title}; round trips per walker{bars}\n{aligned(header, rows)}")
    return tables


def _planted_table(result: Transition, own: list[Node]) -> list[str]:
    """One table for all planted nodes: a row per size and planting temperature."""
    rows = []
    for node in own:
        if node.planted_temperature is None:
            continue
        table = result.planted[node.size].sel(planted_temperature=node.planted_temperature)
        acceptance, trips = _exchange(node)
        row = [str(node.size), f"{node.planted_temperature:.4g}", str(node.n_samples), _cell(table, "weight")]
        row += [_cell(table, name) for name in ("from_planted", "from_random", "energy_gap")]
        row += [f"{np.nanmin(acceptance):.2f}" if len(acceptance) else "", f"{trips:.1f}"]
        rows.append(row)
    if not rows:
        return []
    rows.sort(key=lambda row: (int(row[0]), float(row[1])))
    header = ["N", "T", "samples", "planted weight", "planted starts", "random starts", "energy gap/N"]
    title = f"planted, dilution {result.dilution:g}: weight of the planted phase at the planting temperature"
    return [f"{title}\n{aligned([*header, 'least swaps', 'round trips'], rows)}"]


def _exchange(node: Node) -> tuple[np.ndarray, float]:
    """Accepted fraction of the exchanges of each gap over all samples, and round trips per walker."""
    if not node.chain.sizes.get("gap"):
        return np.zeros(0), 0.0
    attempted = node.chain["swap_attempted"].values.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        acceptance = np.where(attempted > 0, node.chain["swap_accepted"].values.sum(axis=0) / attempted, np.nan)
    return acceptance, float(node.chain["round_trips"].values.mean())


def _cell(averages: xr.Dataset | None, name: str, rung: int | None = None) -> str:
    if averages is None:
        return "-"
    row = averages if rung is None else averages.isel(temperature=rung)
    value, stderr = float(row[name]), float(row[f"{name}_stderr"])
    if averages.attrs["n_samples"] == 1 and f"{name}_thermal_stderr" in row:
        stderr = float(row[f"{name}_thermal_stderr"])
    return number(value, stderr) if math.isfinite(value) else "-"


def _count(node: Node) -> str:
    lacking = f" of {node.n_samples + len(node.missing)}" if node.missing else ""
    return f"{node.n_samples}{lacking} {'sample' if node.n_samples == 1 and not lacking else 'samples'}"


def _verdict(result: Transition, theory) -> str:
    lines = [f"transition at {result}"]
    if theory is not None:
        static = theory.static_temperature()
        lines += ["", f"theory (cavity method, N = infinity): {_expected(theory)}"]
        if static and math.isfinite(result.stderr) and result.stderr > 0:
            lines[-1] += f"; Monte Carlo is {abs(result.temperature - static) / result.stderr:.1f} error bars away"
    failing = result.equilibration.failing
    if failing or result.equilibration.nodes:
        lines += ["", "not proved to be in equilibrium (kept in all averages above):"]
        lines += [f"  {path}: {reason}" for path, reason in result.equilibration.nodes.items()]
        lines += [f"  {path} sample {sample}" for path, sample in failing[:_NAMED]]
        if len(failing) > _NAMED:
            lines.append(f"  and {len(failing) - _NAMED} more, see summary.json")
    return "\n".join(lines)


def _expected(theory) -> str:
    static, dynamic = theory.static_temperature(), theory.dynamic_temperature()
    if static and static == dynamic:
        return f"T_c = {static:.4f}"
    transition = f"T_K = {static:.4f}" if static else "no static transition"
    return f"{transition}, {f'T_d = {dynamic:.4f}' if dynamic else 'no dynamical arrest'}"


def _summary(results: list[Transition], theories: list) -> dict:
    """What summary.json holds; `transition` and `theory` are those of the lowest dilution."""
    entries = [_entry(result, theory) for result, theory in zip(results, theories, strict=True)]
    return entries[0] if len(entries) == 1 else entries[0] | {"dilutions": entries}


def _entry(result: Transition, theory) -> dict:
    location = result.location
    return {
        "dilution": result.dilution,
        "sizes": list(result.sizes),
        "transition": {
            "kind": result.kind,
            "temperature": result.temperature,
            "stderr": result.stderr,
            "evidence": [item._asdict() for item in result.evidence],
            "estimates": [] if location is None else [estimate._asdict() for estimate in location.estimates],
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
