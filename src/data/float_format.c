/* float_format.c - the shortest decimal that reads back as the same number, spelled as PostgreSQL does.
 *
 * Doubles with few decimals, which is what people's data holds, are found
 * exactly by trying: t / 10^d is correctly rounded when t < 2^53, and of at
 * most 15 digits no two decimals share a double. The others go through
 * Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles", 2020).
 * A decimal exactly on the boundary between two doubles is not taken, as in
 * PostgreSQL: 1e23 prints as 9.999999999999999e+22.
 */
#include <math.h>
#include <stdlib.h>

#include "data/power_of_ten.h"
#include "data/text.h"

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* floor(log10(2^e)), or of 3/4 of it */
static int floor_log10_power_of_two(int e, bool three_quarters)
{
    return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* The boundaries of a binary number times 4, in units of 10^k, rounded to odd. */
struct interval_of_decimals {
    uint64_t lower, middle, upper;
};

static struct decimal shortest_inside(const struct interval_of_decimals *v, int k)
{
    uint64_t lower = v->lower + 1, upper = v->upper - 1; /* the boundaries are not inside */
    uint64_t s = v->middle / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){tens + above, k + 1};
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, k};
    uint64_t half = 4 * s + 2;
    bool up = v->middle > half || (v->middle == half && (s & 1) != 0);
    return (struct decimal){s + up, k};
}

static uint64_t round_to_odd_128(uint64_t high, uint64_t low, uint64_t factor)
{
    uint128 x = (uint128)low * factor;
    uint128 y = (uint128)high * factor + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

static struct decimal double_shortest(uint64_t fraction, int exponent)
{
    uint64_t c = exponent != 0 ? fraction | UINT64_C(1) << 52 : fraction;
    int q = exponent != 0 ? exponent - 1075 : -1074;
    bool lower_is_closer = fraction == 0 && exponent > 1;
    int k = floor_log10_power_of_two(q, lower_is_closer);
    int h = q + power_of_ten_exponent(-k) + 1;
    const struct power_of_ten *p = power_of_ten(-k);
    uint64_t high = p->high, low = p->low;
    if (!power_of_ten_is_exact(-k) && ++low == 0)
        high++;
    struct interval_of_decimals v = {
        .lower = round_to_odd_128(high, low, (4 * c - 2 + lower_is_closer) << h),
        .middle = round_to_odd_128(high, low, (4 * c) << h),
        .upper = round_to_odd_128(high, low, (4 * c + 2) << h),
    };
    return shortest_inside(&v, k);
}

static uint64_t round_to_odd_64(uint64_t power, uint64_t factor)
{
    uint128 p = (uint128)power * factor;
    uint64_t y1 = (uint64_t)(p >> 64), y0 = (uint64_t)p;
    return y1 | (y0 >> 32 > 1);
}

static struct decimal float_shortest(uint32_t fraction, int exponent)
{
    uint64_t c = exponent != 0 ? fraction | UINT32_C(1) << 23 : fraction;
    int q = exponent != 0 ? exponent - 150 : -149;
    bool lower_is_closer = fraction == 0 && exponent > 1;
    int k = floor_log10_power_of_two(q, lower_is_closer);
    int h = q + power_of_ten_exponent(-k) + 1;
    const struct power_of_ten *p = power_of_ten(-k);
    uint64_t power = p->high + (p->low != 0);
    struct interval_of_decimals v = {
        .lower = round_to_odd_64(power, (4 * c - 2 + lower_is_closer) << h),
        .middle = round_to_odd_64(power, (4 * c) << h),
        .upper = round_to_odd_64(power, (4 * c + 2) << h),
    };
    return shortest_inside(&v, k);
}

static const double POWERS_OF_TEN[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};

/* v > 0 with at most 8 decimals and 15 digits. */
static bool few_decimals(double v, struct decimal *out)
{
    if (!(v < 1e15) || v < 1e-5)
        return false;
    for (int d = 0; d <= 8; d++) {
        double scaled = v * POWERS_OF_TEN[d];
        if (scaled >= 1e15)
            return false;
        double rounded = (double)(int64_t)(scaled + 0.5);
        if (rounded / POWERS_OF_TEN[d] == v && rounded < 1e15) {
            *out = (struct decimal){(uint64_t)rounded, -d};
            return true;
        }
    }
    return false;
}

static size_t put_digits(uint64_t v, char *out)
{
    char reversed[20];
    size_t size = 0;
    do {
        reversed[size++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    for (size_t i = 0; i < size; i++)
        out[i] = reversed[size - 1 - i];
    return size;
}

static size_t put_exponent(int exponent, char *out)
{
    size_t size = 0;
    out[size++] = 'e';
    out[size++] = exponent < 0 ? '-' : '+';
    unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (magnitude < 10)
        out[size++] = '0';
    return size + put_digits(magnitude, out + size);
}

/* digits[0..count) with the first at 10^exponent, plain or with an exponent as %g with this precision chooses. */
static size_t put_number(const char *digits, size_t count, int exponent, int precision, char *out)
{
    size_t size = 0;
    if (exponent < -4 || exponent >= precision) {
        out[size++] = digits[0];
        if (count > 1) {
            out[size++] = '.';
            memcpy(out + size, digits + 1, count - 1);
            size += count - 1;
        }
        return size + put_exponent(exponent, out + size);
    }
    if (exponent < 0) {
        out[size++] = '0';
        out[size++] = '.';
        for (int i = -1; i > exponent; i--)
            out[size++] = '0';
        memcpy(out + size, digits, count);
        return size + count;
    }
    size_t whole = (size_t)exponent + 1;
    for (size_t i = 0; i < whole; i++)
        out[size++] = i < count ? digits[i] : '0';
    if (count > whole) {
        out[size++] = '.';
        memcpy(out + size, digits + whole, count - whole);
        size += count - whole;
    }
    return size;
}

static void put_decimal(bool negative, struct decimal d, int precision, struct buffer *out)
{
    char digits[20];
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    size_t count = put_digits(d.digits, digits);
    char *to = (char *)buffer_reserve(out, 48);
    size_t size = 0;
    if (negative)
        to[size++] = '-';
    size += put_number(digits, count, d.exponent + (int)count - 1, precision, to + size);
    buffer_advance(out, size);
}

/* NaN, infinities and zeros; false for all others. */
static bool put_special(double v, struct buffer *out)
{
    if (v != v)
        buffer_put_text(out, "NaN");
    else if (isinf(v))
        buffer_put_text(out, v < 0 ? "-Infinity" : "Infinity");
    else if (v == 0)
        buffer_put_text(out, signbit(v) ? "-0" : "0");
    else
        return false;
    return true;
}

void double_format(double v, struct buffer *out)
{
    if (put_special(v, out))
        return;
    uint64_t bits;
    memcpy(&bits, &v, 8);
    struct decimal d;
    if (!few_decimals(fabs(v), &d))
        d = double_shortest(bits & ((UINT64_C(1) << 52) - 1), (int)(bits >> 52 & 0x7ff));
    put_decimal(bits >> 63 != 0, d, 15, out);
}

void float_format(float v, struct buffer *out)
{
    if (put_special((double)v, out))
        return;
    uint32_t bits;
    memcpy(&bits, &v, 4);
    struct decimal d = float_shortest(bits & ((UINT32_C(1) << 23) - 1), (int)(bits >> 23 & 0xff));
    put_decimal(bits >> 31 != 0, d, 6, out);
}
