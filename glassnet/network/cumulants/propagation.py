"""Networks as mappings of correlation functions: what a layer does to the mean and covariance of its input.

Every layer is taken to get Gaussian input (the closure), for which the maps are in closed form or, for tanh and any
function, a convergent series (K. Fischer et al., Phys. Rev. Research 4, 043143 (2022)). The mean squared error of a
classifier depends on nothing but mean and covariance of its output in each class, so that a network can be trained on
cumulants of the data alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network import activations, weight_matrices
from glassnet.network.activations.base import Layered
from glassnet.network.cumulants import mapping, third_cumulants
from glassnet.network.cumulants.mapping import Moments
from glassnet.network.cumulants.populations import checked_cov
from glassnet.network.cumulants.third_cumulants import ThirdOfSamples


def propagate(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    mean: ArrayLike,
    cov: ArrayLike,
    activation: Layered,
    *,
    third: ArrayLike | ThirdOfSamples | None = None,
    fourth: ArrayLike | None = None,
) -> list[Moments]:
    """Return mean and covariance after the activation of every layer.

    Parameters
    ----------
    weights : sequence of (n_out, n_in) arrays
    biases : sequence of (n_out,) arrays, or None
    mean : (n_in,) array
        Of the input.
    cov : (n_in, n_in) array
        Symmetric and positive semi-definite.
    activation : str, Activation, callable, or a list with one for each layer
        "linear", "relu", "erf" (of z / sqrt 2), "sign", "tanh", `quadratic(alpha)` or a function of an array.
    third : (n_in, n_in, n_in) array or ThirdOfSamples, optional
        Third cumulants of the input. They count in the first layer, where they are exact for quadratic activations, and
        otherwise to first order in them and to leading order in the correlations.
    fourth : (n_in, n_in, n_in, n_in) array, optional
        Fourth cumulants, for a quadratic first layer.

    Returns
    -------
    list of Moments
        One for each weight matrix. Exact for Gaussian input at the first layer; the second is exact for any activation
        only as far as the first is Gaussian: the error of this closure grows with depth and falls with width.

    Raises
    ------
    TypeError, ValueError
        If a shape does not fit, `cov` is not symmetric or not positive semi-definite, the activation is unknown, or
        fourth cumulants are given to another than a quadratic activation.
    """
    weights, biases = weight_matrices.checked(weights, biases)
    phis = activations.sequence(activation, len(weights))
    n_in = weights[0].shape[1]
    mean = _checks.real_array("mean", mean, shape=(n_in,))
    cov = checked_cov("cov", cov, n_in)
    third = None if third is None else third_cumulants.checked("third", third, n_in)
    fourth = None if fourth is None else _checks.real_array("fourth", fourth, shape=(n_in,) * 4)
    for name, tensor in (("third", third), ("fourth", fourth)):
        if isinstance(tensor, np.ndarray) and not _symmetric(tensor):
            raise ValueError(f"{name} must be symmetric in all its indices")
    return mapping.forward(weights, biases, phis, mean, cov, third, fourth)[0]


def _symmetric(tensor: np.ndarray) -> bool:
    """Whether neighbouring indices can be swapped, up to rounding."""
    largest = np.abs(tensor).max(initial=0.0)
    swaps = (np.swapaxes(tensor, k, k + 1) for k in range(tensor.ndim - 1))
    return all(np.abs(tensor - swapped).max(initial=0.0) <= 1e-9 * largest for swapped in swaps)
