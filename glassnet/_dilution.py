"""What removing connections does to the paths that are left."""

import numpy as np


def effective(fractions, layer_sizes, p: int):
    """Dilution at which the limit of many weights has as many paths per weight as are left.

    A path survives with all its connections, and those that are left share the paths: with a fraction f_l of the
    connections of each layer removed, alpha'/alpha = prod_l (1 - f_l) / (1 - mean f), which a dilution delta of every
    layer makes (1 - delta)^(p - 1).

    Parameters
    ----------
    fractions : (..., n_layers) float64
        Removed from each layer; one entry where the ensemble has no layers.
    layer_sizes : (n_layers,) int
        Connections of each layer before.
    p : int
        Connections on a path, at least 2.

    Returns
    -------
    (...) float64
    """
    kept = 1.0 - np.asarray(fractions, dtype=np.float64)
    sizes = np.asarray(layer_sizes, dtype=np.float64)
    survival = kept[..., 0] ** p if len(sizes) == 1 else np.multiply.reduce(kept, axis=-1)
    left = np.add.reduce(kept * sizes, axis=-1) / sizes.sum()
    return 1.0 - (survival / left) ** (1.0 / (p - 1))
