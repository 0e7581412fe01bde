"""Types of the compiled module whose source is ext/bitsliced/bitsliced.pyx."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.kernels.sampler import COMPILER as COMPILER
from glassnet.kernels.sampler import Sampler
from glassnet.kernels.sampler import chosen_instruction_set as chosen_instruction_set
from glassnet.kernels.sampler import instruction_sets as instruction_sets

LANES_PER_BLOCK: int
RNG_WORDS: int

def acceptance_thresholds(
    betas: ArrayLike, degrees: ArrayLike, field: float
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]: ...

class BitSliced(Sampler):
    # (n_classes, n_rungs)
    @property
    def thresholds(self) -> NDArray[np.uint64]: ...
    # (n_paths,) 0 or -1
    @property
    def signs(self) -> NDArray[np.int64]: ...
    # a PathGlass and its Walkers: rooms to the right of this one
    def __init__(self, glass: Any, walkers: Any, rng: ArrayLike, field: float = 0.0) -> None: ...
    def refresh(self) -> None: ...
    def sweep_only(self, n_sweeps: int) -> None: ...
    def exchange_only(self, n_steps: int) -> None: ...
    def planes(self) -> NDArray[np.uint64]: ...

def compare(
    planes: NDArray[np.uint64], random: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]: ...
