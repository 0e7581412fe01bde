"""Run files with mistakes, and field integration in a run file."""

import pytest

from glassnet import _checks
from glassnet.scan.runfile.schema import UserError, load


@pytest.fixture
def mistakes(run_text, tmp_path, monkeypatch):
    """Lines about a run file that was changed, on a machine with 8 GB."""
    path = tmp_path / "run.toml"
    monkeypatch.setattr(_checks, "available_memory", lambda: 8 * 10**9)

    def lines(*pairs):
        path.write_text(run_text(*pairs))
        with pytest.raises(UserError, match=r"run\.toml: ") as refused:
            load(path)
        return [line.removeprefix(f"{path}: ") for line in str(refused.value).splitlines()]

    return lines
