"""The table of measurements against chains: every row is what samplers record, files hold and costs count."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

import glassnet as gn
from glassnet import _catalogue
from glassnet.chains import schema, segment
from glassnet.kernels import recording
from glassnet.sampling import measurements
from glassnet.scan.cost.footprint import footprint, rungs
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks

E = gn.ensembles
TABLE = schema.MEASUREMENTS
RUN_FILE = """
seed = 3
samples = 1
[glass]
{glass}
[scan]
sizes = [{size}]
dilutions = [{dilution}]
{scan}
[sampling]
temperatures = [0.7, 1.0, 1.5, 4.0]
replicas = {replicas}
thermalization = 2
sweeps = 6
measure_every = 2
measure = {measure}
"""
GLASSES = {
    "regular": ('ensemble = "regular"\np = 3\ndegree = 4', 30),
    "poisson": ('ensemble = "poisson"\np = 2\nalpha = 1.2', 45),
    "layered": ('ensemble = "layered"\np = 3\nalpha = 1.5', 30),
    # 17^14 products over the layers: more than 2^53, and fewer where 48 weights are removed
    "many layers": ('ensemble = "layered"\np = 14\nalpha = 0.5', 238),
    "walks": ('ensemble = "walks"\nalpha = 1.5', [5, 4, 3, 5]),
}


def run_file(glass="regular", couplings="binary", planted=False, dilution=0.0, replicas=4, measure=tuple(TABLE)):
    keywords, size = GLASSES[glass]
    return RUN_FILE.format(
        glass=f'{keywords}\ncouplings = "{couplings}"',
        size=size,
        dilution=dilution,
        scan="planted = [0.7]" if planted else "",
        replicas=replicas,
        measure=json.dumps(list(measure)),
    )


def possible(planted=False, real=False, n_replicas=4):
    """Names of what such a chain can measure, by what the table says that each needs."""
    met = {"pairs": n_replicas > 1, "planted": planted, "real": real}
    return [name for name, row in TABLE.items() if all(met[one] for one in row.needs)]


def n_terms(glass):
    """Weights, products over the layers, or walks, counted one after the other."""
    if glass.widths is None:
        counts = np.bincount(glass.layer)
        return int(np.prod(counts.astype(object))) if len(counts) > 1 else glass.n_weights
    reached = [dict.fromkeys(range(glass.widths[0]), 1)]
    for layer in range(len(glass.widths) - 1):
        reached.append({})
        for start, end in glass.edges[glass.layer == layer].tolist():
            reached[-1][end] = reached[-1].get(end, 0) + reached[-2].get(start, 0)
    return sum(reached[-1].values())


@pytest.mark.parametrize("dilution", [0.0, 0.2])
@pytest.mark.parametrize("planted", [False, True])
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("glass", GLASSES)
def test_every_row_is_what_a_run_records_and_pays_for(tmp_path, glass, couplings, planted, dilution):
    """Dimensions, meaning, shapes, dtypes and bytes of everything a run can measure; sizes counted in the glass."""
    n_replicas = 4 if planted else 5
    names = possible(planted, couplings == "gaussian")
    parsed = parse(run_file(glass, couplings, planted, dilution, n_replicas, names), "run.toml")
    (task,) = glass_tasks.all_tasks(parsed)
    outcome = glass_tasks.run(task, parsed, rungs(task, parsed))
    segment.write(tmp_path / "chain.h5", outcome.dataset, outcome.glass, outcome.state, {})
    n_pairs = n_replicas // 2 if glass == "walks" else len(list(itertools.combinations(range(n_replicas), 2)))
    n_bytes = len(np.packbits(np.ones(outcome.glass.n_weights, dtype=bool)))
    sizes = {"draw": 3, "temperature": 4, "pair": n_pairs, "replica": n_replicas, "byte": n_bytes}
    setup = measurements.setup(outcome.glass, n_replicas, 4)._replace(n_terms=n_terms(outcome.glass))
    paid = 0
    with h5py.File(tmp_path / "chain.h5") as file:
        measured = set(file) & TABLE.keys()
        for name in names:
            row, variable = TABLE[name], outcome.dataset[name]
            assert variable.dims == row.dims
            assert variable.shape == file[name].shape == tuple(sizes[dimension] for dimension in row.dims)
            assert variable.attrs["long_name"] == row.meaning
            assert variable.dtype == row.in_memory(setup)
            assert file[name].dtype == row.stored(setup)
            assert variable.nbytes == 3 * row.memory_bytes(setup)
            assert file[name].size * file[name].dtype.itemsize == 3 * row.file_bytes(setup)
            paid += file[name].size * file[name].dtype.itemsize
        paid += file["draw"].size * file["draw"].dtype.itemsize
    assert measured == set(names)
    assert footprint(task, parsed).chain == paid


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("kind", ["plain", "layered", "many layers", "walks"])
def test_stored_integers_are_sums_over_what_the_unit_says(kind, couplings):
    glass = {
        "plain": lambda: E.poisson(41, 3, 1.3, seed=1, couplings=couplings),
        "layered": lambda: E.layered(30, 3, 1.5, seed=1, couplings=couplings, dilution=0.2),
        "many layers": lambda: E.layered(238, 14, 0.5, seed=1, couplings=couplings),
        "walks": lambda: E.walks((4, 5, 3, 4), 1.5, seed=1, couplings=couplings, dilution=0.2),
    }[kind]()
    glass = E.planted(glass, 1.0, seed=1)
    number = {"weights": glass.n_weights, "paths": glass.n_paths, "terms": n_terms(glass)}
    record = gn.ParallelTempering(glass, [0.5, 2.0], n_replicas=5, seed=1).run(6, measure=list(TABLE))
    for name, row in TABLE.items():
        if row.unit is None:
            assert record[name].encoding == {}
            continue
        assert record[name].encoding["scale_factor"] == pytest.approx(1 / number[row.unit], rel=1e-15)
        sums = record[name].values * number[row.unit]
        if record[name].encoding["dtype"] != "float64":
            assert np.abs(sums - np.rint(sums)).max() < 1e-3
            assert np.abs(sums).max() <= min(number[row.unit], np.iinfo(record[name].encoding["dtype"]).max)


def test_the_kernel_records_and_ensembles_ask_for_what_the_table_names():
    assert sorted(recording.MEASUREMENTS) == sorted(TABLE)
    assert {name for record in _catalogue.ENSEMBLES.values() for name in record.measure} <= TABLE.keys()


#: a chain that lacks one thing alone: arguments of `run_file`, the glass of a sampler and its replicas, and what both
#: errors say
LACKING = {
    "pairs": (
        {"replicas": 1},
        {"n_replicas": 1},
        r"n_replicas >= 2, got 1",
        r"sampling\.replicas: .* at least 2 .*got 1",
    ),
    "planted": ({"planted": False}, {"planted": False}, "planted glass", r"sampling\.measure: .*planted state"),
    "real": ({"couplings": "binary"}, {"couplings": "binary"}, r"real couplings.*\+-J", r"sampling\.measure: .*\+-J"),
}


def sampler(couplings="gaussian", planted=True, n_replicas=2):
    glass = E.regular(12, 3, 4, seed=1, couplings=couplings)
    return gn.Metropolis(E.planted(glass, 1.0, seed=1) if planted else glass, 1.0, n_replicas=n_replicas, seed=1)


def refused_by_both(name, requirement):
    """Assert that sampler and run file refuse a measurement of a chain that lacks this alone, both with the reason."""
    in_file, in_program, says, file_says = LACKING[requirement]
    chain = sampler(**in_program)
    with pytest.raises(ValueError, match=f"^measure: '{name}' needs .*{says}"):
        chain.run(2, measure=[name])
    assert chain.n_sweeps == 0
    sampler().run(2, measure=[name])
    # in a planted scan replicas come in two halves: what needs both is not reached with one replica
    whole = {"couplings": "gaussian", "replicas": 4, "planted": "planted" in TABLE[name].needs} | in_file
    with pytest.raises(UserError, match=f"run.toml: {file_says}") as error:
        parse(run_file(measure=[name], **whole), "run.toml")
    assert all(name in line for line in str(error.value).splitlines())


def test_every_requirement_has_a_chain_that_lacks_it():
    assert schema.REQUIREMENTS.keys() == LACKING.keys()
    assert {one for row in TABLE.values() for one in (*row.needs, *(row.default or ()))} == LACKING.keys()


@pytest.mark.parametrize(("name", "requirement"), [(name, one) for name, row in TABLE.items() for one in row.needs])
def test_what_a_measurement_needs_is_refused_where_it_lacks(name, requirement):
    refused_by_both(name, requirement)


def test_a_requirement_written_into_a_row_is_asked_for_everywhere(monkeypatch):
    """Real couplings, which no row needs today; and one that is made up, refused for layers alone."""
    monkeypatch.setitem(TABLE, "weights", replace(TABLE["weights"], needs=("real",)))
    refused_by_both("weights", "real")
    made_up = schema.Requirement(
        lambda setup: not setup.layers, "{name!r} needs a glass without layers", "{name} needs no layers"
    )
    monkeypatch.setitem(schema.REQUIREMENTS, "no layers", made_up)
    monkeypatch.setitem(TABLE, "weights", replace(TABLE["weights"], needs=("no layers",)))
    with pytest.raises(ValueError, match="measure: 'weights' needs a glass without layers"):
        gn.Metropolis(E.layered(12, 3, 1.0, seed=1), 1.0, seed=1).run(2, measure=["weights"])
    with pytest.raises(UserError, match=r"sampling\.measure: weights needs no layers"):
        parse(run_file("layered", measure=["weights"]), "run.toml")
    parse(run_file("walks", measure=["weights"]), "run.toml")


def test_defaults_and_essentials_of_a_row_are_followed_everywhere(monkeypatch):
    monkeypatch.setitem(TABLE, "weights", replace(TABLE["weights"], default=("real",)))
    assert "weights" in sampler().run(2).data_vars
    assert "weights" not in sampler(couplings="binary").run(2).data_vars
    text = re.sub("measure = .*", "", run_file(couplings="gaussian"))
    assert parse(text, "x").sampling_of(False).measure == ["energy", "overlap", "path_overlap", "weights"]
    monkeypatch.setitem(TABLE, "weights", replace(TABLE["weights"], default=None, essential=True))
    assert parse(run_file(measure=["overlap"]), "x").sampling_of(False).measure == ["overlap", "energy", "weights"]


@pytest.mark.parametrize(
    ("planted", "gauged", "names"),
    [
        (False, False, ["matched_overlap", "overlap"]),
        (False, True, ["matched_overlap"]),
        (True, False, ["planted_overlap"]),
        (True, True, ["planted_overlap"]),
    ],
)
def test_order_parameters(planted, gauged, names):
    """A product of overlaps is blind to gauges and no order parameter: of gauged glasses only gauge images are."""
    assert schema.order_parameters(planted=planted, gauged=gauged) == names
    assert all(TABLE[name].label for name in names)


def test_the_description_of_files_names_every_row():
    """Axes and dtypes in docs/chains.md, in the order of the table, and the names in docs/runfile.md."""
    docs = Path(gn.__file__).parents[1] / "docs"
    if not docs.is_dir():
        pytest.skip("an installed package without its documentation")
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| ([^|]+) \|", (docs / "chains.md").read_text(), re.MULTILINE)
    described = {name: (axes, kind) for name, axes, kind in rows if name in TABLE}
    assert list(described) == list(TABLE)
    for name, row in TABLE.items():
        axes, kind = described[name]
        assert tuple(axes.split(", ")) == row.dims
        assert ("`scale_factor`" in kind) == (row.unit is not None)
        assert row.unit is not None or kind.startswith(row.stored(schema.Setup(n_replicas=1)))
    (listed,) = re.findall(r"^\| `measure` \|.*among ([\w, ]+) \|", (docs / "runfile.md").read_text(), re.MULTILINE)
    assert sorted(listed.split(", ")) == sorted(TABLE)
