/* The kernel of realvalued.h for one instruction set; ISA, TARGET and VBYTES as in bitsliced_isa.h. */
#define PW (VBYTES / 8)
#define PARTS (REAL_LANES / PW)
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define F(name) JOIN(name, ISA)
#define INLINE TARGET static inline __attribute__((always_inline))
#include "exp_isa.h"

INLINE U F(real_lane_numbers)(void)
{
    U lane;
    for (int e = 0; e < PW; e++)
        lane[e] = (uint64_t)e;
    return lane;
}

TARGET static void F(real_sweep)(real_t *s, int64_t block)
{
    const U sign = (U){0} + (1ull << 63);
    const D zero = {0}, floor = zero - 708.0, one = zero + 1.0;
    uint64_t *rng = s->rng + block * 4 * REAL_LANES, *weight = s->weight + block * s->n_weights;
    double *term = s->term + block * s->n_paths * REAL_LANES;
    const double *beta = s->beta + block * REAL_LANES;
    for (int64_t i = 0; i < s->n_weights; i++) {
        const int32_t *link = s->links + s->first[i];
        const int64_t k = s->first[i + 1] - s->first[i];
        uint64_t flips = 0;
        for (int h = 0; h < PARTS; h++) {
            const int at = h * PW;
            D field = zero, b = *(const D *)(beta + at);
            for (int64_t j = 0; j < k; j++)
                field += *(const D *)(term + (int64_t)link[j] * REAL_LANES + at);
            U random, *state = (U *)(rng + at);
            const int next = REAL_LANES / PW;
            XOSHIRO_STEP(U, random, state[0], state[next], state[2 * next], state[3 * next]);
            D uniform = (D)((random >> 12) | (U)one) - one;
            D cost = b * field * 2.0;
            if (s->field != 0.0) {
                const U lane = F(real_lane_numbers)() + (uint64_t)at;
                const U against = (((U){0} + (weight[i] ^ s->reference[i])) >> lane) << 63; /* sign of w w* */
                cost += (D)((U)(zero + 2.0 * s->field) ^ against);
            }
            D size = (D)((U)cost & ~sign);
            D small = F(exp_negative)(F(exp_choose)((U)(-size < floor), floor, -size));
            D p = F(exp_choose)((U)(cost < zero), one, small);
            p = F(exp_choose)((U)(cost == zero), zero + 0.5, p);
            if (s->heat_bath) {
                D bath = F(exp_choose)((U)(cost < zero), one, small) / (one + small);
                p = F(exp_choose)((U)(b < zero + HEAT_BATH_BELOW), bath, p);
            }
            U accept = (U)(uniform < p);
            for (int64_t j = 0; j < k; j++) {
                U *x = (U *)(term + (int64_t)link[j] * REAL_LANES + at);
                *x ^= accept & sign;
            }
#if VBYTES == 64
            flips |= (uint64_t)_mm512_movepi64_mask((__m512i)accept) << at;
#elif VBYTES == 32
            flips |= (uint64_t)(unsigned)_mm256_movemask_pd((__m256d)accept) << at;
#else
            for (int e = 0; e < PW; e++)
                flips |= (accept[e] & 1) << (at + e);
#endif
        }
        weight[i] ^= flips;
    }
}

TARGET static void F(real_energies)(real_t *s, int64_t block)
{
    const double *term = s->term + block * s->n_paths * REAL_LANES;
    D total[PARTS];
    for (int h = 0; h < PARTS; h++)
        total[h] = (D){0};
    for (int64_t a = 0; a < s->n_paths; a++)
        for (int h = 0; h < PARTS; h++)
            total[h] -= *(const D *)(term + a * REAL_LANES + h * PW);
    for (int h = 0; h < PARTS; h++)
        *(D *)(s->energy + block * REAL_LANES + h * PW) = total[h];
}

static const real_isa_t F(real_isa) = {F(real_sweep), F(real_energies), F(exp_all)};

#undef PARTS
#undef PW
#undef F
#undef INLINE
#undef D
#undef U
#undef ISA
#undef TARGET
#undef VBYTES
#undef JOIN
#undef JOIN_
