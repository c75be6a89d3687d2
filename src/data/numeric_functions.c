/* numeric_functions.c - square root, exp, logarithms and powers, with the digits that PostgreSQL prints. */
#include <math.h>
#include <stdlib.h>

#include "data/number.h"

static enum status store_value(int128 v, int scale, struct arena *arena, struct string *out)
{
    numeric_store_small(v, scale, arena, out);
    return STATUS_OK;
}

static enum status store_infinity(bool negative, struct arena *arena, struct string *out)
{
    number_store_kind(negative ? NUMBER_MINUS_INFINITY : NUMBER_INFINITY, arena, out);
    return STATUS_OK;
}

enum status numeric_sqrt(const struct string *a, struct arena *arena, struct string *out)
{
    if (numeric_sign(a) < 0)
        return STATUS_INVALID_POWER;
    if (numeric_is_special(a)) {
        *out = *a;
        return STATUS_OK;
    }
    struct number n;
    number_init(&n);
    number_load(&n, a);
    long weight, group;
    number_leading_group(&n, &weight, &group);
    int scale = clamp_scale(SIGNIFICANT_MIN - (weight * 2 + 1), n.scale);
    /* the root at one digit more, cut: no exact tie can be missed, for a tie's square would have an odd number of digits */
    struct number root;
    number_init(&root);
    root.scale = scale + 1;
    number_round(&n, 2 * (scale + 1), true);
    mpz_sqrt(root.value, n.value);
    number_round(&root, scale, false);
    enum status st = number_store(&root, arena, out);
    number_clear(&n);
    number_clear(&root);
    return st;
}

static enum status exp_number(const struct number *x, struct arena *arena, struct string *out)
{
    double value = number_to_double(x), weight = value * 0.434294481903252;
    if (weight > RESULT_SCALE_MAX)
        weight = RESULT_SCALE_MAX;
    if (weight < -RESULT_SCALE_MAX)
        weight = -RESULT_SCALE_MAX;
    int scale = clamp_scale(SIGNIFICANT_MIN - (long)weight, x->scale);
    if (fabs(value) >= RESULT_SCALE_MAX * 3)
        return value > 0 ? STATUS_NUMERIC_OUT_OF_RANGE : store_value(0, scale, arena, out);
    struct number result;
    number_init(&result);
    number_exp(x, scale, &result);
    enum status st = number_store(&result, arena, out);
    number_clear(&result);
    return st;
}

enum status numeric_exp(const struct string *a, struct arena *arena, struct string *out)
{
    if (numeric_is_special(a)) {
        if (numeric_sign(a) < 0)
            return store_value(0, 0, arena, out);
        *out = *a;
        return STATUS_OK;
    }
    struct number x;
    number_init(&x);
    number_load(&x, a);
    enum status st = exp_number(&x, arena, out);
    number_clear(&x);
    return st;
}

enum status numeric_ln(const struct string *a, struct arena *arena, struct string *out)
{
    if (numeric_sign(a) <= 0)
        return STATUS_INVALID_LOGARITHM;
    if (numeric_is_special(a)) {
        *out = *a;
        return STATUS_OK;
    }
    struct number x, result;
    number_init(&x);
    number_init(&result);
    number_load(&x, a);
    number_ln(&x, clamp_scale(SIGNIFICANT_MIN - number_ln_weight(&x), x.scale), &result);
    enum status st = number_store(&result, arena, out);
    number_clear(&x);
    number_clear(&result);
    return st;
}

static enum status log_special(const struct string *base, const struct string *a, struct arena *arena, struct string *out)
{
    bool base_infinite = numeric_kind(base) == NUMBER_INFINITY, a_infinite = numeric_kind(a) == NUMBER_INFINITY;
    if (numeric_kind(base) == NUMBER_NAN || numeric_kind(a) == NUMBER_NAN || (base_infinite && a_infinite)) {
        number_store_kind(NUMBER_NAN, arena, out);
        return STATUS_OK;
    }
    return base_infinite ? store_value(0, 0, arena, out) : store_infinity(false, arena, out);
}

