"""Networks of sign units: what they answer to given inputs, many networks at once, and how often that is wrong.

h[l] = sign(W[l] h[l-1]) with one output unit. A sum that is exactly 0 has no sign: this happens with an even fan-in,
and often after connections have been removed, when a unit may have lost all of them. See `outputs` for what becomes of
such ties.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet._random import Role, Seed, generator
from glassnet.network import weight_matrices

TIES = ("zero", "random")
#: numbers in the states of one layer of one block of networks: they stay in the cache
BLOCK = 2**17
#: sums of whole numbers up to this are exact in float32
_EXACT = 2**24


def outputs(weights: Sequence[ArrayLike], inputs: ArrayLike, *, ties: str = "zero", seed: int | Seed = 1) -> np.ndarray:
    """Return the answers of sign networks with one output unit.

    Parameters
    ----------
    weights : list of (..., n_out, n_in) arrays
        By layer from input to output, as :func:`glassnet.network.from_glass` returns them: one network, or many along
        the leading axes, which all layers share. A positive factor of a matrix does not matter.
    inputs : (n_examples, n_inputs) array
    ties : {"zero", "random"}
        What a hidden unit says when its sum is 0. "zero": nothing, 0. This is the limit of tanh(beta z) at
        beta -> infinity; a unit without connections is silent, and the answer to -x is minus that to x, and the same
        for all gauge images of a network, neither of which is true when ties count as +1. "random": +1 or -1 by a fair
        coin of its own for every network, unit and example.
    seed : int or Seed
        Of the coins.

    Returns
    -------
    (..., n_examples) int8
        +1 or -1, and 0 where the sum of the output unit is 0 and the network has no answer, whatever `ties` says.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, shapes do not fit, or there is more than one output unit.

    Notes
    -----
    Weights +-1 and inputs of small whole numbers are added up in float32, where that is exact; others in float64, where
    a tie may be lost to rounding.
    """
    weights, lead, inputs = _checked(weights, inputs)
    _checks.choice("ties", ties, TIES)
    n_networks = int(np.prod(lead))
    _checks.memory("weights, inputs: the answers", n_networks * len(inputs))
    answers = np.empty((n_networks, len(inputs)), dtype=np.int8)
    for first, block in _blocks(weights, inputs, ties, seed):
        answers[first : first + len(block)] = block
    return answers.reshape(*lead, len(inputs))


def errors(
    weights: Sequence[ArrayLike], inputs: ArrayLike, labels: ArrayLike, *, ties: str = "zero", seed: int | Seed = 1
) -> np.ndarray:
    """Return the fraction of examples that sign networks answer wrongly; no answer is half an error.

    Half an error is what a fair coin would make of it on average.

    Parameters
    ----------
    weights, inputs, ties, seed
        As for `outputs`.
    labels : (n_examples,) of +-1

    Returns
    -------
    (...) float64
        For each network, in [0, 1].

    Raises
    ------
    TypeError, ValueError
        As for `outputs`, or if the labels are not +-1.
    """
    weights, lead, inputs = _checked(weights, inputs)
    labels = checked_labels("labels", labels, len(inputs)).astype(np.float64)
    _checks.choice("ties", ties, TIES)
    agreement = np.empty(int(np.prod(lead)))
    for first, block in _blocks(weights, inputs, ties, seed):
        agreement[first : first + len(block)] = block @ labels
    return (0.5 * (1.0 - agreement / len(inputs))).reshape(lead)[()]


def checked_labels(name: str, labels: ArrayLike, n_examples: int) -> np.ndarray:
    """Return labels as (n_examples,) int8 of +-1, or raise an error that says how 0 and 1 become such."""
    labels = _checks.real_array(name, labels, ndim=1)
    if len(labels) != n_examples:
        raise ValueError(f"{name} must be those of {n_examples} examples, got {len(labels)}")
    if np.isin(labels, (0.0, 1.0)).all() and (labels == 0).any():
        raise ValueError(f"{name} must be +-1, got 0 and 1 (2 y - 1 turns these into +-1)")
    return _checks.sign_array(name, labels)


def _checked(weights: Sequence[ArrayLike], inputs: ArrayLike) -> tuple[list[np.ndarray], tuple[int, ...], np.ndarray]:
    """Weights (n_networks, n_out, n_in) and the leading axes they had, and inputs; float32 where that is exact."""
    weights = weight_matrices.stacked(weights)
    lead = weights[0].shape[:-2]
    if weights[-1].shape[-2] != 1:
        raise ValueError(f"weights must lead to one output unit, got {weights[-1].shape[-2]}")
    inputs = _checks.real_array("inputs", inputs, ndim=2)
    if not len(inputs):
        raise ValueError(f"inputs must hold at least one example, got shape {inputs.shape}")
    if inputs.shape[1] != weights[0].shape[-1]:
        raise ValueError(f"inputs must have {weights[0].shape[-1]} columns, got shape {inputs.shape}")
    scaled = [_in_units_of_the_largest(one.reshape(-1, *one.shape[-2:])) for one in weights]
    largest = max(np.abs(inputs).max(initial=1.0) * max(one.shape[-1] for one in scaled), 1.0)
    whole = largest < _EXACT and all((one == np.rint(one)).all() for one in (*scaled, inputs))
    kind = np.float32 if whole else np.float64
    return [one.astype(kind) for one in scaled], lead, inputs.astype(kind)


def _in_units_of_the_largest(matrices: np.ndarray) -> np.ndarray:
    """A matrix divided by its largest |entry|, which changes no sign: of +-a it leaves +-1, whatever a is."""
    largest = np.abs(matrices).max(axis=(1, 2), initial=0.0)
    return matrices / np.where(largest > 0, largest, 1.0)[:, None, None]


def _blocks(
    weights: Sequence[np.ndarray], inputs: np.ndarray, ties: str, seed: int | Seed
) -> Iterator[tuple[int, np.ndarray]]:
    """Number of the first network, and answers (n, n_examples), of one block of networks after the other.

    The answers are overwritten by the next block.
    """
    n_block = max(1, BLOCK // max(1, max(one.shape[1] for one in weights) * len(inputs)))
    # a stream for each layer: coins do not depend on how networks are divided into blocks
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    coins = [generator(Seed(value, f"{key}|ties, layer={layer}"), Role.INITIAL) for layer in range(len(weights))]
    start = np.ascontiguousarray(inputs.T)
    # fresh arrays of this size cost more than the products: the system hands them out page by page
    kept = [np.empty((n_block, one.shape[1], len(inputs)), dtype=one.dtype) for one in weights]
    for first in range(0, len(weights[0]), n_block):
        states = start
        for layer, matrices in enumerate(weights):
            block = matrices[first : first + n_block]
            states = np.matmul(block, states, out=kept[layer][: len(block)])
            _to_signs(states)
            if ties == "random" and layer < len(weights) - 1:
                open_ones = states == 0
                states[open_ones] = np.where(coins[layer].random(int(open_ones.sum())) < 0.5, 1, -1)
        yield first, states[:, 0, :]


def _to_signs(sums: np.ndarray) -> None:
    """Signs in place of sums. Whole numbers, which float32 stands for, are cut at +-1: that is four times faster."""
    if sums.dtype == np.float32:
        np.clip(sums, -1.0, 1.0, out=sums)
    else:
        np.sign(sums, out=sums)
