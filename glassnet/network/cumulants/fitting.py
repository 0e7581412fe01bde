"""Training a network on the cumulants of its classes, and on samples, by the same minimiser (L-BFGS)."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import OptimizeResult, minimize

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator
from glassnet.network import activations, layers, weight_matrices
from glassnet.network.activations.base import Activation, Layered
from glassnet.network.cumulants import mapping, objectives
from glassnet.network.cumulants.mapping import Moments
from glassnet.network.cumulants.objectives import Objective, ObjectiveName
from glassnet.network.cumulants.populations import Population

_LEFT = "a unit would get a negative variance in a class, where the series of cumulants does not hold"
#: value, gradients by weights and by biases
_Gradient = tuple[float, list[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True)
@_face.shown
class Fit:
    """A trained network, its loss on what it was trained on, and the number of iterations it took.

    Attributes
    ----------
    weights : list of (n_out, n_in) float64
        From input to output.
    biases : list of (n_out,) float64
    activation : list of Activation
        Of each layer.
    loss : float
        Value of the objective.
    iterations : int
    objective : str
        "mse" or "cross_entropy".
    stopped : str
        Why training ended before it converged and before its last iteration; empty where it did not.
    """

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    activation: list[Activation]
    loss: float
    iterations: int
    objective: ObjectiveName = "mse"
    stopped: str = ""

    def outputs(self, inputs: ArrayLike) -> np.ndarray:
        """Return the outputs (n_samples, n_out) for `inputs` (n_samples, n_in); errors as `layers.forward` raises."""
        return layers.forward(self.weights, inputs, self.activation, self.biases)[-1]

    def score(self, inputs: ArrayLike, labels: ArrayLike, targets: ArrayLike) -> tuple[float, float]:
        """Return accuracy and loss: mean squared error or cross-entropy, as the network was trained.

        An answer is right if no other target has a smaller loss: if the output is nearest to the target of its class,
        or, for the cross-entropy of one output per class, if the output of its class is the largest.

        Parameters
        ----------
        inputs : (n_samples, n_in) array
        labels : (n_samples,) array of int
        targets : (n_classes, n_out) array

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind or shape, a label is no row of targets, or a target is no distribution
            where the cross-entropy asks for one.
        """
        outputs, objective = self.outputs(inputs), objectives.named(self.objective)
        targets = objective.targets("targets", _checks.real_array("targets", targets, ndim=2))
        if targets.shape[1] != outputs.shape[1]:
            raise ValueError(f"targets must have {outputs.shape[1]} columns, got shape {targets.shape}")
        labels = _checks.integer_array("labels", labels, shape=(len(outputs),), maximum=len(targets) - 1)
        losses = objective.of_pairs(outputs, targets)
        right = losses.argmin(axis=1) == labels
        return float(right.mean()), float(losses[np.arange(len(labels)), labels].mean())


def gradient(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    populations: Iterable[Population],
    activation: Layered,
    *,
    objective: ObjectiveName = "mse",
) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
    """Return mean squared error or cross-entropy as a function of the cumulants, and its gradient.

    Parameters
    ----------
    weights, biases, activation
        As for :func:`glassnet.network.cumulants.propagation.propagate`. All activations have a gradient here, "sign"
        too.
    populations : sequence of Population
        With fourth cumulants only if the first activation is quadratic. Their shares sum to 1.
    objective : "mse" or "cross_entropy"
        See :func:`glassnet.network.cumulants.objectives.mse` and
        :func:`glassnet.network.cumulants.objectives.cross_entropy`; the latter takes the outputs for Gaussian.

    Returns
    -------
    value : float
    grad_weights, grad_biases : list of (n_out, n_in) arrays, list of (n_out,) arrays
        Of the shapes of weights and biases.

    Raises
    ------
    TypeError, ValueError
        If a shape does not fit, the first activation is not quadratic and there are fourth cumulants, or a target is no
        distribution where the cross-entropy asks for one.
    """
    weights, biases = weight_matrices.checked(weights, biases)
    phis = activations.sequence(activation, len(weights))
    populations, chosen = _classes(populations), objectives.named(objective)
    for one in populations:
        if one.mean.shape != (weights[0].shape[1],):
            raise ValueError(f"mean must have shape ({weights[0].shape[1]},), got {one.mean.shape}")
    return _on_moments(weights, biases, populations, phis, chosen)


def gradient_on_samples(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike] | None,
    inputs: ArrayLike,
    targets: ArrayLike,
    activation: Layered,
    *,
    objective: ObjectiveName = "mse",
) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
    """Return the mean squared error or cross-entropy of samples, and its gradient, as `gradient` does.

    Parameters
    ----------
    weights, biases
        As for `gradient`.
    inputs : (n_samples, n_in) array
    targets : (n_samples, n_out) array
        One for each sample.
    activation
        One with a derivative: linear, quadratic, relu, erf or tanh.
    objective : "mse" or "cross_entropy"
        Of softmax outputs, in nats: targets are probabilities.
    """
    weights, biases = weight_matrices.checked(weights, biases)
    chosen = objectives.named(objective)
    inputs = _checks.real_array("inputs", inputs, ndim=2)
    targets = chosen.targets("targets", _checks.real_array("targets", targets, shape=(len(inputs), len(weights[-1]))))
    if inputs.shape[1] != weights[0].shape[1]:
        raise ValueError(f"inputs must have {weights[0].shape[1]} columns, got shape {inputs.shape}")
    return _on_samples(weights, biases, inputs, targets, activations.sequence(activation, len(weights)), chosen)


def train_on_moments(
    populations: Iterable[Population],
    hidden: Sequence[int],
    activation: Layered,
    *,
    seed: int = 1,
    iterations: int = 300,
    objective: ObjectiveName = "mse",
    negative_variances: Literal["stop", "ignore"] = "stop",
) -> Fit:
    """Train a network on the cumulants of its classes.

    With third cumulants, covariances are a truncated series, which training may take to negative variances. They count
    as none, so that the loss means less and less. Training ends before a unit gets there in any class, and
    `Fit.stopped` says so.

    Parameters
    ----------
    populations : sequence of Population
    hidden : sequence of int
        Widths of the hidden layers; input and output follow from the populations.
    activation : str or Activation, or a list with one for each layer
        One stands for the hidden layers; the output is then linear.
    seed : int
        Of the weights at the start.
    iterations : int
        Most iterations of L-BFGS.
    objective : "mse" or "cross_entropy"
    negative_variances : "stop" or "ignore"
        Whether training ends where a unit would get one.

    Raises
    ------
    TypeError, ValueError
        As for `gradient`.
    """
    populations = _classes(populations)
    widths = _widths(len(populations[0].mean), hidden, len(populations[0].target))
    phis = _hidden_activations(activation, len(widths) - 1)
    weights, biases = _start(widths, seed)
    gradient(weights, biases, populations, phis, objective=objective)  # checks all that can be wrong
    chosen = objectives.named(objective)
    last: list[list[mapping.Passed]] = []

    def function(weights: list[np.ndarray], biases: list[np.ndarray]) -> _Gradient:
        outputs, passed = _forward(weights, biases, populations, phis)
        last[:] = passed
        return _backward(outputs, passed, populations, chosen)

    stopping = _checks.choice("negative_variances", negative_variances, ("stop", "ignore")) == "stop"
    stopping &= any(one.third is not None or one.fourth is not None for one in populations)
    leaves = (lambda: any(layer.negative for tape in last for layer in tape)) if stopping else None
    fit = _minimise(function, weights, biases, phis, iterations, leaves)
    return replace(fit, objective=objective)


def train_on_samples(
    inputs: ArrayLike,
    targets: ArrayLike,
    hidden: Sequence[int],
    activation: Layered,
    *,
    seed: int = 1,
    iterations: int = 300,
    objective: ObjectiveName = "mse",
) -> Fit:
    """Train a network on samples, all at once; parameters and errors as for `train_on_moments`.

    Parameters
    ----------
    inputs : (n_samples, n_in) array
    targets : (n_samples, n_out) array
        One for each sample.
    """
    inputs, targets = _checks.real_array("inputs", inputs, ndim=2), _checks.real_array("targets", targets, ndim=2)
    widths = _widths(inputs.shape[1], hidden, targets.shape[1])
    phis = _hidden_activations(activation, len(widths) - 1)
    weights, biases = _start(widths, seed)
    gradient_on_samples(weights, biases, inputs, targets, phis, objective=objective)  # checks all that can be wrong
    chosen = objectives.named(objective)
    fit = _minimise(lambda w, b: _on_samples(w, b, inputs, targets, phis, chosen), weights, biases, phis, iterations)
    return replace(fit, objective=objective)


def _on_moments(
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    populations: Sequence[Population],
    phis: Sequence[Activation],
    objective: Objective,
) -> _Gradient:
    return _backward(*_forward(weights, biases, populations, phis), populations, objective)


def _forward(
    weights: list[np.ndarray], biases: list[np.ndarray], populations: Sequence[Population], phis: Sequence[Activation]
) -> tuple[list[Moments], list[list[mapping.Passed]]]:
    """Moments of the output of each class, and what goes back."""
    outputs, passed = [], []
    for one in populations:
        states, tape = mapping.forward(weights, biases, phis, one.mean, one.cov, one.third, one.fourth)
        outputs.append(states[-1])
        passed.append(tape)
    return outputs, passed


def _backward(
    outputs: list[Moments],
    passed: list[list[mapping.Passed]],
    populations: Sequence[Population],
    objective: Objective,
) -> _Gradient:
    value, gradients = objective.of_moments(outputs, populations)
    parts = [mapping.backward(tape, out.mean, out.cov) for tape, out in zip(passed, gradients, strict=True)]
    grad_weights, grad_biases = (
        [np.add.reduce(layer) for layer in zip(*side, strict=True)] for side in zip(*parts, strict=True)
    )
    return value, grad_weights, grad_biases


def _on_samples(
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    inputs: np.ndarray,
    targets: np.ndarray,
    phis: Sequence[Activation],
    objective: Objective,
) -> _Gradient:
    states, arguments = [inputs], []
    for weight, bias, phi in zip(weights, biases, phis, strict=True):
        arguments.append(states[-1] @ weight.T + bias)
        states.append(phi(arguments[-1]))
    value, upper = objective.of_samples(states[-1], targets)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        upper = upper * phis[layer].derivative(arguments[layer])
        grad_weights.append(upper.T @ states[layer])
        grad_biases.append(upper.sum(axis=0))
        upper = upper @ weights[layer] if layer else upper  # nobody asks for the gradient of the inputs
    return value, grad_weights[::-1], grad_biases[::-1]


def _hidden_activations(activation: Layered, depth: int) -> list[Activation]:
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return [activations.as_activation(activation)] * (depth - 1) + [activations.as_activation("linear")]
    return activations.sequence(activation, depth)


def _classes(populations: Iterable[Population]) -> list[Population]:
    """The classes as a list, whose shares sum to 1."""
    if isinstance(populations, Population) or not np.iterable(populations):
        raise TypeError(
            f"populations must be a list with one Population for each class, got {type(populations).__name__}"
        )
    populations = list(populations)
    for one in populations:
        if not isinstance(one, Population):
            raise TypeError(f"populations must hold Populations only, got {type(one).__name__}")
    total = sum(one.share for one in populations)
    if abs(total - 1.0) > 1e-9:
        raise ValueError(f"populations must have shares that sum to 1, got {len(populations)} with {total:g}")
    return populations


def _widths(n_in: int, hidden: ArrayLike, n_out: int) -> list[int]:
    """Widths of all layers."""
    hidden = _checks.integer_array("hidden", hidden, ndim=1, minimum=1)
    return [n_in, *hidden.tolist(), n_out]


def _start(widths: list[int], seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights N(0, 1 / n_in), no biases."""
    rng = generator(Seed(seed, "fit"), Role.INITIAL)
    weights = [rng.standard_normal((n_out, n_in)) / np.sqrt(n_in) for n_in, n_out in itertools.pairwise(widths)]
    return weights, [np.zeros(n_out) for n_out in widths[1:]]


