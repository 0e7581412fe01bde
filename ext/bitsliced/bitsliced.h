/* Metropolis for +-J glasses with one bit per replica: 512 replicas (lanes) share a block. Lane l of a block is bit
 * l / 8 of word l % 8, so that one word of every lane lies in order once bits are transposed.
 *
 * weight[i]: bit = 1 where w_i = +1.  path[a]: bit = 1 where J_a prod w = +1 ("satisfied").  Flipping w_i costs
 * dE = 2 (2 n - k), n = satisfied paths among the k of i, so only path[] is read; an accepted flip is one XOR into
 * weight[i] and its paths. A lane accepts dE = 2m > 0 with probability p = exp(-2 beta m), m = |2n - k|: a uniform
 * 64-bit number per lane is compared with the lane's threshold from the top bit down, all lanes at once, until no
 * lane is undecided. Thresholds lie in bit planes, one per (bit, m). The early exit is taken for 512 lanes together
 * on every instruction set, so all of them consume the same random words.
 *
 * dE = 0 is accepted with probability 1/2 (also free weights: certain acceptance would make them alternate).
 * Lanes with beta < 0.1 use heat bath, p = 1/(1 + exp(2 beta m)), and its complement for dE < 0. */
#ifndef GLASSNET_BITSLICED_H
#define GLASSNET_BITSLICED_H

#include <stdint.h>

#include "exchange.h"
#include "isa.h"
#include "sampler.h"
#include "transpose.h"

#define LANES 512
#define WORDS 8           /* 64-bit words of a block */
#define BITS 64           /* bits of a threshold */
#define ROUNDS_UNTESTED 8 /* rounds before the first look whether all lanes are decided */

typedef struct bits_isa bits_isa_t;

typedef struct {
    const bits_isa_t *isa;
    int64_t n_weights, n_paths, n_blocks, n_lanes, max_degree;
    int64_t n_classes; /* classes of thresholds; without a field class m is dE = 2 m, with one see bits_field_class */
    /* weights in visiting order, grouped by degree: group g holds visits first[g] .. first[g + 1] - 1 of degree[g] */
    int64_t n_groups;
    const int64_t *group_first;
    const int32_t *group_degree;
    const int64_t *group_links; /* offset of the group's first path index in links */
    const int32_t *visit;       /* (n_weights,) weight index */
    const int32_t *links;       /* paths of the weights in visiting order */
    const uint8_t *needed;      /* (n_classes,) whether a class occurs; class 0 holds masks, see build_planes */
    const uint64_t *reference;  /* (n_weights,) all ones where the field points to +1, 0 to -1; NULL without field */
    uint64_t *weight;           /* (n_blocks, n_weights, WORDS) */
    uint64_t *path;             /* (n_blocks, n_paths, WORDS) */
    uint64_t *plane;            /* (n_blocks, BITS, n_classes, WORDS) */
    uint8_t *stale;             /* (n_blocks,) whether the lower half of the planes is older than the last exchange */
    uint64_t *rng;              /* (n_blocks, 4, WORDS) */
    uint64_t *scratch;          /* (2 * max_degree + 64, WORDS) */
    const uint64_t *threshold;  /* (n_classes, n_rungs); class 0: all ones for Metropolis, 0 for heat bath */
    int mixed;                  /* whether rungs of both kinds exist */
    double *energy;             /* (n_blocks * LANES,) */
    ladder_t ladder;
} bits_t;

/* probability of accepting dE = 2m > 0 as a 64-bit threshold: accept if U < threshold, U uniform 64-bit */
static inline uint64_t bits_threshold(double beta, int64_t m)
{
    double p = beta < HEAT_BATH_BELOW ? 1.0 / (1.0 + portable_exp(2.0 * beta * (double)m))
                                      : portable_exp(-2.0 * beta * (double)m);
    return (uint64_t)(p * 0x1p+64 + 0.5);
}

/* In a field K along a reference configuration, energy E - T K sum_i w_i w*_i, the cost of a flip over T is
 * x = 2 beta m + 2 K s with m = 2n - k of either sign and s = w_i w*_i. */
static inline int64_t bits_field_class(int64_t m, int aligned, int64_t max_degree)
{
    return 1 + 2 * (m + max_degree) + aligned;
}

/* threshold of such a move: every class is compared, also those that always accept */
static inline uint64_t bits_field_threshold(double beta, double field, int64_t m, int aligned)
{
    double x = 2.0 * beta * (double)m + (aligned ? 2.0 : -2.0) * field;
    if (beta >= HEAT_BATH_BELOW && x <= 0.0)
        return x < 0.0 ? UINT64_MAX : (uint64_t)1 << 63;
    double p = beta < HEAT_BATH_BELOW ? 1.0 / (1.0 + portable_exp(x)) : portable_exp(-x);
    return p >= 1.0 ? UINT64_MAX : (uint64_t)(p * 0x1p+64 + 0.5);
}

struct bits_isa {
    void (*sweep)(bits_t *s, int64_t block);
    void (*energies)(bits_t *s, int64_t block);
    void (*build_planes)(bits_t *s, int64_t block, int all);
    void (*lower_planes)(bits_t *s, int64_t block);
    void (*lane_major)(const uint64_t *weight, const int32_t *order, int64_t n_words, uint64_t *out);
    void (*exp_all)(double *x, int64_t n);
    void (*compare)(const uint64_t *plane, const uint64_t *random, int64_t rounds, uint64_t *accept,
                    uint64_t *undecided);
};

#define ISA_TEMPLATE "sweep_isa.h"
#include "each_isa.h"

static const bits_isa_t *const bits_isas[] = {ISA_ADDRESSES(bits_isa)};

/* Sweeps with an exchange step after each; leaves the energies of all lanes up to date. */
static inline void bits_advance(bits_t *s, int64_t n_sweeps)
{
    for (int64_t sweep = 0; sweep < n_sweeps; sweep++) {
        for (int64_t b = 0; b < s->n_blocks; b++)
            s->isa->sweep(s, b);
        if (s->ladder.n_rungs == 1 && sweep + 1 < n_sweeps)
            continue;
        for (int64_t b = 0; b < s->n_blocks; b++)
            s->isa->energies(s, b);
        if (s->ladder.n_rungs == 1 || exchange_step(&s->ladder, s->energy, s->isa->exp_all) == 0)
            continue;
        for (int64_t b = 0; b < s->n_blocks; b++)
            s->isa->build_planes(s, b, 0);
    }
}

static void bits_sampler_advance(void *kernel, int64_t n_sweeps) { bits_advance(kernel, n_sweeps); }

static void bits_sampler_rows(void *kernel, const int32_t *order, int64_t n_words, int paths, uint64_t *out)
{
    bits_t *s = kernel;
    const uint64_t *source = paths ? s->path : s->weight;
    const int64_t stride = (paths ? s->n_paths : s->n_weights) * WORDS;
    for (int64_t b = 0; b < s->n_blocks; b++)
        s->isa->lane_major(source + b * stride, order, n_words, out + b * LANES * n_words);
}

static inline sampler_t bits_sampler(bits_t *s)
{
    return (sampler_t){s, bits_sampler_advance, bits_sampler_rows, s->energy};
}

#endif
