"""Seconds of a task from the speed of tasks that were timed."""

import numpy as np
import pytest

from glassnet.kernels import bitsliced
from glassnet.sampling import speed
from glassnet.scan.cost import calibration
from glassnet.scan.cost.calibration import Probe
from glassnet.scan.tasks import glass_tasks


def test_seconds_are_cost_times_measured_speed(asked, known_speed):
    run_file = asked()
    # 20 + 40 sweeps, a draw every 10; 5 rungs x 4 replicas are moved as a full block
    for size, sweep in ((12, 2e-9), (48, 1e-9), (24, 1.5e-9)):
        of_sweep = size * bitsliced.LANES_PER_BLOCK
        whole = 60 * sweep * of_sweep + 4 * 10 * sweep * of_sweep + size * 1e-3
        task = glass_tasks.Task(size, 0.0, 0)
        assert known_speed.seconds(task, run_file) == pytest.approx(whole)
        # half of the draws are left, and none of the thermalization
        rest = 20 * sweep * of_sweep + 2 * 10 * sweep * of_sweep + size * 1e-3
        assert known_speed.seconds(task, run_file, reached=40) == pytest.approx(rest)
    # beyond the sizes that were timed: the speed of the nearest
    task = glass_tasks.Task(480, 0.25, 0)
    assert known_speed.seconds(task, run_file) == pytest.approx(
        480 * (0.75 * 100e-9 * bitsliced.LANES_PER_BLOCK + 1e-3)
    )


def test_calibration_times_what_the_tasks_do(all_left, monkeypatch):
    run_file, left = all_left("[12, 24]", "[12, 24, 36, 48, 60]", "replicas = 4", "replicas = 6")
    timed = []

    def alternate(actions, seconds, repeats):
        for action in actions.values():
            action(3)
        timed.append(seconds * repeats)
        return {"sweep": np.array([3e-6, 2e-6]), "draw": np.array([25e-6, 26e-6])}

    monkeypatch.setattr(speed, "alternate", alternate)
    monkeypatch.setenv("GLASSNET_ISA", bitsliced.instruction_sets()[-1])
    found = calibration.calibrate(left, run_file, seconds=2.0)
    assert found.sizes == [12, 36, 60]
    assert found.instruction_set == bitsliced.instruction_sets()[-1]
    # six glasses, each sampled with and without measurements, for less than two seconds in all
    assert len(timed) == 6
    assert 1.0 < 2 * sum(timed) < 2.0
    for planted, probes in found.probes.items():
        for probe in probes:
            unit = probe.n_weights * bitsliced.LANES_PER_BLOCK
            assert probe.sweep == pytest.approx(2e-6 / unit), planted
            assert probe.draw == pytest.approx(5e-6 / unit)
            assert probe.setup > 0


def test_no_glass_is_timed_that_takes_long_to_set_up(all_left, monkeypatch):
    run_file, left = all_left("[12, 24]", "[300_000, 3_000_000]", "planted = [0.6, 0.8]\nsymmetric = true\n", "")
    drawn = []
    monkeypatch.setattr(
        calibration, "probe", lambda task, *_: drawn.append(task.size) or Probe(task.size, 1.0, 1.0, 1.0)
    )
    calibration.calibrate(left, run_file)
    assert drawn == [300_000]
