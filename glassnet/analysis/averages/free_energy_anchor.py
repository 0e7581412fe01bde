"""The known value of ln Z from which free energies and entropies of a ladder start, and its error."""

import json
import math
from itertools import pairwise

import numpy as np

from glassnet.analysis.averages.paramagnet import ChainParamagnet
from glassnet.analysis.nodes import Node, interacting, on_random_graph
from glassnet.statistics.standard_errors import standard_error

#: the rung that gives absolute entropies where nothing else does
_INFINITE = "a rung at T = inf"
#: ln(1 + t^n) is at most so many times t/2 times its derivative, 0 < t < 1, n >= 2
_ONE_LOOP = 2 * math.log(2)


class Anchor:
    """ln Z of a symmetric node on its hottest rung, from which its free energies start.

    At T = inf it is N ln 2, exactly. Otherwise it is the closed form of the paramagnet, but only for three or more
    weights to a path and paths that were drawn at random: elsewhere loops, sets of paths that share every weight an
    even number of times, shift ln Z by an unknown amount.

    In random glasses they do so too, but less in hotter and larger ones. With t = tanh(beta) the shift is the logarithm
    of 1 + sum over loops of prod tanh(beta J), whose derivative is measured: d ln Z / d beta = -E. A single loop of n
    >= 2 paths shifts ln Z by ln(1 +- t^n), which is at most 2 ln 2 times t/2 times its derivative with respect to t:
    the energy that the hottest rung has beyond the paramagnet's, times sinh(2 beta) ln(2) / 2, bounds what one loop
    does to ln Z, for |J| = 1. With Gaussian couplings it is no bound: in the derivative a path counts 2 beta |J| /
    sinh(2 beta |J|) times, which vanishes for large |J| while the shift does not. Contributions of many loops may also
    cancel in one of the two. The tests measure how often the bars cover the exact values, in enumerated glasses with
    +-1 and Gaussian couplings.

    Parameters
    ----------
    node : Node
        Symmetric.

    Attributes
    ----------
    known : bool
    described : str
        The starting point in words; "unknown" where there is none.
    lacks : str
        The rung that would give a starting point; "" where there is one.
    """

    def __init__(self, node: Node):
        hottest = float(node.chain["temperature"].values[-1])
        self._beta, self._paramagnet = 1.0 / hottest, ChainParamagnet(node)
        has_few_loops = on_random_graph(node) and free_weights(node) >= 3
        closed_form = has_few_loops and bool(np.isfinite(self._paramagnet.log_z(self._beta)))
        self.known = closed_form or math.isinf(hottest)
        start = "n_weights ln 2 at T = inf" if math.isinf(hottest) else f"the paramagnet at T = {hottest:g}"
        self.described = start if self.known else "unknown"
        self.lacks = "" if self.known else _INFINITE

    def log_z(self, sample: int) -> float:
        """ln Z of one sample on the hottest rung, per weight; nan where it is not known."""
        return float(self._paramagnet.log_z(self._beta, sample)) if self.known else np.nan

    def error(self, energy: np.ndarray, stderr: np.ndarray) -> float:
        """Error of the mean over samples of :meth:`log_z`; 0 at T = inf, nan where the anchor is not known.

        `energy` and `stderr` are the thermal average of the energy per weight of each sample on the hottest rung and
        its standard error. The error is the mean shift that follows from the energies, in quadrature with its error
        over samples (with the thermal error if there is one sample).
        """
        if not self._beta or not self.known:
            return 0.0 if self.known else np.nan
        factor = _ONE_LOOP * math.sinh(min(2 * self._beta, 700.0)) / 4
        expected = np.array([self._paramagnet.energy(self._beta, sample) for sample in range(len(energy))])
        most = self._paramagnet.most_off(self._beta)
        shift = np.clip(factor * (expected - energy), -most, most)
        noise = standard_error(shift) if len(shift) > 1 else min(factor * float(stderr[0]), most)
        return float(np.hypot(shift.mean(), noise))


def free_weights(node: Node) -> int:
    """Number of weights on a path that interact, without those that a gauge makes +1; 0 where p is not known.

    Turning a hidden neuron turns all weights at it and leaves the energy as it is. Between a single unit and a hidden
    layer of a network of walks every neuron of the latter has one weight to that unit, which its gauge can make +1:
    this layer of weights then interacts no more. Every hidden layer can do this once.
    """
    known = json.loads(node.chain.attrs.get("glass", "{}")).get("widths") or []
    return interacting(node) - _gauged(known)


def _gauged(widths) -> int:
    """Largest number of layers of weights that the gauges of hidden layers can make +1. Layers are taken from left to
    right; each uses the hidden layer on its left first, as no later one can use it."""
    count, free = 0, set(range(1, len(widths) - 1))
    for layer, (before, after) in enumerate(pairwise(widths), 1):
        fits = [hidden for hidden, unit in ((layer - 1, after), (layer, before)) if unit == 1 and hidden in free]
        free -= set(fits[:1])
        count += bool(fits)
    return count
