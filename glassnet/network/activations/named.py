"""The activations that have names, and those of them whose Gaussian averages are known in closed form."""

import numpy as np
from scipy.special import erf, ndtr

from glassnet.network.activations.base import Activation, correlations, mirrored
from glassnet.network.activations.numeric import Numeric
from glassnet.network.gaussian_averages import FAR, density, excess

_ROOT2 = np.sqrt(2.0)


class Polynomial(Activation):
    """phi(z) = z + alpha z^2 (K. Fischer et al., Phys. Rev. Research 4, 043143 (2022), section III)."""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha
        self.name = f"quadratic({alpha:g})" if alpha else "linear"

    def __call__(self, z: np.ndarray) -> np.ndarray:
        return z + self.alpha * np.square(z)

    def derivative(self, z: np.ndarray) -> np.ndarray:
        return 1.0 + 2.0 * self.alpha * z

    def derivatives(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        zero = np.zeros_like(mean)
        return np.stack([self(mean) + self.alpha * variance, self.derivative(mean), zero + 2.0 * self.alpha, zero])

    def variance(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return variance * np.square(self.derivative(mean)) + 2.0 * np.square(self.alpha * variance)

    def covariance(self, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
        slope = self.derivative(mean)
        return cov * np.outer(slope, slope) + 2.0 * np.square(self.alpha * cov)

    def price(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        slope = self.derivative(mean)
        a = np.outer(slope, slope) + np.square(2.0 * self.alpha) * cov
        return a, 2.0 * self.alpha * slope * cov, np.zeros_like(cov)


class Relu(Activation):
    """phi(z) = max(z, 0), with a = mean / deviation and Phi2 the bivariate normal (Fischer et al. 2022, appendix)."""

    name = "relu"

    def __call__(self, z: np.ndarray) -> np.ndarray:
        return np.maximum(z, 0.0)

    def derivative(self, z: np.ndarray) -> np.ndarray:
        return (np.asarray(z) > 0).astype(np.float64)

    def derivatives(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.sqrt(variance)
        a = np.clip(mean / deviation, -FAR, FAR)
        bell = density(a)
        return np.stack([mean * ndtr(a) + deviation * bell, ndtr(a), bell / deviation, -a * bell / variance])

    def variance(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.sqrt(variance)
        a = np.clip(mean / deviation, -FAR, FAR)
        # E y^2 - (E y)^2 with the large mean^2 taken out
        cut = mean * ndtr(-a) - deviation * density(a)
        return variance * ndtr(a) + cut * (mean * ndtr(a) + deviation * density(a))

    def covariance(self, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
        deviation, rho = np.sqrt(np.diagonal(cov)), correlations(cov)
        a = np.clip(mean / deviation, -FAR, FAR)
        i, j = np.triu_indices(len(mean), 1)
        a, b, rho = a[i], a[j], rho[i, j]
        rest = np.maximum(np.sqrt((1.0 - rho) * (1.0 + rho)), 1e-150)
        low, high = (a - rho * b) / rest, (b - rho * a) / rest
        bell_a, bell_b = density(a), density(b)
        # E y_i y_j - E y_i E y_j, with Phi2 = excess + Phi Phi, term by term: nothing large cancels
        total = (a * b + rho) * excess(a, b, rho) + rho * ndtr(a) * ndtr(b)
        total += a * bell_b * (ndtr(low) - ndtr(a)) + b * bell_a * (ndtr(high) - ndtr(b))
        total += rest * density(low) * bell_b - bell_a * bell_b
        return mirrored(len(mean), deviation[i] * deviation[j] * total)

    def price(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        deviation, rho = np.sqrt(np.diagonal(cov)), correlations(cov)
        a = np.clip(mean / deviation, -FAR, FAR)
        both = excess(a[:, None], a, rho) + np.outer(ndtr(a), ndtr(a))
        rest = np.maximum(np.sqrt((1.0 - rho) * (1.0 + rho)), 1e-150)
        np.fill_diagonal(rest, 1e-150)
        given = (a - rho * a[:, None]) / rest
        bell, mean_out = density(a), mean * ndtr(a) + deviation * density(a)
        seen = deviation * (a * both + bell * ndtr(given.T) + rho * bell[:, None] * ndtr(given))
        b = seen - ndtr(a)[:, None] * mean_out
        at_zero = deviation * rest * (given * ndtr(given) + density(given))
        return both, b, (bell / deviation)[:, None] * (at_zero - mean_out)


class Probit(Activation):
    """sign(z + x) averaged over x ~ N(0, noise): erf(z / sqrt 2) for noise = 1 and sign(z) for noise = 0.

    Both map (mean, cov) alike, with a = mean / sqrt(variance + noise).
    """

    def __init__(self, noise: float) -> None:
        self.noise = noise
        self.name = "erf" if noise else "sign"

    def __call__(self, z: np.ndarray) -> np.ndarray:
        return erf(np.asarray(z) / _ROOT2) if self.noise else np.sign(z)

    def derivative(self, z: np.ndarray) -> np.ndarray:
        return 2.0 * density(z) if self.noise else super().derivative(z)

    def derivatives(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        scale = np.sqrt(variance + self.noise)
        a = np.clip(mean / scale, -FAR, FAR)
        slope = 2.0 * density(a) / scale
        return np.stack([erf(a / _ROOT2), slope, -a * slope / scale, (a * a - 1.0) * slope / np.square(scale)])

    def variance(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        a = np.clip(mean / np.sqrt(variance + self.noise), -FAR, FAR)
        return 4.0 * excess(a, a, variance / (variance + self.noise)) if self.noise else 4.0 * ndtr(a) * ndtr(-a)

    def covariance(self, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
        a, rho, _ = self._scaled(mean, cov)
        i, j = np.triu_indices(len(mean), 1)
        return mirrored(len(mean), 4.0 * excess(a[i], a[j], rho[i, j]))

    def price(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        a, rho, scale = self._scaled(mean, cov)
        rest = np.maximum(np.sqrt((1.0 - rho) * (1.0 + rho)), 1e-150)
        given = (a - rho * a[:, None]) / rest
        bell, part = density(a)[:, None], ndtr(given) - ndtr(a)
        pairs = 4.0 * bell * density(given) / rest
        first = pairs / np.outer(scale, scale)
        b = 4.0 * bell * part / scale[:, None]
        d = (-4.0 * a[:, None] * bell * part - rho * pairs) / np.square(scale)[:, None]
        if not self.noise:  # the pair of a unit with itself: its variance is 1 - mean^2
            out, slope, curvature, _ = self.derivatives(mean, np.diagonal(cov))
            np.fill_diagonal(first, 0.0)
            np.fill_diagonal(b, -out * slope)
            np.fill_diagonal(d, -out * curvature)
        return first, b, d

    def _scaled(self, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scale = np.sqrt(np.diagonal(cov) + self.noise)
        rho = np.clip(cov / np.outer(scale, scale), -1.0, 1.0)
        return np.clip(mean / scale, -FAR, FAR), rho, scale


#: every activation that has a name; `quadratic` and functions have none here
NAMED: dict[str, Activation] = {
    "linear": Polynomial(0.0),
    "relu": Relu(),
    "erf": Probit(1.0),
    "sign": Probit(0.0),
    "tanh": Numeric(np.tanh, "tanh", lambda z: 1.0 - np.square(np.tanh(z))),
}
