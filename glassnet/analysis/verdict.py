"""The rules that turn evidence into one of five words. Rather "undecided" than wrong."""

from typing import NamedTuple

import numpy as np

from glassnet.analysis import evidence as weigh
from glassnet.analysis import symmetric
from glassnet.analysis.evidence import Evidence
from glassnet.analysis.location import Location
from glassnet.analysis.planted import PlantedNode


class Verdict(NamedTuple):
    """Kind and place of the transition; `temperature` and `stderr` are nan where there is none or it is not known."""

    kind: str
    temperature: float
    stderr: float
    evidence: tuple[Evidence, ...]
    location: Location | None


def decide(planted: list[PlantedNode], location: Location | None, thermodynamics: dict, overlaps: dict) -> Verdict:
    """Weigh what planted and symmetric scans say.

    Parameters
    ----------
    planted : list of PlantedNode
        Nodes in equilibrium.
    location : Location or None
        Of the same nodes.
    thermodynamics, overlaps : dict of int to xarray.Dataset
        By size, rungs in equilibrium only.

    Returns
    -------
    Verdict
        - "random first-order": the curves of the planted weight cross, the overlap there is either high or low, and
          the phases' energies do not differ; nothing in the symmetric scans contradicts. From symmetric scans alone:
          a negative Binder dip that deepens over three sizes, two peaks of the overlap, no latent heat, and dips that
          stay above T = 0 under every extrapolation; the bar is then the spread of these.
        - "first-order": the heat capacity grows like N over three sizes and the overlap has two peaks.
        - "continuous": Binder cumulants of all successive sizes cross without a dip, the susceptibility grows below,
          and the overlap has one peak.
        - "none": no crossing, no deepening dip, no size with two peaks, and the susceptibility does not grow down to
          the lowest temperature, which the evidence names.
        - "undecided": anything else.

        Networks of walks are not asked for dips, crossings of Binder cumulants and growth, so without planted scans
        they are "first-order" or "undecided".
    """
    has_binder = symmetric.has_binder(overlaps)
    overlaps = {size: data for size, data in overlaps.items() if data.sizes["temperature"] >= 3}
    thermodynamics = {size: data for size, data in thermodynamics.items() if data.sizes["temperature"] >= 3}
    dips = [found for size, data in overlaps.items() if (found := symmetric.dip(size, data)) is not None]
    heat = symmetric.latent_heat(thermodynamics)
    pairs = symmetric.binder_crossings(overlaps)
    items = {
        "crossing": weigh.crossing(location),
        "phases": weigh.two_phases(planted, location),
        "planted heat": weigh.planted_heat(planted, location),
        "dips": weigh.binder_dips(dips),
        "peaks": weigh.overlap_peaks(overlaps),
        "heat": weigh.heat_capacity(heat, tuple(thermodynamics)),
        "growth": weigh.growth(symmetric.susceptibility_growth(overlaps), tuple(overlaps)),
        "crossings": weigh.crossings(pairs, tuple(overlaps)),
    }
    if not has_binder:
        items |= {name: weigh.not_asked(items[name]) for name in ("dips", "growth", "crossings")}
    passed = {name: item.passed for name, item in items.items()}
    kind, temperature, stderr = "undecided", np.nan, np.nan
    if _planted_random_first_order(passed):
        kind, temperature, stderr = "random first-order", location.temperature, location.stderr
    elif passed["heat"] is False and passed["peaks"] is True and heat.square.value > 0:
        kind, temperature, stderr = "first-order", *heat.temperature
    elif _symmetric_random_first_order(passed, dips):
        kind = "random first-order"
        temperature, stderr = _from_dips(dips)
    elif _continuous(passed, dips):
        kind = "continuous"
        temperature, stderr = _from_crossings(pairs)
    elif _none(passed, items["peaks"]):
        kind = "none"
    return Verdict(kind, float(temperature), float(stderr), tuple(items.values()), location)


def _planted_random_first_order(passed: dict) -> bool:
    jumps = passed["crossing"] and passed["phases"] and passed["planted heat"]
    return bool(jumps) and passed["heat"] is not False and passed["dips"] is not False


def _symmetric_random_first_order(passed: dict, dips: list[symmetric.Dip]) -> bool:
    if passed["crossing"] is not None or not (passed["dips"] and passed["peaks"] and passed["heat"]):
        return False
    # where the dips may run to T = 0 with growing N there need be no transition
    return all(trend.above(dips[-1].temperature / 4) for trend in symmetric.extrapolations(dips).values())


def _continuous(passed: dict, dips: list[symmetric.Dip]) -> bool:
    dipless = bool(dips) and all(dip.shallow for dip in dips)
    one_peak = passed["peaks"] is False and passed["phases"] is not True
    return bool(dipless and one_peak and passed["crossings"] and passed["growth"] and passed["heat"])


def _none(passed: dict, peaks: Evidence) -> bool:
    # two peaks at small sizes that larger ones do not show can also mean that those never found the other states
    one_peak = peaks.passed is False or np.isnan(peaks.value)
    ordered = passed["crossing"] or passed["crossings"] or passed["phases"]
    return bool(one_peak and not ordered) and passed["dips"] is passed["growth"] is False and passed["heat"] is True


def _from_dips(dips: list[symmetric.Dip]) -> tuple[float, float]:
    """Middle and half-width of the extrapolations of the dips."""
    values = [trend.value for trend in symmetric.extrapolations(dips).values()]
    statistical = max(trend.stderr for trend in symmetric.extrapolations(dips).values())
    return (max(values) + min(values)) / 2, float(np.hypot((max(values) - min(values)) / 2, statistical))


def _from_crossings(pairs: dict) -> tuple[float, float]:
    """Crossing of the two largest sizes; the bar holds how far crossings of successive sizes still move."""
    found = list(pairs.values())
    moved = abs(found[-1].value - found[-2].value) if len(found) > 1 else 0.0
    return found[-1].value, float(np.hypot(found[-1].stderr, moved))
