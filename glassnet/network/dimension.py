"""Dimension reduction by weakly correlated synapses: mean-field theory, simulation, and the measurement of given nets.

h^l = phi(W^l h^(l-1) + b^l). D = (tr C)^2 / tr C^2 is the linear dimension of a layer with covariance C of its units,
D/N = K1^2 / (K2 + S) with K1 = mean C_ii, K2 = mean C_ii^2 and the covariance strength S = sum_{i != j} C_ij^2 / N.
The theory of wide layers is that of J. Zhou and H. Huang, Phys. Rev. E 103, 012315 (2021), extended to units with
means, see :mod:`glassnet.network.layer_mean_field`. Inputs are h^0 ~ N(0, xi xi^T / N), xi N x aN standard normal.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator
from glassnet.network import activations, layers, synapses, weight_matrices
from glassnet.network.activations.base import Activation, ActivationLike, Layered
from glassnet.network.layer_mean_field import Layer, advance

__all__ = ["mean_field", "measure", "simulate"]
_face.public(__name__)

VARIABLES = ("dimension", "covariance_strength", "relative_strength", "K1", "K2", "Q")
#: parts of the samples, each left out once, that give standard errors
_PARTS = 10
#: layers, and directions of the inputs in units of the width: both are for ratios beyond any network
_DEEPEST, _MOST_DIRECTIONS = 10**6, 1e12


def mean_field(
    depth: int,
    activation: ActivationLike = "tanh",
    *,
    variance: ArrayLike = 1.0,
    covariance: ArrayLike = 0.0,
    bias_variance: float = 0.0,
    input_ratio: float = 1.0,
    width: ArrayLike = 1.0,
    kind: str = "gaussian",
) -> xr.Dataset:
    """Return the theory of infinitely wide layers.

    Parameters
    ----------
    depth : int
        Number of layers after the input, >= 1.
    activation : {"linear", "relu", "erf", "sign", "tanh"}, Activation or callable
        See :func:`glassnet.network.activations.as_activation`.
    variance, covariance : float or (depth,) array
        G > 0 and R >= 0, see :mod:`glassnet.network.synapses`; one for all layers or one for each.
    bias_variance : float
        Variance sb2 >= 0 of the Gaussian biases.
    input_ratio : float
        a > 0: the inputs vary in a N directions; D_0/N = a / (1 + a).
    width : float or (depth + 1,) array
        Widths, of which only the ratios matter.
    kind : {"gaussian", "binary", "latent", "orthogonal"}
        Of the weights. Only "orthogonal" makes a difference, and needs covariance = 0.

    Returns
    -------
    xarray.Dataset
        Over `layer` = 0 (input) .. depth: `dimension` (D/N), `covariance_strength` (S), `relative_strength` (S/K1^2),
        K1, K2, Q.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range; negative R is refused.
    """
    depth, phi, variance, covariance, bias_variance, a = _network(
        depth, activation, variance, covariance, bias_variance, input_ratio
    )
    width = _per_layer("width", width, depth + 1)
    if (width <= 0).any():
        raise ValueError(f"width must be > 0, got {width[width <= 0][0]:g}")
    _kind(kind, covariance)
    now = Layer(k1=a, k2=a * a, q=0.0, noise=a)
    rows = [now.summary()]
    for layer in range(depth):
        ratio = width[layer + 1] / width[layer]
        now = advance(now, phi, variance[layer], covariance[layer], bias_variance, ratio, kind == "orthogonal")
        rows.append(now.summary())
    return _table(_values(map(_completed, rows)))


def simulate(
    depth: int,
    activation: ActivationLike = "tanh",
    *,
    variance: ArrayLike = 1.0,
    covariance: ArrayLike = 0.0,
    bias_variance: float = 0.0,
    input_ratio: float = 1.0,
    width: ArrayLike = 1000,
    n_networks: int = 8,
    n_samples: int = 2000,
    kind: str = "gaussian",
    seed: int = 1,
) -> xr.Dataset:
    """Simulate random networks; parameters not listed are those of `mean_field`.

    Covariances of linear networks are propagated exactly. In others they come from samples of the input, in two
    independent halves whose products are free of bias, see :func:`glassnet.network.layers.spread`.

    Parameters
    ----------
    width : int or (depth + 1,) array
        Units of each layer, >= 2; the input varies in round(input_ratio width) directions.
    n_networks : int
        Networks with their own weights, biases and input covariance, >= 2.
    n_samples : int
        Inputs for each network, both halves together, >= 4.
    kind : {"gaussian", "binary", "latent", "orthogonal"}
        Of the weights: :func:`glassnet.network.synapses.gaussian`, `binary` with copied signs or with those of
        Gaussians, `orthogonal` (covariance = 0). Sign units with binary weights want odd widths: even ones have ties.
    seed : int
        >= 0.

    Returns
    -------
    xarray.Dataset
        As `mean_field`, the mean over the networks, with `_stderr` of each variable.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range; R is refused below 0 and above G sqrt(width).
    """
    depth, phi, variance, covariance, bias_variance, a = _network(
        depth, activation, variance, covariance, bias_variance, input_ratio
    )
    widths = _checks.integer_array(
        "width", np.broadcast_to(width, depth + 1) if _checks.is_single("width", width) else width, minimum=2
    )
    if widths.shape != (depth + 1,):
        raise ValueError(f"width must be one integer or {depth + 1}, one for each layer, got shape {widths.shape}")
    n_networks = _checks.integer("n_networks", n_networks, minimum=2)
    n_samples = _checks.integer("n_samples", n_samples, minimum=4, most=synapses.MOST)
    needed = 24 * n_samples * int(max(widths)) + 16 * a * float(widths[0]) ** 2 + 16 * n_samples * a * float(widths[0])
    _checks.memory("width, input_ratio, n_samples: the states of one network", int(min(needed, 2.0**62)))
    _kind(kind, covariance)
    for layer in range(depth):
        synapses.correlation(int(widths[layer]), variance[layer], covariance[layer])
    values = []
    for network in range(n_networks):
        name = f"dimension, network={network}"
        weights, biases = _draw(widths, variance, covariance, bias_variance, kind, seed, name)
        values.append(_one_network(phi, weights, biases, a, n_samples, generator(Seed(seed, name), Role.INITIAL)))
    measured = np.array(values)
    return _table(measured.mean(axis=0), measured.std(axis=0, ddof=1) / np.sqrt(n_networks))


def measure(
    weights: Sequence[ArrayLike],
    inputs: ArrayLike,
    activation: Layered = "tanh",
    biases: Sequence[ArrayLike] | None = None,
) -> xr.Dataset:
    """Measure a given network on given data.

    Parameters
    ----------
    weights : sequence of (n_out, n_in) arrays
        One for each layer, such as :func:`glassnet.network.from_glass` makes of a glass.
    inputs : (n_samples, n_in) array
        At least 4 independent samples in random order: every second one is a half, see :func:`layers.spread`. Take as
        many as there are units, or more: with few of them the unbiased estimate of tr C^2 may be anything, below 0 too.
    activation, biases
        As for :func:`glassnet.network.layers.forward`.

    Returns
    -------
    xarray.Dataset
        Over `layer` = 0 (input) .. depth, the variables of `mean_field`, and `variance`, `covariance_mean`,
        `covariance_rms` of the weights into the layer (NaN at layer 0), see :func:`glassnet.network.synapses.measured`.
        D/N is NaN for a layer in which nothing varies, or where samples are so few that the estimate of tr C^2 is not
        above 0. `_stderr` of each variable: what other samples would change, by the jackknife over ten parts of these
        (fewer below 20 samples, NaN below 6); it errs on the large side, up to a factor of 1.5 for D/N and S.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, a shape does not fit, or there are fewer than 4 samples.
    """
    weights, biases = weight_matrices.checked(weights, biases)
    states = layers.forward(weights, inputs, activation, biases)
    if len(states[0]) < 4:
        raise ValueError(f"inputs must hold at least 4 samples, got {len(states[0])}")
    values = _values(_completed(layers.spread(state[::2], state[1::2])) for state in states)
    result = _table(values, np.array([_jackknife(state) for state in states]))
    scales = [synapses.measured(matrix) for matrix in weights]
    for variable in scales[0]:
        result[variable] = ("layer", [np.nan, *(row[variable] for row in scales)])
    return result


def _jackknife(state: np.ndarray) -> np.ndarray:
    """Standard errors of all variables of a layer (n_variables,), leaving out one part of its samples after another."""
    pairs = len(state) // 2
    n_parts = min(_PARTS, pairs)
    if pairs < 3:
        return np.full(len(VARIABLES), np.nan)
    rows = []
    for part in range(n_parts):
        # both halves lose the same share of their samples
        kept = np.arange(pairs) % n_parts != part
        row = _completed(layers.spread(state[: 2 * pairs : 2][kept], state[1 : 2 * pairs : 2][kept]))
        rows.append([row[variable] for variable in VARIABLES])
    return np.sqrt((n_parts - 1) * np.var(rows, axis=0))


def _draw(
    widths: np.ndarray,
    variance: np.ndarray,
    covariance: np.ndarray,
    bias_variance: float,
    kind: str,
    seed: int,
    name: str,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights and biases of one network."""
    weights, biases = [], []
    for layer, (n_in, n_out) in enumerate(zip(widths[:-1].tolist(), widths[1:].tolist(), strict=True)):
        key = Seed(seed, f"{name}, layer={layer + 1}")
        weights.append(synapses.draw(kind, n_out, n_in, variance[layer], covariance[layer], seed=key))
        noise = generator(Seed(seed, f"{key.key}, bias"), Role.COUPLINGS)
        biases.append(np.sqrt(bias_variance) * noise.standard_normal(n_out))
    return weights, biases


