"""What the dilutions of a scan remove: the rule, its record, and chains that say it."""

import json
import pickle
import shutil
import zipfile

import numpy as np
import pytest
import xarray as xr

import glassnet as gn
from glassnet.analysis.averages import thermodynamics
from glassnet.analysis.location import annealed_bounds
from glassnet.analysis.nodes import nodes, readings
from glassnet.analysis.surveys.all_dilutions import ChainReader
from glassnet.chains import headers, pack, segment, shards
from glassnet.chains.content import ChainError
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import run
from glassnet.scan.report import tables, writing
from glassnet.scan.runfile import dilution
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks import glass_tasks
from glassnet.scan.tasks.glass_tasks import Task
from glassnet.scan.watch import status, verify

LAYERED = """\
seed = 7
samples = 2
[glass]
ensemble = "layered"
p = 3
alpha = 2.0
[scan]
sizes = [18]
dilutions = [0.0, 0.2]
planted = [0.8]
symmetric = true
[sampling]
temperatures = [0.7, 1.0, 1.5, inf]
replicas = 4
thermalization = 20
sweeps = 40
measure_every = 10
"""
NETWORKS = 'ensemble = "walks"\nalpha = 2.0', "[[2, 3, 4, 2]]"
FIELD = "symmetric = true\nfield = {n_weights = 90, temperatures = [0.6, 0.7], instances = 2, sweeps = 80}"


def changed(*pairs):
    """The run file with parts replaced."""
    text = LAYERED
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


RANDOM = "symmetric = true", 'symmetric = true\nrounding = "random"'


@pytest.fixture
def scanned(tmp_path, monkeypatch, capsys):
    """Scan a text: scanned(text, name) -> (its directory, what was complained of)."""
    monkeypatch.setattr(writing, "write", lambda *_: writing.Report("", [], []))

    def start(text, name="out", code=0):
        path = tmp_path / "run.toml"
        path.write_text(text)
        assert run.scan(path, tmp_path / name) == code
        return tmp_path / name, [line for line in capsys.readouterr().err.splitlines() if "warning" in line]

    return start


def places(directory):
    """Chain files by their path below chains/."""
    return {
        path.relative_to(directory / "chains").as_posix(): path
        for path in sorted((directory / "chains").rglob("sample*.h5"))
    }


# the run file


def test_the_rule_is_a_key_of_the_run_file():
    assert parse(LAYERED, "a").rounding == "nearest"
    assert parse(changed(*RANDOM), "a").rounding == "random"
    # the rule of release 0.3.0 cannot be asked for
    with pytest.raises(UserError, match=r"^a: scan\.rounding: must be 'nearest' or 'random', got 'layers'$"):
        parse(changed(RANDOM[0], RANDOM[1].replace("random", "layers")), "a")


def test_every_rank_is_told_the_rule():
    run_file = parse(LAYERED, "a").keeping("layers")
    again = pickle.loads(pickle.dumps(run_file))
    assert again.rounding == "layers" and again.text == LAYERED and again.scan == run_file.scan


# refusals and warnings


