"""Every command with every kind of odd path, file of a run and environment: a few clear lines, never a traceback.

The campaign over the files of a run is slow and prints its counts:
`pytest -n 0 -s -m slow tests/campaigns/test_odd_paths.py`.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import sys
from collections import Counter
from pathlib import Path

import pytest

from glassnet import cli, plots
from glassnet.chains import shards
from glassnet.plots import export
from glassnet.scan.cost import calibration

RUN_FILE = """\
seed = 7
samples = 2
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12]
[sampling]
temperatures = {min = 0.6, max = 1.2, n = 3, spacing = "adaptive"}
thermalization = 8
sweeps = 40
measure_every = 4
"""
#: seconds after which a command counts as hanging, and what it may complain of
_PATIENCE, _LINES, _CHARACTERS = 20.0, 60, 20_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]")
_UNKNOWN_KEYS = "\n".join(f"key{number} = 1" for number in range(3000))


class Hanging(BaseException):
    """A command does not end."""


@contextlib.contextmanager
def patience():
    def end(*_):
        raise Hanging

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fault(capsys, words, allowed):
    """What is wrong with how a command ends; None if nothing is."""
    capsys.readouterr()
    try:
        with patience():
            code = cli.main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    except Hanging:
        return "hangs"
    except BaseException as error:
        return f"traceback: {type(error).__name__}: {str(error)[:200]}"
    output, errors = capsys.readouterr()
    complaints = [line for line in errors.splitlines() if not re.match(r"\d\d:\d\d:\d\d ", line)]
    if "Traceback" in output + errors:
        return "traceback printed"
    if code not in allowed:
        return f"exit code {code}: {errors[-300:]}"
    if code in (1, 2) and not (complaints or output):
        return "not a word"
    if len(complaints) > _LINES or len(errors) > _CHARACTERS:
        return f"{len(complaints)} lines, {len(errors)} characters"
    if _CONTROL.search(output + errors):
        return "control characters"
    return None


def fill(path, kind):
    """Put something odd at `path`."""
    if kind == "missing":
        return
    if kind == "folder":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as here, contextlib.chdir(path.parent):
            here.bind(path.name)
    elif kind.startswith("/dev/"):
        path.symlink_to(kind)
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    elif kind == "loop":
        path.symlink_to(path.name)
    else:
        path.write_bytes(CONTENTS[kind])
        if kind == "unreadable":
            path.chmod(0)


CONTENTS = {
    "empty": b"",
    "unreadable": b"{}",
    "zeros": bytes(5000),
    "bytes": bytes(range(256)) * 20,
    "latin": "größe = 1\n".encode("latin-1"),
    "deep": b"[" * 100_000,
    "deep TOML": b"a = " + b"[" * 50_000,
    "number": b"5",
    "list": b"[1, 2]",
    "odd table": b'{"": null, "seed": "x", "nodes": [5], "running": 5, "time": 1e400, "a": [NaN]}',
    "escape": 'seed = 1\n"\x7f\\u001b]0;x\\u0007" = 1\n"\u202e" = "\\u001b[2J"\n'.encode(),
    "unknown keys": _UNKNOWN_KEYS.encode(),
    "long key": b"a" * 70_000 + b" = 1\n",
    "many dots": b"a" + b".a" * 500_000 + b" = 1\n",
    "quoted dots": b"'#'" + b" . '#'" * 100_000 + b" = 1\n",
    "huge number": b"seed = " + b"9" * 5000 + b"\n",
    "large number": b"seed = 1\nsamples = " + b"9" * 400 + b"\n[glass]\nalpha = " + b"9" * 400 + b"\n",
    "large": b"#" * 2**21,
    "ZIP": b"PK\x03\x04" + bytes(100),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(3000),
}
KINDS = ["missing", "folder", "FIFO", "socket", "/dev/full", "/dev/null", "dangling link", "loop", *CONTENTS]
#: of these a name is all that there is
NAMES = {
    "nothing": "",
    "here": ".",
    "above": "..",
    "root": "/",
    "long": "a" * 5000,
    "long part": "b/" * 3000,
    "escape": "a\x1b]0;x\x07b\nc\u202e",
    "no UTF-8": os.fsdecode(b"\xff\xfe"),
    "dash": "-",
    "home": "~nobody",
    "proc": "/proc/self/mem",
    "words": "--",
    "below a file": "file/x",
}
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


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """A folder to work in, with a run file; figures take seconds and are not looked at here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "of_result", lambda *_: [])
    monkeypatch.setattr(plots, "save", lambda result, image, theory: image.write(b"figure"))
    monkeypatch.setattr(plots, "theory_of", lambda result: None)
    monkeypatch.setattr(calibration, "calibrate", lambda *_: None)
    (tmp_path / "run.toml").write_text(RUN_FILE)
    (tmp_path / "file").write_text("")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_paths_of_every_kind(quick, capsys, command):
    wrong, tried = {}, 0
    for suffix in ("", ".toml", ".h5", ".zip"):
        for kind in KINDS:
            path = quick / f"odd{suffix}"
            fill(path, kind)
            # a folder that is not there, or empty, is where a scan may go; root may read everything
            allowed = (0, 2) if command == "scan to it" else (1, 2)
            if found := fault(capsys, COMMANDS[command](path), allowed):
                wrong[kind + suffix] = found
            tried += 1
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for kind, name in NAMES.items():
        # the folder we are in holds a run file, and so could be of a run
        allowed = (0, 1, 2) if command == "scan to it" or kind == "here" else (1, 2)
        if found := fault(capsys, COMMANDS[command](name), allowed):
            wrong[kind] = found
        tried += 1
    assert tried == 4 * len(KINDS) + len(NAMES)
    assert wrong == {}
    assert not (quick / "made").exists()
    assert not (quick / "packed.zip").exists()