def _one_network(
    phi: Activation,
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    a: float,
    n_samples: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """(depth + 1, n_variables): what one network does to random inputs."""
    n_in = weights[0].shape[1]
    directions = rng.standard_normal((n_in, max(round(a * n_in), 1))) / np.sqrt(n_in)
    mean, cov = np.zeros(n_in), directions @ directions.T
    rows = [layers.spread_exact(mean, cov)]
    if phi is activations.as_activation("linear"):
        for matrix, bias in zip(weights, biases, strict=True):
            mean, cov = matrix @ mean + bias, matrix @ cov @ matrix.T
            rows.append(layers.spread_exact(mean, cov))
    else:
        states = rng.standard_normal((n_samples, directions.shape[1])) @ directions.T
        for matrix, bias in zip(weights, biases, strict=True):
            states = phi(states @ matrix.T + bias)
            rows.append(layers.spread(states[::2], states[1::2]))
    return _values(map(_completed, rows))


def _completed(row: dict[str, float]) -> dict[str, float]:
    square = row["K1"] ** 2
    return row | {"relative_strength": row["covariance_strength"] / square if square > 0 else np.nan}


def _values(rows: Iterable[dict[str, float]]) -> np.ndarray:
    return np.array([[row[variable] for variable in VARIABLES] for row in rows])


def _table(values: np.ndarray, stderr: np.ndarray | None = None) -> xr.Dataset:
    columns = {variable: ("layer", values[:, i]) for i, variable in enumerate(VARIABLES)}
    if stderr is not None:
        columns |= {f"{variable}_stderr": ("layer", stderr[:, i]) for i, variable in enumerate(VARIABLES)}
    return xr.Dataset(columns, coords={"layer": np.arange(len(values))})


def _network(
    depth: int,
    activation: ActivationLike,
    variance: ArrayLike,
    covariance: ArrayLike,
    bias_variance: float,
    input_ratio: float,
) -> tuple[int, Activation, np.ndarray, np.ndarray, float, float]:
    """The parameters that theory and simulation share, checked."""
    depth, phi = _checks.integer("depth", depth, minimum=1, most=_DEEPEST), activations.as_activation(activation)
    variance, covariance = _per_layer("variance", variance, depth), _per_layer("covariance", covariance, depth)
    for g, r in zip(variance, covariance, strict=True):
        _checks.real("variance", g, minimum=0.0, exclusive=True)
        synapses.positive_covariance(r)
    bias_variance = _checks.real("bias_variance", bias_variance, minimum=0.0)
    ratio = _checks.real("input_ratio", input_ratio, minimum=0.0, exclusive=True)
    return depth, phi, variance, covariance, bias_variance, _checks.real("input_ratio", ratio, maximum=_MOST_DIRECTIONS)


def _kind(kind: str, covariance: np.ndarray) -> None:
    """Check the kind of the weights."""
    if _checks.choice("kind", kind, synapses.KINDS) == "orthogonal":
        synapses.uncorrelated(float(covariance.max()))


def _per_layer(name: str, value: ArrayLike, count: int) -> np.ndarray:
    if _checks.is_single(name, value):
        return np.full(count, _checks.real(name, value))
    return _checks.real_array(name, value, shape=(count,))
