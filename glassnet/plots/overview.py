"""The transition at a glance: one figure for the screen with all measured quantities.

Results are taken as they are, and functions raise no errors of their own but those that they name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from glassnet.analysis.location import symmetric_scan
from glassnet.plots import appearance, legends, panels

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity


def transition(result: Transition, theory: Cavity | None = None) -> Figure:
    """The transition in up to four panels against temperature: planted weight, Binder cumulant, overlap, energy.

    Networks of walks, which have no Binder cumulant, show the weight of high overlaps instead; without planted scans
    the entropy is shown as well.

    Parameters
    ----------
    result : glassnet.Transition
    theory : glassnet.theory.Cavity, optional
        What the lines of theory come from; by default that of the glass of the chains, where there is one.

    Returns
    -------
    matplotlib.figure.Figure
        11 x 8.2 inches, 1650 x 1230 pixels when saved; no pyplot figure.
    """
    from matplotlib.figure import Figure

    theory = theory if theory is not None else appearance.theory_of(result)
    drawn = _panels(result)
    with appearance.screen():
        columns = min(2, len(drawn)) or 1
        rows = -(-len(drawn) // columns) or 1
        figure = Figure(figsize=(5.5 * columns, 3.7 * rows + 0.8), dpi=150, layout="constrained")
        grid = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for letter, ax, draw in zip("abcd", grid, drawn, strict=False):
            draw(result, ax, theory)
            ax.set_title(f"({letter})", loc="left", fontweight="bold")
        glass = appearance.system(result)
        figure.suptitle(f"{glass}: {result.headline}" if glass else result.headline, fontsize=14)
        legends.legend(figure, result, theory)
    return figure


def save(result: Transition, path: str | os.PathLike[str] | BinaryIO, theory: Cavity | None = None) -> None:
    """Write the figure of :func:`transition` to `path`, a file name or an open binary file (then as PNG).

    `result` and `theory` as for :func:`transition`; OSError if the file cannot be written.
    """
    transition(result, theory).savefig(path, format="png" if hasattr(path, "write") else None)


def _panels(result: Transition) -> list[Callable[..., Axes]]:
    """An even number of panels, so that none of the figure is left blank."""
    drawn = []
    if result.planted:
        drawn.append(panels.planted_weight)
    if result.overlaps:
        drawn += [
            panels.binder if symmetric_scan.has_binder(result.overlaps) else panels.peak_weight,
            panels.overlap_distribution,
        ]
    elif result.planted:
        drawn.append(panels.planted_distribution)
    if result.thermodynamics:
        drawn += [panels.energy] if len(drawn) % 2 else [panels.energy, panels.entropy]
    return drawn
