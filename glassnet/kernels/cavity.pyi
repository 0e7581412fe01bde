"""Types of the compiled module whose source is ext/cavity/cavity.pyx."""

import numpy as np
from numpy.typing import NDArray

def planted_step(
    fields: NDArray[np.float64],
    out: NDArray[np.float64],
    coupling: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    n_factors: int,
    rng: NDArray[np.uint64],
) -> float: ...
def planted_observe(
    fields: NDArray[np.float64],
    coupling: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    n_factors: int,
    n: int,
    rng: NDArray[np.uint64],
) -> tuple[float, float, float]: ...
def state_step(
    fields: NDArray[np.float64],
    out: NDArray[np.float64],
    coupling: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    n_factors: int,
    m: float,
    rng: NDArray[np.uint64],
) -> float: ...
def state_observe(
    fields: NDArray[np.float64],
    coupling: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    n_factors: int,
    m: float,
    n: int,
    rng: NDArray[np.uint64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
