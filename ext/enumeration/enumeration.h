/* All states of a small glass counted by their number of satisfied paths. */
#ifndef GLASSNET_ENUMERATION_H
#define GLASSNET_ENUMERATION_H

#include <stdint.h>

/* Count `states` = 2^m states of m weights, starting from the path bits `satisfied`; mask: (m, words), the paths of each
 * weight; histogram: four of `stride` places, to be added. */
typedef void (*count_states_t)(uint64_t states, int64_t words, const uint64_t *mask, uint64_t *satisfied,
                               int64_t stride, int64_t *histogram);

#define ISA_TEMPLATE "counting_isa.h"
#include "each_isa.h"

static const count_states_t count_states[] = {ISA_ADDRESSES(count_states)};

#endif
