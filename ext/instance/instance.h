/* One given glass as a graph: leaf removal, linear algebra over GF(2), and the sweeps of belief propagation. */
#ifndef GLASSNET_INSTANCE_H
#define GLASSNET_INSTANCE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Remove paths through a weight of degree one until there is none. `sum` holds for every weight the exclusive or of the
 * paths through it that are left: of the only one that is its number. `degree` and `sum` come in for the whole glass
 * and go out for the core. Returns the number of paths removed; their order and the weight that each went by. */
static int64_t peel(int64_t n_weights, int64_t p, const int32_t *paths, int32_t *degree, int32_t *sum, int32_t *stack,
                    int32_t *order, int32_t *leaf)
{
    int64_t n_removed = 0, n_stack = 0;
    for (int64_t i = 0; i < n_weights; i++)
        if (degree[i] == 1)
            stack[n_stack++] = (int32_t)i;
    while (n_stack) {
        int32_t i = stack[--n_stack];
        if (degree[i] != 1)
            continue;
        int32_t a = sum[i];
        order[n_removed] = a;
        leaf[n_removed++] = i;
        for (int64_t j = 0; j < p; j++) {
            int32_t other = paths[a * p + j];
            sum[other] ^= a;
            if (--degree[other] == 1)
                stack[n_stack++] = other;
        }
    }
    return n_removed;
}

enum { TABLE_WORDS = 32 }; /* columns of 64 that are brought up to date at once: the tables stay in the cache */

/* row[first..last) ^= sum of pivot rows whose bits are set in its combination, for all rows below them: eight rows at
 * a time by a table of their 256 sums (the method of the four Russians) */
static void add_pivots(uint64_t *rows, int64_t words, int64_t first, int64_t last, int64_t from, int64_t n_pivots,
                       int64_t n_rows, const uint64_t *combination, uint64_t *table)
{
    int64_t width = last - first, n_tables = (n_pivots + 7) / 8;
    for (int64_t t = 0; t < n_tables; t++) {
        uint64_t *sums = table + t * 256 * TABLE_WORDS;
        int64_t known = n_pivots - 8 * t < 8 ? n_pivots - 8 * t : 8;
        memset(sums, 0, sizeof(uint64_t) * TABLE_WORDS);
        for (int64_t x = 1; x < (1 << known); x++) {
            const uint64_t *smaller = sums + (x & (x - 1)) * TABLE_WORDS;
            const uint64_t *row = rows + (from + 8 * t + __builtin_ctzll((uint64_t)x)) * words + first;
            for (int64_t w = 0; w < width; w++)
                sums[x * TABLE_WORDS + w] = smaller[w] ^ row[w];
        }
    }
    for (int64_t i = from + n_pivots; i < n_rows; i++) {
        uint64_t *row = rows + i * words + first;
        for (int64_t t = 0; t < n_tables; t++) {
            const uint64_t *sum = table + (t * 256 + (combination[i] >> 8 * t & 255)) * TABLE_WORDS;
            for (int64_t w = 0; w < width; w++)
                row[w] ^= sum[w];
        }
    }
}

/* Bring the rows (n_rows, words) to echelon form by their first n_columns bits, 64 columns at a time; further bits are
 * carried along. Row r of the first `rank` rows then has its first bit in column pivot[r], which grows with r; the
 * others have none. `strip` and `combination`: n_rows words of work space; `table`: 2048 * TABLE_WORDS. */
