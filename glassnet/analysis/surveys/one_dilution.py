"""One pass over all chains of one dilution: every sample is read once, and all averages are taken from it."""

import warnings
from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.averages import planted_weight, table
from glassnet.analysis.averages.planted_weight import PlantedNode, PlantedWeights
from glassnet.analysis.equilibrium.assessment import Equilibration, Examination, conclude
from glassnet.analysis.location import annealed_bounds, symmetric_scan
from glassnet.analysis.location.annealed_bounds import Annealed
from glassnet.analysis.nodes import Node, Reading, readings, without
from glassnet.chains.content import ChainError, Unreadable

#: a size is not compared if a larger share of its samples has phases of equal weight below the rungs in equilibrium
_BELOW = 0.1
#: just below 32 MB, the largest block that the GNU C library learns from
_LARGE = 31 * 2**20


class DilutionAverages(NamedTuple):
    """What the chains of one dilution hold, disorder averages by size and everything by the path of the node.

    `averages` holds every row of :data:`glassnet.analysis.averages.table.AVERAGES` by its key. `lowest` is the lowest
    temperature of each symmetric scan at which all its samples have proved their equilibrium, inf where the samples of
    the node fail together. `unbounded` says why there are no `annealed` curves, "" where there are some. Samples whose
    files turned out to be damaged are not in `nodes`, which list them as missing; `damaged` says what is wrong with
    each.
    """

    nodes: list[Node]
    equilibration: Equilibration
    averages: dict[str, dict[int, xr.Dataset]]
    planted: dict[str, PlantedNode]
    lowest: dict[int, float]
    annealed: Annealed | None
    unbounded: str
    damaged: tuple[str, ...] = ()

    @property
    def thermodynamics(self) -> dict[int, xr.Dataset]:
        """Energies of the symmetric scans."""
        return self.averages["thermodynamics"]

    @property
    def overlaps(self) -> dict[int, xr.Dataset]:
        """Order parameters of the symmetric scans."""
        return self.averages["overlaps"]

    @property
    def phases(self) -> dict[int, xr.Dataset]:
        """Phases of the symmetric scans at equal weight."""
        return self.averages["phases"]

    def sound(self) -> list[PlantedNode]:
        """The planted nodes that show no sign of being out of equilibrium."""
        return [node for path, node in self.planted.items() if self.equilibration.passes(path)]

    def trusted(self, averages: dict[int, xr.Dataset]) -> dict[int, xr.Dataset]:
        """Averages on the rungs in equilibrium alone."""
        return {size: symmetric_scan.trusted(data, self.lowest[size]) for size, data in averages.items()}

    def coexisting(self) -> dict[int, xr.Dataset]:
        """The phases of the sizes whose samples reach equal weight in equilibrium."""
        return {
            size: data
            for size, data in self.phases.items()
            if np.mean(data["temperature"].values < self.lowest[size]) <= _BELOW
        }

    def tables(self, seed: int) -> dict[int, xr.Dataset]:
        """Disorder means of the planted scans by size."""
        by_size: dict[int, list[PlantedNode]] = {}
        for node in self.nodes:
            if node.planted_temperature is not None:
                by_size.setdefault(node.size, []).append(self.planted[node.path])
        return {size: planted_weight.table(by_size[size], seed=seed) for size in sorted(by_size)}


def read_dilution(nodes: list[Node], seed: int) -> DilutionAverages:
    """Read every sample of the nodes of one dilution; `seed` of the run is that of the bootstrap over samples."""
    _keep_freed_memory()
    collected, damaged = [_read(node) for node in nodes], []
    nodes = [one.node for one in collected]
    for one in collected:
        damaged += one.damaged
    for text in damaged:
        warnings.warn(f"{text}; the sample counts as missing", stacklevel=3)
    examinations = [one.examination for one in collected]
    weights = {one.node.path: one.weights for one in collected if one.weights is not None}
    unplanted = [one for one in collected if one.weights is None]
    equilibration = conclude(examinations)
    averages = {row.key: _by_size(row, collected, seed) for row in table.AVERAGES}
    planted_nodes = {path: collected.result() for path, collected in weights.items()}
    hot = _hottest(nodes, averages["thermodynamics"], planted_nodes)
    return DilutionAverages(
        nodes=nodes,
        equilibration=equilibration,
        averages=averages,
        planted=planted_nodes,
        lowest={one.node.size: lowest_trusted(one.node, equilibration) for one in unplanted},
        annealed=annealed_bounds.curves(hot),
        unbounded=annealed_bounds.lacking(hot),
        damaged=tuple(damaged),
    )


def _by_size(row: table.Average, collected: list["_Collected"], seed: int) -> dict[int, xr.Dataset]:
    """One average of all sizes that have it; of a planted scan at all its planting temperatures, which increase."""
    rows: dict[int, list[xr.Dataset]] = {}
    for one in collected:
        data = one.averages[row.key].dataset(seed=seed) if row.key in one.averages else None
        if data is not None:
            rows.setdefault(one.node.size, []).append(data)
    joined = {}
    for size in sorted(rows):
        several = rows[size]
        joined[size] = xr.concat(several, "temperature", combine_attrs="drop_conflicts") if row.planted else several[-1]
    return joined


def _hottest(nodes: list[Node], thermodynamics: dict[int, xr.Dataset], weights: dict) -> list[annealed_bounds.Hot]:
    """The energies from which annealed curves are taken: those of the symmetric scan of the largest size, or of the
    planted scan."""
    unplanted = [node for node in nodes if node.planted_temperature is None]
    if unplanted:
        return annealed_bounds.hot_rungs(unplanted[-1], thermodynamics[unplanted[-1].size])
    return annealed_bounds.hot_plantings(nodes, weights)


class _Collected:
    """All averages and tests that one pass over the samples of a node fills."""

    def __init__(self, node: Node):
        self.node = node
        self.damaged: list[str] = []
        self.examination = Examination(node)
        self.weights = None if node.planted_temperature is None else PlantedWeights(node)
        self.averages = {row.key: row.collector(node) for row in table.of_node(node)}

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        time = self.examination.add(reading)
        if self.weights is not None:
            self.weights.add(reading, time)
        for one in self.averages.values():
            one.add(reading)


def _read(node: Node) -> _Collected:
    """Read every sample of a node, except those whose files are damaged."""
    damaged = []
    while True:
        collected, number = _Collected(node), 0
        try:
            for number, reading in enumerate(readings(node), 1):  # noqa: B007
                collected.add(reading)
        except Unreadable:
            raise
        except ChainError as error:
            damaged.append(f"{node.path} sample {node.sample_numbers[number]}: {error}")
            if node.n_samples == 1:
                raise
            node = without(node, number)
            continue
        collected.damaged = damaged
        return collected


def _keep_freed_memory() -> None:
    """Make the C library keep freed memory: it learns from the largest block that is freed. Returning arrays of a
    megabyte to the system and getting them back, page by page, would take a third of the time."""
    np.empty(_LARGE, dtype=np.uint8)


def lowest_trusted(node: Node, equilibration: Equilibration) -> float:
    """Lowest rung of a symmetric node at and above which every sample has proved its equilibrium.

    inf where the samples of the node drift together or break an identity.
    """
    if node.path in equilibration.nodes:
        return np.inf
    temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
    failing = [failure.temperature for failure in equilibration.failures if failure.path == node.path]
    above = temperatures[temperatures > max(failing, default=0.0)]
    return float(above[0]) if above.size else np.inf
