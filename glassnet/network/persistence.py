"""Persistence of the neuron clique: regularisers from the minimum spanning tree of correlations.

The neurons are the vertices of a complete graph with distances d = 1 - |correlation|. Its persistent homology in
dimension 0 has one bar for each edge of the minimum spanning tree, born at 0; the lengths of the edges are the deaths.

    T1 = - sum_e d_e,    T2 = alpha std_e(d_e) - (1 - alpha) mean_e(d_e),    baseline "all": mean of |c| over all pairs

(R. Ballester, C. Casacuberta and S. Escalera, PMLR 228, 164 (2024), arXiv:2308.04870; std is that of the population.)
To train, add a multiple of one to the loss. Gradients: with z = (x - mean) / |x - mean| and c = z_i z_j,
dc/dx_i = (z_j - c z_i) / |x_i - mean|; the tree does not change under a small change of the activations unless two
distances are equal, where this is a subgradient.
"""

import numpy as np
from scipy import sparse

from glassnet import _checks
from glassnet.kernels import persistence as kernel

#: correlations that differ by less across the diagonal are rounded, not asymmetric
_TOLERANCE = 1e-9
#: a neuron whose spread is below this share of its size, for every sample, is constant but for rounding
_ROUNDING = 8 * np.finfo(float).eps


def t1(activations) -> tuple[float, np.ndarray]:
    """T1 = minus the sum of the deaths, and its gradient.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.

    Returns
    -------
    value : float
        In [-(n_neurons - 1), 0].
    gradient : (n_samples, n_neurons) float64
        d value / d activations; zero for constant neurons, whose correlation with all others counts as 0.

    Raises
    ------
    TypeError, ValueError
        If `activations` is not as described.
    """
    clique = _Clique(activations)
    edges, distances = clique.tree()
    return -float(distances.sum()), clique.pull_back(edges, -np.ones(len(distances)))


def t2(activations, alpha=0.5) -> tuple[float, np.ndarray]:
    """T2 = alpha std(deaths) - (1 - alpha) mean(deaths), and its gradient.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.
    alpha : float
        In [0, 1].

    Returns
    -------
    value : float
    gradient : (n_samples, n_neurons) float64
        As of :func:`t1`. Where all deaths are equal that of the standard deviation counts as 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    alpha = _checks.real("alpha", alpha, minimum=0, maximum=1)
    clique = _Clique(activations)
    edges, distances = clique.tree()
    n, mean, spread = len(distances), distances.mean(), distances.std()
    slopes = np.full(n, -(1 - alpha) / n)
    if spread > 0:
        slopes += alpha * (distances - mean) / (n * spread)
    return float(alpha * spread - (1 - alpha) * mean), clique.pull_back(edges, slopes)


def all_pairs(activations) -> tuple[float, np.ndarray]:
    """The baseline "all", mean |correlation| over all pairs of neurons, and its gradient.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.

    Returns
    -------
    value : float
        In [0, 1].
    gradient : (n_samples, n_neurons) float64
        As of :func:`t1`.

    Raises
    ------
    TypeError, ValueError
        If `activations` is not as described.
    """
    clique = _Clique(activations)
    n_pairs = clique.n_neurons * (clique.n_neurons - 1)
    correlation = clique.correlation
    value = (np.abs(correlation).sum() - np.trace(correlation)) / n_pairs
    slopes = np.sign(correlation)
    np.fill_diagonal(slopes, 0.0)
    towards, along = clique.z @ slopes, np.abs(correlation).sum(axis=0) - 1
    return float(value), 2 / n_pairs * clique.chain(towards, along)


def deaths(activations) -> np.ndarray:
    """Lengths of the n_neurons - 1 edges of the minimum spanning tree, increasing.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.

    Returns
    -------
    (n_neurons - 1,) float64
        In [0, 1]. Duplicates of a neuron, and its negatives, have distance 0.
    """
    return np.sort(_Clique(activations).tree()[1])


def correlations(activations) -> np.ndarray:
    """Pearson correlations of neurons, (n_neurons, n_neurons) float64; those of constant neurons are 0.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.

    Returns
    -------
    (n_neurons, n_neurons) float64
        Exactly symmetric, within [-1, 1], 1 on the diagonal.
    """
    return _Clique(activations).correlation


def spanning_tree(correlation) -> tuple[np.ndarray, np.ndarray]:
    """Minimum spanning tree of a given correlation matrix, with distances 1 - |correlation|.

    Parameters
    ----------
    correlation : (n, n) floats
        Symmetric, within [-1, 1], n >= 2; the diagonal does not matter as long as it is.

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


def most_active(layers, n_neurons) -> list[np.ndarray]:
    """The most active neurons of each layer: a sample that keeps large cliques cheap.

    A neuron is the more active the larger its mean |activation| over the samples; this meaning of "most active" is our
    choice.

    Parameters
    ----------
    layers : sequence of (n_samples, width) floats
        Activations of each layer for the same samples.
    n_neurons : int or sequence of ints
        Neurons to take from each layer, >= 1; all of a layer that has fewer.

    Returns
    -------
    list of (n,) int64
        Increasing indices by layer; of equally active neurons the first ones.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    layers = [_checks.real_array(f"layers[{i}]", layer, ndim=2) for i, layer in enumerate(layers)]
    numbers = [n_neurons] * len(layers) if np.ndim(n_neurons) == 0 else list(n_neurons)
    if len(numbers) != len(layers):
        raise ValueError(f"n_neurons must be one number or {len(layers)} of them, got {n_neurons}")
    chosen = []
    for layer, number in zip(layers, numbers, strict=True):
        number = _checks.integer("n_neurons", number, minimum=1)
        chosen.append(np.sort(np.argsort(-np.abs(layer).mean(axis=0), kind="stable")[:number]))
    return chosen


class _Clique:
    """Normalised activations of the neurons, their correlations, and the way back to gradients.

    Attributes
    ----------
    z : (n_samples, n_neurons) float64
        Mean 0, norm 1; zero for constant neurons.
    correlation : (n_neurons, n_neurons) float64
    """

    def __init__(self, activations):
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

    def tree(self):
        """Edges and distances of the minimum spanning tree."""
        return kernel.prim(self.correlation)

    def pull_back(self, edges, slopes):
        """Gradient by the activations from the slopes d value / d distance of the edges of a tree."""
        first, second = edges.T
        c = self.correlation[first, second]
        slopes = -np.sign(c) * slopes
        shape = (self.n_neurons, self.n_neurons)
        # both directions of each edge
        along = np.bincount(np.concatenate([first, second]), np.tile(slopes * c, 2), self.n_neurons)
        there = sparse.coo_array((slopes, (first, second)), shape).tocsr()
        return self.chain(((there + there.T) @ np.ascontiguousarray(self.z.T)).T, along)

    def chain(self, towards, along):
        """Sum_j s_ij (z_j - c_ij z_i) / |x_i - mean| of `towards` = sum_j s_ij z_j and `along` = sum_j s_ij c_ij."""
        return (towards - self.z * along) * self._inverse_norms
