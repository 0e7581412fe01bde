import json
import pickle

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.chains import segment, shards
from glassnet.chains.content import ChainError

NODE = "/N13/dilution0.1"


def test_samples_are_stacked_and_missing_ones_named(make_run, make_dataset):
    chains = gn.open_chains(make_run({0: 20, 2: 20}))
    assert chains.attrs == {"run_file": "seed = 1\n", "seed": 1}
    node = chains[NODE]
    assert node.attrs["samples_expected"] == 4
    assert node.attrs["samples_missing"] == [1, 3]
    assert (node.attrs["n_weights"], node.attrs["ensemble"], node.attrs["couplings"]) == (12, "poisson", "binary")
    assert node.attrs["alpha"] == 17 / 12
    np.testing.assert_array_equal(node["sample"], [0, 2])
    np.testing.assert_array_equal(node["n_paths"], [16, 18])
    for position, sample in enumerate((0, 2)):
        expected = make_dataset(20, sample=sample)
        for name in expected.data_vars:
            found = node[name].isel(sample=position).drop_vars("sample")
            xr.testing.assert_equal(found, expected[name])
            assert found.dtype == expected[name].dtype
        for name in ("draw", "temperature", "replica_a", "replica_b", "walker", "gap"):
            xr.testing.assert_equal(node[name].variable, expected[name].variable)


@pytest.mark.parametrize(
    "key",
    [
        {"sample": 1, "temperature": 0, "replica": 2},
        {"draw": slice(None, None, -3), "temperature": [2, 0]},
        {"sample": [1, 0, 1], "draw": [5, 2, 2]},
        {"sample": slice(1, None), "draw": slice(3, 15, 4), "replica": -1},
        {"sample": slice(0, 0)},
        {"draw": slice(0, 0), "sample": [0]},
        {"draw": xr.DataArray([3, 1], dims="point"), "replica": xr.DataArray([0, 2], dims="point")},
    ],
)
def test_every_selection_is_that_of_the_loaded_array(make_run, key):
    energy = gn.open_chains(make_run({0: 20, 1: 20}))[NODE]["energy"]
    xr.testing.assert_identical(energy.isel(key).load(), energy.copy().load().isel(key))


def test_common_leading_stretch_of_a_grown_scan(make_run, make_dataset):
    node = gn.open_chains(make_run({0: 30, 1: 20}, samples=2))[NODE]
    assert node.sizes["draw"] == 20
    long = make_dataset(30, sample=0)
    np.testing.assert_array_equal(node["energy"].isel(sample=0), long["energy"][:20])
    np.testing.assert_array_equal(node["energy"].isel(sample=0, draw=-1), long["energy"][19])
    np.testing.assert_array_equal(node["overlap"].isel(sample=0, draw=slice(-2, None)), long["overlap"][18:20])


def test_only_the_files_asked_for_are_opened(make_run, monkeypatch):
    node = gn.open_chains(make_run({0: 20, 1: 20, 2: 20}))[NODE]
    touched = []
    monkeypatch.setattr(shards, "opened", lambda path, opened=shards.opened: touched.append(path.name) or opened(path))
    energy = node["energy"].isel(sample=2)
    repr(node)
    assert touched == []
    energy.load()
    assert touched == ["sample2.h5"]
    node["overlap"].isel(sample=[0, 2], draw=0).load()
    assert touched == ["sample2.h5", "sample0.h5", "sample2.h5"]


def test_tree_can_be_pickled(make_run):
    chains = gn.open_chains(make_run({0: 20}))
    again = pickle.loads(pickle.dumps(chains))
    xr.testing.assert_identical(again[NODE].to_dataset().load(), chains[NODE].to_dataset().load())


def test_integers_stay_integers_when_saved_again(make_run, tmp_path):
    node = gn.open_chains(make_run({0: 20}))[NODE]
    assert node["overlap"].encoding == {"dtype": "int32", "scale_factor": 1 / 12}
    assert node["energy"].dtype == np.int32


