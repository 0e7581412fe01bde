"""From path glasses to weight matrices, and from examples to the couplings of a path glass."""

import hashlib
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet.glass import PathGlass

__all__ = ["DataCouplings", "data_couplings", "from_glass", "hebb_state", "single_output_energy"]
_face.public(__name__)


def from_glass(glass: PathGlass, w: ArrayLike, gauge_fixed: bool = False) -> list[np.ndarray]:
    """Weight matrices of the network that a configuration of a glass is.

    Parameters
    ----------
    glass : PathGlass
        Of :func:`glassnet.ensembles.walks`, or any with `widths`.
    w : (..., n_weights) of +-1
        One configuration, or any number of them.
    gauge_fixed : bool
        Flipping all weights into and out of a hidden neuron changes no path. If True the one of these images is taken
        in which every hidden neuron reaches the output along weights +1, by its first outgoing weight that leads there;
        neurons cut off from the output are fixed from the input, pieces cut off from both from their first neuron.
        Two configurations have the same gauge-fixed matrices if and only if they are gauge images of each other.

    Returns
    -------
    list of (..., n_out, n_in) float64
        By layer from input to output: h[l] = phi(W[l] h[l-1]). Entries are +-1, and 0 where a connection has been
        removed. Divide by sqrt(n_in) for pre-activations of order 1.

    Raises
    ------
    TypeError, ValueError
        If `glass` is no network or `w` no configuration of it.
    """
    widths, layers, edges = _network(glass)
    w = _checks.sign_array("w", w, n_weights=glass.n_weights)
    if not isinstance(gauge_fixed, bool | np.bool_):
        raise TypeError(f"gauge_fixed must be True or False, got {gauge_fixed!r}")
    matrices, present = [], []
    for number, (n_in, n_out) in enumerate(pairwise(widths)):
        members = np.flatnonzero(layers == number)
        before, after = edges[members].T
        matrix, mask = np.zeros((*w.shape[:-1], n_out, n_in)), np.zeros((n_out, n_in), dtype=bool)
        matrix[..., after, before] = w[..., members]
        mask[after, before] = True
        matrices.append(matrix)
        present.append(mask)
    if not gauge_fixed:
        return matrices
    signs = _neuron_signs(matrices, present)
    return [
        after[..., :, None] * matrix * before[..., None, :]
        for matrix, (before, after) in zip(matrices, pairwise(signs), strict=True)
    ]


def hebb_state(glass: PathGlass, mean: ArrayLike) -> np.ndarray:
    """The configuration aligned with data: weights sign(c_i) out of input i, and +1 in all other layers.

    It is the ground state of a glass with the couplings of all examples, up to gauge, whatever is removed of it. The
    network that it is adds up sign(c_i) x_i: the Hebb rule in binary weights.

    Parameters
    ----------
    glass : PathGlass
        Of :func:`glassnet.ensembles.walks`, or any with `widths`.
    mean : (widths[0],) floats
        c_i = <y x_i>, such as ``data_couplings(X, y).mean``; only signs count. Where it is 0, weights are +1.

    Returns
    -------
    (n_weights,) int8
        +-1. A start for samplers, and what :func:`from_glass` makes a network of.

    Raises
    ------
    TypeError, ValueError
        If `glass` is no network, or `mean` does not fit its inputs.
    """
    widths, layers, edges = _network(glass)
    mean = _checks.real_array("mean", mean, ndim=1)
    if len(mean) != widths[0]:
        raise ValueError(f"mean must have one entry for each of the {widths[0]} inputs, got {len(mean)}")
    aligned = np.ones(glass.n_weights, dtype=np.int8)
    first = np.flatnonzero(layers == 0)
    aligned[first] = np.where(mean[edges[first, 0]] < 0, -1, 1)
    return aligned


def single_output_energy(glass: PathGlass, temperatures: ArrayLike) -> np.ndarray:
    """Exact mean energy of a glass of two weight layers and one output unit, of any size.

    The gauge takes the weights of the last layer away, s_ih = w_ih v_h: spins without interactions in the fields h_ih,
    the sum of the couplings of the paths through input i and hidden unit h, and

        E = - sum_ih |h_ih| tanh(|h_ih| / T).

    Parameters
    ----------
    glass : PathGlass
        With widths (n_inputs, n_hidden, 1), diluted or not.
    temperatures : float or (...) floats
        > 0, units of |J|; may be inf.

    Returns
    -------
    (...) float64
        Total energy, units of |J|.

    Raises
    ------
    TypeError, ValueError
        If `glass` has other widths, or a temperature is not > 0.
    """
    widths, _, edges = _network(glass)
    if len(widths) != 3 or widths[2] != 1:
        raise ValueError(f"glass must have two weight layers and one output unit, got widths {widths}")
    temperatures = _checks.temperatures("temperatures", temperatures)
    units, hidden = edges[glass.paths[:, 0]].T
    fields = np.bincount(units * widths[1] + hidden, glass.couplings, widths[0] * widths[1])
    fields = np.abs(fields[fields != 0])
    with np.errstate(over="ignore"):
        return -(fields * np.tanh(fields / temperatures[..., None])).sum(axis=-1)


