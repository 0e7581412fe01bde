"""Complexity of planted states from their overlaps in a field along them, and the temperature where it vanishes.

What :mod:`glassnet.sampling.planted_field` recorded of each instance becomes the complexity at every temperature; their
mean over instances has its zero at T_K.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from glassnet.analysis import localfields
from glassnet.sampling import planted_field

#: one standard deviation of a normal variable, two-sided, and the probability below it
_BELOW = 0.8413447460685429
#: instances from which on the mean is corrected for what is known of their degrees
_ENOUGH = 8
#: standard errors by which the complexity must differ from zero on both sides of its zero
_CLEAR = 3.0
#: shift of T_K, over T_K: times 1 / N, and in networks of walks times 1 / sqrt(N), with the next term in 1 / N
_TREE, _NETWORK, _NEXT = 0.5, 0.45, 5.0


class Instance(NamedTuple):
    """What one set of paths gives, by temperature; `controls` (temperature, 2) has known means over instances."""

    complexity: np.ndarray
    within: np.ndarray
    drift: np.ndarray
    missing: np.ndarray
    law: np.ndarray
    entropy: np.ndarray
    controls: np.ndarray


def beyond_local_fields(overlaps, n_weights, temperatures, fields) -> np.ndarray:
    """1 - m of every lane in either half of its draws, minus what weights in the local fields of its planting miss.

    Parameters
    ----------
    overlaps : glassnet.sampling.planted_field.Overlaps
    n_weights : int
    temperatures, fields : (n_lanes,) float64

    Returns
    -------
    (2, n_lanes) float64
    """
    top = overlaps.local_fields.shape[1] // 2
    own, missing = np.arange(-top, top + 1), np.empty(len(temperatures))
    for lane, counts in enumerate(overlaps.local_fields):
        law = counts / n_weights
        missing[lane] = (law @ localfields.missing(1 / temperatures[lane], own, fields[lane]))[0]
    halves = np.zeros((2, len(temperatures)))
    for half, draws in zip(halves, np.split(overlaps.aligned, 2), strict=True):
        for aligned in draws:
            half += (1 - ((aligned + n_weights) / n_weights - 1)) / len(draws)
    return halves - missing


def of_instance(degrees, n_paths, temperatures, rest) -> Instance:
    """Integrate one instance over the field.

    Parameters
    ----------
    degrees : (top + 1,) integers
        How many weights have 0, 1, ... paths.
    n_paths : int
    temperatures : (n_temperatures,) float64
    rest : (2, n_temperatures, n_fields, n_plantings) float64
        Of :func:`beyond_local_fields`.
    """
    fields, weights = planted_field.quadrature()
    beta, law = 1 / temperatures, localfields.expected_law(degrees / degrees.sum(), temperatures)
    own = np.arange(law.shape[1]) - law.shape[1] // 2
    alpha = n_paths / degrees.sum()
    entropy = np.log(2) + alpha * (np.logaddexp(beta, -beta) - np.log(2) - beta * np.tanh(beta))
    independent = localfields.independent(law, temperatures)
    missing = np.array([row @ localfields.missing(b, own, fields) for row, b in zip(law, beta, strict=True)])
    n = rest.shape[-1]
    mean = rest.mean(axis=(0, -1))
    spread = rest.mean(axis=0).var(axis=-1, ddof=1) / n if n > 1 else np.full(mean.shape, np.nan)
    halves = -rest.mean(axis=-1) @ weights
    return Instance(
        entropy - independent - mean @ weights,
        np.sqrt(spread @ weights**2),
        halves[1] - halves[0],
        missing + mean,
        law,
        entropy,
        np.stack([np.full(len(beta), alpha), independent], axis=1),
    )


def known_controls(degrees, temperatures) -> np.ndarray:
    """Means of :attr:`Instance.controls` over all instances of an ensemble, from its mean degrees; (temperature, 2)."""
    law = localfields.expected_law(degrees.shares, temperatures)
    return np.stack([np.full(len(temperatures), degrees.alpha), localfields.independent(law, temperatures)], axis=1)


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
    law = np.mean([_centred(part.law, wide) for part in parts], axis=0)
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


def zero(temperatures, found: Averages, mean, stderr, shift: float = 0.0) -> tuple[float, float]:
    """Where the complexity turns positive, and its standard error; nan if nowhere.

    A parabola through the two temperatures around and the nearest third one, if there is one; how far the root moves
    when the parabola is one in 1/T is in the error. There is no zero unless the complexity is negative at some
    temperature below, and positive at one above, by three standard errors and the shift of finite glasses: where it
    tends to zero from one side neither may make one.

    Parameters
    ----------
    temperatures, mean, stderr : (n_temperatures,) float64
    found : Averages
        Of which `mean` and `stderr` are.
    shift : float
        Of :func:`finite_size`.
    """
    rising = np.flatnonzero((mean[:-1] < 0) & (mean[1:] >= 0))
    # the slope of the complexity at its zero is below 2 / T_K
    clear = _CLEAR * stderr + 2 * shift
    below, above = mean < -clear, mean > clear
    rising = np.array([i for i in rising if below[: i + 1].any() and above[i + 1 :].any()], dtype=int)
    if not rising.size:
        return np.nan, np.nan
    low, high = temperatures[rising[0]], temperatures[rising[0] + 1]
    known = np.flatnonzero(np.isfinite(mean))
    near = known[np.argsort(np.abs(temperatures[known] - (low + high) / 2), kind="stable")[:3]]
    t = temperatures[near] - low
    # rows: coefficients of 1, t, t^2 of the polynomial through unit values
    lagrange = np.linalg.inv(np.vander(t, increasing=True))
    polynomial = np.polynomial.Polynomial(lagrange @ mean[near])
    root = _between(polynomial, 0.0, high - low)
    share = np.vander([root], len(near), increasing=True)[0] @ lagrange
    slope = polynomial.deriv()(root)
    error = found.at(share, near)[1] / abs(slope)
    inverse = np.polynomial.Polynomial.fit(1 / temperatures[near] - 1 / low, mean[near], len(near) - 1)
    other = 1 / (1 / low + _between(inverse, 0.0, 1 / high - 1 / low))
    return float(low + root), float(np.hypot(error, low + root - other))


def _between(polynomial, start: float, end: float) -> float:
    """The root nearest to the middle of two places between which there is one."""
    roots = polynomial.roots()
    return float(np.real(roots[np.argmin(np.abs(roots - (start + end) / 2))]))


def finite_size(ensemble: str, sizes: list[int]) -> float:
    """Size of the shift of T_K with N that is left, over T_K.

    Measured against the cavity equations: at most 0.5 / N where loops are rare, 0.45 / sqrt(N) + 5 / N in networks of
    walks, of which :func:`extrapolated` leaves the second term (docs/dynamics.md).
    """
    if len(sizes) > 1:
        return float(_NEXT * abs(intercept(sizes) @ (1 / np.array(sizes))))
    return float(_NETWORK / np.sqrt(sizes[0]) if ensemble == "walks" else _TREE / sizes[0])


def intercept(sizes: list[int]) -> np.ndarray:
    """Value at N = infinity of a straight line in 1 / sqrt(N) through values at `sizes`, as a sum over these.

    They weigh like N, as the noise of instances has it.
    """
    place = np.array(sizes, dtype=np.float64) ** -0.5
    design = np.stack([np.ones_like(place), place], axis=1) / place[:, None]
    return np.linalg.pinv(design)[0] / place


def extrapolated(sizes: list[int], found: list[Averages]) -> Averages:
    """Networks of several sizes and one shape, extrapolated in 1 / sqrt(N): one over their width.

    A straight line through each quantity (:func:`intercept`). The first instances of all sizes make one, the second
    ones another.

    Parameters
    ----------
    sizes : list of int
        Numbers of weights, three or more.
    found : list of Averages
    """
    n, share = min(one.complexity.shape[1] for one in found), intercept(sizes)
    found = [one._replace(**{name: getattr(one, name)[:, :n] for name in _OF_INSTANCES}) for one in found]
    wide = max(one.law.shape[1] for one in found)
    rows = [one._replace(law=_centred(one.law, wide)) for one in found]
    sums = {name: _sum(share, [getattr(row, name) for row in rows]) for name in Averages._fields if name != "within"}
    return Averages(**sums, within=np.sqrt(_sum(share**2, [row.within**2 for row in rows])))


def _centred(law, wide: int) -> np.ndarray:
    """A law of local fields with zeros on both sides, `wide` in all."""
    return np.pad(law, ((0, 0), ((wide - law.shape[1]) // 2,) * 2))


_OF_INSTANCES = ("complexity", "within", "controls")


def _sum(share, arrays):
    return None if arrays[0] is None else sum(c * array for c, array in zip(share, arrays, strict=True))
