/* Overlaps in a network (overlaps.h), 256 comparisons at a time, for one instruction set; included inside
 * overlaps_isa.h. Bit c of word k of a block belongs to comparison 64 k + c. */

typedef uint64_t FOR_ISA(block) __attribute__((vector_size(8 * NETWORK_WORDS), may_alias));
#define BLOCK FOR_ISA(block)

#define BITS 16
#define SUM int16_t
#define NATURAL uint16_t
#define MASKED_MINUS(a, minus, b, c) _mm512_mask_sub_epi16(a, (__mmask32)(minus), b, c)
#include "walks_isa.h"

#define BITS 32
#define SUM int32_t
#define NATURAL uint32_t
#define MASKED_MINUS(a, minus, b, c) _mm512_mask_sub_epi32(a, (__mmask16)(minus), b, c)
#include "walks_isa.h"

#define BITS 64
#define SUM int64_t
#define NATURAL uint64_t
#define MASKED_MINUS(a, minus, b, c) _mm512_mask_sub_epi64(a, (__mmask8)(minus), b, c)
#include "walks_isa.h"

/* net->differ: entry by entry, the comparisons whose two rows differ there */
INLINE void FOR_ISA(network_differ)(network_t *net, const uint64_t *const *x, const uint64_t *const *y, int64_t n_words)
{
    for (int64_t word = 0; word < n_words; word++) {
        BLOCK *out = (BLOCK *)net->differ + 64 * word;
        uint64_t *at = net->differ + 64 * word * NETWORK_WORDS;
        for (int row = 0; row < 64; row++)
            for (int k = 0; k < NETWORK_WORDS; k++)
                at[row * NETWORK_WORDS + k] = x[64 * k + row][word] ^ y[64 * k + row][word];
        TRANSPOSE(BLOCK, out, 64);
    }
}

/* 1^T O_1 O_2 ... O_p 1 of the 64 comparisons of word `part`, in numbers as wide as the layers need */
INLINE void FOR_ISA(network_walks)(network_t *net, int part, int64_t *out)
{
    void *x = net->sum, *next = net->next;
    int bits = 16;
    for (int64_t i = 0; i < 64 * net->width[0]; i++)
        ((int16_t *)x)[i] = 1;
    for (int64_t l = 0; l < net->n_layers; l++) {
        for (; bits < net->bits[l]; bits *= 2) {
            for (int64_t i = 0; i < 64 * net->width[l]; i++)
                if (bits == 16)
                    ((int32_t *)next)[i] = ((const int16_t *)x)[i];
                else
                    ((int64_t *)next)[i] = ((const int32_t *)x)[i];
            void *swap = x;
            x = next;
            next = swap;
        }
        if (bits == 16)
            FOR_ISA(walk_16)(net, l, part, x, next);
        else if (bits == 32)
            FOR_ISA(walk_32)(net, l, part, x, next);
        else
            FOR_ISA(walk_64)(net, l, part, x, next);
        void *swap = x;
        x = next;
        next = swap;
    }
    const int64_t last = net->width[net->n_layers];
    if (bits == 16)
        FOR_ISA(walk_ends_16)(x, last, out);
    else if (bits == 32)
        FOR_ISA(walk_ends_32)(x, last, out);
    else
        FOR_ISA(walk_ends_64)(x, last, out);
}

/* Ones among the bits given so far, in each comparison: n[0..] in binary, and up to six that wait for a seventh. */
typedef struct {
    BLOCK n[32], waiting[7];
    int64_t given; /* how many, waiting ones included */
    int waits;
} FOR_ISA(tally);

#define FULL_ADD(a, b, c, sum, carry)                        \
    do {                                                     \
        BLOCK x_ = (a) ^ (b), c_ = ((a) & (b)) | ((c) & x_); \
        sum = x_ ^ (c);                                      \
        carry = c_;                                          \
    } while (0)

/* Count the waiting bits; those that are missing must be 0. */
INLINE void FOR_ISA(tally_waiting)(FOR_ISA(tally) *s)
{
    BLOCK a, b, c, d, e, carry, *t = s->waiting;
    FULL_ADD(t[0], t[1], t[2], a, b);
    FULL_ADD(t[3], t[4], t[5], c, d);
    FULL_ADD(a, c, t[6], a, e);
    FULL_ADD(b, d, e, b, d); /* a + 2 b + 4 d */
    carry = s->n[0] & a;
    s->n[0] ^= a;
    FULL_ADD(s->n[1], b, carry, s->n[1], carry);
    FULL_ADD(s->n[2], d, carry, s->n[2], carry);
    for (int place = 3; s->given >> place; place++) {
        BLOCK next = s->n[place] & carry;
        s->n[place] ^= carry;
        carry = next;
    }
    s->waits = 0;
}

INLINE void FOR_ISA(tally_add)(FOR_ISA(tally) *s, BLOCK bit)
{
    s->waiting[s->waits++] = bit;
    s->given++;
    if (s->waits == 7)
        FOR_ISA(tally_waiting)(s);
}

INLINE void FOR_ISA(tally_clear)(FOR_ISA(tally) *s, int64_t most)
{
    for (int place = 0; place < 3 || most >> place; place++)
        s->n[place] = (BLOCK){0};
    s->given = s->waits = 0;
}

