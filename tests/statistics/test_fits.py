"""Fits against answers in closed form, and their errors against the scatter of fits to drawn data."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from glassnet.statistics.estimate import Estimate
from glassnet.statistics.fits import (
    extrapolated_in_size,
    fit_estimates,
    fit_rows,
    logistic_regression,
    polynomial_through,
    rising_root,
    straight_line,
    weighted_least_squares,
)

X = np.arange(5.0)
LINE = [np.ones(5), X]


def test_errors_of_a_weighted_line_are_the_scatter_of_fits_to_drawn_data():
    """2000 draws: 4.5 standard errors of the mean, and 10 per cent of the scatter."""
    rng, sigma = np.random.default_rng(1), np.array([0.1, 0.2, 0.1, 0.4, 0.1])
    drawn = 1.0 + 0.5 * X + sigma * rng.normal(size=(2000, 5))
    found = [straight_line(X, values, sigma) for values in drawn]
    for part, truth in enumerate((1.0, 0.5)):
        values, stderr = np.array([one[part].value for one in found]), found[0][part].stderr
        assert abs(values.mean() - truth) < 4.5 * stderr / np.sqrt(2000)
        assert values.std() == pytest.approx(stderr, rel=0.1)
    chi2 = [weighted_least_squares(LINE, values, sigma).chi2 for values in drawn]
    assert np.mean(chi2) == pytest.approx(3, abs=4.5 * np.sqrt(6 / 2000))


def test_roots_of_lines_scatter_as_stated():
    rng = np.random.default_rng(2)
    found = [
        weighted_least_squares(LINE, 0.5 * (X - 1.7) + 0.01 * rng.normal(size=5), np.full(5, 0.01)) for _ in range(500)
    ]
    roots = np.array([one.root().value for one in found])
    assert roots.mean() == pytest.approx(1.7, abs=1e-2)
    assert roots.std() == pytest.approx(found[0].root().stderr, rel=0.15)


def test_exact_data_have_exact_coefficients_and_unknown_errors_leave_them_unknown():
    exact = weighted_least_squares(LINE, 1.0 + 0.5 * X, np.zeros(5))
    assert [one.stderr for one in exact.estimates] == [0.0, 0.0]
    unknown = weighted_least_squares(LINE, 1.0 + 0.5 * X, np.array([0.1, np.nan, 0.1, 0.1, 0.1]))
    assert np.isnan([one.stderr for one in unknown.estimates]).all()
    for fit in (exact, unknown):
        assert fit.coefficients == pytest.approx([1.0, 0.5])
        assert fit.birge_ratio() == 1.0


def test_a_point_without_error_beside_others_holds_the_fit():
    stderr = np.array([0.1, 0.0, 0.1, 0.1, 0.1])
    level, slope = straight_line(X, np.array([0.0, 1.0, 4.0, 6.0, 8.0]), stderr)
    assert level.value + slope.value == pytest.approx(1.0, abs=1e-6)


def test_what_does_not_fit_costs_error():
    straight = [Estimate(1.0 + 0.5 * x, 0.1) for x in range(5)]
    fit = fit_estimates(LINE, straight)
    assert fit.coefficients == pytest.approx([1.0, 0.5])
    bent = [Estimate(one.value + (x - 2) ** 2, 0.1) for x, one in enumerate(straight)]
    assert fit_estimates(LINE, bent).covariance[0, 0] > 10 * fit.covariance[0, 0]


def test_the_birge_ratio_is_one_within_what_is_expected():
    bent = 1.0 + 0.5 * X + 0.13 * (X - 2) ** 2
    fit = weighted_least_squares(LINE, bent, np.full(5, 0.1))
    assert fit.birge_ratio() == pytest.approx(np.sqrt(fit.chi2 / 3))
    assert 3 < fit.chi2 < 3 + 10 * np.sqrt(6)
    assert fit.birge_ratio(10.0) == 1.0
    assert weighted_least_squares([np.ones(2), X[:2]], bent[:2], np.full(2, 0.1)).birge_ratio() == 1.0


def test_extrapolation_in_size():
    rng = np.random.default_rng(1)
    sizes = [1000, 4000, 16000]
    found = []
    for _ in range(200):
        values = 0.5 + 2.0 / np.array(sizes) + 1e-4 * rng.standard_normal(3)
        found.append(extrapolated_in_size(sizes, [Estimate(value, 1e-4) for value in values]))
    pulls = np.array([(one.value - 0.5) / one.stderr for one in found])
    assert abs(pulls.mean()) < 0.25
    assert 0.8 < pulls.std() < 1.15
    assert extrapolated_in_size([1000], [Estimate(0.5, 0.1)]) == Estimate(0.5, 0.1)


def test_rows_are_fitted_one_by_one():
    rows = np.random.default_rng(3).normal(size=(4, 5))
    expected = [np.polynomial.polynomial.polyfit(X, row, 1) for row in rows]
    assert fit_rows(LINE, rows) == pytest.approx(np.array(expected))


def test_the_polynomial_through_three_places():
    x = np.array([-1.0, 0.5, 2.0])
    assert polynomial_through(x) @ (3 - x + 2 * x**2) == pytest.approx([3, -1, 2])


def test_logistic_regression_finds_the_maximum_likelihood():
    rng = np.random.default_rng(1)
    design = np.stack([np.ones(12), rng.normal(size=12)], axis=1)
    n_samples, weight = np.full(12, 10.0), rng.random((3, 12))
    theta = logistic_regression(design, n_samples, weight)
    for row, found in zip(weight, theta, strict=True):

        def loss(parameters, row=row):
            mean = expit(design @ parameters)
            return -np.sum(n_samples * (row * np.log(mean) + (1 - row) * np.log(1 - mean)))

        assert found == pytest.approx(minimize(loss, [0.0, 0.0]).x, abs=1e-3)


@pytest.mark.parametrize(
    ("coefficients", "root"), [((-2.0, 1.0, 0.0), 2.0), ((-3.0, 2.0, 1.0), 1.0), ((3.0, 2.0, 1.0), np.nan)]
)
def test_rising_root(coefficients, root):
    found = rising_root(*(np.array([c]) for c in coefficients))[0]
    assert found == pytest.approx(root, nan_ok=True)
