"""Two-class tasks in +-1: their laws, and what a path glass can see of them."""

import numpy as np
import pytest
from scipy.special import comb
from scipy.stats import binom

from glassnet import ensembles, exact
from glassnet._random import Seed
from glassnet.network import data_couplings, from_glass, hebb_state, layers, learning, tasks

MAKERS = {
    "linear": lambda seed: tasks.teacher(21, 400, 300, seed),
    "deep": lambda seed: tasks.teacher((21, 5, 5, 1), 400, 300, seed),
    "prototype": lambda seed: tasks.noisy_prototype(21, 0.3, 400, 300, seed),
    "xor": lambda seed: tasks.parity_of_signs(21, 400, 300, seed),
    "parity": lambda seed: tasks.parity_of_signs(21, 400, 300, seed, n_bits=3),
    "shuffled": lambda seed: tasks.shuffled(tasks.teacher(21, 400, 300, 7), seed),
}


@pytest.mark.parametrize("name", MAKERS)
def test_examples_are_signs_and_repeatable(name):
    task, again, other = MAKERS[name](1), MAKERS[name](1), MAKERS[name](Seed(1, "sample=2"))
    assert task.inputs.shape == (400, 21) and task.test_inputs.shape == (300, 21)
    for array in (task.inputs, task.test_inputs, task.labels, task.test_labels):
        assert array.dtype == np.int8 and set(np.unique(array)) == {-1, 1}
    assert (task.inputs == again.inputs).all() and (task.labels == again.labels).all()
    assert (task.test_labels == again.test_labels).all()
    assert (task.labels != other.labels).any()
    np.testing.assert_allclose(task.mean, (task.labels[:, None] * task.inputs.astype(float)).mean(axis=0))
    assert "400 + 300 examples of 21 inputs" in repr(task)
    # the two parts are independent: a test example is no training example
    assert not (task.test_inputs[:, None] == task.inputs).all(axis=2).any()


def test_a_linear_teacher_gives_its_labels_and_equal_couplings():
    task = tasks.teacher(21, 40_000, 10, seed=3)
    (row,) = task.teacher
    assert (np.sign(task.inputs @ row[0]) == task.labels).all()
    exact = comb(20, 10) / 2**20
    assert (np.abs(task.mean * row[0] - exact) < 4.5 / np.sqrt(40_000)).all()
    widths = tasks.teacher([21, 1], 40, 10, seed=3)
    assert (widths.labels == tasks.teacher(21, 40, 10, seed=3).labels).all()


def test_a_deep_teacher_gives_its_labels():
    task = tasks.teacher((21, 5, 5, 1), 500, 10, seed=3)
    assert [one.shape for one in task.teacher] == [(5, 21), (5, 5), (1, 5)]
    answers = layers.forward(task.teacher, task.inputs, "sign")[-1][:, 0]
    assert (answers == task.labels).all()


def test_ties_of_a_teacher_are_fair_coins():
    """Two inputs: half of all sums are 0. The labels of the others are the signs, and of these half are +1."""
    task = tasks.teacher(2, 8000, 10, seed=3)
    sums = task.inputs @ task.teacher[0][0]
    assert (np.sign(sums) == task.labels)[sums != 0].all()
    ties = task.labels[sums == 0]
    assert abs(len(ties) - 4000) < 4.5 * np.sqrt(2000) and abs(ties.mean()) < 4.5 / np.sqrt(len(ties))


def test_noisy_copies_have_the_law_of_the_prototype():
    task = tasks.noisy_prototype(9, 0.4, 50_000, 10, seed=2)
    agree = task.labels[:, None] * task.inputs * task.teacher[0][0]
    counts = np.bincount((agree > 0).sum(axis=1), minlength=10)
    expected = 50_000 * binom.pmf(np.arange(10), 9, 0.7)
    assert (np.square(counts - expected) / expected).sum() < 30  # chi square, 9 degrees of freedom: p = 4e-4
    assert abs(task.labels.mean()) < 4.5 / np.sqrt(50_000)
    sure = tasks.noisy_prototype(9, 1.0, 50, 10, seed=2)
    assert (sure.labels[:, None] * sure.teacher[0][0] == sure.inputs).all()


