"""The rules that turn evidence into one of five kinds; where they do not decide, the kind is "undecided"."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.location import symmetric_scan
from glassnet.analysis.location.annealed_bounds import Annealed
from glassnet.analysis.questions import Evidence, Kind
from glassnet.analysis.verdict import estimators, evidence_table
from glassnet.analysis.verdict import evidence as weigh
from glassnet.analysis.verdict.findings import Findings
from glassnet.statistics.estimate import Estimate

#: Binder cumulant of the product of two normal variables, (3 - 9) / 2
_PRODUCT = -3.0


class Verdict(NamedTuple):
    """Kind and temperature of the transition; `temperature` and `stderr` are nan where there is none or it is not
    known.

    `estimates` holds the estimates of the temperature that belong to the kind, the headline first where there is one,
    and of an undecided one all that there are; `others` are those that are left. `latent_heat` (per weight) and `jump`
    (of the overlap) are None where they are not known, `order` the peaks of P(q) by size. `contradicted` says whether
    anything speaks against a jump of the overlap without latent heat.
    """

    kind: Kind
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
        unknown = self._replace(temperature=np.nan, stderr=np.nan, latent_heat=None)
        return unknown._replace(kind="undecided", estimates=listed, others=())


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

        Which estimate of the temperature stands for a kind is in the table
        :data:`glassnet.analysis.verdict.estimators.ESTIMATORS`; which questions are not asked of networks of walks, in
        :data:`glassnet.analysis.verdict.evidence_table.EVIDENCE`.
    """
    items = evidence_table.answers(findings)
    passed = {key: item.passed for key, item in items.items()} | {"little_heat": weigh.little_heat(findings.heated)}
    passed["located"] = bool(findings.continuous.estimates)
    kind = _kind(passed, items["overlap_peaks"], findings)
    by_family = estimators.estimates(findings)
    headline = estimators.headline(kind, by_family)
    temperature, stderr = (np.nan, np.nan) if headline is None else (headline.value, headline.stderr)
    bounds = weigh.bracket(temperature, stderr, findings.annealed, findings.arrest, findings.unbounded)
    if kind == "none" and (hidden := weigh.entropy_crisis(findings.annealed, findings.thermal_curves)) is not None:
        kind, bounds = "undecided", hidden
    if kind == "random first-order" and (headline is None or False in (bounds.passed, passed["field_agreement"])):
        kind, headline = "undecided", None
    relevant, others = estimators.divided(kind, by_family)
    if headline is not None:
        relevant = [headline, *(one for one in relevant if one != headline)]
    else:
        temperature = stderr = np.nan
    heat = findings.latent_heat[0] if findings.latent_heat and kind == "first-order" else None
    answer = Verdict(
        kind,
        temperature,
        stderr,
        (*items.values(), evidence_table.named("rigorous_bounds", bounds)),
        tuple(relevant),
        heat,
        _jump(items, findings.jump),
        findings.order,
        tuple(others),
        _contradicted(passed, findings.dips),
    )
    return answer.left_open() if kind == "undecided" else answer


def _jump(items: dict[str, Evidence], apart: Estimate | None) -> Estimate | None:
    """Jump of the overlap at the transition: from planted scans, or else from the two peaks of P(q)."""
    planted = items["planted_jump"]
    if planted.passed and np.isfinite(planted.stderr):
        name = "jump of the overlap with the planted state"
        return Estimate(planted.value, planted.stderr, name, planted.sizes, key="planted_jump")
    return apart if items["overlap_peaks"].passed else None


def _kind(passed: dict, peaks: Evidence, findings: Findings) -> Kind:
    dips = findings.dips
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


def _planted_random_first_order(passed: dict) -> bool:
    jumps = passed["planted_crossing"] and passed["planted_jump"] and passed["no_planted_latent_heat"]
    return bool(jumps) and passed["no_latent_heat"] is not False and passed["binder_dip"] is not False


def _contradicted(passed: dict, dips: list[symmetric_scan.Dip]) -> bool:
    """Whether anything speaks against a jump of the overlap without latent heat."""
    against = any(passed.get(row.key) is False for row in evidence_table.EVIDENCE if row.against_jump)
    return against or passed["energy_peaks"] is True or _continuous(passed, dips)


def _symmetric_random_first_order(passed: dict, dips: list[symmetric_scan.Dip], annealed: Annealed | None) -> bool:
    shown = passed["binder_dip"] and passed["overlap_peaks"] and passed["little_heat"]
    planted = any(passed.get(row.key) is not None for row in evidence_table.EVIDENCE if row.planted and row.crossing)
    if planted or passed["energy_peaks"] is True or not shown:
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
    flat = passed["binder_dip"] is passed["susceptibility_growth"] is False
    ordered = any(passed.get(row.key) for row in evidence_table.EVIDENCE if row.crossing or row.order)
    return bool(one_peak and flat and passed["no_latent_heat"] is True and not ordered)
