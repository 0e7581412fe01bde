/* Replica exchange: which lane is on which rung, and the deterministic even/odd moves between neighbours.
 *
 * n_replicas independent ladders of n_rungs configurations each. A configuration never moves: it stays in its lane
 * and the temperatures travel. Ladder r owns lanes r * n_rungs .. (r + 1) * n_rungs - 1. */
#ifndef GLASSNET_EXCHANGE_H
#define GLASSNET_EXCHANGE_H

#include <stdint.h>

#include "portable.h"
#include "xoshiro.h"

#define HEAT_BATH_BELOW 0.1 /* beta under which Metropolis would accept nearly everything and oscillate */

typedef struct {
    int64_t n_rungs, n_replicas;
    const double *beta;   /* (n_rungs,) decreasing */
    int32_t *lane_at;     /* (n_replicas, n_rungs): lane on each rung */
    int32_t *rung_of;     /* (n_lanes,): rung of each lane */
    int8_t *heading;      /* (n_lanes,): +1 since the coldest rung, -1 since the hottest, 0 neither yet */
    int64_t *attempted;   /* (n_rungs - 1,) */
    int64_t *accepted;    /* (n_rungs - 1,) */
    int64_t *round_trips; /* (n_lanes,) */
    uint64_t *rng;        /* (4,) */
    double *exponent;     /* (n_replicas * n_rungs / 2 + 8,) scratch on a 64-byte boundary */
    int64_t *step;        /* (1,): exchange steps since the start; even steps pair (0,1)(2,3).., odd (1,2)(3,4).. */
} ladder_t;

/* Note the ends of the ladder: a round trip is coldest - hottest - coldest. */
static inline void exchange_mark(ladder_t *x, int32_t lane, int64_t rung)
{
    if (rung == 0) {
        if (x->heading[lane] < 0)
            x->round_trips[lane] += 1;
        x->heading[lane] = 1;
    } else if (rung == x->n_rungs - 1) {
        x->heading[lane] = -1;
    }
}

/* One exchange step (non-reversible: the parity alternates, Okabe et al. 2001; Syed et al., JRSS B 84, 321 (2022)):
 * neighbours swap with probability min(1, exp((beta_t - beta_t+1)(E_t - E_t+1))). energy: (n_lanes,). exp_all: the
 * exponential of many numbers, min'ed with 1, for the instruction set in use. Returns the number of swaps. One uniform
 * number is drawn per pair whatever is decided. */
static inline int64_t exchange_step(ladder_t *x, const double *energy, void (*exp_all)(double *, int64_t))
{
    int64_t swaps = 0, n = 0, first = *x->step & 1;
    const int64_t n_rungs = x->n_rungs;
    uint64_t rng[4] = {x->rng[0], x->rng[1], x->rng[2], x->rng[3]}; /* a local copy, which can stay in registers */
    *x->step += 1;
    for (int64_t r = 0; r < x->n_replicas; r++) {
        const int32_t *lane_at = x->lane_at + r * n_rungs;
        for (int64_t t = first; t + 1 < n_rungs; t += 2)
            x->exponent[n++] = (x->beta[t] - x->beta[t + 1]) * (energy[lane_at[t]] - energy[lane_at[t + 1]]);
    }
    exp_all(x->exponent, n);
    n = 0;
    for (int64_t t = first; t + 1 < n_rungs; t += 2)
        x->attempted[t] += x->n_replicas;
    for (int64_t r = 0; r < x->n_replicas; r++) {
        int32_t *lane_at = x->lane_at + r * n_rungs;
        for (int64_t t = first; t + 1 < n_rungs; t += 2) { /* no branch: it would be predicted wrongly */
            const int swap = xoshiro_uniform(rng) < x->exponent[n++];
            const int32_t both = (lane_at[t] ^ lane_at[t + 1]) & -swap, here = lane_at[t] ^ both,
                          next = lane_at[t + 1] ^ both;
            lane_at[t] = here;
            lane_at[t + 1] = next;
            x->rung_of[here] = (int32_t)t;
            x->rung_of[next] = (int32_t)(t + 1);
            x->accepted[t] += swap;
            swaps += swap;
            if ((t == 0 || t + 2 == n_rungs) && swap) {
                exchange_mark(x, here, t);
                exchange_mark(x, next, t + 1);
            }
        }
    }
    for (int j = 0; j < 4; j++)
        x->rng[j] = rng[j];
    return swaps;
}

#endif
