"""Persistence of the neuron clique: regularisers from the minimum spanning tree of correlations.

The neurons are the vertices of a complete graph with distances d = 1 - |correlation|. Its persistent homology in
dimension 0 has one bar for each edge of the minimum spanning tree, born at 0; the lengths of the edges are the deaths.

    T1 = - sum_e d_e,    T2 = alpha std_e(d_e) - (1 - alpha) mean_e(d_e),    baseline "all": mean of |c| over all pairs

(R. Ballester, C. Casacuberta and S. Escalera, PMLR 228, 164 (2024), arXiv:2308.04870; std is that of the population.)
To train, add a multiple of one to the loss. Gradients: with z = (x - mean) / |x - mean| and c = z_i z_j,
dc/dx_i = (z_j - c z_i) / |x_i - mean|; the tree does not change under a small change of the activations unless two
distances are equal, where this is a subgradient.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network.persistence.clique import Clique


def t1(activations: ArrayLike) -> tuple[float, np.ndarray]:
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
    clique = Clique(activations)
    edges, distances = clique.tree()
    return -float(distances.sum()), clique.pull_back(edges, -np.ones(len(distances)))


def t2(activations: ArrayLike, alpha: float = 0.5) -> tuple[float, np.ndarray]:
    """T2 = alpha std(deaths) - (1 - alpha) mean(deaths) with alpha in [0, 1], and its gradient, as :func:`t1` does.

    Where all deaths are equal the gradient of their standard deviation counts as 0. Errors as for :func:`t1`.
    """
    alpha = _checks.real("alpha", alpha, minimum=0, maximum=1)
    clique = Clique(activations)
    edges, distances = clique.tree()
    n, mean, spread = len(distances), distances.mean(), distances.std()
    slopes = np.full(n, -(1 - alpha) / n)
    if spread > 0:
        slopes += alpha * (distances - mean) / (n * spread)
    return float(alpha * spread - (1 - alpha) * mean), clique.pull_back(edges, slopes)


def all_pairs(activations: ArrayLike) -> tuple[float, np.ndarray]:
    """The baseline "all", mean |correlation| over all pairs of neurons (0 to 1), with its gradient like :func:`t1`."""
    clique = Clique(activations)
    n_pairs = clique.n_neurons * (clique.n_neurons - 1)
    correlation = clique.correlation
    value = (np.abs(correlation).sum() - np.trace(correlation)) / n_pairs
    slopes = np.sign(correlation)
    np.fill_diagonal(slopes, 0.0)
    towards, along = clique.z @ slopes, np.abs(correlation).sum(axis=0) - 1
    return float(value), 2 / n_pairs * clique.chain(towards, along)


def deaths(activations: ArrayLike) -> np.ndarray:
    """Lengths of the n_neurons - 1 edges of the minimum spanning tree, increasing.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.

    Returns
    -------
    (n_neurons - 1,) float64
        In [0, 1]. Duplicates of a neuron, and its negatives, have distance 0.

    Raises
    ------
    TypeError, ValueError
        If `activations` is not as described.
    """
    return np.sort(Clique(activations).tree()[1])


def most_active(layers: Sequence[ArrayLike], n_neurons: int | Sequence[int]) -> list[np.ndarray]:
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
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers must be a sequence of arrays, got {_checks.shown(layers)}")
    layers = [_checks.real_array(f"layers[{i}]", layer, ndim=2) for i, layer in enumerate(layers)]
    numbers = (
        [n_neurons] * len(layers)
        if isinstance(n_neurons, int) or _checks.is_single("n_neurons", n_neurons)
        else list(n_neurons)
    )
    if len(numbers) != len(layers):
        raise ValueError(f"n_neurons must be one number or {len(layers)} of them, got {n_neurons}")
    chosen = []
    for layer, number in zip(layers, numbers, strict=True):
        number = _checks.integer("n_neurons", number, minimum=1)
        chosen.append(np.sort(np.argsort(-np.abs(layer).mean(axis=0), kind="stable")[:number]))
    return chosen
