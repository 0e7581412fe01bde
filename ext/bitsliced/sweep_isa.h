/* The kernel of bitsliced.h for one instruction set; included once for each with
 *   ISA     suffix of its functions
 *   TARGET  the compiler's target attribute
 *   VBYTES  bytes of a vector: 16, 32 or 64
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
#define UNROLLED 12 /* degrees up to this have code of their own */
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define F(name) JOIN(name, ISA)
#define INLINE TARGET static inline __attribute__((always_inline))
#define V F(vec)

#include "exp_isa.h"

typedef uint64_t V __attribute__((vector_size(VBYTES)));

INLINE V *F(part)(uint64_t *block, int h) { return (V *)(block + h * PW); }
INLINE V F(load)(const uint64_t *block, int h) { return *(const V *)(block + h * PW); }

INLINE int F(any)(V x)
{
#if VBYTES == 64
    return _mm512_test_epi64_mask((__m512i)x, (__m512i)x) != 0;
#elif VBYTES == 32
    return !_mm256_testz_si256((__m256i)x, (__m256i)x);
#elif defined(GLASSNET_X86)
    return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)x, _mm_setzero_si128())) != 0xffff;
#else
    return (x[0] | x[1]) != 0;
#endif
}

/* Functions of three bits, each one instruction of AVX-512 that the compiler does not find: a ^ b ^ c, a ? b : c,
 * a & ~(b ^ c), a ^ (b & c) and the carry of a + b + c. */
#if VBYTES == 64
#define TERNARY(table) (V)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, table)
INLINE V F(xor3)(V a, V b, V c) { return TERNARY(0x96); }
INLINE V F(choose)(V a, V b, V c) { return TERNARY(0xca); }
INLINE V F(where_equal)(V a, V b, V c) { return TERNARY(0x90); }
INLINE V F(change)(V a, V b, V c) { return TERNARY(0x78); }
INLINE V F(majority)(V a, V b, V c) { return TERNARY(0xe8); }
#undef TERNARY
#else
INLINE V F(xor3)(V a, V b, V c) { return a ^ b ^ c; }
INLINE V F(choose)(V a, V b, V c) { return (b & a) | (c & ~a); }
INLINE V F(where_equal)(V a, V b, V c) { return a & ~(b ^ c); }
INLINE V F(change)(V a, V b, V c) { return a ^ (b & c); }
#endif

/* One round of U < threshold: `r` random bit, `t` threshold bit of each lane. Where they differ the lane is decided.
 * What `accept` holds in undecided lanes means nothing. */
INLINE void F(round)(V r, V t, V *undecided, V *accept)
{
    *accept = F(choose)(*undecided, t, *accept);
    *undecided = F(where_equal)(*undecided, t, r);
}

#include "stream_isa.h"
#include "counting_isa.h"
#include "planes_isa.h"

/* Threshold bits for degree k <= UNROLLED in the rounds ahead, side by side: of the smallest m, and where those of the
 * others differ from it. */
INLINE void F(lay_levels)(const bits_t *s, const uint64_t *plane, const int k, uint64_t *level)
{
    const int least = k & 1 ? 1 : 2;
    for (int round = 0; round < ROUNDS_AHEAD; round++, plane += s->n_classes * WORDS)
        for (int m = least; m <= k; m += 2, level += WORDS)
            for (int h = 0; h < PARTS; h++) {
                V bit = F(load)(plane + m * WORDS, h);
                *F(part)(level, h) = m == least ? bit : bit ^ F(load)(plane + least * WORDS, h);
            }
}

/* Decide one weight of degree k <= UNROLLED (known when compiling) in all lanes: returns the accept masks in `accept`.
 * `level`: see lay_levels. At least ROUNDS_AHEAD words must be drawn. */
