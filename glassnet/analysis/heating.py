"""Melting of one planted crystal.

Away from its planting temperature a planted state is no state of equilibrium but a crystal, favoured over the glassy
states by its energy. Heated, it melts well above T_d: the limit of superheating of that crystal.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from glassnet import _checks
from glassnet.analysis.dynamics import LOST, followed, log_times
from glassnet.analysis.evidence import number
from glassnet.analysis.shown import Shown
from glassnet.glass import PathGlass
from glassnet.sampling import lanes


@dataclass(frozen=True)
class Melting(Shown):
    """Answer of :func:`melting`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    curves : xarray.Dataset
        `overlap` (temperature, time, replica) with the planted state; `mean` and `stderr` (temperature, time) over
        replicas of the one instance.
    temperature : float
        Where the overlap at the end of the run crosses 1/2; nan where it does not. It is the limit of superheating
        of this crystal, on the time scale of the run, and not T_d.
    planted_temperature : float
        Where the instance was planted; nan if it does not say.
    """

    curves: xr.Dataset
    temperature: float
    planted_temperature: float

    def __str__(self) -> str:
        longest = int(self.curves.time[-1])
        if np.isfinite(self.temperature):
            found = f"melts at T = {self.temperature:.3g} within {longest} sweeps"
        else:
            found = f"has no melting point in this range within {longest} sweeps"
        lines = [f"crystal planted at T = {self.planted_temperature:.4g}: {found}"]
        lines.append("(limit of superheating of this one instance; not the dynamical temperature T_d)")
        lines += ["", f"{'T':>7}  overlap after {longest} sweeps"]
        last = self.curves.isel(time=-1)
        for temperature, mean, stderr in zip(
            self.curves.temperature.values, last["mean"].values, last["stderr"].values, strict=True
        ):
            lines.append(f"{temperature:7.4g}  {number(mean, stderr)}")
        return "\n".join(lines)

    def plot(self, ax=None):
        """Draw the overlap at the end of the run against temperature; see :func:`glassnet.plots.melting`."""
        from glassnet import plots

        return plots.melting(self, ax)


def melting(glass, temperatures, sweeps=1000, seed=None) -> Melting:
    """Heat one planted instance: start on its planted state at each temperature and see where it is left.

    All temperatures run side by side in one block of lanes, without exchange.

    Parameters
    ----------
    glass : PathGlass
        +-J and planted (:func:`glassnet.ensembles.planted`).
    temperatures : list of floats
        Strictly increasing, > 0; the last may be inf.
    sweeps : int
        >= 16.
    seed : int

    Returns
    -------
    Melting

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    if not isinstance(glass, PathGlass):
        raise TypeError(f"glass must be a PathGlass, got {type(glass).__name__}")
    if glass.planted is None or not glass.is_binary:
        raise ValueError(f"glass must be +-J and planted (gn.ensembles.planted), got {glass!r}")
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    times = log_times(_checks.integer("sweeps", sweeps, minimum=16))
    n_replicas = lanes.per_block(len(temperatures))
    chains = lanes.Lanes(lanes.gauged(glass), np.repeat(temperatures, n_replicas), lanes.instance_seed(seed, 0))
    overlap = followed(chains, times).reshape(len(times), len(temperatures), n_replicas).swapaxes(0, 1)
    mean = overlap.mean(axis=2)
    curves = xr.Dataset(
        {
            "overlap": (("temperature", "time", "replica"), overlap),
            "mean": (("temperature", "time"), mean),
            "stderr": (("temperature", "time"), overlap.std(axis=2, ddof=1) / np.sqrt(n_replicas)),
        },
        coords={"temperature": temperatures, "time": times},
    )
    left = mean[:, -1] >= LOST
    point = np.nan
    if left[0] and not left.all():
        after = int(np.argmin(left))
        share = (mean[after - 1, -1] - LOST) / (mean[after - 1, -1] - mean[after, -1])
        point = float(temperatures[after - 1] + share * (temperatures[after] - temperatures[after - 1]))
    return Melting(curves, point, float(glass.recipe.get("planted", {}).get("temperature", np.nan)))
