/* exact_sum_batch.c - many values at once: into one sum, and each into its own.
 *
 * One sum: error-free extraction (Rump, Ogita, Oishi 2008; Demmel, Nguyen 2013).
 * S starts at M = 1.5 * 2^k; S + x keeps the part of x that is a multiple of
 * ulp(M), and x - ((S + x) - S) is the exact rest. While S stays in its binade,
 * bits(S) - bits(M) is the exact integer sum in units of ulp(M). Two levels take
 * 89 bits below the block's largest exponent; the rest, which is nearly always
 * zero, goes round again or value by value.
 *
 * Each its own: a few hundred values are aligned to the operator's base hint
 * without a branch on the data, then added; a sum of another base goes alone.
 */
#include "base/simd.h"
#include "data/exact_sum_state.h"

enum { LANES = 8, UNROLL = 4, BLOCK = 2048 }; /* 64 additions per lane: S stays in its binade */
typedef double lanes_loaded __attribute__((vector_size(64), aligned(8), may_alias));
typedef double lanes __attribute__((vector_size(64)));
typedef uint64_t lane_bits __attribute__((vector_size(64)));

static void add_signed(struct exact_sum *s, int64_t v, unsigned position)
{
    sum_add_integer(s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0, position);
}

/* BLOCK values whose largest biased exponent is at most 2037: adds all but the rests, which go to rest (it may be values).
 * Whether a rest is not zero. */
static bool extract(struct exact_sum *s, const double *values, unsigned exponent_max, double *rest)
{
    unsigned first = (exponent_max != 0 ? exponent_max : 1) + 9, second = first > 46 ? first - 45 : 1;
    const uint64_t first_bits = (uint64_t)first << 52 | UINT64_C(1) << 51, second_bits = (uint64_t)second << 52 | UINT64_C(1) << 51;
    lanes a[UNROLL], b[UNROLL], zero = {0};
    lane_bits left = {0};
    for (int u = 0; u < UNROLL; u++) {
        a[u] = zero + double_of_bits(first_bits);
        b[u] = zero + double_of_bits(second_bits);
    }
    for (int i = 0; i < BLOCK; i += LANES * UNROLL) {
        for (int u = 0; u < UNROLL; u++) {
            lanes v = *(const lanes_loaded *)(values + i + u * LANES);
            lanes sum = a[u] + v;
            lanes r = v - (sum - a[u]);
            a[u] = sum;
            sum = b[u] + r;
            r = r - (sum - b[u]);
            b[u] = sum;
            left |= (lane_bits)r;
            *(lanes_loaded *)(rest + i + u * LANES) = r;
        }
    }
    lane_bits a_sum = {0}, b_sum = {0};
    for (int u = 0; u < UNROLL; u++) {
        a_sum += (lane_bits)a[u] - first_bits;
        b_sum += (lane_bits)b[u] - second_bits;
    }
    int64_t a_total = 0, b_total = 0;
    uint64_t any = 0;
    for (int l = 0; l < LANES; l++) {
        a_total += (int64_t)a_sum[l];
        b_total += (int64_t)b_sum[l];
        any |= left[l];
    }
    add_signed(s, a_total, first - 1);
    add_signed(s, b_total, second - 1);
    return any << 1 != 0; /* a rest may be -0 */
}

static unsigned largest_exponent(const double *values)
{
    uint64_t largest = 0; /* without the sign, bits order like magnitudes */
    for (int i = 0; i < BLOCK; i++) {
        uint64_t bits = double_bits(values[i]) & (UINT64_MAX >> 1);
        largest = bits > largest ? bits : largest;
    }
    return (unsigned)(largest >> 52);
}

static void add_singly(struct exact_sum *s, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum_accumulate(s, double_bits(values[i]), false);
}

static void add_block(struct exact_sum *s, const double *values)
{
    double rest[BLOCK];
    unsigned exponent = largest_exponent(values);
    for (int round = 0;; round++) {
        /* huge, not finite, or spread very wide */
        if (exponent > 2037 || round == 2 || (round > 0 && sum_is_promoted(s))) {
            add_singly(s, values, BLOCK);
            return;
        }
        if (!extract(s, values, exponent, rest))
            return;
        values = rest;
        exponent = largest_exponent(values);
    }
}

