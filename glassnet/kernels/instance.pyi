"""Types of the compiled module whose source is ext/instance/instance.pyx."""

import numpy as np
from numpy.typing import NDArray

REFRESH: int

def leaf_removal(
    paths: NDArray[np.int32], n_weights: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]: ...
def echelon(
    paths: NDArray[np.int32], right: NDArray[np.uint64], n_columns: int
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]: ...
def solve(rows: NDArray[np.uint64], pivots: NDArray[np.int32], states: NDArray[np.uint64]) -> None: ...
def restore(
    paths: NDArray[np.int32],
    signs: NDArray[np.int8],
    order: NDArray[np.int32],
    leaf: NDArray[np.int32],
    states: NDArray[np.int8],
) -> None: ...
def believe(
    paths: NDArray[np.int32],
    beta_j: NDArray[np.float64],
    external: NDArray[np.float64],
    messages: NDArray[np.float64],
    damping: float,
    tolerance: float,
    most_sweeps: int,
) -> tuple[NDArray[np.float64], int, float]: ...
