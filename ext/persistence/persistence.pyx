"""Minimum spanning tree of a dense graph, whose distances are 1 - |correlation|, and gradients along its edges."""

import numpy as np

from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t

ctypedef fused real:
    float
    double


def flaw(const double[:, ::1] matrix, double tolerance):
    """An entry (i, j) of a square matrix that differs from (j, i) or exceeds +-1 by more than `tolerance`, or None."""
    cdef int64_t n = matrix.shape[0], i, j, first, second, row = -1, column = -1
    # in blocks: a whole column of the transpose does not fit into the cache; nan fails every comparison
    with nogil:
        for first in range(0, n, 32):
            for second in range(0, first + 1, 32):
                for i in range(first, min(first + 32, n)):
                    for j in range(second, min(second + 32, n)):
                        if not (
                            fabs(matrix[i, j] - matrix[j, i]) <= tolerance and fabs(matrix[i, j]) <= 1.0 + tolerance
                        ):
                            row = i
                            column = j
    return None if row < 0 else (row, column)


def prim(const real[:, ::1] correlation):
    """Prim's algorithm on all pairs: n^2 / 2 distances are read, once each.

    Ours, as scipy takes a distance of zero in a dense matrix for a missing edge: neurons that fire together are there.

    Parameters
    ----------
    correlation : (n, n) float32 or float64, n >= 1
        Symmetric; the diagonal is not read, neither is the sign. Absolute values above 1 count as 1.

    Returns
    -------
    edges : (n - 1, 2) int32
        In the order in which they join the tree, which starts at vertex 0: the vertex in the tree, the one it takes.
    distances : (n - 1,) float64
        Of equal distances the one found first is taken, so the tree is the same on every machine.
    """
    cdef int64_t n = correlation.shape[0], n_left = n - 1, k, taken = 0, place
    cdef double distance, smallest
    edges_array, distances_array = np.empty((n - 1, 2), dtype=np.int32), np.empty(n - 1)
    cdef int32_t[:, ::1] edges = edges_array
    cdef double[::1] distances = distances_array
    # vertices outside the tree, their distance from it, and its vertex they are next to; without gaps
    cdef int32_t[::1] left = np.arange(1, n, dtype=np.int32)
    cdef double[::1] nearest = np.full(n - 1, np.inf)
    cdef int32_t[::1] neighbour = np.zeros(n - 1, dtype=np.int32)
    cdef const real *row
    with nogil:
        while n_left > 0:
            row = &correlation[taken, 0]
            smallest = 2.0
            place = 0
            for k in range(n_left):
                distance = 1.0 - fabs(<double>row[left[k]])
                if distance < 0.0:
                    distance = 0.0
                if distance < nearest[k]:
                    nearest[k] = distance
                    neighbour[k] = <int32_t>taken
                if nearest[k] < smallest:
                    smallest = nearest[k]
                    place = k
            taken = left[place]
            edges[n - 1 - n_left, 0] = neighbour[place]
            edges[n - 1 - n_left, 1] = <int32_t>taken
            distances[n - 1 - n_left] = smallest
            n_left -= 1
            left[place] = left[n_left]
            nearest[place] = nearest[n_left]
            neighbour[place] = neighbour[n_left]
    return edges_array, distances_array


def products_along(const double[:, ::1] z, const int32_t[:, ::1] edges):
    """Inner products of the two rows of z (n_neurons, n_samples) of each edge, (n_edges,) float64."""
    cdef int64_t n_edges = edges.shape[0], n_samples = z.shape[1], e, k
    cdef double even, odd
    products_array = np.empty(n_edges)
    cdef double[::1] products = products_array
    cdef const double *first
    cdef const double *second
    with nogil:
        for e in range(n_edges):
            first = &z[edges[e, 0], 0]
            second = &z[edges[e, 1], 0]
            # two sums at once, as each addition waits for the one before it
            even = odd = 0.0
            for k in range(0, n_samples - 1, 2):
                even += first[k] * second[k]
                odd += first[k + 1] * second[k + 1]
            if n_samples % 2:
                even += first[n_samples - 1] * second[n_samples - 1]
            products[e] = even + odd
    return products_array


def tree_gradient(
    const double[:, ::1] z,
    const int32_t[:, ::1] edges,
    const double[::1] correlation,
    const double[::1] slopes,
    const double[::1] inverse_norms,
):
    """Gradient, by the activations of all neurons, of a function of the correlations along edges.

    Each edge e = (i, j) gives slopes_e (z_j - c_e z_i) / |x_i| to neuron i, and the same with i and j exchanged to j. The
    difference is taken entry by entry: for neurons that are nearly copies it is small, and a difference of sums is not.

    Parameters
    ----------
    z : (n_neurons, n_samples) float64
        Rows of mean 0 and norm 1, or 0.
    edges : (n_edges, 2) int32
    correlation, slopes : (n_edges,) float64
        Of each edge, and the derivative of the function by it.
    inverse_norms : (n_neurons,) float64
        1 / |x_i|, 0 for constant neurons.

    Returns
    -------
    (n_neurons, n_samples) float64
    """
    cdef int64_t n_edges = edges.shape[0], n_samples = z.shape[1], e, k
    cdef double c, here, there
    gradient_array = np.zeros((z.shape[0], n_samples))
    cdef double[:, ::1] gradient = gradient_array
    cdef const double *first
    cdef const double *second
    cdef double *of_first
    cdef double *of_second
    with nogil:
        for e in range(n_edges):
            c = correlation[e]
            here = slopes[e] * inverse_norms[edges[e, 0]]
            there = slopes[e] * inverse_norms[edges[e, 1]]
            first = &z[edges[e, 0], 0]
            second = &z[edges[e, 1], 0]
            of_first = &gradient[edges[e, 0], 0]
            of_second = &gradient[edges[e, 1], 0]
            for k in range(n_samples):
                of_first[k] += here * (second[k] - c * first[k])
                of_second[k] += there * (first[k] - c * second[k])
    return gradient_array
