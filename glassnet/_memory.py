"""Arrays the kernels can load in whole vectors."""

import numpy as np


def aligned(*shape: int) -> np.ndarray:
    """Zeroed uint64 array whose data start on a 64-byte boundary."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 8, dtype=np.uint64)
    offset = (-raw.ctypes.data % 64) // 8
    return raw[offset : offset + size].reshape(shape)
