"""Chains that were cut, killed and damaged on the way, against the same chains run in one go."""

import os
import random
from itertools import pairwise

import numpy as np
import pytest

import glassnet as gn
from glassnet.chains import segment
from glassnet.chains.files import atomic_write
from glassnet.chains.unfinished_task import Unfinished
from glassnet.sampling import tempering
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks, ladders
from glassnet.scan.tasks.checkpoint import Saving
from glassnet.scan.tasks.glass_tasks import Task
from glassnet.scan.tasks.stop import Stop

TASK = Task(24, 0.25, 1, 0.6)


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    """A look at the clock after every sweep of thermalization and every draw."""
    monkeypatch.setattr(tempering, "STRETCH", 1)


class Clock:
    """Moves on by a second with every look: two between any two stretches of a chain."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return float(self.now)


class Runner:
    """Runs TASK in one process after another, as a scan does."""

    def __init__(self, run_file, chain):
        self.run_file, self.chain = run_file, chain
        self.ladder = ladders.ladder_of(TASK, run_file, ladders.complete([TASK], run_file, {}))

    def whole(self):
        """Image of the chain file of an uninterrupted run."""
        return self._written(glass_tasks.run(TASK, self.run_file, self.ladder))

    def until(self, seconds=np.inf, every=np.inf):
        """One process that is stopped after so many looks: the chain file's image if it finished, else None."""
        clock = Clock()
        stop = Stop(seconds, clock)
        existing = segment.read(self.chain) if self.chain.exists() else None
        keeping = Saving(self.chain, stop, every, dict, clock)
        outcome = glass_tasks.run(TASK, self.run_file, self.ladder, existing, False, keeping)
        if outcome.dataset is None:
            return None
        image = self._written(outcome)
        keeping.finish()
        return image

    def resumed(self):
        """Run to the end, however often it takes."""
        image = self.until()
        assert image is not None
        return image

    def _written(self, outcome):
        segment.write(self.chain, outcome.dataset, outcome.glass, outcome.state, {})
        return self.chain.read_bytes()


@pytest.fixture(params=["binary", "gaussian"])
def runner(request, run_text, tmp_path):
    couplings = f'degree = 4\ncouplings = "{request.param}"'
    measure = 'measure_every = 5\nmeasure = ["energy", "overlap", "path_overlap", "planted_overlap", "weights"]'
    text = run_text("degree = 4", couplings, "measure_every = 10", measure, "symmetric = true\n", "")
    return Runner(parse(text, "a"), tmp_path / "chains/sample1.h5")


@pytest.fixture
def whole(runner):
    image = runner.whole()
    runner.chain.unlink()
    return image


def test_twenty_random_cuts(runner, whole):
    """Stopped anywhere, often twice, with segments on the way: byte for byte the file of an uninterrupted run."""
    rng = random.Random(3)
    for _ in range(20 if runner.run_file.glass.couplings == "binary" else 5):
        every = rng.choice([12, 24, np.inf])
        assert runner.until(rng.randint(1, 45), every) is None
        image = runner.until(rng.randint(1, 45), every) or runner.resumed()
        assert image == whole
        assert [entry.name for entry in runner.chain.parent.iterdir()] == ["sample1.h5"]
        runner.chain.unlink()


@pytest.mark.parametrize("runner", ["binary"], indirect=True)
def test_a_cut_after_every_look(runner):
    text = runner.run_file.text.replace("ation = 20", "ation = 4").replace("sweeps = 40", "sweeps = 20")
    runner = Runner(parse(text, "a"), runner.chain)
    whole = runner.whole()
    runner.chain.unlink()
    n_processes = 1
    while (image := runner.until(1)) is None:
        n_processes += 1
    # each takes one stretch: a sweep of thermalization or a draw
    assert n_processes == 8
    assert image == whole


def test_segments_are_chains_that_follow_each_other(runner, whole):
    assert runner.until(40, every=10) is None
    paths = Unfinished(runner.chain).paths()
    assert [path.name for path in paths] == [f"{number:06d}.h5" for number in range(1, len(paths) + 1)]
    pieces = [segment.read(path) for path in paths]
    assert pieces[0].dataset.attrs["predecessor"] == f"{TASK.text},seed=7,rounding=nearest"
    for before, after in pairwise(pieces):
        assert after.dataset.attrs["predecessor"] == before.digest
        assert after.dataset.attrs["begins"] == before.dataset.attrs["ends"]
    assert Unfinished(runner.chain).reached() == pieces[-1].dataset.attrs["ends"]
    assert gn.open_chains(paths[-1]).attrs["seed"] == 7


def test_a_lengthened_chain_can_be_interrupted(runner, run_text, tmp_path):
    short = parse(runner.run_file.text.replace("sweeps = 40", "sweeps = 20"), "a")
    expected = runner.whole()
    runner.chain.unlink()
    early = Runner(short, runner.chain)
    assert early.until(30, every=10) is None
    kept = {path: path.read_bytes() for path in Unfinished(runner.chain).paths()}
    assert early.resumed()
    # killed after the chain file was in place and before its segments were gone
    for path, image in list(kept.items())[1:]:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(image)
    assert runner.until(3) is None
    assert Unfinished(runner.chain).reached() > 40
    assert runner.resumed() == expected
    # the run file may grow in the middle of a task
    runner.chain.unlink()
    assert early.until(45, every=10) is None
    assert runner.resumed() == expected


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "gone", "foreign"])
@pytest.mark.parametrize("victim", [0, 1, -1])
def test_damaged_segments_are_set_aside_and_computed_again(runner, whole, capsys, damage, victim):
    assert runner.until(45, every=10) is None
    paths = Unfinished(runner.chain).paths()
    assert len(paths) >= 4
    bad = paths[victim]
    image = bytearray(bad.read_bytes())
    if damage == "gone":
        bad.unlink()
    elif damage == "foreign":
        found = segment.read(bad)
        other = found.dataset.assign_attrs(predecessor="f00")
        segment.write(bad, other, found.glass, found.state, {})
        image = bytearray(bad.read_bytes())
    else:
        if damage == "flip":
            with segment.opened(bad) as file:
                image[file["glass/paths"].id.get_chunk_info(0).byte_offset + 3] ^= 8
        bad.write_bytes({"truncate": image[:-500], "empty": b"", "flip": image}[damage])
        image = bytearray(bad.read_bytes())
    assert runner.resumed() == whole
    lines = capsys.readouterr().err.splitlines()
    n_after = len(paths) - paths.index(bad) - (damage == "gone")
    assert len(lines) == n_after
    assert all(line.startswith(f"warning: {runner.chain.parent}") and "kept as 00000" in line for line in lines)
    if damage != "gone":
        assert bad.with_name(bad.name + ".damaged").read_bytes() == image
    assert not Unfinished(runner.chain).paths()


