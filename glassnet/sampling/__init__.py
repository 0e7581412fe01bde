"""Monte Carlo of one glass: replica exchange, Metropolis, temperature ladders, measurements.

Import order: interpolation, measurements, starts, walkers, independent_lanes, tempering, ladder, metropolis,
planted_field, speed.
"""

from glassnet import _face
from glassnet.sampling import ladder
from glassnet.sampling.metropolis import Metropolis
from glassnet.sampling.tempering import ParallelTempering

__all__ = ["Metropolis", "ParallelTempering", "ladder"]
_face.public(__name__)
