"""Hebbian learning, layer by layer: which rules make synapses weakly correlated, and which make them orthogonal.

All rules start at independent Gaussian weights and take the average of their update over the data, with C the second
moments of the data and y = W x. Constants keep the squared length of a row near G.

    hebb      W + r W C, then every row is scaled to squared length G
    oja       W + r (W C - diag(W C W^T) W / G)                  every unit for itself (E. Oja, 1982)
    sanger    W + r (W C - lower triangle(W C W^T) W / G)        units in sequence (T. Sanger, 1989)
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet._random import Seed
from glassnet.network import activations, synapses
from glassnet.network.activations.base import ActivationLike

__all__ = ["RULES", "train", "train_layers"]
_face.public(__name__)

RULES = ("hebb", "oja", "sanger")


def train(
    inputs: ArrayLike,
    n_units: int,
    rule: str,
    *,
    rate: float = 0.2,
    n_updates: int = 1,
    variance: float = 1.0,
    seed: int | Seed = 1,
) -> np.ndarray:
    """Return the weights of one layer after some Hebbian updates.

    Parameters
    ----------
    inputs : (n_samples, n_in) array
    n_units : int
        >= 1.
    rule : {"hebb", "oja", "sanger"}
        See the module. Sanger's rule is stable as long as rate <= 1 / variance or so.
    rate : float
        r > 0 in units of the inverse of the largest eigenvalue of C.
    n_updates : int
        >= 0; 0 returns the random weights that all rules start from.
    variance : float
        G > 0, the squared length of a row.
    seed : int
        >= 0, of the weights at the start.

    Returns
    -------
    (n_units, n_in) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    FloatingPointError
        If the weights diverge: the rate is too large.
    """
    inputs = _checks.real_array("inputs", inputs, ndim=2)
    n_units = _checks.integer("n_units", n_units, minimum=1, most=synapses.MOST)
    if not np.any(inputs):
        raise ValueError(f"inputs must hold samples that are not all zero, got shape {inputs.shape}")
    _checks.choice("rule", rule, RULES)
    rate = _checks.real("rate", rate, minimum=0.0, exclusive=True)
    n_updates = _checks.integer("n_updates", n_updates, minimum=0)
    weights = synapses.gaussian(n_units, inputs.shape[1], variance, seed=seed)
    moments = inputs.T @ inputs / len(inputs)
    moments /= np.linalg.eigvalsh(moments)[-1]
    for _ in range(n_updates):
        drive = weights @ moments
        if rule == "hebb":
            weights = weights + rate * drive
            weights *= np.sqrt(variance) / np.linalg.norm(weights, axis=1, keepdims=True)
        elif rule == "oja":
            weights = weights + rate * (drive - (drive * weights).sum(axis=1, keepdims=True) * weights / variance)
        else:
            weights = weights + rate * (drive - np.tril(drive @ weights.T) @ weights / variance)
        if not np.isfinite(weights).all() or np.square(weights).max() > 1e12 * variance:
            raise FloatingPointError(f"weights diverge by the rule {rule!r}: rate {rate:g} is too large")
    return weights


def train_layers(
    inputs: ArrayLike,
    widths: Sequence[int],
    rule: str,
    *,
    activation: ActivationLike = "tanh",
    rate: float = 0.2,
    n_updates: int = 1,
    variance: float = 1.0,
    seed: int = 1,
) -> list[np.ndarray]:
    """Return the weights of a deep network without biases, each layer trained on the activity of the layer before.

    Parameters
    ----------
    inputs : (n_samples, n_in) array
    widths : sequence of ints
        Units of each layer after the input, >= 1.
    rule, rate, n_updates, variance
        As for `train`, the same for all layers; each layer starts at its own random weights.
    activation : {"linear", "relu", "erf", "sign", "tanh"}, Activation or callable
        See :func:`glassnet.network.activations.as_activation`.
    seed : int
        >= 0.

    Returns
    -------
    list of (width, n_in) float64
        From input to output, as :func:`glassnet.network.dimension.measure` takes them.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    FloatingPointError
        If the weights of a layer diverge: the rate is too large.
    """
    phi = activations.as_activation(activation)
    units = _checks.integer_array("widths", widths, minimum=1)
    if units.ndim != 1 or units.size == 0:
        raise ValueError(f"widths must hold at least one layer, got shape {units.shape}")
    state, weights = _checks.real_array("inputs", inputs, ndim=2), []
    for layer, width in enumerate(units.tolist(), start=1):
        key = Seed(seed, f"hebbian, layer={layer}")
        weights.append(train(state, width, rule, rate=rate, n_updates=n_updates, variance=variance, seed=key))
        state = phi(state @ weights[-1].T)
    return weights
