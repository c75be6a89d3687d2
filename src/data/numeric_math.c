/* numeric_math.c - exact arithmetic on out-of-line numerics, with PostgreSQL's scales. Values below 2^120 take a path without GMP. */
#include "data/number.h"

static bool is_nan(const struct string *v)
{
    return numeric_kind(v) == NUMBER_NAN;
}

static bool is_finite(const struct string *v)
{
    return numeric_kind(v) == NUMBER_FINITE;
}

int numeric_sign(const struct string *a)
{
    switch (numeric_kind(a)) {
    case NUMBER_NAN:
    case NUMBER_INFINITY: return 1;
    case NUMBER_MINUS_INFINITY: return -1;
    case NUMBER_FINITE: break;
    }
    return a->size == 4 ? 0 : string_data(a)[1] != 0 ? -1 : 1;
}

static enum status store_kind(enum number_kind kind, struct arena *arena, struct string *out)
{
    number_store_kind(kind, arena, out);
    return STATUS_OK;
}

static enum status store_infinity(int sign, struct arena *arena, struct string *out)
{
    return store_kind(sign < 0 ? NUMBER_MINUS_INFINITY : NUMBER_INFINITY, arena, out);
}

/* a + b for values at their scales, if all of it fits. */
static bool add_small(const struct string *a, const struct string *b, bool subtract, struct arena *arena, struct string *out)
{
    int128 x, y, sum;
    int x_scale, y_scale;
    if (!numeric_small(a, &x, &x_scale) || !numeric_small(b, &y, &y_scale))
        return false;
    int scale = x_scale > y_scale ? x_scale : y_scale;
    if (!int128_rescale(x, x_scale, scale, &x) || !int128_rescale(y, y_scale, scale, &y))
        return false;
    if (subtract ? __builtin_sub_overflow(x, y, &sum) : __builtin_add_overflow(x, y, &sum))
        return false;
    numeric_store_small(sum, scale, arena, out);
    return true;
}

/* Initialises both, with the larger of the two scales. */
static void load_aligned(const struct string *a, const struct string *b, struct number *x, struct number *y)
{
    number_init(x);
    number_init(y);
    number_load(x, a);
    number_load(y, b);
    int scale = x->scale > y->scale ? x->scale : y->scale;
    number_round(x, scale, false);
    number_round(y, scale, false);
}

static enum status add_big(const struct string *a, const struct string *b, bool subtract, struct arena *arena, struct string *out)
{
    struct number x, y;
    load_aligned(a, b, &x, &y);
    if (subtract)
        mpz_sub(x.value, x.value, y.value);
    else
        mpz_add(x.value, x.value, y.value);
    enum status st = number_store(&x, arena, out);
    number_clear(&x);
    number_clear(&y);
    return st;
}

static enum status add(const struct string *a, const struct string *b, bool subtract, struct arena *arena, struct string *out)
{
    if (add_small(a, b, subtract, arena, out))
        return STATUS_OK;
    if (is_finite(a) && is_finite(b))
        return add_big(a, b, subtract, arena, out);
    int b_sign = subtract ? -numeric_sign(b) : numeric_sign(b);
    if (is_nan(a) || is_nan(b) || (!is_finite(a) && !is_finite(b) && numeric_sign(a) != b_sign))
        return store_kind(NUMBER_NAN, arena, out);
    return store_infinity(!is_finite(a) ? numeric_sign(a) : b_sign, arena, out);
}

enum status numeric_add(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    return add(a, b, false, arena, out);
}

enum status numeric_subtract(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    return add(a, b, true, arena, out);
}

static enum status multiply_special(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    int sign = numeric_sign(a) * numeric_sign(b);
    if (is_nan(a) || is_nan(b) || sign == 0)
        return store_kind(NUMBER_NAN, arena, out);
    return store_infinity(sign, arena, out);
}

enum status numeric_multiply(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    int128 x, y, product;
    int x_scale, y_scale;
    if (numeric_small(a, &x, &x_scale) && numeric_small(b, &y, &y_scale) && x_scale + y_scale <= SCALE_MAX &&
        !__builtin_mul_overflow(x, y, &product)) {
        numeric_store_small(product, x_scale + y_scale, arena, out);
        return STATUS_OK;
    }
    if (!is_finite(a) || !is_finite(b))
        return multiply_special(a, b, arena, out);
    struct number p, q;
    number_init(&p);
    number_init(&q);
    number_load(&p, a);
    number_load(&q, b);
    mpz_mul(p.value, p.value, q.value);
    p.scale += q.scale;
    if (p.scale > SCALE_MAX)
        number_round(&p, SCALE_MAX, false);
    enum status st = number_store(&p, arena, out);
    number_clear(&p);
    number_clear(&q);
    return st;
}

/* At least 16 significant digits, as PostgreSQL estimates them, and never fewer decimals than an input has. */
static int division_scale(const struct number *a, const struct number *b)
{
    long a_weight, a_group, b_weight, b_group;
    number_leading_group(a, &a_weight, &a_group);
    number_leading_group(b, &b_weight, &b_group);
    long weight = a_weight - b_weight - (a_group <= b_group);
    int least = a->scale > b->scale ? a->scale : b->scale;
    return clamp_scale(SIGNIFICANT_MIN - weight * 4, least);
}

