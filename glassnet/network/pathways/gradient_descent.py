"""Gradient descent of whole weight matrices in networks of parallel pathways, linear or not."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.linalg import null_space
from scipy.linalg.blas import dgemm

from glassnet import _checks, _face
from glassnet.network.pathways.record import record
from glassnet.network.pathways.starts import checked_weights, modes


class _Phi(NamedTuple):
    """Activation of the hidden layers, and its derivative by its value."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray | float]


_ACTIVATIONS = {
    "linear": _Phi(lambda z: z, lambda h: 1.0),
    "tanh": _Phi(np.tanh, lambda h: 1.0 - h * h),
    "relu": _Phi(lambda z: np.maximum(z, 0.0), lambda h: (h > 0) * 1.0),
}


@_face.shown
class Descent(NamedTuple):
    """What :func:`gradient_descent` returns.

    Attributes
    ----------
    history : xarray.Dataset
        As :func:`glassnet.network.pathways.exact_dynamics.trajectories` returns, without `u`, with `loss` by time and
        `K` by (time, pathway, left, right), the linear part of each pathway in the singular vectors of the target;
        time is the learning rate times the number of steps.
    weights : list of lists of (n_out, n_in) float64
        At the end, by pathway and layer.
    """

    history: xr.Dataset
    weights: list[list[np.ndarray]]


def gradient_descent(
    weights: Sequence[Sequence[ArrayLike]],
    target: ArrayLike,
    *,
    activation: str = "linear",
    output_activation: str = "linear",
    inputs: ArrayLike | None = None,
    learning_rate: float = 1e-3,
    steps: int = 20_000,
    record_every: int = 100,
) -> Descent:
    """Train all matrices of all pathways together, full batch, on loss = (1/2) mean_x |S x - sum_a f_a(x)|^2.

    Parameters
    ----------
    weights : sequence of sequences of (n_out, n_in) floats
        By pathway and layer, from input to output; not changed. :func:`glassnet.network.pathways.balanced_start`,
        :func:`glassnet.network.pathways.random_start` or any other matrices of fitting shapes, scaled ones of
        :func:`glassnet.network.from_glass` for example.
    target : (n_outputs, n_inputs) floats
        S, the linear map to be learned.
    activation : {"linear", "tanh", "relu"}
        Of the hidden layers.
    output_activation : {"linear", "tanh", "relu"}
        Of the outputs of each pathway, before they are added.
    inputs : (n_samples, n_inputs) floats, optional
        By default sqrt(n_inputs) times the unit matrix, which is white: mean x x^T = 1.
    learning_rate : float
        Keep it well below 2 / sharpness, which at the end is about sum_a D_a Omega_a^(2 - 2/D_a) in the largest mode.
    steps, record_every : int
        Number of steps, and after how many a record is taken; record_every divides steps.

    Returns
    -------
    Descent
        `K` of pathway a is U^T P_a V, (n_outputs, n_inputs), with the singular vectors of S, largest singular value
        first, and P_a the linear part of f_a, mean f_a(x) x^T (mean x x^T)^-1. The strength in a mode is its diagonal,
        as far as singular values are positive. Off the diagonal the sum over pathways ends at zero, each need not.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    FloatingPointError
        If the loss grows beyond ten times its start: the learning rate is too large.
    """
    target = _checks.real_array("target", target, ndim=2)
    weights = checked_weights(weights, target.shape)
    phi = _ACTIVATIONS[_checks.choice("activation", activation, tuple(_ACTIVATIONS))]
    phi_out = _ACTIVATIONS[_checks.choice("output_activation", output_activation, tuple(_ACTIVATIONS))]
    inputs = np.sqrt(target.shape[1]) * np.eye(target.shape[1]) if inputs is None else _check_inputs(inputs, target)
    learning_rate = _checks.real("learning_rate", learning_rate, minimum=0, exclusive=True)
    steps = _checks.integer("steps", steps, minimum=1)
    record_every = _checks.integer("record_every", record_every, minimum=1)
    if steps % record_every:
        raise ValueError(f"record_every must divide steps = {steps}, got {record_every}")
    n_records = steps // record_every + 1
    _checks.memory("record_every: matrices K of all records", 16 * n_records * len(weights) * target.size)
    bases = _Bases(target, inputs)
    wanted = target @ inputs
    matrices: list[list[np.ndarray]] = []
    losses: list[float] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps + 1):
            layers = [_forward(pathway, inputs, phi, phi_out) for pathway in weights]
            missing = wanted - sum(hidden[-1] for hidden in layers)
            if step % record_every == 0:
                matrices.append([bases.matrix(hidden[-1]) for hidden in layers])
                losses.append(_loss(missing, losses, learning_rate))
            if step < steps:
                for pathway, hidden in zip(weights, layers, strict=True):
                    _step(pathway, hidden, missing * phi_out.slope(hidden[-1]), phi, learning_rate)
    times = learning_rate * record_every * np.arange(len(losses))
    depths = np.array([len(pathway) for pathway in weights])
    found = np.array(matrices)
    number = range(len(bases.strengths))
    history = record(times, depths, bases.strengths, found[:, :, number, number].transpose(0, 2, 1))
    dims = ("time", "pathway", "left", "right")
    return Descent(history.assign(loss=("time", losses), K=(dims, found)), weights)


