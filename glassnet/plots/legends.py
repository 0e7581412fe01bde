"""Legends below the axes: sizes, the transition, theory, and what lies outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.plots.appearance import (
    BAND,
    COLUMN,
    PLANTING_TEMPERATURE,
    TEMPERATURE,
    THEORY,
    TRANSITION,
    open_planted,
    open_symbols,
    style,
    theory_lines,
)
from glassnet.statistics.estimate import with_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity


def legend(figure: Figure, result: Transition, theory: Cavity | None, sizes: Iterable[int] | None = None) -> None:
    """One legend below all axes: sizes, the transition, theory. A temperature outside all of them is marked as such.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Only axes that :func:`glassnet.plots.appearance.mark` has labelled count.
    result : glassnet.Transition
    theory : glassnet.theory.Cavity or None
    sizes : list of int, optional
        By default all.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marked = (TEMPERATURE, PLANTING_TEMPERATURE)
    spans = [ax.get_xlim() for ax in figure.axes if ax.get_label() in marked]
    inside = lambda temperature: any(low < temperature < high for low, high in spans)  # noqa: E731
    handles = of_sizes(result, result.sizes if sizes is None else sizes)
    if np.isfinite(result.temperature):
        label = f"Monte Carlo $T = {with_error(result.temperature, result.stderr)}$"
        # on a map, where no size is listed, the transition is a line
        face = Line2D([], [], color=TRANSITION, lw=1.2) if sizes == [] else Patch(facecolor=BAND, alpha=0.5)
        face.set_label(label + _outside(inside(result.temperature)))
        handles.append(face)
    # in one column there is no room for the word; captions say it
    word = "theory " if figure.get_figwidth() > COLUMN else ""
    for name, temperature, dashes in theory_lines(theory):
        label = f"{word}${name} = {temperature:.4f}$" + _outside(inside(temperature))
        handles.append(Line2D([], [], color=THEORY, linestyle=dashes if inside(temperature) else "none", label=label))
    if _doubtful(figure, result):
        face = Patch(facecolor="none", edgecolor="#777777", hatch="////", lw=0)
        if sizes is None:
            face = Line2D([], [], color="black", marker="o", markerfacecolor="white", lw=0)
        face.set_label("not in equilibrium")
        handles.append(face)
    below(figure, handles)


def of_sizes(result: Transition, sizes: Iterable[int]) -> list[Artist]:
    """Entries of a legend for sizes: each with its colour and marker."""
    from matplotlib.lines import Line2D

    looks = {size: style(result, size) for size in sizes}
    return [Line2D([], [], color=c, marker=m, label=f"$N = {size}$") for size, (c, m) in looks.items()]


def _doubtful(figure: Figure, result: Transition) -> bool:
    """Whether any axes show something that has not proved its equilibrium: planted or symmetric chains."""
    labels = [ax.get_label() for ax in figure.axes]
    planted = any(label == PLANTING_TEMPERATURE for label in labels)
    symmetric = any(label != PLANTING_TEMPERATURE for label in labels)
    return (planted and any(open_planted(result, size).size for size in result.planted)) or (
        symmetric and any(open_symbols(result, size).size for size in result.overlaps or result.thermodynamics)
    )


def below(figure: Figure, handles: list[Artist]) -> None:
    """A legend below all axes, read line by line, with as many columns as fit."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if not handles:
        return
    renderer = FigureCanvasAgg(figure).get_renderer()
    for columns in range(len(handles), 0, -1):
        if -(-len(handles) // columns) == -(-len(handles) // (columns - 1 or 1)) and columns > 1:
            # fewer columns make the same number of lines, evenly filled
            continue
        drawn = figure.legend(
            handles=_by_lines(handles, columns),
            loc="outside lower center",
            ncols=columns,
            columnspacing=1.0,
            handlelength=1.5,
            handletextpad=0.5,
        )
        if drawn.get_window_extent(renderer).width <= figure.bbox.width or columns == 1:
            return
        drawn.remove()


def _by_lines(handles: list[Artist], columns: int) -> list[Artist]:
    """Order in which a legend, which is filled column by column, reads line by line."""
    from matplotlib.lines import Line2D

    empty = [Line2D([], [], linestyle="none", label="")] * (-len(handles) % columns)
    padded = [*handles, *empty]
    return [padded[line] for column in range(columns) for line in range(column, len(padded), columns)]


def _outside(visible: bool) -> str:
    return "" if visible else " (outside)"
