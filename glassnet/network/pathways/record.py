"""The dataset that theory and gradient descent of parallel pathways return."""

import numpy as np
import xarray as xr


def record(times: np.ndarray, depths: np.ndarray, target: np.ndarray, strength: np.ndarray) -> xr.Dataset:
    """Strengths (n_times, n_modes, n_pathways) of pathways and their shares as a dataset; shares are nan where nothing
    has been learned at all.
    """
    dims = ("time", "mode", "pathway")
    learned = (strength * target[:, None]).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = strength / strength.sum(axis=-1, keepdims=True)
        overall = learned / learned.sum(axis=-1, keepdims=True)
    return xr.Dataset(
        {"strength": (dims, strength), "share": (dims, share), "overall_share": (("time", "pathway"), overall)},
        {"time": times, "depth": ("pathway", depths), "target": ("mode", target)},
    )
