"""Overlap of two replicas over paths, which tells whether states differ everywhere or only at the walls of droplets."""

import numpy as np
import xarray as xr

from glassnet.analysis.averages.disorder_mean import disorder_mean
from glassnet.analysis.nodes import Node, Reading


class PathOverlap:
    """Collects q_path = (1/M) sum_a tau_a tau'_a over the M paths of two replicas, tau the product of the weights of a
    path: the link overlap of H. G. Katzgraber, M. Palassini and A. P. Young, Phys. Rev. B 63, 184422 (2001), for paths
    of any length."""

    def __init__(self, node: Node):
        self._node = node
        self._means: list[np.ndarray] = []

    def add(self, reading: Reading) -> None:
        """Take in the next sample."""
        assert reading.path_overlap is not None
        self._means.append(reading.path_overlap.mean(axis=(0, 2)))

    def dataset(self, *, seed: int = 0) -> xr.Dataset:
        """`path_overlap` = [<q_path>] over the samples so far (:func:`disorder_mean`); `seed` is that of the run."""
        return disorder_mean(self._node, "path_overlap", np.array(self._means), seed=seed)
