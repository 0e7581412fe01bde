"""Where every random stream comes from.

A stream is named by one integer seed, the role it plays and the text of the task it belongs to. It never comes from
arithmetic on seeds or from list positions, so growing a scan never moves a stream, and a user who writes ``seed=1``
everywhere still gets a planted state, a start and a Markov chain that are independent.
"""

import hashlib
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from glassnet import _face
from glassnet._checks import integer


class Role(IntEnum):
    """What a stream is used for; the numbers are part of the file format and never change."""

    PATHS = 1
    COUPLINGS = 2
    PLANTED_STATE = 3
    PLANTED_SIGNS = 4
    DILUTION = 5
    INITIAL = 6
    SWEEPS = 7
    EXCHANGES = 8
    BOOTSTRAP = 9


@_face.shown
class Seed(NamedTuple):
    """The integer seed of a run together with the canonical text of one of its tasks.

    Wherever a seed is asked for, this or the integer alone may be given. Seeds with different texts give independent
    streams, and so do the roles that one seed plays (paths, couplings, start, sweeps).

    Attributes
    ----------
    value : int
        >= 0.
    key : str
        Names what is drawn, for example "N=120,dilution=0.1,sample=3".
    """

    value: int
    key: str = ""

    def __str__(self) -> str:
        return f"Seed({self.value}, {self.key!r})" if self.key else f"Seed({self.value})"


def sequence(seed: int | Seed, role: Role) -> np.random.SeedSequence:
    """SeedSequence of one role of one task.

    Parameters
    ----------
    seed : int or Seed
        Non-negative integer, or such an integer with the text of a task ("N=120,dilution=0.1,sample=3").
    role : Role
        What the stream is used for.

    Raises
    ------
    TypeError, ValueError
        If the seed is no integer or negative.
    """
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    value = integer("seed", value, minimum=0)
    digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
    words = np.frombuffer(digest, dtype="<u4")
    return np.random.SeedSequence(value, spawn_key=(int(role), *(int(word) for word in words)))


def generator(seed: int | Seed, role: Role) -> np.random.Generator:
    """Numpy generator (PCG64) on the stream of one role; see :func:`sequence`."""
    return np.random.Generator(np.random.PCG64(sequence(seed, role)))


def words(seed: int | Seed, role: Role, count: int) -> np.ndarray:
    """`count` uint64 words that seed a kernel's generators; see :func:`sequence`."""
    return sequence(seed, role).generate_state(count, np.uint64)
