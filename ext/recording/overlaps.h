/* Overlaps between configurations stored lane by lane, 64 weights to a word, every layer padded to whole words. */
#ifndef GLASSNET_OVERLAPS_H
#define GLASSNET_OVERLAPS_H

#include <stdint.h>

#include "isa.h"
#include "transpose.h"

/* How the weights (or paths) of a lane lie in a row of words: layer l holds words first[l] .. first[l + 1] - 1. */
typedef struct {
    int64_t n_words, n_layers;
    const int32_t *order; /* (64 n_words,) weight of each bit, negative: padding */
    const int64_t *first; /* (n_layers + 1,) */
    const int32_t *size;  /* (n_layers,) weights in each layer */
} layout_t;

/* Which replicas are compared at each rung. */
enum { ALL_PAIRS, DISJOINT_PAIRS, WITH_REFERENCE };

typedef struct {
    int64_t n_rungs, n_replicas;
    const int32_t *lane_at; /* (n_replicas, n_rungs) */
    uint64_t *tile;         /* (TILE_WORDS + replicas_padded,) scratch on a 64-byte boundary */
} company_t;

static inline int64_t comparisons(const company_t *c, int kind)
{
    return kind == ALL_PAIRS        ? c->n_replicas * (c->n_replicas - 1) / 2
           : kind == DISJOINT_PAIRS ? c->n_replicas / 2
                                    : c->n_replicas;
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

#define NETWORK_WORDS 4 /* comparisons of a network at a time: 64 a word */
#define NETWORK_BLOCK (64 * NETWORK_WORDS)
#define NETWORK_PASSES 100 /* each pass that changes something raises the sum: it ends far earlier */

/* An edge as one of its neurons sees it: the neuron at its other end, and its bit in a row. */
typedef struct {
    int32_t entry, neuron;
} edge_t;

/* A layered network: the weight from neuron i of layer l to neuron j of layer l + 1 is entry i * width[l + 1] + j of
 * layer l, layers one after the other. Bit k of a row is entry k. Neurons are numbered layer by layer. */
typedef struct {
    int64_t n_layers;         /* weight layers; 0: no network */
    const int64_t *width;     /* (n_layers + 1,) neurons */
    const int64_t *first;     /* (n_layers + 2,) first neuron of each layer */
    const int32_t *bits;      /* (n_layers,) 16, 32 or 64: hold every sum over walks that ends behind that layer */
    const int64_t *in_first;  /* (neurons + 1,) edges into neuron i: in[in_first[i]] .. in[in_first[i + 1] - 1] */
    const int64_t *out_first; /* the same, edges out of neuron i */
    const edge_t *in, *out;   /* (edges,) those that exist, in the order of the entries */
    /* scratch, words on 64-byte boundaries */
    uint64_t *differ; /* (bits of a row, NETWORK_WORDS): w w' = -1 */
    void *sum, *next; /* (widest layer, 64) of the widest type */
    uint64_t *gauge;  /* (neurons, NETWORK_WORDS): g = -1 */
    uint8_t *decided; /* (neurons,): whether g is set */
} network_t;

typedef struct {
    /* out[l * n + j] = sum over layer l of w w' in comparison j of n at rung t; all pairs a < b come in the order
     * (0, 1), (0, 2), ..., (1, 2), ...; out has 8 places more than that */
    void (*sums)(const uint64_t *rows, const uint64_t *reference, const layout_t *layout, const company_t *who,
                 int kind, int64_t t, int32_t *out);
    /* out[j] = scale times the sum over the layers of sums[l * n + j] */
    void (*total)(const int32_t *sums, int64_t n_layers, int64_t n, double scale, double *out);
    /* out[j] = scale times the largest sum over the layers of s_l sums[l * n + j] for signs s_l with product +1 */
    void (*best_images)(const int32_t *sums, int64_t n_layers, int64_t n, double scale, double *out);
    /* scale times the product over the layers, for all pairs at rung t; sums: scratch as for `sums` */
    void (*products)(const uint64_t *rows, const layout_t *layout, const company_t *who, int64_t t, int32_t *sums,
                     double scale, double *out);
    /* all-walk and matched sums of the rows x[c] and y[c], each unless NULL: the first n of NETWORK_BLOCK comparisons,
     * what stands in the others means nothing */
    void (*network)(network_t *net, const uint64_t *const *x, const uint64_t *const *y, int64_t n_words, int64_t n,
                    int64_t *walks, int64_t *matched);
} overlaps_isa_t;

#define ISA_TEMPLATE "overlaps_isa.h"
#define ISA_TARGETS COUNTING_TARGET
#include "each_isa.h"

/* Loops for row `isa` of the table of instruction sets, or the next where they cannot run; all give the same numbers. */
static inline const overlaps_isa_t *overlaps_for(int isa)
{
    static const overlaps_isa_t *const loops[] = {ISA_ADDRESSES(overlaps_isa)};
    return loops[isa_counting(isa)];
}

#endif