INLINE void F(decide)(bits_t *s, int64_t block, const uint64_t *plane, const uint64_t *level, F(stream) *x,
                      const uint64_t *path, const int32_t *link, const int k, V *accept)
{
    const int64_t row = s->n_classes * WORDS;
    const int least = k & 1 ? 1 : 2, classes = (k - least) / 2 + 1; /* m = least, least + 2, .. k */
    const uint64_t *word = x->word + x->next * WORDS;
    V undecided[PARTS], invert[PARTS], of[PARTS][UNROLLED / 2], waiting[ROUNDS_AHEAD], rest = (V){0};
#pragma GCC unroll 1
    for (int h = 0; h < PARTS; h++) { /* in turn: parts that mix run out of registers */
        V t[UNROLLED], n[4], negative, zero, metropolis = F(load)(plane, h);
#pragma GCC unroll 12
        for (int j = 0; j < k; j++)
            t[j] = F(load)(path + (int64_t)link[j] * WORDS, h);
        F(count)(t, k, n);
        F(kinds)(n, k, &negative, &zero, of[h]);
        V chosen = negative & metropolis; /* dE < 0: Metropolis accepts at once */
        V open = F(load)(plane + row, h) & ~(chosen | zero);
        invert[h] = negative & ~metropolis; /* heat bath: the complement of the opposite move */
        if (k % 2 == 0)
            chosen |= zero & F(load)(word, h);
#pragma GCC unroll 16
        for (int round = 0; round < ROUNDS_AHEAD; round++) {
            const uint64_t *at = level + round * classes * WORDS;
            V bit = F(load)(at, h);
            if (round >= ROUNDS_UNTESTED)
                waiting[round] = h ? waiting[round] | open : open;
#pragma GCC unroll 6
            for (int c = 1; c < classes; c++)
                bit = F(change)(bit, of[h][c], F(load)(at + c * WORDS, h));
            F(round)(F(load)(word + round * WORDS, h), bit, &open, &chosen);
        }
        accept[h] = chosen;
        undecided[h] = open;
        rest |= open;
    }
    int64_t used = ROUNDS_UNTESTED;
#pragma GCC unroll 16
    for (int round = ROUNDS_UNTESTED; round < ROUNDS_AHEAD; round++)
        used += F(any)(waiting[round]);
    x->next += used;
    for (int round = ROUNDS_AHEAD; round < BITS && __builtin_expect(F(any)(rest), 0); round++) {
        const uint64_t *at = plane + round * row + least * WORDS;
        word = F(word)(x);
        rest = (V){0};
        if (round == BITS / 2)
            F(lower_planes)(s, block);
        for (int h = 0; h < PARTS; h++) {
            V bit = F(load)(at, h);
#pragma GCC unroll 6
            for (int c = 1; c < classes; c++)
                bit = F(choose)(of[h][c], F(load)(at + 2 * c * WORDS, h), bit);
            F(round)(F(load)(word, h), bit, &undecided[h], &accept[h]);
            rest |= undecided[h];
        }
    }
#pragma GCC unroll 1
    for (int h = 0; h < PARTS; h++)
        accept[h] = (accept[h] & ~undecided[h]) ^ invert[h];
}

/* The same for any degree k > UNROLLED; the masks of all m lie in s->scratch. */
TARGET static void F(decide_large)(bits_t *s, int64_t block, const uint64_t *plane, F(stream) *x, const uint64_t *path,
                                   const int32_t *link, const int k, V *accept)
{
    const int64_t row = s->n_classes * WORDS;
    const int least = k & 1 ? 1 : 2, classes = (k - least) / 2 + 1;
    V rest = ~(V){0}, undecided[PARTS], invert[PARTS], *select = (V *)s->scratch;
    int bits = 0;
    while (k >> bits)
        bits++;
    for (int h = 0; h < PARTS; h++) {
        V n[32], negative = (V){0}, metropolis = F(load)(plane, h);
        F(count_any)(path, link, k, bits, h, n);
        for (int c = 0; c < classes; c++) {
            int m = least + 2 * c;
            V below = F(equals)(n, bits, (k - m) / 2);
            negative |= below;
            select[c * PARTS + h] = below | F(equals)(n, bits, (k + m) / 2);
        }
        accept[h] = negative & metropolis;
        invert[h] = negative & ~metropolis;
        undecided[h] = F(load)(plane + row, h) & ~accept[h];
        if (k % 2 == 0) { /* dE = 0 takes the first random bit, drawn in round 0 below */
            V zero = F(equals)(n, bits, k / 2);
            undecided[h] &= ~zero;
            select[classes * PARTS + h] = zero;
        }
    }
    for (int round = 0; round < BITS && (round < ROUNDS_UNTESTED || F(any)(rest)); round++) {
        const uint64_t *at = plane + round * row;
        const uint64_t *word = F(word)(x);
        rest = (V){0};
        if (round == BITS / 2)
            F(lower_planes)(s, block);
        for (int h = 0; h < PARTS; h++) {
            V r = F(load)(word, h), bit = (V){0};
            if (round == 0 && k % 2 == 0)
                accept[h] |= select[classes * PARTS + h] & r;
            for (int c = 0; c < classes; c++)
                bit |= F(load)(at + (least + 2 * c) * WORDS, h) & select[c * PARTS + h];
            F(round)(r, bit, &undecided[h], &accept[h]);
            rest |= undecided[h];
        }
    }
    for (int h = 0; h < PARTS; h++)
        accept[h] = (accept[h] & ~undecided[h]) ^ invert[h];
}

