"""Every command with every kind of odd path: a few clear lines, never a traceback."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet import cli

#: what is done with a path
COMMANDS = {
    "scan": lambda path: ["scan", path, "--out", "made"],
    "scan to it": lambda path: ["scan", "run.toml", "--out", path, "--dry-run"],
    "dry run": lambda path: ["scan", path, "--dry-run"],
    "analyze": lambda path: ["analyze", path],
    "status": lambda path: ["status", path],
    "status as JSON": lambda path: ["status", path, "--json"],
    "verify": lambda path: ["verify", path, "-k", "1"],
    "pack": lambda path: ["pack", path, "-o", "packed.zip"],
    "theory": lambda path: ["theory", path],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_paths_of_every_kind(odd_paths, quick, capsys, command):
    wrong, tried = {}, 0
    for suffix in ("", ".toml", ".h5", ".zip"):
        for kind in odd_paths.KINDS:
            path = quick / f"odd{suffix}"
            odd_paths.fill(path, kind)
            # a folder that is not there, or empty, is where a scan may go; root may read everything
            allowed = (0, 2) if command == "scan to it" else (1, 2)
            if found := odd_paths.fault(capsys, COMMANDS[command](path), allowed):
                wrong[kind + suffix] = found
            tried += 1
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for kind, name in odd_paths.NAMES.items():
        # the folder we are in holds a run file, and so could be of a run
        allowed = (0, 1, 2) if command == "scan to it" or kind == "here" else (1, 2)
        if found := odd_paths.fault(capsys, COMMANDS[command](name), allowed):
            wrong[kind] = found
        tried += 1
    assert tried == 4 * len(odd_paths.KINDS) + len(odd_paths.NAMES)
    assert wrong == {}
    assert not (quick / "made").exists()
    assert not (quick / "packed.zip").exists()


def test_folders_without_a_run(quick, capsys, monkeypatch):
    (quick / "empty").mkdir()
    monkeypatch.chdir(quick / "empty")
    for command in ("status", "verify", "pack", "analyze"):
        for path, complaint in (
            (".", ".: not a run directory of glassnet: no run.toml (found nothing)\n"),
            ("/", "/: not a run directory"),
        ):
            assert cli.main([command, path]) == 2
            errors = capsys.readouterr().err
            assert errors.rpartition(f"  opening {path}\n")[2].startswith(f"glassnet: {complaint}")
        with pytest.raises(SystemExit):
            cli.main([command, ""])
        assert capsys.readouterr().err.endswith("argument DIR: must not be empty\n")
    for words in (["pack", "x", "-o", ""], ["scan", "x.toml", "--out", ""], ["scan", ""]):
        with pytest.raises(SystemExit):
            cli.main(words)
        assert capsys.readouterr().err.endswith("must not be empty\n")
    assert list(Path().iterdir()) == []


def test_outputs_of_every_kind(odd_paths, quick, capsys):
    assert odd_paths.fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    wrong = {}
    for kind, name in odd_paths.NAMES.items() | {(kind, None) for kind in odd_paths.KINDS if kind != "missing"}:
        if name is None:
            odd_paths.fill(quick / "odd", kind)
        if found := odd_paths.fault(capsys, ["pack", "out", "-o", name or "odd" * (name is None)], (0, 1, 2)):
            wrong[kind] = found
        if name is None and (quick / "odd").is_dir():
            shutil.rmtree(quick / "odd")
        elif name is None:
            (quick / "odd").unlink(missing_ok=True)
    for figure in ("/dev/full/x.png", "nowhere/x.png", "file/x.png", "x\x1b[2J.docx", "a" * 5000 + ".png"):
        theory = ["theory", "regular", "--p", "3", "--degree", "4", "--diagram", figure]
        if found := odd_paths.fault(capsys, theory, (2,)):
            wrong[figure[:20]] = found
    assert wrong == {}


def test_long_keys_are_not_echoed(odd_paths, quick, capsys):
    for text in ("k" * 70_000 + " = 1", f'"{"k" * 70_000}" = 1', f'seed = "{"v" * 70_000}"', odd_paths.UNKNOWN_KEYS):
        (quick / "bad.toml").write_text(text)
        assert cli.main(["scan", "bad.toml"]) == 2
        assert len(capsys.readouterr().err) < 20_000


def test_names_reach_the_terminal_escaped(odd_paths, quick, capsys):
    evil = "\x1b]0;owned\x07\x9b2J\u202e"
    (quick / f"{evil}.toml").write_text("seed = ")
    assert cli.main(["scan", f"{evil}.toml"]) == 2
    assert "\\x1b]0;owned\\x07\\x9b2J\\u202e.toml: not a TOML file" in capsys.readouterr().err
    (quick / "folder").mkdir()
    (quick / "folder" / evil).write_text("")
    assert cli.main(["analyze", "folder"]) == 2
    assert "(found \\x1b]0;owned" in capsys.readouterr().err
    (quick / "bad.toml").write_text(odd_paths.RUN_FILE + '"\\u001b[2J" = "\\u001b[2J"\n')
    assert cli.main(["scan", "bad.toml"]) == 2
    assert "\x1b" not in capsys.readouterr().err
    (quick / "bad.toml").write_text('output = "a\\u001b[2J\\u0000b"\n' + odd_paths.RUN_FILE)
    assert cli.main(["scan", "bad.toml"]) == 2
    assert "output: must hold no control characters" in capsys.readouterr().err
    assert cli.main(["status", "two\nlines"]) == 2
    assert capsys.readouterr().err == "glassnet: two\\nlines: no such directory\n"


@pytest.mark.skipif(sys.platform != "linux", reason="devices of Linux")
def test_the_end_of_a_pipe_and_a_full_device_are_no_tracebacks(quick, capsys):
    words = [sys.executable, "-P", "-m", "glassnet", "theory", "regular", "--p", "3", "--degree", "4"]
    with open("/dev/full", "w") as full:
        found = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    complaint = "glassnet: standard output cannot be written: No space left on device\n"
    assert (found.returncode, found.stderr) == (1, complaint)
    with open("/dev/full", "w") as full:
        found = subprocess.run([*words[:4], "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert (found.returncode, found.stderr) == (1, complaint)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=120)) == ("", 0)
