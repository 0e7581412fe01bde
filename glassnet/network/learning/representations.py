"""What the hidden layers of sign networks make of examples: dimension, correlations, and their spanning tree."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network import dimension, layers, persistence, weight_matrices

VARIABLES = ("dimension", "covariance_strength", "relative_strength")


def representations(weights: Sequence[ArrayLike], inputs: ArrayLike, n_networks: int = 8) -> xr.Dataset:
    """Measure the hidden layers of sign networks on given examples, ties as 0.

    Parameters
    ----------
    weights : list of (..., n_out, n_in) arrays
        One network, or many along the leading axes.
    inputs : (n_examples, n_inputs) array
        At least 4, in random order, see :func:`glassnet.network.dimension.measure`.
    n_networks : int
        So many of the networks, at equal distances, are measured.

    Returns
    -------
    xarray.Dataset
        Over `network` and `layer`, 0 for the inputs and then the hidden layers: `dimension` (D/N),
        `covariance_strength` (S), `relative_strength` (S/K1^2), each with `_stderr`, what other examples would change,
        and `constant`, the fraction of units that are the same for all examples, as those without connections are. D/N
        is NaN where nothing varies. Over `network`: `mean_death`, mean length of the edges of the minimum spanning tree
        of all hidden units (:func:`glassnet.network.persistence.deaths`), where a constant unit has length 1; NaN
        for less than two hidden units.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described or the shapes do not fit.
    """
    weights = weight_matrices.stacked(weights)
    n_networks = _checks.integer("n_networks", n_networks, minimum=1)
    flat = [one.reshape(-1, *one.shape[-2:]) for one in weights]
    n_given = len(flat[0])
    chosen = np.arange(min(n_networks, n_given)) * n_given // min(n_networks, n_given)
    tables = [_of_one([matrices[number] for matrices in flat], inputs) for number in chosen]
    return xr.concat(tables, "network").assign_coords(network=chosen)


def _of_one(weights: list[np.ndarray], inputs: ArrayLike) -> xr.Dataset:
    measured = dimension.measure(weights, inputs, "sign")
    names = [*VARIABLES, *(f"{name}_stderr" for name in VARIABLES)]
    # one output unit has D/N = 1, whatever it says
    table = measured[names].isel(layer=slice(None, -1))
    states = layers.forward(weights, inputs, "sign")[:-1]
    table["constant"] = "layer", [float((state == state[:1]).all(axis=0).mean()) for state in states]
    hidden = np.concatenate([np.zeros((len(states[0]), 0)), *states[1:]], axis=1)
    table["mean_death"] = persistence.deaths(hidden).mean() if hidden.shape[1] > 1 else np.nan
    return table
