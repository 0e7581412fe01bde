"""The glass states that carry the paramagnet's free energy: overlap, complexity, and the two temperatures they define.

Going down, states appear with an overlap at once (p >= 3) at the dynamic temperature T_d, and become too few to carry
the free energy at the static temperature T_K, where their complexity vanishes. With p = 2 both coincide and the
overlap grows from zero.

Everything is computed at two grid spacings and extrapolated with their error d^2. To keep that smooth at the
square-root singularity at T_d, the two are compared at the same T/T_d, each with the T_d of its own spacing.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from glassnet.theory import paramagnet
from glassnet.theory.planted.density_evolution import DensityEvolution, melting_bracket
from glassnet.theory.trees.degrees import Tree
from glassnet.theory.zero_temperature import xorsat
from glassnet.theory.zero_temperature.low_temperature import CONTINUED, ColdLine

FROZEN = 0.05  # below, exp(-2/T) is no more than rounding
SPACING = 0.05  # of the coarser grid, at T_d
LEVELS = (1, 2)  # refinements of the grid
DISTANCES = (0.004, 0.008, 0.012, 0.016, 0.020)  # T/T_d - 1 where the bottleneck above T_d is measured
_MOST_STEPS = 1 << 11  # where the grid gets coarser than this, 1 - tanh(beta) is zero anyway
_JUST_ABOVE = 1.0 + 1e-9  # a density of paths, in units of a threshold, that is not below it by rounding
_MELTED = 0.02  # no state has a smaller overlap, p >= 3
_SURVIVED = 1e-8  # loss of overlap per step far below any bottleneck at DISTANCES


@dataclass(frozen=True)
class State:
    """Overlap and complexity (nats per weight) of the planted state; zero in the paramagnet."""

    overlap: float = 0.0
    complexity: float = 0.0


@dataclass(frozen=True)
class Onset:
    """Where states appear: the dynamic temperature (0.0 if nowhere) and the state there.

    `n_steps` and `stride` define the coarser grid at this temperature; `on_grid` is T_d on each of LEVELS.
    """

    temperature: float = 0.0
    state: State = State()
    n_steps: int = 0
    stride: int = 1
    on_grid: tuple[float, ...] = ()


@lru_cache(maxsize=256)
def onset(tree: Tree) -> Onset:
    """Return the dynamic transition of the tree."""
    if tree.p == 2:
        temperature = continuous_temperature(tree)
        return Onset(temperature, State(), *_grid(temperature, SPACING), (temperature,) * len(LEVELS))
    density = 1.0 / xorsat.thinning_thresholds(tree)[0]
    if density <= 1.0:
        return Onset()
    if density < 1.0 + CONTINUED:
        line = cold_line(tree.reference, False)
        return Onset(line.temperature(density), _frozen(line.tree.thinned(_JUST_ABOVE)))
    rough = _rough_onset(tree)
    n_steps, stride = _grid(rough, SPACING)
    saddles = np.array([saddle(tree, rough, n_steps * level, stride) for level in LEVELS])
    temperature, overlap, complexity = _extrapolate(saddles).tolist()
    return Onset(temperature, State(overlap, complexity), n_steps, stride, tuple(saddles[:, 0].tolist()))


@lru_cache(maxsize=4096)
def state(tree: Tree, temperature: float) -> State:
    """Return the state at a temperature: the fixed point reached from full polarisation."""
    top = onset(tree)
    if temperature > top.temperature or not math.isfinite(temperature):
        return State()
    if top.n_steps == 0:
        # temperature acts like the loss of the paths that would bring the transition there
        line = cold_line(tree.reference, False)
        density = 1.0 / xorsat.thinning_thresholds(tree)[0] / (1.0 + line.excess(temperature))
        return _frozen(line.tree.thinned(max(density, _JUST_ABOVE)))
    if temperature < FROZEN and tree.p > 2:
        return _frozen(tree)
    distance = 1.0 - temperature / top.temperature
    edge = 2e-3 if tree.p == 2 else 5e-4
    inside = _inside(tree, top, max(distance, edge))
    if distance >= edge:
        return inside
    # The iteration becomes too slow, but the leading powers of the distance are known.
    powers = (1, 3) if tree.p == 2 else (0.5, 1)
    share = distance / edge
    return State(
        top.state.overlap + (inside.overlap - top.state.overlap) * share ** powers[0],
        top.state.complexity + (inside.complexity - top.state.complexity) * share ** powers[1],
    )


@lru_cache(maxsize=256)
def static_temperature(tree: Tree) -> float:
    """Return T_K, where the complexity vanishes (p = 2: the continuous transition); 0.0 if it stays positive."""
    top = onset(tree).temperature
    if tree.p == 2 or top == 0.0:
        return top
    density = 1.0 / xorsat.thinning_thresholds(tree)[1]
    if density < 1.0 + CONTINUED:
        return cold_line(tree.reference, True).temperature(density) if density > 1.0 else 0.0
    # Below the zero of the paramagnet's entropy the complexity is negative, for a state's entropy is not.
    low = 0.98 * paramagnet.zero_entropy_temperature(tree.mean_degree / tree.p) or 0.9 * top
    while state(tree, low).complexity >= 0.0:
        low *= 0.9
    return brentq(lambda temperature: state(tree, temperature).complexity, low, top, xtol=1e-8)


def continuous_temperature(tree: Tree) -> float:
    """Return T_c of p = 2, where (mean excess degree) tanh^2(1/T_c) = 1; 0.0 if the tree does not percolate."""
    return 1.0 / math.atanh(tree.mean_excess**-0.5) if tree.mean_excess > 1.0 else 0.0


def _grid(temperature: float, spacing: float) -> tuple[int, int]:
    """Grid steps up to u = 1/temperature, and the stride that brings their spacing back to the one asked for."""
    if temperature == 0.0:
        return 0, 1
    n_steps = max(4, math.ceil(1.0 / (temperature * spacing)))
    return n_steps, max(1, int(n_steps * temperature * spacing))


def _extrapolate(levels: np.ndarray) -> np.ndarray:
    """Remove an error quadratic in the spacing from the rows of the two LEVELS, of which the second has half of it."""
    coarse, fine = levels
    return fine + (fine - coarse) / 3.0


@lru_cache(maxsize=256)
def cold_line(tree: Tree, static: bool) -> ColdLine:
    """Temperatures close to T = 0 against the density of paths: of T_K if `static`, else of T_d."""
    return ColdLine(tree, static, static_temperature if static else lambda denser: onset(denser).temperature)


def _frozen(tree: Tree) -> State:
    """The planted state at T = 0."""
    message = xorsat.frozen_fraction(tree) ** (tree.p - 1)
    return State(1.0 - tree.full(1.0 - message), xorsat.complexity(tree))


@lru_cache(maxsize=256)
def _inside(tree: Tree, top: Onset, distance: float) -> State:
    """The state at T = (1 - distance) T_d."""
    n_steps = min(round(top.n_steps / (1.0 - distance)), _MOST_STEPS)
    fixed_points = []
    for level, on_grid in zip(LEVELS, top.on_grid, strict=True):
        beta = 1.0 / ((1.0 - distance) * on_grid)
        fixed_points.append(_fixed_point(DensityEvolution(tree, beta, n_steps * level, top.stride)))
    overlap, complexity = _extrapolate(np.array(fixed_points)).tolist()
    return State(min(overlap, 1.0), complexity)


def _fixed_point(evolution: DensityEvolution) -> tuple[float, float]:
    """Overlap and complexity where the iteration from full polarisation ends."""
    before = 1.0
    for cavity_overlap, messages, fields in evolution.trajectory():
        if before - cavity_overlap < 1e-10:
            return evolution.overlap(messages), evolution.complexity(messages, fields)
        before = cavity_overlap
    raise RuntimeError("the iteration of the cavity equations ended before its fixed point")


def _rough_onset(tree: Tree) -> float:
    """T_d on a coarse grid to 0.2 %, from above."""

    def survives(temperature: float) -> bool:
        return _bottleneck(DensityEvolution(tree, 1.0 / temperature, *_grid(temperature, 2 * SPACING))) is None

    return melting_bracket(survives, 1.0, 1.5, 1.002)[1]


def saddle(tree: Tree, rough: float, n_steps: int, stride: int) -> tuple[float, float, float]:
    """T_d, overlap and complexity at T_d on one grid.

    Just above T_d the iteration squeezes through a bottleneck; its smallest loss of overlap per step is proportional
    to T - T_d. Temperature, overlap and complexity are read off where that loss extrapolates to zero.
    """
    temperatures = rough * (1.0 + np.array(DISTANCES))
    passed = [_bottleneck(DensityEvolution(tree, 1.0 / temperature, n_steps, stride)) for temperature in temperatures]
    if None in passed:  # T_d lies higher on this grid than on the rough one
        return saddle(tree, 1.004 * rough, n_steps, stride)
    loss, overlap, complexity = np.array(passed).T
    at, overlap, complexity = (
        np.polynomial.Polynomial.fit(loss, y, 2)(0.0) for y in (temperatures, overlap, complexity)
    )
    return at, overlap, complexity


def _bottleneck(evolution: DensityEvolution) -> tuple[float, float, float] | None:
    """Smallest loss of overlap per step, and overlap and complexity there; None if the state survives."""
    overlaps = [1.0]
    #: after step 1, 2, ...
    visited: list[tuple[np.ndarray, np.ndarray]] = []
    for cavity_overlap, messages, fields in evolution.trajectory():
        overlaps.append(cavity_overlap)
        visited.append((messages, fields))
        if cavity_overlap < _MELTED:
            break
        if overlaps[-2] - cavity_overlap < _SURVIVED:
            return None
    loss = -np.diff(overlaps)
    minima = [i for i in range(1, len(loss) - 1) if loss[i - 1] >= loss[i] <= loss[i + 1]]
    if not minima:  # melted at once: far above T_d
        return math.nan, math.nan, math.nan
    middle = minima[-1]  # an earlier one belongs to the transient
    bend = loss[middle - 1] - 2 * loss[middle] + loss[middle + 1]
    slope = (loss[middle + 1] - loss[middle - 1]) / 2.0
    where = -slope / bend
    smallest = loss[middle] + slope * where / 2.0
    # Step i leads from overlap i to i + 1: the minimum lies at the half-integer place middle + 1/2 + where.
    around = visited[middle - 1 : middle + 2]
    observed = [(evolution.overlap(messages), evolution.complexity(messages, fields)) for messages, fields in around]
    overlap, complexity = (_parabola(values, where - 0.5) for values in np.array(observed).T)
    return float(smallest), overlap, complexity


def _parabola(values: np.ndarray, x: float) -> float:
    """Value at x of the parabola through the values at -1, 0, 1."""
    before, here, after = values
    return here + (after - before) / 2.0 * x + (before - 2.0 * here + after) / 2.0 * x * x
