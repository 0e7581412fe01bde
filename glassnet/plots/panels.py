"""Single panels: each draws one quantity of a result against temperature (or overlap) into given axes.

`result` is a :class:`glassnet.Transition`, `ax` axes of matplotlib, and `theory` a :class:`glassnet.theory.Cavity`
whose transition temperatures are marked, or None. Results are complete: nothing is raised, and what a result does
not hold is not drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.analysis.location import symmetric_scan
from glassnet.plots.appearance import (
    PLANTING_TEMPERATURE,
    TEMPERATURE,
    at_common,
    mark,
    open_planted,
    open_symbols,
    overlap_name,
    overlap_range,
    style,
    warm,
)

if TYPE_CHECKING:
    from typing import Any

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from glassnet.analysis.averages import table
    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity

#: densities below are not drawn
_FLOOR = 1e-4


def planted_weight(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw the weight of the planted phase against planting temperature into `ax`, which is returned."""
    from matplotlib.ticker import MaxNLocator

    at = {size: at_common(result, size, table.planted_temperature.values) for size, table in result.planted.items()}
    width = np.ptp(np.concatenate(list(at.values())))
    for number, (size, table) in enumerate(result.planted.items()):
        colour, _ = style(result, size)
        # side by side, or bars of one temperature would hide each other
        shifted = at[size] + 0.01 * width * (number - (len(result.planted) - 1) / 2)
        doubtful = np.isin(table.planted_temperature.values, open_planted(result, size))
        _points(ax, style(result, size), shifted, table, "weight", doubtful, label=f"$N={size}$")
        where = result.location
        curve = None if where is None else where.curves.get(size)
        if where is not None and curve is not None:
            ax.plot(*_falling(*curve, where.temperature), color=colour, zorder=2)
    ax.set(xlabel="planting temperature $T$", ylabel="weight of the planted phase $[w]$", ylim=(-0.03, 1.03))
    # often a narrow range, whose labels need many digits
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    mark(result, ax, theory, along=PLANTING_TEMPERATURE)
    return ax


def _falling(temperature: np.ndarray, weight: np.ndarray, centre: float) -> tuple[np.ndarray, np.ndarray]:
    """The stretch around the crossing over which the fit falls, as the weight does; a parabola bends up beyond."""
    falls = np.diff(weight) < 0
    nearest = int(np.clip(np.searchsorted(temperature, centre) - 1, 0, len(falls) - 1))
    rises = np.flatnonzero(~falls)
    first = max((index + 1 for index in rises if index < nearest), default=0)
    last = min((index for index in rises if index >= nearest), default=len(falls))
    return temperature[first : last + 1], weight[first : last + 1]


