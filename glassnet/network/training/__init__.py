"""Networks with synapses +-1 that learn from examples, by a Metropolis chain on their errors.

`ErrorChains` samples networks of sign units from exp(-beta E), E the number of training errors. What they learned is
measured by :mod:`glassnet.network.learning`, and connections are removed by :func:`glassnet.network.layers.remove`,
before the training or after it.

Import order: start, error_chains.
"""

from glassnet import _face
from glassnet.network.training.error_chains import Draws, ErrorChains
from glassnet.network.training.start import random_signs

__all__ = ["Draws", "ErrorChains", "random_signs"]
_face.public(__name__)
