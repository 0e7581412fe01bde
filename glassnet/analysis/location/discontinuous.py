"""Estimates of the temperature of a discontinuous transition from symmetric scans, each extrapolated in at least two
forms.

Each function returns its headline first. The bar of a headline is its statistical error and the largest distance to
another form that is itself known well enough, in quadrature.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.location.planted_crossing import ADMISSIBLE
from glassnet.analysis.location.symmetric_scan import Dip
from glassnet.statistics import bootstrap, fits
from glassnet.statistics.estimate import Estimate
from glassnet.statistics.fits import weighted_least_squares

#: key of latent heats from the distance of the phases' energies, before the form of extrapolation
DISTANCE = "latent_heat_distance"
#: high overlaps of this weight: below T_K they hold about 1 - T / T_K of all pairs
_PEAK = 0.1


def weighed(estimates: list[Estimate], admissible: float = ADMISSIBLE, **named) -> Estimate:
    """The first estimate with the bar of a headline, which holds its distance to those others whose own error is at
    most `admissible` times as large; `named` are a `key` and a `name` of its own."""
    first = estimates[0]
    others = [one for one in estimates[1:] if one.stderr <= admissible * first.stderr]
    spread = max((abs(one.value - first.value) for one in others), default=0.0)
    bar = float(np.hypot(first.stderr, spread))
    return replace(first, stderr=bar, statistical=first.stderr, **named)


def equal_weight(phases: dict[int, xr.Dataset], thermodynamics: dict[int, xr.Dataset]) -> list[Estimate]:
    """Temperature at which the phases of low and high energy weigh the same, and that of the largest heat capacity."""
    key, name = "equal_weight", "equal weight of the phases"
    rows = extrapolated_means(key, name, {n: data["temperature"].values for n, data in phases.items()})
    peaks = {n: data["peak_temperature"].values for n, data in thermodynamics.items() if n in phases}
    rows += extrapolated_means("largest_heat_capacity", "largest heat capacity", peaks)
    return [weighed(rows, key=key, name=name), *rows] if rows else []


def latent_heat(phases: dict[int, xr.Dataset], thermodynamics: dict[int, xr.Dataset]) -> list[Estimate]:
    """Latent heat per weight: from c_max / N -> L^2 / (4 T^2), and from the distance of the phases' energies."""
    heat = {}
    for n, data in thermodynamics.items():
        if n in phases:
            heat[n] = 2 * data["peak_temperature"].values * np.sqrt(data["peak_height"].values / n)
    rows = extrapolated_means("latent_heat_maximum", "latent heat from c_max/N", heat)
    gaps = {n: data["gap"].values for n, data in phases.items()}
    rows += extrapolated_means(DISTANCE, "latent heat from the distance of the phases", gaps)
    # heat capacities hardly scatter, but their corrections differ from those of the distance
    return [weighed(rows, 2 * ADMISSIBLE, key="latent_heat", name="latent heat"), *rows] if rows else []


def ordered_phase(phases: dict[int, xr.Dataset]) -> list[Estimate]:
    """Overlap and magnetisation of the ordered phase where both phases weigh the same, as far as they were recorded."""
    rows = []
    for name in ("overlap", "magnetisation"):
        forms = extrapolated_means(f"ordered_{name}", name, {n: data[name].values for n, data in phases.items()})
        rows += [weighed(forms, key=f"ordered_{name}", name=name)] if forms else []
    return rows


def extrapolated_means(key: str, name: str, samples: dict[int, np.ndarray]) -> list[Estimate]:
    """Means over samples extrapolated in 1/N without the smallest size, in 1/N, in ln N / N, and in 1/N and 1/N^2.

    The smallest size has the largest corrections to any form, so the first form leaves it out if at least two others
    are left. `samples` are the values of the samples by size; without two sizes of three samples the list is empty.
    """
    samples = {n: values[np.isfinite(values)] for n, values in samples.items()}
    if len(samples) < 2 or min(len(values) for values in samples.values()) < 3:
        return []
    size = np.array(list(samples), dtype=float)
    mean = np.array([values.mean() for values in samples.values()])
    stderr = np.array([values.std(ddof=1) / np.sqrt(len(values)) for values in samples.values()])
    # by symmetry, or on a grid, samples may agree to the last digit
    stderr = np.maximum(stderr, 1e-4 * np.abs(mean))
    ones, sizes, rows = np.ones_like(size), tuple(samples), []
    if len(size) > 2:
        text = f"{name}, 1/N without the smallest size"
        limit = _intercept([ones[1:], 1 / size[1:]], mean[1:], stderr[1:])
        rows.append(Estimate(limit.value, limit.stderr, text, sizes[1:], key=f"{key}_larger_sizes"))
    forms = {"inverse_size": [ones, 1 / size], "log_size": [ones, np.log(size) / size]}
    if len(size) > 3:
        forms["quadratic"] = [ones, 1 / size, size**-2]
    for form, columns in forms.items():
        limit = _intercept(columns, mean, stderr)
        rows.append(
            Estimate(limit.value, limit.stderr, f"{name}, {symmetric_scan.FORMS[form]}", sizes, key=f"{key}_{form}")
        )
    return rows


