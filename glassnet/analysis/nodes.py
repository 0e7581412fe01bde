"""The nodes of a tree of chains: which node has which size, dilution and planting temperature."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from glassnet import _catalogue, _dilution
from glassnet.chains.content import kept_open
from glassnet.chains.schema import order_parameters

_SIZE = re.compile(r"/N(\d+)(?=/|$)")
_DILUTION = re.compile(r"/dilution([0-9.eE+-]+)(?=/|$)")
_PLANTED = re.compile(r"/planted([0-9.eE+-]+)(?=/|$)")
#: rungs of a planted ladder that are read, from the planting temperature upwards: the planted state melts above
_LADDER = 4


class Node(NamedTuple):
    """One (size, dilution) of a symmetric scan, or one (size, dilution, planting temperature) of a planted one.

    `dilution` is the one that was asked for; it groups nodes. `effective_dilution` is compared with theory and with
    other sizes.
    """

    path: str
    size: int
    dilution: float
    planted_temperature: float | None
    chain: xr.Dataset

    @property
    def n_weights(self) -> int:
        """Weights that are left after dilution; where samples differ by one, the nearest number."""
        return int(self.chain.attrs.get("n_weights", self.size))

    @property
    def weights_of_samples(self) -> np.ndarray:
        """Number of weights left in each sample, (n_samples,) int64, by which its energies and overlaps are divided."""
        if "n_weights" not in self.chain:
            return np.full(self.n_samples, self.n_weights)
        return np.broadcast_to(np.asarray(self.chain["n_weights"].values, dtype=np.int64), (self.n_samples,))

    @property
    def n_samples(self) -> int:
        return self.chain.sizes["sample"]

    @property
    def sample_numbers(self) -> list[int]:
        return [int(number) for number in self.chain["sample"].values]

    @property
    def missing(self) -> list[int]:
        """Samples that the run file asks for and that are not there yet."""
        return [int(number) for number in np.atleast_1d(self.chain.attrs.get("samples_missing", []))]

    @property
    def layer_sizes(self) -> list[int]:
        """Connections of each layer before dilution; one entry where the ensemble has no layers."""
        record = _record(self)
        return record.layer_sizes(widths(self) if record.is_network else self.size, interacting(self))

    @property
    def removed(self) -> np.ndarray | None:
        """Fraction of the connections of each layer that was removed, (n_samples, n_layers) float64.

        Chains of release 0.3.0 do not hold it; the rule of that release is used if it gives the number of weights that
        their glasses lost. None where the chains do not say it, as for glasses that were given and trees made by hand.
        """
        if "removed_fraction" in self.chain:
            return np.asarray(self.chain["removed_fraction"].values, dtype=np.float64).reshape(self.n_samples, -1)
        if not on_random_graph(self) or interacting(self) < 2 or not self.layer_sizes:
            return None
        # in chains that do not say it, every layer lost its own rounded number
        counts = [round(self.dilution * members) for members in self.layer_sizes]
        if "n_weights" not in self.chain.attrs or np.any(self.size - self.weights_of_samples != sum(counts)):
            return None
        return np.tile(np.array(counts) / self.layer_sizes, (self.n_samples, 1))

    @property
    def effective_dilution(self) -> float:
        """Dilution at which the limit of many weights has as many paths per weight as these glasses, mean over samples
        (:func:`glassnet._dilution.effective`), up to p / (2 N (1 - delta)) where there are no layers; the one that was
        asked for where the chains do not say what was removed."""
        if self.dilution == 0 or (removed := self.removed) is None:
            return self.dilution
        mean = float(np.mean(_dilution.effective(removed, self.layer_sizes, interacting(self))))
        # where the number removed was whole, powers and roots change the last digit only
        return self.dilution if np.isclose(mean, self.dilution, rtol=1e-12, atol=1e-15) else mean


def nodes(chains: xr.DataTree) -> list[Node]:
    """Every node of a tree that holds chains, ordered by dilution, planting temperature (symmetric first) and size.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no DataTree, or holds no chains.
    """
    if not isinstance(chains, xr.DataTree):
        raise TypeError(f"chains must be an xarray.DataTree as glassnet.open_chains returns it, got {type(chains)}")
    branches = [branch for branch in chains.subtree if "energy" in branch.data_vars and branch.sizes.get("sample")]
    if any(branch.attrs.get("study") for branch in branches):
        raise ValueError("chains are those of a study, not of a search for transitions: gn.studies.generalisation_of")
    present = [_node(branch) for branch in branches]
    if not present:
        raise ValueError("chains hold no finished sample: no node /N.../dilution... with an energy")
    for node in present:
        for dimension in ("draw", "temperature", "replica"):
            if not node.chain.sizes.get(dimension):
                raise ValueError(f"chains: {node.path} holds nothing, its dimension {dimension!r} is missing or empty")
    order = lambda node: (node.dilution, node.planted_temperature or 0.0, node.size)  # noqa: E731
    return sorted(present, key=order)


class Reading(NamedTuple):
    """Chains of one sample on the rungs that count: all of a symmetric node, the planting temperature of a planted one.

    The sample has `n_weights` weights. `energy` (n_draws, n_rungs, n_replicas); `overlap` the order parameter
    (n_draws, n_rungs, n_pairs), in planted nodes the overlap with the planted state (n_draws, n_rungs, n_replicas), or
    None where it was not measured. Where they were recorded: `magnetisation` (n_draws, n_rungs, n_replicas), the mean
    of the weights; `path_overlap` of pairs; `pairs`, the order parameter of pairs of replicas in independently planted
    nodes; `pair_replicas` (2, n_pairs), the positions of the replicas of each pair. `final_magnetisation` (1, n_rungs,
    n_replicas) is that of the weights the chains end in, where the node is asked for its magnetisation
    (:func:`may_magnetise`). float64.

    The lifetime of states on the ladder is measured on more rungs: `ladder_energy` and `ladder_overlap` are energy and
    overlap on the rungs that count and, in planted nodes, on some rungs above; `counted` are the positions of the
    former among these.
    """

    n_weights: int
    energy: np.ndarray
    overlap: np.ndarray | None
    ladder_energy: np.ndarray
    ladder_overlap: np.ndarray | None
    counted: np.ndarray
    magnetisation: np.ndarray | None = None
    path_overlap: np.ndarray | None = None
    pairs: np.ndarray | None = None
    pair_replicas: np.ndarray | None = None
    final_magnetisation: np.ndarray | None = None


def order_parameter(node: Node) -> str | None:
    """Name of the variable that location and verdict use; None where it was not measured.

    The overlap with the best gauge image where the ensemble has gauges: the invariant of layered glasses and walks is
    a product of p overlaps, whose kurtosis is (3 - 2 / N_l)^p without any order, so that its Binder ratio says nothing.
    """
    if node.planted_temperature is None:
        return _pair_overlap(node)
    return order_parameters(planted=True, gauged=gauged(node))[0]


def _pair_overlap(node: Node) -> str | None:
    names = order_parameters(planted=False, gauged=gauged(node))
    return next((name for name in names if name in node.chain), None)


def independently_planted(node: Node) -> bool:
    """Whether the sign of every coupling was planted on its own, so that the planted state is in equilibrium for every
    N; scans plant a fixed number of unsatisfied paths where they can, which is where |J| = 1."""
    mode = node.chain.attrs.get("unsatisfied")
    return mode == "independent" if mode is not None else node.chain.attrs.get("couplings") == "gaussian"


def bias(node: Node) -> float:
    """Mean of the couplings as they were drawn, in units of their size; nan where the chains do not say it, as of
    couplings that were given."""
    keywords = json.loads(node.chain.attrs.get("glass", "{}"))
    if node.chain.attrs.get("couplings") not in ("binary", "gaussian"):
        return np.nan
    return float(keywords.get("bias", 0.0))


def on_random_graph(node: Node) -> bool:
    """Whether the paths were drawn at random, so that exponents are those of mean-field theory."""
    return _record(node).limit is not None


def gauged(node: Node) -> bool:
    """Whether the ensemble has more symmetries than turning all weights: the overlap is then that with the best gauge
    image."""
    return _record(node).has_layers


def is_network(node: Node) -> bool:
    """Whether the weights are those of a network of walks."""
    return _record(node).is_network


def _record(node: Node) -> _catalogue.Ensemble:
    return _catalogue.of_chain(node.chain.attrs)


def interacting(node: Node) -> int:
    """Number of weights p that interact on a path, 0 where the chains do not say it."""
    return int(node.chain.attrs.get("p", 0))


def widths(node: Node) -> tuple[int, ...]:
    """Neurons in each layer of a network of walks, empty where the chains do not say it."""
    known = node.chain.attrs.get("widths")
    if known is None:
        keywords = node.chain.attrs.get("glass", "{}")
        known = (json.loads(keywords) if isinstance(keywords, str) else keywords).get("widths", ())
    return tuple(int(width) for width in np.ravel(known))


def paths_per_weight(node: Node) -> float:
    """Paths per weight of infinite glasses of this ensemble before dilution, nan where the chains do not say it."""
    keywords, p, record = json.loads(node.chain.attrs.get("glass", "{}")), interacting(node), _record(node)
    if p and record.keywords and not record.lacks(keywords | {"p": p}):
        return record.alpha(p, keywords)
    if "alpha" in keywords:
        return float(keywords["alpha"])
    return keywords["degree"] / p if p and "degree" in keywords else np.nan


def bipartite(node: Node) -> bool:
    """Whether every path joins the same two layers: turning all weights of one turns the sign of every coupling."""
    return gauged(node) and interacting(node) == 2


def may_magnetise(node: Node) -> bool:
    """Whether the mean of the weights may be an order parameter of a continuous transition: two weights a path, and
    couplings that are not known to be symmetric."""
    return node.planted_temperature is None and interacting(node) == 2 and bias(node) != 0


def rungs(node: Node) -> np.ndarray:
    """Positions of the rungs that count on the ladder of a node."""
    temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    if node.planted_temperature is None:
        return np.arange(len(temperatures))
    return np.array([np.argmin(np.abs(temperatures - node.planted_temperature))])


def readings(node: Node) -> Iterator[Reading]:
    """The samples of a node one after the other; only one is in memory at a time."""
    kept, ladder, counted = _selected(node)
    asked = {"energy": "energy", "overlap": order_parameter(node)}
    ladder_names = {field: name for field, name in asked.items() if name in node.chain}
    names: dict[str, str | None] = {"path_overlap": "path_overlap"}
    if node.planted_temperature is not None and independently_planted(node):
        names["pairs"] = _pair_overlap(node)
    names = {field: name for field, name in names.items() if name in node.chain}
    replicas = _pair_replicas(node)
    for sample, n_weights in enumerate(node.weights_of_samples.tolist()):
        # selecting in the whole dataset would cost as much as reading
        read = lambda name, at: node.chain.variables[name].isel(sample=sample, temperature=at).values  # noqa: B023, E731
        with kept_open():
            arrays: dict[str, Any] = {
                field: np.asarray(read(name, kept), dtype=np.float64) for field, name in names.items()
            }
            for field in ("energy", "overlap"):
                name = ladder_names.get(field)
                whole = None if name is None else np.asarray(read(name, ladder), dtype=np.float64)
                arrays[f"ladder_{field}"] = whole
                arrays[field] = whole if whole is None or whole.shape[1] == len(counted) else whole[:, counted]
            if "weights" in node.chain:
                arrays["magnetisation"] = _magnetisation(read("weights", kept), n_weights)
            if "final_weights" in node.chain and may_magnetise(node):
                arrays["final_magnetisation"] = _magnetisation(read("final_weights", kept)[None], n_weights)
        yield Reading(n_weights, **arrays, counted=counted, pair_replicas=replicas)


def _selected(node: Node) -> tuple[slice, slice, np.ndarray]:
    """The rungs that count, those that are read of the ladder, and the positions of the former among the latter."""
    if node.planted_temperature is None:
        return slice(None), slice(None), rungs(node)
    (rung,) = rungs(node)
    # runs of rungs: reading every other one would take ten times as long
    return slice(rung, rung + 1), slice(rung, rung + _LADDER), np.array([0])


def without(node: Node, index: int) -> Node:
    """A node without one of its samples, which it lists as missing."""
    kept = np.delete(np.arange(node.n_samples), index)
    chain = node.chain.isel(sample=kept)
    missing = sorted([*node.missing, node.sample_numbers[index]])
    return node._replace(chain=chain.assign_attrs(samples_missing=missing))


def _pair_replicas(node: Node) -> np.ndarray | None:
    """Positions of the two replicas of every pair, as the chains name them."""
    if "replica_a" not in node.chain.variables or "replica" not in node.chain.variables:
        return None
    positions = {int(number): position for position, number in enumerate(node.chain["replica"].values)}
    return np.array([[positions[int(r)] for r in node.chain[name].values] for name in ("replica_a", "replica_b")])


def _magnetisation(packed: np.ndarray, n_weights: int) -> np.ndarray:
    """Mean of weights that are packed 8 to a byte along the last axis, lowest bit first."""
    return 2 * np.unpackbits(packed, axis=-1, count=n_weights, bitorder="little").mean(axis=-1) - 1


def unstarted(chains: xr.DataTree, dilution: float, above: float = 0.0) -> dict[str, list[int]]:
    """Samples that the run file asks for in nodes of a dilution that have none yet, by the path of the node; for
    planted nodes only those at or above a temperature."""
    lacking = {}
    for branch in chains.subtree:
        samples = [int(number) for number in np.atleast_1d(branch.attrs.get("samples_missing", []))]
        other = "energy" in branch.data_vars or branch.attrs.get("kind") == "field"
        wanted = branch.attrs.get("dilution") == dilution and branch.attrs.get("planted_temperature", np.inf) >= above
        if samples and wanted and not other:
            lacking[branch.path] = samples
    return lacking


def run_seed(chains: xr.DataTree) -> int:
    """Seed of the run, from which the bootstrap streams are spawned."""
    return int(chains.attrs.get("seed", 0))


def _node(branch: xr.DataTree) -> Node:
    chain = branch.to_dataset()
    size = _SIZE.search(branch.path)
    if size is None:
        raise ValueError(f"chains: a node must be called /N<size>/dilution<fraction>..., got {branch.path}")
    dilution, planted = _DILUTION.search(branch.path), _PLANTED.search(branch.path)
    temperature = float(planted[1]) if planted else chain.attrs.get("planted_temperature")
    return Node(
        path=branch.path,
        size=int(size[1]),
        dilution=float(dilution[1]) if dilution else 0.0,
        planted_temperature=None if temperature is None else float(temperature),
        chain=chain,
    )
