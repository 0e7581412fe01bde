# The exchange ladder of exchange.h over the arrays of a Walkers object.

from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t

from glassnet.kernels.sampler cimport data_of


cdef extern from "exchange.h" nogil:
    double HEAT_BATH_BELOW

    ctypedef struct ladder_t:
        int64_t n_rungs, n_replicas
        const double *beta
        int32_t *lane_at
        int32_t *rung_of
        int8_t *heading
        int64_t *attempted
        int64_t *accepted
        int64_t *round_trips
        uint64_t *rng
        double *exponent
        int64_t *step

    int64_t exchange_step(ladder_t *x, const double *energy, void (*exp_all)(double *, int64_t) noexcept nogil)


cdef inline int fill_ladder(ladder_t *ladder, walkers) except -1:
    """Point the ladder at the arrays of `walkers` (glassnet.sampling.walkers.Walkers)."""
    ladder.n_rungs, ladder.n_replicas = walkers.n_rungs, walkers.n_replicas
    ladder.beta = <const double *>data_of(walkers.beta)
    ladder.lane_at = <int32_t *>data_of(walkers.lane_at)
    ladder.rung_of = <int32_t *>data_of(walkers.rung_of)
    ladder.heading = <int8_t *>data_of(walkers.heading)
    ladder.attempted = <int64_t *>data_of(walkers.attempted)
    ladder.accepted = <int64_t *>data_of(walkers.accepted)
    ladder.round_trips = <int64_t *>data_of(walkers.round_trips)
    ladder.rng = <uint64_t *>data_of(walkers.rng)
    ladder.exponent = <double *>data_of(walkers.exponent)
    ladder.step = <int64_t *>data_of(walkers.step)
    return 0
