/* The recording loop: a kernel is advanced and what was asked for is written down, draw by draw, all of it in C. */
#ifndef GLASSNET_RECORDING_H
#define GLASSNET_RECORDING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "overlaps.h"
#include "sampler.h"

/* What can be measured, by the names of glassnet.chains.schema.MEASUREMENTS: MEASUREMENTS(ROW) is ROW(name) for each. */
#define MEASUREMENTS(ROW) \
    ROW(energy)           \
    ROW(overlap)          \
    ROW(weight_overlap)   \
    ROW(path_overlap)     \
    ROW(matched_overlap)  \
    ROW(planted_overlap)  \
    ROW(weights)

#define MEASURED(name) measured_##name,
enum { MEASUREMENTS(MEASURED) N_MEASUREMENTS };
#define MEASURED_NAME(name) #name,
static const char *const measurement_names[] = {MEASUREMENTS(MEASURED_NAME)};

typedef struct {
    const overlaps_isa_t *isa;
    company_t who;
    layout_t weights, paths, plain; /* plain: weights in their own order */
    network_t network;
    const uint64_t *planted;                 /* the planted state as a row of `weights` */
    int layered;                             /* any two layers can be flipped */
    int even;                                /* w and -w are the same state */
    int real;                                /* energies are float64, not int32 */
    double scale, overlap_scale, path_scale; /* what makes an overlap of a sum */
    /* of each measurement: where the next draw goes, and bytes of a draw; NULL: not asked for */
    void *next[N_MEASUREMENTS];
    int64_t n_bytes[N_MEASUREMENTS];
    /* scratch: rows of all lanes in the longest of the layouts; sums of all comparisons and layers at one rung */
    uint64_t *rows;
    int32_t *sums;
} record_t;

/* The next draw of a measurement; NULL: not asked for. */
#define NEXT(r, name) ((r)->next[measured_##name])

/* n matched overlaps from the sums, by the symmetries of the glass. */
static inline void record_matched(const record_t *r, int64_t n, double *out)
{
    if (r->layered)
        r->isa->best_images(r->sums, r->weights.n_layers, n, r->scale, out);
    else
        for (int64_t j = 0; j < n; j++)
            out[j] = r->scale * (r->even ? abs(r->sums[j]) : r->sums[j]);
}

/* All-walk and matched overlaps of a network; NULL: not wanted. */
static inline void record_network(record_t *r, int kind, double *walks, double *matched)
{
    const int64_t n = comparisons(&r->who, kind), n_words = r->weights.n_words, all = r->who.n_rungs * n;
    for (int64_t done = 0; done < all; done += NETWORK_BLOCK) {
        const uint64_t *x[NETWORK_BLOCK], *y[NETWORK_BLOCK];
        const int64_t here = all - done < NETWORK_BLOCK ? all - done : NETWORK_BLOCK;
        int64_t sums[2][NETWORK_BLOCK];
        for (int64_t c = 0; c < NETWORK_BLOCK; c++) {
            const int64_t at = done + (c < here ? c : 0);
            compared(&r->who, kind, r->rows, r->planted, n_words, at / n, at % n, &x[c], &y[c]);
        }
        r->isa->network(&r->network, x, y, n_words, here, walks ? sums[0] : NULL, matched ? sums[1] : NULL);
        for (int64_t c = 0; walks && c < here; c++)
            walks[done + c] = (double)sums[0][c] * r->overlap_scale;
        for (int64_t c = 0; matched && c < here; c++)
            matched[done + c] = (double)sums[1][c] * r->scale;
    }
}

/* Overlaps over weights between replicas, from the rows. */
static inline void record_pairs(record_t *r)
{
    const int network = r->network.n_layers > 0, kind = network ? DISJOINT_PAIRS : ALL_PAIRS;
    const int64_t n = comparisons(&r->who, kind), n_layers = r->weights.n_layers;
    double *overlap = NEXT(r, overlap), *of_weights = NEXT(r, weight_overlap), *matched = NEXT(r, matched_overlap);
    if (network && (overlap || matched))
        record_network(r, kind, overlap, matched);
    if (network && !of_weights)
        return;
    for (int64_t t = 0; t < r->who.n_rungs; t++) {
        if (overlap && r->layered)
            r->isa->products(r->rows, &r->weights, &r->who, t, r->sums, r->overlap_scale, overlap + t * n);
        if (r->layered && !of_weights && !matched)
            continue;
        r->isa->sums(r->rows, NULL, &r->weights, &r->who, kind, t, r->sums);
        if (of_weights)
            r->isa->total(r->sums, n_layers, n, r->scale, of_weights + t * n);
        if (overlap && !r->layered && !network)
            r->isa->total(r->sums, n_layers, n, r->overlap_scale, overlap + t * n);
        if (matched && !network)
            record_matched(r, n, matched + t * n);
    }
}

