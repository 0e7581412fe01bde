"""Every way to say where a discontinuous transition is, apart from planted scans; each extrapolated in at least two
forms.

Each function returns its headline first. The bar of a headline is its statistical error and the largest distance to
another form that is itself known well enough, in quadrature.
"""

import numpy as np
import xarray as xr

from glassnet.analysis import symmetric
from glassnet.analysis.location import ADMISSIBLE
from glassnet.analysis.symmetric import Dip
from glassnet.statistics import bootstrap, fits
from glassnet.statistics.estimate import Estimate
from glassnet.statistics.fits import weighted_least_squares

#: high overlaps of this weight: below T_K they hold about 1 - T / T_K of all pairs
_PEAK = 0.1


def weighed(estimates: list[Estimate], name: str | None = None, admissible: float = ADMISSIBLE) -> Estimate:
    """The first estimate with the bar of a headline, which holds its distance to those others whose own error is at
    most `admissible` times as large."""
    first = estimates[0]
    others = [one for one in estimates[1:] if one.stderr <= admissible * first.stderr]
    spread = max((abs(one.value - first.value) for one in others), default=0.0)
    bar = float(np.hypot(first.stderr, spread))
    return Estimate(first.value, bar, name or first.name, first.sizes, first.stderr)


def equal_weight(phases: dict[int, xr.Dataset], thermodynamics: dict[int, xr.Dataset]) -> list[Estimate]:
    """Temperature at which the phases of low and high energy weigh the same, and that of the largest heat capacity."""
    found = _forms("equal weight of the phases", {n: data["temperature"].values for n, data in phases.items()})
    peaks = {n: data["peak_temperature"].values for n, data in thermodynamics.items() if n in phases}
    found += _forms("largest heat capacity", peaks)
    return [weighed(found, "equal weight of the phases"), *found] if found else []


def latent_heat(phases: dict[int, xr.Dataset], thermodynamics: dict[int, xr.Dataset]) -> list[Estimate]:
    """Latent heat per weight: from c_max / N -> L^2 / (4 T^2), and from the distance of the phases' energies."""
    heat = {}
    for n, data in thermodynamics.items():
        if n in phases:
            heat[n] = 2 * data["peak_temperature"].values * np.sqrt(data["peak_height"].values / n)
    found = _forms("latent heat from c_max/N", heat)
    found += _forms("latent heat from the distance of the phases", {n: d["gap"].values for n, d in phases.items()})
    # heat capacities hardly scatter, but their corrections differ from those of the distance
    return [weighed(found, "latent heat", 2 * ADMISSIBLE), *found] if found else []


def ordered_phase(phases: dict[int, xr.Dataset]) -> list[Estimate]:
    """Overlap and magnetisation of the ordered phase where both phases weigh the same, as far as they were recorded."""
    found = []
    for name in ("overlap", "magnetisation"):
        forms = _forms(name, {n: data[name].values for n, data in phases.items()})
        found += [weighed(forms, name)] if forms else []
    return found


def _forms(name: str, samples: dict[int, np.ndarray]) -> list[Estimate]:
    """Means over samples extrapolated in 1/N without the smallest size, in 1/N, in ln N / N, and in 1/N and 1/N^2.

    The smallest size has the largest corrections to any form, so the first one leaves it out where two others are left.
    """
    samples = {n: values[np.isfinite(values)] for n, values in samples.items()}
    if len(samples) < 2 or min(len(values) for values in samples.values()) < 3:
        return []
    size = np.array(list(samples), dtype=float)
    mean = np.array([values.mean() for values in samples.values()])
    stderr = np.array([values.std(ddof=1) / np.sqrt(len(values)) for values in samples.values()])
    # samples may agree to the last digit, on a grid or by symmetry
    stderr = np.maximum(stderr, 1e-4 * np.abs(mean))
    ones, sizes, found = np.ones_like(size), tuple(samples), []
    if len(size) > 2:
        without = f"{name}, 1/N without the smallest size"
        found.append(_intercept([ones[1:], 1 / size[1:]], mean[1:], stderr[1:], without, sizes[1:]))
    forms = {"1/N": [ones, 1 / size], "ln N/N": [ones, np.log(size) / size]}
    if len(size) > 3:
        forms["1/N and 1/N^2"] = [ones, 1 / size, size**-2]
    found += [_intercept(columns, mean, stderr, f"{name}, {form}", sizes) for form, columns in forms.items()]
    return found


def _intercept(columns: list[np.ndarray], mean: np.ndarray, stderr: np.ndarray, name: str, sizes) -> Estimate:
    """Value at infinite size, its error grown where the fit does not explain the scatter of the means."""
    fit = weighted_least_squares(columns, mean, stderr)
    first = fit.estimates[0]
    return Estimate(first.value, first.stderr * fit.birge_ratio(), name, tuple(sizes))


def dips(found: list[Dip]) -> list[Estimate]:
    """Binder minima in four forms; the headline is the middle, half of the spread in its bar."""
    if len(found) < 2:
        return []
    sizes = tuple(dip.size for dip in found)
    forms = symmetric.extrapolations(found)
    each = [Estimate(trend.value, trend.stderr, f"Binder minimum, {name}", sizes) for name, trend in forms.items()]
    values = [trend.value for trend in forms.values()]
    bar = np.hypot((max(values) - min(values)) / 2, max(trend.stderr for trend in forms.values()))
    return [Estimate((max(values) + min(values)) / 2, float(bar), "Binder minimum, middle of four forms", sizes), *each]


def peak_weight(overlaps: dict[int, xr.Dataset]) -> list[Estimate]:
    """T at which high overlaps hold a tenth of all pairs, over 1 - 1/10, in 1/N and ln N / N.

    Below T_K the high peak weighs 1 - m* as N grows. In the random energy model m* = T / T_K (B. Derrida, Phys. Rev. B
    24, 2613 (1981)), and this tends to T_K. In glasses of paths m* is smaller by some per cent
    (:func:`glassnet.theory.onersb.glass`): it is 0.9 at 0.597 for p = 3, degree 4, and at 0.984 for p = 3, alpha = 2,
    so that this tends to 1.013 and 1.03 T_K.
    """
    rows = []
    for size, data in overlaps.items():
        places = _where(data.temperature.values, data["peak_weight_resampled"].values) / (1 - _PEAK)
        stderr = float(bootstrap.bootstrap_error(places, data.attrs["n_samples"]))
        if not np.isfinite(places[0]) or not np.isfinite(stderr):
            return []
        rows.append((size, places[0], stderr))
    if len(rows) < 2:
        return []
    size, place, stderr = np.array(rows).T
    sizes = tuple(int(n) for n in size)
    forms = {"1/N": 1 / size, "ln N/N": np.log(size) / size}
    found = [
        Estimate(*fits.straight_line(form, place, stderr)[0], f"peak weight 1/10, {name}", sizes)
        for name, form in forms.items()
    ]
    return [weighed(found, "peak weight 1/10"), *found]


def _where(temperature: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Hottest temperature at which each row of weights (n_rows, n_rungs) falls through the tenth; nan if nowhere."""
    places = np.full(len(weights), np.nan)
    falls = (weights[:, :-1] >= _PEAK) & (weights[:, 1:] < _PEAK)
    for row in np.flatnonzero(falls.any(axis=1)):
        rung = np.flatnonzero(falls[row])[-1]
        share = (weights[row, rung] - _PEAK) / (weights[row, rung] - weights[row, rung + 1])
        places[row] = temperature[rung] + share * (temperature[rung + 1] - temperature[rung])
    return places
