"""The clique of neurons: correlations, minimum spanning tree, and gradients of both by the activations."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from glassnet import _checks
from glassnet.kernels import persistence as kernel

#: correlations that differ by less across the diagonal are rounded, not asymmetric
_TOLERANCE = 1e-9
#: a neuron whose spread is below this share of its size, for every sample, is constant but for rounding
_ROUNDING = 8 * np.finfo(float).eps


class Clique:
    """Normalised activations of the neurons, their correlations, and gradients by the activations.

    Attributes
    ----------
    z : (n_samples, n_neurons) float64
        Mean 0, norm 1; zero for constant neurons.
    correlation : (n_neurons, n_neurons) float64
    """

    def __init__(self, activations: ArrayLike) -> None:
        x = _checks.real_array("activations", activations, ndim=2)
        n_samples, self.n_neurons = x.shape
        if n_samples < 2 or self.n_neurons < 2:
            raise ValueError(f"activations must hold at least 2 samples of 2 neurons, got shape {x.shape}")
        # in units of the largest one, so that no square overflows or vanishes; what has no inverse is constant
        size = np.abs(x).max(axis=0)
        unit = np.where(size > 1e-300, size, 1.0)
        x = x / unit
        x -= x.mean(axis=0)
        norms = np.sqrt(np.square(x).sum(axis=0))
        varies = norms > _ROUNDING * np.sqrt(n_samples)
        safe = np.where(varies, norms, 1.0)
        self.z = np.where(varies, x / safe, 0.0)
        self._inverse_norms = np.where(varies, 1 / safe, 0.0) / unit
        product = self.z.T @ self.z
        self.correlation = np.clip((product + product.T) / 2, -1.0, 1.0)
        np.fill_diagonal(self.correlation, 1.0)

    def tree(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges and distances of the minimum spanning tree."""
        return kernel.prim(self.correlation)

    def pull_back(self, edges: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Gradient by the activations from the slopes d value / d distance of the edges of a tree."""
        first, second = edges.T
        c = self.correlation[first, second]
        slopes = -np.sign(c) * slopes
        shape = (self.n_neurons, self.n_neurons)
        # both directions of each edge
        along = np.bincount(np.concatenate([first, second]), np.tile(slopes * c, 2), self.n_neurons)
        there = sparse.coo_array((slopes, (first, second)), shape).tocsr()
        return self.chain(((there + there.T) @ np.ascontiguousarray(self.z.T)).T, along)

    def chain(self, towards: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Sum_j s_ij (z_j - c_ij z_i) / |x_i - mean| of `towards` = sum_j s_ij z_j and `along` = sum_j s_ij c_ij."""
        return (towards - self.z * along) * self._inverse_norms


def correlations(activations: ArrayLike) -> np.ndarray:
    """Pearson correlations of neurons, (n_neurons, n_neurons) float64; those of constant neurons are 0.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.

    Returns
    -------
    (n_neurons, n_neurons) float64
        Exactly symmetric, within [-1, 1], 1 on the diagonal.

    Raises
    ------
    TypeError, ValueError
        If `activations` is not as described.
    """
    return Clique(activations).correlation


def spanning_tree(correlation: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Minimum spanning tree of a given correlation matrix, with distances 1 - |correlation|.

    Parameters
    ----------
    correlation : (n, n) floats
        Symmetric, within [-1, 1], n >= 2; the diagonal, which is within [-1, 1] too, does not matter.

    Returns
    -------
    edges : (n - 1, 2) int32
    distances : (n - 1,) float64
        In the order in which the edges join the tree. Equal to the bars of dimension 0, in another order.

    Raises
    ------
    TypeError, ValueError
        If `correlation` is not as described.

    Notes
    -----
    Prim's algorithm without a heap, n^2 / 2 steps. scipy.sparse.csgraph.minimum_spanning_tree takes distance 0 for a
    missing edge, and returns a wrong tree when neurons are duplicates of each other.
    """
    correlation = _checks.real_array("correlation", correlation, ndim=2)
    if correlation.shape[0] != correlation.shape[1] or len(correlation) < 2:
        raise ValueError(f"correlation must be a square matrix of at least 2 neurons, got shape {correlation.shape}")
    flaw = kernel.flaw(correlation, _TOLERANCE)
    if flaw is not None:
        values = f"{correlation[flaw]:.10g} and {correlation[flaw[::-1]]:.10g}"
        raise ValueError(f"correlation must be symmetric and within [-1, 1], got {values} at {flaw} and {flaw[::-1]}")
    return kernel.prim(correlation)
