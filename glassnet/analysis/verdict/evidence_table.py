"""The questions that are asked of the chains of one dilution: the one table of them, a row each.

A row also says what an answer means elsewhere, so that rules, the line of transitions and suggestions need not name it.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from glassnet.analysis.equilibrium import identities
from glassnet.analysis.location import discontinuous, symmetric_scan
from glassnet.analysis.questions import Answer, Evidence
from glassnet.analysis.verdict import evidence as weigh
from glassnet.analysis.verdict.findings import Findings

#: of networks of walks, whose Binder cumulants and susceptibilities say nothing about order
_NOT_ASKED = (
    "not asked of networks: their matched overlaps are positive without any order; peaks and planted scans decide"
)
#: of symmetric scans that recorded no overlap that orders
_NOT_RECORDED = 'needs overlaps of the symmetric scans: none was recorded ("overlap" in measure)'


class Question(NamedTuple):
    """One row of :data:`EVIDENCE`.

    Attributes
    ----------
    key, name : str
        The key is for programs and stays the same from release to release, the name is for readers.
    answer : callable(Findings) -> Answer, or None
        None where the module that the question is about answers it, and not always (:func:`named`).
    unknown : str
        What is not known while it is open, in words; "" if it leaves nothing open.
    rests_on : {"", "overlaps", "binder"}
        What symmetric scans must have recorded for it: overlaps that order, or of these also Binder cumulants and
        susceptibilities, which networks of walks do not have. The answer is open without.
    planted : bool
        Whether planted scans answer it.
    crossing : bool
        Whether yes says that curves of different sizes cross. Then something orders, a critical dilution is not claimed
        beside an undecided transition, and planted crossings locate a random first-order one.
    order : bool
        Whether yes says in another way that something orders: the kind is not "none".
    against_jump : bool
        Whether no speaks against a jump of the overlap without latent heat.
    against_planting : bool
        Whether no says that planted scans will show no jump, so that none are suggested.
    noisy : bool
        Whether more samples of glasses as drawn are suggested while it is open.
    """

    key: str
    name: str
    answer: Callable[[Findings], Answer] | None = None
    unknown: str = ""
    rests_on: Literal["", "overlaps", "binder"] = ""
    planted: bool = False
    crossing: bool = False
    order: bool = False
    against_jump: bool = False
    against_planting: bool = False
    noisy: bool = False


#: in the order in which they are shown
EVIDENCE = (
    Question(
        "planted_crossing",
        "planted weight crosses",
        lambda found: weigh.crossing(found.location),
        unknown="where the planted weights of different sizes cross",
        planted=True,
        crossing=True,
    ),
    Question(
        "planted_jump",
        "planted overlap jumps",
        lambda found: weigh.two_phases(found.planted, found.location),
        unknown="whether the overlap with the planted state jumps",
        planted=True,
        order=True,
        against_jump=True,
    ),
    Question(
        "no_planted_latent_heat",
        "energy is continuous (planted)",
        lambda found: weigh.planted_heat(found.planted, found.location),
        unknown="whether the phases differ in energy",
        planted=True,
        against_jump=True,
    ),
    Question("complexity_zero", "complexity vanishes", lambda found: weigh.complexity(found.field), order=True),
    Question(
        "field_agreement",
        "field agrees with crossing",
        lambda found: weigh.agreement(found.location, found.field),
    ),
    Question(
        "binder_dip",
        "Binder dip deepens",
        lambda found: weigh.binder_dips(found.dips),
        unknown="whether the dip of the Binder cumulant deepens with N",
        rests_on="binder",
        against_planting=True,
    ),
    Question(
        "overlap_peaks",
        "overlap has two peaks",
        lambda found: weigh.overlap_peaks(found.overlap_curves, found.order, found.jump),
        unknown="whether the overlap has two peaks",
        rests_on="overlaps",
    ),
    Question(
        "energy_peaks",
        "energy has two peaks",
        lambda found: weigh.energy_peaks(found.phases, discontinuous.ordered_phase(found.phases)),
        unknown="whether the energy has two peaks",
    ),
    Question(
        "no_latent_heat",
        "energy is continuous (symmetric)",
        lambda found: weigh.heat_capacity(found.heated, found.latent_heat, tuple(found.thermal_curves)),
        unknown="whether there is a latent heat",
        against_jump=True,
        against_planting=True,
    ),
    Question(
        "susceptibility_growth",
        "susceptibility grows",
        lambda found: weigh.growth(
            symmetric_scan.susceptibility_growth(found.overlap_curves), tuple(found.overlap_curves)
        ),
        unknown="whether the order grows with N",
        rests_on="binder",
        against_planting=True,
        noisy=True,
    ),
    Question(
        "binder_crossing",
        "Binder cumulants cross",
        lambda found: weigh.crossings(
            found.continuous.binder,
            symmetric_scan.binder_crossings(found.overlap_curves),
            tuple(found.overlap_curves),
        ),
        unknown="whether Binder cumulants cross",
        rests_on="binder",
        crossing=True,
        noisy=True,
    ),
    Question(
        "moment_crossing",
        "scaled moment crosses",
        lambda found: weigh.moment(found.continuous, tuple(found.overlap_curves)),
        rests_on="binder",
        crossing=True,
    ),
    Question("rigorous_bounds", "within rigorous bounds"),
    Question("starts_bracket", "starts bracket the crossing"),
    Question("common_dilution", "sizes are compared at one dilution"),
    *(Question(key, name) for key, name in identities.NAMES.items()),
    Question("equilibration", "equilibrium"),
    Question("completeness", "scan is complete"),
    Question("verdict_of_rest", "verdict of the rest"),
)


def answers(found: Findings) -> dict[str, Evidence]:
    """Every question that the table itself answers, with its answer, by key."""
    return {row.key: named(row.key, _answer(row.answer, row, found)) for row in EVIDENCE if row.answer is not None}


def named(key: str, given: Answer) -> Evidence:
    """An answer with the key and the name of its question; KeyError if that is not in the table."""
    return Evidence(key, {row.key: row.name for row in EVIDENCE}[key], *given)


def _answer(answer: Callable[[Findings], Answer], row: Question, found: Findings) -> Answer:
    given = answer(found)
    reason = ""
    if row.rests_on and found.thermodynamics and not found.overlaps:
        reason = _NOT_RECORDED
    elif row.rests_on == "binder" and not found.has_binder:
        reason = _NOT_ASKED
    return given._replace(value=np.nan, stderr=np.nan, passed=None, says=reason) if reason else given
