/* numeric_text.c - numerics from and to text, and between their forms. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "data/number.h"
#include "data/number_parse.h"
#include "data/text.h"

/* What the text says: digits [first, last) with a point somewhere among them, times 10^exponent. */
struct decimal_text {
    enum number_kind kind;
    bool negative;
    const char *first, *last;
    long fraction_digits; /* behind the point */
    long exponent;
};

enum read_result { READ_OK, READ_SYNTAX, READ_RANGE };

static enum read_result read_word(const char *text, size_t size, struct decimal_text *out)
{
    if (size == 3 && strncasecmp(text, "nan", 3) == 0 && out->first == text)
        out->kind = NUMBER_NAN;
    else if ((size == 3 && strncasecmp(text, "inf", 3) == 0) || (size == 8 && strncasecmp(text, "infinity", 8) == 0))
        out->kind = out->negative ? NUMBER_MINUS_INFINITY : NUMBER_INFINITY;
    else
        return READ_SYNTAX;
    return READ_OK;
}

static enum read_result read_exponent(const char *at, const char *end, struct decimal_text *out)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return READ_SYNTAX;
    long v = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return READ_SYNTAX;
        if (v < 10000000000L)
            v = v * 10 + (*at - '0');
    }
    if (v >= INT32_MAX / 2)
        return READ_RANGE;
    out->exponent = negative ? -v : v;
    return READ_OK;
}

static enum read_result read_decimal(struct bytes b, struct decimal_text *out)
{
    const char *at = (const char *)b.data, *end = at + b.size;
    *out = (struct decimal_text){.first = at};
    out->negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at < end && isalpha((unsigned char)*at))
        return read_word(at, (size_t)(end - at), out);
    out->first = at;
    const char *point = NULL;
    for (; at < end; at++) {
        if (*at == '.' && point == NULL)
            point = at;
        else if (*at < '0' || *at > '9')
            break;
    }
    out->last = at;
    if (at - out->first == (point != NULL))
        return READ_SYNTAX; /* no digit */
    if (point != NULL)
        out->fraction_digits = at - point - 1;
    if (at == end)
        return READ_OK;
    return *at == 'e' || *at == 'E' ? read_exponent(at + 1, end, out) : READ_SYNTAX;
}

/* At most 37 significant digits, as an integer; false if there are more. */
static bool collect_small(const struct decimal_text *d, int128 *out)
{
    int128 v = 0;
    int count = 0;
    uint64_t part = 0, part_power = 1;
    for (const char *p = d->first; p < d->last; p++) {
        if (*p == '.')
            continue;
        part = part * 10 + (uint64_t)(*p - '0');
        part_power *= 10;
        count += part != 0 || v != 0;
        if (count > 37)
            return false;
        if (part_power == UINT64_C(1000000000000000000)) {
            v = v * (int128)part_power + (int128)part;
            part = 0;
            part_power = 1;
        }
    }
    v = v * (int128)part_power + (int128)part;
    *out = d->negative ? -v : v;
    return true;
}

static void collect_big(const struct decimal_text *d, mpz_ptr out)
{
    char *digits = memory_alloc((size_t)(d->last - d->first) + 1);
    size_t count = 0;
    for (const char *p = d->first; p < d->last; p++)
        if (*p != '.')
            digits[count++] = *p;
    digits[count] = '\0';
    int failed = mpz_set_str(out, digits, 10);
    (void)failed; /* only digits */
    free(digits);
    if (d->negative)
        mpz_neg(out, out);
}

static enum status syntax_error(const char *text, size_t size, struct error *err)
{
    return text_syntax_error("numeric", text, size, err);
}

static enum status overflow_error(struct error *err)
{
    return error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "value overflows numeric format");
}

static enum status field_overflow(struct type type, struct error *err)
{
    int precision = type_numeric_precision(type), whole = precision - type.scale;
    enum status st = error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "numeric field overflow");
    if (err != NULL && whole != 0)
        error_detail(err, "A field with precision %d, scale %d must round to an absolute value less than 10^%d.", precision, type.scale,
                     whole);
    else if (err != NULL)
        error_detail(err, "A field with precision %d, scale %d must round to an absolute value less than 1.", precision, type.scale);
    return st;
}

static enum status special_overflow(struct type type, enum number_kind kind, struct error *err)
{
    enum status st = error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "numeric field overflow");
    if (err != NULL)
        error_detail(err, "A field with precision %d, scale %d cannot hold %s.", type_numeric_precision(type), type.scale,
                     kind == NUMBER_NAN ? "NaN" : "an infinite value");
    return st;
}

