"""The networks that a chain of a path glass goes through, and what they know of the examples its couplings are.

All that is computed here are whole numbers divided by whole numbers, the same on every machine: scans write them down.
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from glassnet import _checks, ensembles
from glassnet._random import Seed
from glassnet.chains.schema import VARIABLES
from glassnet.glass import PathGlass
from glassnet.network import sign_networks
from glassnet.network.learning import alignment, majority
from glassnet.network.path_glasses import data_couplings, from_glass, hebb_state
from glassnet.network.tasks.two_classes import BinaryTask
from glassnet.sampling.starts import half_planted
from glassnet.sampling.tempering import ParallelTempering

#: starts of the replicas: the first half of them, and the others
STARTS = ("ordered", "random")
#: measurements that a chain needs
MEASURE = ("energy", "weights")
#: what every network of a chain has, in the order in which a table shows it
SINGLE = ("train_error", "test_error", "walk_overlap")
#: weights of the networks that are asked together
TOGETHER = 2**19


def draw(
    task: BinaryTask,
    widths: tuple[int, ...],
    alpha: float,
    seed: int | Seed,
    *,
    examples: int | str = 1,
    dilution: float = 0.0,
    rounding: str = "nearest",
) -> PathGlass:
    """Draw a path glass whose couplings come from the training examples, planted in the Hebb state of the task.

    Parameters
    ----------
    task : BinaryTask
    widths : tuple of int
        Neurons in each layer; the first is the number of inputs of the task, the last is 1.
    alpha, seed, dilution, rounding
        As for :func:`glassnet.ensembles.walks`.
    examples : int or "all"
        Examples per path, K.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    _checks.instance("task", task, BinaryTask)
    if widths[0] != task.inputs.shape[1]:
        raise ValueError(f"widths must begin with the {task.inputs.shape[1]} inputs of task, got {list(widths)}")
    if widths[-1] != 1:
        raise ValueError(f"widths must end with one output unit, got {list(widths)}")
    if not isinstance(examples, str):
        _checks.integer("examples", examples, minimum=1, maximum=len(task.labels))
    couplings = data_couplings(task.inputs, task.labels, examples)
    glass = ensembles.walks(widths, alpha, seed, couplings=couplings, dilution=dilution, rounding=rounding)
    return glass._replace(planted=hebb_state(glass, task.mean))


def sampler(glass: PathGlass, temperatures: np.ndarray, replicas: int, seed: int | Seed) -> ParallelTempering:
    """The sampler of a glass of :func:`draw`: half of the replicas start in the Hebb state, half at random."""
    seed = seed if isinstance(seed, Seed) else Seed(seed)
    initial = half_planted(glass, len(temperatures), replicas, seed)
    return ParallelTempering(glass, temperatures, replicas, seed=seed, initial=initial)


def examined(chain: xr.Dataset, glass: PathGlass, task: BinaryTask) -> dict[str, xr.Variable]:
    """Ask all networks of a chain about the examples of a task.

    Parameters
    ----------
    chain : xarray.Dataset
        With `weights` (draw, temperature, replica, byte), of a sampler of :func:`sampler` with an even number of
        replicas, or one more of those that start at random.
    glass : PathGlass
    task : BinaryTask

    Returns
    -------
    dict of str to xarray.Variable
        `train_error` and `test_error` (draw, temperature, replica) of single networks, an example without an answer
        counts half; `walk_overlap` with the Hebb state (:func:`glassnet.network.learning.walk_overlap`);
        `vote_train_error` and `vote_test_error` (start, temperature, vote), which are
        :func:`glassnet.network.learning.vote_errors` of the draws and replicas of a start, and `vote_groups` (vote);
        and the coordinates `start`, positions in :data:`STARTS`, and `vote`, numbers of networks. float64 but for the
        coordinates and `vote_groups`, int64.
    """
    packed = chain["weights"].values
    half, parts = (
        packed.shape[2] // 2,
        (("train", task.inputs, task.labels), ("test", task.test_inputs, task.test_labels)),
    )
    sizes = [size for size in majority.SIZES if size <= packed.shape[0] * half]
    found = {name: np.empty(packed.shape[:3]) for name in SINGLE}
    votes = {f"vote_{part}_error": np.empty((len(STARTS), packed.shape[1], len(sizes))) for part, *_ in parts}
    assert glass.planted is not None, "a glass of draw"
    reference = from_glass(glass, glass.planted)
    for start, replicas in enumerate((slice(half), slice(half, None))):
        for rung in range(packed.shape[1]):
            networks = packed[:, rung, replicas]
            shape = networks.shape[:2]
            answers: dict[str, list[np.ndarray]] = {part: [] for part, *_ in parts}
            overlaps = []
            for weights in _matrices(networks.reshape(-1, networks.shape[2]), glass):
                for part, inputs, _ in parts:
                    answers[part].append(sign_networks.outputs(weights, inputs))
                overlaps.append(alignment.walk_overlap(weights, reference))
            found["walk_overlap"][:, rung, replicas] = np.concatenate(overlaps).reshape(shape)
            for part, _, labels in parts:
                said = np.concatenate(answers[part])
                found[f"{part}_error"][:, rung, replicas] = _errors(said, labels).reshape(shape)
                errors = [_mean_error(majority.votes(said, size), labels) for size in sizes]
                votes[f"vote_{part}_error"][start, rung] = errors
    groups = [packed.shape[0] * half // size for size in sizes]
    arrays = found | votes | {"vote_groups": np.array(groups, dtype=np.int64)}
    variables = {name: xr.Variable(VARIABLES[name][0], array, _named(name)) for name, array in arrays.items()}
    meaning = {"long_name": "replicas that started in the Hebb state, 0, or at random, 1"}
    variables["start"] = xr.Variable("start", np.arange(len(STARTS), dtype=np.int64), meaning)
    meaning = {"long_name": "networks that vote"}
    return variables | {"vote": xr.Variable("vote", np.array(sizes, dtype=np.int64), meaning)}


def _named(name: str) -> dict[str, str]:
    return {"long_name": VARIABLES[name][1]}


def _matrices(packed: np.ndarray, glass: PathGlass) -> Iterator[list[np.ndarray]]:
    """Weight matrices of packed configurations (n, n_bytes), some networks at a time."""
    count = max(1, TOGETHER // glass.n_weights)
    for first in range(0, len(packed), count):
        bits = np.unpackbits(packed[first : first + count], axis=-1, count=glass.n_weights, bitorder="little")
        yield from_glass(glass, bits.astype(np.int8) * 2 - 1)


def _errors(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Error of each row of answers -1, 0 and +1; 0 is half an error."""
    right = (answers * labels).sum(axis=-1, dtype=np.int64)
    return (len(labels) - right) / (2 * len(labels))


def _mean_error(votes: np.ndarray, labels: np.ndarray) -> float:
    """Error of several votes, (n_groups, n_examples), over all of them."""
    right = int((votes * labels).sum(dtype=np.int64))
    return (votes.size - right) / (2 * votes.size)
