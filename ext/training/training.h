/* A Metropolis chain on the number E of training errors of one network of sign units with weights +-1.
 *
 * State. The sum of every unit on every example is kept, as int16, in two layouts: `sums`, all examples of a unit side by
 * side, tells in a pass over vectors on which examples a unit changes its sign when one of its weights is flipped; `rows`,
 * all units of an example side by side, carries these changes on, one example at a time, through the layers behind. The
 * sign of a sum that is 0 is 0, and errors are counted in halves: an example costs 1 - y sign(output), which is 0, 1 or 2.
 *
 * A proposal. The random number is drawn first and says by how much E may rise. Examples that change are taken in this
 * order: those that are not right now, which alone can lower E, then the others, until E has risen too much even if all
 * that is left of the first kind became right. So a bad proposal is refused early, with the decision that the whole sum
 * would have given. New sums wait in `trial` and are written only if the proposal is accepted.
 *
 * Numbers are whole but for the logarithm of the random number (portable.h): the same chain on every machine. */
#ifndef GLASSNET_TRAINING_H
#define GLASSNET_TRAINING_H

#include <stdint.h>
#include <string.h>

#include "portable.h"
#include "xoshiro.h"

#define TRAINING_PAD 32 /* numbers: a row and the examples of a unit are whole vectors of every instruction set */

typedef struct {
    int32_t layer, unit, before; /* a connection: its matrix, row and column */
} site_t;

typedef struct {
    int64_t n_layers;   /* L, matrices of weights */
    int64_t n_examples; /* P */
    int64_t n_padded;   /* P in whole words of bits */
    int64_t stride;     /* from one unit's sums to those of the next: an odd number of cache lines, as powers of two collide */
    int64_t n_sites;    /* connections that are there */
    int64_t row_length; /* numbers in a row: the hidden layers but the first, each in whole vectors */
    int64_t longest;    /* units of the widest hidden layer, in whole vectors */
    const int64_t *width;       /* (L + 1,) units, from the inputs */
    const int64_t *first_sum;   /* (L + 1,) first unit of a layer in `sums`, the inputs being layer 0 */
    const int64_t *first_row;   /* (L + 1,) first number of a layer in a row; of layers 2 to L - 1 */
    const int64_t *first_weight; /* (L,) first weight of a matrix in `weight` */
    const int64_t *first_column; /* (L,) first number of a matrix in `column`; of matrices 1 to L - 2 */
    const site_t *site;         /* (n_sites,) */
    int8_t *weight;             /* (n_out, n_in) of all matrices one after the other: +-1, 0 where there is none */
    int16_t *column;            /* (n_in, n_out in whole vectors) of the matrices between hidden layers */
    int16_t *last;              /* weights into the output unit, in whole vectors */
    int16_t *sums;              /* (units, stride); of the inputs themselves: +-1, 0 in the padding */
    int16_t *rows;              /* (P, row_length) */
    const int8_t *label;        /* (P,) +-1 */
    int8_t *cost;               /* (P,) 1 - y sign(output) */
    uint64_t *wrong;            /* bits of the examples with cost > 0 */
    uint64_t *changed;          /* scratch: bits of the examples on which the unit changes its sign */
    int16_t *fresh, *change;    /* scratch (n_padded,): new sums of the unit, changes of its sign */
    int16_t *trial;             /* scratch (P, row_length): new rows, in the order of `order` */
    int16_t *output;            /* scratch (P,): new sums of the output unit, in the same order */
    int16_t *step;              /* scratch (2, longest): changes of sign of two layers on one example */
    int32_t *unit;              /* scratch (2, longest): the units that change */
    int32_t *order;             /* scratch (P,): examples that change */
    uint64_t *rng;              /* (4,) */
    double beta;
    int64_t cost_sum; /* sum of all costs: 2 E */
    int64_t accepted;
} training_t;

static inline int sign_of(int x) { return (x > 0) - (x < 0); }

/* By how much the sum of costs, 2 E, may rise: floor(-2 ln(u) / beta), u uniform in (0, 1] with 53 bits. */
static inline int64_t training_allowed(const training_t *s)
{
    double u = (double)((xoshiro_next(s->rng) >> 11) + 1) * 0x1p-53, limit = 4.0 * (double)s->n_examples;
    if (!(s->beta > 0.0))
        return (int64_t)limit;
    double most = -2.0 * portable_log(u) / s->beta;
    return (int64_t)(most < limit ? most : limit);
}