/* Decide one weight of any degree in a field; `own` is its block, `reference` all ones where the field points up. */
TARGET static void F(decide_field)(bits_t *s, int64_t block, const uint64_t *plane, F(stream) *x, const uint64_t *path,
                                   const int32_t *link, const int k, const uint64_t *own, uint64_t reference, V *accept)
{
    const int64_t row = s->n_classes * WORDS, first = bits_field_class(-k, 0, s->max_degree);
    V rest = ~(V){0}, undecided[PARTS];
    V *select = (V *)s->scratch; /* satisfied n, aligned a: select[(2 n + a) PARTS + h] */
    int bits = 0;
    while (k >> bits)
        bits++;
    for (int h = 0; h < PARTS; h++) {
        V n[32], aligned = ~(F(load)(own, h) ^ reference);
        F(count_any)(path, link, k, bits, h, n);
        for (int value = 0; value <= k; value++) {
            V same = F(equals)(n, bits, value);
            select[2 * value * PARTS + h] = same & ~aligned;
            select[(2 * value + 1) * PARTS + h] = same & aligned;
        }
        accept[h] = (V){0};
        undecided[h] = F(load)(plane + row, h);
    }
    for (int round = 0; round < BITS && (round < ROUNDS_UNTESTED || F(any)(rest)); round++) {
        const uint64_t *at = plane + round * row + first * WORDS;
        const uint64_t *word = F(word)(x);
        rest = (V){0};
        if (round == BITS / 2)
            F(lower_planes)(s, block);
        for (int h = 0; h < PARTS; h++) {
            V r = F(load)(word, h), bit = (V){0};
            for (int value = 0; value <= k; value++) /* m = 2 n - k: classes of neighbouring n are 4 apart */
                bit |= (F(load)(at + 4 * value * WORDS, h) & select[2 * value * PARTS + h]) |
                       (F(load)(at + (4 * value + 1) * WORDS, h) & select[(2 * value + 1) * PARTS + h]);
            F(round)(r, bit, &undecided[h], &accept[h]);
            rest |= undecided[h];
        }
    }
    for (int h = 0; h < PARTS; h++)
        accept[h] &= ~undecided[h];
}

/* One sweep in a field. */
TARGET static void F(sweep_field)(bits_t *s, int64_t block, F(stream) *x)
{
    const uint64_t *plane = s->plane + block * BITS * s->n_classes * WORDS;
    uint64_t *weight = s->weight + block * s->n_weights * WORDS, *path = s->path + block * s->n_paths * WORDS;
    for (int64_t g = 0; g < s->n_groups; g++) {
        const int k = s->group_degree[g];
        const int32_t *link = s->links + s->group_links[g];
        for (int64_t v = s->group_first[g]; v < s->group_first[g + 1]; v++, link += k) {
            uint64_t *own = weight + (int64_t)s->visit[v] * WORDS;
            V accept[PARTS];
            F(decide_field)(s, block, plane, x, path, link, k, own, s->reference[s->visit[v]], accept);
            for (int h = 0; h < PARTS; h++) {
                *F(part)(own, h) ^= accept[h];
                for (int j = 0; j < k; j++)
                    *F(part)(path + (int64_t)link[j] * WORDS, h) ^= accept[h];
            }
        }
    }
}

