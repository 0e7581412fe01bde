"""The policy alone, and the farm's own rank 0 among thousands of ranks in simulated time."""

import heapq
import importlib
import random
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from glassnet import scan
from glassnet.scan.execute import farm
from glassnet.scan.execute.schedule import Schedule

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def simulation(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("simulation")


@pytest.fixture
def workload(monkeypatch):
    """Ten thousand tasks of nine sizes; the cost model is wrong by up to a factor 2, equal tasks scatter by 20 %."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("farm").workload(10_000)


def work_off(simulation, workload, n_ranks, watch=lambda number: None, fail=lambda number: False):
    """Schedule and record of a simulated scan, one rank in eight slower by a fifth."""
    costs = dict(enumerate(workload.costs.tolist()))
    schedule = Schedule(costs, workload.sizes.tolist())

    def seconds(number, rank):
        watch(number)
        return float(workload.seconds[number]) * (1.2 if rank % 8 == 3 else 1.0)

    return schedule, simulation.simulate(n_ranks, schedule, costs, seconds, simulation.Costs(stretch=1.0), fail)


def test_longest_first_then_by_number():
    schedule = Schedule({0: 1.0, 1: 5.0, 2: 5.0, 3: 7.0})
    assert [schedule.next(rank) for rank in range(5)] == [3, 1, 2, 0, None]
    assert schedule.running == [0, 1, 2, 3]
    assert not schedule.complete
    for number in range(4):
        schedule.finish(number)
    assert schedule.complete
    assert schedule.exit_code == 0


def test_kinds_do_not_change_the_order_of_costs():
    costs = {number: float(number * 7 % 50) for number in range(200)}
    schedule = Schedule(costs, {number: number % 6 for number in costs})
    assert [schedule.next(0) for _ in costs] == sorted(costs, key=lambda number: (-costs[number], number))


def test_a_kind_that_turns_out_slow_goes_first():
    """Tasks of kind b take three times what their cost says, so the shortest of them takes longer than any of a."""
    costs = {0: 10.0, 1: 9.0, 2: 8.0, 3: 7.0, 4: 6.0, 5: 5.0, 6: 4.0}
    schedule = Schedule(costs, dict(zip(costs, "ababaab", strict=True)))
    assert [schedule.next(rank) for rank in range(2)] == [0, 1]
    schedule.finish(0, seconds=10.0)
    schedule.finish(1, seconds=27.0)
    assert [schedule.next(0) for _ in range(5)] == [3, 6, 2, 4, 5]


def test_unknown_kinds_are_expected_to_be_as_fast_as_the_others():
    """Costs are no seconds: an estimate of one kind in seconds is not compared with a bare cost of another."""
    schedule = Schedule({0: 5.0, 1: 4.0, 2: 3.0}, {0: "a", 1: "a", 2: "b"})
    schedule.finish(schedule.next(0), seconds=0.005)
    assert [schedule.next(0), schedule.next(0)] == [1, 2]


def test_failed_tasks_say_nothing_about_speed():
    """Of kind a one task fails at once and one takes 8 s for a cost of 4; had both counted, 3 of b would go first."""
    costs = {0: 9.0, 1: 9.0, 2: 7.0, 3: 4.0, 4: 4.0, 5: 3.0}
    schedule = Schedule(costs, dict(zip(costs, "abbaab", strict=True)))
    assert [schedule.next(0), schedule.next(0)] == [0, 1]
    schedule.finish(0, failed=True, seconds=0.01)
    schedule.finish(1, seconds=9.0)
    assert [schedule.next(0), schedule.next(0)] == [2, 3]
    schedule.finish(3, seconds=8.0)
    assert [schedule.next(0), schedule.next(0)] == [4, 5]


def test_failures_are_remembered():
    schedule = Schedule({0: 1.0, 1: 1.0})
    schedule.finish(schedule.next(0), failed=True)
    assert schedule.exit_code == 75
    schedule.finish(schedule.next(0))
    assert (schedule.failed, schedule.exit_code, schedule.complete) == ([0], 1, True)


def test_pause_lets_running_tasks_end():
    schedule = Schedule({0: 1.0, 1: 1.0})
    first = schedule.next(0)
    schedule.pause()
    assert schedule.next(1) is None
    assert not schedule.complete
    schedule.finish(first)
    assert (schedule.complete, schedule.exit_code) == (True, 75)


def test_pause_after_the_last_task_is_no_pause():
    schedule = Schedule({0: 1.0})
    first = schedule.next(0)
    schedule.pause()
    schedule.finish(first)
    assert schedule.exit_code == 0


@pytest.mark.parametrize("n_ranks", [16, 256, 4096])
def test_ten_thousand_tasks_are_each_done_once_and_no_rank_waits(simulation, workload, n_ranks):
    schedule, record = work_off(simulation, workload, n_ranks)
    assert sorted(record.order) == list(range(10_000))
    assert (schedule.complete, schedule.exit_code) == (True, 0)
    last = max(record.begun.values())
    tasks_of = {}
    for number in sorted(record.begun, key=record.begun.get):
        tasks_of.setdefault(record.rank[number], []).append(number)
    assert len(tasks_of) == n_ranks - (n_ranks > farm.LEADER_WORKS_UP_TO)
    # an answer takes a stretch of rank 0's own work or two looks at the mailbox; word for the status may delay it
    patience = 1.1 if n_ranks <= farm.LEADER_WORKS_UP_TO else 0.05
    for numbers in tasks_of.values():
        assert all(record.begun[two] - record.ended[one] < patience for one, two in pairwise(numbers))
        assert record.ended[numbers[-1]] > last - patience


def test_the_longest_tasks_are_handed_out_first(simulation, workload):
    """By cost while no task has ended; of one size always."""
    _, record = work_off(simulation, workload, 256)
    costs = workload.costs
    begun = np.argsort(np.lexsort((np.arange(10_000), -costs)))
    assert begun[record.order[:255]].tolist() == list(range(255))
    for size in np.unique(workload.sizes):
        ranks = begun[[number for number in record.order if workload.sizes[number] == size]]
        assert (np.diff(ranks) > 0).all()


def test_ranks_work_nearly_all_the_time(simulation, workload):
    """The bound of the longest task is no bound here: it takes a tenth of the time."""
    _, record = work_off(simulation, workload, 256)
    assert workload.seconds.max() < 0.2 * record.makespan
    assert record.efficiency > 0.97
    assert record.busy < 0.01 * record.makespan


def test_measured_speed_shortens_the_end(workload):
    """Without messages and waiting: correcting the costs wins back a third of what is lost by trusting them."""
    costs, kinds, seconds = dict(enumerate(workload.costs.tolist())), workload.sizes.tolist(), workload.seconds.tolist()

    def lost(schedule):
        ends = [(seconds[number], number) for number in map(schedule.next, range(256))]
        heapq.heapify(ends)
        while ends:
            now, ended = heapq.heappop(ends)
            schedule.finish(ended, seconds=seconds[ended])
            if (number := schedule.next(0)) is not None:
                heapq.heappush(ends, (now + seconds[number], number))
        return now - sum(seconds) / 256

    trusted = lost(Schedule(costs))
    assert 0 < lost(Schedule(costs, kinds)) < 0.67 * trusted
    assert trusted < lost(Schedule(dict.fromkeys(costs, 1.0)))


def test_rank_0_remembers_no_tasks_that_have_ended(simulation, workload):
    """What schedule, farm and progress hold: less than 100 bytes a task when the scan begins, and ever less."""
    held, count = [], 0
    ours = [tracemalloc.Filter(True, str(Path(scan.__file__).parent / "*"))]

    def watch(number):
        nonlocal count
        count += 1
        if count % 1000 == 1:
            found = tracemalloc.take_snapshot().filter_traces(ours).statistics("filename")
            held.append(sum(one.size for one in found))

    tracemalloc.start()
    try:
        work_off(simulation, workload, 256, watch)
    finally:
        tracemalloc.stop()
    assert max(held) < 100 * 10_000
    # while the first tasks are given out, who has which is added
    assert all(later < earlier for earlier, later in pairwise(held[1:]))
    assert held[-1] < held[0] / 2


def test_failures_stop_nobody(simulation, workload):
    bad = set(random.Random(5).sample(range(10_000), 300))
    schedule, record = work_off(simulation, workload, 256, fail=bad.__contains__)
    assert len(record.order) == len(set(record.order)) == 10_000
    assert set(schedule.failed) == bad
    assert schedule.exit_code == 1
