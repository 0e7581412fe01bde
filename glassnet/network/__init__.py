"""What the synapses do inside a deep network: four theories, each with its simulation, on any weight matrices.

Everywhere W[l] has shape (n_out, n_in) and h[l] = phi(W[l] h[l-1] + b[l]): a network is a list of such matrices from
input to output. Modules load when they are first used (PEP 562); `torch` among them only where it is asked for by
name, since it needs the extra of that name.

Import order: gaussian_averages, path_glasses, persistence, synapses, activations, hebbian, torch, layer_mean_field,
layers, cumulants, dimension, pathways, tasks.
"""

import importlib

_MODULES = (
    "activations",
    "cumulants",
    "dimension",
    "hebbian",
    "layers",
    "path_glasses",
    "pathways",
    "persistence",
    "synapses",
    "tasks",
)
_HOME = {"data_couplings": "glassnet.network.path_glasses", "from_glass": "glassnet.network.path_glasses"}

__all__ = [*_HOME, *_MODULES]


def __getattr__(name):
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _MODULES or name == "torch":
        value = importlib.import_module(f"glassnet.network.{name}")
    else:
        raise AttributeError(f"module 'glassnet.network' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted([*globals(), *__all__])
