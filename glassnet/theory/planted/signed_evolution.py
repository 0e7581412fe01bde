"""Density evolution off the Nishimori line: fields with signs that are not known from their strength.

Couplings are +1 with probability (1 + bias)/2 and the temperature is any. A distribution of a field is kept as two
parts on a grid of abs(H): its even part P(H) + P(-H) and its odd part P(H) - P(-H). Along a path absolute values and
signs multiply separately: the even parts multiply, and so do the odd ones, times the `bias` of the coupling. What falls
between two grid points is shared linearly in tanh^2 (even) or tanh (odd), which leaves overlap and magnetisation
unbiased.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeGuard

import numpy as np
from scipy.optimize import minimize_scalar

from glassnet.theory.paramagnet import log_cosh
from glassnet.theory.planted.density_evolution import DensityEvolution, join, melting_bracket
from glassnet.theory.trees.degrees import RegularTree, Tree

SPACING = 0.03  # of the coarser grid: temperatures to 5e-5, means to 1e-5, energies to 5e-5
LEVELS = (1, 2)  # refinements, to extrapolate the error of d^2
MELTED = 0.02
_FEWEST_STEPS, _MOST_STEPS = 8, 400
_STILL = 1e-10
_MOST_ITERATIONS = 20_000
_DISTANCES = (0.004, 0.008, 0.012, 0.016, 0.020)  # T/T_melt - 1 where the bottleneck above it is measured
_COLDEST = 0.05


@dataclass(frozen=True)
class State:
    """A magnetised state: means of tanh H over the messages' fields and over the weights, mean of tanh^2 H, energy per
    weight, and how much its -beta f exceeds that of the paramagnet."""

    cavity: float
    magnetization: float
    overlap: float
    energy: float
    excess: float


class SignedEvolution(DensityEvolution):
    """The cavity iteration with couplings of mean `bias`; the other parameters as for `DensityEvolution`.

    Distributions are pairs of rows, even and odd part.
    """

    def __init__(self, tree: Tree, beta: float, bias: float, n_steps: int) -> None:
        super().__init__(tree, beta, n_steps)
        self.bias = bias
        self._tanh = np.tanh(self._fields)
        self._thin_odd, *self._odd_tables = self._sharing(odd_share)

    def step(self, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the messages that the fields send, and the fields that these add up to."""
        messages = np.stack(
            [self._path(fields[0], *self._tables), self.bias * self._path(fields[1], *self._odd_tables)]
        )
        messages /= messages[0].sum()
        even, odd = self._sum(messages, self.tree.excess)
        return messages, np.stack([self._thin @ even, self._thin_odd @ odd])

    def trajectory(self) -> Any:
        """Iterate from full polarisation without end: mean tanh H, messages and fields after every step."""
        fields = np.stack([self.polarized()] * 2)
        while True:
            messages, fields = self.step(fields)
            yield float(self._tanh @ fields[1]), messages, fields

    def state(self, messages: np.ndarray, fields: np.ndarray) -> State:
        """Observables of the fields as they are."""
        tree, full = self.tree, self._sum(messages, self.tree.full)
        tanh, alpha = np.tanh(self._sums), tree.mean_degree / tree.p
        angle = join(self._messages[:, None], self._fields[None, :])
        link = messages[1] @ angle @ fields[1] - messages[0] @ log_cosh(angle) @ fields[0]
        excess = log_cosh(self._sums) @ full[0] - tree.mean_degree * (log_cosh(self._messages) @ messages[0])
        return State(
            float(self._tanh @ fields[1]),
            float(tanh @ full[1]),
            float(tanh**2 @ full[0]),
            self._energy(angle, messages, fields),
            float(excess - (tree.p - 1) * alpha * link),
        )

    def _energy(self, angle: Any, messages: np.ndarray, fields: np.ndarray) -> float:
        """-alpha E tanh(beta + s A): A is the field of the path's other factors, tanh(angle) = tanh(beta) tanh A."""
        # tanh(beta +- A) from angle alone: A = atanh(tanh(angle)/tanh(beta)), through ratios that do not cancel.
        bound, ratio = np.exp(-2.0 * self.beta), np.exp(-2.0 * angle)
        other = np.clip((ratio - bound) / (1.0 - bound * ratio), 0.0, 1.0)
        plus = (1.0 - bound * other) / (1.0 + bound * other)
        minus = (other - bound) / (other + bound)
        even, odd = 0.5 * (plus + minus), 0.5 * (plus - minus)
        alpha = self.tree.mean_degree / self.tree.p
        return -alpha * float(messages[0] @ even @ fields[0] + messages[1] @ odd @ fields[1])

    def _sum(self, messages: np.ndarray, generating_function: Callable[..., Any]) -> np.ndarray:
        plus, minus = 0.5 * (messages[0] + messages[1]), 0.5 * (messages[0] - messages[1])
        sums = self._signed_sums(plus, minus, messages[0, 0], generating_function)
        parts = np.stack([sums[: len(self._sums)]] * 2)
        parts[1, 0] = 0.0
        parts[:, 1:] += np.array([[1.0], [-1.0]]) * sums[: -len(self._sums) : -1]
        return parts