static enum status log_numbers(const struct number *base, const struct number *x, struct number *result)
{
    long base_weight = number_ln_weight(base), x_weight = number_ln_weight(x), weight = x_weight - base_weight;
    int scale = clamp_scale(SIGNIFICANT_MIN - weight, base->scale > x->scale ? base->scale : x->scale);
    long base_scale = scale + weight - base_weight + 8, x_scale = scale + weight - x_weight + 8;
    struct number ln_base, ln_x;
    number_init(&ln_base);
    number_init(&ln_x);
    number_ln(base, (int)(base_scale < 0 ? 0 : base_scale), &ln_base);
    number_ln(x, (int)(x_scale < 0 ? 0 : x_scale), &ln_x);
    enum status st = mpz_sgn(ln_base.value) == 0 ? STATUS_DIVISION_BY_ZERO : STATUS_OK;
    if (st == STATUS_OK)
        number_divide(&ln_x, &ln_base, scale, result);
    number_clear(&ln_base);
    number_clear(&ln_x);
    return st;
}

enum status numeric_log(const struct string *base, const struct string *a, struct arena *arena, struct string *out)
{
    bool has_nan = numeric_kind(base) == NUMBER_NAN || numeric_kind(a) == NUMBER_NAN;
    if (!has_nan && (numeric_sign(base) <= 0 || numeric_sign(a) <= 0))
        return STATUS_INVALID_LOGARITHM;
    if (numeric_is_special(base) || numeric_is_special(a))
        return log_special(base, a, arena, out);
    struct number b, x, result;
    number_init(&b);
    number_init(&x);
    number_init(&result);
    number_load(&b, base);
    number_load(&x, a);
    enum status st = log_numbers(&b, &x, &result);
    if (st == STATUS_OK)
        st = number_store(&result, arena, out);
    number_clear(&b);
    number_clear(&x);
    number_clear(&result);
    return st;
}

/* Keeps the first `digits` decimal digits of n. */
static void keep_digits(struct number *n, long digits)
{
    long drop = digit_count(n->value) - digits;
    if (drop <= 0)
        return;
    if (drop <= n->scale) {
        number_round(n, n->scale - (int)drop, false);
    } else {
        /* a long integer: its scale goes below zero, in the exponent sense, while it is multiplied */
        mpz_t factor;
        mpz_init(factor);
        power_of_ten_big(factor, (unsigned long)drop);
        mpz_tdiv_q(n->value, n->value, factor);
        mpz_clear(factor);
        n->scale -= (int)drop;
    }
}

/* A scale below zero means zeros that were left away. */
static void restore_scale(struct number *n)
{
    if (n->scale >= 0)
        return;
    mpz_t factor;
    mpz_init(factor);
    power_of_ten_big(factor, (unsigned long)-n->scale);
    mpz_mul(n->value, n->value, factor);
    mpz_clear(factor);
    n->scale = 0;
}

/* result = base^exponent with `digits` significant digits. */
static void raise(const struct number *base, uint64_t exponent, long digits, struct number *result)
{
    struct number square;
    number_init(&square);
    mpz_set(square.value, base->value);
    square.scale = base->scale;
    mpz_set_ui(result->value, 1);
    result->scale = 0;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1) {
            mpz_mul(result->value, result->value, square.value);
            result->scale += square.scale;
            keep_digits(result, digits);
        }
        if (exponent > 1) {
            mpz_mul(square.value, square.value, square.value);
            square.scale *= 2;
            keep_digits(&square, digits);
        }
    }
    number_clear(&square);
}

