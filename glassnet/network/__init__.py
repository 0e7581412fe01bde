"""What the synapses do inside a deep network: four theories, each with its simulation, and what networks learned.

Everywhere W[l] has shape (n_out, n_in) and h[l] = phi(W[l] h[l-1] + b[l]): a network is a list of such matrices from
input to output. Modules load when they are first used; `torch` only when it is named, since it needs the
extra of that name.

Import order: weight_matrices, gaussian_averages, path_glasses, persistence, synapses, sign_networks, activations,
hebbian, torch, layer_mean_field, layers, cumulants, dimension, pathways, tasks, learning, training.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet.network import (
        activations,
        cumulants,
        dimension,
        hebbian,
        layers,
        learning,
        path_glasses,
        pathways,
        persistence,
        synapses,
        tasks,
        training,
    )
    from glassnet.network.path_glasses import DataCouplings, data_couplings, from_glass, hebb_state

__all__ = [
    "DataCouplings",
    "activations",
    "cumulants",
    "data_couplings",
    "dimension",
    "from_glass",
    "hebb_state",
    "hebbian",
    "layers",
    "learning",
    "path_glasses",
    "pathways",
    "persistence",
    "synapses",
    "tasks",
    "training",
]
_face.public(
    __name__,
    {
        "DataCouplings": "path_glasses",
        "data_couplings": "path_glasses",
        "from_glass": "path_glasses",
        "hebb_state": "path_glasses",
        "torch": "torch",  # needs its extra
    },
)