@lru_cache(maxsize=4096)
def state(tree: Tree, bias: float, temperature: float) -> State | None:
    """Return the ferromagnetic state at a temperature, None where it has melted."""
    if tree.mean_excess * math.tanh(1.0 / temperature) < 1.0:
        # the mean |tanh| of a field is at most so much times that of the step before
        return None
    if is_scalar(tree, bias):
        return _scalar_state(tree, temperature)
    states = []
    for level in LEVELS:
        evolution = SignedEvolution(tree, 1.0 / temperature, bias, level * n_steps(temperature))
        before = 2.0
        for cavity, messages, fields in islice(evolution.trajectory(), _MOST_ITERATIONS):
            if cavity < MELTED:
                return None
            last = messages, fields
            if before - cavity < _STILL:
                break
            before = cavity
        states.append(evolution.state(*last))
    coarse, fine = ([getattr(one, name) for name in State.__annotations__] for one in states)
    return State(*(f + (f - c) / 3.0 for c, f in zip(coarse, fine, strict=True)))


@lru_cache(maxsize=256)
def melting_temperature(tree: Tree, bias: float) -> float:
    """Return the highest temperature with a ferromagnetic state (p = 2: of the continuous transition); 0.0 if none."""
    if tree.p == 2:
        growth = bias * tree.mean_excess
        return 1.0 / math.atanh(1.0 / growth) if growth > 1.0 else 0.0
    if is_scalar(tree, bias):
        return _scalar_melting(tree)
    rough = _rough_melting(tree, bias)
    if rough == 0.0:
        return 0.0
    coarse, fine = (_melting_on_grid(tree, bias, rough, level * n_steps(rough)) for level in LEVELS)
    return fine + (fine - coarse) / 3.0


def n_steps(temperature: float) -> int:
    """Grid steps of the coarser grid."""
    return min(max(_FEWEST_STEPS, math.ceil(1.0 / (temperature * SPACING))), _MOST_STEPS)


def _bottleneck(evolution: SignedEvolution) -> float | None:
    """Smallest loss of magnetisation per step while the state melts, None if it survives."""
    passed = []
    for cavity, _, _ in evolution.trajectory():
        passed.append(cavity)
        if cavity < MELTED:
            break
        if len(passed) > 1 and passed[-2] - cavity < 1e-8:
            return None
    loss = -np.diff(passed)
    minima = [i for i in range(1, len(loss) - 1) if loss[i - 1] >= loss[i] <= loss[i + 1]]
    if not minima:
        return math.nan
    before, here, after = loss[minima[-1] - 1 : minima[-1] + 2]
    return float(here - (after - before) ** 2 / (8.0 * (before - 2.0 * here + after)))


def _rough_melting(tree: Tree, bias: float) -> float:
    """The melting temperature on a coarse grid, from above; 0.0 if there is none."""

    def survives(temperature: float) -> bool:
        return _bottleneck(SignedEvolution(tree, 1.0 / temperature, bias, n_steps(temperature))) is None

    return melting_bracket(survives, 1.0, 1.5, 1.002, _COLDEST)[1]


def _melting_on_grid(tree: Tree, bias: float, rough: float, steps: int) -> float:
    """The loss at the bottleneck is proportional to T - T_melt: read off where it extrapolates to zero."""
    temperatures = rough * (1.0 + np.array(_DISTANCES))
    loss = [_bottleneck(SignedEvolution(tree, 1.0 / t, bias, steps)) for t in temperatures.tolist()]
    melted = [one for one in loss if one is not None]
    if len(melted) < len(loss):
        return _melting_on_grid(tree, bias, 1.004 * rough, steps)
    return float(np.polynomial.Polynomial.fit(melted, temperatures, 2)(0.0))


def odd_share(below: np.ndarray, above: np.ndarray, values: np.ndarray) -> Any:
    """Linear in tanh: tanh x - tanh y = sinh(x - y)/(cosh x cosh y), without cancellation."""
    return np.sinh(values - below) / np.sinh(above - below) * np.cosh(above) / np.cosh(values)


def is_scalar(tree: Tree, bias: float) -> TypeGuard[RegularTree]:
    """Whether all fields are equal: without disorder, on a regular tree."""
    return bias == 1.0 and isinstance(tree, RegularTree) and tree.survival == 1.0


def _scalar_state(tree: RegularTree, temperature: float) -> State | None:
    others, factors, field = tree.degree - 1, tree.p - 1, math.inf
    before, message = math.inf, 1.0 / temperature
    while abs(before - message) > 1e-15 * message:
        before, field = message, others * message
        message = _along(math.tanh(1.0 / temperature), field, factors)
        if field < MELTED:
            return None
    link = float(join(message, field))
    alpha = tree.degree / tree.p
    x = math.tanh(link)
    path = math.atanh(min(math.tanh(field) ** tree.p, 1.0 - 1e-16))
    full = tree.degree * message
    excess = log_cosh(full) - tree.degree * log_cosh(message) - factors * alpha * math.log1p(x)
    energy = -alpha * math.tanh(1.0 / temperature + path)
    return State(math.tanh(field), math.tanh(full), math.tanh(full) ** 2, energy, float(excess))


def _along(strength: float, field: float, factors: int) -> float:
    """atanh(strength tanh^factors(field)) for strength < 1."""
    return math.atanh(min(strength * math.tanh(field) ** factors, 1.0 - 1e-16))


def _scalar_melting(tree: RegularTree) -> float:
    """Highest T at which some field h solves tanh(h/(k-1)) = tanh(1/T) tanh^(p-1) h."""
    if tree.degree < 3:
        return 0.0

    def strength(field: float) -> float:
        return math.tanh(field / (tree.degree - 1)) / math.tanh(field) ** (tree.p - 1)

    least = minimize_scalar(strength, bounds=(1e-3, 50.0), method="bounded", options={"xatol": 1e-10}).fun
    return 1.0 / math.atanh(least) if least < 1.0 else 0.0
