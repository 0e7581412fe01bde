"""What an analysis makes of saved tasks of field integration."""

import json
import shutil

import h5py
import numpy as np
import pytest

import glassnet as gn
from glassnet import cli
from glassnet.analysis.field_integration.saved_chains import saved_field
from glassnet.chains.pack import pack
from glassnet.scan.execute import run
from glassnet.scan.report import writing

RUN_FILE = """
seed = 1
samples = 2
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12, 24]
field = {n_weights = 1200, temperatures = [0.58, 0.62, 0.65, 0.68, 0.72], sweeps = 200}
[sampling]
temperatures = [0.5, 1.0]
thermalization = 10
sweeps = 20
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A directory whose complexity vanishes: six temperatures around T_K of the regular glass, 1200 weights."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "run.toml").write_text(RUN_FILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glassnet.scan.report.writing.write", lambda *_: writing.Report("", [], []))
        assert run.scan(folder / "run.toml", folder / "out") == 0
    return folder / "out"


def test_the_zero_of_the_complexity_is_used(finished):
    chains = gn.open_chains(finished)
    result = gn.find_transition(chains)
    # exact T_K 0.65448; 4 instances of 1200 weights
    assert abs(result.complexity.temperature - 0.65448) < 4 * result.complexity.stderr < 0.01
    by_key = {one.key: one for one in result.estimates}
    assert by_key["complexity_zero"].value == result.complexity.temperature
    item = next(item for item in result.evidence if item.key == "complexity_zero")
    assert item.passed
    # it does not make a kind: that needs the evidence of chains
    assert result.kind == "undecided"
    assert np.isnan(result.temperature)
    other = gn.find_transition(chains, field=Zero())
    assert other.complexity is None
    assert [(one.key, one.name) for one in other.estimates] == [("complexity_zero", "by hand")]
    line = gn.transition_line(chains)
    assert line[0].complexity.temperature == result.complexity.temperature


class Zero:
    temperature, stderr, name = 0.66, 0.01, "by hand"


def test_a_packed_run_gives_the_same(finished, tmp_path):
    packed = pack(finished, tmp_path / "packed.zip")
    assert packed.n_chains == packed.n_tasks == 8
    chains, again = gn.open_chains(finished), gn.open_chains(tmp_path / "packed.zip")
    assert again.equals(chains)
    (node,) = [node for node in again.leaves if node.path.startswith("/field")]
    assert (node.path, node.sizes["sample"]) == ("/field/N1200/dilution0.0", 4)
    one = gn.open_chains(finished / "chains/field/N1200/dilution0.0/sample2.h5")
    assert [leaf.path for leaf in one.leaves] == ["/field/N1200/dilution0.0"]
    first, second = (gn.find_transition(tree).complexity for tree in (chains, again))
    assert first.complexity.identical(second.complexity)


def test_the_report_shows_it(finished, capsys):
    assert cli.main(["analyze", str(finished)]) == 0
    printed = capsys.readouterr().out
    assert "complexity, dilution 0: regular glasses of 1200 weights, p = 3, degree = 4" in printed
    page = (finished / "report.html").read_text()
    assert "<summary>complexity, dilution 0" in page
    assert 'id="complexity-' in page
    assert {"complexity.svg", "complexity.pdf"} <= {path.name for path in (finished / "figures").iterdir()}
    found = gn.find_transition(gn.open_chains(finished)).complexity
    summary = json.loads((finished / "summary.json").read_text())["complexity"]
    assert (summary["zero"], summary["zero_stderr"]) == (found.temperature, found.stderr)
    assert summary["temperatures"] == [0.58, 0.62, 0.65, 0.68, 0.72]
    assert np.isfinite(summary["mean"]).all()


def test_a_damaged_instance_counts_as_missing(finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "out")
    path = out / "chains/field/N1200/dilution0.0/sample2.h5"
    image = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        at = file["field_overlap"].id.get_chunk_info(0).byte_offset
    image[at + 100 : at + 200] = bytes(100)
    path.write_bytes(image)
    with pytest.warns(UserWarning, match=r"field integration, instance 2: .*the instance counts as missing"):
        result = gn.find_transition(gn.open_chains(out))
    assert result.complexity.complexity.sizes["instance"] == 3
    assert len(result.damaged) == 1
    assert result.missing == {"/field/N1200/dilution0.0": [2]}
    said = next(item for item in result.evidence if item.key == "completeness")
    assert said.says.startswith("1 sample of 1 node missing, 1 of them damaged: field integration, instance 2")


def test_instances_that_are_not_there_yet_are_missing(finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "out")
    folder = out / "chains/field/N1200/dilution0.0"
    (folder / "sample1.h5").unlink()
    result = gn.find_transition(gn.open_chains(out))
    assert result.missing == {"/field/N1200/dilution0.0": [1]}
    assert not next(item for item in result.evidence if item.key == "completeness").passed
    assert gn.find_transition(gn.open_chains(out), field=Zero()).missing == {}
    for path in folder.glob("sample*.h5"):
        path.unlink()
    empty = gn.find_transition(gn.open_chains(out))
    assert (empty.complexity, empty.missing) == (None, {"/field/N1200/dilution0.0": [0, 1, 2, 3]})


def test_a_zero_below_what_is_asked_for_is_left_out(finished):
    chains = gn.open_chains(finished)
    assert gn.find_transition(chains, above=0.6).complexity is not None
    result = gn.find_transition(chains, above=0.7)
    assert result.complexity is None
    assert "complexity_zero" not in {one.key for one in result.estimates}
    assert saved_field(chains, 0.0, 0.7).result is None
