/* field.c - the fast paths. Each accepts only what value_parse would accept with the same result, else says false. */
#include "format/field.h"

#include "data/numeric.h"
#include "format/scan.h"

enum { DIGITS_MAX = 18, QUOTE_SIZE_MAX = 60 };

static const uint64_t POWERS_OF_TEN[] = {
    1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u, 10000000000u, 100000000000u,
    1000000000000u, 10000000000000u, 100000000000000u, 1000000000000000u, 10000000000000000u, 100000000000000000u,
    1000000000000000000u,
};

/* Reads text that is a plain decimal as a whole; false if it is anything else. */
static bool decimal_read(const char *text, size_t size, struct decimal *out)
{
    const char *p = text, *end = text + size;
    out->negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    uint64_t digits = 0;
    uint32_t count = 0;
    const char *begin = p;
    while (p < end && *p == '0')
        p++;
    const char *first = p;
    for (; p < end && (unsigned char)(*p - '0') < 10; p++)
        digits = digits * 10 + (unsigned char)(*p - '0');
    count = (uint32_t)(p - first);
    if (p == begin || p - first > DIGITS_MAX)
        return false;
    const char *point = p;
    if (p < end && *p == '.') {
        p++;
        for (; p < end && (unsigned char)(*p - '0') < 10 && p - point <= DIGITS_MAX; p++) {
            digits = digits * 10 + (unsigned char)(*p - '0');
            count += digits != 0;
        }
        if (p == point + 1)
            return false;
    }
    if (p != end || count > DIGITS_MAX)
        return false;
    out->digits = digits;
    out->digit_count = count;
    out->fraction_count = p == point ? 0 : (uint32_t)(p - point - 1);
    return true;
}

static bool store_integer(const struct decimal *d, int64_t minimum, int64_t maximum, int64_t *out)
{
    *out = d->negative ? -(int64_t)d->digits : (int64_t)d->digits;
    return d->fraction_count == 0 && *out >= minimum && *out <= maximum;
}

/* Out of line: kind, negative, scale, magnitude; at most 4 + 8 bytes, so inline in the struct string. */
static void store_numeric_text(const struct decimal *d, struct string *out)
{
    char bytes[STRING_INLINE_SIZE] = {0};
    bytes[1] = (char)(d->negative && d->digits != 0);
    bytes[2] = (char)d->fraction_count;
    size_t size = 4;
    for (uint64_t rest = d->digits; rest != 0; rest >>= 8)
        bytes[size++] = (char)(rest & 0xff);
    *out = string_make(bytes, size);
}

static bool store_numeric(const struct decimal *d, struct type type, void *out)
{
    if (type.precision == 0) {
        if (type.length != 0)
            return false;
        store_numeric_text(d, out);
        return true;
    }
    uint32_t scale = (uint32_t)type.scale;
    if (d->fraction_count > scale)
        return false;
    uint32_t shift = scale - d->fraction_count;
    if (d->digit_count + shift > type.precision)
        return false;
    int128 v = (int128)d->digits;
    v *= shift <= DIGITS_MAX ? (int128)POWERS_OF_TEN[shift] : int128_power_of_ten(shift);
    *(int128 *)out = d->negative ? -v : v;
    return true;
}

/* Both the digits and the power of ten are exact in the format, so one division rounds once: the nearest value. */
static bool store_double(const struct decimal *d, double *out)
{
    if (d->digits > UINT64_C(1) << 53)
        return false;
    double v = (double)d->digits / (double)POWERS_OF_TEN[d->fraction_count]; /* <= 10^18 < 10^22: exact */
    *out = d->negative ? -v : v;
    return true;
}

static bool store_float(const struct decimal *d, float *out)
{
    if (d->digits > UINT64_C(1) << 24 || d->fraction_count > 10)
        return false;
    float v = (float)d->digits / (float)POWERS_OF_TEN[d->fraction_count];
    *out = d->negative ? -v : v;
    return true;
}

