"""The dataset that theory and gradient descent of parallel pathways return."""

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks


def checked_times(times: ArrayLike) -> np.ndarray:
    """Times >= 0 that increase strictly, (n_times,) float64, or an error that says what is wrong."""
    times = _checks.real_array("times", times, ndim=1)
    if times.size == 0 or times[0] < 0 or (np.diff(times) <= 0).any():
        raise ValueError(f"times must be >= 0 and increase strictly, got {times}")
    return times


def listed_modes(target: ArrayLike) -> ArrayLike:
    """The modes of a target that is one number or a list of them, as a list; ValueError for anything else."""
    if _checks.is_single("target", target):
        return np.atleast_1d(target)
    shape = np.shape(target)
    if len(shape) != 1:
        raise ValueError(f"target must be a number or a list of modes, got shape {shape}")
    if not shape[0]:
        raise ValueError("target must hold a mode, got none")
    return target


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