def test_folders_without_a_run(quick, capsys, monkeypatch):
    (quick / "empty").mkdir()
    monkeypatch.chdir(quick / "empty")
    for command in ("status", "verify", "pack", "analyze"):
        for path, complaint in ((".", ".: not a run directory of glassnet: no "), ("/", "/: not a run directory")):
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


def test_outputs_of_every_kind(quick, capsys):
    assert fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    wrong = {}
    for kind, name in NAMES.items() | {(kind, None) for kind in KINDS if kind != "missing"}:
        if name is None:
            fill(quick / "odd", kind)
        if found := fault(capsys, ["pack", "out", "-o", name or "odd" * (name is None)], (0, 1, 2)):
            wrong[kind] = found
        if name is None and (quick / "odd").is_dir():
            shutil.rmtree(quick / "odd")
        elif name is None:
            (quick / "odd").unlink(missing_ok=True)
    for figure in ("/dev/full/x.png", "nowhere/x.png", "file/x.png", "x\x1b[2J.docx", "a" * 5000 + ".png"):
        theory = ["theory", "regular", "--p", "3", "--degree", "4", "--diagram", figure]
        if found := fault(capsys, theory, (2,)):
            wrong[figure[:20]] = found
    assert wrong == {}


#: variables of the environment, and values that nobody expects
VARIABLES = ("PMI_RANK", "PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
VARIABLES += ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "SLURM_STEP_NUM_TASKS", "SLURM_JOB_END_TIME")
VARIABLES += ("SLURM_JOB_ID", "SLURM_NTASKS", "GLASSNET_ISA")
VALUES = ("", "x", "-1", "\u00b2", "\u0663", "1e3", "9" * 5000, " 1", "1\n", "0x1", "inf", "\x1b[2J", "1.5", "None")


@pytest.mark.slow
def test_environments_of_every_kind(quick, capsys, monkeypatch):
    assert fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    wrong = {}
    for variable in VARIABLES:
        for value in VALUES:
            for words in (["status", "out"], ["scan", "run.toml", "--out", "out", "--dry-run"]):
                with monkeypatch.context() as patch:
                    patch.setenv(variable, value)
                    if found := fault(capsys, words, (0, 2)):
                        wrong[variable, value[:9], words[0]] = found
        # beside a launcher that says how many there are
        for size in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "MV2_COMM_WORLD_SIZE"):
            for value in (*VALUES, "3", "4"):
                with monkeypatch.context() as patch:
                    patch.setenv(size, "3")
                    patch.setenv(variable, value)
                    if found := fault(capsys, ["status", "out"], (0, 2)):
                        wrong[size, variable, value[:9]] = found
    assert wrong == {}


@pytest.mark.parametrize("end", ["\u00b2", "9" * 400, "x", "-5", "1e999", ""])
def test_a_scan_with_an_odd_end_of_its_job(quick, capsys, monkeypatch, end):
    monkeypatch.setenv("SLURM_JOB_END_TIME", end)
    assert fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None


