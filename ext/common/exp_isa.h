/* exp(x) for -708 <= x <= 0 on vectors, operation by operation that of portable_exp; included inside a template that
 * defines F, INLINE and VBYTES. */
#define D F(exp_doubles)
#define U F(exp_bits)

typedef double D __attribute__((vector_size(VBYTES)));
typedef uint64_t U __attribute__((vector_size(VBYTES)));

INLINE D F(exp_choose)(U mask, D yes, D no) { return (D)((mask & (U)yes) | (~mask & (U)no)); }

INLINE D F(exp_negative)(D x)
{
    D shifted = x * EXP_LOG2E + EXP_ROUND;
    D k = shifted - EXP_ROUND;
    D r = (x - k * EXP_LN2_HIGH) - k * EXP_LN2_LOW;
    D value;
    EXP_SERIES(value, r);
    return (D)((U)value + ((U)shifted << 52)); /* the integer k stands in the low bits of `shifted` */
}

/* x[i] <- exp(min(x[i], 0)), below 1e-307 where x[i] < -708; n is rounded up to whole vectors */
TARGET static void F(exp_all)(double *x, int64_t n)
{
    const D zero = {0}, floor = zero - 708.0;
    for (int64_t i = 0; i < n; i += VBYTES / 8) {
        D value = *(D *)(x + i);
        value = F(exp_choose)((U)(value > zero), zero, value);
        value = F(exp_choose)((U)(value < floor), floor, value);
        *(D *)(x + i) = F(exp_negative)(value);
    }
}
