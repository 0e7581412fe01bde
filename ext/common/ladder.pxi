# What the two samplers share: the exchange ladder of exchange.h over the arrays of a Walkers object; after sampler.pxi.

cdef extern from "exchange.h" nogil:
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


cdef void fill_ladder(ladder_t *ladder, walkers):
    """Point the ladder at the arrays of `walkers` (glassnet.sampling.walkers.Walkers)."""
    ladder.n_rungs, ladder.n_replicas = walkers.n_rungs, walkers.n_replicas
    ladder.beta = <const double *>address(walkers.beta)
    ladder.lane_at = <int32_t *>address(walkers.lane_at)
    ladder.rung_of = <int32_t *>address(walkers.rung_of)
    ladder.heading = <int8_t *>address(walkers.heading)
    ladder.attempted = <int64_t *>address(walkers.attempted)
    ladder.accepted = <int64_t *>address(walkers.accepted)
    ladder.round_trips = <int64_t *>address(walkers.round_trips)
    ladder.rng = <uint64_t *>address(walkers.rng)
    ladder.exponent = <double *>address(walkers.exponent)
    ladder.step = <int64_t *>address(walkers.step)
