"""The two peaks of the distribution of an overlap: their positions, their weights, and the jump of the overlap.

They are separated in two ways, with a model and without (:mod:`glassnet.statistics.two_peaks`).
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from glassnet.analysis.location.planted_crossing import ADMISSIBLE
from glassnet.statistics import fits
from glassnet.statistics.estimate import Estimate
from glassnet.statistics.two_peaks import peaks_with_errors

#: how either peak moves with N
_FORMS = {"high": (lambda n: 1 / n, lambda n: np.log(n) / n), "low": (lambda n: 1 / n,)}


def of_sizes(overlaps: dict[int, xr.Dataset]) -> xr.Dataset | None:
    """Peaks of P(q) of every size, on the rung where high overlaps weigh about half; `overlaps` by size.

    Returns
    -------
    xarray.Dataset or None
        Dimension size: `temperature` of the rung; `low`, `high`, `weight` cut at the least density, `mixture_low`,
        `mixture_high`, `mixture_weight`, each with `_stderr` (bootstrap over samples); `self_averaging`, the variance
        of the peak weight over the samples divided by its square mean; `scatter`, the mean of |q| on the hottest rung,
        where configurations are independent. None where a size has no high overlaps.
    """
    columns: dict[str, list[float]] = {}
    for data in overlaps.values():
        weight = data["peak_weight"].values
        rung = int(np.argmin(np.abs(weight - 0.5)))
        if not weight[rung] > 0:
            return None
        size, rows = np.abs(data["overlap"].values), data["density_resampled"].values[:, rung]
        row = peaks_with_errors(size, rows, data.attrs["threshold"], data.attrs["n_samples"], data.attrs["origin"])
        row |= {"temperature": float(data.temperature[rung]), "self_averaging": float(data["self_averaging"][rung])}
        hottest = data["density"].values[-1]
        row["scatter"] = float(hottest @ size / hottest.sum())
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    if not columns:
        return None
    return xr.Dataset({name: ("size", values) for name, values in columns.items()}, {"size": list(overlaps)})


def _limits(order: xr.Dataset, name: str, size: np.ndarray, forms: tuple) -> list[Estimate]:
    """Values of a column at infinite size; for a lower peak after subtracting the scatter of independent
    configurations."""
    stderr = np.maximum(order[f"{name}_stderr"].values, 1e-3)
    values = order[name].values - (order["scatter"].values if name.endswith("low") else 0)
    return [fits.straight_line(form(size), values, stderr)[0] for form in forms]


def jump(order: xr.Dataset | None) -> Estimate | None:
    """Distance of the peaks as N grows, both extrapolated in 1/N.

    The mean |q| of the lower peak is mainly the scatter of independent configurations, of the order N^-1/2. The value
    on the hottest rung is subtracted first; a result that is zero within two standard errors counts as zero, with its
    error. The bar includes the distance to an extrapolation in ln N / N for the higher peak, and to the other way to
    separate the peaks, where their errors are small enough. None for fewer than two sizes or without errors.
    """
    if order is None or order.sizes["size"] < 2:
        return None
    size = order["size"].values.astype(float)
    values = []
    for prefix in ("", "mixture_"):
        high, (low,) = (_limits(order, f"{prefix}{name}", size, forms) for name, forms in _FORMS.items())
        if not low.above(0) and not low.below(0):
            # independent configurations, as in a paramagnet
            low = replace(low, value=0.0)
        values += [Estimate(top.value - low.value, np.hypot(top.stderr, low.stderr)) for top in high]
    if not np.isfinite([trend.stderr for trend in values]).all():
        return None
    headline = values[0]
    known = [trend.value for trend in values if trend.stderr <= ADMISSIBLE * headline.stderr]
    spread = max(abs(value - headline.value) for value in known)
    stderr, sizes = float(np.hypot(headline.stderr, spread)), tuple(map(int, size))
    return Estimate(headline.value, stderr, "jump of the overlap", sizes, key="overlap_jump")
