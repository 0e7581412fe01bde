"""What an undecided result still tells of the temperature: an estimate that is provisional and says what it rests on.

In a planted scan half of the replicas start on the planted state and half at random. Chains that are too short keep too
much of the planted phase in the first half and find too little of it in the second, so that at every temperature the
weight in equilibrium lies between the two, and so does the crossing of different sizes. No node is set aside for this:
those near coexistence relax slowest and locate the crossing best. A complexity measured in a field needs no such
chains; it comes first where it is known and does not disagree.
"""

from typing import NamedTuple

import numpy as np

from glassnet.analysis import evidence as weigh
from glassnet.analysis import location
from glassnet.analysis.evidence import Evidence
from glassnet.analysis.location import Location, locate
from glassnet.analysis.planted import PlantedNode
from glassnet.statistics.estimate import Estimate, with_error

#: a bracket whose half-width exceeds this part of the temperature tells no more than the planting temperatures do
_WIDEST = 0.05
#: starts whose weights of the planted phase differ by more, in any node, know their start and not the equilibrium
_FORGOTTEN = 0.25


class Starts(NamedTuple):
    """The crossing of the planted weights as either kind of start has it.

    `apart` is the largest difference of the two mean weights at any size and planting temperature; `sizes` are those
    before dilution.
    """

    random: Location
    planted: Location
    apart: float
    sizes: tuple[int, ...]

    @property
    def found(self) -> bool:
        """Whether the curves of both kinds of start cross."""
        return self.random.found and self.planted.found

    @property
    def half_width(self) -> float:
        """Half of the distance of the two crossings; inf where one of them does not exist."""
        return abs(self.planted.temperature - self.random.temperature) / 2 if self.found else np.inf

    @property
    def temperature(self) -> float:
        """The middle of the two crossings; nan where one of them does not exist."""
        return (self.planted.temperature + self.random.temperature) / 2 if self.found else np.nan

    @property
    def narrow(self) -> bool:
        """Whether the two crossings, and all weights, lie close enough to stand for one."""
        return self.found and self.half_width <= _WIDEST * self.temperature and self.apart <= _FORGOTTEN

    def estimate(self) -> Estimate:
        """The middle with a bar that holds, in quadrature, half of the distance of the two crossings and the larger of
        their own bars, which hold statistics and the spread of extrapolations to infinite size."""
        bar = np.hypot(self.half_width, max(self.random.stderr, self.planted.stderr))
        name = "planted crossing, between those of random and of planted starts"
        statistical = max(self.random.statistical, self.planted.statistical)
        return Estimate(self.temperature, float(bar), name, self.sizes, statistical)

    def estimates(self) -> list[Estimate]:
        """The crossing of either kind of start, as far as it exists."""
        return [
            Estimate(one.temperature, one.stderr, f"planted crossing, {kind} starts only", self.sizes, one.statistical)
            for kind, one in (("random", self.random), ("planted", self.planted))
            if one.inside and np.isfinite(one.stderr)
        ]


def of_starts(nodes: list[PlantedNode], *, seed: int = 0) -> Starts | None:
    """Locate the crossing from either kind of start.

    Parameters
    ----------
    nodes : list of PlantedNode
        All sizes and planting temperatures of one dilution, in equilibrium or not.
    seed : int
        Seed of the run, for the bootstrap over samples.

    Returns
    -------
    Starts or None
        None without two sizes at two temperatures each, or without replicas of both kinds.
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
    """The first of some starts with bars that hold how far both crossings are from those of the others, temperatures
    moved between dilutions by more and by less."""
    starts, *ends = every
    if starts is None or not ends or None in ends:
        return starts
    random, planted = (
        location.widened(getattr(starts, kind), [getattr(end, kind) for end in ends]) for kind in ("random", "planted")
    )
    return starts._replace(random=random, planted=planted)


def bracket(starts: Starts | None) -> Evidence | None:
    """Do the two kinds of start bracket the crossing closely? None where it cannot be asked."""
    if starts is None:
        return None
    name, sizes = "starts bracket the crossing", starts.sizes
    says = f"{_place(starts.random)} from random starts and {_place(starts.planted)} from planted starts"
    if not starts.narrow:
        weights = f"their weights differ by up to {starts.apart:.2f}"
        says += f", {weights}: too far apart for a provisional temperature" if starts.found else f", {weights}"
        return Evidence(name, np.nan, np.nan, sizes, False if starts.found else None, says)
    one = starts.estimate()
    return Evidence(name, one.value, one.stderr, sizes, True, f"{says}: {one}")


def choose(
    starts: Starts | None, field: Estimate | None, rest: Estimate | None, *, contradicted: bool, annealed, arrest
) -> Estimate | None:
    """The temperature that stands provisionally for an undecided transition.

    Parameters
    ----------
    starts : Starts or None
    field : Estimate or None
        Zero of the complexity in a field, if it was measured and exists.
    rest : Estimate or None
        Headline of a continuous or first-order transition that the temperatures in equilibrium show by themselves.
    contradicted : bool
        Whether other evidence speaks against a jump of the overlap without latent heat, which the first two stand for.
    annealed, arrest : objects or None
        For the bounds (:func:`glassnet.analysis.evidence.bracket`).

    Returns
    -------
    Estimate or None
        Its name says what it rests on. None where there is nothing, where field and starts disagree, or where the
        temperature lies outside rigorous bounds.
    """
    between = starts.estimate() if starts is not None and starts.narrow else None
    if contradicted:
        found = rest
    elif field is not None and between is not None:
        apart = abs(field.value - between.value)
        found = field if apart <= weigh.DISAGREE * np.hypot(field.stderr, between.stderr) else None
    else:
        found = field or between or rest
    if found is None or weigh.bracket(found.value, found.stderr, annealed, arrest).passed is False:
        return None
    return found


def _place(one: Location) -> str:
    """Where the curves of one kind of start cross, or that they do not."""
    if not np.isfinite(one.temperature):
        return "nowhere"
    if not one.inside:
        return "outside the planting temperatures"
    return f"at {with_error(one.temperature, one.stderr)}" if one.found else "nowhere significantly"
