/* Population dynamics of the cavity equations, one step of replica symmetry breaking at any m.
 *
 * Fields and messages have symmetric distributions within a state picked at random, so only their absolute values are
 * kept, as ratios r = exp(-2 abs(H)) in (0, 1]: a weight's odds of pointing against its field. Then a path is rational,
 * join(r, s) = (r + s)/(1 + r s) for the product of two tanh, and adding messages multiplies or divides ratios: no
 * transcendental function, no cancellation however strong the fields.
 *
 * Adding a message u to the partial field H of a weight multiplies its partition function by 1 + s x, with
 * x = tanh abs(H) tanh abs(u) and s = +1 if they point the same way. States count with the power m of it. So s is
 * drawn with odds ((1 - x)/(1 + x))^m against +1, and what is left over is the weight ((1 + x)^m + (1 - x)^m)/2, between
 * 2^(m-1) and 1; it is 1 at m = 1, where this is the planted glass and members need no weights at all. */
#ifndef GLASSNET_CAVITY_H
#define GLASSNET_CAVITY_H

#include <stdint.h>
#include <string.h>

#include "portable.h"
#include "xoshiro.h"

#define CERTAIN 1e-300 /* no ratio is smaller: abs(H) = 345 */

/* uniform in 0 .. n - 1 */
static inline int64_t draw_below(uint64_t *s, int64_t n)
{
    return (int64_t)(((unsigned __int128)xoshiro_next(s) * (uint64_t)n) >> 64);
}

/* How the tree branches and what stands on its paths. */
typedef struct {
    int64_t n_factors; /* fields that enter a message: p - 1 */
    int64_t n_couplings;
    const double *coupling;   /* exp(-2 beta abs(J)); each path draws one */
    const double *cumulative; /* probability of at most 0, 1, 2, ... paths, up to 1 */
    double m;
} branch_t;

/* A population of fields; several of them when weights differ (degrees, couplings): one for each site. */
typedef struct {
    int64_t n_sites, n_members;
    const double *ratio; /* (n_sites, n_members) */
} fields_t;

/* Degrees of n weights in increasing order, as the quantiles (i + offset)/n: less noise than drawing each. */
typedef struct {
    double offset, n;
    int64_t degree;
} degrees_t;

static inline int64_t degrees_next(degrees_t *d, const double *cumulative, int64_t i)
{
    while (cumulative[d->degree] <= ((double)i + d->offset) / d->n)
        d->degree++;
    return d->degree;
}

/* The product of tanh of some fields, as the fraction top/bottom that is its ratio. */
typedef struct {
    double top, bottom;
} product_t;

static inline void product_take(product_t *x, double ratio)
{
    double top = x->top + ratio * x->bottom;
    x->bottom += ratio * x->top;
    x->top = top;
}

/* A weight while messages add up. */
typedef struct {
    double ratio;   /* exp(-2 abs(H)) */
    double aligned; /* product of 1 + x */
    double share;   /* product of (1 + ((1 - x)/(1 + x))^m)/2 */
} weight_t;

static const weight_t BARE = {1.0, 1.0, 1.0};

/* returns 1 if the message points the other way, 0 if not */
static inline int weight_add(weight_t *w, double message, double m, uint64_t *s)
{
    if (w->ratio == 1.0) { /* without a field neither sign is preferred */
        w->ratio = message;
        return 0;
    }
    double same = 1.0 + w->ratio * message, other = w->ratio + message, odds = other / same;
    double tilted = m == 1.0 ? odds : portable_pow(odds, m);
    w->aligned *= 2.0 * same / (same + other);
    w->share *= 0.5 * (1.0 + tilted);
    int against = xoshiro_uniform(s) * (1.0 + tilted) < tilted;
    if (against)
        w->ratio = w->ratio < message ? w->ratio / message : message / w->ratio;
    else
        w->ratio *= message;
    if (w->ratio < CERTAIN)
        w->ratio = CERTAIN;
    return against;
}

/* what is left of the weight's partition function to the power m once its signs are drawn */
static inline double weight_factor(const weight_t *w, double m)
{
    return m == 1.0 ? 1.0 : portable_pow(w->aligned, m) * w->share;
}

static inline double squared_tanh(double ratio)
{
    double t = (1.0 - ratio) / (1.0 + ratio);
    return t * t;
}

/* ---- m = 1: one population for all weights, whatever their degrees and couplings ---- */

