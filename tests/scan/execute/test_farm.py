"""The two loops over an MPI made of threads and queues, where every message can be counted."""

import collections
import threading
import time

import pytest

from glassnet.scan.execute import farm
from glassnet.scan.execute.farm import Ended
from glassnet.scan.execute.progress import Progress
from glassnet.scan.execute.schedule import Schedule
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks.heartbeat import Watch
from glassnet.scan.tasks.stop import Stop


class Mail:
    """Stands for a communicator: one mailbox per rank."""

    def __init__(self, rank, boxes, sent):
        self.rank, self.size, self.boxes, self.sent = rank, len(boxes), boxes, sent

    def send(self, message, dest, tag):
        self.sent[self.rank, dest] += 1
        self.boxes[dest].append((self.rank, message))

    def iprobe(self, source=None, tag=None):
        return any(source in (None, sender) for sender, _ in list(self.boxes[self.rank]))

    def recv(self, source=None, tag=None):
        return self.boxes[self.rank].popleft()[1]


class Farm:
    """Runs a farm of `n_ranks` threads on tasks that do nothing, and remembers what happened."""

    def __init__(self, n_ranks, costs, fail=(), stop_at=None, endless=False):
        self.done, self.paused, self.sent = [], [], collections.Counter()
        self.fail, self.stop_at, self.endless = fail, stop_at, endless
        boxes = [collections.deque() for _ in range(n_ranks)]
        self.mail = [Mail(rank, boxes, self.sent) for rank in range(n_ranks)]
        self.stops = [Stop() for _ in range(n_ranks)]
        self.schedule, self.costs, self.codes = Schedule(costs), costs, {}

    def run(self):
        threads = [threading.Thread(target=self.follow, args=(rank,)) for rank in range(1, len(self.mail))]
        for thread in threads:
            thread.start()
        shown = Progress(len(self.costs), 0, sum(self.costs.values()), len(self.mail))
        comm = self.mail[0] if len(self.mail) > 1 else None
        self.codes[0] = farm.lead(comm, self.schedule, self.perform(0), shown, self.stops[0], self.costs)
        for thread in threads:
            thread.join(timeout=20)
            assert not thread.is_alive()
        return self

    def follow(self, rank):
        self.codes[rank] = farm.follow(self.mail[rank], self.perform(rank), self.stops[rank])

    def perform(self, rank):
        def perform(number, tick):
            if number == self.stop_at:
                self.stops[rank].request()
            for step in range(10_000 if self.endless else 5):
                time.sleep(0.002)
                tick(step / 10_000)
                if self.endless and self.stops[rank].requested:
                    self.paused.append(number)
                    return Ended(number, 1, 0.001, None, paused=True)
            self.done.append((rank, number))
            return Ended(number, 10, 0.01, "it broke" if number in self.fail else None)

        return perform


@pytest.mark.parametrize("n_ranks", [1, 2, 3, 5])
def test_every_task_once_and_one_exit_code(n_ranks):
    ran = Farm(n_ranks, {number: float(number) for number in range(30)}).run()
    assert sorted(number for _, number in ran.done) == list(range(30))
    assert set(ran.codes.values()) == {0}
    assert {rank for rank, _ in ran.done} == set(range(n_ranks))


def test_two_messages_a_task_and_two_to_part():
    ran = Farm(4, dict.fromkeys(range(40), 1.0)).run()
    elsewhere = sum(rank > 0 for rank, _ in ran.done)
    assert sum(ran.sent.values()) == 2 * elsewhere + 2 * 3


def test_a_failed_task_stops_nobody(capsys):
    ran = Farm(3, dict.fromkeys(range(12), 1.0), fail=(3, 4)).run()
    assert len(ran.done) == 12
    assert set(ran.codes.values()) == {1}
    assert sorted(ran.schedule.failed) == [3, 4]
    assert capsys.readouterr().out.count("failed: it broke") == 2


@pytest.mark.parametrize("n_ranks", [1, 3])
def test_a_signal_on_any_rank_pauses_all(n_ranks, capsys):
    ran = Farm(n_ranks, {number: float(-number) for number in range(60)}, stop_at=9).run()
    assert 9 < len(ran.done) < 60
    assert set(ran.codes.values()) == {75}
    assert capsys.readouterr().out.count("a signal came: saving") == 1


