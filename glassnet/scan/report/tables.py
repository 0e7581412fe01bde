"""The tables of a result, which the terminal shows shortened and the page shows in full."""

import math
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet import _dilution, _tables
from glassnet.analysis.averages import table as averages_table
from glassnet.analysis.effective_dilution import described, differs, effective
from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.nodes import Node
from glassnet.analysis.transition import Transition
from glassnet.analysis.transition_line import CriticalDilution
from glassnet.plots.appearance import expected_temperature, theory_complexity, theory_of
from glassnet.sampling.ladder import Exchanges, exchanges, has_exchanged
from glassnet.statistics.estimate import with_error

#: rungs on the terminal: the coldest, the hottest, and those nearest to the transition
_SHORT = 7
#: number of samples from which on rare ones that dominate the moments of the overlap are probably among them
_FEW = 32


class Table(NamedTuple):
    """Cells as they are shown. `short` are the rows for the terminal, `left` is its word for the rows that it leaves
    out."""

    title: str
    header: list[str]
    rows: list[list[str]]
    short: list[int]
    left: str = "rungs"

    def text(self) -> str:
        """The short table with its title, columns aligned to the right."""
        shown = [self.header, *(self.rows[row] for row in self.short)]
        lines = f"{self.title}\n{_tables.table([''] * len(self.header), shown)}"
        left_out = len(self.rows) - len(self.short)
        return f"{lines}\n({left_out} more {self.left} in report.html)" if left_out else lines


def of_result(result: Transition, nodes: list[Node]) -> list[Table]:
    """The tables of one dilution: one per size of a symmetric scan, one for the planted scan, one of the complexity.

    Parameters
    ----------
    result : Transition
    nodes : list of Node
        Of its dilution.
    """
    own = [node for node in nodes if node.planted_temperature is None]
    tables = [_symmetric(result, node) for node in own]
    planted = [node for node in nodes if node.planted_temperature is not None]
    tables += [_planted(result, planted)] if planted else []
    return [*tables, complexity(result)] if result.complexity is not None else tables


def _symmetric(result: Transition, node: Node) -> Table:
    """A row per rung."""
    thermal, paired = result.thermodynamics[node.size], result.overlaps.get(node.size)
    measured = _exchanges(node)
    temperatures = thermal.temperature.values
    # networks of walks have no Binder cumulant
    overlap_names = ("q2", "binder" if symmetric_scan.has_binder(result.overlaps) else "peak_weight")
    further = averages_table.shown(result.averages, planted=False)
    titles = {"q2": "<q^2>", "binder": "Binder", "peak_weight": "high overlaps"}
    rows = []
    for rung, temperature in enumerate(temperatures):
        row = [f"{temperature:.4g}", *(_cell(thermal, name, rung) for name in ("energy", "entropy"))]
        row += [_cell(paired, name, rung) for name in overlap_names]
        row += [_cell(result.averages[one.key].get(node.size), one.key, rung) for one in further]
        swaps = "" if measured is None or rung >= len(measured.rejection) else f"{1 - measured.rejection[rung]:.2f}"
        rows.append([*row, swaps])
    size = f"N = {node.size}" + (f" ({node.n_weights} left)" if node.n_weights != node.size else "")
    effective = f" (effective {node.effective_dilution:.4f})" if _differs(node) else ""
    title = f"{size}, dilution {node.dilution:g}{effective}: {_count(node)}, {_anchored(thermal.attrs)}"
    worst = None
    if measured is not None:
        worst = int(np.nanargmax(measured.rejection))
        title += f"; least swaps {1 - measured.rejection[worst]:.2f} at T = {temperatures[worst]:.4g}"
        title += f", barrier {measured.barrier:.2f}, round trips/bound {_trips(node, measured)}"
    if node.n_samples == 1:
        title += "; bars of energy and <q^2> are thermal alone"
    elif node.n_samples < _FEW:
        title += f"; bars of overlaps from fewer than {_FEW} samples may lack rare ones"
    header = ["T", "energy/N", "entropy/N", *(titles[name] for name in overlap_names)]
    header += [*(one.label for one in further), "swaps"]
    return Table(title, header, rows, telling_rows(temperatures, expected_temperature(result), worst))


