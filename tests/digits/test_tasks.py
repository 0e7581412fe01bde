"""Examples of tasks, which couplings may come from, are the same on every machine, read from the syntax trees."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("same_digits", Path(__file__).with_name("same_digits.py"))
same_digits = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(same_digits)

STARTS = ("network.tasks.two_classes", "network.tasks.images")
ENDS = ("_face",)
WHOLE = "a sum or product of integers"
#: (module, function, what it does there): why it may
ALLOWED = {
    ("network.tasks.two_classes", "BinaryTask.mean", "sum"): WHOLE,
    ("network.tasks.two_classes", "BinaryTask.__str__", "mean"): "words about a task",
    ("network.tasks.two_classes", "teacher", "sum"): WHOLE,
    ("network.tasks.two_classes", "parity_of_signs", "sum"): WHOLE,
    ("network.tasks.images", "_scikit_digits", "sklearn.datasets.load_digits"): "reads a file",
    ("network.tasks.images", "_blocks", "sum"): WHOLE,
    **{("network.sign_networks", name, "numpy.prod"): WHOLE for name in ("outputs", "errors")},
    ("network.sign_networks", "errors", "@"): WHOLE,
    ("network.sign_networks", "_blocks", "numpy.matmul"): "sums of integers, exact in any order, for weights +-1",
    ("network.sign_networks", "_blocks", "sum"): WHOLE,
    ("network.weight_matrices", "_listed", "numpy.iterable"): "whether it is a list",
}


@pytest.mark.parametrize("start", STARTS)
def test_every_suspect_operation_has_its_reason(start):
    modules = same_digits.closure(start, ENDS)
    found = {(module, *place) for module, tree in modules.items() for place in same_digits.suspects(tree)}
    assert sorted(found - ALLOWED.keys()) == []
    assert sorted(place for place in ALLOWED.keys() - found if place[0] == start) == [], "allowed and no longer there"
    assert not {"network.layers", "network.activations"} & modules.keys()
