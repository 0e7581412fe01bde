"""From saved chains to a sentence with numbers: averages, equilibrium, and where and of which kind a transition is.

`find_transition` and `transition_line` (in :mod:`glassnet.analysis.transition`, and at the top of the package) are what
most programs call. `reweight` gives averages between the rungs of a ladder, `critical_dilution` the transition at fixed
temperature. Studies that make their own chains are in :mod:`glassnet.studies`.

Import order: effective_dilution, nodes, questions, averages, field_integration, dilution, equilibrium,
location, reweighting, surveys, verdict, along_dilution, transition_line, transition, critical_dilutions.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet.analysis.critical_dilutions import critical_dilution
    from glassnet.analysis.reweighting import Reweighted, reweight
    from glassnet.analysis.transition import Transition, find_transition
    from glassnet.analysis.transition_line import CriticalDilution, TransitionLine

__all__ = [
    "CriticalDilution",
    "Reweighted",
    "Transition",
    "TransitionLine",
    "critical_dilution",
    "find_transition",
    "reweight",
]
_face.public(
    __name__,
    {
        "CriticalDilution": "transition_line",
        "Reweighted": "reweighting",
        "Transition": "transition",
        "TransitionLine": "transition_line",
        "critical_dilution": "critical_dilutions",
        "find_transition": "transition",
        "reweight": "reweighting",
    },
)
