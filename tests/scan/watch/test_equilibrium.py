"""A first look at the equilibrium of a scan that runs, at a few samples of every node."""

import itertools

import numpy as np
import pytest

from glassnet.chains import segment
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.watch import equilibrium, status


def rewrite(path, change):
    """Change the energies (draw, temperature, replica) of a chain file."""
    found = segment.read(path)
    energy = found.dataset["energy"]
    found.dataset["energy"] = energy.copy(data=change(energy.values.copy()))
    segment.write(path, found.dataset, found.glass, found.state, found.runtime)


def settled(energy):
    """Independent energies."""
    return np.random.default_rng(3).integers(-9, 9, energy.shape).astype(energy.dtype)


def drifting(energy):
    """The same, and steps down in the middle."""
    values = settled(energy)
    values[len(values) // 2 :] -= 12
    return values


@pytest.fixture
def all_settled(run_file, scan, tmp_path):
    """The same with 4 tasks, whose energies were never so independent."""
    out = tmp_path / "out"
    assert scan(run_file("sweeps = 40", "sweeps = 400", "[0.6, 0.8]", "[0.6]", "[12, 24]", "[24]"), out)[0] == 0
    for path in out.rglob("sample*.h5"):
        rewrite(path, settled)
    return out


def test_samples_in_equilibrium_are_counted(all_settled):
    report = status.status(all_settled)
    assert report["equilibration"] == {"looked_at": 4, "warnings": []}
    assert status.table(report).splitlines()[-1] == "equilibrium: energies of 4 of 4 finished samples looked at, 0 fail"


def test_a_drift_is_told(all_settled, stamps):
    rewrite(all_settled / "chains/N24/dilution0.25/sample1.h5", drifting)
    before = stamps(all_settled)
    report = status.status(all_settled)
    assert stamps(all_settled) == before
    warnings = report["equilibration"]["warnings"]
    assert {(warning["node"], warning["sample"]) for warning in warnings} == {("N24/dilution0.25", 1)}
    assert any(warning["reason"].startswith("energy drifts at T = ") for warning in warnings)
    text = status.table(report)
    assert "4 of 4 finished samples looked at, 1 fail" in text
    assert "  N24/dilution0.25 sample 1: energy drifts at T = inf" in text


def test_of_planted_nodes_the_planting_temperature_counts(all_settled):
    def above(energy):
        energy[:, 1:] = drifting(energy[:, 1:])
        energy[:, :1] = settled(energy[:, :1])
        return energy

    victim = all_settled / "chains/N24/dilution0.25/planted0.6/sample1.h5"
    rewrite(victim, above)
    assert status.status(all_settled)["equilibration"]["warnings"] == []
    rewrite(victim, drifting)
    found = status.status(all_settled)["equilibration"]["warnings"]
    assert {(warning["node"], warning["sample"]) for warning in found} == {("N24/dilution0.25/planted0.6", 1)}


@pytest.fixture
def opened(monkeypatch):
    """Chains a look opens, in order."""
    names, read = [], equilibrium.energies_of

    def watched(directory, task):
        names.append((task.folder, task.sample))
        return read(directory, task)

    monkeypatch.setattr(equilibrium, "energies_of", watched)
    return names


def test_a_look_is_bounded(opened, tmp_path):
    """At most 8 samples of a node, the last ones first and all nodes in turn, and none after the time is up."""
    finished = {
        f"N{size}/dilution0.0": [glass_tasks.Task(size, 0.0, sample) for sample in range(n_samples)]
        for size, n_samples in ((12, 3), (24, 1000))
    }
    look = equilibrium.look(RunDirectory(tmp_path), finished)
    assert look == equilibrium.Look(0, [])
    assert opened[:4] == [
        ("N12/dilution0.0", 2),
        ("N24/dilution0.0", 999),
        ("N12/dilution0.0", 1),
        ("N24/dilution0.0", 998),
    ]
    assert len(opened) == 3 + 8
    opened.clear()
    equilibrium.look(RunDirectory(tmp_path), finished, seconds=3.5, clock=itertools.count().__next__)
    assert len(opened) == 3


def test_long_chains_are_thinned_and_short_ones_left_out(all_settled, monkeypatch):
    directory, task = RunDirectory(all_settled), glass_tasks.Task(24, 0.25, 1)
    monkeypatch.setattr(equilibrium, "DRAWS", 16)
    whole = segment.read(directory.chain(task)).dataset["energy"].values
    assert np.array_equal(equilibrium.energies_of(directory, task)["energy"].values, whole[::3])
    monkeypatch.setattr(equilibrium, "FEWEST", 41)
    assert equilibrium.energies_of(directory, task) is None
    assert status.status(all_settled)["equilibration"] == {"looked_at": 0, "warnings": []}


def test_a_chain_that_is_gone_is_passed_over(all_settled):
    directory = RunDirectory(all_settled)
    finished = {"N24/dilution0.25": [glass_tasks.Task(24, 0.25, sample) for sample in range(2)]}
    (all_settled / "chains/N24/dilution0.25/sample1.h5").unlink()
    assert equilibrium.look(directory, finished).looked_at == 1