@pytest.mark.parametrize("n_ranks", [1, 2, 5])
@pytest.mark.parametrize("stop_at", [0, 4])
def test_a_request_on_one_rank_is_heard_in_the_middle_of_every_task(n_ranks, stop_at, capsys):
    costs = {number: float(-abs(number - stop_at)) for number in range(n_ranks)} | {stop_at: 1.0}
    ran = Farm(n_ranks, costs, stop_at=stop_at, endless=True).run()
    assert len(ran.paused) == n_ranks
    assert set(ran.codes.values()) == {75}
    # a rank asks twice and is told what to do, to pause and to part; one of them may have asked for the pause
    assert sum(ran.sent.values()) - 5 * (n_ranks - 1) in (0, 1)
    assert capsys.readouterr().out.count("a signal came: saving") == 1


def test_rank_0_only_serves_when_there_are_many(monkeypatch):
    monkeypatch.setattr(farm, "LEADER_WORKS_UP_TO", 2)
    ran = Farm(3, dict.fromkeys(range(20), 1.0)).run()
    assert {rank for rank, _ in ran.done} == {1, 2}


def test_nothing_to_do_ends_at_once():
    ran = Farm(4, {}).run()
    assert ran.done == []
    assert set(ran.codes.values()) == {0}


@pytest.mark.parametrize(
    ("environment", "answer"),
    [
        ({}, (1, 0)),
        ({"PMI_SIZE": "4", "PMI_RANK": "3"}, (4, 3)),
        ({"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"}, (2, 1)),
        ({"SLURM_NTASKS": "8", "SLURM_PROCID": "0"}, (1, 0)),
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"}, (8, 5)),
        ({"PMIX_RANK": "2"}, (0, 2)),
    ],
)
def test_what_launchers_say(monkeypatch, environment, answer):
    for size, rank in farm.LAUNCHERS:
        monkeypatch.delenv(size, raising=False)
        monkeypatch.delenv(rank, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert farm.launched() == answer
    assert farm.has_launcher() == (answer != (1, 0))


def test_copies_of_a_serial_scan_are_refused(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "3")
    monkeypatch.setitem(__import__("sys").modules, "mpi4py", None)
    with pytest.raises(UserError, match="the launcher started 3 processes, but mpi4py cannot be used"):
        farm.join()


@pytest.fixture
def alone(monkeypatch):
    """Rank 0 of two, whose fellow never says a word, told to stop."""
    monkeypatch.setattr(farm, "FAREWELL", 0.0)
    ran = Farm(2, {0: 1.0, 1: 1.0})
    ran.stops[0].request()

    def lead():
        shown = Progress(2, 0, 2.0, 2)
        return farm.lead(ran.mail[0], ran.schedule, ran.perform(0), shown, ran.stops[0], ran.costs)

    return lead


def test_a_rank_that_does_not_answer_is_given_up(alone, monkeypatch):
    monkeypatch.setattr(farm, "PATIENCE", 0.2)
    with pytest.raises(farm.Lost, match="no answer of rank 1; all others have saved"):
        alone()


def test_at_the_end_of_a_slurm_job_there_is_less_patience(alone, monkeypatch):
    monkeypatch.setattr(farm, "HURRY", 0.2)
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 12))
    with pytest.raises(farm.Lost, match="no answer of rank 1"):
        alone()


@pytest.mark.parametrize("endless", [False, True])
def test_a_rank_without_rank_0_saves_and_leaves(monkeypatch, endless):
    """In the middle of a task as well as between two of them, and without a word to the dead."""
    monkeypatch.setattr(farm, "FAREWELL", 0.0)
    ran = Farm(2, {0: 1.0}, endless=endless)
    ran.stops[1].watch = Watch(parent=iter([1, *[1] * 3, *[7] * 100_000]).__next__)
    monkeypatch.setattr("glassnet.scan.tasks.heartbeat.LOOK", 0.0)
    if endless:
        ran.mail[0].send(("task", 0), 1, None)
    with pytest.raises(farm.Lost, match="the launcher of this process is gone; all that is here is saved"):
        ran.follow(1)
    assert ran.paused == [0] * endless
    assert ran.sent[1, 0] == 1