static void invert(struct number *n, int scale)
{
    struct number one, result;
    number_init(&one);
    number_init(&result);
    mpz_set_ui(one.value, 1);
    restore_scale(n);
    number_divide(&one, n, scale, &result);
    mpz_swap(n->value, result.value);
    n->scale = scale;
    number_clear(&one);
    number_clear(&result);
}

/* log10 of |n|, n not 0, from its first 16 digits or so as PostgreSQL takes them. */
static double log10_of(const struct number *n)
{
    signed long exponent;
    double mantissa = fabs(mpz_get_d_2exp(&exponent, n->value));
    return log10(mantissa) + (double)exponent * 0.301029995663981195 - n->scale;
}

/* Sixteen decimals, or as many as the base has, whatever the size of the result: so PostgreSQL 15 has it. */
static enum status power_integer(const struct number *base, long exponent, struct number *result)
{
    bool zero = mpz_sgn(base->value) == 0;
    double weight = zero ? 0 : (double)exponent * log10_of(base);
    if (weight > WHOLE_DIGITS_MAX)
        return STATUS_NUMERIC_OUT_OF_RANGE;
    int scale = clamp_scale(SIGNIFICANT_MIN, base->scale);
    if (weight + 1 < -scale) {
        result->scale = scale;
        return STATUS_OK;
    }
    if (zero && exponent < 0)
        return STATUS_DIVISION_BY_ZERO;
    uint64_t magnitude = exponent < 0 ? 0 - (uint64_t)exponent : (uint64_t)exponent;
    long digits = 1 + scale + labs((long)weight) + (long)log((double)magnitude + 1) + 12;
    raise(base, magnitude, digits, result);
    if (exponent < 0) {
        /* of a tiny or a huge power only as many digits are right as were kept: that is enough for the reciprocal */
        invert(result, scale);
    } else {
        restore_scale(result);
        number_round(result, scale, false);
    }
    return STATUS_OK;
}

/* base > 0: e^(exponent * ln base) */
static enum status power_real(const struct number *base, const struct number *exponent, struct number *result)
{
    long ln_weight = number_ln_weight(base);
    struct number product;
    number_init(&product);
    int rough_scale = (int)(8 - ln_weight < 0 ? 0 : 8 - ln_weight);
    number_ln(base, rough_scale, &product);
    mpz_mul(product.value, product.value, exponent->value);
    product.scale += exponent->scale;
    number_round(&product, rough_scale, false); /* else a whole weight could come out just below */
    double value = number_to_double(&product);
    if (fabs(value) > RESULT_SCALE_MAX * 3.01) {
        number_clear(&product);
        result->scale = DISPLAY_SCALE_MAX;
        return value > 0 ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
    }
    long weight = (long)(value * 0.434294481903252);
    int scale = clamp_scale(SIGNIFICANT_MIN - weight, base->scale > exponent->scale ? base->scale : exponent->scale);
    long ln_scale = scale + weight - ln_weight + 8;
    if (ln_scale < 0)
        ln_scale = 0;
    number_ln(base, (int)ln_scale, &product);
    mpz_mul(product.value, product.value, exponent->value);
    product.scale += exponent->scale;
    number_round(&product, (int)ln_scale, false);
    enum status st = fabs(number_to_double(&product)) >= RESULT_SCALE_MAX * 3 ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
    if (st == STATUS_OK)
        number_exp(&product, scale, result);
    number_clear(&product);
    return st;
}

static bool is_odd(const struct number *n)
{
    struct number whole;
    number_init(&whole);
    mpz_set(whole.value, n->value);
    whole.scale = n->scale;
    number_round(&whole, 0, true);
    bool odd = mpz_odd_p(whole.value) != 0;
    number_clear(&whole);
    return odd;
}

