"""Energy, heat capacity, entropy and free energy of a node, averaged over its samples, beside the paramagnet."""

import math

import numpy as np
import xarray as xr

from glassnet.analysis import errors
from glassnet.analysis.combined import Combined
from glassnet.analysis.nodes import Node, Reading, readings

_QUANTITIES = {
    "energy": "energy per weight, units of |J|",
    "heat_capacity": "heat capacity per weight, k_B",
    "entropy": "entropy per weight, k_B",
    "free_energy": "free energy per weight, units of |J|",
}
#: steps from one rung to the next in which the maximum of the heat capacity is looked for
_BETWEEN = 8


def averages(node: Node, *, seed: int = 0) -> xr.Dataset:
    """Disorder averages of the energy of a symmetric node; see :meth:`ThermalAverages.dataset`."""
    collected = ThermalAverages(node)
    for reading in readings(node):
        collected.add(reading)
    return collected.dataset(seed=seed)


class ThermalAverages:
    """Collects the energies of a node, one sample after the other.

    Averages on a rung know nothing of colder rungs, which may not be in equilibrium: the energy is that of its own
    draws, and ln Z is summed from the hottest rung down with Bennett's ratio. Combining all rungs would make the
    thermal error of ln Z smaller by a few per cent (12 rungs) to a quarter (48), but carry a fault of the coldest rungs
    up through several others; :func:`glassnet.analysis.reweight` does it where all rungs are trusted. ln Z starts from
    N ln 2 where the hottest rung is at T = inf; otherwise from the paramagnet's closed form at its temperature, which
    is exact only up to corrections of relative order 1/N, and attribute `anchor` says so.

    Parameters
    ----------
    node : Node
        Symmetric.
    """

    def __init__(self, node: Node):
        self._node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
        self._paramagnet = Paramagnet(node)
        self._columns: dict[str, list[np.ndarray]] = {name: [] for name in _QUANTITIES}
        self._thermal: list[np.ndarray] = []
        self._effective: list[np.ndarray] = []
        self._peaks: list[tuple[float, float]] = []

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        betas = 1.0 / self._temperatures
        energies = reading.energy
        sample = len(self._columns["energy"])
        anchor = reading.n_weights * self._paramagnet.log_z(betas[-1], sample)
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
        """Averages per weight over the samples so far.

        Parameters
        ----------
        seed : int
            Seed of the run, for the bootstrap over samples.

        Returns
        -------
        xarray.Dataset
            Dimension temperature: energy, heat_capacity, entropy, free_energy, each with `_stderr` (bootstrap over
            samples; nan for a single one) and `_resampled` (resample, temperature), whose first row holds the data;
            paramagnet_energy and paramagnet_entropy (nan for couplings that are neither +-1 nor Gaussian). k_B = 1,
            so temperatures are in units of |J|. At T = inf the free energy is -inf with error nan.
            `energy_thermal_stderr` is the part of the error of the energy that longer chains would remove: the
            autocorrelation-aware errors of the samples in quadrature, over their number. Dimensions (sample,
            temperature): n_effective, the independent draws the energy of each sample is worth. Dimension sample:
            peak_temperature and peak_height of the heat capacity of each sample, looked for between the rungs too
            (nan without finite rungs).
        """
        node, betas = self._node, 1.0 / self._temperatures
        n_samples = len(self._columns["energy"])
        counts = errors.resampling_counts(n_samples, key=node.path, seed=seed)
        variables = {}
        for name, meaning in _QUANTITIES.items():
            with np.errstate(invalid="ignore"):
                per_weight = np.array(self._columns[name]) / node.weights_of_samples[:n_samples, None]
                resampled = errors.resampled_means(per_weight, counts)
                stderr = errors.bootstrap_error(resampled, n_samples)
            variables[name] = ("temperature", resampled[0], {"long_name": meaning})
            variables[f"{name}_stderr"] = ("temperature", stderr)
            variables[f"{name}_resampled"] = (("resample", "temperature"), resampled)
        variables["energy_thermal_stderr"] = ("temperature", errors.thermal_error(np.array(self._thermal)))
        variables["n_effective"] = (("sample", "temperature"), np.array(self._effective))
        variables["paramagnet_energy"] = ("temperature", self._paramagnet.energy(betas))
        variables["paramagnet_entropy"] = ("temperature", self._paramagnet.entropy(betas))
        place, height = np.array(self._peaks).T
        variables |= {"peak_temperature": ("sample", place), "peak_height": ("sample", height)}
        anchor = described_anchor(self._temperatures)
        attributes = {"anchor": anchor, "n_samples": n_samples, "steps_between_rungs": _BETWEEN}
        return xr.Dataset(variables, {"temperature": self._temperatures}, attributes)


def described_anchor(temperatures: np.ndarray) -> str:
    """Where the free energies of a ladder start from, in words."""
    hottest = temperatures[-1]
    return "n_weights ln 2 at T = inf" if np.isinf(hottest) else f"the paramagnet at T = {hottest:g}"


class Paramagnet:
    """Closed forms of the paramagnet with the paths of a node (-beta f = ln 2 + (1/N) sum_a ln cosh beta J_a).

    Parameters
    ----------
    node : Node
        Its attribute `couplings` tells whether |J| = 1 or J is drawn from N(0, 1); other couplings give nan.
    alpha : float, optional
        Paths per weight; by default those of the samples.
    """

    def __init__(self, node: Node, alpha: float | None = None):
        kind = node.chain.attrs.get("couplings", "binary")
        if kind == "binary":
            self._couplings, self._weights = np.ones(1), np.ones(1)
        elif kind == "gaussian":
            points, weights = np.polynomial.hermite_e.hermegauss(80)
            self._couplings, self._weights = points, weights / math.sqrt(2 * math.pi)
        else:
            self._couplings, self._weights = np.full(1, np.nan), np.ones(1)
        if alpha is not None:
            self._alpha = np.full(node.n_samples, alpha)
        elif "n_paths" in node.chain:
            n_paths = np.asarray(node.chain["n_paths"].values, dtype=np.float64)
            self._alpha = np.broadcast_to(n_paths / node.weights_of_samples, (node.n_samples,))
        else:
            self._alpha = np.full(node.n_samples, float(node.chain.attrs.get("alpha", np.nan)))

    def log_z(self, beta: float, sample: int | None = None):
        """-beta f, the logarithm of the partition function per weight; of one sample or with the mean alpha."""
        alpha = self._alpha.mean() if sample is None else self._alpha[sample]
        return math.log(2) + (alpha * self._mean(_log_cosh, beta) if np.any(beta) else 0.0)

    def energy(self, beta):
        """Energy per weight with the mean number of paths per weight."""
        return -self._alpha.mean() * self._mean(lambda field: field * np.tanh(field), beta) / np.where(beta, beta, 1)

    def entropy(self, beta):
        """Entropy per weight with the mean number of paths per weight."""
        return self.log_z(beta) + beta * self.energy(beta)

    def _mean(self, function, beta):
        field = np.multiply.outer(np.asarray(beta, dtype=np.float64), self._couplings)
        return function(field) @ self._weights


def _log_cosh(x):
    size = np.abs(x)
    return size + np.log1p(np.exp(-2 * size)) - math.log(2)
