"""Plain Metropolis sampling at one temperature."""

from numpy.typing import ArrayLike

from glassnet import _face
from glassnet._checks import real
from glassnet._random import Seed
from glassnet.glass import PathGlass
from glassnet.sampling.tempering import ParallelTempering

__all__ = ["Metropolis"]
_face.public(__name__)


class Metropolis(ParallelTempering):
    """Independent replicas of one glass at one temperature; the same kernels and dataset as ParallelTempering.

    Parameters
    ----------
    glass : PathGlass
    temperature : float
        > 0, inf allowed (k_B = 1).
    n_replicas : int
    seed : int
    initial : None, (n_weights,) or (1, n_replicas, n_weights) of +-1
    field : float, optional

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """

    def __init__(
        self,
        glass: PathGlass,
        temperature: float,
        n_replicas: int = 64,
        seed: int | Seed | None = None,
        initial: ArrayLike | None = None,
        field: float | None = None,
    ) -> None:
        temperature = real("temperature", temperature, minimum=0, exclusive=True, finite=False)
        super().__init__(glass, [temperature], n_replicas, seed, initial, field)
