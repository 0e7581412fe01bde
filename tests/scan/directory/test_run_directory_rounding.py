"""The rule by which a run dilutes, as its directory and its chains record it."""

import json
import shutil
import zipfile

import pytest

import glassnet as gn
from glassnet.chains import headers, pack, shards
from glassnet.chains.content import ChainError
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import run
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.watch import status

#: what to replace in the run file, so that the numbers of connections that go are drawn
RANDOM = "symmetric = true", 'symmetric = true\nrounding = "random"'


def test_the_rule_is_recorded_when_a_run_is_begun(layered, scanned):
    directory, _ = scanned(layered())
    assert json.loads((directory / "nodes.json").read_text())["rounding"] == "nearest"
    assert RunDirectory(directory).run_file().rounding == "nearest"


@pytest.mark.parametrize("harm", ["lost", "damaged", "no record"])
@pytest.mark.parametrize("shape", ["chains", "shards", "segments"])
def test_a_lost_record_is_found_in_the_chains(places, layered, scanned, monkeypatch, harm, shape):
    """New ones name their rule; a list of nodes without a record was made by release 0.3.0."""
    monkeypatch.setattr(shards, "BLOCK", 2 if shape == "shards" else 256)
    directory, _ = scanned(layered(*RANDOM))
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


def test_what_holds_nothing_is_begun_anew(layered, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/run.toml").write_text(layered())
    assert RunDirectory(tmp_path / "out").rounding("random") == "random"
    assert RunDirectory(tmp_path / "out").run_file().rounding == "nearest"


def test_a_run_without_diluted_chains_has_no_rule_to_keep(layered, scanned):
    """Its list of nodes lost, a dilution that is added follows the run file, and no older release is named."""
    directory, _ = scanned(layered("[0.0, 0.2]", "[0.0]"))
    (directory / "nodes.json").unlink()
    assert RunDirectory(directory).rounding("random") == "random"
    _, complaints = scanned(layered())
    assert not [line for line in complaints if "0.3.0" in line]
    assert RunDirectory(directory).run_file().rounding == "nearest"


@pytest.mark.parametrize("record", ["null", "3", "[]"])
def test_a_record_that_is_no_name_is_damage(layered, scanned, record):
    """Not the work of a newer release."""
    directory, _ = scanned(layered(*RANDOM))
    (directory / "nodes.json").write_text(f'{{"seed": 7, "rounding": {record}, "nodes": []}}')
    assert RunDirectory(directory).rounding("nearest") == "random"


def test_new_dilutions_of_older_runs_must_remove_something(begun_by_0_3_0, layered, scanned, tmp_path):
    """By the rule of release 0.3.0, .6 of 18 connections are .2 of each layer and none: old ones go on with a word."""
    path, text = tmp_path / "run.toml", layered("[0.0, 0.2]", "[0.0, 0.004]")
    begun_by_0_3_0(tmp_path / "old")
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


def test_the_rule_may_not_change(layered, scanned, tmp_path):
    directory, _ = scanned(layered())
    with pytest.raises(UserError) as refused:
        scanned(layered(*RANDOM))
    assert str(refused.value) == (
        f"{tmp_path / 'run.toml'}: scan.rounding: 'random' here, but {directory} was begun with 'nearest'; it stays "
        "(--out starts another directory)"
    )


def test_chains_of_another_rule_are_refused(begun_by_0_3_0, layered, scanned, tmp_path):
    """Copied into a run by hand, they are neither continued nor averaged."""
    old, new = tmp_path / "old", tmp_path / "new"
    begun_by_0_3_0(old)
    for directory in (old, new):
        scanned(layered(), directory.name)
    name = "chains/N18/dilution0.2/sample1.h5"
    shutil.copy(old / name, new / name)
    with pytest.raises(UserError, match=r"sample1\.h5: belongs .* \(rounding nothing, not nearest\)"):
        scanned(layered(), "new")
    with pytest.raises(ChainError, match=r"sample1\.h5: belongs to another run"):
        gn.open_chains(new)


def test_chains_of_a_shard_have_one_rule(places, layered, scanned, tmp_path, monkeypatch):
    """Two runs merged by hand: nearest and random differ in nothing but their draws and the name of the rule."""
    directories = [scanned(text, name)[0] for name, text in (("a", layered()), ("b", layered(*RANDOM)))]
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


def test_a_packed_run_takes_its_rule_along(begun_by_0_3_0, layered, scanned, tmp_path):
    begun_by_0_3_0(tmp_path / "old")
    directory, complaints = scanned(layered(), "old")
    kept = "its dilutions go on with the rule of that release, round(dilution N_l) of the N_l in each layer"
    assert complaints[0] == f"warning: release 0.3.0 began this run: {kept}"
    packed = pack.pack(directory).path
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "home")
    assert RunDirectory(tmp_path / "home").run_file().rounding == "layers"
    longer = layered().replace("samples = 2", "samples = 3")
    for name in ("home", "old"):
        scanned(longer, name)
    assert gn.open_chains(tmp_path / "home").equals(gn.open_chains(directory))
