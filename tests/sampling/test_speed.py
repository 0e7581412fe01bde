"""The clockwork of the speeds is right; how fast the kernels are belongs to benchmarks/."""

import time

import numpy as np
import pytest

from glassnet.kernels import bitsliced
from glassnet.sampling import speed


@pytest.fixture
def clock(monkeypatch):
    """Clocks that only move when they are told to; others have half of the processor."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(time, "process_time", lambda: Clock.now)
    monkeypatch.setattr(time, "perf_counter", lambda: 2 * Clock.now)
    return Clock


def test_alternate_returns_seconds_of_one_unit_and_takes_turns(clock):
    calls = []

    def action(name, seconds, relevant=None):
        def work(count):
            calls.append((name, count))
            clock.now += seconds * count
            return None if relevant is None else relevant * count

        return work

    actions = {"slow": action("slow", 3.0), "fast": action("fast", 0.25), "share": action("share", 0.5, relevant=0.25)}
    times = speed.alternate(actions, seconds=6.0, repeats=4)
    assert times["slow"].tolist() == [3.0] * 4
    assert times["fast"].tolist() == [0.25] * 4
    # a quarter of the second that one unit takes on the clock, and of the half it has the processor
    assert times["share"].tolist() == [0.125] * 4
    # a stretch of every action, in turn, each as long as asked
    assert calls[-12:] == [("slow", 2), ("fast", 24), ("share", 48)] * 4


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_speeds_follow_from_the_times(couplings, monkeypatch):
    """Sweeps alone, with exchanges, with measurements: 1, 2 and 4 microseconds for ten sweeps."""
    seconds = {"bare": 1e-6, "tempered": 2e-6, "measured": 4e-6}

    def alternate(actions, *_):
        for action in actions.values():
            action(1)
        return {name: np.full(3, seconds[name]) for name in actions}

    monkeypatch.setenv("GLASSNET_ISA", bitsliced.instruction_sets()[-1])
    monkeypatch.setattr(speed, "alternate", alternate)
    found = speed.measure(speed.standard(99, couplings), n_temperatures=3, n_replicas=2)
    assert found.instruction_set == bitsliced.instruction_sets()[-1]
    updates = 10 * 99 * 3 * 2
    assert [found.bare, found.tempered, found.measured] == pytest.approx([updates / t for t in (1e3, 2e3, 4e3)])
    assert found.efficiency == pytest.approx(0.5)
    # 2 microseconds more, at 0.1 a sweep
    assert found.measurement == pytest.approx(20.0)


def test_the_timed_loop_is_what_run_does():
    """The same chain comes out, past the point where the memory is used again."""
    one, other = (speed.sampler(speed.standard(30), 3, 4) for _ in range(2))
    one.run(10 * 250, measure_every=10)
    speed.recording_loop(other)(250)
    assert (one.weights == other.weights).all()
