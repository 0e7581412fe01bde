"""Lines of constant entropy of the paramagnet in the plane of dilution and temperature.

The paramagnet's bound, the line on which its entropy vanishes, is one of them. A glass transition nearly follows them:
at T_K the paramagnet has the entropy of one glass state, which changes slowly, so that T_K falls with dilution like the
isentrope through it. In the cavity method T_K falls faster by a factor of 1.00 to 1.10 for p = 3, 4 and 5 (regular and
Poisson, alpha from 4/3 to 2), up to 1.17 in the last tenth of dilution before T_K ends; T_c of p = 2 with couplings +-1
or Gaussian by 1.02 to 1.19 (Poisson, alpha from 1 to 4, up to dilution 0.2). The ordered phase of a ferromagnet has an
entropy that changes fast: T_c of p = 2 falls 2.0 to 2.3 times as fast, that of p = 3, degree 4, 2.8 times.
"""

import numpy as np

from glassnet.analysis.averages.paramagnet import ChainParamagnet
from glassnet.analysis.nodes import Node, interacting, paths_per_weight

#: temperatures, in units of the couplings, between which entropies are tabulated; steps of 0.2 per cent
_GRID = np.geomspace(0.02, 200.0, 4600)
#: a line is followed down to this entropy per weight above the least entropy of the paramagnet
_ABOVE_LEAST = 0.05


class Isentropes:
    """Lines of constant entropy of the glasses of a node of any dilution; `unit` is the size of the couplings.

    Raises
    ------
    ValueError
        If the chains do not hold the paths per weight or the law of the couplings.
    """

    def __init__(self, node: Node, unit: float = 1.0):
        self._node, self._unit = node, unit
        if not np.isfinite(self._entropy(0.0)).all():
            raise ValueError(f"{node.path} must tell alpha, p and the law of its couplings")

    def shift(self, temperature, dilution: float, other: float) -> np.ndarray:
        """By how much the isentrope through a temperature at one dilution lies higher at another one.

        Where the entropy is negative, or near the least entropy of the glasses, temperatures move in proportion to the
        lowest line on which it is neither. They stay positive, and inf stays as it is. The shift is nan where there is
        no such line, because so few paths are left that the entropy is near its least value at all temperatures.
        """
        temperature = np.asarray(temperature, dtype=np.float64)
        here, there = self._entropy(dilution), self._entropy(other)
        level = max(0.0, here[0] + _ABOVE_LEAST, there[0] + _ABOVE_LEAST)
        highest = min(here[-1], there[-1])
        if level >= highest:
            return np.where(np.isfinite(temperature), np.nan, 0.0)
        entropy = np.interp(temperature / self._unit, _GRID, here)
        followed = np.clip(entropy, level, highest)
        at = np.interp(followed, here, _GRID)
        moved = np.interp(followed, there, _GRID) - at
        moved = np.where(entropy < level, moved * temperature / (self._unit * at), moved)
        return np.where(np.isfinite(temperature), self._unit * moved, 0.0)

    def reach(self, *dilutions: float) -> bool:
        """Whether there are lines that pass all of some dilutions."""
        entropies = [self._entropy(dilution) for dilution in dilutions]
        lowest, highest = max(one[0] for one in entropies) + _ABOVE_LEAST, min(one[-1] for one in entropies)
        return bool(max(0.0, lowest) < highest)

    def energy(self, temperature, dilution: float) -> np.ndarray:
        """Energy per weight of the paramagnet, up to a common factor."""
        return self._paramagnet(dilution).energy(self._unit / np.asarray(temperature, dtype=np.float64))

    def _entropy(self, dilution: float) -> np.ndarray:
        return self._paramagnet(dilution).entropy(1 / _GRID)

    def _paramagnet(self, dilution: float) -> ChainParamagnet:
        left = (1 - dilution) ** (interacting(self._node) - 1)
        return ChainParamagnet(self._node, paths_per_weight(self._node) * left)
