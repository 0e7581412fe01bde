"""How active paths and their couplings are drawn: ensembles, dilution and planting.

Import order: dilution_sequences, normal_numbers, planting, regular_hypergraphs, couplings, random_paths.
"""

from glassnet import _face
from glassnet.ensembles.dilution_sequences import nested_dilutions
from glassnet.ensembles.planting import planted
from glassnet.ensembles.random_paths import layered, poisson, regular, walks

__all__ = ["layered", "nested_dilutions", "planted", "poisson", "regular", "walks"]
_face.public(__name__)
