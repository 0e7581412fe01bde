/* The kernel of bitsliced.h for one instruction set; included once for each with
 *   ISA     suffix of its functions
 *   TARGET  the compiler's target attribute
 *   VBYTES  bytes of a vector: 16, 32 or 64
 * A block of 512 lanes is PARTS vectors. The untested rounds run part by part, so that generator, masks and
 * thresholds of a part stay in registers; only the test for the end looks at all parts. */
#define PARTS (64 / VBYTES)
#define PW (VBYTES / 8) /* words of a part */
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define F(name) JOIN(name, ISA)
#define INLINE TARGET static inline __attribute__((always_inline))
#define V F(vec)

#include "exp_isa.h"

typedef uint64_t V __attribute__((vector_size(VBYTES)));

INLINE V *F(part)(uint64_t *block, int h) { return (V *)(block + h * PW); }
INLINE V F(load)(const uint64_t *block, int h) { return *(const V *)(block + h * PW); }

INLINE int F(any)(const V *x)
{
#if VBYTES == 64
    return _mm512_test_epi64_mask((__m512i)x[0], (__m512i)x[0]) != 0;
#elif VBYTES == 32
    V all = x[0] | x[1];
    return !_mm256_testz_si256((__m256i)all, (__m256i)all);
#else
    V all = (x[0] | x[1]) | (x[2] | x[3]);
    return (all[0] | all[1]) != 0;
#endif
}

/* One round of U < threshold: `r` random bit, `t` threshold bit of each lane. Where they differ the lane is decided. */
INLINE void F(compare)(V r, V t, V *undecided, V *accept)
{
    *accept |= *undecided & t & ~r;
    *undecided &= ~(t ^ r);
}

#define HALF_ADD(a, b, s, c) do { V c_ = (a) & (b); s = (a) ^ (b); c = c_; } while (0)
#define FULL_ADD(a, b, d, s, c) do { V x_ = (a) ^ (b); V c_ = ((a) & (b)) | ((d) & x_); s = x_ ^ (d); c = c_; } while (0)

/* Number of ones among t[0..k-1] in each lane, as bits n[0..3]; k <= 8 is known when compiling. */
INLINE void F(count)(const V *t, const int k, V *n)
{
    V a, b, c, d, e;
    n[0] = n[1] = n[2] = n[3] = (V){0};
    if (k == 1) {
        n[0] = t[0];
    } else if (k == 2) {
        HALF_ADD(t[0], t[1], n[0], n[1]);
    } else if (k == 3) {
        FULL_ADD(t[0], t[1], t[2], n[0], n[1]);
    } else if (k == 4) {
        FULL_ADD(t[0], t[1], t[2], a, b);
        HALF_ADD(a, t[3], n[0], c);
        HALF_ADD(b, c, n[1], n[2]);
    } else if (k == 5) {
        FULL_ADD(t[0], t[1], t[2], a, b);
        FULL_ADD(a, t[3], t[4], n[0], c);
        HALF_ADD(b, c, n[1], n[2]);
    } else if (k >= 6) {
        FULL_ADD(t[0], t[1], t[2], a, b);
        FULL_ADD(t[3], t[4], t[5], c, d);
        if (k == 6)
            HALF_ADD(a, c, n[0], e);
        else
            FULL_ADD(a, c, t[6], n[0], e);
        FULL_ADD(b, d, e, n[1], n[2]);
        if (k == 8) {
            HALF_ADD(n[0], t[7], n[0], a);
            HALF_ADD(n[1], a, n[1], a);
            HALF_ADD(n[2], a, n[2], n[3]);
        }
    }
}

/* Lanes whose count equals `value`, of `bits` bits. */
INLINE V F(equals)(const V *n, int bits, int64_t value)
{
    V same = ~(V){0};
    for (int j = 0; j < bits; j++)
        same &= (value >> j) & 1 ? n[j] : ~n[j];
    return same;
}

