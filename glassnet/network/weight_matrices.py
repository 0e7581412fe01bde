"""Checks of weight matrices: those of one network with its biases, and those of many networks at once."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks


def checked(
    weights: Sequence[ArrayLike], biases: Sequence[ArrayLike] | None = None
) -> tuple[list[np.ndarray], list[np.ndarray]]:
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
    arrays = [_checks.real_array(f"weights[{k}]", one, ndim=2) for k, one in enumerate(matrices("weights", weights))]
    if not arrays:
        raise ValueError("weights must hold at least one matrix, got none")
    for k, (first, second) in enumerate(itertools.pairwise(arrays)):
        if second.shape[1] != first.shape[0]:
            raise ValueError(f"weights[{k + 1}] must have {first.shape[0]} columns, got shape {second.shape}")
    if biases is None:
        return arrays, [np.zeros(len(one)) for one in arrays]
    biases = _listed("biases", biases, "a list with one array for each layer")
    if len(biases) != len(arrays):
        raise ValueError(f"biases must be one for each of {len(arrays)} layers, got {len(biases)}")
    shapes = [(len(one),) for one in arrays]
    return arrays, [
        _checks.real_array(f"biases[{k}]", one, shape=shape)
        for k, (one, shape) in enumerate(zip(biases, shapes, strict=True))
    ]


def matrices(name: str, weights: Sequence[ArrayLike]) -> list[Any]:
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


def stacked(weights: Sequence[ArrayLike]) -> list[np.ndarray]:
    """Return the weights of one network, or of many at once, as arrays, or raise an error that names what does not fit.

    Parameters
    ----------
    weights : sequence of (..., n_out, n_in) arrays
        One for each layer, in the order of the signal; the leading axes are the same for all.

    Raises
    ------
    TypeError, ValueError
        If there is no layer, an array has the wrong shape or holds what is no finite number.
    """
    wanted = "a list of arrays (..., n_out, n_in), one for each layer"
    shape = getattr(weights, "shape", None)
    if shape is not None and len(shape) == 2:
        raise ValueError(f"weights must be {wanted}, got a single matrix of shape {shape}")
    arrays = [_checks.real_array(f"weights[{k}]", one) for k, one in enumerate(_listed("weights", weights, wanted))]
    if not arrays:
        raise ValueError("weights must hold at least one matrix, got none")
    for k, one in enumerate(arrays):
        if one.ndim < 2 or 0 in one.shape:
            raise ValueError(
                f"weights[{k}] must be an array (..., n_out, n_in) that is not empty, got shape {one.shape}"
            )
        if one.shape[:-2] != arrays[0].shape[:-2]:
            got = f"{arrays[0].shape[:-2]} and {one.shape[:-2]}"
            raise ValueError(f"weights must have the same leading axes in all layers, got {got}")
        if k and one.shape[-1] != arrays[k - 1].shape[-2]:
            raise ValueError(f"weights[{k}] must have {arrays[k - 1].shape[-2]} columns, got shape {one.shape}")
    return arrays


def _listed(name: str, value: Any, wanted: str) -> list[Any]:
    if not np.iterable(value) or isinstance(value, (str, bytes)):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return list(value)
