"""Types of the compiled module whose source is ext/realvalued/realvalued.pyx."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.kernels.sampler import Sampler

LANES_PER_BLOCK: int
RNG_WORDS: int
PRECISIONS: tuple[str, ...]
APPROXIMATION: float

class RealValued(Sampler):
    @property
    def precision(self) -> str: ...
    # a PathGlass and its Walkers: rooms to the right of this one
    def __init__(
        self, glass: Any, walkers: Any, rng: ArrayLike, field: float = 0.0, precision: str = "float64"
    ) -> None: ...
    def refresh(self) -> None: ...
    def sweep_only(self, n_sweeps: int) -> None: ...
    def exchange_only(self, n_steps: int) -> None: ...
    def ask_in_full(self) -> None: ...

def accepts(x: NDArray[np.float64], bath: bool, uniform: NDArray[np.uint64]) -> NDArray[np.bool_]: ...
def approximate(y: NDArray[np.float32], bath: bool) -> NDArray[np.float32]: ...
