/* The kernel of bitsliced.h for one instruction set, see each_isa.h.
 *
 * A block of 512 lanes is PARTS vectors. Each runs through its rounds alone, so that masks and thresholds of a part
 * stay in registers; only the test for the end looks at all parts.
 *
 * A branch that leaves a weight's rounds at the first chance can hardly be predicted. So the first ROUNDS_AHEAD rounds
 * are always worked through: a round after the last that was needed changes nothing. How many were needed is counted
 * without branches, and that many words of the random stream are used up. For this the words are drawn in advance,
 * DRAWN at a time, in the order of the stream. benchmarks/NOTES.md: what was tried and what it gave. */
#define PARTS (64 / VBYTES)
#define PW (VBYTES / 8) /* words of a part */
#define ROUNDS_AHEAD (VBYTES == 64 ? 13 : 12)
#define DRAWN 128
#define DRAWN_FAR 32 /* where memory is far: a long draw would hold up the prefetches */
#define UNROLLED 12  /* degrees up to this have code of their own */
#define VECTOR FOR_ISA(vector)

#include "exp_isa.h"

typedef uint64_t VECTOR __attribute__((vector_size(VBYTES)));

INLINE VECTOR *FOR_ISA(part)(uint64_t *block, int h) { return (VECTOR *)(block + h * PW); }
INLINE VECTOR FOR_ISA(load)(const uint64_t *block, int h) { return *(const VECTOR *)(block + h * PW); }

INLINE int FOR_ISA(any)(VECTOR x)
{
#if INTRINSICS == 512
    return _mm512_test_epi64_mask((__m512i)x, (__m512i)x) != 0;
#elif INTRINSICS == 256
    return !_mm256_testz_si256((__m256i)x, (__m256i)x);
#elif INTRINSICS == 128
    return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)x, _mm_setzero_si128())) != 0xffff;
#else
    uint64_t all = 0;
    for (int w = 0; w < PW; w++)
        all |= x[w];
    return all != 0;
#endif
}

/* Functions of three bits, each one instruction of AVX-512 that the compiler does not find: a ^ b ^ c, a ? b : c,
 * a & ~(b ^ c), a ^ (b & c) and the carry of a + b + c. */
#if INTRINSICS == 512
#define TERNARY(table) (VECTOR) _mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, table)
INLINE VECTOR FOR_ISA(xor3)(VECTOR a, VECTOR b, VECTOR c) { return TERNARY(0x96); }
INLINE VECTOR FOR_ISA(choose)(VECTOR a, VECTOR b, VECTOR c) { return TERNARY(0xca); }
INLINE VECTOR FOR_ISA(where_equal)(VECTOR a, VECTOR b, VECTOR c) { return TERNARY(0x90); }
INLINE VECTOR FOR_ISA(change)(VECTOR a, VECTOR b, VECTOR c) { return TERNARY(0x78); }
INLINE VECTOR FOR_ISA(majority)(VECTOR a, VECTOR b, VECTOR c) { return TERNARY(0xe8); }
#undef TERNARY
#else
INLINE VECTOR FOR_ISA(xor3)(VECTOR a, VECTOR b, VECTOR c) { return a ^ b ^ c; }
INLINE VECTOR FOR_ISA(choose)(VECTOR a, VECTOR b, VECTOR c) { return (b & a) | (c & ~a); }
INLINE VECTOR FOR_ISA(where_equal)(VECTOR a, VECTOR b, VECTOR c) { return a & ~(b ^ c); }
INLINE VECTOR FOR_ISA(change)(VECTOR a, VECTOR b, VECTOR c) { return a ^ (b & c); }
#endif

/* One round of U < threshold: `r` random bit, `t` threshold bit of each lane. Where they differ the lane is decided.
 * What `accept` holds in undecided lanes means nothing. */
INLINE void FOR_ISA(round)(VECTOR r, VECTOR t, VECTOR *undecided, VECTOR *accept)
{
    *accept = FOR_ISA(choose)(*undecided, t, *accept);
    *undecided = FOR_ISA(where_equal)(*undecided, t, r);
}

