"""How often the majority of many networks is wrong."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet.network.learning.majority import SIZES, votes
from glassnet.network.sign_networks import checked_labels
from glassnet.statistics.bootstrap import bootstrap_error, resampling_counts
from glassnet.statistics.standard_errors import standard_error

_RESAMPLES = 200


def vote_errors(outputs: ArrayLike, labels: ArrayLike, sizes: Sequence[int] | None = None) -> xr.Dataset:
    """Return the error of the majority vote of k networks, averaged over disjoint groups of k of those given.

    Parameters
    ----------
    outputs : (..., n_examples) ints -1, 0 and +1
        The answers of each network, see :func:`glassnet.network.learning.outputs`; 0 abstains. All leading axes
        together are the networks, in C order. Group g of G takes networks g, g + G, g + 2 G and so on, so that
        neighbours, such as draws of one chain, vote in different groups.
    labels : (n_examples,) of +-1
    sizes : sequence of ints, optional
        Networks that vote, each 1 to the number of networks. None: those of 1, 10, 100, 1000 that this allows.

    Returns
    -------
    xarray.Dataset
        Over `vote`, the sizes: `error`, in which a tie counts as half an error; `stderr`, from the scatter of the
        groups, or where there is one group from the bootstrap over its networks; `groups`, their number.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The mean over groups is unbiased for the vote of k independent networks, and its bar covers which networks these
    are. It knows nothing of other disorder, examples to learn from or examples to test with. Where the networks given
    are correlated, a vote of them is worse than one of independent networks, and the bar is too small: take draws
    further apart than the autocorrelation time, or replicas. The bootstrap over one group gives the bar within some
    10 % (its mean is biased, since a resample holds fewer different networks, and is not used); of one network it is
    NaN.
    """
    answers = _checks.integer_array("outputs", outputs, minimum=-1, maximum=1)
    if answers.ndim == 0 or not answers.size:
        raise ValueError(f"outputs must be an array (..., n_examples) that is not empty, got shape {answers.shape}")
    answers = answers.reshape(-1, answers.shape[-1])
    labels = checked_labels("labels", labels, answers.shape[1])
    n_networks = len(answers)
    sizes = [size for size in SIZES if size <= n_networks] if sizes is None else _sizes(sizes, n_networks)
    values, bars, numbers = [], [], []
    for size in sizes:
        n_groups = n_networks // size
        by_group = 0.5 * (1.0 - (votes(answers, size) * labels).mean(axis=1))
        values.append(by_group.mean())
        bars.append(float(standard_error(by_group)) if n_groups > 1 else _bootstrapped(answers[:size], labels))
        numbers.append(n_groups)
    columns = {"error": ("vote", np.array(values)), "stderr": ("vote", np.array(bars)), "groups": ("vote", numbers)}
    return xr.Dataset(columns, coords={"vote": np.array(sizes, dtype=np.int64)})


def _bootstrapped(answers: np.ndarray, labels: np.ndarray) -> float:
    """Standard error of the error of one vote, by drawing its networks again."""
    sums = resampling_counts(len(answers), key="votes", n_resamples=_RESAMPLES) @ answers.astype(np.float64)
    return float(bootstrap_error(0.5 * (1.0 - (np.sign(sums) * labels).mean(axis=1)), len(answers)))


def _sizes(sizes: Sequence[int] | None, n_networks: int) -> list[int]:
    numbers: list[int] = _checks.integer_array("sizes", sizes, ndim=1, minimum=1).tolist()
    if not numbers or max(numbers) > n_networks:
        raise ValueError(f"sizes must be 1 to the {n_networks} networks that there are, got {numbers}")
    return numbers
