/* number.c - packing and unpacking numerics, and rounding. */
#include "data/number.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { HEADER_SIZE = 4 };

void number_init(struct number *n)
{
    n->kind = NUMBER_FINITE;
    n->scale = 0;
    mpz_init(n->value);
}

void number_clear(struct number *n)
{
    mpz_clear(n->value);
}

enum number_kind numeric_kind(const struct string *s)
{
    assert(s->size >= HEADER_SIZE);
    return (enum number_kind)(string_data(s)[0] & 3);
}

int numeric_scale(const struct string *s)
{
    const uint8_t *p = (const uint8_t *)string_data(s);
    return p[2] | p[3] << 8;
}

void number_load(struct number *n, const struct string *s)
{
    const uint8_t *p = (const uint8_t *)string_data(s);
    n->kind = numeric_kind(s);
    n->scale = numeric_scale(s);
    mpz_import(n->value, s->size - HEADER_SIZE, -1, 1, 0, 0, p + HEADER_SIZE);
    if (p[1] != 0)
        mpz_neg(n->value, n->value);
}

bool numeric_small(const struct string *s, int128 *value, int *scale)
{
    if (s->size > HEADER_SIZE + 15 || numeric_kind(s) != NUMBER_FINITE)
        return false;
    const uint8_t *p = (const uint8_t *)string_data(s);
    int128 v = 0;
    memcpy(&v, p + HEADER_SIZE, s->size - HEADER_SIZE);
    *value = p[1] != 0 ? -v : v;
    *scale = p[2] | p[3] << 8;
    return true;
}

/* Room for a numeric whose magnitude has size bytes: short ones need none of the arena. */
static struct string pack(enum number_kind kind, bool negative, int scale, const uint8_t *magnitude, size_t size, struct arena *arena)
{
    uint8_t small[STRING_INLINE_SIZE], *p = small;
    if (HEADER_SIZE + size > sizeof small)
        p = arena_alloc(arena, HEADER_SIZE + size);
    p[0] = (uint8_t)kind;
    p[1] = negative;
    p[2] = (uint8_t)scale;
    p[3] = (uint8_t)(scale >> 8);
    memcpy(p + HEADER_SIZE, magnitude, size);
    return string_make((const char *)p, HEADER_SIZE + size);
}

void numeric_store_small(int128 value, int scale, struct arena *arena, struct string *out)
{
    assert(scale >= 0 && scale <= SCALE_MAX);
    uint128 magnitude = value < 0 ? 0 - (uint128)value : (uint128)value;
    uint8_t bytes[16];
    memcpy(bytes, &magnitude, 16);
    size_t size = 16;
    while (size > 0 && bytes[size - 1] == 0)
        size--;
    *out = pack(NUMBER_FINITE, value < 0, scale, bytes, size, arena);
}

void number_store_kind(enum number_kind kind, struct arena *arena, struct string *out)
{
    uint8_t none = 0;
    *out = pack(kind, false, 0, &none, 0, arena);
}

enum status number_store(const struct number *n, struct arena *arena, struct string *out)
{
    if (n->kind != NUMBER_FINITE) {
        number_store_kind(n->kind, arena, out);
        return STATUS_OK;
    }
    if (n->scale > SCALE_MAX || digit_count(n->value) - n->scale > WHOLE_DIGITS_MAX)
        return STATUS_NUMERIC_OUT_OF_RANGE;
    size_t size = (mpz_sizeinbase(n->value, 2) + 7) / 8;
    uint8_t *bytes = arena_alloc(arena, size + 8);
    mpz_export(bytes, &size, -1, 1, 0, 0, n->value);
    *out = pack(NUMBER_FINITE, mpz_sgn(n->value) < 0, n->scale, bytes, size, arena);
    return STATUS_OK;
}

void power_of_ten_big(mpz_ptr out, unsigned long n)
{
    mpz_ui_pow_ui(out, 10, n);
}

long digit_count(mpz_srcptr v)
{
    if (mpz_sgn(v) == 0)
        return 0;
    size_t count = mpz_sizeinbase(v, 10); /* exact or one too many */
    mpz_t limit;
    mpz_init(limit);
    power_of_ten_big(limit, count - 1);
    bool less = mpz_cmpabs(v, limit) < 0;
    mpz_clear(limit);
    return (long)count - less;
}

