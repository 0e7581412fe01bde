"""What can be wrong with benchmarks/ but its timings: the tables, and that every peer is given the same glass."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.kernels import bitsliced

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    """Import a file of benchmarks/ as its command does."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def signs(n_weights, count=20):
    return np.random.default_rng(3).choice(np.array([-1, 1], dtype=np.int8), size=(count, n_weights))


def test_tables_line_up(module):
    report = module("report")
    rows = [{"N": 99, "speed": 10.649}, {"N": 100_000, "ratio": 211.4}, {"speed": 0.01234}]
    assert report.markdown(report.Table("Speeds", rows, ["a note"])) == (
        "## Speeds\n\n"
        "| N | speed | ratio |\n"
        "| --- | --- | --- |\n"
        "| 99 | 10.6 |  |\n"
        "| 100000 |  | 211 |\n"
        "|  | 0.0123 |  |\n\n"
        "- a note\n"
    )


def test_results_are_written_for_people_and_programs(module, tmp_path):
    report = module("report")
    tables = [report.Table("One", [{"N": 1, "speed": 2.5}]), report.Table("Two", [{"p": 3}], ["of three"])]
    report.write(tmp_path / "new", {"processor": "abacus"}, tables)
    text = (tmp_path / "new/results.md").read_text()
    assert "- processor: abacus\n\n## One" in text
    assert "| 1 | 2.50 |\n\n## Two" in text
    content = json.loads((tmp_path / "new/results.json").read_text())
    assert content["machine"] == {"processor": "abacus"}
    assert content["tables"][0]["rows"] == [{"N": 1, "speed": 2.5}]
    assert content["tables"][1]["notes"] == ["of three"]


def test_machine_is_described(module):
    found = module("machine").describe(core=None)
    assert f"glassnet {gn.__version__}" in found["versions"] and f"numpy {np.__version__}" in found["versions"]
    assert bitsliced.chosen_instruction_set() in found["instruction set"]
    assert all(isinstance(value, str) and value for value in found.values())


@pytest.mark.parametrize("p", [2, 3])
def test_terms_have_the_energy_of_the_glass(module, p):
    """Equal paths included: 40 paths among 8 weights repeat."""
    glass = gn.ensembles.poisson(n_weights=8, p=p, alpha=5, seed=2)
    terms = module("peers").hubo(glass)
    assert len(terms) < glass.n_paths
    w = signs(8)
    energies = sum(value * np.prod(w[:, list(key)], axis=1) for key, value in terms.items())
    assert energies.tolist() == glass.energy(w).tolist()


def test_openjij_agrees_on_the_energy(module):
    openjij = pytest.importorskip("openjij")
    glass = gn.ensembles.regular(n_weights=24, p=3, degree=4, seed=2)
    found = openjij.SASampler().sample_hubo(module("peers").hubo(glass), vartype="SPIN", num_reads=5, seed=1)
    w = np.asarray(found.record.sample)[:, np.argsort(list(found.variables))]
    assert np.asarray(found.record.energy).tolist() == glass.energy(w).tolist()


def test_dimod_agrees_on_the_energy(module):
    pytest.importorskip("dimod")
    glass = gn.ensembles.regular(n_weights=24, p=2, degree=4, seed=2)
    w = signs(24)
    assert module("peers").ising(glass).energies((w, range(24))).tolist() == glass.energy(w).tolist()


@pytest.mark.parametrize("branches", [True, False])
def test_scalar_loop_keeps_its_path_products(module, branches):
    pytest.importorskip("numba")
    glass = gn.ensembles.regular(n_weights=99, p=3, degree=4, seed=2)
    loop = module("scalar").ScalarLoop(glass, [0.5, 1.0, np.inf], branches)
    # an odd number: at T = inf every move is accepted and w alternates with -w
    loop.sweep(51)
    assert (loop.product == np.prod(loop.weight[:, glass.paths], axis=2) * glass.couplings).all()
    assert (-loop.product.sum(axis=1) == glass.energy(loop.weight)).all()


@pytest.mark.parametrize("branches", [True, False])
def test_scalar_loop_accepts_as_metropolis_does(module, branches):
    """Paths that share no weight are satisfied with probability 1 / (1 + exp(-2 / T))."""
    pytest.importorskip("numba")
    glass = gn.PathGlass(np.arange(20_000).reshape(-1, 2), np.ones(10_000))
    loop = module("scalar").ScalarLoop(glass, [0.8, 2.0], branches)
    loop.sweep(51)
    satisfied = (loop.product == 1).mean(axis=1)
    expected = 1 / (1 + np.exp(-2 / np.array([0.8, 2.0])))
    assert (abs(satisfied - expected) < 4.5 * np.sqrt(expected * (1 - expected) / 10_000)).all()
