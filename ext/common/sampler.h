/* What a measurement needs of a kernel, whichever it is: how to advance it, its configurations lane by lane, its energies. */
#ifndef GLASSNET_SAMPLER_H
#define GLASSNET_SAMPLER_H

#include <stdint.h>

typedef struct {
    void *kernel;
    /* sweeps, each followed by an exchange step; leaves the energies of all lanes up to date */
    void (*advance)(void *kernel, int64_t n_sweeps);
    /* out[lane * n_words + w], bit b: weight (paths: path product) order[64 w + b], 0 where that is negative; lanes of
     * whole blocks */
    void (*rows)(void *kernel, const int32_t *order, int64_t n_words, int paths, uint64_t *out);
    const double *energy; /* (lanes of whole blocks,) */
} sampler_t;

#define SAMPLER_CAPSULE "glassnet.kernels.sampler_t" /* name of the capsules in which a sampler_t goes through Python */

#endif
