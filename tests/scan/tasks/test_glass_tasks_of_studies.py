"""Tasks of ``study = "generalisation"``: what their networks know is in their chains, wherever these were cut."""

import math
import random

import numpy as np
import pytest

import glassnet as gn
from glassnet._random import Seed
from glassnet.chains import segment
from glassnet.network import learning, tasks
from glassnet.sampling import tempering
from glassnet.scan.directory import chain_check
from glassnet.scan.runfile.schema import UserError, load, parse
from glassnet.scan.tasks import glass_tasks, ladders
from glassnet.scan.tasks.checkpoint import Saving
from glassnet.scan.tasks.stop import Stop
from glassnet.scan.watch import status, verify

TEXT = """
seed = 3
samples = 2
study = "generalisation"
[glass]
ensemble = "walks"
couplings = "data"
[data]
task = "noisy prototype"
strength = 0.4
train = 60
test = 40
[scan]
sizes = [[7, 3, 3, 1]]
dilutions = [0.2]
alphas = [4.0, 9.0]
[sampling]
temperatures = [0.3, 0.6, inf]
unit = "sqrt(alpha)"
replicas = 4
thermalization = 10
sweeps = 60
measure_every = 5
"""
KNOWN = ("train_error", "test_error", "walk_overlap")


def changed(*pairs):
    text = TEXT
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def outcome_of(run_file, number=0):
    task = glass_tasks.all_tasks(run_file)[number]
    return task, glass_tasks.run(task, run_file, ladders.ladder_of(task, run_file, {}))


def test_tasks_are_named_after_their_paths_per_weight():
    every = glass_tasks.all_tasks(parse(TEXT, "x"))
    assert [task.text for task in every] == [
        f"N=33,dilution=0.2,alpha={alpha},sample={sample}" for alpha in (4.0, 9.0) for sample in (0, 1)
    ]
    assert every[-1].folder == "N33/dilution0.2/alpha9.0"
    assert {task.kind for task in every} == {"study"}


@pytest.mark.parametrize(("unit", "factor"), [("1", 1.0), ("sqrt(alpha)", 3.0), ("alpha", 9.0)])
def test_temperatures_are_in_their_unit(unit, factor):
    run_file = parse(changed('unit = "sqrt(alpha)"', f'unit = "{unit}"'), "x")
    rungs = ladders.ladder_of(glass_tasks.all_tasks(run_file)[-1], run_file, {})
    assert rungs == [0.3 * factor, 0.6 * factor, math.inf]


@pytest.mark.parametrize("examples", [1, '"all"'])
def test_what_networks_know_is_that_of_their_weights(examples):
    run_file = parse(
        changed("test = 40", f"test = 40\nexamples = {examples}", "sweeps = 60", "sweeps = 60\nmeasure = ['weights']"),
        "x",
    )
    task, outcome = outcome_of(run_file)
    chain, glass = outcome.dataset, outcome.glass
    known = tasks.noisy_prototype(7, 0.4, 60, 40, Seed(3, task.text))
    bits = np.unpackbits(chain["weights"].values, axis=-1, count=glass.n_weights, bitorder="little")
    weights = gn.network.from_glass(glass, bits.astype(np.int8) * 2 - 1)
    hebb = gn.network.hebb_state(glass, known.mean)
    np.testing.assert_array_equal(glass.planted, hebb)
    expected = {
        "train_error": learning.errors(weights, known.inputs, known.labels),
        "test_error": learning.errors(weights, known.test_inputs, known.test_labels),
        "walk_overlap": learning.walk_overlap(weights, gn.network.from_glass(glass, hebb)),
    }
    for name, values in expected.items():
        assert chain[name].dims == ("draw", "temperature", "replica")
        np.testing.assert_allclose(chain[name], values, rtol=1e-13, atol=1e-15)
    assert chain["vote"].values.tolist() == [1, 10]
    for part, inputs, labels in (
        ("train", known.inputs, known.labels),
        ("test", known.test_inputs, known.test_labels),
    ):
        answers = learning.outputs(weights, inputs)
        for start, rung in np.ndindex(2, 3):
            votes = learning.vote_errors(answers[:, rung, 2 * start : 2 * start + 2], labels)
            found = chain[f"vote_{part}_error"].isel(start=start, temperature=rung)
            np.testing.assert_allclose(found, votes.error, rtol=1e-13)
            np.testing.assert_array_equal(chain["vote_groups"], votes.groups)