@pytest.mark.parametrize(
    ("pairs", "lines"),
    [
        (
            ("[18]", "[18, 24]", "[0.0, 0.2]", "[0.0, 0.02]"),
            [
                "scan.dilutions[1]: must be 0 or remove connections, 0.02 of the 18 connections of sizes[0] is half a "
                "connection or less",
                "scan.dilutions[1]: must be 0 or remove connections, 0.02 of the 24 connections of sizes[1] is half a "
                "connection or less",
            ],
        ),
        # .54 of a connection: rounded, it is one; drawn, one in every second glass
        (("[0.0, 0.2]", "[0.0, 0.03]"), []),
        (("[0.0, 0.2]", "[0.0, 0.03]", *RANDOM), []),
        (
            ("[0.0, 0.2]", "[0.0, 0.025]", *RANDOM),
            [
                "scan.dilutions[1]: must be 0 or remove connections, 0.025 of the 18 connections of sizes[0] is half a "
                "connection or less",
            ],
        ),
        (
            ("[18]", "[6]", "[0.0, 0.2]", "[0.6]"),
            ["scan.dilutions[0]: must leave connections, 0.6 empties sizes[0] or a layer"],
        ),
        (
            ("[18]", "[24]", "[0.0, 0.2]", "[0.03]", "symmetric = true", FIELD.replace("90", "12")),
            [
                "scan.dilutions[0]: must be 0 or remove connections, 0.03 of the 12 connections of field.n_weights is "
                "half a connection or less"
            ],
        ),
    ],
)
def test_a_dilution_that_removes_nothing_or_all_is_refused(tmp_path, pairs, lines):
    path, out = tmp_path / "run.toml", tmp_path / "out"
    path.write_text(changed(*pairs))
    if not lines:
        dilutions = dilution.mistakes(parse(path.read_text(), "a"))
        assert dilutions == []
        return
    for start in (run.scan, status.dry_run):
        with pytest.raises(UserError) as refused:
            start(path, out)
        assert str(refused.value).splitlines() == [f"{path}: {line}" for line in lines]
        assert not out.exists()


def test_a_dilution_that_is_another_one_is_told(scanned, tmp_path):
    """Layered p = 4, the case that rounding in layers left undiluted: 2 of 32 weights are .0653."""
    text = changed("p = 3", "p = 4", "[18]", "[32]", "[0.0, 0.2]", "[0.0, 0.05, 0.25]", "samples = 2", "samples = 1")
    line = (
        "warning: N = 32, dilution 0.05: effectively 0.0653, as the number of connections that go is whole, "
        'nearer with rounding = "random" in [scan]'
    )
    assert scanned(text)[1] == [line]
    path = tmp_path / "run.toml"
    assert [found for found in status.dry_run(path, tmp_path / "other").splitlines() if "warn" in found] == [line]
    # on average .0525
    path.write_text(text.replace(*RANDOM))
    assert "warning" not in status.dry_run(path, tmp_path / "other")


# what chains say


@pytest.mark.parametrize(
    "pairs", [(), RANDOM, ('ensemble = "layered"\np = 3\nalpha = 2.0', NETWORKS[0], "[18]", NETWORKS[1])]
)
def test_chains_say_what_was_removed(scanned, pairs):
    directory, _ = scanned(changed(*pairs))
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
def test_field_integration_says_it_too(scanned, rule):
    """Its glass forgets the layers: 17.1 of 90 weights go, 5.7 of the 30 in each."""
    directory, _ = scanned(changed("symmetric = true", FIELD + rule, "[0.0, 0.2]", "[0.0, 0.19]"))
    node = gn.open_chains(directory)["/field/N90/dilution0.19"].load()
    gone = np.rint(30 * node["removed_fraction"].values)
    assert gone.shape == (2, 3) and set(gone.ravel()) <= {5, 6}
    assert set(gone.sum(axis=1)) <= ({17, 18} if rule else {17})
    np.testing.assert_array_equal(90 - gone.sum(axis=1), node["n_weights"].values)
    np.testing.assert_array_equal(node["degree_counts"].sum("degree"), node["n_weights"].values)
    assert "removed_fraction" not in gn.open_chains(directory)["/field/N90/dilution0.0"]


def test_undiluted_chains_are_those_of_release_0_3_0(scanned, tmp_path):
    """The same digests under every rule, and the format that it can read."""
    digests = []
    for name, rule in (("new", None), ("old", "layers")):
        if rule:
            _begun_by_0_3_0(tmp_path / name)
        directory, _ = scanned(LAYERED, name)
        found = places(directory)
        digests.append({path: segment.verify(found[path])["digest"] for path in found if "dilution0.0" in path})
        formats = {segment.verify(place)["format"] for place in found.values()}
        assert formats == ({1} if rule else {1, 2})
    assert digests[0] == digests[1] and len(digests[0]) == 4


