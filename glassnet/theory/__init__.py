"""Theory: what the cavity method predicts for the ensembles, beside which the Monte Carlo results are put.

`regular` and `poisson` return a `Cavity`; `of` finds the one that belongs to the glass of a run file, `paramagnet_of`
the paramagnet, for any law of the couplings; `phase_diagram` goes along the dilution. One given glass: `leaf_removal`,
`ground_states`, `belief_propagation`. These modules take a `Cavity`: `population` and `steering` (any law of the
couplings), `onersb` and `ground_state` (below T_K), `ferromagnet` (biased couplings), `following` (heated states).
"""

from glassnet.theory import ferromagnet, following, ground_state, onersb, paramagnet, population, steering, xorsat
from glassnet.theory.belief import BeliefPropagation, belief_propagation
from glassnet.theory.cavity import Cavity
from glassnet.theory.core import Core, leaf_removal
from glassnet.theory.diagram import Line, PhaseDiagram, phase_diagram
from glassnet.theory.ensembles import of, paramagnet_of, poisson, regular
from glassnet.theory.linear import GroundStates, ground_states
from glassnet.theory.paramagnet import Paramagnet

__all__ = [
    "BeliefPropagation",
    "Cavity",
    "Core",
    "GroundStates",
    "Line",
    "Paramagnet",
    "PhaseDiagram",
    "belief_propagation",
    "ferromagnet",
    "following",
    "ground_state",
    "ground_states",
    "leaf_removal",
    "of",
    "onersb",
    "paramagnet",
    "paramagnet_of",
    "phase_diagram",
    "poisson",
    "population",
    "regular",
    "steering",
    "xorsat",
]