static inline double planted_message(const branch_t *b, const fields_t *f, uint64_t *s)
{
    product_t x = {b->n_couplings == 1 ? b->coupling[0] : b->coupling[draw_below(s, b->n_couplings)], 1.0};
    for (int64_t j = 0; j < b->n_factors; j++)
        product_take(&x, f->ratio[draw_below(s, f->n_members)]);
    return x.top / x.bottom;
}

/* new fields from the old; returns the mean of tanh^2 */
static double planted_step(const branch_t *b, const fields_t *f, double *next, uint64_t *s)
{
    degrees_t degrees = {xoshiro_uniform(s), (double)f->n_members, 0};
    double sum = 0.0;
    for (int64_t i = 0; i < f->n_members; i++) {
        weight_t w = BARE;
        for (int64_t k = degrees_next(&degrees, b->cumulative, i); k > 0; k--)
            weight_add(&w, planted_message(b, f, s), 1.0, s);
        next[i] = w.ratio;
        sum += squared_tanh(w.ratio);
    }
    return sum / (double)f->n_members;
}

/* mean of ln(1 + s x) over s = +-1 with probabilities (1 + s x)/2, for (1 - x)/(1 + x) = odds */
static inline double information(double odds)
{
    double part = odds / (1.0 + odds);
    return 0.6931471805599453 - portable_log(1.0 + odds) + part * portable_log(odds < CERTAIN ? CERTAIN : odds);
}

/* Sums over n weights with all their paths, of which `b` has the degrees: tanh^2 of the field, logarithm of the
 * partition function (in units of its value without field), and over n paths the logarithm of theirs. Each logarithm
 * is averaged over the last sign given all before it. */
static void planted_observe(const branch_t *b, const fields_t *f, int64_t n, double *sums, uint64_t *s)
{
    degrees_t degrees = {xoshiro_uniform(s), (double)n, 0};
    sums[0] = sums[1] = sums[2] = 0.0;
    for (int64_t i = 0; i < n; i++) {
        weight_t w = BARE;
        for (int64_t k = degrees_next(&degrees, b->cumulative, i); k > 0; k--) {
            double message = planted_message(b, f, s);
            if (w.ratio < 1.0)
                sums[1] += information((w.ratio + message) / (1.0 + w.ratio * message));
            weight_add(&w, message, 1.0, s);
        }
        sums[0] += squared_tanh(w.ratio);
        product_t x = {planted_message(b, f, s), 1.0};
        product_take(&x, f->ratio[draw_below(s, f->n_members)]);
        sums[2] += information(x.top / x.bottom);
    }
}

/* ---- any m: in every site a population, its members weighted ---- */

/* A path seen from one of its ends: its coupling and the sites at the others. */
static inline double state_message(const double *coupling, const double *const *site, int64_t n_factors,
                                   int64_t n_members, uint64_t *s)
{
    product_t x = {*coupling, 1.0};
    for (int64_t j = 0; j < n_factors; j++)
        product_take(&x, site[j][draw_below(s, n_members)]);
    return x.top / x.bottom;
}

static inline void state_surroundings(const branch_t *b, const fields_t *f, int64_t degree, const double **coupling,
                                      const double **site, uint64_t *s)
{
    for (int64_t k = 0; k < degree; k++)
        coupling[k] = b->coupling + draw_below(s, b->n_couplings);
    for (int64_t j = 0; j < degree * b->n_factors; j++)
        site[j] = f->ratio + f->n_members * draw_below(s, f->n_sites);
}

/* n members in proportion to their weights: the quantiles (i + offset)/n of the cumulated weights */
static void resample(int64_t n, const double *member, const double *weight, double *chosen, uint64_t *s)
{
    double total = 0.0, sum = weight[0], offset = xoshiro_uniform(s);
    for (int64_t i = 0; i < n; i++)
        total += weight[i];
    for (int64_t i = 0, j = 0; i < n; i++) {
        double quantile = ((double)i + offset) * total / (double)n;
        while (sum <= quantile && j < n - 1)
            sum += weight[++j];
        chosen[i] = member[j];
    }
}

/* Scratch: `member` and `weight` (n_members), `coupling` (most degree), `site` (most degree * n_factors). */
typedef struct {
    double *member, *weight;
    const double **coupling, **site;
} scratch_t;

