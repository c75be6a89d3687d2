/* exact_sum_read.c - the double nearest to a sum or an average, and the serial form.
 *
 * Serial form, equal for equal sums however they came about:
 *
 *     flags     u8   1 = negative, 2 = the counts of +Infinity, -Infinity, NaN follow
 *     count     varint
 *     [counts]  3 varints
 *     position  uvarint of the lowest set bit (0 for zero)
 *     size      uvarint
 *     the magnitude from that bit on, little-endian, without leading zero bytes
 */
#include "data/exact_sum_state.h"

#include <assert.h>

#include "base/reader.h"

enum { LIMBS = WIDE_CHUNKS / 2 };
enum { FLAG_NEGATIVE = 1, FLAG_SPECIAL = 2 };

/* The number as sign and magnitude, with `spare` zero limbs below; returns the position of limb 0's lowest bit. */
static int load_limbs(const struct exact_sum *s, int spare, uint64_t *limbs, int *limb_count, bool *negative)
{
    int position;
    memset(limbs, 0, (size_t)(LIMBS + spare) * sizeof *limbs);
    if (sum_is_promoted(s)) {
        struct wide_sum w = *sum_wide(s);
        wide_sum_carry(&w);
        for (int i = 0; i < LIMBS; i++)
            limbs[spare + i] = (uint64_t)w.chunks[2 * i] | (uint64_t)w.chunks[2 * i + 1] << 32;
        *limb_count = LIMBS + spare;
        position = 0;
    } else {
        memcpy(limbs + spare, s->window, sizeof s->window);
        *limb_count = WINDOW_LIMBS + spare;
        position = (int)(32 * sum_base(s));
    }
    *negative = (int64_t)limbs[*limb_count - 1] < 0;
    bool carry = true;
    for (int i = 0; *negative && i < *limb_count; i++) {
        limbs[i] = ~limbs[i] + carry;
        carry = carry && limbs[i] == 0;
    }
    return position - 64 * spare;
}

/* Rounds the magnitude to nearest, ties to even. */
static double round_limbs(const uint64_t *limbs, int limb_count, int position, bool negative)
{
    int t = limb_count - 1;
    while (t >= 0 && limbs[t] == 0)
        t--;
    if (t < 0)
        return 0.0; /* an exact zero reads +0 */
    int top = 64 * t + 63 - __builtin_clzll(limbs[t]);
    int last = top + position - 52; /* position of the result's last bit */
    if (last < 0)
        last = 0; /* subnormal */
    int drop = last - position;
    uint64_t mantissa;
    if (drop <= 0) {
        mantissa = limbs[0] << -drop; /* at most 53 bits, all in limb 0 */
    } else {
        int limb = drop >> 6, shift = drop & 63;
        mantissa = limb < limb_count ? limbs[limb] >> shift : 0;
        if (shift != 0 && limb + 1 < limb_count)
            mantissa |= limbs[limb + 1] << (64 - shift);
        int guard_limb = (drop - 1) >> 6, guard_shift = (drop - 1) & 63;
        uint64_t guard = 0, sticky = 0;
        if (guard_limb < limb_count) {
            guard = limbs[guard_limb] >> guard_shift & 1;
            sticky = limbs[guard_limb] & ((UINT64_C(1) << guard_shift) - 1);
        }
        for (int i = 0; i < guard_limb && i < limb_count; i++)
            sticky |= limbs[i];
        mantissa += guard & (sticky != 0 || (mantissa & 1));
    }
    const uint64_t infinity = UINT64_C(0x7ff) << 52;
    /* the mantissa's hidden bit adds the 1 of the biased exponent */
    uint64_t bits = last >= 2046 ? infinity : ((uint64_t)last << 52) + mantissa;
    if (bits > infinity)
        bits = infinity;
    return double_of_bits(bits | (uint64_t)negative << 63);
}

/* NaN and the infinities; false if all values are finite. */
static bool read_special(const struct exact_sum *s, double *out)
{
    if (!sum_is_promoted(s))
        return false;
    const struct wide_sum *w = sum_wide(s);
    if (w->nan_count != 0 || (w->infinity_count != 0 && w->minus_infinity_count != 0))
        *out = double_of_bits(UINT64_C(0x7ff8) << 48);
    else if (w->infinity_count != 0 || w->minus_infinity_count != 0)
        *out = double_of_bits((w->infinity_count != 0 ? UINT64_C(0x7ff) : UINT64_C(0xfff)) << 52);
    else
        return false;
    return true;
}

double exact_sum_read(const struct exact_sum *s)
{
    double special;
    if (read_special(s, &special))
        return special;
    uint64_t limbs[LIMBS];
    int limb_count;
    bool negative;
    int position = load_limbs(s, 0, limbs, &limb_count, &negative);
    return round_limbs(limbs, limb_count, position, negative);
}

bool exact_sum_overflowed(const struct exact_sum *s)
{
    double special;
    return !read_special(s, &special) && __builtin_isinf(exact_sum_read(s));
}

