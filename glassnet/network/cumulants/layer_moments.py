"""Means and covariances of every layer in every class: predicted from cumulants of the input, and sampled."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network import activations, layers, weight_matrices
from glassnet.network.activations.base import Layered
from glassnet.network.cumulants import mapping, populations
from glassnet.network.cumulants.mapping import Moments

_MOMENTS = ("mean", "variance", "covariance")


def layer_moments(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    inputs: ArrayLike,
    labels: ArrayLike,
    activation: Layered,
    *,
    order: int = 2,
) -> tuple[list[list[Moments]], list[list[Moments]]]:
    """Return the moments of all layers after the activation, as cumulants of each class predict them and as they are.

    Parameters
    ----------
    weights, biases, activation
        As for :func:`glassnet.network.cumulants.propagation.propagate`.
    inputs : (n_samples, n_in) array
    labels : (n_samples,) array of int
        In 0 .. n_classes - 1, each at least once.
    order : int
        Highest cumulant of the input that counts, 1 (means) to 4 (needs a quadratic first layer).

    Returns
    -------
    predicted, sampled : list of list of Moments
        For each class and layer. Both belong to the empirical distribution of these inputs (divided by the number of
        samples), so that they differ by the closure alone, not by chance.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape, or a class is empty.
    """
    order = _checks.integer("order", order, minimum=1, maximum=4)
    classes = _classes(inputs, labels, order)
    return _predicted(weights, biases, classes, activation), _sampled(weights, biases, inputs, labels, activation)


def by_layer(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    inputs: ArrayLike,
    labels: ArrayLike,
    activation: Layered,
    *,
    orders: int | Sequence[int] = (1, 2, 3),
) -> xr.Dataset:
    """Compare predicted with sampled means and covariances, by layer and class.

    Parameters
    ----------
    weights, biases, inputs, labels, activation
        As for `layer_moments`.
    orders : int or sequence of int
        Highest cumulant of the input that counts, 1 (means) to 4 (needs a quadratic first layer).

    Returns
    -------
    xarray.Dataset
        `relative_error` over `order`, `layer` (from 1), `class` and `moment` ("mean", "variance", "covariance": of
        units, of units, of pairs of units): root of the squared differences of predicted and sampled values summed over
        units or pairs, in units of that of the squared sampled ones. NaN where the latter are all zero.

    Raises
    ------
    TypeError, ValueError
        As for `layer_moments`.
    """
    orders = populations.checked_orders(orders)
    whole = _classes(inputs, labels, max(orders))
    sampled = _sampled(weights, biases, inputs, labels, activation)
    errors = []
    for order in orders:
        predicted = _predicted(weights, biases, [one.up_to(order) for one in whole], activation)
        errors.append(
            [[_errors(*pair) for pair in zip(*pairs, strict=True)] for pairs in zip(predicted, sampled, strict=True)]
        )
    depth, n_classes = len(sampled[0]), len(sampled)
    return xr.Dataset(
        {"relative_error": (("order", "class", "layer", "moment"), np.array(errors))},
        coords={
            "order": orders,
            "class": np.arange(n_classes),
            "layer": np.arange(1, depth + 1),
            "moment": list(_MOMENTS),
        },
    ).transpose("order", "layer", "class", "moment")


def _classes(inputs: ArrayLike, labels: ArrayLike, order: int) -> list[populations.Population]:
    labels = _checks.integer_array("labels", labels, ndim=1)
    n_classes = int(labels.max(initial=0)) + 1
    if n_classes > len(labels):
        raise ValueError(
            f"labels must hold every class of 0 .. {n_classes - 1} at least once, got {len(labels)} labels"
        )
    return populations.of_samples(inputs, labels, np.eye(n_classes), order, third="samples")


def _predicted(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    classes: list[populations.Population],
    activation: Layered,
) -> list[list[Moments]]:
    weights, biases = weight_matrices.checked(weights, biases)
    phis = activations.sequence(activation, len(weights))
    if weights[0].shape[1] != len(classes[0].mean):
        raise ValueError(f"inputs must have {weights[0].shape[1]} columns, got {len(classes[0].mean)}")
    return [mapping.forward(weights, biases, phis, one.mean, one.cov, one.third, one.fourth)[0] for one in classes]


def _sampled(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    inputs: ArrayLike,
    labels: ArrayLike,
    activation: Layered,
) -> list[list[Moments]]:
    states, labels = layers.forward(weights, inputs, activation, biases)[1:], np.asarray(labels)
    return [
        [
            Moments(one.mean(axis=0), np.atleast_2d(np.cov(one.T, bias=True)))
            for one in (state[labels == label] for state in states)
        ]
        for label in range(labels.max() + 1)
    ]


def _errors(predicted: Moments, sampled: Moments) -> list[float]:
    pairs = np.triu_indices(len(sampled.mean), 1)
    values = (
        (predicted.mean, sampled.mean),
        (np.diagonal(predicted.cov), np.diagonal(sampled.cov)),
        (predicted.cov[pairs], sampled.cov[pairs]),
    )
    return [
        float(np.sqrt(np.square(one - true).sum() / np.square(true).sum())) if true.any() else float("nan")
        for one, true in values
    ]