/* v at scale into a 128-bit type. */
static enum status fit_small(struct type type, int128 v, int scale, int128 *out, struct error *err)
{
    if (!int128_rescale(v, scale, type.scale, out) || !int128_fits(*out, type.precision))
        return field_overflow(type, err);
    return STATUS_OK;
}

/* n into any type; n is changed. */
static enum status fit_number(struct type type, struct number *n, struct arena *arena, void *out, struct error *err)
{
    int precision = type_numeric_precision(type);
    if (n->kind != NUMBER_FINITE && (type.precision != 0 || (precision != 0 && n->kind != NUMBER_NAN)))
        return special_overflow(type, n->kind, err);
    if (precision != 0 && n->kind == NUMBER_FINITE) {
        number_round(n, type.scale, false);
        /* a negative scale has left zeros that are not counted */
        if (digit_count(n->value) > precision + (type.scale < 0 ? -type.scale : 0))
            return field_overflow(type, err);
    }
    if (type.precision == 0)
        return number_store(n, arena, out) == STATUS_OK ? STATUS_OK : overflow_error(err);
    uint128 magnitude = 0;
    mpz_export(&magnitude, NULL, -1, 1, 0, 0, n->value); /* below 10^38 */
    *(int128 *)out = mpz_sgn(n->value) < 0 ? -(int128)magnitude : (int128)magnitude;
    return STATUS_OK;
}

/* The value of d with the scale that PostgreSQL gives it. False if out of its format. */
static bool decimal_number(const struct decimal_text *d, struct number *n)
{
    n->kind = d->kind;
    if (d->kind != NUMBER_FINITE)
        return true;
    long scale = d->fraction_digits - d->exponent;
    if (scale > SCALE_MAX + d->fraction_digits || scale > 2 * SCALE_MAX || scale < -2L * WHOLE_DIGITS_MAX)
        return false;
    collect_big(d, n->value);
    if (scale < 0) {
        mpz_t factor;
        mpz_init(factor);
        power_of_ten_big(factor, (unsigned long)-scale);
        mpz_mul(n->value, n->value, factor);
        mpz_clear(factor);
        scale = 0;
    }
    n->scale = (int)scale;
    return digit_count(n->value) - n->scale <= WHOLE_DIGITS_MAX;
}

static enum status parse_big(const struct decimal_text *d, struct type type, struct arena *arena, void *out, struct error *err)
{
    struct number n;
    number_init(&n);
    enum status st = decimal_number(d, &n) ? fit_number(type, &n, arena, out, err) : overflow_error(err);
    number_clear(&n);
    return st;
}

enum status numeric_parse(const char *text, size_t size, struct type type, struct arena *arena, void *out, struct error *err)
{
    struct decimal_text d;
    switch (read_decimal(text_trim(text, size), &d)) {
    case READ_SYNTAX: return syntax_error(text, size, err);
    case READ_RANGE: return overflow_error(err);
    case READ_OK: break;
    }
    int128 v;
    long scale = d.fraction_digits - d.exponent;
    if (d.kind != NUMBER_FINITE || scale < 0 || scale > SCALE_MAX || !collect_small(&d, &v))
        return parse_big(&d, type, arena, out, err);
    if (type.precision != 0)
        return fit_small(type, v, (int)scale, out, err);
    if (type.length != 0)
        return parse_big(&d, type, arena, out, err);
    numeric_store_small(v, (int)scale, arena, out);
    return STATUS_OK;
}

static void put_special(enum number_kind kind, struct buffer *out)
{
    buffer_put_text(out, kind == NUMBER_NAN ? "NaN" : kind == NUMBER_INFINITY ? "Infinity" : "-Infinity");
}

/* digits, of which the last scale are behind the point. */
static void put_scaled(bool negative, const char *digits, size_t count, size_t scale, struct buffer *out)
{
    if (negative)
        buffer_put_u8(out, '-');
    if (count > scale)
        buffer_put(out, digits, count - scale);
    else
        buffer_put_u8(out, '0');
    if (scale == 0)
        return;
    buffer_put_u8(out, '.');
    for (size_t i = count; i < scale; i++)
        buffer_put_u8(out, '0');
    size_t behind = count < scale ? count : scale;
    buffer_put(out, digits + count - behind, behind);
}

static void format_big(const struct string *s, struct buffer *out)
{
    struct number n;
    number_init(&n);
    number_load(&n, s);
    char *digits = memory_alloc(mpz_sizeinbase(n.value, 10) + 2);
    bool negative = mpz_sgn(n.value) < 0, zero = mpz_sgn(n.value) == 0;
    mpz_abs(n.value, n.value);
    mpz_get_str(digits, 10, n.value);
    put_scaled(negative, digits, zero ? 0 : strlen(digits), (size_t)n.scale, out);
    free(digits);
    number_clear(&n);
}

