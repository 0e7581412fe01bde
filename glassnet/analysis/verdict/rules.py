"""The rules that turn evidence into one of five kinds; where they do not decide, the kind is "undecided"."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.location import discontinuous, overlap_peaks, symmetric_scan
from glassnet.analysis.location.annealed_bounds import Annealed, freezing
from glassnet.analysis.location.continuous import Continuous, continuous
from glassnet.analysis.location.planted_crossing import Location
from glassnet.analysis.questions import Evidence
from glassnet.analysis.verdict import evidence as weigh
from glassnet.analysis.verdict.external_results import Known
from glassnet.statistics.estimate import Estimate

#: an estimate whose error is larger, in units of the estimate, tells nothing
_WIDEST = 10.0
#: Binder cumulant of the product of two normal variables, (3 - 9) / 2
_PRODUCT = -3.0
#: keys of the evidence that rests on Binder cumulants and the susceptibility
_OF_BINDER = ("binder_dip", "susceptibility_growth", "binder_crossing", "moment_crossing")


class Findings(NamedTuple):
    """What the chains of one dilution give, from rungs and planted nodes in equilibrium only.

    `thermodynamics`, `overlaps` and `phases` are by size; `unbounded` says why there are no `annealed` curves; `field`
    and `arrest` were measured apart from the chains: the zero of the complexity, and the dynamical arrest, objects with
    `temperature`, `stderr` and `name`, or None. `ends` are the same findings with the temperatures of the sizes moved
    to one dilution by more and by less (:mod:`glassnet.analysis.dilution.common_dilution`); empty where no size was
    moved.
    """

    planted: list[PlantedNode]
    location: Location | None
    thermodynamics: dict[int, xr.Dataset]
    overlaps: dict[int, xr.Dataset]
    phases: dict[int, xr.Dataset]
    annealed: Annealed | None = None
    unbounded: str = ""
    field: Known = None
    arrest: object = None
    ends: tuple = ()


class Verdict(NamedTuple):
    """Kind and temperature of the transition; `temperature` and `stderr` are nan where there is none or it is not
    known.

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


