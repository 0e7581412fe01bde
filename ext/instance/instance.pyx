"""Algorithms on one given glass: leaf removal, Gaussian elimination over GF(2), belief propagation.

Everything is checked before it comes here (glassnet.theory): this module trusts its arguments.
"""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t

cdef extern from "instance.h" nogil:
    enum: TABLE_WORDS
    int64_t peel(int64_t n_weights, int64_t p, const int32_t *paths, int32_t *degree, int32_t *sum, int32_t *stack,
                 int32_t *order, int32_t *leaf)
    int64_t c_echelon "echelon"(uint64_t *rows, int64_t n_rows, int64_t words, int64_t n_columns, int32_t *pivot,
                                uint64_t *strip, uint64_t *combination, uint64_t *table)
    void back_substitute(const uint64_t *rows, int64_t rank, int64_t words, const int32_t *pivot, uint64_t *state)
    double c_sweep "sweep"(int64_t n_paths, int64_t p, const int32_t *paths, const double *beta_j, const double *decay,
                           double damping, double *message, double *field, double *work)

#: sweeps after which the sums of the messages are made afresh, before rounding errors add up
REFRESH = 16


def leaf_removal(const int32_t[:, ::1] paths, int64_t n_weights):
    """Remove paths through a weight of degree one until there is none, in time linear in the number of paths.

    Parameters
    ----------
    paths : (n_paths, p) int32
    n_weights : int

    Returns
    -------
    order, leaf : (n_removed,) int32
        The paths in the order they go, and the weight of degree one that each goes by.
    degrees : (n_weights,) int32
        Of the weights in what is left.
    """
    cdef int64_t n_paths = paths.shape[0], p = paths.shape[1], n_removed, a, j
    cdef int32_t[::1] degrees = np.zeros(n_weights, dtype=np.int32), sums = np.zeros(n_weights, dtype=np.int32)
    # a weight comes onto the stack when its degree falls to one, and it falls once
    cdef int32_t[::1] stack = np.empty(n_weights, dtype=np.int32)
    cdef int32_t[::1] order = np.empty(n_paths + 1, dtype=np.int32), leaf = np.empty(n_paths + 1, dtype=np.int32)
    if n_paths == 0:
        return np.asarray(order)[:0], np.asarray(leaf)[:0], np.asarray(degrees)
    with nogil:
        for a in range(n_paths):
            for j in range(p):
                degrees[paths[a, j]] += 1
                sums[paths[a, j]] ^= <int32_t>a
        n_removed = peel(n_weights, p, &paths[0, 0], &degrees[0], &sums[0], &stack[0], &order[0], &leaf[0])
    return np.asarray(order)[:n_removed].copy(), np.asarray(leaf)[:n_removed].copy(), np.asarray(degrees)


def echelon(const int32_t[:, ::1] paths, const uint64_t[::1] right, int64_t n_columns):
    """Echelon form of the equations sum_{i in path} x_i = right over GF(2).

    Parameters
    ----------
    paths : (n_paths, p) int32
        No column twice in a path.
    right : (n_paths,) uint64, 0 or 1
    n_columns : int

    Returns
    -------
    rows : (n_paths, words) uint64
        64 columns to a word, the right-hand side behind the last one. The first `rank` rows have their first bit in
        the columns of `pivots`; in the others only the right-hand side may be left.
    pivots : (rank,) int32
        Increasing.
    """
    cdef int64_t n_rows = paths.shape[0], words = n_columns // 64 + 1, rank = 0, a, j
    rows = np.zeros((n_rows, words), dtype=np.uint64)
    pivots = np.empty(min(n_rows, n_columns) + 1, dtype=np.int32)
    cdef uint64_t[:, ::1] view = rows
    cdef int32_t[::1] pivot = pivots
    cdef uint64_t[::1] strip = np.empty(n_rows + 1, dtype=np.uint64), mask = np.empty(n_rows + 1, dtype=np.uint64)
    cdef uint64_t[::1] table = np.empty(2048 * TABLE_WORDS, dtype=np.uint64)
    if n_rows:
        with nogil:
            for a in range(n_rows):
                for j in range(paths.shape[1]):
                    view[a, paths[a, j] >> 6] |= <uint64_t>1 << (paths[a, j] & 63)
                view[a, n_columns >> 6] |= right[a] << (n_columns & 63)
            rank = c_echelon(&view[0, 0], n_rows, words, n_columns, &pivot[0], &strip[0], &mask[0], &table[0])
    return rows, pivots[:rank]


