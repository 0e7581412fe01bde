"""Random networks, from which training starts."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from glassnet import _checks
from glassnet._random import Role, Seed, generator


def random_signs(widths: Sequence[int], shape: int | Sequence[int] = (), *, seed: int | Seed) -> list[np.ndarray]:
    """Return networks of independent weights +-1.

    Parameters
    ----------
    widths : sequence of ints
        Units of each layer from the inputs to the outputs, at least two, each >= 1.
    shape : int or sequence of ints
        Leading axes: so many networks at once. Default: one network.
    seed : int or Seed

    Returns
    -------
    list of (*shape, n_out, n_in) int8

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    sizes = checked_widths(widths)
    axes: Iterable[object] = shape if isinstance(shape, Iterable) and not _checks.is_single("shape", shape) else [shape]
    lead = tuple(_checks.integer("shape", one, minimum=1) for one in axes)
    n_numbers = int(np.prod(lead, dtype=object)) * sum(before * after for before, after in pairwise(sizes))
    _checks.memory(f"widths {'-'.join(map(str, sizes))}, shape {lead}: the weights", 2 * n_numbers)
    rng = generator(seed, Role.INITIAL)
    return [
        2 * rng.integers(2, size=(*lead, after, before), dtype=np.int8) - np.int8(1)
        for before, after in pairwise(sizes)
    ]


def checked_widths(widths: Sequence[int]) -> tuple[int, ...]:
    """Return widths as a tuple, or raise an error that says what they must be."""
    sizes = tuple(_checks.integer_array("widths", widths, ndim=1, minimum=1).tolist())
    if len(sizes) < 2:
        raise ValueError(f"widths must be those of inputs and outputs at least, got {sizes}")
    return sizes
