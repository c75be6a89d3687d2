/* ordered_key.c - keys whose bytes compare as ORDER BY does.
 *
 * Per column a byte that places NULLs and errors, then the value: integers
 * big-endian with the sign bit flipped; floating-point numbers likewise, all bits
 * flipped if negative; strings with 00 as 00 FF and 00 00 at the end; numerics as
 * sign, exponent and digits. A descending value's bytes are inverted.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "data/datetime.h"
#include "data/key_normal.h"
#include "data/number.h"
#include "data/row_key.h"

enum { PLACE_NULL_FIRST = 0, PLACE_VALUE = 1, PLACE_ERROR = 2, PLACE_NULL_LAST = 3 };

static void put_u128(uint128 v, struct buffer *out)
{
    buffer_put_u64(out, (uint64_t)(v >> 64));
    buffer_put_u64(out, (uint64_t)v);
}

static void put_float_bits(uint64_t bits, unsigned width, struct buffer *out)
{
    const uint64_t top = UINT64_C(1) << (width - 1);
    bits = bits & top ? ~bits : bits | top;
    if (width == 64)
        buffer_put_u64(out, bits);
    else
        buffer_put_u32(out, (uint32_t)bits);
}

static void put_escaped(struct bytes b, struct buffer *out)
{
    const uint8_t *at = b.data, *end = at + b.size;
    while (at < end) {
        const uint8_t *zero = memchr(at, 0, (size_t)(end - at));
        const uint8_t *stop = zero != NULL ? zero : end;
        buffer_put(out, at, (size_t)(stop - at));
        at = stop;
        if (zero != NULL) {
            buffer_put(out, "\x00\xff", 2);
            at++;
        }
    }
    buffer_put(out, "\x00\x00", 2);
}

enum { NUMERIC_MINUS_INFINITY = 0, NUMERIC_NEGATIVE = 1, NUMERIC_ZERO = 2, NUMERIC_POSITIVE = 3, NUMERIC_INFINITY = 4, NUMERIC_NAN = 5 };

/* The exponent of the first digit and the digits without trailing zeros; inverted when negative. */
static void put_finite_numeric(const struct string *s, struct buffer *out)
{
    struct number n;
    number_init(&n);
    number_load(&n, s);
    bool negative = mpz_sgn(n.value) < 0;
    mpz_abs(n.value, n.value);
    char *digits = memory_alloc(mpz_sizeinbase(n.value, 10) + 2);
    mpz_get_str(digits, 10, n.value);
    size_t count = strlen(digits);
    int32_t exponent = (int32_t)count - 1 - n.scale;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    size_t begin = out->size;
    buffer_put_u32(out, (uint32_t)exponent ^ UINT32_C(0x80000000));
    buffer_put(out, digits, count);
    buffer_put_u8(out, 0);
    for (size_t i = begin; negative && i < out->size; i++)
        out->data[i] = (uint8_t)~out->data[i];
    free(digits);
    number_clear(&n);
}

static void put_wide_numeric(const struct string *s, struct buffer *out)
{
    switch (numeric_kind(s)) {
    case NUMBER_MINUS_INFINITY: buffer_put_u8(out, NUMERIC_MINUS_INFINITY); return;
    case NUMBER_INFINITY: buffer_put_u8(out, NUMERIC_INFINITY); return;
    case NUMBER_NAN: buffer_put_u8(out, NUMERIC_NAN); return;
    case NUMBER_FINITE: break;
    }
    int sign = numeric_sign(s);
    buffer_put_u8(out, sign < 0 ? NUMERIC_NEGATIVE : sign == 0 ? NUMERIC_ZERO : NUMERIC_POSITIVE);
    if (sign != 0)
        put_finite_numeric(s, out);
}

static void put_value(struct type type, const void *value, struct buffer *out)
{
    const uint128 top = (uint128)1 << 127;
    uint128 bits;
    switch (type_physical(type)) {
    case PHYSICAL_U8: buffer_put_u8(out, *(const uint8_t *)value); break;
    case PHYSICAL_I16: buffer_put_u16(out, (uint16_t)(*(const int16_t *)value ^ INT16_MIN)); break;
    case PHYSICAL_I32: buffer_put_u32(out, (uint32_t)*(const int32_t *)value ^ UINT32_C(0x80000000)); break;
    case PHYSICAL_I64: buffer_put_u64(out, (uint64_t)*(const int64_t *)value ^ UINT64_C(1) << 63); break;
    case PHYSICAL_F32: put_float_bits(float_normal_bits(*(const float *)value), 32, out); break;
    case PHYSICAL_F64: put_float_bits(double_normal_bits(*(const double *)value), 64, out); break;
    case PHYSICAL_I128:
        memcpy(&bits, value, 16);
        put_u128(bits ^ top, out);
        break;
    case PHYSICAL_INTERVAL: put_u128((uint128)interval_comparable(value) ^ top, out); break;
    case PHYSICAL_UUID: buffer_put(out, value, 16); break;
    case PHYSICAL_STRING:
        if (type_is_wide_numeric(type))
            put_wide_numeric(value, out);
        else
            put_escaped(text_normal_bytes(type, value), out);
        break;
    }
}

static void put_column(const struct vector *v, uint32_t row, bool descending, bool nulls_first, struct buffer *out)
{
    if (v->values == NULL)
        return; /* nobody reads it */
    if (vector_error(v, row) != STATUS_OK) {
        buffer_put_u8(out, PLACE_ERROR);
        buffer_put_u8(out, (uint8_t)vector_error(v, row));
        return;
    }
    if (!vector_is_valid(v, row)) {
        buffer_put_u8(out, nulls_first ? PLACE_NULL_FIRST : PLACE_NULL_LAST);
        return;
    }
    buffer_put_u8(out, PLACE_VALUE);
    size_t begin = out->size;
    put_value(v->type, vector_value(v, row), out);
    for (size_t i = begin; descending && i < out->size; i++)
        out->data[i] = (uint8_t)~out->data[i];
}

void ordered_key_put(const struct batch *b, uint32_t row, const struct sort_key *keys, uint32_t key_count, struct buffer *out)
{
    for (uint32_t i = 0; i < key_count; i++)
        put_column(&b->columns[keys[i].column], row, keys[i].descending, keys[i].nulls_first, out);
}

/* What tells values apart that are equal in order: 1.0 and 1.00, '1 mon' and '30 days', -0 and 0. */
static void put_difference(const struct vector *v, uint32_t row, struct buffer *out)
{
    if (v->values == NULL || vector_error(v, row) != STATUS_OK || !vector_is_valid(v, row))
        return;
    const void *value = vector_value(v, row);
    if (type_is_wide_numeric(v->type))
        buffer_put_u16(out, (uint16_t)numeric_scale(value));
    else if (v->type.id == TYPE_INTERVAL)
        buffer_put(out, value, sizeof(struct interval));
    else if (v->type.id == TYPE_FLOAT8 || v->type.id == TYPE_FLOAT4)
        buffer_put(out, value, type_size(v->type));
    else if (v->type.id == TYPE_CHAR)
        buffer_put_u32(out, ((const struct string *)value)->size);
}

void ordered_key_put_row(const struct batch *b, uint32_t row, struct buffer *out)
{
    for (uint32_t i = 0; i < b->column_count; i++)
        put_column(&b->columns[i], row, false, false, out);
    for (uint32_t i = 0; i < b->column_count; i++)
        put_difference(&b->columns[i], row, out);
}
