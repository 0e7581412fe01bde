"""The recording loop over both kernels, and the overlaps it writes down; recording.h and overlaps.h say how.

Everything is checked before it comes here (glassnet.sampling): this module trusts its arguments.
"""

from itertools import pairwise

import numpy as np

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from glassnet.kernels.sampler cimport SAMPLER_CAPSULE, data_of, isa_row, sampler_t

from glassnet._memory import aligned


cdef extern from "recording.h" nogil:
    ctypedef struct overlaps_isa_t:
        pass

    ctypedef struct layout_t:
        int64_t n_words, n_layers
        const int32_t *order
        const int64_t *first
        const int32_t *size

    enum: TILE_WORDS

    ctypedef struct company_t:
        int64_t n_rungs, n_replicas
        const int32_t *lane_at
        uint64_t *tile

    enum: NETWORK_WORDS

    ctypedef struct edge_t:
        int32_t entry, neuron

    ctypedef struct network_t:
        int64_t n_layers
        const int64_t *width
        const int64_t *first
        const int32_t *bits
        const int64_t *in_first
        const int64_t *out_first
        const edge_t *in_ "in"
        const edge_t *out
        uint64_t *differ
        void *sum
        void *next
        uint64_t *gauge
        uint8_t *decided

    ctypedef struct record_t:
        const overlaps_isa_t *isa
        company_t who
        layout_t weights, paths, plain
        network_t network
        const uint64_t *planted
        int layered, even, real
        double scale, overlap_scale, path_scale
        void **next
        int64_t *n_bytes
        uint64_t *rows
        int32_t *sums

    enum: N_MEASUREMENTS
    const char *const *measurement_names
    const overlaps_isa_t *overlaps_for(int isa)
    void record_run(record_t *r, const sampler_t *sampler, int64_t n_draws, int64_t every)
    void record_take(record_t *r, const sampler_t *sampler)


#: names of what can be measured
MEASUREMENTS = tuple([measurement_names[i].decode() for i in range(N_MEASUREMENTS)])


cdef layout_t layout(arrays):
    cdef layout_t result
    order, first, size = arrays
    result.n_words, result.n_layers = len(order) // 64, len(size)
    result.order = <const int32_t *>data_of(order)
    result.first = <const int64_t *>data_of(first)
    result.size = <const int32_t *>data_of(size)
    return result


def _edges(width, present):
    """First neuron of each layer; for edges into and out of the neurons, where each one's start and (entry, neuron)."""
    first = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    ends = [np.indices(pair).reshape(2, -1) + first[l:l + 2, None] for l, pair in enumerate(pairwise(width))]
    there = np.flatnonzero(present).astype(np.int32)
    ends = np.concatenate(ends, axis=1)[:, there]
    result = [first]
    for near, far in (ends[::-1], ends):
        order = np.argsort(near, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(near, minlength=first[-1]))]).astype(np.int64)
        result.append((start, np.stack([there[order], far[order]], axis=1).astype(np.int32)))
    return result


def _bits(width, present):
    """Bits of an integer, 16, 32 or 64, that holds the number of walks to any neuron so far, (n_layers,)."""
    count, start, most = np.ones(width[0]), 0, []
    for before, after in pairwise(width):
        count = count @ present[start:start + before * after].reshape(before, after)
        start += before * after
        most.append(count.max())
    return np.select([np.maximum.accumulate(most) < 2.0**bits for bits in (15, 31)], [16, 32], 64).astype(np.int32)


