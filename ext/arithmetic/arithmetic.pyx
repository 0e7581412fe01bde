"""Arithmetic that gives the same bits on every machine: exp, log, tanh, power and sums.

numpy and libm choose their code by the processor, BLAS by the number of cores as well, and their results differ in the
last bit. Whatever decides something or is stored is computed by these functions: additions, multiplications, divisions
and square roots of IEEE 754 in a fixed order, compiled without fused multiply-adds.
"""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t

cdef extern from "energies.h" nogil:
    ctypedef struct portable_sum_t:
        double sum, lost

    double portable_exp(double x)
    double portable_log(double x)
    double portable_fermi(double x)
    double portable_tanh(double x)
    void portable_add(portable_sum_t *s, double x)
    void c_energies "energies"(int64_t n_states, int64_t n_paths, int64_t p, const int32_t *paths,
                               const double *coupling, const int8_t *weight, double *energy)

cdef double _SMALLEST = 2.0**-1022, _INFINITY = float("inf"), _NAN = float("nan")

ctypedef double (*function)(double x) noexcept nogil


cdef _elementwise(x, function of):
    """A function of every element: an array of the shape of `x`, or a float64."""
    values = np.array(x, dtype=np.float64, order="C")
    cdef double[::1] flat = values.reshape(-1)
    cdef int64_t i
    with nogil:
        for i in range(flat.shape[0]):
            flat[i] = of(flat[i])
    return values[()]


cdef double _exp(double x) noexcept nogil:
    return portable_exp(x)


cdef double _log(double x) noexcept nogil:
    if not x > 0.0:
        return -_INFINITY if x == 0.0 else _NAN
    if x == _INFINITY:
        return x
    # 36.04... = 52 ln 2: of a subnormal number the kernel's logarithm knows nothing
    return portable_log(x) if x >= _SMALLEST else portable_log(x * 4503599627370496.0) - 36.04365338911715


cdef double _fermi(double x) noexcept nogil:
    return portable_fermi(x)


cdef double _tanh(double x) noexcept nogil:
    return portable_tanh(x)


def exp(x):
    """Exponential, element by element; relative error below 4e-16, 0 below -708, inf above 709."""
    return _elementwise(x, _exp)


def log(x):
    """Natural logarithm, element by element; relative error below 4e-16. -inf at 0, nan below."""
    return _elementwise(x, _log)


def tanh(x):
    """Hyperbolic tangent, element by element; absolute error below 4e-16."""
    return _elementwise(x, _tanh)


def fermi(x):
    """1 / (1 + exp(x)) = (1 - tanh(x / 2)) / 2, element by element; relative error below 6e-16."""
    return _elementwise(x, _fermi)


def power(x, y):
    """x^y for x > 0, element by element as numpy broadcasts; relative error below 5e-16 (1 + |y ln x|)."""
    return exp(np.asarray(y, dtype=np.float64) * log(x))


def total(x):
    """Sum of finite numbers in their order, in about twice the digits of float64 and rounded in the end.

    Parameters
    ----------
    x : array_like of float64
        In the order of its axes, the last one fastest.

    Returns
    -------
    float
    """
    cdef const double[::1] flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    cdef portable_sum_t s
    cdef int64_t i
    s.sum, s.lost = 0.0, 0.0
    with nogil:
        for i in range(flat.shape[0]):
            portable_add(&s, flat[i])
    return s.sum + s.lost


def energies(const int32_t[:, ::1] paths, const double[::1] couplings, const int8_t[:, ::1] weights):
    """-sum_a J_a prod_{i in a} w_i of many configurations, with the sums of :func:`total`.

    Parameters
    ----------
    paths : (n_paths, p) int32
    couplings : (n_paths,) float64
    weights : (n_weights, n_states) int8, +-1
        One configuration to a column.

    Returns
    -------
    (n_states,) float64
    """
    cdef int64_t n_paths = paths.shape[0], n_states = weights.shape[1]
    energy = np.zeros(n_states)
    cdef double[::1] out = energy
    if n_paths and n_states:
        with nogil:
            c_energies(n_states, n_paths, paths.shape[1], &paths[0, 0], &couplings[0], &weights[0, 0], &out[0])
    return energy


def acceptance(double gap, const double[::1] cold, const double[::1] of_cold, const double[::1] hot,
               const double[::1] of_hot):
    """sum_{c,h} p_c p_h min(1, exp(gap (E_c - E_h))): how often two rungs would exchange configurations.

    Parameters
    ----------
    gap : float
        Difference >= 0 of the inverse temperatures.
    cold, of_cold, hot, of_hot : (n,) float64
        Energies on either rung and their probabilities.

    Returns
    -------
    float
        At most 1, but for rounding.
    """
    cdef portable_sum_t outer, inner
    cdef int64_t c, h
    cdef double x
    outer.sum, outer.lost = 0.0, 0.0
    with nogil:
        for c in range(cold.shape[0]):
            inner.sum, inner.lost = 0.0, 0.0
            for h in range(hot.shape[0]):
                x = gap * (cold[c] - hot[h])
                portable_add(&inner, of_hot[h] if x >= 0.0 else of_hot[h] * portable_exp(x))
            portable_add(&outer, of_cold[c] * (inner.sum + inner.lost))
    return outer.sum + outer.lost