def _begun_by_0_3_0(directory):
    directory.mkdir()
    (directory / "nodes.json").write_text(json.dumps({"seed": 7, "nodes": []}))


# samples that differ by one weight


@pytest.fixture(scope="module")
def uneven_once(tmp_path_factory):
    """21 weights, of which 4.2 go: 17 or 16 are left, three bytes or two."""
    folder = tmp_path_factory.mktemp("uneven")
    text = changed(*RANDOM, "samples = 2", "samples = 8", "[18]", "[21]", "[0.0, 0.2]", "[0.2]")
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
    """With all its figures: ten seconds. pytest -n 0 -m slow tests/scan/runfile/test_dilution.py"""
    told = str(writing.write(uneven))
    assert "8 samples with 16 or 17 weights" in told
    assert "8 samples with 16 or 17 weights" in (uneven / "report.html").read_text()
    assert list(uneven.glob("figures/*")) and json.loads((uneven / "summary.json").read_text())


# the record in the directory


def test_the_rule_is_recorded_when_a_run_is_begun(scanned):
    directory, _ = scanned(LAYERED)
    assert json.loads((directory / "nodes.json").read_text())["rounding"] == "nearest"
    assert RunDirectory(directory).run_file().rounding == "nearest"


@pytest.mark.parametrize("harm", ["lost", "damaged", "no record"])
@pytest.mark.parametrize("shape", ["chains", "shards", "segments"])
def test_a_lost_record_is_found_in_the_chains(scanned, monkeypatch, harm, shape):
    """New ones name their rule; a list of nodes without a record was made by release 0.3.0."""
    monkeypatch.setattr(shards, "BLOCK", 2 if shape == "shards" else 256)
    directory, _ = scanned(changed(*RANDOM))
    if shape == "segments":
        for path in places(directory).values():
            path.with_suffix(".segments").mkdir()
            path.rename(path.with_suffix(".segments") / "000001.h5")
    assert bool(list(directory.rglob("*.zip"))) == (shape == "shards")
    index = json.loads((directory / "nodes.json").read_text())
    (directory / "nodes.json").unlink()
    if harm == "damaged":
        (directory / "nodes.json").write_text(json.dumps(index)[:-5])
    elif harm == "no record":
        (directory / "nodes.json").write_text(json.dumps({name: index[name] for name in ("seed", "nodes")}))
    assert RunDirectory(directory).rounding("nearest") == ("layers" if harm == "no record" else "random")


