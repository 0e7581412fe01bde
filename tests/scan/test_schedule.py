from glassnet.scan.schedule import Schedule


def test_longest_first_then_by_number():
    schedule = Schedule({0: 1.0, 1: 5.0, 2: 5.0, 3: 7.0})
    assert [schedule.next(rank) for rank in range(5)] == [3, 1, 2, 0, None]
    assert schedule.running == [0, 1, 2, 3]
    assert not schedule.complete
    for number in range(4):
        schedule.finish(number)
    assert schedule.complete
    assert schedule.exit_code == 0


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
