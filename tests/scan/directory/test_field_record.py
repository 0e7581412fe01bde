"""field.json: what was decided when a directory was begun, and how it is found when the record is lost."""

import json
import shutil

import pytest

from glassnet.chains import shards
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import run
from glassnet.scan.runfile import field_settings
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.watch import status, verify


@pytest.fixture
def other_rules(monkeypatch):
    """Other rules than a directory was begun by, as another release may have."""

    def change():
        monkeypatch.setattr(field_settings, "WEIGHTS", 120)
        monkeypatch.setattr(field_settings, "ALIKE", 5)
        monkeypatch.setattr(field_settings, "RANDOM", 6)
        monkeypatch.setattr(field_settings, "FEWEST", 900)
        monkeypatch.setattr(field_settings, "RARE", 1e3)

    return change


POISSON = ('ensemble = "regular"', 'ensemble = "poisson"', "degree = 4", "alpha = 1.5")


def test_what_was_decided_stays_whatever_the_rules_become(
    asking, run_file, scan, digests, tmp_path, monkeypatch, other_rules
):
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(field_settings, "RANDOM", 2)
    open_ended = "field = {temperatures = [0.9, 1.0]}\n"
    path, out = run_file(*asking(open_ended), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    kept = json.loads((out / "field.json").read_text())
    assert kept["left_open"] == ["n_weights", "instances", "sweeps"]
    assert (kept["n_weights"], kept["dilutions"]) == ([60], [{"dilution": 0.25, "instances": 2, "sweeps": 400}])
    before = digests(out)
    assert sum(name.startswith("field") for name in before) == 2
    other_rules()
    assert all(not each.differences for each in verify.verify(verify.select(out, 9)))
    assert "0 of 6 tasks to do" in status.dry_run(path, out)
    # what was there is done anew as it was; another dilution gets as many instances of the same size as now is right
    (out / "chains/field/N60/dilution0.25/sample1.h5").unlink()
    path.write_text(path.read_text().replace("[0.25]", "[0.25, 0.0]"))
    assert scan(path, out)[0] == 0
    now = digests(out)
    assert {name: now[name] for name in before} == before
    assert sum(name.startswith("field/N60/dilution0.0") for name in now) == 6
    assert json.loads((out / "field.json").read_text())["dilutions"][1]["sweeps"] == 900


def test_a_directory_without_the_record_was_decided_by_the_rules_of_its_release(
    asking, run_file, scan, digests, tmp_path
):
    path, out = run_file(*asking("field = {n_weights = 60, temperatures = [0.9, 1.0]}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    before, kept = digests(out), (out / "field.json").read_text()
    (out / "field.json").unlink()
    assert all(not each.differences for each in verify.verify(verify.select(out, 3)))
    assert scan(path, out)[0] == 0
    assert digests(out) == before
    assert (out / "field.json").read_text() == kept


HARM = {
    "nothing of ours": lambda path: path.write_text("{}"),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "another number": lambda path: path.write_text(
        path.read_text().replace("[\n  60", "[\n  63").replace("[60]", "[63]")
    ),
    "no checksum": lambda path: path.write_text(path.read_text().replace("sha256", "sha257")),
    "lost": lambda path: path.unlink(),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_record_is_found_in_nodes_and_chains(
    asking, run_file, scan, digests, tmp_path, monkeypatch, other_rules, capsys, harm
):
    """Whatever the rules have become: sizes and instances are in nodes.json, sweeps and room in the chains."""
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(field_settings, "RANDOM", 2)
    path, out = run_file(*asking("field = {temperatures = [0.9, 1.0]}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    record, before = out / "field.json", digests(out)
    kept = record.read_text()
    decided = RunDirectory(out).run_file().decided
    HARM[harm](record)
    harmed = record.read_bytes() if record.exists() else None
    assert harmed != kept.encode()
    other_rules()
    assert RunDirectory(out).run_file().decided == decided
    (out / "chains/field/N60/dilution0.25/sample0.h5").unlink()
    told = status.status(out)["damaged"]
    assert [line.startswith(f"{record}: damaged") for line in told] == [True] * (harmed is not None)
    assert all(not each.differences for each in verify.verify(verify.select(out, 9)))
    assert "1 of 6 tasks to do" in status.dry_run(path, out)
    capsys.readouterr()
    assert run.scan(path, out) == 0
    assert digests(out) == before and record.read_text() == kept
    if harmed is not None:
        assert "field.json: damaged" in (said := capsys.readouterr().err) and "written again" in said
        assert (out / "field.json.damaged").read_bytes() == harmed


def test_a_record_is_found_in_shards_too_and_in_no_damaged_chain(
    asking, run_file, scan, tmp_path, monkeypatch, other_rules
):
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    monkeypatch.setattr(shards, "BLOCK", 2)
    path, out = run_file(*asking("field = {temperatures = [0.9, 1.0], instances = 3}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    assert sorted(path.name for path in (out / "chains/field/N60/dilution0.25").iterdir()) == [
        "samples0-1.zip",
        "samples2-3.zip",
    ]
    decided = RunDirectory(out).run_file().decided
    (out / "field.json").unlink()
    shard = out / "chains/field/N60/dilution0.25/samples0-1.zip"
    image = bytearray(shard.read_bytes())
    image[len(image) // 4] ^= 1
    shard.write_bytes(image)
    other_rules()
    assert RunDirectory(out).run_file().decided == decided
    (out / "chains/field/N60/dilution0.25/samples2-3.zip").unlink()
    shard.unlink()
    # nor in what is none of field integration
    stranger = min((out / "chains/N24").rglob("*.zip"))
    (out / "chains/field/N24/dilution0.25").mkdir(parents=True)
    shutil.copy(stranger, out / "chains/field/N24/dilution0.25")
    shutil.copy(stranger, out / "chains/field/N60/dilution0.25")
    # without a chain the rules of today decide on sweeps and room, of which there is nothing yet
    now = RunDirectory(out).run_file().decided
    assert (now.sizes, now.instances) == (decided.sizes, decided.instances)
    assert now.sweeps == {0.25: 900} and now.largest_degree < decided.largest_degree


def test_without_nodes_too_other_rules_do_not_guess(asking, run_file, scan, digests, tmp_path, monkeypatch):
    """Chains of sizes that the rules do not ask for are refused by name; the same rules go on."""
    monkeypatch.setattr(field_settings, "WEIGHTS", 60)
    path, out = run_file(*asking("field = {temperatures = [0.9, 1.0], instances = 2}\n"), *POISSON), tmp_path / "out"
    assert scan(path, out)[0] == 0
    kept, before = (out / "field.json").read_text(), digests(out)
    for name in ("field.json", "nodes.json"):
        (out / name).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(field_settings, "WEIGHTS", 120)
        with pytest.raises(UserError, match=r"asks for less than .* holds: not for chains/field/N60/"):
            scan(path, out)
    assert scan(path, out)[0] == 0
    assert digests(out) == before and (out / "field.json").read_text() == kept


def test_a_record_that_cannot_be_read_is_named(asking, run_file, scan, tmp_path):
    path, out = run_file(*asking()), tmp_path / "out"
    scan(path, out)
    (out / "field.json").unlink()
    (out / "field.json").mkdir()
    for look in (lambda: status.dry_run(path, out), lambda: verify.select(out), lambda: run.scan(path, out)):
        with pytest.raises(UserError, match=r"field\.json: cannot be read: "):
            look()


NETWORKS = """
seed = 1
samples = 1
[glass]
ensemble = "walks"
alpha = 2.0
[scan]
sizes = [{}]
field = true
[sampling]
temperatures = [0.5, 1.0]
thermalization = 10
sweeps = 20
"""


def test_networks_grow_beside_field_integration(tmp_path, monkeypatch):
    """The default of its sizes follows the shape of the largest network, when the directory is begun."""
    begun, grown = (
        parse(NETWORKS.format(sizes), "run.toml") for sizes in ("[4, 4, 4, 1]", "[4, 4, 4, 1], [5, 5, 5, 1]")
    )
    assert field_settings.sizes(begun) != field_settings.sizes(grown)
    directory = RunDirectory(tmp_path)
    directory.describe(begun)
    directory.keep_decisions(begun, {})
    directory.check(grown, "run.toml")
    assert field_settings.sizes(directory.settled(grown)) == field_settings.sizes(begun)
    (tmp_path / "field.json").unlink()
    monkeypatch.setattr(field_settings, "WIDTHS", (20, 50))
    assert (
        field_settings.sizes(directory.settled(grown))
        == directory.run_file().decided.sizes
        != field_settings.sizes(begun)
    )
