"""The zero of the complexity and its error."""

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from glassnet.analysis.field_integration.complexity_zero import zero
from glassnet.analysis.field_integration.instance_averages import Averages


def averages(values, within=None):
    """Instances of one size whose complexities are `values` (temperature, instance), without controls."""
    rest = np.zeros(len(values))
    within = np.zeros(values.shape) if within is None else within
    return Averages(values, within, np.zeros((*values.shape, 2)), np.zeros(values.shape), None, rest, rest, rest, 400)


def test_the_zero_of_a_parabola_and_its_error():
    """Instances of one parabola shifted by noise of 0.01: root and error exactly those of the shifts."""
    temperatures = np.array([1.0, 1.2, 1.5])
    shift = np.array([-0.01, 0.0, 0.01, 0.0])
    values = ((temperatures - 1.1) * (2 - 0.5 * temperatures))[:, None] + shift
    mean, clear = values.mean(axis=1), np.full(3, 1e-3)
    root, stderr = zero(temperatures, averages(values), mean, clear)
    assert abs(root - 1.1) < 1e-12
    slope, of_few = 2 - 0.5 * 1.1, student.ppf(norm.cdf(1), 3)
    inverse = np.polynomial.Polynomial.fit(1 / temperatures, mean, 2).roots()
    bent = np.abs(1 / inverse - 1.1).min()
    assert abs(stderr - np.hypot(of_few * shift.std(ddof=1) / 2 / slope, bent)) < 1e-9
    # plantings that scatter more than the instances do set the error
    scattered = averages(values, np.full((3, 4), 0.1))
    assert zero(temperatures, scattered, mean, clear)[1] > 0.05 / slope
    # what noise or a finite size may have made is no zero
    assert np.isnan(zero(temperatures, averages(values), mean, np.full(3, 0.06))[0])
    assert np.isnan(zero(temperatures, averages(values), mean, clear, (0.2, 0.0))[0])
    assert np.isnan(zero(temperatures, averages(values), mean, clear, (0.0, 0.6))[0])
