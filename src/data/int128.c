/* int128.c - decimals that fit 128 bits. */
#include <assert.h>

#include "data/numeric.h"

static const uint64_t SMALL_POWERS[] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};

int128 int128_power_of_ten(unsigned n)
{
    assert(n <= NUMERIC_PRECISION_MAX);
    return n <= 19 ? (int128)SMALL_POWERS[n] : (int128)SMALL_POWERS[19] * (int128)SMALL_POWERS[n - 19];
}

static const char TWO_DIGITS[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657"
                                 "58596061626364656667686970717273747576777879808182838485868788899091929394959697989900";

/* The digits of v before end; returns where they begin. */
static char *put_digits_before(char *end, uint64_t v)
{
    while (v >= 100) {
        end -= 2;
        memcpy(end, TWO_DIGITS + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10) {
        end -= 2;
        memcpy(end, TWO_DIGITS + v * 2, 2);
    } else {
        *--end = (char)('0' + v);
    }
    return end;
}

/* Exactly 19 digits before end. */
static char *put_19_digits_before(char *end, uint64_t v)
{
    char *begin = end - 19, *at = put_digits_before(end, v);
    while (at > begin)
        *--at = '0';
    return begin;
}

size_t int128_format(int128 v, int scale, char *out)
{
    assert(scale >= 0 && scale <= NUMERIC_PRECISION_MAX);
    char digits[64], *end = digits + sizeof digits, *at;
    uint128 magnitude = v < 0 ? 0 - (uint128)v : (uint128)v;
    const uint64_t base = SMALL_POWERS[19];
    if (magnitude >> 64 == 0) {
        at = put_digits_before(end, (uint64_t)magnitude);
    } else {
        at = put_19_digits_before(end, (uint64_t)(magnitude % base));
        magnitude /= base;
        if (magnitude >= base) {
            at = put_19_digits_before(at, (uint64_t)(magnitude % base));
            magnitude /= base;
        }
        at = put_digits_before(at, (uint64_t)magnitude);
    }
    while (end - at <= scale)
        *--at = '0';
    size_t size = 0, whole = (size_t)(end - at) - (size_t)scale;
    if (v < 0)
        out[size++] = '-';
    memcpy(out + size, at, whole);
    size += whole;
    if (scale > 0) {
        out[size++] = '.';
        memcpy(out + size, at + whole, (size_t)scale);
        size += (size_t)scale;
    }
    out[size] = '\0';
    return size;
}

bool int128_rescale(int128 v, int from_scale, int to_scale, int128 *out)
{
    int steps = to_scale - from_scale;
    if (steps == 0 || v == 0) {
        *out = v;
        return true;
    }
    if (steps > NUMERIC_PRECISION_MAX)
        return false;
    if (steps > 0)
        return !__builtin_mul_overflow(v, int128_power_of_ten((unsigned)steps), out);
    if (steps < -NUMERIC_PRECISION_MAX) {
        *out = 0; /* |v| < 1.71e38 is less than half of 10^39 */
        return true;
    }
    int128 divisor = int128_power_of_ten((unsigned)-steps);
    int128 quotient, rest;
    if ((int64_t)v == v && (int64_t)divisor == divisor) {
        quotient = (int64_t)v / (int64_t)divisor;
        rest = (int64_t)v % (int64_t)divisor;
    } else {
        quotient = v / divisor;
        rest = v % divisor;
    }
    if (rest < 0)
        rest = -rest;
    if (rest >= divisor - rest)
        quotient += v < 0 ? -1 : 1;
    *out = quotient;
    return true;
}

bool int128_fits(int128 v, unsigned precision)
{
    if (precision > NUMERIC_PRECISION_MAX)
        return true;
    int128 limit = int128_power_of_ten(precision);
    return v < limit && v > -limit;
}
