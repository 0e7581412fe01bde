"""Networks as mappings of correlation functions: what layers do to mean and covariance, and training on them.

Import order: third_cumulants, mapping, populations, fitting, propagation, explained_performance.
"""

from glassnet import _face
from glassnet.network.activations import quadratic
from glassnet.network.cumulants.explained_performance import explained
from glassnet.network.cumulants.fitting import Fit, gradient, gradient_on_samples, train_on_moments, train_on_samples
from glassnet.network.cumulants.mapping import Moments
from glassnet.network.cumulants.populations import Population, mse, of_samples
from glassnet.network.cumulants.propagation import propagate
from glassnet.network.cumulants.third_cumulants import ThirdOfSamples

__all__ = [
    "Fit",
    "Moments",
    "Population",
    "ThirdOfSamples",
    "explained",
    "gradient",
    "gradient_on_samples",
    "mse",
    "of_samples",
    "propagate",
    "quadratic",
    "train_on_moments",
    "train_on_samples",
]
_face.public(__name__)
