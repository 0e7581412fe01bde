/* Metropolis for real couplings: 64 replicas (lanes) share a block, one bit per weight, path and lane.
 *
 * Lane l of a block is bit l of its words. weight[i]: bit = 1 where w_i = +1.  path[a]: bit = 1 where prod w = +1, so
 * E = -sum_a J_a s_a with s_a = +-1 as path[a] says. Flipping w_i costs dE = 2 h, h = sum of J_a s_a over its paths;
 * an accepted flip is one XOR of a word into weight[i] and its paths: signs are exact, nothing drifts. With
 * x = 2 beta h, + 2 K w_i w*_i in a field K along a reference configuration, it is accepted with probability
 *   Metropolis (beta >= 0.1)   1 for x < 0, 1/2 for x = 0, exp(-x) for x > 0
 *   heat bath (beta < 0.1)     1 / (1 + exp(x))
 * A free weight takes a random bit. Weights are visited in order of increasing degree, then index.
 *
 * The decision compares a uniform 64-bit number U of each lane with that probability in double precision, h being the
 * sum of its terms in the order of the paths (real_settle): probabilities are right down to 2^-64. It is rarely carried
 * out in full. First all lanes get the top 16 bits of their U and an approximate probability q, in single precision with
 * h from couplings rounded to integers (sweep_isa.h), and a lane is decided where the interval left to U is farther from
 * q than all errors together; about one visit in a hundred leaves a lane open. The margin only says who is asked in
 * full, no chain depends on it: instruction sets may compute q as they like.
 *
 * Random numbers: 8 streams of xoshiro256++ per block, two words of each per visit, whatever is decided, make 16 bits
 * for each of 64 lanes. The lower 48 bits of U, which few need, are a hash of the state the streams are left in. */
#ifndef GLASSNET_REALVALUED_H
#define GLASSNET_REALVALUED_H

#include <stdint.h>

#include "exchange.h"
#include "isa.h"
#include "sampler.h"
#include "transpose.h"

#define REAL_LANES 64
#define REAL_STREAMS 8
#define REAL_QUANTA 29     /* the terms of no weight add up to more than 2^29 quanta */
#define REAL_SPECIALISED 8 /* largest degree with an inner loop of its own */

/* what the rung of a lane decides; all but cost and bath serve the approximation, see RealValued._rungs */
typedef struct {
    double cost;        /* 2 beta in units of the couplings below: x = cost * h */
    float rate;         /* -log2(e) * 2 beta * quantum; nan: ask in full */
    float above, below; /* accepted where 2^16 q - u >= above, refused where <= below; u: 16 bits of U */
    float near;         /* in a field: x may be 0 where log2(e) |x| < near */
    int64_t bath;       /* 1: heat bath */
} rung_t;

typedef uint16_t drawn_t __attribute__((may_alias)); /* random words in pieces, one for each lane */
typedef struct real_isa_t real_isa_t;

typedef struct {
    int64_t n_weights, n_paths, n_blocks, n_lanes;
    /* weights in visiting order, grouped by degree: group g holds visits first[g] .. first[g + 1] - 1 of degree[g] */
    int64_t n_groups;
    const int64_t *group_first;
    const int32_t *group_degree;
    const int64_t *group_links; /* offset of the group's first path index in links */
    const int32_t *visit;       /* (n_weights,) weight index */
    const int32_t *links;       /* paths of the weights in visiting order */
    const int32_t *twice;       /* 2 J of the links, in quanta */
    const int32_t *base;        /* (n_weights,) -sum J of the visits, in quanta */
    int32_t *slack;             /* (n_weights,) -1, or largest |h| in quanta that may stand for h = 0; real_prepare */
    const double *coupling;     /* (n_paths,) J in units of a power of two */
    const int64_t *charge;      /* (n_paths,) 2 J, in quanta of the energy */
    int64_t charges;            /* sum J, in the same */
    double energy_unit;         /* 2^62 of them */
    uint64_t *weight;           /* (n_blocks, n_weights) */
    uint64_t *path;             /* (n_blocks, n_paths) */
    uint64_t *rng;              /* (n_blocks, 4, REAL_STREAMS) */
    double *energy;             /* (n_blocks * REAL_LANES,) */
    const rung_t *rung;         /* (n_rungs,) */
    int32_t *rung_of;           /* (n_blocks, REAL_LANES) rung of each lane, since the last real_set_betas */
    float *rate, *above, *below, *near; /* (n_blocks, REAL_LANES) as in rung_t, at the places that real_isa_t says */
    uint64_t *bath;                     /* (n_blocks,) lanes on rungs with heat bath */
    int kind;                           /* 0, 1: a dE of zero or heat bath occurs, 2: in a field */
    double field;                       /* K */
    const uint64_t *reference;          /* (n_weights,) all ones where the field points to +1, 0 to -1 */
    ladder_t ladder;
    const real_isa_t *isa;
} real_t;

