"""Order parameter of a node on every rung: moments, Binder cumulant, distribution, weight of high overlap."""

import numpy as np
import xarray as xr

from glassnet.analysis import errors
from glassnet.analysis.independent import independent_pairs, order_parameter
from glassnet.analysis.nodes import Node, read

#: about this many bins between -1 and 1; always a whole number of the steps 2/N between possible overlaps
_BINS = 48


def averages(node: Node, *, seed: int = 0) -> xr.Dataset:
    """Disorder averages of the order parameter q over pairs of independent replicas.

    Parameters
    ----------
    node : Node
        With at least two replicas.
    seed : int
        Seed of the run, for the bootstrap over samples.

    Returns
    -------
    xarray.Dataset
        Dimension temperature: `q2` = [<q^2>]; `susceptibility` = [<q^2>] over its value without order (N [<q^2>] for
        plain overlaps); `binder` = (B0 - R) / (B0 - 1), R = [<q^4>] / [<q^2>]^2, with B0 the exact ratio of
        independent pairs (0 without order, 1 for one sharp overlap); `peak_weight` = [P(|q| > threshold)]; each with
        `_stderr` (bootstrap over samples, nan for a single one) and `_resampled` (resample, temperature), whose first
        row holds the data. Dimensions (temperature, overlap): `density` of q and `density_stderr`. Attributes: variable, threshold, reference_ratio (B0), n_samples. Susceptibility and
        Binder cumulant are nan where B0 is not known.
    """
    name = order_parameter(node)
    reference = independent_pairs(node)
    threshold = peak_threshold(node)
    edges = bin_edges(node.n_weights)
    n_rungs = node.chain.sizes["temperature"]
    moments = np.empty((node.n_samples, n_rungs, 3))
    histograms = np.empty((node.n_samples, n_rungs, len(edges) - 1))
    for sample in range(node.n_samples):
        q = read(node.chain, name, sample)
        moments[sample] = np.stack(
            [(q**2).mean(axis=(0, 2)), (q**4).mean(axis=(0, 2)), (np.abs(q) > threshold).mean(axis=(0, 2))], axis=-1
        )
        histograms[sample] = [density(q[:, rung], edges) for rung in range(n_rungs)]
    counts = errors.resampling_counts(node.n_samples, key=node.path, seed=seed)
    resampled = errors.resampled_means(moments, counts)
    second, fourth, peak = np.moveaxis(resampled, -1, 0)
    square, ratio = (np.nan, np.nan) if reference is None else (reference.square, reference.ratio)
    derived = {
        "q2": second,
        "susceptibility": second / square,
        "binder": (ratio - fourth / second**2) / (ratio - 1),
        "peak_weight": peak,
        "density": errors.resampled_means(histograms, counts),
    }
    variables = {}
    for quantity, values in derived.items():
        dimensions = ("temperature", "overlap")[: values.ndim - 1]
        variables[quantity] = (dimensions, values[0])
        variables[f"{quantity}_stderr"] = (dimensions, errors.bootstrap_error(values, node.n_samples))
        if values.ndim == 2:
            variables[f"{quantity}_resampled"] = (("resample", "temperature"), values)
    coordinates = {"temperature": node.chain["temperature"].values, "overlap": 0.5 * (edges[1:] + edges[:-1])}
    attributes = {"variable": name, "threshold": threshold, "reference_ratio": ratio, "n_samples": node.n_samples}
    return xr.Dataset(variables, coordinates, attributes)


def peak_threshold(node: Node) -> float:
    """Overlap above which a pair counts as being in the same state: halfway from independent pairs to identity."""
    reference = independent_pairs(node)
    return 0.5 * (1 + (reference.mean if reference is not None else 0.0))


def bin_edges(n_weights: int) -> np.ndarray:
    """Edges of overlap bins from -1 to 1 that hold equally many possible overlaps (steps of 2/N) each."""
    step = 2.0 / n_weights
    width = max(1, round(2 / _BINS / step)) * step
    n_bins = int(np.ceil((2 + step) / width - 1e-9))
    return -0.5 * n_bins * width + width * np.arange(n_bins + 1) + _offset(n_weights, n_bins, width, step)


def _offset(n_weights: int, n_bins: int, width: float, step: float) -> float:
    """Shift that puts the lowest edge half a step below a possible overlap, so that none lies on an edge."""
    lowest = -0.5 * n_bins * width
    possible = -1 + step * np.round((lowest + 1) / step)
    return possible - 0.5 * step - lowest


def density(overlaps: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Normalised histogram of overlaps (any shape) in the given bins."""
    counts = np.histogram(overlaps, edges)[0]
    return counts / counts.sum() / np.diff(edges)
