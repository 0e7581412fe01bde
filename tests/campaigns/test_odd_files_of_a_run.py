"""Every command with odd files and folders in the directory of a run: a few clear lines, never a traceback.

The campaign is slow and prints its counts: `pytest -n 0 -s -m slow tests/campaigns/test_odd_files_of_a_run.py`.
"""

import json
import os
import shutil
import stat
from collections import Counter
from pathlib import Path

import pytest

from glassnet.chains import shards


def replaced(odd_paths, directory, name, kind):
    """Put something odd in the place of a file or folder of a run."""
    path = directory / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    odd_paths.fill(path, kind)


#: everything a run directory may hold; a star stands for what a shard is made of
PLACES = ["run.toml", "nodes.json", "ladders.json", "field.json", "progress.json", ".lock", "chains", "chains/N12"]
PLACES += ["chains/N12/dilution0.0", "chains/N12/dilution0.0/sample0.h5", "chains/N12/dilution0.0/sample1.segments"]
PLACES += ["chains/N12/dilution0.0/samples0-255.zip", "failed", "figures", "report.html", "suggested.toml"]
INSIDE = {
    "scan": ["scan", "run.toml", "--out", "case"],
    "dry run": ["scan", "run.toml", "--out", "case", "--dry-run"],
    "analyze": ["analyze", "case"],
    "status": ["status", "case"],
    "verify": ["verify", "case", "-k", "1"],
    "pack": ["pack", "case", "-o", "packed.zip"],
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("sharded", [False, True], ids=["files", "shard"])
def test_files_of_a_run_of_every_kind(odd_paths, quick, capsys, monkeypatch, sharded):
    if sharded:
        monkeypatch.setattr(shards, "BLOCK", 1)
    assert odd_paths.fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    (quick / "out/progress.json").write_text("{}")
    counts, wrong = Counter(), {}
    for place in PLACES:
        for kind in odd_paths.KINDS:
            for name, words in INSIDE.items():
                shutil.rmtree("case", ignore_errors=True)
                shutil.copytree("out", "case", symlinks=True)
                replaced(odd_paths, quick / "case", place, kind)
                wrong_answer = odd_paths.fault(capsys, words, (0, 1, 2))
                counts["wrong" if wrong_answer else "right"] += 1
                if wrong_answer:
                    wrong[place, kind, name] = wrong_answer
    with capsys.disabled():
        print(f"\n{sum(counts.values())} cases, {dict(counts)}")
        for case, answer in wrong.items():
            print(*case, answer, sep=" | ")
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes somebody else")
def test_files_of_a_run_that_may_not_be_read(odd_paths, quick, capsys):
    """Modes bind everybody but root: a child becomes nobody first."""
    assert odd_paths.fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    for folder in (quick, *quick.parents):
        if folder.owner() == "root" and folder.parent != folder and str(folder).startswith("/tmp/pytest"):
            folder.chmod(0o755)
    # nobody may not even read Python's own modules: all that is needed is imported before
    shutil.copytree("out", "case")
    for words in INSIDE.values():
        assert odd_paths.fault(capsys, words, (0,)) is None
    wrong, tried = {}, 0
    for mode in (0o000, 0o444, 0o555):
        for place in [".", *PLACES]:
            for name, words in INSIDE.items():
                shutil.rmtree("case", ignore_errors=True)
                shutil.copytree("out", "case")
                path = quick / "case" / place
                if not path.exists():
                    continue
                for entry in (quick, quick / "case", *(quick / "case").rglob("*")):
                    os.chown(entry, 65534, 65534)
                was = stat.S_IMODE(path.stat().st_mode)
                path.chmod(mode)
                wrong_answer = as_nobody(odd_paths, capsys, words, quick / "found.json")
                path.chmod(was)
                tried += 1
                if wrong_answer is not None:
                    wrong[place, oct(mode), name] = wrong_answer
    with capsys.disabled():
        print(f"\n{tried} cases, {len(wrong)} wrong")
        for case, answer in wrong.items():
            print(*case, answer, sep=" | ")
    assert wrong == {}


def as_nobody(odd_paths, capsys, words, report: Path):
    """What is wrong with how a command of somebody without rights ends."""
    report.write_text("")
    os.chown(report, 65534, 65534)
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            report.write_text(json.dumps(odd_paths.fault(capsys, words, (0, 1, 2))))
        except BaseException as error:
            report.write_text(json.dumps(f"died of {error!r}"))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return json.loads(report.read_text() or '"died"')
