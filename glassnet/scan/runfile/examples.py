"""What the examples of a run file, once they are drawn, say against it: their inputs, and how many there are."""

from collections.abc import Iterator
from typing import Any

from glassnet._random import Seed
from glassnet.network.tasks import named
from glassnet.network.tasks.two_classes import BinaryTask


def draw(data: Any, n_inputs: int, seed: Seed) -> BinaryTask:
    """The examples of the table [data] for a network of so many inputs.

    Parameters
    ----------
    data : glassnet.scan.runfile.sections.Data
    n_inputs : int
        Where the data do not decide it.
    seed : Seed

    Raises
    ------
    ImportError, OSError, ValueError
        If images are not at hand, or are fewer than asked for.
    """
    return named.draw(data.model_dump(exclude_none=True), n_inputs, seed)


def mistakes(run_file: Any) -> list[str]:
    """Lines 'key: what is wrong' where the data decide how many inputs there are; of other tasks the keys tell all."""
    data = run_file.data
    if data is None or not named.TASKS[data.task].own_inputs:
        return []
    try:
        return list(_misfits(run_file, draw(data, 0, Seed(run_file.seed, "check"))))
    except (ImportError, OSError, ValueError) as error:
        name, _, rest = str(error).partition(" ")
        key = named.PARAMETERS.get(name, name)
        return [f"data.{key}: {rest}" if key in type(data).model_fields else f"data.task: {error}"]


def _misfits(run_file: Any, task: BinaryTask) -> Iterator[str]:
    n_train, n_inputs = task.inputs.shape
    for position, size in enumerate(run_file.scan.sizes):
        if size[0] != n_inputs:
            yield f"scan.sizes[{position}]: must begin with the {n_inputs} inputs of {task.name}, got {list(size)}"
    examples = run_file.data.examples
    if examples != "all" and examples > n_train:
        yield f"data.examples: must be at most the {n_train} training examples of {task.name}, got {examples}"
