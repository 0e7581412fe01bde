/* The kernel of realvalued.h for one instruction set, see each_isa.h. */
#define PW (VBYTES / 8)    /* 64-bit words of a vector */
#define WIDTH (VBYTES / 4) /* lanes of a vector of single numbers */
#define PARTS (REAL_LANES / WIDTH)
#define ROWS (REAL_STREAMS / PW) /* vectors of one word of each stream */
#include "exp_isa.h"
#include "lanes_isa.h"

/* 2^(y + 16) for any y, to a relative error below 8e-5 (see RealValued._rungs); inf or very large above, nan for nan: a
 * polynomial of third degree, minimax on an interval of length one */
INLINE FLOATS FOR_ISA(real_power)(FLOATS y)
{
#if INTRINSICS == 512
    __m512 at = (__m512)y, f = _mm512_reduce_ps(at, 1), value; /* y - floor(y) */
    value = _mm512_fmadd_ps(_mm512_set1_ps(0x1.3f96a6p+12f), f, _mm512_set1_ps(0x1.cefc4ap+13f));
    value = _mm512_fmadd_ps(value, f, _mm512_set1_ps(0x1.64444cp+15f));
    value = _mm512_fmadd_ps(value, f, _mm512_set1_ps(0x1.fff632p+15f));
    return (FLOATS)_mm512_scalef_ps(value, at);
#else
    const FLOATS zero = {0}, low = zero - 126.0f, high = zero + 24.0f, one = zero + (12582912.0f + 127.0f + 16.0f);
    y = FOR_ISA(real_choose)(FOR_ISA(real_least)(low, y), low, y);
    y = FOR_ISA(real_choose)(FOR_ISA(real_least)(y, high), high, y);
    FLOATS shifted = y + one; /* the nearest integer, in the low bits as exponent of 2^(that + 16) */
    FLOATS f = y - (shifted - one);
    FLOATS value = f * 0x1.c3f760p-5f + 0x1.f0de1ap-3f;
    value = value * f + 0x1.62f31ap-1f;
    value = value * f + 0x1.fff692p-1f;
    return value * (FLOATS)((INTS)shifted << 23);
#endif
}

/* 1 / x for 1 <= x <= 2^24, to a relative error below 1e-6, which may differ between machines */
INLINE FLOATS FOR_ISA(real_inverse)(FLOATS x)
{
#if INTRINSICS == 512
    FLOATS first = (FLOATS)_mm512_rcp14_ps((__m512)x);
    return first * (2.0f - x * first);
#elif INTRINSICS == 256
    FLOATS first = (FLOATS)_mm256_rcp_ps((__m256)x);
    return first * (2.0f - x * first);
#else
    return 1.0f / x;
#endif
}

/* q of the lanes, times 2^16, where y = -log2(e) x; kind as in real_t; bath: lanes of the heat bath */
INLINE FLOATS FOR_ISA(real_probability)(FLOATS y, const int kind, LANE_MASK bath)
{
    FLOATS q = FOR_ISA(real_power)(y);
    if (kind == 0)
        return q;
    const FLOATS zero = {0}, most = zero + 0x1p+40f;
    FLOATS bounded = FOR_ISA(real_choose)(FOR_ISA(real_least)(q, most), most, q);
    q = FOR_ISA(real_choose)(FOR_ISA(real_equal)(y, zero), zero + 32768.0f, q);
    return FOR_ISA(real_choose)(bath, bounded * FOR_ISA(real_inverse)(bounded * 0x1p-16f + 1.0f), q);
}

