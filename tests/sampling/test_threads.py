"""One sampler in two threads: the second one is refused, and the chain of the first is what it would have been."""

import functools
import threading

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Seed
from glassnet.sampling import independent_lanes
from glassnet.sampling import tempering as module
from glassnet.theory import onersb
from glassnet.theory.planted import population
from glassnet.theory.trees import branching


def tempering(couplings="binary", seed=3):
    glass = gn.ensembles.regular(120, p=3, degree=4, seed=1, couplings=couplings)
    return gn.ParallelTempering(glass, [0.6, 0.8, 1.1], n_replicas=8, seed=seed)


def metropolis():
    return gn.Metropolis(gn.ensembles.regular(120, p=3, degree=4, seed=1), 0.8, n_replicas=16, seed=3)


class Inside:
    """A progress that waits inside of run until the other thread is through."""

    def __init__(self):
        self.entered, self.leave = threading.Event(), threading.Event()

    def __call__(self, done, total):
        self.entered.set()
        assert self.leave.wait(30)


USES = {
    "run": lambda sampler: sampler.run(4),
    "state": lambda sampler: sampler.state(),
    "weights": lambda sampler: sampler.weights,
    "restore": lambda sampler: sampler.restore({}),
}


@pytest.mark.parametrize("make", [tempering, lambda: tempering("gaussian"), metropolis], ids=["+-J", "real", "one T"])
def test_a_second_thread_is_refused_and_the_chain_is_whole(make):
    sampler, alone, inside, found = make(), make(), Inside(), {}

    def first():
        found["first"] = sampler.run(400, progress=inside)

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.entered.wait(30)
    for name, use in USES.items():
        with pytest.raises(RuntimeError, match=f"this {type(sampler).__name__} is being used by another thread"):
            use(sampler)
        assert name not in found
    inside.leave.set()
    thread.join(30)
    expected = alone.run(400)
    np.testing.assert_array_equal(found["first"].energy, expected.energy)
    # it is free again
    np.testing.assert_array_equal(sampler.run(40).energy, alone.run(40).energy)


def test_threads_that_race_for_one_sampler_never_tear_it():
    """Whoever gets in gets the next stretch of the one chain; nothing is run twice or half."""
    sampler, alone, lock, runs, refused = tempering(), tempering(), threading.Lock(), [], []

    def race():
        for _ in range(60):
            try:
                piece = sampler.run(20, measure_every=20)
            except RuntimeError as error:
                refused.append(str(error))
            else:
                with lock:
                    runs.append((int(piece.draw[0]), piece.energy.values))

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(runs) + len(refused) == 240
    runs.sort(key=lambda entry: entry[0])
    assert [draw for draw, _ in runs] == [20 * (number + 1) for number in range(len(runs))]
    expected = alone.run(20 * len(runs), measure_every=20).energy.values
    np.testing.assert_array_equal(np.concatenate([energy for _, energy in runs]), expected)


def test_samplers_of_their_own_run_side_by_side():
    samplers, found = [tempering(seed=seed) for seed in range(4)], {}
    threads = [
        threading.Thread(target=lambda seed=seed: found.update({seed: samplers[seed].run(200).energy.values}))
        for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for seed in range(4):
        np.testing.assert_array_equal(found[seed], tempering(seed=seed).run(200).energy.values)


def test_callbacks_of_a_run_may_look_but_not_move():
    sampler, seen = tempering(), []

    def look(done, total):
        seen.append((sampler.state()["n_sweeps"][0], sampler.weights.shape))
        with pytest.raises(RuntimeError, match="is running already"):
            sampler.run(1)
        with pytest.raises(RuntimeError, match="is running already"):
            sampler.restore(sampler.state())

    sampler.run(40, progress=look)
    assert seen
    assert sampler.n_sweeps == 40


def test_an_error_inside_leaves_the_sampler_free():
    def fail(done, total):
        raise KeyError("mine")

    sampler = tempering()
    with pytest.raises(KeyError, match="mine"):
        sampler.run(40, progress=fail)
    sampler.run(40)


def test_lanes_of_a_study_are_refused_too():
    glass = independent_lanes.draw("regular", 3000, Seed(1), p=3, degree=4)
    chains = independent_lanes.Lanes(glass, np.full(512, 0.8), Seed(2))
    begun, found = threading.Event(), []

    def sweep():
        begun.set()
        chains.sweep(4000)

    thread = threading.Thread(target=sweep)
    thread.start()
    assert begun.wait(30)
    while thread.is_alive() and not found:
        try:
            chains.aligned()
        except RuntimeError as error:
            found.append(str(error))
    thread.join(60)
    assert found
    assert found[0].startswith("this Lanes is being used by another thread")


def test_states_of_another_size_name_both():
    glass = gn.ensembles.regular(120, p=3, degree=4, seed=1)
    other = gn.ParallelTempering(glass, [0.6, 0.8], n_replicas=4, seed=1).state()
    with pytest.raises(
        ValueError,
        match="state must be that of 3 temperatures, 8 replicas and 120 weights, "
        "got that of 2 temperatures, 4 replicas and 120 weights",
    ):
        tempering().restore(other)
    # as many bytes, but other weights
    fewer = gn.ensembles.regular(117, p=3, degree=4, seed=1)
    near = gn.ParallelTempering(fewer, tempering().temperatures, n_replicas=8, seed=1).state()
    with pytest.raises(ValueError, match=r"8 replicas and 120 weights, got .* 8 replicas and 117 weights"):
        tempering().restore(near)
    for wrong in (5, None, "state", [1, 2], np.zeros(3)):
        with pytest.raises(TypeError, match="state must be what state\\(\\) returned"):
            tempering().restore(wrong)


def test_a_long_way_to_a_draw_is_gone_in_stretches(monkeypatch):
    """So that signals are looked at between them; the chain is the same."""
    expected = tempering().run(300, thermalization=30, measure_every=100)
    monkeypatch.setattr(module, "STRETCH", 24 * 120 * 7)
    steps = []

    class Counted(gn.ParallelTempering):
        def _advance(self, n_sweeps):
            steps.append(n_sweeps)
            super()._advance(n_sweeps)

    monkeypatch.setattr(gn, "ParallelTempering", Counted)
    sampler = tempering()
    found = sampler.run(300, thermalization=30, measure_every=100)
    assert max(steps) == 7
    assert sampler.n_sweeps == 330
    for name in ("energy", "overlap", "swap_attempted", "swap_accepted", "round_trips", "draw"):
        np.testing.assert_array_equal(found[name], expected[name])


@pytest.mark.parametrize("kind", [population.Population, onersb.Sites])
def test_populations_of_the_cavity_method_are_refused_too(kind):
    tree = branching.branching(gn.theory.regular(3, 4), "binary")
    sizes, at = ((8000,), (0.6,)) if kind is population.Population else ((100, 50), (0.6, 0.9))
    moving, alone, refused = kind(tree, *sizes, 1), kind(tree, *sizes, 1), []

    def other():
        for use in (moving.polarize, *(functools.partial(getattr(moving, name), *at) for name in ("step", "observe"))):
            with pytest.raises(RuntimeError, match=f"this {kind.__name__} is being used by another thread") as caught:
                use()
            refused.append(caught)

    with moving.in_use():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(60)
    assert len(refused) == 3
    assert moving.step(*at) == alone.step(*at)
