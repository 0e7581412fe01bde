"""Types of the compiled module whose source is ext/persistence/persistence.pyx."""

import numpy as np
from numpy.typing import NDArray

def flaw(matrix: NDArray[np.float64], tolerance: float) -> tuple[int, int] | None: ...
def prim(correlation: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]: ...