struct real_isa_t {
    int spread; /* lane l stands at place l % spread * (REAL_LANES / spread) + l / spread of rate, above, below, near */
    void (*sweep)(real_t *s, int64_t block);
    void (*energies)(real_t *s, int64_t block);
    void (*lane_major)(const uint64_t *words, const int32_t *order, int64_t n_words, uint64_t *out);
    void (*exp_all)(double *x, int64_t n);
    void (*approximate)(const float *y, int bath, float *q);
};

/* x < 0, x = 0, x > 0: acceptance against a uniform 64-bit number */
static inline int real_accepts(double x, int bath, uint64_t uniform)
{
    double small = portable_exp(x < 0.0 ? x : -x), p;
    if (bath)
        p = (x < 0.0 ? 1.0 : small) / (1.0 + small);
    else if (x == 0.0)
        p = 0.5;
    else
        p = x < 0.0 ? 1.0 : small;
    return p >= 1.0 || uniform < (uint64_t)(p * 0x1p+64 + 0.5);
}

/* h where bit `lane` of the path words says the signs: the terms in the order of the paths */
static inline double real_local(const real_t *s, const uint64_t *path, const int32_t *link, int64_t k, int lane)
{
    double h = 0.0;
    for (int64_t j = 0; j < k; j++)
        h += (path[link[j]] >> lane) & 1 ? s->coupling[link[j]] : -s->coupling[link[j]];
    return h;
}

/* the lower 48 bits of the uniform number of a lane: finaliser of SplitMix64 over a state word of its stream (Steele,
 * Lea, Flood, OOPSLA 2014); two lanes share a word, at different offsets */
static inline uint64_t real_lower(const uint64_t *state, int lane)
{
    uint64_t z = state[lane % 32] + 0x9e3779b97f4a7c15u * (uint64_t)(1 + lane / 32);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) >> 16;
}

/* Decide the lanes of `open` in full: those that flip. drawn: the visit's random words, two of each stream, 16 bits for
 * each lane; state: (4, REAL_STREAMS) of the streams after them. */
static uint64_t __attribute__((noinline, cold)) real_settle(const real_t *s, int64_t block, int64_t weight,
                                                            const int32_t *link, int64_t k, uint64_t open,
                                                            const drawn_t *drawn, const uint64_t *state)
{
    const uint64_t *path = s->path + block * s->n_paths;
    uint64_t flips = 0;
    for (; open; open &= open - 1) {
        const int lane = __builtin_ctzll(open);
        const rung_t *rung = s->rung + s->rung_of[block * REAL_LANES + lane];
        double h = real_local(s, path, link, k, lane);
        double x = h == 0.0 ? 0.0 : rung->cost * h; /* the cost may be inf */
        if (s->kind == 2) {
            uint64_t against = s->weight[block * s->n_weights + weight] ^ s->reference[weight];
            x += (against >> lane) & 1 ? -2.0 * s->field : 2.0 * s->field;
        }
        if (real_accepts(x, rung->bath != 0.0, (uint64_t)drawn[lane] << 48 | real_lower(state, lane)))
            flips |= (uint64_t)1 << lane;
    }
    return flips;
}

