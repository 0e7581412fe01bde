"""What layers do to the dimension of representations, and to their covariances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glassnet import _face
from glassnet.plots import appearance

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["closure", "dimension"]
_face.public(__name__)


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
