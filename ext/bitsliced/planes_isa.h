/* Bits turned into numbers and numbers into bits: energies of all lanes, threshold planes, configurations lane by lane;
 * included inside sweep_isa.h, whose names it uses. */

/* Add `carry` to the vertical counter x from place `from` on. */
INLINE void FOR_ISA(add_at)(VECTOR *x, int from, VECTOR carry)
{
    for (int b = from; b < 63; b++) {
        VECTOR next = x[b] & carry;
        x[b] ^= carry;
        carry = next;
    }
}

/* Energies of all lanes: a vertical carry-save counter over the paths gives the number of satisfied ones. */
TARGET static void FOR_ISA(energies)(bits_t *s, int64_t block)
{
    const uint64_t *path = s->path + block * s->n_paths * WORDS;
    double *energy = s->energy + block * LANES;
    for (int h = 0; h < PARTS; h++) {
        VECTOR x[64], pending[64], ones = (VECTOR){0}, twos = (VECTOR){0}, fours = (VECTOR){0}, carry;
        const int64_t groups = s->n_paths / 8;
        for (int j = 0; j < 64; j++)
            x[j] = (VECTOR){0};
        for (int64_t g = 0; g < groups; g++) {
            const uint64_t *at = path + g * 8 * WORDS;
            VECTOR t0, t1, f0, f1;
            FULL_ADD(ones, FOR_ISA(load)(at, h), FOR_ISA(load)(at + WORDS, h), ones, t0);
            FULL_ADD(ones, FOR_ISA(load)(at + 2 * WORDS, h), FOR_ISA(load)(at + 3 * WORDS, h), ones, t1);
            FULL_ADD(twos, t0, t1, twos, f0);
            FULL_ADD(ones, FOR_ISA(load)(at + 4 * WORDS, h), FOR_ISA(load)(at + 5 * WORDS, h), ones, t0);
            FULL_ADD(ones, FOR_ISA(load)(at + 6 * WORDS, h), FOR_ISA(load)(at + 7 * WORDS, h), ones, t1);
            FULL_ADD(twos, t0, t1, twos, f1);
            FULL_ADD(fours, f0, f1, fours, carry);
            int b = 3; /* two carries of one place make one of the next: a carry waits for the second one */
            for (; (g >> (b - 3)) & 1; b++)
                FULL_ADD(x[b], pending[b], carry, x[b], carry);
            pending[b] = carry;
        }
        x[0] = ones, x[1] = twos, x[2] = fours;
        for (int place = 3; groups >> (place - 3); place++)
            if ((groups >> (place - 3)) & 1)
                FOR_ISA(add_at)(x, place, pending[place]);
        for (int64_t a = groups * 8; a < s->n_paths; a++)
            FOR_ISA(add_at)(x, 0, FOR_ISA(load)(path + a * WORDS, h));
        TRANSPOSE(VECTOR, x, 32); /* paths have 32-bit numbers: no count has more bits */
        for (int j = 0; j < 32; j++)
            for (int w = 0; w < PW; w++) {
                double *lane = energy + j * WORDS + h * PW + w;
                lane[0] = (double)(int32_t)(s->n_paths - 2 * (int64_t)(x[j][w] & 0xffffffffu));
                lane[32 * WORDS] = (double)(int32_t)(s->n_paths - 2 * (int64_t)(x[j][w] >> 32));
            }
    }
}

/* Half a threshold for every lane: those of the lanes of row j in the lower, of row j + 32 in the upper halves of the 8
 * words of `pair` j. `rung`: of all lanes, idle ones anywhere; `half`: 32 for the upper, 0 for the lower bits. */
INLINE void FOR_ISA(gather_halves)(const uint64_t *of_rung, int64_t n_rungs, const int32_t *rung, const int half,
                                   uint64_t *pair)
{
    (void)n_rungs;
#if INTRINSICS == 512
    if (n_rungs <= 32) { /* the whole table fits into two registers */
        const __m512i zero = _mm512_setzero_si512();
        __m512i table[2];
        for (int part = 0; part < 2; part++) {
            __m256i narrow[2];
            for (int quarter = 0; quarter < 2; quarter++) {
                const int64_t first = 16 * part + 8 * quarter, left = n_rungs - first;
                const __mmask8 inside = (__mmask8)(left >= 8 ? 0xff : left > 0 ? (1 << left) - 1 : 0);
                __m512i wide = inside ? _mm512_maskz_loadu_epi64(inside, of_rung + first) : zero;
                narrow[quarter] = _mm512_cvtepi64_epi32(_mm512_srli_epi64(wide, half));
            }
            table[part] = _mm512_inserti64x4(_mm512_castsi256_si512(narrow[0]), narrow[1], 1);
        }
        for (int j = 0; j < 32; j++) {
            __m512i low = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(rung + j * WORDS)));
            __m512i high = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(rung + (j + 32) * WORDS)));
            __m512i both = _mm512_or_si512(low, _mm512_slli_epi64(high, 32));
            _mm512_store_si512(pair + j * WORDS, _mm512_permutex2var_epi32(table[0], both, table[1]));
        }
        return;
    }
