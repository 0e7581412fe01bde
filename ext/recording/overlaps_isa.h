/* The loops of overlaps.h for one instruction set, see each_isa.h; ones are counted by its `ones`. */

INLINE int32_t FOR_ISA(differing)(const uint64_t *x, const uint64_t *y, int64_t n_words)
{
    int64_t differ = 0;
    for (int64_t word = 0; word < n_words; word++)
        differ += (int64_t)FOR_ISA(ones)(x[word] ^ y[word]);
    return (int32_t)differ;
}

/* LWORDS words of different replicas, and as many numbers made of them, anywhere in memory. */
#define LWORDS (VBYTES / 8)
typedef uint64_t FOR_ISA(words) __attribute__((vector_size(VBYTES), aligned(8), may_alias));
typedef int32_t FOR_ISA(integers) __attribute__((vector_size(4 * LWORDS), aligned(4), may_alias));
typedef double FOR_ISA(reals) __attribute__((vector_size(VBYTES), aligned(8), may_alias));

/* ones in each word */
INLINE FOR_ISA(words) FOR_ISA(word_ones)(FOR_ISA(words) x)
{
#if INTRINSICS == 512
    return (FOR_ISA(words))_mm512_popcnt_epi64((__m512i)x);
#elif INTRINSICS == 256
    const __m256i low = _mm256_set1_epi8(15); /* nibbles looked up (Mula, Kurz, Lemire, Comput. J. 61, 111 (2018)) */
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                           2, 3, 2, 3, 3, 4);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi16((__m256i)x, 4), low);
    const __m256i even = _mm256_and_si256((__m256i)x, low);
    const __m256i bytes = _mm256_add_epi8(_mm256_shuffle_epi8(table, even), _mm256_shuffle_epi8(table, odd));
    return (FOR_ISA(words))_mm256_sad_epu8(bytes, _mm256_setzero_si256());
#else
    x -= (x >> 1) & 0x5555555555555555u; /* as ones_plain */
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
#if INTRINSICS == 128
    return (FOR_ISA(words))_mm_sad_epu8((__m128i)x, _mm_setzero_si128());
#else
    return (x * 0x0101010101010101u) >> 56;
#endif
#endif
}

/* Differing bits between replica a and replicas b .. b + LWORDS - 1 in words first .. last - 1 of a tile. */
INLINE FOR_ISA(words)
    FOR_ISA(differing_from)(const uint64_t *tile, int64_t stride, int64_t first, int64_t last, int64_t a, int64_t b)
{
    FOR_ISA(words) differ = {0};
    for (int64_t word = first; word < last; word++) {
        const uint64_t *at = tile + word * stride;
        differ += FOR_ISA(word_ones)(*(const FOR_ISA(words) *)(at + b) ^ at[a]);
    }
    return differ;
}

/* What the words of a tile, (n_words, padded replicas), say about all pairs: out = size - 2 (differing bits), or that
 * much less where `more` words of the same rows are added. What is written past a row is written again or spare. */
INLINE void FOR_ISA(tile_pairs)(const uint64_t *tile, const int64_t n_words, int64_t n_replicas, int32_t size,
                                const int more, int32_t *out)
{
    FOR_ISA(words) place;
    for (int w = 0; w < LWORDS; w++)
        place[w] = (uint64_t)w;
    for (int64_t a = 0; a + 1 < n_replicas; a++) {
        for (int64_t b = a + 1; b < n_replicas; b += LWORDS) {
            FOR_ISA(words) differ = FOR_ISA(differing_from)(tile, PADDED(n_replicas), 0, n_words, a, b);
            FOR_ISA(integers) *sum = (FOR_ISA(integers) *)(out + b - a - 1), before = (FOR_ISA(integers)){0} + size;
            if (more) {
                before = *sum;
                differ &=
                    (FOR_ISA(words))(place < (uint64_t)(n_replicas - b)); /* what stands behind is another row's */
            }
            *sum = before - 2 * __builtin_convertvector(differ, FOR_ISA(integers));
        }
        out += n_replicas - a - 1;
    }
}

/* Copy n_words words of the rows at rung t, from `first` on, into the tile. */
INLINE void FOR_ISA(fill_tile)(const uint64_t *rows, int64_t stride, int64_t first, int64_t n_words,
                               const company_t *who, int64_t t)
{
    const int64_t padded = PADDED(who->n_replicas);
    for (int64_t r = 0; r < who->n_replicas; r++) {
        const uint64_t *row = rows + who->lane_at[r * who->n_rungs + t] * stride + first;
        for (int64_t word = 0; word < n_words; word++)
            who->tile[word * padded + r] = row[word];
    }
}

/* All pairs at rung t in n_words words of each row from `first` on. */
INLINE void FOR_ISA(rung_pairs)(const uint64_t *rows, int64_t stride, int64_t first, int64_t n_words, int32_t size,
                                const company_t *who, int64_t t, int32_t *out)
{
    const int64_t n = who->n_replicas, padded = PADDED(n), most = TILE_WORDS / padded > 1 ? TILE_WORDS / padded : 1;
    for (int64_t done = 0; done == 0 || done < n_words; done += most) { /* once for a row without words, too */
        const int64_t here = n_words - done < most ? n_words - done : most;
        FOR_ISA(fill_tile)(rows, stride, first + done, here, who, t);
        if (done > 0)
            FOR_ISA(tile_pairs)(who->tile, here, n, size, 1, out);
        else if (here == 1) /* the short rows of small glasses, unrolled */
            FOR_ISA(tile_pairs)(who->tile, 1, n, size, 0, out);
        else if (here == 2)
            FOR_ISA(tile_pairs)(who->tile, 2, n, size, 0, out);
        else
            FOR_ISA(tile_pairs)(who->tile, here, n, size, 0, out);
    }
}

