"""Small glasses without Monte Carlo: sums over all 2^N configurations.

Configuration number n has w_i = -1 where bit i of n is set.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.glass import PathGlass
from glassnet.kernels import enumeration

__all__ = [
    "Thermodynamics",
    "density_of_states",
    "overlap_distribution",
    "probabilities",
    "product_distribution",
    "states",
    "thermodynamics",
]
_face.public(__name__)

_STREAM_LIMIT = 30
_REAL_LEVELS_LIMIT = 24
_STATES_LIMIT = 20
#: energies of real couplings made at once
CHUNK = 2**20
#: levels of real couplings closer than this, in units of sum |J|, differ by rounding only
_RESOLUTION = 1e-13


@dataclass(frozen=True)
@_face.shown
class Thermodynamics:
    """Exact thermodynamics of one glass: totals over the whole glass, k_B = 1.

    Attributes
    ----------
    temperature, log_z, energy, heat_capacity, entropy : float64 arrays, one shape
        ln Z, <E>, (<E^2> - <E>^2) / T^2 and ln Z + <E> / T at each temperature.
    """

    temperature: np.ndarray
    log_z: np.ndarray
    energy: np.ndarray
    heat_capacity: np.ndarray
    entropy: np.ndarray

    def plot(self, ax: Any = None) -> Any:
        """Draw energy, entropy and heat capacity against temperature; see :func:`glassnet.plots.exact`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.exact(self, ax)

    def __str__(self) -> str:
        columns = ("temperature", "log_z", "energy", "heat_capacity", "entropy")
        rows = zip(*(np.ravel(getattr(self, name)) for name in columns), strict=True)
        return _tables.table(dict.fromkeys(columns, ".6g"), rows)


def density_of_states(glass: PathGlass) -> tuple[np.ndarray, np.ndarray]:
    """Energy levels of a glass and the number of configurations on each.

    Parameters
    ----------
    glass : PathGlass
        +-1 couplings: at most 30 weights; real couplings: at most 24.

    Returns
    -------
    energies : (n_levels,) float64
        Increasing total energies. For real couplings levels within 1e-13 sum |J| (rounding) count as one.
    counts : (n_levels,) int64
        They sum to 2^n_weights.

    Raises
    ------
    TypeError, ValueError
        If `glass` is no PathGlass or has too many weights; the message says how many configurations that makes.
    """
    _check_size(glass, _STREAM_LIMIT if _is_binary(glass) else _REAL_LEVELS_LIMIT, "density_of_states")
    if glass.is_binary:
        return _binary_levels(glass)
    energies = np.sort(enumeration.energies(glass.paths, glass.couplings, glass.n_weights, 0, 2**glass.n_weights))
    resolution = _RESOLUTION * np.abs(glass.couplings).sum()
    first = np.flatnonzero(np.diff(energies, prepend=-np.inf) > resolution)
    return energies[first], np.diff(first, append=len(energies)).astype(np.int64)


def thermodynamics(glass: PathGlass, temperatures: ArrayLike) -> Thermodynamics:
    """Free energy, energy, heat capacity and entropy at each temperature, by summing over all configurations.

    Parameters
    ----------
    glass : PathGlass
        At most 30 weights. Real couplings are streamed in blocks of 2^20 configurations: seconds up to 25 weights,
        minutes at 30.
    temperatures : float or (...) floats
        Each > 0, in any order; may be inf. Units of |J|, k_B = 1.

    Returns
    -------
    Thermodynamics
        Arrays of the shape of `temperatures`; values of the whole glass, not per weight.

    Raises
    ------
    TypeError, ValueError
        If `glass` is no PathGlass or too large, or a temperature is not > 0.
    """
    _check_size(glass, _STREAM_LIMIT, "thermodynamics")
    temperatures = _checks.temperatures("temperatures", temperatures)
    flat = temperatures.reshape(-1)
    if glass.is_binary:
        blocks = [_moments(*_binary_levels(glass), flat)]
    else:
        n_states = 2**glass.n_weights
        limits = [(start, min(start + CHUNK, n_states)) for start in range(0, n_states, CHUNK)]
        blocks = []
        for start, stop in limits:
            energies = enumeration.energies(glass.paths, glass.couplings, glass.n_weights, start, stop)
            blocks.append(_moments(energies, 1, flat))
    values = _merge(blocks, flat)
    return Thermodynamics(temperatures, *(value.reshape(temperatures.shape) for value in values))


def states(n_weights: int) -> np.ndarray:
    """All configurations of at most 20 weights, shape (2^n_weights, n_weights), int8, in the order of this module.

    ValueError for more, TypeError if `n_weights` is no integer.
    """
    n_weights = _checks.integer("n_weights", n_weights, minimum=1, maximum=_STATES_LIMIT)
    bits = np.arange(2**n_weights)[:, None] >> np.arange(n_weights) & 1
    return (1 - 2 * bits).astype(np.int8)


