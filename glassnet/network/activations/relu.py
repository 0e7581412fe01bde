"""max(z, 0): averages of cut Gaussians."""

import numpy as np
from scipy.special import ndtr

from glassnet.network.activations.base import Activation, correlations, mirrored
from glassnet.network.gaussian_averages import FAR, density, excess


class Relu(Activation):
    """phi(z) = max(z, 0), with a = mean / deviation and Phi2 the bivariate normal (Fischer et al. 2022, appendix)."""

    name = "relu"

    def __call__(self, z):
        return np.maximum(z, 0.0)

    def derivative(self, z):
        return (np.asarray(z) > 0).astype(np.float64)

    def derivatives(self, mean, variance):
        deviation = np.sqrt(variance)
        a = np.clip(mean / deviation, -FAR, FAR)
        bell = density(a)
        return np.stack([mean * ndtr(a) + deviation * bell, ndtr(a), bell / deviation, -a * bell / variance])

    def variance(self, mean, variance):
        deviation = np.sqrt(variance)
        a = np.clip(mean / deviation, -FAR, FAR)
        # E y^2 - (E y)^2 with the large mean^2 taken out
        cut = mean * ndtr(-a) - deviation * density(a)
        return variance * ndtr(a) + cut * (mean * ndtr(a) + deviation * density(a))

    def covariance(self, mean, cov):
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

    def price(self, mean, cov):
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
