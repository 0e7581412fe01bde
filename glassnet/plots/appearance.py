"""What all figures share: colours, sizes for print and screen, marks for the transition and for theory."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet import _catalogue, _face
from glassnet import theory as cavity_theory
from glassnet.analysis.effective_dilution import described, effective
from glassnet.chains.schema import MEASUREMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect
    from numpy.typing import ArrayLike

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity

__all__ = [
    "BAND",
    "COLOURS",
    "COLUMN",
    "MARKERS",
    "PLANTING_TEMPERATURE",
    "SMALLEST",
    "TEMPERATURE",
    "THEORY",
    "TRANSITION",
    "at_common",
    "column",
    "expected_temperature",
    "look",
    "mark",
    "open_planted",
    "open_symbols",
    "overlap_name",
    "overlap_range",
    "printed",
    "screen",
    "style",
    "system",
    "theory_complexity",
    "theory_lines",
    "theory_of",
    "warm",
]
_face.public(__name__)

#: colour-blind safe (M. Okabe and K. Ito, 2008); one colour and marker for each size, in all figures
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P")
BAND = "#B0B0B0"
TRANSITION = "#777777"
THEORY = "#444444"
#: labels (not drawn) that mark axes along the two kinds of temperature
TEMPERATURE, PLANTING_TEMPERATURE = "temperature", "planting_temperature"
#: width of one column of a journal, in inches; no text is smaller than SMALLEST points there
COLUMN, SMALLEST = 3.4, 7.0

# of keywords that differ in type: to the types of matplotlib each key is a literal of its own
_COMMON: Any = {
    "axes.linewidth": 0.8,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "errorbar.capsize": 0,
    # the same chains give the same bytes, and text looks the same everywhere
    "svg.hashsalt": "glassnet",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
_SCREEN: Any = _COMMON | {
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "legend.fontsize": 10,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
}
_PRINT: Any = _COMMON | {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": SMALLEST,
    "ytick.labelsize": SMALLEST,
    "legend.fontsize": SMALLEST,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.2,
    "patch.linewidth": 0.6,
}


def screen() -> contextlib.AbstractContextManager[None]:
    """Context in which a large figure for the screen is drawn; the user's settings come back after it."""
    import matplotlib as mpl

    return mpl.rc_context(_SCREEN)


def printed() -> contextlib.AbstractContextManager[None]:
    """Context of a figure for print, in which it is also saved."""
    import matplotlib as mpl

    return mpl.rc_context(_PRINT)


@contextlib.contextmanager
def column(height: float, rows: int = 1, width: float = COLUMN, **options: Any) -> Iterator[tuple[Figure, np.ndarray]]:
    """Context with a figure and its axes, `rows` below each other that share their horizontal axis, for print.

    Parameters
    ----------
    height, width : float
        Inches.
    rows : int
        Number of axes.
    **options
        For `Figure.subplots`.
    """
    from matplotlib.figure import Figure

    with printed():
        figure = Figure(figsize=(width, height), dpi=300, layout="constrained")
        engine: Any = figure.get_layout_engine()
        engine.set(w_pad=0.03, h_pad=0.03, hspace=0.02)
        axes = figure.subplots(rows, 1, squeeze=False, **({"sharex": True} | options))[:, 0]
        yield figure, axes
        for letter, ax in zip("abc", axes, strict=False):
            if rows > 1:
                ax.set_title(f"({letter})", loc="left", fontweight="bold", pad=3)


def style(result: Transition, size: int) -> tuple[str, str]:
    """Colour and marker of a `size` in a `result` (Transition), the same in every panel; ValueError for other sizes."""
    return look(result.sizes.index(size))


def look(number: int) -> tuple[str, str]:
    """Colour and marker of a curve by its number; they repeat after the last one."""
    return COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]


def theory_of(result: Transition) -> Cavity | None:
    """Cavity theory of the glass of a result, or None where there is none or the chains do not say which glass.

    `result` is a :class:`glassnet.Transition`; nothing is raised.
    """
    if not result.glass.get("ensemble"):
        return None
    return cavity_theory.cavity_of(**result.glass, dilution=effective(result))


def theory_complexity(theory: Cavity, temperatures: np.ndarray) -> np.ndarray:
    """Complexity of the theory; nan above T_d, where there is no state."""
    return np.where(temperatures <= theory.dynamic_temperature(), theory.complexity(temperatures), np.nan)


def theory_lines(theory: Cavity | None) -> list[tuple[str, float, tuple[int, tuple[int, int]]]]:
    """Name, temperature and dashes of what the theory predicts; at a continuous transition both are one."""
    if theory is None:
        return []
    static, dynamic = theory.static_temperature(), theory.dynamic_temperature()
    if static == dynamic:
        lines = [("T_c", static, (0, (5, 3)))]
    else:
        lines = [("T_K", static, (0, (5, 3))), ("T_d", dynamic, (0, (1, 2)))]
    return [line for line in lines if line[1] > 0]


