"""Types of the compiled module whose source is ext/recording/recording.pyx."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.kernels.sampler import Sampler

MEASUREMENTS: tuple[str, ...]

class Recorder:
    # the Walkers of the kernel, the Overlaps of the glass, and what is filled, first axis `draw`
    def __init__(self, kernel: Sampler, walkers: Any, overlaps: Any, arrays: Mapping[str, np.ndarray]) -> None: ...
    def run(self, n_draws: int, every: int) -> None: ...
    def take(self) -> None: ...
