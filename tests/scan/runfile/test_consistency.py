"""Mistakes of a run file that concern more than one key, or the memory of this machine."""

import re

import pytest

ONE_MISTAKE = [
    ("samples = 2", "samples = 2000000", "samples: must not ask for more than 10000000 tasks, got 24000000"),
    ("p = 3", "", "glass.p: is missing, ensemble 'regular' needs it"),
    ("degree = 4", "alpha = 2.0", "glass.degree: is missing, ensemble 'regular' needs it"),
    (
        "degree = 4",
        "degree = 4\nalpha = 2.0",
        "glass.alpha: does not belong to ensemble 'regular', which",
    ),
    ('"regular"', '"walks"', "glass.p: does not belong to ensemble 'walks', whose widths give it"),
    ("degree = 4", "degree = 4\nbias = 0.5", "scan.planted: signs of planted couplings are drawn anew"),
    ("degree = 4", 'degree = 4\nbias = 0.5\ncouplings = "gaussian"', "glass.bias: is the mean of binary couplings"),
    ("[12, 24]", "[12, 25]", "scan.sizes[1]: size * degree must be divisible by p, got 25 * 4 and p = 3"),
    ("[12, 24]", "[12, [2, 2]]", "scan.sizes[1]: must be a number of weights for ensemble 'regular', got [2, 2]"),
    ("[12, 24]", "[12, 12]", "scan.sizes[1]: has 12 weights as sizes[0] has; sizes must differ in their weights"),
    ("[0.0, 0.25]", "[0.25, 0.25]", "scan.dilutions[1]: must not repeat, got 0.25 twice"),
    ("[0.0, 0.25]", "[0.99]", "scan.dilutions[0]: must leave connections, 0.99 empties sizes[0] or a layer"),
    ("[0.6, 0.8]", "[0.6, 1.5]", "scan.planted[1]: must be below the last rung 1.5 of sampling.temperatures, got 1.5"),
    ("[0.6, 0.8]", "[0.6, 0.6]", "scan.planted[1]: must not repeat, got 0.6 twice"),
    (
        "planted = [0.6, 0.8]",
        "planted_samples = 3",
        "scan.planted_samples: needs planting temperatures",
    ),
    ("planted = [0.6, 0.8]\nsymmetric = true", "symmetric = false", "scan.symmetric: needs planting temperatures"),
    ("min = 0.5", "min = 2.5", "sampling.temperatures.max: must be above min = 2.5, got 1.5"),
    ("{min = 0.5, max = 1.5, n = 4}", "[0.5, 0.5]", "sampling.temperatures[1]: must be above 0.5, got 0.5"),
    ("{min = 0.5, max = 1.5, n = 4}", "[0.5, inf, inf]", "sampling.temperatures[2]: must be above inf, got inf"),
    ("replicas = 4", "replicas = 3", "sampling.replicas: must be even in a planted scan"),
    (
        "replicas = 4",
        "replicas = 1",
        "sampling.replicas: must be at least 2 to measure overlap",
    ),
    ("sweeps = 40", "sweeps = 45", "sampling.measure_every: must divide sweeps = 45, got 10"),
    (
        "measure_every = 10",
        "measure_every = 10\nmeasure = ['planted_overlap']",
        "sampling.measure: planted_overlap needs a planted state, the symmetric scan has none; "
        "measure in [sampling.planted] is for planted tasks alone",
    ),
    (
        "measure_every = 10",
        "measure_every = 10\n[sampling.planted]\nsweeps = 15",
        "sampling.measure_every: must divide sweeps = 15, got 10",
    ),
    ("sweeps = 40", "sweeps = 10", "sampling.measure_every: must leave at least 2 measurements in sweeps = 10, got 10"),
    (
        "[12, 24]",
        "[12, 1_200_000_000]",
        "scan.sizes[1]: a glass of 1200000000 weights and 1600000000",
    ),
    ("[12, 24]", "[12, 2_000_000_001]", "scan.sizes[1]: must not need more than 2147483647 weights or paths"),
    ("sweeps = 40", "sweeps = 4_000_000_000_000", "sampling.sweeps: a chain of 400000000000 draws at 5 temperatures"),
    (
        "[12, 24]",
        "[12, 240_000_000]",
        "sampling.replicas: a set of 20 configurations of 240000000 weights needs 9600000000 bytes, but only",
    ),
]


@pytest.mark.parametrize(("old", "new", "line"), ONE_MISTAKE)
def test_a_mistake_is_named(mistakes, old, new, line):
    assert any(found.startswith(line) for found in mistakes(old, new))


def test_memory_says_the_bytes(mistakes):
    line = mistakes("[12, 24]", "[12, 1_200_000_000]")[0]
    needed, available = map(int, re.search(r"needs (\d+) bytes.* only (\d+) bytes of memory", line).groups())
    assert needed > 1_600_000_000 * 3 * 4
    assert available == 8 * 10**9


@pytest.mark.parametrize(
    ("ensemble", "sizes", "line"),
    [
        ('"layered"\np = 3\nalpha = 1.0', "[12, 25]", "scan.sizes[1]: must be divisible by p = 3"),
        ('"layered"\np = 3\nalpha = 1.0', "[12, 1]", "scan.sizes[1]: must be at least p = 3, got 1"),
        ('"poisson"\np = 30\nalpha = 1.0', "[24]", "scan.sizes[0]: must be at least p = 30, got 24"),
        ('"walks"\nalpha = 1.0', "[12]", "scan.sizes[0]: must be a list of widths for ensemble 'walks', got 12"),
        (
            '"walks"\nalpha = 1.0',
            "[[2, 2]]",
            "scan.sizes[0]: must have at least 3 widths (p = widths - 1 >= 2)",
        ),
        ('"walks"\nalpha = 1.0', "[[2, 2, 0]]", "scan.sizes[0]: must be in [1, 2147483647], got [2, 2, 0]"),
        ('"walks"\nalpha = 1.0', "[[4, 4, 4], [4, 4, 4, 4]]", "scan.sizes[1]: must have 3 widths as sizes[0] has"),
        ('"walks"\nalpha = 1.0', "[[2, 4, 2], [4, 2, 4]]", "scan.sizes[1]: has 16 weights as sizes[0] has"),
        ('"walks"\nalpha = 1e300', "[[4, 4, 4]]", "scan.sizes[0]: must not need more than 2147483647 weights or paths"),
    ],
)
def test_sizes_must_suit_the_ensemble(mistakes, ensemble, sizes, line):
    found = mistakes('"regular"\np = 3\ndegree = 4', ensemble, "[12, 24]", sizes)
    assert any(entry.startswith(line) for entry in found)


def test_layers_may_not_be_emptied(mistakes):
    walks = ('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 1.0', "[12, 24]", "[[5, 5, 5, 1]]", "0.25", "0.95")
    assert mistakes(*walks) == ["scan.dilutions[1]: must leave connections, 0.95 empties sizes[0] or a layer"]