#include "stream_isa.h"
#include "counting_isa.h"
#include "planes_isa.h"

/* Threshold bits for degree k <= UNROLLED in the rounds ahead, side by side: of the smallest m, and where those of the
 * others differ from it. */
INLINE void FOR_ISA(lay_levels)(const bits_t *s, const uint64_t *plane, const int k, uint64_t *level)
{
    const int least = k & 1 ? 1 : 2;
    for (int round = 0; round < ROUNDS_AHEAD; round++, plane += s->n_classes * WORDS)
        for (int m = least; m <= k; m += 2, level += WORDS)
            for (int h = 0; h < PARTS; h++) {
                VECTOR bit = FOR_ISA(load)(plane + m * WORDS, h);
                *FOR_ISA(part)(level, h) = m == least ? bit : bit ^ FOR_ISA(load)(plane + least * WORDS, h);
            }
}

/* Decide one weight of degree k <= UNROLLED (known when compiling) in all lanes: returns the accept masks in `accept`.
 * `level`: see lay_levels. At least ROUNDS_AHEAD words must be drawn. */
INLINE void FOR_ISA(decide)(bits_t *s, int64_t block, const uint64_t *plane, const uint64_t *level, FOR_ISA(stream) *x,
                            const uint64_t *path, const int32_t *link, const int k, VECTOR *accept)
{
    const int64_t row = s->n_classes * WORDS;
    const int least = k & 1 ? 1 : 2, classes = (k - least) / 2 + 1; /* m = least, least + 2, .. k */
    const uint64_t *word = x->word + x->next * WORDS;
    VECTOR undecided[PARTS], invert[PARTS], of[PARTS][UNROLLED / 2], waiting[ROUNDS_AHEAD], rest = (VECTOR){0};
#pragma GCC unroll 1
    for (int h = 0; h < PARTS; h++) { /* in turn: parts that mix run out of registers */
        VECTOR t[UNROLLED], n[4], negative, zero, metropolis = FOR_ISA(load)(plane, h);
#pragma GCC unroll 12
        for (int j = 0; j < k; j++)
            t[j] = FOR_ISA(load)(path + (int64_t)link[j] * WORDS, h);
        FOR_ISA(count)(t, k, n);
        FOR_ISA(kinds)(n, k, &negative, &zero, of[h]);
        VECTOR chosen = negative & metropolis; /* dE < 0: Metropolis accepts at once */
        VECTOR open = FOR_ISA(load)(plane + row, h) & ~(chosen | zero);
        invert[h] = negative & ~metropolis; /* heat bath: the complement of the opposite move */
        if (k % 2 == 0)
            chosen |= zero & FOR_ISA(load)(word, h);
#pragma GCC unroll 16
        for (int round = 0; round < ROUNDS_AHEAD; round++) {
            const uint64_t *at = level + round * classes * WORDS;
            VECTOR bit = FOR_ISA(load)(at, h);
            if (round >= ROUNDS_UNTESTED)
                waiting[round] = h ? waiting[round] | open : open;
#pragma GCC unroll 6
            for (int c = 1; c < classes; c++)
                bit = FOR_ISA(change)(bit, of[h][c], FOR_ISA(load)(at + c * WORDS, h));
            FOR_ISA(round)(FOR_ISA(load)(word + round * WORDS, h), bit, &open, &chosen);
        }
        accept[h] = chosen;
        undecided[h] = open;
        rest |= open;
    }
    int64_t used = ROUNDS_UNTESTED;
#pragma GCC unroll 16
    for (int round = ROUNDS_UNTESTED; round < ROUNDS_AHEAD; round++)
        used += FOR_ISA(any)(waiting[round]);
    x->next += used;
    for (int round = ROUNDS_AHEAD; round < BITS && __builtin_expect(FOR_ISA(any)(rest), 0); round++) {
        const uint64_t *at = plane + round * row + least * WORDS;
        word = FOR_ISA(word)(x);
        rest = (VECTOR){0};
        if (round == BITS / 2)
            FOR_ISA(lower_planes)(s, block);
        for (int h = 0; h < PARTS; h++) {
            VECTOR bit = FOR_ISA(load)(at, h);
#pragma GCC unroll 6
            for (int c = 1; c < classes; c++)
                bit = FOR_ISA(choose)(of[h][c], FOR_ISA(load)(at + 2 * c * WORDS, h), bit);
            FOR_ISA(round)(FOR_ISA(load)(word, h), bit, &undecided[h], &accept[h]);
            rest |= undecided[h];
        }
    }
#pragma GCC unroll 1
    for (int h = 0; h < PARTS; h++)
        accept[h] = (accept[h] & ~undecided[h]) ^ invert[h];
}

