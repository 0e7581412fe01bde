"""Theory: what the cavity method predicts for the ensembles, to compare the results of Monte Carlo with.

`regular` and `poisson` return a `Cavity`; `cavity_of` that of the glass of a run file, `paramagnet_of` its paramagnet,
for any law of the couplings; `phase_diagram` goes along the dilution. One given glass: `leaf_removal`, `ground_states`,
`belief_propagation`. These modules take a `Cavity`: `population` and `steered_population` (any law of the couplings),
`onersb` and `ground_state` (below T_K), `ferromagnet` (biased couplings), `state_following` (heated states).

`aligned` is the mean-field theory of networks whose couplings are means of data, `aligned_glass` that of single
examples.

Import order: paramagnet, aligned_curve, aligned, aligned_glass, trees, zero_temperature, planted, cavity, instance,
onersb, ensembles, phase_diagrams.
"""

from glassnet import _face
from glassnet.theory import onersb, paramagnet
from glassnet.theory.aligned import Aligned, aligned
from glassnet.theory.aligned_glass import AlignedGlass, aligned_glass
from glassnet.theory.cavity import Cavity
from glassnet.theory.ensembles import cavity_of, paramagnet_of, poisson, regular
from glassnet.theory.instance.belief_propagation import BeliefPropagation, belief_propagation
from glassnet.theory.instance.leaf_removal import Core, leaf_removal
from glassnet.theory.instance.linear_algebra import GroundStates, ground_states
from glassnet.theory.paramagnet import Paramagnet
from glassnet.theory.phase_diagrams import Line, PhaseDiagram, phase_diagram
from glassnet.theory.planted import ferromagnet, population, state_following, steered_population
from glassnet.theory.zero_temperature import ground_state, xorsat

__all__ = [
    "Aligned",
    "AlignedGlass",
    "BeliefPropagation",
    "Cavity",
    "Core",
    "GroundStates",
    "Line",
    "Paramagnet",
    "PhaseDiagram",
    "aligned",
    "aligned_glass",
    "belief_propagation",
    "cavity_of",
    "ferromagnet",
    "ground_state",
    "ground_states",
    "leaf_removal",
    "onersb",
    "paramagnet",
    "paramagnet_of",
    "phase_diagram",
    "poisson",
    "population",
    "regular",
    "state_following",
    "steered_population",
    "xorsat",
]
_face.public(__name__)