def test_one_file_is_a_tree_of_one_sample(tmp_path, put, make_dataset):
    put(tmp_path / "x.h5", make_dataset(sample=3, planted=0.65))
    chains = gn.open_chains(str(tmp_path / "x.h5"))
    node = chains[NODE + "/planted0.65"]
    assert (node.attrs["samples_expected"], node.attrs["samples_missing"]) == (1, [])
    assert node.attrs["planted_temperature"] == 0.65
    np.testing.assert_array_equal(node["planted_energy"], [-14.0])
    np.testing.assert_array_equal(node["sample"], [3])
    assert chains.attrs["seed"] == 1


def test_chains_that_compared_no_pairs_have_no_pairs(tmp_path):
    glass = gn.ensembles.planted(gn.ensembles.regular(12, 3, 4, seed=1), 0.8, seed=1)
    sampler = gn.ParallelTempering(glass, [0.8, 1.2], n_replicas=4, seed=1)
    measured = sampler.run(20, measure=["energy", "planted_overlap"])
    measured.attrs |= {"task": "N=12,dilution=0.0,planted=0.8,sample=0", "sample": 0, "dilution": 0.0}
    measured.attrs |= {"n_weights_parent": 12, "planted_temperature": 0.8, "planted_energy": -14.0, "run_file": ""}
    measured.attrs |= {"couplings": "binary", "glass": "{}", "sweeps": 20}
    segment.write(tmp_path / "sample0.h5", measured, glass, sampler.state(), {})
    assert segment.read(tmp_path / "sample0.h5").dataset.identical(measured)
    (leaf,) = (node for node in gn.open_chains(tmp_path / "sample0.h5").leaves if node.data_vars)
    assert "replica_a" not in leaf.coords
    assert (leaf.planted_overlap[0].values == measured.planted_overlap.values).all()


def test_node_without_a_sample_has_attributes_only(make_run):
    directory = make_run({0: 20})
    index = json.loads((directory / "nodes.json").read_text())
    index["nodes"].append({"node": "/N26/dilution0.0", "folder": "chains/N26/dilution0.0", "samples": 2, "attrs": {}})
    (directory / "nodes.json").write_text(json.dumps(index))
    empty = gn.open_chains(directory)["/N26/dilution0.0"]
    assert not empty.data_vars
    assert empty.attrs == {"samples_expected": 2, "samples_missing": [0, 1]}


def test_what_is_no_run_is_refused_saying_what_was_found(make_run, tmp_path):
    with pytest.raises(ChainError, match="nowhere: no such file or directory"):
        gn.open_chains(tmp_path / "nowhere")
    (tmp_path / "docs").mkdir()
    with pytest.raises(ChainError, match=r"not a run directory of glassnet: no run\.toml \(found nothing\)"):
        gn.open_chains(tmp_path / "docs")
    (tmp_path / "docs/page.md").touch()
    with pytest.raises(ChainError, match=r"found page\.md"):
        gn.open_chains(tmp_path / "docs")
    with pytest.raises(ChainError, match="without finished tasks yet"):
        gn.open_chains(make_run({}))
    (make_run({0: 20}) / "nodes.json").write_text("{")
    with pytest.raises(ChainError, match=r"nodes\.json: damaged \(Expecting .*run\.toml --out .* writes it again"):
        gn.open_chains(tmp_path / "run")


@pytest.mark.parametrize("how", ["seed", "draws"])
def test_chains_of_another_run_are_refused(make_run, put, make_dataset, how):
    directory = make_run({0: 20})
    stranger = make_dataset(sample=1, seed=2) if how == "seed" else make_dataset(sample=1, first_draw=11)
    put(directory / "chains/N13/dilution0.1/sample1.h5", stranger)
    blamed = {"seed": r"sample1\.h5: belongs to another run", "draws": r"sample0\.h5 and .*sample1\.h5: one of them"}
    with pytest.raises(ChainError, match=blamed[how]):
        gn.open_chains(directory)


