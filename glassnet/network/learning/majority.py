"""The majority of networks that vote together, in whole numbers."""

import numpy as np

#: numbers of networks that vote where none are asked for
SIZES = (1, 10, 100, 1000)


def votes(answers: np.ndarray, size: int) -> np.ndarray:
    """Return what the majority of each group of networks says.

    Parameters
    ----------
    answers : (n_networks, n_examples) ints -1, 0 and +1
        0 abstains.
    size : int
        Networks that vote together, 1 to n_networks. Group g of G = n_networks // size takes networks g, g + G,
        g + 2 G and so on.

    Returns
    -------
    (G, n_examples) int8
        +1 or -1, and 0 for a tie.
    """
    n_groups = len(answers) // size
    # networks that vote together along the first axis
    sums = answers[: size * n_groups].reshape(size, n_groups, -1).sum(axis=0, dtype=np.int32)
    return np.sign(sums).astype(np.int8)
