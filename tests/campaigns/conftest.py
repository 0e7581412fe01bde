"""What the campaigns share: their helpers, and a folder to work in."""

import importlib.util
from pathlib import Path

import pytest

from glassnet import plots
from glassnet.plots import export
from glassnet.scan.cost import calibration


def module(name):
    """A module beside this one, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="session")
def bad_values():
    """The module of values that nobody expects."""
    return module("bad_values")


@pytest.fixture(scope="session")
def odd_paths():
    """The module of paths and contents of files that nobody expects."""
    return module("odd_paths")


@pytest.fixture
def quick(odd_paths, tmp_path, monkeypatch):
    """A folder to work in, with a run file; figures take seconds and are not looked at here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "of_result", lambda *_: [])
    monkeypatch.setattr(plots, "save", lambda result, image, theory: image.write(b"figure"))
    monkeypatch.setattr(plots, "theory_of", lambda result: None)
    monkeypatch.setattr(calibration, "calibrate", lambda *_: None)
    (tmp_path / "run.toml").write_text(odd_paths.RUN_FILE)
    (tmp_path / "file").write_text("")
    return tmp_path
