"""Thermal averages as continuous functions of temperature, from all rungs of a ladder together.

    r = reweight(chains["/N48/dilution0.0"])
    energy, error = r.energy(np.linspace(0.5, 1.0, 50))

The rungs of each sample are combined (:mod:`glassnet.analysis.averages.all_rungs`), then samples are averaged.
"""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks, _face, _tables
from glassnet.analysis.averages.all_rungs import Combined
from glassnet.analysis.averages.free_energy_anchor import Anchor
from glassnet.analysis.averages.random_pairs import independent_pairs
from glassnet.analysis.nodes import Node, order_parameter, readings
from glassnet.statistics import bootstrap
from glassnet.statistics.bootstrap_t import moment_errors
from glassnet.statistics.estimate import with_error

_MEANING = {
    "energy": "energy per weight, units of |J|",
    "heat_capacity": "heat capacity per weight, k_B",
    "entropy": "entropy per weight, k_B",
    "free_energy": "free energy per weight, units of |J|",
    "q2": "mean square of the overlap",
    "binder": "Binder cumulant (B0 - <q^4> / <q^2>^2) / (B0 - 1)",
}
_TITLES = ("energy/N", "heat cap./N", "entropy/N", "free en./N", "<q^2>", "Binder")


@_face.shown
class Curve(NamedTuple):
    """A quantity at the temperatures asked for and its standard error, float64 of their shape.

    The error is that of the mean over samples, thermal noise included; of a single sample it is thermal.
    """

    value: np.ndarray
    stderr: np.ndarray


def reweight(chain: xr.DataTree | xr.Dataset, *, seed: int | None = None) -> "Reweighted":
    """Combine all rungs of a chain.

    Parameters
    ----------
    chain : xarray.DataTree or xarray.Dataset
        A symmetric node of :func:`glassnet.open_chains`, or what a sampler's ``run`` returns. Rungs that are not in
        equilibrium falsify the results on hotter ones: leave them out with ``.sel(temperature=slice(lowest, None))``.
    seed : int, optional
        For the bootstrap; by default the seed of the run.

    Returns
    -------
    Reweighted
        Samples are read one after the other, and of each only sums over energy levels are kept.

    Raises
    ------
    TypeError, ValueError
        If `chain` is neither, is planted (its rungs but one are tools of the exchange), was recorded in a field, or
        holds fewer than two draws.
    """
    node = _node(chain)
    if seed is None:
        seed = int(chain.root.attrs.get("seed", 0)) if isinstance(chain, xr.DataTree) else chain.attrs.get("seed", 0)
    return Reweighted(node, seed=_checks.integer("seed", seed, minimum=0))