/* The same for any degree k > UNROLLED; the masks of all m lie in s->scratch. */
TARGET static void FOR_ISA(decide_large)(bits_t *s, int64_t block, const uint64_t *plane, FOR_ISA(stream) *x,
                                         const uint64_t *path, const int32_t *link, const int k, VECTOR *accept)
{
    const int64_t row = s->n_classes * WORDS;
    const int least = k & 1 ? 1 : 2, classes = (k - least) / 2 + 1;
    VECTOR rest = ~(VECTOR){0}, undecided[PARTS], invert[PARTS], *select = (VECTOR *)s->scratch;
    int bits = 0;
    while (k >> bits)
        bits++;
    for (int h = 0; h < PARTS; h++) {
        VECTOR n[32], negative = (VECTOR){0}, metropolis = FOR_ISA(load)(plane, h);
        FOR_ISA(count_any)(path, link, k, bits, h, n);
        for (int c = 0; c < classes; c++) {
            int m = least + 2 * c;
            VECTOR below = FOR_ISA(equals)(n, bits, (k - m) / 2);
            negative |= below;
            select[c * PARTS + h] = below | FOR_ISA(equals)(n, bits, (k + m) / 2);
        }
        accept[h] = negative & metropolis;
        invert[h] = negative & ~metropolis;
        undecided[h] = FOR_ISA(load)(plane + row, h) & ~accept[h];
        if (k % 2 == 0) { /* dE = 0 takes the first random bit, drawn in round 0 below */
            VECTOR zero = FOR_ISA(equals)(n, bits, k / 2);
            undecided[h] &= ~zero;
            select[classes * PARTS + h] = zero;
        }
    }
    for (int round = 0; round < BITS && (round < ROUNDS_UNTESTED || FOR_ISA(any)(rest)); round++) {
        const uint64_t *at = plane + round * row;
        const uint64_t *word = FOR_ISA(word)(x);
        rest = (VECTOR){0};
        if (round == BITS / 2)
            FOR_ISA(lower_planes)(s, block);
        for (int h = 0; h < PARTS; h++) {
            VECTOR r = FOR_ISA(load)(word, h), bit = (VECTOR){0};
            if (round == 0 && k % 2 == 0)
                accept[h] |= select[classes * PARTS + h] & r;
            for (int c = 0; c < classes; c++)
                bit |= FOR_ISA(load)(at + (least + 2 * c) * WORDS, h) & select[c * PARTS + h];
            FOR_ISA(round)(r, bit, &undecided[h], &accept[h]);
            rest |= undecided[h];
        }
    }
    for (int h = 0; h < PARTS; h++)
        accept[h] = (accept[h] & ~undecided[h]) ^ invert[h];
}