/* Decide one weight of degree k in all lanes (k <= 8 known when compiling): returns the accept masks in `accept`. */
INLINE void F(decide)(const bits_t *s, const uint64_t *plane, V (*rng)[4], const uint64_t *path, const int32_t *link,
                      const int k, V *accept)
{
    const int64_t row = s->n_classes * WORDS;
    const int bits = k < 2 ? 1 : k < 4 ? 2 : k < 8 ? 3 : 4;
    const int least = k & 1 ? 1 : 2; /* smallest m > 0; its plane is the default of the selection */
    V undecided[PARTS], invert[PARTS], select[PARTS][4];
#pragma GCC unroll 4
    for (int h = 0; h < PARTS; h++) {
        V t[8], n[4], negative = (V){0}, zero = (V){0}, metropolis = F(load)(plane, h), r, bit;
        V s0 = rng[h][0], s1 = rng[h][1], s2 = rng[h][2], s3 = rng[h][3];
#pragma GCC unroll 8
        for (int j = 0; j < k; j++)
            t[j] = F(load)(path + (int64_t)link[j] * WORDS, h);
        F(count)(t, k, n);
#pragma GCC unroll 5
        for (int value = 0; 2 * value < k; value++)
            negative |= F(equals)(n, bits, value);
        if (k % 2 == 0)
            zero = F(equals)(n, bits, k / 2);
#pragma GCC unroll 4
        for (int m = least + 2; m <= k; m += 2)
            select[h][(m - least) / 2] = F(equals)(n, bits, (k + m) / 2) | F(equals)(n, bits, (k - m) / 2);
        V chosen = negative & metropolis; /* dE < 0: Metropolis accepts at once */
        V open = F(load)(plane + row, h) & ~(chosen | zero);
        invert[h] = negative & ~metropolis; /* heat bath: the complement of the opposite move */
#pragma GCC unroll 8
        for (int round = 0; round < ROUNDS_UNTESTED; round++) {
            const uint64_t *at = plane + round * row;
            XOSHIRO_STEP(V, r, s0, s1, s2, s3);
            if (round == 0 && k % 2 == 0)
                chosen |= zero & r;
            bit = F(load)(at + least * WORDS, h);
#pragma GCC unroll 4
            for (int m = least + 2; m <= k; m += 2) {
                V mask = select[h][(m - least) / 2];
                bit = (F(load)(at + m * WORDS, h) & mask) | (bit & ~mask);
            }
            F(compare)(r, bit, &open, &chosen);
        }
        rng[h][0] = s0, rng[h][1] = s1, rng[h][2] = s2, rng[h][3] = s3;
        accept[h] = chosen;
        undecided[h] = open;
    }
    for (int round = ROUNDS_UNTESTED; round < BITS && F(any)(undecided); round++) {
        const uint64_t *at = plane + round * row;
#pragma GCC unroll 4
        for (int h = 0; h < PARTS; h++) {
            V r, bit = F(load)(at + least * WORDS, h);
            XOSHIRO_STEP(V, r, rng[h][0], rng[h][1], rng[h][2], rng[h][3]);
#pragma GCC unroll 4
            for (int m = least + 2; m <= k; m += 2) {
                V mask = select[h][(m - least) / 2];
                bit = (F(load)(at + m * WORDS, h) & mask) | (bit & ~mask);
            }
            F(compare)(r, bit, &undecided[h], &accept[h]);
        }
    }
#pragma GCC unroll 4
    for (int h = 0; h < PARTS; h++)
        accept[h] ^= invert[h];
}

/* Number of satisfied paths of a weight of any degree, as bits n[0..bits-1]. */
INLINE void F(count_any)(const uint64_t *path, const int32_t *link, int k, int bits, int h, V *n)
{
    for (int j = 0; j < bits; j++)
        n[j] = (V){0};
    for (int j = 0; j < k; j++) {
        V carry = F(load)(path + (int64_t)link[j] * WORDS, h);
        for (int b = 0; b < bits; b++) {
            V next = n[b] & carry;
            n[b] ^= carry;
            carry = next;
        }
    }
}