def solve(const uint64_t[:, ::1] rows, const int32_t[::1] pivots, uint64_t[:, ::1] states):
    """Complete configurations to solutions of an echelon form, in place.

    Parameters
    ----------
    rows, pivots
        As :func:`echelon` returns them, without contradiction.
    states : (n_states, words) uint64
        64 columns to a word; columns without a pivot are kept. The bit of the right-hand side must be set.
    """
    cdef int64_t n
    if pivots.shape[0]:
        with nogil:
            for n in range(states.shape[0]):
                back_substitute(&rows[0, 0], pivots.shape[0], states.shape[1], &pivots[0], &states[n, 0])


def restore(const int32_t[:, ::1] paths, const int8_t[::1] signs, const int32_t[::1] order, const int32_t[::1] leaf,
            int8_t[:, ::1] states):
    """Put paths back that leaf removal took away, each satisfied by the weight it went by, in place.

    Parameters
    ----------
    paths : (n_paths, p) int32
    signs : (n_paths,) int8, +-1
        Product of the weights that satisfies the path.
    order, leaf : (n_removed,) int32
        As :func:`leaf_removal` returns them.
    states : (n_states, n_weights) int8, +-1
    """
    cdef int64_t n, k, j
    cdef int32_t a
    cdef int8_t product
    with nogil:
        for n in range(states.shape[0]):
            for k in range(order.shape[0] - 1, -1, -1):
                a = order[k]
                product = signs[a]
                for j in range(paths.shape[1]):
                    product *= states[n, paths[a, j]]
                # right if the path is satisfied already
                states[n, leaf[k]] *= product


def believe(const int32_t[:, ::1] paths, const double[::1] beta_j, const double[::1] external, double[:, ::1] messages,
            double damping, double tolerance, int64_t most_sweeps):
    """Sweeps of belief propagation until no message changes by more than the tolerance; `messages` in place.

    Parameters
    ----------
    paths : (n_paths, p) int32
    beta_j : (n_paths,) float64
        Couplings over temperature, of size below 350.
    external : (n_weights,) float64
        Field on every weight, over temperature.
    messages : (n_paths, p) float64
        Field that each path exerts on each of its weights, over temperature.
    damping : float
        Share of the old message that is kept.
    tolerance : float
    most_sweeps : int

    Returns
    -------
    fields : (n_weights,) float64
        Sums of the external field and the messages.
    sweeps : int
    change : float
        The largest of a message in the last sweep, before damping; 0 if there was none.
    """
    cdef int64_t n_paths = paths.shape[0], p = paths.shape[1], sweeps = 0
    cdef double change = 0.0
    fields = np.array(external)
    cdef double[::1] field = fields, work = np.empty(4 * p), decay = np.exp(-2.0 * np.abs(beta_j))
    while n_paths and sweeps < most_sweeps:
        if sweeps % REFRESH == 0:
            _refresh(paths, external, messages, field)
        with nogil:
            change = c_sweep(n_paths, p, &paths[0, 0], &beta_j[0], &decay[0], damping, &messages[0, 0], &field[0],
                             &work[0])
        sweeps += 1
        if change <= tolerance:
            break
    _refresh(paths, external, messages, field)
    return fields, sweeps, change


cdef void _refresh(const int32_t[:, ::1] paths, const double[::1] external, const double[:, ::1] messages,
                   double[::1] field) noexcept nogil:
    """Sum the messages on every weight."""
    cdef int64_t a, j
    field[:] = external
    for a in range(paths.shape[0]):
        for j in range(paths.shape[1]):
            field[paths[a, j]] += messages[a, j]
