"""The plane of temperature and dilution: phase diagram, and cuts through it at fixed temperature.

Results are taken as they are, and functions raise no errors of their own but those that they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from glassnet import theory as cavity_theory
from glassnet.analysis.effective_dilution import effective
from glassnet.analysis.transition_line import PROVISIONAL, TransitionLine, known_temperature
from glassnet.plots import appearance, legends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Aligned, PhaseDiagram

_DASHES = {"T_d": (0, (1, 2)), "T_K": (0, (5, 3)), "T_c": (0, (5, 3))}
_SHAPES = {"random first-order": "o", "first-order": "D", "continuous": "s"}


def phase_diagram(results: Sequence[Transition] | PhaseDiagram) -> Figure:
    """The boundary between glass and paramagnet in the plane of dilution and temperature.

    Parameters
    ----------
    results : list of glassnet.Transition, or glassnet.theory.PhaseDiagram
        One for each dilution, as :func:`glassnet.analysis.transition.transition_line` returns them; or theory alone.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide: Monte Carlo points with the lines of the cavity method where there is one. The shape of a
        point tells the kind; an open circle is the provisional temperature at a dilution that is undecided, a grey
        interval without a point where curves cross so far without one, an open triangle pointing down the lowest
        temperature above which there is no transition.
    """
    with appearance.column(3.1) as (figure, (ax,)):
        lines = theory_lines(results)
        results = [] if isinstance(results, cavity_theory.PhaseDiagram) else results
        for line in lines:
            style = {"color": appearance.THEORY, "linestyle": _DASHES[line.name]}
            ax.plot(line.dilution, line.temperature, **style, label=f"theory ${line.name}$")
        for kind, style, points in _points(results):
            ax.errorbar(*np.array(points).T, **style, markersize=4.5, label=kind, zorder=3)
        tops = [line.temperature.max() for line in lines] + [t for *_, points in _points(results) for _, t, _ in points]
        ends = [line.dilution[-1] for line in lines] + [effective(result) for result in results] + [0.0]
        ax.set_xlim(-0.02 * max(ends), 1.06 * max(ends) or 1.0)
        ax.set_ylim(0, 1.15 * max(tops, default=1.0))
        cold = "ordered" if any(result.glass.get("bias") for result in results) else "spin glass"
        ax.text(0.04, 0.06, cold, transform=ax.transAxes, color="#555555", style="italic")
        ax.text(0.96, 0.92, "paramagnet", transform=ax.transAxes, color="#555555", style="italic", ha="right")
        ax.set(xlabel=r"effective dilution $\delta$", ylabel="temperature $T$")
        legends.below(figure, ax.get_legend_handles_labels()[0])
    return figure


def critical_dilution(results: Sequence[Transition], temperature: float | None = None) -> Figure:
    """The order parameter against dilution at one temperature, and the dilution at which the glass ends.

    This is the cut that H. Huang and A. Goudarzi, Phys. Rev. E 98, 042311 (2018) report: a critical fraction of
    removed connections that separates a spin glass from a paramagnet, by a first-order transition. Their units of
    temperature and their ensemble are not known in enough detail to put a point of theirs here.

    Parameters
    ----------
    results : list of glassnet.Transition
        One for each dilution, at least two; of a :class:`glassnet.analysis.transition_line.TransitionLine` made from
        chains (:func:`glassnet.transition_line`) the band is what :func:`glassnet.analysis.critical_dilution` says.
    temperature : float, optional
        By default the planting temperature (else the rung) closest to the middle of the located transitions; units
        of |J|.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide: the weight of the planted phase, or of high overlaps where nothing is planted, for each size;
        band: the critical dilution of :meth:`glassnet.analysis.transition_line.TransitionLine.critical_dilution`;
        dashed and dotted: theory.

    Raises
    ------
    ValueError
        If no temperature is common to two dilutions.
    """
    temperature = cut(results, temperature)
    if temperature is None:
        raise ValueError("results must have a planting temperature or a rung in common at two dilutions, got none")
    with appearance.column(2.8) as (figure, (ax,)):
        planted = any(result.planted for result in results)
        for size in sorted({size for result in results for size in result.sizes}):
            points = np.array([p for result in results for p in _order(result, size, temperature, planted)])
            if len(points):
                holding = next(result for result in results if size in result.sizes)
                colour, marker = appearance.style(holding, size)
                ax.errorbar(*points.T, fmt=f"{marker}-", color=colour, linewidth=0.8, label=f"$N = {size}$", zorder=3)
        # results that were made from chains have the critical dilution measured along the dilution
        line = results if isinstance(results, TransitionLine) else TransitionLine(results)
        critical = line.critical_dilution(temperature)
        if np.isfinite(critical.value):
            kind = "provisional" if critical.key == PROVISIONAL else "Monte Carlo"
            label = rf"{kind} $\delta_c = {critical}$"
            low, high = critical.value - critical.stderr, critical.value + critical.stderr
            ax.axvspan(low, high, color=appearance.BAND, alpha=0.5, lw=0, zorder=0, label=label)
            ax.axvline(critical.value, color="#777777", linewidth=0.8, zorder=1)
        for predicted in theory_lines(results):
            end = _where(predicted, temperature)
            if end is not None:
                style = {"color": appearance.THEORY, "linestyle": _DASHES[predicted.name]}
                ax.axvline(end, **style, label=rf"theory $\delta_{predicted.name[-1]} = {end:.3f}$")
        share = "planted phase $[w]$" if planted else "high overlaps"
        ax.set(xlabel=r"dilution $\delta$", ylabel=f"weight of {share}", ylim=(-0.03, 1.03))
        ax.set_title(f"$T = {temperature:.3g}$")
        handles = ax.get_legend_handles_labels()[0]
        # the sizes first: bars come last in the order of matplotlib
        legends.below(figure, sorted(handles, key=lambda handle: not hasattr(handle, "has_yerr")))
    return figure


@overload
def aligned(result: Aligned, ax: None = None) -> Figure: ...
@overload
def aligned(result: Aligned, ax: Axes) -> Axes: ...
def aligned(result: Aligned, ax: Axes | None = None) -> Figure | Axes:
    """T_c and the spinodal of a network aligned with its data against the dilution, for infinite size.

    Parameters
    ----------
    result : glassnet.theory.Aligned
        Its own dilution is marked. Without a transition (L = 2) the magnetisation of layer 1 is drawn against T.
    ax : matplotlib Axes, optional
        Without it a figure of one column, 3.4 x 2.6 inches, is made.

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        The figure, or `ax`.
    """
    if ax is None:
        with appearance.column(2.6) as (figure, (ax,)):
            aligned(result, ax)
        return figure
    unit = result.alpha * result.mean_strength or 1.0
    if result.order() == "none":
        temperature = unit * np.linspace(0.02, 5.0, 200)
        ax.plot(temperature, result.magnetisations(temperature)[:, 0], color=appearance.COLOURS[0])
        ax.set(xlabel="temperature $T$", ylabel="magnetisation of layer 1", ylim=(0, 1.03))
        return ax
    dilution = np.append(np.linspace(0.0, 0.98, 60), 1.0)
    theories = [cavity_theory.aligned(result.widths, result.alpha, result.strength, d) for d in dilution[:-1]]
    lines = {"T_c": [one.transition_temperature() for one in theories]}
    if result.order() == "first-order":
        lines["spinodal"] = [one.spinodal() for one in theories]
    for number, (name, values) in enumerate(lines.items()):
        style: dict[str, Any] = {"color": appearance.COLOURS[number], "linestyle": "-" if name == "T_c" else "--"}
        ax.plot(dilution, np.append(values, 0.0) / unit, label="$T_c$" if name == "T_c" else name, **style)
    if result.dilution:
        ax.axvline(result.dilution, color=appearance.TRANSITION, linewidth=0.8, zorder=1)
    for text, place in (("aligned", (0.06, 0.1)), ("paramagnet", (0.6, 0.6))):
        ax.text(*place, text, transform=ax.transAxes, color="#555555", style="italic")
    ax.set(xlabel=r"dilution $\delta$", ylabel=r"$T\,/\,\alpha\,[\,|c_i|\,]$", xlim=(0, 1), ylim=(0, None))
    ax.legend(loc="upper right")
    return ax


def theory_lines(results: Sequence[Transition] | PhaseDiagram) -> list[cavity_theory.Line]:
    """Lines of the cavity method to their ends at T = 0, solved at the measured dilutions and a few others."""
    if isinstance(results, cavity_theory.PhaseDiagram):
        return list(results.lines[::-1])
    glass = results[0].glass
    if not glass.get("ensemble") or cavity_theory.cavity_of(**glass) is None:
        return []
    measured = sorted({round(effective(result), 9) for result in results})
    return list(cavity_theory.phase_diagram(**glass, dilutions=measured).lines[::-1])


def _points(results: Sequence[Transition]) -> list[tuple[Any, ...]]:
    """Label, style and points (dilution, temperature, stderr) of each kind that occurs."""
    groups: list[tuple[str, dict[str, Any], list[Any]]] = []
    blue = {"color": appearance.COLOURS[0]}
    located = [r for r in results if np.isfinite(r.temperature)]
    for kind, marker in _SHAPES.items():
        points = [(effective(r), r.temperature, r.stderr) for r in located if r.kind == kind]
        groups.append((kind, blue | {"fmt": marker}, points))
    undecided = [r for r in results if r.kind == "undecided"]
    interim = [(effective(r), *r.provisional) for r in undecided if r.provisional is not None]
    groups.append(("provisional", blue | {"fmt": "o", "markerfacecolor": "white"}, interim))
    open_ones = [(r, r.location) for r in undecided if r.provisional is None and r.location is not None]
    # nothing that could be taken for a transition: no point, and not in the colour of the points
    interval = {"fmt": "none", "ecolor": "#999999", "capsize": 3, "elinewidth": 0.8}
    places = [(effective(r), at.temperature, at.stderr) for r, at in open_ones if at.crosses]
    groups.append(("undecided", interval, places))
    none = [(effective(r), max(r.lowest.values()), 0.0) for r in results if r.kind == "none" and r.lowest]
    hollow = blue | {"fmt": "v", "markerfacecolor": "white"}
    groups.append(("none above", hollow, [point for point in none if np.isfinite(point[1])]))
    return [group for group in groups if group[-1]]


def cut(results: Sequence[Transition], wanted: float | None = None) -> float | None:
    """The shared temperature closest to a wanted one, by default to the middle of the located transitions; None where
    dilutions share none."""
    shared = shared_temperatures(results)
    return float(shared[np.argmin(np.abs(shared - (wanted or _middle(results))))]) if len(shared) else None


def shared_temperatures(results: Sequence[Transition]) -> np.ndarray:
    """Planting temperatures, else finite rungs, that at least two dilutions share."""
    planted = [np.unique([t for data in r.planted.values() for t in data.planted_temperature.values]) for r in results]
    rungs = [np.unique([t for data in r.overlaps.values() for t in data.temperature.values]) for r in results]
    for lists in (planted, rungs):
        values, count = np.unique(np.round(np.concatenate(lists), 9), return_counts=True)
        shared = values[(count >= 2) & np.isfinite(values)]
        if len(shared):
            return shared
    return np.empty(0)


def _middle(results: Sequence[Transition]) -> float:
    located = [t for t, *_ in map(known_temperature, results) if np.isfinite(t)]
    return float((min(located) + max(located)) / 2) if located else 0.0


def _order(result: Transition, size: int, temperature: float, planted: bool) -> list[tuple[Any, ...]]:
    """(effective dilution, weight, stderr) of a size at a temperature, empty where it was not simulated there."""
    tables, axis, name = result.overlaps, "temperature", "peak_weight"
    if planted:
        tables, axis, name = result.planted, "planted_temperature", "weight"
    if size not in tables:
        return []
    at = getattr(result, "common", None)
    at = result.dilution if at is None else at.sizes.get(size, at.dilution)
    row = tables[size].sel({axis: temperature}, method="nearest")
    if abs(float(row[axis]) - temperature) > 1e-6:
        return []
    return [(at, float(row[name]), float(row[f"{name}_stderr"]))]


def _where(line: cavity_theory.Line, temperature: float) -> float | None:
    """Dilution at which a line, which falls with dilution, has a temperature."""
    if not line.temperature.min() <= temperature <= line.temperature.max():
        return None
    return float(np.interp(-temperature, -line.temperature, line.dilution))
