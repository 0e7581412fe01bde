"""Metropolis chains on the number of training errors of networks with weights +-1."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet._random import Role, Seed, words
from glassnet.kernels.training import MOST_HIDDEN, MOST_INPUTS, TrainingChain
from glassnet.network import weight_matrices
from glassnet.network.sign_networks import checked_labels

#: proposals of one call of the kernel, between which Ctrl-C is heard
_AT_ONCE = 1_000_000


@_face.shown
class Draws(NamedTuple):
    """Networks drawn from chains, and their errors.

    Attributes
    ----------
    weights : list of (n_draws, *shape, n_out, n_in) int8
        By layer, `shape` the axes of the chains; +-1, and 0 where there is no connection.
    errors : (n_draws, *shape) float64
        Training errors E; an example without an answer is half an error.
    """

    weights: list[np.ndarray]
    errors: np.ndarray


@_face.shown
class ErrorChains:
    """Independent Metropolis chains of networks of sign units, each at an inverse temperature of its own.

    The weight of a network is exp(-beta E), E the number of training errors: beta counts single examples, and what
    matters beside it is the load, P examples for each of N_w weights. One proposal is the flip of one connection drawn
    at random among those that are there; N_w of them are a sweep. Ties are decided as by
    :func:`glassnet.network.learning.errors`: a hidden sum that is 0 gives 0, and an output sum that is 0 is half an
    error. So networks that have lost connections are sampled with the energy they are measured by.

    Parameters
    ----------
    weights : list of (..., n_out, n_in) arrays
        Where the chains start, by layer from input to output, the last with one row. Entries are +-1, or 0 for a
        connection that is not there and never will be. See :func:`random_signs`.
    inputs : (n_examples, n_in) array of +-1
    labels : (n_examples,) array of +-1
    beta : float or (...) array
        >= 0, inf for a descent; its shape and the leading axes of the weights are broadcast, and every entry of the
        result is a chain. For temperatures and replicas: weights (n_replicas, ...) and beta (n_temperatures, 1).
    seed : int or Seed
        Every chain has its own stream, which does not depend on how many there are.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the shapes do not fit.

    Notes
    -----
    At beta = 0 every proposal is accepted, and all networks after an even number of proposals have the same parity of
    negative weights: use 0 as a start only. The numbers are the same on every machine.
    """

    def __init__(
        self, weights: list[np.ndarray], inputs: ArrayLike, labels: ArrayLike, beta: ArrayLike, *, seed: int | Seed
    ) -> None:
        matrices = _checked(weights)
        signs = _checks.sign_array("inputs", inputs)
        if signs.ndim != 2 or not len(signs):
            raise ValueError(f"inputs must be an array (n_examples, n_inputs) that is not empty, got {signs.shape}")
        if signs.shape[1] != matrices[0].shape[-1]:
            raise ValueError(f"inputs must have {matrices[0].shape[-1]} columns, got shape {signs.shape}")
        answers = checked_labels("labels", labels, len(signs))
        betas = _checked_betas(beta)
        lead = matrices[0].shape[:-2]
        try:
            self._shape = np.broadcast_shapes(lead, betas.shape)
        except ValueError:
            raise ValueError(f"beta must broadcast with the leading axes {lead}, got shape {betas.shape}") from None
        n_chains = int(np.prod(self._shape))
        # sums and rows twice, for every unit and example
        _checks.memory(
            f"weights, inputs: {n_chains} chains",
            n_chains * len(signs) * (2 * signs.shape[1] + 6 * sum(one.shape[-2] + 32 for one in matrices)),
        )
        starts = [np.broadcast_to(one, (*self._shape, *one.shape[-2:])) for one in matrices]
        value, key = seed if isinstance(seed, Seed) else (seed, "")
        self._beta = np.broadcast_to(betas, self._shape).copy()
        self._n_examples = len(signs)
        self._chains = []
        for index in np.ndindex(self._shape):
            own = [np.ascontiguousarray(one[index]) for one in starts]
            if not any(one.any() for one in own):
                raise ValueError("weights must hold a connection in every network, got one without any")
            name = Seed(value, f"{key}|training errors, chain={index}")
            rng = words(name, Role.SWEEPS, 4)
            self._chains.append(TrainingChain(own, signs, answers, float(self._beta[index]), rng))
        self._connections = np.array([sum(np.count_nonzero(one) for one in chain.weights) for chain in self._chains])
        self._proposed = np.zeros(n_chains, dtype=np.int64)

    def run(self, n_sweeps: int) -> None:
        """Let every chain make `n_sweeps` >= 0 sweeps, each of as many proposals as it has connections.

        TypeError or ValueError if `n_sweeps` is no integer >= 0.
        """
        n_sweeps = _checks.integer("n_sweeps", n_sweeps, minimum=0)
        for number, (chain, connections) in enumerate(zip(self._chains, self._connections, strict=True)):
            left = n_sweeps * int(connections)
            self._proposed[number] += left
            while left > 0:
                chain.run(min(left, _AT_ONCE))
                left -= _AT_ONCE

    def sample(self, n_draws: int, n_sweeps: int) -> Draws:
        """Draw networks, each after further `n_sweeps` >= 1 sweeps.

        Parameters
        ----------
        n_draws, n_sweeps : int
            >= 1.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described, or the draws need more memory than there is.
        """
        n_draws = _checks.integer("n_draws", n_draws, minimum=1)
        n_sweeps = _checks.integer("n_sweeps", n_sweeps, minimum=1)
        now = self.weights
        _checks.memory(f"n_draws: {n_draws} draws", 2 * n_draws * sum(one.size for one in now))
        weights = [np.empty((n_draws, *one.shape), dtype=np.int8) for one in now]
        errors = np.empty((n_draws, *self._shape))
        for draw in range(n_draws):
            self.run(n_sweeps)
            errors[draw] = self.errors
            for kept, one in zip(weights, self.weights, strict=True):
                kept[draw] = one
        return Draws(weights, errors)

    @property
    def beta(self) -> np.ndarray:
        """(*shape) float64: inverse temperatures. Setting it, to what broadcasts, cools or heats the chains."""
        return self._beta.copy()

    @beta.setter
    def beta(self, value: ArrayLike) -> None:
        betas = _checked_betas(value)
        try:
            self._beta = np.broadcast_to(betas, self._shape).copy()
        except ValueError:
            raise ValueError(f"beta must broadcast with {self._shape}, got shape {betas.shape}") from None
        for chain, one in zip(self._chains, self._beta.ravel(), strict=True):
            chain.set_beta(float(one))

    @property
    def weights(self) -> list[np.ndarray]:
        """List of (*shape, n_out, n_in) int8, copies: the networks where the chains are."""
        every = zip(*(chain.weights for chain in self._chains), strict=True)
        return [np.stack(layer).reshape(*self._shape, *layer[0].shape) for layer in every]

    @property
    def errors(self) -> np.ndarray:
        """(*shape) float64: training errors E of these networks, in halves."""
        return 0.5 * np.array([chain.cost_sum for chain in self._chains], dtype=np.float64).reshape(self._shape)

    @property
    def acceptance(self) -> np.ndarray:
        """(*shape) float64: accepted share of all proposals so far; NaN before the first."""
        accepted = np.array([chain.accepted for chain in self._chains], dtype=np.float64)
        with np.errstate(invalid="ignore"):
            return (accepted / self._proposed).reshape(self._shape)

    def __str__(self) -> str:
        widths = [self._chains[0].weights[0].shape[1], *(len(one) for one in self._chains[0].weights)]
        head = f"{len(self._chains)} chain{'s' * (len(self._chains) > 1)} of networks {'-'.join(map(str, widths))}"
        return (
            f"{head}, {self._n_examples} examples, P / N_w = {_span(self.load)}\n"
            f"beta {_span(self._beta)}, training errors {_span(self.errors)}"
        )

    @property
    def load(self) -> np.ndarray:
        """(*shape) float64: P / N_w, examples for each connection that is there."""
        return (self._n_examples / self._connections).reshape(self._shape)


def _span(values: np.ndarray) -> str:
    return f"{values.min():.4g}" + (f" to {values.max():.4g}" if values.min() < values.max() else "")


def _checked(weights: Sequence[ArrayLike]) -> list[np.ndarray]:
    """Weights as int8 arrays of 0 and +-1, with one output unit and widths that the kernel can hold."""
    matrices = weight_matrices.stacked(weights)
    if matrices[-1].shape[-2] != 1:
        raise ValueError(f"weights must lead to one output unit, got {matrices[-1].shape[-2]}")
    for k, one in enumerate(matrices):
        wrong = ~np.isin(one, (-1.0, 0.0, 1.0))
        if wrong.any():
            raise ValueError(f"weights[{k}] must be +1, -1 or 0 everywhere, got {one[wrong][0]:g}")
        most = MOST_HIDDEN if k else MOST_INPUTS
        if one.shape[-1] > most:
            raise ValueError(f"weights[{k}] must have at most {most} columns, got {one.shape[-1]}")
    return [one.astype(np.int8) for one in matrices]


def _checked_betas(beta: ArrayLike) -> np.ndarray:
    """beta as float64, each >= 0 or inf."""
    if _checks.is_single("beta", beta):
        return np.array(_checks.real("beta", beta, minimum=0.0, finite=False))
    betas = np.asarray(beta)
    if betas.dtype.kind not in "iuf" or not betas.size:
        raise TypeError(f"beta must be a number or an array of numbers that is not empty, got {_checks.shown(beta)}")
    if not (betas >= 0).all():
        raise ValueError(f"beta must be >= 0 everywhere, got {betas[~(betas >= 0)][0]:g}")
    return betas.astype(np.float64)
