"""Zero temperature: the +-J glass without frustration is a random XORSAT problem, solved by counting.

A cavity message is frozen or free. With x the probability that a weight is frozen by its other paths,

    x = 1 - excess(1 - x^(p-1)),    Sigma_0 / ln 2 = 1 - full(1 - x^(p-1)) - c x^(p-1) + (p-1) alpha x^p,

where full and excess are the generating functions of the degree and the excess degree and c its mean. A solution
x > 0 appears at alpha_d: planted states exist down to T = 0, T_d > 0. Their number per weight, exp(N Sigma_0), falls
with the density of paths and reaches one at alpha_s, where the 2-core has as many paths as weights: T_K > 0 beyond.
S. Cocco, O. Dubois, J. Mandler, R. Monasson, Phys. Rev. Lett. 90, 047205 (2003);
M. Mezard, F. Ricci-Tersenghi, R. Zecchina, J. Stat. Phys. 111, 505 (2003).

Everything here is for p >= 3: with p = 2 the solution appears continuously, as a giant component.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from scipy.optimize import brentq, minimize_scalar

from glassnet import _checks, _face, _tables
from glassnet.theory.trees.degrees import PoissonTree, Tree

__all__ = ["ZeroTemperature", "zero_temperature"]
_face.public(__name__)

_SMALLEST = -700.0  # the least ln(1 - x) that a float can hold
_ROUNDING = 1e-9


@dataclass(frozen=True)
@_face.shown
class ZeroTemperature:
    """What an ensemble without violated paths looks like at T = 0; N -> infinity, per weight.

    Attributes
    ----------
    alpha : float
        Paths per weight, after dilution.
    alpha_d, alpha_s : float
        The same where T_d and T_K vanish when paths are taken away at random; inf if they always have.
    delta_d, delta_s : float
        The dilution of the whole ensemble where they vanish; 0.0 if they always have.
    frozen : float
        Probability x that a weight is frozen by its other paths; 0.0 below alpha_d.
    core_weights, core_paths : float
        Size of the 2-core, see `glassnet.theory.leaf_removal`.
    complexity : float
        Logarithm of the number of frozen states, nats: positive between alpha_d and alpha_s; negative beyond, where a
        typical glass has no state without violated paths.
    """

    alpha: float
    alpha_d: float
    alpha_s: float
    delta_d: float
    delta_s: float
    frozen: float
    core_weights: float
    core_paths: float
    complexity: float

    def __str__(self) -> str:
        lines = [f"T = 0, alpha {self.alpha:g}: {self._phase()}"]
        points = [("dynamic", self.alpha_d, self.delta_d), ("static", self.alpha_s, self.delta_s)]
        rows = [point if math.isfinite(point[1]) else (point[0], "none") for point in points]
        lines.append(_tables.table({"": "<", "alpha": ".6f", "dilution": ".6f"}, rows))
        lines.append(f"2-core {self.core_weights:.6f} weights, {self.core_paths:.6f} paths")
        lines.append(f"complexity {self.complexity:z.6f} = {self.complexity / math.log(2.0):z.6f} ln 2")
        return "\n".join(lines)

    def _phase(self) -> str:
        if self.alpha <= self.alpha_d:
            return "nothing freezes"
        return "frozen states, all paths satisfied" if self.alpha <= self.alpha_s else "frustrated"


def path_thresholds(p: int) -> tuple[float, float]:
    """Return (alpha_d, alpha_s), the paths per weight where Poisson ensembles freeze and become unsatisfiable.

    Raises
    ------
    ValueError
        If p < 3.
    """
    p = _checks.integer("p", p, minimum=3, most=10**6)
    return thinning_thresholds(PoissonTree(p, float(p)))


def dilution_thresholds(tree: Tree) -> tuple[float, float]:
    """Return (delta_d, delta_s), the fractions of connections to remove until T_d and T_K vanish; 0.0 if they have."""
    return tuple(1.0 - min(kept, 1.0) ** (1.0 / (tree.p - 1)) for kept in thinning_thresholds(tree))


@lru_cache(maxsize=256)
def thinning_thresholds(tree: Tree) -> tuple[float, float]:
    """Return the densities of paths, in units of the tree's own, where T_d and T_K vanish; inf if they always have."""
    if tree.mean_excess == 0.0:
        return math.inf, math.inf
    onset = _onset(tree)
    dynamic = tree.thinning(math.exp(onset))
    # The complexity falls from the onset to x = 1, where a regular tree needs degree > p to make it negative.
    if _complexity(_SMALLEST, tree) >= -_ROUNDING:
        return dynamic, math.inf
    return dynamic, tree.thinning(math.exp(brentq(_complexity, _SMALLEST, onset, args=(tree,), xtol=1e-13)))


def frozen_fraction(tree: Tree) -> float:
    """Return the largest solution x of the cavity equation, 0.0 where weights freeze nowhere."""
    if thinning_thresholds(tree)[0] >= 1.0:
        return 0.0
    if tree.thinning(math.exp(_SMALLEST)) <= 1.0:
        return 1.0
    return -math.expm1(brentq(lambda log_free: tree.thinning(math.exp(log_free)) - 1.0, _SMALLEST, _onset(tree)))


def complexity(tree: Tree) -> float:
    """Return Sigma_0, the logarithm of the number of frozen states per weight (nats); 0.0 where nothing freezes."""
    return math.log(2.0) * _sigma(tree, frozen_fraction(tree))


def core(tree: Tree) -> tuple[float, float]:
    """Return the size of the 2-core that leaf removal leaves: weights and paths per weight."""
    x, mean = frozen_fraction(tree), tree.mean_degree
    message = x ** (tree.p - 1)
    # a weight of the core has at least two paths that lead on into it
    none, one = tree.full(1.0 - message), mean * message * tree.excess(1.0 - message)
    return 1.0 - none - one, mean / tree.p * x**tree.p


def zero_temperature(tree: Tree, dilution: float = 0.0) -> ZeroTemperature:
    """Return thresholds, core and complexity of a tree that dilution has left.

    Raises
    ------
    ValueError
        If p = 2: states grow continuously there, from the percolation threshold on.
    """
    if tree.p == 2:
        raise ValueError("p must be >= 3 for frozen states at T = 0, got 2")
    alpha, kept = tree.mean_degree / tree.p, thinning_thresholds(tree)
    whole = (1.0 - dilution) ** (tree.p - 1)
    deltas = (1.0 - min(whole * share, 1.0) ** (1.0 / (tree.p - 1)) for share in kept)
    dynamic, static = (alpha * share for share in kept)
    first, second = deltas
    return ZeroTemperature(alpha, dynamic, static, first, second, frozen_fraction(tree), *core(tree), complexity(tree))


def _onset(tree: Tree) -> float:
    """ln(1 - x) where the solution appears when paths are added."""
    keywords = {"bounds": (_SMALLEST, -1e-3), "method": "bounded", "options": {"xatol": 1e-9}}
    return float(minimize_scalar(lambda log_free: tree.thinning(math.exp(log_free)), **keywords).x)


def _complexity(log_free: float, tree: Tree) -> float:
    """Sigma_0 / ln 2 on the tree thinned so far that x solves its equation."""
    free = math.exp(log_free)
    return _sigma(tree.thinned(tree.thinning(free)), 1.0 - free)


def _sigma(tree: Tree, frozen: float) -> float:
    message, mean = frozen ** (tree.p - 1), tree.mean_degree
    return 1.0 - tree.full(1.0 - message) - mean * message + (tree.p - 1) / tree.p * mean * message * frozen
