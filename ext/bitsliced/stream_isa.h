/* The random words of a block, drawn in advance; included inside sweep_isa.h, whose names it uses. */

/* Random words drawn before their use: word[next .. last - 1] are the next ones, `state` stands behind them. */
typedef struct {
    VECTOR state[PARTS][4];
    int64_t next, last;
    uint64_t word[(ROUNDS_AHEAD + DRAWN) * WORDS] __attribute__((aligned(64)));
} FOR_ISA(stream);

/* XOSHIRO_STEP of the state s[0..3] */
#if INTRINSICS == 512
#define STEP(result, s)                                                        \
    do {                                                                       \
        VECTOR sum_ = s[0] + s[3], both_ = s[1] ^ s[3], shifted_ = s[1] << 17; \
        result = XOSHIRO_ROTATE(sum_, 23) + s[0];                              \
        shifted_ = FOR_ISA(xor3)(s[2], s[0], shifted_);                        \
        s[1] = FOR_ISA(xor3)(s[1], s[2], s[0]);                                \
        s[2] = shifted_;                                                       \
        s[0] ^= both_;                                                         \
        s[3] = XOSHIRO_ROTATE(both_, 45);                                      \
    } while (0)
#else
#define STEP(result, s) XOSHIRO_STEP(VECTOR, result, s[0], s[1], s[2], s[3])
#endif
/* parts that step together: one works while the other waits */
#if VBYTES == 64
#define TOGETHER 1
#else
#define TOGETHER 2
#endif

/* Move the unused words, at most ROUNDS_AHEAD, to the front and draw `more` (at most DRAWN) behind them. */
TARGET static __attribute__((noinline)) void FOR_ISA(draw)(FOR_ISA(stream) *x, const int64_t more)
{
    const int64_t left = x->last - x->next;
    for (int64_t j = 0; j < left; j++)
        for (int h = 0; h < PARTS; h++)
            *FOR_ISA(part)(x->word + j * WORDS, h) = FOR_ISA(load)(x->word + (x->next + j) * WORDS, h);
    for (int h = 0; h < PARTS; h += TOGETHER) {
        VECTOR s[TOGETHER][4];
        for (int g = 0; g < TOGETHER; g++)
            for (int j = 0; j < 4; j++)
                s[g][j] = x->state[h + g][j];
        for (int64_t j = left; j < left + more; j++) {
#pragma GCC unroll 2
            for (int g = 0; g < TOGETHER; g++)
                STEP(*FOR_ISA(part)(x->word + j * WORDS, h + g), s[g]);
        }
        for (int g = 0; g < TOGETHER; g++)
            for (int j = 0; j < 4; j++)
                x->state[h + g][j] = s[g][j];
    }
    x->next = 0;
    x->last = left + more;
}

/* Put the unused words back: the generator in reverse. */
TARGET static void FOR_ISA(undraw)(FOR_ISA(stream) *x)
{
    for (int h = 0; h < PARTS; h++) {
        VECTOR *s = x->state[h];
        for (int64_t j = x->next; j < x->last; j++) {
            VECTOR both = XOSHIRO_ROTATE(s[3], 64 - 45),
                   shifted = s[1] ^ s[2]; /* s1 ^ s3 and s1 ^ (s1 << 17) of before */
            VECTOR old = shifted ^ (shifted << 17);
            old ^= old << 34; /* s1 of before: x ^ (x << 17) undone */
            s[0] ^= both;
            s[2] = s[0] ^ s[1] ^ old;
            s[3] = both ^ old;
            s[1] = old;
        }
    }
    x->last = x->next;
}

/* The next word; none is drawn in advance for it. */
INLINE const uint64_t *FOR_ISA(word)(FOR_ISA(stream) *x)
{
    if (x->next < x->last)
        return x->word + x->next++ * WORDS;
    for (int h = 0; h < PARTS; h++)
        STEP(*FOR_ISA(part)(x->word, h), x->state[h]);
    x->next = x->last = 0;
    return x->word;
}
