"""Everything that is asked of a set of networks and a task, in one table."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from glassnet import _checks
from glassnet._random import Seed
from glassnet.network import sign_networks, weight_matrices
from glassnet.network.learning.alignment import gauge_overlap, walk_overlap
from glassnet.network.learning.representations import representations
from glassnet.network.learning.votes import vote_errors
from glassnet.network.tasks import BinaryTask


def measure(
    weights: Sequence[ArrayLike],
    task: BinaryTask,
    reference: Sequence[ArrayLike] | None = None,
    *,
    sizes: Sequence[int] | None = None,
    n_networks: int = 8,
    ties: str = "zero",
    seed: int | Seed = 1,
) -> xr.Dataset:
    """Measure what networks know of a task: errors, votes, overlap with a reference, hidden representations.

    Parameters
    ----------
    weights : list of (..., n_out, n_in) arrays
        One network, or many along the leading axes, which together are the samples, in C order.
    task : BinaryTask
        With at least 4 test examples.
    reference : list of (n_out, n_in) arrays, optional
        What overlaps are with: the teacher of the task, if it has the same widths, or the Hebb state.
    sizes : sequence of ints, optional
        Of the votes, see :func:`vote_errors`.
    n_networks : int
        Networks whose representations are measured, see :func:`representations`.
    ties : {"zero", "random"}
        See :func:`outputs`; representations take "zero".
    seed : int or Seed
        Of random ties.

    Returns
    -------
    xarray.Dataset
        `train_error` and `test_error` over `sample`; `vote_train_error`, `vote_test_error`, with `_stderr`, and
        `vote_groups` over `vote`; with a reference `walk_overlap` and `gauge_overlap` over `sample`; and what
        :func:`representations` finds on the test inputs, over `network` (numbers of samples) and `layer`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described or the widths do not fit the task.
    """
    _checks.instance("task", task, BinaryTask)
    weights = weight_matrices.stacked(weights)
    if weights[0].shape[-1] != task.inputs.shape[1]:
        raise ValueError(
            f"weights must begin with the {task.inputs.shape[1]} inputs of task, got {weights[0].shape[-1]}"
        )
    if len(task.test_labels) < 4:
        raise ValueError(f"task must have at least 4 test examples, got {len(task.test_labels)}")
    columns: dict[str, tuple[str, np.ndarray]] = {}
    votes: dict[str, xr.DataArray] = {}
    for part, inputs, labels in (
        ("train", task.inputs, task.labels),
        ("test", task.test_inputs, task.test_labels),
    ):
        answers = sign_networks.outputs(weights, inputs, ties=ties, seed=seed)
        answers = answers.reshape(-1, answers.shape[-1])
        right = np.array([one @ labels.astype(np.int64) for one in answers])
        columns[f"{part}_error"] = "sample", 0.5 * (1.0 - right / len(labels))
        found = vote_errors(answers, labels, sizes)
        votes |= {f"vote_{part}_error": found.error, f"vote_{part}_error_stderr": found.stderr}
        votes["vote_groups"] = found.groups
    if reference is not None:
        for name, overlap in (("walk_overlap", walk_overlap), ("gauge_overlap", gauge_overlap)):
            columns[name] = "sample", np.ravel(overlap(weights, reference))
    return xr.merge([xr.Dataset(columns), xr.Dataset(votes), representations(weights, task.test_inputs, n_networks)])
