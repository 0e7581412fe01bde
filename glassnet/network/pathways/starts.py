"""Weights to start the descent of parallel pathways from, and the modes of what they learn."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet._random import Role, Seed, generator
from glassnet.network.weight_matrices import matrices

#: matrices in a pathway, at most
DEEPEST = 100


def balanced_start(
    depths: Sequence[int] | np.ndarray, target: ArrayLike, u0: ArrayLike, *, width: int | None = None, seed: int | Seed
) -> list[list[np.ndarray]]:
    """Balanced weights aligned with the singular vectors of the target: where the reduced dynamics is exact.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
    target : (n_outputs, n_inputs) floats
    u0 : (n_pathways,) or (n_modes, n_pathways) floats
        Singular value of each matrix of a pathway in each mode of positive singular value of the target.
    width : int, optional
        Neurons in each hidden layer, at least the number of modes; by default the larger one of the target's sides.
    seed : int or Seed
        Of the random orthogonal bases of the hidden layers.

    Returns
    -------
    list of lists of (n_out, n_in) float64
        By pathway and layer.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    depths = checked_depths(depths)
    target = _checks.real_array("target", target, ndim=2)
    left, strengths, right = modes(target)
    width = max(target.shape) if width is None else _checks.integer("width", width, minimum=len(strengths))
    needed = 24 * int(depths.max()) * width * len(strengths)
    _checks.memory(f"width: bases of {_checks.shown(width)} neurons", needed)
    if width < len(strengths):
        raise ValueError(f"width must be at least the {len(strengths)} modes of target, got {width}")
    u0 = _checks.real_array("u0", u0)
    if u0.shape not in ((len(depths),), (len(strengths), len(depths))):
        shapes = f"({len(depths)},) or ({len(strengths)}, {len(depths)})"
        raise ValueError(f"u0 must have shape {shapes} for {len(strengths)} modes, got {u0.shape}")
    u0 = np.broadcast_to(u0, (len(strengths), len(depths)))
    rng = generator(seed, Role.INITIAL)
    pathways = []
    for a, depth in enumerate(depths):
        bases = [np.linalg.qr(rng.standard_normal((width, len(strengths))))[0] for _ in range(depth - 1)]
        bases = [right.T, *bases, left]
        pathways.append([(after * u0[:, a]) @ before.T for before, after in pairwise(bases)])
    return pathways


def random_start(
    depths: Sequence[int] | np.ndarray, n_inputs: int, n_outputs: int, *, width: int, scale: float, seed: int | Seed
) -> list[list[np.ndarray]]:
    """Independent normal weights of variance scale^2 / n_in, aligned with nothing.

    Parameters
    ----------
    depths : (n_pathways,) integers >= 1
    n_inputs, n_outputs, width : int
        Neurons; `width` those of each hidden layer.
    scale : float
        > 0.
    seed : int or Seed

    Returns
    -------
    list of lists of (n_out, n_in) float64
        By pathway and layer.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    depths = checked_depths(depths)
    sizes = (("n_inputs", n_inputs), ("width", width), ("n_outputs", n_outputs))
    n_inputs, width, n_outputs = (_checks.integer(name, value, minimum=1, most=2**31 - 1) for name, value in sizes)
    needed = 16 * int(depths.sum()) * max(n_inputs, width) * max(n_outputs, width)
    _checks.memory(f"n_inputs, width, n_outputs: layers of {n_inputs}, {width} and {n_outputs} neurons", needed)
    scale = _checks.real("scale", scale, minimum=0, exclusive=True)
    rng = generator(seed, Role.INITIAL)
    pathways = []
    for depth in depths:
        widths = [n_inputs, *[width] * (depth - 1), n_outputs]
        pathways.append(
            [scale / np.sqrt(n_in) * rng.standard_normal((n_out, n_in)) for n_in, n_out in pairwise(widths)]
        )
    return pathways


def checked_depths(depths: ArrayLike) -> np.ndarray:
    """Depths of at least one pathway, (n_pathways,) int32, or an error that says what is wrong."""
    depths = _checks.integer_array("depths", depths, ndim=1, minimum=1, maximum=DEEPEST)
    if not depths.size:
        raise ValueError("depths must hold at least one pathway, got none")
    return depths


def checked_modes(
    depths: ArrayLike, target: ArrayLike, name: str, values: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depths (n_pathways,), targets (...) and starts (..., n_pathways), or an error that says what is wrong.

    `values` are the starts, and `name` is what the caller calls them; the leading axes of both are broadcast.
    """
    depths = checked_depths(depths)
    target = _checks.real_array("target", target)
    values = _checks.real_array(name, values)
    if (target <= 0).any():
        raise ValueError(f"target must be > 0, got {target[target <= 0][0]:g}")
    if values.shape[-1:] != depths.shape:
        raise ValueError(f"{name} must have {len(depths)} pathways along its last axis, got shape {values.shape}")
    try:
        shape = np.broadcast_shapes(target.shape, values.shape[:-1])
    except ValueError:
        raise ValueError(f"{name} must fit the modes of target {target.shape}, got shape {values.shape}") from None
    return depths, np.broadcast_to(target, shape), np.broadcast_to(values, (*shape, len(depths)))


def checked_weights(weights: Sequence[Sequence[ArrayLike]], shape: tuple[int, int]) -> list[list[np.ndarray]]:
    """Copies of the matrices of each pathway, or an error that says which one does not fit.

    `shape` is that of the map they are to learn, outputs and inputs.
    """
    wanted = "a list of pathways, each of them a list of matrices"
    if not np.iterable(weights):
        raise TypeError(f"weights must be {wanted}, got {weights!r}")
    weights = list(weights)
    if any(len(getattr(pathway, "shape", ())) == 2 for pathway in weights):
        raise ValueError(f"weights must be {wanted}, got a list of matrices")
    pathways = []
    for a, pathway in enumerate(weights):
        name = f"weights[{a}]"
        layers = [
            _checks.real_array(f"{name}[{i}]", layer, ndim=2).copy() for i, layer in enumerate(matrices(name, pathway))
        ]
        if not layers:
            raise ValueError(f"weights[{a}] must hold at least one matrix, got none")
        widths = [layers[0].shape[1], *(layer.shape[0] for layer in layers)]
        if any(layer.shape[1] != width for layer, width in zip(layers, widths, strict=False)):
            raise ValueError(f"weights[{a}] must fit each other, got shapes {[layer.shape for layer in layers]}")
        if (widths[-1], widths[0]) != shape:
            raise ValueError(f"weights[{a}] must map {shape[1]} inputs to {shape[0]} outputs, got {widths}")
        pathways.append(layers)
    if not pathways:
        raise ValueError("weights must hold at least one pathway, got none")
    return pathways


def modes(target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular vectors and values (left, strengths, right) of the modes that are not zero."""
    left, strengths, right = np.linalg.svd(target, full_matrices=False)
    number = int((strengths > 1e-12 * strengths.max(initial=0.0)).sum())
    if number == 0:
        raise ValueError("target must not be zero everywhere")
    return left[:, :number], strengths[:number], right[:number]
