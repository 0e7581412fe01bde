"""Two-class tasks with inputs and labels +-1, for path glasses whose couplings come from examples.

A glass of :func:`glassnet.network.data_couplings` knows of a task what c_i = <y x_i> carries. `teacher` and
`noisy_prototype` put all of it there; `parity_of_signs` and `shuffled` are the controls that put nothing there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from glassnet import _checks, _face
from glassnet._random import Role, Seed, generator
from glassnet.network import sign_networks

#: beyond any network, and bytes for one number of one example while it is drawn
_MOST, _BYTES = 2**31 - 1, 24


@dataclass(frozen=True, eq=False)
@_face.shown
class BinaryTask:
    """Examples of two classes in numbers +-1, to learn from and to test with.

    Attributes
    ----------
    name : str
    inputs, test_inputs : (n_train, n_inputs) and (n_test, n_inputs) int8
        +-1.
    labels, test_labels : (n_train,) and (n_test,) int8
        +-1.
    teacher : list of (n_out, n_in) float64 arrays, or None
        A sign network that knows the task, where there is one: that gave the labels, or the prototype of the class +1.
    """

    name: str
    inputs: np.ndarray
    labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray
    teacher: list[np.ndarray] | None = None

    @property
    def mean(self) -> np.ndarray:
        """(n_inputs,) float64: c_i = mean of y x_i over the training examples, the couplings for K = all."""
        return (self.labels[:, None] * self.inputs).sum(axis=0, dtype=np.int64) / len(self.labels)

    def __str__(self) -> str:
        sizes = f"{len(self.labels)} + {len(self.test_labels)} examples of {self.inputs.shape[1]} inputs"
        return f"BinaryTask: {self.name}, {sizes}, mean |<y x_i>| = {np.abs(self.mean).mean():.4g}"


def teacher(widths: int | Sequence[int], n_train: int, n_test: int, seed: int | Seed) -> BinaryTask:
    """Labels of random inputs by a random network of sign units with weights +-1.

    Parameters
    ----------
    widths : int or sequence of ints
        An integer, the number of inputs, makes the linear teacher sign(sum_i w_i x_i): |<y x_i>| is the same for all
        inputs, binom(n - 1, (n - 1) / 2) / 2^(n - 1) for odd n, or about sqrt(2 / (pi n)). Widths (n_inputs, ..., 1)
        make a sign network with hidden layers. Its c_i are smaller, and as unequal as Gaussian numbers.
    n_train, n_test : int
        >= 1.
    seed : int or Seed

    Returns
    -------
    BinaryTask
        Its `teacher` gave the labels. Where a sum of it is 0, which happens with an even fan-in, a fair coin
        decides, for every unit and example by itself, so that such labels hold noise.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    widths = _widths(widths)
    rng = _stream("teacher", seed)
    weights = [_signs(rng, "widths", after, before).astype(np.float64) for before, after in pairwise(widths)]
    parts = []
    for name, count in (("n_train", n_train), ("n_test", n_test)):
        inputs = _signs(rng, name, count, widths[0])
        labels = sign_networks.outputs(weights, inputs, ties="random", seed=_named(seed, f"teacher, {name}"))
        undecided = labels == 0
        labels[undecided] = 2 * rng.integers(2, size=int(undecided.sum()), dtype=np.int8) - 1
        parts += [inputs, labels]
    name = "linear teacher" if len(widths) == 2 else f"teacher {'-'.join(map(str, widths))}"
    return BinaryTask(name, parts[0], parts[1], parts[2], parts[3], weights)


