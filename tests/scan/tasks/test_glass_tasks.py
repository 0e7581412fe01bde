"""Tasks of a scan: their names, random streams, starts and chains, lengthened bit by bit."""

import numpy as np
import pytest
import xarray as xr

from glassnet import _random
from glassnet._random import Role, Seed
from glassnet.chains import schema, segment
from glassnet.sampling.starts import half_planted
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks, ladders
from glassnet.scan.tasks.glass_tasks import Task


def test_text_names_the_task_and_nothing_else():
    assert Task(120, 0.1, 3).text == "N=120,dilution=0.1,sample=3"
    assert Task(96, 0.0, 3, 0.65).text == "N=96,dilution=0.0,planted=0.65,sample=3"
    assert Task((7, 7, 7, 7), 0.0, 0).text == "N=147,dilution=0.0,sample=0"
    assert Task(96, 0.0, 3, 0.65).folder == "N96/dilution0.0/planted0.65"
    assert Task(96, 0.0, 3, 0.65).key == "N96-dilution0.0-planted0.65-sample3"


def test_all_combinations_and_their_streams(run_text):
    run_file = parse(
        run_text("samples = 2", "samples = 40", "symmetric = true", "symmetric = true\nplanted_samples = 30"), "a"
    )
    every_task = glass_tasks.all_tasks(run_file)
    assert len(every_task) == 2 * 2 * (40 + 2 * 30)
    streams = {tuple(_random.words(Seed(run_file.seed, task.text), role, 4)) for task in every_task for role in Role}
    assert len(streams) == len(every_task) * len(Role)


def test_streams_of_a_task_do_not_move_when_lists_grow(run_text):
    small = parse(run_text(), "a")
    large = parse(
        run_text("[12, 24]", "[36, 24, 12]", "[0.6, 0.8]", "[0.7, 0.6, 0.8]", "samples = 2", "samples = 3"), "b"
    )
    assert set(glass_tasks.all_tasks(small)) < set(glass_tasks.all_tasks(large))
    task = Task(24, 0.25, 1, 0.6)
    assert glass_tasks.draw_glass(task, small) == glass_tasks.draw_glass(task, large)


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("planted", [None, 0.6])
@pytest.mark.parametrize(
    ("ensemble", "size"),
    [
        ('"regular"\np = 3\ndegree = 4', 12),
        ('"poisson"\np = 4\nalpha = 1.5', 20),
        ('"layered"\np = 3\nalpha = 1.5', 24),
        ('"walks"\nalpha = 1.5', (3, 4, 3)),
    ],
)
def test_every_ensemble_runs_and_is_lengthened_bit_by_bit(run_text, tmp_path, ensemble, size, planted, couplings):
    sizes = list(size) if isinstance(size, tuple) else size
    glass = ('"regular"\np = 3\ndegree = 4', f'{ensemble}\ncouplings = "{couplings}"', "[12, 24]", f"[{sizes}]")
    short = parse(run_text(*glass), "a")
    long = parse(run_text(*glass, "sweeps = 40", "sweeps = 100"), "b")
    task = Task(size, 0.25, 1, planted)
    kept = ladders.complete([task], short, {})
    ladder = ladders.ladder_of(task, short, kept)

    def digest(outcome, name):
        return segment.write(tmp_path / name, outcome.dataset, outcome.glass, outcome.state, {})

    half = glass_tasks.run(task, short, ladder)
    digest(half, "half.h5")
    whole = glass_tasks.run(task, long, ladder)
    grown = glass_tasks.run(task, long, ladder, segment.read(tmp_path / "half.h5"))
    xr.testing.assert_identical(grown.dataset, whole.dataset)
    assert digest(grown, "grown.h5") == digest(whole, "whole.h5") != segment.read(tmp_path / "half.h5").digest
    assert whole.updates - half.updates == grown.updates
    assert whole.dataset.attrs["sweeps"] == 100
    expected = set(short.sampling_of(planted is not None).measure)
    assert expected == {name for name in whole.dataset.data_vars if name in schema.VARIABLES} - {
        *("swap_attempted", "swap_accepted", "swap_acceptance", "round_trips", "removed_fraction"),
    }


def test_half_of_the_replicas_start_planted(run_text):
    run_file = parse(run_text(), "a")
    task = Task(24, 0.0, 0, 0.8)
    glass = glass_tasks.draw_glass(task, run_file)
    start = half_planted(glass, 3, 6, Seed(1, task.text))
    assert start.shape == (3, 6, 24)
    assert start.dtype == np.int8
    assert (start[:, :3] == glass.planted).all()
    assert set(np.unique(start)) == {-1, 1}
    # 216 free signs: the mean is within 4.5 standard deviations of 0, and no two random replicas are alike
    assert abs(start[:, 3:].mean()) < 4.5 / np.sqrt(216)
    assert len(np.unique(start[:, 3:].reshape(-1, 24), axis=0)) == 9


def test_planted_ladder_starts_at_the_planting_temperature(run_text):
    run_file = parse(run_text("{min = 0.5, max = 1.5, n = 4}", "[0.5, 0.6, 1.0, inf]"), "a")
    task = Task(12, 0.0, 0, 0.6)
    ladder = ladders.ladder_of(task, run_file, {})
    assert glass_tasks.temperatures(task, ladder) == [0.6, 1.0, np.inf]
    assert glass_tasks.temperatures(Task(12, 0.0, 0), ladder) == [0.5, 0.6, 1.0, np.inf]
    outcome = glass_tasks.run(task, run_file, ladder)
    assert outcome.dataset.temperature.values.tolist() == [0.6, 1.0, np.inf]
    assert outcome.glass.planted is not None
    assert outcome.dataset.attrs["planted_energy"] == outcome.glass.energy(outcome.glass.planted)


def test_planted_glasses_have_the_fixed_number_of_violations(run_text):
    run_file = parse(run_text("[12, 24]", "[1200]"), "a")
    energies = [
        (glass := glass_tasks.draw_glass(Task(1200, 0.0, sample, 0.6), run_file)).energy(glass.planted)
        for sample in range(8)
    ]
    # M (1 - tanh(1 / T)) / 2 violated, rounded: energies differ by one flip at most
    expected = -1600 * np.tanh(1 / 0.6)
    assert np.abs(np.array(energies) - expected).max() < 2


def test_updates_are_counted_and_foreseen(run_text):
    run_file = parse(run_text("{min = 0.5, max = 1.5, n = 4}", "[0.5, 0.9, 1.0, 1.5]"), "a")
    for task in (Task(24, 0.25, 0), Task(24, 0.25, 0, 0.8)):
        outcome = glass_tasks.run(task, run_file, [0.5, 0.9, 1.0, 1.5])
        assert outcome.updates == glass_tasks.updates(task, run_file) == 18 * 4 * 60 * 4
    assert glass_tasks.cost(Task(24, 0.0, 0), run_file) == 24 * 60 * 512
    assert glass_tasks.cost(Task(24, 0.0, 0), run_file, reached=50) == 24 * 10 * 512
