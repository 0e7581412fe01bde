"""nodes.json, run.toml and ladders.json: each can be had again from the others and the chains, and none is believed."""

import contextlib
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.chains import node_list, pack, segment
from glassnet.chains.content import ChainError
from glassnet.chains.files import sealed_json
from glassnet.cli import main
from glassnet.scan.directory import lookup, readable_chains
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.directory.survey import survey
from glassnet.scan.execute import run
from glassnet.scan.runfile.schema import UserError
from glassnet.scan.tasks import glass_tasks

SMALL = ("[12, 24]", "[24]", "planted = [0.6, 0.8]", "planted = [0.8]")
FROZEN = Path(__file__).parents[1] / "frozen"
SYMMETRIC, PLANTED = "chains/N24/dilution0.25", "chains/N24/dilution0.25/planted0.8"


@pytest.fixture
def out(run_file, scan, tmp_path):
    """Directory of a finished scan of four tasks."""
    assert scan(run_file(*SMALL), tmp_path / "out")[0] == 0
    return tmp_path / "out"


def written_by_0_3_0(out):
    table = json.loads((out / "nodes.json").read_text())
    (out / "nodes.json").write_text(json.dumps({"seed": table["seed"], "nodes": table["nodes"]}, indent=1))
    # which had another rule of rounding
    for path in out.rglob("*.h5"):
        found = segment.read(path)
        attrs = {name: value for name, value in found.dataset.attrs.items() if name != "rounding"}
        dataset = found.dataset.drop_vars("removed_fraction")
        segment.write(path, dataset.drop_attrs(deep=False).assign_attrs(attrs), found.glass, found.state, found.runtime)


def opened(out):
    return readable_chains.open_readable(out).chains.load()


DAMAGE = {
    "byte": lambda text: b"\xff" + text[1:],
    "empty": lambda text: b"",
    "zeros": lambda text: bytes(len(text)),
    "name": lambda text: text.replace(b"/N24/", b"/N34/", 1),
    "samples": lambda text: text.replace(b'"samples": 2', b'"samples": 1', 1),
    "seed": lambda text: text.replace(b'"seed": 7', b'"seed": 5', 1),
    "lost": lambda text: None,
}


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("old", [False, True], ids=["checksum", "without"])
def test_a_damaged_list_of_nodes_changes_nothing(out, run_file, scan, capsys, digests, how, old):
    """What is analysed is what there is; the API says which command mends it, and the next scan does."""
    if old:
        written_by_0_3_0(out)
    before, whole, right = opened(out), digests(out), (out / "nodes.json").read_bytes()
    damaged = DAMAGE[how](right)
    assert damaged != right
    if damaged is None:
        (out / "nodes.json").unlink()
    else:
        (out / "nodes.json").write_bytes(damaged)
    assert opened(out).identical(before)
    if not (old and how == "seed"):
        with pytest.raises(ChainError, match=r"nodes\.json.*(scan .*run\.toml --out .* writes it again|another run)"):
            gn.open_chains(out)
        with pytest.raises(ChainError, match=r"nodes\.json.*writes it again"):
            pack.pack(out)
    assert main(["status", str(out)]) == 0 and main(["verify", str(out), "-k", "4"]) == 0
    assert main(["pack", str(out)]) == 0
    assert gn.open_chains(out.with_suffix(".zip")).load().identical(before)
    capsys.readouterr()
    assert run.scan(run_file(*SMALL), out) == 0
    told = "nodes.json: damaged" in capsys.readouterr().err
    assert told == (damaged is not None and (not old or how in ("byte", "empty", "zeros", "name")))
    assert digests(out) == whole and gn.open_chains(out).load().identical(before)


