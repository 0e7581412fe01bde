"""The paramagnet in closed form: exact for N -> infinity above the static transition.

With x = beta J and the mean over the couplings [..], per weight

    -beta f = ln 2 + alpha [ln cosh x],    e = -alpha [J tanh x],    s = ln 2 + alpha [ln cosh x - x tanh x].

On a tree these are exact for the given couplings; loops change them by O(1/N). They depend on the degrees and on p
through alpha alone, and not on the signs of the couplings: +-J couplings of any mean have the same paramagnet, which
ends where they order. For +-J it is also the annealed average, ln [Z]; for Gaussian couplings that is another one,
-beta f = ln 2 + alpha beta^2 / 2, by Jensen's inequality above, and governed by rare couplings: no glass has it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from glassnet import _checks, _face, _tables
from glassnet.glass import PathGlass

__all__ = [
    "Paramagnet",
    "annealed_entropy",
    "annealed_free_energy",
    "energy",
    "entropy",
    "free_energy",
    "zero_entropy_temperature",
]
_face.public(__name__)

LN2 = math.log(2.0)

_LAWS = ("binary", "gaussian")


def log_cosh(x: ArrayLike) -> Any:
    """Return ln cosh x without overflow."""
    size = np.abs(x)
    return size + np.log1p(np.exp(-2.0 * size)) - LN2


def free_energy(temperature: ArrayLike, alpha: float, couplings: str | ArrayLike = "binary") -> Any:
    """Return the free energy per weight.

    Parameters
    ----------
    temperature : float or (...) array
        Temperatures > 0 (k_B = 1), inf allowed (the free energy is then -inf).
    alpha : float
        Paths per weight.
    couplings : {"binary", "gaussian"}, float or (n_paths,) array
        Their law, abs(J) = 1 of any signs or N(0, 1); or the given couplings.

    Returns
    -------
    float or array
        One value for each temperature, in the units of the couplings.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    at, alpha, couplings = _checked(temperature, alpha, couplings)
    exponent = LN2 + alpha * _mean(lambda x, _: log_cosh(x), at, couplings)
    return (-at * exponent)[()]


def annealed_free_energy(temperature: ArrayLike, alpha: float, couplings: str | ArrayLike = "binary") -> Any:
    """Return -T ln [Z] per weight, [Z] the mean over symmetric couplings; parameters as for `free_energy`.

    A lower bound of `free_energy`. Given couplings keep their abs(J), and only their signs are averaged over: as for
    "binary" this is `free_energy` itself.
    """
    if not _is_gaussian(couplings):
        return free_energy(temperature, alpha, couplings)
    at, alpha, _ = _checked(temperature, alpha, couplings)
    return (-at * LN2 - alpha / (2.0 * at))[()]


def energy(temperature: ArrayLike, alpha: float, couplings: str | ArrayLike = "binary") -> Any:
    """Return the energy per weight; parameters as for `free_energy`."""
    at, alpha, couplings = _checked(temperature, alpha, couplings)
    return (0.0 - alpha * _mean(lambda x, coupling: coupling * np.tanh(x), at, couplings))[()]


def entropy(temperature: ArrayLike, alpha: float, couplings: str | ArrayLike = "binary") -> Any:
    """Return the entropy per weight, in nats; parameters as for `free_energy`."""
    at, alpha, couplings = _checked(temperature, alpha, couplings)
    return (LN2 - alpha * _mean(lambda x, _: _entropy_loss(x), at, couplings))[()]


def annealed_entropy(temperature: ArrayLike, alpha: float, couplings: str | ArrayLike = "binary") -> Any:
    """Return minus the derivative of `annealed_free_energy`, in nats; parameters as for `free_energy`."""
    if not _is_gaussian(couplings):
        return entropy(temperature, alpha, couplings)
    at, alpha, _ = _checked(temperature, alpha, couplings)
    return (LN2 - alpha / (2.0 * at**2))[()]


def zero_entropy_temperature(alpha: float, couplings: str | ArrayLike = "binary") -> float:
    """Return the temperature where the entropy vanishes, 0.0 if it never does (at most one coupled path per weight).

    `alpha` and `couplings` as for :func:`free_energy`, and so are the errors raised.
    """
    _, alpha, couplings = _checked(1.0, alpha, couplings)
    sizes, shares = _law(couplings)
    if alpha * shares[sizes != 0].sum() <= 1.0:
        return 0.0
    hot = cold = float(np.abs(sizes).max())
    while entropy(hot, alpha, couplings) < 0:
        hot *= 2.0
    while entropy(cold, alpha, couplings) > 0:
        cold /= 2.0
        if cold < 1e-12 * hot:  # alpha exceeds 1 by less than rounding can tell
            return 0.0
    if hot == cold:
        return hot
    return math.exp(brentq(lambda log: entropy(math.exp(log), alpha, couplings), math.log(cold), math.log(hot)))