/* q = a / b for b > 0, half away from zero or cut. */
static void divide_rounded(mpz_ptr q, mpz_srcptr a, mpz_srcptr b, bool truncate)
{
    mpz_t rest;
    mpz_init(rest);
    int sign = mpz_sgn(a) * mpz_sgn(b);
    mpz_tdiv_qr(q, rest, a, b);
    if (!truncate) {
        mpz_mul_2exp(rest, rest, 1);
        if (mpz_cmpabs(rest, b) >= 0) {
            if (sign < 0)
                mpz_sub_ui(q, q, 1);
            else
                mpz_add_ui(q, q, 1);
        }
    }
    mpz_clear(rest);
}

void number_round(struct number *n, int scale, bool truncate)
{
    if (n->kind != NUMBER_FINITE || scale == n->scale)
        return;
    mpz_t factor;
    mpz_init(factor);
    if (scale > n->scale) {
        power_of_ten_big(factor, (unsigned long)(scale - n->scale));
        mpz_mul(n->value, n->value, factor);
    } else {
        long drop = (long)n->scale - scale;
        if (drop > (long)mpz_sizeinbase(n->value, 10) + 1) {
            mpz_set_ui(n->value, 0);
        } else {
            power_of_ten_big(factor, (unsigned long)drop);
            divide_rounded(n->value, n->value, factor, truncate);
            if (scale < 0) {
                power_of_ten_big(factor, (unsigned long)-scale);
                mpz_mul(n->value, n->value, factor);
            }
        }
    }
    mpz_clear(factor);
    n->scale = scale < 0 ? 0 : scale;
}

static long floor_div(long a, long b)
{
    long q = a / b;
    return q - (a % b < 0);
}

void number_leading_group(const struct number *n, long *weight, long *group)
{
    *weight = *group = 0;
    if (mpz_sgn(n->value) == 0)
        return;
    *weight = floor_div(digit_count(n->value) - 1 - n->scale, 4);
    long shift = n->scale + *weight * 4; /* digits to drop; the group is what is left */
    mpz_t t;
    mpz_init(t);
    power_of_ten_big(t, (unsigned long)labs(shift));
    if (shift >= 0)
        mpz_tdiv_q(t, n->value, t);
    else
        mpz_mul(t, n->value, t);
    *group = labs(mpz_get_si(t));
    mpz_clear(t);
}

bool number_is_integral(const struct number *n)
{
    mpz_t factor;
    mpz_init(factor);
    power_of_ten_big(factor, (unsigned long)n->scale);
    bool integral = mpz_divisible_p(n->value, factor) != 0;
    mpz_clear(factor);
    return integral;
}

double number_to_double(const struct number *n)
{
    signed long exponent;
    double mantissa = mpz_get_d_2exp(&exponent, n->value); /* mantissa * 2^exponent */
    if (mantissa == 0)
        return 0;
    double log2_value = log2(fabs(mantissa)) + (double)exponent - n->scale * 3.321928094887362;
    if (log2_value > 1023)
        return mantissa < 0 ? -1e308 : 1e308;
    return (mantissa < 0 ? -1 : 1) * exp2(log2_value);
}

void number_divide(const struct number *a, const struct number *b, int scale, struct number *out)
{
    /* out * 10^-scale = a * 10^-a.scale / (b * 10^-b.scale) */
    long shift = (long)scale + b->scale - a->scale;
    mpz_t factor, numerator, denominator;
    mpz_inits(factor, numerator, denominator, NULL);
    power_of_ten_big(factor, (unsigned long)labs(shift));
    mpz_set(numerator, a->value);
    mpz_set(denominator, b->value);
    if (shift >= 0)
        mpz_mul(numerator, numerator, factor);
    else
        mpz_mul(denominator, denominator, factor);
    divide_rounded(out->value, numerator, denominator, false);
    mpz_clears(factor, numerator, denominator, NULL);
    out->kind = NUMBER_FINITE;
    out->scale = scale;
}