def test_no_flip_of_an_old_list_of_nodes_changes_a_result(tmp_path):
    """Every bit of one that release 0.3.0 wrote, without a checksum: a sample of those that leave a list is opened."""
    old = shutil.copytree(FROZEN / "0.3.0-geometric", tmp_path / "old")
    image, left = (old / "nodes.json").read_bytes(), []
    before = gn.open_chains(old).load()
    for place, bit in itertools.product(range(len(image)), range(8)):
        flipped = bytearray(image)
        flipped[place] ^= 1 << bit
        with contextlib.suppress(sealed_json.Damaged):
            if node_list.decoded(bytes(flipped)) != node_list.decoded(image):
                left.append(bytes(flipped))
    assert 1000 < len(left) < 2000
    for number in np.random.default_rng(1).choice(len(left), 40, replace=False):
        (old / "nodes.json").write_bytes(left[number])
        with pytest.raises(ChainError):
            gn.open_chains(old)
    assert opened(old).identical(before)


def test_a_node_that_was_dropped_is_missed(out):
    """From a list of an earlier release: chains that it does not name are no longer overlooked."""
    written_by_0_3_0(out)
    before = opened(out)
    table = json.loads((out / "nodes.json").read_text())
    for nodes in (table["nodes"][:1], table["nodes"][1:]):
        (out / "nodes.json").write_text(json.dumps(table | {"nodes": nodes}))
        assert opened(out).identical(before)
        with pytest.raises(ChainError, match=r"nodes\.json: damaged: chains/N24/.*sample0\.h5 is not in it"):
            gn.open_chains(out)


def test_a_lost_run_file_is_kept_in_the_list(out, scan, digests, capsys):
    whole, text = digests(out), (out / "run.toml").read_text()
    for image in (None, b"", bytes(300), b"\xff\xff"):
        (out / "run.toml").unlink()
        if image is not None:
            (out / "run.toml").write_bytes(image)
        assert gn.open_chains(out).attrs["run_file"] == text and readable_chains.open_readable(out).damaged == []
        assert main(["status", str(out)]) == 0
        packed = pack.pack(out).path
        assert gn.open_chains(packed).attrs["run_file"] == text
        if image is not None:
            assert main(["scan", str(out / "run.toml"), "--out", str(out)]) == 2
            assert "delete it to go on as nodes.json has it" in capsys.readouterr().err
            (out / "run.toml").unlink()
        assert scan(out / "run.toml", out)[0] == 0
        assert (out / "run.toml").read_text() == text and digests(out) == whole


