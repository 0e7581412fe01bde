"""Types of the compiled module whose source is ext/enumeration/enumeration.pyx."""

import numpy as np
from numpy.typing import NDArray

def histogram(paths: NDArray[np.int32], signs: NDArray[np.int8], n_weights: int) -> NDArray[np.int64]: ...
def energies(
    paths: NDArray[np.int32], couplings: NDArray[np.float64], n_weights: int, start: int, stop: int
) -> NDArray[np.float64]: ...
