"""glassnet: Monte Carlo of the random active path model of deep networks with diluted binary synapses.

Submodules load when they are first used (PEP 562), so that importing the package is cheap on a thousand ranks.

A bad argument of a public function raises TypeError or ValueError, with a message that names the argument, its value
and what is allowed.
"""

import importlib

__version__ = "0.3.0"

_HOME = {
    "PathGlass": "glassnet.glass",
    "ParallelTempering": "glassnet.sampling.tempering",
    "Metropolis": "glassnet.sampling.metropolis",
    "open_chains": "glassnet.chains.store",
    "find_transition": "glassnet.analysis.transition",
    "transition_line": "glassnet.analysis.transition",
    "Transition": "glassnet.analysis.transition",
}
_ROOMS = (
    "analysis",
    "chains",
    "ensembles",
    "exact",
    "ladder",
    "network",
    "plots",
    "scan",
    "statistics",
    "studies",
    "theory",
)

__all__ = [*_HOME, *_ROOMS]


def __getattr__(name):
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module("glassnet.sampling.ladder" if name == "ladder" else f"glassnet.{name}")
    else:
        raise AttributeError(f"module 'glassnet' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted([*globals(), *__all__])
