"""Signs of the kind of a transition in symmetric scans: Binder dips, susceptibility, peaks, latent heat.

No single one locates a random first-order transition well (dips extrapolate to values between 0.4 and 0.7 where the
exact one is 0.654), but together they distinguish the kinds of transition.
"""

from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.statistics import bootstrap
from glassnet.statistics.estimate import Estimate
from glassnet.statistics.fits import straight_line

#: forms in which quantities are extrapolated to infinite size, in words
FORMS = {
    "inverse_size": "1/N",
    "log_size": "ln N/N",
    "two_thirds_power": "N^-2/3",
    "square_root": "N^-1/2",
    "quadratic": "1/N and 1/N^2",
    "inverse_width": "1/width",
}


class Dip(NamedTuple):
    """Minimum of the Binder cumulant of one size; `resolved` if it is negative and lies between two rungs."""

    size: int
    temperature: float
    temperature_stderr: float
    depth: float
    depth_stderr: float
    resolved: bool

    @property
    def shallow(self) -> bool:
        """Whether noise, or corrections to a scaling without dips, may explain the dip."""
        return self.depth > -max(0.1, 3 * self.depth_stderr)


def trusted(averages: xr.Dataset, lowest: float) -> xr.Dataset:
    """The finite rungs of a node at or above `lowest`, below which some sample has not proved its equilibrium."""
    temperature = averages.temperature.values
    return averages.isel(temperature=np.flatnonzero((temperature >= lowest) & np.isfinite(temperature)))


def has_binder(overlaps: dict[int, xr.Dataset]) -> bool:
    """Whether the order parameter has a Binder cumulant; that of networks of walks has none."""
    return all(np.isfinite(data.attrs["reference_ratio"]) for data in overlaps.values())


def dip(size: int, overlaps: xr.Dataset) -> Dip | None:
    """Deepest point of the Binder cumulant, by a parabola through three rungs.

    None with fewer than three rungs, or where the cumulant is not defined.
    """
    binder = overlaps["binder_resampled"].values
    if binder.shape[1] < 3 or not np.isfinite(binder).all():
        return None
    temperature, depth = _minima(overlaps.temperature.values, binder)
    deepest = int(np.argmin(binder[0]))
    n_samples = overlaps.attrs["n_samples"]
    return Dip(
        size,
        float(temperature[0]),
        float(bootstrap.bootstrap_error(temperature, n_samples)),
        float(depth[0]),
        float(bootstrap.bootstrap_error(depth, n_samples)),
        bool(depth[0] < 0 and 0 < deepest < binder.shape[1] - 1),
    )