@pytest.mark.parametrize("runner", ["binary"], indirect=True)
def test_damage_of_any_page_of_a_segment(runner, whole):
    """Of the newest segment every 4 KiB: truncated there, a bit flipped, a page of zeros; at the end the same chain."""
    assert runner.until(45, every=10) is None
    kept = {path: path.read_bytes() for path in Unfinished(runner.chain).paths()}
    newest = max(kept)
    n_refused = 0
    for page in range(0, len(kept[newest]), 4096):
        image = kept[newest]
        flipped = bytearray(image)
        flipped[page + 7] ^= 16
        for damaged in (image[:page], bytes(flipped), image[:page] + bytes(4096) + image[page + 4096 :]):
            runner.chain.unlink(missing_ok=True)
            for path, other in (kept | {newest: damaged}).items():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(other)
            assert runner.resumed() == whole
            asides = [entry for entry in newest.parent.glob("*.damaged")] if newest.parent.exists() else []
            n_refused += len(asides)
            for aside in asides:
                assert aside.read_bytes() == damaged
                aside.unlink()
    assert n_refused > 2 * len(kept[newest]) // 4096


class Killed(BaseException):
    """The process dies here."""


def count_calls(monkeypatch, fatal, failure):
    """Let the `fatal`-th call of the operating system that a commit or a removal makes fail; returns the count. What is
    only read is opened without waiting, and does not count."""
    seen, opening = [0], os.open

    def wrap(call):
        def counted(*arguments, **keywords):
            if call is opening and arguments[1] & os.O_NONBLOCK:
                return call(*arguments, **keywords)
            seen[0] += 1
            if seen[0] == fatal:
                raise failure
            return call(*arguments, **keywords)

        return counted

    for name in ("open", "write", "fsync", "close", "replace"):
        monkeypatch.setattr(atomic_write.os, name, wrap(getattr(atomic_write.os, name)))
    path = type(atomic_write.Path())
    for name in ("unlink", "rmdir"):
        monkeypatch.setattr(path, name, wrap(getattr(path, name)))
    return seen


@pytest.mark.parametrize("runner", ["binary"], indirect=True)
def test_killed_between_any_two_calls_of_the_system(runner, whole, monkeypatch):
    """Two segments, the chain file and the removal of the segments, killed before each call and resumed."""
    with monkeypatch.context() as patch:
        seen = count_calls(patch, 0, Killed())
        assert runner.until(every=24) == whole
    assert seen[0] == 3 * 8 + 3
    for fatal in range(1, seen[0] + 1):
        runner.chain.unlink()
        with monkeypatch.context() as patch:
            count_calls(patch, fatal, Killed())
            with pytest.raises(Killed):
                runner.until(every=24)
        if not runner.chain.exists():
            # at most the segment that was being written is lost
            assert (Unfinished(runner.chain).reached() or 0) >= 10 * ((fatal - 4) // 8)
        else:
            assert runner.chain.read_bytes() == whole
        for folder in (runner.chain.parent, runner.chain.with_suffix(".segments")):
            atomic_write.remove_parts(folder, r"(sample1|\d{6})\.h5")
        assert runner.resumed() == whole
        assert [entry.name for entry in runner.chain.parent.iterdir()] == ["sample1.h5"]


@pytest.mark.parametrize("runner", ["binary"], indirect=True)
@pytest.mark.parametrize("fatal", range(1, 9))
def test_a_disk_that_refuses_a_segment_costs_a_warning(runner, whole, monkeypatch, capsys, fatal):
    with monkeypatch.context() as patch:
        count_calls(patch, fatal, OSError(28, "No space left on device"))
        assert runner.until(every=20) == whole
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: [Errno 28] No space left on device (writing ")
    assert line.endswith(f"000001.h5'; {TASK.text} goes on and tries again in 20 s")


@pytest.mark.parametrize("runner", ["binary"], indirect=True)
def test_a_task_that_cannot_be_saved_keeps_what_was_saved_before(runner, whole, monkeypatch):
    assert runner.until(40, every=10) is None
    before = {path: path.read_bytes() for path in Unfinished(runner.chain).paths()}
    with monkeypatch.context() as patch:
        count_calls(patch, 2, OSError(28, "No space left on device"))
        with pytest.raises(OSError, match=r"No space left on device \(writing .*\.h5'"):
            runner.until(4)
    assert {path: path.read_bytes() for path in Unfinished(runner.chain).paths()} == before
    assert runner.resumed() == whole


@pytest.mark.parametrize("runner", ["binary"], indirect=True)
def test_nothing_is_written_before_the_interval(runner, whole, monkeypatch):
    monkeypatch.setattr(Unfinished, "append", None)
    assert runner.until(every=1000) == whole
