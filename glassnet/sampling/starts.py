"""Configurations in which the replicas of a sampler start."""

import numpy as np

from glassnet._random import Role, Seed, words
from glassnet.glass import PathGlass


def half_planted(glass: PathGlass, n_temperatures: int, n_replicas: int, seed: Seed) -> np.ndarray:
    """The first half of the replicas on the planted state at every temperature, the others at random.

    Parameters
    ----------
    glass : PathGlass
        Planted.
    n_temperatures, n_replicas : int
    seed : Seed

    Returns
    -------
    (n_temperatures, n_replicas, n_weights) int8
        +-1; of an odd number of replicas the larger part starts at random.
    """
    assert glass.planted is not None, "a planted glass"
    shape = (n_temperatures, n_replicas - n_replicas // 2, glass.n_weights)
    count = int(np.prod(shape))
    # raw bits of the seed sequence: numpy may change how its distributions draw
    raw = words(seed, Role.INITIAL, -(-count // 64)).astype("<u8").view(np.uint8)
    random = np.unpackbits(raw, count=count, bitorder="little").reshape(shape).astype(np.int8) * 2 - 1
    planted = np.broadcast_to(glass.planted, (n_temperatures, n_replicas // 2, glass.n_weights))
    return np.concatenate([planted, random.astype(np.int8)], axis=1)
