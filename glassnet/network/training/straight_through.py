"""Gradient descent through the signs: networks with synapses +-1 that are trained by latent real numbers.

A synapse is w = sign(u) of a latent number u. The gradient with respect to w moves u as if w were u itself, the
straight-through estimator (Y. Bengio, N. Leonard and A. Courville, arXiv:1308.3432 (2013); for synapses
M. Courbariaux, Y. Bengio and J.-P. David, Advances in Neural Information Processing Systems 28 (2015)), and u is kept
in [-1, 1]. A unit h = sign(z) passes the gradient where abs(z) <= 1, as if it were min(max(z, -1), 1) (I. Hubara et
al., Advances in Neural Information Processing Systems 29 (2016)). The sum of a unit over its k connections is divided
by sqrt(k), which changes no sign.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator
from glassnet.network import weight_matrices
from glassnet.network.sign_networks import checked_labels

ACTIVATIONS = ("sign", "hard tanh", "tanh")
SYNAPSES = ("binary", "real")
#: decay of the averages of Adam, D. P. Kingma and J. Ba, arXiv:1412.6980 (2014)
_MEAN, _SQUARE, _SMALL = 0.9, 0.999, 1e-8


@_face.shown
class Trained(NamedTuple):
    """A network that was trained by gradients.

    Attributes
    ----------
    weights : list of (n_out, n_in) float64
        By layer from input to output; of binary synapses +-1, and 0 where there is no connection.
    latent : list of (n_out, n_in) float64
        The numbers whose signs they are; of real synapses the weights themselves.
    losses : (n_epochs,) float64
        Mean loss of the training examples while they were learned from.
    """

    weights: list[np.ndarray]
    latent: list[np.ndarray]
    losses: np.ndarray


def straight_through(
    weights: list[np.ndarray],
    inputs: ArrayLike,
    labels: ArrayLike,
    *,
    activation: str = "sign",
    synapses: str = "binary",
    n_epochs: int = 40,
    batch_size: int = 50,
    rate: float = 0.03,
    seed: int | Seed,
) -> Trained:
    """Train a network from given signs, by Adam on batches of examples.

    Parameters
    ----------
    weights : list of (n_out, n_in) arrays
        The start, by layer from input to output. Signs count: the latent numbers get random sizes, uniform in [0, 1],
        or for real synapses those of normal numbers. 0 is a connection that is not there and never will be.
    inputs : (n_examples, n_in) array
    labels : (n_examples,) array
        +-1 where there is one output unit: the loss is ln(1 + exp(-y z)). Else integers 0 to n_out - 1: the loss is the
        cross entropy of softmax(z). z are the sums of the output units, divided by sqrt(k).
    activation : {"sign", "hard tanh", "tanh"}
        Of the hidden units.
    synapses : {"binary", "real"}
        "real": the weights are the latent numbers, for comparison.
    n_epochs, batch_size : int
        >= 1, at most a million epochs. The learning rate falls to 0 linearly.
    rate : float
        > 0, by how much a latent number moves in a step, about, in the beginning.
    seed : int or Seed
        Of the sizes and of the order of the examples. The same seed gives the same network, on the same machine.

    Returns
    -------
    Trained

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the shapes do not fit.
    """
    start = weight_matrices.checked(weights)[0]
    inputs, labels = _checked_examples(start, inputs, labels)
    _checks.choice("activation", activation, ACTIVATIONS)
    binary = _checks.choice("synapses", synapses, SYNAPSES) == "binary"
    n_epochs = _checks.integer("n_epochs", n_epochs, minimum=1, most=1_000_000)
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    rate = _checks.real("rate", rate, minimum=0.0, exclusive=True)
    rng = generator(seed, Role.INITIAL)
    latent = [np.sign(one) * _sizes(rng, one.shape, binary) for one in start]
    present = [one != 0 for one in start]
    step, losses = _Adam(latent), np.empty(n_epochs)
    firsts = range(0, len(inputs), batch_size)
    for epoch in range(n_epochs):
        order, total = rng.permutation(len(inputs)), 0.0
        for number, first in enumerate(firsts):
            batch = order[first : first + batch_size]
            loss, slopes = _gradients(_synapses(latent, binary), inputs[batch], labels[batch], activation)
            now = rate * (1.0 - (epoch + number / len(firsts)) / n_epochs)
            for one, mask, move in zip(latent, present, step(slopes), strict=True):
                one -= now * move * mask
                if binary:
                    # a latent number that comes to 0 would be no synapse
                    np.clip(one, -1.0, 1.0, out=one)
                    one[mask & (one == 0)] = 1e-12
            total += loss * len(batch)
        losses[epoch] = total / len(inputs)
    return Trained(_synapses(latent, binary), latent, losses)


def gradients(
    weights: list[np.ndarray], inputs: ArrayLike, labels: ArrayLike, activation: str = "sign"
) -> tuple[float, list[np.ndarray]]:
    """Return the mean loss of examples and its gradient with respect to the weights.

    Parameters
    ----------
    weights, inputs, labels, activation
        As for :func:`straight_through`; the weights may be any numbers. For "sign" the gradient is that of the loss
        with sign(z) replaced by sign(z_0) + f(z) - f(z_0), f(z) = min(max(z, -1), 1), at z = z_0; for the others it is
        that of the loss itself.

    Returns
    -------
    float, list of (n_out, n_in) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the shapes do not fit.
    """
    matrices = weight_matrices.checked(weights)[0]
    inputs, labels = _checked_examples(matrices, inputs, labels)
    _checks.choice("activation", activation, ACTIVATIONS)
    return _gradients(matrices, inputs, labels, activation)


def _gradients(
    weights: list[np.ndarray], inputs: np.ndarray, labels: np.ndarray, activation: str
) -> tuple[float, list[np.ndarray]]:
    scales = [1.0 / np.sqrt(np.maximum(np.count_nonzero(one, axis=1), 1)) for one in weights]
    states, slopes = [inputs], []
    for matrix, scale in zip(weights[:-1], scales[:-1], strict=True):
        state, slope = _activated(states[-1] @ matrix.T * scale, activation)
        states.append(state)
        slopes.append(slope)
    loss, back = _loss(states[-1] @ weights[-1].T * scales[-1], labels)
    found: list[np.ndarray] = []
    for layer in range(len(weights) - 1, -1, -1):
        back = back * scales[layer]
        found.insert(0, back.T @ states[layer])
        if layer:
            back = back @ weights[layer] * slopes[layer - 1]
    return loss, found


def _activated(sums: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    """Values, and the derivative that the gradient sees."""
    if activation == "tanh":
        value = np.tanh(sums)
        return value, 1.0 - value * value
    value = np.sign(sums) if activation == "sign" else np.clip(sums, -1.0, 1.0)
    return value, (np.abs(sums) <= 1.0).astype(np.float64)


def _loss(sums: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean over the examples, and its derivative with respect to the sums of the output units."""
    if sums.shape[1] == 1:
        margin = labels * sums[:, 0]
        slope = -labels / (1.0 + np.exp(np.minimum(margin, 700.0)))
        return float(np.logaddexp(0.0, -margin).mean()), slope[:, None] / len(sums)
    sums = sums - sums.max(axis=1, keepdims=True)
    share = np.exp(sums)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    rows = np.arange(len(sums))
    loss = float((np.log(total[:, 0]) - sums[rows, labels]).mean())
    share[rows, labels] -= 1.0
    return loss, share / len(sums)


