"""Studies that make their own chains: field integration, relaxation and melting of planted states, aging, restarts.

Import order: aging, field_integration, planted_relaxation, restart_from_lowest, melting_temperature, melting.
"""

from glassnet import _face
from glassnet.analysis.field_integration.integrals import FieldIntegration
from glassnet.studies.aging import Aging, aging
from glassnet.studies.field_integration import field_integration
from glassnet.studies.melting import Melting, melting
from glassnet.studies.planted_relaxation import PlantedRelaxation, planted_relaxation
from glassnet.studies.restart_from_lowest import Refutation, restart_from_lowest

__all__ = [
    "Aging",
    "FieldIntegration",
    "Melting",
    "PlantedRelaxation",
    "Refutation",
    "aging",
    "field_integration",
    "melting",
    "planted_relaxation",
    "restart_from_lowest",
]
_face.public(__name__)
