"""One pass over all chains of one dilution: every sample is read once and handed to all that want it."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis import annealed, planted, symmetric
from glassnet.analysis.annealed import Annealed
from glassnet.analysis.equilibration import Equilibration, Examination, conclude
from glassnet.analysis.nodes import Node, order_parameter, readings
from glassnet.analysis.overlaps import OverlapAverages
from glassnet.analysis.phases import EnergyPhases
from glassnet.analysis.planted import PlantedNode, PlantedWeights
from glassnet.analysis.thermodynamics import ThermalAverages

#: a size is left out of the phases' comparison if more samples than this reach equal weight below the trusted rungs
_BELOW = 0.1


class Survey(NamedTuple):
    """What the chains of one dilution hold, disorder averages by size and everything by the path of the node.

    `lowest` is the lowest temperature of each symmetric scan at which all its samples have proved their equilibrium,
    inf where the samples of the node fail together.
    """

    nodes: list[Node]
    equilibration: Equilibration
    thermodynamics: dict[int, xr.Dataset]
    overlaps: dict[int, xr.Dataset]
    phases: dict[int, xr.Dataset]
    planted: dict[str, PlantedNode]
    lowest: dict[int, float]
    annealed: Annealed | None

    def sound(self) -> list[PlantedNode]:
        """The planted nodes that show no sign of being out of equilibrium."""
        return [node for path, node in self.planted.items() if self.equilibration.passes(path)]

    def trusted(self, averages: dict[int, xr.Dataset]) -> dict[int, xr.Dataset]:
        """Averages on the rungs in equilibrium alone."""
        return {size: symmetric.trusted(data, self.lowest[size]) for size, data in averages.items()}

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
        return {size: planted.table(by_size[size], seed=seed) for size in sorted(by_size)}


def survey(found: list[Node], seed: int) -> Survey:
    """Read every sample of the given nodes.

    Parameters
    ----------
    found : list of Node
        Of one dilution.
    seed : int
        Seed of the run, for the bootstrap over samples.
    """
    examinations, weights = [], {}
    thermal: dict[int, ThermalAverages] = {}
    paired: dict[int, OverlapAverages] = {}
    phases: dict[int, EnergyPhases] = {}
    for node in found:
        examinations.append(Examination(node))
        collectors = [examinations[-1]]
        if node.planted_temperature is not None:
            collectors.append(weights.setdefault(node.path, PlantedWeights(node)))
        else:
            collectors.append(thermal.setdefault(node.size, ThermalAverages(node)))
            collectors.append(phases.setdefault(node.size, EnergyPhases(node)))
            if order_parameter(node) is not None:
                collectors.append(paired.setdefault(node.size, OverlapAverages(node)))
        for reading in readings(node):
            for collector in collectors:
                collector.add(reading)
    equilibration = conclude(examinations)
    unplanted = [node for node in found if node.planted_temperature is None]
    thermodynamics = {size: averages.dataset(seed=seed) for size, averages in thermal.items()}
    separated = {size: averages.dataset(seed=seed) for size, averages in phases.items()}
    return Survey(
        nodes=found,
        equilibration=equilibration,
        thermodynamics=thermodynamics,
        overlaps={size: averages.dataset(seed=seed) for size, averages in paired.items()},
        phases={size: data for size, data in separated.items() if data is not None},
        planted={path: collected.result() for path, collected in weights.items()},
        lowest={node.size: lowest_trusted(node, equilibration) for node in unplanted},
        annealed=annealed.of_node(unplanted[-1], thermodynamics[unplanted[-1].size]) if unplanted else None,
    )


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