/* Two limbs below the number leave the quotient at least 80 bits, so that its remainder matters only as not zero. */
double exact_sum_average(const struct exact_sum *s)
{
    enum { SPARE = 2 };
    double special;
    int64_t count = exact_sum_count(s);
    assert(count != 0);
    if (read_special(s, &special))
        return special;
    uint64_t limbs[LIMBS + SPARE], divisor = count < 0 ? 0 - (uint64_t)count : (uint64_t)count, rest = 0;
    int limb_count;
    bool negative;
    int position = load_limbs(s, SPARE, limbs, &limb_count, &negative);
    for (int i = limb_count - 1; i >= 0; i--) {
        uint128 dividend = (uint128)rest << 64 | limbs[i];
        limbs[i] = (uint64_t)(dividend / divisor);
        rest = (uint64_t)(dividend % divisor);
    }
    limbs[0] |= rest != 0;
    return round_limbs(limbs, limb_count, position, negative != (count < 0));
}

static void put_number(const struct exact_sum *s, uint8_t *flags, struct buffer *out)
{
    uint64_t limbs[LIMBS + 1];
    int limb_count;
    bool negative;
    int position = load_limbs(s, 0, limbs, &limb_count, &negative);
    int first = 0;
    while (first < limb_count && limbs[first] == 0)
        first++;
    if (first == limb_count) {
        buffer_put_uvarint(out, 0);
        buffer_put_uvarint(out, 0);
        return;
    }
    if (negative)
        *flags |= FLAG_NEGATIVE;
    unsigned shift = (unsigned)__builtin_ctzll(limbs[first]);
    limbs[limb_count] = 0;
    for (int i = first; i < limb_count; i++)
        limbs[i] = shift != 0 ? limbs[i] >> shift | limbs[i + 1] << (64 - shift) : limbs[i];
    const uint8_t *bytes = (const uint8_t *)(limbs + first);
    size_t size = (size_t)(limb_count - first) * 8;
    while (bytes[size - 1] == 0)
        size--;
    buffer_put_uvarint(out, (uint64_t)position + 64 * (uint64_t)first + shift);
    buffer_put_uvarint(out, size);
    buffer_put(out, bytes, size);
}

void exact_sum_put(const struct exact_sum *s, struct buffer *out)
{
    size_t begin = out->size;
    uint8_t flags = 0;
    buffer_put_u8(out, 0);
    buffer_put_varint(out, exact_sum_count(s));
    const struct wide_sum *w = sum_is_promoted(s) ? sum_wide(s) : NULL;
    if (w != NULL && (w->infinity_count | w->minus_infinity_count | w->nan_count) != 0) {
        flags |= FLAG_SPECIAL;
        buffer_put_varint(out, w->infinity_count);
        buffer_put_varint(out, w->minus_infinity_count);
        buffer_put_varint(out, w->nan_count);
    }
    put_number(s, &flags, out);
    out->data[begin] = flags;
}

static void get_number(struct reader *r, bool negative, struct exact_sum *out)
{
    uint64_t position = reader_uvarint(r), size = reader_uvarint(r);
    if (position > 2240 || size > 288 || position + size * 8 > 2240 + 8)
        reader_fail(r);
    struct bytes bytes = reader_bytes(r, r->failed ? 0 : (size_t)size);
    if (r->failed)
        return;
    for (size_t at = (bytes.size + 7) / 8 * 8; at > 0; at -= 8) { /* the highest first: it sets the window */
        uint64_t limb = 0;
        size_t begin = at - 8, count = bytes.size - begin < 8 ? bytes.size - begin : 8;
        memcpy(&limb, bytes.data + begin, count);
        sum_add_integer(out, limb, negative, (unsigned)(position + begin * 8));
    }
}

enum status exact_sum_get(struct bytes *in, struct exact_sum *out, struct error *err)
{
    struct reader r;
    reader_init(&r, *in);
    memset(out, 0, sizeof *out);
    uint8_t flags = reader_u8(&r);
    int64_t count = reader_varint(&r), specials[3] = {0};
    for (int i = 0; (flags & FLAG_SPECIAL) != 0 && i < 3; i++)
        specials[i] = reader_varint(&r);
    get_number(&r, (flags & FLAG_NEGATIVE) != 0, out);
    if (r.failed || flags > 3 || count > INT64_C(1) << 47 || count < -(INT64_C(1) << 47)) {
        exact_sum_clear(out);
        return error_set(err, STATUS_CORRUPT, "a serial sum is damaged");
    }
    if ((flags & FLAG_SPECIAL) != 0) {
        if (!sum_is_promoted(out))
            sum_promote(out);
        struct wide_sum *w = sum_wide(out);
        w->infinity_count = specials[0];
        w->minus_infinity_count = specials[1];
        w->nan_count = specials[2];
    }
    sum_count_add(out, count);
    *in = (struct bytes){r.data + r.position, r.size - r.position};
    return STATUS_OK;
}
