"""Chains that walk along one branch of a first-order transition, rung by rung, and what they record.

Many lanes (replicas) go side by side, without exchange between temperatures: a lane that leaves its branch does not
spoil the colder or the warmer rungs behind it, and lanes are independent, which gives errors. The next rung is placed
by the scatter that the last one had, :data:`STEP` standard deviations away in what is conjugate to it.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from glassnet._random import Seed
from glassnet.glass import PathGlass
from glassnet.sampling.metropolis import Metropolis

#: neighbouring rungs are so many standard deviations of the energy apart, in units of the temperature
STEP = 2.0
#: largest step in the field, and in the inverse temperature as a share of it where the scatter is small
_LARGEST_FIELD, _LARGEST_SHARE = 0.7, 0.1
#: mean number of weights against the field on the first rung of a field
_FEW = 0.5
#: sweeps between two draws, an odd number: a free weight in a weak field turns in nearly every sweep, back and forth
EVERY = 5
#: most rungs of one branch
_MOST = 2000


class Record(NamedTuple):
    """What one branch recorded on its rungs.

    Attributes
    ----------
    conjugate : (n_rungs,) float64
        Inverse temperatures, or fields.
    values : (n_rungs, n_draws, n_lanes) float64
        Total energies; in a field -sum_i w_i w*_i.
    weights : (n_lanes, n_weights) int8
        At the end of the last rung.
    """

    conjugate: np.ndarray
    values: np.ndarray
    weights: np.ndarray


class Walk:
    """The lanes of one branch.

    Parameters
    ----------
    glass : PathGlass
        Planted state +1 everywhere: the ordered state.
    n_lanes : int
    sweeps : int
        On every rung, >= 20; the first half of them is not recorded.
    seed : Seed
    """

    def __init__(self, glass: PathGlass, n_lanes: int, sweeps: int, seed: Seed) -> None:
        self.glass, self.n_lanes, self.seed = glass, n_lanes, seed
        self.n_draws = sweeps // 2 // EVERY
        self.settling = sweeps - self.n_draws * EVERY
        self._rungs = 0

    def rung(self, temperature: float, start: np.ndarray | None, field: float = 0.0) -> tuple[np.ndarray, ...]:
        """Run one rung: energies and sums of weights, (n_draws, n_lanes) each, and the weights at its end."""
        self._rungs += 1
        if self._rungs > _MOST:
            raise ValueError(f"temperatures need more than {_MOST} rungs on one branch, which is more than makes sense")
        seed = Seed(self.seed.value, f"{self.seed.key},rung={self._rungs}")
        initial = None if start is None else np.broadcast_to(start, (1, self.n_lanes, self.glass.n_weights))
        chain = Metropolis(self.glass, temperature, self.n_lanes, seed, initial, field or None)
        run = chain.run(self.n_draws * EVERY, self.settling, EVERY, ("energy", "planted_overlap"))
        aligned = np.rint(run["planted_overlap"].values[:, 0] * self.glass.n_weights)
        return run["energy"].values[:, 0].astype(np.float64), aligned, chain.weights[0]

    def release(self, temperature: float) -> tuple[Record, np.ndarray]:
        """Let the ordered state go: from a field that holds it to none; and the energies (n_draws, n_lanes) there."""
        field, start = holding_field(self.glass, temperature), np.ones(self.glass.n_weights, dtype=np.int8)
        fields, values = [], []
        while True:
            energy, aligned, start = self.rung(temperature, start, field)
            fields.append(field)
            values.append(-aligned)
            if not field:
                return Record(np.array(fields), np.array(values), start), energy
            field -= min(STEP / max(float(aligned.std()), 1e-9), _LARGEST_FIELD)
            field = field if field > 0.02 else 0.0

    def go(self, betas: tuple[float, float], start: np.ndarray | None, first: np.ndarray | None = None) -> Record:
        """Walk from one inverse temperature to another.

        Parameters
        ----------
        betas : tuple (from, to)
        start : (n_lanes, n_weights) of +-1, optional
            By default at random.
        first : (n_draws, n_lanes) float64, optional
            Energies on the first rung, where they are known already; `start` is then the end of that rung.
        """
        beta, end = betas
        towards = 1.0 if end > beta else -1.0
        visited, values = [], []
        while True:
            if first is None:
                energy, _, start = self.rung(1.0 / beta if beta else np.inf, start)
            else:
                energy, first = first, None
            visited.append(beta)
            values.append(energy)
            if beta == end:
                return Record(np.array(visited), np.array(values), np.asarray(start))
            step = STEP / max(_scatter(energy), 1e-9)
            if beta:
                step = min(step, _LARGEST_SHARE * beta)
            left = abs(end - beta)
            # no last step that is much shorter than the others
            beta = end if step >= left else beta + towards * (left / 2 if 2 * step > left else step)


def holding_field(glass: PathGlass, temperature: float) -> float:
    """The field K in which about half a weight on the average points against the ordered state +1 everywhere.

    0.0 where the couplings alone hold it so well. Parameters as for :class:`Walk`.
    """
    against = np.bincount(glass.paths.ravel(), np.repeat(glass.couplings, glass.p), glass.n_weights) * 2 / temperature

    def excess(field: float) -> float:
        return float(expit(-2.0 * field - against).sum()) - _FEW

    if excess(0.0) <= 0.0:
        return 0.0
    highest = float(np.log(2.0 * glass.n_weights) / 2.0 - min(against.min(), 0.0) / 2.0)
    return float(brentq(excess, 0.0, highest + 1.0, xtol=1e-6))


def _scatter(energy: np.ndarray) -> float:
    """Standard deviation of the energies (n_draws, n_lanes) of one state; lanes in another state count little."""
    means = energy.mean(axis=0)
    apart = 1.4826 * float(np.median(np.abs(means - np.median(means))))
    return float(np.sqrt(np.median(energy.var(axis=0, ddof=1)) + apart**2))


def without_free_weights(glass: PathGlass) -> tuple[PathGlass, int]:
    """The glass without the weights that lie on no path, and their number."""
    free = np.flatnonzero(glass.degrees == 0)
    return (glass.without(free, {"free": len(free)}) if free.size else glass), len(free)


def symmetries(glass: PathGlass) -> list[np.ndarray]:
    """Sets of weights that can be turned together without a change of any energy, one for each generator of the group.

    Hidden units of networks, with all weights into and out of them; in layered glasses two layers; for even p all
    weights. Accidental symmetries of a few weights are not among them: chains find their images by themselves.
    """
    if glass.widths is not None and glass.edges is not None:
        sets = []
        for layer in range(1, len(glass.widths) - 1):
            for unit in range(glass.widths[layer]):
                into = (glass.layer == layer - 1) & (glass.edges[:, 1] == unit)
                out = (glass.layer == layer) & (glass.edges[:, 0] == unit)
                sets.append(np.flatnonzero(into | out))
        return [members for members in sets if members.size]
    if glass.has_layers:
        return [np.flatnonzero((glass.layer == 0) | (glass.layer == layer)) for layer in range(1, glass.p)]
    return [np.arange(glass.n_weights)] if glass.p % 2 == 0 else []


def turned(weights: np.ndarray, sets: list[np.ndarray]) -> float:
    """Share of the lanes (n_lanes, n_weights), +1 in the ordered state, that have turned a set of weights, on the
    average over sets; 0.0 without any."""
    return float(np.mean([(weights[:, members].sum(axis=1, dtype=np.int64) < 0) for members in sets])) if sets else 0.0