/* The same for any degree k > 8; the masks of all m lie in s->scratch. */
TARGET static void F(decide_large)(const bits_t *s, const uint64_t *plane, V (*rng)[4], const uint64_t *path,
                                   const int32_t *link, const int k, V *accept)
{
    const int64_t row = s->n_classes * WORDS;
    const int least = k & 1 ? 1 : 2, classes = (k - least) / 2 + 1;
    V undecided[PARTS], invert[PARTS], *select = (V *)s->scratch;
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
    for (int round = 0; round < BITS && (round < ROUNDS_UNTESTED || F(any)(undecided)); round++) {
        const uint64_t *at = plane + round * row;
        for (int h = 0; h < PARTS; h++) {
            V r, bit = (V){0};
            XOSHIRO_STEP(V, r, rng[h][0], rng[h][1], rng[h][2], rng[h][3]);
            if (round == 0 && k % 2 == 0)
                accept[h] |= select[classes * PARTS + h] & r;
            for (int c = 0; c < classes; c++)
                bit |= F(load)(at + (least + 2 * c) * WORDS, h) & select[c * PARTS + h];
            F(compare)(r, bit, &undecided[h], &accept[h]);
        }
    }
    for (int h = 0; h < PARTS; h++)
        accept[h] ^= invert[h];
}

/* Decide one weight of any degree in a field; `own` is its block, `reference` all ones where the field points up. */
TARGET static void F(decide_field)(const bits_t *s, const uint64_t *plane, V (*rng)[4], const uint64_t *path,
                                   const int32_t *link, const int k, const uint64_t *own, uint64_t reference, V *accept)
{
    const int64_t row = s->n_classes * WORDS, first = bits_field_class(-k, 0, s->max_degree);
    V undecided[PARTS], *select = (V *)s->scratch; /* satisfied n, aligned a: select[(2 n + a) PARTS + h] */
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
    for (int round = 0; round < BITS && (round < ROUNDS_UNTESTED || F(any)(undecided)); round++) {
        const uint64_t *at = plane + round * row + first * WORDS;
        for (int h = 0; h < PARTS; h++) {
            V r, bit = (V){0};
            XOSHIRO_STEP(V, r, rng[h][0], rng[h][1], rng[h][2], rng[h][3]);
            for (int value = 0; value <= k; value++) /* m = 2 n - k: classes of neighbouring n are 4 apart */
                bit |= (F(load)(at + 4 * value * WORDS, h) & select[2 * value * PARTS + h]) |
                       (F(load)(at + (4 * value + 1) * WORDS, h) & select[(2 * value + 1) * PARTS + h]);
            F(compare)(r, bit, &undecided[h], &accept[h]);
        }
    }
}

/* One sweep in a field. */
TARGET static void F(sweep_field)(bits_t *s, int64_t block, V (*rng)[4])
{
    const uint64_t *plane = s->plane + block * BITS * s->n_classes * WORDS;
    uint64_t *weight = s->weight + block * s->n_weights * WORDS, *path = s->path + block * s->n_paths * WORDS;
    for (int64_t g = 0; g < s->n_groups; g++) {
        const int k = s->group_degree[g];
        const int32_t *link = s->links + s->group_links[g];
        for (int64_t v = s->group_first[g]; v < s->group_first[g + 1]; v++, link += k) {
            uint64_t *own = weight + (int64_t)s->visit[v] * WORDS;
            V accept[PARTS];
            F(decide_field)(s, plane, rng, path, link, k, own, s->reference[s->visit[v]], accept);
            for (int h = 0; h < PARTS; h++) {
                *F(part)(own, h) ^= accept[h];
                for (int j = 0; j < k; j++)
                    *F(part)(path + (int64_t)link[j] * WORDS, h) ^= accept[h];
            }
        }
    }
}

