"""Melting of planted crystals.

Away from its planting temperature a planted state is a crystal and no state of equilibrium: its energy favours it over
the glassy states. It melts well above T_d, at the limit of superheating of that crystal.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.glass import PathGlass
from glassnet.sampling import independent_lanes
from glassnet.statistics.estimate import with_error
from glassnet.statistics.standard_errors import standard_error
from glassnet.studies.melting_temperature import melting_points
from glassnet.studies.planted_relaxation import followed, log_times


@dataclass(frozen=True)
@_face.shown
class Melting:
    """Answer of :func:`melting`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    curves : xarray.Dataset
        `overlap` (temperature, time, instance, replica) with the planted state; `mean` and `stderr` (temperature, time)
        over replicas of the one instance, or over instances where there are several.
    temperature, stderr : float
        Where the overlap at the end of the run crosses 1/2, on the average over instances; nan where one of them does
        not. It is the limit of superheating of these crystals, and not T_d. The error includes half of the distance of
        the temperatures around it, the change over the last factor of 4 in time, and the scatter of instances
        (Student's t). For a single instance it includes the scatter of its replicas instead, and says nothing about
        other crystals, which differ by about 0.03 (3000 / N)^(1/2).
    planted_temperature : float
        The planting temperature of the instances; nan if they do not say it.
    instances : (n_instances,) float64
        Temperature of each.
    """

    curves: xr.Dataset
    temperature: float
    planted_temperature: float
    stderr: float = np.nan
    instances: np.ndarray = field(default_factory=lambda: np.array([]))

    def __str__(self) -> str:
        longest = int(self.curves.time[-1])
        if np.isfinite(self.temperature):
            outcome = f"melts at T = {with_error(self.temperature, self.stderr)} within {longest} sweeps"
        else:
            outcome = f"has no melting point in this range within {longest} sweeps"
        lines = [f"crystal planted at T = {self.planted_temperature:.4g}: {outcome}"]
        count = self.curves.sizes["instance"]
        those = "this one instance, others melt elsewhere" if count == 1 else f"{count} instances"
        lines.append(f"(limit of superheating of {those}; not the dynamical temperature T_d)")
        last = self.curves.isel(time=-1)
        overlaps = map(with_error, last["mean"].values, last["stderr"].values)
        rows = zip(self.curves.temperature.values, overlaps, strict=True)
        return "\n".join([*lines, "", _tables.table({"T": ".4g", f"overlap after {longest} sweeps": "<"}, rows)])

    def plot(self, ax: Any = None) -> Any:
        """Draw the overlap at the end of the run against temperature; see :func:`glassnet.plots.melting`."""
        from glassnet import plots

        return plots.melting(self, ax)


def melting(
    glass: PathGlass | list[PathGlass] | tuple[PathGlass, ...],
    temperatures: ArrayLike,
    sweeps: int = 1000,
    seed: int | None = None,
) -> Melting:
    """Heat planted instances: start on the planted state at each temperature and find where the chains leave it.

    All temperatures run side by side in one block of lanes, without exchange.

    Parameters
    ----------
    glass : PathGlass, or list of PathGlass
        +-J and planted (:func:`glassnet.ensembles.planted`), all at the same temperature. Several instances show how
        much crystals differ; with ``unsatisfied="fixed"`` that is least.
    temperatures : list of floats
        Strictly increasing, > 0, units of |J|; the last may be inf.
    sweeps : int
        >= 16.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    glasses = list(glass) if isinstance(glass, (list, tuple)) else [glass]
    planted_temperature = _planted_together(glasses)
    temperatures = _checks.temperature_ladder("temperatures", temperatures)
    times = log_times(_checks.integer("sweeps", sweeps, minimum=16, most=2**40))
    n_replicas = independent_lanes.per_block(len(temperatures))
    shape = (len(times), len(temperatures), n_replicas)
    overlap = np.empty((len(temperatures), len(times), len(glasses), n_replicas))
    for instance, one in enumerate(glasses):
        own = independent_lanes.instance_seed(seed, instance)
        chains = independent_lanes.Lanes(independent_lanes.gauged(one), np.repeat(temperatures, n_replicas), own)
        overlap[:, :, instance] = followed(chains, times).reshape(shape).swapaxes(0, 1)
    scattered = overlap[:, :, 0] if len(glasses) == 1 else overlap.mean(axis=3)
    curves = xr.Dataset(
        {
            "overlap": (("temperature", "time", "instance", "replica"), overlap),
            "mean": (("temperature", "time"), overlap.mean(axis=(2, 3))),
            "stderr": (("temperature", "time"), standard_error(scattered)),
        },
        coords={"temperature": temperatures, "time": times},
    )
    points, stderr = melting_points(temperatures, times, overlap)
    return Melting(curves, float(points.mean()), planted_temperature, stderr, points)


def _planted_together(glasses: list[PathGlass]) -> float:
    """The temperature at which all were planted; nan if they do not say."""
    if not glasses:
        raise ValueError("glass must be a PathGlass or a list of at least one, got []")
    for one in glasses:
        if not isinstance(one, PathGlass):
            raise TypeError(f"glass must be a PathGlass or a list of them, got {type(one).__name__}")
        if one.planted is None or not one.is_binary:
            raise ValueError(f"glass must be +-J and planted (gn.ensembles.planted), got {one!r}")
    at = [float(one.recipe.get("planted", {}).get("temperature", np.nan)) for one in glasses]
    if len({value for value in at if np.isfinite(value)}) > 1:
        raise ValueError(f"glass must be planted at one temperature, got {sorted(set(at))}")
    return at[0]
