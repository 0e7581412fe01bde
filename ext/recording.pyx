"""The recording loop over both kernels, and the overlaps it writes down; recording.h and overlaps.h say how.

Everything is checked before it comes here (glassnet.sampling): this module trusts its arguments.
"""

import numpy as np

from glassnet._memory import aligned

include "isa.pxi"
include "sampler.pxi"


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

    ctypedef struct network_t:
        int64_t n_layers, n_entries
        const int64_t *width
        const uint64_t *present
        uint64_t *product
        uint64_t *differ
        int64_t *sum
        int64_t *next
        int32_t *gauge
        int32_t *field

    ctypedef struct record_t:
        const overlaps_isa_t *isa
        company_t who
        layout_t weights, paths, plain
        network_t network
        const uint64_t *planted
        int layered, even
        int64_t n_bytes
        double scale, overlap_scale, path_scale
        int32_t *energy
        double *real_energy
        double *overlap
        double *weight_overlap
        double *path_overlap
        double *matched_overlap
        double *planted_overlap
        uint8_t *bits
        uint64_t *rows
        int32_t *sums

    const overlaps_isa_t *overlaps_for(int isa)
    void record_run(record_t *r, const sampler_t *sampler, int64_t n_draws, int64_t every)
    void record_take(record_t *r, const sampler_t *sampler)


cdef layout_t layout(arrays):
    cdef layout_t result
    order, first, size = arrays
    result.n_words, result.n_layers = len(order) // 64, len(size)
    result.order = <const int32_t *>address(order)
    result.first = <const int64_t *>address(first)
    result.size = <const int32_t *>address(size)
    return result


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
        Filled draw by draw; names and dtypes of glassnet.sampling.measurements.
    """

    cdef record_t r
    cdef const sampler_t *sampler
    cdef object _keep
    cdef int64_t left

    def __init__(self, kernel, walkers, overlaps, arrays):
        cdef record_t *r = &self.r
        self.sampler = <const sampler_t *><size_t>kernel.interface
        self.left = min([len(array) for array in arrays.values()], default=2**62)
        r.isa = overlaps_for(isa_number(kernel.instruction_set))
        layouts = overlaps.layout, overlaps.path_layout, overlaps.plain_layout
        r.weights, r.paths, r.plain = layout(layouts[0]), layout(layouts[1]), layout(layouts[2])
        r.layered, r.even = overlaps.layered, overlaps.even
        r.scale, r.overlap_scale = overlaps.scales["weight_overlap"], overlaps.scales["overlap"]
        r.path_scale = overlaps.scales["path_overlap"]
        if overlaps.planted is not None:
            r.planted = <const uint64_t *>address(overlaps.planted)
        most = max(walkers.n_replicas, overlaps.n_pairs if arrays.keys() & overlaps.scales.keys() else 0)
        tile = aligned(TILE_WORDS + walkers.n_replicas + 8)
        rows = np.empty(max(1, len(kernel.energy) * max(len(order) // 64 for order, _, _ in layouts)), dtype=np.uint64)
        sums = np.empty(most * len(layouts[0][2]) + 8, dtype=np.int32)
        r.who.n_rungs, r.who.n_replicas = walkers.n_rungs, walkers.n_replicas
        r.who.lane_at, r.who.tile = <const int32_t *>address(walkers.lane_at), <uint64_t *>address(tile)
        r.rows, r.sums = <uint64_t *>address(rows), <int32_t *>address(sums)
        self._keep = [kernel, walkers, overlaps, arrays, tile, rows, sums, self._network(overlaps)]
        self._outputs(arrays)

    cdef _network(self, overlaps):
        """Fill in the network, if there is one; returns what must be kept alive."""
        cdef network_t *net = &self.r.network
        net.n_layers = 0
        if overlaps.network is None:
            return None
        width, there = overlaps.network
        neurons, entries = int(width.sum()), len(there)
        present = np.zeros((entries + 7) // 8, dtype=np.uint64)
        present.view(np.uint8)[:entries] = np.where(there, 0xff, 0)
        product, differ = np.empty_like(present), np.empty(self.r.weights.n_words, dtype=np.uint64)
        sums, gauges = np.empty((2, width.max()), dtype=np.int64), np.empty((2, neurons), dtype=np.int32)
        net.n_layers, net.n_entries = len(width) - 1, entries
        net.width, net.present = <const int64_t *>address(width), <const uint64_t *>address(present)
        net.product, net.differ = <uint64_t *>address(product), <uint64_t *>address(differ)
        net.sum, net.next = <int64_t *>address(sums[0]), <int64_t *>address(sums[1])
        net.gauge, net.field = <int32_t *>address(gauges[0]), <int32_t *>address(gauges[1])
        return width, present, product, differ, sums, gauges

    cdef _outputs(self, arrays):
        """Point the outputs at the arrays; NULL where nothing was asked for."""
        cdef record_t *r = &self.r
        starts = {name: address(array) for name, array in arrays.items()}
        if "energy" in arrays and arrays["energy"].dtype == np.float64:
            starts["real_energy"] = starts.pop("energy")
        r.energy = <int32_t *><size_t>starts.get("energy", 0)
        r.real_energy = <double *><size_t>starts.get("real_energy", 0)
        r.overlap = <double *><size_t>starts.get("overlap", 0)
        r.weight_overlap = <double *><size_t>starts.get("weight_overlap", 0)
        r.path_overlap = <double *><size_t>starts.get("path_overlap", 0)
        r.matched_overlap = <double *><size_t>starts.get("matched_overlap", 0)
        r.planted_overlap = <double *><size_t>starts.get("planted_overlap", 0)
        r.bits = <uint8_t *><size_t>starts.get("weights", 0)
        r.n_bytes = arrays["weights"].shape[-1] if "weights" in arrays else 0

    def run(self, int64_t n_draws, int64_t every):
        """`n_draws` times `every` sweeps, each followed by an exchange step, and one draw; releases the GIL."""
        self.left -= n_draws
        assert self.left >= 0
        with nogil:
            record_run(&self.r, self.sampler, n_draws, every)

    def take(self):
        """Write down one draw of what the kernel holds now."""
        self.left -= 1
        assert self.left >= 0
        with nogil:
            record_take(&self.r, self.sampler)
