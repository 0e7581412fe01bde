"""erf(z / sqrt 2) and sign(z): probabilities of Gaussian numbers, with and without a unit of noise."""

import numpy as np
from scipy.special import erf, ndtr

from glassnet.network.activations.base import Activation, mirrored
from glassnet.network.gaussian_averages import FAR, density, excess

_ROOT2 = np.sqrt(2.0)


class Probit(Activation):
    """sign(z + x) averaged over x ~ N(0, noise): erf(z / sqrt 2) for noise = 1 and sign(z) for noise = 0.

    Both map (mean, cov) alike, with a = mean / sqrt(variance + noise).
    """

    def __init__(self, noise: float):
        self.noise = noise
        self.name = "erf" if noise else "sign"

    def __call__(self, z):
        return erf(np.asarray(z) / _ROOT2) if self.noise else np.sign(z)

    def derivative(self, z):
        return 2.0 * density(z) if self.noise else super().derivative(z)

    def derivatives(self, mean, variance):
        scale = np.sqrt(variance + self.noise)
        a = np.clip(mean / scale, -FAR, FAR)
        slope = 2.0 * density(a) / scale
        return np.stack([erf(a / _ROOT2), slope, -a * slope / scale, (a * a - 1.0) * slope / np.square(scale)])

    def variance(self, mean, variance):
        a = np.clip(mean / np.sqrt(variance + self.noise), -FAR, FAR)
        return 4.0 * excess(a, a, variance / (variance + self.noise)) if self.noise else 4.0 * ndtr(a) * ndtr(-a)

    def covariance(self, mean, cov):
        a, rho, _ = self._scaled(mean, cov)
        i, j = np.triu_indices(len(mean), 1)
        return mirrored(len(mean), 4.0 * excess(a[i], a[j], rho[i, j]))

    def price(self, mean, cov):
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

    def _scaled(self, mean, cov):
        scale = np.sqrt(np.diagonal(cov) + self.noise)
        rho = np.clip(cov / np.outer(scale, scale), -1.0, 1.0)
        return np.clip(mean / scale, -FAR, FAR), rho, scale
