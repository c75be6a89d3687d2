/* exact_sum_state.h - the inside of struct exact_sum. For this folder only.
 *
 * Position p stands for 2^(p - 1074): a double of biased exponent e >= 1 is
 * 2^52 + fraction at position e - 1, a subnormal is its fraction at position 0.
 * All finite doubles lie in positions 0..2097.
 */
#ifndef LEAT_DATA_EXACT_SUM_STATE_H
#define LEAT_DATA_EXACT_SUM_STATE_H

#include "data/exact_sum.h"
#include "data/type.h"

#define FRACTION_MASK ((UINT64_C(1) << 52) - 1)
#define HIDDEN_BIT (UINT64_C(1) << 52)
#define COUNT_MASK ((UINT64_C(1) << 48) - 1)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)

enum {
    WINDOW_LIMBS = 3,
    WINDOW_BITS = 192,
    BASE_PROMOTED = 255,
    BASE_MAX = 61,      /* keeps infinities and NaN (exponent 2047) outside the fast range */
    SHIFT_FAST_MAX = 74 /* 53 bits shifted that far still fit a signed 128-bit number */
};

/* The full range (Neal 2015, the small superaccumulator): 64-bit chunks every 32 bits. Carries are propagated after so many
 * additions; non-finite values are counted, so that they too can be retracted. */
enum { WIDE_CHUNKS = 72, WIDE_PENDING_MAX = 512 };
struct wide_sum {
    int64_t chunks[WIDE_CHUNKS];
    int64_t infinity_count, minus_infinity_count, nan_count;
    uint32_t pending;
};

void wide_sum_carry(struct wide_sum *w);
/* +- magnitude at position */
void wide_sum_add(struct wide_sum *w, uint64_t magnitude, bool negative, unsigned position);
void wide_sum_merge(struct wide_sum *w, const struct wide_sum *other);
bool wide_sum_is_zero(const struct wide_sum *w); /* no number, nothing counted */

static inline unsigned sum_base(const struct exact_sum *s)
{
    return (unsigned)(s->meta >> 48) & 0xff;
}
static inline void sum_set_base(struct exact_sum *s, unsigned base)
{
    s->meta = (s->meta & ~(UINT64_C(0xff) << 48)) | (uint64_t)base << 48;
}
static inline bool sum_is_promoted(const struct exact_sum *s)
{
    return sum_base(s) == BASE_PROMOTED;
}
static inline struct wide_sum *sum_wide(const struct exact_sum *s)
{
    return (struct wide_sum *)(uintptr_t)s->window[0];
}
static inline bool sum_window_is_zero(const struct exact_sum *s)
{
    return (s->window[0] | s->window[1] | s->window[2]) == 0;
}
static inline void sum_count_add(struct exact_sum *s, int64_t rows)
{
    s->meta = (s->meta & ~COUNT_MASK) | ((s->meta + (uint64_t)rows) & COUNT_MASK);
}
/* window += the sign-extended 128 bits; true, and the window is as it was, if the signed result does not fit. */
static inline bool sum_window_add_128(struct exact_sum *s, uint64_t low, uint64_t high)
{
    uint128 window = (uint128)s->window[1] << 64 | s->window[0], value = (uint128)high << 64 | low;
    uint128 sum = window + value;
    int64_t extension = (int64_t)high >> 63, top = (int64_t)s->window[2], carry = sum < window, result;
    /* -1 + 1 cannot overflow, nor can 0 + 0: one checked addition is enough */
    if (__builtin_expect(__builtin_add_overflow(top, extension + carry, &result), 0))
        return true;
    s->window[0] = (uint64_t)sum;
    s->window[1] = (uint64_t)(sum >> 64);
    s->window[2] = (uint64_t)result;
    return false;
}
/* += +- magnitude at position, exactly; the row count is not touched. */
void sum_add_integer(struct exact_sum *s, uint64_t magnitude, bool negative, unsigned position);
/* One value of any kind, +1 or -1 times; the row count is not touched. */
void sum_add_slowly(struct exact_sum *s, uint64_t bits, bool retract);
void sum_promote(struct exact_sum *s);
static inline uint64_t double_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    return bits;
}
static inline double double_of_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, 8);
    return v;
}
static inline void sum_accumulate(struct exact_sum *s, uint64_t bits, bool retract)
{
    unsigned shift = ((unsigned)(bits >> 52) & 0x7ff) - 1 - 32 * sum_base(s);
    if (LIKELY(shift <= SHIFT_FAST_MAX)) {
        uint64_t sign = (uint64_t)((int64_t)(bits ^ (uint64_t)retract << 63) >> 63), mantissa = (bits & FRACTION_MASK) | HIDDEN_BIT;
        mantissa = (mantissa ^ sign) - sign;
        uint128 v = ((uint128)sign << 64 | mantissa) << shift;
        if (LIKELY(!sum_window_add_128(s, (uint64_t)v, (uint64_t)(v >> 64))))
            return;
    } else if (bits << 1 == 0) {
        return;
    }
    sum_add_slowly(s, bits, retract);
}

#endif
