"""From saved chains to a sentence with numbers: errors, disorder averages, equilibration, the transition.

`reweight` gives averages between the rungs of a ladder, `critical_dilution` the transition at fixed temperature. Four
studies make chains of their own: field_integration, planted_relaxation, melting, aging.
"""

import importlib

_HOME = {
    "aging": "glassnet.analysis.quench",
    "critical_dilution": "glassnet.analysis.dilution_axis",
    "CriticalDilution": "glassnet.analysis.line",
    "field_integration": "glassnet.analysis.field",
    "melting": "glassnet.analysis.heating",
    "planted_relaxation": "glassnet.analysis.dynamics",
    "reweight": "glassnet.analysis.reweighting",
    "Reweighted": "glassnet.analysis.reweighting",
}

__all__ = list(_HOME)


def __getattr__(name):
    # loaded when first used: a thousand ranks import the package
    if name not in _HOME:
        raise AttributeError(f"module 'glassnet.analysis' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
