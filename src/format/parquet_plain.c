/* parquet_plain.c - one case per type. */
#include "format/parquet_plain.h"

#include <assert.h>
#include <math.h>

#include "data/numeric.h"

enum { BOUND_SIZE_MAX = 64 };

static struct parquet_element annotate(enum parquet_logical logical, enum parquet_converted converted)
{
    return (struct parquet_element){.logical = (int32_t)logical, .converted = (int32_t)converted};
}

static uint32_t decimal_width(unsigned precision)
{
    int128 limit = int128_power_of_ten(precision);
    uint32_t width = 1;
    while (width < 16 && ((int128)1 << (8 * width - 1)) < limit)
        width++;
    return width;
}

static void resolve_decimal(struct parquet_stored *s)
{
    unsigned precision = s->written.precision;
    s->element = annotate(PARQUET_LOGICAL_DECIMAL, PARQUET_CONVERTED_DECIMAL);
    s->element.precision = (int32_t)precision;
    s->element.scale = s->written.scale;
    s->physical = precision <= 9 ? PARQUET_INT32 : precision <= 18 ? PARQUET_INT64 : PARQUET_FIXED;
    s->order = precision <= 9 ? PARQUET_ORDER_INT32 : precision <= 18 ? PARQUET_ORDER_INT64 : PARQUET_ORDER_SIGNED_BYTES;
    if (s->physical == PARQUET_FIXED)
        s->width = decimal_width(precision);
}

static void stored_as(struct parquet_stored *s, enum parquet_physical physical, enum parquet_order order)
{
    s->physical = physical;
    s->order = order;
}

static void resolve_timestamp(struct parquet_stored *s, bool is_utc)
{
    stored_as(s, PARQUET_INT64, PARQUET_ORDER_INT64);
    /* The converted type means UTC: a local timestamp has none. */
    s->element = annotate(PARQUET_LOGICAL_TIMESTAMP, is_utc ? PARQUET_CONVERTED_TIMESTAMP_US : PARQUET_CONVERTED_NONE);
    s->element.unit = PARQUET_MICROS;
    s->element.is_utc = is_utc;
}

static bool resolve_type(struct parquet_stored *s)
{
    switch ((enum type_id)s->type.id) {
    case TYPE_BOOL:
        stored_as(s, PARQUET_BOOLEAN, PARQUET_ORDER_BYTES);
        return true;
    case TYPE_INT2:
        stored_as(s, PARQUET_INT32, PARQUET_ORDER_INT32);
        s->element = annotate(PARQUET_LOGICAL_INTEGER, PARQUET_CONVERTED_INT16);
        s->element.precision = 16;
        s->element.is_signed = true;
        return true;
    case TYPE_INT4:
        stored_as(s, PARQUET_INT32, PARQUET_ORDER_INT32);
        return true;
    case TYPE_INT8:
        stored_as(s, PARQUET_INT64, PARQUET_ORDER_INT64);
        return true;
    case TYPE_FLOAT4:
        stored_as(s, PARQUET_FLOAT, PARQUET_ORDER_FLOAT);
        return true;
    case TYPE_FLOAT8:
        stored_as(s, PARQUET_DOUBLE, PARQUET_ORDER_DOUBLE);
        return true;
    case TYPE_NUMERIC:
        resolve_decimal(s);
        return true;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_CHAR:
        stored_as(s, PARQUET_BYTE_ARRAY, PARQUET_ORDER_BYTES);
        s->element = annotate(PARQUET_LOGICAL_STRING, PARQUET_CONVERTED_UTF8);
        return true;
    case TYPE_BYTEA:
        stored_as(s, PARQUET_BYTE_ARRAY, PARQUET_ORDER_BYTES);
        return true;
    case TYPE_JSON:
    case TYPE_JSONB:
        stored_as(s, PARQUET_BYTE_ARRAY, PARQUET_ORDER_NONE);
        s->element = annotate(PARQUET_LOGICAL_JSON, PARQUET_CONVERTED_JSON);
        return true;
    case TYPE_DATE:
        stored_as(s, PARQUET_INT32, PARQUET_ORDER_INT32);
        s->element = annotate(PARQUET_LOGICAL_DATE, PARQUET_CONVERTED_DATE);
        return true;
    case TYPE_TIME:
        stored_as(s, PARQUET_INT64, PARQUET_ORDER_INT64);
        s->element = annotate(PARQUET_LOGICAL_TIME, PARQUET_CONVERTED_NONE);
        s->element.unit = PARQUET_MICROS;
        return true;
    case TYPE_TIMESTAMP:
        resolve_timestamp(s, false);
        return true;
    case TYPE_TIMESTAMPTZ:
        resolve_timestamp(s, true);
        return true;
    case TYPE_INTERVAL:
        stored_as(s, PARQUET_FIXED, PARQUET_ORDER_NONE);
        s->width = 12;
        s->element.converted = PARQUET_CONVERTED_INTERVAL;
        return true;
    case TYPE_UUID:
        stored_as(s, PARQUET_FIXED, PARQUET_ORDER_BYTES);
        s->width = 16;
        s->element = annotate(PARQUET_LOGICAL_UUID, PARQUET_CONVERTED_NONE);
        return true;
    case TYPE_NULL:
    case TYPE_COUNT:
        break;
    }
    return false;
}

