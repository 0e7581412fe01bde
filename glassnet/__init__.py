"""glassnet: Monte Carlo of the random active path model of deep networks with diluted binary synapses.

Submodules load when they are first used, so that importing the package is cheap on a thousand ranks.

A bad argument of a public function raises TypeError or ValueError, with a message that names the argument, its value
and what is allowed.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet import analysis, chains, ensembles, exact, network, plots, scan, statistics, studies, theory
    from glassnet._random import Seed
    from glassnet.analysis.transition import Transition, find_transition, transition_line
    from glassnet.chains.store import open_chains
    from glassnet.glass import PathGlass
    from glassnet.sampling import ladder
    from glassnet.sampling.metropolis import Metropolis
    from glassnet.sampling.tempering import ParallelTempering

__version__ = "0.3.0"

__all__ = [
    "Metropolis",
    "ParallelTempering",
    "PathGlass",
    "Seed",
    "Transition",
    "__version__",
    "analysis",
    "chains",
    "ensembles",
    "exact",
    "find_transition",
    "ladder",
    "network",
    "open_chains",
    "plots",
    "scan",
    "statistics",
    "studies",
    "theory",
    "transition_line",
]
_face.public(
    __name__,
    {
        "Metropolis": "sampling.metropolis",
        "ParallelTempering": "sampling.tempering",
        "PathGlass": "glass",
        "Seed": "_random",
        "Transition": "analysis.transition",
        "find_transition": "analysis.transition",
        "ladder": "sampling",
        "open_chains": "chains.store",
        "transition_line": "analysis.transition",
    },
)
