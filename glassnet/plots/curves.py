"""Curves of single results: one glass, one ensemble, one ladder. Given axes hold the first panel only.

Results are taken as they are, and functions raise no errors of their own but those that they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from glassnet.plots import appearance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glassnet.analysis.reweighting import Reweighted
    from glassnet.exact import Thermodynamics
    from glassnet.sampling.ladder import Exchanges, Ladder
    from glassnet.studies import Refutation
    from glassnet.theory import BeliefPropagation, Cavity

    #: values, and their standard errors where they have them
    _Curve = tuple[np.ndarray, np.ndarray | None]

_LABELS = {
    "energy": "energy $E$",
    "entropy": r"entropy $S$ [$k_\mathrm{B}$]",
    "heat_capacity": r"heat capacity $C$ [$k_\mathrm{B}$]",
}
_LABELS_PER_WEIGHT = {
    "energy": "energy per weight $e$",
    "entropy": r"entropy per weight $s$ [$k_\mathrm{B}$]",
    "heat_capacity": r"heat capacity $c$ [$k_\mathrm{B}$]",
    "q2": r"$[\langle q^2\rangle]$",
    "binder": "Binder cumulant $g$",
}
#: temperatures of a curve
_POINTS = 60


@overload
def exact(result: Thermodynamics, ax: None = None) -> Figure: ...
@overload
def exact(result: Thermodynamics, ax: Axes) -> Axes: ...
def exact(result: Thermodynamics, ax: Axes | None = None) -> Figure | Axes:
    """Energy, entropy and heat capacity of one whole glass (:class:`glassnet.exact.Thermodynamics`).

    Parameters
    ----------
    result : glassnet.exact.Thermodynamics
        Of several temperatures; T = inf is left out.
    ax : matplotlib Axes, optional
        Where to draw the energy alone.

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        One column wide, three panels; or `ax`.

    Raises
    ------
    ValueError
        If there are fewer than two finite temperatures.
    """
    temperature = np.ravel(result.temperature)
    order = np.argsort(temperature)
    order = order[np.isfinite(temperature[order])]
    if len(order) < 2:
        raise ValueError(f"result must have two finite temperatures or more to be drawn, got {len(order)}")
    curves = {label: (np.ravel(getattr(result, name))[order], None) for name, label in _LABELS.items()}
    return _stack(temperature[order], curves, ax)


@overload
def reweighted(result: Reweighted, ax: None = None) -> Figure: ...
@overload
def reweighted(result: Reweighted, ax: Axes) -> Axes: ...
def reweighted(result: Reweighted, ax: Axes | None = None) -> Figure | Axes:
    """Averages between the rungs of a ladder, with bands of one standard error.

    Parameters
    ----------
    result : glassnet.analysis.Reweighted
    ax : matplotlib Axes, optional
        Where to draw the energy alone.

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        One column wide, a panel for each quantity that the chain has of energy, entropy and heat capacity per weight,
        q2 and the Binder cumulant; or `ax`.

    Raises
    ------
    ValueError
        If there are fewer than two finite temperatures.
    """
    ladder = result.temperatures[np.isfinite(result.temperatures)]
    if len(ladder) < 2:
        raise ValueError(f"result must have two finite temperatures or more to be drawn, got {len(ladder)}")
    temperature = np.geomspace(ladder[0], ladder[-1], _POINTS)[1:-1]
    data = result.dataset(np.concatenate([ladder[:1], temperature, ladder[-1:]]))
    curves = {
        label: (data[name].values, data[f"{name}_stderr"].values)
        for name, label in _LABELS_PER_WEIGHT.items()
        if name in data and np.isfinite(data[name]).any()
    }
    return _stack(data.temperature.values, curves, ax)


@overload
def cavity(theory: Cavity, ax: None = None) -> Figure: ...
@overload
def cavity(theory: Cavity, ax: Axes) -> Axes: ...
def cavity(theory: Cavity, ax: Axes | None = None) -> Figure | Axes:
    """Entropy of the paramagnet; overlap and complexity of the glass states below T_d, where there are any.

    Parameters
    ----------
    theory : glassnet.theory.Cavity
    ax : matplotlib Axes, optional
        Where to draw the entropy alone.

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        One column wide, with vertical lines at T_d (dotted) and T_K (dashed); or `ax`.
    """
    dynamic, static = theory.dynamic_temperature(), theory.static_temperature()
    first, last = 0.9 * static or 0.5 * dynamic, dynamic or 2.0 * theory.zero_entropy_temperature() or 1.0
    temperature = np.linspace(first or 0.25 * last, 1.1 * last, _POINTS)
    curves = {r"entropy $s$ [$k_\mathrm{B}$]": (theory.entropy(temperature), None)}
    if dynamic and ax is None:
        # few points, denser at T_d with its square root: each of them is a solution of the cavity equations
        few = dynamic - (dynamic - temperature[0]) * np.linspace(1.0, 0.0, 12) ** 2
        temperature = np.concatenate([few, temperature[temperature > dynamic]])
        curves = {r"entropy $s$ [$k_\mathrm{B}$]": (theory.entropy(temperature), None)}
        shown = {"overlap": r"overlap $q_\mathrm{EA}$"}
        if theory.p > 2:
            shown["complexity"] = r"complexity $\Sigma$"
        for name, label in shown.items():
            values = np.full(len(temperature), np.nan if theory.p > 2 else 0.0)
            values[: len(few)] = getattr(theory, name)(few)
            curves[label] = (values, None)
    return _stack(temperature, curves, ax, {":": dynamic, "--": static})


@overload
def rejection(result: Ladder | Exchanges, ax: None = None) -> Figure: ...
@overload
def rejection(result: Ladder | Exchanges, ax: Axes) -> Axes: ...
def rejection(result: Ladder | Exchanges, ax: Axes | None = None) -> Figure | Axes:
    """Rejected fraction of the exchanges across each gap of a ladder.

    Parameters
    ----------
    result : glassnet.ladder.Ladder or glassnet.ladder.Exchanges
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        One column wide; or `ax`.

    Raises
    ------
    ValueError
        If the ladder does not know: a slice or a copy of one.
    """
    if result.rejection is None:
        raise ValueError("result must know its rejection rates, got a slice, a copy or a result of arithmetic")
    gaps = np.arange(1, len(result.rejection) + 1)
    drawn = _stack(gaps, {"rejected exchanges": (result.rejection, None)}, ax, xlabel="gap between rungs", style="o-")
    _first(drawn).set_ylim(0.0, 1.1 * np.nanmax(result.rejection, initial=0.01))
    return drawn


@overload
def refutation(result: Refutation, ax: None = None) -> Figure: ...
@overload
def refutation(result: Refutation, ax: Axes) -> Axes: ...
def refutation(result: Refutation, ax: Axes | None = None) -> Figure | Axes:
    """Energy per weight of the starts from the lowest states, less that of the chain.

    Parameters
    ----------
    result : glassnet.studies.Refutation
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        One column wide, bars of one standard error; or `ax`.
    """
    known = np.isfinite(result.temperatures)
    curves = {"difference of energies$/N$": (result.difference[known], result.stderr[known])}
    drawn = _stack(result.temperatures[known], curves, ax, style="o-")
    _first(drawn).axhline(0.0, color="black", linewidth=0.5, zorder=1)
    return drawn


@overload
def magnetizations(result: BeliefPropagation, ax: None = None) -> Figure: ...
@overload
def magnetizations(result: BeliefPropagation, ax: Axes) -> Axes: ...
def magnetizations(result: BeliefPropagation, ax: Axes | None = None) -> Figure | Axes:
    """Histogram of the means of all weights (:class:`glassnet.theory.BeliefPropagation`).

    Parameters
    ----------
    result : glassnet.theory.BeliefPropagation
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        One column wide; or `ax`.
    """
    counts, edges = np.histogram(result.magnetization, 40, (-1.0, 1.0))
    middle, curves = (edges[1:] + edges[:-1]) / 2, {"number of weights": (counts, None)}
    return _stack(middle, curves, ax, xlabel="magnetisation $m_i$", drawstyle="steps-mid")


def _first(drawn: Figure | Axes) -> Axes:
    """The axes that were given, or the first ones of a figure."""
    from matplotlib.figure import Figure

    return drawn.axes[0] if isinstance(drawn, Figure) else drawn


def _stack(
    x: np.ndarray,
    curves: Mapping[str, _Curve],
    ax: Axes | None,
    marks: dict[str, float] | None = None,
    xlabel: str = "temperature $T$",
    style: str = "-",
    **look: Any,
) -> Figure | Axes:
    """Panels below each other that share x, from their labels to values and errors."""
    if ax is not None:
        _panel(ax, x, *next(iter(curves.items())), marks, style, look)
        ax.set_xlabel(xlabel)
        return ax
    with appearance.column(1.2 + 1.4 * len(curves), rows=len(curves)) as (figure, axes):
        for one, curve in zip(axes, curves.items(), strict=True):
            _panel(one, x, *curve, marks, style, look)
        axes[-1].set_xlabel(xlabel)
    return figure


def _panel(
    ax: Axes, x: np.ndarray, label: str, curve: _Curve, marks: dict[str, float] | None, style: str, look: Any
) -> None:
    values, stderr = curve
    ax.plot(x, values, style, color=appearance.COLOURS[0], **look)
    if stderr is not None:
        low, high = values - stderr, values + stderr
        ax.fill_between(x, low, high, color=appearance.COLOURS[0], alpha=0.25, linewidth=0)
    for dashes, place in (marks or {}).items():
        if place:
            ax.axvline(place, color=appearance.THEORY, linestyle=dashes, linewidth=0.8)
    ax.set_ylabel(label)