def test_of_three_chains_the_odd_one_is_blamed(make_run, put, make_dataset):
    """Whichever it is; the first one used to be believed."""
    directory = make_run({0: 20, 1: 20, 2: 20})
    for odd in range(3):
        path = directory / f"chains/N13/dilution0.1/sample{odd}.h5"
        kept = path.read_bytes()
        put(path, make_dataset(sample=odd, first_draw=11))
        with pytest.raises(ChainError, match=rf"sample{odd}\.h5: belongs to another run than the other chains"):
            gn.open_chains(directory)
        path.write_bytes(kept)


def test_a_chain_under_the_name_of_another_sample_is_refused(make_run):
    directory = make_run({0: 20, 1: 20})
    first, second = sorted(directory.rglob("sample*.h5"))
    second.write_bytes(first.read_bytes())
    with pytest.raises(ChainError, match=r"sample1\.h5: holds sample 0, not 1"):
        gn.open_chains(directory)


def test_chains_with_other_variables_are_refused(make_run, put, make_dataset):
    directory = make_run({0: 20})
    put(directory / "chains/N13/dilution0.1/sample1.h5", make_dataset(sample=1, overlap="weight_overlap"))
    with pytest.raises(ChainError, match=r"sample1\.h5: one of them belongs to another run"):
        gn.open_chains(directory)


def test_truncated_file_is_named_and_left_alone(make_run):
    directory = make_run({0: 20, 1: 20})
    path = directory / "chains/N13/dilution0.1/sample1.h5"
    image = path.read_bytes()[:-100]
    path.write_bytes(image)
    with pytest.raises(ChainError, match=r"sample1\.h5: truncated or damaged"):
        gn.open_chains(directory)
    assert path.read_bytes() == image


def test_damage_in_the_draws_is_named_when_they_are_read(make_run):
    directory = make_run({0: 3000})
    path = directory / "chains/N13/dilution0.1/sample0.h5"
    node = gn.open_chains(directory)[NODE]
    import h5py

    with h5py.File(path) as file:
        start = file["energy"].id.get_chunk_info(0).byte_offset
    image = bytearray(path.read_bytes())
    image[start + 50] ^= 16
    path.write_bytes(image)
    with pytest.raises(ChainError, match=r"sample0\.h5: truncated or damaged"):
        node["energy"].load()


def test_final_weights_have_the_energies_that_were_recorded_last(tmp_path, make_dataset):
    """Weights on every rung of every replica, from the lanes of the sampler, after walkers changed places."""
    glass = gn.ensembles.regular(n_weights=12, p=3, degree=4, seed=1)
    for sample in range(2):
        sampler = gn.ParallelTempering(glass, [0.5, 1.0, np.inf], n_replicas=4, seed=sample)
        dataset = sampler.run(200, measure_every=10).assign_attrs(make_dataset(20, sample=sample).attrs)
        segment.write(tmp_path / f"sample{sample}.h5", dataset, glass, sampler.state(), {"host": "here"})
        node = gn.open_chains(tmp_path / f"sample{sample}.h5")[NODE]
        final = node["final_weights"]
        assert final.dims == ("sample", "temperature", "replica", "byte")
        weights = 2 * np.unpackbits(final.values, axis=-1, count=12, bitorder="little").astype(int) - 1
        np.testing.assert_array_equal(glass.energy(weights[0].astype(np.int8)), node["energy"].values[0, -1])
        np.testing.assert_array_equal(final.isel(temperature=1, replica=[2, 0]).values, final.values[:, 1, [2, 0]])


def test_a_state_without_weights_leaves_none(make_run):
    assert "final_weights" not in gn.open_chains(make_run({0: 20}))[NODE]
