"""The provisional temperature of an undecided result, with a name that says where it comes from.

In a planted scan half of the replicas start on the planted state and half at random. Chains that are too short keep too
much of the planted phase in the first half and find too little of it in the second, so that at every temperature the
weight in equilibrium lies between the two, and so does the crossing of different sizes. No node is left out here: those
near coexistence relax slowest and locate the crossing best. A complexity measured in a field does not depend on these
chains; it comes first where it is known and does not disagree.
"""

from typing import NamedTuple

import numpy as np

from glassnet.analysis.averages.planted_weight import PlantedNode
from glassnet.analysis.location import planted_crossing
from glassnet.analysis.location.planted_crossing import Location, locate
from glassnet.analysis.questions import DISAGREE, Answer
from glassnet.analysis.verdict import evidence as weigh
from glassnet.statistics.estimate import Estimate, with_error

#: a bracket is too wide to be useful if its half-width exceeds this part of the temperature
_WIDEST = 0.05
#: chains whose weights of the planted phase differ by more between the two starts, in any node, remember their start
_FORGOTTEN = 0.25


class Starts(NamedTuple):
    """The crossings of the planted weights from either kind of start.

    `apart` is the largest difference of the two mean weights at any size and planting temperature; `sizes` are those
    before dilution.
    """

    random: Location
    planted: Location
    apart: float
    sizes: tuple[int, ...]

    @property
    def crosses(self) -> bool:
        """Whether the curves of both kinds of start cross."""
        return self.random.crosses and self.planted.crosses

    @property
    def half_width(self) -> float:
        """Half of the distance of the two crossings; inf where one of them does not exist."""
        return abs(self.planted.temperature - self.random.temperature) / 2 if self.crosses else np.inf

    @property
    def temperature(self) -> float:
        """The middle of the two crossings; nan where one of them does not exist."""
        return (self.planted.temperature + self.random.temperature) / 2 if self.crosses else np.nan

    @property
    def narrow(self) -> bool:
        """Whether the two crossings, and all weights, lie close enough to stand for one."""
        return self.crosses and self.half_width <= _WIDEST * self.temperature and self.apart <= _FORGOTTEN

    def estimate(self) -> Estimate:
        """The middle, with a bar that is the quadrature sum of half of the distance of the two crossings and the larger
        of their own bars, which include statistics and the spread of extrapolations to infinite size."""
        bar = np.hypot(self.half_width, max(self.random.stderr, self.planted.stderr))
        name = "planted crossing, between those of random and of planted starts"
        statistical = max(self.random.statistical, self.planted.statistical)
        return Estimate(self.temperature, float(bar), name, self.sizes, statistical, "planted_crossing_between_starts")

    def estimates(self) -> list[Estimate]:
        """The crossing of either kind of start, as far as it exists."""
        rows = []
        for kind, one in (("random", self.random), ("planted", self.planted)):
            if one.inside and np.isfinite(one.stderr):
                key, name = f"planted_crossing_{kind}_starts", f"planted crossing, {kind} starts only"
                rows.append(Estimate(one.temperature, one.stderr, name, self.sizes, one.statistical, key))
        return rows


def of_starts(nodes: list[PlantedNode], *, seed: int = 0) -> Starts | None:
    """Locate the crossing from either kind of start; None without two sizes at two temperatures each, or without both
    kinds.

    `nodes` are all sizes and planting temperatures of one dilution, in equilibrium or not; `seed` of the run is that of
    the bootstrap over samples.
    """
    if not nodes or not all(np.isfinite([node.from_planted, node.from_random]).all() for node in nodes):
        return None
    halves = [
        [node._replace(weight=getattr(node, kind), n_effective=node.n_effective / 2) for node in nodes]
        for kind in ("from_random", "from_planted")
    ]
    random, planted = (locate(half, seed=seed) for half in halves)
    if random is None or planted is None:
        return None
    apart = max(abs(node.from_planted.mean() - node.from_random.mean()) for node in nodes)
    return Starts(random, planted, apart, random.estimates[0].sizes)


def widened(every: list[Starts | None]) -> Starts | None:
    """The first of several starts, with bars that include the distance of both crossings from those of the others, in
    which temperatures are moved between dilutions by more and by less."""
    starts, *ends = every
    if starts is None or not ends or None in ends:
        return starts
    random, planted = (
        planted_crossing.widened(getattr(starts, kind), [getattr(end, kind) for end in ends])
        for kind in ("random", "planted")
    )
    assert random is not None
    assert planted is not None
    return starts._replace(random=random, planted=planted)


def bracket(starts: Starts | None) -> Answer | None:
    """Do the two kinds of start bracket the crossing closely? None where there are no two kinds."""
    if starts is None:
        return None
    sizes = starts.sizes
    says = f"{_crossing(starts.random)} from random starts and {_crossing(starts.planted)} from planted starts"
    if not starts.narrow:
        weights = f"their weights differ by up to {starts.apart:.2f}"
        says += f", {weights}: too far apart for a provisional temperature" if starts.crosses else f", {weights}"
        return Answer(np.nan, np.nan, sizes, False if starts.crosses else None, says)
    one = starts.estimate()
    return Answer(one.value, one.stderr, sizes, True, f"{says}: {one}")


def choose(
    starts: Starts | None, field: Estimate | None, rest: Estimate | None, *, contradicted: bool, annealed, arrest
) -> Estimate | None:
    """The provisional temperature of an undecided transition.

    Parameters
    ----------
    starts : Starts or None
    field : Estimate or None
        Zero of the complexity in a field, if it was measured and exists.
    rest : Estimate or None
        Headline of a continuous or first-order transition that the temperatures in equilibrium show.
    contradicted : bool
        Whether other evidence contradicts a jump of the overlap without latent heat, which the first two assume.
    annealed, arrest : objects or None
        For the bounds (:func:`glassnet.analysis.verdict.evidence.bracket`).

    Returns
    -------
    Estimate or None
        Its name says where it comes from. None where there is no estimate, where field and starts disagree, or where
        the temperature lies outside rigorous bounds.
    """
    between = starts.estimate() if starts is not None and starts.narrow else None
    if contradicted:
        chosen = rest
    elif field is not None and between is not None:
        apart = abs(field.value - between.value)
        chosen = field if apart <= DISAGREE * np.hypot(field.stderr, between.stderr) else None
    else:
        chosen = field or between or rest
    if chosen is None or weigh.bracket(chosen.value, chosen.stderr, annealed, arrest).passed is False:
        return None
    return chosen


def _crossing(one: Location) -> str:
    """Where the curves of one kind of start cross, or that they do not."""
    if not np.isfinite(one.temperature):
        return "nowhere"
    if not one.inside:
        return "outside the planting temperatures"
    return f"at {with_error(one.temperature, one.stderr)}" if one.crosses else "nowhere significantly"