/* The lanes in which weight i, visit v, flips; k, large and kind known when compiling where k <= REAL_SPECIALISED. */
INLINE uint64_t FOR_ISA(real_decide)(const real_t *s, int64_t block, int64_t v, const int32_t *link,
                                     const int32_t *twice, const int k, const int large, const int kind,
                                     ULONGS (*drawn)[ROWS], ULONGS (*rng)[ROWS])
{
    const uint64_t *path = s->path + block * s->n_paths, bath = s->bath[block];
    const float *rate = s->rate + block * REAL_LANES, *near = s->near + block * REAL_LANES;
    const float *above = s->above + block * REAL_LANES, *below = s->below + block * REAL_LANES;
    const int64_t i = s->visit[v];
    const int32_t slack = s->slack[v];
    uint64_t flips = 0;
    INTS field[PARTS];
    FLOATS uniform[PARTS];
    LANE_MASK decided[PARTS], all;
    FOR_ISA(real_fields)(path, link, twice, s->base[v], k, field);
    FOR_ISA(real_uniform)(drawn, uniform);
#pragma GCC unroll 16
    for (int h = 0; h < PARTS; h++) {
        const int at = h * WIDTH;
        FLOATS size = __builtin_convertvector(field[h], FLOATS), y = size * *(const FLOATS *)(rate + at);
        if (kind == 2) {
            const FLOATS up = (FLOATS){0} + (float)(2.0 * EXP_LOG2E * s->field);
            const uint64_t against = s->weight[block * s->n_weights + i] ^ s->reference[i];
            y += FOR_ISA(real_choose)(FOR_ISA(real_mask)(against, h), up, -up);
        }
        FLOATS over = FOR_ISA(real_probability)(y, kind, FOR_ISA(real_mask)(bath, h)) - uniform[h];
        LANE_MASK yes = FOR_ISA(real_least)(over, *(const FLOATS *)(above + at));
        decided[h] = yes | FOR_ISA(real_least)(*(const FLOATS *)(below + at), over);
        if (kind == 2 || large) { /* what cannot be told from x = 0, which takes one half */
            FLOATS limit = kind == 2 ? *(const FLOATS *)(near + at) : (FLOATS){0} + (float)slack;
            size = kind == 2 ? y : size;
            decided[h] &= FOR_ISA(real_least)(size, limit) | FOR_ISA(real_least)(-limit, size);
        }
        flips |= FOR_ISA(real_place)(yes, h);
        all = h ? all & decided[h] : decided[h];
    }
    if (__builtin_expect(!FOR_ISA(real_all)(all) || (!large && slack >= 0), 0)) {
        uint64_t open = ~(uint64_t)0;
        for (int h = 0; h < PARTS && (large || slack < 0); h++)
            open &= ~FOR_ISA(real_place)(decided[h], h);
        flips &= ~open;
        flips |= real_settle(s, block, i, link, k, open, (const drawn_t *)drawn, (const uint64_t *)rng);
    }
    return flips;
}

/* All weights of one degree, in order. `ahead` > 0: fetch the words of the weight that many visits ahead. */
INLINE void FOR_ISA(real_visit)(real_t *s, int64_t block, ULONGS (*rng)[ROWS], int64_t group, const int k,
                                const int large, const int kind, const int64_t ahead)
{
    uint64_t *weight = s->weight + block * s->n_weights, *path = s->path + block * s->n_paths;
    const int32_t *link = s->links + s->group_links[group], *twice = s->twice + s->group_links[group];
    const int64_t last = s->group_first[group + 1];
    for (int64_t v = s->group_first[group]; v < last; v++, link += k, twice += k) {
        ULONGS drawn[2][ROWS];
        uint64_t flips;
        if (ahead && v + ahead < last) {
            for (int j = 0; j < k; j++)
                __builtin_prefetch(path + link[ahead * k + j], 1);
            __builtin_prefetch(weight + s->visit[v + ahead], 1);
        }
#pragma GCC unroll 2
        for (int a = 0; a < 2; a++)
#pragma GCC unroll 4
            for (int w = 0; w < ROWS; w++)
                XOSHIRO_STEP(ULONGS, drawn[a][w], rng[0][w], rng[1][w], rng[2][w], rng[3][w]);
        if (k == 0 && kind < 2) /* a free weight: a fresh random value */
            flips = drawn[0][0][0];
        else
            flips = FOR_ISA(real_decide)(s, block, v, link, twice, k, large, kind, drawn, rng);
        weight[s->visit[v]] ^= flips;
#pragma GCC unroll 8
        for (int j = 0; j < k; j++)
            path[link[j]] ^= flips;
    }
}

TARGET static void FOR_ISA(real_sweep)(real_t *s, int64_t block)
{
    ULONGS rng[4][ROWS], *state = (ULONGS *)(s->rng + block * 4 * REAL_STREAMS);
    const int64_t ahead = (s->n_weights + s->n_paths) * 8 > (1 << 18) ? 8 : 0;
    for (int j = 0; j < 4; j++)
        for (int w = 0; w < ROWS; w++)
            rng[j][w] = state[j * ROWS + w];
#define GROUP(k, large)                                            \
    if (s->kind == 0)                                              \
        FOR_ISA(real_visit)(s, block, rng, g, k, large, 0, ahead); \
    else                                                           \
        FOR_ISA(real_visit)(s, block, rng, g, k, large, 1, ahead); \
    break
    for (int64_t g = 0; g < s->n_groups; g++) {
        const int k = s->group_degree[g];
        switch (s->kind < 2 ? k : -1) {
        case 0: GROUP(0, 0);
        case 1: GROUP(1, 0);
        case 2: GROUP(2, 0);
        case 3: GROUP(3, 0);
        case 4: GROUP(4, 0);
        case 5: GROUP(5, 0);
        case 6: GROUP(6, 0);
        case 7: GROUP(7, 0);
        case 8: GROUP(8, 0);
        case -1: FOR_ISA(real_visit)(s, block, rng, g, k, 1, 2, ahead); break;
        default: GROUP(k, 1);
        }
    }
#undef GROUP
    for (int j = 0; j < 4; j++)
        for (int w = 0; w < ROWS; w++)
            state[j * ROWS + w] = rng[j][w];
}

