"""The catalogue of ensembles: what run files, checks, theory and analysis have to know of each, as data.

The function that draws the glasses has the name of the record: ``glassnet.ensembles.<name>``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from glassnet import _checks, _wiring

Size = int | tuple[int, ...]
#: of a glass whose paths were not drawn by an ensemble
GIVEN = "given"
#: which weights may be turned without a change of the energy: all of them if p is even; those of any two layers, of
#: which every path has one weight each; those into and out of any hidden neuron of a network
GAUGES = ("flip", "layers", "neurons")
#: trees that large glasses look like around a weight, by the law of their degrees
LIMITS = {"regular": "the regular glass", "poisson": "the Poisson glass"}


class Keyword(NamedTuple):
    """A keyword of ensembles: `kind` of its values, and what it `means`."""

    kind: type[int] | type[float]
    means: str


#: what distinguishes glasses of one ensemble, beside size, couplings and dilution
KEYWORDS = {
    "p": Keyword(int, "weights per path"),
    "degree": Keyword(int, "paths through each weight, before dilution"),
    "alpha": Keyword(float, "paths per weight, before dilution"),
}


@dataclass(frozen=True)
class Ensemble:
    """What distinguishes an ensemble from others.

    Attributes
    ----------
    noun : str
        In a sentence: "a regular glass".
    means : str
        How its paths are drawn, in a few words for lists of ensembles.
    keywords : tuple of str
        Those of :data:`KEYWORDS` that the function takes and needs, beside its size, couplings and dilution.
    gauge : str
        One of :data:`GAUGES`. The size of a network, whose gauge is that of its neurons, are the widths of its layers;
        that of others is the number of weights.
    limit : str or None
        Of :data:`LIMITS`: all degrees equal to `degree`, or Poisson with the mean p alpha. None where loops stay short;
        then there is no cavity theory, no field integration and no exponent of mean-field theory.
    p_divides : tuple of str
        "size" and keywords of which p must divide the product; empty if any size will do.
    paths_per_weight : float or None
        Before dilution, where neither degree nor alpha gives it.
    measure : tuple of str
        Measurements that are made unless a run file lists its own, beside energy and overlap.

    Raises
    ------
    ValueError
        If an entry is none of those allowed, or contradicts another one.
    """

    noun: str
    means: str
    keywords: tuple[str, ...]
    gauge: str
    limit: str | None
    p_divides: tuple[str, ...] = ()
    paths_per_weight: float | None = None
    measure: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for keyword in self.keywords:
            _checks.choice("keywords", keyword, tuple(KEYWORDS))
        _checks.choice("gauge", self.gauge, GAUGES)
        if self.limit is not None:
            _checks.choice("limit", self.limit, tuple(LIMITS))
        for factor in self.p_divides:
            _checks.choice("p_divides", factor, ("size", *self.keywords))
        given = {"degree", "alpha"} & set(self.keywords)
        if len(given) + (self.paths_per_weight is not None) > 1:
            raise ValueError(f"paths_per_weight must be given by one of degree, alpha and itself, got {self}")

    @property
    def is_network(self) -> bool:
        """Whether weights join neurons and a size are the widths of a network, of which p follows."""
        return self.gauge == "neurons"

    @property
    def has_layers(self) -> bool:
        """Whether every path has one weight of each layer."""
        return self.gauge != "flip"

    def p(self, size: Size, p: int | None) -> int:
        """Weights on a path: the keyword `p`, in networks one less than there are `widths`."""
        return len(size) - 1 if isinstance(size, tuple) else p or 0

    def layer_sizes(self, size: Size, p: int | None) -> list[int]:
        """Weights of each layer before dilution; one entry where the ensemble has no layers."""
        return _wiring.layer_sizes(size, self.p(size, p) if self.gauge == "layers" else 1)

    def own(self, keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Of some keywords those that the ensemble takes."""
        return {name: keywords[name] for name in self.keywords if keywords.get(name) is not None}

    def lacks(self, keywords: Mapping[str, Any]) -> list[str]:
        """Keywords that the ensemble needs and that are not given."""
        return [name for name in self.keywords if keywords.get(name) is None]

    def n_paths(self, n_weights: int, p: int, keywords: Mapping[str, Any]) -> float:
        """Paths of a glass of so many weights before dilution, not rounded."""
        if "degree" in self.keywords:
            return n_weights * keywords["degree"] / p
        return self.alpha(p, keywords) * n_weights

    def alpha(self, p: int, keywords: Mapping[str, Any]) -> float:
        """Paths per weight before dilution."""
        if self.paths_per_weight is not None:
            return self.paths_per_weight
        return float(keywords["degree"] / p if "degree" in self.keywords else keywords["alpha"])

    def mean_degree(self, p: int, keywords: Mapping[str, Any]) -> float:
        """Mean number of paths through a weight before dilution; of the limit "regular", that of every weight."""
        return float(keywords["degree"] if "degree" in self.keywords else p * self.alpha(p, keywords))


#: by the name of the function that draws the glasses, in the order in which they are listed to users
ENSEMBLES = {
    "regular": Ensemble(
        noun="a regular glass",
        means="every weight on equally many paths",
        keywords=("p", "degree"),
        gauge="flip",
        limit="regular",
        p_divides=("size", "degree"),
    ),
    "poisson": Ensemble(
        noun="a Poisson glass",
        means="paths of weights drawn uniformly",
        keywords=("p", "alpha"),
        gauge="flip",
        limit="poisson",
    ),
    "layered": Ensemble(
        noun="a layered glass",
        means="paths with one weight of each of p equal layers",
        keywords=("p", "alpha"),
        gauge="layers",
        limit="poisson",
        p_divides=("size",),
        measure=("matched_overlap",),
    ),
    "walks": Ensemble(
        noun="a network",
        means="paths through a network, from input to output",
        keywords=("alpha",),
        gauge="neurons",
        limit="poisson",
        measure=("matched_overlap",),
    ),
}

#: glasses that were given
_OTHER = Ensemble(noun="a given glass", means="paths that were given", keywords=(), gauge="flip", limit=None)


def names() -> tuple[str, ...]:
    """Names of all ensembles."""
    return tuple(ENSEMBLES)


def ensemble(name: str, argument: str = "ensemble") -> Ensemble:
    """The record of that name; an error of the `argument`, which lists all ensembles, if there is none."""
    return ENSEMBLES[_checks.choice(argument, name, names())]


def tree_like() -> str:
    """Names of the ensembles whose large glasses look like trees, as they are listed in an error."""
    return ", ".join(name for name, record in ENSEMBLES.items() if record.limit)


def networks() -> str:
    """Names of the ensembles whose sizes are widths."""
    return ", ".join(name for name, record in ENSEMBLES.items() if record.is_network)


def help_of(keyword: str) -> str:
    """What a keyword means, and which ensembles take it."""
    taken = ", ".join(name for name, record in ENSEMBLES.items() if keyword in record.keywords)
    return f"{KEYWORDS[keyword].means} ({taken})"


def of_chain(attributes: Mapping[str, Any]) -> Ensemble:
    """The record of the ensemble that a chain's attributes name; of glasses that were given and of chains that do not
    say it, a record without any symmetry but that of all weights, and without a limit."""
    return ENSEMBLES.get(attributes.get("ensemble", GIVEN), _OTHER)
