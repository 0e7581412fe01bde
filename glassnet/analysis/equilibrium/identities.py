"""Identities that hold in equilibrium for every N, on the average over samples: exact tests of a whole node.

- Gaussian couplings, symmetric ensemble: [<E>] = -beta M (1 - [q_path]), q_path the overlap of two replicas over the M
  paths. Partial integration over the couplings (H. G. Katzgraber, M. Palassini and A. P. Young, Phys. Rev. B 63, 184422
  (2001), eq. 8). Chains that have not reached equilibrium have too high an energy and too low a q_path, so that the two
  sides differ.
- Independently planted couplings, at the planting temperature: the planted state is an equilibrium configuration, so
  [<E> - E(w*)] = 0, and the overlap of two replicas is distributed like that of a replica with w*. Only replicas that
  started at random are used: two that started on w* have a common past.

The scatter over samples gives the bar. It is too small where rare samples dominate it, which may be missing: nearly all
cold planted states are ground states, and only the few excited ones compensate the thermal energy of the chains. The
chains themselves give the distribution of the planted quantity, however, as w* is one more draw of it. Where there are
fewer samples than the kurtosis of that distribution requires, the bar is at least what its variance implies.

With a fixed number of unsatisfied paths the last two are violated at O(1) in E; they are not tested then.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from glassnet.analysis.nodes import Node, Reading, independently_planted, rungs

#: fewest samples whose scatter gives a bar
_FEWEST = 4
#: ratio of samples to kurtosis from which on the scatter includes the tail of the distribution
_EVENTS = 5

GAUSSIAN, PLANTED_ENERGY, PLANTED_OVERLAP = "gaussian_identity", "planted_energy_identity", "planted_overlap_identity"
NAMES = {
    GAUSSIAN: "[<E>] = -beta M (1 - [q_path])",
    PLANTED_ENERGY: "[<E> - E(w*)] = 0",
    PLANTED_OVERLAP: "overlap of two replicas like that with w*",
}


class Identity(NamedTuple):
    """One identity in one node, on the rung where it holds worst: the two sides' difference, in units of energy per
    weight or of overlap, its standard error over samples, and the probability of more, all rungs together.

    `key` identifies the identity, `name` is what it says.
    """

    key: str
    name: str
    path: str
    temperature: float
    difference: float
    stderr: float
    probability: float
    n_samples: int


class Identities:
    """Collects both sides of all identities that a node must obey, one sample after the other."""

    def __init__(self, node: Node):
        self._node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)[rungs(node)]
        self._n_paths = _per_sample(node, "n_paths")
        self._planted_energy = _per_sample(node, "planted_energy")
        self._gaussian = node.planted_temperature is None and node.chain.attrs.get("couplings") == "gaussian"
        self._planted = node.planted_temperature is not None and independently_planted(node)
        self._rows: dict[str, list[np.ndarray]] = {}
        self._drawn: dict[str, list[np.ndarray]] = {}
        self._count = 0

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        sample, self._count = self._count, self._count + 1
        n_weights = reading.n_weights
        if self._gaussian and reading.path_overlap is not None and self._n_paths is not None:
            finite = np.isfinite(self._temperatures)
            disorder = 1 - reading.path_overlap.mean(axis=(0, 2))
            sides = reading.energy.mean(axis=(0, 2)), -self._n_paths[sample] * disorder / self._temperatures
            self._put(GAUSSIAN, np.where(finite, sides[0] - sides[1], 0.0) / n_weights)
        if not self._planted:
            return
        random = reading.energy.shape[2] // 2
        if self._planted_energy is not None:
            above = reading.energy[:, :, random:] - self._planted_energy[sample]
            self._put(PLANTED_ENERGY, above.mean(axis=(0, 2)) / n_weights, _moments(above / n_weights))
        if reading.pairs is not None and reading.pair_replicas is not None:
            kept = (reading.pair_replicas >= random).all(axis=0)
            if kept.any():
                assert reading.overlap is not None
                with_planted, pairs = reading.overlap[:, :, random:], reading.pairs[:, :, kept]
                # the second moment carries the weight of the high overlaps and is blind to global flips
                square = pairs**2
                difference = square.mean(axis=(0, 2)) - (with_planted**2).mean(axis=(0, 2))
                self._put(PLANTED_OVERLAP, difference, _moments(square))

    def _put(self, key: str, differences: np.ndarray, drawn: np.ndarray | None = None) -> None:
        """Take in the differences of a sample on the rungs, and the moments of the planted quantity, which is drawn
        once for it."""
        self._rows.setdefault(key, []).append(differences)
        self._drawn.setdefault(key, []).append(np.zeros((2, len(differences))) if drawn is None else drawn)

    def result(self) -> list[Identity]:
        """One entry for every identity with at least four samples."""
        asked = [key for key, rows in self._rows.items() if len(rows) >= _FEWEST]
        return [self._tested(key, np.array(self._rows[key]), np.array(self._drawn[key])) for key in asked]

    def _tested(self, key: str, differences: np.ndarray, drawn: np.ndarray) -> Identity:
        n_samples = len(differences)
        mean = differences.mean(axis=0)
        variance = differences.var(axis=0, ddof=1)
        second, fourth = drawn.mean(axis=0)
        few = n_samples * second**2 < _EVENTS * fourth
        stderr = np.sqrt(np.where(few, np.maximum(variance, second), variance) / n_samples)
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = np.where(mean == 0, 0.0, np.abs(mean) / stderr)
        worst = int(np.argmax(deviation))
        # rungs of one ladder are correlated; the bound of Bonferroni is on the safe side
        probability = min(1.0, 2 * special.stdtr(n_samples - 1, -deviation[worst]) * len(mean))
        at = float(self._temperatures[worst]), float(mean[worst]), float(stderr[worst])
        return Identity(key, NAMES[key], self._node.path, *at, float(probability), n_samples)


def _moments(drawn: np.ndarray) -> np.ndarray:
    """Second and fourth central moment over draws and chains of (n_draws, n_rungs, n_chains): (2, n_rungs)."""
    square = (drawn - drawn.mean(axis=(0, 2), keepdims=True)) ** 2
    return np.array([square.mean(axis=(0, 2)), (square**2).mean(axis=(0, 2))])


def _per_sample(node: Node, name: str) -> np.ndarray | None:
    """A number that every sample of a node has; None where the chains do not hold it."""
    if name not in node.chain:
        return None
    return np.broadcast_to(np.asarray(node.chain[name].values, dtype=np.float64), (node.n_samples,))
