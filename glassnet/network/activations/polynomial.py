"""z + alpha z^2, linear for alpha = 0: all Gaussian averages are polynomials."""

import numpy as np

from glassnet.network.activations.base import Activation


class Polynomial(Activation):
    """phi(z) = z + alpha z^2 (K. Fischer et al., Phys. Rev. Research 4, 043143 (2022), section III)."""

    def __init__(self, alpha: float):
        self.alpha = alpha
        self.name = f"quadratic({alpha:g})" if alpha else "linear"

    def __call__(self, z):
        return z + self.alpha * np.square(z)

    def derivative(self, z):
        return 1.0 + 2.0 * self.alpha * z

    def derivatives(self, mean, variance):
        zero = np.zeros_like(mean)
        return np.stack([self(mean) + self.alpha * variance, self.derivative(mean), zero + 2.0 * self.alpha, zero])

    def variance(self, mean, variance):
        return variance * np.square(self.derivative(mean)) + 2.0 * np.square(self.alpha * variance)

    def covariance(self, mean, cov):
        slope = self.derivative(mean)
        return cov * np.outer(slope, slope) + 2.0 * np.square(self.alpha * cov)

    def price(self, mean, cov):
        slope = self.derivative(mean)
        a = np.outer(slope, slope) + np.square(2.0 * self.alpha) * cov
        return a, 2.0 * self.alpha * slope * cov, np.zeros_like(cov)