@dataclass(frozen=True, eq=False)
@_face.shown
class Paramagnet:
    """The paramagnet of one ensemble or of one glass: the functions of this module with their parameters.

    Temperatures and energies are in units of the couplings, k_B = 1.

    Attributes
    ----------
    alpha : float
        Paths per weight, after dilution, >= 0.
    couplings : {"binary", "gaussian"} or (n_paths,) floats
        Their law, or the given ones.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; in the methods, if T is no positive number or an array of them.
    """

    alpha: float
    couplings: str | ArrayLike = "binary"

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", _checks.real("alpha", self.alpha, minimum=0))
        if isinstance(self.couplings, str):
            _checks.choice("couplings", self.couplings, _LAWS)
        else:
            object.__setattr__(self, "couplings", _checks.real_array("couplings", self.couplings, ndim=1))

    @classmethod
    def from_glass(cls, glass: PathGlass) -> "Paramagnet":
        """Return the paramagnet of the given couplings of a glass."""
        _checks.instance("glass", glass, PathGlass)
        return cls(glass.n_paths / glass.n_weights, "binary" if glass.is_binary else glass.couplings)

    def free_energy(self, T: ArrayLike) -> Any:
        """Return the free energy per weight at T, a number or an array."""
        return free_energy(_checks.temperatures("T", T), self.alpha, self.couplings)

    def annealed_free_energy(self, T: ArrayLike) -> Any:
        """Return -T ln [Z] per weight; lower than `free_energy` for Gaussian couplings, else the same."""
        return annealed_free_energy(_checks.temperatures("T", T), self.alpha, self.couplings)

    def energy(self, T: ArrayLike) -> Any:
        """Return the energy per weight."""
        return energy(_checks.temperatures("T", T), self.alpha, self.couplings)

    def entropy(self, T: ArrayLike) -> Any:
        """Return the entropy per weight, in nats; negative where the paramagnet cannot be stable."""
        return entropy(_checks.temperatures("T", T), self.alpha, self.couplings)

    def annealed_entropy(self, T: ArrayLike) -> Any:
        """Return minus the derivative of `annealed_free_energy`, in nats."""
        return annealed_entropy(_checks.temperatures("T", T), self.alpha, self.couplings)

    def zero_entropy_temperature(self) -> float:
        """Return the temperature where the entropy vanishes, a lower bound of T_K; 0.0 if nowhere."""
        return zero_entropy_temperature(self.alpha, self.couplings)

    def __str__(self) -> str:
        kind = self.couplings if isinstance(self.couplings, str) else f"{np.size(self.couplings)} given"
        zero = self.zero_entropy_temperature()
        where = f"entropy vanishes at T = {zero:.5f}" if zero else "entropy vanishes nowhere"
        sizes, _ = _law(self.couplings)
        scale = zero or (np.abs(sizes).max(initial=0.0) if not isinstance(self.couplings, str) else 0.0) or 1.0
        temperatures = scale * np.array([1.0, 1.25, 1.5, 2.0, 3.0, 5.0])
        rows = [(T, self.free_energy(T), self.energy(T), self.entropy(T)) for T in temperatures]
        shown = _tables.table({"T": ".5f", "free energy": ".6f", "energy": "z.6f", "entropy": "z.6f"}, rows)
        return f"paramagnet, alpha {self.alpha:g}, {kind} couplings: {where}\n{shown}"


def _checked(temperature: ArrayLike, alpha: float, couplings: str | ArrayLike) -> tuple[Any, float, Any]:
    """Temperatures, paths per weight and couplings, or an error that names what is wrong."""
    if isinstance(couplings, str):
        _checks.choice("couplings", couplings, _LAWS)
    else:
        couplings = _checks.real_array("couplings", couplings)
        size = np.abs(couplings[couplings != 0])
        if couplings.ndim > 1:
            raise ValueError(f"couplings must be one number or a list of them, got shape {couplings.shape}")
        if size.size and size.min() < 1e-290:
            raise ValueError(f"couplings must be 0 or at least 1e-290, got {size.min():g}: temperatures would be 0")
    return _checks.temperatures("temperature", temperature), _checks.real("alpha", alpha, minimum=0), couplings


def _is_gaussian(couplings: object) -> bool:
    return isinstance(couplings, str) and couplings == "gaussian"


def _law(couplings: str | ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Values of the couplings and the share of each."""
    if not isinstance(couplings, str):
        values = np.atleast_1d(couplings)
        return values, np.full(values.shape, 1.0 / max(1, values.size))
    if couplings == "binary":
        return np.ones(1), np.ones(1)
    # The trapezoidal rule in ln J sees every scale of J alike: exact to rounding down to T = 1e-12.
    step = 0.04
    log = np.arange(-44.0, 2.5, step)
    values = np.exp(log)
    return values, 2.0 * step * values * np.exp(-(values**2) / 2.0) / math.sqrt(2.0 * math.pi)


def _mean(function: Callable[..., Any], temperature: np.ndarray, couplings: str | ArrayLike) -> Any:
    """Average function(beta J, J) over the couplings at each temperature; 0 if there is no coupling."""
    temperature = np.asarray(temperature, dtype=np.float64)
    values, shares = _law(couplings)
    means = [shares @ function(values / t, values) for t in temperature.ravel()]
    return np.array(means, dtype=np.float64).reshape(temperature.shape)


def _entropy_loss(x: np.ndarray) -> np.ndarray:
    """Return x tanh x - ln cosh x = ln 2 - (the entropy of one path's sign), free of cancellation at large x."""
    size = np.abs(x)
    unsatisfied = np.exp(-2.0 * size)
    return LN2 - np.log1p(unsatisfied) - 2.0 * size * unsatisfied / (1.0 + unsatisfied)
