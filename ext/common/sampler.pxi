# What the recording loop needs of a kernel, and how arrays are handed to C.

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint64_t


cdef extern from "sampler.h" nogil:
    ctypedef struct sampler_t:
        void *kernel
        void advance(void *kernel, int64_t n_sweeps) noexcept nogil
        void rows(void *kernel, const int32_t *order, int64_t n_words, int paths, uint64_t *out) noexcept nogil
        const double *energy


cdef size_t address(array):
    """Where the data of a numpy array start (the array is kept alive by its owner)."""
    return <size_t>array.ctypes.data
