"""Types of the compiled module whose source is ext/training/training.pyx."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_HIDDEN: int
MOST_INPUTS: int

class TrainingChain:
    @property
    def instruction_set(self) -> str: ...
    def __init__(
        self,
        weights: Sequence[NDArray[np.int8]],
        inputs: NDArray[np.int8],
        labels: NDArray[np.int8],
        beta: float,
        rng: NDArray[np.uint64],
    ) -> None: ...
    def run(self, n_proposals: int) -> None: ...
    def set_beta(self, beta: float) -> None: ...
    @property
    def costs(self) -> NDArray[np.int8]: ...
    @property
    def cost_sum(self) -> int: ...
    @property
    def accepted(self) -> int: ...
    @property
    def weights(self) -> list[NDArray[np.int8]]: ...
