"""What a scan ends with: tables, verdict, figure and a summary in strict JSON."""

import json

import numpy as np
import pytest

from glassnet.chains.segment import ChainError
from glassnet.scan import report, run

RUN_FILE = """\
seed = 7
samples = 2
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


def finished(directory, dilutions="[0.0]", symmetric="true"):
    """Directory of a finished run without its report."""
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(dilutions=dilutions, symmetric=symmetric))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "write", lambda directory: "")
        assert run.scan(path, directory / "out") == 0
    return directory / "out"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A run of two sizes, planted and symmetric: its directory and its report."""
    out = finished(tmp_path_factory.mktemp("report"))
    return out, report.write(out)


def strict(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


def test_report_has_tables_verdict_theory_and_paths(written):
    out, text = written
    lines = text.splitlines()
    header = next(line for line in lines if "energy/N" in line)
    assert header.split() == ["T", "energy/N", "entropy/N", "<q^2>", "Binder", "swaps", "round", "trips"]
    assert "N = 12, dilution 0: 2 samples, entropy from n_weights ln 2 at T = inf; round trips per walker" in lines
    assert any(line.startswith("planted, dilution 0") for line in lines)
    assert "transition at dilution 0: undecided" in text
    assert "theory (cavity method, N = infinity): T_K = 0.6545, T_d = 0.7528" in text
    for name in ("summary.json", "transition.png", "chains"):
        assert f"{out / name}" in text
        assert (out / name).exists()


def test_tables_are_aligned(written):
    for block in written[1].split("\n\n"):
        if "energy/N" in block:
            assert len({len(line) for line in block.splitlines()[1:]}) == 1


def test_summary_is_strict_json_with_what_is_asked_for(written):
    summary = strict(written[0] / "summary.json")
    assert summary["sizes"] == [12, 24]
    assert summary["transition"]["kind"] == "undecided"
    assert summary["transition"]["temperature"] is None
    assert summary["transition"]["stderr"] is None
    assert {item["name"] for item in summary["transition"]["evidence"]} >= {"planted weight crosses", "equilibrium"}
    assert summary["theory"]["static_temperature"] == pytest.approx(0.65448, abs=1e-3)
    assert summary["theory"]["dynamic_temperature"] == pytest.approx(0.75279, abs=1e-3)
    # four draws prove nothing: every sample is named
    assert len({(entry["path"], entry["sample"]) for entry in summary["unequilibrated"]["samples"]}) == 12


def test_every_dilution_has_its_verdict_and_figure(tmp_path):
    out = finished(tmp_path, dilutions="[0.0, 0.25]")
    text = report.write(out)
    assert "transition at dilution 0: " in text
    assert "transition at dilution 0.25: " in text
    assert (out / "transition.png").exists()
    assert (out / "transition-dilution0.25.png").exists()
    summary = strict(out / "summary.json")
    assert [entry["dilution"] for entry in summary["dilutions"]] == [0.0, 0.25]
    assert summary["transition"] == summary["dilutions"][0]["transition"]


def test_planted_scan_alone_is_reported_and_twice_the_same(tmp_path):
    out = finished(tmp_path, symmetric="false")
    assert "planted weight" in report.write(out)
    assert "entropy/N" not in report.write(out)
    first, summary = report.write(out), (out / "summary.json").read_bytes()
    assert report.write(out) == first
    assert (out / "summary.json").read_bytes() == summary


def test_a_directory_without_chains_is_refused_and_left_alone(tmp_path):
    with pytest.raises(ChainError, match="not a run directory"):
        report.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_strict_values_hold_no_numpy_and_no_nan():
    value = {"a": np.float64("nan"), 1: [np.int64(3), (np.bool_(True), None)], "b": np.inf, "c": "text"}
    assert report._strict(value) == {"a": None, "1": [3, [True, None]], "b": None, "c": "text"}
