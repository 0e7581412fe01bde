"""The whole table of a set of networks, and their representations, against the tools that make them."""

import numpy as np
import pytest

from glassnet import ensembles
from glassnet.network import data_couplings, dimension, from_glass, hebb_state, layers, learning, persistence, tasks


@pytest.fixture(scope="module")
def case():
    """A task, and networks of a diluted glass: the Hebb state with 10 % of its weights flipped."""
    task = tasks.noisy_prototype(15, 0.4, 200, 150, seed=1)
    glass = ensembles.walks((15, 8, 7, 1), 2.0, 1, couplings=data_couplings(task.inputs, task.labels), dilution=0.3)
    aligned = hebb_state(glass, task.mean)
    flips = np.where(np.random.default_rng(1).random((4, 6, glass.n_weights)) < 0.1, -1, 1)
    return task, glass, aligned, from_glass(glass, aligned * flips)


def test_the_table_is_that_of_its_parts(case):
    task, glass, aligned, weights = case
    hebb = from_glass(glass, aligned)
    table = learning.measure(weights, task, hebb, sizes=[1, 5], n_networks=3)
    assert dict(table.sizes) == {"sample": 24, "vote": 2, "network": 3, "layer": 3}
    for part, inputs, labels in (("train", task.inputs, task.labels), ("test", task.test_inputs, task.test_labels)):
        np.testing.assert_allclose(table[f"{part}_error"], learning.errors(weights, inputs, labels).ravel())
        votes = learning.vote_errors(learning.outputs(weights, inputs), labels, [1, 5])
        np.testing.assert_array_equal(table[f"vote_{part}_error"], votes.error)
        np.testing.assert_array_equal(table[f"vote_{part}_error_stderr"], votes.stderr)
        assert float(table[f"vote_{part}_error"][0]) == pytest.approx(float(table[f"{part}_error"].mean()))
    np.testing.assert_array_equal(table.walk_overlap, learning.walk_overlap(weights, hebb).ravel())
    np.testing.assert_array_equal(table.gauge_overlap, learning.gauge_overlap(weights, hebb).ravel())
    assert "walk_overlap" not in learning.measure(weights, task)


def test_representations_are_those_of_single_networks(case):
    task, _, _, weights = case
    table = learning.representations(weights, task.test_inputs, n_networks=5)
    assert table.network.values.tolist() == [0, 4, 9, 14, 19]
    one = [matrices.reshape(24, *matrices.shape[-2:])[9] for matrices in weights]
    row, measured = table.sel(network=9), dimension.measure(one, task.test_inputs, "sign")
    np.testing.assert_array_equal(row.dimension, measured.dimension[:3])
    np.testing.assert_array_equal(row.covariance_strength_stderr, measured.covariance_strength_stderr[:3])
    states = layers.forward(one, task.test_inputs, "sign")[:-1]
    assert float(row.mean_death) == persistence.deaths(np.concatenate(states[1:], axis=1)).mean()
    assert row.constant.values.tolist() == [np.mean(np.ptp(state, axis=0) == 0) for state in states]


def test_units_that_were_cut_off_are_constant():
    weights = [np.ones((3, 5)), np.ones((1, 3))]
    weights[0][1] = 0
    inputs = np.random.default_rng(1).choice([-1, 1], (40, 5))
    table = learning.representations(weights, inputs).isel(network=0)
    assert table.constant.values.tolist() == [0.0, pytest.approx(1 / 3)]
    # the two others are copies of each other: distances 0, and 1 to the constant one
    assert float(table.mean_death) == pytest.approx(0.5)
    linear = learning.representations([np.ones((1, 5))], inputs)
    assert linear.sizes["layer"] == 1 and np.isnan(linear.mean_death[0])


def test_the_aligned_network_knows_more_than_random_ones(case):
    task, glass, aligned, _ = case
    learned = learning.measure(from_glass(glass, aligned), task, from_glass(glass, aligned))
    w = np.random.default_rng(2).choice([-1, 1], (50, glass.n_weights))
    random = learning.measure(from_glass(glass, w), task, from_glass(glass, aligned))
    assert learned.test_error.item() < 0.2 and learned.walk_overlap.item() == learned.gauge_overlap.item() == 1.0
    assert abs(random.test_error.mean() - 0.5) < 4.5 * random.test_error.std() / np.sqrt(50)
    # all units of a layer say nearly the same in the one, and less so in the others
    assert (learned.dimension[0, 1:] < random.dimension[:, 1:]).all()
    assert learned.mean_death[0] < random.mean_death.min()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: learning.measure([np.ones((1, 15))], "digits"), TypeError, "task must be a BinaryTask, got str"),
        (lambda t: learning.measure([np.ones((1, 14))], t), ValueError, "begin with the 15 inputs of task, got 14"),
        (lambda t: learning.measure([np.ones((2, 15))], t), ValueError, "to one output unit, got 2"),
        (lambda t: learning.measure([np.ones((1, 15))], t, sizes=[2]), ValueError, "sizes must be 1 to the 1 networks"),
        (
            lambda t: learning.measure([np.ones((1, 43))], tasks.digit_pairs(n_test=0)),
            ValueError,
            "task must have at least 4 test examples, got 0",
        ),
        (lambda t: learning.representations([np.ones((1, 15))], t.inputs, 0), ValueError, "n_networks must be >= 1"),
        (lambda t: learning.measure([np.ones((1, 15))], t, [np.ones((2, 15))]), ValueError, "reference must have the"),
    ],
)
def test_bad_input(case, call, error, message):
    with pytest.raises(error, match=message):
        call(case[0])
