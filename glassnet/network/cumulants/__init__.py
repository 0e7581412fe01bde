"""Networks as mappings of correlation functions: what layers do to mean and covariance, and training on them.

Import order: third_cumulants, mapping, populations, log_sum_exp, objectives, fitting, propagation,
explained_performance, layer_moments.
"""

from glassnet import _face
from glassnet.network.activations import quadratic
from glassnet.network.cumulants.explained_performance import explained
from glassnet.network.cumulants.fitting import Fit, gradient, gradient_on_samples, train_on_moments, train_on_samples
from glassnet.network.cumulants.layer_moments import by_layer, layer_moments
from glassnet.network.cumulants.mapping import Moments
from glassnet.network.cumulants.objectives import cross_entropy, mse
from glassnet.network.cumulants.populations import Population, of_samples
from glassnet.network.cumulants.propagation import propagate
from glassnet.network.cumulants.third_cumulants import ThirdOfSamples

__all__ = [
    "Fit",
    "Moments",
    "Population",
    "ThirdOfSamples",
    "by_layer",
    "cross_entropy",
    "explained",
    "gradient",
    "gradient_on_samples",
    "layer_moments",
    "mse",
    "of_samples",
    "propagate",
    "quadratic",
    "train_on_moments",
    "train_on_samples",
]
_face.public(__name__)
