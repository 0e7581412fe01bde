"""Where the files of a run lie, and who may write them."""

import json
import os

import pytest

import glassnet as gn
from glassnet.chains.files import atomic_write
from glassnet.scan.directory import run_directory as directory_module
from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.runfile.schema import UserError, parse
from glassnet.scan.tasks.glass_tasks import Task


@pytest.fixture
def directory(tmp_path):
    return RunDirectory(tmp_path / "out")


def test_where_a_run_goes(run_text):
    plain = parse(run_text(), "a")
    own = parse(run_text("samples = 2", "samples = 2\noutput = 'scratch/a'"), "a")
    assert str(RunDirectory.for_run_file("runs/quick.toml", plain).path) == "results/quick"
    assert str(RunDirectory.for_run_file("runs/quick.toml", own).path) == "scratch/a"
    assert str(RunDirectory.for_run_file("runs/quick.toml", own, "here").path) == "here"


def test_paths_of_a_task(directory):
    task = Task(96, 0.1, 3, 0.65)
    assert (
        directory.chain(task).relative_to(directory.path).as_posix() == "chains/N96/dilution0.1/planted0.65/sample3.h5"
    )
    assert directory.failure(task).relative_to(directory.path).as_posix() == (
        "failed/N96-dilution0.1-planted0.65-sample3.txt"
    )


def test_checking_touches_nothing(directory, run_text, tmp_path):
    run_file = parse(run_text(), "a")
    directory.check(run_file, "a")
    assert not directory.path.exists()
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match="out: not a directory"):
        directory.check(run_file, "a")


def test_other_runs_are_refused(directory, run_text):
    directory.path.mkdir()
    directory.describe(parse(run_text(), "a"))
    directory.check(parse(run_text("samples = 2", "samples = 9"), "b"), "b")
    with pytest.raises(UserError, match=r"^b\.toml: seed: 8 here, but .*out was begun with 7; only samples"):
        directory.check(parse(run_text("seed = 7", "seed = 8"), "b.toml"), "b.toml")
    (directory.path / "chains").mkdir()
    (directory.path / "run.toml").unlink()
    directory.check(parse(run_text(), "a"), "a")
    (directory.path / "nodes.json").unlink()
    with pytest.raises(UserError, match=r"out: holds chains of a run whose run\.toml is missing"):
        directory.check(parse(run_text(), "a"), "a")


def test_one_scan_at_a_time(directory, monkeypatch):
    monkeypatch.setattr(directory_module, "PATIENCE", 0.0)
    assert not directory.is_running()
    reader, writer = os.pipe()
    with directory.locked():
        # locks belong to processes: the other scan must be one
        child = os.fork()
        if child == 0:
            answer = b"free"
            if directory.is_running():
                try:
                    with directory.locked():
                        answer = b"both"
                except UserError as error:
                    answer = str(error).encode()
            os.write(writer, answer)
            os._exit(0)
        os.waitpid(child, 0)
    answer = os.read(reader, 1000).decode()
    assert answer.startswith(f"{directory.path}: another scan is running here (process {os.getpid()} on ")
    with directory.locked():
        pass


def test_leftovers_of_killed_writers_go(directory):
    names = [f"chains/N12/dilution0.0/{name}" for name in (".sample0.h5.host-1.part", ".samples0-255.zip.host-1.part")]
    names += ["chains/N12/dilution0.0/planted0.6/sample1.segments/.000003.h5.host-1.part", ".nodes.json.a.b-c-12.part"]
    names += ["failed/.N12-dilution0.0-sample0.txt.host-1.part", "figures/.energy.svg.host-1.part"]
    others = [".holiday.mov.part", "chains/N12/.holiday.mov.part", "mine/.sample0.h5.host-1.part", ".x.host-1.part"]
    others += ["chains/mine/.sample0.h5.host-1.part", "chains/N12/dilution0.0/.run.toml.host-1.part"]
    for name in (*names, *others):
        (directory.path / name).parent.mkdir(parents=True, exist_ok=True)
        (directory.path / name).touch()
    (directory.path / "chains/N24").symlink_to(directory.path / "mine")
    with directory.locked():
        assert [name for name in names if (directory.path / name).exists()] == []
        assert [name for name in others if not (directory.path / name).exists()] == []


def test_without_locks_a_warning(directory, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(directory_module.fcntl, "lockf", refuse)
    with directory.locked():
        assert directory.is_running()
        # a scan touches it every second, and in the end dates it back
        os.utime(directory.lock, (0, 0))
        assert not directory.is_running()
    expected = (
        f"warning: {directory.path}: cannot be locked ([Errno 37] No locks available); start no second scan here\n"
    )
    assert capsys.readouterr().err == expected


def test_index_names_the_nodes(directory, run_text):
    directory.path.mkdir()
    directory.describe(parse(run_text("symmetric = true", "symmetric = true\nplanted_samples = 5"), "a"))
    index = json.loads((directory.path / "nodes.json").read_text())
    nodes = {node["node"]: node for node in index["nodes"]}
    assert index["seed"] == 7
    assert len(nodes) == 2 * 2 * 3
    assert nodes["/N12/dilution0.25/symmetric"]["folder"] == "chains/N12/dilution0.25"
    assert nodes["/N12/dilution0.25/symmetric"]["samples"] == 2
    planted = nodes["/N24/dilution0.0/planted0.6"]
    assert planted["samples"] == 5
    assert planted["attrs"] == {
        "n_weights_parent": 24,
        "dilution": 0.0,
        "planted_temperature": 0.6,
        "ensemble": "regular",
        "p": 3,
        "couplings": "binary",
        "glass": '{"bias": 0.0, "couplings": "binary", "degree": 4, "ensemble": "regular", "p": 3}',
    }
    directory.describe(parse(run_text("planted = [0.6, 0.8]\n", ""), "a"))
    index = json.loads((directory.path / "nodes.json").read_text())
    assert [node["node"] for node in index["nodes"]][:2] == ["/N12/dilution0.0", "/N12/dilution0.25"]


def test_damaged_files_are_kept_under_new_names(directory):
    task = Task(12, 0.0, 0)
    names = []
    for content in ("a", "b", "c"):
        directory.chain(task).parent.mkdir(parents=True, exist_ok=True)
        directory.chain(task).write_text(content)
        names.append(atomic_write.set_aside(directory.chain(task)).name)
    assert names == ["sample0.h5.damaged", "sample0.h5.damaged2", "sample0.h5.damaged3"]


def test_tree_of_a_mixed_scan(directory, run_file, scan):
    scan(run_file(), directory.path)
    chains = gn.open_chains(directory.path)
    symmetric = chains["/N24/dilution0.25/symmetric"]
    planted = chains["/N24/dilution0.25/planted0.8"]
    assert "planted_temperature" not in symmetric.attrs
    assert planted.attrs["planted_temperature"] == 0.8
    assert symmetric.attrs["n_weights_parent"] == planted.attrs["n_weights_parent"] == 24
    assert symmetric.attrs["n_weights"] == 18
    assert symmetric.sizes["temperature"] == 5
    assert planted.temperature.values[0] == 0.8
    assert planted["planted_overlap"].dims == ("sample", "draw", "temperature", "replica")
    assert chains.attrs["seed"] == 7