enum status parquet_stored_resolve(struct type type, int numeric_scale, struct parquet_stored *s, struct error *err)
{
    *s = (struct parquet_stored){.type = type, .written = type, .element = annotate(PARQUET_LOGICAL_NONE, PARQUET_CONVERTED_NONE)};
    if (type.id == TYPE_NUMERIC && type.precision == 0)
        s->written = type_numeric(NUMERIC_PRECISION_MAX, numeric_scale);
    if (resolve_type(s))
        return STATUS_OK;
    char name[TYPE_NAME_SIZE];
    return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "type %s has no form in Parquet", type_name(type, name, sizeof name));
}

static struct bytes put_decimal(const struct parquet_stored *s, int128 v, uint8_t *scratch)
{
    if (s->physical == PARQUET_INT32) {
        int32_t narrow = (int32_t)v;
        memcpy(scratch, &narrow, 4);
        return (struct bytes){scratch, 4};
    }
    if (s->physical == PARQUET_INT64) {
        int64_t narrow = (int64_t)v;
        memcpy(scratch, &narrow, 8);
        return (struct bytes){scratch, 8};
    }
    for (uint32_t i = s->width; i-- != 0; v >>= 8)
        scratch[i] = (uint8_t)v;
    return (struct bytes){scratch, s->width};
}

/* Divides little-endian digits by ten; the remainder. */
static unsigned divide_by_ten(uint8_t *digits, size_t size)
{
    unsigned rest = 0;
    for (size_t i = size; i-- != 0;) {
        rest = rest << 8 | digits[i];
        digits[i] = (uint8_t)(rest / 10);
        rest %= 10;
    }
    return rest;
}

/* The out-of-line form (data/numeric.h) at another scale; false unless exact and within 38 digits. */
static bool wide_to_int128(const struct string *in, int scale, int128 *out)
{
    enum { MAGNITUDE_SIZE_MAX = 8192 };
    const uint8_t *data = (const uint8_t *)string_data(in);
    uint8_t magnitude[MAGNITUDE_SIZE_MAX];
    assert(in->size >= 4);
    size_t size = in->size - 4;
    if (data[0] != 0 || size > sizeof magnitude)
        return false;
    memcpy(magnitude, data + 4, size);
    int digits = data[2] | data[3] << 8;
    for (; digits > scale && size != 0; digits--) {
        if (divide_by_ten(magnitude, size) != 0)
            return false;
        size -= magnitude[size - 1] == 0;
    }
    if (size > 16)
        return false;
    uint128 n = 0;
    for (size_t i = size; i-- != 0;)
        n = n << 8 | magnitude[i];
    uint128 limit = (uint128)int128_power_of_ten(NUMERIC_PRECISION_MAX);
    for (; digits < scale && n != 0 && n < limit; digits++)
        n *= 10;
    if (n >= limit)
        return false;
    *out = data[1] != 0 ? -(int128)n : (int128)n;
    return true;
}

