"""Ladders of a scan: one for each size and dilution, by its rule or by pilots."""

import numpy as np
import pytest

from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks, ladders


def test_ladders_are_computed_once(run_text, monkeypatch):
    run_file = parse(run_text("n = 4", 'n = 4, spacing = "adaptive"'), "a")
    every_task = glass_tasks.all_tasks(run_file)
    kept = ladders.complete(every_task, run_file, {})
    assert len(kept) == 4
    monkeypatch.setattr(ladders.ladders, "adaptive", None)
    assert ladders.complete(every_task, run_file, kept) == kept
    symmetric = ladders.ladder_of(every_task[0], run_file, kept)
    assert (symmetric[0], symmetric[-2], symmetric[-1], len(symmetric)) == (0.5, 1.5, np.inf, 5)
    planted = next(task for task in every_task if task.planted)
    assert ladders.ladder_of(planted, run_file, kept) == symmetric[:-1]


@pytest.mark.parametrize("spacing", ["geometric", "linear"])
def test_a_ladder_that_agrees_with_its_rule_is_that_ladder(run_text, spacing):
    """Last digits are kept as they are; one that follows another rule, or none, is made anew."""
    run_file = parse(run_text("n = 4", f'n = 4, spacing = "{spacing}"'), "a")
    every_task = glass_tasks.all_tasks(run_file)
    (name, rungs), *others = ladders.complete(every_task, run_file, {}).items()
    assert not others
    saved = []
    for factor, stays in ((1 + 3e-16, True), (1 - 9e-13, True), (1 + 2e-12, False), (0.93, False)):
        kept = {name: [rungs[0], rungs[1] * factor, *rungs[2:]]}
        found = ladders.complete(every_task, run_file, kept, saved.append)
        assert found == (kept if stays else {name: rungs})
    for wrong in (rungs[:3], [*rungs[:3], "1.5"], []):
        assert ladders.complete(every_task, run_file, {name: wrong}, saved.append) == {name: rungs}
    assert saved == [{name: rungs}] * 5


def test_ladders_do_not_depend_on_which_tasks_are_left(run_text):
    run_file = parse(run_text("n = 4", 'n = 4, spacing = "adaptive"'), "a")
    every_task = glass_tasks.all_tasks(run_file)
    kept = ladders.complete(every_task, run_file, {})
    last = every_task[-1]
    assert ladders.ladder_of(last, run_file, ladders.complete([last], run_file, {})) == ladders.ladder_of(
        last, run_file, kept
    )


@pytest.mark.parametrize(("thermalization", "sweeps"), [(0, 200), (20, 200), (40_000, 4000), (10**6, 10_000)])
def test_pilots_take_a_tenth_of_the_thermalization(run_text, monkeypatch, thermalization, sweeps):
    """Not of the recorded sweeps, which may grow: a ladder added later must be that of a scan always so long."""
    taken = []

    def adaptive(*arguments, **keywords):
        taken.append(keywords["sweeps"])
        return np.array([0.5, 0.7, 1.0, 1.5])

    monkeypatch.setattr(ladders.ladders, "adaptive", adaptive)
    adapting = ("n = 4", 'n = 4, spacing = "adaptive"', "thermalization = 20", f"thermalization = {thermalization}")
    own = "measure_every = 10\n[sampling.planted]\nthermalization = 77"
    for length in (40, 400_000):
        # what planted tasks do otherwise does not matter: they share the ladder
        changes = (*adapting, "sweeps = 40", f"sweeps = {length}", "measure_every = 10", own)
        run_file = parse(run_text(*changes), "a")
        assert len(ladders.complete(glass_tasks.all_tasks(run_file), run_file, {})) == 4
    assert taken == [sweeps] * 8
