"""P(q) against temperature, for one size: as a map, and as ridge lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet.plots import appearance, legends

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr
    from matplotlib.figure import Figure

    from glassnet.analysis.transition import Transition
    from glassnet.theory import Cavity

#: decades of density that the map shows
_DECADES = 4
#: most ridge lines in one figure, and how far a ridge may rise above its base, in spacings
_RIDGES, _HEIGHT = 12, 1.7


def overlap_map(result: Transition, theory: Cavity | None = None, size: int | None = None) -> Figure:
    """P(q) of one size against temperature as a map, in shades of its logarithm.

    Parameters
    ----------
    result : glassnet.Transition
    theory : glassnet.theory.Cavity, optional
        What the lines of theory come from; by default that of the glass of the chains, where there is one.
    size : int, optional
        Number of weights before dilution; by default the largest with symmetric chains.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. Cells reach from halfway to one rung to halfway to the next. Hatched where some sample has
        not proved its equilibrium.

    Raises
    ------
    ValueError
        If the result has no P(q) of that size on at least two finite rungs.
    """
    from matplotlib.colors import LogNorm

    theory = theory if theory is not None else appearance.theory_of(result)
    size, data = _of(result, size)
    data = data.isel(temperature=appearance.warm(result, data))
    temperature, overlap, height = data.temperature.values, data["overlap"].values, data["density"].values
    top = float(height.max())
    floor = top / 10**_DECADES
    with appearance.column(2.5) as (figure, (ax,)):
        half = (overlap[1] - overlap[0]) / 2
        low, high = appearance.overlap_range(data.attrs["variable"], overlap, height, floor)
        kept = (overlap > low) & (overlap < high)
        edges = np.append(overlap[kept] - half, overlap[kept][-1] + half)
        shown = np.ma.masked_less(height[:, kept], floor)
        mesh = ax.pcolormesh(
            _between(temperature), edges, shown.T, norm=LogNorm(floor, top), cmap="cividis_r", edgecolors="face", lw=0.1
        )
        ax.set(xlabel="temperature $T$", ylabel=appearance.overlap_name(data.attrs["variable"]), ylim=(low, high))
        bar = figure.colorbar(mesh, ax=ax, label=f"$P(q)$ at $N = {size}$", pad=0.02)
        # lines, not pixels
        assert bar.solids is not None
        bar.solids.set(rasterized=False, edgecolor="face")
        doubtful = appearance.open_symbols(result, size)
        if doubtful.size:
            cold = _between(temperature)
            end = cold[np.searchsorted(temperature, min(doubtful[-1], temperature[-1])) + 1]
            ax.axvspan(
                cold[0], end, facecolor="none", edgecolor="#777777", hatch="///", lw=0, label="not in equilibrium"
            )
        appearance.mark(result, ax, theory, above=True)
        legends.legend(figure, result, theory, sizes=[])
    return figure


def overlap_ridges(result: Transition, size: int | None = None) -> Figure:
    """P(q) of one size as ridge lines: of up to twelve temperatures, evenly chosen, each scaled to its own maximum.

    Without symmetric chains the overlap with the planted state is shown, at the planting temperatures.

    Parameters
    ----------
    result : glassnet.Transition
    size : int, optional
        Number of weights before dilution; by default the largest.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide; grey lines where some sample has not proved its equilibrium, the thick one is the rung
        nearest to the transition.

    Raises
    ------
    ValueError
        If the result has no P(q) of that size.
    """
    size, data, variable = _rows(result, size)
    temperature, overlap, height = data.temperature.values, data["overlap"].values, data["density"].values
    doubtful = set(appearance.open_symbols(result, size)) if variable != "planted_overlap" else set()
    nearest = np.argmin(np.abs(temperature - result.temperature)) if np.isfinite(result.temperature) else -1
    with appearance.column(0.9 + 0.24 * len(temperature)) as (figure, (ax,)):
        low, high = appearance.overlap_range(variable, overlap, height, 1e-2 * height.max(axis=1).min())
        for row in range(len(temperature))[::-1]:
            curve = row + _HEIGHT * height[row] / height[row].max()
            colour = appearance.BAND if temperature[row] in doubtful else appearance.COLOURS[0]
            ax.fill_between(overlap, row, curve, facecolor="white", alpha=0.8, lw=0, zorder=-row)
            ax.fill_between(overlap, row, curve, facecolor=colour, alpha=0.25, lw=0, zorder=-row)
            ax.plot(overlap, curve, color=colour, linewidth=2.0 if row == nearest else 0.9, zorder=-row)
        ax.set_yticks(range(len(temperature)), [f"{t:#.3g}" for t in temperature])
        ax.tick_params(axis="y", length=0)
        ax.set(
            xlabel=appearance.overlap_name(variable),
            ylabel="temperature $T$",
            xlim=(low, high),
            ylim=(-0.15, len(temperature) - 1 + _HEIGHT + 0.15),
        )
        ax.set_title(f"$P(q)$ at $N = {size}$, each line over its maximum", fontsize=appearance.SMALLEST)
    return figure


def _of(result: Transition, size: int | None) -> tuple[int, xr.Dataset]:
    """The size, the given one or the largest, and the averages of its overlap."""
    sizes = [n for n, data in result.overlaps.items() if np.isfinite(data.temperature.values).sum() >= 2]
    size = max(sizes, default=None) if size is None else size
    if size not in sizes:
        raise ValueError(f"size must be one with P(q) on two finite rungs, {_listed(sizes)}, got {size}")
    return size, result.overlaps[size]


def _rows(result: Transition, size: int | None) -> tuple[int, xr.Dataset, str]:
    """Size, averages on the temperatures that are shown, and which overlap it is."""
    if result.overlaps or not result.planted:
        size, data = _of(result, size)
        data = data.isel(temperature=appearance.warm(result, data))
        variable = data.attrs["variable"]
    else:
        size = max(result.planted) if size is None else size
        if size not in result.planted:
            raise ValueError(f"size must be one of the planted scan, {_listed(result.planted)}, got {size}")
        data, variable = result.planted[size].rename(planted_temperature="temperature"), "planted_overlap"
    # every rung, or every second, third, ...: steps that differ would look like jumps of P(q)
    step = -(-data.sizes["temperature"] // _RIDGES)
    return size, data.isel(temperature=slice(None, None, step)), variable


def _between(temperature: np.ndarray) -> np.ndarray:
    """Edges halfway between rungs; the outermost cells are symmetric about their rung."""
    middle = (temperature[1:] + temperature[:-1]) / 2
    return np.concatenate([[2 * temperature[0] - middle[0]], middle, [2 * temperature[-1] - middle[-1]]])


def _listed(sizes: Iterable[int]) -> str:
    return ", ".join(str(size) for size in sizes) or "of which there is none"
