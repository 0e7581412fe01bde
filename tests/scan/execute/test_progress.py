import io
import threading
import time
from datetime import datetime, timedelta

import pytest

from glassnet.scan.execute import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_speed_and_time_left_of_one_process(clock):
    shown = progress.Progress(total=4, done=1, work=30e9, n_ranks=1)
    assert (shown.updates_per_ns, shown.seconds_left) == (0.0, None)
    clock[0] += 2.0
    shown.finished(updates=5e9, seconds=2.0, cost=10e9, failed=False)
    assert shown.updates_per_ns == 2.5
    assert shown.seconds_left == 4.0
    clock[0] += 1.0
    shown.tick(5e9)
    assert shown.seconds_left == 3.0
    assert shown.line() == "2/4 tasks done, 2.50 updates/ns, 3 s left"


def test_speed_of_many_ranks_comes_from_their_own_seconds(clock):
    shown = progress.Progress(total=100, done=0, work=100e9, n_ranks=10)
    clock[0] += 60.0
    shown.finished(updates=1e9, seconds=2.0, cost=1e9, failed=True)
    assert shown.updates_per_ns == 5.0
    assert shown.seconds_left == pytest.approx(99 / 5)
    assert shown.line() == "0/100 tasks done, 1 failed, 5.00 updates/ns, 20 s left"


def test_interrupted_tasks_are_saved_or_not(clock):
    shown = progress.Progress(total=9, done=0, work=9.0, n_ranks=1)
    shown.interrupted()
    shown.interrupted(saved=False)
    shown.interrupted(saved=False)
    assert shown.line() == "0/9 tasks done, 1 interrupted and saved, 2 interrupted, not saved"


def test_plain_lines_once_a_minute(clock, capsys):
    with progress.Progress(total=200, done=0, work=200.0, n_ranks=2) as shown:
        for _ in range(120):
            clock[0] += 1.0
            shown.finished(updates=1, seconds=1.0, cost=1.0, failed=False)
    lines = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "200 tasks, 2 processes"
    assert [line.split(",")[0] for line in lines[1:]] == [
        "60/200 tasks done",
        "120/200 tasks done",
        "120/200 tasks done",
    ]
    assert lines[-1].endswith("2 min 0 s")


def test_notes_every_few_seconds(clock):
    notes = []
    shown = progress.Progress(total=9, done=0, work=9.0, n_ranks=1, note=notes.append)
    for _ in range(12):
        clock[0] += 1.0
        shown.tick(0.5)
    assert len(notes) == 3
    assert notes[1] == {"updates_per_ns": 0.0, "seconds_left": 8.5 / (0.5 / 6)}


def test_nothing_to_do_is_one_line(capsys):
    with progress.Progress(total=3, done=3, work=0.0, n_ranks=1):
        pass
    assert capsys.readouterr().out.split("  ", 1)[1] == "all 3 tasks were done before\n"


def test_no_time_left_is_not_told(clock):
    """While the file of the last task is written, all work is done."""
    shown = progress.Progress(total=2, done=1, work=10e9, n_ranks=1)
    clock[0] += 5.0
    shown.tick(8e9)
    assert shown.line() == "1/2 tasks done, 1 s left"
    shown.tick(9.5e9)
    assert shown.line() == "1/2 tasks done"
    shown.tick(10e9)
    assert shown.line() == "1/2 tasks done"


def test_bar_on_a_terminal(monkeypatch, capsys, clock):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert progress.fitting() is progress.Bar
    with progress.Bar(2, 0, 2.0, 1, None) as shown:
        clock[0] += 1.0
        shown.finished(updates=1e9, seconds=1.0, cost=1.0, failed=False)
        shown.say("a line among the bars")
    output = capsys.readouterr().out
    assert "a line among the bars" in output
    assert "1/2 tasks done, 1.00 updates/ns" in output


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7620, "2 h 7 min")]
)
def test_durations(seconds, words):
    assert progress.duration(seconds) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ({"seconds": -5}, "at any moment"),
        ({"seconds": 31}, "in less than a minute (21:18)"),
        ({"minutes": 7}, "in 7 min (21:25)"),
        ({"minutes": 62}, "in 1 h 2 min (22:20)"),
        ({"hours": 9, "minutes": 4}, "in 9 h 4 min (Tuesday 06:22)"),
        ({"days": 12}, "in 12 days (2026-12-12 21:18)"),
    ],
)
def test_expected_end_in_words(left, words):
    now = datetime(2026, 11, 30, 21, 18, 20).astimezone()
    assert progress.until(now + timedelta(**left), now) == words


def test_steps_of_an_analysis_are_plain_lines_and_a_long_one_is_spoken_of_again(clock, capsys):
    assert progress.INTERVAL == 60.0
    begun, lines = time.perf_counter(), []
    with progress.Steps(interval=0.5) as steps:
        steps.say("reading")
        clock[0] += 125.0
        while len(lines) < 3 and time.perf_counter() < begun + 20:
            time.sleep(0.01)
            output, errors = capsys.readouterr()
            assert output == ""
            lines += [line.partition("  ")[2] for line in errors.splitlines()]
    assert lines[:3] == ["reading", *["reading: 2 min 5 s so far"] * 2]


def test_steps_end_at_once(capsys):
    before = threading.active_count()
    with progress.steps() as steps:
        assert type(steps) is progress.Steps
        assert threading.active_count() == before + 1
        steps.say("drawing")
    assert threading.active_count() == before
    assert capsys.readouterr().err.endswith("  drawing\n")


def test_steps_on_a_terminal_are_one_line_that_goes(monkeypatch):
    class Terminal(io.StringIO):
        isatty = lambda self: True  # noqa: E731

    monkeypatch.setattr(progress.sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress.steps() as steps:
        assert type(steps) is progress.Spinner
        steps.say("reading [all]")
        until = time.monotonic() + 20
        while "reading [all]" not in progress.sys.stderr.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    shown = progress.sys.stderr.getvalue()
    assert "reading [all]" in shown
    # the line is wiped in the end
    assert shown.endswith("\x1b[2K")
