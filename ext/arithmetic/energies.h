/* Energies of given configurations: sums over the paths in their order, the same on every machine. */
#ifndef GLASSNET_ENERGIES_H
#define GLASSNET_ENERGIES_H

#include <stdint.h>

#include "portable.h"

enum { ENERGY_WIDTH = 64 }; /* configurations side by side */

/* energy[s] = -sum_a J_a prod_{i in a} w_i of `width` configurations; weight i of configuration s is
 * weight[i * stride + s], +-1. Sums as in portable_add. */
static inline __attribute__((always_inline)) void energy_strip(int64_t width, int64_t n_paths, int64_t p,
                                                               const int32_t *paths, const double *coupling,
                                                               const int8_t *weight, int64_t stride, double *energy)
{
    double sum[ENERGY_WIDTH] = {0}, lost[ENERGY_WIDTH] = {0};
    int8_t product[ENERGY_WIDTH];
    for (int64_t a = 0; a < n_paths; a++) {
        const int32_t *path = paths + a * p;
        const int8_t *row = weight + path[0] * stride;
        for (int64_t s = 0; s < width; s++)
            product[s] = row[s];
        for (int64_t j = 1; j < p; j++) {
            row = weight + path[j] * stride;
            for (int64_t s = 0; s < width; s++)
                product[s] = (int8_t)(product[s] * row[s]);
        }
        for (int64_t s = 0; s < width; s++) {
            double x = coupling[a] * product[s], next = sum[s] + x, part = next - sum[s];
            lost[s] += (sum[s] - (next - part)) + (x - part);
            sum[s] = next;
        }
    }
    for (int64_t s = 0; s < width; s++)
        energy[s] = 0.0 - (sum[s] + lost[s]);
}

/* weight: (n_weights, n_states) int8 */
static void energies(int64_t n_states, int64_t n_paths, int64_t p, const int32_t *paths, const double *coupling,
                     const int8_t *weight, double *energy)
{
    for (int64_t first = 0; first < n_states; first += ENERGY_WIDTH) {
        int64_t left = n_states - first;
        if (left >= ENERGY_WIDTH)
            energy_strip(ENERGY_WIDTH, n_paths, p, paths, coupling, weight + first, n_states, energy + first);
        else if (left == 1)
            energy_strip(1, n_paths, p, paths, coupling, weight + first, n_states, energy + first);
        else
            energy_strip(left, n_paths, p, paths, coupling, weight + first, n_states, energy + first);
    }
}

#endif