@_face.shown
class Reweighted:
    """Thermal averages, averaged over samples, at any temperature within a ladder.

    Made by :func:`reweight`. ``str()`` is a table over the rungs.

    Parameters
    ----------
    node : Node
        Symmetric.
    seed : int
        Seed of the run, for the bootstrap.

    Attributes
    ----------
    temperatures : (n_rungs,) float64
        The ladder, k_B = 1; averages exist between its ends.
    size, n_weights, n_samples : int
        Number of weights before dilution, as in the run file (in the dataset of a sampler those it has), and after
        dilution, by which everything here is divided. Where samples differ by one, each is divided by its own number,
        and this is the nearest.
    anchor : str
        The known ln Z from which free energies and entropies start: exactly N ln 2 at T = inf if the ladder has that
        rung, otherwise the closed form of the paramagnet on the hottest one. That form is not accurate enough for
        glasses that were given, for p = 2, and for couplings neither +-1 nor Gaussian: then "unknown", and absolute
        entropies and free energies are nan.
    anchor_stderr : float
        Error of the anchor, per weight in ln Z, and so of every entropy: a bound from the energies of the hottest rung
        (:class:`glassnet.analysis.averages.free_energy_anchor.Anchor`), included in all errors of entropies and free
        energies; 0 at T = inf.
    lacks : str
        The rung that would give them where the anchor is unknown: "a rung at T = inf"; "" otherwise.
    n_effective : xarray.DataArray
        Effective number of independent draws of the energy of each sample on each rung, (sample, temperature).
    """

    def __init__(self, node: Node, *, seed: int = 0) -> None:
        self._node, self._seed = node, seed
        self.temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)
        self.size, self.n_weights, self.n_samples = node.size, node.n_weights, node.n_samples
        start = Anchor(node)
        self.anchor, self.lacks = start.described, start.lacks
        self._missing: dict[str, str] = {}
        self._reference = self._overlap_reference()
        pairs = _pairs(node) if "q2" not in self._missing else None
        self._samples = []
        for sample, reading in enumerate(readings(node)):
            anchor = reading.n_weights * start.log_z(sample)
            overlap = None if pairs is None else reading.overlap
            self._samples.append(Combined(reading.energy, self.temperatures, anchor, overlap, pairs))
        hottest = np.array([[values[-1] for values in sample.plain[:2]] for sample in self._samples])
        self.anchor_stderr = start.error(*hottest.T / node.weights_of_samples)
        coordinates = {"sample": node.chain["sample"].values, "temperature": self.temperatures}
        effective = [sample.plain.n_effective for sample in self._samples]
        self.n_effective = xr.DataArray(effective, coordinates, ("sample", "temperature"), "n_effective")
        self._last: tuple[bytes, tuple[dict[str, Any], dict[str, Any]]] = (b"", ({}, {}))

    def _overlap_reference(self) -> float:
        """B0, nan where there is none; records which quantities cannot be computed."""
        name = order_parameter(self._node)
        if name is None:
            reason = "the chain holds no overlap that is an order parameter; record with measure=['energy', "
            self._missing |= dict.fromkeys(("q2", "binder"), reason + "'overlap'], gauged glasses 'matched_overlap'")
            return np.nan
        pairs = independent_pairs(self._node)
        ratio = np.nan if pairs is None else pairs.ratio
        if np.isnan(ratio):
            self._missing["binder"] = "overlaps of independent pairs are no reference for this ensemble (walks)"
        return ratio

    def energy(self, temperature: ArrayLike) -> Curve:
        """Energy per weight.

        Parameters
        ----------
        temperature : float or (...) floats
            Within the ladder.

        Returns
        -------
        Curve
            `value` and `stderr`, of the shape of `temperature`.

        Raises
        ------
        TypeError, ValueError
            If a temperature is no number or lies outside the ladder: reweighting does not extrapolate.
        """
        return self._curve("energy", temperature)

    def heat_capacity(self, temperature: ArrayLike) -> Curve:
        """Heat capacity per weight, beta^2 (<E^2> - <E>^2) / N; see :meth:`energy`."""
        return self._curve("heat_capacity", temperature)

    def entropy(self, temperature: ArrayLike) -> Curve:
        """Entropy per weight, (ln Z + beta <E>) / N; see :meth:`energy`.

        nan where :attr:`anchor` is "unknown"; :attr:`lacks` names the rung that would give it.
        """
        return self._curve("entropy", temperature)

    def free_energy(self, temperature: ArrayLike) -> Curve:
        """Free energy per weight, -T ln Z / N, -inf at T = inf; see :meth:`entropy`."""
        return self._curve("free_energy", temperature)

    def q2(self, temperature: ArrayLike) -> Curve:
        """Mean square [<q^2>] of the order parameter of the ensemble; see :meth:`energy`.

        ValueError too where the chain holds none.
        """
        return self._curve("q2", temperature)

    def binder(self, temperature: ArrayLike) -> Curve:
        """Binder cumulant (B0 - R) / (B0 - 1), R = [<q^4>] / [<q^2>]^2, B0 that of independent pairs; see :meth:`q2`.

        As in :class:`glassnet.analysis.averages.overlaps.OverlapAverages`; networks of walks have none.
        """
        return self._curve("binder", temperature)

    def dataset(self, temperature: ArrayLike | None = None) -> xr.Dataset:
        """Everything at once.

        Parameters
        ----------
        temperature : (n,) array of floats, optional
            By default the rungs.

        Returns
        -------
        xarray.Dataset
            Over `temperature`: the quantities this chain has of energy, heat_capacity, entropy, free_energy, q2,
            binder, each with `_stderr`, `_thermal_stderr` (the part that longer chains would remove) and `_resampled`
            (resample, temperature), whose first row holds the data: samples resampled, blocks of draws where there is
            one sample. And `n_effective` (sample, rung). Attributes size, n_weights, n_samples, anchor, anchor_stderr
            and lacks; the error of the anchor is in `_stderr` alone. TypeError and ValueError as for :meth:`energy`.
        """
        wanted = self._within(self.temperatures if temperature is None else temperature)
        if wanted.ndim != 1:
            raise ValueError(f"temperature must have 1 dimension, got shape {wanted.shape}")
        over_samples, over_blocks = self._evaluate(wanted)
        variables: dict[str, Any] = {}
        for name, thermal in over_blocks.items():
            resampled = over_samples.get(name, thermal)
            variables[name] = ("temperature", resampled[0], {"long_name": _MEANING[name]})
            stderr = self._error(name, over_samples, over_blocks)
            variables[f"{name}_stderr"] = ("temperature", self._with_anchor(name, stderr, wanted))
            variables[f"{name}_thermal_stderr"] = ("temperature", self._error(name, {}, over_blocks))
            variables[f"{name}_resampled"] = (("resample", "temperature"), resampled)
        variables["n_effective"] = (("sample", "rung"), self.n_effective.values)
        coordinates = {"temperature": wanted, "rung": self.temperatures, "sample": self.n_effective["sample"].values}
        attributes = {name: getattr(self, name) for name in ("size", "n_weights", "n_samples", "anchor")}
        attributes |= {"anchor_stderr": self.anchor_stderr, "lacks": self.lacks}
        return xr.Dataset(variables, coordinates, attributes)

    def plot(self, ax: Any = None) -> Any:
        """Draw the averages between the rungs; see :func:`glassnet.plots.reweighted`."""
        # an import to the right, when asked: only figures need matplotlib
        from glassnet import plots

        return plots.reweighted(self, ax)

    def __repr__(self) -> str:
        ladder = f"{len(self.temperatures)} rungs from T = {self.temperatures[0]:g} to {self.temperatures[-1]:g}"
        return (
            f"Reweighted(N = {self.size}, {self.n_samples} sample{'s' * (self.n_samples != 1)}, {ladder})\n"
            f"free energies from {self.anchor}; print() computes the averages on the rungs, plot() draws them"
        )

    def __str__(self) -> str:
        each = " or ".join(map(str, sorted(set(self._node.weights_of_samples.tolist()))))
        left = f" ({each} left)" if each != str(self.size) else ""
        size = f"N = {self.size}{left}, {self.n_samples} sample{'s' * (self.n_samples != 1)}"
        known = [name for name in _MEANING if name not in self._missing]
        titles = [title for name, title in zip(_MEANING, _TITLES, strict=True) if name in known]
        table = self.dataset()
        rows = []
        least = np.fmin.reduce(self.n_effective.values, axis=0)
        for rung, temperature in enumerate(self.temperatures):
            cells = [(float(table[name][rung]), float(table[f"{name}_stderr"][rung])) for name in known]
            shown = [with_error(*cell) if np.isfinite(cell[0]) else "-" for cell in cells]
            rows.append([temperature, *shown, least[rung] if np.isfinite(least[rung]) else "-"])
        columns = {"T": ".4g"} | dict.fromkeys(titles, "") | {"draws": ".0f"}
        start = f" entropy from {self.anchor};"
        if self.lacks:
            start = f" absolute entropy and free energy not known: {self.lacks} would give them;"
        elif self.anchor_stderr:
            start = f" entropy from {self.anchor}, which may be {self.anchor_stderr:.1g} off (in the bars);"
        draws = "draws: effective number of the sample with fewest"
        return f"{size};{start} {draws}\n{_tables.table(columns, rows)}"

    def _curve(self, name: str, temperature: ArrayLike) -> Curve:
        if name in self._missing:
            raise ValueError(f"{name}: {self._missing[name]}")
        wanted = self._within(temperature)
        over_samples, over_blocks = self._evaluate(wanted.reshape(-1))
        value = over_samples.get(name, over_blocks[name])[0]
        stderr = self._with_anchor(name, self._error(name, over_samples, over_blocks), wanted.reshape(-1))
        return Curve(value.reshape(wanted.shape), stderr.reshape(wanted.shape))

    def _with_anchor(self, name: str, stderr: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """The error of a quantity including that of its anchor."""
        factors: dict[str, Any] = {"entropy": 1.0, "free_energy": wanted}
        if name not in factors or not self.anchor_stderr:
            return stderr
        return np.hypot(stderr, factors[name] * self.anchor_stderr)

    def _error(self, name: str, over_samples: dict[str, Any], over_blocks: dict[str, Any]) -> np.ndarray:
        if name in over_samples:
            skewed = over_samples.get("skewed", {})
            return skewed[name] if name in skewed else bootstrap.bootstrap_error(over_samples[name], self.n_samples)
        return bootstrap.block_error(over_blocks[name], [sample.n_blocks for sample in self._samples])

    def _within(self, temperature: ArrayLike) -> np.ndarray:
        wanted = _checks.temperatures("temperature", temperature)
        lowest, highest = self.temperatures[[0, -1]]
        # ends that were computed in another way may differ in the last bits
        inside = (wanted >= lowest * (1 - 1e-12)) & (wanted <= highest * (1 + 1e-12))
        if not inside.all():
            raise ValueError(
                f"temperature must lie within the ladder, {lowest:g} to {highest:g}, got {wanted[~inside][0]:g}: "
                "reweighting does not extrapolate"
            )
        return np.clip(wanted, lowest, highest)

    def _evaluate(self, wanted: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every quantity at (n_wanted,) temperatures on resamples of samples (none for one sample) and of blocks; with
        the samples, as "skewed", the errors of moments that a few of them may dominate."""
        if self._last[0] == wanted.tobytes():
            return self._last[1]
        sizes = self._node.weights_of_samples
        columns = [self._per_weight(one.at(1 / wanted), wanted, n) for one, n in zip(self._samples, sizes, strict=True)]
        values = np.array([column[0] for column in columns])
        key, over_samples = self._node.path, dict[str, Any]()
        with np.errstate(invalid="ignore"):
            if self.n_samples > 1:
                counts = bootstrap.resampling_counts(self.n_samples, key=key, seed=self._seed)
                over_samples |= self._derived(bootstrap.resampled_means(values, counts))
                if values.shape[1] > 4:
                    over_samples["skewed"] = moment_errors(values[:, 4:].swapaxes(1, 2), counts, self._reference)
            without = [column[1:] for column in columns]
            over_blocks: dict[str, Any] = self._derived(
                bootstrap.resampled_blocks(values, without, key=key, seed=self._seed)
            )
        self._last = wanted.tobytes(), (over_samples, over_blocks)
        return self._last[1]

    def _per_weight(self, averages: dict[str, np.ndarray], wanted: np.ndarray, n_weights: int) -> np.ndarray:
        """What is averaged over samples: energy, heat capacity, entropy, free energy, <q^2>, <q^4> along axis 1."""
        log_z, energy = averages["log_z"], averages["energy"]
        heat_capacity, entropy = averages["variance"] / wanted**2, log_z + energy / wanted
        columns = [energy, heat_capacity, entropy, -wanted * log_z]
        columns = [column / n_weights for column in columns]
        return np.stack([*columns, *(averages[name] for name in ("q2", "q4") if name in averages)], axis=1)

    def _derived(self, resampled: np.ndarray) -> dict[str, np.ndarray]:
        """The quantities this chain has, by name, from (n_resamples, n_columns, n_wanted) disorder means."""
        names = ("energy", "heat_capacity", "entropy", "free_energy", "q2", "q4")[: resampled.shape[1]]
        columns = dict(zip(names, resampled.swapaxes(0, 1), strict=True))
        if "q4" in columns:
            columns["binder"] = (self._reference - columns["q4"] / columns["q2"] ** 2) / (self._reference - 1)
        return {name: columns[name] for name in _MEANING if name not in self._missing}


def _node(chain: xr.DataTree | xr.Dataset) -> Node:
    """The node of a dataset or tree that a user hands over."""
    if isinstance(chain, xr.DataTree):
        chain = _symmetric(chain)
        path, chain = chain.path, chain.to_dataset()
    elif isinstance(chain, xr.Dataset):
        path = ""
    else:
        kind = type(chain).__name__
        raise TypeError(f"chain must be a node of glassnet.open_chains or the dataset of a run, got {kind}")
    if "energy" not in chain or not {"draw", "temperature", "replica"} <= set(chain["energy"].dims):
        raise ValueError(
            f"chain must hold energy (draw, temperature, replica), got {sorted(map(str, chain.data_vars))}"
        )
    _checks.temperature_ladder("chain: temperature", chain["temperature"].values)
    if chain.sizes["draw"] < 2:
        raise ValueError(f"chain must have at least 2 draws, got {chain.sizes['draw']}")
    if chain.attrs.get("planted_temperature") is not None:
        temperature = chain.attrs["planted_temperature"]
        raise ValueError(
            f"chain must be symmetric, got one planted at T = {temperature:g}: a planted instance stands for the "
            "ensemble at that temperature only, its other rungs are tools of the exchange"
        )
    if chain.attrs.get("field"):
        raise ValueError(f"chain must be recorded without a field, got field = {chain.attrs['field']:g}")
    if "sample" not in chain["energy"].dims:
        chain = _as_sample(chain)
    elif not chain.sizes["sample"]:
        raise ValueError("chain must have at least 1 sample, got 0")
    dilution = float(chain.attrs.get("dilution", 0.0))
    each = np.unique(chain["n_weights"].values) if "n_weights" in chain else np.array([])
    if len(each) == 1:
        # the attribute of a node is the nearest number for all its samples
        chain = chain.assign_attrs(n_weights=int(each[0]))
    left = int(chain.attrs["n_weights"])
    return Node(path, int(chain.attrs.get("n_weights_parent", left)), dilution, None, chain)


def _symmetric(tree: xr.DataTree) -> xr.DataTree:
    """The node that is meant: `tree` itself, or the only one below it that holds chains that are not planted."""
    if "energy" in tree.data_vars:
        return tree
    below = [node for node in tree.subtree if "energy" in node.data_vars and "planted_temperature" not in node.attrs]
    if len(below) != 1:
        names = ", ".join(node.path for node in below) or "none is below it"
        raise ValueError(f"chain must be one node of symmetric chains, got {tree.path}; choose among: {names}")
    return below[0]


def _as_sample(run: xr.Dataset) -> xr.Dataset:
    """One sample of a node, or the dataset of a run, as a node of one sample."""
    if "sample" in run.coords:
        return run.expand_dims("sample")
    integers = run["energy"].dtype.kind in "iu"
    known = {"couplings": "binary" if integers else "given"} | run.attrs
    return run.expand_dims(sample=[0]).assign(n_paths=("sample", [run.attrs["n_paths"]])).assign_attrs(known)


def _pairs(node: Node) -> np.ndarray:
    """The two replicas of each pair, (n_pairs, 2)."""
    if "replica_a" in node.chain.coords:
        return np.stack([node.chain[name].values for name in ("replica_a", "replica_b")], axis=1)
    return np.array(list(combinations(range(node.chain.sizes["replica"]), 2)))
