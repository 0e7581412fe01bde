"""Finding one's way in a tree of chains: which node is which size, dilution and planting temperature."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

_SIZE = re.compile(r"/N(\d+)(?=/|$)")
_DILUTION = re.compile(r"/dilution([0-9.eE+-]+)(?=/|$)")
_PLANTED = re.compile(r"/planted([0-9.eE+-]+)(?=/|$)")


class Node(NamedTuple):
    """One (size, dilution) of a symmetric scan, or one (size, dilution, planting temperature) of a planted one."""

    path: str
    size: int
    dilution: float
    planted_temperature: float | None
    chain: xr.Dataset

    @property
    def n_weights(self) -> int:
        """Weights that are left after dilution: what energies and overlaps are divided by."""
        return int(self.chain.attrs.get("n_weights", self.size))

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


def nodes(chains: xr.DataTree) -> list[Node]:
    """Every node of a tree that holds chains, ordered by dilution, planting temperature (symmetric first) and size.

    Raises
    ------
    TypeError, ValueError
        If `chains` is no DataTree, or holds no chains.
    """
    if not isinstance(chains, xr.DataTree):
        raise TypeError(f"chains must be an xarray.DataTree as glassnet.open_chains returns it, got {type(chains)}")
    found = [_node(branch) for branch in chains.subtree if "energy" in branch.data_vars and branch.sizes.get("sample")]
    if not found:
        raise ValueError("chains hold no finished sample: no node /N.../dilution... with an energy")
    order = lambda node: (node.dilution, node.planted_temperature or 0.0, node.size)  # noqa: E731
    return sorted(found, key=order)


class Reading(NamedTuple):
    """Chains of one sample on the rungs that count: all of a symmetric node, the planting temperature of a planted one.

    `energy` (n_draws, n_rungs, n_replicas); `overlap` the order parameter (n_draws, n_rungs, n_pairs), in planted nodes
    the overlap with the planted state (n_draws, n_rungs, n_replicas), or None where it was not measured. float64.
    """

    energy: np.ndarray
    overlap: np.ndarray | None


def order_parameter(node: Node) -> str | None:
    """Variable that location and verdict use, None where it was not measured.

    The overlap with the best gauge image where the ensemble has gauges: the invariant of layered glasses and walks is
    a product of p overlaps, whose kurtosis is (3 - 2 / N_l)^p without any order, so that its Binder ratio says nothing.
    """
    if node.planted_temperature is not None:
        return "planted_overlap"
    if "matched_overlap" in node.chain:
        return "matched_overlap"
    gauged = node.chain.attrs.get("ensemble") in ("layered", "walks")
    return "overlap" if "overlap" in node.chain and not gauged else None


def rungs(node: Node) -> np.ndarray:
    """Positions of the rungs that count on the ladder of a node."""
    temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    if node.planted_temperature is None:
        return np.arange(len(temperatures))
    return np.array([np.argmin(np.abs(temperatures - node.planted_temperature))])


def readings(node: Node) -> Iterator[Reading]:
    """The samples of a node one after the other; only one is in memory at a time."""
    kept = slice(None) if node.planted_temperature is None else slice(rungs(node)[0], rungs(node)[0] + 1)
    names = ("energy", order_parameter(node))
    for sample in range(node.n_samples):
        selected = node.chain.isel(sample=sample, temperature=kept)
        arrays = [None if name is None else np.asarray(selected[name].values, dtype=np.float64) for name in names]
        yield Reading(*arrays)


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
