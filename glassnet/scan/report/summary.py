"""The content of summary.json: the numbers of an analysis, for programs."""

import json
import math

import numpy as np

from glassnet.analysis.transition import Transition
from glassnet.analysis.transition_line import CriticalDilution
from glassnet.statistics.estimate import Estimate


def summary(results: list[Transition], theories: list, damaged: list[str], criticals: list[CriticalDilution]) -> dict:
    """The content of summary.json; `transition` and `theory` are those of the lowest dilution."""
    entries = [_entry(result, theory) for result, theory in zip(results, theories, strict=True)]
    several = {"dilutions": entries} if len(entries) > 1 else {}
    return entries[0] | several | {"damaged": damaged} | _criticals(criticals)


def _criticals(criticals: list[CriticalDilution]) -> dict:
    """The critical dilutions, by temperature; nothing without several dilutions."""
    rows = [
        {
            "temperature": one.temperature,
            "dilution": one.dilution,
            "stderr": one.stderr,
            "why": one.why,
            "provisional": estimate_entry(one.provisional),
            "estimates": [estimate_entry(estimate) for estimate in one.estimates],
        }
        for one in criticals
    ]
    return {"critical_dilutions": rows} if rows else {}


def _entry(result: Transition, theory) -> dict:
    return {
        "dilution": result.dilution,
        "effective_dilution": result.effective_dilution,
        "effective_dilutions": {} if result.common is None else result.common.sizes,
        "sizes": list(result.sizes),
        "transition": {
            "kind": result.kind,
            "temperature": result.temperature,
            "stderr": result.stderr,
            "provisional": estimate_entry(result.provisional),
            "evidence": [item._asdict() for item in result.evidence],
            "estimates": [estimate_entry(estimate) for estimate in result.estimates],
        },
        "complexity": _complexity(result),
        "theory": None
        if theory is None
        else {"static_temperature": theory.static_temperature(), "dynamic_temperature": theory.dynamic_temperature()},
        "unequilibrated": {
            "samples": [failure._asdict() for failure in result.equilibration.failures],
            "nodes": result.equilibration.nodes,
            "comparisons": result.equilibration.n_comparisons,
            "bound": result.equilibration.bound,
        },
        "missing_samples": result.missing,
    }


def estimate_entry(one: Estimate | None) -> dict | None:
    """All of an estimate as it stands in the summary; None without one."""
    names = ("name", "value", "stderr", "sizes", "statistical", "key")
    return None if one is None else {name: getattr(one, name) for name in names}


def _complexity(result: Transition) -> dict | None:
    """What field integration found; without it None."""
    if result.complexity is None:
        return None
    data = result.complexity.complexity
    columns = {name: data[name].values.tolist() for name in ("temperature", "mean", "stderr", "drift")}
    return {
        "zero": result.complexity.temperature,
        "zero_stderr": result.complexity.stderr,
        "system": data.attrs["system"],
        "effort": data.attrs["effort"],
        "temperatures": columns.pop("temperature"),
        **columns,
    }


def text(summary: dict) -> str:
    """Strict JSON: what is not a finite number is null."""
    return json.dumps(strict(summary), indent=1, allow_nan=False) + "\n"


def strict(value):
    """The same of types that JSON has: without numpy, and None in place of numbers that are not finite."""
    if isinstance(value, dict):
        return {str(key): strict(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(entry) for entry in value]
    if isinstance(value, (bool, np.bool_)) or value is None:
        return None if value is None else bool(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
