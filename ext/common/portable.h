/* Exponential, logarithm and what is made of them: plain additions, multiplications and divisions in a fixed order.
 *
 * libm and numpy differ in the last bit between builds and processors; a decision and a stored number must not. The
 * exponential has a relative error below 4e-16 on [-708, 709] (tests/kernels/test_portable.py), is 0 below -708 and
 * +inf above 709. */
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
#define EXP_SERIES(value, r)                                  \
    do {                                                      \
        value = (r) * (1.0 / 6227020800.0) + 1.0 / 479001600; \
        value = value * (r) + 1.0 / 39916800;                 \
        value = value * (r) + 1.0 / 3628800;                  \
        value = value * (r) + 1.0 / 362880;                   \
        value = value * (r) + 1.0 / 40320;                    \
        value = value * (r) + 1.0 / 5040;                     \
        value = value * (r) + 1.0 / 720;                      \
        value = value * (r) + 1.0 / 120;                      \
        value = value * (r) + 1.0 / 24;                       \
        value = value * (r) + 1.0 / 6;                        \
        value = value * (r) + 0.5;                            \
        value = value * (r) + 1.0;                            \
        value = value * (r) + 1.0;                            \
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

/* Natural logarithm of a normal x > 0, in a fixed order of plain operations like portable_exp; relative error below
 * 4e-16 (tests/kernels/test_portable.py). */
static inline double portable_log(double x)
{
    int64_t bits;
    memcpy(&bits, &x, 8);
    int64_t k = (bits - 0x3fe6a09e667f3bcd) >> 52; /* x / 2^k lies in [sqrt(1/2), sqrt(2)) */
    bits -= (int64_t)((uint64_t)k << 52);
    memcpy(&x, &bits, 8);
    double s = (x - 1.0) / (x + 1.0), z = s * s, sum = 1.0 / 21;
    sum = sum * z + 1.0 / 19;
    sum = sum * z + 1.0 / 17;
    sum = sum * z + 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    double series = 2.0 * s + 2.0 * s * z * sum;
    return (double)k * EXP_LN2_HIGH + (series + (double)k * EXP_LN2_LOW);
}

static inline double portable_pow(double x, double m) { return portable_exp(m * portable_log(x)); }

/* 1 / (1 + exp(x)), the share of a Gibbs weight exp(-x) beside 1 */
static inline double portable_fermi(double x) { return 1.0 / (1.0 + portable_exp(x)); }

/* absolute error below 4e-16; 1 - 2 / (1 + exp(2 x)) would lose the sign of zero */
static inline double portable_tanh(double x)
{
    double y = portable_exp(-2.0 * (x < 0.0 ? -x : x)), size = (1.0 - y) / (1.0 + y);
    return x < 0.0 ? -size : size;
}

/* The sum of finite numbers in their order; what each addition rounds away is summed apart (A. Neumaier, ZAMM 54, 39
 * (1974), with the branch-free error of D. E. Knuth): as good as twice the digits, so that the order hardly matters. */
typedef struct {
    double sum, lost;
} portable_sum_t;

static inline void portable_add(portable_sum_t *s, double x)
{
    double sum = s->sum + x, part = sum - s->sum;
    s->lost += (s->sum - (sum - part)) + (x - part);
    s->sum = sum;
}

#endif