def _minimise(
    function: Callable[[list[np.ndarray], list[np.ndarray]], _Gradient],
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    phis: list[Activation],
    iterations: int,
    leaves: Callable[[], bool] | None = None,
) -> Fit:
    """Fit by L-BFGS; where `leaves` says after an iteration that its result must not be taken, the one before it."""
    shapes = [array.shape for array in (*weights, *biases)]
    ends = np.cumsum([array.size for array in (*weights, *biases)])[:-1]

    def split(flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        arrays = [part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes, strict=True)]
        return arrays[: len(weights)], arrays[len(weights) :]

    def flattened(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, grad_weights, grad_biases = function(*split(flat))
        return value, np.concatenate([array.ravel() for array in (*grad_weights, *grad_biases)])

    start = np.concatenate([array.ravel() for array in (*weights, *biases)])
    options = {"maxiter": _checks.integer("iterations", iterations, minimum=1), "maxfun": 10 * iterations}
    kept, stopped = (start, flattened(start)[0], 0), False

    def callback(intermediate_result: OptimizeResult) -> None:
        nonlocal kept, stopped
        # the function was evaluated last at this point
        stopped = leaves is not None and leaves()
        if stopped:
            raise StopIteration
        kept = (intermediate_result.x.copy(), float(intermediate_result.fun), kept[2] + 1)

    minimum = minimize(flattened, start, jac=True, method="L-BFGS-B", options=options, callback=callback)
    x, value, n_iterations = kept if stopped else (minimum.x, float(minimum.fun), int(minimum.nit))
    fitted = split(x)
    return Fit(fitted[0], fitted[1], phis, value, n_iterations, stopped=_LEFT if stopped else "")