def decide(findings: Findings) -> Verdict:
    """Decide the kind and the temperature of a transition from planted and symmetric scans.

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
        :func:`glassnet.analysis.location.continuous.continuous`. Networks of walks are not asked for dips, crossings of
        Binder cumulants and growth.
    """
    has_binder, overlaps, thermodynamics = symmetric_scan.has_binder(findings.overlaps), *_with_three_rungs(findings)
    dips, grown = _dips(overlaps), continuous(overlaps if has_binder else {})
    latent = discontinuous.latent_heat(findings.phases, thermodynamics)
    order = overlap_peaks.of_sizes(overlaps)
    jump = overlap_peaks.jump(order)
    heated = symmetric_scan.latent_heat(thermodynamics)
    answers = (
        weigh.crossing(findings.location),
        weigh.two_phases(findings.planted, findings.location),
        weigh.planted_heat(findings.planted, findings.location),
        weigh.complexity(findings.field),
        weigh.agreement(findings.location, findings.field),
        weigh.binder_dips(dips),
        weigh.overlap_peaks(overlaps, order, jump),
        weigh.energy_peaks(findings.phases, discontinuous.ordered_phase(findings.phases)),
        weigh.heat_capacity(heated, latent, tuple(thermodynamics)),
        weigh.growth(symmetric_scan.susceptibility_growth(overlaps), tuple(overlaps)),
        weigh.crossings(grown.binder, symmetric_scan.binder_crossings(overlaps), tuple(overlaps)),
        weigh.moment(grown, tuple(overlaps)),
    )
    items = {item.key: item for item in answers}
    if not has_binder:
        items |= {key: weigh.not_asked(items[key]) for key in _OF_BINDER}
    if findings.thermodynamics and not findings.overlaps:
        items |= {key: weigh.not_recorded(items[key]) for key in ("overlap_peaks", *_OF_BINDER)}
    passed = {key: item.passed for key, item in items.items()} | {"little_heat": weigh.little_heat(heated)}
    passed["located"] = bool(grown.estimates)
    kind = _kind(passed, items["overlap_peaks"], dips, findings)
    by_family = _widened(_by_family(findings, dips, grown), [_family_estimates(end) for end in findings.ends])
    headline = _headline(kind, by_family)
    temperature, stderr = (np.nan, np.nan) if headline is None else (headline.value, headline.stderr)
    bounds = weigh.bracket(temperature, stderr, findings.annealed, findings.arrest, findings.unbounded)
    if kind == "none" and (hidden := weigh.entropy_crisis(findings.annealed, thermodynamics)) is not None:
        kind, bounds = "undecided", hidden
    if kind == "random first-order" and (headline is None or False in (bounds.passed, passed["field_agreement"])):
        kind, headline = "undecided", None
    relevant, others = (
        [one for family in families for one in by_family[family] if one.value > 0 and one.stderr < _WIDEST * one.value]
        for families in (_RELEVANT[kind], [family for family in by_family if family not in _RELEVANT[kind]])
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
    """Jump of the overlap at the transition: from planted scans, or else from the two peaks of P(q)."""
    planted = items["planted_jump"]
    if planted.passed and np.isfinite(planted.stderr):
        name = "jump of the overlap with the planted state"
        return Estimate(planted.value, planted.stderr, name, planted.sizes, key="planted_jump")
    return apart if items["overlap_peaks"].passed else None


def _kind(passed: dict, peaks: Evidence, dips: list[symmetric_scan.Dip], findings: Findings) -> str:
    two_peaks = passed["energy_peaks"] is True or (passed["overlap_peaks"] is True and passed["energy_peaks"] is None)
    if _planted_random_first_order(passed):
        # glasses as drawn that order continuously, or whose energy has two peaks, contradict the planted ones
        against = passed["energy_peaks"] is True or _continuous(passed, dips)
        return "undecided" if against else "random first-order"
    if passed["no_latent_heat"] is False and two_peaks:
        return "first-order"
    if _symmetric_random_first_order(passed, dips, findings.annealed):
        return "random first-order"
    # this answer needs more than evidence against a jump: a temperature, no latent heat and no planted jump
    supported = passed["located"] and passed["no_latent_heat"] and passed["planted_jump"] is not True
    if supported and _continuous(passed, dips):
        return "continuous"
    return "none" if _none(passed, peaks) else "undecided"


#: which estimates of the temperature belong to a kind, the most reliable first
_RELEVANT = {
    "random first-order": ("planted", "field", "freezing", "dips", "peak_weight"),
    "first-order": ("equal_weight",),
    "continuous": ("continuous",),
    "none": (),
    "undecided": ("planted", "field", "freezing", "dips", "peak_weight", "equal_weight", "continuous"),
}


def _with_three_rungs(findings: Findings) -> list[dict[int, xr.Dataset]]:
    """Overlaps and energies of the sizes with at least three rungs, so that a curve has a curvature."""
    return [
        {size: data for size, data in averages.items() if data.sizes["temperature"] >= 3}
        for averages in (findings.overlaps, findings.thermodynamics)
    ]


def _dips(overlaps: dict[int, xr.Dataset]) -> list[symmetric_scan.Dip]:
    return [dip for size, data in overlaps.items() if (dip := symmetric_scan.dip(size, data)) is not None]


def _family_estimates(findings: Findings) -> dict[str, list[Estimate]]:
    """The estimates of findings of which nothing else is wanted."""
    overlaps, _ = _with_three_rungs(findings)
    grown = continuous(overlaps if symmetric_scan.has_binder(findings.overlaps) else {})
    return _by_family(findings, _dips(overlaps), grown)


def _widened(by_family: dict[str, list[Estimate]], ends: list[dict[str, list[Estimate]]]) -> dict[str, list[Estimate]]:
    """Estimates with bars that hold how far they lie from those of the `ends`; nan where one of the ends has none."""
    if not ends:
        return by_family
    wide = {}
    for family, row in by_family.items():
        apart = [np.max([abs(_same(one, end[family]) - one.value) for end in ends]) for one in row]
        wide[family] = [
            replace(one, stderr=float(np.hypot(one.stderr, shift))) for one, shift in zip(row, apart, strict=True)
        ]
    # the bar of the crossing holds its shift already, and the field was measured at the common dilution
    kept = {"planted": [*by_family["planted"][:1], *wide["planted"][1:]], "field": by_family["field"]}
    return wide | kept


def _same(one: Estimate, others: list[Estimate]) -> float:
    """Where an estimate is among others: the one of its key, else the first; nan without any."""
    return next((other.value for other in others if other.key == one.key), others[0].value if others else np.nan)


def _by_family(findings: Findings, dips, grown: Continuous) -> dict[str, list[Estimate]]:
    """Every estimate of the temperature, by where it comes from; the headline of each first."""
    (overlaps, thermodynamics), planted = _with_three_rungs(findings), []
    if findings.location is not None:
        first, *others = findings.location.estimates
        stderr, statistical = findings.location.stderr, findings.location.statistical
        planted = [replace(first, stderr=stderr, statistical=statistical), *others]
    frozen, field = freezing(thermodynamics, findings.annealed), []
    if findings.field is not None:
        zero = float(findings.field.temperature), float(findings.field.stderr)
        field = [Estimate(*zero, str(findings.field.name), key="complexity_zero")]
    return {
        "planted": planted,
        "field": field,
        "freezing": [] if frozen is None else [frozen],
        "dips": discontinuous.dips([dip for dip in dips if dip.resolved]),
        "peak_weight": discontinuous.peak_weight(overlaps),
        "equal_weight": discontinuous.equal_weight(findings.phases, thermodynamics),
        "continuous": grown.estimates,
    }


def _headline(kind: str, by_family: dict[str, list[Estimate]]) -> Estimate | None:
    """The estimate that stands for the transition, by the rule that :func:`decide` states."""
    families = {
        "random first-order": (("planted", "field"), ("freezing", "dips")),
        "first-order": (("equal_weight",),),
        "continuous": (("continuous",),),
    }
    for group in families.get(kind, ()):
        known = [by_family[name][0] for name in group if by_family[name] and np.isfinite(by_family[name][0].stderr)]
        if known:
            return min(known, key=lambda one: one.stderr)
    return None


def _planted_random_first_order(passed: dict) -> bool:
    jumps = passed["planted_crossing"] and passed["planted_jump"] and passed["no_planted_latent_heat"]
    return bool(jumps) and passed["no_latent_heat"] is not False and passed["binder_dip"] is not False


def _contradicted(passed: dict, dips: list[symmetric_scan.Dip]) -> bool:
    """Whether anything speaks against a jump of the overlap without latent heat."""
    against = any(passed[key] is False for key in ("planted_jump", "no_planted_latent_heat", "no_latent_heat"))
    return against or passed["energy_peaks"] is True or _continuous(passed, dips)


def _symmetric_random_first_order(passed: dict, dips: list[symmetric_scan.Dip], annealed: Annealed | None) -> bool:
    shown = passed["binder_dip"] and passed["overlap_peaks"] and passed["little_heat"]
    if passed["planted_crossing"] is not None or passed["energy_peaks"] is True or not shown:
        return False
    if annealed is not None and annealed.zero_of_entropy() == 0:
        # the paramagnet may live on down to T = 0
        return False
    # where the dips may run to T = 0 with growing N there need be no transition
    above_zero = all(trend.above(dips[-1].temperature / 4) for trend in symmetric_scan.extrapolations(dips).values())
    return above_zero or passed["complexity_zero"] is True


def _continuous(passed: dict, dips: list[symmetric_scan.Dip]) -> bool:
    """Whether the glasses as drawn order continuously, whatever the planted ones say."""
    # the overlap of a ferromagnet is the product of two magnetisations, with a kurtosis of up to 9 in its paramagnet
    bounded = bool(dips) and all(dip.shallow or dip.depth > _PRODUCT for dip in dips)
    one_peak = passed["overlap_peaks"] is False and passed["energy_peaks"] is not True
    # where N^r [q^2] crosses, Binder cumulants without a dip may cross below all rungs: they are farther off
    crossed = passed["binder_crossing"] or (passed["moment_crossing"] and all(dip.shallow for dip in dips))
    without_heat = passed["no_latent_heat"] is not False
    grows = passed["susceptibility_growth"] and passed["moment_crossing"] is not False
    return bool(bounded and one_peak and without_heat and crossed and grows)


def _none(passed: dict, peaks: Evidence) -> bool:
    # two peaks at small sizes alone can also mean that the chains of larger sizes never found the other states
    one_peak = peaks.passed is False or np.isnan(peaks.value)
    signs = ("planted_crossing", "binder_crossing", "moment_crossing", "planted_jump", "complexity_zero")
    flat = passed["binder_dip"] is passed["susceptibility_growth"] is False
    ordered = any(passed[key] for key in signs)
    return bool(one_peak and flat and passed["no_latent_heat"] is True and not ordered)