#endif
    for (int l = 0; l < LANES / 2; l++) {
        const uint64_t low = of_rung[rung[l]] >> half, high = of_rung[rung[l + LANES / 2]] >> half;
        pair[l] = (low & 0xffffffffu) | high << 32;
    }
}

/* Transpose such halves into 32 rows `stride` words apart, top bit first. */
INLINE void FOR_ISA(lay_halves)(const uint64_t *pair, uint64_t *row, int64_t stride)
{
    for (int h = 0; h < PARTS; h++) {
        VECTOR x[32];
        for (int j = 0; j < 32; j++)
            x[j] = FOR_ISA(load)(pair + j * WORDS, h);
        TRANSPOSE(VECTOR, x, 32);
        for (int j = 0; j < 32; j++)
            *FOR_ISA(part)(row + (31 - j) * stride, h) = x[j];
    }
}

/* Lay the upper or the lower halves of the thresholds of all classes, at the rungs the lanes sit on now, into planes. */
INLINE void FOR_ISA(lay_thresholds)(bits_t *s, int64_t block, const int upper)
{
    const int64_t stride = s->n_classes * WORDS, n_rungs = s->ladder.n_rungs;
    uint64_t *plane = s->plane + block * BITS * stride + (upper ? 0 : BITS / 2 * stride);
    const int64_t lanes = s->n_lanes - block * LANES < LANES ? s->n_lanes - block * LANES : LANES;
    int32_t rung[LANES];
    uint64_t pair[LANES / 2] __attribute__((aligned(64)));
    for (int64_t lane = 0; lane < LANES; lane++)
        rung[lane] = lane < lanes ? s->ladder.rung_of[block * LANES + lane] : 0;
    for (int64_t c = 1; c < s->n_classes; c++)
        if (s->needed[c]) {
            FOR_ISA(gather_halves)(s->threshold + c * n_rungs, n_rungs, rung, upper ? 32 : 0, pair);
            FOR_ISA(lay_halves)(pair, plane + c * WORDS, stride);
        }
    s->stale[block] = (uint8_t)upper;
}

/* The lower halves, which one visit in 10^7 looks at: laid when first needed after an exchange. */
TARGET static __attribute__((noinline, cold)) void FOR_ISA(lower_planes)(bits_t *s, int64_t block)
{
    if (s->stale[block])
        FOR_ISA(lay_thresholds)(s, block, 0);
}

/* Lay the thresholds into bit planes after an exchange. The places of class 0 hold which lanes use Metropolis (row 0) and
 * which are in use (row 1): idle lanes never keep a block waiting. `all`: also what no exchange changes. */
TARGET static void FOR_ISA(build_planes)(bits_t *s, int64_t block, int all)
{
    const int64_t stride = s->n_classes * WORDS;
    uint64_t *plane = s->plane + block * BITS * stride;
    const int64_t lanes = s->n_lanes - block * LANES < LANES ? s->n_lanes - block * LANES : LANES;
    const int32_t *rung_of = s->ladder.rung_of + block * LANES;
    if (all) {
        uint64_t *live = plane + stride;
        for (int w = 0; w < WORDS; w++)
            live[w] = 0;
        for (int64_t lane = 0; lane < lanes; lane++)
            live[lane % WORDS] |= (uint64_t)1 << (lane / WORDS);
    }
    if (all || s->mixed) {
        for (int w = 0; w < WORDS; w++)
            plane[w] = 0;
        for (int64_t lane = 0; lane < lanes; lane++)
            plane[lane % WORDS] |= (s->threshold[rung_of[lane]] & 1) << (lane / WORDS);
    }
    FOR_ISA(lay_thresholds)(s, block, 1);
}

/* The comparison alone, on given threshold planes and random words (rounds, WORDS), for tests. */
TARGET static void FOR_ISA(compare_words)(const uint64_t *plane, const uint64_t *random, int64_t rounds,
                                          uint64_t *accept, uint64_t *undecided)
{
    for (int h = 0; h < PARTS; h++) {
        VECTOR chosen = (VECTOR){0}, open = ~(VECTOR){0};
        for (int64_t round = 0; round < rounds; round++)
            FOR_ISA(round)(FOR_ISA(load)(random + round * WORDS, h), FOR_ISA(load)(plane + round * WORDS, h), &open,
                           &chosen);
        *FOR_ISA(part)(accept, h) = chosen & ~open;
        *FOR_ISA(part)(undecided, h) = open;
    }
}

/* Configurations lane by lane: bit b of out[lane][w] is weight order[64 w + b] (order < 0: padding, bit 0). */
TARGET static void FOR_ISA(lane_major)(const uint64_t *weight, const int32_t *order, int64_t n_words, uint64_t *out)
{
    for (int64_t word = 0; word < n_words; word++)
        for (int h = 0; h < PARTS; h++) {
            VECTOR x[64];
            for (int j = 0; j < 64; j++) {
                int32_t i = order[64 * word + j];
                x[j] = i < 0 ? (VECTOR){0} : FOR_ISA(load)(weight + (int64_t)i * WORDS, h);
            }
            TRANSPOSE(VECTOR, x, 64);
            for (int w = 0; w < PW; w++)
                for (int j = 0; j < 64; j++)
                    out[(j * WORDS + h * PW + w) * n_words + word] = x[j][w];
        }
}
