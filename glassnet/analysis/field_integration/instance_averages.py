"""Averages over the instances of field integration, after subtracting the known effect of random degrees."""

from typing import NamedTuple

import numpy as np

from glassnet.analysis.field_integration.complexity import Instance
from glassnet.statistics.standard_errors import student_factor

#: number of instances from which on slopes of the known parts are fitted; with fewer the slopes are taken as one
_ENOUGH = 8
#: assumed difference of the slopes from one: by 0.18 at T_K of the Poisson glass p = 3, alpha = 2 at dilution 0.2 and
#: 0.1 to 0.3 around it, by less in others
_SLOPE = 0.25
#: assumed scatter of one instance, over the error from its plantings; 1.0 to 1.2 was measured in regular glasses
_ALONE = 1.3
#: a run is short where it has fewer sweeps than so many exp(2 / T), the time to pass the barrier of one path
_SHORT = 12.0
#: standard errors that a drift must exceed, in short runs and in others; and remaining change, in units of the drift
_NOISE, _TO_COME = (1.0, 3.0), 5.0


def average(values, within, controls=None, known=None) -> tuple[float, float]:
    """Mean over instances and its standard error.

    The error is that of the spread of the instances, with Student's factor for few of them, or that of the plantings if
    it is larger. Some parts of the quantity have known means, and their differences between instances are subtracted:
    in glasses with random degrees the number of paths, and what the weights would miss in their local fields, are most
    of the noise. With eight instances or more this is a regression; with fewer the slopes are not known, and the parts
    are replaced by their means (W. G. Cochran, Sampling Techniques, 3rd ed. (1977), sections 7.1-7.3). The rest of the
    quantity changes with these parts, so that the slopes are not exactly one: a quarter of the size of the replacement
    is then part of the error.

    Parameters
    ----------
    values, within : (n_instances,) float64
        Of one quantity, and the error of each from its plantings.
    controls : (n_instances, n_controls) float64, optional
        The parts: the values grow with slopes near one with each.
    known : (n_controls,) float64, optional
        Their means.
    """
    n, inner = len(values), np.sqrt((within**2).sum()) / len(values)
    vary = np.zeros(0, dtype=int)
    if known is not None and np.isfinite(values).all():
        vary = np.flatnonzero((np.abs(controls - known) > 1e-9 * np.abs(known)).any(axis=0))
    if n < _ENOUGH:
        # the size of what is replaced, and not its mean, which may vanish by chance for few instances
        away = known[vary] - controls[:, vary] if len(vary) else np.zeros((n, 0))
        values, inner = values + away.sum(axis=1), np.hypot(inner, _SLOPE * np.sqrt((away**2).sum()) / n)
        vary = vary[:0]
    free = n - 1 - len(vary)
    if not len(vary):
        inner *= _ALONE if n == 1 else 1.0
        outer = values.std(ddof=1) / np.sqrt(n) * student_factor(free + 1) if n > 1 else np.nan
        return float(values.mean()), float(np.fmax(inner, outer))
    apart = controls[:, vary] - controls[:, vary].mean(axis=0)
    design = np.linalg.pinv(apart)
    slope, away = design @ (values - values.mean()), known[vary] - controls[:, vary].mean(axis=0)
    rest = values - values.mean() - apart @ slope
    share = 1 / n + ((away @ design) ** 2).sum()
    outer = np.sqrt((rest**2).sum() / free * share) * student_factor(free + 1)
    return float(values.mean() + away @ slope), float(np.fmax(inner, outer))


def still_to_come(drift, sweeps: int, temperature: float) -> float:
    """Possible distance of a mean from its limit, from the drifts of the instances between the halves of the record.

    Relaxation over barriers goes with the logarithm of time. The halves lie a third of a unit of this logarithm apart,
    so that two more units make six drifts; a comparison with the cavity equations gave five. Lanes that start on the
    planted state lose overlap, so that the complexity falls: a drift upwards is noise, and so is a drift within one
    standard error, or three where the run is long for barriers of one path. For a single instance nothing is known.
    """
    if len(drift) < 2:
        return 0.0
    noise = drift.std(ddof=1) / np.sqrt(len(drift))
    short = sweeps < _SHORT * np.exp(min(2 / temperature, 100.0))
    return float(_TO_COME * max(0.0, -drift.mean() - _NOISE[0 if short else 1] * noise))


class Averages(NamedTuple):
    """The results of several instances. The first four arrays begin with (temperature, instance), the rest with
    (temperature,).

    `known` holds the means of the controls, `sweeps` are those of each lane.
    """

    complexity: np.ndarray
    within: np.ndarray
    controls: np.ndarray
    drift: np.ndarray
    known: np.ndarray | None
    missing: np.ndarray
    law: np.ndarray
    entropy: np.ndarray
    sweeps: int

    def at(self, share: np.ndarray, indices: np.ndarray, temperatures: np.ndarray) -> tuple[float, float]:
        """Mean and standard error of a sum over some of the temperatures, at `indices`, with the shares of each."""
        values, within = share @ self.complexity[indices], np.abs(share) @ self.within[indices]
        controls = np.einsum("t,tic->ic", share, self.controls[indices])
        # temperatures share their random numbers: the errors of the plantings add up
        known = None if self.known is None else share @ self.known[indices]
        mean, stderr = average(values, within, controls, known)
        nearest = temperatures[indices[np.argmax(np.abs(share))]]
        return mean, float(np.hypot(stderr, still_to_come(share @ self.drift[indices], self.sweeps, nearest)))


def side_by_side(parts: list[Instance], known: np.ndarray | None, sweeps: int) -> Averages:
    """The instances of one size; `known`: the means of their controls, (temperature, 2)."""
    wide = max(part.law.shape[1] for part in parts)
    law = np.mean([centred(part.law, wide) for part in parts], axis=0)
    return Averages(
        np.array([part.complexity for part in parts]).T,
        np.array([part.within for part in parts]).T,
        np.stack([part.controls for part in parts], axis=1),
        np.array([part.drift for part in parts]).T,
        known,
        np.mean([part.missing for part in parts], axis=0),
        law,
        np.mean([part.entropy for part in parts], axis=0),
        sweeps,
    )


def centred(law, wide: int) -> np.ndarray:
    """A law of local fields with zeros on both sides, `wide` in all."""
    return np.pad(law, ((0, 0), ((wide - law.shape[1]) // 2,) * 2))
