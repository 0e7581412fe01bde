/* Bits turned into numbers and numbers into bits: energies of all lanes, threshold planes, configurations lane by lane;
 * included inside bitsliced_isa.h, whose names it uses. */

/* Transpose the bit matrix in each word column of x: bit b of row j goes to bit j of row b. n = 64, or n = 32 for the
 * two matrices of 32 x 32 bits in the lower and the upper half of 32 words. */
INLINE void F(transpose)(V *x, const int n)
{
    V mask = (V){0} + (~(uint64_t)0 >> (64 - n));
#pragma GCC unroll 6
    for (int width = n / 2; width; width >>= 1) {
        mask ^= mask << width;
        for (int j = 0; j < n; j = ((j | width) + 1) & ~width) {
            V moved = ((x[j] >> width) ^ x[j | width]) & mask;
            x[j | width] ^= moved;
            x[j] ^= moved << width;
        }
    }
}

/* Add `carry` to the vertical counter x from place `from` on. */
INLINE void F(add_at)(V *x, int from, V carry)
{
    for (int b = from; b < 63; b++) {
        V next = x[b] & carry;
        x[b] ^= carry;
        carry = next;
    }
}

/* Energies of all lanes: a vertical carry-save counter over the paths gives the number of satisfied ones. */
TARGET static void F(energies)(bits_t *s, int64_t block)
{
    const uint64_t *path = s->path + block * s->n_paths * WORDS;
    double *energy = s->energy + block * LANES;
    for (int h = 0; h < PARTS; h++) {
        V x[64], pending[64], ones = (V){0}, twos = (V){0}, fours = (V){0}, carry;
        const int64_t groups = s->n_paths / 8;
        for (int j = 0; j < 64; j++)
            x[j] = (V){0};
        for (int64_t g = 0; g < groups; g++) {
            const uint64_t *at = path + g * 8 * WORDS;
            V t0, t1, f0, f1;
            FULL_ADD(ones, F(load)(at, h), F(load)(at + WORDS, h), ones, t0);
            FULL_ADD(ones, F(load)(at + 2 * WORDS, h), F(load)(at + 3 * WORDS, h), ones, t1);
            FULL_ADD(twos, t0, t1, twos, f0);
            FULL_ADD(ones, F(load)(at + 4 * WORDS, h), F(load)(at + 5 * WORDS, h), ones, t0);
            FULL_ADD(ones, F(load)(at + 6 * WORDS, h), F(load)(at + 7 * WORDS, h), ones, t1);
            FULL_ADD(twos, t0, t1, twos, f1);
            FULL_ADD(fours, f0, f1, fours, carry);
            int b = 3; /* two carries of one place make one of the next: a carry waits until its twin comes */
            for (; (g >> (b - 3)) & 1; b++)
                FULL_ADD(x[b], pending[b], carry, x[b], carry);
            pending[b] = carry;
        }
        x[0] = ones, x[1] = twos, x[2] = fours;
        for (int place = 3; groups >> (place - 3); place++)
            if ((groups >> (place - 3)) & 1)
                F(add_at)(x, place, pending[place]);
        for (int64_t a = groups * 8; a < s->n_paths; a++)
            F(add_at)(x, 0, F(load)(path + a * WORDS, h));
        F(transpose)(x, 64);
        for (int j = 0; j < 64; j++)
            for (int w = 0; w < PW; w++)
                energy[j * WORDS + h * PW + w] = (double)(s->n_paths - 2 * (int64_t)x[j][w]);
    }
}

/* Transpose half a word per lane, in the order of the lanes, into 32 rows `stride` words apart, top bit first. */
INLINE void F(lay_half)(const uint64_t *value, const int upper, uint64_t *row, int64_t stride)
{
    const V low = (V){0} + 0xffffffffu;
    for (int h = 0; h < PARTS; h++) {
        V x[32];
        for (int j = 0; j < 32; j++) {
            V first = F(load)(value + j * WORDS, h), second = F(load)(value + (j + 32) * WORDS, h);
            x[j] = upper ? (first >> 32) | (second & ~low) : (first & low) | (second << 32);
        }
        F(transpose)(x, 32);
        for (int j = 0; j < 32; j++)
            *F(part)(row + (31 - j) * stride, h) = x[j];
    }
}

/* Lay the upper or the lower halves of the thresholds of all classes, at the rungs the lanes sit on now, into planes. */
INLINE void F(lay_thresholds)(bits_t *s, int64_t block, const int upper)
{
    const int64_t stride = s->n_classes * WORDS, n_rungs = s->ladder.n_rungs;
    uint64_t *plane = s->plane + block * BITS * stride + (upper ? 0 : BITS / 2 * stride);
    const int64_t lanes = s->n_lanes - block * LANES < LANES ? s->n_lanes - block * LANES : LANES;
    const int32_t *rung_of = s->ladder.rung_of + block * LANES;
    uint64_t value[LANES] __attribute__((aligned(64)));
    for (int64_t lane = lanes; lane < LANES; lane++)
        value[lane] = 0;
    for (int64_t c = 1; c < s->n_classes; c++) {
        const uint64_t *of_rung = s->threshold + c * n_rungs;
        if (!s->needed[c])
            continue;
        for (int64_t lane = 0; lane < lanes; lane++)
            value[lane] = of_rung[rung_of[lane]];
        F(lay_half)(value, upper, plane + c * WORDS, stride);
    }
    s->stale[block] = (uint8_t)upper;
}

/* The lower halves, which one visit in 10^7 looks at: laid when first needed after an exchange. */
TARGET static __attribute__((noinline, cold)) void F(lower_planes)(bits_t *s, int64_t block)
{
    if (s->stale[block])
        F(lay_thresholds)(s, block, 0);
}

/* Lay the thresholds into bit planes after an exchange. The places of class 0 hold which lanes use Metropolis (row 0) and
 * which are in use (row 1): idle lanes never keep a block waiting. `all`: also what no exchange changes. */
TARGET static void F(build_planes)(bits_t *s, int64_t block, int all)
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
    F(lay_thresholds)(s, block, 1);
}

/* The comparison alone, on given threshold planes and random words (rounds, WORDS), for tests. */
TARGET static void F(compare_words)(const uint64_t *plane, const uint64_t *random, int64_t rounds, uint64_t *accept,
                                    uint64_t *undecided)
{
    for (int h = 0; h < PARTS; h++) {
        V chosen = (V){0}, open = ~(V){0};
        for (int64_t round = 0; round < rounds; round++)
            F(compare)(F(load)(random + round * WORDS, h), F(load)(plane + round * WORDS, h), &open, &chosen);
        *F(part)(accept, h) = chosen;
        *F(part)(undecided, h) = open;
    }
}

/* Configurations lane by lane: bit b of out[lane][w] is weight order[64 w + b] (order < 0: padding, bit 0). */
TARGET static void F(lane_major)(const uint64_t *weight, const int32_t *order, int64_t n_words, uint64_t *out)
{
    for (int64_t word = 0; word < n_words; word++)
        for (int h = 0; h < PARTS; h++) {
            V x[64];
            for (int j = 0; j < 64; j++) {
                int32_t i = order[64 * word + j];
                x[j] = i < 0 ? (V){0} : F(load)(weight + (int64_t)i * WORDS, h);
            }
            F(transpose)(x, 64);
            for (int w = 0; w < PW; w++)
                for (int j = 0; j < 64; j++)
                    out[(j * WORDS + h * PW + w) * n_words + word] = x[j][w];
        }
}
