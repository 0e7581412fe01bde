/* Overlaps between configurations stored lane by lane, 64 weights to a word, every layer padded to whole words. */
#ifndef GLASSNET_OVERLAPS_H
#define GLASSNET_OVERLAPS_H

#include <stdint.h>

#include "isa.h"

/* How the weights (or paths) of a lane lie in a row of words: layer l holds words first[l] .. first[l + 1] - 1. */
typedef struct {
    int64_t n_words, n_layers;
    const int32_t *order; /* (64 n_words,) weight of each bit, negative: padding */
    const int64_t *first; /* (n_layers + 1,) */
    const int32_t *size;  /* (n_layers,) weights in each layer */
} layout_t;

/* Who is compared with whom at each rung. */
enum { ALL_PAIRS, DISJOINT_PAIRS, WITH_REFERENCE };

typedef struct {
    int64_t n_rungs, n_replicas;
    const int32_t *lane_at; /* (n_replicas, n_rungs) */
    uint64_t *tile;         /* (TILE_WORDS + replicas_padded,) scratch on a 64-byte boundary */
} company_t;

static inline int64_t comparisons(const company_t *c, int kind)
{
    return kind == ALL_PAIRS ? c->n_replicas * (c->n_replicas - 1) / 2
           : kind == DISJOINT_PAIRS ? c->n_replicas / 2 : c->n_replicas;
}

/* The rows of one comparison: pairs (2 j, 2 j + 1), or replica j with the reference. */
static inline void compared(const company_t *c, int kind, const uint64_t *rows, const uint64_t *reference,
                            int64_t n_words, int64_t t, int64_t j, const uint64_t **x, const uint64_t **y)
{
    const int64_t left = kind == DISJOINT_PAIRS ? 2 * j : j;
    *x = rows + c->lane_at[left * c->n_rungs + t] * n_words;
    *y = kind == DISJOINT_PAIRS ? rows + c->lane_at[(left + 1) * c->n_rungs + t] * n_words : reference;
}

#define TILE_WORDS 1024 /* 8 kB: a quarter of the smallest L1 */
#define PADDED(n_replicas) (((n_replicas) + 7) / 8 * 8)

/* A layered network: the weight from neuron i of layer l to neuron j of layer l + 1 is entry i * width[l + 1] + j of
 * layer l, layers one after the other. Bit k of a row is entry k. */
typedef struct {
    int64_t n_layers;        /* weight layers; 0: no network */
    int64_t n_entries;
    const int64_t *width;    /* (n_layers + 1,) neurons */
    const uint64_t *present; /* (ceil(n_entries / 8),): byte k all ones if entry k exists, 0 if it was removed */
    uint64_t *product;       /* the same shape, scratch: byte k is O = w w', 0 where removed */
    uint64_t *differ;        /* (words of a row,) scratch */
    int64_t *sum, *next;     /* (widest layer,) scratch */
    int32_t *gauge, *field;  /* (all neurons,) scratch */
} network_t;

#define NETWORK_PASSES 100 /* each pass that changes something raises the sum: it ends far earlier */

typedef struct {
    /* out[l * n + j] = sum over layer l of w w' in comparison j of n at rung t; all pairs a < b come in the order (0, 1),
     * (0, 2), ..., (1, 2), ...; out has 8 places more than that */
    void (*sums)(const uint64_t *rows, const uint64_t *reference, const layout_t *layout, const company_t *who, int kind,
                 int64_t t, int32_t *out);
    /* out[j] = scale times the sum over the layers of sums[l * n + j] */
    void (*total)(const int32_t *sums, int64_t n_layers, int64_t n, double scale, double *out);
    /* scale times the product over the layers, for all pairs at rung t; sums: scratch as for `sums` */
    void (*products)(const uint64_t *rows, const layout_t *layout, const company_t *who, int64_t t, int32_t *sums,
                     double scale, double *out);
    /* out[0]: all-walk sum, out[1]: matched sum of the two rows that differ in net->differ; each if asked for */
    void (*network)(network_t *net, int walks, int matched, int64_t *out);
} overlaps_isa_t;

#define ISA plain
#define TARGET
#define ONES ones_plain
#include "overlaps_isa.h"

#ifdef GLASSNET_X86
#define ISA v3
#define TARGET TARGET_V3
#define ONES __builtin_popcountll
#include "overlaps_isa.h"

/* v4 machines that count ones in vectors (Ice Lake, Zen 4 and later) */
#define ISA v4
#define TARGET TARGET_V4_ONES
#define ONES __builtin_popcountll
#define VECTOR_ONES
#include "overlaps_isa.h"
#endif

/* Loops for instruction set `isa` of the kernels; all give the same numbers. */
static inline const overlaps_isa_t *overlaps_for(int isa)
{
#ifdef GLASSNET_X86
    if (isa == 0 && __builtin_cpu_supports("avx512vpopcntdq"))
        return &overlaps_isa_v4;
    if (isa <= 1)
        return &overlaps_isa_v3;
#endif
    return (void)isa, &overlaps_isa_plain;
}

#endif
