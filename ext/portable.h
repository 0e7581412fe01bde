/* The exponential of all kernels: plain multiplications and additions in a fixed order.
 *
 * libm and numpy differ in the last bit between builds and processors; an accept decision must not. Relative error
 * below 4e-16 on [-708, 709] (tests/kernels/test_portable.py), 0 below -708, +inf above 709. */
#ifndef GLASSNET_PORTABLE_H
#define GLASSNET_PORTABLE_H

#include <stdint.h>
#include <string.h>

#define EXP_LOG2E 0x1.71547652b82fep+0
#define EXP_LN2_HIGH 0x1.62e42fefa3800p-1 /* last 11 bits zero: exact times any |k| < 2048 */
#define EXP_LN2_LOW 0x1.ef35793c76730p-45
#define EXP_ROUND 0x1.8p+52 /* adding it rounds to an integer, which then stands in the low bits */

/* value = sum_{n <= 13} r^n / n! for |r| <= ln(2)/2 by Horner's rule, truncation below 5e-18; for doubles and vectors
 * of them alike */
#define EXP_SERIES(value, r)              \
    do {                                  \
        value = (r) * (1.0 / 6227020800.0) + 1.0 / 479001600; \
        value = value * (r) + 1.0 / 39916800; \
        value = value * (r) + 1.0 / 3628800;  \
        value = value * (r) + 1.0 / 362880;   \
        value = value * (r) + 1.0 / 40320;    \
        value = value * (r) + 1.0 / 5040;     \
        value = value * (r) + 1.0 / 720;      \
        value = value * (r) + 1.0 / 120;      \
        value = value * (r) + 1.0 / 24;       \
        value = value * (r) + 1.0 / 6;        \
        value = value * (r) + 0.5;            \
        value = value * (r) + 1.0;            \
        value = value * (r) + 1.0;            \
    } while (0)

static inline double portable_exp(double x)
{
    if (!(x >= -708.0))
        return x < -708.0 ? 0.0 : x; /* nan passes through */
    if (x > 709.0)
        return (double)__builtin_inff();
    double shifted = x * EXP_LOG2E + EXP_ROUND;
    double k = shifted - EXP_ROUND;
    double r = (x - k * EXP_LN2_HIGH) - k * EXP_LN2_LOW;
    double value;
    EXP_SERIES(value, r);
    int64_t bits;
    memcpy(&bits, &value, 8);
    bits += (int64_t)((uint64_t)(int64_t)k << 52);
    memcpy(&value, &bits, 8);
    return value;
}

#endif