def data_couplings(X: ArrayLike, y: ArrayLike, samples_per_path: int | str = 1) -> "DataCouplings":
    """Couplings J = y x_i of the input unit i at the head of a path, for :func:`glassnet.ensembles.walks`.

    Parameters
    ----------
    X : (n_examples, n_inputs) floats
        n_inputs must be ``widths[0]`` of the network.
    y : (n_examples,) floats
        Labels, +-1 as a rule; 0 and 1 are refused.
    samples_per_path : int or "all"
        Every path has the mean of y x_i over K distinct random examples of its own. "all" takes the mean over all
        examples, the same for all paths from one input.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    "all" is no glass but an unfrustrated Mattis model: couplings depend on the input unit alone, so the configuration
    w = sign(J) on the edges out of each input unit and +1 elsewhere satisfies every path, E = - sum_a |J_a|.
    Frustration comes from examples that disagree about the same input, seen by different paths: K = 1 is a glass.
    """
    return DataCouplings(X, y, samples_per_path)


@_face.shown
class DataCouplings:
    """What :func:`data_couplings` returns: callable(input_unit, rng) -> float.

    Attributes
    ----------
    n_examples, n_inputs : int
    samples_per_path : int
        n_examples for "all".
    mean : (n_inputs,) float64
        Mean of y x_i over all examples.
    label : str
        What the recipe of a glass keeps of it.
    """

    def __init__(self, X: ArrayLike, y: ArrayLike, samples_per_path: int | str = 1) -> None:
        X = _checks.real_array("X", X, ndim=2)
        y = _checks.real_array("y", y, ndim=1)
        self.n_examples, self.n_inputs = X.shape
        if not X.size:
            raise ValueError(f"X must hold at least one example of one input, got shape {X.shape}")
        if len(y) != self.n_examples:
            raise ValueError(f"y must hold the labels of the {self.n_examples} examples of X, got {len(y)}")
        if np.isin(y, (0.0, 1.0)).all() and (y == 0).any():
            raise ValueError("y must be labels +-1, got 0 and 1 (2 y - 1 turns these into +-1)")
        if isinstance(samples_per_path, str):
            if samples_per_path != "all":
                raise ValueError(f"samples_per_path must be an integer or 'all', got {samples_per_path!r}")
            samples_per_path = self.n_examples
        self.samples_per_path = _checks.integer(
            "samples_per_path", samples_per_path, minimum=1, maximum=self.n_examples
        )
        self._products = y[:, None] * X
        self.mean = self._products.mean(axis=0)
        digest = hashlib.blake2b(np.ascontiguousarray(self._products, dtype="<f8").data, digest_size=4).hexdigest()
        self.label = f"{self.samples_per_path} of {self.n_examples} examples of {self.n_inputs} inputs, {digest}"

    def __call__(self, input_unit: int, rng: np.random.Generator) -> float:
        if not 0 <= input_unit < self.n_inputs:
            raise ValueError(f"input_unit must be in [0, {self.n_inputs}), got {input_unit}")
        if self.samples_per_path == self.n_examples:
            return float(self.mean[input_unit])
        if self.samples_per_path == 1:
            return float(self._products[rng.integers(self.n_examples), input_unit])
        chosen = rng.choice(self.n_examples, self.samples_per_path, replace=False, shuffle=False)
        return float(self._products[chosen, input_unit].mean())

    def __repr__(self) -> str:
        kind = ", an unfrustrated Mattis model" if self.samples_per_path == self.n_examples else ""
        return f"DataCouplings({self.label}{kind})"


def _network(glass: PathGlass) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    """Widths, layers and edges of a network, or an error."""
    _checks.instance("glass", glass, PathGlass)
    if glass.widths is None or glass.edges is None:
        raise ValueError(f"glass must be a network, drawn by walks or given with widths, got {glass!r}")
    return glass.widths, glass.layer, glass.edges


def _neuron_signs(matrices: list[np.ndarray], present: list[np.ndarray]) -> list[np.ndarray]:
    """The sign of each neuron, (..., width) by layer, that fixes the gauge; +1 for inputs and outputs."""
    widths = [present[0].shape[1], *(mask.shape[0] for mask in present)]
    signs = [np.ones((*matrices[0].shape[:-2], width)) for width in widths]
    # a neuron without connections has nothing to fix
    settled: list[np.ndarray] = [np.logical_not(into.any(axis=1) | out.any(axis=0)) for into, out in pairwise(present)]
    settled = [np.ones(widths[0], dtype=bool), *settled, np.ones(widths[-1], dtype=bool)]

    def settle(layer: int, neighbour: int, links: np.ndarray, values: np.ndarray) -> int:
        """Settle neurons linked to settled ones of a neighbouring layer; links and values (neighbour, layer)."""
        usable = links & settled[neighbour][:, None]
        new = np.flatnonzero(~settled[layer] & usable.any(axis=0))
        nearest = usable.argmax(axis=0)[new]
        signs[layer][..., new] = signs[neighbour][..., nearest] * values[..., nearest, new]
        settled[layer][new] = True
        return new.size

    def sweep() -> int:
        """Settle what can be, backward from the outputs first, then forward; return how many neurons that were."""
        inner = range(1, len(widths) - 1)
        n_settled = sum(settle(layer, layer + 1, present[layer], matrices[layer]) for layer in inner[::-1])
        for layer in inner:
            n_settled += settle(layer, layer - 1, present[layer - 1].T, np.swapaxes(matrices[layer - 1], -1, -2))
        return n_settled

    while True:
        while sweep():
            pass
        left = next((layer for layer, known in enumerate(settled) if not known.all()), None)
        if left is None:
            return signs
        settled[left][np.argmin(settled[left])] = True
