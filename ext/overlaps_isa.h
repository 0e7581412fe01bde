/* The loops of overlaps.h for one instruction set; included once for each with
 *   ISA     suffix of its functions
 *   TARGET  the compiler's target attribute
 *   ONES    how it counts the ones in 64 bits
 *   VECTOR_ONES  defined where it counts those of eight words at once */
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define F(name) JOIN(name, ISA)
#define INLINE TARGET static inline __attribute__((always_inline))

INLINE int32_t F(differing)(const uint64_t *x, const uint64_t *y, int64_t n_words)
{
    int64_t differ = 0;
    for (int64_t word = 0; word < n_words; word++)
        differ += (int64_t)ONES(x[word] ^ y[word]);
    return (int32_t)differ;
}

/* What the words of a tile, (n_words, padded replicas), say about all pairs: out = size - 2 (differing bits), or that
 * much less where `more` words of the same rows are added. */
INLINE void F(tile_pairs)(const uint64_t *tile, const int64_t n_words, int64_t n_replicas, int32_t size, const int more,
                          int32_t *out)
{
    const int64_t stride = PADDED(n_replicas);
    for (int64_t a = 0; a + 1 < n_replicas; a++) {
        int32_t *row = out - a - 1; /* row[b]: pair (a, b) */
#ifdef VECTOR_ONES
        for (int64_t b = a + 1; b < n_replicas; b += 8) { /* what is written past b = n_replicas - 1 is written again */
            __m512i differ = _mm512_setzero_si512();
            for (int64_t word = 0; word < n_words; word++) {
                const uint64_t *at = tile + word * stride;
                __m512i x = _mm512_xor_si512(_mm512_loadu_si512(at + b), _mm512_set1_epi64((int64_t)at[a]));
                differ = _mm512_add_epi64(differ, _mm512_popcnt_epi64(x));
            }
            __m256i twice = _mm512_cvtepi64_epi32(_mm512_slli_epi64(differ, 1));
            if (more) {
                __mmask8 inside = (__mmask8)(n_replicas - b >= 8 ? 0xff : 0xff >> (8 - n_replicas + b));
                __m256i sum = _mm256_maskz_loadu_epi32(inside, row + b);
                _mm256_mask_storeu_epi32(row + b, inside, _mm256_sub_epi32(sum, twice));
            } else {
                _mm256_storeu_si256((__m256i *)(row + b), _mm256_sub_epi32(_mm256_set1_epi32(size), twice));
            }
        }
#else
        for (int64_t b = a + 1; b < n_replicas; b++) {
            int64_t differ = 0;
            for (int64_t word = 0; word < n_words; word++)
                differ += (int64_t)ONES(tile[word * stride + a] ^ tile[word * stride + b]);
            row[b] = (more ? row[b] : size) - 2 * (int32_t)differ;
        }
#endif
        out += n_replicas - a - 1;
    }
}

/* Copy n_words words of the rows at rung t, from `first` on, into the tile. */
INLINE void F(fill_tile)(const uint64_t *rows, int64_t stride, int64_t first, int64_t n_words, const company_t *who,
                         int64_t t)
{
    const int64_t padded = PADDED(who->n_replicas);
    for (int64_t r = 0; r < who->n_replicas; r++) {
        const uint64_t *row = rows + who->lane_at[r * who->n_rungs + t] * stride + first;
        for (int64_t word = 0; word < n_words; word++)
            who->tile[word * padded + r] = row[word];
    }
}

/* All pairs at rung t in n_words words of each row from `first` on. */
INLINE void F(rung_pairs)(const uint64_t *rows, int64_t stride, int64_t first, int64_t n_words, int32_t size,
                          const company_t *who, int64_t t, int32_t *out)
{
    const int64_t n = who->n_replicas, padded = PADDED(n), most = TILE_WORDS / padded > 1 ? TILE_WORDS / padded : 1;
    for (int64_t done = 0; done == 0 || done < n_words; done += most) { /* once for a row without words, too */
        const int64_t here = n_words - done < most ? n_words - done : most;
        F(fill_tile)(rows, stride, first + done, here, who, t);
        if (done > 0)
            F(tile_pairs)(who->tile, here, n, size, 1, out);
        else if (here == 1) /* the short rows of small glasses, unrolled */
            F(tile_pairs)(who->tile, 1, n, size, 0, out);
        else if (here == 2)
            F(tile_pairs)(who->tile, 2, n, size, 0, out);
        else
            F(tile_pairs)(who->tile, here, n, size, 0, out);
    }
}

