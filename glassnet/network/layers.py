"""Forward passes through given weights, and statistics of activations that samples do not bias."""

import itertools

import numpy as np

from glassnet import _checks, _face
from glassnet.network import activations

__all__ = ["forward", "spread", "spread_exact"]
_face.public(__name__)


def checked(weights, biases=None) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the weights and biases of a network as lists of arrays, or raise an error that names what does not fit.

    Parameters
    ----------
    weights : sequence of (n_out, n_in) arrays
        One for each layer, in the order of the signal; n_in of each is n_out of the one before.
    biases : sequence of (n_out,) arrays, optional
        None: no biases.

    Raises
    ------
    TypeError, ValueError
        If there is no layer, an array has the wrong shape or holds what is no finite number.
    """
    weights = [_checks.real_array(f"weights[{k}]", one, ndim=2) for k, one in enumerate(matrices("weights", weights))]
    if not weights:
        raise ValueError("weights must hold at least one matrix, got none")
    for k, (first, second) in enumerate(itertools.pairwise(weights)):
        if second.shape[1] != first.shape[0]:
            raise ValueError(f"weights[{k + 1}] must have {first.shape[0]} columns, got shape {second.shape}")
    if biases is None:
        return weights, [np.zeros(len(one)) for one in weights]
    biases = _listed("biases", biases, "a list with one array for each layer")
    if len(biases) != len(weights):
        raise ValueError(f"biases must be one for each of {len(weights)} layers, got {len(biases)}")
    shapes = [(len(one),) for one in weights]
    return weights, [
        _checks.real_array(f"biases[{k}]", one, shape=shape)
        for k, (one, shape) in enumerate(zip(biases, shapes, strict=True))
    ]


def matrices(name: str, weights) -> list:
    """Return `weights` as a list, or raise an error that says why they are no list of matrices."""
    wanted = "a list of matrices, one for each layer"
    shape = getattr(weights, "shape", None)
    if shape is not None and len(shape) == 2:
        raise ValueError(f"{name} must be {wanted}, got a single one of shape {shape}")
    weights = _listed(name, weights, wanted)
    stacked = {len(one.shape) for one in weights if hasattr(one, "shape")} - {0, 1, 2}
    if stacked:
        raise ValueError(f"{name} must be those of one network, got matrices with {max(stacked)} dimensions")
    return weights


def forward(weights, inputs, activation="tanh", biases=None) -> list[np.ndarray]:
    """Return the activations of all layers, that of the inputs first.

    Parameters
    ----------
    weights, biases
        As for `checked`.
    inputs : (n_samples, n_in) array
    activation : str, Activation or callable, or a list with one for each layer
        See :func:`glassnet.network.activations.as_activation`.

    Returns
    -------
    list of (n_samples, width) float64

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or a shape does not fit.
    """
    weights, biases = checked(weights, biases)
    states = [_checks.real_array("inputs", inputs, ndim=2)]
    if states[0].shape[1] != weights[0].shape[1]:
        raise ValueError(f"inputs must have {weights[0].shape[1]} columns, got shape {states[0].shape}")
    for matrix, bias, phi in zip(weights, biases, activations.sequence(activation, len(weights)), strict=True):
        states.append(phi(states[-1] @ matrix.T + bias))
    return states


def spread(first, second) -> dict[str, float]:
    """Return K1, K2, S, Q and D/N of a layer, free of sampling bias, from two independent halves of samples.

    With means m and covariances C of the units, K1 = mean C_ii, K2 = mean C_ii^2, S = sum_{i != j} C_ij^2 / N and
    Q = mean m_i^2; D / N = K1^2 / (K2 + S). Squares are products of one half with the other: the square of one estimate
    would count its noise.

    Parameters
    ----------
    first, second : (n_samples, width) arrays
        At least 2 samples each.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, there are too few samples, or the widths differ.
    """
    first, second = _checks.real_array("first", first, ndim=2), _checks.real_array("second", second, ndim=2)
    width = first.shape[1]
    if second.shape[1] != width:
        raise ValueError(f"second must have {width} columns, got shape {second.shape}")
    for name, half in (("first", first), ("second", second)):
        if len(half) < 2:
            raise ValueError(f"{name} must hold at least 2 samples, got {len(half)}")
    means = first.mean(axis=0), second.mean(axis=0)
    first, second = first - means[0], second - means[1]
    variances = np.square(first).sum(axis=0) / (len(first) - 1), np.square(second).sum(axis=0) / (len(second) - 1)
    if len(first) + len(second) < 2 * width:
        total = np.square(first @ second.T).sum()
    else:
        total = np.vdot(first.T @ first, second.T @ second)
    total /= width * (len(first) - 1) * (len(second) - 1)
    return _summary(0.5 * (variances[0] + variances[1]), variances[0] * variances[1], total, means[0] * means[1])


def spread_exact(mean, cov) -> dict[str, float]:
    """Return what `spread` does, from exact means (width,) and covariances (width, width).

    `mean` and `cov` are float64, as in the moments of `cumulants.propagate`, and are taken as they are.
    """
    diagonal = np.diagonal(cov)
    return _summary(diagonal, np.square(diagonal), np.square(cov).sum() / len(cov), np.square(mean))


def _listed(name, value, wanted) -> list:
    if not np.iterable(value) or isinstance(value, (str, bytes)):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return list(value)


def _summary(variance, square, total, mean_square) -> dict[str, float]:
    """`total` is tr C^2 / N."""
    k1, k2 = float(variance.mean()), float(square.mean())
    size = k1 * k1 / total if total > 0 else np.nan
    return {
        "dimension": float(size),
        "covariance_strength": float(total - k2),
        "K1": k1,
        "K2": k2,
        "Q": float(mean_square.mean()),
    }
