"""The kernel for real couplings; realvalued.h says how it works.

Everything is checked before it comes here (glassnet.sampling): this module trusts its arguments.
"""

import numpy as np

from glassnet._memory import aligned

include "isa.pxi"
include "ladder.pxi"


cdef extern from "realvalued.h" nogil:
    enum: REAL_LANES

    ctypedef struct real_t:
        int64_t n_weights, n_paths, n_blocks, n_lanes
        const int64_t *first
        const int32_t *links
        uint64_t *weight
        double *term
        double *beta
        uint64_t *rng
        double *energy
        int heat_bath
        double field
        const uint64_t *reference
        ladder_t ladder

    ctypedef struct real_isa_t:
        void sweep(real_t *s, int64_t block) noexcept nogil
        void energies(real_t *s, int64_t block) noexcept nogil

    const real_isa_t *real_isas[1]
    void real_set_betas(real_t *s)
    void real_advance(const real_isa_t *isa, real_t *s, int64_t n_sweeps)


LANES_PER_BLOCK = REAL_LANES
#: uint64 words of generator state per block
RNG_WORDS = 4 * REAL_LANES


cdef class RealValued:
    """Weights of n_replicas ladders of one glass with real couplings, advanced in place.

    The interface is that of :class:`glassnet.kernels.bitsliced.BitSliced`.

    Parameters
    ----------
    glass : PathGlass
    walkers : glassnet.sampling.walkers.Walkers
        Who sits on which rung; its arrays are updated by :meth:`advance`.
    rng : (n_blocks * RNG_WORDS,) uint64
        State words of the generators of the sweeps.
    field : float
        K of an extra energy -T K sum_i w_i w*_i along the planted state; 0: none.
    """

    cdef real_t s
    cdef const real_isa_t *isa
    cdef readonly str instruction_set
    cdef readonly object weight, rng, energy, walkers
    cdef object _paths, _couplings, _term, _keep

    def __init__(self, glass, walkers, rng, double field=0.0):
        self.instruction_set = chosen_instruction_set()
        self.isa = real_isas[isa_number(self.instruction_set)]
        self.walkers = walkers
        cdef int64_t n_blocks = (walkers.n_lanes + REAL_LANES - 1) // REAL_LANES
        self._paths, self._couplings = glass.paths, glass.couplings
        first = np.concatenate([[0], np.cumsum(glass.degrees, dtype=np.int64)])
        links = (np.argsort(glass.paths.ravel(), kind="stable") // glass.p).astype(np.int32)
        links = np.append(links, np.int32(0))
        self.weight = aligned(n_blocks, glass.n_weights)
        self._term = aligned(n_blocks, max(1, glass.n_paths), REAL_LANES).view(np.float64)
        beta = aligned(n_blocks, REAL_LANES).view(np.float64)
        self.rng = aligned(n_blocks, 4, REAL_LANES)
        self.rng[...] = np.asarray(rng, dtype=np.uint64).reshape(self.rng.shape)
        self.energy = aligned(n_blocks * REAL_LANES).view(np.float64)
        reference = np.zeros(0, dtype=np.uint64)
        if field:
            reference = np.where(np.asarray(glass.planted) > 0, np.uint64(0xffffffffffffffff), np.uint64(0))
        self._keep = (first, links, beta, reference)

        cdef real_t *s = &self.s
        s.n_weights, s.n_paths, s.n_blocks, s.n_lanes = glass.n_weights, glass.n_paths, n_blocks, walkers.n_lanes
        s.first = <const int64_t *>address(first)
        s.links = <const int32_t *>address(links)
        s.weight = <uint64_t *>address(self.weight)
        s.term = <double *>address(self._term)
        s.beta = <double *>address(beta)
        s.rng = <uint64_t *>address(self.rng)
        s.energy = <double *>address(self.energy)
        s.heat_bath = bool((walkers.beta < 0.1).any())
        s.field = field
        s.reference = <const uint64_t *>address(reference)
        fill_ladder(&s.ladder, walkers)

    def set_weights(self, up):
        """Take the weights (n_lanes, n_weights), bool, True = +1, and bring everything that depends on them up to date."""
        lanes = np.zeros((self.s.n_blocks * REAL_LANES, self.s.n_weights), dtype=bool)
        lanes[:self.s.n_lanes] = up
        packed = np.packbits(lanes.reshape(self.s.n_blocks, REAL_LANES, -1).transpose(0, 2, 1), axis=-1, bitorder="little")
        self.weight[...] = np.ascontiguousarray(packed).view(np.uint64)[..., 0]
        if self.s.n_paths:
            sign = np.where(lanes, 1.0, -1.0).reshape(self.s.n_blocks, REAL_LANES, -1).transpose(0, 2, 1)
            term = np.broadcast_to(self._couplings[None, :, None], self._term.shape).copy()
            for column in range(self._paths.shape[1]):
                term *= sign[:, self._paths[:, column]]
            self._term[...] = term
        real_set_betas(&self.s)
        cdef int64_t b
        for b in range(self.s.n_blocks):
            self.isa.energies(&self.s, b)

    def advance(self, int64_t n_sweeps):
        """`n_sweeps` sweeps of all weights in all lanes, each followed by an exchange step; releases the GIL."""
        with nogil:
            real_advance(self.isa, &self.s, n_sweeps)

    def sweep_only(self, int64_t n_sweeps):
        """Sweeps without energies or exchange: what benchmarks call the bare kernel."""
        cdef int64_t i, b
        with nogil:
            for i in range(n_sweeps):
                for b in range(self.s.n_blocks):
                    self.isa.sweep(&self.s, b)

    def rows(self, order, paths=False):
        """Configurations lane by lane, 64 weights (or path products) to a word in the given order (-1: padding)."""
        if paths:
            # by their signs, which a coupling of zero has too
            bits = ~np.signbit(self._term).transpose(0, 2, 1).reshape(-1, self._term.shape[1])
            bits ^= np.signbit(self._couplings)
        else:
            bits = np.unpackbits(self.weight[..., None].view(np.uint8), axis=-1, bitorder="little")
            bits = bits.transpose(0, 2, 1).reshape(-1, self.s.n_weights)
        bits = np.where(order >= 0, bits[:, order], 0)
        packed = np.packbits(bits, axis=-1, bitorder="little")
        return np.ascontiguousarray(packed).view(np.uint64)
