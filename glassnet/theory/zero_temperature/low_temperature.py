"""Transitions close to zero temperature, where the density of paths is hardly above its XORSAT threshold.

At low T the planted glass is a XORSAT problem in which a share exp(-2/T) of the paths is violated. Its transitions
need a density of paths above the threshold at T = 0 (`glassnet.theory.zero_temperature.xorsat`) by a fraction

    g(T) = G(1/T) exp(-2/T),

G a polynomial to good accuracy: growing linearly for T_K (energy over T enters the complexity), quadratically for T_d
(frozen messages get lost over chains whose length grows with 1/T). G is taken through three densities at which the
transition is solved for directly, and continued to those closer to the threshold.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from glassnet.theory.trees.degrees import Tree
from glassnet.theory.zero_temperature import xorsat

#: fractions above the threshold at which G is measured: T = 0.16 to 0.25
EXCESS = (1e-4, 6e-4, 4e-3)
#: transitions are continued below this fraction; the first of EXCESS is solved for directly, however it is rounded
CONTINUED = 0.9e-4
#: closer to the threshold than this rounding decides
_SMALLEST = 1e-12


class ColdLine:
    """The density of paths at which a transition happens at low temperature, in units of its threshold at T = 0.

    Parameters
    ----------
    tree : RegularTree or PoissonTree
        Any tree of the ensemble.
    static : bool
        Whether it is T_K, else T_d.
    transition : callable(tree) -> float
        Solves for the temperature of the transition directly.
    """

    def __init__(self, tree: Tree, static: bool, transition: Callable[[Tree], float]):
        #: the tree in which the transition is at T = 0
        self.tree = tree.reference.thinned(xorsat.thinning_thresholds(tree.reference)[static])
        excess = np.array(EXCESS)
        beta = 1.0 / np.array([transition(self.tree.thinned(1.0 + g)) for g in EXCESS])
        self._coefficient = np.polynomial.Polynomial.fit(beta, excess * np.exp(2.0 * beta), 2)

    def excess(self, temperature: float) -> float:
        """Return g, the fraction of paths above the threshold at which the transition is at `temperature`."""
        return float(self._coefficient(1.0 / temperature) * np.exp(-2.0 / temperature))

    def temperature(self, density: float) -> float:
        """Return the temperature of the transition at a density in units of the threshold; 0.0 at and below it."""
        g = density - 1.0
        if g < _SMALLEST:
            return 0.0
        return 1.0 / brentq(lambda beta: self.excess(1.0 / beta) - g, 3.0, 25.0, xtol=1e-10)