static enum status put_wide_numeric(const struct parquet_stored *s, const void *value, uint8_t *scratch, struct bytes *out,
                                    struct error *err)
{
    int128 v;
    if (wide_to_int128(value, s->written.scale, &v)) {
        *out = put_decimal(s, v, scratch);
        return STATUS_OK;
    }
    struct buffer text = {0};
    numeric_format(s->type, value, &text);
    enum status st = error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "%.200s does not fit decimal(%d,%d) exactly",
                               buffer_text(&text), NUMERIC_PRECISION_MAX, (int)s->written.scale);
    error_hint(err, "cast the column to numeric(p, s) first");
    buffer_clear(&text);
    return st;
}

static enum status put_interval(const struct interval *v, uint8_t *scratch, struct error *err)
{
    if (v->months < 0 || v->days < 0 || v->microseconds < 0 || v->microseconds % 1000 != 0 ||
        v->microseconds / 1000 > UINT32_MAX)
        return error_set(err, STATUS_INTERVAL_OVERFLOW,
                         "an interval in Parquet has no negative parts and no digits below a millisecond");
    uint32_t parts[3] = {(uint32_t)v->months, (uint32_t)v->days, (uint32_t)(v->microseconds / 1000)};
    memcpy(scratch, parts, sizeof parts);
    return STATUS_OK;
}

static enum status check_finite(const struct parquet_stored *s, const void *value, struct error *err)
{
    bool infinite = false;
    if (s->type.id == TYPE_DATE)
        infinite = *(const int32_t *)value == DATE_INFINITY || *(const int32_t *)value == DATE_MINUS_INFINITY;
    else if (s->type.id == TYPE_TIMESTAMP || s->type.id == TYPE_TIMESTAMPTZ)
        infinite = *(const int64_t *)value == TIMESTAMP_INFINITY || *(const int64_t *)value == TIMESTAMP_MINUS_INFINITY;
    return infinite ? error_set(err, STATUS_DATETIME_OVERFLOW, "infinity has no form in Parquet") : STATUS_OK;
}

enum status parquet_plain_value(const struct parquet_stored *s, const void *value, uint8_t *scratch, struct bytes *out,
                                struct error *err)
{
    switch (type_physical(s->type)) {
    case PHYSICAL_U8:
        *out = (struct bytes){value, 1};
        return STATUS_OK;
    case PHYSICAL_I16: {
        int32_t wide = *(const int16_t *)value;
        memcpy(scratch, &wide, 4);
        *out = (struct bytes){scratch, 4};
        return STATUS_OK;
    }
    case PHYSICAL_I32:
    case PHYSICAL_F32:
        *out = (struct bytes){value, 4};
        return check_finite(s, value, err);
    case PHYSICAL_I64:
    case PHYSICAL_F64:
        *out = (struct bytes){value, 8};
        return check_finite(s, value, err);
    case PHYSICAL_I128:
        *out = put_decimal(s, *(const int128 *)value, scratch);
        return STATUS_OK;
    case PHYSICAL_INTERVAL:
        *out = (struct bytes){scratch, 12};
        return put_interval(value, scratch, err);
    case PHYSICAL_UUID:
        *out = (struct bytes){value, 16};
        return STATUS_OK;
    case PHYSICAL_STRING:
        if (s->type.id == TYPE_NUMERIC)
            return put_wide_numeric(s, value, scratch, out, err);
        *out = string_bytes(value);
        return STATUS_OK;
    }
    assert(false && "every physical form has its case");
    return STATUS_INTERNAL;
}