TARGET static void FOR_ISA(sums)(const uint64_t *rows, const uint64_t *reference, const layout_t *layout,
                                 const company_t *who, int kind, int64_t t, int32_t *out)
{
    const int64_t n = comparisons(who, kind), stride = layout->n_words;
    for (int64_t l = 0; l < layout->n_layers; l++, out += n) {
        const int64_t first = layout->first[l], n_words = layout->first[l + 1] - first;
        if (kind == ALL_PAIRS)
            FOR_ISA(rung_pairs)(rows, stride, first, n_words, layout->size[l], who, t, out);
        for (int64_t j = 0; kind != ALL_PAIRS && j < n; j++) {
            const uint64_t *x, *y;
            compared(who, kind, rows, reference, stride, t, j, &x, &y);
            out[j] = layout->size[l] - 2 * FOR_ISA(differing)(x + first, y + first, n_words);
        }
    }
}

/* The layers are the outer loop, so that the compiler makes vectors of the inner one; integers are exact in doubles. */
TARGET static void FOR_ISA(total)(const int32_t *sums, int64_t n_layers, int64_t n, double scale, double *restrict out)
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

/* With |sum| and its sign layer by layer: all signs can be made +, but for one where their product is -. */
TARGET static void FOR_ISA(best_images)(const int32_t *sums, int64_t n_layers, int64_t n, double scale,
                                        double *restrict out)
{
    for (int64_t done = 0; done < n; done += 64) {
        const int here = n - done < 64 ? (int)(n - done) : 64;
        int32_t all[64], least[64], sign[64];
        for (int j = 0; j < here; j++) {
            all[j] = sign[j] = 0;
            least[j] = INT32_MAX;
        }
        for (int64_t l = 0; l < n_layers; l++)
            for (int j = 0; j < here; j++) {
                const int32_t sum = sums[l * n + done + j], size = sum < 0 ? -sum : sum;
                all[j] += size;
                least[j] = size < least[j] ? size : least[j];
                sign[j] ^= sum;
            }
        for (int j = 0; j < here; j++)
            out[done + j] = scale * (all[j] - 2 * (sign[j] < 0 ? least[j] : 0));
    }
}

/* Products over the layers, without sums in memory; the tile holds whole rows. `single`: each layer is one word. */
INLINE void FOR_ISA(tile_products)(const uint64_t *tile, const layout_t *layout, const int single, int64_t n_replicas,
                                   double scale, double *out)
{
    const double *end = out + n_replicas * (n_replicas - 1) / 2;
    for (int64_t a = 0; a + 1 < n_replicas; a++) {
        for (int64_t b = a + 1; b < n_replicas; b += LWORDS) {
            FOR_ISA(reals) product = (FOR_ISA(reals)){0} + 1.0;
            for (int64_t l = 0; l < layout->n_layers; l++) {
                const int64_t first = single ? l : layout->first[l], last = single ? l + 1 : layout->first[l + 1];
                FOR_ISA(words) differ = FOR_ISA(differing_from)(tile, PADDED(n_replicas), first, last, a, b);
                /* integers below 2^52 as doubles, which AVX2 cannot convert */
                FOR_ISA(reals) number = (FOR_ISA(reals))(differ | 0x4330000000000000u) - 0x1p52;
                product *= (double)layout->size[l] - 2.0 * number;
            }
            product *= scale;
            double *row = out + b - a - 1;
            if (row + LWORDS <= end) /* what is written past a row is written again */
                *(FOR_ISA(reals) *)row = product;
            else
                for (int w = 0; row + w < end; w++)
                    row[w] = product[w];
        }
        out += n_replicas - a - 1;
    }
}

TARGET static void FOR_ISA(products)(const uint64_t *rows, const layout_t *layout, const company_t *who, int64_t t,
                                     int32_t *sums, double scale, double *restrict out)
{
    const int64_t n = comparisons(who, ALL_PAIRS);
    if (layout->n_words * PADDED(who->n_replicas) <= TILE_WORDS) {
        FOR_ISA(fill_tile)(rows, layout->n_words, 0, layout->n_words, who, t);
        if (layout->n_words == layout->n_layers)
            FOR_ISA(tile_products)(who->tile, layout, 1, who->n_replicas, scale, out);
        else
            FOR_ISA(tile_products)(who->tile, layout, 0, who->n_replicas, scale, out);
        return;
    }
    FOR_ISA(sums)(rows, NULL, layout, who, ALL_PAIRS, t, sums);
    for (int64_t j = 0; j < n; j++)
        out[j] = sums[j];
    for (int64_t l = 1; l < layout->n_layers; l++)
        for (int64_t j = 0; j < n; j++)
            out[j] *= sums[l * n + j];
    for (int64_t j = 0; j < n; j++)
        out[j] *= scale;
}

#include "network_isa.h"

static const overlaps_isa_t FOR_ISA(overlaps_isa) = {FOR_ISA(sums), FOR_ISA(total), FOR_ISA(best_images),
                                                     FOR_ISA(products), FOR_ISA(network)};

#undef LWORDS
