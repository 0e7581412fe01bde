"""A small run file that takes a second, ways to run it, and its digests."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.chains import segment, shards
from glassnet.chains.headers import file_name
from glassnet.scan.execute import run
from glassnet.scan.report import writing
from glassnet.scan.runfile.schema import parse

RUN_FILE = """\
seed = 7
samples = 2
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12, 24]
dilutions = [0.0, 0.25]
planted = [0.6, 0.8]
symmetric = true
[sampling]
temperatures = {min = 0.5, max = 1.5, n = 4}
replicas = 4
thermalization = 20
sweeps = 40
measure_every = 10
"""
#: the command line, without the analysis that a scan ends with: these tests are about the chains,
#: and about small glasses: they are saved between shorter stretches
COMMAND = """
import sys
from glassnet.sampling import tempering
from glassnet.scan.report import writing
writing.write = lambda directory, say: say(f"report of {directory}") or writing.Report("", [], [])
tempering.STRETCH = 2 * 10**5
from glassnet.cli import main
sys.exit(main())
"""


@pytest.fixture
def run_text():
    """Text of a run file with parts replaced: run_text("samples = 2", "samples = 3", ...)."""

    def text(*pairs):
        changed = RUN_FILE
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert changed.count(old) == 1, old
            changed = changed.replace(old, new)
        return changed

    return text


@pytest.fixture(scope="session")
def field_key():
    """The key of a run file that asks for three instances of 60 weights in a field."""
    return "field = {n_weights = 60, temperatures = [0.4, 0.45, 0.5], instances = 3, sweeps = 80}\n"


@pytest.fixture
def asking(field_key):
    """What to replace in the run file for eight glasses of 24 weights as drawn, and field integration as asked for."""

    def pairs(what=field_key):
        return ("planted = [0.6, 0.8]\nsymmetric = true\n", what, "[12, 24]", "[24]", "samples = 2", "samples = 4")

    return pairs


@pytest.fixture
def with_field(run_text, asking, field_key):
    """A run file with field integration as asked for, parsed."""
    return lambda what=field_key, *pairs: parse(run_text(*asking(what), *pairs), "run.toml")


@pytest.fixture
def run_file(tmp_path, run_text):
    """Write a run file (see run_text) of 12 tasks as run.toml and return its path."""

    def write(*pairs):
        path = tmp_path / "run.toml"
        path.write_text(run_text("[0.0, 0.25]", "[0.25]", *pairs))
        return path

    return write


@pytest.fixture
def digests():
    """Digest of every chain below a directory, in a file of its own or in a shard, by the relative path of its file."""

    def read(directory):
        root = Path(directory) / "chains"
        places = {}
        for folder in sorted(entry for entry in root.rglob("*") if entry.is_dir()):
            inside = shards.node_files(folder)
            held = {sample: header.source for sample, header in shards.sharded(inside).items()} | inside.files
            places |= {folder / file_name(sample): held[sample] for sample in sorted(held)}
        return {str(path.relative_to(root)): segment.verify(place)["digest"] for path, place in places.items()}

    return read


#: what Open MPI wants to be told before it starts more processes than there are cores, or any as root
_OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}


class Process(subprocess.Popen):
    """A command whose launcher's own remarks on exit codes are left out of what it complains of."""

    def communicate(self, timeout=None):
        output, errors = super().communicate(timeout=timeout)
        return output, re.sub(r"-{70,}\nprterun (?:detected|noticed).*?-{70,}\n", "", errors, flags=re.DOTALL)


@pytest.fixture
def open_mpi():
    """Whether mpiexec is that of Open MPI."""
    version = subprocess.run([_mpiexec(), "--version"], capture_output=True, text=True).stdout
    return "Open MPI" in version or "OpenRTE" in version


def _mpiexec():
    return str(Path(sys.executable).with_name("mpiexec"))


@pytest.fixture
def glassnet(tmp_path):
    """Start the command line in a session of its own: glassnet("scan", path, ranks=2, code=...) -> Popen.

    `before` is run ahead of the code.
    """
    started = []

    def start(*arguments, ranks=0, code=COMMAND, before="", **environment):
        launcher = [_mpiexec(), "-n", str(ranks)] if ranks else []
        process = Process(
            [*launcher, sys.executable, "-P", "-c", before + code, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | _OPEN_MPI | environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def finish(glassnet):
    """Run the command line to its end: (exit code, what it printed, what it complained of)."""

    def run(*arguments, **options):
        process = glassnet(*arguments, **options)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    return run


@pytest.fixture
def scan(monkeypatch, capsys):
    """Scan in this process: (run file, out) -> (exit code, what it printed)."""
    monkeypatch.setattr(
        writing, "write", lambda directory, say: say(f"report of {directory}") or writing.Report("", [], [])
    )

    def start(path, out):
        code = run.scan(path, out)
        return code, capsys.readouterr().out

    return start


@pytest.fixture
def stamps():
    """Time and size of everything below a directory: the same as before where nothing was touched."""
    return lambda directory: {entry: (entry.stat().st_mtime_ns, entry.stat().st_size) for entry in directory.rglob("*")}


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


@pytest.fixture(scope="session")
def layered():
    """Text of a run file of diluted layered glasses with parts replaced."""

    def text(*pairs):
        changed = LAYERED
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert changed.count(old) == 1, old
            changed = changed.replace(old, new)
        return changed

    return text


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


@pytest.fixture(scope="session")
def places():
    """Chain files of a directory by their path below chains/."""

    def found(directory):
        root = directory / "chains"
        return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("sample*.h5"))}

    return found


@pytest.fixture(scope="session")
def begun_by_0_3_0():
    """Make a directory as release 0.3.0 had begun it."""

    def make(directory):
        directory.mkdir()
        (directory / "nodes.json").write_text(json.dumps({"seed": 7, "nodes": []}))

    return make
