/* Transposition of bit matrices, in one word or in every word of a vector alike. */
#ifndef GLASSNET_TRANSPOSE_H
#define GLASSNET_TRANSPOSE_H

#include <stdint.h>

/* x[0..n-1] of type T, uint64_t or a vector of them: bit b of row j goes to bit j of row b, in each word column. n is
 * 64, or 32 for the two matrices of 32 x 32 bits in the lower and the upper half of 32 words. */
#define TRANSPOSE(T, x, n)                                                       \
    do {                                                                         \
        T mask_ = (T){0} + (~(uint64_t)0 >> (64 - (n)));                         \
        _Pragma("GCC unroll 6") for (int width_ = (n) / 2; width_; width_ >>= 1) \
        {                                                                        \
            mask_ ^= mask_ << width_;                                            \
            for (int j_ = 0; j_ < (n); j_ = ((j_ | width_) + 1) & ~width_) {     \
                T moved_ = (((x)[j_] >> width_) ^ (x)[j_ | width_]) & mask_;     \
                (x)[j_ | width_] ^= moved_;                                      \
                (x)[j_] ^= moved_ << width_;                                     \
            }                                                                    \
        }                                                                        \
    } while (0)

#endif