def probabilities(glass: PathGlass, temperature: float) -> np.ndarray:
    """Boltzmann weight exp(-E / T) / Z of every configuration.

    Parameters
    ----------
    glass : PathGlass
        At most 20 weights.
    temperature : float
        > 0, may be inf; units of |J|.

    Returns
    -------
    (2^n_weights,) float64
        In the order of :func:`states`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    _check_size(glass, _STATES_LIMIT, "probabilities")
    temperature = _checks.real("temperature", temperature, minimum=0, exclusive=True, finite=False)
    energies = enumeration.energies(glass.paths, glass.couplings, glass.n_weights, 0, 2**glass.n_weights)
    with np.errstate(over="ignore"):
        weights = np.exp((energies.min() - energies) / temperature)
    return weights / weights.sum()


def product_distribution(glass: PathGlass, temperature: float) -> np.ndarray:
    """Probability of every pattern w_i w'_i of two independent replicas at one temperature.

    Every overlap of two replicas, whatever the gauge group, is a function of this pattern.

    Parameters
    ----------
    glass, temperature
        As for :func:`probabilities`, and so are the errors raised.

    Returns
    -------
    (2^n_weights,) float64
        In the order of :func:`states`: row n of it is the pattern of entry n.
    """
    transform = _walsh_hadamard(probabilities(glass, temperature))
    # the transform is its own inverse up to 2^N, and turns the convolution over flips into a square
    return np.maximum(_walsh_hadamard(transform**2) / len(transform), 0.0)


def overlap_distribution(glass: PathGlass, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Distribution of q = (1/N) sum_i w_i w'_i of two independent replicas at one temperature.

    Parameters
    ----------
    glass, temperature
        As for :func:`probabilities`, and so are the errors raised.

    Returns
    -------
    q : (n_weights + 1,) float64
        -1, -1 + 2/N, ..., 1.
    probability : (n_weights + 1,) float64
        They sum to 1.
    """
    patterns = product_distribution(glass, temperature)
    n_weights = glass.n_weights
    up = (states(n_weights) == 1).sum(axis=1)
    return np.arange(-n_weights, n_weights + 1, 2) / n_weights, np.bincount(up, patterns, minlength=n_weights + 1)


def _is_binary(glass: PathGlass) -> bool:
    _checks.instance("glass", glass, PathGlass)
    return glass.is_binary


def _check_size(glass: PathGlass, limit: int, what: str) -> None:
    kind = "+-1" if _is_binary(glass) else "real"
    if glass.n_weights > limit:
        raise ValueError(
            f"glass must have at most {limit} weights for {what} with {kind} couplings, "
            f"got {glass.n_weights} (2^{glass.n_weights} configurations)"
        )


def _binary_levels(glass: PathGlass) -> tuple[np.ndarray, np.ndarray]:
    counts = enumeration.histogram(glass.paths, glass.couplings.astype(np.int8), glass.n_weights)
    energies = glass.n_paths - 2.0 * np.arange(glass.n_paths + 1)
    present = np.flatnonzero(counts)[::-1]
    return energies[present], counts[present]


def _moments(
    energies: np.ndarray, counts: np.ndarray | int, temperatures: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Lowest energy of a block of states; ln Z relative to it, mean and variance of E at each temperature."""
    lowest = energies.min()
    log_z, mean, variance = (np.empty(len(temperatures)) for _ in range(3))
    for i, temperature in enumerate(temperatures):
        # E/T, not E times 1/T: 0/T is 0 at every T
        with np.errstate(over="ignore"):
            weights = counts * np.exp((lowest - energies) / temperature)
        total = weights.sum()
        weights /= total
        log_z[i] = np.log(total)
        mean[i] = weights @ (energies - lowest)
        variance[i] = weights @ (energies - lowest - mean[i]) ** 2
    return lowest, log_z, mean, variance


def _merge(
    blocks: list[tuple[float, np.ndarray, np.ndarray, np.ndarray]], temperatures: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """ln Z, <E>, heat capacity and entropy from the moments of all blocks, accurate at every temperature."""
    lowest = np.array([block[0] for block in blocks])
    log_z, mean, variance = (np.array([block[i] for block in blocks]) for i in (1, 2, 3))
    ground = lowest.min()
    with np.errstate(over="ignore"):
        log_z = log_z - (lowest - ground)[:, None] / temperatures
        mean = mean + (lowest - ground)[:, None]
        top = log_z.max(axis=0)
        share = np.exp(log_z - top)
        relative_log_z = top + np.log(share.sum(axis=0))
        share /= share.sum(axis=0)
        energy = (share * mean).sum(axis=0)
        variance = (share * (variance + (mean - energy) ** 2)).sum(axis=0)
        entropy = relative_log_z + energy / temperatures
        heat_capacity = (np.sqrt(variance) / temperatures) ** 2
        return relative_log_z - ground / temperatures, ground + energy, heat_capacity, entropy


def _walsh_hadamard(values: np.ndarray) -> np.ndarray:
    """sum_m (-1)^{popcount(n & m)} values[m] for every n; the length is a power of 2."""
    for _ in range(len(values).bit_length() - 1):
        low, high = values.reshape(2, -1)
        values = np.stack([low + high, low - high], axis=1).ravel()
    return values