/* Decide one weight of any degree in a field; `own` is its block, `reference` all ones where the field points up. */
TARGET static void FOR_ISA(decide_field)(bits_t *s, int64_t block, const uint64_t *plane, FOR_ISA(stream) *x,
                                         const uint64_t *path, const int32_t *link, const int k, const uint64_t *own,
                                         uint64_t reference, VECTOR *accept)
{
    const int64_t row = s->n_classes * WORDS, first = bits_field_class(-k, 0, s->max_degree);
    VECTOR rest = ~(VECTOR){0}, undecided[PARTS];
    VECTOR *select = (VECTOR *)s->scratch; /* satisfied n, aligned a: select[(2 n + a) PARTS + h] */
    int bits = 0;
    while (k >> bits)
        bits++;
    for (int h = 0; h < PARTS; h++) {
        VECTOR n[32], aligned = ~(FOR_ISA(load)(own, h) ^ reference);
        FOR_ISA(count_any)(path, link, k, bits, h, n);
        for (int value = 0; value <= k; value++) {
            VECTOR same = FOR_ISA(equals)(n, bits, value);
            select[2 * value * PARTS + h] = same & ~aligned;
            select[(2 * value + 1) * PARTS + h] = same & aligned;
        }
        accept[h] = (VECTOR){0};
        undecided[h] = FOR_ISA(load)(plane + row, h);
    }
    for (int round = 0; round < BITS && (round < ROUNDS_UNTESTED || FOR_ISA(any)(rest)); round++) {
        const uint64_t *at = plane + round * row + first * WORDS;
        const uint64_t *word = FOR_ISA(word)(x);
        rest = (VECTOR){0};
        if (round == BITS / 2)
            FOR_ISA(lower_planes)(s, block);
        for (int h = 0; h < PARTS; h++) {
            VECTOR r = FOR_ISA(load)(word, h), bit = (VECTOR){0};
            for (int value = 0; value <= k; value++) /* m = 2 n - k: classes of neighbouring n are 4 apart */
                bit |= (FOR_ISA(load)(at + 4 * value * WORDS, h) & select[2 * value * PARTS + h]) |
                       (FOR_ISA(load)(at + (4 * value + 1) * WORDS, h) & select[(2 * value + 1) * PARTS + h]);
            FOR_ISA(round)(r, bit, &undecided[h], &accept[h]);
            rest |= undecided[h];
        }
    }
    for (int h = 0; h < PARTS; h++)
        accept[h] &= ~undecided[h];
}

/* One sweep in a field. */
TARGET static void FOR_ISA(sweep_field)(bits_t *s, int64_t block, FOR_ISA(stream) *x)
{
    const uint64_t *plane = s->plane + block * BITS * s->n_classes * WORDS;
    uint64_t *weight = s->weight + block * s->n_weights * WORDS, *path = s->path + block * s->n_paths * WORDS;
    for (int64_t g = 0; g < s->n_groups; g++) {
        const int k = s->group_degree[g];
        const int32_t *link = s->links + s->group_links[g];
        for (int64_t v = s->group_first[g]; v < s->group_first[g + 1]; v++, link += k) {
            uint64_t *own = weight + (int64_t)s->visit[v] * WORDS;
            VECTOR accept[PARTS];
            FOR_ISA(decide_field)(s, block, plane, x, path, link, k, own, s->reference[s->visit[v]], accept);
            for (int h = 0; h < PARTS; h++) {
                *FOR_ISA(part)(own, h) ^= accept[h];
                for (int j = 0; j < k; j++)
                    *FOR_ISA(part)(path + (int64_t)link[j] * WORDS, h) ^= accept[h];
            }
        }
    }
}

