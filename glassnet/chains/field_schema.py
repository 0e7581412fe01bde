"""The dataset of one instance of field integration, as a chain file holds it."""

import numpy as np
import xarray as xr

from glassnet.chains.schema import VARIABLES


def field_dataset(
    aligned: np.ndarray,
    local_fields: np.ndarray,
    degree_counts: np.ndarray,
    *,
    draw: np.ndarray,
    temperatures: np.ndarray,
    fields: np.ndarray,
    attrs: dict,
) -> xr.Dataset:
    """Build the dataset of one instance planted in many lanes, each in a field along its planted state.

    Parameters
    ----------
    aligned : (n_draws, n_temperatures, n_fields, n_plantings) int32
        sum_i w_i w*_i of every lane.
    local_fields : (n_temperatures, n_fields, n_plantings, 2 top + 1) int32
        How many weights have the local field -top ... top in the planted state of every lane.
    degree_counts : (top + 1,) int32
        How many weights have 0 ... top paths.
    draw : (n_draws,) int64
        Sweeps since the start.
    temperatures, fields : float64
        Of planting and of the lanes, k_B = 1; K of the energy E - T K sum_i w_i w*_i.
    attrs : dict
        With `n_weights`.
    """
    scale = 1 / attrs["n_weights"]
    values = {"field_overlap": aligned * scale, "local_fields": local_fields, "degree_counts": degree_counts}
    encoding = {"field_overlap": {"dtype": "int32", "scale_factor": scale}}
    variables = {
        name: (VARIABLES[name][0], array, {"long_name": VARIABLES[name][1]}, encoding.get(name, {}))
        for name, array in values.items()
    }
    top = len(degree_counts) - 1
    coordinates = {
        "draw": ("draw", draw, {"long_name": "sweeps since the start of the chain"}),
        "temperature": ("temperature", temperatures, {"long_name": "temperature, k_B = 1"}),
        "field": ("field", fields, {"long_name": "K of the energy E - T K sum_i w_i w*_i"}),
        "planting": ("planting", np.arange(aligned.shape[-1], dtype=np.int32)),
        "local_field": ("local_field", np.arange(-top, top + 1, dtype=np.int32)),
        "degree": ("degree", np.arange(top + 1, dtype=np.int32)),
    }
    return xr.Dataset(variables, coords=coordinates, attrs=attrs)
