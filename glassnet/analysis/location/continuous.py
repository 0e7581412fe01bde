"""The temperature of a continuous transition: with the exponents of mean-field theory on random graphs, with none
elsewhere.

On a random graph a transition of two-body glasses is one of two kinds, and the exponents of both are known. Couplings
without bias make a spin glass, couplings of one sign a ferromagnet; between them the chains show whether [m^2] grows.
N^r times the moment that orders then crosses several times nearer to T_c than the Binder cumulant does, at the sizes of
simulations. The value lies between them, close to the former. In regular glasses T_c also lies between them; in general
both crossings may lie on one side of it.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.location import scaling, symmetric_scan
from glassnet.analysis.location.discontinuous import weighed
from glassnet.analysis.location.exponents import FERROMAGNET, GLASS, PRODUCT, Exponents
from glassnet.analysis.location.scaling import Scaled, fewest_samples
from glassnet.analysis.location.universality import discontinuous, two_body, universality
from glassnet.statistics import bootstrap
from glassnet.statistics.estimate import Estimate

#: largest distance of the two crossings, in units of T_c: exponents that put them farther apart do not hold. It is
#: assumed where the Binder cumulants do not cross
_APART = 1 / 3


class Continuous(NamedTuple):
    """What symmetric scans say about a continuous transition.

    Attributes
    ----------
    exponents : Exponents or None
        None where they are not known.
    binder, order : Scaled or None
        Crossings of the Binder cumulants, and of N^r times the moment that orders; None where they do not exist.
    estimates : list of Estimate
        Of the temperature, the headline first; empty where nothing crosses.
    """

    exponents: Exponents | None
    binder: Scaled | None
    order: Scaled | None
    estimates: list[Estimate]


def continuous(overlaps: dict[int, xr.Dataset]) -> Continuous:
    """Every estimate of the temperature of a continuous transition.

    Parameters
    ----------
    overlaps : dict of int to xarray.Dataset
        By increasing size, of :mod:`glassnet.analysis.averages.overlaps`; along another axis than the temperature where
        the coordinate of that name holds it.

    Returns
    -------
    Continuous
        With known exponents the headline is the one with the smallest bar among: the crossings of N^r times the moment
        that orders and of the Binder cumulants, weighed; in a ferromagnet without frustration the same with N [q^2];
        from four sizes on the same with a term N^-omega in both fits; the zero of the inverse susceptibility in a
        glass; its bar includes the distance to the others whose error is at most twice as large. Where Binder cumulants
        do not cross within the temperatures, the bar of the moment's crossing allows that they cross a third of T_c
        away. On random graphs that may be glasses or ferromagnets, the exponents that fit are used. Elsewhere it is the
        crossing of the Binder cumulants; there is none for three or more weights a path on random graphs, where nothing
        orders continuously.
    """
    if discontinuous(overlaps):
        return Continuous(None, scaling.fitted(overlaps), None, [])
    if not two_body(overlaps):
        return _without_exponents(overlaps)
    exponents = universality(overlaps)
    return _of_either(overlaps) if exponents is None else _with(overlaps, exponents)


def _with(overlaps: dict[int, xr.Dataset], exponents: Exponents) -> Continuous:
    """With known exponents."""
    binder, order = scaling.binder(overlaps, exponents), scaling.order(overlaps, exponents)
    if order is None or not order.crosses:
        return Continuous(exponents, binder, order, [])
    families = [_crossed(overlaps, exponents, binder, order)]
    if exponents is FERROMAGNET and all(data.attrs["bias"] == 1 for data in overlaps.values()):
        # without frustration the overlap is the product of the magnetisations
        families.append(_crossed(overlaps, PRODUCT, binder, scaling.order(overlaps, PRODUCT)))
    if len(overlaps) >= scaling.SIZES_TO_CORRECT:
        pair = [one(overlaps, exponents, corrected=True) for one in (scaling.binder, scaling.order)]
        families.append(_crossed(overlaps, exponents, pair[0], pair[1], corrected=True))
    # in a ferromagnet [q^2] does not diverge as the paramagnet ends
    families.append(divergence_estimates(overlaps) if exponents is GLASS else [])
    families = sorted((family for family in families if family), key=lambda family: family[0].stderr)
    headline = weighed([family[0] for family in families])
    return Continuous(
        exponents, binder, order, _distinct([headline, *[one for family in families for one in family][1:]])
    )


def _crossed(overlaps: dict[int, xr.Dataset], exponents: Exponents, binder, order, corrected=False) -> list[Estimate]:
    """The two crossings weighed, then each of them; empty where that of the moment is not found. `corrected` says that
    both were fitted with a term N^-omega.

    Where there is only the crossing of the moment, the error is as large as if the other one lay at the largest
    distance that consistent exponents allow: less knowledge must not make a bar smaller.
    """
    if order is None or not order.crosses:
        return []
    sizes, quantity = tuple(overlaps), exponents.quantity
    suffix, term = ("_corrected", f", with a term in N^-{exponents.decay}") if corrected else ("", "")
    key, name = f"{exponents.key}_crossing{suffix}", f"{quantity} of all sizes cross{term}"
    rows = [Estimate(order.temperature, order.stderr, name, sizes, key=key)]
    first, last = exponents.between
    part = (first + last) / 2
    # every value between the two ends is equally likely
    open_part = (last - first) / np.sqrt(12)
    if binder is None or not binder.crosses:
        bar = float(np.hypot(order.stderr, _APART * order.temperature * np.hypot(part, open_part)))
        key, name = f"{exponents.key}_crossing_alone{suffix}", f"crossing of {quantity} alone{term}"
        return [Estimate(order.temperature, bar, name, sizes, order.stderr, key), *rows]
    mean = (1 - part) * order.resampled + part * binder.resampled
    apart = abs(order.temperature - binder.temperature) * open_part
    bar = float(np.hypot(bootstrap.bootstrap_error(mean, fewest_samples(overlaps)), apart))
    key, name = f"binder_crossing{suffix}", f"Binder cumulants of all sizes cross{term}"
    rows.append(Estimate(binder.temperature, binder.stderr, name, sizes, key=key))
    key, name = f"{exponents.key}_and_binder_crossing{suffix}", f"crossings of {quantity} and Binder, weighed{term}"
    return [Estimate(float(mean[0]), bar, name, sizes, key=key), *rows]


def _distinct(rows: list[Estimate]) -> list[Estimate]:
    """Every key once: families share the crossing of the Binder cumulants."""
    return list({one.key: one for one in reversed(rows)}.values())[::-1]


def _of_either(overlaps: dict[int, xr.Dataset]) -> Continuous:
    """Estimates on random graphs with the exponents of a glass or of a ferromagnet, whichever fit the moment better.

    Exponents count if they put the crossing of the moment above that of the Binder cumulants, and not far above, as the
    right ones do. If both count, the bar includes the distance between the two.
    """
    rows = [fit for fit in (_with(overlaps, one) for one in (GLASS, PRODUCT)) if _consistent(fit)]
    if not rows:
        return Continuous(None, scaling.fitted(overlaps), None, [])
    best = min(rows, key=lambda fit: np.inf if fit.order is None else fit.order.misfit)
    others = [fit.estimates[0] for fit in rows if fit is not best]
    headline = weighed([best.estimates[0], *others], admissible=np.inf)
    return best._replace(estimates=[headline, *best.estimates[1:]])


def _consistent(fit: Continuous) -> bool:
    if not fit.estimates or fit.order is None or fit.binder is None or not fit.binder.falls:
        return False
    above = fit.order.resampled - fit.binder.resampled
    error = float(np.std(above[1:]))
    return -2 * error < above[0] < _APART * fit.order.temperature


def _without_exponents(overlaps: dict[int, xr.Dataset]) -> Continuous:
    """The crossing of the Binder cumulants with the power of N that fits best, from three sizes on.

    Its distance to the limit is taken as twice the change by the smallest size, or twice the error of that change; two
    sizes would say nothing.
    """
    binder = scaling.fitted(overlaps)
    if binder is None or not binder.crosses or len(overlaps) < 3:
        return Continuous(None, binder, None, [])
    sizes, key, name = tuple(overlaps), "binder_crossing", "Binder cumulants of all sizes cross"
    larger = scaling.fitted({size: overlaps[size] for size in sizes[1:]})
    if larger is None or not larger.crosses:
        return Continuous(None, binder, None, [])
    change = larger.resampled - binder.resampled
    away = 2 * np.hypot(change[0], bootstrap.bootstrap_error(change, fewest_samples(overlaps)))
    without = f"{name}, y fitted, without the smallest"
    rows = [
        Estimate(binder.temperature, binder.stderr, f"{name}, y fitted", sizes, key=f"{key}_fitted"),
        Estimate(larger.temperature, larger.stderr, without, sizes[1:], key=f"{key}_fitted_larger_sizes"),
    ]
    bar = float(np.hypot(binder.stderr, away))
    headline = Estimate(rows[0].value, bar, f"{name}, no exponent known", sizes, key=f"{key}_without_exponents")
    return Continuous(None, binder, None, [headline, *rows])


def divergence_estimates(overlaps: dict[int, xr.Dataset]) -> list[Estimate]:
    """The zero of the inverse susceptibility: the mean of its two forms in T, from up to three sizes, with the largest
    distance to any form in its bar; empty where a form has no zero. `overlaps` holds the averages by size."""
    forms = scaling.divergence(overlaps)
    each = {name: float(bootstrap.bootstrap_error(zero, fewest_samples(overlaps))) for name, zero in forms.items()}
    if not forms or not np.isfinite([*each.values(), *(zero[0] for zero in forms.values())]).all():
        return []
    first, second, *_ = forms.values()
    mean = (first + second) / 2
    spread = max(abs(zero[0] - mean[0]) for zero in forms.values())
    bar = float(np.hypot(bootstrap.bootstrap_error(mean, fewest_samples(overlaps)), spread))
    key, name, sizes = "inverse_susceptibility", "inverse susceptibility vanishes", tuple(overlaps)[-3:]
    rows = [Estimate(float(mean[0]), bar, name, sizes, key=key)]
    for (form, variable), zero in forms.items():
        text, way = f"{name}, {symmetric_scan.FORMS[form]}, then in {variable}", "" if variable == "T" else "_inverse"
        rows.append(Estimate(float(zero[0]), each[form, variable], text, sizes, key=f"{key}_{form}{way}_temperature"))
    return rows
