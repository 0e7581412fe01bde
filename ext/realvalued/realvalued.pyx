"""The kernel for real couplings; realvalued.h says how it works.

Everything is checked before it comes here (glassnet.sampling): this module trusts its arguments.
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t

from exchange cimport HEAT_BATH_BELOW, exchange_step, fill_ladder, ladder_t
from glassnet.kernels.sampler cimport Sampler, data_of, isa_row

from glassnet._memory import aligned
from glassnet.kernels import arithmetic
from glassnet.kernels.sampler import chosen_instruction_set, instruction_sets, visits


cdef extern from "realvalued.h" nogil:
    enum: REAL_LANES
    enum: REAL_STREAMS
    enum: REAL_QUANTA

    ctypedef struct rung_t:
        pass

    ctypedef struct real_t:
        int64_t n_weights, n_paths, n_blocks, n_lanes, n_groups
        const int64_t *group_first
        const int32_t *group_degree
        const int64_t *group_links
        const int32_t *visit
        const int32_t *links
        const int32_t *twice
        const int32_t *base
        int32_t *slack
        const double *coupling
        const int64_t *charge
        int64_t charges
        double energy_unit
        uint64_t *weight
        uint64_t *path
        uint64_t *rng
        double *energy
        const rung_t *rung
        int32_t *rung_of
        float *rate
        float *above
        float *below
        float *near
        uint64_t *bath
        int kind
        double field
        const uint64_t *reference
        ladder_t ladder
        const real_isa_t *isa

    ctypedef struct real_isa_t:
        void sweep(real_t *s, int64_t block) noexcept nogil
        void energies(real_t *s, int64_t block) noexcept nogil
        void exp_all(double *x, int64_t n) noexcept nogil
        void approximate(const float *y, int bath, float *q) noexcept nogil

    const real_isa_t *real_isas[1]
    bint real_accepts(double x, int bath, uint64_t uniform)
    bint real_prepare(real_t *s)
    void real_set_betas(real_t *s)
    void real_advance(void *kernel, int64_t n_sweeps) noexcept nogil
    void real_rows(void *kernel, const int32_t *order, int64_t n_words, int paths, uint64_t *out) noexcept nogil


LANES_PER_BLOCK = REAL_LANES
#: uint64 words of generator state per block
RNG_WORDS = 4 * REAL_STREAMS
_RUNG = np.dtype([("cost", "f8"), ("rate", "f4"), ("above", "f4"), ("below", "f4"), ("near", "f4"), ("bath", "i8")])
#: bound on the relative error of the approximate probability, with y = -log2(e) x given
APPROXIMATION = 8.5e-5


cdef class RealValued(Sampler):
    """Weights of n_replicas ladders of one glass with real couplings, one bit per lane, advanced in place.

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

    Notes
    -----
    Energies are integers of 2^-62 of a power of two above sum_a |J_a|, exact sums, given as double.
    """

    cdef real_t s
    cdef object _rung

    def __init__(self, glass, walkers, rng, double field=0.0):
        self.instruction_set = chosen_instruction_set()
        self.walkers = walkers
        self.n_lanes = walkers.n_lanes
        cdef real_t *s = &self.s
        s.isa = real_isas[isa_row(self.instruction_set)]
        s.n_weights, s.n_paths, s.n_lanes = glass.n_weights, glass.n_paths, self.n_lanes
        s.n_blocks = (self.n_lanes + REAL_LANES - 1) // REAL_LANES
        s.field = field
        self.paths = np.ascontiguousarray(glass.paths, dtype=np.int32)
        self.weight = aligned(s.n_blocks, glass.n_weights)
        self.path = aligned(s.n_blocks, max(1, glass.n_paths))
        self.rng = aligned(s.n_blocks, 4, REAL_STREAMS)
        self.rng[...] = np.asarray(rng, dtype=np.uint64).reshape(self.rng.shape)
        self.energy = aligned(s.n_blocks * REAL_LANES).view(np.float64)
        s.weight = <uint64_t *>data_of(self.weight)
        s.path = <uint64_t *>data_of(self.path)
        s.rng = <uint64_t *>data_of(self.rng)
        s.energy = <double *>data_of(self.energy)
        fill_ladder(&s.ladder, walkers)
        self._fill_visits(glass, field)
        self._fill_couplings(glass)
        s.kind = bool(real_prepare(s)) or bool((walkers.beta < HEAT_BATH_BELOW).any())
        if field:
            s.kind = 2
        self.calls.kernel = s
        self.calls.advance, self.calls.rows, self.calls.energy = real_advance, real_rows, s.energy

    def _fill_visits(self, glass, field):
        """The order of visits, and what does not depend on the couplings."""
        cdef real_t *s = &self.s
        visit, group_first, group_degree, group_links, links = visits(glass)
        reference = np.zeros(0, dtype=np.uint64)
        if field:
            reference = np.where(np.asarray(glass.planted) > 0, np.uint64(0xffffffffffffffff), np.uint64(0))
        lanes, bath = aligned(5, s.n_blocks, REAL_LANES // 2), aligned(s.n_blocks)
        self._keep = [visit, group_first, group_degree, group_links, links, reference, lanes, bath]
        s.n_groups = len(group_degree)
        s.group_first = <const int64_t *>data_of(group_first)
        s.group_degree = <const int32_t *>data_of(group_degree)
        s.group_links = <const int64_t *>data_of(group_links)
        s.visit = <const int32_t *>data_of(visit)
        s.links = <const int32_t *>data_of(links)
        s.reference = <const uint64_t *>data_of(reference)
        s.rung_of = <int32_t *>data_of(lanes[0])
        s.rate, s.above = <float *>data_of(lanes[1]), <float *>data_of(lanes[2])
        s.below, s.near = <float *>data_of(lanes[3]), <float *>data_of(lanes[4])
        s.bath = <uint64_t *>data_of(bath)

    def _fill_couplings(self, glass):
        """Couplings in units of a power of two above sum |J| over the paths of any weight, and as integers."""
        cdef real_t *s = &self.s
        links = self._keep[4]
        size = np.zeros(glass.n_weights)
        np.add.at(size, self.paths.ravel(), np.repeat(np.abs(glass.couplings), self.paths.shape[1]))
        cdef int exponent = np.frexp(size.max())[1], sum_exponent
        coupling = np.ldexp(glass.couplings, -exponent)
        rounded = np.append(np.rint(np.ldexp(coupling, REAL_QUANTA)).astype(np.int32), np.int32(0))
        twice = 2 * rounded[links]
        by_visit = np.asarray(glass.degrees)[self._keep[0]]
        ends = np.cumsum(by_visit)
        total = np.concatenate([[0], np.cumsum(rounded[links], dtype=np.int64)])
        base = (total[ends - by_visit] - total[ends]).astype(np.int32)
        sum_exponent = np.frexp(arithmetic.total(np.abs(coupling)))[1]
        charge = np.rint(np.ldexp(coupling, 62 - sum_exponent)).astype(np.int64)
        s.charges = charge.sum()
        charge *= 2
        slack = np.empty(glass.n_weights, dtype=np.int32)
        self._rung = self._rungs(exponent, int(by_visit.max()))
        self._keep += [coupling, twice, base, charge, slack]
        s.energy_unit = np.ldexp(1.0, exponent + sum_exponent)
        s.coupling = <const double *>data_of(coupling)
        s.twice = <const int32_t *>data_of(twice)
        s.base = <const int32_t *>data_of(base)
        s.charge = <const int64_t *>data_of(charge)
        s.slack = <int32_t *>data_of(slack)
        s.rung = <const rung_t *>data_of(self._rung)

    def _rungs(self, exponent, max_degree):
        """What the lanes take from their rungs, (n_rungs,) rung_t.

        With delta a bound on the error of y = -log2(e) x and r one on the relative error of 2^y given y, exact and
        approximate probabilities p <= 1 and q obey q / g <= p <= q g with g = 2^delta (1 + r), so that |p - q| < g - 1
        where this matters. Sources of delta are the couplings rounded to integers and the sum in floating point the
        rounded one stands for, together `rounding` quanta, and single precision: a relative 2^-21 of y, where |y| > 32
        is as good as infinite, or of both terms of y in a field.
        """
        tilt = 2.0 * np.log2(np.e) * self.s.field
        rounding = 1 + 0.5 * max_degree
        with np.errstate(over="ignore"):
            cost = np.ldexp(2.0 * self.walkers.beta, exponent)
            size = cost * np.log2(np.e)
            rate = np.ldexp(size, -REAL_QUANTA)
            delta = 1.01 * (rate * rounding + 2.0**-21 * np.minimum(size + tilt, np.inf if tilt else 32.0))
        # a rate that vanished in rounding is not that of T = inf, where a move costs nothing
        usable = (self.walkers.beta == 0) | ((rate > 2.0**-60) & (rate < 2.0**60) & (delta < 30))
        delta = np.where(usable, delta, 0.0)
        margin = 1.001 * 65536 * (np.exp2(delta) * (1 + APPROXIMATION) - 1)
        bath = self.walkers.beta < HEAT_BATH_BELOW
        rows = np.zeros(len(cost), dtype=_RUNG)
        rows["cost"], rows["rate"], rows["above"] = cost, np.where(usable, -rate, np.nan), 1 + margin
        rows["below"], rows["near"], rows["bath"] = -margin, delta, bath
        return rows

    def refresh(self):
        """Recompute path products and energies from the weights, and what lanes take from their rungs."""
        if self.s.n_paths:
            minus = np.zeros_like(self.path)
            for column in range(self.paths.shape[1]):
                minus ^= ~self.weight[:, self.paths[:, column]]
            self.path[...] = ~minus
        real_set_betas(&self.s)
        cdef int64_t b
        for b in range(self.s.n_blocks):
            self.s.isa.energies(&self.s, b)

    def ask_in_full(self):
        """Decide every move by the full comparison from now on: slow, and the same chain. For tests."""
        self._rung["rate"] = np.nan
        real_set_betas(&self.s)

    def sweep_only(self, int64_t n_sweeps):
        """Sweeps without energies or exchange: what benchmarks call the bare kernel."""
        cdef int64_t i, b
        with nogil:
            for i in range(n_sweeps):
                for b in range(self.s.n_blocks):
                    self.s.isa.sweep(&self.s, b)

    def exchange_only(self, int64_t n_steps):
        """Sweepless steps (energies, exchange): the other half of :meth:`advance`, for tests."""
        cdef int64_t i, b
        with nogil:
            for i in range(n_steps):
                for b in range(self.s.n_blocks):
                    self.s.isa.energies(&self.s, b)
                if exchange_step(&self.s.ladder, self.s.energy, self.s.isa.exp_all):
                    real_set_betas(&self.s)


def accepts(double[::1] x, bint bath, uint64_t[::1] uniform):
    """The full comparison: whether moves that cost x T are accepted against uniform 64-bit numbers.

    Parameters
    ----------
    x : (n,) float64
    bath : bool, heat bath instead of Metropolis
    uniform : (n,) uint64

    Returns
    -------
    (n,) bool
    """
    out = np.empty(x.shape[0], dtype=bool)
    for i in range(x.shape[0]):
        out[i] = real_accepts(x[i], bath, uniform[i])
    return out


def approximate(y, bint bath):
    """The approximate probability of moves with y = -log2(e) x, as the chosen instruction set computes it.

    Parameters
    ----------
    y : (n,) float32, n a multiple of 64
    bath : bool, heat bath instead of Metropolis; then 1 at most

    Returns
    -------
    (n,) float32
        2^y for Metropolis, which may exceed 1; 1/2 for y = 0.
    """
    arrays = aligned(2, len(y) // 2).view(np.float32)
    arrays[0] = y
    cdef float[:, ::1] view = arrays
    cdef const real_isa_t *isa = real_isas[isa_row(chosen_instruction_set())]
    for i in range(0, len(y), REAL_LANES):
        isa.approximate(&view[0, i], bath, &view[1, i])
    return arrays[1] * np.float32(2.0**-16)
