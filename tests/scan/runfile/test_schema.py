"""Run files: what is read, what is refused, and in which words."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.scan.runfile import schema
from glassnet.scan.runfile.schema import UserError, load, parse


def test_good_file(run_text, tmp_path):
    (tmp_path / "a.toml").write_text(run_text())
    run_file = load(tmp_path / "a.toml")
    assert run_file.text == run_text()
    assert (run_file.seed, run_file.samples, run_file.symmetric) == (7, 2, True)
    assert run_file.scan.sizes == [12, 24]
    assert run_file.samples_of(True) == run_file.samples_of(False) == 2
    symmetric, planted = run_file.sampling_of(False), run_file.sampling_of(True)
    assert (symmetric.temperatures.infinite, planted.temperatures.infinite) == (True, False)
    assert symmetric.measure == ["energy", "overlap"]
    assert planted.measure == ["energy", "overlap", "planted_overlap"]


def test_planted_tasks_may_differ(run_text):
    own = "measure_every = 10\n[sampling.planted]\nsweeps = 80\nreplicas = 8\ntemperatures = [0.7, 1.0, inf]\n"
    run_file = parse(run_text("measure_every = 10\n", own, "symmetric = true", "planted_samples = 5"), "run.toml")
    assert not run_file.symmetric
    planted = run_file.sampling_of(True)
    assert (planted.sweeps, planted.replicas, planted.thermalization) == (80, 8, 20)
    assert planted.temperatures == [0.7, 1.0, math.inf]
    assert run_file.sampling_of(False).sweeps == 40
    assert (run_file.samples_of(True), run_file.samples_of(False)) == (5, 2)


def test_default_measurements_follow_the_ensemble(run_text):
    layered = ('"regular"', '"layered"', "degree = 4", 'alpha = 1.0\ncouplings = "gaussian"')
    measure = parse(run_text(*layered), "x").sampling_of(True).measure
    assert measure == ["energy", "overlap", "path_overlap", "planted_overlap", "matched_overlap"]
    chosen = ("measure_every = 10", 'measure_every = 10\nmeasure = ["overlap", "weights"]')
    assert parse(run_text(*chosen), "x").sampling_of(False).measure == ["overlap", "weights", "energy"]
    expected = ["overlap", "weights", "energy", "planted_overlap"]
    assert parse(run_text(*chosen), "x").sampling_of(True).measure == expected


def test_walks_take_lists_of_widths(run_text):
    walks = ('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 1.5', "[12, 24]", "[[3, 3, 3, 3], [4, 3, 4, 3]]")
    assert parse(run_text(*walks), "x").scan.sizes == [(3, 3, 3, 3), (4, 3, 4, 3)]


ONE_MISTAKE = [
    ("seed = 7", "seed = -1", "seed: must be greater than or equal to 0, got -1"),
    ("seed = 7", "", "seed: is missing"),
    ("seed = 7", "seed = 1.0", "seed: must be a valid integer, got 1.0"),
    ("seed = 7", "seed = true", "seed: must be a valid integer, got True"),
    ("samples = 2", "samples = 0", "samples: must be greater than or equal to 1, got 0"),
    ("samples = 2", "samples = 2\noutputs = 'x'", "outputs: unknown key, did you mean output?"),
    (
        "samples = 2",
        "samples = 2\nqqq = 1",
        "qqq: unknown key (allowed: seed, samples, output, study, glass, data, scan, sampling)",
    ),
    ("samples = 2", "samples = 2\n'ä b' = 1", "'ä b': unknown key"),
    ('"regular"', '"irregular"', "glass.ensemble: must be 'regular', 'poisson', 'layered' or 'walks', got 'irregular'"),
    ("p = 3", "p = 1", "glass.p: must be greater than or equal to 2, got 1"),
    ("degree = 4", "degree = 4\nbias = 1.5", "glass.bias: must be less than or equal to 1, got 1.5"),
    ("degree = 4", "degree = 4\ncouplings = 3", "glass.couplings: must be 'binary', 'gaussian' or 'data', got 3"),
    ("[12, 24]", "[12, 0]", "scan.sizes[1]: must be in [1, 2147483647], got 0"),
    ("[12, 24]", "[12, '24']", "scan.sizes[1]: must be a number of weights or a list of widths, got '24'"),
    ("[12, 24]", "[]", "scan.sizes: must not be empty"),
    ("[12, 24]", "12", "scan.sizes: must be a valid list, got 12"),
    ("[12, 24]", "[3, 24]\nx = {}", "scan.x: unknown key"),
    ("[0.0, 0.25]", "[0.0, 1.0]", "scan.dilutions[1]: must be less than 1, got 1.0"),
    ("[0.0, 0.25]", "[-0.1]", "scan.dilutions[0]: must be greater than or equal to 0, got -0.1"),
    ("[0.0, 0.25]", "[nan]", "scan.dilutions[0]: must be a finite number, got nan"),
    ("[0.6, 0.8]", "[0.6, 0.0]", "scan.planted[1]: must be greater than 0, got 0.0"),
    ("[0.6, 0.8]", "[0.6, inf]", "scan.planted[1]: must be a finite number, got inf"),
    ("min = 0.5", "min = 0.0", "sampling.temperatures.min: must be greater than 0, got 0.0"),
    ("n = 4", "n = 1", "sampling.temperatures.n: must be greater than or equal to 2, got 1"),
    ("n = 4", "n = 4, spacing = 'log'", "sampling.temperatures.spacing: must be 'geometric', 'linear' or 'adaptive'"),
    ("{min = 0.5, max = 1.5, n = 4}", "[0.5, nan]", "sampling.temperatures[1]: must be greater than 0, got nan"),
    ("{min = 0.5, max = 1.5, n = 4}", "[0.0, 1.0]", "sampling.temperatures[0]: must be greater than 0, got 0.0"),
    ("{min = 0.5, max = 1.5, n = 4}", "[]", "sampling.temperatures: must not be empty"),
    ("{min = 0.5, max = 1.5, n = 4}", "'x'", "sampling.temperatures: must be a table {min, max, n"),
    (
        "thermalization = 20",
        "thermalization = -1",
        "sampling.thermalization: must be greater than or equal to 0",
    ),
    ("thermalization = 20", "thermalization = 1e4", "sampling.thermalization: must be a valid integer, got 10000.0"),
    ("measure_every = 10", "measure_every = 10\nmeasure = []", "sampling.measure: must not be empty"),
    ("measure_every = 10", "measure_every = 10\nmeasure = ['e']", "sampling.measure[0]: must be 'energy', 'overlap'"),
    (
        "measure_every = 10",
        "measure_every = 10\n[sampling.planted]\nsymmetric = 1",
        "sampling.planted.symmetric: unknown key",
    ),
    ("replicas = 4", "replicas = 4.0", "sampling.replicas: must be a valid integer, got 4.0"),
    ("[glass]", "[[glass]]", "glass: must be a table, got "),
]


@pytest.mark.parametrize(("old", "new", "line"), ONE_MISTAKE)
def test_a_mistake_is_named(mistakes, old, new, line):
    assert any(found.startswith(line) for found in mistakes(old, new))


def test_all_mistakes_at_once(mistakes):
    found = mistakes(
        *("seed = 7", "sed = 7", "degree = 4", "degree = 5\nalpha = 1.0", "[12, 24]", "[12, 25]"),
        *("[0.0, 0.25]", "[0.0, 2.0]", "n = 4", "m = 4", "replicas = 4", "replicas = 3", "sweeps = 40", "sweeps = 41"),
    )
    assert [line.split(":")[0] for line in found] == [
        *("seed", "scan.dilutions[1]", "sampling.temperatures.n", "sampling.temperatures.m", "sed"),
        *("glass.alpha", "scan.sizes[1]", "sampling.replicas", "sampling.measure_every"),
    ]


def test_unreadable_files_are_one_line(tmp_path):
    with pytest.raises(UserError, match=r"none\.toml: cannot be read: No such file or directory$"):
        load(tmp_path / "none.toml")
    with pytest.raises(UserError, match=r": a directory, not a run file$"):
        load(tmp_path)
    (tmp_path / "a.toml").write_bytes(b"seed = 1\n\xff")
    with pytest.raises(UserError, match=r"a\.toml: not a TOML file: byte 9 is not UTF-8$"):
        load(tmp_path / "a.toml")
    for text in ("seed = ", "seed = 1\nseed = 2", "[" * 3000, "x = 2026-13-45", "\0"):
        (tmp_path / "a.toml").write_text(text)
        with pytest.raises(UserError, match=r"a\.toml: not a TOML file: [^\n]*$"):
            load(tmp_path / "a.toml")


VALUES = st.recursive(
    st.one_of(
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.booleans(),
        st.text(max_size=5),
        st.sampled_from([0, 1, 2, 3, 12, 0.5, "regular", "walks", "gaussian", "energy", "geometric"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
KEYS = ["seed", "samples", "output", "ensemble", "p", "degree", "alpha", "couplings", "bias", "sizes", "dilutions"]
KEYS += ["planted", "symmetric", "temperatures", "replicas", "thermalization", "sweeps", "measure_every", "measure"]


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=3), where=st.integers(0, 3))
def test_any_document_is_read_or_refused(changes, where):
    tables = {
        "glass": {"ensemble": "regular", "p": 3, "degree": 4},
        "scan": {"sizes": [12, 24], "planted": [0.6]},
        "sampling": {"temperatures": {"min": 0.5, "max": 1.5, "n": 4}, "thermalization": 0, "sweeps": 10},
    }
    for key, value in changes.items():
        table = next((name for name in tables if key in getattr(schema, name.capitalize()).model_fields), None)
        if where and table:
            tables[table][key] = value
    document = {"seed": 1, "samples": 2, **tables, **({} if where else changes)}
    lines = [f"{name} = {_toml(value)}" for name, value in document.items()]
    try:
        parse("\n".join(lines), "a.toml")
    except UserError as error:
        assert all(line.startswith("a.toml: ") for line in str(error).splitlines())


def _toml(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    if isinstance(value, float):
        return f"{value:.20e}" if math.isfinite(value) else str(value)
    return json.dumps(value)
