"""Ground states by linear algebra: whether all paths of a glass can be satisfied at once, and in how many ways.

With w = (-1)^x a path is satisfied, J prod w > 0, if the sum of x along it is 0 or 1 modulo 2 as the sign of J says: a
linear equation over GF(2). If the system has a solution, the lowest energy is -sum abs(J) and 2^(N - rank)
configurations have it; else no configuration does, and the lowest energy is another (hard) question: -sum abs(J) is
then only a bound. Leaf removal reduces the system to the equations of the 2-core, which are solved by dense Gaussian
elimination with bits in words: (core weights)^2 (core paths) / 512 operations on words.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator
from glassnet.glass import PathGlass
from glassnet.kernels import instance
from glassnet.theory.instance.leaf_removal import Core, of_paths


@dataclass(frozen=True, eq=False)
@_face.shown
class GroundStates:
    """The configurations of one glass in which every path is satisfied: an exact oracle for T -> 0.

    There is no figure of it: it is a few numbers, and states that can be drawn at random.

    Attributes
    ----------
    satisfiable : bool
        Whether there are any.
    n_weights, n_paths : int
        Of the glass; paths without coupling are not counted.
    rank : int
        Of the equations, over GF(2).
    bound : float
        -sum abs(J) of the whole glass: no energy lies below, and one is equal only if `satisfiable`.
    core : Core
        What leaf removal left of the equations.
    """

    satisfiable: bool
    n_weights: int
    n_paths: int
    rank: int
    bound: float
    core: Core
    _solver: tuple[Any, ...] = field(repr=False)

    @property
    def energy(self) -> float:
        """Ground-state energy; nan if not all paths can be satisfied: linear algebra knows only `bound` then."""
        return self.bound if self.satisfiable else math.nan

    @property
    def log2_count(self) -> float:
        """Logarithm to base 2 of `count`: N - rank, or -inf if no configuration satisfies all paths."""
        return float(self.n_weights - self.rank) if self.satisfiable else -math.inf

    @property
    def count(self) -> int:
        """Number of configurations that satisfy all paths: 2^(N - rank), or 0."""
        return 2 ** (self.n_weights - self.rank) if self.satisfiable else 0

    @property
    def entropy(self) -> float:
        """Ground-state entropy per weight, in nats; nan, like `energy`, if not all paths can be satisfied."""
        return self.log2_count * math.log(2.0) / self.n_weights if self.satisfiable else math.nan

    def states(self, count: int, seed: int | Seed) -> np.ndarray:
        """Draw ground states, each uniformly among all and independently.

        Parameters
        ----------
        count : int
            >= 1.
        seed : int or Seed

        Returns
        -------
        (count, n_weights) int8

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described, or not all paths can be satisfied.
        """
        count = _checks.integer("count", count, minimum=1)
        _checks.memory(f"count: {_checks.shown(count)} states of {self.n_weights} weights", 12 * count * self.n_weights)
        if not self.satisfiable:
            raise ValueError("states needs a glass whose paths can all be satisfied: this glass has no such state")
        rng = generator(seed, Role.INITIAL)
        paths, signs, rows, pivots = self._solver
        states = rng.choice(np.array([-1, 1], dtype=np.int8), (count, self.n_weights))
        n_columns = len(self.core.weights)
        if n_columns:
            bits = np.zeros((count, 64 * (n_columns // 64 + 1)), dtype=np.uint8)
            bits[:, :n_columns] = states[:, self.core.weights] < 0
            bits[:, n_columns] = 1
            packed = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
            instance.solve(rows, pivots, packed)
            solved = np.unpackbits(packed.view(np.uint8), axis=1, bitorder="little")[:, :n_columns]
            states[:, self.core.weights] = 1 - 2 * solved.astype(np.int8)
        instance.restore(paths, signs, self.core.removed, self.core.leaf, states)
        return states

    def __str__(self) -> str:
        size = f"{self.n_paths} paths through {self.n_weights} weights, rank {self.rank}"
        reduced = f"2-core: {len(self.core.weights)} weights, {len(self.core.paths)} paths"
        if not self.satisfiable:
            unknown = f"not all paths can be satisfied: ground-state energy not known, above the bound {self.bound:g}"
            return f"{unknown}\n{size}\n{reduced}"
        number = f"2^{self.n_weights - self.rank} ground states, entropy {self.entropy:.6f} per weight"
        return f"all paths can be satisfied: ground-state energy {self.energy:g}\n{number}\n{size}\n{reduced}"


def ground_states(glass: PathGlass) -> GroundStates:
    """Decide by Gaussian elimination over GF(2) whether all paths can be satisfied, and count the ways.

    Parameters
    ----------
    glass : PathGlass
        Couplings of any size: only their signs matter, and paths with coupling 0 are left out.

    Raises
    ------
    TypeError, ValueError
        If `glass` is no PathGlass, or its 2-core needs more memory than there is.
    """
    _checks.instance("glass", glass, PathGlass)
    coupled = glass.couplings != 0
    paths = np.ascontiguousarray(glass.paths[coupled])
    signs = np.sign(glass.couplings[coupled]).astype(np.int8)
    core = of_paths(paths, glass.n_weights)
    n_columns = len(core.weights)
    _checks.memory(f"glass with a 2-core of {n_columns} weights", len(core.paths) * 8 * (n_columns // 64 + 2))
    column = np.empty(glass.n_weights, dtype=np.int32)
    column[core.weights] = np.arange(n_columns, dtype=np.int32)
    right = (signs[core.paths] < 0).astype(np.uint64)
    rows, pivots = instance.echelon(column[paths[core.paths]], right, n_columns)
    satisfiable = not rows[len(pivots) :].any()
    rank = len(core.removed) + len(pivots)
    bound = -float(np.abs(glass.couplings).sum())
    solver = (paths, signs, rows[: len(pivots)], pivots) if satisfiable else ()
    return GroundStates(satisfiable, glass.n_weights, len(paths), rank, bound, core, solver)
