"""Energy, heat capacity, entropy and free energy of a node, averaged over its samples, beside the paramagnet."""

import json
import math

import numpy as np
import xarray as xr

from glassnet.analysis import errors
from glassnet.analysis.combined import Combined
from glassnet.analysis.nodes import Node, Reading, interacting, on_random_graph, readings

_QUANTITIES = {
    "energy": "energy per weight, units of |J|",
    "heat_capacity": "heat capacity per weight, k_B",
    "entropy": "entropy per weight, k_B",
    "free_energy": "free energy per weight, units of |J|",
}
#: steps from one rung to the next in which the maximum of the heat capacity is looked for
_BETWEEN = 8
#: what gives absolute entropies where nothing else does
_INFINITE = "a rung at T = inf"
#: ln(1 + t^n) is at most so many times t/2 times its derivative, 0 < t < 1, n >= 2
_ONE_LOOP = 2 * math.log(2)


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
    up through several others; :func:`glassnet.analysis.reweight` does it where all rungs are trusted. Where ln Z starts
    from, and by how much that may be off, is the matter of :class:`Anchor`.

    Parameters
    ----------
    node : Node
        Symmetric.
    """

    def __init__(self, node: Node):
        self._node = node
        self._temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
        self._paramagnet, self._anchor = Paramagnet(node), Anchor(node)
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
            paramagnet_energy and paramagnet_entropy (nan for couplings that are neither +-1 nor Gaussian, and on
            paths that were not drawn at random). k_B = 1, so temperatures are in units of |J|. At T = inf the free
            energy is -inf with error nan. Errors of entropy and free energy hold that of where ln Z starts from
            (attributes `anchor` and, per weight, `anchor_stderr`); both are nan where that is not known, and `lacks`
            says which rung would give them.
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
        hottest = np.array(self._columns["energy"])[:, -1] / node.n_weights
        off = self._anchor.error(hottest, np.array(self._thermal)[:, -1])
        for name, factor in (("entropy", 1.0), ("free_energy", self._temperatures)):
            if off:
                stderr = np.hypot(variables[f"{name}_stderr"][1], factor * off)
                variables[f"{name}_stderr"] = ("temperature", stderr)
        variables["energy_thermal_stderr"] = ("temperature", errors.thermal_error(np.array(self._thermal)))
        variables["n_effective"] = (("sample", "temperature"), np.array(self._effective))
        drawn = 1.0 if on_random_graph(node) else np.nan
        variables["paramagnet_energy"] = ("temperature", drawn * self._paramagnet.energy(betas))
        variables["paramagnet_entropy"] = ("temperature", drawn * self._paramagnet.entropy(betas))
        place, height = np.array(self._peaks).T
        variables |= {"peak_temperature": ("sample", place), "peak_height": ("sample", height)}
        attributes = {"anchor": self._anchor.described, "anchor_stderr": off, "lacks": self._anchor.lacks}
        attributes |= {"n_samples": n_samples, "steps_between_rungs": _BETWEEN}
        return xr.Dataset(variables, {"temperature": self._temperatures}, attributes)


class Anchor:
    """Where the free energies of a symmetric node start from: ln Z on its hottest rung.

    At T = inf it is N ln 2, exactly. Otherwise it is the closed form of the paramagnet, but only for three or more
    weights to a path and paths that were drawn at random: elsewhere loops, sets of paths that share every weight an
    even number of times, shift ln Z by an amount that nothing here knows.

    In random glasses they do so too, the less the hotter and the larger the glass. With t = tanh(beta) the shift is
    the logarithm of 1 + sum over loops of prod tanh(beta J), whose derivative is seen: d ln Z / d beta = -E. A single
    loop of n >= 2 paths shifts ln Z by ln(1 +- t^n), which is at most 2 ln 2 times t/2 times its derivative with
    respect to t: the energy that the hottest rung has beyond the paramagnet's, times sinh(2 beta) ln(2) / 2, bounds
    what one loop does to ln Z. Many loops may cancel in one of the two; enumerated glasses tell how often
    (tests/analysis/test_anchor.py).

    Parameters
    ----------
    node : Node
        Symmetric.

    Attributes
    ----------
    known : bool
    described : str
        In words; "unknown" where it is not known.
    lacks : str
        The rung that would make it known, "" where it is.
    """

    def __init__(self, node: Node):
        hottest = float(node.chain["temperature"].values[-1])
        self._beta, self._paramagnet = 1.0 / hottest, Paramagnet(node)
        told = on_random_graph(node) and _free_weights(node) >= 3 and np.isfinite(self._paramagnet.log_z(self._beta))
        self.known = bool(told) or math.isinf(hottest)
        start = "n_weights ln 2 at T = inf" if math.isinf(hottest) else f"the paramagnet at T = {hottest:g}"
        self.described = start if self.known else "unknown"
        self.lacks = "" if self.known else _INFINITE

    def log_z(self, sample: int) -> float:
        """ln Z of one sample on the hottest rung, per weight; nan where it is not known."""
        return float(self._paramagnet.log_z(self._beta, sample)) if self.known else np.nan

    def error(self, energy: np.ndarray, stderr: np.ndarray) -> float:
        """How far the mean over samples of :meth:`log_z` may be off.

        Parameters
        ----------
        energy, stderr : (n_samples,) float64
            Thermal average of the energy per weight of each sample on the hottest rung, and its standard error.

        Returns
        -------
        float
            The mean shift that the energies tell, with its error over samples in quadrature (of one sample the thermal
            one); 0 at T = inf, nan where the anchor is not known.
        """
        if not self._beta or not self.known:
            return 0.0 if self.known else np.nan
        factor = _ONE_LOOP * math.sinh(min(2 * self._beta, 700.0)) / 4
        expected = np.array([self._paramagnet.energy(self._beta, sample) for sample in range(len(energy))])
        most = self._paramagnet.most_off(self._beta)
        shift = np.clip(factor * (expected - energy), -most, most)
        if len(shift) > 1:
            noise = errors.student(len(shift)) * shift.std(ddof=1) / math.sqrt(len(shift))
        else:
            noise = min(factor * float(stderr[0]), most)
        return float(np.hypot(shift.mean(), noise))


def _free_weights(node: Node) -> int:
    """Weights that interact on a path when those that a gauge makes +1 are left out: a network of walks with one input
    or output unit can turn the weights of that layer into +1 by its hidden neurons. 0 where p is not known."""
    widths = json.loads(node.chain.attrs.get("glass", "{}")).get("widths") or [0]
    return interacting(node) - (widths[0] == 1) - (widths[-1] == 1)


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

    def energy(self, beta, sample: int | None = None):
        """Energy per weight; of one sample or with the mean number of paths per weight."""
        alpha = self._alpha.mean() if sample is None else self._alpha[sample]
        return -alpha * self._mean(lambda field: field * np.tanh(field), beta) / np.where(beta, beta, 1)

    def most_off(self, beta: float) -> float:
        """Bound on how far ln Z of any glass with as many paths is from :meth:`log_z`, per weight: it lies between
        N ln 2 and that plus beta M; inf where couplings differ in size."""
        alpha, most = float(self._alpha.max()), max(float(self._mean(_log_cosh, beta)), math.log(2))
        return alpha * most if len(self._couplings) == 1 else math.inf

    def entropy(self, beta):
        """Entropy per weight with the mean number of paths per weight."""
        return self.log_z(beta) + beta * self.energy(beta)

    def _mean(self, function, beta):
        field = np.multiply.outer(np.asarray(beta, dtype=np.float64), self._couplings)
        return function(field) @ self._weights


def _log_cosh(x):
    size = np.abs(x)
    return size + np.log1p(np.exp(-2 * size)) - math.log(2)
