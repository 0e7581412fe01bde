/* How 64 lanes lie in vectors of single numbers, and what each lane picks for itself: its sum of couplings, its random
 * bits. Included inside sweep_isa.h, whose names it uses. */
#define FLOATS FOR_ISA(real_singles)
#define INTS FOR_ISA(real_integers)
#define UINTS FOR_ISA(real_naturals)
#define LONGS FOR_ISA(real_longs)
typedef float FLOATS __attribute__((vector_size(VBYTES)));
typedef int32_t INTS __attribute__((vector_size(VBYTES)));
typedef uint32_t UINTS __attribute__((vector_size(VBYTES)));
typedef int64_t LONGS __attribute__((vector_size(VBYTES)));

/* A part of a block is WIDTH lanes in a vector, LANE_MASK is a mask of them. Part h holds lanes WIDTH h .. WIDTH h +
 * WIDTH - 1, with instructions of AVX-512 lanes h, 4 + h, 8 + h .. 60 + h.
 *   real_mask, real_place   bits of part h out of a word, and into it
 *   real_fields             sum of +-J over the paths, in quanta, for all parts
 *   real_uniform            16 random bits of each lane, as numbers: lane l has the l-th 16 bits of `drawn`
 *   real_least              a >= b, false where a side is nan */
#if INTRINSICS == 512
#define SPREAD 4
#define NIBBLES 0x1111111111111111u
#define LANE_MASK __mmask16
INLINE LANE_MASK FOR_ISA(real_mask)(uint64_t word, int h) { return (LANE_MASK)_pext_u64(word, NIBBLES << h); }
INLINE uint64_t FOR_ISA(real_place)(LANE_MASK mask, int h) { return _pdep_u64(mask, NIBBLES << h); }
INLINE int FOR_ISA(real_all)(LANE_MASK mask) { return mask == 0xffff; }
INLINE LANE_MASK FOR_ISA(real_least)(FLOATS a, FLOATS b)
{
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GE_OQ);
}
INLINE LANE_MASK FOR_ISA(real_equal)(FLOATS a, FLOATS b)
{
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ);
}
INLINE FLOATS FOR_ISA(real_choose)(LANE_MASK mask, FLOATS yes, FLOATS no)
{
    return (FLOATS)_mm512_mask_blend_ps(mask, (__m512)no, (__m512)yes);
}

/* Transpose the nibbles of four words: bit j of nibble n of word v becomes bit v of nibble n of word j. */
INLINE void FOR_ISA(real_nibbles)(uint64_t *x)
{
#define SWAP(a, b, shift, mask)                  \
    do {                                         \
        uint64_t t_ = ((a >> shift) ^ b) & mask; \
        b ^= t_;                                 \
        a ^= t_ << shift;                        \
    } while (0)
    SWAP(x[0], x[2], 2, 0x3333333333333333u);
    SWAP(x[1], x[3], 2, 0x3333333333333333u);
    SWAP(x[0], x[1], 1, 0x5555555555555555u);
    SWAP(x[2], x[3], 1, 0x5555555555555555u);
#undef SWAP
}

/* h of all lanes: the 16 values that four paths make stand in one vector, from which each lane takes its own */
INLINE void FOR_ISA(real_fields)(const uint64_t *path, const int32_t *link, const int32_t *twice, int32_t base,
                                 const int k, INTS *field)
{
    const INTS half = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
    const INTS place = {0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28};
    const __mmask16 has[4] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};
    for (int h = 0; h < 4; h++)
        field[h] = (INTS){0} + base;
#pragma GCC unroll 2
    for (int first = 0; first < k; first += 4) {
        const int count = k - first < 4 ? k - first : 4;
        uint64_t x[4] = {0, 0, 0, 0};
        __m512i value = _mm512_setzero_si512();
#pragma GCC unroll 4
        for (int j = 0; j < count; j++) {
            x[j] = path[link[first + j]];
            value = _mm512_mask_add_epi32(value, has[j], value, _mm512_set1_epi32(twice[first + j]));
        }
        FOR_ISA(real_nibbles)(x);
#pragma GCC unroll 4
        for (int h = 0; h < 4; h++) {
            __m512i word = _mm512_castsi128_si512(_mm_cvtsi64_si128((int64_t)x[h]));
            __m512i index = _mm512_srlv_epi32(_mm512_permutexvar_epi32((__m512i)half, word), (__m512i)place);
            field[h] += (INTS)_mm512_permutexvar_epi32(index, value);
        }
    }
}