/* new populations from the old; returns the mean of tanh^2 */
static double state_step(const branch_t *b, const fields_t *f, double *next, const scratch_t *c, uint64_t *s)
{
    degrees_t degrees = {xoshiro_uniform(s), (double)f->n_sites, 0};
    int64_t n = f->n_members;
    double sum = 0.0;
    for (int64_t i = 0; i < f->n_sites; i++, next += n) {
        int64_t degree = degrees_next(&degrees, b->cumulative, i);
        state_surroundings(b, f, degree, c->coupling, c->site, s);
        for (int64_t j = 0; j < n; j++) {
            weight_t w = BARE;
            for (int64_t k = 0; k < degree; k++) {
                const double *const *site = c->site + k * b->n_factors;
                weight_add(&w, state_message(c->coupling[k], site, b->n_factors, n, s), b->m, s);
            }
            c->member[j] = w.ratio;
            c->weight[j] = weight_factor(&w, b->m);
        }
        resample(n, c->member, c->weight, next, s);
        for (int64_t j = 0; j < n; j++)
            sum += squared_tanh(next[j]);
    }
    return sum / (double)(f->n_sites * n);
}

/* What one state adds to the sums at a weight: z^m, z^m ln z, z^m tanh^2 of the field. Of each ln(1 + s x) the part
 * that the sign s alone decides has mean zero if weighted with what is known when s is drawn: it is taken off. */
static inline void state_weight(const branch_t *b, int64_t degree, int64_t n_members, double *sums, const scratch_t *c,
                                uint64_t *s)
{
    weight_t w = BARE;
    double factor = 1.0, log_z = 0.0, noise = 0.0;
    for (int64_t k = 0; k < degree; k++) {
        const double *const *site = c->site + k * b->n_factors;
        double message = state_message(c->coupling[k], site, b->n_factors, n_members, s);
        if (w.ratio < 1.0) {
            double same = 1.0 + w.ratio * message, other = w.ratio + message;
            double log_same = portable_log(2.0 * same / (same + other)), log_odds = portable_log(other / same);
            double tilted = portable_exp(b->m * log_odds), expected = tilted / (1.0 + tilted);
            double drawn = weight_add(&w, message, b->m, s);
            factor *= portable_exp(b->m * log_same) * 0.5 * (1.0 + tilted);
            log_z += log_same + drawn * log_odds;
            noise += factor * (drawn - expected) * log_odds;
        } else {
            w.ratio = message;
        }
    }
    sums[0] += factor;
    sums[1] += factor * log_z - noise;
    sums[2] += factor * squared_tanh(w.ratio);
}

/* Sums over two halves of the states, (n, 2, 3), at each of n weights with all their paths. */
static void state_weights(const branch_t *b, const fields_t *f, int64_t n, double *sums, const scratch_t *c,
                          uint64_t *s)
{
    degrees_t degrees = {xoshiro_uniform(s), (double)n, 0};
    memset(sums, 0, (size_t)(6 * n) * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        int64_t degree = degrees_next(&degrees, b->cumulative, i);
        state_surroundings(b, f, degree, c->coupling, c->site, s);
        for (int half = 0; half < 2; half++, sums += 3)
            for (int64_t j = 0; j < f->n_members / 2; j++)
                state_weight(b, degree, f->n_members, sums, c, s);
    }
}

/* What one state adds to the sums at a path: z^m, z^m ln z, z^m beta e, where z = 1 + s x is the partition function and
 * e the energy of the path with its sign turned; the sign s is averaged over. */
static inline void state_path(const branch_t *b, double coupling, int64_t n_members, double *sums, const scratch_t *c,
                              uint64_t *s)
{
    double unit = 0.0, strength = -0.5 * portable_log(coupling);
    double r = state_message(&unit, c->site, b->n_factors + 1, n_members, s);
    double same = 1.0 + coupling * r, other = coupling + r;
    double log_same = portable_log(2.0 * same / (same + other)), log_odds = portable_log(other / same);
    double factor = 0.5 * portable_exp(b->m * log_same), tilted = portable_exp(b->m * log_odds);
    sums[0] += factor * (1.0 + tilted);
    sums[1] += factor * (log_same + tilted * (log_same + log_odds));
    sums[2] += strength * factor * ((1.0 - coupling * r) / same + tilted * (r - coupling) / other);
}

/* The same at each of n paths. */
static void state_paths(const branch_t *b, const fields_t *f, int64_t n, double *sums, const scratch_t *c, uint64_t *s)
{
    memset(sums, 0, (size_t)(6 * n) * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        state_surroundings(b, f, 2, c->coupling, c->site, s); /* p <= 2 (p - 1) sites */
        for (int half = 0; half < 2; half++, sums += 3)
            for (int64_t j = 0; j < f->n_members / 2; j++)
                state_path(b, *c->coupling[0], f->n_members, sums, c, s);
    }
}

#endif
