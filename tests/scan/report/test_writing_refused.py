"""The analysis is said before it is written, and what the disk refuses is one line for each file."""

import errno
import os
import subprocess
import sys

import pytest

from glassnet import cli
from glassnet.chains.files import atomic_write
from glassnet.plots import export
from glassnet.scan.execute import run
from glassnet.scan.report import files, writing

WORDS = [sys.executable, "-P", "-m", "glassnet"]
#: a figure draws as long as all the rest takes
FEW = ["summary.json", "suggested.toml", "transition.png", "report.html"]


@pytest.fixture
def finished(run_file, tmp_path, monkeypatch):
    """Directory of a scan without its analysis."""
    with monkeypatch.context() as patch:
        patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
        assert run.scan(run_file("[0.6, 0.8]", "[]", "symmetric = true", "", "[12, 24]", "[12]"), tmp_path / "out") == 0
    return tmp_path / "out"


@pytest.fixture
def main(monkeypatch, capsys):
    """Run a command in this process, without figures but the overview: (exit code, output, complaints)."""
    monkeypatch.setattr(export, "of_result", lambda *_: [])

    def command(*words):
        capsys.readouterr()
        code = cli.main([str(word) for word in words])
        return code, *capsys.readouterr()

    return command


def refusing(number, names=None):
    """commit, on a disk that refuses some names."""
    original = atomic_write.commit

    def commit(path, image):
        if names is None or path.name in names:
            raise OSError(number, os.strerror(number), str(path))
        original(path, image)

    return commit


def complaints(errors):
    return [line.removeprefix("glassnet: ") for line in errors.splitlines() if line.startswith("glassnet: ")]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
def test_tables_are_told_though_nothing_can_be_written(finished, main, monkeypatch, number):
    whole = main("analyze", finished)
    assert whole[0] == 0
    monkeypatch.setattr(files, "commit", refusing(number))
    code, output, errors = main("analyze", finished)
    assert code == 1
    told, _, paths = output.rpartition("\n\n")
    assert told == whole[1].rpartition("\n\n")[0]
    assert paths == f"chains     {finished}/chains\n"
    assert complaints(errors) == [f"{finished}/{name}: cannot be written: {os.strerror(number)}" for name in FEW]


def test_every_other_file_is_written(finished, main):
    (finished / "report.html").mkdir()
    (finished / "suggested.toml").mkdir()
    code, output, errors = main("analyze", finished)
    assert code == 1
    assert "transition" in output
    start = f"{finished}/%s: cannot be written: Is a directory (writing "
    lines = complaints(errors)
    assert [line.startswith(start % name) for line, name in zip(lines, ("suggested.toml", "report.html"), strict=True)]
    assert "report.html" not in output
    assert (finished / "summary.json").is_file()
    assert (finished / "transition.png").is_file()
    assert not list(finished.rglob(".*.part"))


def test_a_scan_says_its_analysis_on_a_full_disk(run_file, tmp_path, main, monkeypatch):
    """All tasks are done and saved when the disk is full: the answer comes all the same."""
    path = run_file("[0.6, 0.8]", "[]", "symmetric = true", "", "[12, 24]", "[12]")
    monkeypatch.setattr(files, "commit", refusing(errno.ENOSPC))
    code, output, errors = main("scan", path, "--out", tmp_path / "out")
    assert code == 1
    assert "2/2 tasks done" in output
    assert "energy" in output
    assert len(complaints(errors)) == len(FEW)
    monkeypatch.undo()
    assert cli.main(["status", str(tmp_path / "out")]) == 0


def test_a_library_that_cannot_draw_costs_the_figures_only(finished, main, monkeypatch):
    def refused(*_):
        raise OSError("Matplotlib requires access to a writable cache directory\nand so on")

    monkeypatch.setattr(export, "of_result", refused)
    code, output, errors = main("analyze", finished)
    assert code == 1
    reason = "Matplotlib requires access to a writable cache directory"
    assert complaints(errors) == [f"{finished}/figures: cannot be drawn: {reason}"]
    assert f"report     {finished}/report.html" in output


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
@pytest.mark.slow
def test_files_are_written_though_the_words_cannot_be(finished):
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [*WORDS, "analyze", finished], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120
        )
    assert found.returncode == 1
    assert complaints(found.stderr) == ["standard output cannot be written: No space left on device"]
    assert "Traceback" not in found.stderr
    assert (finished / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="a mount of its own needs root")
def test_a_read_only_mount_and_a_full_one(finished):
    """The real thing, in a mount namespace of its own."""
    quiet = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    only = f"mount --bind {finished} {finished} && mount -o remount,ro,bind {finished} && "
    full = (
        f"mount -t tmpfs -o size=400k none /mnt && cp -r {finished} /mnt/out && "
        "(dd if=/dev/zero of=/mnt/fill bs=1k 2>/dev/null; true) && "
    )
    for prepare, out, reason in (
        (only, finished, "Read-only file system"),
        (full, "/mnt/out", "No space left on device"),
    ):
        command = f"{prepare} exec {' '.join(WORDS)} analyze {out}"
        found = subprocess.run(
            ["unshare", "-m", "sh", "-c", command], capture_output=True, text=True, timeout=180, env=quiet
        )
        if "unshare" in found.stderr or "mount:" in found.stderr:
            pytest.skip(found.stderr)
        assert found.returncode == 1, found.stderr
        assert "Traceback" not in found.stderr
        assert "dilution" in found.stdout
        assert complaints(found.stderr)
        assert all(reason in line for line in complaints(found.stderr))
