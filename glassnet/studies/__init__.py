"""Studies that make their own chains: field integration, relaxation and melting of planted states, aging, restarts,
free energies of both branches of a first-order transition.

Import order: aging, field_integration, planted_relaxation, restart_from_lowest, melting_temperature, melting,
branch_runs, branch_free_energies, two_branches, learned_networks, learning_averages, generalisation,
generalisation_of_chains.
"""

from glassnet import _face
from glassnet.analysis.field_integration.integrals import FieldIntegration
from glassnet.studies.aging import Aging, aging
from glassnet.studies.field_integration import field_integration
from glassnet.studies.generalisation import Generalisation, generalisation
from glassnet.studies.generalisation_of_chains import StudiedNetworks, generalisation_of
from glassnet.studies.melting import Melting, melting
from glassnet.studies.planted_relaxation import PlantedRelaxation, planted_relaxation
from glassnet.studies.restart_from_lowest import Refutation, restart_from_lowest
from glassnet.studies.two_branches import TwoBranches, two_branches

__all__ = [
    "Aging",
    "FieldIntegration",
    "Generalisation",
    "Melting",
    "PlantedRelaxation",
    "Refutation",
    "StudiedNetworks",
    "TwoBranches",
    "aging",
    "field_integration",
    "generalisation",
    "generalisation_of",
    "melting",
    "planted_relaxation",
    "restart_from_lowest",
    "two_branches",
]
_face.public(__name__)
