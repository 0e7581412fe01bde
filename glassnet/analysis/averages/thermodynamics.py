"""Energy, heat capacity, entropy and free energy of a node, averaged over its samples, with those of the paramagnet."""

from typing import Any

import numpy as np
import xarray as xr

from glassnet.analysis.averages.all_rungs import Combined
from glassnet.analysis.averages.free_energy_anchor import Anchor
from glassnet.analysis.averages.paramagnet import ChainParamagnet
from glassnet.analysis.nodes import Node, Reading, on_random_graph, readings
from glassnet.statistics import bootstrap, standard_errors

_QUANTITIES = {
    "energy": "energy per weight, units of |J|",
    "heat_capacity": "heat capacity per weight, k_B",
    "entropy": "entropy per weight, k_B",
    "free_energy": "free energy per weight, units of |J|",
}
#: steps between neighbouring rungs in the search for the maximum of the heat capacity
_BETWEEN = 8


def averages(node: Node, *, seed: int = 0) -> xr.Dataset:
    """Disorder averages of the energy of a symmetric node; see :meth:`ThermalAverages.dataset`."""
    collected = ThermalAverages(node)
    for reading in readings(node):
        collected.add(reading)
    return collected.dataset(seed=seed)


class ThermalAverages:
    """Collects the energies of a symmetric node, one sample after the other.

    Averages on a rung do not depend on colder rungs, which may not be in equilibrium: the energy is that of its own
    draws, and ln Z is summed from the hottest rung down with Bennett's ratio. Combining all rungs would make the
    thermal error of ln Z smaller by a few per cent (12 rungs) to a quarter (48), but carry errors of the coldest rungs
    to several others; :func:`glassnet.analysis.reweight` does it where all rungs are trusted. The value of ln Z on the
    hottest rung, with its error, comes from :class:`~glassnet.analysis.averages.free_energy_anchor.Anchor`.
    """

    def __init__(self, node: Node):
        self._node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
        self._paramagnet, self._anchor = ChainParamagnet(node), Anchor(node)
        self._columns: dict[str, list[np.ndarray]] = {name: [] for name in _QUANTITIES}
        self._thermal: list[np.ndarray] = []
        self._effective: list[np.ndarray] = []
        self._peaks: list[tuple[float, float]] = []

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        betas = 1.0 / self._temperatures
        energies = reading.energy
        sample = len(self._columns["energy"])
        anchor = reading.n_weights * self._anchor.log_z(sample)
        combined = Combined(energies, self._temperatures, anchor, blocks=False)
        mean, stderr, n_effective = combined.plain
        self._columns["energy"].append(mean)
        self._thermal.append(stderr / reading.n_weights)
        self._effective.append(n_effective)
        self._columns["heat_capacity"].append(betas**2 * energies.var(axis=(0, 2)))
        self._columns["entropy"].append(combined.from_above + betas * mean)
        self._columns["free_energy"].append(-self._temperatures * combined.from_above)
        self._peaks.append(self._peak(combined, reading.n_weights))

    def _peak(self, combined: Combined, n_weights: int) -> tuple[float, float]:
        """Temperature and height, per weight, of the maximum of the heat capacity of one sample between its rungs.

        nan where no rung is finite.
        """
        finite = self._temperatures[np.isfinite(self._temperatures)]
        if not finite.size:
            return np.nan, np.nan
        between = np.interp(np.arange(0, len(finite) - 1 + 1e-9, 1 / _BETWEEN), np.arange(len(finite)), finite)
        variance = combined.at(1 / between)["variance"][0]
        heat_capacity = variance / between**2 / n_weights
        highest = int(np.argmax(heat_capacity))
        return between[highest], heat_capacity[highest]

    def dataset(self, *, seed: int = 0) -> xr.Dataset:
        """Averages per weight over the samples so far; `seed` of the run is that of the bootstrap over samples.

        Returns
        -------
        xarray.Dataset
            Dimension temperature: energy, heat_capacity, entropy, free_energy, each with `_stderr` (bootstrap over
            samples; nan for a single one) and `_resampled` (resample, temperature), whose first row holds the data;
            paramagnet_energy and paramagnet_entropy (nan for couplings that are neither +-1 nor Gaussian, and on paths
            that were not drawn at random). k_B = 1, so temperatures are in units of |J|. At T = inf the free energy is
            -inf with error nan. Errors of entropy and free energy include that of ln Z on the hottest rung (attributes
            `anchor` and, per weight, `anchor_stderr`); both are nan where it is not known, and `lacks` names the rung
            that would give them. `energy_thermal_stderr` is the part of the error of the energy that longer chains
            would remove: the autocorrelation-aware errors of the samples in quadrature, over their number. Dimensions
            (sample, temperature): n_effective, the effective number of independent draws of the energy of each sample.
            Dimension sample: peak_temperature and peak_height of the heat capacity of each sample, also between the
            rungs (nan without finite rungs).
        """
        node, betas = self._node, 1.0 / self._temperatures
        n_samples = len(self._columns["energy"])
        counts = bootstrap.resampling_counts(n_samples, key=node.path, seed=seed)
        variables: dict[str, tuple[Any, ...]] = {}
        for name, meaning in _QUANTITIES.items():
            with np.errstate(invalid="ignore"):
                per_weight = np.array(self._columns[name]) / node.weights_of_samples[:n_samples, None]
                resampled = bootstrap.resampled_means(per_weight, counts)
                stderr = bootstrap.bootstrap_error(resampled, n_samples)
            variables[name] = ("temperature", resampled[0], {"long_name": meaning})
            variables[f"{name}_stderr"] = ("temperature", stderr)
            variables[f"{name}_resampled"] = (("resample", "temperature"), resampled)
        hottest = np.array(self._columns["energy"])[:, -1] / node.weights_of_samples[:n_samples]
        off = self._anchor.error(hottest, np.array(self._thermal)[:, -1])
        for name, factor in (("entropy", 1.0), ("free_energy", self._temperatures)):
            if off:
                stderr = np.hypot(variables[f"{name}_stderr"][1], factor * off)
                variables[f"{name}_stderr"] = ("temperature", stderr)
        variables["energy_thermal_stderr"] = ("temperature", standard_errors.thermal_error(np.array(self._thermal)))
        variables["n_effective"] = (("sample", "temperature"), np.array(self._effective))
        drawn = 1.0 if on_random_graph(node) else np.nan
        variables["paramagnet_energy"] = ("temperature", drawn * self._paramagnet.energy(betas))
        variables["paramagnet_entropy"] = ("temperature", drawn * self._paramagnet.entropy(betas))
        temperature, height = np.array(self._peaks).T
        variables |= {"peak_temperature": ("sample", temperature), "peak_height": ("sample", height)}
        attributes = {"anchor": self._anchor.described, "anchor_stderr": off, "lacks": self._anchor.lacks}
        attributes |= {"n_samples": n_samples, "steps_between_rungs": _BETWEEN}
        return xr.Dataset(variables, {"temperature": self._temperatures}, attributes)