static int64_t echelon(uint64_t *rows, int64_t n_rows, int64_t words, int64_t n_columns, int32_t *pivot,
                       uint64_t *strip, uint64_t *combination, uint64_t *table)
{
    int64_t rank = 0;
    for (int64_t s = 0; 64 * s < n_columns && rank < n_rows; s++) {
        int64_t width = n_columns - 64 * s < 64 ? n_columns - 64 * s : 64, n_pivots = 0;
        for (int64_t i = rank; i < n_rows; i++) {
            strip[i] = rows[i * words + s];
            combination[i] = 0;
        }
        for (int64_t c = 0; c < width && rank + n_pivots < n_rows; c++) {
            int64_t to = rank + n_pivots, i = to;
            while (i < n_rows && !(strip[i] >> c & 1))
                i++;
            if (i == n_rows)
                continue;
            if (i != to) {
                uint64_t bits = strip[i], mask = combination[i];
                strip[i] = strip[to], combination[i] = combination[to];
                strip[to] = bits, combination[to] = mask;
                uint64_t *one = rows + i * words, *other = rows + to * words;
                for (int64_t w = s + 1; w < words; w++) {
                    uint64_t kept = one[w];
                    one[w] = other[w];
                    other[w] = kept;
                }
            }
            uint64_t bits = strip[to], mask = combination[to] | (uint64_t)1 << n_pivots;
            for (i = to + 1; i < n_rows; i++) {
                uint64_t all = -(strip[i] >> c & 1);
                strip[i] ^= bits & all;
                combination[i] ^= mask & all;
            }
            pivot[rank + n_pivots++] = (int32_t)(64 * s + c);
        }
        for (int64_t i = rank; i < n_rows; i++)
            rows[i * words + s] = strip[i];
        for (int64_t first = s + 1; first < words; first += TABLE_WORDS) {
            int64_t last = first + TABLE_WORDS < words ? first + TABLE_WORDS : words;
            add_pivots(rows, words, first, last, rank, n_pivots, n_rows, combination, table);
        }
        /* a pivot row is combined from those before it, which must not have changed yet */
        for (int64_t j = n_pivots - 1; j > 0; j--)
            for (int64_t k = 0; k < j; k++)
                if (combination[rank + j] >> k & 1)
                    for (int64_t w = s + 1; w < words; w++)
                        rows[(rank + j) * words + w] ^= rows[(rank + k) * words + w];
        rank += n_pivots;
    }
    return rank;
}

/* Solve the rows of an echelon form for the columns of their pivots; the other bits of `state` are given. */
static void back_substitute(const uint64_t *rows, int64_t rank, int64_t words, const int32_t *pivot, uint64_t *state)
{
    for (int64_t r = rank - 1; r >= 0; r--) {
        uint64_t sum = 0, bit = (uint64_t)1 << (pivot[r] & 63);
        int64_t first = pivot[r] >> 6;
        state[first] &= ~bit;
        for (int64_t w = first; w < words; w++)
            sum ^= rows[r * words + w] & state[w];
        if (__builtin_parityll(sum))
            state[first] |= bit;
    }
}

/* One sweep of belief propagation over the paths in their order; returns the largest change of a message before damping.
 *
 * message[a, j] is the field u that path a exerts on its weight j, field[i] the sum of all on weight i. With
 * y = exp(-2 |h|), tanh |h| = (1 - y) / (1 + y): a product of them is kept as the sums of its odd and of its even terms
 * in y, which loses no digit however large or small the fields are. beta_j and exp(-2 |beta_j|) are given by path;
 * `work`: 4 p doubles. */
static double sweep(int64_t n_paths, int64_t p, const int32_t *paths, const double *beta_j, const double *decay,
                    double damping, double *message, double *field, double *work)
{
    double largest = 0.0, *y = work, *odd = work + p, *even = work + 2 * p, *sign = work + 3 * p;
    for (int64_t a = 0; a < n_paths; a++) {
        const int32_t *path = paths + a * p;
        double *u = message + a * p;
        /* from the left: everything before j, the coupling included */
        double o = decay[a], e = 1.0, all = beta_j[a] < 0 ? -1.0 : 1.0;
        for (int64_t j = 0; j < p; j++) {
            double h = field[path[j]] - u[j];
            sign[j] = h < 0 ? -1.0 : 1.0;
            all *= sign[j];
            y[j] = exp(-2.0 * fabs(h));
            odd[j] = o, even[j] = e;
            o = odd[j] + even[j] * y[j];
            e = even[j] + odd[j] * y[j];
        }
        o = 0.0, e = 1.0;
        for (int64_t j = p - 1; j >= 0; j--) {
            double numerator = odd[j] * e + even[j] * o, denominator = even[j] * e + odd[j] * o;
            double next = -0.5 * log(numerator / denominator) * all * sign[j];
            double change = next - u[j], size = fabs(change);
            largest = size > largest ? size : largest;
            change *= 1.0 - damping;
            u[j] += change;
            field[path[j]] += change;
            numerator = o;
            o = numerator + e * y[j];
            e = e + numerator * y[j];
        }
    }
    return largest;
}

#endif
