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

static inline __attribute__((always_inline)) void overlaps_body(const uint64_t *a, const uint64_t *b,
                                                                const comparison_t *c, int32_t *out,
                                                                int64_t (*ones)(uint64_t))
{
    const int64_t n = c->n_pairs ? c->n_pairs : c->n_replicas;
    for (int64_t t = 0; t < c->n_rungs; t++)
        for (int64_t j = 0; j < n; j++) {
            int64_t left = c->n_pairs ? c->pair[2 * j] : j;
            const uint64_t *x = a + c->lane_at[left * c->n_rungs + t] * c->n_words, *y = b;
            if (c->n_pairs)
                y += c->lane_at[c->pair[2 * j + 1] * c->n_rungs + t] * c->n_words;
            for (int64_t l = 0; l < c->n_layers; l++) {
                int64_t differ = 0;
                for (int64_t word = c->first[l]; word < c->first[l + 1]; word++)
                    differ += ones(x[word] ^ y[word]);
                *out++ = (int32_t)(c->size[l] - 2 * differ);
            }
        }
}

static void overlaps_plain(const uint64_t *a, const uint64_t *b, const comparison_t *c, int32_t *out)
{
    overlaps_body(a, b, c, out, overlaps_ones);
}

#if defined(__x86_64__) && defined(__GNUC__)
static inline __attribute__((always_inline, target("popcnt"))) int64_t overlaps_popcnt_ones(uint64_t x)
{
    return __builtin_popcountll(x);
}

static __attribute__((target("popcnt"))) void overlaps_popcnt(const uint64_t *a, const uint64_t *b,
                                                              const comparison_t *c, int32_t *out)
{
    overlaps_body(a, b, c, out, overlaps_popcnt_ones);
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

/* A layered network: edge e of layer l joins neuron tail[e] of neuron layer l to head[e] of neuron layer l + 1; its
 * weight is bit position[e]. Neurons are numbered through all layers: layer l starts at neuron_first[l]. */
typedef struct {
    int64_t n_layers, n_edges; /* weight layers, weights */
    const int64_t *edge_first; /* (n_layers + 1,) */
    const int32_t *tail, *head;
    const int32_t *position;
    const int64_t *neuron_first; /* (n_layers + 2,) */
} network_t;

static inline int network_sign(const uint64_t *differ, const network_t *net, int64_t e)
{
    int32_t at = net->position[e];
    return 1 - 2 * (int)((differ[at >> 6] >> (at & 63)) & 1);
}

/* 1^T O_1 O_2 ... O_p 1 with O = w w' on every edge (bit of `differ`: O = -1); sum: (neurons,) scratch */
static inline int64_t network_all_walks(const uint64_t *differ, const network_t *net, int64_t *sum)
{
    int64_t total = 0;
    memset(sum, 0, sizeof(int64_t) * (size_t)net->neuron_first[net->n_layers + 1]);
    for (int64_t i = 0; i < net->neuron_first[1]; i++)
        sum[i] = 1;
    for (int64_t e = 0; e < net->n_edges; e++)
        sum[net->head[e]] += network_sign(differ, net, e) * sum[net->tail[e]];
    for (int64_t i = net->neuron_first[net->n_layers]; i < net->neuron_first[net->n_layers + 1]; i++)
        total += sum[i];
    return total;
}

/* sum_e g_tail O_e g_head after the gauge g of the hidden neurons was chosen to make it large: a forward pass, then
 * neuron by neuron g <- sign(O g) until nothing changes. gauge: (neurons,) scratch, field: (neurons,) scratch. */
static inline int64_t network_matched(const uint64_t *differ, const network_t *net, int64_t *gauge, int64_t *field)
{
    const int64_t *first = net->neuron_first;
    const int64_t inputs = first[1], outputs = first[net->n_layers], neurons = first[net->n_layers + 1];
    for (int64_t i = 0; i < neurons; i++)
        gauge[i] = 1;
    for (int pass = 0; pass < 100; pass++) {
        int changed = 0;
        for (int64_t layer = 1; layer < net->n_layers; layer++) {
            for (int64_t i = first[layer]; i < first[layer + 1]; i++)
                field[i] = 0;
            for (int64_t e = net->edge_first[layer - 1]; e < net->edge_first[layer]; e++)
                field[net->head[e]] += network_sign(differ, net, e) * gauge[net->tail[e]];
            if (pass > 0)
                for (int64_t e = net->edge_first[layer]; e < net->edge_first[layer + 1]; e++)
                    field[net->tail[e]] += network_sign(differ, net, e) * gauge[net->head[e]];
            for (int64_t i = first[layer]; i < first[layer + 1]; i++)
                if (i >= inputs && i < outputs && field[i] * gauge[i] < 0) {
                    gauge[i] = -gauge[i];
                    changed = 1;
                }
        }
        if (pass > 0 && !changed)
            break;
    }
    int64_t total = 0;
    for (int64_t e = 0; e < net->n_edges; e++)
        total += network_sign(differ, net, e) * gauge[net->tail[e]] * gauge[net->head[e]];
    return total;
}

#endif
