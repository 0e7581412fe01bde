"""The tree an ensemble looks like around a weight: degrees, and the distributions of fields that they generate.

A weight on a randomly chosen path has its `excess` other paths; a randomly chosen weight has its `full` number of
paths. Both enter the cavity equations through their generating functions only.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.special import pdtrc


@dataclass(frozen=True)
class RegularTree:
    """Every weight in `degree` paths, of which a fraction `survival` is left by dilution (binomial degrees)."""

    p: int
    degree: int
    survival: float = 1.0

    def __str__(self) -> str:
        left = f" thinned to {self.mean_degree:g}" if self.survival < 1.0 else ""
        return f"regular, p = {self.p}, degree {self.degree}{left}"

    @property
    def reference(self) -> "RegularTree":
        """The tree whose thinnings are all trees of this kind."""
        return RegularTree(self.p, self.degree)

    @property
    def mean_degree(self) -> float:
        """Mean number of paths per weight."""
        return self.degree * self.survival

    @property
    def mean_excess(self) -> float:
        """Mean number of further paths of a weight found by following a path."""
        return (self.degree - 1) * self.survival

    @property
    def largest_degree(self) -> int:
        """No weight has more paths than this."""
        return self.degree

    def full(self, transform: Any) -> Any:
        """Generating function of the degree, at a number or at each entry of an array."""
        return (1.0 - self.survival + self.survival * transform) ** self.degree

    def excess(self, transform: Any) -> Any:
        """Generating function of the excess degree, at a number or at each entry of an array."""
        return (1.0 - self.survival + self.survival * transform) ** (self.degree - 1)

    def thinning(self, free: float) -> float:
        """Fraction of the paths to keep for x = 1 - `free` to solve the T = 0 equation of
        `glassnet.theory.zero_temperature.xorsat`."""
        return -math.expm1(math.log(free) / (self.degree - 1)) / (1.0 - free) ** (self.p - 1) / self.survival

    def thinned(self, kept: float) -> "RegularTree":
        """Return the tree in which a random fraction `kept` of the paths is left."""
        return RegularTree(self.p, self.degree, self.survival * kept)


@dataclass(frozen=True)
class PoissonTree:
    """Poisson degrees of the given mean: the limit of `poisson`, `layered` and equally wide `walks`, diluted or not."""

    p: int
    mean_degree: float

    def __str__(self) -> str:
        return f"poisson, p = {self.p}, alpha {self.mean_degree / self.p:g}"

    @property
    def reference(self) -> "PoissonTree":
        """One tree whose thinnings and thickenings are all trees of this kind."""
        return PoissonTree(self.p, float(self.p))

    @property
    def mean_excess(self) -> float:
        """Mean number of further paths of a weight found by following a path."""
        return self.mean_degree

    @property
    def largest_degree(self) -> int:
        """A weight has more paths than this with probability below 1e-14."""
        mean, bound = self.mean_degree, math.log(1e14)
        enough = math.ceil(mean + bound / 3 + math.sqrt(bound * bound / 9 + 2 * bound * mean))  # Bernstein's inequality
        degrees = np.arange(math.floor(mean), enough + 1)
        return int(degrees[np.argmax(pdtrc(degrees, mean) < 1e-14)])

    def full(self, transform: Any) -> Any:
        """Generating function of the degree, at a number or at each entry of an array."""
        return np.exp(self.mean_degree * (transform - 1.0))

    def excess(self, transform: Any) -> Any:
        """Generating function of the excess degree (for Poisson degrees the same as that of the degree)."""
        return self.full(transform)

    def thinning(self, free: float) -> float:
        """Fraction of the paths to keep for x = 1 - `free` to solve the T = 0 equation of
        `glassnet.theory.zero_temperature.xorsat`."""
        return -math.log(free) / (1.0 - free) ** (self.p - 1) / self.mean_degree

    def thinned(self, kept: float) -> "PoissonTree":
        """Return the tree in which a random fraction `kept` of the paths is left."""
        return PoissonTree(self.p, self.mean_degree * kept)


Tree = RegularTree | PoissonTree


class HasTree(Protocol):
    """What is solved on a tree and has it as an attribute, as :class:`glassnet.theory.Cavity` has."""

    @property
    def tree(self) -> Tree:
        """Degrees after dilution."""
        ...