static enum status divide_special(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    if (is_nan(a) || is_nan(b) || (!is_finite(a) && !is_finite(b)))
        return store_kind(NUMBER_NAN, arena, out);
    if (!is_finite(b)) {
        numeric_store_small(0, 0, arena, out);
        return STATUS_OK;
    }
    int sign = numeric_sign(b);
    return sign == 0 ? STATUS_DIVISION_BY_ZERO : store_infinity(numeric_sign(a) * sign, arena, out);
}

enum status numeric_divide(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    if (!is_finite(a) || !is_finite(b))
        return divide_special(a, b, arena, out);
    if (numeric_sign(b) == 0)
        return STATUS_DIVISION_BY_ZERO;
    struct number x, y, quotient;
    number_init(&x);
    number_init(&y);
    number_init(&quotient);
    number_load(&x, a);
    number_load(&y, b);
    number_divide(&x, &y, division_scale(&x, &y), &quotient);
    enum status st = number_store(&quotient, arena, out);
    number_clear(&x);
    number_clear(&y);
    number_clear(&quotient);
    return st;
}

static enum status modulo_special(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    if (is_nan(a) || is_nan(b))
        return store_kind(NUMBER_NAN, arena, out);
    if (!is_finite(a))
        return numeric_sign(b) == 0 ? STATUS_DIVISION_BY_ZERO : store_kind(NUMBER_NAN, arena, out);
    *out = *a; /* b is an infinity */
    return STATUS_OK;
}

enum status numeric_modulo(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    if (!is_finite(a) || !is_finite(b))
        return modulo_special(a, b, arena, out);
    if (numeric_sign(b) == 0)
        return STATUS_DIVISION_BY_ZERO;
    struct number x, y;
    load_aligned(a, b, &x, &y);
    mpz_tdiv_r(x.value, x.value, y.value);
    enum status st = number_store(&x, arena, out);
    number_clear(&x);
    number_clear(&y);
    return st;
}

/* Rounds as asked; toward = -1 floor, 1 ceiling, 0 neither. */
static enum status round_to(const struct string *a, int scale, bool truncate, int toward, struct arena *arena, struct string *out)
{
    if (!is_finite(a)) {
        *out = *a;
        return STATUS_OK;
    }
    struct number n, whole;
    number_init(&n);
    number_init(&whole);
    number_load(&n, a);
    number_load(&whole, a);
    number_round(&whole, scale, truncate);
    if (toward != 0 && mpz_sgn(n.value) == toward && !number_is_integral(&n)) {
        if (toward > 0)
            mpz_add_ui(whole.value, whole.value, 1);
        else
            mpz_sub_ui(whole.value, whole.value, 1);
    }
    enum status st = number_store(&whole, arena, out);
    number_clear(&n);
    number_clear(&whole);
    return st;
}

static int limit_scale(int scale)
{
    return scale < -RESULT_SCALE_MAX ? -RESULT_SCALE_MAX : scale > RESULT_SCALE_MAX ? RESULT_SCALE_MAX : scale;
}

enum status numeric_round(const struct string *a, int scale, struct arena *arena, struct string *out)
{
    return round_to(a, limit_scale(scale), false, 0, arena, out);
}

enum status numeric_truncate(const struct string *a, int scale, struct arena *arena, struct string *out)
{
    return round_to(a, limit_scale(scale), true, 0, arena, out);
}

enum status numeric_ceil(const struct string *a, struct arena *arena, struct string *out)
{
    return round_to(a, 0, true, 1, arena, out);
}

enum status numeric_floor(const struct string *a, struct arena *arena, struct string *out)
{
    return round_to(a, 0, true, -1, arena, out);
}

void numeric_negate(const struct string *a, struct arena *arena, struct string *out)
{
    if (!is_finite(a)) {
        number_store_kind(is_nan(a) ? NUMBER_NAN : numeric_sign(a) < 0 ? NUMBER_INFINITY : NUMBER_MINUS_INFINITY, arena, out);
        return;
    }
    if (numeric_sign(a) == 0) {
        *out = *a;
        return;
    }
    char *copy = arena_copy_bytes(arena, string_bytes(a));
    copy[1] = copy[1] == 0;
    *out = string_make(copy, a->size);
}

/* -Infinity, the numbers, Infinity, NaN. */
static int rank(const struct string *v)
{
    switch (numeric_kind(v)) {
    case NUMBER_MINUS_INFINITY: return 0;
    case NUMBER_FINITE: return 1;
    case NUMBER_INFINITY: return 2;
    case NUMBER_NAN: break;
    }
    return 3;
}

static int compare_big(const struct string *a, const struct string *b)
{
    struct number x, y;
    load_aligned(a, b, &x, &y);
    int order = mpz_cmp(x.value, y.value);
    number_clear(&x);
    number_clear(&y);
    return (order > 0) - (order < 0);
}

int numeric_compare(const struct string *a, const struct string *b)
{
    int order = rank(a) - rank(b);
    if (order != 0 || rank(a) != 1)
        return (order > 0) - (order < 0);
    int128 x, y;
    int x_scale, y_scale;
    if (!numeric_small(a, &x, &x_scale) || !numeric_small(b, &y, &y_scale))
        return compare_big(a, b);
    int scale = x_scale > y_scale ? x_scale : y_scale;
    if (!int128_rescale(x, x_scale, scale, &x) || !int128_rescale(y, y_scale, scale, &y))
        return compare_big(a, b);
    return (x > y) - (x < y);
}
