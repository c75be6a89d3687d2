/* exact_sum.h - exact, order-independent, retractable sums of doubles.
 *
 * The state is an exact integer, so add, retract and merge commute: any order
 * and any split over workers gives the same real number, rounded once when
 * read (nearest, ties to even). After the rule of docs/exact-sums.md.
 *
 *   window  192 bits, two's complement, least significant limb first, in units of 2^(32*base - 1074)
 *   meta    bits 0..47 row count, bits 48..55 base (0..61); 255 = promoted: window[0] points to a full-range accumulator
 *
 * All-zero bytes are the empty sum. Count 0 means SQL NULL.
 */
#ifndef LEAT_DATA_EXACT_SUM_H
#define LEAT_DATA_EXACT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

struct exact_sum {
    uint64_t window[3];
    uint64_t meta;
};

enum { EXACT_SUM_NO_HINT = 255 };

/* One value, weight times (negative retracts). A retracted value must have been added before. */
void exact_sum_add(struct exact_sum *s, double v, int64_t weight);
/* All count values into one state, +1 each: the vector path. */
void exact_sum_add_all(struct exact_sum *s, const double *values, size_t count);
/* sums[i]->... each values[i] into *sums[i], +1 each. *hint is kept by the caller per operator, EXACT_SUM_NO_HINT at first; it
 * changes speed only. */
void exact_sum_add_each(struct exact_sum *const *sums, const double *values, size_t count, unsigned *hint);
void exact_sum_merge(struct exact_sum *s, const struct exact_sum *other); /* other is unchanged */
double exact_sum_read(const struct exact_sum *s);   /* NaN, infinities as IEEE; zero is +0; finite overflow gives an infinity */
/* sum / count, rounded once from the exact quotient. Count must not be 0. */
double exact_sum_average(const struct exact_sum *s);
bool exact_sum_overflowed(const struct exact_sum *s); /* finite values whose sum exceeds the doubles: 22003 */
int64_t exact_sum_count(const struct exact_sum *s);
size_t exact_sum_size(const struct exact_sum *s); /* bytes held, the promoted part included */
void exact_sum_clear(struct exact_sum *s);        /* to empty; frees a promoted part */
/* A serial form, equal bytes for equal sums. */
void exact_sum_put(const struct exact_sum *s, struct buffer *out);
CHECKED enum status exact_sum_get(struct bytes *in, struct exact_sum *out, struct error *err); /* advances in */

#endif
