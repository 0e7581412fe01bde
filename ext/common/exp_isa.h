/* exp(x) for -708 <= x <= 0 on vectors, operation by operation that of portable_exp; included inside the templates of
 * each_isa.h. */
#define DOUBLES FOR_ISA(exp_doubles)
#define ULONGS FOR_ISA(exp_bits)

typedef double DOUBLES __attribute__((vector_size(VBYTES)));
typedef uint64_t ULONGS __attribute__((vector_size(VBYTES)));

INLINE DOUBLES FOR_ISA(exp_choose)(ULONGS mask, DOUBLES yes, DOUBLES no)
{
    return (DOUBLES)((mask & (ULONGS)yes) | (~mask & (ULONGS)no));
}

INLINE DOUBLES FOR_ISA(exp_negative)(DOUBLES x)
{
    DOUBLES shifted = x * EXP_LOG2E + EXP_ROUND;
    DOUBLES k = shifted - EXP_ROUND;
    DOUBLES r = (x - k * EXP_LN2_HIGH) - k * EXP_LN2_LOW;
    DOUBLES value;
    EXP_SERIES(value, r);
    return (DOUBLES)((ULONGS)value + ((ULONGS)shifted << 52)); /* the integer k stands in the low bits of `shifted` */
}

/* x[i] <- exp(min(x[i], 0)), below 1e-307 where x[i] < -708; n is rounded up to whole vectors */
TARGET static void FOR_ISA(exp_all)(double *x, int64_t n)
{
    const DOUBLES zero = {0}, floor = zero - 708.0;
    for (int64_t i = 0; i < n; i += VBYTES / 8) {
        DOUBLES value = *(DOUBLES *)(x + i);
        value = FOR_ISA(exp_choose)((ULONGS)(value > zero), zero, value);
        value = FOR_ISA(exp_choose)((ULONGS)(value < floor), floor, value);
        *(DOUBLES *)(x + i) = FOR_ISA(exp_negative)(value);
    }
}
