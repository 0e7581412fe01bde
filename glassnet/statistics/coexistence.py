"""Energies of two phases at one temperature, reweighted to where both phases weigh the same."""

import numpy as np

#: most steps of the iteration for threshold and temperature of equal weight
_STEPS = 40
#: the iteration has converged when the inverse temperature moves by less than this, relative
_SETTLED = 1e-8


def equal_weight(
    levels: np.ndarray, frequency: np.ndarray, beta: float, bounds: tuple[float, float]
) -> tuple[float, float, np.ndarray]:
    """Inverse temperature at which the energies below and above a threshold weigh the same, by reweighting.

    Parameters
    ----------
    levels, frequency : (n_levels,) float64
        Total energies, increasing, and how often they were drawn.
    beta : float
        Inverse temperature they were drawn at.
    bounds : tuple of float
        How far they may be reweighted.

    Returns
    -------
    beta, threshold : float
        The threshold lies in the middle between the mean energies on its two sides.
    probability : (n_levels,) float64
        Of the levels at that temperature.
    """
    at, threshold = beta, float(frequency @ levels)
    low, high = min(bounds), max(bounds)
    for _ in range(_STEPS):
        probability = _reweighted(levels, frequency, at - beta)
        threshold = 0.5 * sum(mean_energies(levels, probability, threshold))
        below = levels < threshold
        if not below.any() or below.all():
            break
        # only half of the step: threshold and temperature depend on each other
        weight = probability[below].sum()
        shift = np.log(weight / (1 - weight)) if 0 < weight < 1 else 0.0
        apart = np.diff(mean_energies(levels, probability, threshold))[0]
        before, at = at, float(np.clip(at - 0.5 * shift / max(apart, 1e-300), low, high))
        if abs(at - before) < _SETTLED * beta:
            break
    return at, threshold, _reweighted(levels, frequency, at - beta)


def _reweighted(levels: np.ndarray, frequency: np.ndarray, step: float) -> np.ndarray:
    exponent = -step * (levels - levels[0])
    weight = frequency * np.exp(exponent - exponent.max())
    return weight / weight.sum()


def mean_energies(levels: np.ndarray, probability: np.ndarray, threshold: float) -> tuple[float, float]:
    """Mean energies below and above the threshold; the threshold itself where there are none."""
    means = []
    for side in (levels < threshold, levels >= threshold):
        total = probability[side].sum()
        means.append(float(probability[side] @ levels[side] / total) if total > 0 else threshold)
    return means[0], means[1]


def level_spacing(levels: np.ndarray) -> float:
    """Common distance of which all gaps between energies are multiples; 0 where there is none (real couplings)."""
    if len(levels) < 2:
        return 0.0
    gaps = np.diff(levels)
    step = gaps.min()
    multiples = gaps / step
    return float(step) if np.abs(multiples - np.round(multiples)).max() < 1e-6 else 0.0
