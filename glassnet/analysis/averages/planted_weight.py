"""Planted scans: the share of the planted phase in the equilibrium weight, at the planting temperature.

A configuration is in the planted phase if its overlap with the planted state exceeds the threshold of
:func:`~glassnet.analysis.averages.overlaps.peak_threshold`. Other rungs of the ladder only help the exchange and are
not analysed.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.averages.overlaps import bin_edges, density, peak_threshold
from glassnet.analysis.nodes import Node, Reading, is_network
from glassnet.statistics import bootstrap, ladder_autocorrelation, ladder_averages

#: the energies of the phases are compared only in samples that spend at least this fraction of the time in each
_VISITED = 0.02


class PlantedNode(NamedTuple):
    """The quantities of one size and planting temperature that locate the transition, sample by sample.

    `weight` (n_samples,) is the fraction of draws of all replicas in the planted phase, `from_planted` and
    `from_random` the same for either half of the replicas; `energy_gap` the mean total energy in the planted phase
    minus that outside, nan where one of them was hardly visited; `density` (n_samples, n_bins) the distribution of the
    overlap with the planted state in the bins `edges`. `threshold` separates the phases. `energy` is the mean total
    energy of all draws at the planting temperature. Both energies are those of `n_weights` weights where samples differ
    by one. Finite sizes shift the transition by N to the power -`correction`: 1, or 1/2 in networks of walks, where
    loops are of the order sqrt(N).

    `size` is the number of weights before dilution, which names a size everywhere; `n_weights` is the number after
    dilution, which fits use.
    """

    path: str
    size: int
    n_weights: int
    temperature: float
    weight: np.ndarray
    from_planted: np.ndarray
    from_random: np.ndarray
    energy_gap: np.ndarray
    n_effective: np.ndarray
    density: np.ndarray
    edges: np.ndarray
    threshold: float
    energy: np.ndarray
    correction: float = 1.0

    @property
    def n_samples(self) -> int:
        return len(self.weight)


class PlantedWeights:
    """Collects how the replicas of a planted node share their time between the phases, one sample after the other."""

    def __init__(self, node: Node):
        self._node = node
        self._threshold = peak_threshold(node)
        self._edges = bin_edges(node.n_weights)
        self._rows: list[tuple] = []
        self._densities: list[np.ndarray] = []
        self._energies: list[float] = []

    def add(self, reading: Reading, time: float) -> None:
        """Take in the next sample; `time` is that of the slowest mode of its ladders
        (:meth:`glassnet.analysis.equilibrium.assessment.Examination.add`)."""
        energy, overlap, on_ladder = reading.energy[:, 0], reading.overlap, reading.ladder_overlap
        assert overlap is not None
        assert on_ladder is not None
        inside = np.abs(overlap[:, 0]) > self._threshold
        weight, half = inside.mean(), inside.shape[1] // 2
        both = min(weight, 1 - weight) > _VISITED
        scale = self._node.n_weights / reading.n_weights
        gap = scale * (energy[inside].mean() - energy[~inside].mean()) if both else np.nan
        ladder = ladder_autocorrelation.coarse_grained(np.abs(on_ladder) > self._threshold)
        (stderr,) = ladder_averages.mean_with_bar(ladder, time, own=False)[1].stderr[reading.counted]
        n_effective = min(weight * (1 - weight) / stderr**2, inside.size) if stderr > 0 else inside.size
        halves = (inside[:, :half].mean() if half else np.nan, inside[:, half:].mean())
        self._rows.append((weight, *halves, gap, n_effective))
        self._densities.append(density(overlap, self._edges, self._node.n_weights, reading.n_weights)[0])
        self._energies.append(scale * energy.mean())

    def result(self) -> PlantedNode:
        """The quantities of the samples so far."""
        weight, from_planted, from_random, gap, n_effective = np.array(self._rows).T
        node = self._node
        assert node.planted_temperature is not None
        return PlantedNode(
            node.path,
            node.size,
            node.n_weights,
            node.planted_temperature,
            weight,
            from_planted,
            from_random,
            gap,
            n_effective,
            np.array(self._densities),
            self._edges,
            self._threshold,
            np.array(self._energies),
            0.5 if is_network(node) else 1.0,
        )


def log_ratio(node: PlantedNode) -> np.ndarray:
    """ln((1 - w)/w) of each sample: N times the free-energy difference of the phases over T.

    A phase that was never visited counts as half a visit in the effective number of draws.
    """
    weight = (node.weight * node.n_effective + 0.5) / (node.n_effective + 1)
    return np.log((1 - weight) / weight)


def table(nodes: list[PlantedNode], *, seed: int = 0) -> xr.Dataset:
    """Disorder means of the planted scan of one size, by increasing temperature; `seed` of the run is that of the
    bootstrap.

    Returns
    -------
    xarray.Dataset
        Dimension planted_temperature: weight, log_ratio (mean of ln((1 - w)/w)), energy_gap (per weight), each with
        `_stderr`; from_planted and from_random; density (planted_temperature, overlap). Attributes: size and n_weights
        (weights before dilution and left of it), n_samples.
    """
    names = ("weight", "log_ratio", "energy_gap", "from_planted", "from_random")
    columns: dict[str, list] = {name: [] for name in (*names, *(f"{name}_stderr" for name in names))}
    for node in nodes:
        quantities = node._asdict() | {"log_ratio": log_ratio(node), "energy_gap": node.energy_gap / node.n_weights}
        for name in names:
            values = quantities[name][np.isfinite(quantities[name])]
            mean, stderr = (np.nan, np.nan) if len(values) == 0 else _mean(values, node.path, seed)
            columns[name].append(mean)
            columns[f"{name}_stderr"].append(stderr)
    variables: dict[str, tuple[Any, ...]] = {
        name: ("planted_temperature", np.array(values)) for name, values in columns.items()
    }
    variables["density"] = (("planted_temperature", "overlap"), np.array([node.density.mean(axis=0) for node in nodes]))
    edges = nodes[0].edges
    coordinates = {
        "planted_temperature": [node.temperature for node in nodes],
        "overlap": 0.5 * (edges[1:] + edges[:-1]),
    }
    first = nodes[0]
    attributes = {"size": first.size, "n_weights": first.n_weights, "n_samples": first.n_samples}
    return xr.Dataset(variables, coordinates, attributes)


def _mean(values: np.ndarray, key: str, seed: int) -> tuple[float, float]:
    value, stderr = bootstrap.bootstrap(values, lambda means: means, key=key, seed=seed)
    return float(value), float(stderr)