def noisy_prototype(n_inputs: int, strength: float, n_train: int, n_test: int, seed: int | Seed) -> BinaryTask:
    """Noisy copies of one random pattern xi: x_i = y xi_i with probability (1 + m0) / 2, else -y xi_i.

    The cleanest task: all |<y x_i>| are m0 at any number of inputs, and given y the inputs are independent. With one
    example for each path the couplings of a glass are those of a planted one, and the Nishimori temperature is

        T_N = 1 / atanh(m0),

    at which the Hebb state (:func:`glassnet.network.hebb_state`) of xi is an equilibrium configuration and <E> = -M m0
    for M paths, as long as no example is used twice for one input. The best classifier is sign(sum_i xi_i x_i).

    Parameters
    ----------
    n_inputs : int
    strength : float
        m0 in [0, 1].
    n_train, n_test, seed
        As for `teacher`.

    Returns
    -------
    BinaryTask
        Labels +-1 with equal probability; its `teacher` is the linear network [xi].

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    n_inputs = _checks.integer("n_inputs", n_inputs, minimum=1, most=_MOST)
    strength = _checks.real("strength", strength, minimum=0.0, maximum=1.0)
    rng = _stream("noisy prototype", seed)
    prototype = _signs(rng, "n_inputs", 1, n_inputs)[0]
    parts = []
    for name, count in (("n_train", n_train), ("n_test", n_test)):
        _room(name, count, n_inputs)
        labels = _signs(rng, name, count, 1)[:, 0]
        kept = rng.random((len(labels), n_inputs)) < 0.5 * (1.0 + strength)
        parts += [labels[:, None] * prototype * np.where(kept, 1, -1).astype(np.int8), labels]
    name = f"noisy prototype, m0 = {strength:g}"
    return BinaryTask(name, parts[0], parts[1], parts[2], parts[3], [prototype[None].astype(np.float64)])


def parity_of_signs(n_inputs: int, n_train: int, n_test: int, seed: int | Seed, n_bits: int = 2) -> BinaryTask:
    """Label the product of the first `n_bits` of random inputs: XOR for 2. A control: <y x_i> = 0 for every input.

    The couplings of a glass see only how far <y x_i> of the training examples is from 0 by chance, and no configuration
    of it can be better than chance on others.

    Parameters
    ----------
    n_inputs : int
    n_train, n_test, seed
        As for `teacher`.
    n_bits : int
        2 to n_inputs.

    Returns
    -------
    BinaryTask

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    n_inputs = _checks.integer("n_inputs", n_inputs, minimum=2, most=_MOST)
    n_bits = _checks.integer("n_bits", n_bits, minimum=2, maximum=n_inputs)
    rng = _stream("parity of signs", seed)
    parts = []
    for name, count in (("n_train", n_train), ("n_test", n_test)):
        inputs = _signs(rng, name, count, n_inputs)
        negative = (inputs[:, :n_bits] < 0).sum(axis=1)
        parts += [inputs, (1 - 2 * (negative % 2)).astype(np.int8)]
    name = "XOR of signs" if n_bits == 2 else f"parity of {n_bits} signs"
    return BinaryTask(name, parts[0], parts[1], parts[2], parts[3])


def shuffled(task: BinaryTask, seed: int | Seed) -> BinaryTask:
    """The same task with the labels of its training examples in random order, all or none of them flipped: a control.

    The test examples keep theirs. The coin that flips all makes the control exact where one class is more frequent,
    which leaves <y> <x_i> in every c_i: the test error of whatever changes its sign with the labels (the Hebb state,
    sampled networks) is 1/2 on average over seeds, for any test set. It scatters much from seed to seed.

    Parameters
    ----------
    task : BinaryTask
    seed : int or Seed

    Returns
    -------
    BinaryTask
        Without a teacher.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    _checks.instance("task", task, BinaryTask)
    rng = _stream("shuffled", seed)
    labels = rng.permutation(task.labels) * np.int8(2 * rng.integers(2) - 1)
    return BinaryTask(f"{task.name}, labels shuffled", task.inputs, labels, task.test_inputs, task.test_labels)


def _widths(widths: int | Sequence[int]) -> tuple[int, ...]:
    if _checks.is_single("widths", widths):
        return _checks.integer("widths", widths, minimum=1, most=_MOST), 1
    entries = _checks.integer_array("widths", widths, ndim=1, minimum=1).tolist()
    if len(entries) < 2 or entries[-1] != 1:
        raise ValueError(f"widths must be (n_inputs, ..., 1), got {tuple(entries)}")
    return tuple(entries)


def _named(seed: int | Seed, text: str) -> Seed:
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    return Seed(value, f"{key}|{text}")


def _stream(text: str, seed: int | Seed) -> np.random.Generator:
    return generator(_named(seed, text), Role.INITIAL)


def _room(name: str, count: int, n_inputs: int) -> int:
    count = _checks.integer(name, count, minimum=1, most=_MOST)
    _checks.memory(f"{name}: {count} rows of {n_inputs} numbers", _BYTES * count * n_inputs)
    return count


def _signs(rng: np.random.Generator, name: str, count: int, n_inputs: int) -> np.ndarray:
    """(count, n_inputs) int8 of +-1, each equally likely."""
    return 2 * rng.integers(2, size=(_room(name, count, n_inputs), n_inputs), dtype=np.int8) - 1
