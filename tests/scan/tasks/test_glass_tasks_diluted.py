"""Chains of diluted glasses say what was removed."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.chains import segment
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import parse
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.tasks.glass_tasks import Task

#: what to replace in the run file, so that the numbers of connections that go are drawn
RANDOM = "symmetric = true", 'symmetric = true\nrounding = "random"'
NETWORKS = 'ensemble = "walks"\nalpha = 2.0', "[[2, 3, 4, 2]]"
FIELD = "symmetric = true\nfield = {n_weights = 90, temperatures = [0.6, 0.7], instances = 2, sweeps = 80}"


@pytest.mark.parametrize(
    "pairs", [(), RANDOM, ('ensemble = "layered"\np = 3\nalpha = 2.0', NETWORKS[0], "[18]", NETWORKS[1])]
)
def test_chains_say_what_was_removed(places, layered, scanned, pairs):
    directory, _ = scanned(layered(*pairs))
    run_file = parse((directory / "run.toml").read_text(), "a")
    sizes = {task.folder: dilution.layer_sizes(task.size, run_file) for task in glass_tasks.all_tasks(run_file)}
    for name, path in places(directory).items():
        found, before = segment.read(path), np.array(sizes[name.rpartition("/")[0]])
        if found.dataset.attrs["dilution"] == 0:
            assert "removed_fraction" not in found.dataset and "rounding" not in found.dataset.attrs
            continue
        removed = found.dataset["removed_fraction"]
        assert (removed.dims, removed.dtype) == (("layer",), np.float64)
        np.testing.assert_array_equal(removed.values, (before - np.bincount(found.glass.layer)) / before)
        assert found.dataset.attrs["rounding"] == run_file.rounding
        assert found.glass == glass_tasks.draw_glass(Task(*_task(name, run_file)), run_file)
    node = gn.open_chains(directory)[f"/N{sum(before)}/dilution0.2/planted0.8"]
    assert node["removed_fraction"].dims == ("sample", "layer")
    np.testing.assert_allclose(node["removed_fraction"].values @ before, sum(before) - node["n_weights"].values)


def _task(name, run_file):
    parts = name.removesuffix(".h5").replace("sample", "").split("/")
    size = next(size for size in run_file.scan.sizes if sum(dilution.layer_sizes(size, run_file)) == int(parts[0][1:]))
    planted = float(parts[2].removeprefix("planted")) if len(parts) == 4 else None
    return size, float(parts[1].removeprefix("dilution")), int(parts[-1]), planted


@pytest.mark.parametrize("rule", ["", '\nrounding = "random"'])
def test_field_integration_says_it_too(layered, scanned, rule):
    """Its glass forgets the layers: 17.1 of 90 weights go, 5.7 of the 30 in each."""
    directory, _ = scanned(layered("symmetric = true", FIELD + rule, "[0.0, 0.2]", "[0.0, 0.19]"))
    node = gn.open_chains(directory)["/field/N90/dilution0.19"].load()
    gone = np.rint(30 * node["removed_fraction"].values)
    assert gone.shape == (2, 3) and set(gone.ravel()) <= {5, 6}
    assert set(gone.sum(axis=1)) <= ({17, 18} if rule else {17})
    np.testing.assert_array_equal(90 - gone.sum(axis=1), node["n_weights"].values)
    np.testing.assert_array_equal(node["degree_counts"].sum("degree"), node["n_weights"].values)
    assert "removed_fraction" not in gn.open_chains(directory)["/field/N90/dilution0.0"]


def test_undiluted_chains_are_those_of_release_0_3_0(begun_by_0_3_0, places, layered, scanned, tmp_path):
    """The same digests under every rule, and the format that it can read."""
    digests = []
    for name, rule in (("new", None), ("old", "layers")):
        if rule:
            begun_by_0_3_0(tmp_path / name)
        directory, _ = scanned(layered(), name)
        found = places(directory)
        digests.append({path: segment.verify(found[path])["digest"] for path in found if "dilution0.0" in path})
        formats = {segment.verify(place)["format"] for place in found.values()}
        assert formats == ({1} if rule else {1, 2})
    assert digests[0] == digests[1] and len(digests[0]) == 4