def mark(result: Transition, ax: Axes, theory: Cavity | None, above: bool = False, along: str = TEMPERATURE) -> None:
    """The transition with its bar, and the temperatures of theory, as far as they lie within the axes.

    `along` becomes the label of the axes, by which :mod:`glassnet.plots.legends` knows what is on them. The marks
    lie behind everything, or, with `above`, on top of a map: with a halo, the bar as a stroke at the lower edge
    that hides nothing.
    """
    from matplotlib.patheffects import withStroke

    ax.set_label(along)
    low, high = ax.get_xlim()
    order = 5 if above else 1
    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground="white")] if above else []
    if np.isfinite(result.temperature):
        bar = result.stderr if np.isfinite(result.stderr) else 0.0
        ends = result.temperature - bar, result.temperature + bar
        if above:
            line = ax.axvline(result.temperature, color=TRANSITION, linewidth=1.2, zorder=order)
            stroke = ax.plot(ends, (0.015, 0.015), color=TRANSITION, linewidth=3, transform=ax.get_xaxis_transform())[0]
            for drawn in (line, stroke):
                drawn.set(path_effects=halo, solid_capstyle="butt", zorder=order)
        else:
            ax.axvspan(*ends, color=BAND, alpha=0.5, lw=0, zorder=order - 1)
            ax.axvline(result.temperature, color=TRANSITION, linewidth=0.8, zorder=order)
    for _, temperature, dashes in theory_lines(theory):
        if low < temperature < high:
            line = ax.axvline(temperature, color=THEORY, linewidth=1.0, linestyle=dashes, zorder=order)
            line.set_path_effects(halo)
    ax.set_xlim(low, high)


def open_symbols(result: Transition, size: int) -> np.ndarray:
    """Temperatures of the symmetric scan of a size at which some sample has not proved its equilibrium."""
    if size not in result.thermodynamics:
        return np.empty(0)
    temperatures = result.thermodynamics[size].temperature.values
    return temperatures[temperatures < result.lowest.get(size, 0.0)]


def open_planted(result: Transition, size: int) -> np.ndarray:
    """Planting temperatures of a size at which some sample has not proved its equilibrium."""
    failing = {path for path, _ in result.equilibration.failing} | set(result.equilibration.nodes)
    own = [path for path in failing if path.startswith(f"/N{size}/") and "/planted" in path]
    return np.array([float(path.rpartition("/planted")[2]) for path in own])


def expected_temperature(result: Transition) -> float:
    """The transition temperature; while it is undecided the first estimate that is known to a half, else nan."""
    if np.isfinite(result.temperature):
        return float(result.temperature)
    known = (one.value for one in result.estimates if 0 < one.stderr < one.value / 2)
    return float(next(known, np.nan))


def warm(result: Transition, data: xr.Dataset) -> np.ndarray:
    """Rungs to be shown: finite, and not far above the transition, where nothing changes."""
    temperatures = data.temperature.values
    centre = expected_temperature(result)
    centre = centre if np.isfinite(centre) else np.median(temperatures)
    shown = np.flatnonzero(np.isfinite(temperatures) & (temperatures <= 2.5 * centre))
    return shown if shown.size >= 3 else np.flatnonzero(np.isfinite(temperatures))


def overlap_range(variable: str, centres: np.ndarray, densities: np.ndarray, floor: float) -> tuple[float, float]:
    """Limits of an axis of overlaps: [0, 1] for overlaps of gauge images, else as far down as there is anything.

    Parameters
    ----------
    variable : str
        Name of the overlap, as in attribute `variable` of the averages.
    centres : (n_bins,) float64
        Of the bins.
    densities : (..., n_bins) float64
        P(q) of everything that is shown.
    floor : float
        Densities below it do not count.
    """
    if MEASUREMENTS[variable].matched:
        return 0.0, 1.03
    seen = centres[(densities > floor).reshape(-1, len(centres)).any(axis=0)]
    lowest = np.floor(10 * seen.min()) / 10 if seen.size else 0.0
    return float(np.clip(lowest, -1.03, 0.0)), 1.03


def overlap_name(variable: str) -> str:
    """Label of an axis of overlaps."""
    return f"{MEASUREMENTS[variable].label} $q$"


def system(result: Transition, dilution: bool = True) -> str:
    """The glass in a few words, empty where the chains do not say which."""
    keywords = result.glass
    shown = [f"{key} = {keywords[key]}" for key in _catalogue.KEYWORDS if keywords.get(key) is not None]
    if dilution and result.dilution:
        shown.append(f"dilution {described(result)}")
    return f"{keywords['ensemble']} glass, {', '.join(shown)}" if keywords.get("ensemble") else ""


def at_common(result: Transition, size: int, temperature: ArrayLike) -> np.ndarray:
    """Temperatures of a size as they are compared with those of others, at the common dilution of the result."""
    common = getattr(result, "common", None)
    return np.asarray(temperature) if common is None else common.temperature(temperature, size)
