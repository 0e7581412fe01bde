/* Metropolis for real couplings: 64 replicas (lanes) share a block, one double per path and lane.
 *
 * term[a] = J_a prod w, so E = -sum_a term[a], and flipping w_i costs dE = 2 h, h = sum of the terms of its paths. A
 * flip only changes signs: nothing drifts, however long the run. Accepted with probability
 *   Metropolis (beta >= 0.1)   1 for h < 0, 1/2 for h = 0, exp(-2 beta h) for h > 0
 *   heat bath (beta < 0.1)     1 / (1 + exp(2 beta h))
 * and with x = 2 beta h + 2 K w_i w*_i in place of 2 beta h in a field K along a reference configuration;
 * against a uniform number of 52 bits. Every lane has its own generator and adds its terms in the order of the
 * paths: all instruction sets give the same chain. */
#ifndef GLASSNET_REALVALUED_H
#define GLASSNET_REALVALUED_H

#include <stdint.h>

#include "exchange.h"
#include "isa.h"

#define REAL_LANES 64

typedef struct {
    int64_t n_weights, n_paths, n_blocks, n_lanes;
    const int64_t *first;  /* (n_weights + 1,) where the links of a weight start */
    const int32_t *links;  /* paths of each weight */
    uint64_t *weight;      /* (n_blocks, n_weights): bit = 1 where w_i = +1 */
    double *term;          /* (n_blocks, n_paths, REAL_LANES) */
    double *beta;          /* (n_blocks, REAL_LANES): inverse temperature of each lane now */
    uint64_t *rng;         /* (n_blocks, 4, REAL_LANES) */
    double *energy;        /* (n_blocks * REAL_LANES,) */
    int heat_bath;         /* whether some rung has beta < 0.1 */
    double field;          /* K */
    const uint64_t *reference; /* (n_weights,) all ones where the field points to +1, 0 to -1 */
    ladder_t ladder;
} real_t;

typedef struct {
    void (*sweep)(real_t *s, int64_t block);
    void (*energies)(real_t *s, int64_t block);
    void (*exp_all)(double *x, int64_t n);
} real_isa_t;

#define ISA plain
#define TARGET
#define VBYTES 16
#include "realvalued_isa.h"

#ifdef GLASSNET_X86
#define ISA v3
#define TARGET TARGET_V3
#define VBYTES 32
#include "realvalued_isa.h"

#define ISA v4
#define TARGET TARGET_V4
#define VBYTES 64
#include "realvalued_isa.h"
static const real_isa_t *const real_isas[] = {&real_isa_v4, &real_isa_v3, &real_isa_plain};
#else
static const real_isa_t *const real_isas[] = {&real_isa_plain, &real_isa_plain, &real_isa_plain};
#endif

static inline void real_set_betas(real_t *s)
{
    for (int64_t lane = 0; lane < s->n_blocks * REAL_LANES; lane++)
        s->beta[lane] = s->ladder.beta[s->ladder.rung_of[lane < s->n_lanes ? lane : 0]];
}

/* Sweeps with an exchange step after each; leaves the energies of all lanes up to date. */
static inline void real_advance(const real_isa_t *isa, real_t *s, int64_t n_sweeps)
{
    for (int64_t sweep = 0; sweep < n_sweeps; sweep++) {
        for (int64_t b = 0; b < s->n_blocks; b++)
            isa->sweep(s, b);
        if (s->ladder.n_rungs == 1 && sweep + 1 < n_sweeps)
            continue;
        for (int64_t b = 0; b < s->n_blocks; b++)
            isa->energies(s, b);
        if (s->ladder.n_rungs > 1 && exchange_step(&s->ladder, s->energy, isa->exp_all))
            real_set_betas(s);
    }
}

#endif
