"""What networks with binary synapses have learned: errors of single ones and of votes, overlaps, representations.

For given weight matrices, such as :func:`glassnet.network.from_glass` makes of many configurations at once; nothing is
sampled here. `measure` asks everything of one set of networks, the other functions each one thing.

`unaligned_error` is what to expect of networks that know their paths alone.

Import order: majority, votes, alignment, representations, measurement, unaligned.
"""

from glassnet import _face
from glassnet.network.learning.alignment import gauge_overlap, walk_overlap
from glassnet.network.learning.measurement import measure
from glassnet.network.learning.representations import representations
from glassnet.network.learning.unaligned import unaligned_error
from glassnet.network.learning.votes import vote_errors
from glassnet.network.sign_networks import errors, outputs

__all__ = [
    "errors",
    "gauge_overlap",
    "measure",
    "outputs",
    "representations",
    "unaligned_error",
    "vote_errors",
    "walk_overlap",
]
_face.public(__name__)
