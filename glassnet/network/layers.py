"""Forward passes through given weights, removal of connections, and statistics of activations free of sampling bias."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _dilution, _face, _wiring
from glassnet._random import Seed
from glassnet.ensembles.dilution_sequences import layers_by_time, removal_orders
from glassnet.network import activations
from glassnet.network.activations.base import Layered
from glassnet.network.weight_matrices import checked, stacked

__all__ = ["forward", "remove", "spread", "spread_exact"]
_face.public(__name__)


def remove(weights: Sequence[ArrayLike], fraction: float, seed: int | Seed) -> list[np.ndarray]:
    """Remove connections of given networks, as the dilution of a path glass does, and leave the rest as it is.

    round(fraction * N) of the N connections go, the number that :meth:`glassnet.PathGlass.dilute` removes, spread over
    the layers in proportion to their size by the law of :func:`glassnet.ensembles.nested_dilutions`. Masks are paired
    by their seed: what goes at one fraction goes at every larger one, and for all networks with the same connections it
    is the same, whatever their weights. Of the matrices of a glass (:func:`glassnet.network.from_glass`) the
    connections go that ``nested_dilutions(glass, [fraction], seed)`` removes.

    Parameters
    ----------
    weights : list of (..., n_out, n_in) arrays
        By layer from input to output: one network, or many along the leading axes, which all lose the same connections.
        An entry that is 0 in all of them is no connection.
    fraction : float
        Of all connections, in [0, 1).
    seed : int or Seed

    Returns
    -------
    list of (..., n_out, n_in) float64
        With zeros where connections have been removed. A layer may lose all it has; a glass would be refused.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    weights, fraction = stacked(weights), _wiring.dilution("fraction", fraction)
    # in the order of the weights of a glass: by neuron before, then by neuron after
    present = [(one.reshape(-1, *one.shape[-2:]) != 0).any(axis=0).T for one in weights]
    rng, orders = removal_orders([np.flatnonzero(mask) for mask in present], seed)
    removed = _dilution.whole(fraction, sum(map(len, orders)), None)
    counts = np.bincount(layers_by_time(orders, rng)[:removed], minlength=len(orders))
    left = []
    for matrices, mask, order, count in zip(weights, present, orders, counts, strict=True):
        keep = np.ones(mask.size, dtype=bool)
        keep[order[:count]] = False
        left.append(np.where(keep.reshape(mask.shape).T, matrices, 0.0))
    return left


def forward(
    weights: Sequence[ArrayLike],
    inputs: ArrayLike,
    activation: Layered = "tanh",
    biases: Sequence[ArrayLike] | None = None,
) -> list[np.ndarray]:
    """Return the activations of all layers, that of the inputs first.

    Parameters
    ----------
    weights, biases
        Lists of one (n_out, n_in) array, and of one (n_out,) array, for each layer; biases None: no biases.
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


def spread(first: ArrayLike, second: ArrayLike) -> dict[str, float]:
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
    a, b = first - means[0], second - means[1]
    variances = np.square(a).sum(axis=0) / (len(a) - 1), np.square(b).sum(axis=0) / (len(b) - 1)
    total = np.square(a @ b.T).sum() if len(a) + len(b) < 2 * width else np.vdot(a.T @ a, b.T @ b)
    total = total / (width * (len(a) - 1) * (len(b) - 1))
    return _summary(0.5 * (variances[0] + variances[1]), variances[0] * variances[1], total, means[0] * means[1])


def spread_exact(mean: np.ndarray, cov: np.ndarray) -> dict[str, float]:
    """Return what `spread` does, from exact means (width,) and covariances (width, width).

    `mean` and `cov` are float64, as in the moments of `cumulants.propagate`, and are taken as they are.
    """
    diagonal = np.diagonal(cov)
    return _summary(diagonal, np.square(diagonal), np.square(cov).sum() / len(cov), np.square(mean))


def _summary(variance: np.ndarray, square: np.ndarray, total: float, mean_square: np.ndarray) -> dict[str, float]:
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