cdef class Recorder:
    """Advances a kernel and writes down what `arrays` has room for.

    Parameters
    ----------
    kernel : BitSliced or RealValued
    walkers : glassnet.sampling.walkers.Walkers
        The kernel's.
    overlaps : glassnet.sampling.measurements.Overlaps
        Layouts, pairs, symmetries and planted state of the glass.
    arrays : dict of str to array, first axis `draw`
        Filled draw by draw; names and dtypes of glassnet.chains.schema.MEASUREMENTS.
    """

    cdef record_t r
    cdef const sampler_t *sampler
    cdef object _keep
    cdef int64_t left

    def __init__(self, kernel, walkers, overlaps, arrays):
        cdef record_t *r = &self.r
        self.sampler = <const sampler_t *>PyCapsule_GetPointer(kernel.interface, SAMPLER_CAPSULE)
        self.left = min([len(array) for array in arrays.values()], default=2**62)
        r.isa = overlaps_for(isa_row(kernel.instruction_set))
        layouts = overlaps.layout, overlaps.path_layout, overlaps.plain_layout
        r.weights, r.paths, r.plain = layout(layouts[0]), layout(layouts[1]), layout(layouts[2])
        r.layered, r.even = overlaps.layered, overlaps.even
        r.scale, r.path_scale = overlaps.unit["weights"], overlaps.unit["paths"]
        r.overlap_scale = overlaps.unit["terms"]
        if overlaps.planted is not None:
            r.planted = <const uint64_t *>data_of(overlaps.planted)
        most = max([walkers.n_replicas] + [array.shape[2] for array in arrays.values()])
        tile = aligned(TILE_WORDS + walkers.n_replicas + 8)
        rows = np.empty(max(1, len(kernel.energy) * max(len(order) // 64 for order, _, _ in layouts)), dtype=np.uint64)
        sums = np.empty(most * len(layouts[0][2]) + 8, dtype=np.int32)
        r.who.n_rungs, r.who.n_replicas = walkers.n_rungs, walkers.n_replicas
        r.who.lane_at, r.who.tile = <const int32_t *>data_of(walkers.lane_at), <uint64_t *>data_of(tile)
        r.rows, r.sums = <uint64_t *>data_of(rows), <int32_t *>data_of(sums)
        self._keep = [kernel, walkers, overlaps, arrays, tile, rows, sums, self._network(overlaps)]
        self._outputs(arrays)

    cdef _network(self, overlaps):
        """Fill in the network, if there is one; returns what must be kept alive."""
        cdef network_t *net = &self.r.network
        net.n_layers = 0
        if overlaps.network is None:
            return None
        width, present = overlaps.network
        first, (in_first, into), (out_first, out) = _edges(width, present)
        bits = _bits(width, present)
        differ = aligned(64 * self.r.weights.n_words, NETWORK_WORDS)
        # 64 numbers of so many bits are as many words
        sums, gauge = aligned(2, int(width.max()), int(bits.max())), aligned(int(first[-1]), NETWORK_WORDS)
        decided = np.empty(first[-1], dtype=np.uint8)
        net.n_layers, net.width, net.first = len(bits), <const int64_t *>data_of(width), <const int64_t *>data_of(first)
        net.bits = <const int32_t *>data_of(bits)
        net.in_first, net.out_first = <const int64_t *>data_of(in_first), <const int64_t *>data_of(out_first)
        net.in_, net.out = <const edge_t *>data_of(into), <const edge_t *>data_of(out)
        net.differ, net.gauge = <uint64_t *>data_of(differ), <uint64_t *>data_of(gauge)
        net.sum, net.next = <void *>data_of(sums[0]), <void *>data_of(sums[1])
        net.decided = <uint8_t *>data_of(decided)
        return width, first, bits, in_first, into, out_first, out, differ, sums, gauge, decided

    cdef _outputs(self, arrays):
        """Point the outputs at the arrays; NULL where nothing was asked for."""
        cdef record_t *r = &self.r
        r.real = "energy" in arrays and arrays["energy"].dtype == np.float64
        for number, name in enumerate(MEASUREMENTS):
            if name in arrays:
                r.next[number], r.n_bytes[number] = data_of(arrays[name]), arrays[name].strides[0]

    def run(self, int64_t n_draws, int64_t every):
        """`n_draws` times `every` sweeps, each followed by an exchange step, and one draw; releases the GIL."""
        self._use(n_draws)
        with nogil:
            record_run(&self.r, self.sampler, n_draws, every)

    def take(self):
        """Write down one draw of what the kernel holds now."""
        self._use(1)
        with nogil:
            record_take(&self.r, self.sampler)

    cdef _use(self, int64_t n_draws):
        """Keep count of the room: C would write behind the arrays."""
        if n_draws > self.left:
            raise IndexError(f"n_draws must be at most the {self.left} the arrays have room for, got {n_draws}")
        self.left -= n_draws
