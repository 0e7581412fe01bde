"""One step of the mean-field theory of wide layers with weakly correlated weights.

With G = n_in <w^2> and R = n_in^(3/2) <w_ik w_jk>, layers n_in -> n_out, arguments M + sqrt(G K1) t with means
M ~ N(0, G Q + sb2), and phi_t, phi_t' the averages over t at given M,

    K1' = E_M Var_t phi,    K2' = E_M (Var_t phi)^2,    Q' = E_M phi_t^2,
    S'  = (n_out / n_in) [E_M phi_t'^2]^2 [G^2 (K2 + S) + R^2 K1^2]

(J. Zhou and H. Huang, Phys. Rev. E 103, 012315 (2021), for units with zero means; with means, derived here by the
theorems of Stein and Price). The last line takes the covariances of a layer as independent of its means. That holds
for odd units and for R = 0. Otherwise R gives all pairs of units the covariance k f_i f_j / sqrt(n), f_i = phi_t' of
unit i, and the vector f points along the means. The next layer sees it as F_i = w_i f, jointly Gaussian with M_i:

    covariances of the next layer = noise + phi_t'(M_i) phi_t'(M_j) [sum_a k_a F_i^a F_j^a + R K1] / sqrt(n_in),

so every layer adds one such vector and carries on those it was given (derived here).

Orthogonal weights preserve tr C^2 and even out the diagonal, so that off the diagonal K1^2 is missing: W C W^T has the
strength G^2 (K2 + S - K1^2), as if R^2 = -G^2. With n_out > n_in units the columns are orthogonal instead, and it is
(n_out / n_in) G^2 (K2 + S) - G^2 K1^2 (derived here).
"""

from dataclasses import dataclass, field

import numpy as np

from glassnet import _face
from glassnet.network.activations.base import LEAST_VARIANCE, Activation
from glassnet.network.gaussian_averages import nodes

__all__ = ["Layer", "advance"]
_face.public(__name__)


def _none() -> np.ndarray:
    return np.zeros(0)


#: share of its square below which the variance of a unit is rounding
_ROUNDING = 1e-28


@dataclass(frozen=True)
class Layer:
    """Covariances of one layer: K1, K2, Q, S of the `noise`, and vectors f^a common to all pairs.

    `strengths` are their k_a (n_vectors,), `gram` their f^a f^b / n (n_vectors, n_vectors), `along` their f^a m / n
    with the means m (n_vectors,).
    """

    k1: float
    k2: float
    q: float
    noise: float
    strengths: np.ndarray = field(default_factory=_none)
    gram: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    along: np.ndarray = field(default_factory=_none)

    @property
    def strength(self) -> float:
        """Covariance strength S = sum_{i != j} C_ij^2 / n."""
        return float(self.noise + self.strengths @ np.square(self.gram) @ self.strengths)

    def summary(self) -> dict[str, float]:
        """Return D/n (NaN where nothing varies), S, K1, K2, Q."""
        total = self.k2 + self.strength
        size = self.k1**2 / total if total > 0 else np.nan
        row = {"dimension": size, "covariance_strength": self.strength, "K1": self.k1, "K2": self.k2, "Q": self.q}
        return {name: float(value) for name, value in row.items()}


def advance(
    layer: Layer,
    phi: Activation,
    variance: float,
    covariance: float,
    bias_variance: float,
    ratio: float,
    orthogonal: bool = False,
) -> Layer:
    """Return the next layer.

    Parameters
    ----------
    layer : Layer
    phi : Activation
    variance, covariance : float
        G and R of the weights.
    bias_variance : float
    ratio : float
        n_out / n_in.
    orthogonal : bool
        The weights are, and R = 0.
    """
    spread = variance * layer.q + bias_variance
    x, weight = nodes(np.zeros(()))
    seen = weight > 1e-20
    x, weight = (np.sqrt(spread) * x[seen], weight[seen]) if spread > 0 else (np.zeros(1), np.ones(1))
    if variance * layer.k1 <= LEAST_VARIANCE:
        return _constant(weight, phi(x))
    inner = np.full(len(x), variance * layer.k1)
    mean, slope = phi.derivatives(x, inner)[:2]
    fluctuation = phi.variance(x, inner)
    if (fluctuation <= _ROUNDING * np.square(mean)).all():
        return _constant(weight, mean)
    # F_a = pull_a M + rest_a, and one vector more, of ones, for the term R K1
    pull = np.append(variance * layer.along / spread if spread > 0 else np.zeros_like(layer.along), 0.0)
    rest = np.zeros((len(pull), len(pull)))
    rest[:-1, :-1] = variance * layer.gram - spread * np.outer(pull[:-1], pull[:-1])
    rest[-1, -1] = 1.0
    first, second = np.array([[weight @ (slope**2 * x)], [weight @ (slope * mean * x)]]) * pull
    gram = np.outer(pull, pull) * (weight @ (slope * x) ** 2) + rest * (weight @ slope**2)
    gram[-1, :-1] = gram[:-1, -1] = first[:-1]
    second[-1] = weight @ (slope * mean)
    missing = min(ratio, 1.0) * layer.k1**2 if orthogonal else 0.0
    driven = variance**2 * (ratio * (layer.k2 + layer.noise) - missing)
    noise = (weight @ slope**2) ** 2 * driven
    return Layer(
        k1=weight @ fluctuation,
        k2=weight @ np.square(fluctuation),
        q=weight @ np.square(mean),
        noise=noise,
        strengths=np.sqrt(ratio) * np.append(layer.strengths, covariance * layer.k1),
        gram=gram,
        along=second,
    )


def _constant(weight: np.ndarray, means: np.ndarray) -> Layer:
    """A layer of units that do not vary."""
    return Layer(k1=0.0, k2=0.0, q=weight @ np.square(means), noise=0.0)
