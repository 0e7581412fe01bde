"""How much of a network is the same as in another one, whatever the gauge of its hidden units.

Flipping all weights into and out of a hidden unit changes neither what a network of sign units says nor the energy of a
path glass. Two measures do not see it: the overlap of walks from input to output, and the largest overlap of weights
that any flips of hidden units make. Only signs of weights count.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet.network import weight_matrices


def walk_overlap(weights: Sequence[ArrayLike], reference: Sequence[ArrayLike]) -> np.ndarray:
    """Return the overlap of all walks from input to output: the mean of the product of w w* along a walk.

    Parameters
    ----------
    weights : list of (..., n_out, n_in) arrays
        One network, or many along the leading axes.
    reference : list of (n_out, n_in) arrays
        One network of the same widths, such as a teacher or the matrices of :func:`glassnet.network.hebb_state`.

    Returns
    -------
    (...) float64
        In [-1, 1]; over the walks whose connections are there in both networks, NaN without any. 1 if and only if the
        two are gauge images of each other on these walks. For a network that is independent of the reference the mean
        is 0; with overlaps q_l of the layers in the best gauge it is about their product.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described or the shapes differ.
    """
    agreement, lead = _agreement(weights, reference)
    walks = present = np.ones((1, agreement[0].shape[-1], 1))
    for signs in agreement:
        walks, present = signs @ walks, np.abs(signs) @ present
    total, number = walks.sum(axis=(-2, -1)), present.sum(axis=(-2, -1))
    return np.where(number > 0, total / np.where(number > 0, number, 1.0), np.nan).reshape(lead)[()]


def gauge_overlap(weights: Sequence[ArrayLike], reference: Sequence[ArrayLike]) -> np.ndarray:
    """Return the largest overlap of weights, mean of w w*, that flips of hidden units make.

    Parameters
    ----------
    weights, reference
        As for `walk_overlap`.

    Returns
    -------
    (...) float64
        At most 1, over the connections that are there in both; NaN without any. 1 for gauge images (unless pieces are
        cut off from output and input). It is searched for: from the output, and from the input, each hidden
        unit takes the sign that agrees with its neighbours, then layers are improved in turn until nothing changes. So
        this is a lower bound to the largest overlap, which is tight where networks are alike.

    Raises
    ------
    TypeError, ValueError
        As for `walk_overlap`.

    Notes
    -----
    It is not 0 for unrelated networks, since flips find what agrees by chance: about 0.16 for widths 41-21-21-21-1.
    Compare with the same of random networks, or use `walk_overlap`, which has mean 0.
    """
    agreement, lead = _agreement(weights, reference)
    number = sum(np.abs(signs).sum(axis=(-2, -1)) for signs in agreement)
    best = np.maximum(*(_climbed(agreement, start) for start in (_from_output(agreement), _from_input(agreement))))
    return np.where(number > 0, best / np.where(number > 0, number, 1.0), np.nan).reshape(lead)[()]


def _agreement(
    weights: Sequence[ArrayLike], reference: Sequence[ArrayLike]
) -> tuple[list[np.ndarray], tuple[int, ...]]:
    """Signs of w w* by layer, (n_networks, n_out, n_in), 0 where one of the two has no connection; the leading axes."""
    weights, reference = weight_matrices.stacked(weights), weight_matrices.checked(reference)[0]
    lead = weights[0].shape[:-2]
    shapes = [one.shape[-2:] for one in weights], [one.shape for one in reference]
    if shapes[0] != shapes[1]:
        raise ValueError(f"reference must have the shapes {shapes[0]} of weights, got {shapes[1]}")
    pairs = zip(weights, reference, strict=True)
    return [np.sign(one.reshape(-1, *one.shape[-2:])) * np.sign(other) for one, other in pairs], lead


def _taken(sums: np.ndarray) -> np.ndarray:
    return np.where(sums < 0, -1.0, 1.0)


def _from_output(agreement: list[np.ndarray]) -> list[np.ndarray]:
    """Signs (n_networks, width, 1) of all units, of which those of inputs and outputs are +1."""
    signs = [np.ones((len(agreement[0]), agreement[-1].shape[-2], 1))]
    for matrices in agreement[:0:-1]:
        signs.insert(0, _taken(np.swapaxes(matrices, -1, -2) @ signs[0]))
    return [np.ones((len(agreement[0]), agreement[0].shape[-1], 1)), *signs]


def _from_input(agreement: list[np.ndarray]) -> list[np.ndarray]:
    signs = [np.ones((len(agreement[0]), agreement[0].shape[-1], 1))]
    for matrices in agreement[:-1]:
        signs.append(_taken(matrices @ signs[-1]))
    return [*signs, np.ones((len(agreement[0]), agreement[-1].shape[-2], 1))]


def _climbed(agreement: list[np.ndarray], signs: list[np.ndarray]) -> np.ndarray:
    """(n_networks,): sum of agreements where no hidden unit by itself can make it larger."""
    value = _total(agreement, signs)
    while True:
        for layer in range(1, len(signs) - 1):
            back = np.swapaxes(agreement[layer], -1, -2) @ signs[layer + 1]
            sums = agreement[layer - 1] @ signs[layer - 1] + back
            # a unit without a preference stays as it is: the sum rises or nothing changes, and this ends
            signs[layer] = np.where(sums == 0, signs[layer], _taken(sums))
        higher = _total(agreement, signs)
        if (higher <= value).all():
            return higher
        value = higher


def _total(agreement: list[np.ndarray], signs: list[np.ndarray]) -> np.ndarray:
    pairs = zip(agreement, signs[1:], signs[:-1], strict=True)
    return sum((after * (matrices @ before)).sum(axis=(-2, -1)) for matrices, after, before in pairs)