def test_the_hebb_state_of_the_prototype_errs_as_often_as_the_binomial_says():
    """A network of odd widths without dilution says the majority of xi_i x_i."""
    n_inputs, strength = 15, 0.2
    task = tasks.noisy_prototype(n_inputs, strength, 3000, 40_000, seed=4)
    glass = ensembles.walks((n_inputs, 7, 5, 1), 3.0, seed=1, couplings=data_couplings(task.inputs, task.labels))
    network = from_glass(glass, hebb_state(glass, task.mean))
    assert (np.sign(task.mean) == task.teacher[0][0]).all()
    exact = binom.cdf(n_inputs // 2, n_inputs, 0.5 * (1 + strength))
    found = learning.errors(network, task.test_inputs, task.test_labels)
    assert abs(found - exact) < 4.5 * np.sqrt(exact * (1 - exact) / 40_000)
    even = binom.cdf(6, 14, 0.6) + 0.5 * binom.pmf(7, 14, 0.6)  # half of the ties are wrong
    task = tasks.noisy_prototype(14, strength, 10, 40_000, seed=4)
    found = learning.errors(task.teacher, task.test_inputs, task.test_labels)
    assert abs(found - even) < 4.5 * np.sqrt(even * (1 - even) / 40_000)


def test_the_prototype_has_its_nishimori_temperature():
    """Exact energies of 300 small glasses: those of the Hebb state on average at 1 / atanh(m0), and not beside it."""
    strength, differences = 0.6, []
    nishimori = 1 / np.arctanh(strength)
    for seed in range(300):
        task = tasks.noisy_prototype(4, strength, 2000, 1, seed)
        couplings = data_couplings(task.inputs, task.labels)
        glass = ensembles.walks((4, 3, 1), 2.0, seed, couplings=couplings)
        planted = glass.energy(hebb_state(glass, task.teacher[0][0])) / glass.n_paths
        thermal = exact.thermodynamics(glass, [0.75 * nishimori, nishimori, 1.3 * nishimori]).energy / glass.n_paths
        differences.append([planted + strength, *(thermal - planted)])
    z = np.mean(differences, axis=0) / (np.std(differences, axis=0, ddof=1) / np.sqrt(300))
    assert abs(z[0]) < 4 and abs(z[2]) < 4
    assert z[1] < -4 and z[3] > 4


def test_parity_is_the_product_of_the_first_inputs():
    for n_bits in (2, 3, 5):
        task = tasks.parity_of_signs(5, 200, 100, 1, n_bits=n_bits)
        assert (task.inputs[:, :n_bits].prod(axis=1) == task.labels).all()
        assert (task.test_inputs[:, :n_bits].prod(axis=1) == task.test_labels).all()
    bits = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T
    assert (((bits[:, 0] * bits[:, 1])[:, None] * bits).mean(axis=0) == 0).all()


def test_shuffling_keeps_examples_and_numbers_of_labels():
    task = tasks.digit_pairs()
    mixed = tasks.shuffled(task, 3)
    assert (mixed.inputs == task.inputs).all() and (mixed.test_labels == task.test_labels).all()
    assert mixed.labels.dtype == np.int8 and mixed.teacher is None
    sums = {tasks.shuffled(task, seed).labels.sum() for seed in range(20)}
    assert sums == {task.labels.sum(), -task.labels.sum()}
    assert abs(mixed.labels.astype(int) @ task.labels) < 4.5 * np.sqrt(len(task.labels))
    assert mixed.name == "digits 3 and 8, labels shuffled"


CONTROLS = {
    "shuffled teacher": lambda seed: tasks.shuffled(tasks.teacher(21, 300, 200, seed), seed),
    "shuffled prototype": lambda seed: tasks.shuffled(tasks.noisy_prototype(21, 0.4, 300, 200, seed), seed),
    "shuffled digits": lambda seed: tasks.shuffled(tasks.digit_pairs((1, 7), n_test=200, seed=1), seed),
    "xor": lambda seed: tasks.parity_of_signs(21, 300, 200, seed),
}


@pytest.mark.parametrize("state", ["Hebb", "random"])
@pytest.mark.parametrize("name", [*CONTROLS, "prototype"])
def test_controls_are_at_chance_and_a_task_is_not(name, state):
    """24 seeds; the error bar from their scatter. The Hebb state of a task that can be learned is far from chance."""
    maker = CONTROLS.get(name, lambda seed: tasks.noisy_prototype(21, 0.4, 300, 200, seed))
    glass = ensembles.walks((maker(0).inputs.shape[1], 7, 7, 1), 2.0, seed=1)
    found = []
    for seed in range(24):
        task = maker(seed)
        w = hebb_state(glass, task.mean)
        if state == "random":
            w = np.random.default_rng(seed).choice([-1, 1], glass.n_weights)
        found.append(learning.errors(from_glass(glass, w), task.test_inputs, task.test_labels))
    z = (np.mean(found) - 0.5) / (np.std(found, ddof=1) / np.sqrt(24))
    assert abs(z) < 3.8 if name in CONTROLS or state == "random" else z < -30  # Student, 23 degrees: p = 1e-3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tasks.teacher((5, 3), 10, 10, 1), ValueError, r"widths must be \(n_inputs, ..., 1\), got \(5, 3\)"),
        (lambda: tasks.teacher([1], 10, 10, 1), ValueError, r"widths must be \(n_inputs, ..., 1\), got \(1,\)"),
        (lambda: tasks.teacher(0, 10, 10, 1), ValueError, "widths must be >= 1, got 0"),
        (lambda: tasks.teacher(5, 0, 10, 1), ValueError, "n_train must be >= 1, got 0"),
        (lambda: tasks.teacher(5, 10, 2**30, 1), ValueError, "n_test: 1073741824 rows of 5 numbers needs"),
        (lambda: tasks.noisy_prototype(5, 1.2, 10, 10, 1), ValueError, r"strength must be in \[0.0, 1.0\], got 1.2"),
        (lambda: tasks.parity_of_signs(5, 10, 10, 1, n_bits=6), ValueError, r"n_bits must be in \[2, 5\], got 6"),
        (lambda: tasks.shuffled("digits", 1), TypeError, "task must be a BinaryTask, got str"),
        (lambda: tasks.teacher(5, 10, 10, -1), ValueError, "seed must be >= 0, got -1"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