/* All weights of one degree, in order. `ahead` > 0: fetch the blocks of the weight that many visits ahead. */
INLINE void F(visit_group)(bits_t *s, int64_t block, V (*rng)[4], int64_t group, const int k, const int large,
                           const int64_t ahead)
{
    const uint64_t *plane = s->plane + block * BITS * s->n_classes * WORDS;
    uint64_t *weight = s->weight + block * s->n_weights * WORDS, *path = s->path + block * s->n_paths * WORDS;
    const int32_t *link = s->links + s->group_links[group];
    const int64_t last = s->group_first[group + 1];
    for (int64_t v = s->group_first[group]; v < last; v++, link += k) {
        V accept[PARTS];
        if (ahead && v + ahead < last) {
            for (int j = 0; j < k; j++)
                __builtin_prefetch(path + (int64_t)link[ahead * k + j] * WORDS, 1);
            __builtin_prefetch(weight + (int64_t)s->visit[v + ahead] * WORDS, 1);
        }
        if (k == 0) { /* a free weight: a fresh random value */
#pragma GCC unroll 4
            for (int h = 0; h < PARTS; h++)
                XOSHIRO_STEP(V, accept[h], rng[h][0], rng[h][1], rng[h][2], rng[h][3]);
        } else if (large) {
            F(decide_large)(s, plane, rng, path, link, k, accept);
        } else {
            F(decide)(s, plane, rng, path, link, k, accept);
        }
        uint64_t *own = weight + (int64_t)s->visit[v] * WORDS;
#pragma GCC unroll 4
        for (int h = 0; h < PARTS; h++) {
            *F(part)(own, h) ^= accept[h];
#pragma GCC unroll 8
            for (int j = 0; j < k; j++)
                *F(part)(path + (int64_t)link[j] * WORDS, h) ^= accept[h];
        }
    }
}

TARGET static void F(sweep)(bits_t *s, int64_t block)
{
    V rng[PARTS][4];
    uint64_t *state = s->rng + block * 4 * WORDS;
    const int far = (s->n_weights + s->n_paths) * 64 > (1 << 19); /* more than fits beside L2's other tenants */
    for (int h = 0; h < PARTS; h++)
        for (int j = 0; j < 4; j++)
            rng[h][j] = F(load)(state + j * WORDS, h);
#define GROUP(k)                                        \
    if (far)                                            \
        F(visit_group)(s, block, rng, g, k, 0, 6);       \
    else                                                \
        F(visit_group)(s, block, rng, g, k, 0, 0);       \
    break
    if (s->reference)
        F(sweep_field)(s, block, rng);
    for (int64_t g = 0; g < (s->reference ? 0 : s->n_groups); g++)
        switch (s->group_degree[g]) {
        case 0: GROUP(0);
        case 1: GROUP(1);
        case 2: GROUP(2);
        case 3: GROUP(3);
        case 4: GROUP(4);
        case 5: GROUP(5);
        case 6: GROUP(6);
        case 7: GROUP(7);
        case 8: GROUP(8);
        default: F(visit_group)(s, block, rng, g, s->group_degree[g], 1, far ? 4 : 0);
        }
#undef GROUP
    for (int h = 0; h < PARTS; h++)
        for (int j = 0; j < 4; j++)
            *F(part)(state + j * WORDS, h) = rng[h][j];
}

#include "planes_isa.h"
#if VBYTES < 64
#include "network_isa.h"
#endif

static const bits_isa_t F(bits_isa) = {
    F(sweep), F(energies), F(build_planes), F(lane_major), F(exp_all), F(compare_words),
#if VBYTES == 64
    network_v3, /* the layers of a network are short: wider vectors are slower */
#else
    F(network),
#endif
};

#undef PARTS
#undef PW
#undef F
#undef INLINE
#undef V
#undef D
#undef U
#undef HALF_ADD
#undef FULL_ADD
#undef ISA
#undef TARGET
#undef VBYTES
#undef JOIN
#undef JOIN_
