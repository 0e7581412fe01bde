"""What a dry run says a scan takes: times from a speed that is given, bytes beside those of real chains."""

import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from glassnet import cli
from glassnet.chains import segment
from glassnet.kernels import bitsliced
from glassnet.sampling import speed
from glassnet.scan.cost import calibration, forecast
from glassnet.scan.cost.calibration import Calibration, Probe
from glassnet.scan.cost.footprint import footprint, rungs
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.watch import status

#: seconds per unit of cost, twice as fast at N = 48 as at N = 12
PROBES = [Probe(12, sweep=2e-9, draw=20e-9, setup=1e-3), Probe(48, sweep=1e-9, draw=10e-9, setup=1e-3)]
CALIBRATION = Calibration(dict.fromkeys(("symmetric", "planted", "field"), PROBES), "a machine (a processor)", "v3")


@pytest.fixture
def asked(run_text):
    """A run file with parts replaced, parsed."""
    return lambda *pairs: parse(run_text(*pairs), "run.toml")


@pytest.fixture
def all_left(asked):
    """Every task of a run file with parts replaced, none begun: (run file, {task: 0})."""

    def make(*pairs):
        run_file = asked(*pairs)
        return run_file, dict.fromkeys(glass_tasks.all_tasks(run_file), 0)

    return make


def test_seconds_are_cost_times_measured_speed(asked):
    run_file = asked()
    # 20 + 40 sweeps, a draw every 10; 5 rungs x 4 replicas are moved as a full block
    for size, sweep in ((12, 2e-9), (48, 1e-9), (24, 1.5e-9)):
        of_sweep = size * bitsliced.LANES_PER_BLOCK
        whole = 60 * sweep * of_sweep + 4 * 10 * sweep * of_sweep + size * 1e-3
        task = glass_tasks.Task(size, 0.0, 0)
        assert CALIBRATION.seconds(task, run_file) == pytest.approx(whole)
        # half of the draws are left, and none of the thermalization
        rest = 20 * sweep * of_sweep + 2 * 10 * sweep * of_sweep + size * 1e-3
        assert CALIBRATION.seconds(task, run_file, reached=40) == pytest.approx(rest)
    # beyond the sizes that were timed: the speed of the nearest
    task = glass_tasks.Task(480, 0.25, 0)
    assert CALIBRATION.seconds(task, run_file) == pytest.approx(
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


def test_forecast_adds_up(all_left, asked):
    run_file, left = all_left("[0.0, 0.25]", "[0.25]")
    done, begun = (next(task for task in left if task.planted is None and task.size == size) for size in (12, 24))
    del left[done]
    left[begun] = 30
    found = forecast.alike(left, run_file, CALIBRATION)
    assert sum(each.count for each in found) == len(left) == 11
    expected = forecast.forecast(found, run_file)
    seconds = [CALIBRATION.seconds(task, run_file, reached) for task, reached in left.items()]
    assert expected.core_seconds == pytest.approx(sum(seconds))
    assert expected.longest_seconds == max(seconds)
    assert expected.disk == sum(footprint(task, run_file).file for task in left)
    assert expected.memory == max(footprint(task, run_file).memory for task in left)
    assert expected._replace(core_seconds=3600.0, longest_seconds=300.0).ranks == 12
    # seconds of work are not worth a rank of their own
    assert expected._replace(core_seconds=3600.0, longest_seconds=1.0).ranks == 60
    assert expected._replace(core_seconds=20.0, longest_seconds=1.0).ranks == 1


def test_dry_run_says_what_it_takes(run_file, tmp_path):
    path, asked = run_file(), []

    def calibrate(every_task, _):
        asked.extend(every_task)
        return CALIBRATION._replace(probes={kind: [Probe(12, 1.0, 0.0, 0.0)] for kind in ("symmetric", "planted")})

    text = status.dry_run(path, tmp_path / "out", calibrate, time_limit=3600.0, checkpoint_every=60.0)
    assert len(asked) == 12
    lines = text.splitlines()
    assert lines[0].split() == ["node", "tasks", "to", "do", "updates", "core-hours"]
    # a second per update of a full block: 60 sweeps of 18 weights
    seconds = 60 * 18 * bitsliced.LANES_PER_BLOCK
    assert lines[4].split()[:4] == ["N24/dilution0.25", "2", "2", "4.32e+04"]
    assert float(lines[4].split()[-1]) == pytest.approx(2 * seconds / 3600, rel=1e-2)
    rest = "\n".join(lines[lines.index(next(line for line in lines if "tasks to do" in line)) :])
    assert f"{9 * seconds / 3600:.3g} core-hours" in rest
    assert "timed on a machine (a processor), instruction set v3" in rest
    assert (
        "153 h 36 min for a task of N24/dilution0.25; saved at the end of a job, it goes on in the next: 154 jobs"
        in rest
    )
    assert "up to 9: 153 h 36 min; with more the longest task decides" in rest
    assert "every 60 s" in rest
    for word in ("disk", "memory", "segments"):
        assert any(line.startswith(word) for line in rest.splitlines())
    assert not (tmp_path / "out").exists()
    silent = status.dry_run(path, tmp_path / "out")
    assert "core-hours" not in silent
    assert "disk" in silent


def test_the_command_line_calibrates_on_one_rank(run_file, tmp_path, monkeypatch, capsys):
    path, times = str(run_file()), []
    monkeypatch.setattr(calibration, "calibrate", lambda *_: times.append(1) or CALIBRATION)
    words = ["scan", path, "--dry-run", "--out", str(tmp_path / "out"), "--checkpoint-every", "77"]
    assert cli.main(words) == 0
    output = capsys.readouterr().out
    assert "core-hours" in output
    assert "every 77 s" in output
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "1")
    assert cli.main(words) == 0
    assert capsys.readouterr().out == ""
    assert times == [1]
    assert not (tmp_path / "out").exists()


