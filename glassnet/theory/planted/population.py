"""Population dynamics of the planted glass (m = 1), for any law of the couplings.

A population of fields stands for their distribution and moves by the cavity equations
(M. Mezard, G. Parisi, Eur. Phys. J. B 20, 217 (2001)): an independent check of the density evolution behind
`glassnet.theory.Cavity`, and the way to couplings other than +-J. A planted glass stands for the symmetric ensemble
between T_K and T_d, where exp(N Sigma) states carry the paramagnet.

Results carry standard errors. A finite population shifts them by O(1/members), which is extrapolated from several
sizes. Above T_d nothing is stationary, and near it a population melts by chance. T_d is therefore not found by looking
which populations melt: the temperature is steered so that the overlap keeps a given value, on both sides of the point
where the state becomes unstable. T_d is the maximum of that temperature as a function of the overlap, which is smooth.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from glassnet import _checks, _face, _random
from glassnet._exclusive import Exclusive
from glassnet.kernels import cavity
from glassnet.statistics.autocorrelation import mean_of_series
from glassnet.statistics.estimate import Estimate, table
from glassnet.statistics.fits import extrapolated_in_size, fit_estimates
from glassnet.theory.trees.branching import Branching, Law, branching
from glassnet.theory.trees.degrees import HasTree, Tree
from glassnet.theory.zero_temperature import xorsat

__all__ = ["Planted", "planted", "static_temperature"]
_face.public(__name__)

SMALLEST = 2_000  # members; a smaller population melts by chance
LARGEST = 100_000_000
MELTED = 0.02  # no state of p >= 3 has a smaller overlap
LOWEST = 0.15  # transitions below this, in units of the mean abs(J), are called none
_BLOCK = 10  # iterations between two looks at whether the population still moves
_MOST_ITERATIONS = 4000


@dataclass(frozen=True)
@_face.shown
class Planted:
    """Thermodynamics of the planted glass at one temperature.

    Attributes
    ----------
    temperature : float
    overlap : Estimate
        q_EA, with the planted state and within one state of the equilibrium; 0 above T_d.
    complexity : Estimate
        Sigma, logarithm of the number of states per weight, in nats.
    free_energy : Estimate
        That of one state, -T (phi_paramagnet - Sigma), per weight.
    energy : float
        Per weight; -alpha [J tanh beta J], exactly.
    members : tuple of int
        Population sizes, the largest first.
    """

    temperature: float
    overlap: Estimate
    complexity: Estimate
    free_energy: Estimate
    energy: float
    members: tuple[int, ...]

    def __str__(self) -> str:
        title = f"planted glass at T = {self.temperature:g}, populations of {' and '.join(map(str, self.members))}"
        if self.overlap.value == 0.0:
            title += ": melted, the paramagnet"
        rows = {"overlap": self.overlap, "complexity": self.complexity}
        return table(title, rows | {"free energy": self.free_energy, "energy": self.energy})


class Fields(Exclusive):
    """Fields (n_sites, members) that are iterated by the cavity equations with random partners.

    `kernel_step` is the function of :mod:`glassnet.kernels.cavity` that does it; `seed` says from which random numbers.
    """

    def __init__(
        self, tree: Branching, n_sites: int, members: int, seed: _random.Seed, kernel_step: Callable[..., float]
    ) -> None:
        super().__init__()
        self.tree, self._kernel_step = tree, kernel_step
        self._rng = _random.words(seed, _random.Role.SWEEPS, 4)
        self._fields, self._next = np.empty((2, n_sites, members))
        self.polarize()

    def polarize(self) -> None:
        """Start from full polarisation, for which every field is infinite."""
        with self.in_use():
            self._fields[:] = 1e-300

    def step(self, temperature: float, *m: float) -> float:
        """Iterate once; return the overlap of the new fields."""
        tree, ratios = self.tree, self.tree.ratios(temperature)
        with self.in_use():
            overlap = self._kernel_step(self._fields, self._next, ratios, tree.excess, tree.n_factors, *m, self._rng)
            self._fields, self._next = self._next, self._fields
        return overlap

    def relax(self, temperature: float, *m: float) -> float:
        """Iterate until the overlap stops falling; see `relaxed`."""
        with self.in_use():
            return relaxed(lambda: self.step(temperature, *m))


class Population(Fields):
    """A population of fields of the planted glass."""

    def __init__(self, tree: Branching, members: int, seed: int) -> None:
        self.members = members
        key = _random.Seed(seed, f"population,members={members}")
        super().__init__(tree, 1, members, key, cavity.planted_step)

    def observe(self, temperature: float) -> tuple[float, float]:
        """Overlap and complexity of the population as it is."""
        tree, ratios = self.tree, self.tree.ratios(temperature)
        with self.in_use():
            overlap, weight, path = cavity.planted_observe(
                self._fields, ratios, tree.full, tree.n_factors, self.members, self._rng
            )
        return overlap, tree.n_factors * tree.alpha * path - weight


def relaxed(step: Callable[[], float]) -> float:
    """Call step() until the overlap it returns stops falling, and as often again; return it, 0.0 if the state melts."""
    before, seen, block = math.inf, 0, np.empty(_BLOCK)
    while seen < _MOST_ITERATIONS:
        block[:] = [step() for _ in range(_BLOCK)]
        seen += _BLOCK
        if block[-1] < MELTED:
            return 0.0
        if before - block.mean() < max(1e-9, block.std()):
            break
        before = block.mean()
    for _ in range(seen):
        overlap = step()
    return overlap if overlap >= MELTED else 0.0


def planted(
    theory: Tree | HasTree,
    temperature: float,
    couplings: Law = "binary",
    *,
    members: int = 50_000,
    iterations: int = 100,
    seed: int = 1,
) -> Planted:
    """Solve the planted glass at one temperature.

    Parameters
    ----------
    theory : Cavity
        From `glassnet.theory.regular` or `glassnet.theory.poisson`; its own couplings are not used.
    temperature : float
        At least 0.05 mean abs(J).
    couplings
        Law of the couplings, see `glassnet.theory.trees.branching.strengths`.
    members : int
        In the larger of the two populations, >= 4 `SMALLEST`; the other has a quarter.
    iterations : int
        Measured of the larger one, >= 50; four times as many of the other.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    tree = branching(theory, couplings)
    temperature = tree.temperature(temperature)
    sizes = _sizes(members)
    iterations = _checks.integer("iterations", iterations, minimum=50, most=10**7)
    exponent, energy = tree.paramagnet(temperature)
    stable, series = [], []
    for size in sizes:
        population = Population(tree, size, seed)
        if population.relax(temperature):
            steps = _series(population, temperature, iterations * members // size)
            if steps[-1, 0] >= MELTED:
                stable.append(size)
                series.append([mean_of_series(column) for column in steps.T])
        if sizes[0] not in stable:  # the small one would melt as well
            break
    if not stable:
        overlap = complexity = Estimate(0.0, 0.0)
    else:
        overlap, complexity = (extrapolated_in_size(stable, list(column)) for column in zip(*series, strict=True))
    free_energy = Estimate(temperature * (complexity.value - exponent), temperature * complexity.stderr)
    return Planted(temperature, overlap, complexity, free_energy, energy, tuple(stable) or sizes)


def static_temperature(
    theory: Tree | HasTree, couplings: Law = "binary", *, members: int = 50_000, iterations: int = 100, seed: int = 1
) -> Estimate:
    """Return T_K, where the complexity vanishes; Estimate(0.0, 0.0) if there is none. Parameters as for `planted`.

    Populations do not resolve one below 0.15 mean abs(J): that counts as none (+-J: `Cavity.static_temperature` does).
    With p = 2 it is the continuous transition, exact.
    """
    tree = branching(theory, couplings)
    _sizes(members)
    if tree.tree.p == 2:
        return Estimate(continuous_temperature(tree), 0.0)
    if xorsat.thinning_thresholds(present_paths(tree))[1] >= 1.0:
        return Estimate(0.0, 0.0)
    unit = float(tree.strengths.mean())
    rough = _rough_zero(Population(tree, SMALLEST * 4, seed), unit)
    if rough < LOWEST * unit:
        return Estimate(0.0, 0.0)
    temperatures = rough * np.array([0.985, 0.995, 1.005])  # off the centre: T_d may be close above
    keywords = {"members": members, "iterations": iterations, "seed": seed}
    measured = [planted(theory, t, couplings, **keywords).complexity for t in temperatures.tolist()]
    shift = fit_estimates([np.ones(3), temperatures - rough], measured).root()
    return Estimate(rough + shift.value, shift.stderr)


def continuous_temperature(tree: Branching) -> float:
    """Return T_c of p = 2, where (mean excess degree) [tanh^2 beta J] = 1; 0.0 if the tree does not percolate."""
    if tree.tree.mean_excess * np.count_nonzero(tree.strengths) / len(tree.strengths) <= 1.0:
        return 0.0

    def excess(log_temperature: float) -> float:
        growth = np.tanh(tree.strengths * math.exp(-log_temperature)) ** 2
        return tree.tree.mean_excess * float(growth.mean()) - 1.0

    unit = math.log(float(tree.strengths.max()))
    return math.exp(brentq(excess, unit - 20.0, unit + 20.0, xtol=1e-14))


def _sizes(members: int) -> tuple[int, int]:
    members = _checks.integer("members", members, minimum=4 * SMALLEST, maximum=LARGEST)
    return members, members // 4


def present_paths(tree: Branching) -> Any:
    """The tree without the paths whose coupling is zero."""
    present = np.count_nonzero(tree.strengths) / len(tree.strengths)
    return tree.tree.thinned(present)


def _series(population: Population, temperature: float, iterations: int) -> np.ndarray:
    """Overlap and complexity after each of some iterations, (iterations, 2)."""
    measured = np.empty((iterations, 2))
    for i in range(iterations):
        population.step(temperature)
        measured[i] = population.observe(temperature)
    return measured


def _rough_zero(population: Population, unit: float) -> float:
    """T_K to a few tenths of a percent, from one small population."""

    def complexity(temperature: float) -> Any:
        population.polarize()
        if not population.relax(temperature):
            return math.inf
        return _series(population, temperature, 20)[:, 1].mean()

    low = high = unit
    below = above = complexity(unit)
    while above <= 0.0:
        low, below, high = high, above, 1.3 * high
        above = complexity(high)
    while below > 0.0:
        high, above, low = low, below, low / 1.3
        if low < LOWEST * unit:
            return 0.0
        below = complexity(low)
    while high > 1.03 * low or above == math.inf:
        middle = math.sqrt(low * high)
        value = complexity(middle)
        if value > 0.0:
            high, above = middle, value
        else:
            low, below = middle, value
    return low - below * (high - low) / (above - below)