void exact_sum_add_all(struct exact_sum *s, const double *values, size_t count)
{
    size_t left = count;
    for (; left >= BLOCK; left -= BLOCK, values += BLOCK)
        add_block(s, values);
    add_singly(s, values, left);
    sum_count_add(s, (int64_t)count);
}

enum { ALIGNED_COUNT = 256, PREFETCH_AHEAD = 24 };

/* A base that leaves some binades of room above and below these values. */
static unsigned choose_base(const double *values, size_t count)
{
    unsigned low = 2047, high = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned exponent = (unsigned)(double_bits(values[i]) >> 52) & 0x7ff;
        if (exponent == 0 || exponent == 0x7ff)
            continue;
        low = exponent < low ? exponent : low;
        high = exponent > high ? exponent : high;
    }
    if (high == 0)
        return EXACT_SUM_NO_HINT;
    unsigned top = high - 1 + 8;
    unsigned base = top > SHIFT_FAST_MAX ? (top - SHIFT_FAST_MAX + 31) / 32 : 0;
    if (low - 1 >= 32 * (base + 1) + 16 && 32 * (base + 1) <= high - 1)
        base++;
    return base > BASE_MAX ? BASE_MAX : base;
}

struct aligned {
    uint64_t low[ALIGNED_COUNT], high[ALIGNED_COUNT];
    uint64_t fits[ALIGNED_COUNT]; /* all ones, or 0 if the value is out of the base's range */
};

/* Each value as 128 bits in units of the base: (sign:mantissa) << shift in steps that vectorise. */
VECTOR_CLONES static void align_values(const double *values, size_t count, unsigned base, struct aligned *out)
{
    uint64_t offset = 1 + 32 * (uint64_t)base;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = double_bits(values[i]);
        uint64_t shift = (bits >> 52 & 0x7ff) - offset;
        uint64_t is_zero = bits << 1 == 0 ? UINT64_MAX : 0, in_range = shift <= SHIFT_FAST_MAX ? UINT64_MAX : 0;
        uint64_t keep = in_range & ~is_zero;
        uint64_t sign = 0 - (bits >> 63), mantissa = (bits & FRACTION_MASK) | HIDDEN_BIT;
        mantissa = (mantissa ^ sign) - sign;
        uint64_t within = shift & 63, spill = mantissa >> 1 >> (63 - within);
        uint64_t is_short = shift < 64 ? UINT64_MAX : 0;
        out->low[i] = mantissa << within & is_short & keep;
        out->high[i] = ((((sign << within) | spill) & is_short) | (mantissa << within & ~is_short)) & keep;
        out->fits[i] = in_range | is_zero;
    }
}

/* A sum that is empty takes the operator's base; any other goes its own way. */
static void add_unaligned(struct exact_sum *s, double value, uint64_t low, uint64_t high, bool fits, unsigned base)
{
    if (fits && !sum_is_promoted(s) && sum_window_is_zero(s)) {
        sum_set_base(s, base);
        if (!sum_window_add_128(s, low, high)) {
            sum_count_add(s, 1);
            return;
        }
    }
    sum_accumulate(s, double_bits(value), false);
    sum_count_add(s, 1);
}

void exact_sum_add_each(struct exact_sum *const *sums, const double *values, size_t count, unsigned *hint)
{
    struct aligned aligned;
    for (size_t at = 0; at < count; at += ALIGNED_COUNT) {
        size_t step = count - at < ALIGNED_COUNT ? count - at : ALIGNED_COUNT;
        if (*hint == EXACT_SUM_NO_HINT)
            *hint = choose_base(values + at, step);
        unsigned base = *hint == EXACT_SUM_NO_HINT ? 0 : *hint;
        align_values(values + at, step, base, &aligned);
        for (size_t i = 0; i < step; i++) {
            struct exact_sum *s = sums[at + i];
            if (at + i + PREFETCH_AHEAD < count)
                __builtin_prefetch(sums[at + i + PREFETCH_AHEAD], 1);
            if (LIKELY(aligned.fits[i] != 0) && LIKELY(sum_base(s) == base) && LIKELY(!sum_window_add_128(s, aligned.low[i], aligned.high[i])))
                sum_count_add(s, 1); /* masked: a count that retractions made negative would carry into the base */
            else
                add_unaligned(s, values[at + i], aligned.low[i], aligned.high[i], aligned.fits[i] != 0, base);
        }
    }
}
