"""Restarts of a given glass from its lowest-energy states, which can only refute that a chain is in equilibrium.

A chain from random starts that misses the deep states looks the same as one that found them all. Replicas that start on
the lowest energies known must come to the same averages; if they do not, at least one of the two is not in equilibrium.
Agreement proves nothing: a deeper state may be unknown to both.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from scipy import special

from glassnet import _checks, _face
from glassnet.glass import PathGlass
from glassnet.sampling.tempering import ParallelTempering
from glassnet.statistics import ladder_averages

#: probability that a chain in equilibrium is refuted
FALSE_ALARM = 0.01
#: number of times that configurations are read while the lowest energies are searched for
_LOOKS = 40


@_face.shown
class Refutation(NamedTuple):
    """Result of :func:`restart_from_lowest`.

    `refuted` says whether the two kinds of start disagree, `temperature` the hottest of the rungs `temperatures`
    (n_temperatures,) where they do (nan if none); `lowest` is the lowest energy found, `seen` that of the chain.
    `difference` (n_temperatures,) is the mean energy from the lowest states minus that of the chain, per weight,
    `stderr` its standard error.
    """

    refuted: bool
    temperature: float
    lowest: float
    seen: float
    temperatures: np.ndarray
    difference: np.ndarray
    stderr: np.ndarray

    def plot(self, ax: Any = None) -> Any:
        """Draw the difference of the two kinds of starts against temperature; see :func:`glassnet.plots.refutation`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.refutation(self, ax)

    def __str__(self) -> str:
        depth = f"lowest energy {self.lowest:g}, in the chain {self.seen:g}"
        if self.refuted:
            where = f"up to T = {self.temperature:.4g}"
            return f"refuted: starts from the lowest energies differ from the chain {where}; {depth}"
        return f"not refuted, which is no proof: starts from the lowest energies agree with the chain; {depth}"


def restart_from_lowest(glass: PathGlass, chain: xr.Dataset, *, n_sweeps: int = 10_000, seed: int = 0) -> Refutation:
    """Start a glass from its lowest-energy states and compare with a chain that started elsewhere.

    Parameters
    ----------
    glass : PathGlass
        The glass of the chain.
    chain : xarray.Dataset
        One sample: `energy` (draw, temperature, replica), as a sampler returns it.
    n_sweeps : int
        Sweeps of the search from random starts, of the approach to equilibrium from the states found, and of the
        measurement: take as many as the chain has.
    seed : int
        Of all three.

    Raises
    ------
    TypeError, ValueError
        If `glass` is no PathGlass, the chain has no such energy, or fewer than 40 sweeps are asked for.
    """
    _checks.instance("glass", glass, PathGlass)
    if "energy" not in chain or set(chain["energy"].dims) != {"draw", "temperature", "replica"}:
        raise ValueError("chain must be one sample with energy (draw, temperature, replica)")
    n_sweeps = _checks.integer("n_sweeps", n_sweeps, minimum=_LOOKS)
    temperatures, n_replicas = chain["temperature"].values, chain.sizes["replica"]
    lowest = _lowest_states(glass, temperatures, n_replicas, n_sweeps, seed)
    start = np.broadcast_to(
        lowest[np.arange(n_replicas) % len(lowest)], (len(temperatures), n_replicas, glass.n_weights)
    )
    sampler = ParallelTempering(glass, temperatures, n_replicas, seed=seed + 1, initial=np.ascontiguousarray(start))
    every = max(1, n_sweeps // 200)
    again = sampler.run(n_sweeps // every * every, n_sweeps, every, measure=("energy",))
    # of both chains only the half that is farthest from the start counts
    before = chain["energy"].transpose("draw", "replica", "temperature").values[chain.sizes["draw"] // 2 :]
    after = again["energy"].transpose("draw", "replica", "temperature").values
    (mean, bar), (other, other_bar) = (ladder_averages.mean_with_bar(one.astype(float)) for one in (before, after))
    variances = np.array([bar.stderr, other_bar.stderr]) ** 2
    stderr, difference = np.sqrt(variances.sum(axis=0)), other - mean
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(difference == 0, 0.0, np.abs(difference) / stderr)
        freedom = stderr**4 / (variances**2 / [bar.freedom, other_bar.freedom]).sum(axis=0)
    # nan where neither moves: then the smaller of the two
    freedom = np.where(np.isfinite(freedom), freedom, np.minimum(bar.freedom, other_bar.freedom))
    probability = 2 * special.stdtr(freedom, -deviation) * len(temperatures)
    wrong = np.flatnonzero(probability < FALSE_ALARM)
    hottest = float(temperatures[wrong[-1]]) if wrong.size else np.nan
    depths = float(glass.energy(lowest).min()), float(chain["energy"].min())
    per_weight = difference / glass.n_weights, stderr / glass.n_weights
    return Refutation(bool(wrong.size), hottest, *depths, temperatures, *per_weight)


def _lowest_states(glass: PathGlass, temperatures: np.ndarray, n_replicas: int, n_sweeps: int, seed: int) -> np.ndarray:
    """One configuration of the lowest energy seen by each replica of a search from random starts, lowest first."""
    sampler = ParallelTempering(glass, temperatures, n_replicas, seed=seed)
    best = np.full(n_replicas, np.inf)
    states = np.ones((n_replicas, glass.n_weights), dtype=np.int8)
    for _ in range(_LOOKS):
        sampler.run(0, n_sweeps // _LOOKS, measure=("energy",))
        weights = sampler.weights
        energy = glass.energy(weights)
        coldest = np.argmin(energy, axis=0)
        lowest = energy[coldest, np.arange(n_replicas)]
        better = lowest < best
        best[better], states[better] = lowest[better], weights[coldest, np.arange(n_replicas)][better]
    order = np.argsort(best, kind="stable")
    # only states of the lowest energy: others are no better than random starts
    return states[order[best[order] == best.min()]]
