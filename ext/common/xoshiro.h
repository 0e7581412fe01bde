/* xoshiro256++ (D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021)), the generator of all kernels.
 *
 * XOSHIRO_STEP works on a scalar uint64_t and on gcc vectors of them alike: element by element it is the same
 * recurrence, which is why every instruction set draws the same numbers. */
#ifndef GLASSNET_XOSHIRO_H
#define GLASSNET_XOSHIRO_H

#include <stdint.h>

#define XOSHIRO_ROTATE(x, k) (((x) << (k)) | ((x) >> (64 - (k))))

/* result: the next 64 bits; s0..s3: the state, advanced by one step; T: their type */
#define XOSHIRO_STEP(T, result, s0, s1, s2, s3) \
    do {                                        \
        T sum_ = s0 + s3;                       \
        T shifted_ = s1 << 17;                  \
        result = XOSHIRO_ROTATE(sum_, 23) + s0; \
        s2 ^= s0;                               \
        s3 ^= s1;                               \
        s1 ^= s2;                               \
        s0 ^= s3;                               \
        s2 ^= shifted_;                         \
        s3 = XOSHIRO_ROTATE(s3, 45);            \
    } while (0)

/* next 64 bits of a scalar stream of four words */
static inline uint64_t xoshiro_next(uint64_t *s)
{
    uint64_t result;
    XOSHIRO_STEP(uint64_t, result, s[0], s[1], s[2], s[3]);
    return result;
}

/* uniform in [0, 1), 53 bits */
static inline double xoshiro_uniform(uint64_t *s) { return (double)(xoshiro_next(s) >> 11) * 0x1p-53; }

#endif