/* Energies of all lanes: sums of integers, exact in any order. AVX-512 takes four paths at a time, 16 values. */
#if INTRINSICS == 512
TARGET static void FOR_ISA(real_energies)(real_t *s, int64_t block)
{
    const uint64_t *path = s->path + block * s->n_paths;
    const LONGS place = {0, 4, 8, 12, 16, 20, 24, 28};
    LONGS total[8];
    for (int h = 0; h < 8; h++)
        total[h] = (LONGS){0} + s->charges;
    for (int64_t a = 0; a < s->n_paths; a += 4) {
        const __mmask8 has[3] = {0xaa, 0xcc, 0xf0};
        uint64_t x[4] = {0, 0, 0, 0};
        __m512i q[4], low = _mm512_setzero_si512();
        for (int j = 0; j < 4; j++) {
            x[j] = a + j < s->n_paths ? path[a + j] : 0;
            q[j] = _mm512_set1_epi64(a + j < s->n_paths ? s->charge[a + j] : 0);
        }
        for (int j = 0; j < 3; j++)
            low = _mm512_mask_add_epi64(low, has[j], low, q[j]);
        const __m512i high = _mm512_add_epi64(low, q[3]);
        FOR_ISA(real_nibbles)(x);
#pragma GCC unroll 8
        for (int h = 0; h < 8; h++) {
            LONGS index = (LONGS)((ULONGS){0} + x[h / 2]) >> (place + (h & 1 ? 32 : 0));
            total[h] -= (LONGS)_mm512_permutex2var_epi64(low, (__m512i)index, high);
        }
    }
    double *energy = s->energy + block * REAL_LANES;
    for (int h = 0; h < 8; h++)
        for (int e = 0; e < 8; e++)
            energy[(h & 1) * 32 + 4 * e + h / 2] = (double)total[h][e] * 0x1p-62 * s->energy_unit;
}
#else
TARGET static void FOR_ISA(real_energies)(real_t *s, int64_t block)
{
    const uint64_t *path = s->path + block * s->n_paths;
    for (int first = 0; first < REAL_LANES / PW; first += 8) {
        LONGS total[8];
        for (int h = 0; h < 8; h++)
            total[h] = (LONGS){0} + s->charges;
        for (int64_t a = 0; a < s->n_paths; a++)
#pragma GCC unroll 8
            for (int h = 0; h < 8; h++)
                total[h] -= FOR_ISA(real_long_masks)[(path[a] >> ((first + h) * PW)) & ((1 << PW) - 1)] & s->charge[a];
        for (int h = 0; h < 8; h++)
            for (int e = 0; e < PW; e++)
                s->energy[block * REAL_LANES + (first + h) * PW + e] = (double)total[h][e] * 0x1p-62 * s->energy_unit;
    }
}
#endif

/* Configurations lane by lane: bit b of out[lane][w] is bit `lane` of words[order[64 w + b]] (order < 0: 0). */
TARGET static void FOR_ISA(real_lane_major)(const uint64_t *words, const int32_t *order, int64_t n_words, uint64_t *out)
{
    for (int64_t word = 0; word < n_words; word++) {
        uint64_t x[64];
        for (int j = 0; j < 64; j++)
            x[j] = order[64 * word + j] < 0 ? 0 : words[order[64 * word + j]];
        TRANSPOSE(uint64_t, x, 64);
        for (int j = 0; j < 64; j++)
            out[j * n_words + word] = x[j];
    }
}

/* q alone, for tests: 2^16 q of 64 lanes with these y, in the heat bath or not */
TARGET static void FOR_ISA(real_approximate)(const float *y, int bath, float *q)
{
    for (int h = 0; h < PARTS; h++)
        *(FLOATS *)(q + h * WIDTH) =
            FOR_ISA(real_probability)(*(const FLOATS *)(y + h * WIDTH), 1, FOR_ISA(real_mask)(bath ? ~0ull : 0, h));
}

static const real_isa_t FOR_ISA(real_isa) = {
    SPREAD,           FOR_ISA(real_sweep),      FOR_ISA(real_energies), FOR_ISA(real_lane_major),
    FOR_ISA(exp_all), FOR_ISA(real_approximate)};

#undef SPREAD
#undef NIBBLES
#undef BIT
#undef ROW
#undef LONG_ROW
#undef ROWS4
#undef ROWS16
#undef ROWS64
#undef LONG_ROWS4
#undef FLOATS
#undef INTS
#undef UINTS
#undef LONGS
#undef LANE_MASK
#undef PW
#undef WIDTH
#undef PARTS
#undef ROWS
#undef DOUBLES
#undef ULONGS
