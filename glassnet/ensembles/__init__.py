"""How active paths and their couplings are drawn: four ensembles, dilution and planting."""

from glassnet.ensembles.draw import layered, poisson, regular, walks
from glassnet.ensembles.nesting import nested_dilutions
from glassnet.ensembles.planting import planted

__all__ = ["layered", "nested_dilutions", "planted", "poisson", "regular", "walks"]
