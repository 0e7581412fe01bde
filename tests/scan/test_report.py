"""What a scan ends with: tables, verdict, figure and a summary in strict JSON."""

import json

import numpy as np
import pytest

from glassnet.chains.segment import ChainError
from glassnet.chains.store import open_chains
from glassnet.scan import report, run
from glassnet.scan.config import UserError

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


def finished(directory, dilutions="[0.0]", symmetric="true", samples=2):
    """Directory of a finished run without its report."""
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(dilutions=dilutions, symmetric=symmetric, samples=samples))
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


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        (lambda data: data.isel(draw=[0]) if "draw" in data.dims else data, "N.* has fewer than two draws per chain"),
        (lambda data: data.drop_vars("energy", errors="ignore"), "chains hold no finished sample"),
        (lambda data: data.drop_vars("planted_overlap", errors="ignore"), "N.* holds no planted_overlap"),
    ],
)
def test_what_cannot_be_analysed_is_said_in_one_line_and_left_alone(written, monkeypatch, lacking, reason):
    out, _ = written
    before = (out / "summary.json").read_bytes()
    monkeypatch.setattr(report, "open_chains", lambda directory: open_chains(directory).map_over_datasets(lacking))
    with pytest.raises(UserError, match=f"out: cannot be analysed: .*{reason}.*; the chains are kept$") as raised:
        report.write(out)
    assert len(str(raised.value).splitlines()) == 1
    assert (out / "summary.json").read_bytes() == before


def test_a_single_sample_has_thermal_bars_and_says_so(tmp_path):
    out = finished(tmp_path, samples=1)
    text = report.write(out)
    title = "N = 12, dilution 0: 1 sample, entropy from n_weights ln 2 at T = inf; round trips per walker"
    assert f"{title}; bars of energy and <q^2> are thermal alone" in text
    table = next(block for block in text.split("\n\n") if "energy/N" in block)
    # four draws may not move on the coldest rung
    _, energy, entropy, square, *_ = table.splitlines()[-1].split()
    assert energy.endswith(")")
    assert square.endswith(")")
    assert not entropy.endswith(")")


def test_networks_have_the_weight_of_high_overlaps_in_place_of_a_binder_cumulant(tmp_path):
    path = tmp_path / "walks.toml"
    text = RUN_FILE.format(dilutions="[0.0]", symmetric="true", samples=2)
    text = text.replace('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 2.0')
    path.write_text(text.replace("[12, 24]", "[[2, 2, 2, 1], [4, 4, 4, 1]]").replace("planted = [0.6, 0.8]\n", ""))
    assert run.scan(path, tmp_path / "out") == 0
    text = report.write(tmp_path / "out")
    assert "Binder " not in text.split("transition at")[0]
    assert "high overlaps" in text
    assert "not asked of networks" in text


def test_a_directory_without_chains_is_refused_and_left_alone(tmp_path):
    with pytest.raises(ChainError, match="not a run directory"):
        report.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_strict_values_hold_no_numpy_and_no_nan():
    value = {"a": np.float64("nan"), 1: [np.int64(3), (np.bool_(True), None)], "b": np.inf, "c": "text"}
    assert report._strict(value) == {"a": None, "1": [3, [True, None]], "b": None, "c": "text"}
