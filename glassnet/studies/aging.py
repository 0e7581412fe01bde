"""Aging: how a glass quenched from a random start forgets the configuration it had after a waiting time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.glass import PathGlass
from glassnet.sampling import Metropolis
from glassnet.statistics.estimate import with_error


@dataclass(frozen=True)
@_face.shown
class Aging:
    """Answer of :func:`aging`; ``str()`` is a table, :meth:`plot` a figure.

    Attributes
    ----------
    correlation : xarray.Dataset
        `correlation` (waiting_time, time, replica), C(t_w, t_w + t) = (1/N) sum_i w_i(t_w) w_i(t_w + t); `mean` and
        `stderr` (waiting_time, time) over replicas of the one glass; `energy` (waiting_time), per weight at t_w.
    temperature : float
    """

    correlation: xr.Dataset
    temperature: float

    def __str__(self) -> str:
        data = self.correlation
        times = data.time.values
        shown = np.unique(np.linspace(0, len(times) - 1, 5).astype(int))
        title = f"C(t_w, t_w + t) at T = {self.temperature:.4g}, {data.sizes['replica']} replicas of one glass"
        columns = {"t_w": "", "energy": ".4f"} | {f"t = {times[k]}": "" for k in shown}
        rows = []
        for row, wait in enumerate(data.waiting_time.values):
            here = data.isel(waiting_time=row)
            cells = (with_error(float(here["mean"][k]), float(here["stderr"][k])) for k in shown)
            rows.append([wait, float(here["energy"]), *cells])
        return f"{title}\n\n{_tables.table(columns, rows)}"

    def plot(self, ax: Any = None) -> Any:
        """Draw C(t_w, t_w + t) against t, one curve for every waiting time; see :func:`glassnet.plots.aging`."""
        from glassnet import plots

        return plots.aging(self, ax)


def aging(
    glass: PathGlass,
    temperature: float,
    waiting_times: ArrayLike,
    times: ArrayLike,
    seed: int | None = None,
    n_replicas: int = 64,
) -> Aging:
    """Correlation C(t_w, t_w + t) of a glass brought from a random start to one temperature at time 0.

    In equilibrium it does not depend on t_w; below T_d it decays the more slowly the longer the system waited.

    Parameters
    ----------
    glass : PathGlass
    temperature : float
        > 0, inf allowed (k_B = 1, |J| = 1).
    waiting_times : list of ints
        t_w in sweeps, >= 0, strictly increasing.
    times : list of ints
        t in sweeps, >= 0, strictly increasing.
    seed : int
    n_replicas : int
        >= 2; of a +-J glass 512 cost as much as 1. The error bar is that of the replicas and does not include
        differences between glasses, which are small at N = 10^4 and more.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    n_replicas = _checks.integer("n_replicas", n_replicas, minimum=2)
    waiting_times, times = _increasing("waiting_times", waiting_times), _increasing("times", times)
    chain = Metropolis(glass, temperature, n_replicas, seed)
    correlation = np.full((len(waiting_times), len(times), n_replicas), np.nan)
    energy = np.empty(len(waiting_times))
    kept, now = {}, 0
    for stop in np.unique(np.concatenate([waiting_times, np.add.outer(waiting_times, times).ravel()])):
        chain.run(0, thermalization=int(stop - now))
        now = stop
        weights = chain.weights[0]
        for row in np.flatnonzero(waiting_times == stop):
            energy[row] = glass.energy(weights).mean() / glass.n_weights
            kept[row] = weights
        for row, column in np.argwhere(np.add.outer(waiting_times, times) == stop):
            correlation[row, column] = np.einsum("ri,ri->r", kept[row], weights, dtype=np.int64) / glass.n_weights
        # a configuration is last needed at the longest time after it
        kept = {row: old for row, old in kept.items() if waiting_times[row] + times[-1] > stop}
    data = xr.Dataset(
        {
            "correlation": (("waiting_time", "time", "replica"), correlation),
            "mean": (("waiting_time", "time"), correlation.mean(axis=2)),
            "stderr": (("waiting_time", "time"), correlation.std(axis=2, ddof=1) / np.sqrt(n_replicas)),
            "energy": (("waiting_time",), energy),
        },
        coords={"waiting_time": waiting_times, "time": times},
        attrs={"n_weights": glass.n_weights},
    )
    return Aging(data, float(temperature))


def _increasing(name: str, value: ArrayLike) -> np.ndarray:
    array = _checks.integer_array(name, value, ndim=1)
    if not array.size or (np.diff(array) <= 0).any():
        raise ValueError(f"{name} must be whole numbers of sweeps that increase strictly, got {np.asarray(value)}")
    return array.astype(np.int64)
