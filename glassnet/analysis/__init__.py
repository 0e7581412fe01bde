"""From saved chains to a sentence with numbers: averages, equilibrium, and where and of which kind a transition is.

`find_transition` and `transition_line` (in :mod:`glassnet.analysis.transition`, and at the top of the package) are what
most programs call. `reweight` gives averages between the rungs of a ladder, `critical_dilution` the transition at fixed
temperature. Studies that make their own chains are in :mod:`glassnet.studies`.

Import order: effective_dilution, nodes, notebook, questions, averages, field_integration, dilution, equilibrium,
location, reweighting, surveys, verdict, along_dilution, transition_line, transition, critical_dilutions.
"""

import importlib

_HOME = {
    "critical_dilution": "glassnet.analysis.critical_dilutions",
    "CriticalDilution": "glassnet.analysis.transition_line",
    "find_transition": "glassnet.analysis.transition",
    "reweight": "glassnet.analysis.reweighting",
    "Reweighted": "glassnet.analysis.reweighting",
    "Transition": "glassnet.analysis.transition",
}

__all__ = list(_HOME)


def __getattr__(name):
    # loaded when first used: a thousand ranks import the package
    if name not in _HOME:
        raise AttributeError(f"module 'glassnet.analysis' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