def test_what_holds_nothing_is_begun_anew(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/run.toml").write_text(LAYERED)
    assert RunDirectory(tmp_path / "out").rounding("random") == "random"
    assert RunDirectory(tmp_path / "out").run_file().rounding == "nearest"


def test_a_run_without_diluted_chains_has_no_rule_to_keep(scanned):
    """Its list of nodes lost, a dilution that is added follows the run file, and no older release is named."""
    directory, _ = scanned(changed("[0.0, 0.2]", "[0.0]"))
    (directory / "nodes.json").unlink()
    assert RunDirectory(directory).rounding("random") == "random"
    _, complaints = scanned(LAYERED)
    assert not [line for line in complaints if "0.3.0" in line]
    assert RunDirectory(directory).run_file().rounding == "nearest"


@pytest.mark.parametrize("record", ["null", "3", "[]"])
def test_a_record_that_is_no_name_is_damage(scanned, record):
    """Not the work of a newer release."""
    directory, _ = scanned(changed(*RANDOM))
    (directory / "nodes.json").write_text(f'{{"seed": 7, "rounding": {record}, "nodes": []}}')
    assert RunDirectory(directory).rounding("nearest") == "random"


def test_new_dilutions_of_older_runs_must_remove_something(scanned, tmp_path):
    """By the rule of release 0.3.0, .6 of 18 connections are .2 of each layer and none: old ones go on with a word."""
    path, text = tmp_path / "run.toml", changed("[0.0, 0.2]", "[0.0, 0.004]")
    _begun_by_0_3_0(tmp_path / "old")
    path.write_text(text)
    (tmp_path / "old/run.toml").write_text(text)
    _, complaints = scanned(text, "old")
    assert [line for line in complaints if "N = 18, dilution 0.004: effectively 0.0000" in line]
    path.write_text(text.replace("0.004", "0.004, 0.03, 0.2"))
    for start in (run.scan, status.dry_run):
        with pytest.raises(UserError) as refused:
            start(path, tmp_path / "old")
        assert str(refused.value) == (
            f"{path}: scan.dilutions[2]: must be 0 or remove connections, 0.03 of the 18 connections of sizes[0] is "
            "none by the rule of release 0.3.0, which began this run"
        )
    scanned(text.replace("0.004", "0.004, 0.2"), "old")


def test_a_rule_of_a_later_release_is_refused(tmp_path):
    (tmp_path / "nodes.json").write_text('{"seed": 7, "rounding": "up", "nodes": []}')
    with pytest.raises(UserError, match=r"nodes\.json: written by a newer glassnet \(rounding 'up'\)"):
        RunDirectory(tmp_path).rounding("nearest")


def test_the_rule_may_not_change(scanned, tmp_path):
    directory, _ = scanned(LAYERED)
    with pytest.raises(UserError) as refused:
        scanned(changed(*RANDOM))
    assert str(refused.value) == (
        f"{tmp_path / 'run.toml'}: scan.rounding: 'random' here, but {directory} was begun with 'nearest'; it stays "
        "(--out starts another directory)"
    )


def test_chains_of_another_rule_are_refused(scanned, tmp_path):
    """Copied into a run by hand, they are neither continued nor averaged."""
    old, new = tmp_path / "old", tmp_path / "new"
    _begun_by_0_3_0(old)
    for directory in (old, new):
        scanned(LAYERED, directory.name)
    name = "chains/N18/dilution0.2/sample1.h5"
    shutil.copy(old / name, new / name)
    with pytest.raises(UserError, match=r"sample1\.h5: belongs .* \(rounding nothing, not nearest\)"):
        scanned(LAYERED, "new")
    with pytest.raises(ChainError, match=r"sample1\.h5: belongs to another run"):
        gn.open_chains(new)


def test_chains_of_a_shard_have_one_rule(scanned, tmp_path, monkeypatch):
    """Two runs merged by hand: nearest and random differ in nothing but their draws and the name of the rule."""
    directories = [scanned(text, name)[0] for name, text in (("a", LAYERED), ("b", changed(*RANDOM)))]
    found = [places(directory) for directory in directories]
    one, other = found[0]["N18/dilution0.2/sample0.h5"], found[1]["N18/dilution0.2/sample1.h5"]
    inside = {0: shards.read_header(one), 1: shards.read_header(other)}
    shard = tmp_path / "samples0-255.zip"
    with zipfile.ZipFile(shard, "w") as listing:
        for sample, path in ((0, one), (1, other)):
            listing.write(path, headers.file_name(sample))
        listing.writestr(headers.INDEX, headers.encode(inside))
    with pytest.raises(ChainError, match=r"sample0\.h5 and .*sample1\.h5: one of them belongs to another run"):
        gn.open_chains(shard)


def test_a_packed_run_takes_its_rule_along(scanned, tmp_path):
    _begun_by_0_3_0(tmp_path / "old")
    directory, complaints = scanned(LAYERED, "old")
    kept = "its dilutions go on with the rule of that release, round(dilution N_l) of the N_l in each layer"
    assert complaints[0] == f"warning: release 0.3.0 began this run: {kept}"
    packed = pack.pack(directory).path
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "home")
    assert RunDirectory(tmp_path / "home").run_file().rounding == "layers"
    longer = LAYERED.replace("samples = 2", "samples = 3")
    for name in ("home", "old"):
        scanned(longer, name)
    assert gn.open_chains(tmp_path / "home").equals(gn.open_chains(directory))
