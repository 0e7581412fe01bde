"""Monte Carlo of one glass: replica exchange, Metropolis, temperature ladders, measurements."""

from glassnet.sampling import ladder
from glassnet.sampling.metropolis import Metropolis
from glassnet.sampling.tempering import ParallelTempering

__all__ = ["Metropolis", "ParallelTempering", "ladder"]
