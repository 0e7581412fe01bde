import numpy as np
import pytest

from glassnet.theory import estimates
from glassnet.theory.estimates import Estimate


def correlated(n, memory, seed):
    """A series with correlation memory^t and unit variance."""
    rng = np.random.default_rng(seed)
    series = np.empty(n)
    series[0] = rng.standard_normal()
    kicks = rng.standard_normal(n) * np.sqrt(1 - memory**2)
    for i in range(1, n):
        series[i] = memory * series[i - 1] + kicks[i]
    return series


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_error_of_a_correlated_mean(memory):
    n = 4000
    exact = np.sqrt((1 + memory) / (1 - memory) / n)
    errors = [estimates.mean(correlated(n, memory, seed)).stderr for seed in range(20)]
    assert np.mean(errors) == pytest.approx(exact, rel=0.1)


def test_means_scatter_as_stated():
    found = [estimates.mean(correlated(1000, 0.8, seed)) for seed in range(200)]
    pulls = np.array([one.value / one.stderr for one in found])
    assert pulls.std() == pytest.approx(1.0, abs=0.2)  # 200 samples: 0.05, and the noise of the errors themselves


def test_constant_series():
    assert estimates.mean(np.full(100, 0.1)) == (pytest.approx(0.1), 0.0)


def test_extrapolation_in_size():
    rng = np.random.default_rng(1)
    sizes = [1000, 4000, 16000]
    found = []
    for _ in range(200):
        values = 0.5 + 2.0 / np.array(sizes) + 1e-4 * rng.standard_normal(3)
        found.append(estimates.in_size(sizes, [Estimate(value, 1e-4) for value in values]))
    pulls = np.array([(one.value - 0.5) / one.stderr for one in found])
    assert abs(pulls.mean()) < 0.25
    assert 0.8 < pulls.std() < 1.15
    assert estimates.in_size([1000], [Estimate(0.5, 0.1)]) == (0.5, 0.1)


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [(0.752813, 0.00009, "0.75281(9)"), (0.752813, 0.00012, "0.75281(12)"), (0.5, 0.0, "0.5"), (-12.3, 3.0, "-12(3)")],
)
def test_printing(value, stderr, text):
    assert str(Estimate(value, stderr)) == text


def test_what_does_not_fit_costs_error():
    line = np.column_stack([np.ones(5), np.arange(5)])
    straight = [Estimate(1.0 + 0.5 * x, 0.1) for x in range(5)]
    coefficients, covariance = estimates.fit(line, straight)
    assert coefficients == pytest.approx([1.0, 0.5])
    bent = [Estimate(one.value + (x - 2) ** 2, 0.1) for x, one in enumerate(straight)]
    assert estimates.fit(line, bent)[1][0, 0] > 10 * covariance[0, 0]


def test_tables_stand_at_the_decimal_points():
    rows = {"one": Estimate(-12.345, 0.012), "the other": 0.5, "none": Estimate(0.0, 0.0)}
    assert estimates.table("title", rows) == "title\none        -12.345(12)\nthe other    0.5\nnone         0"
