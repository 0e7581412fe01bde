"""Order parameter of a node on every rung: moments, Binder cumulant, distribution, weight of high overlap."""

from typing import Any

import numpy as np
import xarray as xr

from glassnet.analysis.averages.random_pairs import independent_pairs
from glassnet.analysis.nodes import (
    Node,
    Reading,
    bias,
    bipartite,
    interacting,
    may_magnetise,
    on_random_graph,
    order_parameter,
    readings,
)
from glassnet.statistics import bootstrap, standard_errors
from glassnet.statistics.bootstrap_t import moment_errors, studentised_error
from glassnet.statistics.ladder_averages import thermal_error_of_pairs

#: about this many bins between -1 and 1; their width is a whole number of the steps 2/N between possible overlaps
_BINS = 48


def averages(node: Node, *, seed: int = 0) -> xr.Dataset:
    """Disorder averages of the order parameter of a symmetric node; see :meth:`OverlapAverages.dataset`."""
    collected = OverlapAverages(node)
    for reading in readings(node):
        collected.add(reading)
    return collected.dataset(seed=seed)


class OverlapAverages:
    """Collects the order parameter q of a symmetric node over pairs of independent replicas, sample after sample."""

    def __init__(self, node: Node):
        self._node = node
        self._threshold = peak_threshold(node)
        self._edges = bin_edges(node.n_weights)
        self._moments: list[np.ndarray] = []
        self._thermal: list[np.ndarray] = []
        self._densities: list[np.ndarray] = []
        self._magnetised: list[np.ndarray] = []

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        assert reading.overlap is not None
        square = reading.overlap * reading.overlap
        high = (square > self._threshold**2).sum(axis=(0, 2))
        # sums over the first and last axis of large arrays: einsum makes no copies
        sums = square.sum(axis=2).sum(axis=0), np.einsum("drp,drp->r", square, square), high
        self._moments.append(np.stack(sums, axis=-1) / (square.shape[0] * square.shape[2]))
        self._thermal.append(thermal_error_of_pairs(square))
        self._densities.append(density(reading.overlap, self._edges, self._node.n_weights, reading.n_weights))
        recorded = reading.magnetisation if reading.magnetisation is not None else reading.final_magnetisation
        if recorded is not None and may_magnetise(self._node):
            self._magnetised.append((recorded * recorded).mean(axis=(0, 2)))

    def dataset(self, *, seed: int = 0) -> xr.Dataset:
        """Averages over the samples so far; `seed` of the run is that of the bootstrap over samples.

        Returns
        -------
        xarray.Dataset
            Dimension temperature: `q2` = [<q^2>]; `susceptibility` = [<q^2>] over its value without order (N [<q^2>]
            for plain overlaps); `binder` = (B0 - R) / (B0 - 1), R = [<q^4>] / [<q^2>]^2, with B0 the exact ratio of
            independent pairs (0 without order, 1 for one sharp overlap); `peak_weight` = [P(|q| > threshold)]; `m2` =
            [<m^2>] of the magnetisation m where two-body couplings may magnetise, from all draws that recorded weights
            or from the weights the chains end in; each with `_stderr` (bootstrap-t over samples, nan for a single one)
            and `_resampled` (resample, temperature), whose first row holds the data; `self_averaging`, the variance of
            the peak weight over the samples divided by its squared mean (0 if it is self-averaging; nan where no sample
            has a peak). `q2_thermal_stderr` is the part of the error of `q2` that longer chains would remove,
            autocorrelation included. Dimensions (temperature, overlap): `density` of q with `density_stderr` and
            `density_resampled`. Attributes: variable, threshold, origin (overlap without order, 0 where both signs are
            alike), reference_ratio (B0), n_samples, bias (of the couplings, nan where it is not known), random_graph
            (whether the paths were drawn at random), p (weights on a path, 0 where it is not known), bipartite (whether
            all paths join the same two layers). The Binder cumulant is nan where B0 is: for networks of walks, see
            :mod:`glassnet.analysis.averages.random_pairs`. It and the susceptibility are nan where the overlap without
            order is not known.
        """
        n_samples = len(self._moments)
        reference = independent_pairs(self._node)
        square, ratio = (np.nan, np.nan) if reference is None else (reference.square, reference.ratio)
        counts = bootstrap.resampling_counts(n_samples, key=self._node.path, seed=seed)
        moments = np.array(self._moments)
        second, fourth, peak = np.moveaxis(bootstrap.resampled_means(moments, counts), -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            binder = (ratio - fourth / second**2) / (ratio - 1)
        derived = {
            "q2": second,
            "susceptibility": second / square,
            "binder": binder,
            "peak_weight": peak,
            "density": bootstrap.resampled_means(np.array(self._densities), counts),
        }
        if self._magnetised:
            derived["m2"] = bootstrap.resampled_means(np.array(self._magnetised), counts)
        variables: dict[str, tuple[Any, ...]] = {}
        for name, values in derived.items():
            dimensions = ("temperature", "overlap")[: values.ndim - 1]
            variables[name] = (dimensions, values[0])
            variables[f"{name}_stderr"] = (dimensions, bootstrap.bootstrap_error(values, n_samples))
            variables[f"{name}_resampled"] = (("resample", *dimensions), values)
        # a few samples dominate these moments, so that their scatter alone is too small an error
        skewed = moment_errors(moments[..., :2], counts, ratio)
        skewed["susceptibility"] = skewed["q2"] / square
        skewed["peak_weight"] = studentised_error(moments[..., 2:], counts, peak, np.ones((*peak.shape, 1)))
        variables |= {f"{name}_stderr": ("temperature", stderr) for name, stderr in skewed.items()}
        weight = moments[..., 2]
        with np.errstate(invalid="ignore", divide="ignore"):
            variables["self_averaging"] = ("temperature", weight.var(axis=0) / weight.mean(axis=0) ** 2)
        variables["q2_thermal_stderr"] = ("temperature", standard_errors.thermal_error(np.array(self._thermal)))
        centres = 0.5 * (self._edges[1:] + self._edges[:-1])
        coordinates = {"temperature": self._node.chain["temperature"].values, "overlap": centres}
        origin = 0.0 if reference is None else reference.mean
        attributes = {"variable": order_parameter(self._node), "threshold": self._threshold, "origin": origin}
        attributes |= {"bias": bias(self._node), "random_graph": on_random_graph(self._node)}
        attributes |= {"p": interacting(self._node), "bipartite": bipartite(self._node)}
        return xr.Dataset(variables, coordinates, attributes | {"reference_ratio": ratio, "n_samples": n_samples})


def peak_threshold(node: Node) -> float:
    """Overlap above which two configurations count as being in the same state.

    Halfway from the mean overlap of independent pairs (0 without gauges) to identity.
    """
    reference = independent_pairs(node)
    return 0.5 * (1 + (reference.mean if reference is not None else 0.0))


def bin_edges(n_weights: int) -> np.ndarray:
    """Edges of bins that cover [-1, 1], each with equally many possible overlaps (2/N apart) and none on an edge."""
    step = 2.0 / n_weights
    together = max(1, round(2 / _BINS / step))
    n_bins = -(-(n_weights + 1) // together)
    # the rest that does not fit into whole bins lies below -1, where no overlap is
    return 1 + step / 2 - together * step * np.arange(n_bins, -1, -1)


def density(overlaps: np.ndarray, edges: np.ndarray, n_weights: int = 0, of_sample: int = 0) -> np.ndarray:
    """Normalised histograms of overlaps (n_draws, n_rungs, n_chains) in equal bins: (n_rungs, n_bins).

    Where the bins are those of `n_weights` weights and the sample has another number `of_sample`, its possible overlaps
    lie elsewhere: each is then spread over the step 2/N around it.
    """
    if n_weights != of_sample:
        own = 1 + (1 - 2 * np.arange(of_sample + 1, -1, -1)) / of_sample
        below = np.cumsum(density(overlaps, own), axis=1) * (2 / of_sample)
        below = np.pad(below, [(0, 0), (1, 0)])
        return np.diff([np.interp(edges, own, row) for row in below], axis=1) / (edges[1] - edges[0])
    n_bins, n_rungs = len(edges) - 1, overlaps.shape[1]
    width = edges[1] - edges[0]
    bins = ((overlaps - edges[0]) / width).astype(np.int64)
    np.clip(bins, 0, n_bins - 1, out=bins)
    bins += n_bins * np.arange(n_rungs)[None, :, None]
    counts = np.bincount(bins.ravel(), minlength=n_rungs * n_bins).reshape(n_rungs, n_bins)
    return counts / (overlaps.shape[0] * overlaps.shape[2] * width)