static enum status power_numbers(struct number *base, const struct number *exponent, struct number *result)
{
    bool integral = number_is_integral(exponent);
    if (mpz_sgn(base->value) == 0 && mpz_sgn(exponent->value) < 0)
        return STATUS_INVALID_POWER;
    if (mpz_sgn(base->value) < 0 && !integral)
        return STATUS_INVALID_POWER;
    if (integral) {
        struct number whole;
        number_init(&whole);
        mpz_set(whole.value, exponent->value);
        whole.scale = exponent->scale;
        number_round(&whole, 0, true);
        bool small = mpz_fits_sint_p(whole.value) != 0;
        long value = small ? mpz_get_si(whole.value) : 0;
        number_clear(&whole);
        if (small)
            return power_integer(base, value, result);
    }
    if (mpz_sgn(base->value) == 0) {
        result->scale = SIGNIFICANT_MIN;
        return STATUS_OK;
    }
    bool negative = mpz_sgn(base->value) < 0 && is_odd(exponent);
    mpz_abs(base->value, base->value);
    enum status st = power_real(base, exponent, result);
    if (negative)
        mpz_neg(result->value, result->value);
    return st;
}

static bool equals(const struct string *a, int value)
{
    struct string other;
    struct arena *none = NULL; /* a short numeric needs no memory */
    numeric_store_small(value, 0, none, &other);
    return numeric_compare(a, &other) == 0;
}

static bool is_odd_integer(const struct string *a)
{
    struct number n;
    number_init(&n);
    number_load(&n, a);
    bool odd = number_is_integral(&n) && is_odd(&n);
    number_clear(&n);
    return odd;
}

static bool is_integer(const struct string *a)
{
    struct number n;
    number_init(&n);
    number_load(&n, a);
    bool integral = n.kind == NUMBER_FINITE && number_is_integral(&n);
    number_clear(&n);
    return integral || numeric_kind(a) == NUMBER_INFINITY || numeric_kind(a) == NUMBER_MINUS_INFINITY;
}

static bool magnitude_is_above_one(const struct string *a)
{
    struct string one;
    numeric_store_small(numeric_sign(a) < 0 ? -1 : 1, 0, NULL, &one);
    return numeric_sign(a) != 0 && numeric_compare(a, &one) * numeric_sign(a) > 0;
}

/* One of them is NaN or an infinity: the rules of POSIX pow(). */
static enum status power_special(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    if (numeric_kind(a) == NUMBER_NAN || numeric_kind(b) == NUMBER_NAN) {
        bool is_one = numeric_kind(a) == NUMBER_NAN ? equals(b, 0) : equals(a, 1);
        if (is_one)
            return store_value(1, 0, arena, out);
        number_store_kind(NUMBER_NAN, arena, out);
        return STATUS_OK;
    }
    int a_sign = numeric_sign(a), b_sign = numeric_sign(b);
    if ((a_sign == 0 && b_sign < 0) || (a_sign < 0 && !is_integer(b)))
        return STATUS_INVALID_POWER;
    if (equals(a, 1) || b_sign == 0)
        return store_value(1, 0, arena, out);
    if (a_sign == 0)
        return store_value(0, 0, arena, out);
    if (numeric_is_special(b)) {
        if (equals(a, -1))
            return store_value(1, 0, arena, out);
        bool above_one = numeric_is_special(a) || magnitude_is_above_one(a);
        return above_one == (b_sign > 0) ? store_infinity(false, arena, out) : store_value(0, 0, arena, out);
    }
    if (b_sign < 0)
        return store_value(0, 0, arena, out);
    return store_infinity(a_sign < 0 && is_odd_integer(b), arena, out);
}

enum status numeric_power(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    if (numeric_is_special(a) || numeric_is_special(b))
        return power_special(a, b, arena, out);
    struct number base, exponent, result;
    number_init(&base);
    number_init(&exponent);
    number_init(&result);
    number_load(&base, a);
    number_load(&exponent, b);
    enum status st = power_numbers(&base, &exponent, &result);
    if (st == STATUS_OK)
        st = number_store(&result, arena, out);
    number_clear(&base);
    number_clear(&exponent);
    number_clear(&result);
    return st;
}