/* All weights of one degree, in order. `ahead` > 0: fetch the blocks of the weight that many visits ahead. */
INLINE void FOR_ISA(visit_group)(bits_t *s, int64_t block, FOR_ISA(stream) *x, int64_t group, const int k,
                                 const int large, const int64_t ahead)
{
    const uint64_t *plane = s->plane + block * BITS * s->n_classes * WORDS;
    uint64_t *weight = s->weight + block * s->n_weights * WORDS, *path = s->path + block * s->n_paths * WORDS;
    const int32_t *link = s->links + s->group_links[group];
    const int64_t last = s->group_first[group + 1];
    uint64_t level[ROUNDS_AHEAD * (UNROLLED / 2) * WORDS] __attribute__((aligned(64)));
    if (!large && k)
        FOR_ISA(lay_levels)(s, plane, k, level);
    for (int64_t v = s->group_first[group]; v < last; v++, link += k) {
        VECTOR accept[PARTS];
        if (ahead && v + ahead < last) {
            for (int j = 0; j < k; j++)
                __builtin_prefetch(path + (int64_t)link[ahead * k + j] * WORDS, 1);
            __builtin_prefetch(weight + (int64_t)s->visit[v + ahead] * WORDS, 1);
        }
        if (!large && x->last - x->next < ROUNDS_AHEAD) {
            const int64_t needed = 10 * (s->n_weights - v) + ROUNDS_AHEAD, most = ahead ? DRAWN_FAR : DRAWN;
            FOR_ISA(draw)(x, needed < most ? needed : most);
        }
        if (k == 0) { /* a free weight: a fresh random value */
            const uint64_t *word = x->word + x->next++ * WORDS;
            for (int h = 0; h < PARTS; h++)
                accept[h] = FOR_ISA(load)(word, h);
        } else if (large) {
            FOR_ISA(decide_large)(s, block, plane, x, path, link, k, accept);
        } else {
            FOR_ISA(decide)(s, block, plane, level, x, path, link, k, accept);
        }
        uint64_t *own = weight + (int64_t)s->visit[v] * WORDS;
#pragma GCC unroll 1
        for (int h = 0; h < PARTS; h++) {
            *FOR_ISA(part)(own, h) ^= accept[h];
#pragma GCC unroll 12
            for (int j = 0; j < k; j++)
                *FOR_ISA(part)(path + (int64_t)link[j] * WORDS, h) ^= accept[h];
        }
    }
}

TARGET static void FOR_ISA(sweep)(bits_t *s, int64_t block)
{
    FOR_ISA(stream) x;
    uint64_t *state = s->rng + block * 4 * WORDS;
    x.next = x.last = 0;
    const int far = (s->n_weights + s->n_paths) * 64 > (1 << 19); /* 512 KiB: larger ones do not stay in L2 */
    for (int h = 0; h < PARTS; h++)
        for (int j = 0; j < 4; j++)
            x.state[h][j] = FOR_ISA(load)(state + j * WORDS, h);
#define GROUP(k) \
    case k: FOR_ISA(visit_group)(s, block, &x, g, k, 0, far ? 6 : 0); break;
    if (s->reference)
        FOR_ISA(sweep_field)(s, block, &x);
    for (int64_t g = 0; g < (s->reference ? 0 : s->n_groups); g++)
        switch (s->group_degree[g]) {
            GROUP(0)
            GROUP(1)
            GROUP(2)
            GROUP(3)
            GROUP(4)
            GROUP(5)
            GROUP(6)
            GROUP(7)
            GROUP(8)
            GROUP(9)
            GROUP(10)
            GROUP(11)
            GROUP(12)
        default: FOR_ISA(visit_group)(s, block, &x, g, s->group_degree[g], 1, far ? 6 : 0);
        }
#undef GROUP
    FOR_ISA(undraw)(&x);
    for (int h = 0; h < PARTS; h++)
        for (int j = 0; j < 4; j++)
            *FOR_ISA(part)(state + j * WORDS, h) = x.state[h][j];
}

static const bits_isa_t FOR_ISA(bits_isa) = {
    FOR_ISA(sweep),      FOR_ISA(energies), FOR_ISA(build_planes),  FOR_ISA(lower_planes),
    FOR_ISA(lane_major), FOR_ISA(exp_all),  FOR_ISA(compare_words),
};

#undef PARTS
#undef PW
#undef VECTOR
#undef DOUBLES
#undef ULONGS
#undef ROUNDS_AHEAD
#undef DRAWN
#undef DRAWN_FAR
#undef UNROLLED
#undef STEP
#undef TOGETHER
#undef HALF_ADD
#undef FULL_ADD