def _planted(result: Transition, planted: list[Node]) -> Table:
    """A row per size and planting temperature."""
    rows, both = [], any(_differs(node) for node in planted)
    further = averages_table.shown(result.averages, planted=True)
    for node in sorted(planted, key=lambda node: (node.size, node.planted_temperature)):
        table = result.planted[node.size].sel(planted_temperature=node.planted_temperature)
        row = [str(node.size), f"{node.planted_temperature:.4g}", str(node.n_samples), _cell(table, "weight")]
        row = [row[0], f"{node.effective_dilution:.4f}", *row[1:]] if both else row
        row += [_cell(table, name) for name in ("from_planted", "from_random", "energy_gap")]
        row += [_at_planting(result, one.key, node) for one in further]
        measured = _exchanges(node)
        if measured is None:
            row += ["", "", ""]
        else:
            least = f"{1 - np.nanmax(measured.rejection):.2f}"
            row += [least, f"{measured.barrier:.2f}", _trips(node, measured)]
        rows.append(row)
    header = ["N", "T", "samples", "planted weight", "planted starts", "random starts", "energy gap/N"]
    header += [one.label for one in further]
    header += ["least swaps", "barrier", "round trips/bound"]
    header = [header[0], "effective dilution", *header[1:]] if both else header
    title = f"planted, dilution {result.dilution:g}: weight of the planted phase at the planting temperature"
    return Table(title, header, rows, list(range(len(rows))))


def complexity(result: Transition) -> Table:
    """A row per temperature of field integration."""
    assert result.complexity is not None
    data, theory = result.complexity.complexity, theory_of(result)
    expected = np.full(data.sizes["temperature"], np.nan)
    if theory is not None:
        expected = theory_complexity(theory, data.temperature.values)
    rows = []
    for index, temperature in enumerate(data.temperature.values):
        row = data.isel(temperature=index)
        value = with_error(float(row["mean"]), float(row["stderr"])) if math.isfinite(row["mean"]) else "state lost"
        drift = f"{float(row['drift']):.1e}" if math.isfinite(row["mean"]) else ""
        beside = f"{expected[index]:.5f}" if math.isfinite(expected[index]) else "-"
        rows.append([f"{temperature:.4g}", value, drift, f"{float(row['overlap'][0]):.4f}", beside])
    title = f"complexity, dilution {described(result)}: {data.attrs['system']}, {data.attrs['effort']}"
    title += "; bars are statistical, the shift of finite N is in the bar of T_K alone"
    header = ["T", "complexity/N", "drift", "overlap, weakest field", "theory"]
    return Table(title, header, rows, list(range(len(rows))))


def evidence(result: Transition) -> Table:
    """The questions, their answers, and the sizes they come from."""
    rows = []
    for item in result.evidence:
        mark = {True: "yes", False: "no", None: "?"}[item.passed]
        rows.append([mark, item.name, item.says, ", ".join(str(size) for size in item.sizes)])
    return Table("evidence", ["", "asked", "answer", "N"], rows, list(range(len(rows))))


def estimates(result: Transition) -> Table:
    """All estimates of the transition temperature, the headline first."""
    rows = [[str(one), one.name] for one in result.estimates]
    if result.location is not None:
        zeros = result.location.known_zeros
        rows += [[str(zero), f"w = 1/2 at N = {n}"] for n, zero in zeros.items()]
    return Table("estimates of the transition temperature", ["T", "from"], rows, list(range(len(rows))))


def unequilibrated(result: Transition) -> Table:
    """Nodes and samples that have not proved their equilibrium, a row for each."""
    equilibration = result.equilibration
    rows = [[path, "all", reason, ""] for path, reason in equilibration.nodes.items()]
    rows += [[f.path, str(f.sample), f.reason, f"{f.temperature:.4g}"] for f in equilibration.failures]
    return Table("not in equilibrium", ["node", "sample", "why", "hottest T"], rows, list(range(len(rows))))


