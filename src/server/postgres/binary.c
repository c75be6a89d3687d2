/* binary.c - values in PostgreSQL's binary format: parameters become text, rows of results are written. */
#include "data/text.h"
#include "server/postgres/connection.h"

/* PostgreSQL counts dates and timestamps from 2000-01-01. */
#define DAYS_TO_2000 10957
#define US_TO_2000 INT64_C(946684800000000)

enum { JSONB_VERSION = 1 };

/* Numerics: base-10000 digits, the first of weight 10000^weight; digits behind the point that are shown; a sign. */
enum { NUMERIC_NEGATIVE = 0x4000, NUMERIC_NAN = 0xC000, NUMERIC_INFINITY = 0xD000, NUMERIC_MINUS_INFINITY = 0xF000 };
enum { NUMERIC_INFINITY_SCALE = 32 }; /* without a meaning, but sent */
enum { NUMERIC_WEIGHT_MAX = 32768, NUMERIC_SCALE_MAX = 16383 };

static const char *numeric_special(unsigned sign)
{
    return sign == NUMERIC_NAN ? "NaN" : sign == NUMERIC_INFINITY ? "Infinity" : sign == NUMERIC_MINUS_INFINITY ? "-Infinity" : NULL;
}

/* ---- parameters ---- */

static enum status numeric_text(struct reader *r, struct buffer *out, struct error *err)
{
    size_t count = reader_count(r, reader_i16(r), 2);
    int weight = reader_i16(r);
    unsigned sign = reader_u16(r), scale = reader_u16(r);
    if (numeric_special(sign) != NULL) {
        buffer_put_text(out, numeric_special(sign));
        return STATUS_OK;
    }
    if (weight > NUMERIC_WEIGHT_MAX || weight < -NUMERIC_WEIGHT_MAX || scale > NUMERIC_SCALE_MAX)
        return error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "numeric parameter is out of range");
    if (sign == NUMERIC_NEGATIVE)
        buffer_put_u8(out, '-');
    buffer_put_u8(out, '0');
    size_t decimals = 0;
    int last = weight - (int)count + 1; /* weight of the last digit sent; what is between it and the point is zeros */
    for (int w = weight < 0 ? -1 : weight; w >= 0 || w >= last; w--) {
        bool is_sent = w <= weight && w >= last;
        unsigned digit = is_sent ? reader_u16(r) : 0;
        if (digit > 9999)
            reader_fail(r);
        if (w == -1)
            buffer_put_u8(out, '.');
        buffer_printf(out, "%04u", digit % 10000);
        decimals += w < 0 ? 4 : 0;
    }
    if (decimals == 0 && scale > 0)
        buffer_put_u8(out, '.');
    for (; decimals < scale; decimals++)
        buffer_put_u8(out, '0');
    out->size -= decimals > scale && decimals > 0 ? decimals - scale : 0;
    return STATUS_OK;
}

/* Infinities stay what they are. */
static enum status shift_date(int32_t days, int32_t by, int32_t *out, struct error *err)
{
    *out = days;
    if (days != DATE_INFINITY && days != DATE_MINUS_INFINITY && __builtin_add_overflow(days, by, out))
        return error_set(err, STATUS_DATETIME_OVERFLOW, "date out of range");
    return STATUS_OK;
}

static enum status shift_timestamp(int64_t us, int64_t by, int64_t *out, struct error *err)
{
    *out = us;
    if (us != TIMESTAMP_INFINITY && us != TIMESTAMP_MINUS_INFINITY && __builtin_add_overflow(us, by, out))
        return error_set(err, STATUS_DATETIME_OVERFLOW, "timestamp out of range");
    return STATUS_OK;
}

/* All of it has been read. */
static enum status finish(const struct reader *r, struct error *err)
{
    TRY(reader_finish(r, err, "binary parameter"));
    return reader_left(r) == 0 ? STATUS_OK : error_set(err, STATUS_PROTOCOL_VIOLATION, "incorrect binary data format in a parameter");
}

enum status binary_to_text(struct type type, struct bytes value, struct buffer *out, struct error *err)
{
    struct reader r;
    struct text_context context = {.zone = time_zone_utc()};
    _Alignas(16) union {
        uint8_t u8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint32_t u32;
        uint64_t u64;
        uint8_t uuid[16];
        struct string string;
        struct interval interval;
    } v = {0};
    reader_init(&r, value);
    switch (type.id) {
    case TYPE_BOOL:
        v.u8 = reader_u8(&r) != 0;
        break;
    case TYPE_INT2:
        v.i16 = reader_i16(&r);
        break;
    case TYPE_INT4:
        v.i32 = reader_i32(&r);
        break;
    case TYPE_INT8:
    case TYPE_TIME:
        v.i64 = reader_i64(&r);
        break;
    case TYPE_FLOAT4:
        v.u32 = reader_u32(&r);
        break;
    case TYPE_FLOAT8:
        v.u64 = reader_u64(&r);
        break;
    case TYPE_DATE:
        TRY(shift_date(reader_i32(&r), DAYS_TO_2000, &v.i32, err));
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        TRY(shift_timestamp(reader_i64(&r), US_TO_2000, &v.i64, err));
        break;
    case TYPE_UUID: {
        struct bytes uuid = reader_bytes(&r, 16);
        if (uuid.data != NULL)
            memcpy(v.uuid, uuid.data, 16);
        break;
    }
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_CHAR:
    case TYPE_JSON:
        buffer_put_bytes(out, value);
        return STATUS_OK;
    case TYPE_BYTEA:
        v.string = string_make((const char *)value.data, value.size);
        value_format(type, &v, &context, out);
        return STATUS_OK;
    case TYPE_INTERVAL:
        v.interval.microseconds = reader_i64(&r);
        v.interval.days = reader_i32(&r);
        v.interval.months = reader_i32(&r);
        break;
    case TYPE_JSONB:
        if (reader_u8(&r) != JSONB_VERSION)
            return error_set(err, STATUS_PROTOCOL_VIOLATION, "unsupported jsonb version number");
        buffer_put_bytes(out, (struct bytes){value.data + 1, value.size - 1});
        return STATUS_OK;
    case TYPE_NUMERIC:
        TRY(numeric_text(&r, out, err));
        return finish(&r, err);
    default: {
        char name[TYPE_NAME_SIZE];
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "binary parameters of type %s are not supported", type_name(type, name, sizeof name));
    }
    }
    TRY(finish(&r, err));
    value_format(type, &v, &context, out); /* timestamptz with +00 */
    return STATUS_OK;
}

