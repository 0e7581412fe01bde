"""Where a continuous transition is: with the exponents of mean-field theory on random graphs, without any elsewhere.

On a random graph a transition of two-body glasses is one of two kinds, and the exponents of both are known. Couplings
without bias make a spin glass, couplings of one sign a ferromagnet; between them the chains are asked whether [m^2]
grows. N^r times the moment that orders then crosses several times nearer to T_c than the Binder cumulant does, at the
sizes of simulations. The value lies between them, close to the former. In regular glasses T_c does too; in general the
two crossings need not lie on either side of it.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis import scaling
from glassnet.analysis.estimates import weighed
from glassnet.analysis.exponents import FERROMAGNET, GLASS, PRODUCT, Exponents
from glassnet.analysis.scaling import Scaled, fewest_samples
from glassnet.analysis.universality import discontinuous, two_body, universality
from glassnet.statistics import bootstrap
from glassnet.statistics.estimate import Estimate

#: exponents that put the two crossings farther apart, in units of T_c, do not hold. So far apart they may be where the
#: Binder cumulants do not tell
_APART = 1 / 3


class Continuous(NamedTuple):
    """What symmetric scans say about a continuous transition.

    Attributes
    ----------
    exponents : Exponents or None
        None where they are not known.
    binder, order : Scaled or None
        Crossings of the Binder cumulants, and of N^r times the moment that orders; None where they cannot be asked.
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
        By increasing size, of :mod:`glassnet.analysis.overlaps`; along another axis than the temperature where the
        coordinate of that name holds it.

    Returns
    -------
    Continuous
        With known exponents the headline is the one with the smallest bar among: the crossings of N^r times the moment
        that orders and of the Binder cumulants, weighed; in a ferromagnet without frustration the same with N [q^2];
        from four sizes on the same with a term N^-omega in both fits; the zero of the inverse susceptibility in a
        glass; its bar holds the distance to those others that are known at least half as well. Where Binder cumulants
        do not cross within the temperatures, the bar of the moment's crossing holds that they may do so a third of T_c
        away. On random graphs of which nobody knows whether they are glasses or ferromagnets, those exponents count
        that fit. Elsewhere it is the crossing of the Binder cumulants; there is none for three or more weights a path
        on random graphs, where nothing orders continuously.
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
    if order is None or not order.found:
        return Continuous(exponents, binder, order, [])
    families = [_crossed(overlaps, exponents, binder, order)]
    if exponents is FERROMAGNET and all(data.attrs["bias"] == 1 for data in overlaps.values()):
        # without frustration the overlap knows nothing but the magnetisations
        families.append(_crossed(overlaps, PRODUCT, binder, scaling.order(overlaps, PRODUCT)))
    if len(overlaps) >= scaling.SIZES_TO_CORRECT:
        pair = (one(overlaps, exponents, corrected=True) for one in (scaling.binder, scaling.order))
        families.append(_crossed(overlaps, exponents, *pair, f", with a term in N^-{exponents.decay}"))
    # in a ferromagnet [q^2] does not diverge as the paramagnet ends
    families.append(_diverged(overlaps) if exponents is GLASS else [])
    families = sorted((family for family in families if family), key=lambda family: family[0].stderr)
    headline = weighed([family[0] for family in families])
    return Continuous(
        exponents, binder, order, _distinct([headline, *[one for family in families for one in family][1:]])
    )


def _crossed(overlaps: dict[int, xr.Dataset], exponents: Exponents, binder, order, term: str = "") -> list[Estimate]:
    """The two crossings weighed, then each of them; empty where that of the moment is not found.

    A moment's crossing alone errs by as much as if the other one lay at the distance that consistent exponents allow:
    to know less must not make a bar smaller.
    """
    if order is None or not order.found:
        return []
    sizes = tuple(overlaps)
    found = [Estimate(order.temperature, order.stderr, f"{exponents.quantity} of all sizes cross{term}", sizes)]
    first, last = exponents.between
    part = (first + last) / 2
    # anywhere between the two ends is as likely
    open_part = (last - first) / np.sqrt(12)
    if binder is None or not binder.found:
        bar = float(np.hypot(order.stderr, _APART * order.temperature * np.hypot(part, open_part)))
        name = f"crossing of {exponents.quantity} alone{term}"
        return [Estimate(order.temperature, bar, name, sizes, order.stderr), *found]
    mean = (1 - part) * order.resampled + part * binder.resampled
    apart = abs(order.temperature - binder.temperature) * open_part
    bar = float(np.hypot(bootstrap.bootstrap_error(mean, fewest_samples(overlaps)), apart))
    name = f"crossings of {exponents.quantity} and Binder, weighed{term}"
    found.append(Estimate(binder.temperature, binder.stderr, f"Binder cumulants of all sizes cross{term}", sizes))
    return [Estimate(float(mean[0]), bar, name, sizes), *found]


