/* exact_sum.c - the window of an exact sum: adding, moving, merging.
 *
 * The base is chosen from the data. Moves are by multiples of 32 bits and never
 * drop a bit that is set; what does not fit, and every infinity and NaN, goes to
 * the full-range accumulator. So the number held never depends on the order.
 */
#include "data/exact_sum_state.h"

#include <stdlib.h>

#include "base/memory.h"

/* window += v; true, and the window is as it was, if the signed result does not fit. */
static bool add_limbs(uint64_t *window, const uint64_t *v)
{
    uint64_t sum[WINDOW_LIMBS];
    unsigned carry = 0;
    for (int i = 0; i < WINDOW_LIMBS; i++) {
        uint128 t = (uint128)window[i] + v[i] + carry;
        sum[i] = (uint64_t)t;
        carry = (unsigned)(t >> 64);
    }
    const int top = WINDOW_LIMBS - 1;
    if ((int64_t)((window[top] ^ sum[top]) & (v[top] ^ sum[top])) < 0)
        return true;
    memcpy(window, sum, sizeof sum);
    return false;
}

static void negate_limbs(uint64_t *v)
{
    bool carry = true;
    for (int i = 0; i < WINDOW_LIMBS; i++) {
        v[i] = ~v[i] + carry;
        carry = carry && v[i] == 0;
    }
}

static void shift_left(uint64_t *w, unsigned bits)
{
    int whole = (int)(bits >> 6);
    unsigned rest = bits & 63;
    for (int i = WINDOW_LIMBS - 1; i >= 0; i--) {
        uint64_t high = i >= whole ? w[i - whole] : 0, low = i > whole ? w[i - whole - 1] : 0;
        w[i] = rest != 0 ? high << rest | low >> (64 - rest) : high;
    }
}

static void shift_right(uint64_t *w, unsigned bits)
{
    int whole = (int)(bits >> 6);
    unsigned rest = bits & 63;
    uint64_t extension = (uint64_t)((int64_t)w[WINDOW_LIMBS - 1] >> 63);
    for (int i = 0; i < WINDOW_LIMBS; i++) {
        uint64_t low = i + whole < WINDOW_LIMBS ? w[i + whole] : extension;
        uint64_t high = i + whole + 1 < WINDOW_LIMBS ? w[i + whole + 1] : extension;
        w[i] = rest != 0 ? low >> rest | high << (64 - rest) : low;
    }
}

static unsigned trailing_zeros(const uint64_t *w) /* w is not 0 */
{
    unsigned i = 0;
    while (w[i] == 0)
        i++;
    return i * 64 + (unsigned)__builtin_ctzll(w[i]);
}

/* How many bits below the sign bit only repeat it. */
static unsigned sign_copies(const uint64_t *w)
{
    uint64_t extension = (uint64_t)((int64_t)w[WINDOW_LIMBS - 1] >> 63);
    for (int i = WINDOW_LIMBS - 1; i >= 0; i--)
        if (w[i] != extension)
            return (unsigned)(WINDOW_LIMBS - 1 - i) * 64 + (unsigned)__builtin_clzll(w[i] ^ extension) - 1;
    return WINDOW_BITS - 1;
}

void sum_promote(struct exact_sum *s)
{
    struct wide_sum *w = memory_alloc_zero(1, sizeof *w);
    unsigned base = sum_base(s);
    bool negative = (int64_t)s->window[WINDOW_LIMBS - 1] < 0;
    if (negative)
        negate_limbs(s->window);
    for (unsigned i = 0; i < WINDOW_LIMBS; i++)
        if (s->window[i] != 0)
            wide_sum_add(w, s->window[i], negative, 32 * base + 64 * i);
    memset(s->window, 0, sizeof s->window);
    s->window[0] = (uint64_t)(uintptr_t)w;
    sum_set_base(s, BASE_PROMOTED);
}

static void promote_and_add(struct exact_sum *s, uint64_t magnitude, bool negative, unsigned position)
{
    sum_promote(s);
    wide_sum_add(sum_wide(s), magnitude, negative, position);
}

/* Moves the window so that it begins at or below the lowest set bit; false if the top would be lost. */
static bool move_down(struct exact_sum *s, unsigned lowest)
{
    unsigned base = sum_base(s);
    if (lowest >= 32 * base)
        return true;
    unsigned lower = lowest >> 5, bits = 32 * (base - lower);
    if (bits >= sign_copies(s->window))
        return false;
    shift_left(s->window, bits);
    sum_set_base(s, lower);
    return true;
}

/* Moves the window up over bits that are zero, to make room above for a value `shift` above it; false if it cannot move. */
static bool move_up(struct exact_sum *s, uint64_t magnitude, unsigned shift)
{
    unsigned base = sum_base(s);
    unsigned zeros = sum_window_is_zero(s) ? WINDOW_BITS : trailing_zeros(s->window);
    unsigned limit = shift + (unsigned)__builtin_ctzll(magnitude);
    unsigned steps = (zeros < limit ? zeros : limit) / 32;
    if (steps > BASE_MAX - base)
        steps = BASE_MAX - base;
    if (steps == 0)
        return false;
    shift_right(s->window, 32 * steps);
    sum_set_base(s, base + steps);
    return true;
}

static bool add_shifted(struct exact_sum *s, uint64_t magnitude, bool negative, unsigned shift)
{
    unsigned limb = shift >> 6, rest = shift & 63;
    if (shift + 64 - (unsigned)__builtin_clzll(magnitude) > WINDOW_BITS - 2)
        return false;
    uint64_t v[WINDOW_LIMBS] = {0};
    v[limb] = magnitude << rest;
    if (rest != 0 && limb + 1 < WINDOW_LIMBS)
        v[limb + 1] = magnitude >> (64 - rest);
    if (negative)
        negate_limbs(v);
    return !add_limbs(s->window, v);
}

