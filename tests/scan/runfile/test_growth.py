import pytest

from glassnet.scan.runfile.growth import objections
from glassnet.scan.runfile.schema import parse


@pytest.fixture
def change(run_text):
    """Objections to changing a part of the run file (or from one text to another)."""
    return lambda old, new: objections(parse(run_text(), "a"), parse(run_text(old, new), "b"), "results/x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("samples = 2", "samples = 3"),
        ("[12, 24]", "[24, 36, 12]"),
        ("[0.0, 0.25]", "[0.25, 0.1, 0.0]"),
        ("[0.6, 0.8]", "[0.8, 0.7, 0.6]"),
        ("sweeps = 40", "sweeps = 60"),
        ("samples = 2", "samples = 2\noutput = 'elsewhere'"),
        ("samples = 2", "samples = 2\n# a comment"),
        ("symmetric = true", "symmetric = true\nplanted_samples = 5"),
        ("degree = 4", 'degree = 4\ncouplings = "binary"'),
    ],
)
def test_what_may_grow(change, old, new):
    assert change(old, new) == []


RULE = "only samples, sizes, dilutions, planted and sweeps may grow (--out starts another directory)"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("samples = 2", "samples = 1", "samples: 1 here, but results/x was begun with 2; it may only grow"),
        ("[12, 24]", "[24, 36]", "scan.sizes: [24, 36] here, but results/x was begun with [12, 24]; it may only grow"),
        ("sweeps = 40", "sweeps = 20", "sampling.sweeps: 20 here, but results/x was begun with 40; it may only grow"),
        ("seed = 7", "seed = 8", f"seed: 8 here, but results/x was begun with 7; {RULE}"),
        ("degree = 4", "degree = 5", f"glass.degree: 5 here, but results/x was begun with 4; {RULE}"),
        ("replicas = 4", "replicas = 6", f"sampling.replicas: 6 here, but results/x was begun with 4; {RULE}"),
        (
            "thermalization = 20",
            "thermalization = 30",
            f"sampling.thermalization: 30 here, but results/x was begun with 20; {RULE}",
        ),
        (
            "measure_every = 10",
            "measure_every = 20",
            f"sampling.measure_every: 20 here, but results/x was begun with 10; {RULE}",
        ),
        (
            "symmetric = true",
            "symmetric = false",
            "scan.symmetric: false here, but results/x holds glasses as drawn; symmetric = true in [scan] keeps them "
            "and adds the planted ones (--out starts another directory)",
        ),
        (
            "planted = [0.6, 0.8]\n",
            "",
            "scan.planted: [] here, but results/x was begun with [0.6, 0.8]; it may only grow",
        ),
    ],
)
def test_what_may_not_change(change, old, new, line):
    assert change(old, new) == [line]


def test_ladders_are_shown_with_every_default(change):
    symmetric, planted = change("n = 4", "n = 5")
    assert symmetric.startswith(
        "sampling.temperatures: {min = 0.5, max = 1.5, n = 5, spacing = 'geometric', infinite = true} here"
    )
    assert "infinite = false" in planted


def test_own_keys_of_planted_tasks_are_named(run_text):
    begun = parse(run_text("measure_every = 10", "measure_every = 10\n[sampling.planted]\nsweeps = 80"), "a")
    assert objections(begun, parse(run_text(), "b"), "x") == [
        "sampling.planted.sweeps: 40 here, but x was begun with 80; it may only grow"
    ]


def test_a_symmetric_scan_may_get_planted_tasks(run_text):
    begun = parse(run_text("planted = [0.6, 0.8]\n", "", "replicas = 4", "replicas = 3"), "a")
    own = ("replicas = 4", "replicas = 3", "measure_every = 10", "measure_every = 10\n[sampling.planted]\nreplicas = 8")
    assert objections(begun, parse(run_text(*own), "b"), "x") == []


def test_the_first_planting_temperature_says_which_key_keeps_the_glasses_as_drawn(run_text):
    begun = parse(run_text("planted = [0.6, 0.8]\n", "", "symmetric = true\n", ""), "a")
    assert objections(begun, parse(run_text("symmetric = true\n", ""), "b"), "x") == [
        "scan.symmetric: false by default where scan.planted is not empty, but x holds glasses as drawn; "
        "symmetric = true in [scan] keeps them and adds the planted ones (--out starts another directory)"
    ]