class _Adam:
    """Directions of Adam: averages of gradients in units of their root mean square."""

    def __init__(self, latent: list[np.ndarray]):
        self._means = [np.zeros_like(one) for one in latent]
        self._squares = [np.zeros_like(one) for one in latent]
        self._steps = 0

    def __call__(self, slopes: list[np.ndarray]) -> list[np.ndarray]:
        self._steps += 1
        moves = []
        for mean, square, slope in zip(self._means, self._squares, slopes, strict=True):
            mean += (1 - _MEAN) * (slope - mean)
            square += (1 - _SQUARE) * (slope * slope - square)
            size = np.sqrt(square / (1 - _SQUARE**self._steps)) + _SMALL
            moves.append(mean / (1 - _MEAN**self._steps) / size)
        return moves


def _sizes(rng: np.random.Generator, shape: tuple[int, ...], binary: bool) -> np.ndarray:
    # not 0 itself, which would be no connection
    return 1.0 - rng.random(shape) if binary else np.abs(rng.standard_normal(shape)) + 1e-12


def _synapses(latent: list[np.ndarray], binary: bool) -> list[np.ndarray]:
    return [np.sign(one) for one in latent] if binary else latent


def _checked_examples(weights: list[np.ndarray], inputs: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    inputs = _checks.real_array("inputs", inputs, ndim=2)
    if not len(inputs):
        raise ValueError(f"inputs must hold at least one example, got shape {inputs.shape}")
    if inputs.shape[1] != weights[0].shape[1]:
        raise ValueError(f"inputs must have {weights[0].shape[1]} columns, got shape {inputs.shape}")
    n_out = len(weights[-1])
    if n_out == 1:
        return inputs, checked_labels("labels", labels, len(inputs)).astype(np.float64)
    return inputs, _checks.integer_array("labels", labels, shape=(len(inputs),), maximum=n_out - 1)