class _Bases:
    """Reads the linear part of a pathway off its outputs, in the singular vectors of the target."""

    def __init__(self, target: np.ndarray, inputs: np.ndarray) -> None:
        left, self.strengths, right = modes(target)
        # with any orthogonal basis of what the modes leave
        self._left = np.hstack([left, null_space(left.T)])
        right = np.vstack([right, null_space(right).T])
        self._readers = np.linalg.pinv(inputs) @ right.T

    def matrix(self, outputs: np.ndarray) -> np.ndarray:
        return self._left.T @ outputs @ self._readers


def _forward(pathway: list[np.ndarray], inputs: np.ndarray, phi: _Phi, phi_out: _Phi) -> list[np.ndarray]:
    """Activations of each layer from the inputs to the outputs."""
    hidden = [inputs]
    for weight in pathway[:-1]:
        hidden.append(phi.value(weight @ hidden[-1]))
    return [*hidden, phi_out.value(pathway[-1] @ hidden[-1])]


def _step(
    pathway: list[np.ndarray], hidden: list[np.ndarray], missing: np.ndarray, phi: _Phi, learning_rate: float
) -> None:
    """One step of a pathway's matrices, in place, all from the same state."""
    back = missing * (learning_rate / missing.shape[1])
    for number in range(len(pathway) - 1, -1, -1):
        before = hidden[number]
        change = back
        if number:
            back = (pathway[number].T @ back) * phi.slope(before)
        # W += change before^T without another matrix of the size of W; the order of BLAS is that of the transpose
        turned = dgemm(1.0, before, change, 1.0, pathway[number].T, trans_b=True, overwrite_c=True)
        pathway[number] = turned.T


def _loss(missing: np.ndarray, losses: list[float], learning_rate: float) -> float:
    loss = 0.5 * float(np.square(missing).sum()) / missing.shape[1]
    if losses and not loss <= 10 * losses[0]:
        raise FloatingPointError(
            f"the loss grew from {losses[0]:g} to {loss:g}: learning_rate {learning_rate:g} is too large"
        )
    return loss


def _check_inputs(inputs: ArrayLike, target: np.ndarray) -> np.ndarray:
    """The inputs as columns."""
    inputs = _checks.real_array("inputs", inputs, ndim=2)
    if inputs.shape[1] != target.shape[1] or len(inputs) < target.shape[1]:
        needed = f"(n_samples >= {target.shape[1]}, {target.shape[1]})"
        raise ValueError(f"inputs must have shape {needed}, got {inputs.shape}")
    rank = np.linalg.matrix_rank(inputs)
    if rank < target.shape[1]:
        raise ValueError(f"inputs must span all {target.shape[1]} dimensions, got rank {rank}")
    return inputs.T