def line(results: list[Transition], theories: list) -> Table:
    """One row for each dilution, with the temperatures of theory where there is one, at the effective dilution."""
    rows, both = [], any(map(differs, results))
    for result, theory in zip(results, theories, strict=True):
        temperature = with_error(result.temperature, result.stderr) if math.isfinite(result.temperature) else "-"
        expected = ["-", "-"]
        if theory is not None:
            expected = [
                f"{t:.4f}" if t else "none" for t in (theory.static_temperature(), theory.dynamic_temperature())
            ]
        failing = len(result.equilibration.failing)
        diluted = [f"{result.dilution:g}", *([f"{effective(result):.4f}"] if both else [])]
        rows.append([*diluted, result.kind, temperature, *expected, str(failing)])
    header = ["dilution", *(["effective"] if both else []), "kind", "T", "theory T_K", "T_d", "not in equilibrium"]
    return Table("transition line", header, rows, list(range(len(rows))))


def critical(criticals: list[CriticalDilution]) -> Table:
    """One row for each temperature at which the critical dilution was asked for."""
    rows = [[f"{one.temperature:.4g}", *_critical_cells(one)] for one in criticals]
    return Table("critical dilution", ["T", "dilution", "from, or why not"], rows, list(range(len(rows))))


def _critical_cells(one: CriticalDilution) -> tuple[str, str]:
    if one.claimed:
        return with_error(one.dilution, one.stderr), one.estimates[0].name
    interim = one.provisional
    return ("-", one.why) if interim is None else (f"({interim})", f"{one.why}; provisional")


def _differs(node: Node) -> bool:
    return _dilution.differ(node.dilution, node.effective_dilution)


def _exchanges(node: Node) -> Exchanges | None:
    """What the ladder of a node exchanged over all samples, if it tried to."""
    return exchanges(node.chain) if has_exchanged(node.chain) else None


def _trips(node: Node, measured: Exchanges) -> str:
    """Round trips, over the limit of non-reversible exchange with this barrier; the error is from the samples."""
    share = measured.round_trip_rate / measured.round_trip_bound
    counts = node.chain["round_trips"].sum("walker").values.astype(np.float64)
    if len(counts) < 2 or not counts.any():
        return f"{share:.2f}"
    return with_error(share, share * counts.std(ddof=1) / counts.mean() / math.sqrt(len(counts)))


def telling_rows(temperature: np.ndarray, centre: float, worst: int | None = None) -> list[int]:
    """Rungs that the terminal shows: both ends, the one with the fewest exchanges, and those near the transition, or
    evenly spread ones where there is none."""
    n_rungs = len(temperature)
    if n_rungs <= _SHORT:
        return list(range(n_rungs))
    if math.isfinite(centre):
        with np.errstate(divide="ignore"):
            near = np.argsort(np.abs(np.log(temperature / centre)), kind="stable")
        ends = [0, n_rungs - 1]
        chosen = {*ends, *[int(rung) for rung in near if rung not in ends][: _SHORT - 2]}
    else:
        chosen = {round(position) for position in np.linspace(0, n_rungs - 1, _SHORT)}
    return sorted(chosen if worst is None else {*chosen, worst})


def _anchored(attrs: dict) -> str:
    """The value from which the entropies of a symmetric scan start, in words."""
    if attrs["lacks"]:
        return f"entropy not known: {attrs['lacks']} would give it"
    off = f", which may be {attrs['anchor_stderr']:.1g} off (in the bars)" if attrs["anchor_stderr"] else ""
    return f"entropy from {attrs['anchor']}{off}"


def _cell(averages: xr.Dataset | None, name: str, rung: int | None = None) -> str:
    if averages is None:
        return "-"
    row = averages if rung is None else averages.isel(temperature=rung)
    value, stderr = float(row[name]), float(row[f"{name}_stderr"])
    if averages.attrs.get("n_samples") == 1 and f"{name}_thermal_stderr" in row:
        stderr = float(row[f"{name}_thermal_stderr"])
    return with_error(value, stderr) if math.isfinite(value) else "-"


def _at_planting(result: Transition, name: str, node: Node) -> str:
    """An average of a planted node."""
    data = result.averages[name].get(node.size)
    return "-" if data is None else _cell(data.sel(temperature=node.planted_temperature, method="nearest"), name)


def _count(node: Node) -> str:
    lacking = f" of {node.n_samples + len(node.missing)}" if node.missing else ""
    left = sorted(set(node.weights_of_samples.tolist()))
    differ = f" with {' or '.join(map(str, left))} weights" if len(left) > 1 else ""
    return f"{node.n_samples}{lacking} {'sample' if node.n_samples == 1 and not lacking else 'samples'}{differ}"
