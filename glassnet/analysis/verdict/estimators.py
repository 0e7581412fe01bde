"""Estimators of the transition temperature: the one table of them, and which estimate stands for a transition."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glassnet.analysis.location import discontinuous
from glassnet.analysis.location.annealed_bounds import freezing
from glassnet.analysis.questions import Kind
from glassnet.analysis.verdict.findings import Findings
from glassnet.statistics.estimate import Estimate

#: an estimate whose error is larger, in units of the estimate, tells nothing
_WIDEST = 10.0
_COMPLEXITY_ZERO = "complexity_zero"


class Estimator(NamedTuple):
    """One row of :data:`ESTIMATORS`: a family of estimates that come from the same data.

    Attributes
    ----------
    family : str
        Key of the row.
    kinds : dict of Kind to int or None
        The kinds of transition that it is an estimate of. The number says when it may be the headline of that kind:
        those of a lower one go first, and among those of one number the estimate with the smallest bar is taken. None:
        it is listed, and never the headline.
    estimates : callable(Findings) -> list of Estimate
        The first one stands for the family; empty where the data do not reach. Each has a key of its own.
    applies : callable(Findings) -> bool
        Whether the data that `estimates` needs exist at all; it is not called otherwise.
    apart : str
        Key of its estimate if that was measured apart from the chains, which then neither their number nor their
        equilibrium changes; "" otherwise.
    holds_shift : bool
        Whether the bar of its first estimate already holds how far it moves where sizes differ in their effective
        dilution; to all others :func:`estimates` adds it.
    """

    family: str
    kinds: dict[Kind, int | None]
    estimates: Callable[[Findings], list[Estimate]]
    applies: Callable[[Findings], bool] = lambda found: True
    apart: str = ""
    holds_shift: bool = False


def _planted(found: Findings) -> list[Estimate]:
    """The crossing of all sizes, with the bar of the headline, and the other ways to take it."""
    assert found.location is not None
    first, *others = found.location.estimates
    return [replace(first, stderr=found.location.stderr, statistical=found.location.statistical), *others]


def _complexity_zero(found: Findings) -> list[Estimate]:
    """The zero of the complexity, which was measured apart from the chains, at the common dilution."""
    assert found.field is not None
    zero = float(found.field.temperature), float(found.field.stderr)
    return [Estimate(*zero, str(found.field.name), key=_COMPLEXITY_ZERO)]


def _freezing(found: Findings) -> list[Estimate]:
    frozen = freezing(found.thermal_curves, found.annealed)
    return [] if frozen is None else [frozen]


#: the most reliable first
ESTIMATORS = (
    Estimator(
        "planted",
        {"random first-order": 1},
        _planted,
        applies=lambda found: found.location is not None,
        holds_shift=True,
    ),
    Estimator(
        "field",
        {"random first-order": 1},
        _complexity_zero,
        applies=lambda found: found.field is not None,
        apart=_COMPLEXITY_ZERO,
        holds_shift=True,
    ),
    Estimator("freezing", {"random first-order": 2}, _freezing, applies=lambda found: found.annealed is not None),
    Estimator(
        "dips",
        {"random first-order": 2},
        lambda found: discontinuous.dips([dip for dip in found.dips if dip.resolved]),
    ),
    Estimator(
        "peak_weight", {"random first-order": None}, lambda found: discontinuous.peak_weight(found.overlap_curves)
    ),
    Estimator(
        "equal_weight",
        {"first-order": 1},
        lambda found: discontinuous.equal_weight(found.phases, found.thermal_curves),
    ),
    Estimator(
        "continuous",
        {"continuous": 1},
        lambda found: found.continuous.estimates,
        applies=lambda found: found.has_binder,
    ),
)


def estimates(found: Findings) -> dict[str, list[Estimate]]:
    """Every estimate of the temperature by family, in the order of the table, the first of a family standing for it.

    Where sizes were moved to one dilution, bars hold how far the estimates lie from those at the ends of the slope, and
    are nan where one of the ends has none.
    """
    own, ends = _as_they_are(found), [_as_they_are(end) for end in found.ends]
    if not ends:
        return own
    wide = {}
    for row in ESTIMATORS:
        held = 1 if row.holds_shift else 0
        listed = own[row.family]
        moved = [_widened(one, [end[row.family] for end in ends]) for one in listed[held:]]
        wide[row.family] = [*listed[:held], *moved]
    return wide


def headline(kind: Kind, by_family: dict[str, list[Estimate]]) -> Estimate | None:
    """The estimate that stands for a transition of a kind; None without one whose bar is known."""
    known: dict[int, list[Estimate]] = {}
    for row in ESTIMATORS:
        place, listed = row.kinds.get(kind), by_family[row.family]
        if place is not None and listed and np.isfinite(listed[0].stderr):
            known.setdefault(place, []).append(listed[0])
    return min(known[min(known)], key=lambda one: one.stderr) if known else None


def divided(kind: Kind, by_family: dict[str, list[Estimate]]) -> tuple[list[Estimate], list[Estimate]]:
    """The estimates of the families that belong to a kind, and all others, as far as they say anything."""
    own: list[Estimate] = []
    others: list[Estimate] = []
    for row in ESTIMATORS:
        telling = [one for one in by_family[row.family] if one.value > 0 and one.stderr < _WIDEST * one.value]
        (own if kind in row.kinds else others).extend(telling)
    return own, others


def is_apart(one: Estimate) -> bool:
    """Whether an estimate was measured apart from the chains: more samples do not make its bar smaller, and it is as
    good while they have not proved their equilibrium."""
    return one.key in {row.apart for row in ESTIMATORS if row.apart}


def _as_they_are(found: Findings) -> dict[str, list[Estimate]]:
    """Every estimate by family, with the bar that it has by itself."""
    return {row.family: row.estimates(found) if row.applies(found) else [] for row in ESTIMATORS}


def _widened(one: Estimate, ends: list[list[Estimate]]) -> Estimate:
    """An estimate with a bar that holds, in quadrature, how far it lies from the same one at the farther end."""
    apart = np.max([abs(_same(one, end) - one.value) for end in ends])
    return replace(one, stderr=float(np.hypot(one.stderr, apart)))


def _same(one: Estimate, others: list[Estimate]) -> float:
    """Where an estimate is among others: the one of its key, else the first; nan without any."""
    return next((other.value for other in others if other.key == one.key), others[0].value if others else np.nan)
