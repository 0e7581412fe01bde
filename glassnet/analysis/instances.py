"""Averages over the instances of field integration, with what is known of random degrees taken out."""

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from glassnet.analysis.complexity import Instance

#: probability below one standard deviation of a normal variable
_BELOW = 0.8413447460685429
#: instances from which on the mean is corrected for what is known of their degrees
_ENOUGH = 8


def average(values, within, controls=None, known=None) -> tuple[float, float]:
    """Mean over instances and its standard error.

    The error is that of the spread of the instances, with Student's factor for few of them, or that of the plantings if
    it is larger. With eight instances or more, what instances differ by in quantities whose means are known is taken
    out by regression (W. G. Cochran, Sampling Techniques, 3rd ed. (1977), sections 7.1-7.3): in glasses with random
    degrees the number of paths, and what the weights would miss in their local fields, are most of the noise.

    Parameters
    ----------
    values, within : (n_instances,) float64
        Of one quantity, and the error of each from its plantings.
    controls : (n_instances, n_controls) float64, optional
    known : (n_controls,) float64, optional
        Their means.
    """
    n, inner = len(values), np.sqrt((within**2).sum()) / len(values)
    vary = np.zeros(0, dtype=int)
    if controls is not None and n >= _ENOUGH and np.isfinite(values).all():
        vary = np.flatnonzero(np.ptp(controls, axis=0) > 1e-9 * np.abs(known))
    free = n - 1 - len(vary)
    if not len(vary):
        outer = values.std(ddof=1) / np.sqrt(n) * student.ppf(_BELOW, free) if n > 1 else np.nan
        return float(values.mean()), float(np.fmax(inner, outer))
    apart = controls[:, vary] - controls[:, vary].mean(axis=0)
    design = np.linalg.pinv(apart)
    slope, away = design @ (values - values.mean()), known[vary] - controls[:, vary].mean(axis=0)
    rest = values - values.mean() - apart @ slope
    share = 1 / n + ((away @ design) ** 2).sum()
    outer = np.sqrt((rest**2).sum() / free * share) * student.ppf(_BELOW, free)
    return float(values.mean() + away @ slope), float(np.fmax(inner, outer))


class Averages(NamedTuple):
    """Instances side by side. Arrays begin with (temperature, instance), `known` and the rest with (temperature,)."""

    complexity: np.ndarray
    within: np.ndarray
    controls: np.ndarray
    known: np.ndarray | None
    drift: np.ndarray
    missing: np.ndarray
    law: np.ndarray
    entropy: np.ndarray

    def at(self, share: np.ndarray, temperatures: np.ndarray) -> tuple[float, float]:
        """Mean and standard error of a sum over some of the temperatures, with the shares of each."""
        values, within = share @ self.complexity[temperatures], np.abs(share) @ self.within[temperatures]
        controls = np.einsum("t,tic->ic", share, self.controls[temperatures])
        # temperatures share their random numbers: the errors of the plantings add up
        return average(values, within, controls, None if self.known is None else share @ self.known[temperatures])


def side_by_side(parts: list[Instance], known: np.ndarray | None) -> Averages:
    """The instances of one size; `known`: the means of their controls, (temperature, 2)."""
    wide = max(part.law.shape[1] for part in parts)
    law = np.mean([centred(part.law, wide) for part in parts], axis=0)
    return Averages(
        np.array([part.complexity for part in parts]).T,
        np.array([part.within for part in parts]).T,
        np.stack([part.controls for part in parts], axis=1),
        known,
        np.mean([part.drift for part in parts], axis=0),
        np.mean([part.missing for part in parts], axis=0),
        law,
        np.mean([part.entropy for part in parts], axis=0),
    )


def centred(law, wide: int) -> np.ndarray:
    """A law of local fields with zeros on both sides, `wide` in all."""
    return np.pad(law, ((0, 0), ((wide - law.shape[1]) // 2,) * 2))
