"""The study of generalisation: against enumeration, at the Nishimori temperature, and on controls."""

import itertools
import math

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Seed
from glassnet.network import learning, tasks
from glassnet.studies import generalisation, learned_networks
from glassnet.studies.learning_averages import observed, summary


def prototype(seed):
    return tasks.noisy_prototype(21, 0.4, 400, 200, seed)


@pytest.mark.parametrize("examples, dilution", [(1, 0.0), (1, 0.3), ("all", 0.0)])
def test_errors_and_overlaps_of_a_small_network_are_those_of_enumeration(examples, dilution):
    task, temperatures = tasks.noisy_prototype(5, 0.4, 60, 100, 3), np.array([0.5, 1.0, 3.0])
    glass = learned_networks.draw(task, (5, 2, 2, 1), 3.0, 5, examples=examples, dilution=dilution)
    states = np.array(list(itertools.product([-1, 1], repeat=glass.n_weights)), dtype=np.int8)
    weights = gn.network.from_glass(glass, states)
    energies = glass.energy(states)
    boltzmann = np.exp(-(energies - energies.min()) / temperatures[:, None])
    boltzmann /= boltzmann.sum(axis=1, keepdims=True)
    expected = {
        "energy": boltzmann @ energies / glass.n_paths,
        "test_error": boltzmann @ learning.errors(weights, task.test_inputs, task.test_labels),
        "train_error": boltzmann @ learning.errors(weights, task.inputs, task.labels),
        "walk_overlap": boltzmann @ learning.walk_overlap(weights, gn.network.from_glass(glass, glass.planted)),
    }
    parts = []
    for seed in range(8):
        sampler = learned_networks.sampler(glass, temperatures, 16, seed)
        chain = sampler.run(400, 200, measure_every=20, measure=learned_networks.MEASURE)
        table = averages(chain, glass, task)
        parts.append([table[name].mean("start").values for name in expected])
    parts = np.array(parts)
    stderr = parts.std(axis=0, ddof=1) / math.sqrt(len(parts))
    for name, mean, bar in zip(expected, parts.mean(axis=0), stderr, strict=True):
        # 8 runs, 12 comparisons in each case: Student's t with 7 degrees exceeds 7.5 once in 10^4
        assert (np.abs(mean - expected[name]) < 7.5 * bar + 1e-12).all(), name


def averages(chain, glass, task):
    return summary(chain.merge(observed(chain, glass, task)), glass.n_paths)


def test_at_the_nishimori_temperature_the_ordered_start_is_in_equilibrium():
    result = generalisation(
        lambda seed: tasks.noisy_prototype(21, 0.4, 20_000, 100, seed),
        (21, 11, 11, 11, 1),
        [1 / math.atanh(0.4), 4.0],
        alpha=10.0,
        samples=12,
        replicas=8,
        thermalization=0,
        sweeps=100,
        measure_every=5,
        seed=2,
    )
    cold = result.instances.sel(start="ordered").isel(temperature=0)
    # <E> = -M m0 on average over the examples, from the first sweep on
    for name, value in (("energy", -0.4), ("drift", 0.0)):
        values = cold[name].values
        assert abs(values.mean() - value) < 4.5 * values.std(ddof=1) / math.sqrt(12), name
    # a random start is far above at first
    drift = result.instances["drift"].sel(start="random").isel(temperature=0).values
    assert drift.mean() < -10 * drift.std(ddof=1) / math.sqrt(12)


def test_labels_that_say_nothing_leave_the_error_at_chance():
    def control(seed):
        return tasks.shuffled(prototype(seed), seed)

    how = {"alpha": 4.0, "samples": 20, "replicas": 8, "thermalization": 50, "sweeps": 100, "measure_every": 20}
    nothing = generalisation(control, (21, 5, 5, 1), [0.5, 2.0], **how, seed=4)
    something = generalisation(prototype, (21, 5, 5, 1), [0.5, 2.0], **how, seed=4)
    for name in ("test_error", "vote_test_error"):
        mean, stderr = nothing.mean[name], nothing.stderr[name]
        assert (np.abs(mean - 0.5) < 4.5 * stderr).all()
        assert (something.mean[name].sel(start="ordered") < 0.5 - 5 * something.stderr[name].max()).all()


def test_the_table_and_the_figure_of_a_result():
    result = generalisation(prototype(1), (21, 5, 1), [0.5, 2.0], alpha=2.0, samples=2, replicas=4, sweeps=100, seed=1)
    text = str(result)
    assert text.splitlines()[0].startswith("noisy prototype, m0 = 0.4; 21-5-1, 2 paths per weight of 1 examples")
    assert len(text.splitlines()) == 6 and "ordered" in text
    assert [line.get_label() for line in result.plot().axes[0].get_lines()][-1]
    single = result.instances.sel(start="random", temperature=0.5)
    np.testing.assert_allclose(single["vote_test_error"].sel(vote=1), single["test_error"])


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"widths": (20, 5, 1)}, "widths must begin with the 21 inputs of task"),
        ({"widths": (21, 5, 2)}, "widths must end with one output unit"),
        ({"widths": (21, 1)}, "widths must have at least 3 entries"),
        ({"examples": 401}, r"examples must be in \[1, 400\]"),
        ({"temperatures": [2.0, 1.0]}, "temperatures"),
        ({"replicas": 1}, "replicas"),
        ({"samples": 0}, "samples"),
        ({"seed": None}, "seed must be given"),
        ({"alpha": -1.0}, "alpha"),
        ({"dilution": 1.0}, "dilution"),
        ({"task": "digits"}, "task"),
    ],
)
def test_bad_arguments_are_named(changed, says):
    how = {"task": prototype(1), "widths": (21, 5, 1), "temperatures": [1.0], "alpha": 1.0, "seed": 1} | changed
    with pytest.raises((TypeError, ValueError), match=says):
        generalisation(how.pop("task"), how.pop("widths"), how.pop("temperatures"), **how)


def test_a_callable_draws_a_task_for_each_sample():
    seen = []

    def draw(seed):
        assert isinstance(seed, Seed)
        seen.append(seed.key)
        return prototype(seed)

    generalisation(draw, (21, 3, 1), [1.0], alpha=1.0, samples=3, replicas=2, sweeps=100, seed=9)
    assert len(set(seen)) == 3