void sum_add_integer(struct exact_sum *s, uint64_t magnitude, bool negative, unsigned position)
{
    if (magnitude == 0)
        return;
    if (sum_is_promoted(s)) {
        wide_sum_add(sum_wide(s), magnitude, negative, position);
        return;
    }
    if (sum_window_is_zero(s)) { /* a free choice: 16..47 bits of room below the value */
        unsigned base = position > 16 ? (position - 16) >> 5 : 0;
        sum_set_base(s, base > BASE_MAX ? BASE_MAX : base);
    }
    if (!move_down(s, position + (unsigned)__builtin_ctzll(magnitude))) {
        promote_and_add(s, magnitude, negative, position);
        return;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        unsigned begin = 32 * sum_base(s);
        if (position < begin) { /* only zero bits of it lie below */
            magnitude >>= begin - position;
            position = begin;
        }
        if (add_shifted(s, magnitude, negative, position - begin))
            return;
        if (attempt == 0 && !move_up(s, magnitude, position - begin))
            break;
    }
    promote_and_add(s, magnitude, negative, position);
}

static bool is_finite_bits(uint64_t bits)
{
    return (bits >> 52 & 0x7ff) != 0x7ff;
}

static void count_special(struct exact_sum *s, uint64_t bits, int64_t weight)
{
    if (!sum_is_promoted(s))
        sum_promote(s);
    struct wide_sum *w = sum_wide(s);
    if ((bits & FRACTION_MASK) != 0)
        w->nan_count += weight;
    else if (bits >> 63 != 0)
        w->minus_infinity_count += weight;
    else
        w->infinity_count += weight;
}

/* The integer that a finite double is, and where. */
static uint64_t mantissa_of(uint64_t bits, unsigned *position)
{
    unsigned exponent = (unsigned)(bits >> 52) & 0x7ff;
    *position = exponent != 0 ? exponent - 1 : 0;
    return exponent != 0 ? (bits & FRACTION_MASK) | HIDDEN_BIT : bits & FRACTION_MASK;
}

void sum_add_slowly(struct exact_sum *s, uint64_t bits, bool retract)
{
    if (!is_finite_bits(bits)) {
        count_special(s, bits, retract ? -1 : 1);
        return;
    }
    unsigned position;
    uint64_t mantissa = mantissa_of(bits, &position);
    sum_add_integer(s, mantissa, (bits >> 63 != 0) != retract, position);
}

static void add_weighted(struct exact_sum *s, uint64_t bits, int64_t weight)
{
    if (!is_finite_bits(bits)) {
        count_special(s, bits, weight);
        return;
    }
    unsigned position;
    uint64_t times = weight < 0 ? 0 - (uint64_t)weight : (uint64_t)weight;
    uint128 product = (uint128)mantissa_of(bits, &position) * times;
    bool negative = (bits >> 63 != 0) != (weight < 0);
    sum_add_integer(s, (uint64_t)product, negative, position);
    sum_add_integer(s, (uint64_t)(product >> 64), negative, position + 64);
}

/* With the last row gone, and the number with it, back to all zero bytes. A retraction may run ahead of its insertion: then the
 * count is zero before the number is. */
static void settle(struct exact_sum *s)
{
    if (exact_sum_count(s) != 0)
        return;
    if (sum_is_promoted(s) ? wide_sum_is_zero(sum_wide(s)) : sum_window_is_zero(s))
        exact_sum_clear(s);
}

void exact_sum_add(struct exact_sum *s, double v, int64_t weight)
{
    if (weight == 1 || weight == -1)
        sum_accumulate(s, double_bits(v), weight < 0);
    else
        add_weighted(s, double_bits(v), weight);
    sum_count_add(s, weight);
    settle(s);
}

static void merge_window(struct exact_sum *s, const struct exact_sum *other)
{
    uint64_t v[WINDOW_LIMBS];
    memcpy(v, other->window, sizeof v);
    if (!sum_is_promoted(s) && sum_window_is_zero(s))
        sum_set_base(s, sum_base(other));
    bool same_unit = sum_base(s) == sum_base(other);
    if (same_unit && !add_limbs(s->window, v))
        return;
    bool negative = (int64_t)v[WINDOW_LIMBS - 1] < 0;
    if (negative)
        negate_limbs(v);
    for (int i = WINDOW_LIMBS - 1; i >= 0; i--)
        sum_add_integer(s, v[i], negative, 32 * sum_base(other) + 64 * (unsigned)i);
}

void exact_sum_merge(struct exact_sum *s, const struct exact_sum *other)
{
    if (sum_is_promoted(other)) {
        if (!sum_is_promoted(s))
            sum_promote(s);
        struct wide_sum normal = *sum_wide(other);
        wide_sum_carry(&normal);
        wide_sum_merge(sum_wide(s), &normal);
    } else {
        merge_window(s, other);
    }
    sum_count_add(s, exact_sum_count(other));
    settle(s);
}

int64_t exact_sum_count(const struct exact_sum *s)
{
    return (int64_t)(s->meta << 16) >> 16;
}

size_t exact_sum_size(const struct exact_sum *s)
{
    return sizeof *s + (sum_is_promoted(s) ? sizeof(struct wide_sum) : 0);
}

void exact_sum_clear(struct exact_sum *s)
{
    if (sum_is_promoted(s))
        free(sum_wide(s));
    memset(s, 0, sizeof *s);
}
