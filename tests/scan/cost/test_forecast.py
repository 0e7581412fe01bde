"""What a dry run says a scan takes, at a speed that is given."""

from types import SimpleNamespace

import pytest

from glassnet import cli
from glassnet.kernels import bitsliced
from glassnet.scan.cost import calibration, forecast
from glassnet.scan.cost.calibration import Probe
from glassnet.scan.cost.footprint import footprint
from glassnet.scan.watch import status


def test_forecast_adds_up(all_left, asked, known_speed):
    run_file, left = all_left("[0.0, 0.25]", "[0.25]")
    done, begun = (next(task for task in left if task.planted is None and task.size == size) for size in (12, 24))
    del left[done]
    left[begun] = 30
    found = forecast.alike(left, run_file, known_speed)
    assert sum(each.tasks for each in found) == len(left) == 11
    expected = forecast.forecast(found, run_file)
    seconds = [known_speed.seconds(task, run_file, reached) for task, reached in left.items()]
    assert expected.core_seconds == pytest.approx(sum(seconds))
    assert expected.longest_seconds == max(seconds)
    assert expected.disk == sum(footprint(task, run_file).file for task in left)
    assert expected.memory == max(footprint(task, run_file).memory for task in left)
    assert expected._replace(core_seconds=3600.0, longest_seconds=300.0).ranks == 12
    # seconds of work are not worth a rank of their own
    assert expected._replace(core_seconds=3600.0, longest_seconds=1.0).ranks == 60
    assert expected._replace(core_seconds=20.0, longest_seconds=1.0).ranks == 1


def test_dry_run_says_what_it_takes(run_file, tmp_path, known_speed):
    path, asked = run_file(), []

    def calibrate(every_task, _):
        asked.extend(every_task)
        return known_speed._replace(probes={kind: [Probe(12, 1.0, 0.0, 0.0)] for kind in ("symmetric", "planted")})

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


def test_the_command_line_calibrates_on_one_rank(run_file, tmp_path, monkeypatch, capsys, known_speed):
    path, times = str(run_file()), []
    monkeypatch.setattr(calibration, "calibrate", lambda *_: times.append(1) or known_speed)
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