bool decimal_store(const struct decimal *d, struct type type, void *out)
{
    int64_t v;
    switch (type.id) {
    case TYPE_INT8:
        return store_integer(d, INT64_MIN, INT64_MAX, out);
    case TYPE_INT4:
        if (!store_integer(d, INT32_MIN, INT32_MAX, &v))
            return false;
        *(int32_t *)out = (int32_t)v;
        return true;
    case TYPE_INT2:
        if (!store_integer(d, INT16_MIN, INT16_MAX, &v))
            return false;
        *(int16_t *)out = (int16_t)v;
        return true;
    case TYPE_NUMERIC:
        return store_numeric(d, type, out);
    case TYPE_FLOAT8:
        return store_double(d, out);
    case TYPE_FLOAT4:
        return store_float(d, out);
    default:
        return false;
    }
}

bool field_read_date(const char *text, size_t size, int32_t *out)
{
    static const int8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (size != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int digit[10];
    for (int i = 0; i < 10; i++) {
        digit[i] = text[i] - '0';
        if (i != 4 && i != 7 && (digit[i] < 0 || digit[i] > 9))
            return false;
    }
    int year = digit[0] * 1000 + digit[1] * 100 + digit[2] * 10 + digit[3];
    int month = digit[5] * 10 + digit[6], day = digit[8] * 10 + digit[9];
    if (year == 0 || month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > DAYS[month - 1] + (month == 2 && is_leap))
        return false;
    *out = civil_to_days(year, month, day);
    return true;
}

static bool time_fast(struct type type, const char *text, size_t size, const struct text_context *context, int64_t *out)
{
    bool has_zone;
    if (type.precision != 6 || !timestamp_parse_iso(text, size, out, &has_zone))
        return false;
    if (type.id == TYPE_TIMESTAMP)
        return !has_zone; /* PostgreSQL drops the zone there: value_parse knows how */
    return has_zone || context->zone == time_zone_utc();
}

static bool parse_fast(struct type type, const char *text, size_t size, const struct text_context *context, void *out)
{
    struct decimal d;
    switch (type.id) {
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
        return decimal_read(text, size, &d) && decimal_store(&d, type, out);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return time_fast(type, text, size, context, out);
    case TYPE_DATE:
        return field_read_date(text, size, out);
    default:
        return false;
    }
}

enum status field_refuse(struct error *err, enum status st, struct type type, const char *text, size_t size)
{
    char name[TYPE_NAME_SIZE];
    size_t shown = size;
    if (size > QUOTE_SIZE_MAX) {
        shown = QUOTE_SIZE_MAX;
        while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--; /* not in the middle of a character */
    }
    return error_set(err, st, "invalid value for type %s: \"%.*s%s\"", type_name(type, name, sizeof name), (int)shown, text,
                     shown < size ? "..." : "");
}

enum status field_parse(struct type type, const char *text, size_t size, bool is_utf8, const struct text_context *context,
                        struct arena *arena, void *out, struct error *err)
{
    bool is_plain_text = type.id == TYPE_TEXT || (type.id == TYPE_VARCHAR && type.length == 0);
    if (!is_plain_text && parse_fast(type, text, size, context, out))
        return STATUS_OK;
    if (!is_utf8) {
        size_t bad = utf8_validate(text, size);
        if (bad < size)
            return error_set(err, STATUS_INVALID_ENCODING, "invalid byte sequence for encoding \"UTF8\": 0x%02x",
                             (unsigned)(unsigned char)text[bad]);
    }
    if (is_plain_text) {
        if (size > INT32_MAX)
            return error_set(err, STATUS_LIMIT_EXCEEDED, "a value of %zu bytes is too long", size);
        *(struct string *)out = scan_make_string(text, size, text + size);
        return STATUS_OK;
    }
    enum status st = value_parse(type, text, size, context, arena, out, err);
    if (st != STATUS_OK && err != NULL && size > QUOTE_SIZE_MAX)
        return field_refuse(err, st, type, text, size);
    return st;
}
