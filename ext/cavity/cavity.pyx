"""Population dynamics of the cavity equations; cavity.h says how. Temperature stands in the couplings alone.

Fields are ratios exp(-2 abs(H)) in (0, 1], couplings exp(-2 beta abs(J)). Everything is checked before it comes here
(glassnet.theory): this module trusts its arguments. The GIL is released while a population moves.
"""

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc


cdef extern from "cavity.h" nogil:
    ctypedef struct branch_t:
        int64_t n_factors, n_couplings
        const double *coupling
        const double *cumulative
        double m

    ctypedef struct fields_t:
        int64_t n_sites, n_members
        const double *ratio

    ctypedef struct scratch_t:
        double *member
        double *weight
        const double **coupling
        const double **site

    double c_planted_step "planted_step"(const branch_t *b, const fields_t *f, double *next, uint64_t *s)
    void c_planted_observe "planted_observe"(const branch_t *b, const fields_t *f, int64_t n, double *sums, uint64_t *s)
    double c_state_step "state_step"(const branch_t *b, const fields_t *f, double *next, const scratch_t *c, uint64_t *s)
    void c_state_weights "state_weights"(const branch_t *b, const fields_t *f, int64_t n, double *sums,
                                         const scratch_t *c, uint64_t *s)
    void c_state_paths "state_paths"(const branch_t *b, const fields_t *f, int64_t n, double *sums,
                                     const scratch_t *c, uint64_t *s)


cdef branch_t _branch(const double[::1] coupling, const double[::1] cumulative, int64_t n_factors, double m):
    cdef branch_t b
    b.n_factors, b.n_couplings, b.m = n_factors, coupling.shape[0], m
    b.coupling, b.cumulative = &coupling[0], &cumulative[0]
    return b


cdef fields_t _fields(const double[:, ::1] ratio):
    cdef fields_t f
    f.n_sites, f.n_members, f.ratio = ratio.shape[0], ratio.shape[1], &ratio[0, 0]
    return f


cdef class _Scratch:
    cdef scratch_t c

    def __cinit__(self, int64_t n_members, int64_t n_degrees, int64_t n_factors):
        cdef int64_t paths = n_degrees if n_degrees > 2 else 2
        self.c.member = <double *>malloc(n_members * sizeof(double))
        self.c.weight = <double *>malloc(n_members * sizeof(double))
        self.c.coupling = <const double **>malloc(paths * sizeof(double *))
        self.c.site = <const double **>malloc(paths * n_factors * sizeof(double *))
        if not (self.c.member and self.c.weight and self.c.coupling and self.c.site):
            raise MemoryError

    def __dealloc__(self):
        free(self.c.member)
        free(self.c.weight)
        free(self.c.coupling)
        free(self.c.site)


def planted_step(const double[:, ::1] fields, double[:, ::1] out, const double[::1] coupling,
                 const double[::1] cumulative, int64_t n_factors, uint64_t[::1] rng):
    """Write the next population of the planted glass (m = 1).

    Parameters
    ----------
    fields, out : (1, n_members) float64
        Ratios of the fields, before and after.
    coupling : (n,) float64
        Ratios of the couplings; each path draws one.
    cumulative : (n,) float64
        Probability of at most 0, 1, 2, ... further paths; ends in 1.
    n_factors : int
        p - 1.
    rng : (4,) uint64
        State of the generator, advanced.

    Returns
    -------
    float
        Mean of tanh^2 of the new fields.
    """
    cdef branch_t b = _branch(coupling, cumulative, n_factors, 1.0)
    cdef fields_t f = _fields(fields)
    cdef double mean
    with nogil:
        mean = c_planted_step(&b, &f, &out[0, 0], &rng[0])
    return mean


def planted_observe(const double[:, ::1] fields, const double[::1] coupling, const double[::1] cumulative,
                    int64_t n_factors, int64_t n, uint64_t[::1] rng):
    """Return three means over `n` weights with all their paths (degrees from `cumulative`) and over `n` paths.

    They are tanh^2 of the field, ln z of the weight and ln z of the path, z = 1 without fields.
    """
    cdef branch_t b = _branch(coupling, cumulative, n_factors, 1.0)
    cdef fields_t f = _fields(fields)
    cdef double[3] sums
    with nogil:
        c_planted_observe(&b, &f, n, sums, &rng[0])
    return sums[0] / n, sums[1] / n, sums[2] / n


def state_step(const double[:, ::1] fields, double[:, ::1] out, const double[::1] coupling,
               const double[::1] cumulative, int64_t n_factors, double m, uint64_t[::1] rng):
    """Write the next populations at m, (n_sites, n_members), and return their mean of tanh^2; see `planted_step`."""
    cdef branch_t b = _branch(coupling, cumulative, n_factors, m)
    cdef fields_t f = _fields(fields)
    cdef _Scratch scratch = _Scratch(fields.shape[1], cumulative.shape[0], n_factors)
    cdef double mean
    with nogil:
        mean = c_state_step(&b, &f, &out[0, 0], &scratch.c, &rng[0])
    return mean


def state_observe(const double[:, ::1] fields, const double[::1] coupling, const double[::1] cumulative,
                  int64_t n_factors, double m, int64_t n, uint64_t[::1] rng):
    """Return means over two halves of the states at `n` weights with all their paths and at `n` paths.

    Two (n, 2, 3) float64: z^m, z^m ln z and z^m tanh^2 of the field; z^m, z^m ln z and -z^m beta times the energy. The
    number of members is even.
    """
    cdef branch_t b = _branch(coupling, cumulative, n_factors, m)
    cdef fields_t f = _fields(fields)
    cdef _Scratch scratch = _Scratch(fields.shape[1], cumulative.shape[0], n_factors)
    cdef double[:, :, ::1] weights = np.empty((n, 2, 3)), paths = np.empty((n, 2, 3))
    with nogil:
        c_state_weights(&b, &f, n, &weights[0, 0, 0], &scratch.c, &rng[0])
        c_state_paths(&b, &f, n, &paths[0, 0, 0], &scratch.c, &rng[0])
    half = 2.0 / fields.shape[1]
    return half * np.asarray(weights), half * np.asarray(paths)
