"""The catalogue of ensembles: what run files, checks, theory and analysis have to know of each, as data.

The function that draws the glasses has the name of the record: ``glassnet.ensembles.<name>``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from glassnet import _checks, _wiring

Size = int | tuple[int, ...]
#: of a glass whose paths were not drawn by an ensemble
GIVEN = "given"


@dataclass(frozen=True)
class Ensemble:
    """What distinguishes an ensemble from others.

    Attributes
    ----------
    noun : str
        In a sentence: "a regular glass".
    keywords : tuple of str
        Those of "p", "degree", "alpha" that the function takes and needs, beside its size, couplings and dilution.
    gauge : {"flip", "layers", "neurons"}
        Which weights may be turned without a change of the energy: all of them if p is even; those of any two layers,
        of which every path has one weight each; those into and out of any hidden neuron of a network. The size of a
        network are the widths of its layers, that of others the number of weights.
    limit : {"regular", "poisson"} or None
        The tree that a large glass looks like around a weight, by the law of its degrees: all equal to `degree`, or
        Poisson with mean p alpha. None where loops stay short; then there is no cavity theory, no field integration
        and no exponent of mean-field theory.
    p_divides : tuple of str
        Size and keywords of which p must divide the product; empty if any size will do.
    paths_per_weight : float or None
        Before dilution, where no keyword gives it.
    measure : tuple of str
        Measurements that are made unless a run file lists its own, beside energy and overlap.
    """

    noun: str
    keywords: tuple[str, ...]
    gauge: Literal["flip", "layers", "neurons"]
    limit: Literal["regular", "poisson"] | None
    p_divides: tuple[str, ...] = ()
    paths_per_weight: float | None = None
    measure: tuple[str, ...] = ()

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

    def n_paths(self, n_weights: int, p: int, keywords: Mapping[str, Any]) -> float:
        """Paths of a glass of so many weights before dilution, not rounded; of `keywords` those that it takes."""
        if "degree" in self.keywords:
            return n_weights * keywords["degree"] / p
        return self.alpha(p, keywords) * n_weights

    def alpha(self, p: int, keywords: Mapping[str, Any]) -> float:
        """Paths per weight before dilution."""
        if self.paths_per_weight is not None:
            return self.paths_per_weight
        return float(keywords["alpha"] if "alpha" in keywords else keywords["degree"] / p)


#: by the name of the function that draws the glasses, in the order in which they are listed to users
ENSEMBLES = {
    "regular": Ensemble(
        noun="a regular glass",
        keywords=("p", "degree"),
        gauge="flip",
        limit="regular",
        p_divides=("size", "degree"),
    ),
    "poisson": Ensemble(
        noun="a Poisson glass",
        keywords=("p", "alpha"),
        gauge="flip",
        limit="poisson",
    ),
    "layered": Ensemble(
        noun="a layered glass",
        keywords=("p", "alpha"),
        gauge="layers",
        limit="poisson",
        p_divides=("size",),
        measure=("matched_overlap",),
    ),
    "walks": Ensemble(
        noun="a network",
        keywords=("alpha",),
        gauge="neurons",
        limit="poisson",
        measure=("matched_overlap",),
    ),
}

#: glasses that were given
_OTHER = Ensemble(noun="a given glass", keywords=(), gauge="flip", limit=None)


def names() -> tuple[str, ...]:
    """Names of all ensembles."""
    return tuple(ENSEMBLES)


def ensemble(name: str, argument: str = "ensemble") -> Ensemble:
    """The record of that name; an error of the `argument`, which lists all ensembles, if there is none."""
    return ENSEMBLES[_checks.choice(argument, name, names())]


def tree_like() -> str:
    """Names of the ensembles whose large glasses look like trees, as they are listed in an error."""
    return ", ".join(name for name, record in ENSEMBLES.items() if record.limit)


def of_chain(attributes: Mapping[str, Any]) -> Ensemble:
    """The record of the ensemble that a chain's attributes name; of glasses that were given and of chains that do not
    say it, a record without any symmetry but that of all weights, and without a limit."""
    return ENSEMBLES.get(attributes.get("ensemble", GIVEN), _OTHER)
