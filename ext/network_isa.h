/* Overlaps in a network (overlaps.h) for one instruction set; included inside overlaps_isa.h. */

/* eight bits as eight bytes, -1 for a one and +1 for a zero */
INLINE uint64_t F(signs)(uint64_t bits)
{
    uint64_t spread = (bits & 0x7f) * 0x0002040810204081u & 0x0001010101010101u;
    spread |= (bits & 0x80) << 49;
    return spread * 0xfe + 0x0101010101010101u;
}

/* O of two rows that differ in the bits of net->differ */
INLINE void F(network_product)(network_t *net)
{
    for (int64_t k = 0; 8 * k < net->n_entries; k++)
        net->product[k] = F(signs)(net->differ[k >> 3] >> (8 * (k & 7)) & 0xff) & net->present[k];
}

/* 1^T O_1 O_2 ... O_p 1 */
INLINE int64_t F(network_all_walks)(network_t *net)
{
    const int8_t *o = (const int8_t *)net->product;
    int64_t *sum = net->sum, *next = net->next, total = 0;
    for (int64_t i = 0; i < net->width[0]; i++)
        sum[i] = 1;
    for (int64_t l = 0; l < net->n_layers; l++) {
        const int64_t from = net->width[l], to = net->width[l + 1];
        for (int64_t j = 0; j < to; j++)
            next[j] = 0;
        for (int64_t i = 0; i < from; i++, o += to)
            for (int64_t j = 0; j < to; j++)
                next[j] += sum[i] * o[j];
        int64_t *swap = sum;
        sum = next;
        next = swap;
    }
    for (int64_t j = 0; j < net->width[net->n_layers]; j++)
        total += sum[j];
    return total;
}

/* field[j] += sum_i g_i O_ij (forward), or field[i] += sum_j O_ij g_j */
INLINE void F(network_forward)(const int8_t *o, int64_t from, int64_t to, const int32_t *gauge, int32_t *field)
{
    for (int64_t i = 0; i < from; i++, o += to)
        for (int64_t j = 0; j < to; j++)
            field[j] += gauge[i] * o[j];
}

INLINE void F(network_backward)(const int8_t *o, int64_t from, int64_t to, const int32_t *gauge, int32_t *field)
{
    for (int64_t i = 0; i < from; i++, o += to) {
        int32_t total = 0;
        for (int64_t j = 0; j < to; j++)
            total += gauge[j] * o[j];
        field[i] += total;
    }
}

/* First term that is not zero among n, `stride` apart: what decides where the sum of all is zero. */
INLINE int32_t F(network_first)(const int8_t *o, int64_t stride, const int32_t *gauge, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (gauge[i] * o[i * stride] != 0)
            return gauge[i] * o[i * stride];
    return 0;
}

/* sum over edges of g O g' after the gauge g = +-1 of the hidden neurons was chosen to make it large: a forward pass,
 * then layer by layer g <- sign(O g) until nothing changes. Every step transforms with the gauge of the configurations
 * compared, ties and neurons without incoming weights (g = 0 until something decides) too: the result is the same for
 * all their gauge images. Input and output neurons have no gauge. */
INLINE int64_t F(network_matched)(network_t *net)
{
    int64_t neurons = 0, total = 0;
    for (int64_t l = 0; l <= net->n_layers; l++)
        neurons += net->width[l];
    for (int64_t i = 0; i < neurons; i++)
        net->gauge[i] = i < net->width[0] || i >= neurons - net->width[net->n_layers];
    for (int pass = 0, changed = 1; pass < NETWORK_PASSES && (pass < 2 || changed); pass++) {
        const int8_t *o = (const int8_t *)net->product;
        int32_t *before = net->gauge;
        changed = 0;
        for (int64_t l = 1; l < net->n_layers; l++) {
            const int64_t from = net->width[l - 1], here = net->width[l], to = net->width[l + 1];
            const int8_t *in = o, *out = o + from * here;
            int32_t *gauge = before + from, *field = net->field;
            for (int64_t i = 0; i < here; i++)
                field[i] = 0;
            F(network_forward)(in, from, here, before, field);
            if (pass > 0)
                F(network_backward)(out, here, to, gauge + here, field);
            for (int64_t i = 0; i < here; i++) {
                int32_t push = field[i];
                if (gauge[i] == 0 && push == 0)
                    push = F(network_first)(in + i, here, before, from);
                if (gauge[i] == 0 && push == 0 && pass > 0)
                    push = F(network_first)(out + i * to, 1, gauge + here, to);
                if (push * gauge[i] < 0 || (gauge[i] == 0 && push != 0)) {
                    gauge[i] = push > 0 ? 1 : -1;
                    changed = 1;
                }
            }
            o = out;
            before = gauge;
        }
    }
    const int8_t *o = (const int8_t *)net->product;
    const int32_t *before = net->gauge;
    for (int64_t l = 0; l < net->n_layers; l++) {
        const int64_t from = net->width[l], to = net->width[l + 1];
        const int32_t *gauge = before + from;
        for (int64_t j = 0; j < to; j++)
            net->field[j] = 0;
        F(network_forward)(o, from, to, before, net->field);
        for (int64_t j = 0; j < to; j++)
            total += net->field[j] * gauge[j];
        o += from * to;
        before = gauge;
    }
    return total;
}

TARGET static void F(network)(network_t *net, int walks, int matched, int64_t *out)
{
    F(network_product)(net);
    out[0] = walks ? F(network_all_walks)(net) : 0;
    out[1] = matched ? F(network_matched)(net) : 0;
}
