"""summary.json: strict JSON with what is asked for."""

from dataclasses import asdict

import numpy as np
import pytest

from glassnet.analysis.verdict.evidence_table import EVIDENCE
from glassnet.scan.report import summary
from glassnet.statistics.estimate import Estimate


def test_summary_is_strict_json_with_what_is_asked_for(strict_json, written):
    summary = strict_json(written[0] / "summary.json")
    assert summary["sizes"] == [12, 24]
    assert summary["transition"]["kind"] == "undecided"
    assert summary["transition"]["temperature"] is None
    assert summary["transition"]["stderr"] is None
    asked = {item["key"]: item["name"] for item in summary["transition"]["evidence"]}
    assert asked["planted_crossing"] == "planted weight crosses"
    assert asked["equilibration"] == "equilibrium"
    assert summary["theory"]["static_temperature"] == pytest.approx(0.65448, abs=1e-3)
    assert summary["theory"]["dynamic_temperature"] == pytest.approx(0.75279, abs=1e-3)
    # four draws prove nothing: every sample is named
    assert len({(entry["path"], entry["sample"]) for entry in summary["unequilibrated"]["samples"]}) == 12


def test_strict_values_hold_no_numpy_and_no_nan():
    value = {"a": np.float64("nan"), 1: [np.int64(3), (np.bool_(True), None)], "b": np.inf, "c": "text"}
    assert summary.strict(value) == {"a": None, "1": [3, [True, None]], "b": None, "c": "text"}


def test_every_item_of_real_evidence_is_a_question_of_the_catalogue(strict_json, written):
    """An item renamed in the analysis would silently lose its question."""
    items = strict_json(written[0] / "summary.json")["transition"]["evidence"]
    names = {row.key: row.name for row in EVIDENCE}
    assert {row.key for row in EVIDENCE if row.answer is not None} <= {item["key"] for item in items}
    assert all(item["name"] == names[item["key"]] for item in items)


def test_an_estimate_is_written_whole():
    one = Estimate(0.7, 0.1, "peak weight 1/10", (12, 24), 0.05, "peak_weight")
    assert summary.estimate_entry(one) == asdict(one)
    assert summary.estimate_entry(None) is None
