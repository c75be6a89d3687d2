/* number_parse.c - integers and floating-point numbers from text, whatever the locale.
 *
 * A double whose digits are below 2^53 and whose power of ten is exact (10^22)
 * needs one multiplication (Clinger 1990). Up to 19 digits go through one
 * 128-bit product (Lemire, "Number parsing at a gigabyte per second", 2021);
 * what that cannot decide, and what is not a plain decimal, goes to strtod.
 */
#include "data/number_parse.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/power_of_ten.h"
#include "data/text.h"
#include "os/thread.h"

static inline bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct bytes text_trim(const char *text, size_t size)
{
    while (size > 0 && is_blank(text[0])) {
        text++;
        size--;
    }
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    return (struct bytes){(const uint8_t *)text, size};
}

enum status text_syntax_error(const char *type, const char *text, size_t size, struct error *err)
{
    return error_set(err, STATUS_INVALID_TEXT, "invalid input syntax for type %s: \"%.*s\"", type, (int)(size < 900 ? size : 900), text);
}

static inline bool is_eight_digits(uint64_t v)
{
    return ((v & UINT64_C(0xf0f0f0f0f0f0f0f0)) | (((v + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0)) >> 4)) ==
           UINT64_C(0x3333333333333333);
}

/* Eight digits as read from memory, the first in the lowest byte. */
static inline uint64_t eight_digits(uint64_t v)
{
    v = (v & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
    v = (v & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
    return (v & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32;
}

enum int_result { INT_OK, INT_SYNTAX, INT_RANGE };

/* Out of range as soon as the digits are, whatever follows them, as in PostgreSQL. */
static enum int_result parse_int64(const char *text, size_t size, int64_t min, int64_t max, int64_t *out)
{
    const char *end = text + size;
    while (text < end && is_blank(*text))
        text++;
    bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    const char *digits = text;
    uint64_t v = 0;
    if (end - text >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        if (is_eight_digits(word)) {
            v = eight_digits(word);
            text += 8;
        }
    }
    const uint64_t limit = negative ? 0 - (uint64_t)min : (uint64_t)max;
    if (v > limit)
        return INT_RANGE;
    for (; text < end && (unsigned char)(*text - '0') <= 9; text++) {
        unsigned digit = (unsigned)(*text - '0');
        if (v > (limit - digit) / 10)
            return INT_RANGE;
        v = v * 10 + digit;
    }
    if (text == digits)
        return INT_SYNTAX;
    while (text < end && is_blank(*text))
        text++;
    if (text != end)
        return INT_SYNTAX;
    *out = (int64_t)(negative ? 0 - v : v);
    return INT_OK;
}

enum status integer_parse(const char *text, size_t size, int64_t min, int64_t max, const char *type, int64_t *out, struct error *err)
{
    switch (parse_int64(text, size, min, max, out)) {
    case INT_OK: return STATUS_OK;
    case INT_SYNTAX: return text_syntax_error(type, text, size, err);
    case INT_RANGE: break;
    }
    return error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "value \"%.*s\" is out of range for type %s", (int)(size < 900 ? size : 900), text,
                     type);
}

enum status int64_parse(const char *text, size_t size, int64_t *out, struct error *err)
{
    return integer_parse(text, size, INT64_MIN, INT64_MAX, "bigint", out, err);
}

/* A plain decimal: digits * 10^exponent; at most 19 digits, or the plain path does not apply. */
struct plain_decimal {
    uint64_t digits;
    int64_t exponent;
    bool negative;
};

static const char *read_digits(const char *at, const char *end, uint64_t *v)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        if (!is_eight_digits(word))
            break;
        *v = *v * 100000000 + eight_digits(word);
        at += 8;
    }
    for (; at < end && (unsigned char)(*at - '0') <= 9; at++)
        *v = *v * 10 + (uint64_t)(*at - '0');
    return at;
}

static const char *read_exponent(const char *at, const char *end, int64_t *exponent)
{
    const char *from = at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    const char *digits = at;
    int64_t v = 0;
    for (; at < end && (unsigned char)(*at - '0') <= 9; at++)
        if (v < 100000)
            v = v * 10 + (*at - '0');
    if (at == digits)
        return from;
    *exponent += negative ? -v : v;
    return at;
}

/* Reads one from the start of text; returns where it ends, NULL if there is none or it has too many digits. */
static const char *read_decimal(const char *text, const char *end, struct plain_decimal *out)
{
    const char *at = text;
    *out = (struct plain_decimal){.negative = at < end && *at == '-'};
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    const char *first = at;
    at = read_digits(at, end, &out->digits);
    int64_t count = at - first;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = read_digits(at, end, &out->digits);
        out->exponent = fraction - at;
        count += at - fraction;
    }
    if (count == 0)
        return NULL;
    if (count > 19) { /* leading zeros do not count */
        for (const char *p = first; p < at && (*p == '0' || *p == '.'); p++)
            count -= *p == '0';
        if (count > 19)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E'))
        at = read_exponent(at, end, &out->exponent);
    return at;
}

