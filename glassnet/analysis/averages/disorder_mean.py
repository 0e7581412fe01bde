"""The disorder mean of one number of every sample on every rung, with its bootstrap."""

import numpy as np
import xarray as xr

from glassnet.analysis.nodes import Node, rungs
from glassnet.statistics import bootstrap


def disorder_mean(node: Node, name: str, values: np.ndarray, *, seed: int = 0) -> xr.Dataset:
    """The mean over samples of a quantity, on the rungs of a node that count.

    Parameters
    ----------
    node : Node
    name : str
        What the quantity is called in the result.
    values : (n_samples, n_rungs) float64
        Thermal averages of the samples; one rung, that of the planting temperature, in planted nodes.
    seed : int
        Of the run, for the bootstrap over samples.

    Returns
    -------
    xarray.Dataset
        Dimension temperature: the mean as `name`, with `name_stderr` (bootstrap over samples; nan for a single one) and
        `name_resampled` (resample, temperature), whose first row holds the data. Attribute n_samples. Units are those
        of the values.
    """
    n_samples = len(values)
    counts = bootstrap.resampling_counts(n_samples, key=node.path, seed=seed)
    resampled = bootstrap.resampled_means(values, counts)
    variables = {
        name: ("temperature", resampled[0]),
        f"{name}_stderr": ("temperature", bootstrap.bootstrap_error(resampled, n_samples)),
        f"{name}_resampled": (("resample", "temperature"), resampled),
    }
    temperatures = np.asarray(node.chain["temperature"].values, dtype=np.float64)[rungs(node)]
    return xr.Dataset(variables, {"temperature": temperatures}, {"n_samples": n_samples})
