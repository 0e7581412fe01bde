"""Parallel pathways of deep linear networks: which of them learns what, in closed form and by gradient descent.

Import order: record, starts, exact_dynamics, wide_law, wide_dynamics, two_layer, gradient_descent.
"""

from glassnet import _face
from glassnet.network.pathways.exact_dynamics import common_clock, final_shares, final_state, invariants, trajectories
from glassnet.network.pathways.gradient_descent import Descent, gradient_descent
from glassnet.network.pathways.starts import balanced_start, random_start
from glassnet.network.pathways.two_layer import two_layer_shares
from glassnet.network.pathways.wide_dynamics import wide_shares, wide_trajectories
from glassnet.network.pathways.wide_law import wide_clock

__all__ = [
    "Descent",
    "balanced_start",
    "common_clock",
    "final_shares",
    "final_state",
    "gradient_descent",
    "invariants",
    "random_start",
    "trajectories",
    "two_layer_shares",
    "wide_clock",
    "wide_shares",
    "wide_trajectories",
]
_face.public(__name__)
