"""Samples of one node that differ by one weight, from the chains to the report."""

import json
import shutil

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.analysis.averages import thermodynamics
from glassnet.analysis.location import annealed_bounds
from glassnet.analysis.nodes import nodes, readings
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.chains import pack, segment
from glassnet.scan.execute import run
from glassnet.scan.report import tables, writing
from glassnet.scan.watch import verify

#: what to replace in the run file, so that the numbers of connections that go are drawn
RANDOM = "symmetric = true", 'symmetric = true\nrounding = "random"'


@pytest.fixture(scope="module")
def uneven_once(layered, tmp_path_factory):
    """21 weights, of which 4.2 go: 17 or 16 are left, three bytes or two."""
    folder = tmp_path_factory.mktemp("uneven")
    text = layered(*RANDOM, "samples = 2", "samples = 8", "[18]", "[21]", "[0.0, 0.2]", "[0.2]")
    (folder / "run.toml").write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writing, "write", lambda *_: writing.Report("", [], []))
        assert run.scan(folder / "run.toml", folder / "out") == 0
    return folder / "out"


@pytest.fixture
def uneven(uneven_once, tmp_path):
    return shutil.copytree(uneven_once, tmp_path / "uneven")


def test_samples_may_differ_by_one_weight(uneven):
    chains = gn.open_chains(uneven)
    for path in ("/N21/dilution0.2/symmetric", "/N21/dilution0.2/planted0.8"):
        node = chains[path]
        # the node goes by the nearest number, whichever samples there are
        assert set(node["n_weights"].values) == {16, 17} and node.attrs["n_weights"] == 17
        left = 21 - 7 * node["removed_fraction"].sum("layer").values
        np.testing.assert_allclose(left, node["n_weights"].values, rtol=1e-14)
        # in the unit of the first sample, saved again, the others would be rounded
        assert all("scale_factor" not in node[name].encoding for name in ("matched_overlap", "overlap"))
    node = chains["/N21/dilution0.2/symmetric"]
    final = node["final_weights"]
    assert final.sizes["byte"] == 3
    np.testing.assert_array_equal(final.isel(byte=1).values, final.values[..., 1])
    np.testing.assert_array_equal(final.isel(byte=[0, 2], replica=1).values, final.values[:, :, 1][..., [0, 2]])
    for place, path in enumerate(sorted(uneven.glob("chains/N21/dilution0.2/sample*.h5"), key=_number)):
        found = segment.read(path)
        bits = np.unpackbits(final.values[place], axis=-1, bitorder="little")
        assert not bits[..., found.glass.n_weights :].any()
        energies = found.glass.energy(2 * bits[..., : found.glass.n_weights].astype(np.int8) - 1)
        np.testing.assert_array_equal(energies, found.dataset["energy"].values[-1])


def _number(path):
    return int(path.stem.removeprefix("sample"))


def test_averages_are_per_weight_of_each_sample(uneven):
    (node,) = (node for node in nodes(gn.open_chains(uneven)) if node.planted_temperature is None)
    left = node.weights_of_samples
    assert [reading.n_weights for reading in readings(node)] == left.tolist() and len(set(left)) == 2
    found = thermodynamics.averages(node)
    each = node.chain["energy"].values.mean(axis=(1, 3)) / left[:, None]
    np.testing.assert_allclose(found["energy"].values, each.mean(axis=0), rtol=1e-12)
    # at T = inf every weight is free
    assert float(found["entropy"][-1]) == pytest.approx(np.log(2), abs=1e-14)
    again = gn.analysis.reweight(gn.open_chains(uneven)["/N21/dilution0.2/symmetric"])
    np.testing.assert_allclose(again.energy(1.0).value, each.mean(axis=0)[1], atol=0.2)
    assert float(again.entropy(np.inf).value) == pytest.approx(np.log(2), abs=1e-12)
    # 17 is the nearest number of the node
    assert (again.n_weights, str(again).splitlines()[0][:24]) == (17, "N = 21 (16 or 17 left), ")
    for left in (16, 17):
        alike = node.chain.isel(sample=np.flatnonzero(node.weights_of_samples == left))
        some = gn.analysis.reweight(alike)
        assert (some.n_weights, str(some).startswith(f"N = 21 ({left} left)")) == (left, True)
        assert some.dataset().attrs["n_weights"] == left


def test_planted_energies_are_per_weight_of_each_sample(uneven):
    """What places the annealed entropy is divided by node.n_weights: the energies are those of as many weights."""
    read = ChainReader(gn.open_chains(uneven)).at(0.2)
    (node,) = (node for node in read.nodes if node.planted_temperature is not None)
    each = node.chain["energy"].values[:, :, 0].mean(axis=(1, 2)) / node.weights_of_samples
    assert len(set(node.weights_of_samples)) == 2
    (hot,) = annealed_bounds.hot_plantings([node], read.planted)
    assert hot.energy == pytest.approx(each.mean(), rel=1e-12)


def test_such_a_run_is_verified_continued_packed_and_read(uneven, scanned, tmp_path):
    assert [line for one in verify.verify(verify.select(uneven, k=6, seed=1)) for line in one.differences] == []
    text = (uneven / "run.toml").read_text().replace("sweeps = 40", "sweeps = 80").replace("samples = 8", "samples = 9")
    scanned(text, "uneven"), scanned(text, "whole")
    grown, whole = gn.open_chains(uneven), gn.open_chains(tmp_path / "whole")
    for branch in whole.leaves:
        xr.testing.assert_equal(grown[branch.path].load().dataset, branch.load().dataset)
    packed = pack.pack(uneven).path
    assert gn.open_chains(packed).equals(grown)
    result = gn.find_transition(grown, 0.2)
    assert "dilution 0.2" in str(result)
    shown = "\n".join(table.title for table in tables.of_result(result, nodes(grown)))
    assert "9 samples with 16 or 17 weights" in shown


@pytest.mark.slow
def test_the_report_shows_such_a_run(uneven):
    """With all its figures: ten seconds. pytest -m slow tests/scan/test_uneven_samples.py"""
    told = str(writing.write(uneven))
    assert "8 samples with 16 or 17 weights" in told
    assert "8 samples with 16 or 17 weights" in (uneven / "report.html").read_text()
    assert list(uneven.glob("figures/*")) and json.loads((uneven / "summary.json").read_text())