/* digits * 10^exponent by one 128-bit product; false where that does not decide the last bit. */
static bool multiply_exactly(uint64_t digits, int exponent, double *out)
{
    if (exponent < -300 || exponent > 280)
        return false; /* near the ends of the doubles: rare, and subtle */
    const struct power_of_ten *p = power_of_ten(exponent);
    int shift = __builtin_clzll(digits);
    uint64_t w = digits << shift;
    uint128 product = (uint128)w * p->high + (uint64_t)((uint128)w * p->low >> 64);
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if (low == UINT64_MAX)
        return false; /* what the table leaves out could carry into high */
    int upper = (int)(high >> 63);
    uint64_t mantissa = high >> (9 + upper); /* 53 bits and one to round by */
    uint64_t rest = high & ((UINT64_C(1) << (9 + upper)) - 1);
    if ((mantissa & 1) != 0 && rest == 0 && low <= 1)
        return false; /* perhaps exactly between two doubles */
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    int power = power_of_ten_exponent(exponent) + 63 - shift + upper; /* of the top bit */
    uint64_t bits = ((uint64_t)(power + 1022) << 52) + mantissa; /* the top bit adds the last 1 of the exponent */
    memcpy(out, &bits, 8);
    return true;
}

static bool decimal_to_double(const struct plain_decimal *d, double *out)
{
    static const double EXACT[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double v;
    if (d->digits == 0)
        v = 0;
    else if (d->digits <= UINT64_C(1) << 53 && d->exponent >= -22 && d->exponent <= 22)
        v = d->exponent < 0 ? (double)d->digits / EXACT[-d->exponent] : (double)d->digits * EXACT[d->exponent];
    else if (d->exponent < -400 || d->exponent > 400 || !multiply_exactly(d->digits, (int)d->exponent, &v))
        return false;
    *out = d->negative ? -v : v;
    return true;
}

static pthread_once_t locale_is_made = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The C library's reading of all of text (trimmed). 0 ok, 1 syntax, 2 range. */
static enum int_result parse_slowly(const char *text, size_t size, bool is_float, double *out)
{
    pthread_once(&locale_is_made, make_locale);
    char small[256];
    char *copy = size < sizeof small ? small : memory_alloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *end;
    errno = 0;
    double v = is_float ? (double)strtof_l(copy, &end, c_locale) : strtod_l(copy, &end, c_locale);
    bool is_range = errno == ERANGE && (v == 0 || isinf(v));
    bool is_whole = end == copy + size && size != 0;
    if (copy != small)
        free(copy);
    *out = v;
    return is_range ? INT_RANGE : is_whole ? INT_OK : INT_SYNTAX;
}

static enum status float_error(enum int_result result, const char *type, const char *text, size_t size, struct error *err)
{
    if (result == INT_SYNTAX)
        return text_syntax_error(type, text, size, err);
    return error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "\"%.*s\" is out of range for type %s", (int)(size < 900 ? size : 900), text,
                     type);
}

enum status double_parse(const char *text, size_t size, double *out, struct error *err)
{
    struct plain_decimal d;
    const char *end = text + size;
    if (read_decimal(text, end, &d) == end && decimal_to_double(&d, out))
        return STATUS_OK;
    struct bytes trimmed = text_trim(text, size);
    enum int_result result = parse_slowly((const char *)trimmed.data, trimmed.size, false, out);
    return result == INT_OK ? STATUS_OK : float_error(result, "double precision", text, size, err);
}

enum status float_parse(const char *text, size_t size, float *out, struct error *err)
{
    struct plain_decimal d;
    const char *end = text + size;
    /* both operands are exact floats, so one rounding */
    static const float EXACT[] = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F, 1e6F, 1e7F, 1e8F, 1e9F, 1e10F};
    if (read_decimal(text, end, &d) == end && d.digits <= 1 << 24 && d.exponent >= -10 && d.exponent <= 10) {
        float v = d.exponent < 0 ? (float)d.digits / EXACT[-d.exponent] : (float)d.digits * EXACT[d.exponent];
        *out = d.negative ? -v : v;
        return STATUS_OK;
    }
    struct bytes trimmed = text_trim(text, size);
    double v;
    enum int_result result = parse_slowly((const char *)trimmed.data, trimmed.size, true, &v);
    *out = (float)v;
    return result == INT_OK ? STATUS_OK : float_error(result, "real", text, size, err);
}
