/* The proposals of training.h for one instruction set, see each_isa.h. Vectors hold int16; bits of lanes are gathered by
 * plain multiplications, in the order of memory of little-endian machines. */

#define LANES (VBYTES / 2)
#define VEC FOR_ISA(lanes16_t)
#define HALF FOR_ISA(lanes8_t)
typedef int16_t VEC __attribute__((vector_size(VBYTES), aligned(2), may_alias));
typedef int8_t HALF __attribute__((vector_size(VBYTES / 2)));

#define LOAD(place) (*(const VEC *)(place))
#define STORE(place, value) (*(VEC *)(place) = (value))
/* comparisons are -1 where they hold */
#define SIGNS(x) (((x) < 0) - ((x) > 0))

/* one bit for each lane that is not 0 */
INLINE uint64_t FOR_ISA(lanes_set)(VEC x)
{
    HALF bytes = __builtin_convertvector(x != 0, HALF);
    uint64_t words[VBYTES / 16], bits = 0;
    memcpy(words, &bytes, sizeof words);
    for (int k = 0; k < VBYTES / 16; k++)
        bits |= ((words[k] & 0x0101010101010101u) * 0x0102040810204080u >> 56) << (8 * k);
    return bits;
}

/* the sum of all lanes, each of at most 1024 in size: none carries into the next once all are positive */
INLINE int FOR_ISA(lanes_sum)(VEC x)
{
    uint64_t words[VBYTES / 8], sum = 0;
    x += 1024;
    memcpy(words, &x, sizeof words);
    for (int k = 0; k < VBYTES / 8; k++)
        sum += words[k];
    return (int)(sum * 0x0001000100010001u >> 48) - 1024 * LANES;
}

/* New sums of a unit whose weight w is flipped, and where their signs change. */
INLINE void FOR_ISA(first_pass)(training_t *s, const int16_t *sum, const int16_t *before, int w)
{
    int16_t twice = (int16_t)(2 * w);
    for (int64_t first = 0; first < s->n_padded; first += 64) {
        uint64_t bits = 0;
        for (int64_t e = first; e < first + 64; e += LANES) {
            VEC old = LOAD(sum + e), fresh = old - SIGNS(LOAD(before + e)) * twice;
            VEC change = SIGNS(fresh) - SIGNS(old);
            STORE(s->fresh + e, fresh);
            STORE(s->change + e, change);
            bits |= FOR_ISA(lanes_set)(change) << (e - first);
        }
        s->changed[first >> 6] = bits;
    }
}

/* The change of the output sum on example e where unit i of hidden layer l + 1 changes by d; new rows go to `trial`. */
INLINE int FOR_ISA(carry_on)(training_t *s, int64_t l, int64_t i, int64_t e, int d, int16_t *trial)
{
    int64_t n_units = 1, last = s->n_layers - 1;
    if (l == last - 1)
        return d * s->last[i];
    const int16_t *row = s->rows + e * s->row_length;
    s->unit[0] = (int32_t)i;
    s->step[i] = (int16_t)d;
    VEC total = {0};
    for (int64_t m = l + 1; m < last; m++) {
        const int16_t *old = row + s->first_row[m + 1], *column = s->column + s->first_column[m];
        int16_t *fresh = trial + s->first_row[m + 1];
        /* scratch of layers takes turns: what is read is not what is written */
        const int32_t *unit = s->unit + ((m - l - 1) & 1) * s->longest;
        const int16_t *step = s->step + ((m - l - 1) & 1) * s->longest;
        int32_t *next_unit = s->unit + ((m - l) & 1) * s->longest;
        int16_t *next_step = s->step + ((m - l) & 1) * s->longest;
        int64_t length = (s->width[m + 1] + TRAINING_PAD - 1) / TRAINING_PAD * TRAINING_PAD, n_next = 0;
        for (int64_t k = 0; k < length; k += LANES) {
            VEC sum = LOAD(old + k), before = SIGNS(sum);
            for (int64_t n = 0; n < n_units; n++)
                sum += LOAD(column + unit[n] * length + k) * step[unit[n]];
            VEC change = SIGNS(sum) - before;
            STORE(fresh + k, sum);
            if (m == last - 1) {
                total += change * LOAD(s->last + k);
            } else {
                STORE(next_step + k, change);
                for (uint64_t bits = FOR_ISA(lanes_set)(change); bits; bits &= bits - 1)
                    next_unit[n_next++] = (int32_t)(k + __builtin_ctzll(bits));
            }
        }
        n_units = n_next;
    }
    return FOR_ISA(lanes_sum)(total);
}

/* One proposal: flip the weight of a site, or not. */
INLINE void FOR_ISA(propose)(training_t *s, const site_t *site, int64_t allowed)
{
    int64_t l = site->layer, i = site->unit, n_words = s->n_padded / 64, last = s->n_layers - 1, rise = 0, gain = 0;
    int64_t n_order = 0, n_wrong;
    const int16_t *output = s->sums + s->first_sum[s->n_layers] * s->stride;
    FOR_ISA(first_pass)(s, s->sums + (s->first_sum[l + 1] + i) * s->stride,
                        s->sums + (s->first_sum[l] + site->before) * s->stride,
                        s->weight[s->first_weight[l] + i * s->width[l] + site->before]);
    for (int64_t k = 0; k < n_words; k++)
        for (uint64_t bits = s->changed[k] & s->wrong[k]; bits; bits &= bits - 1) {
            int64_t e = 64 * k + __builtin_ctzll(bits);
            s->order[n_order++] = (int32_t)e;
            gain += s->cost[e];
        }
    n_wrong = n_order;
    for (int64_t k = 0; k < n_words; k++)
        for (uint64_t bits = s->changed[k] & ~s->wrong[k]; bits; bits &= bits - 1)
            s->order[n_order++] = (int32_t)(64 * k + __builtin_ctzll(bits));
    for (int64_t n = 0; n < n_order; n++) {
        int64_t e = s->order[n];
        int fresh = l == last ? s->fresh[e]
                              : output[e] + FOR_ISA(carry_on)(s, l, i, e, s->change[e], s->trial + n * s->row_length);
        s->output[n] = (int16_t)fresh;
        if (n < n_wrong)
            gain -= s->cost[e];
        rise += 1 - s->label[e] * sign_of(fresh) - s->cost[e];
        if (rise - gain > allowed)
            return;
    }
    training_accept(s, site, n_order);
}

TARGET static void FOR_ISA(training_run)(training_t *s, int64_t n_proposals)
{
    for (int64_t n = 0; n < n_proposals; n++) {
        /* its share of 2^64 differs from that of another site by less than n_sites / 2^64 */
        uint64_t number = (uint64_t)((unsigned __int128)xoshiro_next(s->rng) * (uint64_t)s->n_sites >> 64);
        FOR_ISA(propose)(s, s->site + number, training_allowed(s));
    }
}

#undef LANES
#undef VEC
#undef HALF
#undef LOAD
#undef STORE
#undef SIGNS
