"""Exact enumeration of all 2^N weight configurations of a small glass."""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t

from glassnet.kernels.sampler cimport isa_row

from glassnet.kernels.sampler import chosen_instruction_set


cdef extern from "enumeration.h":
    ctypedef void (*count_states_t)(uint64_t states, int64_t words, const uint64_t *mask, uint64_t *satisfied,
                                    int64_t stride, int64_t *histogram) noexcept nogil
    const count_states_t count_states[1]


def histogram(const int32_t[:, ::1] paths, const int8_t[::1] signs, int64_t n_weights):
    """Count all states of a +-J glass by their number of satisfied paths.

    Parameters
    ----------
    paths : (n_paths, p) int32
    signs : (n_paths,) int8, +-1
    n_weights : int, at most 62

    Returns
    -------
    (n_paths + 1,) int64; entry n counts the states of energy n_paths - 2 n
    """
    cdef int64_t n_paths = paths.shape[0], words = max(1, (n_paths + 63) // 64), stride = n_paths + 1
    cdef uint64_t[:, ::1] mask = np.zeros((max(1, n_weights), words), dtype=np.uint64)
    cdef uint64_t[::1] satisfied = np.zeros(words, dtype=np.uint64)
    cdef int64_t[::1] counts = np.zeros(4 * stride, dtype=np.int64)
    cdef int64_t a, j
    cdef count_states_t count = count_states[isa_row(chosen_instruction_set())]
    for a in range(n_paths):
        if signs[a] > 0:
            satisfied[a >> 6] |= <uint64_t>1 << (a & 63)
        for j in range(paths.shape[1]):
            mask[paths[a, j], a >> 6] ^= <uint64_t>1 << (a & 63)
    with nogil:
        count(<uint64_t>1 << n_weights, words, &mask[0, 0], &satisfied[0], stride, &counts[0])
    return np.asarray(counts).reshape(4, stride).sum(axis=0)


def energies(const int32_t[:, ::1] paths, const double[::1] couplings, int64_t n_weights, int64_t start, int64_t stop):
    """Energies of states start..stop-1; bit i of a state's number is set where w_i = -1.

    The sum over paths is taken in their order for every state, so that no rounding errors accumulate.

    Returns
    -------
    (stop - start,) float64
    """
    cdef double[::1] out = np.empty(stop - start)
    cdef uint64_t[::1] mask = np.zeros(max(1, paths.shape[0]), dtype=np.uint64)
    cdef int64_t a, j, n
    cdef uint64_t x
    cdef double total
    for a in range(paths.shape[0]):
        for j in range(paths.shape[1]):
            mask[a] ^= <uint64_t>1 << paths[a, j]
    with nogil:
        for n in range(stop - start):
            total = 0.0
            for a in range(paths.shape[0]):
                x = <uint64_t>(start + n) & mask[a]
                x ^= x >> 32
                x ^= x >> 16
                x ^= x >> 8
                x ^= x >> 4
                total -= couplings[a] * (1 - 2 * <int>((0x6996 >> (x & 15)) & 1))
            out[n] = total
    return np.asarray(out)