static inline void record_paths(record_t *r, double *out)
{
    const int kind = r->network.n_layers ? DISJOINT_PAIRS : ALL_PAIRS;
    const int64_t n = comparisons(&r->who, kind);
    for (int64_t t = 0; t < r->who.n_rungs; t++) {
        r->isa->sums(r->rows, NULL, &r->paths, &r->who, kind, t, r->sums);
        r->isa->total(r->sums, r->paths.n_layers, n, r->path_scale, out + t * n);
    }
}

static inline void record_planted(record_t *r, double *out)
{
    const int64_t n = r->who.n_replicas;
    if (r->network.n_layers) {
        record_network(r, WITH_REFERENCE, NULL, out);
        return;
    }
    for (int64_t t = 0; t < r->who.n_rungs; t++) {
        r->isa->sums(r->rows, r->planted, &r->weights, &r->who, WITH_REFERENCE, t, r->sums);
        record_matched(r, n, out + t * n);
    }
}

static inline void record_energies(record_t *r, const double *energy, void *out)
{
    const int64_t n_rungs = r->who.n_rungs, n_replicas = r->who.n_replicas;
    for (int64_t t = 0; t < n_rungs; t++)
        for (int64_t j = 0; j < n_replicas; j++) {
            const double value = energy[r->who.lane_at[j * n_rungs + t]];
            if (r->real)
                ((double *)out)[t * n_replicas + j] = value;
            else
                ((int32_t *)out)[t * n_replicas + j] = (int32_t)value;
        }
}

static inline void record_bits(record_t *r, uint8_t *out)
{
    const int64_t n_rungs = r->who.n_rungs, n_replicas = r->who.n_replicas, n_bytes = (r->plain.size[0] + 7) / 8;
    for (int64_t t = 0; t < n_rungs; t++)
        for (int64_t j = 0; j < n_replicas; j++, out += n_bytes) {
            const uint64_t *row = r->rows + r->who.lane_at[j * n_rungs + t] * r->plain.n_words;
            for (int64_t byte = 0; byte < n_bytes; byte++) /* little end first on every machine */
                out[byte] = (uint8_t)(row[byte >> 3] >> (8 * (byte & 7)));
        }
}

/* Write down one draw and move on to the next. */
static inline void record_take(record_t *r, const sampler_t *sampler)
{
    const int pairs = NEXT(r, overlap) || NEXT(r, weight_overlap) || NEXT(r, matched_overlap);
    if (NEXT(r, energy))
        record_energies(r, sampler->energy, NEXT(r, energy));
    if (pairs || NEXT(r, planted_overlap))
        sampler->rows(sampler->kernel, r->weights.order, r->weights.n_words, 0, r->rows);
    if (pairs)
        record_pairs(r);
    if (NEXT(r, planted_overlap))
        record_planted(r, NEXT(r, planted_overlap));
    if (NEXT(r, path_overlap)) {
        sampler->rows(sampler->kernel, r->paths.order, r->paths.n_words, 1, r->rows);
        record_paths(r, NEXT(r, path_overlap));
    }
    if (NEXT(r, weights)) {
        sampler->rows(sampler->kernel, r->plain.order, r->plain.n_words, 0, r->rows);
        record_bits(r, NEXT(r, weights));
    }
    for (int i = 0; i < N_MEASUREMENTS; i++)
        if (r->next[i])
            r->next[i] = (char *)r->next[i] + r->n_bytes[i];
}

/* n_draws times: `every` sweeps, one draw. */
static inline void record_run(record_t *r, const sampler_t *sampler, int64_t n_draws, int64_t every)
{
    for (int64_t draw = 0; draw < n_draws; draw++) {
        sampler->advance(sampler->kernel, every);
        record_take(r, sampler);
    }
}

#endif