/* Whether h and its rounded counterpart vanish for the same signs of k <= REAL_SPECIALISED paths; sets *zeros if so. */
static inline int real_same_zeros(const real_t *s, const int32_t *link, const int32_t *twice, int32_t base, int k,
                                  int *zeros)
{
    for (uint32_t up = 0; up < (1u << k); up++) {
        int32_t rounded = base;
        double h = 0.0;
        for (int j = 0; j < k; j++) {
            rounded += (up >> j) & 1 ? twice[j] : 0;
            h += (up >> j) & 1 ? s->coupling[link[j]] : -s->coupling[link[j]];
        }
        if ((rounded == 0) != (h == 0.0))
            return 0;
        *zeros |= rounded == 0;
    }
    return 1;
}

/* Whether all sums of k terms +-J are exact, rounded or not. */
static inline int real_exact(const real_t *s, const int32_t *link, const int32_t *twice, int k)
{
    for (int j = 0; j < k; j++)
        if ((double)(twice[j] / 2) != s->coupling[link[j]] * (double)(1 << REAL_QUANTA))
            return 0;
    return 1;
}

/* Set slack: where h may be zero without it showing in the rounded couplings, or the other way round. Degrees up to
 * REAL_SPECIALISED are tried in all their signs (0: the weight is asked in full). Returns whether h = 0 occurs. */
static int real_prepare(real_t *s)
{
    int zeros = 0;
    for (int64_t g = 0; g < s->n_groups; g++) {
        const int k = s->group_degree[g];
        const int32_t *link = s->links + s->group_links[g], *twice = s->twice + s->group_links[g];
        for (int64_t v = s->group_first[g]; v < s->group_first[g + 1]; v++, link += k, twice += k) {
            s->slack[v] = -1;
            if (k == 0)
                continue;
            if (k <= REAL_SPECIALISED)
                s->slack[v] = real_same_zeros(s, link, twice, s->base[v], k, &zeros) ? -1 : 0;
            else if (real_exact(s, link, twice, k))
                zeros = 1;
            else
                s->slack[v] = 2 + k;
        }
    }
    return zeros;
}

#define ISA_TEMPLATE "sweep_isa.h"
#include "each_isa.h"

static const real_isa_t *const real_isas[] = {ISA_ADDRESSES(real_isa)};

/* Bring to the lanes what depends on the rungs they sit on now; idle lanes follow lane 0. */
static inline void real_set_betas(real_t *s)
{
    const int spread = s->isa->spread;
    for (int64_t b = 0; b < s->n_blocks; b++) {
        int32_t *rung_of = s->rung_of + b * REAL_LANES;
        uint64_t bath = 0;
        for (int lane = 0; lane < REAL_LANES; lane++)
            rung_of[lane] = s->ladder.rung_of[b * REAL_LANES + lane < s->n_lanes ? b * REAL_LANES + lane : 0];
        for (int lane = 0; lane < REAL_LANES; lane++) {
            const int64_t at = b * REAL_LANES + lane % spread * (REAL_LANES / spread) + lane / spread;
            const rung_t *rung = s->rung + rung_of[lane];
            s->rate[at] = rung->rate;
            s->above[at] = rung->above;
            s->below[at] = rung->below;
            s->near[at] = rung->near;
            bath |= (uint64_t)rung->bath << lane;
        }
        s->bath[b] = bath;
    }
}

/* Sweeps with an exchange step after each; leaves the energies of all lanes up to date. */
static inline void real_advance(void *kernel, int64_t n_sweeps)
{
    real_t *s = (real_t *)kernel;
    for (int64_t sweep = 0; sweep < n_sweeps; sweep++) {
        for (int64_t b = 0; b < s->n_blocks; b++)
            s->isa->sweep(s, b);
        if (s->ladder.n_rungs == 1 && sweep + 1 < n_sweeps)
            continue;
        for (int64_t b = 0; b < s->n_blocks; b++)
            s->isa->energies(s, b);
        if (s->ladder.n_rungs > 1 && exchange_step(&s->ladder, s->energy, s->isa->exp_all))
            real_set_betas(s);
    }
}

/* rows of sampler.h */
static inline void real_rows(void *kernel, const int32_t *order, int64_t n_words, int paths, uint64_t *out)
{
    const real_t *s = (const real_t *)kernel;
    for (int64_t b = 0; b < s->n_blocks; b++)
        s->isa->lane_major(paths ? s->path + b * s->n_paths : s->weight + b * s->n_weights, order, n_words,
                           out + b * REAL_LANES * n_words);
}

#endif
