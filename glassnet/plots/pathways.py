"""How parallel pathways share what a network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet import _face
from glassnet.plots import appearance

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["trajectories"]
_face.public(__name__)


def trajectories(theory: xr.Dataset, simulation: xr.Dataset | None = None) -> Figure:
    """Strength of every pathway in every mode against time: lines of theory, points of gradient descent.

    Parameters
    ----------
    theory : xarray.Dataset
        Of :func:`glassnet.network.pathways.exact_dynamics.trajectories`.
    simulation : xarray.Dataset, optional
        `history` of :func:`glassnet.network.pathways.gradient_descent`.

    Returns
    -------
    matplotlib.figure.Figure
        One column wide. Grey: what is to be learned in each mode.

    Raises
    ------
    TypeError
        If an argument is no such dataset, a whole `Descent` for example.
    """
    for name, data in (("theory", theory), ("simulation", simulation)):
        if data is not None and "strength" not in getattr(data, "data_vars", ()):
            raise TypeError(f"{name} must be a dataset with `strength` (the history of a descent), got {type(data)}")
    with appearance.column(2.6) as (figure, (ax,)):
        for goal in theory.target.values:
            ax.axhline(goal, color=appearance.BAND, linewidth=0.6, zorder=1)
        for a, depth in enumerate(theory.depth.values):
            colour, marker = appearance.look(a)
            lines = ax.plot(theory.time, theory.strength.isel(pathway=a), color=colour, zorder=3)
            lines[0].set_label(f"pathway {a + 1}, D = {depth}")
            if simulation is not None:
                points = simulation.strength.isel(pathway=a)
                ax.plot(simulation.time, points, marker, color=colour, markerfacecolor="white", markersize=3, zorder=2)
        ax.set(xlabel="time", ylabel=r"strength $\Omega$", xlim=(0, theory.time.values[-1]))
        ax.legend(loc="center right")
    return figure
