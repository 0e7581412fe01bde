"""Pathways of two layers, from the starting weights themselves: a closed form that is exact for one mode."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network.pathways.starts import checked_weights, modes


def two_layer_shares(weights: Sequence[Sequence[ArrayLike]], target: ArrayLike) -> np.ndarray:
    """Share of each pathway of two matrices at the end, from any starting weights, each mode by itself.

    In a mode (u, s, v) of the target, a = W_1 v and b = W_2^T u of each pathway rotate hyperbolically in the common
    clock theta = int (s - sum K) dt: a + b grows as e^theta, a - b falls as e^-theta, and

        K = |a_0 + b_0|^2 e^(2 theta) / 4 - |a_0 - b_0|^2 e^(-2 theta) / 4,

    until the strengths add up to s.

    Parameters
    ----------
    weights : sequence of pairs of matrices
        By pathway, W_1 of shape (width, n_inputs) and W_2 of shape (n_outputs, width), floats; widths may differ.
    target : (n_outputs, n_inputs) floats
        S, the linear map to be learned.

    Returns
    -------
    (n_modes, n_pathways) float64
        K_a / s in the modes of positive singular value, largest first; they sum to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or nothing can grow in a mode.

    Notes
    -----
    Derived for this program. Exact where target and weights have one mode. With several, those of a pathway mix by
    overlaps such as a . b' of two modes, which for normal weights of :func:`glassnet.network.pathways.random_start` are
    of order scale^2 / sqrt(width). For |a_0| = |b_0| = scale and a_0 . b_0 = 0 it is K = scale^2 sinh(2 theta).
    """
    target = _checks.real_array("target", target, ndim=2)
    pathways = checked_weights(weights, target.shape)
    for a, pathway in enumerate(pathways):
        if len(pathway) != 2:
            raise ValueError(f"weights[{a}] must hold two matrices, got {len(pathway)}")
    left, strengths, right = modes(target)
    grown, fallen = (
        np.stack([np.square(w1 @ right.T + sign * w2.T @ left).sum(axis=0) for w1, w2 in pathways], axis=-1)
        for sign in (1, -1)
    )
    a, b = grown.sum(axis=-1, keepdims=True), fallen.sum(axis=-1, keepdims=True)
    if (a == 0).any():
        raise ValueError("weights must be able to grow in each mode of target, but W_1 v + W_2^T u is zero in one")
    # e^(2 theta) from a e^(4 theta) - 4 s e^(2 theta) - b = 0
    goal = 2 * strengths[:, None]
    growth = (goal + np.sqrt(goal**2 + a * b)) / a
    shares = grown * growth - fallen / growth
    return shares / shares.sum(axis=-1, keepdims=True)
