"""What layers do to the dimension of representations and their covariances, and where sampled networks generalise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from glassnet import _checks, _face
from glassnet.plots import appearance
from glassnet.plots.export import Drawing
from glassnet.studies.learned_networks import STARTS

__all__ = ["against_width", "closure", "dimension", "drawings", "error_map", "generalisation"]
_face.public(__name__)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from glassnet.studies import Generalisation

#: width of two columns of a journal, in inches
_TWO_COLUMNS = 7.0
#: fewest values on both axes of a map; with fewer, curves are drawn
_FEWEST = 3
_AXIS = {"alpha": r"paths per weight $\alpha$", "dilution": r"dilution $\delta$"}
_UNITS = {"1": "temperature $T$", "sqrt(alpha)": r"$T / \sqrt{\alpha}$", "alpha": r"$T / \alpha$"}
_MAP = (
    "Test error of networks of widths {widths} at {other}, of single networks and of votes, by the start of their "
    "replicas; 0.5 is chance. Where the starts differ, one of them is not in equilibrium."
)
_WIDTH = (
    "Test error against the inverse width of the first hidden layer at dilution {dilution:g}, with standard errors "
    "over samples. Filled: replicas that started in the Hebb state; open: at random."
)


def dimension(curves: dict[str, tuple[xr.Dataset, xr.Dataset | None]]) -> Figure:
    """D/N and the covariance strength against depth: lines of theory, points of simulation.

    Parameters
    ----------
    curves : dict
        From a label to a pair of datasets, of :func:`glassnet.network.dimension.mean_field` and of
        :func:`glassnet.network.dimension.simulate`, :func:`glassnet.network.dimension.measure` or None.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. (a) D/N. (b) S and, dashed with open symbols, S / K1^2, as multiples of those of the input.

    Raises
    ------
    TypeError
        If `curves` is no dict of pairs.
    """
    for label, pair in curves.items() if isinstance(curves, dict) else [("curves", curves)]:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise TypeError(f"curves must be a dict of pairs (theory, simulation or None), got {label!r}: {type(pair)}")
    with appearance.column(4.4, rows=2) as (figure, (upper, lower)):
        for number, (label, (theory, simulation)) in enumerate(curves.items()):
            colour, marker = appearance.look(number)
            upper.plot(theory.layer, theory.dimension, color=colour)
            lower.plot(theory.layer, _multiple(theory, "covariance_strength")[0], color=colour)
            lower.plot(theory.layer, _multiple(theory, "relative_strength")[0], color=colour, linestyle=(0, (4, 2)))
            style = {"fmt": marker, "color": colour, "linestyle": "none"}
            if simulation is None:
                upper.plot([], [], color=colour, label=label)
                continue
            upper.errorbar(simulation.layer, simulation.dimension, simulation.dimension_stderr, label=label, **style)
            lower.errorbar(simulation.layer, *_multiple(simulation, "covariance_strength"), **style)
            open_symbols = style | {"markerfacecolor": "white"}
            lower.errorbar(simulation.layer, *_multiple(simulation, "relative_strength"), **open_symbols)
        upper.set(ylabel="dimension $D/N$", ylim=(0, None))
        upper.legend()
        lower.plot([], [], color=appearance.THEORY, label="$S$")
        lower.plot([], [], color=appearance.THEORY, linestyle=(0, (4, 2)), label="$S / K_1^2$")
        lower.set(xlabel="layer", ylabel="multiple of the input's", yscale="log")
        lower.legend()
    return figure


def closure(pairs: Sequence[tuple[np.ndarray, np.ndarray]], errors: xr.DataArray) -> Figure:
    """Covariances of the Gaussian closure against those of samples, and its error against depth.

    Parameters
    ----------
    pairs : list of ((n_units, n_units), (n_units, n_units)) arrays
        For each layer, predicted and sampled covariance; off-diagonal entries are shown.
    errors : xarray.DataArray
        Over `width` and `layer`: relative errors of the off-diagonal covariances.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. Arguments are taken as they are: nothing is raised.
    """
    with appearance.column(4.6, rows=2, sharex=False) as (figure, (upper, lower)):
        reach = []
        for layer, (predicted, sampled) in enumerate(pairs, start=1):
            style = _mark(layer - 1) | {"linestyle": "none"}
            pick = np.triu_indices(len(predicted), 1)
            upper.plot(sampled[pick], predicted[pick], markersize=2.4, label=f"layer {layer}", **style)
            reach += [sampled[pick].min(), sampled[pick].max()]
        ends = [min(reach), max(reach)]
        upper.plot(ends, ends, color=appearance.THEORY, linewidth=0.8, zorder=1)
        upper.set(xlabel="sampled covariance", ylabel="Gaussian closure")
        upper.legend()
        for number, width in enumerate(errors.width.values):
            lower.plot(errors.layer, errors.sel(width=width), label=f"$N$ = {width}", **_mark(number))
        lower.set(xlabel="layer", ylabel="relative error", xticks=errors.layer.values, ylim=(0, None))
        lower.legend()
    return figure


def _mark(number: int) -> dict[str, str]:
    """Colour and marker of a curve, as keywords."""
    return dict(zip(("color", "marker"), appearance.look(number), strict=True))


def _multiple(data: xr.Dataset, name: str) -> tuple[xr.DataArray, xr.DataArray | None]:
    """Values of a variable as multiples of that of the input, and their standard errors (None without)."""
    first = float(data[name][0])
    stderr = data.get(f"{name}_stderr")
    return data[name] / first, None if stderr is None else stderr / first


def generalisation(result: Generalisation) -> Figure:
    """Test error of single networks and of votes against temperature, from both starts.

    Parameters
    ----------
    result : glassnet.studies.Generalisation

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. Filled points: single networks; open ones: the largest vote. Circles started in the Hebb state,
        squares at random; where the two differ, one of them is not in equilibrium. It raises
        no errors of its own.
    """
    mean, stderr = result.mean, result.stderr
    largest = int(mean["vote"].values[-1])
    with appearance.column(2.8) as (figure, (ax,)):
        for number, start in enumerate(STARTS):
            colour, marker = appearance.look(number)
            style = {"marker": marker, "color": colour}
            single = mean["test_error"].sel(start=start), stderr["test_error"].sel(start=start)
            ax.errorbar(mean["temperature"], *single, label=f"{start} start", **style)
            votes = (one["vote_test_error"].sel(start=start, vote=largest) for one in (mean, stderr))
            open_symbols = style | {"markerfacecolor": "white", "linestyle": (0, (4, 2))}
            ax.errorbar(mean["temperature"], *votes, label=f"vote of {largest}", **open_symbols)
        ax.axhline(0.5, color="black", linewidth=0.5, zorder=1)
        ax.set(xlabel="temperature $T$", ylabel="test error", ylim=(0, None))
        ax.legend()
    return figure


def drawings(result: Any) -> list[Drawing]:
    """Draw all figures of a study.

    Parameters
    ----------
    result : glassnet.studies.StudiedNetworks

    Returns
    -------
    list of Drawing
        Maps along alpha at the lowest dilution and along the dilution at the largest alpha for every size, and the way
        with the width where there are several. It raises
        no errors of its own.
    """
    found = []
    dilutions, alphas = (result.mean[name].values.tolist() for name in ("dilution", "alpha"))
    for size in result.widths:
        widths = "-".join(map(str, result.widths[size]))
        for along, at in (("alpha", dilutions[0]), ("dilution", alphas[-1])):
            if len(result.mean[along]) > 1 or along == "alpha":
                other = f"{'dilution' if along == 'alpha' else 'alpha'} = {at:g}"
                caption = _MAP.format(widths=widths, other=other)
                found.append(Drawing(f"{along}-N{size}", error_map(result, size, along, at), caption))
    if len(result.widths) > 1:
        figure = against_width(result, dilutions[0])
        found.append(Drawing("width", figure, _WIDTH.format(dilution=dilutions[0])))
    return found


def error_map(result: Any, size: int, along: str, at: float) -> Any:
    """Test error of the networks of one size against temperature and `along`: a map, or curves where values are few.

    Parameters
    ----------
    result : glassnet.studies.StudiedNetworks
    size : int
        Weights before dilution.
    along : {"alpha", "dilution"}
    at : float
        The other of the two.

    Returns
    -------
    matplotlib.figure.Figure
        Two columns wide: on the left networks that started in the Hebb state, on the right those at random; above
        single networks, below the largest vote. Nothing is drawn where no sample is finished.

    Raises
    ------
    ValueError, KeyError
        If `along` is something else, or the result has no such size or value.
    """
    _checks.choice("along", along, tuple(_AXIS))
    place = {"size": size, _other(along): at}
    mean, stderr = result.mean.sel(place), result.stderr.sel(place)
    largest = int(mean["vote"].values[-1])
    panels: dict[str, tuple[str, dict[str, int]]] = {"single networks": ("test_error", {})}
    panels[f"vote of {largest}"] = "vote_test_error", {"vote": largest}
    is_map = min(mean.sizes[along], np.isfinite(mean["temperature"].values).sum()) >= _FEWEST
    draw = _map if is_map else _curves
    with appearance.column(4.6 if is_map else 4.2, width=_TWO_COLUMNS) as (figure, (only,)):
        only.remove()
        axes, mesh = figure.subplots(2, 2, sharex=True, sharey=True), None
        for row, (title, (name, vote)) in zip(axes, panels.items(), strict=True):
            for start, ax in zip(STARTS, row, strict=True):
                chosen = {"start": start} | vote
                mesh = draw(ax, mean[name].sel(chosen), stderr[name].sel(chosen), along)
                ax.set_title(f"{title}, {start} start", loc="left")
        if mesh is not None and is_map:
            figure.colorbar(mesh, ax=axes, label="test error", shrink=0.8)
        for ax in axes[:, 0]:
            ax.set_ylabel(_UNITS[result.unit] if is_map else "test error")
        for ax in axes[1]:
            ax.set_xlabel(_AXIS[along] if is_map else _UNITS[result.unit])
    return figure


def against_width(result: Any, dilution: float) -> Any:
    """Test error against the inverse width of the first hidden layer, at the coldest, a middle and the hottest rung.

    Parameters
    ----------
    result : glassnet.studies.StudiedNetworks
    dilution : float

    Returns
    -------
    matplotlib.figure.Figure
        Two columns wide: a row for each temperature; on the left single networks, on the right the largest vote. A
        colour for each alpha; filled symbols started in the Hebb state, open ones at random.

    Raises
    ------
    KeyError
        If the result has no such dilution.
    """
    mean, stderr = (data.sel(dilution=dilution) for data in (result.mean, result.stderr))
    temperatures = mean["temperature"].values
    chosen = temperatures[sorted({0, len(temperatures) // 2, len(temperatures) - 1})]
    largest = int(mean["vote"].values[-1])
    inverse = [1 / result.widths[size][1] for size in mean["size"].values.tolist()]
    panels: dict[str, dict[str, int]] = {"test_error": {}, "vote_test_error": {"vote": largest}}
    with appearance.column(1.9 * len(chosen) + 0.5, width=_TWO_COLUMNS) as (figure, (only,)):
        only.remove()
        axes = figure.subplots(len(chosen), 2, sharex=True, sharey=True, squeeze=False)
        for row, temperature in zip(axes, chosen, strict=True):
            for ax, (name, vote) in zip(row, panels.items(), strict=True):
                for number, alpha in enumerate(mean["alpha"].values.tolist()):
                    at = {"temperature": temperature, "alpha": alpha} | vote
                    _from_both_starts(ax, inverse, mean[name].sel(at), stderr[name].sel(at), number, f"{alpha:g}")
                ax.axhline(0.5, color="black", linewidth=0.5, zorder=1)
                what = f"vote of {largest}" if vote else "single networks"
                ax.set_title(f"{what}, {_UNITS[result.unit]} = {temperature:g}", loc="left")
            row[0].set_ylabel("test error")
        axes[0, 0].set(ylim=(0, 0.6), xlim=(0, None))
        axes[0, 0].legend(title=r"$\alpha$", ncols=2)
        for ax in axes[-1]:
            ax.set_xlabel("1 / width of the first hidden layer")
    return figure


def _from_both_starts(ax: Any, inverse: list[float], mean: Any, stderr: Any, number: int, label: str) -> None:
    colour, marker = appearance.look(number)
    style: dict[str, Any] = {"color": colour, "marker": marker}
    ax.errorbar(inverse, mean.sel(start=STARTS[0]), stderr.sel(start=STARTS[0]), label=label, **style)
    style |= {"markerfacecolor": "white", "linestyle": (0, (4, 2))}
    ax.errorbar(inverse, mean.sel(start=STARTS[1]), stderr.sel(start=STARTS[1]), **style)


def _other(along: str) -> str:
    return "dilution" if along == "alpha" else "alpha"


def _map(ax: Any, values: xr.DataArray, _: xr.DataArray, along: str) -> Any:
    """Cells, which show no errors, with edges between the values; an infinite temperature is left out."""
    values = values.transpose("temperature", along)
    values = values.isel(temperature=np.isfinite(values["temperature"].values))
    edges = [_edges(values[name].values) for name in (along, "temperature")]
    return ax.pcolormesh(*edges, values.values, vmin=0.0, vmax=0.5, cmap="viridis_r")


def _edges(centres: np.ndarray) -> np.ndarray:
    middles = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[1.5 * centres[0] - 0.5 * centres[1]], middles, [1.5 * centres[-1] - 0.5 * centres[-2]]])


def _curves(ax: Any, values: xr.DataArray, stderr: xr.DataArray, along: str) -> None:
    for number, value in enumerate(values[along].values.tolist()):
        curve = [each.sel({along: value}) for each in (values, stderr)]
        ax.errorbar(values["temperature"], *curve, label=f"{value:g}", **_mark(number))
    ax.set_ylim(0, 0.6)
    ax.legend(title=_AXIS[along].split()[-1])