def binder(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw the rescaled Binder cumulant against temperature into `ax`, which is returned."""
    for size, data in result.overlaps.items():
        _curve(ax, result, size, data, "binder", move=True)
    ax.axhline(0, color="black", linewidth=0.6, zorder=1)
    ax.set(xlabel="temperature $T$", ylabel=r"Binder cumulant $g$")
    mark(result, ax, theory)
    return ax


def peak_weight(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw the weight of overlaps above the threshold against temperature into `ax`, which is returned."""
    for size, data in result.overlaps.items():
        _curve(ax, result, size, data, "peak_weight", move=True)
    ax.set(xlabel="temperature $T$", ylabel="weight of high overlaps", ylim=(-0.03, 1.03))
    mark(result, ax, theory)
    return ax


def average(result: Transition, ax: Axes, row: table.Average, theory: Cavity | None = None) -> Axes:
    """Draw an average of the table (:class:`glassnet.analysis.averages.table.Average`) against temperature into `ax`,
    which is returned."""
    along = PLANTING_TEMPERATURE if row.planted else TEMPERATURE
    for size, data in result.averages[row.key].items():
        _curve(ax, result, size, data, row.key, along=along)
    ax.set(xlabel="planting temperature $T$" if row.planted else "temperature $T$", ylabel=row.label)
    mark(result, ax, theory, along=along)
    return ax


def overlap_distribution(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw P(q) of all sizes on the trusted rung closest to the transition into `ax`, which is returned."""
    temperature = shown_rung(result)
    rows = {size: data.sel(temperature=temperature, method="nearest") for size, data in result.overlaps.items()}
    for size, row in rows.items():
        colour, _ = style(result, size)
        overlap, height, stderr = row["overlap"].values, row["density"].values, row["density_stderr"].values
        ax.fill_between(overlap, np.maximum(height - stderr, 1e-9), height + stderr, color=colour, alpha=0.25, lw=0)
        ax.plot(overlap, height, color=colour)
    variable = next(iter(rows.values())).attrs["variable"]
    _density_axes(ax, variable, [(row["overlap"].values, row["density"].values) for row in rows.values()])
    ax.set_xlabel(overlap_name(variable))
    ax.text(0.5, 0.96, f"$T = {temperature:.3g}$", transform=ax.transAxes, ha="center", va="top")
    return ax


def planted_distribution(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw the distribution of the overlap with the planted state nearest to the transition into `ax`."""
    curves = []
    for size, table in result.planted.items():
        temperatures = at_common(result, size, table.planted_temperature.values)
        wanted = result.temperature if np.isfinite(result.temperature) else temperatures.mean()
        row = table.isel(planted_temperature=int(np.argmin(np.abs(temperatures - wanted))))
        colour, _ = style(result, size)
        curves.append((table["overlap"].values, row["density"].values))
        ax.plot(*curves[-1], color=colour)
    _density_axes(ax, "planted_overlap", curves)
    ax.set_xlabel(overlap_name("planted_overlap"))
    ax.text(0.5, 0.96, f"$T = {float(row.planted_temperature):.3g}$", transform=ax.transAxes, ha="center", va="top")
    return ax


def energy(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw the energy per weight [|J|] and that of the paramagnet against temperature into `ax`, which is returned."""
    thermal(result, ax, "energy")
    ax.set(xlabel="temperature $T$", ylabel=r"energy per weight $e$ [$|J|$]")
    ax.legend(loc="lower right")
    mark(result, ax, theory)
    return ax


def entropy(result: Transition, ax: Axes, theory: Cavity | None = None) -> Axes:
    """Draw the entropy per weight and that of the paramagnet against temperature into `ax`, which is returned."""
    thermal(result, ax, "entropy")
    ax.axhline(0, color="black", linewidth=0.6, zorder=1)
    ax.set(xlabel="temperature $T$", ylabel=r"entropy per weight $s$ [$k_\mathrm{B}$]")
    mark(result, ax, theory)
    return ax


def thermal(result: Transition, ax: Axes, name: str) -> Line2D:
    """Draw a thermal average of all sizes, and the curve of the paramagnet of the largest, a line that is returned."""
    for size, data in result.thermodynamics.items():
        _curve(ax, result, size, data, name, line=False)
    # alpha is the same at all sizes but for rounding, so one curve stands for all
    temperature, curve = annealed(data.isel(temperature=warm(result, data)), name)
    (line,) = ax.plot(temperature, curve, color="black", linewidth=1.0, label="paramagnet", zorder=2)
    return line


def annealed(data: xr.Dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Temperatures and the paramagnet's values of `name` on a fine grid, smooth through those on the rungs."""
    from scipy.interpolate import PchipInterpolator

    temperature, values = data.temperature.values, data[f"paramagnet_{name}"].values
    if len(temperature) < 2 or not np.isfinite(values).all():
        return temperature, values
    fine = np.linspace(temperature[0], temperature[-1], 201)
    return fine, PchipInterpolator(temperature, values)(fine)


def shown_rung(result: Transition) -> float:
    """Common rung closest to the transition on which every size has proved its equilibrium, if there is one."""
    trusted = [symmetric_scan.trusted(data, result.lowest[size]) for size, data in result.overlaps.items()]
    shared = symmetric_scan.common_rungs([data for data in trusted if data.sizes["temperature"]])
    if not shared.size:
        return float(next(iter(result.overlaps.values())).temperature[0])
    if not np.isfinite(result.temperature):
        return float(shared[0])
    return float(shared[np.argmin(np.abs(shared - result.temperature))])


def _density_axes(ax: Axes, variable: str, curves: list[tuple[Any, ...]]) -> None:
    """Logarithmic axis of densities and the range of overlaps with a density above zero."""
    positive = np.concatenate([height[height > 0] for _, height in curves])
    floor = max(positive.min() / 2, _FLOOR)
    ranges = [overlap_range(variable, overlap, height, floor) for overlap, height in curves]
    ax.set(ylabel="$P(q)$", yscale="log", xlim=(min(low for low, _ in ranges), ranges[0][1]))
    ax.set_ylim(floor, None)


def _curve(
    ax: Axes,
    result: Transition,
    size: int,
    data: xr.Dataset,
    name: str,
    line: bool = True,
    move: bool = False,
    along: str = TEMPERATURE,
) -> None:
    """A quantity on the rungs of a symmetric scan, or `along` planting temperatures; `move`: at the temperatures at
    which sizes are compared."""
    data = data.isel(temperature=warm(result, data))
    unproved = open_symbols if along == TEMPERATURE else open_planted
    doubtful = np.isin(data.temperature.values, unproved(result, size))
    temperature = at_common(result, size, data.temperature.values) if move else data.temperature.values
    widths = {"linewidth": 1.0, "elinewidth": 1.2}
    _points(ax, style(result, size), temperature, data, name, doubtful, "-" if line else "", **widths)


def _points(
    ax: Axes,
    look: tuple[str, str],
    temperature: np.ndarray,
    data: xr.Dataset,
    name: str,
    doubtful: np.ndarray,
    line: str = "",
    **options: Any,
) -> None:
    """Points with bars; open ones where a sample has not proved its equilibrium."""
    (colour, marker), values = look, data[name].values
    bars = data[f"{name}_stderr"].values
    ax.errorbar(temperature, values, bars, fmt=f"{marker}{line}", color=colour, zorder=3, **options)
    if doubtful.any():
        ax.plot(temperature[doubtful], values[doubtful], marker, color=colour, markerfacecolor="white", zorder=4)
