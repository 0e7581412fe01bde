"""Odd paths and contents of files, and what is wrong with how a command answers to them."""

import contextlib
import os
import re
import signal
import socket

from glassnet import cli

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
_PATIENCE, _LINES, _CHARACTERS = 60.0, 60, 20_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]")
UNKNOWN_KEYS = "\n".join(f"key{number} = 1" for number in range(3000))


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
    "unknown keys": UNKNOWN_KEYS.encode(),
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