@pytest.mark.parametrize("left", ["everything else", "ladders", "chains"])
@pytest.mark.parametrize("lost", ["nodes.json", "run.toml"])
def test_a_directory_without_one_record_is_still_a_run(out, run_file, scan, digests, capsys, lost, left):
    """Every command takes it, what lies in it is said to be inside of it, and the next scan has it whole again."""
    whole, record = digests(out), (out / lost).read_bytes()
    (out / lost).unlink()
    if left == "ladders":
        shutil.rmtree(out / "chains")
    elif left == "chains":
        (out / "ladders.json").unlink()
    assert node_list.is_run(out)
    assert main(["status", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == (0 if left == "ladders" else 4)
    (out / "failed").mkdir()
    # what `glassnet analyze` reads
    assert left == "ladders" or len(opened(lookup.directory(out, "analyze", chains=True)).leaves) == 2
    for command in ("status", "verify", "pack"):
        assert left == "ladders" or main([command, str(out)]) == 0
        capsys.readouterr()
        assert main([command, str(out / "failed")]) == 2
        assert f"failed: not the directory of a run, did you mean glassnet {command} {out}?" in capsys.readouterr().err
    assert main(["scan", str(out)]) == 2
    assert f"the directory of a run, not a run file; glassnet scan {out}/run.toml" in capsys.readouterr().err
    assert scan(run_file(*SMALL), out)[0] == 0
    assert digests(out) == whole and (out / lost).read_bytes() == record


@pytest.mark.parametrize("beside", [[], ["chains/notes.txt"], ["chains/mine/N24.txt", "results/run/nodes.json"]])
def test_a_folder_in_which_somebody_keeps_a_run_file_is_no_run(run_file, tmp_path, beside):
    path = run_file(*SMALL)
    for name in beside:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    assert not node_list.is_run(path.parent)


def test_an_edited_run_file_is_kept_aside(out, run_file, capsys):
    """Where another one is given: what a user wrote is not lost."""
    (out / "run.toml").write_text("mine")
    assert run.scan(run_file(*SMALL), out) == 0
    assert "run.toml: not what the last scan wrote; kept as run.toml.damaged" in capsys.readouterr().err
    assert (out / "run.toml.damaged").read_text() == "mine"


def test_both_records_lost(out, run_file, scan, digests):
    whole = digests(out)
    for name in ("run.toml", "nodes.json"):
        (out / name).write_bytes(b"\x00")
    with pytest.raises(
        UserError, match=r"nodes\.json, where a copy is kept, .*: put the run file of this run back there"
    ):
        run.scan(run_file(*SMALL), out)
    (out / "run.toml").write_text(run_file(*SMALL).read_text())
    assert scan(run_file(*SMALL), out)[0] == 0
    assert digests(out) == whole


@pytest.mark.parametrize("name", [b"instruction_set", b"updates", b"glassnet ", b"runtime"])
def test_damage_in_the_group_runtime_is_seen(out, run_file, scan, digests, tmp_path, name):
    """Nothing of it counts, but a task that goes on reads it: the chain is set aside and computed again."""
    path = out / SYMMETRIC / "sample1.h5"
    image = bytearray(path.read_bytes())
    image[image.rindex(name) + 2] ^= 4
    path.write_bytes(image)
    run_file_now = RunDirectory(out).run_file()
    assert list(survey(RunDirectory(out), glass_tasks.all_tasks(run_file_now), run_file_now).damaged) == [path]
    longer = run_file(*SMALL, "sweeps = 40", "sweeps = 60")
    assert scan(longer, out)[0] == 0 and scan(longer, tmp_path / "whole")[0] == 0
    assert digests(out) == digests(tmp_path / "whole")
    assert path.with_name("sample1.h5.damaged").exists()


def test_of_swapped_files_the_strange_one_is_blamed(out, run_file, scan, tmp_path):
    """The first sample used to be believed."""
    symmetric, planted = out / SYMMETRIC / "sample0.h5", out / PLANTED / "sample0.h5"
    kept = symmetric.read_bytes()
    symmetric.write_bytes(planted.read_bytes())
    with pytest.raises(ChainError, match=rf"^{symmetric}: belongs to another run than .*dilution0\.25 is to hold$"):
        gn.open_chains(out)
    for pairs in (("thermalization = 20", "thermalization = 30"), ("max = 1.5", "max = 1.6")):
        assert scan(run_file(*SMALL, *pairs), tmp_path / pairs[1][:3])[0] == 0
        symmetric.write_bytes((tmp_path / pairs[1][:3] / SYMMETRIC / "sample0.h5").read_bytes())
        with pytest.raises(ChainError, match=r"sample0\.h5 and .*sample1\.h5: one of them belongs to another run$"):
            gn.open_chains(out)
        with pytest.raises(UserError) as blamed:
            opened(out)
        assert f"{symmetric}: belongs to another run or task (" in str(blamed.value)
        assert "sample1.h5" not in str(blamed.value)
    symmetric.write_bytes(kept)
    assert len(opened(out).leaves) == 2


@pytest.mark.parametrize(
    ("old", "new", "stray"),
    [
        ("planted = [0.8]", "planted = [0.9]", "planted0.8/sample0.h5"),
        ("samples = 2", "samples = 1", "sample1.h5"),
        ("sizes = [24]", "sizes = [48]", "sample0.h5"),
        ("dilutions = [0.25]", "dilutions = [0.125]", "sample0.h5"),
    ],
)
def test_a_run_file_of_an_earlier_release_that_asks_for_less_is_refused(out, capsys, old, new, stray):
    """What it no longer asks for is not overlooked."""
    written_by_0_3_0(out)
    text = (out / "run.toml").read_text()
    assert text.count(old) == 1
    (out / "run.toml").write_text(text.replace(old, new))
    with pytest.raises(
        ChainError, match=rf"run\.toml: damaged: it does not ask for chains/N24/dilution0\.25/.*{stray}"
    ):
        opened(out)
    assert main(["scan", str(out / "run.toml"), "--out", str(out)]) == 2
    assert f"asks for less than {out} holds: not for chains/N24/dilution0.25/" in capsys.readouterr().err
