"""Errors of few values."""

import numpy as np
import pytest

from glassnet.statistics.standard_errors import COVERAGE, standard_error, student_factor, thermal_error


def test_student_widens_the_errors_of_few_samples():
    # tables of Student's t: the interval of one standard deviation's confidence
    assert [student_factor(n) for n in (2, 4, 16)] == pytest.approx([1.837, 1.197, 1.034], abs=1e-3)


def test_thermal_errors_of_samples_add_in_quadrature():
    assert thermal_error(np.array([[3.0, 0.1], [4.0, 0.0]])) == pytest.approx([2.5, 0.05])
    assert thermal_error(np.array([[0.7]])) == pytest.approx([0.7])


@pytest.mark.parametrize("count", [2, 4, 16])
def test_errors_of_means_cover_as_they_state(count):
    """Exact for normal values: 4.5 standard deviations of a share of 40 000."""
    values = np.random.default_rng(count).normal(size=(40_000, count))
    covered = np.mean(np.abs(values.mean(axis=1)) < standard_error(values))
    assert abs(covered - COVERAGE) < 4.5 * np.sqrt(COVERAGE * (1 - COVERAGE) / 40_000)


def test_a_single_value_states_no_error():
    assert np.isnan(standard_error(np.ones((3, 1)))).all()