/* The cost of one example and its bit. */
static inline void training_set_cost(training_t *s, int64_t e, int output)
{
    int cost = 1 - s->label[e] * sign_of(output);
    s->cost_sum += cost - s->cost[e];
    s->cost[e] = (int8_t)cost;
    uint64_t bit = (uint64_t)1 << (e & 63);
    s->wrong[e >> 6] = cost ? s->wrong[e >> 6] | bit : s->wrong[e >> 6] & ~bit;
}

/* All sums, rows and costs from the inputs and the weights. `cost`, `wrong` and `cost_sum` are zero before. */
static void training_start(training_t *s)
{
    for (int64_t l = 0; l < s->n_layers; l++) {
        const int8_t *weight = s->weight + s->first_weight[l];
        for (int64_t i = 0; i < s->width[l + 1]; i++) {
            int16_t *sum = s->sums + (s->first_sum[l + 1] + i) * s->stride;
            for (int64_t j = 0; j < s->width[l]; j++) {
                const int16_t *before = s->sums + (s->first_sum[l] + j) * s->stride;
                int w = weight[i * s->width[l] + j];
                for (int64_t e = 0; e < s->n_examples; e++)
                    sum[e] = (int16_t)(sum[e] + w * sign_of(before[e]));
            }
            if (l > 0 && l < s->n_layers - 1)
                for (int64_t e = 0; e < s->n_examples; e++)
                    s->rows[e * s->row_length + s->first_row[l + 1] + i] = sum[e];
        }
    }
    const int16_t *output = s->sums + s->first_sum[s->n_layers] * s->stride;
    for (int64_t e = 0; e < s->n_examples; e++)
        training_set_cost(s, e, output[e]);
}

/* An accepted proposal: unit i of layer l + 1 has the sums `fresh`, and n_order examples have new rows and outputs. */
static void training_accept(training_t *s, const site_t *site, int64_t n_order)
{
    int64_t l = site->layer, last = s->n_layers - 1, i = site->unit;
    memcpy(s->sums + (s->first_sum[l + 1] + i) * s->stride, s->fresh, (size_t)s->n_padded * sizeof *s->fresh);
    if (l > 0 && l < last)
        for (int64_t e = 0; e < s->n_examples; e++)
            s->rows[e * s->row_length + s->first_row[l + 1] + i] = s->fresh[e];
    if (l + 2 <= last) /* the next layer sees one unit change: whole vectors */
        for (int64_t k = 0; k < s->width[l + 2]; k++) {
            int16_t *sum = s->sums + (s->first_sum[l + 2] + k) * s->stride;
            int16_t w = s->weight[s->first_weight[l + 1] + k * s->width[l + 1] + i];
            for (int64_t e = 0; e < s->n_padded; e++)
                sum[e] = (int16_t)(sum[e] + w * s->change[e]);
        }
    for (int64_t n = 0; n < n_order; n++) {
        const int16_t *from = s->trial + n * s->row_length;
        int16_t *row = s->rows + s->order[n] * s->row_length;
        for (int64_t m = l + 2; m <= last; m++) {
            memcpy(row + s->first_row[m], from + s->first_row[m], (size_t)s->width[m] * sizeof *row);
            int16_t *sum = s->sums + s->first_sum[m] * s->stride + s->order[n];
            for (int64_t k = 0; m > l + 2 && k < s->width[m]; k++)
                sum[k * s->stride] = from[s->first_row[m] + k];
        }
    }
    int16_t *output = s->sums + s->first_sum[s->n_layers] * s->stride;
    for (int64_t n = 0; n < n_order; n++) {
        output[s->order[n]] = s->output[n];
        training_set_cost(s, s->order[n], s->output[n]);
    }
    int8_t *weight = s->weight + s->first_weight[l] + i * s->width[l] + site->before;
    *weight = (int8_t)-*weight;
    if (l == last)
        s->last[site->before] = *weight;
    else if (l > 0) {
        int64_t length = (s->width[l + 1] + TRAINING_PAD - 1) / TRAINING_PAD * TRAINING_PAD;
        s->column[s->first_column[l] + site->before * length + i] = *weight;
    }
    s->accepted++;
}

typedef void (*training_run_t)(training_t *s, int64_t n_proposals);

#define ISA_TEMPLATE "training_isa.h"
#include "each_isa.h"

static const training_run_t training_run[] = {ISA_ADDRESSES(training_run)};

#endif
