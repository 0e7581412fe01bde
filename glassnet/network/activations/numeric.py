"""Any function of one number, tanh among them: Hermite coefficients, Mehler's series, quadrature where it is slow."""

from collections.abc import Callable

import numpy as np

from glassnet.network.activations.base import Activation, correlations
from glassnet.network.gaussian_averages import hermite, nodes

#: terms of the series, and the most of them; more than the former are taken where many pairs need them
TERMS, MOST_TERMS = 64, 512
#: Mehler's series may miss this much of a covariance, in units of the standard deviations of the outputs
TOLERANCE = 1e-10
_PAIRS_AT_A_TIME = 8


class Numeric(Activation):
    """A function known by its values: Cov(phi_i, phi_j) = sum_n rho^n / n! c_n(i) c_n(j), c_n = E He_n(x) phi(m + s x).

    What n terms miss is bounded by rho^(n + 1) times what the variances have left. Pairs for which that is more than
    `TOLERANCE` are integrated over both numbers.
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], np.ndarray],
        name: str,
        derivative: Callable[[np.ndarray], np.ndarray] | None,
    ) -> None:
        self._function, self.name, self._derivative = function, name, derivative

    def __call__(self, z: np.ndarray) -> np.ndarray:
        return self._function(np.asarray(z, dtype=np.float64))

    def derivative(self, z: np.ndarray) -> np.ndarray:
        return self._derivative(z) if self._derivative else super().derivative(z)

    def derivatives(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.sqrt(variance)
        powers = np.sqrt([1.0, 1.0, 2.0, 6.0])[:, None] / deviation ** np.arange(4)[:, None]
        return hermite(self._function, mean, deviation, 3) * powers

    def variance(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.sqrt(variance)
        centre = hermite(self._function, mean, deviation, 0)[0][:, None]
        return hermite(lambda z: np.square(self._function(z) - centre), mean, deviation, 0)[0]

    def covariance(self, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
        deviation, rho = np.sqrt(np.diagonal(cov)), correlations(cov)
        spread, order = self.variance(mean, np.diagonal(cov)), TERMS
        while True:
            terms = hermite(self._function, mean, deviation, order)
            left = np.sqrt(np.maximum(spread - np.square(terms[1:]).sum(axis=0), 0.0))
            missed = np.abs(rho) ** (order + 1) * np.outer(left, left)
            slow = np.argwhere(np.triu(missed > TOLERANCE * np.sqrt(np.outer(spread, spread)), 1))
            if 4 * len(slow) <= len(mean) or order == MOST_TERMS:
                break
            order *= 2
        total = _mehler(rho, terms[1:], terms[1:]) * rho
        for chunk in range(0, len(slow), _PAIRS_AT_A_TIME):
            i, j = slow[chunk : chunk + _PAIRS_AT_A_TIME].T
            value = self._integrate(mean[i], deviation[i], mean[j], deviation[j], rho[i, j])
            total[i, j] = total[j, i] = value - terms[0, i] * terms[0, j]
        return total

    def price(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        variance = np.diagonal(cov)
        deviation, rho = np.sqrt(variance), correlations(cov)
        terms, order = hermite(self._function, mean, deviation, TERMS + 2), np.arange(TERMS + 1)[:, None]
        first = terms[1:-1] * np.sqrt(order + 1.0) / deviation
        second = terms[2:] * np.sqrt((order + 1.0) * (order + 2.0)) / variance
        a = _mehler(rho, first, first)
        b = _mehler(rho, first[1:], terms[1:-2]) * rho
        d = _mehler(rho, second[1:], terms[1:-2]) * rho
        square = hermite(lambda z: np.square(self._function(z)), mean, deviation, 2)
        np.fill_diagonal(a, 0.0)
        np.fill_diagonal(b, 0.5 * square[1] / deviation - terms[0] * first[0])
        np.fill_diagonal(d, np.sqrt(0.5) * square[2] / variance - terms[0] * second[0])
        return a, b, d

    def _integrate(
        self, mean_i: np.ndarray, deviation_i: np.ndarray, mean_j: np.ndarray, deviation_j: np.ndarray, rho: np.ndarray
    ) -> np.ndarray:
        """E phi_i phi_j for pairs of units, (n_pairs,): over the first number, and the second given the first."""
        rest = np.maximum(np.sqrt((1.0 - rho) * (1.0 + rho)), 1e-12)
        x, weight = nodes(-mean_i / deviation_i, -mean_j / (deviation_j * rho))
        centre = mean_j[:, None] + (deviation_j * rho)[:, None] * x
        width = np.broadcast_to((deviation_j * rest)[:, None], x.shape)
        inner = hermite(self._function, centre.ravel(), width.ravel(), 0)[0].reshape(x.shape)
        return (weight * self._function(mean_i[:, None] + deviation_i[:, None] * x) * inner).sum(axis=1)


def _mehler(rho: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """sum_n rho^n left_n(i) right_n(j), by Horner's rule."""
    total = np.zeros_like(rho)
    for one, other in zip(left[::-1], right[::-1], strict=True):
        total *= rho
        total += np.outer(one, other)
    return total