INLINE void FOR_ISA(tally_end)(FOR_ISA(tally) *s)
{
    for (int j = s->waits; j < 7; j++)
        s->waiting[j] = (BLOCK){0};
    if (s->waits)
        FOR_ISA(tally_waiting)(s);
}

/* Give the signs of g O over those of edge[from..to - 1] whose other neuron has a gauge; bit 1: -1. Sets *first to the
 * first of all that were given. */
INLINE void FOR_ISA(push_along)(const network_t *net, const edge_t *edge, int64_t from, int64_t to, FOR_ISA(tally) *s,
                                BLOCK *first)
{
    const BLOCK *differ = (const BLOCK *)net->differ, *gauge = (const BLOCK *)net->gauge;
    for (int64_t e = from; e < to; e++)
        if (net->decided[edge[e].neuron]) {
            BLOCK minus = differ[edge[e].entry] ^ gauge[edge[e].neuron];
            if (s->given == 0)
                *first = minus;
            FOR_ISA(tally_add)(s, minus);
        }
}

/* Let neuron i follow its neighbours: those before it, and if `backward` those behind it. Returns where it changed. */
INLINE BLOCK FOR_ISA(follow)(network_t *net, int64_t i, int backward)
{
    FOR_ISA(tally) s;
    BLOCK first = {0}, above = {0}, equal = ~(BLOCK){0}, *gauge = (BLOCK *)net->gauge + i;
    const int64_t n_in = net->in_first[i + 1] - net->in_first[i], n_out = net->out_first[i + 1] - net->out_first[i];
    FOR_ISA(tally_clear)(&s, n_in + n_out);
    FOR_ISA(push_along)(net, net->in, net->in_first[i], net->in_first[i + 1], &s, &first);
    if (backward)
        FOR_ISA(push_along)(net, net->out, net->out_first[i], net->out_first[i + 1], &s, &first);
    FOR_ISA(tally_end)(&s);
    if (s.given == 0)
        return (BLOCK){0};
    const int64_t half = s.given / 2; /* more than half of the signs negative: a push to -1 */
    int top = 0;
    while (s.given >> top)
        top++;
    for (int place = top - 1; place >= 0; place--)
        if ((half >> place) & 1) {
            equal &= s.n[place];
        } else {
            above |= equal & s.n[place];
            equal &= ~s.n[place];
        }
    if (s.given % 2)
        equal = (BLOCK){0};
    BLOCK before = *gauge, now = above | (equal & (net->decided[i] ? before : first));
    BLOCK changed = ~(BLOCK){0};
    if (net->decided[i])
        changed = now ^ before;
    *gauge = now;
    net->decided[i] = 1;
    return changed;
}

/* sum over edges of g O g' after the gauge g = +-1 of the hidden neurons was chosen to make it large: a forward pass,
 * then layer by layer g <- sign(O g) until nothing changes. Every step transforms with the gauge of the configurations
 * compared, ties and neurons without incoming weights (no gauge until something decides) too: the result is the same
 * for all their gauge images. Input and output neurons have no gauge. Which neurons are decided after a step depends on
 * the wiring alone, so it is the same in all comparisons; one at its fixed point stays there in later passes. */
INLINE void FOR_ISA(network_matched)(network_t *net, int64_t *out)
{
    const int64_t inputs = net->first[1], outputs = net->first[net->n_layers], neurons = net->first[net->n_layers + 1];
    BLOCK x[64], *gauge = (BLOCK *)net->gauge;
    FOR_ISA(tally) s;
    for (int64_t i = 0; i < neurons; i++) {
        gauge[i] = (BLOCK){0};
        net->decided[i] = i < inputs || i >= outputs;
    }
    for (int pass = 0, changed = 1; pass < NETWORK_PASSES && (pass < 2 || changed); pass++) {
        BLOCK any = {0};
        for (int64_t i = inputs; i < outputs; i++)
            any |= FOR_ISA(follow)(net, i, pass > 0);
        changed = 0;
        for (int k = 0; k < NETWORK_WORDS; k++)
            changed |= any[k] != 0;
    }
    FOR_ISA(tally_clear)(&s, net->in_first[neurons]);
    for (int64_t i = inputs; i < neurons; i++)
        if (net->decided[i])
            for (int64_t e = net->in_first[i]; e < net->in_first[i + 1]; e++)
                if (net->decided[net->in[e].neuron])
                    FOR_ISA(tally_add)(&s,
                                       gauge[i] ^ gauge[net->in[e].neuron] ^ ((BLOCK *)net->differ)[net->in[e].entry]);
    FOR_ISA(tally_end)(&s);
    for (int place = 0; place < 64; place++)
        x[place] = place < 32 && (place < 3 || s.given >> place) ? s.n[place] : (BLOCK){0};
    TRANSPOSE(BLOCK, x, 64);
    for (int c = 0; c < 64; c++)
        for (int k = 0; k < NETWORK_WORDS; k++)
            out[64 * k + c] = s.given - 2 * (int64_t)x[c][k];
}

TARGET static void FOR_ISA(network)(network_t *net, const uint64_t *const *x, const uint64_t *const *y, int64_t n_words,
                                    int64_t n, int64_t *walks, int64_t *matched)
{
    FOR_ISA(network_differ)(net, x, y, n_words);
    for (int part = 0; walks && 64 * part < n; part++)
        FOR_ISA(network_walks)(net, part, walks + 64 * part);
    if (matched)
        FOR_ISA(network_matched)(net, matched);
}

#undef BLOCK
#undef FULL_ADD
