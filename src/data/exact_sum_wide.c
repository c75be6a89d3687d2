/* exact_sum_wide.c - the full-range accumulator that a sum is promoted to. */
#include "data/exact_sum_state.h"

void wide_sum_carry(struct wide_sum *w)
{
    for (int i = 0; i < WIDE_CHUNKS - 1; i++) {
        w->chunks[i + 1] += w->chunks[i] >> 32; /* the arithmetic shift is floor */
        w->chunks[i] &= INT64_C(0xffffffff);
    }
    w->pending = 0;
}

/* magnitude below 2^53 */
static void add_53(struct wide_sum *w, uint64_t magnitude, bool negative, unsigned position)
{
    unsigned i = position >> 5, shift = position & 31;
    int64_t low = (int64_t)((magnitude << shift) & 0xffffffff), high = (int64_t)(magnitude >> (32 - shift));
    int64_t sign = -(int64_t)negative; /* data's signs are random: no branch */
    w->chunks[i] += (low ^ sign) - sign;
    w->chunks[i + 1] += (high ^ sign) - sign;
    if (++w->pending >= WIDE_PENDING_MAX)
        wide_sum_carry(w);
}

void wide_sum_add(struct wide_sum *w, uint64_t magnitude, bool negative, unsigned position)
{
    add_53(w, magnitude & 0xffffffff, negative, position);
    if (magnitude >> 32 != 0)
        add_53(w, magnitude >> 32, negative, position + 32);
}

void wide_sum_merge(struct wide_sum *w, const struct wide_sum *other)
{
    wide_sum_carry(w);
    for (int i = 0; i < WIDE_CHUNKS; i++)
        w->chunks[i] += other->chunks[i];
    wide_sum_carry(w);
    w->infinity_count += other->infinity_count;
    w->minus_infinity_count += other->minus_infinity_count;
    w->nan_count += other->nan_count;
}

bool wide_sum_is_zero(const struct wide_sum *w)
{
    struct wide_sum copy = *w;
    wide_sum_carry(&copy);
    int64_t any = copy.infinity_count | copy.minus_infinity_count | copy.nan_count;
    for (int i = 0; i < WIDE_CHUNKS; i++)
        any |= copy.chunks[i];
    return any == 0;
}
