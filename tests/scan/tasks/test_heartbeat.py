"""How a rank finds out that its launcher or rank 0 is gone, on a clock that is set by hand."""

import os
import threading
import time

import pytest

from glassnet.scan.tasks import heartbeat
from glassnet.scan.tasks.stop import Stop


class Life:
    """A rank, the file rank 0 touches, and what happens to both."""

    def __init__(self, path):
        self.path, self.now, self.parent, self.beats = path, 0.0, 7, 0
        path.write_text("1 on here")
        self.watch = heartbeat.Watch(clock=lambda: self.now, parent=lambda: self.parent)
        self.watch.follow(path)

    def beat(self):
        self.beats += 1
        os.utime(self.path, ns=(self.beats, self.beats))

    def pass_time(self, seconds, beating=True):
        """Second by second; how many passed before this rank gave up, None if it did not."""
        for second in range(seconds):
            self.now += 1.0
            if beating:
                self.beat()
            if self.watch.lost:
                return second + 1
        return None


@pytest.fixture
def life(tmp_path):
    return Life(tmp_path / "lock")


def test_a_rank_0_that_lives_is_believed_in(life):
    assert life.pass_time(1000) is None


def test_a_rank_0_that_is_silent_is_given_up_within_a_minute(life):
    life.pass_time(20)
    assert 30 <= life.pass_time(1000, beating=False) <= 45
    assert life.watch.reason == "rank 0 gives no sign of life"


def test_short_silence_is_forgiven(life):
    for _ in range(10):
        assert life.pass_time(30, beating=False) is None
        assert life.pass_time(6) is None


def test_looks_are_counted_and_not_seconds(life):
    """A job that was suspended as a whole finds its clock far ahead."""
    life.pass_time(20)
    life.now += 1e6
    assert life.pass_time(100) is None


def test_where_touches_do_not_show_nothing_is_made_of_it(life):
    assert life.pass_time(1000, beating=False) is None


def test_a_file_that_is_gone_says_nothing(life):
    life.pass_time(20)
    life.path.unlink()
    assert life.pass_time(1000, beating=False) is None


def test_a_directory_that_another_scan_took_is_left_to_it(life):
    life.pass_time(20)
    life.path.write_text("2 on here")
    assert life.pass_time(100) <= 5


def test_the_launcher_is_missed_at_once(life):
    stop = Stop()
    stop.watch = life.watch
    assert not stop.requested
    life.parent = 1
    assert life.pass_time(10) <= 5
    assert stop.requested
    assert stop.reason == "the launcher of this process is gone"


def test_a_heart_beats_until_it_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT", 0.01)
    path = tmp_path / "lock"
    path.touch()
    os.utime(path, (0, 0))
    with heartbeat.Heart(path):
        until = time.monotonic() + 20
        while path.stat().st_mtime == 0 and time.monotonic() < until:
            time.sleep(0.01)
        # nobody minds
        path.unlink()
    assert time.monotonic() < until
    assert "heart" not in {thread.name for thread in threading.enumerate()}