def test_a_rank_that_is_none_is_named(quick, capsys, monkeypatch):
    for rank in ("x", "4", "-1"):
        with monkeypatch.context() as patch:
            patch.setenv("PMI_SIZE", "4")
            patch.setenv("PMI_RANK", rank)
            assert cli.main(["status", "out"]) == 2
            line = f"glassnet: PMI_RANK must be a rank below PMI_SIZE = 4, got '{rank}': unset both if no launcher"
            assert capsys.readouterr().err.startswith(line)


def test_long_keys_are_not_echoed(quick, capsys):
    for text in ("k" * 70_000 + " = 1", f'"{"k" * 70_000}" = 1', f'seed = "{"v" * 70_000}"', _UNKNOWN_KEYS):
        (quick / "bad.toml").write_text(text)
        assert cli.main(["scan", "bad.toml"]) == 2
        assert len(capsys.readouterr().err) < 20_000


def test_names_reach_the_terminal_escaped(quick, capsys):
    evil = "\x1b]0;owned\x07\x9b2J\u202e"
    (quick / f"{evil}.toml").write_text("seed = ")
    assert cli.main(["scan", f"{evil}.toml"]) == 2
    assert "\\x1b]0;owned\\x07\\x9b2J\\u202e.toml: not a TOML file" in capsys.readouterr().err
    (quick / "folder").mkdir()
    (quick / "folder" / evil).write_text("")
    assert cli.main(["analyze", "folder"]) == 2
    assert "(found \\x1b]0;owned" in capsys.readouterr().err
    (quick / "bad.toml").write_text(RUN_FILE + '"\\u001b[2J" = "\\u001b[2J"\n')
    assert cli.main(["scan", "bad.toml"]) == 2
    assert "\x1b" not in capsys.readouterr().err
    (quick / "bad.toml").write_text('output = "a\\u001b[2J\\u0000b"\n' + RUN_FILE)
    assert cli.main(["scan", "bad.toml"]) == 2
    assert "output: must hold no control characters" in capsys.readouterr().err
    assert cli.main(["status", "two\nlines"]) == 2
    assert capsys.readouterr().err == "glassnet: two\\nlines: no such directory\n"


def replaced(directory, name, kind):
    """Put something odd in the place of a file or folder of a run."""
    path = directory / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    fill(path, kind)


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
def test_files_of_a_run_of_every_kind(quick, capsys, monkeypatch, sharded):
    if sharded:
        monkeypatch.setattr(shards, "BLOCK", 1)
    assert fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    (quick / "out/progress.json").write_text("{}")
    counts, wrong = Counter(), {}
    for place in PLACES:
        for kind in KINDS:
            for name, words in INSIDE.items():
                shutil.rmtree("case", ignore_errors=True)
                shutil.copytree("out", "case", symlinks=True)
                replaced(quick / "case", place, kind)
                found = fault(capsys, words, (0, 1, 2))
                counts["wrong" if found else "right"] += 1
                if found:
                    wrong[place, kind, name] = found
    with capsys.disabled():
        print(f"\n{sum(counts.values())} cases, {dict(counts)}")
        for case, found in wrong.items():
            print(*case, found, sep=" | ")
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes somebody else")
def test_files_of_a_run_that_may_not_be_read(quick, capsys):
    """Modes bind everybody but root: a child becomes nobody first."""
    assert fault(capsys, ["scan", "run.toml", "--out", "out"], (0,)) is None
    for folder in (quick, *quick.parents):
        if folder.owner() == "root" and folder.parent != folder and str(folder).startswith("/tmp/pytest"):
            folder.chmod(0o755)
    # nobody may not even read Python's own modules: all that is needed is imported before
    shutil.copytree("out", "case")
    for words in INSIDE.values():
        assert fault(capsys, words, (0,)) is None
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
                found = as_nobody(capsys, words, quick / "found.json")
                path.chmod(was)
                tried += 1
                if found is not None:
                    wrong[place, oct(mode), name] = found
    with capsys.disabled():
        print(f"\n{tried} cases, {len(wrong)} wrong")
        for case, found in wrong.items():
            print(*case, found, sep=" | ")
    assert wrong == {}


def as_nobody(capsys, words, told: Path):
    """What is wrong with how a command of somebody without rights ends."""
    told.write_text("")
    os.chown(told, 65534, 65534)
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            told.write_text(json.dumps(fault(capsys, words, (0, 1, 2))))
        except BaseException as error:
            told.write_text(json.dumps(f"died of {error!r}"))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return json.loads(told.read_text() or '"died"')


@pytest.mark.skipif(sys.platform != "linux", reason="devices of Linux")
def test_the_end_of_a_pipe_and_a_full_device_are_no_tracebacks(quick, capsys):
    import subprocess

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
