"""What a population needs to know of an ensemble: how paths branch, and the strengths of the couplings on them.

Only abs(J) is kept: the couplings of a symmetric law, planted or seen from within a state, take their signs from the
fields.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from glassnet import _checks
from glassnet.theory import paramagnet
from glassnet.theory.trees.degrees import HasTree, PoissonTree, RegularTree, Tree

#: a law of couplings: see :func:`strengths`
Law = str | ArrayLike | Callable[[np.ndarray], np.ndarray]

CELLS = 1 << 14  # equally probable values of abs(J) that stand for a continuous law
COLDEST = 0.05  # lowest temperature in units of the mean abs(J): below, fields leave the range of their numbers
_LEAST = 1e-300


def tree_of(theory: Tree | HasTree) -> Tree:
    """Return the tree of a `glassnet.theory.Cavity`, or a tree as it is; TypeError for anything else."""
    tree = getattr(theory, "tree", theory)
    if not isinstance(tree, RegularTree | PoissonTree):
        raise TypeError(f"theory must be made by glassnet.theory.regular or .poisson, got {theory!r}")
    return tree


def strengths(couplings: Law = "binary") -> np.ndarray:
    """Return equally probable values of abs(J).

    Parameters
    ----------
    couplings : {"binary", "gaussian"}, array, or callable
        +-1; N(0, 1); a sample of couplings, taken as it is; or the quantile function of the law (of an array of numbers
        in (0, 1), `scipy.stats.laplace.ppf` say). Laws are taken as symmetric: only absolute values count.

    Returns
    -------
    (n,) float64
        Increasing; n = 1 for +-J, `CELLS` for continuous laws.

    Raises
    ------
    TypeError, ValueError
        If `couplings` is none of these, is empty, not finite, or zero everywhere.
    """
    if isinstance(couplings, str):
        _checks.choice("couplings", couplings, ("binary", "gaussian"))
        return np.ones(1) if couplings == "binary" else _half_gaussian()
    if callable(couplings):
        couplings = couplings((np.arange(CELLS) + 0.5) / CELLS)
    values = np.sort(np.abs(_checks.real_array("couplings", couplings, ndim=1)))
    if values.size == 0 or values[-1] == 0.0:
        raise ValueError("couplings must not be empty or zero everywhere")
    return values


def _half_gaussian() -> np.ndarray:
    """Mean of abs(J) in each of CELLS equally probable cells."""
    edges = -ndtri(0.5 * (1.0 - np.arange(CELLS) / CELLS))
    density = np.append(np.exp(-0.5 * edges**2), 0.0)
    return CELLS * math.sqrt(2.0 / math.pi) * (density[:-1] - density[1:])


@dataclass(frozen=True, eq=False)
class Branching:
    """A tree together with a law of couplings.

    Attributes
    ----------
    tree : RegularTree or PoissonTree
    strengths : (n,) float64
        Equally probable abs(J).
    """

    tree: Tree
    strengths: np.ndarray

    @property
    def n_factors(self) -> int:
        """Fields that enter a message."""
        return self.tree.p - 1

    @property
    def alpha(self) -> float:
        """Paths per weight."""
        return self.tree.mean_degree / self.tree.p

    @cached_property
    def full(self) -> np.ndarray:
        """Probability of at most 0, 1, 2, ... paths; the last entry is inf."""
        return _cumulative(self.tree.full, self.tree.largest_degree)

    @cached_property
    def excess(self) -> np.ndarray:
        """The same of the further paths of a weight found by following one."""
        if self.tree.mean_degree == 0.0:
            return np.array([np.inf])
        return _cumulative(self.tree.excess, self.tree.largest_degree)

    @property
    def is_alike(self) -> bool:
        """Whether all weights of a large glass look alike, in degree and couplings."""
        one_degree = isinstance(self.tree, RegularTree) and self.tree.survival == 1.0
        return one_degree and self.strengths[0] == self.strengths[-1]

    def ratios(self, temperature: float) -> np.ndarray:
        """exp(-2 beta abs(J)) of each coupling."""
        return np.maximum(np.exp(-2.0 / temperature * self.strengths), _LEAST)

    def temperature(self, value: float) -> float:
        """Return a temperature that populations can resolve, or raise TypeError or ValueError."""
        lowest = COLDEST * float(self.strengths.mean())
        return _checks.real("temperature", value, minimum=lowest)

    def paramagnet(self, temperature: float) -> tuple[float, float]:
        """-beta f and energy per weight of the paramagnet."""
        free_energy = paramagnet.free_energy(temperature, self.alpha, self.strengths)
        return float(-free_energy / temperature), float(paramagnet.energy(temperature, self.alpha, self.strengths))

    def zero_entropy_temperature(self) -> float:
        """Where the paramagnet's entropy vanishes, a lower bound of T_K and a fair guess; 0.0 if nowhere."""
        return paramagnet.zero_entropy_temperature(self.alpha, self.strengths)


def branching(theory: Tree | HasTree, couplings: Law = "binary") -> Branching:
    """Check and join an ensemble and a law of couplings; see `tree_of` and `strengths`."""
    return Branching(tree_of(theory), strengths(couplings))


def _cumulative(generating_function: Callable[[Any], Any], largest: int) -> np.ndarray:
    n = largest + 2
    circle = np.exp(-2j * np.pi * np.arange(n) / n)
    probability = np.fft.ifft(generating_function(circle)).real[: largest + 1]
    cumulative = np.cumsum(np.maximum(probability, 0.0))
    cumulative[-1] = np.inf  # rounding must not leave a weight without degree
    return cumulative
