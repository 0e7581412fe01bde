"""Types of the compiled module whose source is ext/persistence/persistence.pyx."""

import numpy as np
from numpy.typing import NDArray

def flaw(matrix: NDArray[np.float64], tolerance: float) -> tuple[int, int] | None: ...
def prim(correlation: NDArray[np.float32] | NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]: ...
def products_along(z: NDArray[np.float64], edges: NDArray[np.int32]) -> NDArray[np.float64]: ...
def tree_gradient(
    z: NDArray[np.float64],
    edges: NDArray[np.int32],
    correlation: NDArray[np.float64],
    slopes: NDArray[np.float64],
    inverse_norms: NDArray[np.float64],
) -> NDArray[np.float64]: ...