def test_bench_says_what_it_measures_and_who_compiled_it(monkeypatch, capsys):
    found = speed.Speed("v3", 9.1, 8.2, 7.3, 0.9, 0.5)
    monkeypatch.setattr(speed, "measure", lambda *_, **__: found)
    monkeypatch.setattr(bitsliced, "COMPILER", "a compiler 12")
    assert cli.main(["bench"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("compiled by a compiler 12")
    names = [name.strip() for name in lines[2].split("|")]
    assert names == ["bare sweeps", "exchange every sweep, energies every 10", "default measurements every 10"]
    assert lines[3].split(":")[1].split() == ["9.10", "|", "8.20", "|", "7.30"]
    assert len(lines) == 3 + 5


def test_dry_run_of_a_finished_run_estimates_nothing(run_file, scan, tmp_path):
    path, out = run_file(), tmp_path / "out"
    scan(path, out)
    text = status.dry_run(path, out, calibrate=lambda *_: pytest.fail("nothing is left to be timed"))
    assert text.splitlines()[-1].startswith(f"0 of 12 tasks to do in {out}")


@pytest.mark.parametrize(
    ("n_sizes", "n_dilutions", "n_planted", "names"),
    [
        (2, 2, 6, 24),
        (2, 3, 6, ["N0/dilution0.0", "N0/dilution0.1", "N0/dilution0.2", "N1/dilution0.0"]),
        (24, 3, 6, [f"N{size}" for size in range(24)]),
        (1000, 1, 1, [*(f"N{size}" for size in range(22)), "N22 ... N998", "N999"]),
    ],
)
def test_a_thousand_nodes_make_no_thousand_lines(n_sizes, n_dilutions, n_planted, names):
    folders = [
        f"N{size}/dilution{0.1 * dilution:.1f}/planted{planted}"
        for size in range(n_sizes)
        for dilution in range(n_dilutions)
        for planted in range(n_planted)
    ]
    groups = forecast.grouped(folders)
    shown = list(groups)
    assert len(shown) == names if isinstance(names, int) else shown[: len(names)] == names
    assert len(shown) <= 24
    assert sorted(folder for group in groups.values() for folder in group) == sorted(folders)
    totals = dict.fromkeys(folders, 3)
    table = forecast.table(totals, [], timed=False).splitlines()
    assert table[-1].split()[:2] == ["all", str(3 * len(folders))]
    assert len(table) <= 26


def test_memory_of_this_process_is_in_bytes(monkeypatch):
    monkeypatch.setattr(forecast.resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=2000))
    monkeypatch.setattr(forecast.sys, "platform", "linux")
    assert forecast.resident() == 2_048_000
    monkeypatch.setattr(forecast.sys, "platform", "darwin")
    assert forecast.resident() == 2000


@pytest.mark.parametrize(
    ("n_bytes", "words"), [(0, "0 bytes"), (999, "999 bytes"), (999.6, "1 kB"), (4.25e9, "4.25 GB"), (2e15, "2e+03 TB")]
)
def test_sizes_in_words(n_bytes, words):
    assert forecast.size_text(n_bytes) == words
