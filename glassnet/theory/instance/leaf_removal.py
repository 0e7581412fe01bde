"""Leaf removal: what is left of a glass when weights on a single path go, with their paths, until there is none.

A weight on one path only can satisfy it whatever the others are, so that neither matters for the question whether all
paths can be satisfied. What is left, the 2-core, is the part of a glass that freezes at zero temperature. It does not
depend on the order of removal.
S. Cocco, O. Dubois, J. Mandler, R. Monasson, Phys. Rev. Lett. 90, 047205 (2003).
"""

from dataclasses import dataclass

import numpy as np

from glassnet import _checks, _face, _tables
from glassnet.glass import PathGlass
from glassnet.kernels import instance


@dataclass(frozen=True, eq=False)
@_face.shown
class Core:
    """The 2-core of one glass.

    Attributes
    ----------
    n_weights, n_paths : int
        Of the whole glass.
    weights : (n_core_weights,) int32
        Weights of the core, increasing.
    paths : (n_core_paths,) int32
        Rows of `glass.paths` in the core, increasing.
    degrees : (n_core_weights,) int32
        Paths of the core through each of its weights, all >= 2.
    removed, leaf : (n_paths - n_core_paths,) int32
        The other rows of `glass.paths` in the order of removal, and the weight that each was removed with.
    """

    n_weights: int
    n_paths: int
    weights: np.ndarray
    paths: np.ndarray
    degrees: np.ndarray
    removed: np.ndarray
    leaf: np.ndarray

    def __str__(self) -> str:
        n_weights, n_paths = len(self.weights), len(self.paths)
        if not n_paths:
            return f"2-core: empty, of {self.n_weights} weights and {self.n_paths} paths"
        per_weight = self.n_weights or 1
        lines = [
            f"2-core: {n_weights} of {self.n_weights} weights, {n_paths} of {self.n_paths} paths",
            f"per weight of the glass: {n_weights / per_weight:.4f} weights, {n_paths / per_weight:.4f} paths",
            _tables.table(
                {"degree": "", "weights": ""}, zip(*np.unique(self.degrees, return_counts=True), strict=True)
            ),
        ]
        return "\n".join(lines)


def leaf_removal(glass: PathGlass) -> Core:
    """Return the 2-core of a glass, in time linear in the number of paths.

    Parameters
    ----------
    glass : PathGlass
        Its couplings are not used.

    Raises
    ------
    TypeError
        If `glass` is no PathGlass.
    """
    _checks.instance("glass", glass, PathGlass)
    return of_paths(glass.paths, glass.n_weights)


def of_paths(paths: np.ndarray, n_weights: int) -> Core:
    """Return the 2-core of paths (n_paths, p) int32 through n_weights weights."""
    removed, leaf, degrees = instance.leaf_removal(paths, n_weights)
    left = np.ones(len(paths), dtype=bool)
    left[removed] = False
    weights = np.flatnonzero(degrees).astype(np.int32)
    rows = np.flatnonzero(left).astype(np.int32)
    return Core(n_weights, len(paths), weights, rows, degrees[weights], removed, leaf)
