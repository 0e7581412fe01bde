"""Numbers with statistical errors, out of populations that move by chance."""

import math
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A value and its standard error; prints as 0.75281(9)."""

    value: float
    stderr: float

    def __str__(self):
        if not self.stderr > 0.0 or not math.isfinite(self.stderr):
            return f"{self.value:zg}"
        decimals = max(0, 1 - math.floor(math.log10(self.stderr)))
        digits = round(self.stderr * 10**decimals)
        if digits < 20 or decimals == 0:
            return f"{self.value:.{decimals}f}({digits})"
        return f"{self.value:.{decimals - 1}f}({round(digits / 10)})"


def table(title: str, rows: dict) -> str:
    """Return a title and one line for every number or Estimate of `rows`, their decimal points in one column."""
    shown = {name: str(value) if isinstance(value, Estimate) else f"{value:zg}" for name, value in rows.items()}
    width = max(map(len, shown))
    before = max(len(text.replace("(", ".").partition(".")[0]) for text in shown.values())
    lines = [title]
    for name, text in shown.items():
        point = len(text.replace("(", ".").partition(".")[0])
        lines.append(f"{name:{width + 2}}{' ' * (before - point)}{text}")
    return "\n".join(lines)


def mean(series) -> Estimate:
    """Return the mean of a stationary series and its error, autocorrelation included.

    The integrated autocorrelation time is summed over a window of five times itself (A. D. Sokal, Cargese lectures,
    1996), corrected for the finite length (U. Wolff, Comput. Phys. Commun. 156, 143 (2004)), and grows the error by the
    square root of twice its value.
    """
    series = np.asarray(series, dtype=np.float64)
    n = len(series)
    deviation = series - series.mean()
    spectrum = np.abs(np.fft.rfft(deviation, 2 * n)) ** 2
    correlation = np.fft.irfft(spectrum)[:n]
    if correlation[0] <= 1e-28 * n * max(1.0, series.mean() ** 2):  # constant up to rounding
        return Estimate(float(series.mean()), 0.0)
    time = 2.0 * np.cumsum(correlation / correlation[0]) - 1.0
    window = int(np.argmax(np.arange(n) >= 2.5 * time)) or n - 1
    effective = n / max(1.0, time[window] * (1.0 + (2.0 * window + 1.0) / n))
    return Estimate(float(series.mean()), math.sqrt(correlation[0] / n / max(1.0, effective - 1.0)))


def fit(functions, values: list[Estimate]) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and their covariance of a weighted least-squares fit.

    Parameters
    ----------
    functions : (n, n_coefficients) floats
        The functions at each point.
    values : list of n Estimates
        The covariance grows to chi^2 per degree of freedom where chi^2 lies three deviations above what is expected.
    """
    weight = 1.0 / np.maximum([one.stderr for one in values], 1e-15)
    matrix = np.asarray(functions, dtype=np.float64) * weight[:, None]
    target = np.array([one.value for one in values]) * weight
    covariance = np.linalg.inv(matrix.T @ matrix)
    coefficients = covariance @ matrix.T @ target
    freedom = len(values) - matrix.shape[1]
    chi2 = float(np.sum((target - matrix @ coefficients) ** 2))
    if chi2 > freedom + 3.0 * math.sqrt(2.0 * freedom) and freedom > 0:
        covariance *= chi2 / freedom
    return coefficients, covariance


def in_size(sizes, values: list[Estimate]) -> Estimate:
    """Extrapolate values at several population sizes to infinite size, linearly in 1/size; one size stays as it is."""
    if len(values) == 1:
        return values[0]
    inverse = 1.0 / np.asarray(sizes, dtype=np.float64)
    coefficients, covariance = fit(np.column_stack([np.ones_like(inverse), inverse / inverse.max()]), values)
    return Estimate(float(coefficients[0]), math.sqrt(covariance[0, 0]))
