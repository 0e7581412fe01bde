/* Sums over walks in numbers of type SUM; included inside network_isa.h once for each type with
 *   BITS  of SUM
 *   SUM, NATURAL  the type, and the unsigned one: sums may wrap on the way, what they end at fits
 *   MASKED_MINUS  AVX-512: its instruction, lane by lane a or b - c */
#define FOR_BITS(name) FOR_ISA(JOIN(name, BITS))
#define VECTOR FOR_BITS(sums)
#if VBYTES == 64 && INTRINSICS != 512
#define WALK_BYTES 32 /* a mask of 16 bits has no more lanes than that */
#else
#define WALK_BYTES VBYTES
#endif
#define PER_VECTOR (WALK_BYTES / (int)sizeof(SUM))
#define TOGETHER (64 / PER_VECTOR < 4 ? 64 / PER_VECTOR : 4) /* vectors that fit into registers */

typedef NATURAL VECTOR __attribute__((vector_size(WALK_BYTES), may_alias));

/* x where a bit of `minus` is 0, -x where it is 1 */
INLINE VECTOR FOR_BITS(signed)(VECTOR x, uint64_t minus, VECTOR bit)
{
#if INTRINSICS == 512
    (void)bit;
    return (VECTOR)MASKED_MINUS((__m512i)x, minus, _mm512_setzero_si512(), (__m512i)x);
#else
    const VECTOR mask = (VECTOR)((((VECTOR){0} + (NATURAL)minus) & bit) == bit);
    return (x ^ mask) - mask;
#endif
}

/* next = x O of layer l for the 64 comparisons of word `part`; x, next: (neurons of a layer, 64) */
INLINE void FOR_BITS(walk)(const network_t *net, int64_t l, int part, const SUM *x, SUM *next)
{
    VECTOR bit = {0};
    for (int lane = 0; lane < PER_VECTOR && WALK_BYTES < 64; lane++)
        bit[lane] = (NATURAL)((NATURAL)1 << lane);
    for (int64_t j = net->first[l + 1]; j < net->first[l + 2]; j++, next += 64)
        for (int lane = 0; lane < 64; lane += TOGETHER * PER_VECTOR) {
            VECTOR sum[TOGETHER];
            for (int v = 0; v < TOGETHER; v++)
                sum[v] = (VECTOR){0};
            for (int64_t e = net->in_first[j]; e < net->in_first[j + 1]; e++) {
                const uint64_t minus = net->differ[(int64_t)net->in[e].entry * NETWORK_WORDS + part] >> lane;
                const VECTOR *from = (const VECTOR *)(x + 64 * (net->in[e].neuron - net->first[l]) + lane);
#pragma GCC unroll 4
                for (int v = 0; v < TOGETHER; v++)
                    sum[v] += FOR_BITS(signed)(from[v], minus >> (v * PER_VECTOR), bit);
            }
            for (int v = 0; v < TOGETHER; v++)
                *((VECTOR *)(next + lane) + v) = sum[v];
        }
}

/* out[c] = sum_j x[j][c] */
INLINE void FOR_BITS(walk_ends)(const SUM *x, int64_t n, int64_t *out)
{
    for (int lane = 0; lane < 64; lane++)
        out[lane] = 0;
    for (int64_t j = 0; j < n; j++)
        for (int lane = 0; lane < 64; lane++)
            out[lane] += x[64 * j + lane];
}

#undef FOR_BITS
#undef VECTOR
#undef WALK_BYTES
#undef PER_VECTOR
#undef TOGETHER
#undef BITS
#undef SUM
#undef NATURAL
#undef MASKED_MINUS