/* All weights of one degree, in order. `ahead` > 0: fetch the blocks of the weight that many visits ahead. */
INLINE void F(visit_group)(bits_t *s, int64_t block, F(stream) *x, int64_t group, const int k, const int large,
                           const int64_t ahead)
{
    const uint64_t *plane = s->plane + block * BITS * s->n_classes * WORDS;
    uint64_t *weight = s->weight + block * s->n_weights * WORDS, *path = s->path + block * s->n_paths * WORDS;
    const int32_t *link = s->links + s->group_links[group];
    const int64_t last = s->group_first[group + 1];
    uint64_t level[ROUNDS_AHEAD * (UNROLLED / 2) * WORDS] __attribute__((aligned(64)));
    if (!large && k)
        F(lay_levels)(s, plane, k, level);
    for (int64_t v = s->group_first[group]; v < last; v++, link += k) {
        V accept[PARTS];
        if (ahead && v + ahead < last) {
            for (int j = 0; j < k; j++)
                __builtin_prefetch(path + (int64_t)link[ahead * k + j] * WORDS, 1);
            __builtin_prefetch(weight + (int64_t)s->visit[v + ahead] * WORDS, 1);
        }
        if (!large && x->last - x->next < ROUNDS_AHEAD) {
            const int64_t likely = 10 * (s->n_weights - v) + ROUNDS_AHEAD, most = ahead ? DRAWN_FAR : DRAWN;
            F(draw)(x, likely < most ? likely : most);
        }
        if (k == 0) { /* a free weight: a fresh random value */
            const uint64_t *word = x->word + x->next++ * WORDS;
            for (int h = 0; h < PARTS; h++)
                accept[h] = F(load)(word, h);
        } else if (large) {
            F(decide_large)(s, block, plane, x, path, link, k, accept);
        } else {
            F(decide)(s, block, plane, level, x, path, link, k, accept);
        }
        uint64_t *own = weight + (int64_t)s->visit[v] * WORDS;
#pragma GCC unroll 1
        for (int h = 0; h < PARTS; h++) {
            *F(part)(own, h) ^= accept[h];
#pragma GCC unroll 12
            for (int j = 0; j < k; j++)
                *F(part)(path + (int64_t)link[j] * WORDS, h) ^= accept[h];
        }
    }
}

TARGET static void F(sweep)(bits_t *s, int64_t block)
{
    F(stream) x;
    uint64_t *state = s->rng + block * 4 * WORDS;
    x.next = x.last = 0;
    const int far = (s->n_weights + s->n_paths) * 64 > (1 << 19); /* more than fits beside L2's other tenants */
    for (int h = 0; h < PARTS; h++)
        for (int j = 0; j < 4; j++)
            x.state[h][j] = F(load)(state + j * WORDS, h);
#define GROUP(k)                                            \
    case k:                                                 \
        F(visit_group)(s, block, &x, g, k, 0, far ? 6 : 0); \
        break;
    if (s->reference)
        F(sweep_field)(s, block, &x);
    for (int64_t g = 0; g < (s->reference ? 0 : s->n_groups); g++)
        switch (s->group_degree[g]) {
        GROUP(0) GROUP(1) GROUP(2) GROUP(3) GROUP(4) GROUP(5) GROUP(6)
        GROUP(7) GROUP(8) GROUP(9) GROUP(10) GROUP(11) GROUP(12)
        default: F(visit_group)(s, block, &x, g, s->group_degree[g], 1, far ? 6 : 0);
        }
#undef GROUP
    F(undraw)(&x);
    for (int h = 0; h < PARTS; h++)
        for (int j = 0; j < 4; j++)
            *F(part)(state + j * WORDS, h) = x.state[h][j];
}


static const bits_isa_t F(bits_isa) = {
    F(sweep), F(energies), F(build_planes), F(lower_planes), F(lane_major), F(exp_all), F(compare_words),
};

#undef PARTS
#undef PW
#undef F
#undef INLINE
#undef V
#undef D
#undef U
#undef ROUNDS_AHEAD
#undef DRAWN
#undef DRAWN_FAR
#undef UNROLLED
#undef STEP
#undef TOGETHER
#undef HALF_ADD
#undef FULL_ADD
#undef ISA
#undef TARGET
#undef VBYTES
#undef JOIN
#undef JOIN_
