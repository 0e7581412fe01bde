"""Networks with synapses +-1 that learn from examples: by a Metropolis chain on their errors, or by gradients.

`ErrorChains` samples networks of sign units from exp(-beta E), E the number of training errors. `straight_through`
descends a gradient that passes through the signs. What they learned is measured by :mod:`glassnet.network.learning`,
and connections are removed by :func:`glassnet.network.layers.remove`, before the training or after it.

Import order: start, error_chains, straight_through.
"""

from glassnet import _face
from glassnet.network.training.error_chains import Draws, ErrorChains
from glassnet.network.training.start import random_signs
from glassnet.network.training.straight_through import Trained, gradients, straight_through

__all__ = ["Draws", "ErrorChains", "Trained", "gradients", "random_signs", "straight_through"]
_face.public(__name__)