def _distinct(rows: list[Estimate]) -> list[Estimate]:
    """Every name once: families share the crossing of the Binder cumulants."""
    return list({one.name: one for one in reversed(rows)}.values())[::-1]


def _of_either(overlaps: dict[int, xr.Dataset]) -> Continuous:
    """On random graphs, with the exponents of a glass or of a ferromagnet, whichever fit the moment better.

    Those count that put the moment's crossing above that of the Binder cumulants, and not far above, as they do where
    they hold. The bar holds the distance between the two, if both count.
    """
    rows = [found for found in (_with(overlaps, one) for one in (GLASS, PRODUCT)) if _consistent(found)]
    if not rows:
        return Continuous(None, scaling.fitted(overlaps), None, [])
    best = min(rows, key=lambda found: found.order.misfit)
    others = [found.estimates[0] for found in rows if found is not best]
    headline = weighed([best.estimates[0], *others], admissible=np.inf)
    return best._replace(estimates=[headline, *best.estimates[1:]])


def _consistent(found: Continuous) -> bool:
    if not found.estimates or found.binder is None or not found.binder.falls:
        return False
    above = found.order.resampled - found.binder.resampled
    error = float(np.std(above[1:]))
    return -2 * error < above[0] < _APART * found.order.temperature


def _without_exponents(overlaps: dict[int, xr.Dataset]) -> Continuous:
    """The crossing of the Binder cumulants with the power of N that fits best, from three sizes on.

    How far it is from its limit is known no better than twice what the smallest size changes, or twice the error of
    that: two sizes would not tell at all.
    """
    binder = scaling.fitted(overlaps)
    if binder is None or not binder.found or len(overlaps) < 3:
        return Continuous(None, binder, None, [])
    sizes, name = tuple(overlaps), "Binder cumulants of all sizes cross"
    larger = scaling.fitted({size: overlaps[size] for size in sizes[1:]})
    if larger is None or not larger.found:
        return Continuous(None, binder, None, [])
    change = larger.resampled - binder.resampled
    away = 2 * np.hypot(change[0], bootstrap.bootstrap_error(change, fewest_samples(overlaps)))
    rows = [
        Estimate(binder.temperature, binder.stderr, f"{name}, y fitted", sizes),
        Estimate(larger.temperature, larger.stderr, f"{name}, y fitted, without the smallest", sizes[1:]),
    ]
    bar = float(np.hypot(binder.stderr, away))
    return Continuous(None, binder, None, [Estimate(rows[0].value, bar, f"{name}, no exponent known", sizes), *rows])


def _diverged(overlaps: dict[int, xr.Dataset]) -> list[Estimate]:
    """The zero of the inverse susceptibility: the mean of its two forms in T, from as many sizes as there are up to
    three, the largest distance to any form in its bar; nothing where a form has no zero."""
    forms = scaling.divergence(overlaps)
    each = {name: float(bootstrap.bootstrap_error(zero, fewest_samples(overlaps))) for name, zero in forms.items()}
    if not forms or not np.isfinite([*each.values(), *(zero[0] for zero in forms.values())]).all():
        return []
    first, second, *_ = forms.values()
    mean = (first + second) / 2
    spread = max(abs(zero[0] - mean[0]) for zero in forms.values())
    bar = float(np.hypot(bootstrap.bootstrap_error(mean, fewest_samples(overlaps)), spread))
    name, sizes = "inverse susceptibility vanishes", tuple(overlaps)[-3:]
    rows = [Estimate(float(zero[0]), each[form], f"{name}, {form}", sizes) for form, zero in forms.items()]
    return [Estimate(float(mean[0]), bar, name, sizes), *rows]
