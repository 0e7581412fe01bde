"""Free-energy differences between neighbouring rungs, from the energies seen on both (Bennett's acceptance ratio).

Chosen over integrating E d(beta) because it has no discretisation error: it is consistent for any spacing of the
rungs, where the trapezoid rule needs a spacing small against the curvature of E(beta), and correcting it needs
derivatives of noisy heat capacities.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit


def histogram(energies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct energies and their relative frequencies.

    Parameters
    ----------
    energies : array of real numbers, any shape

    Returns
    -------
    levels, frequencies : (n_levels,) float64
        Levels increase, frequencies sum to 1.
    """
    levels, counts = np.unique(energies, return_counts=True)
    return levels.astype(np.float64), counts / counts.sum()


def log_partition_ratio(cold, hot, beta_cold: float, beta_hot: float) -> float:
    """ln Z(beta_cold) - ln Z(beta_hot) from the energies on two neighbouring rungs.

    Parameters
    ----------
    cold, hot : (levels, frequencies) of :func:`histogram`
        Total energies seen on the two rungs, with equal numbers of draws.
    beta_cold, beta_hot : float
        Inverse temperatures, beta_cold > beta_hot >= 0.

    Returns
    -------
    float
        The c that solves <f(d E + c)>_hot = <f(-d E - c)>_cold with d = beta_cold - beta_hot, f(x) = 1/(1 + e^x)
        (C. H. Bennett, J. Comput. Phys. 22, 245 (1976), eq. 12).
    """
    step = beta_cold - beta_hot
    (cold_levels, cold_weights), (hot_levels, hot_weights) = cold, hot

    def excess(shift: float) -> float:
        return hot_weights @ expit(-step * hot_levels - shift) - cold_weights @ expit(step * cold_levels + shift)

    # the excess decreases in the shift, from >= 0 where every d E + c <= 0 to <= 0 where every one is >= 0
    lowest = -step * max(cold_levels[-1], hot_levels[-1])
    highest = -step * min(cold_levels[0], hot_levels[0])
    return lowest if lowest == highest else brentq(excess, lowest - 1e-9, highest + 1e-9, xtol=1e-12)


def log_partition_function(energies: np.ndarray, betas: np.ndarray, anchor: float) -> np.ndarray:
    """ln Z of one sample on every rung, summed from the hottest one down.

    Parameters
    ----------
    energies : (n_draws, n_temperatures, n_replicas) float64
        Total energies.
    betas : (n_temperatures,) float64
        Inverse temperatures, decreasing.
    anchor : float
        ln Z on the last rung (n_weights ln 2 where its temperature is infinite).

    Returns
    -------
    (n_temperatures,) float64
    """
    rungs = [histogram(energies[:, rung]) for rung in range(len(betas))]
    ratios = [
        log_partition_ratio(rungs[rung], rungs[rung + 1], betas[rung], betas[rung + 1])
        for rung in range(len(betas) - 1)
    ]
    return anchor + np.append(np.cumsum(ratios[::-1])[::-1], 0.0)