void numeric_format(struct type type, const void *value, struct buffer *out)
{
    int128 v;
    int scale = type.scale;
    if (type.precision != 0) {
        v = *(const int128 *)value;
    } else if (numeric_kind(value) != NUMBER_FINITE) {
        put_special(numeric_kind(value), out);
        return;
    } else if (!numeric_small(value, &v, &scale) || scale > NUMERIC_PRECISION_MAX) {
        format_big(value, out);
        return;
    }
    char *to = (char *)buffer_reserve(out, 96);
    buffer_advance(out, int128_format(v, scale, to));
}

enum status numeric_convert(struct type from, const void *value, struct type to, struct arena *arena, void *out, struct error *err)
{
    int128 v;
    int scale = from.scale;
    bool small = from.precision != 0 || numeric_small(value, &v, &scale);
    if (from.precision != 0)
        v = *(const int128 *)value;
    if (small && to.precision != 0)
        return fit_small(to, v, scale, out, err);
    if (small && type_numeric_precision(to) == 0) {
        numeric_store_small(v, scale, arena, out);
        return STATUS_OK;
    }
    struct string packed;
    if (from.precision != 0)
        numeric_store_small(v, scale, arena, &packed);
    else
        packed = *(const struct string *)value;
    struct number n;
    number_init(&n);
    number_load(&n, &packed);
    enum status st = fit_number(to, &n, arena, out, err);
    number_clear(&n);
    return st;
}

void numeric_from_int128(int128 v, int scale, struct arena *arena, struct string *out)
{
    numeric_store_small(v, scale, arena, out);
}

enum status numeric_from_double(double v, int digits, struct arena *arena, struct string *out, struct error *err)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%.*g", digits, v);
    if (v != v)
        return numeric_parse("NaN", 3, type_of(TYPE_NUMERIC), arena, out, err);
    for (char *p = text; *p != '\0'; p++)
        if (*p == ',')
            *p = '.'; /* a locale's point */
    return numeric_parse(text, (size_t)size, type_of(TYPE_NUMERIC), arena, out, err);
}

double numeric_to_double(const struct string *v)
{
    switch (numeric_kind(v)) {
    case NUMBER_NAN: return __builtin_nan("");
    case NUMBER_INFINITY: return __builtin_inf();
    case NUMBER_MINUS_INFINITY: return -__builtin_inf();
    case NUMBER_FINITE: break;
    }
    struct buffer text = {0};
    numeric_format(type_of(TYPE_NUMERIC), v, &text);
    double out = 0;
    status_ignore(double_parse((const char *)text.data, text.size, &out, NULL), "out of range: *out is the infinity or the zero");
    buffer_clear(&text);
    return out;
}

enum status numeric_to_int64(const struct string *v, int64_t *out, struct error *err)
{
    enum number_kind kind = numeric_kind(v);
    if (kind != NUMBER_FINITE)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "cannot convert %s to bigint", kind == NUMBER_NAN ? "NaN" : "infinity");
    int128 small;
    int scale;
    if (numeric_small(v, &small, &scale) && int128_rescale(small, scale, 0, &small)) {
        *out = (int64_t)small;
        if (*out == small)
            return STATUS_OK;
        return error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "bigint out of range");
    }
    struct number n;
    number_init(&n);
    number_load(&n, v);
    number_round(&n, 0, false);
    bool fits = mpz_fits_slong_p(n.value) != 0;
    *out = fits ? mpz_get_si(n.value) : 0;
    number_clear(&n);
    return fits ? STATUS_OK : error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "bigint out of range");
}

bool numeric_is_special(const struct string *v)
{
    return numeric_kind(v) != NUMBER_FINITE;
}

void numeric_put_normal(const struct string *a, struct buffer *out)
{
    struct number n;
    number_init(&n);
    number_load(&n, a);
    while (n.scale > 0 && mpz_divisible_ui_p(n.value, 10)) {
        mpz_divexact_ui(n.value, n.value, 10);
        n.scale--;
    }
    if (mpz_sgn(n.value) == 0)
        n.scale = 0;
    size_t size = mpz_sgn(n.value) == 0 ? 0 : (mpz_sizeinbase(n.value, 2) + 7) / 8;
    uint8_t *to = buffer_reserve(out, 4 + size + 8);
    to[0] = (uint8_t)n.kind;
    to[1] = mpz_sgn(n.value) < 0;
    to[2] = (uint8_t)n.scale;
    to[3] = (uint8_t)(n.scale >> 8);
    mpz_export(to + 4, &size, -1, 1, 0, 0, n.value);
    buffer_advance(out, 4 + size);
    number_clear(&n);
}
