"""Two-class tasks by name, with the keywords that each needs and takes: how a run file asks for one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet._random import Seed
from glassnet.network.tasks import images, two_classes
from glassnet.network.tasks.two_classes import BinaryTask


@dataclass(frozen=True)
class NamedTask:
    """A row of :data:`TASKS`.

    Attributes
    ----------
    draw : callable(n_inputs, seed, **keywords) -> BinaryTask
    needs, takes : tuple of str
        Keywords that must and that may be given.
    own_inputs : bool
        Whether the data decide how many inputs there are.
    """

    draw: Callable[..., BinaryTask]
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    own_inputs: bool = False


def _prototype(n_inputs: int, seed: Seed, *, strength: float, train: int, test: int) -> BinaryTask:
    return two_classes.noisy_prototype(n_inputs, strength, train, test, seed)


def _linear(n_inputs: int, seed: Seed, *, train: int, test: int) -> BinaryTask:
    return two_classes.teacher(n_inputs, train, test, seed)


def _teacher(n_inputs: int, seed: Seed, *, hidden: list[int], train: int, test: int) -> BinaryTask:
    return two_classes.teacher((n_inputs, *hidden, 1), train, test, seed)


def _parity(n_inputs: int, seed: Seed, *, train: int, test: int, bits: int = 2) -> BinaryTask:
    return two_classes.parity_of_signs(n_inputs, train, test, seed, bits)


def _digits(n_inputs: int, seed: Seed, *, classes: list[int], test: int, threshold: Any = 0.5) -> BinaryTask:
    return images.digit_pairs(classes, threshold=threshold, n_test=test, seed=seed)


def _images(
    n_inputs: int,
    seed: Seed,
    *,
    classes: list[int],
    train: int | None = None,
    threshold: Any = "median",
    block: int = 4,
    folder: str | None = None,
) -> BinaryTask:
    return images.idx_pairs(classes, folder, block=block, threshold=threshold, n_train=train, seed=seed)


_SIZES = ("train", "test")
#: the tasks that a run file may name
TASKS = {
    "noisy prototype": NamedTask(_prototype, ("strength", *_SIZES)),
    "linear teacher": NamedTask(_linear, _SIZES),
    "teacher": NamedTask(_teacher, ("hidden", *_SIZES)),
    "digits": NamedTask(_digits, ("classes", "test"), ("threshold",), own_inputs=True),
    "images": NamedTask(_images, ("classes",), ("train", "threshold", "block", "folder"), own_inputs=True),
    "parity": NamedTask(_parity, _SIZES, ("bits",)),
}
#: what the functions of this package call the keywords of a run file
PARAMETERS = {"n_train": "train", "n_test": "test", "n_bits": "bits", "widths": "hidden"}


def draw(table: Mapping[str, Any], n_inputs: int, seed: Seed) -> BinaryTask:
    """Draw the examples of a task.

    Parameters
    ----------
    table : mapping
        `task`, a name in :data:`TASKS`; its keywords; `shuffled`, whether the labels of its training examples are in
        random order (:func:`glassnet.network.tasks.shuffled`). Other keys are left alone.
    n_inputs : int
        Where the data do not decide it.
    seed : Seed

    Raises
    ------
    KeyError
        If a key is missing.
    ImportError, OSError, TypeError, ValueError
        As the function of the task does.
    """
    row = TASKS[table["task"]]
    given = {name: table[name] for name in (*row.needs, *row.takes) if table.get(name) is not None}
    task = row.draw(n_inputs, seed, **given)
    return two_classes.shuffled(task, seed) if table.get("shuffled") else task
