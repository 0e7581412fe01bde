# Declarations of glassnet.kernels.sampler for the other kernels. Cython looks for them in folders named as the module.

from libc.stdint cimport int32_t, int64_t, uint64_t


cdef extern from "sampler.h" nogil:
    const char *SAMPLER_CAPSULE

    ctypedef struct sampler_t:
        void *kernel
        void advance(void *kernel, int64_t n_sweeps) noexcept nogil
        void rows(void *kernel, const int32_t *order, int64_t n_words, int paths, uint64_t *out) noexcept nogil
        const double *energy


cdef void *data_of(array) except NULL
cdef int isa_row(name) except -1


cdef class Sampler:
    cdef sampler_t calls
    cdef int64_t n_lanes
    cdef readonly str instruction_set
    #: (n_blocks, n_weights or n_paths, n) uint64 and the streams of the sweeps; n is left out where it is 1
    cdef readonly object weight, path, rng
    #: (lanes of whole blocks,) float64
    cdef readonly object energy
    cdef readonly object walkers
    #: (n_paths, p) int32
    cdef readonly object paths
    cdef object _keep
