"""The bit-sliced kernel for +-J glasses; bitsliced.h says how it works.

Everything is checked before it comes here (glassnet.sampling): this module trusts its arguments.
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from exchange cimport HEAT_BATH_BELOW, exchange_step, fill_ladder, ladder_t
from glassnet.kernels.sampler cimport Sampler, data_of, isa_row, sampler_t

from glassnet._memory import aligned
from glassnet.kernels.sampler import COMPILER, chosen_instruction_set, instruction_sets, visits


cdef extern from "bitsliced.h" nogil:
    enum: LANES
    enum: WORDS
    enum: BITS

    ctypedef struct bits_isa_t

    ctypedef struct bits_t:
        const bits_isa_t *isa
        int64_t n_weights, n_paths, n_blocks, n_lanes, max_degree, n_classes, n_groups
        const int64_t *group_first
        const int32_t *group_degree
        const int64_t *group_links
        const int32_t *visit
        const int32_t *links
        const uint8_t *needed
        const uint64_t *reference
        uint64_t *weight
        uint64_t *path
        uint64_t *plane
        uint8_t *stale
        uint64_t *rng
        uint64_t *scratch
        const uint64_t *threshold
        int mixed
        double *energy
        ladder_t ladder

    ctypedef struct bits_isa_t:
        void sweep(bits_t *s, int64_t block) noexcept nogil
        void energies(bits_t *s, int64_t block) noexcept nogil
        void build_planes(bits_t *s, int64_t block, int all) noexcept nogil
        void lower_planes(bits_t *s, int64_t block) noexcept nogil
        void lane_major(const uint64_t *weight, const int32_t *order, int64_t n_words, uint64_t *out) noexcept nogil
        void exp_all(double *x, int64_t n) noexcept nogil
        void compare(const uint64_t *plane, const uint64_t *random, int64_t rounds, uint64_t *accept,
                     uint64_t *undecided) noexcept nogil

    const bits_isa_t *bits_isas[1]
    uint64_t bits_threshold(double beta, int64_t m)
    int64_t bits_field_class(int64_t m, int aligned, int64_t max_degree)
    uint64_t bits_field_threshold(double beta, double field, int64_t m, int aligned)
    sampler_t bits_sampler(bits_t *s)


LANES_PER_BLOCK = LANES
#: uint64 words of generator state per block
RNG_WORDS = 4 * WORDS


def acceptance_thresholds(betas, degrees, double field):
    """Acceptance thresholds (n_classes, n_rungs), and which classes the degrees meet."""
    cdef int64_t top = max(1, int(max(degrees))), t, m
    cdef int aligned_
    needed = np.zeros(2 * (2 * top + 1) + 1 if field else top + 1, dtype=np.uint8)
    thresholds = np.zeros((len(needed), len(betas)), dtype=np.uint64)
    for t, beta in enumerate(betas):
        thresholds[0, t] = 0 if beta < HEAT_BATH_BELOW else 0xffffffffffffffff
        if not field:
            for m in range(1, top + 1):
                thresholds[m, t] = bits_threshold(beta, m)
            continue
        for m in range(-top, top + 1):
            for aligned_ in range(2):
                thresholds[bits_field_class(m, aligned_, top), t] = bits_field_threshold(beta, field, m, aligned_)
    for k in degrees:
        if not field:
            needed[(2 if k % 2 == 0 else 1):k + 1:2] = 1
            continue
        for m in range(-k, k + 1, 2):
            for aligned_ in range(2):
                needed[bits_field_class(m, aligned_, top)] = 1
    return thresholds, needed


cdef class BitSliced(Sampler):
    """Weights of n_replicas ladders of one +-J glass, one bit per lane, advanced in place.

    Parameters
    ----------
    glass : PathGlass with couplings +-1
    walkers : glassnet.sampling.walkers.Walkers
        Who sits on which rung; its arrays are updated by :meth:`advance`.
    rng : (n_blocks * RNG_WORDS,) uint64
        State words of the generators of the sweeps.
    field : float
        K of an extra energy -T K sum_i w_i w*_i along the planted state; 0: none.
    """

    cdef bits_t s
    cdef object _plane
    cdef readonly object thresholds, signs

    def __init__(self, glass, walkers, rng, double field=0.0):
        self.instruction_set = chosen_instruction_set()
        self.s.isa = bits_isas[isa_row(self.instruction_set)]
        self.walkers = walkers
        self.n_lanes = walkers.n_lanes
        cdef int64_t n_blocks = (self.n_lanes + LANES - 1) // LANES
        degrees = np.asarray(glass.degrees, dtype=np.int32)
        cdef int64_t max_degree = max(1, int(degrees.max()))
        self.paths = np.ascontiguousarray(glass.paths, dtype=np.int32)
        self.signs = np.where(np.asarray(glass.couplings) > 0, 0, -1).astype(np.int64)

        visit, group_first, group_degree, group_links, links = visits(glass)
        thresholds, needed = acceptance_thresholds(walkers.beta, group_degree, field)
        reference = np.zeros(0, dtype=np.uint64)
        if field:
            reference = np.where(np.asarray(glass.planted) > 0, np.uint64(0xffffffffffffffff), np.uint64(0))

        self.weight = aligned(n_blocks, glass.n_weights, WORDS)
        self.path = aligned(n_blocks, max(1, glass.n_paths), WORDS)
        self._plane = plane = aligned(n_blocks, BITS, len(needed), WORDS)
        self.rng = aligned(n_blocks, 4, WORDS)
        self.rng[...] = np.asarray(rng, dtype=np.uint64).reshape(n_blocks, 4, WORDS)
        scratch = aligned(2 * max_degree + 64, WORDS)
        self.energy = np.zeros(n_blocks * LANES)
        self.thresholds = thresholds
        stale = np.zeros(n_blocks, dtype=np.uint8)
        self._keep = (stale, visit, group_first, group_degree, group_links, links, needed, scratch, reference)

        cdef bits_t *s = &self.s
        s.n_weights, s.n_paths, s.n_blocks, s.n_lanes = glass.n_weights, glass.n_paths, n_blocks, self.n_lanes
        s.max_degree, s.n_classes, s.n_groups = max_degree, len(needed), len(group_degree)
        s.reference = <const uint64_t *>data_of(reference) if field else NULL
        s.group_first = <const int64_t *>data_of(group_first)
        s.group_degree = <const int32_t *>data_of(group_degree)
        s.group_links = <const int64_t *>data_of(group_links)
        s.visit = <const int32_t *>data_of(visit)
        s.links = <const int32_t *>data_of(links)
        s.needed = <const uint8_t *>data_of(needed)
        s.weight = <uint64_t *>data_of(self.weight)
        s.path = <uint64_t *>data_of(self.path)
        s.plane = <uint64_t *>data_of(plane)
        s.stale = <uint8_t *>data_of(stale)
        s.rng = <uint64_t *>data_of(self.rng)
        s.scratch = <uint64_t *>data_of(scratch)
        s.threshold = <const uint64_t *>data_of(thresholds)
        s.mixed = len(np.unique(thresholds[0])) > 1
        s.energy = <double *>data_of(self.energy)
        fill_ladder(&s.ladder, walkers)
        self.calls = bits_sampler(s)

    def refresh(self):
        """Recompute path products, energies and threshold planes from the weights and the rungs."""
        if self.s.n_paths:
            minus = ~self.signs.view(np.uint64)
            product = np.broadcast_to(minus[None, :, None], self.path.shape).copy()
            for column in range(self.paths.shape[1]):
                product ^= ~self.weight[:, self.paths[:, column]]
            self.path[...] = product
        cdef int64_t b
        for b in range(self.s.n_blocks):
            self.s.isa.energies(&self.s, b)
            self.s.isa.build_planes(&self.s, b, 1)

    def sweep_only(self, int64_t n_sweeps):
        """Sweeps without energies or exchange: what benchmarks call the bare kernel."""
        cdef int64_t i, b
        with nogil:
            for i in range(n_sweeps):
                for b in range(self.s.n_blocks):
                    self.s.isa.sweep(&self.s, b)

    def exchange_only(self, int64_t n_steps):
        """Sweepless steps (energies, exchange, planes): the other half of :meth:`advance`, for tests."""
        cdef int64_t i, b
        with nogil:
            for i in range(n_steps):
                for b in range(self.s.n_blocks):
                    self.s.isa.energies(&self.s, b)
                exchange_step(&self.s.ladder, self.s.energy, self.s.isa.exp_all)
                for b in range(self.s.n_blocks):
                    self.s.isa.build_planes(&self.s, b, 0)

    def planes(self):
        """Thresholds read back from the bit planes, (n_lanes, n_classes) uint64; 0 where a class never occurs.

        Without a field class m is the move with dE = 2 m and class 0 is unused.
        """
        cdef int64_t b
        for b in range(self.s.n_blocks):
            self.s.isa.lower_planes(&self.s, b)
        bits = np.unpackbits(self._plane[..., None].view(np.uint8), axis=-1, bitorder="little")
        bits = bits.transpose(0, 4, 3, 2, 1).reshape(-1, self.s.n_classes, BITS)
        value = np.packbits(bits[:self.s.n_lanes, :, ::-1], axis=-1, bitorder="little")
        value = np.ascontiguousarray(value).view(np.uint64)[..., 0]
        value[:, 0] = 0
        return value


def compare(const uint64_t[:, ::1] planes, const uint64_t[:, ::1] random):
    """The kernel's comparison of random words with threshold planes, both (rounds, 8), top bit first.

    Returns
    -------
    accept, undecided : (8,) uint64
        Lanes where the random number is below the threshold, and where all bits agree.
    """
    cdef uint64_t[::1] accept = aligned(WORDS), undecided = aligned(WORDS)
    cdef uint64_t[:, ::1] plane = aligned(planes.shape[0], WORDS), words = aligned(planes.shape[0], WORDS)
    plane[...] = planes
    words[...] = random
    cdef const bits_isa_t *isa = bits_isas[isa_row(chosen_instruction_set())]
    isa.compare(&plane[0, 0], &words[0, 0], planes.shape[0], &accept[0], &undecided[0])
    return np.asarray(accept), np.asarray(undecided)
