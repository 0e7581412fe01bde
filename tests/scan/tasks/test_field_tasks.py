"""Tasks of field integration: names, the sampler's own numbers, bytes, and how they are stopped."""

import os
import signal
import time

import numpy as np

from glassnet._random import Seed
from glassnet.sampling import independent_lanes, planted_field
from glassnet.scan.cost.footprint import footprint
from glassnet.scan.tasks import field_tasks, glass_tasks
from glassnet.scan.tasks.stop import Stop


def test_tasks_have_names_of_their_own(with_field):
    every = glass_tasks.all_tasks(with_field())
    fields = [task for task in every if task.field]
    assert len(every) == 2 * 4 + 2 * 3
    assert fields[0] == glass_tasks.Task(60, 0.0, 0, field=True)
    assert (fields[4].text, fields[4].folder) == ("field,N=60,dilution=0.25,sample=1", "field/N60/dilution0.25")
    assert fields[4].key == "field-N60-dilution0.25-sample1"
    assert [task.kind for task in every] == ["symmetric"] * 8 + ["field"] * 6
    assert len({task.text for task in every}) == len(every)
    assert not [task for task in glass_tasks.all_tasks(with_field("field = false\n")) if task.field]


def test_the_record_is_that_of_the_sampler(with_field):
    """The numbers in the file, and the complexity made of them, are those of the sampler with the task's seed."""
    run_file = with_field()
    task = next(task for task in glass_tasks.all_tasks(run_file) if task.field and task.dilution)
    outcome = glass_tasks.run(task, run_file, [0.4, 0.45, 0.5])
    seed, rungs = Seed(7, "field,N=60,dilution=0.25,sample=0"), np.array([0.4, 0.45, 0.5])
    glass = independent_lanes.draw("regular", 60, seed, p=3, degree=4, dilution=0.25)
    overlaps = planted_field.planted(glass, rungs, seed, 80)
    data = outcome.dataset
    assert data["field_overlap"].dims == ("draw", "temperature", "field", "planting")
    assert data["field_overlap"].shape == (4, 3, 8, 21)
    assert (data["field_overlap"].values.reshape(4, -1) == overlaps.aligned * (1 / 45)).all()
    assert (data["degree_counts"] == np.bincount(glass.degrees, minlength=5)).all()
    assert (data["local_fields"].sum("local_field") == 45).all()
    assert data["draw"].values.tolist() == [49, 58, 67, 76]
    assert (outcome.glass.digest, outcome.updates) == (glass.digest, 80 * 45 * 504)
    assert (data.attrs["kind"], data.attrs["sweeps"], data.attrs["seed_key"]) == ("field", 80, task.text)


def test_a_task_that_is_stopped_begins_anew(asking, with_field, run_file, scan, digests, tmp_path, monkeypatch):
    path, out = run_file(*asking()), tmp_path / "out"
    planted, calls = planted_field.record, []

    def stopping(*arguments, proceed, **options):
        def asked_to_stop(share):
            calls.append(share)
            return proceed(share) if len(calls) < 3 else os.kill(os.getpid(), signal.SIGUSR1) or proceed(share)

        return planted(*arguments, proceed=asked_to_stop, **options)

    monkeypatch.setattr(planted_field, "record", stopping)
    code, output = scan(path, out)
    assert code == 75
    assert "a signal came: saving what is under way" in output
    assert "all saved but tasks of field integration, which begin anew: give the same command" in output
    assert "1 interrupted, not saved" in output
    assert "interrupted and saved" not in output
    monkeypatch.setattr(planted_field, "record", planted)
    assert not list(out.rglob("*.segments"))
    assert scan(path, out)[0] == 0
    scan(path, tmp_path / "whole")
    assert digests(out) == digests(tmp_path / "whole")


def test_bytes_of_a_task_are_reckoned(asking, with_field, run_file, scan, tmp_path):
    scan(run_file(*asking()), tmp_path / "out")
    task = next(task for task in glass_tasks.all_tasks(with_field()) if task.field and task.dilution)
    held = (tmp_path / "out/chains/field/N60/dilution0.25/sample0.h5").stat().st_size
    assert held < footprint(task, with_field()).file < 4 * held + 10**5
    assert glass_tasks.updates(task, with_field()) == 60 * 0.75 * 504 * 80
    assert glass_tasks.cost(task, with_field()) == 60 * 0.75 * 512 * 80
    assert field_tasks.n_lanes(with_field("field = true\n")) == 480


def test_a_run_that_is_to_stop_leaves_nothing(with_field):
    run_file = with_field()
    task = next(task for task in glass_tasks.all_tasks(run_file) if task.field)
    stop = Stop(1e-9)
    time.sleep(0.01)
    with stop:
        saving = type("Saving", (), {"stop": stop})()
        outcome = glass_tasks.run(task, run_file, [0.4, 0.45, 0.5], saving=saving)
    assert (outcome.dataset, outcome.updates) == (None, 0)
