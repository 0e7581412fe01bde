"""T_d of a population: the temperature is steered so that the overlap keeps a given value.

At a given overlap q of the fields there is one temperature T(q) at which an iteration leaves it as it is. Along the
stable states T(q) rises as q falls, up to T_d, and falls again along the unstable branch at smaller q: T_d is the
maximum of a smooth curve, and no population has to stay stable. A controller with a proportional and an integral term
keeps q constant; the mean temperature that it needs is T(q).
"""

import math

import numpy as np

from glassnet import _checks, _face
from glassnet.statistics.autocorrelation import mean_of_series
from glassnet.statistics.estimate import Estimate
from glassnet.statistics.fits import extrapolated_in_size, fit_estimates
from glassnet.theory.planted.density_evolution import melting_bracket
from glassnet.theory.planted.population import (
    LARGEST,
    LOWEST,
    MELTED,
    SMALLEST,
    Population,
    continuous_temperature,
    present_paths,
)
from glassnet.theory.trees.branching import Law, branching
from glassnet.theory.trees.degrees import HasTree, Tree
from glassnet.theory.zero_temperature import xorsat

__all__ = ["dynamic_temperature"]
_face.public(__name__)

_SCOUT = 20_000  # members of the population that looks for the overlap of the maximum
_STEP = 0.02  # of the overlap, going down the curve
_SPAN = (-0.08, -0.04, 0.0, 0.04, 0.08)  # overlaps where the curve is measured, from its maximum, times 1 - q^2
_SETTLING = 30  # iterations before the temperature is recorded at each overlap
_RANGE = 0.05  # relative distance from its start that the temperature may be steered to


class Steered:
    """A population held at a given overlap by its temperature.

    Parameters
    ----------
    population : Population
        Relaxed at `temperature`.
    temperature : float
    """

    def __init__(self, population: Population, temperature: float) -> None:
        self.population, self.temperature = population, temperature
        self._range = ((1 - _RANGE) * temperature, (1 + _RANGE) * temperature)
        self._overlap = population.step(temperature)
        pair = [population.step(factor * temperature) for factor in (0.98, 1.02)]
        self._gain = 0.04 * temperature / max(pair[0] - pair[1], 1e-3)  # of temperature, per overlap

    def series(self, overlap: float, iterations: int) -> np.ndarray:
        """Temperatures of some iterations at an overlap."""
        steered = np.empty(iterations)
        for i in range(iterations):
            error = self._overlap - overlap
            self.temperature = self._within(self.temperature + 0.1 * self._gain * error)
            steered[i] = self._within(self.temperature + 0.7 * self._gain * error)
            self._overlap = self.population.step(steered[i])
        return steered

    def _within(self, temperature: float) -> float:
        return min(max(temperature, self._range[0]), self._range[1])


def dynamic_temperature(
    theory: Tree | HasTree, couplings: Law = "binary", *, members: int = 32_000, iterations: int = 500, seed: int = 1
) -> Estimate:
    """Return T_d, below which states carry the equilibrium; Estimate(0.0, 0.0) if there is none.

    Populations do not resolve one below 0.15 mean abs(J): that counts as none (+-J: `Cavity.dynamic_temperature` does).
    With p = 2 it is the continuous transition, exact.

    Parameters
    ----------
    theory : Cavity
        From `glassnet.theory.regular` or `glassnet.theory.poisson`; its own couplings are not used.
    couplings
        Law of the couplings, see `glassnet.theory.trees.branching.strengths`.
    members : int
        In the largest of three populations, >= 16 `SMALLEST`; the others have a quarter and a sixteenth.
    iterations : int
        Measured of the largest one at each of five overlaps, >= 50; in proportion more of the others.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    tree = branching(theory, couplings)
    members = _checks.integer("members", members, minimum=16 * SMALLEST, maximum=LARGEST)
    iterations = _checks.integer("iterations", iterations, minimum=50, most=10**7)
    if tree.tree.p == 2:
        return Estimate(continuous_temperature(tree), 0.0)
    if xorsat.thinning_thresholds(present_paths(tree))[0] >= 1.0:
        return Estimate(0.0, 0.0)
    start = _surviving(Population(tree, _SCOUT, seed), float(tree.strengths.mean()))
    if start == 0.0:
        return Estimate(0.0, 0.0)
    top = _scout(Population(tree, _SCOUT, seed), start)
    sizes = (members, members // 4, members // 16)
    maxima = [_maximum(Population(tree, size, seed), start, top, iterations * members // size) for size in sizes]
    return extrapolated_in_size(sizes, maxima)


def _surviving(population: Population, unit: float) -> float:
    """A temperature 1 % to 2 % below where the state melts; 0.0 if it does so at all that are looked at."""

    def survives(temperature: float) -> bool:
        population.polarize()
        return population.relax(temperature) >= MELTED

    return 0.99 * melting_bracket(survives, unit, 1.3, 1.01, LOWEST * unit)[0]


def _scout(population: Population, start: float) -> float:
    """Go down the curve T(q) until it bends over; return the overlap of its maximum."""
    overlap = population.relax(start)
    steered, overlaps = Steered(population, start), []
    curve: list[float] = []
    while len(curve) - np.argmax(curve or [0.0]) < 4 and overlap > 2 * _STEP:
        steered.series(overlap, _SETTLING)
        overlaps.append(overlap)
        curve.append(steered.series(overlap, 4 * _SETTLING).mean())
        overlap -= _STEP * (1.0 - overlap * overlap) / 0.36
    near = slice(max(0, int(np.argmax(curve)) - 3), None)
    bend = np.polynomial.Polynomial.fit(overlaps[near], curve[near], 2)
    peak = bend.deriv().roots()[0] if bend.convert().coef[2] < 0 else overlaps[int(np.argmax(curve))]
    return float(np.clip(peak, min(overlaps), max(overlaps)))


def _maximum(population: Population, start: float, top: float, iterations: int) -> Estimate:
    """T_d of one population: the maximum of a parabola through T(q) around its place."""
    overlap = population.relax(start)
    steered = Steered(population, start)
    targets = top + (1.0 - top * top) * np.array(_SPAN[::-1])
    while overlap > targets[0] + _STEP:
        overlap -= _STEP
        steered.series(overlap, _SETTLING)
    curve = []
    for target in targets:
        steered.series(target, 3 * _SETTLING)
        curve.append(mean_of_series(steered.series(target, iterations)))
    distance = targets - top
    (level, slope, bend), covariance, *_ = fit_estimates([distance**0, distance, distance**2], curve)
    if bend >= 0.0:
        return Estimate(float(level), math.sqrt(covariance[0, 0]))
    shift = -slope / (2.0 * bend)
    gradient = np.array([1.0, shift, shift * shift])
    return Estimate(float(level + slope * shift / 2.0), math.sqrt(gradient @ covariance @ gradient))