def _minima(temperature: np.ndarray, curves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place and height of the minimum of each curve (n_curves, n_rungs), in ln T."""
    x = np.log(temperature)
    middle = np.clip(np.argmin(curves, axis=1), 1, len(x) - 2)
    row = np.arange(len(curves))
    left, centre, right = (curves[row, middle + k] for k in (-1, 0, 1))
    before, after = x[middle] - x[middle - 1], x[middle + 1] - x[middle]
    falling, rising = (centre - left) / before, (right - centre) / after
    bend = (rising - falling) / (before + after)
    slope = (falling * after + rising * before) / (before + after)
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = np.where(bend > 0, np.clip(-slope / (2 * bend), -before, after), 0.0)
    return np.exp(x[middle] + shift), centre + slope * shift + bend * shift**2


def deepening(dips: list[Dip]) -> Estimate | None:
    """Mean change of the depth per doubling of N: negative where dips deepen. None for fewer than three sizes."""
    if len(dips) < 3:
        return None
    size = np.array([dip.size for dip in dips], dtype=float)
    depth = np.array([dip.depth for dip in dips])
    stderr = np.array([dip.depth_stderr for dip in dips])
    return straight_line(np.log2(size), depth, stderr)[1]


def deepens_at_every_step(dips: list[Dip]) -> bool:
    """Whether every size has a deeper dip than the one before."""
    return all(large.depth < small.depth for small, large in pairwise(dips))


def extrapolations(dips: list[Dip]) -> dict[str, Estimate]:
    """Temperature of the dips at infinite size after four of :data:`FORMS`; their spread is what is not known."""
    size = np.array([dip.size for dip in dips], dtype=float)
    temperature = np.array([dip.temperature for dip in dips])
    stderr = np.array([dip.temperature_stderr for dip in dips])
    forms = {"inverse_size": 1 / size, "log_size": np.log(size) / size}
    forms |= {"two_thirds_power": size ** (-2 / 3), "square_root": size**-0.5}
    return {form: straight_line(inverse, temperature, stderr)[0] for form, inverse in forms.items()}


def susceptibility_growth(overlaps: dict[int, xr.Dataset]) -> tuple[float, Estimate] | None:
    """Exponent d ln(susceptibility) / d ln N on the lowest rung common to all sizes, as (T, exponent).

    The susceptibility is [q^2] over its value for independent pairs: the exponent is 0 without order, 1 where the
    overlap does not vanish. None for fewer than two sizes, without a common rung, or where that value is not known.
    """
    shared = common_rungs(list(overlaps.values()))
    if len(overlaps) < 2 or not shared.size:
        return None
    size = np.array(list(overlaps), dtype=float)
    rows = [data.sel(temperature=shared[0], method="nearest") for data in overlaps.values()]
    value = np.array([float(row["susceptibility"]) for row in rows])
    stderr = np.array([float(row["susceptibility_stderr"]) for row in rows])
    if not np.isfinite(value).all():
        return None
    return float(shared[0]), straight_line(np.log(size), np.log(value), stderr / value)[1]


def common_rungs(averages: list[xr.Dataset]) -> np.ndarray:
    """Temperatures that all the given nodes share, increasing."""
    rungs = [np.round(data.temperature.values, 9) for data in averages]
    return reduce(np.intersect1d, rungs) if rungs else np.empty(0)


def binder_crossings(overlaps: dict[int, xr.Dataset]) -> dict[tuple[int, int], Estimate]:
    """Temperatures where the Binder cumulants of successive sizes cross, the larger size above at low temperature.

    Only pairs with a significant crossing are returned: the difference must be positive below and negative above it by
    two standard errors somewhere.
    """
    crossings = {}
    for (small, one), (large, other) in pairwise(overlaps.items()):
        shared = common_rungs([one, other])
        if len(shared) < 2:
            continue
        curves = [data["binder_resampled"].sel(temperature=shared, method="nearest").values for data in (one, other)]
        difference = curves[1] - curves[0]
        stderr = bootstrap.bootstrap_error(difference, min(one.attrs["n_samples"], other.attrs["n_samples"]))
        significance = difference[0] / stderr
        falls = np.flatnonzero((difference[0, :-1] > 0) & (difference[0, 1:] <= 0))
        if not len(falls):
            continue
        # the fall with the strongest evidence for "above" on the cold side and "below" on the warm side
        fall = max(falls, key=lambda i: significance[: i + 1].sum() - significance[i + 1 :].sum())
        if significance[: fall + 1].max() < 2 or significance[fall + 1 :].min() > -2:
            continue
        temperatures = np.array([_fall_nearest(shared, row, shared[fall]) for row in difference])
        n_samples = min(one.attrs["n_samples"], other.attrs["n_samples"])
        bar = float(bootstrap.bootstrap_error(temperatures, n_samples))
        crossings[small, large] = Estimate(float(temperatures[0]), bar)
    return crossings


def _fall_nearest(temperature: np.ndarray, difference: np.ndarray, near: float) -> float:
    """Temperature, closest to `near`, where a difference passes from positive to negative with rising temperature."""
    falls = np.flatnonzero((difference[:-1] > 0) & (difference[1:] <= 0))
    if not len(falls):
        return np.nan
    i = falls[np.argmin(np.abs(temperature[falls] - near))]
    share = difference[i] / (difference[i] - difference[i + 1])
    return float(temperature[i] + share * (temperature[i + 1] - temperature[i]))


class LatentHeat(NamedTuple):
    """Square of the latent heat per weight at infinite size, and the temperature of the heat capacity's maximum."""

    square: Estimate
    temperature: Estimate


def latent_heat(thermodynamics: dict[int, xr.Dataset]) -> LatentHeat | None:
    """Latent heat per weight from the maximum of the heat capacity, c_max / N -> L^2 / (4 T^2).

    L^2 is the intercept at 1/N = 0 of 4 T^2 c_max / N, averaged over samples (M. S. S. Challa, D. P. Landau and
    K. Binder, Phys. Rev. B 34, 1841 (1986)); by noise it can be negative. None for fewer than two sizes, three rungs
    or three samples, or where a tenth of the maxima lies below the trusted rungs.
    """
    rows = []
    for size, data in thermodynamics.items():
        temperature, height = data["peak_temperature"].values, data["peak_height"].values
        if len(temperature) < 3 or data.sizes["temperature"] < 3:
            return None
        if np.mean(temperature < data.temperature.values[0]) > 0.1:
            return None
        square = 4 * temperature**2 * height / size
        spread = np.std([square, temperature], axis=1, ddof=1) / np.sqrt(len(temperature))
        # the maximum is only known up to the steps of a grid
        rungs = data.temperature.values
        step = np.interp(temperature.mean(), rungs, np.gradient(rungs)) / data.attrs["steps_between_rungs"]
        rows.append([square.mean(), spread[0], temperature.mean(), np.hypot(spread[1], step / 2)])
    if len(rows) < 2:
        return None
    square, square_stderr, temperature, temperature_stderr = np.array(rows).T
    inverse = 1 / np.array(list(thermodynamics), dtype=float)
    limits = [straight_line(inverse, *row)[0] for row in ((square, square_stderr), (temperature, temperature_stderr))]
    return LatentHeat(*limits)
