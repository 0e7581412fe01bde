"""The paramagnet with as many paths as the glasses of some chains have.

:class:`glassnet.theory.Paramagnet` is that of an ensemble, with one number of paths per weight. Glasses of random
degrees differ in their numbers of paths from sample to sample: the absolute free energy of each sample starts here.
"""

import math

import numpy as np

from glassnet.analysis.nodes import Node
from glassnet.theory.paramagnet import log_cosh


class ChainParamagnet:
    """Closed forms of the paramagnet of every sample of a node (-beta f = ln 2 + (1/N) sum_a ln cosh beta J_a).

    The attribute `couplings` of the node tells whether |J| = 1 or J is drawn from N(0, 1); other couplings give nan.
    `alpha` is the paths per weight, by default those of the samples.
    """

    def __init__(self, node: Node, alpha: float | None = None):
        kind = node.chain.attrs.get("couplings", "binary")
        if kind == "binary":
            self._couplings, self._weights = np.ones(1), np.ones(1)
        elif kind == "gaussian":
            points, weights = np.polynomial.hermite_e.hermegauss(80)
            self._couplings, self._weights = points, weights / math.sqrt(2 * math.pi)
        else:
            self._couplings, self._weights = np.full(1, np.nan), np.ones(1)
        if alpha is not None:
            self._alpha = np.full(node.n_samples, alpha)
        elif "n_paths" in node.chain:
            n_paths = np.asarray(node.chain["n_paths"].values, dtype=np.float64)
            self._alpha = np.broadcast_to(n_paths / node.weights_of_samples, (node.n_samples,))
        else:
            self._alpha = np.full(node.n_samples, float(node.chain.attrs.get("alpha", np.nan)))

    def log_z(self, beta: float, sample: int | None = None):
        """-beta f, the logarithm of the partition function per weight; of one sample or with the mean alpha."""
        alpha = self._alpha.mean() if sample is None else self._alpha[sample]
        return math.log(2) + (alpha * self._mean(log_cosh, beta) if np.any(beta) else 0.0)

    def energy(self, beta, sample: int | None = None):
        """Energy per weight; of one sample or with the mean number of paths per weight."""
        alpha = self._alpha.mean() if sample is None else self._alpha[sample]
        return -alpha * self._mean(lambda field: field * np.tanh(field), beta) / np.where(beta, beta, 1)

    def most_off(self, beta: float) -> float:
        """Bound on the distance of ln Z of any glass with as many paths from :meth:`log_z`, per weight: ln Z lies
        between N ln 2 and N ln 2 + beta M; inf where couplings differ in size."""
        alpha, most = float(self._alpha.max()), max(float(self._mean(log_cosh, beta)), math.log(2))
        return alpha * most if len(self._couplings) == 1 else math.inf

    def entropy(self, beta):
        """Entropy per weight with the mean number of paths per weight."""
        return self.log_z(beta) + beta * self.energy(beta)

    def _mean(self, function, beta):
        field = np.multiply.outer(np.asarray(beta, dtype=np.float64), self._couplings)
        return function(field) @ self._weights
