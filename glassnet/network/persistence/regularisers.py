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


def t1(activations: ArrayLike, *, distance: str = "absolute", precision: str = "double") -> tuple[float, np.ndarray]:
    """T1 = minus the sum of the deaths, and its gradient.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.
    distance : {"absolute", "sine"}
        1 - |correlation|, or sqrt(1 - correlation^2), the sine of the angle between two neurons. Both have the same
        tree. The sine has a cusp where two neurons are copies of each other, and its gradient counts as 0 there.
    precision : {"double", "single"}
        That of the products from which the tree is found; "single" takes about half the time. Norms, lengths of edges
        and gradient are in double precision always. Of edges whose lengths differ by less than about 1e-6, "single"
        may take another one: the value is the same to 1e-6 for each edge, the gradient that of an equally good tree.

    Returns
    -------
    value : float
        In [-(n_neurons - 1), 0].
    gradient : (n_samples, n_neurons) float64
        d value / d activations; zero for constant neurons, whose correlation with all others counts as 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    clique = Clique(activations, precision)
    edges, along = clique.tree()
    lengths, derivatives = clique.lengths(edges, along, distance)
    return -float(lengths.sum()), clique.tree_gradient(edges, along, -derivatives)


def t2(
    activations: ArrayLike, alpha: float = 0.5, *, distance: str = "absolute", precision: str = "double"
) -> tuple[float, np.ndarray]:
    """T2 = alpha std(deaths) - (1 - alpha) mean(deaths) with alpha in [0, 1], and its gradient, as :func:`t1` does.

    Where all deaths are equal the gradient of their standard deviation counts as 0. Errors as for :func:`t1`.
    """
    alpha = _checks.real("alpha", alpha, minimum=0, maximum=1)
    clique = Clique(activations, precision)
    edges, along = clique.tree()
    lengths, derivatives = clique.lengths(edges, along, distance)
    n, mean, spread = len(lengths), lengths.mean(), lengths.std()
    slopes = np.full(n, -(1 - alpha) / n)
    if spread > 0:
        slopes += alpha * (lengths - mean) / (n * spread)
    value = float(alpha * spread - (1 - alpha) * mean)
    return value, clique.tree_gradient(edges, along, slopes * derivatives)


def all_pairs(activations: ArrayLike, *, precision: str = "double") -> tuple[float, np.ndarray]:
    """The baseline "all", mean |correlation| over all pairs of neurons (0 to 1), with its gradient like :func:`t1`."""
    clique = Clique(activations, precision)
    n_pairs = clique.n_neurons * (clique.n_neurons - 1)
    correlation = clique.correlation
    value = (np.abs(correlation).sum(dtype=np.float64) - clique.n_neurons) / n_pairs
    slopes = np.sign(correlation)
    np.fill_diagonal(slopes, 0.0)
    return float(value), 2 / n_pairs * clique.all_pairs_gradient(slopes)


def deaths(activations: ArrayLike, *, distance: str = "absolute") -> np.ndarray:
    """Lengths of the n_neurons - 1 edges of the minimum spanning tree, increasing.

    Parameters
    ----------
    activations : (n_samples, n_neurons) floats
        At least 2 samples and 2 neurons.
    distance : {"absolute", "sine"}
        As for :func:`t1`.

    Returns
    -------
    (n_neurons - 1,) float64
        In [0, 1]. Duplicates of a neuron, and its negatives, have distance 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    clique = Clique(activations)
    return np.sort(clique.lengths(*clique.tree(), distance)[0])


def most_active(
    layers: Sequence[ArrayLike], n_neurons: int | Sequence[int] | None = None, *, fraction: float | None = None
) -> list[np.ndarray]:
    """The most active neurons of each layer: a sample that keeps large cliques cheap.

    A neuron is the more active the larger its mean |activation| over the samples, as in the code of the authors (R.
    Ballester et al.), who take fraction = .005 of each hidden layer of large networks, and all outputs.

    Parameters
    ----------
    layers : sequence of (n_samples, width) floats
        Activations of each layer for the same samples.
    n_neurons : int or sequence of ints, optional
        Neurons to take from each layer, >= 1; all of a layer that has fewer.
    fraction : float, optional
        In (0, 1], in place of `n_neurons`: this share of each layer, rounded down, but at least one neuron.

    Returns
    -------
    list of (n,) int64
        Increasing indices by layer; of equally active neurons the first ones.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or not exactly one of `n_neurons` and `fraction` is given.
    """
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers must be a sequence of arrays, got {_checks.shown(layers)}")
    arrays = [_checks.real_array(f"layers[{i}]", layer, ndim=2) for i, layer in enumerate(layers)]
    if (n_neurons is None) == (fraction is None):
        raise ValueError(f"give either n_neurons or fraction, got n_neurons = {n_neurons}, fraction = {fraction}")
    numbers: list[int]
    if fraction is not None:
        fraction = _checks.real("fraction", fraction, minimum=0, maximum=1, exclusive=True)
        # 0.29 * 100 is 28.999999999999996
        numbers = [max(1, int(fraction * array.shape[1] + 1e-9)) for array in arrays]
    elif isinstance(n_neurons, Sequence | np.ndarray) and not _checks.is_single("n_neurons", n_neurons):
        numbers = list(n_neurons)
    else:
        numbers = [n_neurons] * len(arrays)  # type: ignore[list-item]
    if len(numbers) != len(arrays):
        raise ValueError(f"n_neurons must be one number or {len(arrays)} of them, got {n_neurons}")
    chosen = []
    for array, number in zip(arrays, numbers, strict=True):
        number = _checks.integer("n_neurons", number, minimum=1)
        chosen.append(np.sort(np.argsort(-np.abs(array).mean(axis=0), kind="stable")[:number]))
    return chosen
