/* Satisfied paths of a weight counted in all lanes, and what the counts mean; included inside sweep_isa.h, whose
 * names it uses. */

#define HALF_ADD(a, b, s, c)   \
    do {                       \
        VECTOR c_ = (a) & (b); \
        s = (a) ^ (b);         \
        c = c_;                \
    } while (0)
#if INTRINSICS == 512
#define FULL_ADD(a, b, d, s, c)                 \
    do {                                        \
        VECTOR c_ = FOR_ISA(majority)(a, b, d); \
        s = FOR_ISA(xor3)(a, b, d);             \
        c = c_;                                 \
    } while (0)
#else
#define FULL_ADD(a, b, d, s, c)               \
    do {                                      \
        VECTOR x_ = (a) ^ (b);                \
        VECTOR c_ = ((a) & (b)) | ((d) & x_); \
        s = x_ ^ (d);                         \
        c = c_;                               \
    } while (0)
#endif

/* Number of ones among t[0..k-1] in each lane, as bits n[0..3]; k <= 8 is known when compiling. */
INLINE void FOR_ISA(count_few)(const VECTOR *t, const int k, VECTOR *n)
{
    VECTOR a, b, c, d, e;
    n[0] = n[1] = n[2] = n[3] = (VECTOR){0};
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

/* The same for k <= UNROLLED. */
INLINE void FOR_ISA(count)(const VECTOR *t, const int k, VECTOR *n)
{
    VECTOR more[4], carry;
    FOR_ISA(count_few)(t, k <= 8 ? k : 7, n);
    if (k > 8) {
        FOR_ISA(count_few)(t + 7, k - 7, more);
        HALF_ADD(n[0], more[0], n[0], carry);
        FULL_ADD(n[1], more[1], carry, n[1], carry);
        FULL_ADD(n[2], more[2], carry, n[2], n[3]);
    }
}

/* Lanes whose count equals `value`, of `bits` bits. */
INLINE VECTOR FOR_ISA(equals)(const VECTOR *n, int bits, int64_t value)
{
    VECTOR same = ~(VECTOR){0};
    for (int j = 0; j < bits; j++)
        same &= (value >> j) & 1 ? n[j] : ~n[j];
    return same;
}

/* The lanes of each kind of move, from the count n of a weight of degree k <= UNROLLED: dE < 0, dE = 0, and of[c] where
 * |2 n - k| is its c-th value (1, 3, .. or 2, 4, ..), c > 0, no matter what in lanes with dE = 0. */
INLINE void FOR_ISA(kinds)(const VECTOR *n, const int k, VECTOR *negative, VECTOR *zero, VECTOR *of)
{
    *zero = (VECTOR){0};
    if (k == 1) {
        *negative = ~n[0];
    } else if (k == 2) {
        *negative = ~(n[0] | n[1]);
        *zero = n[0];
    } else if (k == 3) {
        *negative = ~n[1];
        of[1] = ~(n[0] ^ n[1]);
    } else if (k == 4) {
        *negative = ~(n[1] | n[2]);
        *zero = n[1] & ~n[0];
        of[1] = ~n[0];
    } else if (k == 5) {
        VECTOR odd = n[0] ^ n[2];
        *negative = ~(n[2] | (n[1] & n[0]));
        of[1] = odd & ~n[1];
        of[2] = ~(odd | n[1]);
    } else if (k == 6) {
        *zero = n[1] & n[0];
        *negative = ~(n[2] | *zero);
        of[1] = n[0];
        of[2] = ~(n[0] | (n[1] ^ n[2]));
    } else if (k == 7) {
        VECTOR high = n[1] ^ n[2], low = n[0] ^ n[2]; /* of 3 - (|2 n - 7| - 1) / 2 */
        *negative = ~n[2];
        of[1] = high & ~low;
        of[2] = low & ~high;
        of[3] = ~(high | low);
    } else if (k == 8) {
        *zero = n[2] & ~(n[1] | n[0]);
        *negative = ~(n[2] | n[3]);
        of[1] = n[1] & ~n[0];
        of[2] = n[0] & ~(n[1] ^ n[2]);
        of[3] = ~(n[1] | n[0]);
    } else {
        const int least = k & 1 ? 1 : 2;
        *negative = (VECTOR){0};
        if (k % 2 == 0)
            *zero = FOR_ISA(equals)(n, 4, k / 2);
#pragma GCC unroll 6
        for (int c = 0; least + 2 * c <= k; c++) {
            VECTOR below = FOR_ISA(equals)(n, 4, (k - least) / 2 - c);
            *negative |= below;
            of[c] = below | FOR_ISA(equals)(n, 4, (k + least) / 2 + c);
        }
    }
}

/* Number of satisfied paths of a weight of any degree, as bits n[0..bits-1]. */
INLINE void FOR_ISA(count_any)(const uint64_t *path, const int32_t *link, int k, int bits, int h, VECTOR *n)
{
    int j = 0;
    for (int b = 0; b < bits || b < 3; b++)
        n[b] = (VECTOR){0};
    for (; j + 7 <= k; j += 7) { /* seven paths make a number of three bits */
        VECTOR t[7], more[4], carry = (VECTOR){0};
        for (int i = 0; i < 7; i++)
            t[i] = FOR_ISA(load)(path + (int64_t)link[j + i] * WORDS, h);
        FOR_ISA(count_few)(t, 7, more);
        for (int b = 0; b < 3; b++)
            FULL_ADD(n[b], more[b], carry, n[b], carry);
        for (int b = 3; b < bits; b++)
            HALF_ADD(n[b], carry, n[b], carry);
    }
    for (; j < k; j++) {
        VECTOR carry = FOR_ISA(load)(path + (int64_t)link[j] * WORDS, h);
        for (int b = 0; b < bits; b++) {
            VECTOR next = n[b] & carry;
            n[b] ^= carry;
            carry = next;
        }
    }
}
