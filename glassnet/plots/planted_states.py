"""What field integration and the dynamics near T_d found: complexity, relaxation, melting, aging.

Each `result` is what the study of that name returned, `theory` a :class:`glassnet.theory.Cavity`. Results are taken as
they are, and functions raise no errors of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from glassnet.plots import appearance
from glassnet.statistics.estimate import with_error
from glassnet.studies.planted_relaxation import DECAYING, HELD, LOST, TOO_SHORT, UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glassnet.studies import Aging, FieldIntegration, Melting, PlantedRelaxation, TwoBranches
    from glassnet.theory import Cavity
    from glassnet.theory.planted.state_following import Followed

#: points of a line of theory, each a fixed point of the cavity equations
_POINTS = 9


@overload
def complexity(result: FieldIntegration, ax: None = None, theory: Cavity | None = ...) -> Figure: ...
@overload
def complexity(result: FieldIntegration, ax: Axes, theory: Cavity | None = ...) -> Axes: ...
def complexity(result: FieldIntegration, ax: Axes | None = None, theory: Cavity | None = None) -> Figure | Axes:
    """Complexity of the planted states against temperature, with its zero T_K
    (:class:`glassnet.studies.FieldIntegration`).

    Parameters
    ----------
    result : glassnet.studies.FieldIntegration
    ax : matplotlib Axes, optional
        Without it a figure of one column, 3.4 x 2.6 inches, is made.
    theory : glassnet.theory.Cavity, optional
        Draws the complexity of the cavity method beside it.

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.axes.Axes
        The figure, or `ax`. The three figures below do the same for their results.
    """

    def draw(ax: Axes) -> None:
        data, colour = result.complexity, appearance.COLOURS[0]
        ax.axhline(0, color="black", linewidth=0.6, zorder=1)
        if np.isfinite(result.temperature):
            low, high = result.temperature - result.stderr, result.temperature + result.stderr
            label = f"$T_K = {with_error(result.temperature, result.stderr)}$"
            ax.axvspan(low, high, color=appearance.COLOURS[5], lw=0.8, zorder=0, label=label)
        if theory is not None:
            temperature = np.linspace(data.temperature.values[0], data.temperature.values[-1], _POINTS)
            expected = appearance.theory_complexity(theory, temperature)
            ax.plot(temperature, expected, color=appearance.THEORY, linewidth=0.9, label="cavity theory")
        style: dict[str, Any] = {"fmt": "o" if theory is not None else "o-", "color": colour, "linewidth": 0.8}
        ax.errorbar(data.temperature, data["mean"], data["stderr"], label="field integration", **style)
        if len(ax.get_legend_handles_labels()[0]) > 1:
            ax.legend(loc="upper left")
        ax.set(xlabel="temperature $T$", ylabel=r"complexity $\Sigma$ per weight")

    return _column(draw, ax)


@overload
def relaxation(result: PlantedRelaxation, ax: None = None) -> Figure: ...
@overload
def relaxation(result: PlantedRelaxation, ax: Axes) -> Axes: ...
def relaxation(result: PlantedRelaxation, ax: Axes | None = None) -> Figure | Axes:
    """Overlap C(t) with the planted state at all temperatures
    (:class:`glassnet.studies.PlantedRelaxation`).

    Solid where the state is held, dashed where it is lost or decays, dotted where the run does not tell.
    """
    import matplotlib as mpl

    def draw(ax: Axes) -> None:
        finite = result.temperatures[np.isfinite(result.temperatures)]
        # the yellow end is too pale for lines
        colours = mpl.colors.LinearSegmentedColormap.from_list("dark", mpl.colormaps["viridis"](np.linspace(0, 0.88)))
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(finite.min(), finite.max()), colours)
        curves = result.curves["mean"].values
        for temperature, word, curve in zip(result.temperatures, result.verdict, curves, strict=True):
            dashes = {HELD: "-", UNDECIDED: ":", TOO_SHORT: ":"}.get(word, "--")
            colour = scale.to_rgba(temperature) if np.isfinite(temperature) else "#777777"
            ax.plot(result.curves.time, curve, dashes, color=colour, linewidth=1.1)
        ax.figure.colorbar(scale, ax=ax, label="temperature $T$", pad=0.02)
        ax.set(xscale="log", xlabel="time $t$ [sweeps]", ylabel="overlap $C(t)$ with $w^*$", ylim=(None, 1.02))
        for word, dashes in ((HELD, "-"), (UNDECIDED, ":"), (f"{DECAYING} or {LOST}", "--")):
            ax.plot([], [], dashes, color="#444444", label=word)
        ax.legend(loc="lower left")
        lower, upper = result.bracket
        ax.set_title(f"${lower:.4g} < T_d < " + (f"{upper:.4g}$" if np.isfinite(upper) else r"\infty$"))

    return _column(draw, ax)


@overload
def melting(result: Melting, ax: None = None, theory: Followed | None = ...) -> Figure: ...
@overload
def melting(result: Melting, ax: Axes, theory: Followed | None = ...) -> Axes: ...
def melting(result: Melting, ax: Axes | None = None, theory: Followed | None = None) -> Figure | Axes:
    """Overlap with the planted state of heated crystals against temperature
    (:class:`glassnet.studies.Melting`); not T_d.

    `theory`, of :func:`glassnet.theory.planted.state_following.follow` at the same planting temperature, adds the line
    of infinite size.
    """

    def draw(ax: Axes) -> None:
        last = result.curves.isel(time=-1)
        finite = np.isfinite(last.temperature.values)
        last = last.isel(temperature=finite)
        style: dict[str, Any] = {"fmt": "o-", "color": appearance.COLOURS[0], "linewidth": 0.8}
        ax.errorbar(last.temperature, last["mean"], last["stderr"], **style)
        lines = [("planted at", result.planted_temperature, 0.0, "--", appearance.COLOURS[2])]
        lines += [("melts at", result.temperature, result.stderr, "-", appearance.COLOURS[5])]
        for what, where, stderr, dashes, colour in lines:
            if np.isfinite(where):
                ax.axvline(where, color=colour, linestyle=dashes, label=f"{what} $T = {with_error(where, stderr)}$")
        if theory is not None:
            # steep at the end, where the state ceases to exist
            end = theory.melting_temperature()
            temperature = end - (end - last.temperature.values.min()) * np.linspace(1, 0, 60)[:-1] ** 2
            drop = np.append(theory.overlap(temperature), 0.0)
            ax.plot(
                np.append(temperature, temperature[-1]),
                drop,
                color=appearance.THEORY,
                label=f"theory: until $T = {end:.4f}$",
            )
        ax.set(xlabel="temperature $T$", ylabel="overlap with $w^*$", ylim=(-0.05, 1.05))
        ax.set_title("melting of the planted crystal, which is not $T_d$")
        ax.legend(loc="best")

    return _column(draw, ax)


@overload
def aging(result: Aging, ax: None = None) -> Figure: ...
@overload
def aging(result: Aging, ax: Axes) -> Axes: ...
def aging(result: Aging, ax: Axes | None = None) -> Figure | Axes:
    """Correlation C(t_w, t_w + t) against t, a curve for each waiting time (:class:`glassnet.studies.Aging`)."""

    def draw(ax: Axes) -> None:
        data = result.correlation
        moved = data.time.values > 0
        for number, wait in enumerate(data.waiting_time.values):
            row = data.isel(waiting_time=number, time=moved)
            colour, marker = appearance.look(number)
            style: dict[str, Any] = {"color": colour, "fmt": f"{marker}-", "linewidth": 0.8}
            ax.errorbar(row.time, row["mean"], row["stderr"], label=f"$t_w = {wait}$", **style)
        ax.set(xscale="log", xlabel="time $t$ [sweeps]", ylabel="$C(t_w, t_w + t)$", ylim=(-0.05, 1.02))
        ax.set_title(f"$T = {result.temperature:.4g}$")
        ax.legend()

    return _column(draw, ax)


@overload
def two_branches(result: TwoBranches, ax: None = None) -> Figure: ...
@overload
def two_branches(result: TwoBranches, ax: Axes) -> Axes: ...
def two_branches(result: TwoBranches, ax: Axes | None = None) -> Figure | Axes:
    """Free energy of the ordered branch minus that of the disordered one (:class:`glassnet.studies.TwoBranches`).

    With all images of the ordered state, and with one; T_c is where the difference vanishes.
    """

    def draw(ax: Axes) -> None:
        data = result.curves
        temperature = data.temperature.values
        difference = data["free_energy"][0] - data["free_energy"][1]
        stderr = np.hypot(data["free_energy_stderr"][0], data["free_energy_stderr"][1])
        ax.axhline(0, color="black", linewidth=0.6, zorder=1)
        if np.isfinite(result.temperature):
            low, high = result.temperature - result.stderr, result.temperature + result.stderr
            label = f"$T_c = {with_error(result.temperature, result.stderr)}$"
            ax.axvspan(low, high, color=appearance.COLOURS[5], lw=0.8, zorder=0, label=label)
        every = "all images" if result.log_images else None
        ax.errorbar(temperature, difference, stderr, fmt="o-", color=appearance.COLOURS[0], linewidth=0.8, label=every)
        if result.log_images:
            entropy = temperature * result.log_images / data.attrs["n_weights"]
            ax.plot(temperature, difference + entropy, "--", color=appearance.COLOURS[1], label="one image")
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="upper left")
        ax.set(xlabel="temperature $T$", ylabel=r"$f_\mathrm{ordered} - f_\mathrm{disordered}$ per weight")

    return _column(draw, ax)


def _column(draw: Callable[[Axes], None], ax: Axes | None) -> Figure | Axes:
    """Let `draw` fill `ax`, which is returned, or a figure of one column of a journal."""
    if ax is not None:
        draw(ax)
        return ax
    with appearance.column(2.6) as (figure, (ax,)):
        draw(ax)
    return figure
