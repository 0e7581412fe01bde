/* Overlaps between configurations stored lane by lane, 64 weights to a word, every layer padded to whole words. */
#ifndef GLASSNET_OVERLAPS_H
#define GLASSNET_OVERLAPS_H

#include <stdint.h>
#include <string.h>

/* ones in 64 bits; plain operations, for the machines without an instruction */
static inline int64_t overlaps_ones(uint64_t x)
{
#ifdef __POPCNT__
    return __builtin_popcountll(x);
#else
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int64_t)((x * 0x0101010101010101u) >> 56);
#endif
}

/* Overlaps of many pairs of rows. Layer l of a row holds words first[l] .. first[l + 1] - 1. Rungs are the outer loop:
 * out[(t * n_pairs + j) * n_layers + l] = sum over layer l of w w' for the rows lane_at[pair[2 j], t] of a and
 * lane_at[pair[2 j + 1], t] of b; without pairs (n_pairs = 0) row lane_at[r, t] of a against row 0 of b for all r. */
typedef struct {
    int64_t n_rungs, n_replicas, n_pairs, n_layers, n_words;
    const int32_t *lane_at; /* (n_replicas, n_rungs) */
    const int32_t *pair;    /* (n_pairs, 2) */
    const int64_t *first;   /* (n_layers + 1,) */
    const int32_t *size;    /* (n_layers,) weights in each layer */
} comparison_t;

/* `words` > 0: the words of a row, known when compiling, all of one layer */
static inline __attribute__((always_inline)) void overlaps_body(const uint64_t *a, const uint64_t *b,
                                                                const comparison_t *c, int32_t *out, const int words,
                                                                int64_t (*ones)(uint64_t))
{
    const int64_t n = c->n_pairs ? c->n_pairs : c->n_replicas;
    for (int64_t t = 0; t < c->n_rungs; t++) {
        const int32_t *lane_at = c->lane_at + t;
        for (int64_t j = 0; j < n; j++) {
            const int64_t left = c->n_pairs ? c->pair[2 * j] : j;
            const uint64_t *x = a + lane_at[left * c->n_rungs] * c->n_words, *y = b;
            if (c->n_pairs)
                y += lane_at[c->pair[2 * j + 1] * c->n_rungs] * c->n_words;
            if (words > 0) {
                int64_t differ = 0;
                for (int word = 0; word < words; word++)
                    differ += ones(x[word] ^ y[word]);
                *out++ = (int32_t)(c->size[0] - 2 * differ);
                continue;
            }
            for (int64_t l = 0; l < c->n_layers; l++) {
                int64_t differ = 0;
                for (int64_t word = c->first[l]; word < c->first[l + 1]; word++)
                    differ += ones(x[word] ^ y[word]);
                *out++ = (int32_t)(c->size[l] - 2 * differ);
            }
        }
    }
}

#define OVERLAPS_BY_WORDS(ones)                                                \
    switch (c->n_layers == 1 ? c->n_words : 0) {                               \
    case 1: overlaps_body(a, b, c, out, 1, ones); break;                       \
    case 2: overlaps_body(a, b, c, out, 2, ones); break;                       \
    case 3: overlaps_body(a, b, c, out, 3, ones); break;                       \
    case 4: overlaps_body(a, b, c, out, 4, ones); break;                       \
    default: overlaps_body(a, b, c, out, 0, ones);                             \
    }

static void overlaps_plain(const uint64_t *a, const uint64_t *b, const comparison_t *c, int32_t *out)
{
    OVERLAPS_BY_WORDS(overlaps_ones)
}

#if defined(__x86_64__) && defined(__GNUC__)
static inline __attribute__((always_inline, target("popcnt"))) int64_t overlaps_popcnt_ones(uint64_t x)
{
    return __builtin_popcountll(x);
}

static __attribute__((target("popcnt"))) void overlaps_popcnt(const uint64_t *a, const uint64_t *b,
                                                              const comparison_t *c, int32_t *out)
{
    OVERLAPS_BY_WORDS(overlaps_popcnt_ones)
}
#endif

static inline void overlaps_layers(const uint64_t *a, const uint64_t *b, const comparison_t *c, int32_t *out)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("popcnt")) {
        overlaps_popcnt(a, b, c, out);
        return;
    }
#endif
    overlaps_plain(a, b, c, out);
}

/* A layered network: the weight from neuron i of layer l to neuron j of layer l + 1 is entry i * width[l + 1] + j of
 * layer l, layers one after the other. Bit k of a row is entry k. */
typedef struct {
    int64_t n_layers;        /* weight layers */
    int64_t n_entries;
    const int64_t *width;    /* (n_layers + 1,) neurons */
    const uint64_t *present; /* (ceil(n_entries / 8),): byte k all ones if entry k exists, 0 if it was removed */
    uint64_t *product;       /* the same shape, scratch: byte k is O = w w', 0 where removed */
    int64_t *sum, *next;     /* (widest layer,) scratch */
    int32_t *gauge, *field;  /* (all neurons,) scratch */
} network_t;

#define NETWORK_PASSES 100 /* each pass that changes something raises the sum: it ends far earlier */

#endif
