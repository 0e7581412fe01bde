"""A small run file, and commands that run in this process."""

import pytest

from glassnet import cli

RUN_FILE = """\
seed = 7
samples = 2
[glass]
ensemble = "regular"
p = 3
degree = 4
[scan]
sizes = [12, 24]
[sampling]
temperatures = [0.6, 1.0, inf]
thermalization = 20
sweeps = 40
"""


@pytest.fixture(scope="session")
def run_text():
    """Text of a run file of four tasks."""
    return RUN_FILE


@pytest.fixture
def main(capsys, tmp_path, monkeypatch):
    """Run one command in this process, in an empty folder: (exit code, what it printed, what it complained of)."""
    monkeypatch.chdir(tmp_path)
    # seconds of figures that nobody looks at here
    monkeypatch.setattr("glassnet.plots.export.of_result", lambda *_: [])
    monkeypatch.setattr("glassnet.plots.export.of_line", lambda *_: [])

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def finished(main, tmp_path):
    """Directory of a finished scan."""
    (tmp_path / "run.toml").write_text(RUN_FILE)
    assert main("scan", "run.toml", "--out", "done")[0] == 0
    return tmp_path / "done"
