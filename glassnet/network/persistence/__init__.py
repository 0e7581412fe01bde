"""Persistence of the neuron clique: correlations, their spanning tree, and regularisers made of its edges.

Import order: clique, regularisers.
"""

from glassnet import _face
from glassnet.network.persistence.clique import correlations, spanning_tree
from glassnet.network.persistence.regularisers import all_pairs, deaths, most_active, t1, t2

__all__ = ["all_pairs", "correlations", "deaths", "most_active", "spanning_tree", "t1", "t2"]
_face.public(__name__)
