"""The clique of neurons: correlations, minimum spanning tree, and gradients of both by the activations."""

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.kernels import persistence as kernel

#: correlations that differ by less across the diagonal are rounded, not asymmetric
_TOLERANCE = 1e-9
#: a neuron whose spread is below this share of its size, for every sample, is constant but for rounding
_ROUNDING = 8 * np.finfo(float).eps
#: neurons whose angle has a smaller sine are copies but for rounding: the direction between them is not known
_COPIES = 1e-12
#: names of the distances between two neurons of correlation c: 1 - |c|, and sqrt(1 - c^2)
DISTANCES = ("absolute", "sine")
#: in which the products of all pairs of neurons can be taken
PRECISIONS = {"double": np.float64, "single": np.float32}


class Clique:
    """Normalised activations of the neurons, their correlations, and gradients by the activations.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
    precision : {"double", "single"}
        That of the products of all pairs; norms, and correlations along edges, are in double precision always.

    Attributes
    ----------
    z : (n_neurons, n_samples) float64
        Rows of mean 0 and norm 1; of zeros for constant neurons.
    n_neurons : int
    """

    def __init__(self, activations: ArrayLike, precision: str = "double") -> None:
        x = _checks.real_array("activations", activations, ndim=2)
        self._precision = PRECISIONS[_checks.choice("precision", precision, tuple(PRECISIONS))]
        n_samples, self.n_neurons = x.shape
        if n_samples < 2 or self.n_neurons < 2:
            raise ValueError(f"activations must hold at least 2 samples of 2 neurons, got shape {x.shape}")
        # a row for each neuron: edges read whole rows; worked on in place, as new memory costs more than the arithmetic
        z = np.array(x.T, order="C")
        # in units of the largest one, so that no square overflows or vanishes; what has no inverse is constant
        size = np.maximum(z.max(axis=1), -z.min(axis=1))
        unit = np.where(size > 1e-300, size, 1.0)
        z /= unit[:, None]
        z -= z.mean(axis=1, keepdims=True)
        norms = np.sqrt(np.einsum("ij,ij->i", z, z))
        varies = norms > _ROUNDING * np.sqrt(n_samples)
        safe = np.where(varies, norms, 1.0)
        z /= safe[:, None]
        z[~varies] = 0.0
        self.z = z
        self._inverse_norms = np.where(varies, 1 / safe, 0.0) / unit

    @cached_property
    def _rows(self) -> np.ndarray:
        """The rows of `z` in the precision of the products."""
        return self.z.astype(self._precision, copy=False)

    def _products(self) -> np.ndarray:
        n = self.n_neurons
        # numpy asks for large pages from 4 MiB on: without them single precision spends a third of the time of 1000
        # neurons on getting small ones
        space = np.empty(max(n * n, 2**20 if n > 500 else 0), dtype=self._precision)
        return np.matmul(self._rows, self._rows.T, out=space[: n * n].reshape(n, n))

    @cached_property
    def correlation(self) -> np.ndarray:
        """Correlations of all pairs, (n_neurons, n_neurons), exactly symmetric and 1 on the diagonal."""
        product = self._products()
        correlation = product + product.T
        correlation /= 2
        np.clip(correlation, -1.0, 1.0, out=correlation)
        np.fill_diagonal(correlation, 1.0)
        return correlation

    def tree(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges (n_neurons - 1, 2) of the minimum spanning tree, and the correlations along them in double precision.

        The tree is that of both distances, which grow with each other.
        """
        product = self._products()
        edges, _ = kernel.prim(product)
        along = product[tuple(edges.T)] if self._precision is np.float64 else kernel.products_along(self.z, edges)
        return edges, np.clip(along, -1.0, 1.0)

    def lengths(self, edges: np.ndarray, along: np.ndarray, distance: str) -> tuple[np.ndarray, np.ndarray]:
        """Lengths of edges, and their derivatives by the correlations `along` them.

        The sine of neurons that nearly are copies is the length of z_j - c z_i: the square root of 1 - c^2 has half the
        digits there. Where it is 0 its derivative counts as 0.
        """
        if _checks.choice("distance", distance, DISTANCES) == "absolute":
            return 1.0 - np.abs(along), -np.sign(along)
        sines = np.sqrt((1.0 - along) * (1.0 + along))
        near = np.flatnonzero(np.abs(along) > 0.5)
        first, second = edges[near].T
        sines[near] = np.linalg.norm(self.z[second] - along[near, None] * self.z[first], axis=1)
        known = sines > _COPIES
        return np.minimum(sines, 1.0), np.where(known, -along / np.where(known, sines, 1.0), 0.0)

    def tree_gradient(self, edges: np.ndarray, along: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Gradient by the activations from the derivatives `slopes` of a function by the correlations `along` edges."""
        return np.ascontiguousarray(kernel.tree_gradient(self.z, edges, along, slopes, self._inverse_norms).T)

    def all_pairs_gradient(self, slopes: np.ndarray) -> np.ndarray:
        """Gradient by the activations from the derivatives `slopes` by the correlations of all ordered pairs."""
        along = (slopes * self.correlation).sum(axis=1, dtype=np.float64)
        gradient = slopes @ self._rows - self.z * along[:, None]
        return np.ascontiguousarray((gradient * self._inverse_norms[:, None]).T)


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
