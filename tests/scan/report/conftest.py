"""Small runs that are finished, with and without their reports."""

import json

import pytest

from glassnet.scan.execute import run
from glassnet.scan.report import writing

RUN_FILE = """\
seed = 7
samples = {samples}
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12, 24]
dilutions = {dilutions}
planted = [0.6, 0.8]
symmetric = {symmetric}
[sampling]
temperatures = {{min = 0.5, max = 1.5, n = 4}}
replicas = 4
thermalization = 20
sweeps = 40
measure_every = 10
"""


@pytest.fixture(scope="session")
def finished_run():
    """Make a directory of a finished run without its report, from a run file with parts replaced."""

    def make(directory, *pairs, dilutions="[0.0]", symmetric="true", samples=2):
        path, text = directory / "run.toml", RUN_FILE.format(dilutions=dilutions, symmetric=symmetric, samples=samples)
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "write", lambda *_: writing.Report("", [], []))
            assert run.scan(path, directory / "out") == 0
        return directory / "out"

    return make


@pytest.fixture(scope="session")
def written(finished_run, tmp_path_factory):
    """A run of two sizes, planted and symmetric: its directory and its report."""
    out = finished_run(tmp_path_factory.mktemp("report"))
    return out, str(writing.write(out))


@pytest.fixture
def no_figures(monkeypatch):
    """For tests of words and tables: drawing is most of the work."""
    monkeypatch.setattr(writing.export, "of_result", lambda *_: [])
    monkeypatch.setattr(writing.export, "of_line", lambda *_: [])


@pytest.fixture(scope="session")
def strict_json():
    """Read a file of JSON in which nothing is beyond the standard."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return lambda path: json.loads(path.read_text(), parse_constant=refuse)