/* ---- results ---- */

/* Of count decimal digits, the one that is `place` places before the point (behind it if negative); whole of them are before it. */
static unsigned digit_at(const char *whole, size_t whole_count, const char *fraction, size_t fraction_count, long place)
{
    if (place >= 0)
        return (size_t)place < whole_count ? (unsigned)(whole[whole_count - 1 - (size_t)place] - '0') : 0;
    return (size_t)(-1 - place) < fraction_count ? (unsigned)(fraction[-1 - place] - '0') : 0;
}

static void put_numeric(struct buffer *out, const char *text)
{
    bool negative = text[0] == '-';
    const char *whole = text + negative;
    for (unsigned sign = NUMERIC_NAN; sign <= NUMERIC_MINUS_INFINITY; sign += NUMERIC_INFINITY - NUMERIC_NAN)
        if (numeric_special(sign) != NULL && strcmp(text, numeric_special(sign)) == 0) {
            buffer_put_u64(out, (uint64_t)sign << 16 | (sign == NUMERIC_NAN ? 0 : NUMERIC_INFINITY_SCALE)); /* no digits, no weight */
            return;
        }
    size_t whole_count = strcspn(whole, ".");
    const char *fraction = whole[whole_count] == '.' ? whole + whole_count + 1 : "";
    size_t fraction_count = strlen(fraction), begin = out->size;
    buffer_put_u64(out, 0);
    long weight = ((long)whole_count + 3) / 4 - 1, count = 0, kept = 0;
    for (long w = weight; w >= -((long)fraction_count + 3) / 4; w--) {
        unsigned digit = 0;
        for (long place = w * 4 + 3; place >= w * 4; place--)
            digit = digit * 10 + digit_at(whole, whole_count, fraction, fraction_count, place);
        if (count == 0 && digit == 0) { /* leading zeros are not sent, nor are trailing ones */
            weight--;
            continue;
        }
        buffer_put_u16(out, (uint16_t)digit);
        count++;
        kept = digit != 0 ? count : kept;
    }
    out->size = begin + 8 + (size_t)kept * 2;
    uint16_t head[] = {(uint16_t)kept, (uint16_t)(kept == 0 ? 0 : weight), negative && kept > 0 ? NUMERIC_NEGATIVE : 0, (uint16_t)fraction_count};
    for (int i = 0; i < 4; i++) {
        out->data[begin + (size_t)i * 2] = (uint8_t)(head[i] >> 8);
        out->data[begin + (size_t)i * 2 + 1] = (uint8_t)head[i];
    }
}

/* Dates of ours lie within what PostgreSQL's can hold, so that shifting them cannot fail. */
static void put_date(struct buffer *out, int32_t days)
{
    status_ignore(shift_date(days, -DAYS_TO_2000, &days, NULL), "the range of leat's dates ends before");
    buffer_put_i32(out, days);
}

static void put_timestamp(struct buffer *out, int64_t us)
{
    status_ignore(shift_timestamp(us, -US_TO_2000, &us, NULL), "the range of leat's timestamps ends before");
    buffer_put_i64(out, us);
}

void put_binary(struct buffer *out, struct type type, const void *value)
{
    const struct text_context context = {.zone = time_zone_utc()};
    switch (type.id) {
    case TYPE_BOOL:
        buffer_put_u8(out, *(const uint8_t *)value);
        return;
    case TYPE_INT2:
        buffer_put_i16(out, *(const int16_t *)value);
        return;
    case TYPE_INT4:
        buffer_put_i32(out, *(const int32_t *)value);
        return;
    case TYPE_INT8:
    case TYPE_TIME:
        buffer_put_i64(out, *(const int64_t *)value);
        return;
    case TYPE_FLOAT4:
        buffer_put_u32(out, *(const uint32_t *)value);
        return;
    case TYPE_FLOAT8:
        buffer_put_u64(out, *(const uint64_t *)value);
        return;
    case TYPE_DATE:
        put_date(out, *(const int32_t *)value);
        return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        put_timestamp(out, *(const int64_t *)value);
        return;
    case TYPE_INTERVAL: {
        const struct interval *i = value;
        buffer_put_i64(out, i->microseconds);
        buffer_put_i32(out, i->days);
        buffer_put_i32(out, i->months);
        return;
    }
    case TYPE_UUID:
        buffer_put(out, value, 16);
        return;
    case TYPE_BYTEA:
        buffer_put_bytes(out, string_bytes(value));
        return;
    case TYPE_NUMERIC: {
        struct buffer text = {0};
        value_format(type, value, &context, &text);
        put_numeric(out, buffer_text(&text));
        buffer_clear(&text);
        return;
    }
    case TYPE_JSONB:
        buffer_put_u8(out, JSONB_VERSION);
        break;
    default: /* text, varchar, char, json: as they are */
        break;
    }
    value_format(type, value, &context, out);
}
