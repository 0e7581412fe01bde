"""One quantity, one column: planted weight, Binder cumulant, thermodynamics.

Results are taken as they are, and functions raise no errors of their own but those that they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.analysis.averages import table
from glassnet.analysis.location import symmetric_scan
from glassnet.plots import appearance, legends, panels

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from matplotlib.figure import Figure

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity


def location(result: Transition, theory: Cavity | None = None) -> Figure:
    """The weight of the planted phase against planting temperature, whose curves cross at the transition.

    Parameters
    ----------
    result : glassnet.Transition
        With planted scans.
    theory : glassnet.theory.Cavity, optional
        What the lines of theory come from; by default that of the glass of the chains, where there is one.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide.
    """
    return _single(result, theory, panels.planted_weight)


def binder_cumulant(result: Transition, theory: Cavity | None = None) -> Figure:
    """The Binder cumulant against temperature; of networks of walks, which have none, the weight of high overlaps.

    Parameters
    ----------
    result : glassnet.Transition
        With symmetric scans that measured the order parameter.
    theory : glassnet.theory.Cavity, optional
        As for :func:`location`.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. Open symbols where some sample has not proved its equilibrium.
    """
    panel = panels.binder if symmetric_scan.has_binder(result.overlaps) else panels.peak_weight
    return _single(result, theory, panel)


def thermodynamics(result: Transition, theory: Cavity | None = None) -> Figure:
    """Energy and entropy per weight against temperature, with the annealed curves: those of the paramagnet.

    Above the transition the points lie on them but for corrections of order 1/N; below it the entropy must stay
    positive, which the annealed one does not.

    Parameters
    ----------
    result : glassnet.Transition
        With symmetric scans.
    theory : glassnet.theory.Cavity, optional
        As for :func:`location`.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide, two panels.
    """
    theory = theory if theory is not None else appearance.theory_of(result)
    with appearance.column(4.2, rows=2) as (figure, (top, bottom)):
        paramagnet = panels.thermal(result, top, "energy")
        panels.thermal(result, bottom, "entropy")
        top.set_ylabel(r"energy per weight $e$ [$|J|$]")
        bottom.set_ylabel(r"entropy per weight $s$ [$k_\mathrm{B}$]")
        for ax in (top, bottom):
            appearance.mark(result, ax, theory)
        bottom.axhline(0, color="black", linewidth=0.5, zorder=1)
        bottom.set_xlabel("temperature $T$")
        if np.isfinite(top.lines[-1].get_ydata()).any():
            top.legend([paramagnet], ["annealed"], loc="lower right")
        legends.legend(figure, result, theory)
    return figure


def average(result: Transition, key: str, theory: Cavity | None = None) -> Figure:
    """One of the averages that have no figure of their own, against temperature.

    Parameters
    ----------
    result : glassnet.Transition
    key : str
        By which `result.averages` holds it.
    theory : glassnet.theory.Cavity, optional
        As for :func:`location`.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. Open symbols where some sample has not proved its equilibrium.

    Raises
    ------
    ValueError
        If the result holds no such average, or it has a figure of its own.
    """
    rows = {row.key: row for row in table.shown(result.averages)}
    if key not in rows:
        raise ValueError(f"key must be one of {', '.join(map(repr, rows)) or 'none in this result'}, got {key!r}")
    return _single(result, theory, lambda result, ax, theory: panels.average(result, ax, rows[key], theory))


def _single(result: Transition, theory: Cavity | None, panel: Callable[..., Any]) -> Figure:
    theory = theory if theory is not None else appearance.theory_of(result)
    with appearance.column(2.8) as (figure, (ax,)):
        panel(result, ax, theory)
        legends.legend(figure, result, theory)
    return figure
