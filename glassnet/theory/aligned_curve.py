"""The stationary states of the mean-field theory of aligned networks, which all lie on one curve.

With x = -e/T, the energy gained in units of T, the stationary points of the free energy of
:mod:`glassnet.theory.aligned` are

    r_l u_l tanh u_l = x,                          m_l = tanh u_l           (layers 2 to L - 1),
    r_1 h mean_i(|c_i| tanh(|c_i| h)) = x,         m_1i = tanh(|c_i| h)     (layer 1),
    T = a m_2 ... m_(L-1) / (r_1 h),               (f - f_paramagnet) / T = (L - 2) x - sum_(l<L) r_l <ln cosh u_l>,

so that h > 0 gives x, the u_l and T without a system to be solved. A state is a minimum where T falls with h. The
spinodal is the largest T on the curve; the transition is the largest T at which the last expression changes sign. For
small h, T grows like h^(L-3): with L >= 4 the paramagnet is stable down to T = 0 and the transition is of first order;
with L = 3 T falls all along, and the ordered state begins continuously at T_c = a (mean c_i^2)^(1/2) / (r_1 r_2)^(1/2);
with L = 2 there is no interaction, and h = a / (r_1 T).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _wiring
from glassnet.theory.paramagnet import log_cosh


class Curve(NamedTuple):
    """All aligned states along ln h; functions take a number or an array of any shape, and return one of that shape."""

    #: alpha (1 - dilution)^L
    scale: float
    #: r_l of the layers before the last, (L - 1,)
    shares: np.ndarray
    #: values of |c_i| and how often each of them occurs
    strengths: np.ndarray
    frequencies: np.ndarray

    @property
    def root_mean_square(self) -> float:
        return math.sqrt(self.frequencies @ self.strengths**2)

    def _over_inputs(self, log_h: ArrayLike, function: Callable[[Any], Any], weights: np.ndarray) -> np.ndarray:
        return function(np.multiply.outer(np.exp(log_h), self.strengths)) @ weights

    def gain(self, log_h: ArrayLike) -> np.ndarray:
        """x = -e/T."""
        return self.shares[0] * np.exp(log_h) * self._over_inputs(log_h, np.tanh, self.frequencies * self.strengths)

    def _inner(self, log_h: ArrayLike) -> np.ndarray:
        """u_l of the layers 2 to L - 1, along the last axis."""
        return inverse_u_tanh_u(self.gain(log_h)[..., None] / self.shares[1:])

    def log_temperature(self, log_h: ArrayLike) -> Any:
        inner = np.log(np.tanh(self._inner(log_h))).sum(axis=-1)
        return math.log(self.scale / self.shares[0]) - np.asarray(log_h) + inner

    def excess(self, log_h: ArrayLike) -> Any:
        """(f - f_paramagnet) / T."""
        first = self._over_inputs(log_h, log_cosh, self.frequencies)
        entropy = self.shares[0] * first + log_cosh(self._inner(log_h)) @ self.shares[1:]
        return (len(self.shares) - 1) * self.gain(log_h) - entropy

    def magnetisations(self, log_h: float) -> np.ndarray:
        return np.append(self._over_inputs(log_h, np.tanh, self.frequencies), np.tanh(self._inner(log_h)))


def layer_shares(widths: tuple[int, ...], dilution: float) -> np.ndarray:
    """r_l = W_l / N_w of the layers before the last: what interacts after dilution, of the undiluted weights."""
    weights = np.array(_wiring.layer_sizes(widths), dtype=np.float64)
    shares = weights[:-1] / weights.sum() * (1.0 - dilution)
    shares[-1] *= 1.0 - dilution
    return shares


def inverse_u_tanh_u(y: np.ndarray) -> np.ndarray:
    """The u >= 0 with u tanh u = y, for y >= 0 of any shape, by Newton's method."""
    # an upper bound, as u tanh u >= u^2 / (1 + u)
    u = (y + np.sqrt(y * y + 4.0 * y)) / 2.0
    for _ in range(12):
        tanh = np.tanh(u)
        u = u - (u * tanh - y) / np.maximum(tanh + u * (1.0 - tanh * tanh), 1e-300)
    return u
