"""Parallel pathways of deep linear networks: which of them learns what, in closed form and by gradient descent.

Import order: record, starts, exact_dynamics, gradient_descent.
"""

from glassnet import _face
from glassnet.network.pathways.exact_dynamics import common_clock, final_shares, final_state, invariants, trajectories
from glassnet.network.pathways.gradient_descent import Descent, gradient_descent
from glassnet.network.pathways.starts import balanced_start, random_start

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
]
_face.public(__name__)
