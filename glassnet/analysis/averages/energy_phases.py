"""Energies of two phases in symmetric scans: the temperature of equal weight, and the distance of the energies.

Every sample is analysed on the rung where its heat capacity is largest, reweighted to the temperature at which the low
and the high energies weigh the same. At a first-order transition these are the two phases, the distance of their mean
energies per weight tends to the latent heat and the temperature to T_c, both with corrections of order 1/N. With one
phase there is one peak; the distance of its halves is its width, which vanishes per weight like N^-1/2.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from glassnet.analysis.averages.overlaps import peak_threshold
from glassnet.analysis.nodes import Node, Reading
from glassnet.statistics import bootstrap
from glassnet.statistics.coexistence import equal_weight, level_spacing, mean_energies
from glassnet.statistics.two_peaks import relative_valley

#: approximate number of bins across the energies of both phases
_BINS = 28
#: magnetisation above which a configuration is ordered
_ORDERED = 0.5


class _Sample(NamedTuple):
    """One sample at equal weight: temperature, energies of the two halves, the threshold between them, and the
    histogram."""

    temperature: float
    low: float
    high: float
    threshold: float
    levels: np.ndarray
    probability: np.ndarray
    order: tuple[float, float]
    n_weights: int


class EnergyPhases:
    """Collects the energies of a symmetric node where its phases weigh the same, one sample after the other."""

    def __init__(self, node: Node):
        self._node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
        self._finite = np.flatnonzero(np.isfinite(self._temperatures))
        self._threshold = peak_threshold(node)
        self._samples: list[_Sample] = []

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        if not self._finite.size:
            return
        energy, temperatures = reading.energy[:, self._finite], self._temperatures[self._finite]
        rung = int(np.argmax(energy.var(axis=(0, 2)) / temperatures**2))
        chosen = energy[:, rung]
        levels, counts = np.unique(chosen, return_counts=True)
        beta = 1 / temperatures
        bounds = beta[min(rung + 1, len(beta) - 1)], beta[max(rung - 1, 0)]
        at, threshold, probability = equal_weight(levels, counts / counts.sum(), beta[rung], bounds)
        low, high = mean_energies(levels, probability, threshold)
        order = self._order(reading, self._finite[rung])
        self._samples.append(_Sample(1 / at, low, high, threshold, levels, probability, order, reading.n_weights))

    def _order(self, reading: Reading, rung: int) -> tuple[float, float]:
        """Mean overlap of the pairs that are alike on a rung, and mean size of the magnetisation of configurations that
        have one; nan if there are none. Ordered configurations are recognised by the overlap and not by the energy,
        whose two peaks may join."""
        overlap = magnetisation = np.nan
        if reading.overlap is not None:
            alike = np.abs(reading.overlap[:, rung])
            alike = alike[alike > self._threshold]
            overlap = float(alike.mean()) if alike.size else np.nan
        if reading.magnetisation is not None:
            ordered = np.abs(reading.magnetisation[:, rung])
            ordered = ordered[ordered > _ORDERED]
            magnetisation = float(ordered.mean()) if ordered.size else np.nan
        return overlap, magnetisation

    def dataset(self, *, seed: int = 0) -> xr.Dataset | None:
        """What the samples so far say; None where no rung is finite. `seed` of the run is that of the bootstrap.

        Returns
        -------
        xarray.Dataset or None
            Dimension sample: `temperature` of equal weight, `gap` of the mean energies per weight, `overlap` of two
            configurations of the ordered phase, `magnetisation` of one (nan where not recorded). Dimension energy (per
            weight): `density` at equal weight, shifted so that the thresholds of the samples agree, with
            `density_stderr`. Scalars: `valley`, the least density between the two peaks over that of the lower one (1
            or more: one peak), with `_stderr`. Attribute `step`: distance of possible energies, 0 for real couplings.
        """
        if not self._samples:
            return None
        n, rows = self._mean_weights(), self._samples
        step = level_spacing(rows[0].levels)
        edges, densities = self._densities(step)
        counts = bootstrap.resampling_counts(len(rows), key=self._node.path, seed=seed)
        resampled = bootstrap.resampled_means(densities, counts)
        centres = 0.5 * (edges[1:] + edges[:-1])
        middle = float(np.mean([row.threshold for row in rows]) / n)
        depth = relative_valley(centres, resampled, middle)
        columns = {
            "temperature": [row.temperature for row in rows],
            "gap": [(row.high - row.low) / row.n_weights for row in rows],
            "overlap": [row.order[0] for row in rows],
            "magnetisation": [row.order[1] for row in rows],
        }
        variables: dict[str, Any] = {name: ("sample", np.array(values)) for name, values in columns.items()}
        variables |= {"valley": depth[0], "valley_stderr": float(bootstrap.bootstrap_error(depth, len(rows)))}
        variables["density"] = ("energy", resampled[0])
        variables["density_stderr"] = ("energy", bootstrap.bootstrap_error(resampled, len(rows)))
        return xr.Dataset(variables, {"energy": centres}, {"step": step, "n_samples": len(rows)})

    def _mean_weights(self) -> float:
        return float(np.mean([row.n_weights for row in self._samples]))

    def _densities(self, step: float) -> tuple[np.ndarray, np.ndarray]:
        """Edges of bins of the energy per weight, and the density of each sample in them."""
        n, rows = self._mean_weights(), self._samples
        middle = np.mean([row.threshold for row in rows])
        shifted = []
        for row in rows:
            shift = row.threshold - middle
            shifted.append(row.levels - (np.round(shift / step) * step if step else shift))
        seen = [levels[row.probability > 1e-4] for levels, row in zip(shifted, rows, strict=True)]
        first, last = min(levels[0] for levels in seen), max(levels[-1] for levels in seen)
        # whole numbers of levels in every bin: energies of even degrees are constant modulo 4, and bins of 2 are combs
        width = max((last - first) / _BINS, 1e-9 * (1 + abs(first)))
        width = step * max(1, round(width / step)) if step else width
        edges = first - 0.5 * (step or width) + width * np.arange(int((last - first) / width) + 3)
        densities = [
            np.histogram(levels, edges, weights=row.probability)[0] * n / width
            for levels, row in zip(shifted, rows, strict=True)
        ]
        return edges / n, np.array(densities)