TARGET static void F(sums)(const uint64_t *rows, const uint64_t *reference, const layout_t *layout,
                           const company_t *who, int kind, int64_t t, int32_t *out)
{
    const int64_t n = comparisons(who, kind), stride = layout->n_words;
    for (int64_t l = 0; l < layout->n_layers; l++, out += n) {
        const int64_t first = layout->first[l], n_words = layout->first[l + 1] - first;
        if (kind == ALL_PAIRS)
            F(rung_pairs)(rows, stride, first, n_words, layout->size[l], who, t, out);
        for (int64_t j = 0; kind != ALL_PAIRS && j < n; j++) {
            const uint64_t *x, *y;
            compared(who, kind, rows, reference, stride, t, j, &x, &y);
            out[j] = layout->size[l] - 2 * F(differing)(x + first, y + first, n_words);
        }
    }
}

/* The layers are the outer loop, so that the compiler makes vectors of the inner one; integers are exact in doubles. */
TARGET static void F(total)(const int32_t *sums, int64_t n_layers, int64_t n, double scale, double *restrict out)
{
    for (int64_t j = 0; n_layers == 1 && j < n; j++)
        out[j] = sums[j] * scale;
    if (n_layers == 1)
        return;
    for (int64_t j = 0; j < n; j++)
        out[j] = sums[j];
    for (int64_t l = 1; l < n_layers; l++)
        for (int64_t j = 0; j < n; j++)
            out[j] += sums[l * n + j];
    for (int64_t j = 0; j < n; j++)
        out[j] *= scale;
}

#ifdef VECTOR_ONES
/* Products over the layers of eight pairs at a time, without sums in memory; the tile holds whole rows. */
INLINE void F(tile_products)(const uint64_t *tile, const layout_t *layout, int64_t n_replicas, double scale, double *out)
{
    const int64_t stride = PADDED(n_replicas);
    for (int64_t a = 0; a + 1 < n_replicas; a++) {
        for (int64_t b = a + 1; b < n_replicas; b += 8) {
            const __mmask8 inside = (__mmask8)(n_replicas - b >= 8 ? 0xff : 0xff >> (8 - n_replicas + b));
            __m512d product = _mm512_set1_pd(1.0);
            for (int64_t l = 0; l < layout->n_layers; l++) {
                __m512i differ = _mm512_setzero_si512();
                for (int64_t word = layout->first[l]; word < layout->first[l + 1]; word++) {
                    const uint64_t *at = tile + word * stride;
                    __m512i x = _mm512_xor_si512(_mm512_loadu_si512(at + b), _mm512_set1_epi64((int64_t)at[a]));
                    differ = _mm512_add_epi64(differ, _mm512_popcnt_epi64(x));
                }
                __m512i sum = _mm512_sub_epi64(_mm512_set1_epi64(layout->size[l]), _mm512_slli_epi64(differ, 1));
                product = _mm512_mul_pd(product, _mm512_cvtepi64_pd(sum));
            }
            product = _mm512_mul_pd(product, _mm512_set1_pd(scale));
            if (inside == 0xff)
                _mm512_storeu_pd(out + b - a - 1, product);
            else
                _mm512_mask_storeu_pd(out + b - a - 1, inside, product);
        }
        out += n_replicas - a - 1;
    }
}
#endif

TARGET static void F(products)(const uint64_t *rows, const layout_t *layout, const company_t *who, int64_t t,
                               int32_t *sums, double scale, double *restrict out)
{
    const int64_t n = comparisons(who, ALL_PAIRS);
#ifdef VECTOR_ONES
    if (layout->n_words * PADDED(who->n_replicas) <= TILE_WORDS) {
        F(fill_tile)(rows, layout->n_words, 0, layout->n_words, who, t);
        F(tile_products)(who->tile, layout, who->n_replicas, scale, out);
        return;
    }
#endif
    F(sums)(rows, NULL, layout, who, ALL_PAIRS, t, sums);
    for (int64_t j = 0; j < n; j++)
        out[j] = sums[j];
    for (int64_t l = 1; l < layout->n_layers; l++)
        for (int64_t j = 0; j < n; j++)
            out[j] *= sums[l * n + j];
    for (int64_t j = 0; j < n; j++)
        out[j] *= scale;
}

#include "network_isa.h"

static const overlaps_isa_t F(overlaps_isa) = {F(sums), F(total), F(products), F(network)};

#undef F
#undef INLINE
#undef ISA
#undef TARGET
#undef ONES
#undef VECTOR_ONES
#undef JOIN
#undef JOIN_
