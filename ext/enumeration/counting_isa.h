/* The loop of enumeration.h for one instruction set, see each_isa.h. */

/* Gray code: step i flips weight ctz(i), one XOR of its path mask per word. Four histograms break the chain of increments
 * to one address. */
INLINE void FOR_ISA(count_words)(uint64_t states, const int64_t words, const uint64_t *mask, uint64_t *satisfied,
                                 int64_t stride, int64_t *histogram)
{
    for (uint64_t i = 1;; i++) {
        int64_t n = 0;
        for (int64_t j = 0; j < words; j++)
            n += FOR_ISA(ones)(satisfied[j]);
        histogram[(i & 3) * stride + n]++;
        if (i == states)
            break;
        const uint64_t *flip = mask + __builtin_ctzll(i) * words;
        for (int64_t j = 0; j < words; j++)
            satisfied[j] ^= flip[j];
    }
}

TARGET static void FOR_ISA(count_states)(uint64_t states, int64_t words, const uint64_t *mask, uint64_t *satisfied,
                                         int64_t stride, int64_t *histogram)
{
    switch (words) { /* known when compiling: unrolled, where vectors would be longer than the words */
    case 1: FOR_ISA(count_words)(states, 1, mask, satisfied, stride, histogram); break;
    case 2: FOR_ISA(count_words)(states, 2, mask, satisfied, stride, histogram); break;
    case 3: FOR_ISA(count_words)(states, 3, mask, satisfied, stride, histogram); break;
    case 4: FOR_ISA(count_words)(states, 4, mask, satisfied, stride, histogram); break;
    default: FOR_ISA(count_words)(states, words, mask, satisfied, stride, histogram);
    }
}