INLINE void FOR_ISA(real_uniform)(ULONGS (*drawn)[ROWS], FLOATS *uniform)
{
    const INTS even = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
#pragma GCC unroll 2
    for (int pair = 0; pair < 2; pair++) {
        UINTS word =
            (UINTS)_mm512_permutex2var_epi32((__m512i)drawn[0][0], (__m512i)(even + pair), (__m512i)drawn[1][0]);
        uniform[2 * pair] = __builtin_convertvector((INTS)(word & 0xffff), FLOATS);
        uniform[2 * pair + 1] = __builtin_convertvector((INTS)(word >> 16), FLOATS);
    }
}
#else
#define SPREAD 1
#define LANE_MASK INTS
#define BIT(n, b) -(((n) >> (b)) & 1)
#if VBYTES >= 32
#define ROW(n) {BIT(n, 0), BIT(n, 1), BIT(n, 2), BIT(n, 3), BIT(n, 4), BIT(n, 5), BIT(n, 6), BIT(n, 7)}
#define LONG_ROW(n) {BIT(n, 0), BIT(n, 1), BIT(n, 2), BIT(n, 3)}
#else
#define ROW(n) {BIT(n, 0), BIT(n, 1), BIT(n, 2), BIT(n, 3)}
#define LONG_ROW(n) {BIT(n, 0), BIT(n, 1)}
#endif
#define ROWS4(n) ROW(n), ROW((n) + 1), ROW((n) + 2), ROW((n) + 3)
#define ROWS16(n) ROWS4(n), ROWS4((n) + 4), ROWS4((n) + 8), ROWS4((n) + 12)
#define ROWS64(n) ROWS16(n), ROWS16((n) + 16), ROWS16((n) + 32), ROWS16((n) + 48)
#define LONG_ROWS4(n) LONG_ROW(n), LONG_ROW((n) + 1), LONG_ROW((n) + 2), LONG_ROW((n) + 3)
/* bits of a number as masks of lanes */
#if VBYTES == 64
static const LONGS FOR_ISA(real_long_masks)[256] = {ROWS64(0), ROWS64(64), ROWS64(128), ROWS64(192)};
#elif VBYTES == 32
static const INTS FOR_ISA(real_masks)[256] = {ROWS64(0), ROWS64(64), ROWS64(128), ROWS64(192)};
static const LONGS FOR_ISA(real_long_masks)[16] = {LONG_ROWS4(0), LONG_ROWS4(4), LONG_ROWS4(8), LONG_ROWS4(12)};
#else
static const INTS FOR_ISA(real_masks)[16] = {ROWS16(0)};
static const LONGS FOR_ISA(real_long_masks)[4] = {LONG_ROWS4(0)};
#endif
typedef uint16_t FOR_ISA(real_halves) __attribute__((vector_size(VBYTES / 2), may_alias)); /* as many as WIDTH */

INLINE LANE_MASK FOR_ISA(real_mask)(uint64_t word, int h)
{
#if VBYTES == 64 /* a table would have 65536 rows */
    const INTS bit = {1 << 0, 1 << 1, 1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,
                      1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
    return (((INTS){0} + (int32_t)((word >> (h * WIDTH)) & 0xffff)) & bit) == bit;
#else
    return FOR_ISA(real_masks)[(word >> (h * WIDTH)) & ((1 << WIDTH) - 1)];
#endif
}
INLINE uint64_t FOR_ISA(real_place)(LANE_MASK mask, int h)
{
    uint64_t bits;
#if INTRINSICS == 256
    bits = (unsigned)_mm256_movemask_ps((__m256)mask);
#elif INTRINSICS == 128
    bits = (unsigned)_mm_movemask_ps((__m128)mask);
#else
    bits = 0;
    for (int e = 0; e < WIDTH; e++)
        bits |= (uint64_t)(mask[e] & 1) << e;
#endif
    return bits << (h * WIDTH);
}
INLINE int FOR_ISA(real_all)(LANE_MASK mask) { return FOR_ISA(real_place)(mask, 0) == (1 << WIDTH) - 1; }
INLINE LANE_MASK FOR_ISA(real_least)(FLOATS a, FLOATS b) { return a >= b; }
INLINE LANE_MASK FOR_ISA(real_equal)(FLOATS a, FLOATS b) { return a == b; }
INLINE FLOATS FOR_ISA(real_choose)(LANE_MASK mask, FLOATS yes, FLOATS no)
{
    return (FLOATS)((mask & (INTS)yes) | (~mask & (INTS)no));
}

INLINE void FOR_ISA(real_fields)(const uint64_t *path, const int32_t *link, const int32_t *twice, int32_t base,
                                 const int k, INTS *field)
{
#pragma GCC unroll 16
    for (int h = 0; h < PARTS; h++) {
        field[h] = (INTS){0} + base;
#pragma GCC unroll 8
        for (int j = 0; j < k; j++)
            field[h] += FOR_ISA(real_mask)(path[link[j]], h) & twice[j];
    }
}

INLINE void FOR_ISA(real_uniform)(ULONGS (*drawn)[ROWS], FLOATS *uniform)
{
    const FOR_ISA(real_halves) *half = (const FOR_ISA(real_halves) *)drawn;
#pragma GCC unroll 16
    for (int h = 0; h < PARTS; h++)
        uniform[h] = __builtin_convertvector(__builtin_convertvector(half[h], INTS), FLOATS);
}
#endif
