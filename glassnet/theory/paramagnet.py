"""The paramagnet in closed form: exact for N -> infinity above the static transition.

With x = beta J and the mean over the couplings [..], per weight (PHYSICS.md calls the first line annealed)

    -beta f = ln 2 + alpha [ln cosh x],    e = -alpha [J tanh x],    s = ln 2 + alpha [ln cosh x - x tanh x].

On a tree these are exact for the given couplings; loops change them by O(1/N). For +-J couplings they do not depend
on the signs, and the entropy vanishes at a temperature below the static transition.
"""

import math

import numpy as np
from scipy.optimize import brentq

LN2 = math.log(2.0)


def log_cosh(x):
    """Return ln cosh x without overflow."""
    size = np.abs(x)
    return size + np.log1p(np.exp(-2.0 * size)) - LN2


def free_energy(temperature, alpha: float, couplings=1.0):
    """Return the free energy per weight.

    Parameters
    ----------
    temperature : float or array
        Temperatures > 0 (k_B = 1), inf allowed (the free energy is then -inf).
    alpha : float
        Paths per weight.
    couplings : float or (n_paths,) array
        The given couplings; the default stands for +-1 of either sign.

    Returns
    -------
    float or array
        One value for each temperature, in units of abs(J) = 1.
    """
    temperature = np.asarray(temperature, dtype=np.float64)
    exponent = LN2 + alpha * _mean(lambda x, _: log_cosh(x), temperature, couplings)
    return (-temperature * exponent)[()]


def energy(temperature, alpha: float, couplings=1.0):
    """Return the energy per weight; parameters as for `free_energy`."""
    return (0.0 - alpha * _mean(lambda x, coupling: coupling * np.tanh(x), temperature, couplings))[()]


def entropy(temperature, alpha: float, couplings=1.0):
    """Return the entropy per weight, in nats; parameters as for `free_energy`."""
    return (LN2 - alpha * _mean(lambda x, _: _entropy_loss(x), temperature, couplings))[()]


def zero_entropy_temperature(alpha: float) -> float:
    """Return the temperature where the entropy of the +-J paramagnet vanishes, 0.0 if it never does (alpha <= 1)."""
    if alpha <= 1.0:
        return 0.0
    hot, cold = 1.0, 1.0
    while entropy(1.0 / hot, alpha) < 0:
        hot /= 2.0
    while entropy(1.0 / cold, alpha) > 0:
        cold *= 2.0
        if cold > 64.0:  # alpha exceeds 1 by less than rounding can tell
            return 0.0
    return 1.0 / hot if hot == cold else 1.0 / brentq(lambda beta: entropy(1.0 / beta, alpha), hot, cold, xtol=1e-13)


def _mean(function, temperature, couplings):
    """Average function(beta J, J) over the couplings at each temperature; 0 if there is no coupling."""
    temperature, couplings = np.asarray(temperature, dtype=np.float64), np.atleast_1d(couplings)
    if couplings.size == 0:
        return np.zeros(temperature.shape)
    return np.array([function(couplings / t, couplings).mean() for t in temperature.ravel()]).reshape(temperature.shape)


def _entropy_loss(x):
    """Return x tanh x - ln cosh x = ln 2 - (the entropy of one path's sign), free of cancellation at large x."""
    size = np.abs(x)
    unsatisfied = np.exp(-2.0 * size)
    return LN2 - np.log1p(unsatisfied) - 2.0 * size * unsatisfied / (1.0 + unsatisfied)
