/* json_value.c - SQL values as JSON literals. */
#include <math.h>

#include "data/calendar.h"
#include "data/numeric.h"
#include "data/text.h"

static void put_double(double v, bool is_float, struct buffer *out)
{
    bool quoted = !isfinite(v);
    if (quoted)
        buffer_put_u8(out, '"');
    if (is_float)
        float_format((float)v, out);
    else
        double_format(v, out);
    if (quoted)
        buffer_put_u8(out, '"');
}

static void put_digits(unsigned v, int count, char *to)
{
    for (int i = count - 1; i >= 0; i--, v /= 10)
        to[i] = (char)('0' + v % 10);
}

/* "2024-01-15T10:00:00.000000Z"; years before 1 or after 9999 as SQL prints them. */
static void put_timestamp(int64_t v, bool with_zone, struct buffer *out)
{
    struct civil c = {.year = 0};
    if (!timestamp_is_infinite(v))
        civil_from_us(v, &c);
    if (c.year < 1 || c.year > 9999) {
        buffer_put_u8(out, '"');
        if (with_zone)
            timestamptz_format(v, time_zone_utc(), out);
        else
            timestamp_format(v, out);
        buffer_put_u8(out, '"');
        return;
    }
    char *to = (char *)buffer_reserve(out, 32);
    memcpy(to, "\"0000-00-00T00:00:00.000000Z\"", 29);
    put_digits((unsigned)c.year, 4, to + 1);
    put_digits((unsigned)c.month, 2, to + 6);
    put_digits((unsigned)c.day, 2, to + 9);
    put_digits((unsigned)c.hour, 2, to + 12);
    put_digits((unsigned)c.minute, 2, to + 15);
    put_digits((unsigned)c.second, 2, to + 18);
    put_digits((unsigned)c.microsecond, 6, to + 21);
    if (!with_zone)
        to[27] = '"';
    buffer_advance(out, with_zone ? 29 : 28);
}

static void put_base64(struct bytes b, struct buffer *out)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *to = buffer_reserve(out, b.size / 3 * 4 + 6);
    size_t used = 0;
    to[used++] = '"';
    for (size_t i = 0; i < b.size; i += 3) {
        size_t left = b.size - i;
        uint32_t v = (uint32_t)b.data[i] << 16 | (left > 1 ? (uint32_t)b.data[i + 1] << 8 : 0) | (left > 2 ? b.data[i + 2] : 0);
        to[used++] = (uint8_t)DIGITS[v >> 18];
        to[used++] = (uint8_t)DIGITS[v >> 12 & 63];
        to[used++] = left > 1 ? (uint8_t)DIGITS[v >> 6 & 63] : '=';
        to[used++] = left > 2 ? (uint8_t)DIGITS[v & 63] : '=';
    }
    to[used++] = '"';
    buffer_advance(out, used);
}

static void put_quoted(struct type type, const void *value, struct buffer *out)
{
    const struct text_context utc = {.zone = time_zone_utc()};
    buffer_put_u8(out, '"');
    value_format(type, value, &utc, out);
    buffer_put_u8(out, '"');
}

static void put_value(struct type type, const void *value, struct buffer *out)
{
    const struct text_context utc = {.zone = time_zone_utc()};
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: buffer_put_text(out, *(const uint8_t *)value ? "true" : "false"); break;
    case TYPE_FLOAT4: put_double((double)*(const float *)value, true, out); break;
    case TYPE_FLOAT8: put_double(*(const double *)value, false, out); break;
    case TYPE_NUMERIC:
        if (type.precision == 0 && numeric_is_special(value))
            put_quoted(type, value, out);
        else
            numeric_format(type, value, out);
        break;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_CHAR: json_put_string(out, string_bytes(value)); break;
    case TYPE_BYTEA: put_base64(string_bytes(value), out); break;
    case TYPE_TIMESTAMP: put_timestamp(*(const int64_t *)value, false, out); break;
    case TYPE_TIMESTAMPTZ: put_timestamp(*(const int64_t *)value, true, out); break;
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL:
    case TYPE_UUID: put_quoted(type, value, out); break;
    default: value_format(type, value, &utc, out); break; /* integers and JSON as they are */
    }
}

void vector_format_json(const struct vector *v, size_t row, struct buffer *out)
{
    if (!vector_is_valid(v, row) || v->type.id == TYPE_NULL)
        buffer_put_text(out, "null");
    else
        put_value(v->type, vector_value(v, row), out);
}