static int compare(enum parquet_order order, const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    switch (order) {
    case PARQUET_ORDER_INT32: {
        int32_t x, y;
        memcpy(&x, a, 4);
        memcpy(&y, b, 4);
        return (x > y) - (x < y);
    }
    case PARQUET_ORDER_INT64: {
        int64_t x, y;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        return (x > y) - (x < y);
    }
    case PARQUET_ORDER_FLOAT: {
        float x, y;
        memcpy(&x, a, 4);
        memcpy(&y, b, 4);
        return (x > y) - (x < y);
    }
    case PARQUET_ORDER_DOUBLE: {
        double x, y;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        return (x > y) - (x < y);
    }
    case PARQUET_ORDER_SIGNED_BYTES:
        if ((a[0] ^ b[0]) & 0x80)
            return a[0] & 0x80 ? -1 : 1;
        return memcmp(a, b, a_size);
    case PARQUET_ORDER_NONE:
    case PARQUET_ORDER_BYTES:
        break;
    }
    return bytes_compare((struct bytes){a, a_size}, (struct bytes){b, b_size});
}

static bool is_nan(enum parquet_order order, struct bytes v)
{
    float f;
    double d;
    if (order == PARQUET_ORDER_FLOAT) {
        memcpy(&f, v.data, 4);
        return isnan(f);
    }
    if (order == PARQUET_ORDER_DOUBLE) {
        memcpy(&d, v.data, 8);
        return isnan(d);
    }
    return false;
}

static void become(struct buffer *bound, struct bytes v)
{
    buffer_reset(bound);
    buffer_put_bytes(bound, v);
}

void parquet_range_add(struct parquet_range *r, enum parquet_order order, struct bytes v)
{
    if (order == PARQUET_ORDER_NONE)
        return;
    if (is_nan(order, v)) {
        r->has_nan = true;
        return;
    }
    if (!r->has_values || compare(order, v.data, v.size, r->minimum.data, r->minimum.size) < 0)
        become(&r->minimum, v);
    if (!r->has_values || compare(order, v.data, v.size, r->maximum.data, r->maximum.size) > 0)
        become(&r->maximum, v);
    r->has_values = true;
}

/* The format's rule: a zero minimum is written as -0, a zero maximum as +0. The sign is the last byte's high bit. */
static void fix_zero(struct buffer *bound, bool negative)
{
    for (size_t i = 0; i < bound->size; i++)
        if ((bound->data[i] & (i + 1 == bound->size ? 0x7f : 0xff)) != 0)
            return;
    bound->data[bound->size - 1] = negative ? 0x80 : 0;
}

/* How many of the first BOUND_SIZE_MAX bytes end with a whole character. */
static size_t cut_size(const struct buffer *b, bool is_text)
{
    size_t size = BOUND_SIZE_MAX;
    while (is_text && size != 0 && (b->data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

/* Makes the cut maximum greater than all that begin with it: the last byte that can be one more (in text: an ASCII one) is,
 * and what follows it goes. */
static bool raise_last(struct buffer *b, bool is_text)
{
    uint8_t largest = is_text ? 0x7d : 0xfe;
    for (; b->size != 0; b->size--) {
        uint8_t *last = &b->data[b->size - 1];
        if (*last <= largest) {
            ++*last;
            return true;
        }
    }
    return false;
}

void parquet_range_finish(struct parquet_range *r, const struct parquet_stored *s, bool *has_maximum, bool *minimum_exact,
                          bool *maximum_exact)
{
    bool is_text = s->element.logical == PARQUET_LOGICAL_STRING;
    *minimum_exact = *maximum_exact = true;
    *has_maximum = !r->has_nan;
    if (s->order == PARQUET_ORDER_FLOAT || s->order == PARQUET_ORDER_DOUBLE) {
        fix_zero(&r->minimum, true);
        fix_zero(&r->maximum, false);
    }
    if (r->minimum.size > BOUND_SIZE_MAX) {
        r->minimum.size = cut_size(&r->minimum, is_text);
        *minimum_exact = false;
    }
    if (r->maximum.size > BOUND_SIZE_MAX) {
        r->maximum.size = cut_size(&r->maximum, is_text);
        *has_maximum = raise_last(&r->maximum, is_text);
        *maximum_exact = false;
    }
}

void parquet_range_reset(struct parquet_range *r)
{
    r->has_values = r->has_nan = false;
    buffer_reset(&r->minimum);
    buffer_reset(&r->maximum);
}

void parquet_range_clear(struct parquet_range *r)
{
    buffer_clear(&r->minimum);
    buffer_clear(&r->maximum);
    r->has_values = r->has_nan = false;
}
