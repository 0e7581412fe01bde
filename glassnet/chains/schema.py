"""The dataset a sampler returns and a chain file holds: names, dimensions, dtypes, and how two stretches join.

:data:`MEASUREMENTS` is the one table of what may be recorded: samplers, run files, costs and the analysis read it.

No storage here: samplers import this module on every rank. Overlaps are kept as exact integers times a known
denominator; a dataset holds ``integer * (1 / denominator)`` as float64 with the pair
(``dtype``, ``scale_factor``) in the variable's encoding, so that a file stores the integers themselves.
"""

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import xarray as xr

from glassnet import _face

__all__ = ["MEASUREMENTS", "VARIABLES", "join"]
_face.public(__name__)


class Setup(NamedTuple):
    """What is known of a chain before it runs: whatever its measurements require and their bytes depend on.

    Attributes
    ----------
    n_replicas, n_temperatures, n_weights : int
    planted : bool
        Whether the glass has a planted state.
    real_couplings : bool
        Whether the couplings are real numbers, not +-J.
    layers, walks : bool
        Gauges of the glass: any two layers can be flipped; all weights into and out of a hidden neuron of a network.
    n_terms : int or float
        Of the order parameter: weights, or products over the layers, or walks (docs/symmetries.md); matters where it
        is 2^53 or more.
    """

    n_replicas: int
    n_temperatures: int = 1
    n_weights: int = 1
    planted: bool = False
    real_couplings: bool = False
    layers: bool = False
    walks: bool = False
    n_terms: float = 1

    @property
    def n_pairs(self) -> int:
        """Pairs of replicas that are compared: all; in networks, where a pair costs more, disjoint ones."""
        return self.n_replicas // 2 if self.walks else self.n_replicas * (self.n_replicas - 1) // 2

    @property
    def sizes(self) -> dict[str, int]:
        """Size of each dimension of one draw."""
        n_bytes = -(-self.n_weights // 8)
        return {
            "temperature": self.n_temperatures,
            "replica": self.n_replicas,
            "pair": self.n_pairs,
            "byte": n_bytes,
        }


class Requirement(NamedTuple):
    """What a chain must be for a measurement.

    Attributes
    ----------
    holds : callable(Setup) -> bool
    in_program, in_run_file : str
        What is wrong where it does not hold, with {name} for the measurement and {setup} for the chain.
    key : str
        Setting of the run file that the error names.
    """

    holds: Callable[[Setup], bool]
    in_program: str
    in_run_file: str
    key: str = "measure"


REQUIREMENTS = {
    "pairs": Requirement(
        lambda setup: setup.n_replicas >= 2,
        "{name!r} needs n_replicas >= 2, got {setup.n_replicas}",
        "must be at least 2 to measure {name} between replicas, got {setup.n_replicas}",
        "replicas",
    ),
    "planted": Requirement(
        lambda setup: setup.planted,
        "{name!r} needs a planted glass (gn.ensembles.planted)",
        "{name} needs a planted state, the symmetric scan has none",
    ),
    "real": Requirement(
        lambda setup: setup.real_couplings,
        "{name!r} needs real couplings, those of this glass are +-J",
        "{name} needs real couplings, glass.couplings = 'binary' are +-J",
    ),
}


def _energy(setup: Setup) -> str:
    return "float64" if setup.real_couplings else "int32"


def _order(setup: Setup) -> str:
    if not (setup.layers or setup.walks):
        return "int32"
    # beyond 2^53 a product or sum is no exact integer any more
    return "int64" if setup.n_terms < 2**53 else "float64"


@dataclass(frozen=True)
class Measurement:
    """What a run may record, a row of :data:`MEASUREMENTS`.

    Attributes
    ----------
    dims : tuple of str
        "draw", "temperature", then "pair" (of replicas) or "replica", and whatever each of these has several of.
    meaning : str
        With units; the attribute `long_name` of the variable.
    dtype : str or callable(Setup) -> str
        Of the numbers that a file stores.
    unit : {"weights", "paths", "terms"}, optional
        What it is a mean over: a file holds sums, and the values, float64 in memory, are 1 / (number of these) times
        them. "terms" are those of the order parameter (:class:`Setup`). None: stored as it is measured.
    needs : tuple of str
        Names of :data:`REQUIREMENTS`.
    default : tuple of str, optional
        Measured where no measurements are named and these of :data:`REQUIREMENTS` hold; None: only when it is named.
    essential : bool
        Whether scans record it wherever it can be: nothing could be analysed without it.
    order_parameter : {"every", "no gauge"}, optional
        Where it can stand for the order parameter: with every gauge group, or only where there is no gauge.
    label : str
        What axes of figures call an order parameter.
    """

    dims: tuple[str, ...]
    meaning: str
    dtype: str | Callable[[Setup], str]
    unit: Literal["weights", "paths", "terms"] | None = None
    needs: tuple[str, ...] = ()
    default: tuple[str, ...] | None = None
    essential: bool = False
    order_parameter: Literal["every", "no gauge"] | None = None
    label: str = ""

    @property
    def matched(self) -> bool:
        """Whether it is an overlap of replicas after the best gauge image was chosen."""
        return self.order_parameter == "every" and "pair" in self.dims

    def stored(self, setup: Setup) -> str:
        """Dtype in a file."""
        return self.dtype if isinstance(self.dtype, str) else self.dtype(setup)

    def in_memory(self, setup: Setup) -> str:
        """Dtype in a dataset."""
        return self.stored(setup) if self.unit is None else "float64"

    def shape(self, setup: Setup) -> tuple[int, ...]:
        """Of one draw."""
        return tuple(setup.sizes[name] for name in self.dims[1:])

    def file_bytes(self, setup: Setup) -> int:
        """Bytes of one draw in a file, not compressed."""
        return np.dtype(self.stored(setup)).itemsize * math.prod(self.shape(setup))

    def memory_bytes(self, setup: Setup) -> int:
        """Bytes of one draw in a dataset."""
        return np.dtype(self.in_memory(setup)).itemsize * math.prod(self.shape(setup))

    def own_unit(self, gauged: bool) -> bool:
        """Whether samples with the same number of weights may have another unit, `gauged` ones or not."""
        return self.unit == "paths" or (self.unit == "terms" and gauged)


_VOTE = ("start", "temperature", "vote")
_PAIR, _REPLICA = ("draw", "temperature", "pair"), ("draw", "temperature", "replica")
#: everything that a run may measure by name; what is recorded lies in this order. ext/recording/recording.h computes it
MEASUREMENTS = {
    "energy": Measurement(_REPLICA, "total energy of a replica, units of |J|", _energy, default=(), essential=True),
    "overlap": Measurement(
        _PAIR,
        "order parameter of the ensemble, invariant under its gauge group",
        _order,
        "terms",
        needs=("pairs",),
        default=(),
        order_parameter="no gauge",
        label="overlap",
    ),
    "weight_overlap": Measurement(_PAIR, "mean over weights of w_i w'_i", "int32", "weights", needs=("pairs",)),
    "path_overlap": Measurement(
        _PAIR,
        "mean over paths of tau_a tau'_a, tau_a = prod w",
        "int32",
        "paths",
        needs=("pairs",),
        default=("real",),
    ),
    "matched_overlap": Measurement(
        _PAIR,
        "weight overlap after a gauge image was chosen that makes it large (walks: a local maximum)",
        "int32",
        "weights",
        needs=("pairs",),
        order_parameter="every",
        label="matched overlap",
    ),
    "planted_overlap": Measurement(
        _REPLICA,
        "overlap with the planted state, matched to its gauge",
        "int32",
        "weights",
        needs=("planted",),
        default=("planted",),
        essential=True,
        order_parameter="every",
        label="overlap with the planted state",
    ),
    "weights": Measurement((*_REPLICA, "byte"), "weights packed 8 to a byte, lowest bit first, 1 = +1", "uint8"),
}


def defaults(setup: Setup) -> tuple[str, ...]:
    """Names of what is measured of any glass where no measurements are named, whether or not it is possible."""
    return tuple(
        name
        for name, row in MEASUREMENTS.items()
        if row.default is not None and all(REQUIREMENTS[one].holds(setup) for one in row.default)
    )


def lacking(names: Collection[str], setup: Setup) -> Iterator[tuple[str, str]]:
    """The measurements among `names` that a chain cannot take, each with the name of a requirement that is not met."""
    for name in names:
        for requirement in MEASUREMENTS[name].needs:
            if not REQUIREMENTS[requirement].holds(setup):
                yield name, requirement


def order_parameters(*, planted: bool, gauged: bool) -> list[str]:
    """Names of the measurements that can stand for the order parameter, the best first: with the planted state where
    there is one, otherwise between replicas."""
    allowed = ("every",) if gauged else ("every", "no gauge")
    return [
        name
        for rank in allowed
        for name, row in MEASUREMENTS.items()
        if row.order_parameter == rank and ("planted" in row.needs) == planted
    ]


#: every variable of a chain with its dimensions and meaning; `docs/chains.md` says the same for readers with h5py only
VARIABLES = {name: (row.dims, row.meaning) for name, row in MEASUREMENTS.items()} | {
    "swap_attempted": (("gap",), "exchanges proposed between rungs gap and gap + 1, all replicas"),
    "swap_accepted": (("gap",), "exchanges accepted between rungs gap and gap + 1, all replicas"),
    "swap_acceptance": (("gap",), "swap_accepted / swap_attempted, nan where none was attempted"),
    "round_trips": (("walker",), "trips coldest - hottest - coldest rung completed by each configuration"),
    "field_overlap": (
        ("draw", "temperature", "field", "planting"),
        "overlap with the planted state of each lane, in a field along it",
    ),
    "local_fields": (
        ("temperature", "field", "planting", "local_field"),
        "weights of the planted state of each lane with each local field: paths minus twice the violated ones",
    ),
    "degree_counts": (("degree",), "weights with so many paths"),
    "removed_fraction": (("layer",), "fraction of the connections of each layer that the dilution removed"),
    "train_error": (
        _REPLICA,
        "fraction of the training examples that a network gets wrong, half where it has no answer",
    ),
    "test_error": (_REPLICA, "fraction of the test examples that a network gets wrong, half where it has no answer"),
    "walk_overlap": (_REPLICA, "mean over walks from input to output of the product of w and the Hebb state's weights"),
    "vote_train_error": (
        _VOTE,
        "fraction of the training examples that a vote gets wrong, mean over groups of networks",
    ),
    "vote_test_error": (_VOTE, "fraction of the test examples that a vote gets wrong, mean over groups of networks"),
    "vote_groups": (("vote",), "disjoint groups of so many networks that vote"),
}
#: of these the networks of a study are asked for at the end of a chain (:mod:`glassnet.studies.learned_networks`)
EXAMINED = ("train_error", "test_error", "walk_overlap", "vote_train_error", "vote_test_error", "vote_groups")

_COUNTERS = ("swap_attempted", "swap_accepted", "round_trips")


def dataset(
    draws: dict[str, np.ndarray],
    *,
    stored: dict[str, tuple[str, float]],
    draw: np.ndarray,
    temperatures: np.ndarray,
    pairs: np.ndarray | None,
    n_replicas: int,
    swap_attempted: np.ndarray,
    swap_accepted: np.ndarray,
    round_trips: np.ndarray,
    attrs: dict[str, Any],
) -> xr.Dataset:
    """Build the dataset of one stretch of a chain.

    Parameters
    ----------
    draws : dict of str to array, first axis `draw`
        Measurements by the names of :data:`VARIABLES`.
    stored : dict of str to (dtype, factor)
        Measurements that are integers times a factor (1 / n_weights for an overlap), and what holds these integers.
    draw : (n_draws,) int64
        Sweeps since the start of the chain at each measurement.
    temperatures : (n_temperatures,) float64
    pairs : (n_pairs, 2) int or None
        The two replicas of each pair; None where no pairs were compared.
    n_replicas : int
    swap_attempted, swap_accepted : (n_temperatures - 1,) int64
    round_trips : (n_temperatures * n_replicas,) int64
    attrs : dict
        What is needed to reproduce the chain.
    """
    variables = {}
    for name, values in draws.items():
        dimensions, meaning = VARIABLES[name]
        encoding = {}
        if name in stored:
            encoding = dict(zip(("dtype", "scale_factor"), stored[name], strict=True))
        variables[name] = (dimensions, values, {"long_name": meaning}, encoding)
    counters = (("swap_attempted", swap_attempted), ("swap_accepted", swap_accepted), ("round_trips", round_trips))
    for name, values in counters:
        variables[name] = (VARIABLES[name][0], values, {"long_name": VARIABLES[name][1]}, {})
    coordinates = {
        "draw": ("draw", draw, {"long_name": "sweeps since the start of the chain"}),
        "temperature": ("temperature", temperatures, {"long_name": "temperature, k_B = 1"}),
        "replica": ("replica", np.arange(n_replicas, dtype=np.int32)),
        "gap": ("gap", np.arange(len(swap_attempted), dtype=np.int32)),
        "walker": ("walker", np.arange(len(round_trips), dtype=np.int32)),
    }
    if pairs is not None:
        coordinates["replica_a"] = ("pair", np.asarray(pairs, dtype=np.int32)[:, 0])
        coordinates["replica_b"] = ("pair", np.asarray(pairs, dtype=np.int32)[:, 1])
    return _with_acceptance(xr.Dataset(variables, coords=coordinates, attrs=attrs))


def removed_fraction(fractions: np.ndarray) -> xr.Variable:
    """Variable of the fraction of connections that were removed from each layer, (n_layers,) float64."""
    axes, meaning = VARIABLES["removed_fraction"]
    return xr.Variable(axes, fractions, {"long_name": meaning})


def join(*pieces: xr.Dataset) -> xr.Dataset:
    """Join a chain and its continuations: draws follow each other, counters add up; attributes are those of the last.

    Parameters
    ----------
    *pieces : xarray.Dataset
        What the runs of one sampler returned, in their order.

    Raises
    ------
    ValueError
        If a piece does not start after the last draw of the one before, or they differ in variables or temperatures.
    """
    last = pieces[-1]
    for first, second in pairwise(pieces):
        if set(first.data_vars) != set(second.data_vars):
            differ = ", ".join(sorted(map(str, set(first.data_vars) ^ set(second.data_vars))))
            raise ValueError(f"pieces must hold the same variables; they differ in {differ}")
        if not np.array_equal(first.temperature, second.temperature):
            raise ValueError("pieces must have the same temperatures")
    draw = np.concatenate([piece.draw.values for piece in pieces])
    for number in np.flatnonzero(np.diff(draw) <= 0)[:1]:
        raise ValueError(f"pieces must follow each other: after sweep {draw[number]} comes {draw[number + 1]}")
    variables = {}
    # a piece without draws does not name the replicas of its pairs
    named = next((piece for piece in reversed(pieces) if piece.sizes["draw"]), last)
    for name, variable in named.variables.items():
        values = variable.values
        if "draw" in variable.dims:
            values = np.concatenate([piece[name].values for piece in pieces])
        elif name in _COUNTERS:
            values = sum((piece[name].values for piece in pieces[1:]), pieces[0][name].values)
        variables[name] = xr.Variable(variable.dims, values, variable.attrs, variable.encoding)
    return _with_acceptance(xr.Dataset(variables, attrs=last.attrs).set_coords(list(named.coords)))


def _with_acceptance(dataset: xr.Dataset) -> xr.Dataset:
    attempted = dataset["swap_attempted"].values
    with np.errstate(invalid="ignore", divide="ignore"):
        acceptance = np.where(attempted > 0, dataset["swap_accepted"].values / attempted, np.nan)
    dataset["swap_acceptance"] = ("gap", acceptance, {"long_name": VARIABLES["swap_acceptance"][1]})
    return dataset
