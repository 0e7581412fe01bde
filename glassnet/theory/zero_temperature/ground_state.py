"""The ground state of +-J glasses by one step of replica symmetry breaking at T = 0.

At T = 0 messages are u in {0, +1, -1} and fields integers; within the states of a given energy a message is known by
the probability eta that it does not vanish. States count as exp(-y N e), y = m/T (M. Mezard, G. Parisi,
J. Stat. Phys. 111, 1 (2003)):

    zeta = P(h != 0), h = sum of u over the excess degree, weighted with exp(-y (sum abs(u) - abs(sum u))),
    eta = product of zeta over the p - 1 other weights of a path,
    -y Phi(y) = [ln E exp(-y dE)] - (p - 1) alpha [ln((1 - v) e^y + v e^-y)],    v = (product of p zeta)/2,

with dE = sum abs(u) - abs(sum u) - degree over all paths of a weight. The complexity is y (e - Phi) with
e = d(y Phi)/dy; the ground state is the maximum of Phi, where the complexity vanishes. In a regular glass every weight
has the same zeta and all is exact; otherwise a population of zeta is needed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from glassnet import _checks, _face, _random
from glassnet.statistics.autocorrelation import mean_of_series
from glassnet.statistics.estimate import Estimate, table
from glassnet.statistics.fits import fit_estimates
from glassnet.theory.trees.branching import Branching, branching
from glassnet.theory.trees.degrees import HasTree, Tree
from glassnet.theory.zero_temperature import xorsat

__all__ = ["Energetic", "GroundState", "energetic", "ground_state", "threshold_energy"]
_face.public(__name__)

FEWEST = 500
_MELTED = 1e-3  # mean zeta of a population without states
_STILL = 1e-14
_MOST_STEPS = 10_000
_SETTLING = 50  # iterations of a population at a new y
_AROUND = (0.95, 1.0, 1.05)  # of y*, where a population is measured


@dataclass(frozen=True)
@_face.shown
class Energetic:
    """States of one energy at T = 0.

    Attributes
    ----------
    y : float
        The slope d Sigma/d e, which weights the energy.
    potential : Estimate
        Phi(y) per weight.
    energy : Estimate
        Per weight.
    complexity : Estimate
        Logarithm of their number per weight, in nats.
    """

    y: float
    potential: Estimate
    energy: Estimate
    complexity: Estimate

    def __str__(self) -> str:
        rows = {"potential": self.potential, "energy": self.energy, "complexity": self.complexity}
        return table(f"states at T = 0, y = {self.y:g}", rows)


@dataclass(frozen=True)
@_face.shown
class GroundState:
    """Lowest energy per weight, and the y* where it is found; y* = inf if no path needs to be unsatisfied."""

    energy: Estimate
    y: Estimate

    def __str__(self) -> str:
        title = "ground state" if math.isfinite(self.y.value) else "ground state: all paths satisfied"
        return table(title, {"energy": self.energy, "y*": self.y})


class _Fields:
    """Probabilities zeta of a field, one for all weights or a population."""

    def __init__(self, tree: Branching, members: int, seed: int) -> None:
        self.tree, self.members = tree, 1 if tree.is_alike else members
        key = _random.Seed(seed, f"ground state,members={self.members}")
        self._rng = _random.generator(key, _random.Role.SWEEPS)
        self.zeta = np.ones(self.members)

    def _degrees(self, cumulative: np.ndarray) -> np.ndarray:
        quantiles = (np.arange(self.members) + self._rng.random()) / self.members
        return np.searchsorted(cumulative, quantiles, side="right")

    def _weigh(self, degrees: np.ndarray, y: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """P(h != 0), ln E exp(-y dE) and the mean dE of weights with the given degrees, in increasing order."""
        most = int(degrees[-1])
        sums = np.zeros((2, self.members, 2 * most + 3))  # weight of each sum of u, and times the number of u != 0
        sums[0, :, most + 1] = 1.0
        for k in range(most):
            first = int(np.searchsorted(degrees, k, side="right"))  # weights with more than k paths
            sites = self._rng.integers(self.members, size=(self.tree.n_factors, self.members - first))
            eta = self.zeta[sites].prod(axis=0)[:, None]
            old = sums[:, first:]
            beside = 0.5 * math.exp(-y) * eta * (old[:, :, :-2] + old[:, :, 2:])
            new = (1.0 - eta) * old
            new[:, :, 1:-1] += beside
            new[1, :, 1:-1] += beside[0]
            sums[:, first:] = new
        size = np.abs(np.arange(-most - 1, most + 2))
        sums *= np.exp(y * size)
        total = sums[0].sum(axis=1)
        energy = (sums[1].sum(axis=1) - sums[0] @ size) / total - degrees
        return 1.0 - sums[0, :, most + 1] / total, np.log(total) + y * degrees, energy

    def step(self, y: float) -> float:
        """Iterate once; return the mean zeta."""
        self.zeta = self._weigh(self._degrees(self.tree.excess), y)[0]
        return float(self.zeta.mean())

    def observe(self, y: float) -> tuple[float, float, float]:
        """Phi, energy and complexity as the fields are."""
        _, log_weight, energy = self._weigh(self._degrees(self.tree.full), y)
        sites = self._rng.integers(self.members, size=(self.tree.tree.p, self.members))
        broken = 0.5 * self.zeta[sites].prod(axis=0)
        path = (1.0 - broken) + broken * math.exp(-2.0 * y)
        links = self.tree.n_factors * self.tree.alpha
        potential = -(log_weight.mean() - links * (np.log(path).mean() + y)) / y
        path_energy = (2.0 * broken * math.exp(-2.0 * y) / path - 1.0).mean()
        energy = energy.mean() - links * path_energy
        return potential, energy, y * (energy - potential)

    def solve(self, y: float, iterations: int) -> Energetic | None:
        """Come to rest at y, then average; None if there are no states."""
        before = 2.0
        for i in range(_MOST_STEPS):
            mean = self.step(y)
            if mean < _MELTED:
                self.zeta = np.ones(self.members)
                return None
            if (self.members > 1 and i >= _SETTLING) or abs(before - mean) < _STILL:
                break
            before = mean
        if self.members == 1:
            return Energetic(y, *(Estimate(float(value), 0.0) for value in self.observe(y)))
        series = np.empty((iterations, 3))
        for i in range(iterations):
            self.step(y)
            series[i] = self.observe(y)
        return Energetic(y, *(mean_of_series(column) for column in series.T))


def energetic(
    theory: Tree | HasTree, y: float, *, members: int = 10_000, iterations: int = 100, seed: int = 1
) -> Energetic:
    """Return the states at one y, +-J couplings.

    Parameters
    ----------
    theory : Cavity
        From `glassnet.theory.regular` or `glassnet.theory.poisson`, p >= 3.
    y : float
        > 0, at most 100.
    members, iterations : int
        Size of the population, >= 500, and iterations measured, >= 20; not needed where all weights are alike.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range, or there are no states at this y.
    """
    fields, iterations = _fields(theory, members, iterations, seed)
    y = _checks.real("y", y, minimum=0.0, maximum=100.0, exclusive=True)
    states = fields.solve(y, iterations)
    if states is None:
        raise ValueError(f"y must be one at which there are states, got {y:g}")
    return states


def ground_state(theory: Tree | HasTree, *, members: int = 10_000, iterations: int = 100, seed: int = 1) -> GroundState:
    """Return the ground-state energy of the +-J glass: Phi(y) at its maximum; parameters as for `energetic`.

    Below the threshold of `glassnet.theory.zero_temperature.xorsat` all paths can be satisfied and the energy is
    -alpha, exactly.
    """
    fields, iterations = _fields(theory, members, iterations, seed)
    if xorsat.thinning_thresholds(fields.tree.tree)[1] >= 1.0:
        return GroundState(Estimate(-fields.tree.alpha, 0.0), Estimate(math.inf, 0.0))

    def complexity(y: float) -> float:
        states = fields.solve(y, 20)
        return math.inf if states is None else states.complexity.value

    low = 0.5
    while complexity(2.0 * low) > 0.0:
        low *= 2.0
    if fields.members == 1:
        y = brentq(lambda y: min(complexity(y), 1.0), low, 2.0 * low, xtol=1e-13)
        return GroundState(_solved(fields, y, 1).potential, Estimate(y, 0.0))
    return _ground_state(fields, _bisected(complexity, low, 2.0 * low), iterations)


def threshold_energy(theory: Tree | HasTree) -> float:
    """Return the highest energy of one-step states, at this level of theory where quenches of the glass are stuck; per
    weight, abs(J) = 1.

    Raises
    ------
    TypeError, ValueError
        If the weights are not all alike (`glassnet.theory.regular` without dilution), p < 3, or the ground state is
        not frustrated.
    """
    fields, _ = _fields(theory, FEWEST, 20, 1)
    if fields.members > 1:
        raise ValueError(f"theory must be regular and undiluted, got {fields.tree.tree}")
    ground = ground_state(theory).y.value
    if not math.isfinite(ground):
        raise ValueError(f"theory must have more paths than can be satisfied, got {fields.tree.tree}")

    def energy(y: float) -> float:
        states = fields.solve(y, 1)
        return math.inf if states is None else -states.energy.value

    return -float(minimize_scalar(energy, bounds=(0.1 * ground, ground), method="bounded", options={"xatol": 1e-9}).fun)


def _fields(theory: Tree | HasTree, members: int, iterations: int, seed: int) -> tuple[_Fields, int]:
    tree = branching(theory)
    if tree.tree.p < 3:
        raise ValueError(f"p must be >= 3, got {tree.tree.p}: pairs break replica symmetry at every step")
    members = _checks.integer("members", members, minimum=FEWEST)
    return _Fields(tree, members, seed), _checks.integer("iterations", iterations, minimum=20, most=10**7)


def _solved(fields: _Fields, y: float, iterations: int) -> Energetic:
    """The states at a y where there are some."""
    found = fields.solve(y, iterations)
    if found is None:
        raise ValueError(f"y must be one at which the glass has states, got {y:g}")
    return found


def _bisected(complexity: Callable[[float], float], low: float, high: float) -> float:
    while high > 1.03 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if complexity(middle) > 0.0 else (low, middle)
    return math.sqrt(low * high)


def _ground_state(fields: _Fields, rough: float, iterations: int) -> GroundState:
    """Phi and y where the complexity of a population vanishes, from some y around."""
    y = rough * np.array(_AROUND)
    measured = [_solved(fields, float(one), iterations) for one in y]
    line = fit_estimates([np.ones(len(y)), y - rough], [one.complexity for one in measured])
    shift = line.root()
    # d Phi/dy = Sigma/y^2: how much lower Phi is beside its maximum
    below = 0.5 * line.coefficients[1] * ((y - rough - shift.value) / rough) ** 2
    potentials = [
        Estimate(one.potential.value - drop, one.potential.stderr) for one, drop in zip(measured, below, strict=True)
    ]
    (energy,) = fit_estimates([np.ones(len(y))], potentials).estimates
    return GroundState(energy, Estimate(rough + shift.value, shift.stderr))