def test_weights_are_kept_only_where_they_are_asked_for():
    without = outcome_of(parse(TEXT, "x"))[1].dataset
    kept = outcome_of(parse(changed("sweeps = 60", "sweeps = 60\nmeasure = ['weights']"), "x"))[1].dataset
    assert "weights" not in without and "weights" in kept
    for name in without.variables:
        np.testing.assert_array_equal(without[name], kept[name])
        assert without[name].dtype == kept[name].dtype


def test_half_of_the_replicas_start_in_the_hebb_state():
    run_file = parse(TEXT, "x")
    task = glass_tasks.all_tasks(run_file)[0]
    glass = glass_tasks.draw_glass(task, run_file)
    sampler = glass_tasks.first_sampler(task, run_file, [0.3, 0.6], glass)
    start = sampler.weights
    assert (start[:, :2] == glass.planted).all()
    assert 0.2 < (start[:, 2:] == glass.planted).mean() < 0.8


class Clock:
    """Moves on by a second with every look."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return float(self.now)


def test_cut_anywhere_it_is_the_same_chain(tmp_path, monkeypatch):
    monkeypatch.setattr(tempering, "STRETCH", 1)
    run_file, rng = parse(TEXT, "x"), random.Random(5)
    task, outcome = outcome_of(run_file, 2)
    chain = tmp_path / "sample0.h5"
    expected = segment.write(chain, outcome.dataset, outcome.glass, outcome.state, {})
    ladder = ladders.ladder_of(task, run_file, {})
    for _ in range(4):
        chain.unlink()
        pieces = 0
        while True:
            clock = Clock()
            saving = Saving(chain, Stop(rng.randint(2, 20), clock), np.inf, dict, clock)
            outcome = glass_tasks.run(task, run_file, ladder, None, False, saving)
            if outcome.dataset is not None:
                break
            pieces += 1
        assert pieces > 1
        assert segment.write(chain, outcome.dataset, outcome.glass, outcome.state, {}) == expected
        saving.finish()


def test_a_study_from_end_to_end(scan, finish, digests, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(TEXT)
    assert status.dry_run(path, tmp_path / "one").count("N33/dilution0.2/alpha") == 2
    assert scan(path, tmp_path / "one")[0] == 0
    code, output, errors = finish("scan", path, "--out", "two", ranks=2)
    assert code == 0, output + errors
    expected = digests(tmp_path / "one")
    assert len(expected) == 4
    assert digests(tmp_path / "two") == expected
    # grown, it is the large one
    path.write_text(changed("[4.0, 9.0]", "[9.0]", "samples = 2", "samples = 1"))
    assert scan(path, tmp_path / "grown")[0] == 0
    path.write_text(TEXT)
    assert scan(path, tmp_path / "grown")[0] == 0
    assert digests(tmp_path / "grown") == expected
    facts = status.status(tmp_path / "grown")
    assert (facts["total"], facts["done"], facts["equilibration"]["looked_at"]) == (4, 4, 0)
    assert [one.differences for one in verify.verify(verify.select(tmp_path / "grown", k=4))] == [[]] * 4
    path.write_text(changed("sweeps = 60", "sweeps = 120"))
    with pytest.raises(
        UserError, match=r"sampling\.sweeps: 120 here, .* 60; only samples, sizes, dilutions and alphas"
    ):
        scan(path, tmp_path / "grown")


def test_verify_finds_a_changed_digit(scan, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(TEXT)
    scan(path, tmp_path / "out")
    chain = tmp_path / "out/chains/N33/dilution0.2/alpha4.0/sample1.h5"
    piece = segment.read(chain)
    piece.dataset["test_error"][3, 1, 2] += 1 / 80
    segment.write(chain, piece.dataset, piece.glass, piece.state, piece.runtime)
    differing = [one for one in verify.verify(verify.select(tmp_path / "out", k=4)) if one.differences]
    assert [one.task.text for one in differing] == ["N=33,dilution=0.2,alpha=4.0,sample=1"]
    assert any(
        line.startswith("test_error: 1 of 144 values, the first at [3, 1, 2]") for line in differing[0].differences
    )


MISTAKES = [
    (('"generalisation"', '"generalization"'), "study: must be 'generalisation', got 'generalization'"),
    (
        ('couplings = "data"', "alpha = 2.0\ncouplings = 'data'"),
        "glass.alpha: a study has its paths per weight in scan",
    ),
    (("alphas = [4.0, 9.0]\n", ""), "scan.alphas: is missing, study 'generalisation' needs it"),
    (("[4.0, 9.0]", "[4.0, 4.0]"), "scan.alphas[1]: must not repeat, got 4.0 twice"),
    (("[4.0, 9.0]", "[4.0, -9.0]"), "scan.alphas[1]: must be greater than 0, got -9.0"),
    (("[[7, 3, 3, 1]]", "[[7, 3, 3, 2]]"), "scan.sizes[0]: must end with one output unit in study"),
    (
        ("alphas =", "planted = [1.0]\nalphas ="),
        "scan.planted: signs of planted couplings are drawn anew, glass.couplings must not be 'data'",
    ),
    (
        ("alphas =", "field = true\nalphas ="),
        "scan.field: couplings of planted states in a field are +-1, glass.couplings must be 'binary'",
    ),
    (("alphas =", "symmetric = true\nalphas ="), "scan.symmetric: does not belong to study 'generalisation'"),
    (("test = 40", "test = 3"), "data.test: must be at least 4 in study 'generalisation', got 3"),
    (("[0.3, 0.6, inf]", "{min = 0.3, max = 1.0, n = 4}"), "sampling.temperatures: must be a list in study"),
    (("[0.3, 0.6, inf]", "[0.6, 0.3]"), "sampling.temperatures[1]: must be above 0.6, got 0.3"),
    (("replicas = 4", "replicas = 3"), "sampling.replicas: must be even in study 'generalisation'"),
    (('"sqrt(alpha)"', '"sqrt"'), "sampling.unit: must be '1', 'sqrt(alpha)' or 'alpha', got 'sqrt'"),
    (("sweeps = 60", "sweeps = 61"), "sampling.measure_every: must divide sweeps = 61, got 5"),
    (("sweeps = 60", "sweeps = 60\nmeasure = ['path_overlap', 'energies']"), "sampling.measure[1]: must be 'energy'"),
]


@pytest.mark.parametrize(("pairs", "line"), MISTAKES)
def test_mistakes_are_named(tmp_path, pairs, line):
    path = tmp_path / "run.toml"
    path.write_text(changed(*pairs))
    with pytest.raises(UserError) as refused:
        load(path)
    lines = [found.removeprefix(f"{path}: ") for found in str(refused.value).splitlines()]
    assert len(lines) == 1 and lines[0].startswith(line), lines


def test_segments_hold_the_weights_and_belong_to_the_run():
    run_file = parse(TEXT, "x")
    task, outcome = outcome_of(run_file)
    rungs = ladders.ladder_of(task, run_file, {})
    wanted, attrs = chain_check.expected(task, run_file), outcome.dataset.attrs
    for variables, differs in (
        (["energy", "test_error"], []),
        (["energy", "weights"], []),
        (["energy", "overlap"], ["measure ['energy', 'overlap'], not ['energy']"]),
    ):
        facts = chain_check.Facts(attrs, outcome.dataset["temperature"].values, variables)
        assert chain_check.differences(facts, task, wanted, rungs) == differs
    other = attrs | {"data": attrs["data"].replace("0.4", "0.5"), "unit": "1"}
    facts = chain_check.Facts(other, outcome.dataset["temperature"].values, ["energy"])
    found = chain_check.differences(facts, task, wanted, rungs)
    assert found == ["data.strength 0.5, not 0.4", "unit 1, not sqrt(alpha)"]
