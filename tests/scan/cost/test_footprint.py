"""Bytes of a task in memory and on disk, beside those of real chains."""

import math
import tracemalloc

import numpy as np
import pytest

from glassnet.chains import segment
from glassnet.scan.cost.footprint import footprint, rungs
from glassnet.scan.tasks import glass_tasks


def test_temperatures_of_the_right_number(asked):
    run_file = asked("max = 1.5, n = 4", "max = 1.5, n = 4, spacing = 'adaptive'")
    assert rungs(glass_tasks.Task(12, 0.0, 0), run_file) == pytest.approx(
        [0.5, 0.5 * 3 ** (1 / 3), 0.5 * 9 ** (1 / 3), 1.5, math.inf]
    )
    assert rungs(glass_tasks.Task(12, 0.0, 0, 0.8), run_file) == pytest.approx([0.8, 0.5 * 9 ** (1 / 3), 1.5])


ENSEMBLES = {
    "regular": (),
    "gaussian": ("degree = 4", "degree = 4\ncouplings = 'gaussian'"),
    "layered": ('"regular"\np = 3\ndegree = 4', '"layered"\np = 3\nalpha = 2.0'),
    "walks": ('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 2.0', "[12, 24]", "[[4, 4, 4]]"),
    "weights": ("measure_every = 10", "measure_every = 10\nmeasure = ['energy', 'weights']"),
}


@pytest.mark.parametrize("name", ENSEMBLES)
def test_bytes_bound_those_of_a_real_task(asked, tmp_path, name):
    """The file is smaller than said, by less than a factor of 8 (compression); the memory by less than 4, and 1 MB."""
    pairs = [*ENSEMBLES[name], "sweeps = 40", "sweeps = 8000", "replicas = 4", "replicas = 12"]
    run_file = asked(*pairs)
    task = [task for task in glass_tasks.all_tasks(run_file) if (task.planted is not None) == (name == "regular")][-1]
    expected = footprint(task, run_file)
    tracemalloc.start()
    outcome = glass_tasks.run(task, run_file, rungs(task, run_file))
    segment.write(tmp_path / "chain.h5", outcome.dataset, outcome.glass, outcome.state, {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = (tmp_path / "chain.h5").stat().st_size
    assert size < expected.file < 8 * size
    assert peak < expected.memory < 4 * peak + 10**6
    stored = {name: outcome.dataset[name] for name in run_file.sampling_of(task.planted is not None).measure}
    kinds = {name: np.dtype(values.encoding.get("dtype", values.dtype)) for name, values in stored.items()}
    # draw by draw the very integers that are stored, and their sweep
    exact = sum(values.size * kinds[name].itemsize for name, values in stored.items()) + outcome.dataset.draw.nbytes
    assert expected.chain == exact
