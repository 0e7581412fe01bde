"""Figures: what a result looks like. matplotlib is imported when something is drawn, and no global state is touched."""

import numpy as np

from glassnet import theory as cavity_theory
from glassnet.analysis import symmetric
from glassnet.analysis.evidence import number

#: colour-blind safe (M. Okabe and K. Ito, 2008); one colour and marker for each size, in all panels
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_MARKERS = ("o", "s", "^", "D", "v", "P")
_BAND = "#B0B0B0"
_THEORY = "#444444"
_STYLE = {
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "axes.linewidth": 0.8,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "mathtext.fontset": "dejavusans",
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "errorbar.capsize": 0,
}


def transition(result, theory=None):
    """The transition in up to four panels against temperature: planted weight, Binder cumulant, overlap, energy.

    Networks of walks, which have no Binder cumulant, show the weight of high overlaps instead.

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
    import matplotlib as mpl
    from matplotlib.figure import Figure

    theory = theory if theory is not None else theory_of(result)
    panels = _panels(result)
    with mpl.rc_context(_STYLE):
        columns = min(2, len(panels)) or 1
        rows = -(-len(panels) // columns) or 1
        figure = Figure(figsize=(5.5 * columns, 3.7 * rows + 0.8), dpi=150, layout="constrained")
        grid = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for unused in grid[len(panels) :]:
            unused.remove()
        for letter, ax, draw in zip("abcd", grid, panels, strict=False):
            draw(result, ax, theory)
            ax.set_title(f"({letter})", loc="left", fontweight="bold")
        figure.suptitle(_title(result), fontsize=14)
        _legend(figure, result, theory)
    return figure


def save(result, path, theory=None) -> None:
    """Write the figure of :func:`transition` to `path`, a file name or an open binary file (then as PNG)."""
    transition(result, theory).savefig(path, format="png" if hasattr(path, "write") else None)


def theory_of(result):
    """Cavity theory of the glass of a result, or None where there is none or the chains do not say which glass."""
    if not result.glass.get("ensemble"):
        return None
    return cavity_theory.of(**result.glass, dilution=result.dilution)


def planted_weight(result, ax, theory=None):
    """Draw the weight of the planted phase against planting temperature into `ax`, which is returned."""
    width = np.ptp([t for table in result.planted.values() for t in table.planted_temperature.values])
    for place, (size, table) in enumerate(result.planted.items()):
        colour, marker = style(result, size)
        # side by side, or bars of one temperature would hide each other
        beside = 0.01 * width * (place - (len(result.planted) - 1) / 2)
        ax.errorbar(
            table.planted_temperature.values + beside,
            table["weight"].values,
            table["weight_stderr"].values,
            fmt=marker,
            color=colour,
            label=f"$N={size}$",
            zorder=3,
        )
        curve = None if result.location is None else result.location.curves.get(table.attrs["n_weights"])
        if curve is not None:
            ax.plot(*curve, color=colour, zorder=2)
    ax.set(xlabel="planting temperature $T$", ylabel="weight of the planted phase $[w]$", ylim=(-0.03, 1.03))
    _mark(result, ax, theory)
    return ax


def binder(result, ax, theory=None):
    """Draw the rescaled Binder cumulant against temperature into `ax`, which is returned."""
    for size, data in result.overlaps.items():
        shown = _warm(result, data)
        _points(ax, result, size, data.isel(temperature=shown), "binder")
    ax.axhline(0, color="black", linewidth=0.6, zorder=1)
    ax.set(xlabel="temperature $T$", ylabel=r"Binder cumulant $g$")
    _mark(result, ax, theory)
    return ax


def peak_weight(result, ax, theory=None):
    """Draw the weight of overlaps above the threshold against temperature into `ax`, which is returned."""
    for size, data in result.overlaps.items():
        _points(ax, result, size, data.isel(temperature=_warm(result, data)), "peak_weight")
    ax.set(xlabel="temperature $T$", ylabel="weight of high overlaps", ylim=(-0.03, 1.03))
    _mark(result, ax, theory)
    return ax


def overlap_distribution(result, ax, theory=None):
    """Draw P(q) of all sizes on the trusted rung closest to the transition into `ax`, which is returned."""
    temperature = _shown_rung(result)
    for size, data in result.overlaps.items():
        row = data.sel(temperature=temperature, method="nearest")
        colour, _ = style(result, size)
        place, height, stderr = data["overlap"].values, row["density"].values, row["density_stderr"].values
        ax.fill_between(place, np.maximum(height - stderr, 1e-9), height + stderr, color=colour, alpha=0.25, lw=0)
        ax.plot(place, height, color=colour)
    variable = next(iter(result.overlaps.values())).attrs["variable"]
    name = {"overlap": "overlap $q$"}.get(variable, "overlap $q$ of the best gauge image")
    ax.set(xlabel=name, ylabel="$P(q)$", yscale="log", xlim=(-0.6, 1.03))
    lowest = min(float(np.min(d["density"].values[d["density"].values > 0])) for d in result.overlaps.values())
    ax.set_ylim(max(lowest / 2, 1e-4), None)
    ax.text(0.5, 0.96, f"$T = {temperature:.3g}$", transform=ax.transAxes, ha="center", va="top")
    return ax


def energy(result, ax, theory=None):
    """Draw the energy per weight and that of the paramagnet against temperature into `ax`, which is returned."""
    for size, data in result.thermodynamics.items():
        shown = data.isel(temperature=_warm(result, data))
        _points(ax, result, size, shown, "energy", line=False)
    # alpha is the same at all sizes but for rounding, so one curve stands for all
    ax.plot(shown.temperature, shown["paramagnet_energy"], color="black", linewidth=1.2, label="paramagnet", zorder=2)
    ax.set(xlabel="temperature $T$", ylabel=r"energy per weight $e$ [$|J|$]")
    ax.legend(loc="lower right")
    _mark(result, ax, theory)
    return ax


def style(result, size: int) -> tuple[str, str]:
    """Colour and marker of a size, the same in every panel."""
    place = result.sizes.index(size) % len(_COLOURS)
    return _COLOURS[place], _MARKERS[place]


def _panels(result) -> list:
    panels = []
    if result.planted:
        panels.append(planted_weight)
    if result.overlaps:
        panels += [binder if symmetric.has_binder(result.overlaps) else peak_weight, overlap_distribution]
    elif result.planted:
        panels.append(_planted_distribution)
    if result.thermodynamics:
        panels.append(energy)
    return panels


def _planted_distribution(result, ax, theory=None):
    """Distribution of the overlap with the planted state, where there are no symmetric chains."""
    centre = result.temperature
    for size, table in result.planted.items():
        temperatures = table.planted_temperature.values
        wanted = centre if np.isfinite(centre) else temperatures.mean()
        row = table.isel(planted_temperature=int(np.argmin(np.abs(temperatures - wanted))))
        colour, _ = style(result, size)
        ax.plot(table["overlap"].values, row["density"].values, color=colour)
    ax.set(xlabel="overlap with the planted state $q$", ylabel="$P(q)$", yscale="log", xlim=(-0.6, 1.03))
    return ax


def _points(ax, result, size, data, name, line=True):
    colour, marker = style(result, size)
    ax.errorbar(
        data.temperature.values,
        data[name].values,
        data[f"{name}_stderr"].values,
        fmt=f"{marker}-" if line else marker,
        color=colour,
        linewidth=1.0,
        elinewidth=1.2,
        zorder=3,
    )


def _warm(result, data) -> np.ndarray:
    """Rungs worth showing: finite, and not far above the transition, where nothing happens."""
    temperatures = data.temperature.values
    centre = result.temperature if np.isfinite(result.temperature) else np.median(temperatures)
    shown = np.flatnonzero(np.isfinite(temperatures) & (temperatures <= 2.5 * centre))
    return shown if shown.size >= 3 else np.flatnonzero(np.isfinite(temperatures))


def _shown_rung(result) -> float:
    """Common rung closest to the transition on which every size has proved its equilibrium, if there is one."""
    trusted = [symmetric.trusted(data, result.lowest[size]) for size, data in result.overlaps.items()]
    shared = symmetric.common_rungs([data for data in trusted if data.sizes["temperature"]])
    if not shared.size:
        return float(next(iter(result.overlaps.values())).temperature[0])
    if not np.isfinite(result.temperature):
        return float(shared[0])
    return float(shared[np.argmin(np.abs(shared - result.temperature))])


def _mark(result, ax, theory) -> None:
    """The transition with its bar, and the temperatures of theory, as far as they lie within the axes."""
    low, high = ax.get_xlim()
    if np.isfinite(result.temperature):
        bar = result.stderr if np.isfinite(result.stderr) else 0.0
        ax.axvspan(result.temperature - bar, result.temperature + bar, color=_BAND, alpha=0.5, lw=0, zorder=0)
        ax.axvline(result.temperature, color="#777777", linewidth=1.0, zorder=1)
    for _, temperature, dashes in _theory_lines(theory):
        if low < temperature < high:
            ax.axvline(temperature, color=_THEORY, linewidth=1.1, linestyle=dashes, zorder=1)
    ax.set_xlim(low, high)


def _theory_lines(theory) -> list[tuple]:
    """Name, temperature and dashes of what the theory predicts; at a continuous transition both are one."""
    if theory is None:
        return []
    static, dynamic = theory.static_temperature(), theory.dynamic_temperature()
    if static == dynamic:
        lines = [("T_c", static, (0, (5, 3)))]
    else:
        lines = [("T_K", static, (0, (5, 3))), ("T_d", dynamic, (0, (1, 2)))]
    return [line for line in lines if line[1] > 0]


def _legend(figure, result, theory) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = []
    for size in result.sizes:
        colour, marker = style(result, size)
        handles.append(Line2D([], [], color=colour, marker=marker, label=f"$N = {size}$"))
    if np.isfinite(result.temperature):
        label = f"Monte Carlo $T = {number(result.temperature, result.stderr)}$"
        handles.append(Patch(facecolor=_BAND, alpha=0.5, label=label))
    for name, temperature, dashes in _theory_lines(theory):
        label = f"theory ${name} = {temperature:.4f}$"
        handles.append(Line2D([], [], color=_THEORY, linestyle=dashes, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=1.4, handlelength=1.8)


def _title(result) -> str:
    keywords = result.glass
    name = keywords.get("ensemble", "")
    shown = [f"{key} = {keywords[key]}" for key in ("p", "degree", "alpha") if key in keywords]
    if result.dilution:
        shown.append(f"dilution {result.dilution:g}")
    system = f"{name} glass, {', '.join(shown)}: " if name else ""
    return system + result.headline