def _intercept(columns: list[np.ndarray], mean: np.ndarray, stderr: np.ndarray) -> Estimate:
    """Value at infinite size, its error grown where the fit does not explain the scatter of the means."""
    fit = weighted_least_squares(columns, mean, stderr)
    first = fit.estimates[0]
    return Estimate(first.value, first.stderr * fit.birge_ratio())


def dips(minima: list[Dip]) -> list[Estimate]:
    """Binder minima in four forms; the headline is the middle, half of the spread in its bar."""
    if len(minima) < 2:
        return []
    sizes = tuple(dip.size for dip in minima)
    forms = symmetric_scan.extrapolations(minima)
    each = [
        Estimate(
            trend.value,
            trend.stderr,
            f"Binder minimum, {symmetric_scan.FORMS[form]}",
            sizes,
            key=f"binder_minimum_{form}",
        )
        for form, trend in forms.items()
    ]
    values = [trend.value for trend in forms.values()]
    bar = np.hypot((max(values) - min(values)) / 2, max(trend.stderr for trend in forms.values()))
    name, middle = "Binder minimum, middle of four forms", (max(values) + min(values)) / 2
    return [Estimate(middle, float(bar), name, sizes, key="binder_minimum"), *each]


def peak_weight(overlaps: dict[int, xr.Dataset]) -> list[Estimate]:
    """T at which high overlaps hold a tenth of all pairs, over 1 - 1/10, in 1/N and ln N / N.

    Below T_K the high peak weighs 1 - m* as N grows. In the random energy model m* = T / T_K (B. Derrida, Phys. Rev. B
    24, 2613 (1981)), and this tends to T_K. In glasses of paths m* is smaller by some per cent
    (:func:`glassnet.theory.onersb.glass`): it is 0.9 at 0.597 for p = 3, degree 4, and at 0.984 for p = 3, alpha = 2,
    so that this tends to 1.013 and 1.03 T_K.
    """
    rows = []
    for size, data in overlaps.items():
        temperatures = _where(data.temperature.values, data["peak_weight_resampled"].values) / (1 - _PEAK)
        stderr = float(bootstrap.bootstrap_error(temperatures, data.attrs["n_samples"]))
        if not np.isfinite(temperatures[0]) or not np.isfinite(stderr):
            return []
        rows.append((size, temperatures[0], stderr))
    if len(rows) < 2:
        return []
    size, temperature, stderr = np.array(rows).T
    sizes = tuple(int(n) for n in size)
    estimates, key, name = [], "peak_weight", "peak weight 1/10"
    for form, inverse in {"inverse_size": 1 / size, "log_size": np.log(size) / size}.items():
        limit = fits.straight_line(inverse, temperature, stderr)[0]
        estimates.append(
            Estimate(limit.value, limit.stderr, f"{name}, {symmetric_scan.FORMS[form]}", sizes, key=f"{key}_{form}")
        )
    return [weighed(estimates, key=key, name=name), *estimates]


def _where(temperature: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Hottest temperature at which each row of weights (n_rows, n_rungs) falls through one tenth; nan if there is
    none."""
    crossings = np.full(len(weights), np.nan)
    falls = (weights[:, :-1] >= _PEAK) & (weights[:, 1:] < _PEAK)
    for row in np.flatnonzero(falls.any(axis=1)):
        rung = np.flatnonzero(falls[row])[-1]
        share = (weights[row, rung] - _PEAK) / (weights[row, rung] - weights[row, rung + 1])
        crossings[row] = temperature[rung] + share * (temperature[rung + 1] - temperature[rung])
    return crossings
