"""The rules that turn evidence into one of five words. Rather "undecided" than wrong."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis import estimates as estimate
from glassnet.analysis import evidence as weigh
from glassnet.analysis import peaks, symmetric
from glassnet.analysis.annealed import Annealed, freezing
from glassnet.analysis.continuous import Continuous, continuous
from glassnet.analysis.evidence import Evidence
from glassnet.analysis.location import Location
from glassnet.analysis.planted import PlantedNode
from glassnet.statistics.estimate import Estimate

#: wider errors, in units of the estimate, say that a fit found nothing
_WIDEST = 10.0
#: Binder cumulant of the product of two normal variables, (3 - 9) / 2
_PRODUCT = -3.0


class Findings(NamedTuple):
    """What the chains of one dilution give, rungs and planted nodes in equilibrium only.

    `thermodynamics`, `overlaps` and `phases` are by size; `unbounded` says why there are no `annealed` curves; `field`
    and `arrest` were measured apart from the chains: the zero of the complexity, and the dynamical arrest, objects with
    `temperature`, `stderr` and `name`, or None. `ends` are the same findings, temperatures of sizes moved to one
    dilution by more and by less (:mod:`glassnet.analysis.common_dilution`); empty where no size was moved.
    """

    planted: list[PlantedNode]
    location: Location | None
    thermodynamics: dict[int, xr.Dataset]
    overlaps: dict[int, xr.Dataset]
    phases: dict[int, xr.Dataset]
    annealed: Annealed | None = None
    unbounded: str = ""
    field: object = None
    arrest: object = None
    ends: tuple = ()


class Verdict(NamedTuple):
    """Kind and place of the transition; `temperature` and `stderr` are nan where there is none or it is not known.

    `estimates` holds the estimates of the temperature that belong to the kind, the headline first where there is one,
    and of an undecided one all that there are; `others` are those that are left. `latent_heat` (per weight) and `jump`
    (of the overlap) are None where they are not known, `order` the peaks of P(q) by size. `contradicted` says whether
    anything speaks against a jump of the overlap without latent heat.
    """

    kind: str
    temperature: float
    stderr: float
    evidence: tuple[Evidence, ...]
    estimates: tuple[Estimate, ...]
    latent_heat: Estimate | None
    jump: Estimate | None
    order: xr.Dataset | None
    others: tuple[Estimate, ...] = ()
    contradicted: bool = False

    @property
    def headline(self) -> Estimate | None:
        """The estimate that stands for the transition."""
        return self.estimates[0] if np.isfinite(self.temperature) else None

    def left_open(self) -> "Verdict":
        """The same without an answer; every estimate stays."""
        listed = (*self.estimates, *self.others)
        nothing = {"temperature": np.nan, "stderr": np.nan, "latent_heat": None}
        return self._replace(kind="undecided", estimates=listed, others=(), **nothing)


def decide(found: Findings) -> Verdict:
    """Weigh what planted and symmetric scans say.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    Verdict
        - "random first-order": the curves of the planted weight cross, the overlap there is either high or low, and
          the phases' energies do not differ; nothing in the symmetric scans contradicts: no latent heat, no two peaks
          of the energy, no dip that is known not to deepen, nothing continuous. From symmetric scans alone: a negative
          Binder dip that deepens over three sizes, two peaks of the overlap and one of the energy, a latent heat below
          what planted phases may differ by, an annealed entropy that vanishes at a positive temperature, and dips that
          stay above T = 0 under every extrapolation (or a complexity that was measured to vanish).
        - "first-order": the heat capacity grows like N over three sizes, and the energy has two peaks; or the overlap
          has, where that of the energy is open.
        - "continuous": on random graphs N^r times the moment that orders crosses, and so do the Binder cumulants, or
          they have no dip; elsewhere the Binder cumulants of all sizes cross. No dip lies below that of a product of
          two normal variables, the susceptibility grows below, and the overlap has one peak.
        - "none": no crossing, no deepening dip, no size with two peaks, and the susceptibility does not grow down to
          the lowest temperature, which the evidence names and at which the annealed entropy is not negative.
        - "undecided": anything else.

        The temperature of a random first-order transition is the planted crossing or the zero of the complexity in a
        field, whichever has the smaller bar, else the middle of freezing energy or Binder minima; of a first-order one
        that of equal weight of the phases; of a continuous one see
        :func:`glassnet.analysis.continuous.continuous`. Networks of walks are not asked for dips, crossings of Binder
        cumulants and growth.
    """
    has_binder, overlaps, thermodynamics = symmetric.has_binder(found.overlaps), *_bent(found)
    dips, grown = _dips(overlaps), continuous(overlaps if has_binder else {})
    latent = estimate.latent_heat(found.phases, thermodynamics)
    order = peaks.of_sizes(overlaps)
    jump = peaks.jump(order)
    heated = symmetric.latent_heat(thermodynamics)
    items = {
        "crossing": weigh.crossing(found.location),
        "phases": weigh.two_phases(found.planted, found.location),
        "planted heat": weigh.planted_heat(found.planted, found.location),
        "field": weigh.complexity(found.field),
        "agreement": weigh.agreement(found.location, found.field),
        "dips": weigh.binder_dips(dips),
        "peaks": weigh.overlap_peaks(overlaps, order, jump),
        "energies": weigh.energy_peaks(found.phases, estimate.ordered_phase(found.phases)),
        "heat": weigh.heat_capacity(heated, latent, tuple(thermodynamics)),
        "growth": weigh.growth(symmetric.susceptibility_growth(overlaps), tuple(overlaps)),
        "crossings": weigh.crossings(grown.binder, symmetric.binder_crossings(overlaps), tuple(overlaps)),
        "moment": weigh.moment(grown, tuple(overlaps)),
    }
    if not has_binder:
        items |= {name: weigh.not_asked(items[name]) for name in ("dips", "growth", "crossings", "moment")}
    if found.thermodynamics and not found.overlaps:
        of_overlaps = ("dips", "peaks", "growth", "crossings", "moment")
        items |= {name: weigh.not_recorded(items[name]) for name in of_overlaps}
    passed = {name: item.passed for name, item in items.items()} | {"little heat": weigh.little_heat(heated)}
    passed["located"] = bool(grown.estimates)
    kind = _kind(passed, items["peaks"], dips, found)
    places = _widened(_places(found, dips, grown), [_placed(end) for end in found.ends])
    headline = _headline(kind, places)
    temperature, stderr = (np.nan, np.nan) if headline is None else (headline.value, headline.stderr)
    bounds = weigh.bracket(temperature, stderr, found.annealed, found.arrest, found.unbounded)
    if kind == "none" and (hidden := weigh.entropy_crisis(found.annealed, thermodynamics)) is not None:
        kind, bounds = "undecided", hidden
    if kind == "random first-order" and (headline is None or False in (bounds.passed, passed["agreement"])):
        kind, headline = "undecided", None
    relevant, others = (
        [one for family in families for one in places[family] if _known(one)]
        for families in (_RELEVANT[kind], [family for family in places if family not in _RELEVANT[kind]])
    )
    if headline is not None:
        relevant = [headline, *(one for one in relevant if one != headline)]
    else:
        temperature = stderr = np.nan
    heat = latent[0] if latent and kind == "first-order" else None
    kept = _jump(items, jump)
    answer = Verdict(kind, temperature, stderr, (*items.values(), bounds), tuple(relevant), heat, kept, order)
    answer = answer._replace(others=tuple(others), contradicted=_contradicted(passed, dips))
    return answer.left_open() if kind == "undecided" else answer


def _jump(items: dict[str, Evidence], apart: Estimate | None) -> Estimate | None:
    """Of the overlap at the transition: from planted scans, which look there, or from the two peaks of P(q)."""
    planted = items["phases"]
    if planted.passed and np.isfinite(planted.stderr):
        return Estimate(planted.value, planted.stderr, "jump of the overlap with the planted state", planted.sizes)
    return apart if items["peaks"].passed else None


def _kind(passed: dict, peaks: Evidence, dips: list[symmetric.Dip], found: Findings) -> str:
    two_peaks = passed["energies"] is True or (passed["peaks"] is True and passed["energies"] is None)
    if _planted_random_first_order(passed):
        # glasses as drawn that order continuously, or whose energy has two peaks, contradict the planted ones
        against = passed["energies"] is True or _continuous(passed, dips)
        return "undecided" if against else "random first-order"
    if passed["heat"] is False and two_peaks:
        return "first-order"
    if _symmetric_random_first_order(passed, dips, found.annealed):
        return "random first-order"
    # what to say needs more than what speaks against a jump: a place, no latent heat and no planted jump
    if _continuous(passed, dips) and passed["located"] and passed["heat"] and passed["phases"] is not True:
        return "continuous"
    return "none" if _none(passed, peaks) else "undecided"


#: which estimates of the temperature are shown beside a kind, the more telling first
_RELEVANT = {
    "random first-order": ("planted", "field", "freezing", "dips", "peak weight"),
    "first-order": ("equal weight",),
    "continuous": ("continuous",),
    "none": (),
    "undecided": ("planted", "field", "freezing", "dips", "peak weight", "equal weight", "continuous"),
}


def _bent(found: Findings) -> list[dict[int, xr.Dataset]]:
    """Overlaps and energies of the sizes with enough rungs for a curve to bend."""
    return [
        {size: data for size, data in averages.items() if data.sizes["temperature"] >= 3}
        for averages in (found.overlaps, found.thermodynamics)
    ]


def _dips(overlaps: dict[int, xr.Dataset]) -> list[symmetric.Dip]:
    return [dip for size, data in overlaps.items() if (dip := symmetric.dip(size, data)) is not None]


def _placed(found: Findings) -> dict[str, list[Estimate]]:
    """The places of findings of which nothing else is wanted."""
    overlaps, _ = _bent(found)
    return _places(found, _dips(overlaps), continuous(overlaps if symmetric.has_binder(found.overlaps) else {}))


def _widened(places: dict[str, list[Estimate]], ends: list[dict[str, list[Estimate]]]) -> dict[str, list[Estimate]]:
    """Places with bars that hold how far they are at the ends; nan where they are nowhere at one of these."""
    if not ends:
        return places
    wide = {}
    for family, row in places.items():
        apart = [np.max([abs(_same(one, end[family]) - one.value) for end in ends]) for one in row]
        wide[family] = [
            replace(one, stderr=float(np.hypot(one.stderr, shift))) for one, shift in zip(row, apart, strict=True)
        ]
    # what stands for the crossing holds its own shift, and the field was measured at the common dilution
    kept = {"planted": [*places["planted"][:1], *wide["planted"][1:]], "field": places["field"]}
    return wide | kept


def _same(one: Estimate, others: list[Estimate]) -> float:
    """Where an estimate is among others: the one of its name, else the first; nan without any."""
    return next((other.value for other in others if other.name == one.name), others[0].value if others else np.nan)


def _places(found: Findings, dips, grown: Continuous) -> dict[str, list[Estimate]]:
    """Every estimate of the temperature, by where it comes from; the headline of each first."""
    (overlaps, thermodynamics), planted = _bent(found), []
    if found.location is not None:
        first, *others = found.location.estimates
        planted = [replace(first, stderr=found.location.stderr, statistical=found.location.statistical), *others]
    frozen = freezing(thermodynamics, found.annealed)
    field = found.field
    return {
        "planted": planted,
        "field": [] if field is None else [Estimate(float(field.temperature), float(field.stderr), str(field.name))],
        "freezing": [] if frozen is None else [frozen],
        "dips": estimate.dips([dip for dip in dips if dip.resolved]),
        "peak weight": estimate.peak_weight(overlaps),
        "equal weight": estimate.equal_weight(found.phases, thermodynamics),
        "continuous": grown.estimates,
    }


def _known(one: Estimate) -> bool:
    """Whether an estimate is a temperature with an error, however wide."""
    return one.value > 0 and one.stderr < _WIDEST * one.value


def _headline(kind: str, places: dict[str, list[Estimate]]) -> Estimate | None:
    """The estimate that stands for the transition, by the rule that :func:`decide` states."""
    families = {
        "random first-order": (("planted", "field"), ("freezing", "dips")),
        "first-order": (("equal weight",),),
        "continuous": (("continuous",),),
    }
    for group in families.get(kind, ()):
        known = [places[name][0] for name in group if places[name] and np.isfinite(places[name][0].stderr)]
        if known:
            return min(known, key=lambda one: one.stderr)
    return None


def _planted_random_first_order(passed: dict) -> bool:
    jumps = passed["crossing"] and passed["phases"] and passed["planted heat"]
    return bool(jumps) and passed["heat"] is not False and passed["dips"] is not False


def _contradicted(passed: dict, dips: list[symmetric.Dip]) -> bool:
    """Whether anything speaks against a jump of the overlap without latent heat."""
    against = any(passed[name] is False for name in ("phases", "planted heat", "heat"))
    return against or passed["energies"] is True or _continuous(passed, dips)


def _symmetric_random_first_order(passed: dict, dips: list[symmetric.Dip], annealed: Annealed | None) -> bool:
    if passed["crossing"] is not None or not (passed["dips"] and passed["peaks"] and passed["little heat"]):
        return False
    if passed["energies"] is True:
        return False
    if annealed is not None and annealed.zero_of_entropy() == 0:
        # the paramagnet may live on down to T = 0
        return False
    # where the dips may run to T = 0 with growing N there need be no transition
    above_zero = all(trend.above(dips[-1].temperature / 4) for trend in symmetric.extrapolations(dips).values())
    return above_zero or passed["field"] is True


def _continuous(passed: dict, dips: list[symmetric.Dip]) -> bool:
    """Whether the glasses as drawn order continuously, whatever the planted ones say."""
    # the overlap of a ferromagnet is the product of two magnetisations, with a kurtosis of up to 9 in its paramagnet
    bounded = bool(dips) and all(dip.shallow or dip.depth > _PRODUCT for dip in dips)
    one_peak = passed["peaks"] is False and passed["energies"] is not True
    # where N^r [q^2] crosses, Binder cumulants without a dip may cross below all rungs: they are farther off
    crossed = passed["crossings"] or (passed["moment"] and all(dip.shallow for dip in dips))
    without_heat = passed["heat"] is not False
    return bool(
        bounded and one_peak and without_heat and crossed and passed["moment"] is not False and passed["growth"]
    )


def _none(passed: dict, peaks: Evidence) -> bool:
    # two peaks at small sizes that larger ones do not show can also mean that those never found the other states
    one_peak = peaks.passed is False or np.isnan(peaks.value)
    ordered = passed["crossing"] or passed["crossings"] or passed["moment"] or passed["phases"] or passed["field"]
    return bool(one_peak and not ordered) and passed["dips"] is passed["growth"] is False and passed["heat"] is True
