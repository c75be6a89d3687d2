/* hash_key.c - keys for equality.
 *
 * Packed, when every column has a fixed size and all fit 8 or 16 bytes:
 *
 *     the values in order, little-endian, in normal form
 *     flags   1 bit per column, set = NULL or in error; left out when the values alone fill the key, which is
 *             allowed only for columns that are declared not null
 *     zeros up to 8 or 16 bytes
 *
 * A NULL's value bytes are zero; an error's first one is its code. Any other key
 * is, per column, a byte (0 value, 1 NULL, 2 error) and the value: fixed sizes
 * always in full (an error's first byte is its code), strings as u32 size and
 * bytes, an error there as its code. So no other key of fixed columns is as
 * short as a packed one of the same columns.
 */
#include <assert.h>

#include "base/reader.h"
#include "data/datetime.h"
#include "data/key_normal.h"
#include "data/numeric.h"
#include "data/row_key.h"
#include "data/text.h"

enum { PACKED_SIZE_MAX = 16 };
enum key_flag { KEY_VALUE, KEY_NULL, KEY_ERROR };

struct key_layout {
    bool is_fixed;     /* no strings */
    size_t value_size; /* of all values */
    size_t flag_size;
};

static void layout_add(struct key_layout *l, struct type type)
{
    l->is_fixed = l->is_fixed && !type_is_string(type);
    l->value_size += type_size(type);
}

static struct key_layout layout_of_batch(const struct batch *b, const uint32_t *columns, uint32_t column_count)
{
    struct key_layout l = {.is_fixed = true, .flag_size = (column_count + 7) / 8};
    for (uint32_t i = 0; i < column_count; i++)
        layout_add(&l, b->columns[columns[i]].type);
    return l;
}

/* The size of the packed form with flags; 0 if there is none. */
static size_t packed_size(const struct key_layout *l)
{
    size_t size = l->value_size + l->flag_size;
    return !l->is_fixed || size > PACKED_SIZE_MAX ? 0 : size <= 8 ? 8 : 16;
}

bool hash_key_is_fixed(const struct schema *schema, const uint32_t *columns, uint32_t column_count, size_t *size)
{
    struct key_layout l = {.is_fixed = true, .flag_size = (column_count + 7) / 8};
    bool not_null = true;
    for (uint32_t i = 0; i < column_count; i++) {
        layout_add(&l, schema->columns[columns[i]].type);
        not_null = not_null && schema->columns[columns[i]].not_null;
    }
    *size = packed_size(&l);
    if (l.is_fixed && not_null && (l.value_size == 8 || l.value_size == 16))
        *size = l.value_size;
    return *size != 0;
}

/* value as the low type_size bytes of an integer. */
static inline uint128 normal_value(struct type type, const void *value)
{
    uint128 out = 0;
    switch (type_physical(type)) {
    case PHYSICAL_F32: return float_normal_bits(*(const float *)value);
    case PHYSICAL_F64: return double_normal_bits(*(const double *)value);
    case PHYSICAL_INTERVAL: return (uint128)interval_comparable(value);
    case PHYSICAL_U8: return *(const uint8_t *)value;
    case PHYSICAL_I16: return (uint16_t)*(const int16_t *)value;
    case PHYSICAL_I32: return (uint32_t)*(const int32_t *)value;
    case PHYSICAL_I64: return (uint64_t)*(const int64_t *)value;
    case PHYSICAL_I128:
    case PHYSICAL_UUID: memcpy(&out, value, 16); return out;
    case PHYSICAL_STRING: break;
    }
    assert(false && "strings are not packed");
    return 0;
}

static enum key_flag flag_of(const struct vector *v, uint32_t row)
{
    if (vector_error(v, row) != STATUS_OK)
        return KEY_ERROR;
    return vector_is_valid(v, row) ? KEY_VALUE : KEY_NULL;
}

static void put_packed(const struct batch *b, uint32_t row, const uint32_t *columns, uint32_t column_count,
                       const struct key_layout *l, struct buffer *out)
{
    uint8_t key[PACKED_SIZE_MAX] = {0};
    size_t at = 0;
    for (uint32_t i = 0; i < column_count; i++) {
        const struct vector *v = &b->columns[columns[i]];
        enum key_flag flag = flag_of(v, row);
        uint128 value = 0;
        if (flag == KEY_VALUE)
            value = normal_value(v->type, vector_value(v, row));
        else if (flag == KEY_ERROR)
            value = (uint128)vector_error(v, row);
        memcpy(key + at, &value, type_size(v->type));
        if (flag != KEY_VALUE)
            key[l->value_size + i / 8] |= (uint8_t)(1u << i % 8);
        at += type_size(v->type);
    }
    buffer_put(out, key, packed_size(l));
}

static void put_string(struct type type, const struct string *s, struct buffer *out)
{
    size_t at = out->size;
    uint32_t size = 0;
    buffer_put(out, &size, 4);
    if (type_is_wide_numeric(type))
        numeric_put_normal(s, out);
    else
        buffer_put_bytes(out, text_normal_bytes(type, s));
    size = (uint32_t)(out->size - at - 4);
    memcpy(out->data + at, &size, 4);
}

static void put_column(const struct vector *v, uint32_t row, struct buffer *out)
{
    enum key_flag flag = flag_of(v, row);
    buffer_put_u8(out, (uint8_t)flag);
    if (type_is_string(v->type)) {
        if (flag == KEY_VALUE)
            put_string(v->type, vector_value(v, row), out);
        else if (flag == KEY_ERROR)
            buffer_put_u8(out, (uint8_t)vector_error(v, row));
        return;
    }
    uint128 value = 0;
    if (flag == KEY_VALUE)
        value = normal_value(v->type, vector_value(v, row));
    else if (flag == KEY_ERROR)
        value = (uint128)vector_error(v, row);
    buffer_put(out, &value, type_size(v->type));
}

void hash_key_put(const struct batch *b, uint32_t row, const uint32_t *columns, uint32_t column_count, struct buffer *out)
{
    struct key_layout l = layout_of_batch(b, columns, column_count);
    if (packed_size(&l) != 0) {
        put_packed(b, row, columns, column_count, &l, out);
        return;
    }
    for (uint32_t i = 0; i < column_count; i++)
        put_column(&b->columns[columns[i]], row, out);
}

/* keys[i] |= value of the i-th row << shift; rows that are NULL or in error add their flag instead. */
#define PACK_EACH(key_type, ctype, expression)                                  \
    do {                                                                        \
        key_type *keys = out;                                                   \
        const ctype *values = v->values;                                        \
        if (v->form == VECTOR_FLAT && b->selection == NULL) {                   \
            for (uint32_t i = 0; i < count; i++) {                              \
                const ctype *value = &values[i];                                \
                keys[i] |= (key_type)(expression) << shift;                     \
            }                                                                   \
        } else if (v->form == VECTOR_FLAT) {                                    \
            for (uint32_t i = 0; i < count; i++) {                              \
                const ctype *value = &values[b->selection[i]];                  \
                keys[i] |= (key_type)(expression) << shift;                     \
            }                                                                   \
        } else if (v->form == VECTOR_CONSTANT) {                                \
            const ctype *value = &values[0];                                    \
            key_type constant = (key_type)(expression) << shift;                \
            for (uint32_t i = 0; i < count; i++)                                \
                keys[i] |= constant;                                            \
        } else if (v->dictionary_size != 0) {                                   \
            for (uint32_t i = 0; i < count; i++) {                              \
                const ctype *value = &values[v->indexes[batch_row(b, i)]];      \
                keys[i] |= (key_type)(expression) << shift;                     \
            }                                                                   \
        }                                                                       \
    } while (0)

static void pack_8(const struct batch *b, const struct vector *v, unsigned shift, uint64_t *out)
{
    uint32_t count = batch_rows(b);
    switch (type_physical(v->type)) {
    case PHYSICAL_U8: PACK_EACH(uint64_t, uint8_t, *value); break;
    case PHYSICAL_I16: PACK_EACH(uint64_t, uint16_t, *value); break;
    case PHYSICAL_I32: PACK_EACH(uint64_t, uint32_t, *value); break;
    case PHYSICAL_I64: PACK_EACH(uint64_t, uint64_t, *value); break;
    case PHYSICAL_F32: PACK_EACH(uint64_t, float, float_normal_bits(*value)); break;
    case PHYSICAL_F64: PACK_EACH(uint64_t, double, double_normal_bits(*value)); break;
    default: assert(false && "does not fit 8 bytes");
    }
}

static void pack_16(const struct batch *b, const struct vector *v, unsigned shift, uint128 *out)
{
    uint32_t count = batch_rows(b);
    switch (type_physical(v->type)) {
    case PHYSICAL_U8: PACK_EACH(uint128, uint8_t, *value); break;
    case PHYSICAL_I16: PACK_EACH(uint128, uint16_t, *value); break;
    case PHYSICAL_I32: PACK_EACH(uint128, uint32_t, *value); break;
    case PHYSICAL_I64: PACK_EACH(uint128, uint64_t, *value); break;
    case PHYSICAL_F32: PACK_EACH(uint128, float, float_normal_bits(*value)); break;
    case PHYSICAL_F64: PACK_EACH(uint128, double, double_normal_bits(*value)); break;
    case PHYSICAL_INTERVAL: PACK_EACH(uint128, struct interval, interval_comparable(value)); break;
    case PHYSICAL_I128:
    case PHYSICAL_UUID: PACK_EACH(uint128, uint128, *value); break;
    case PHYSICAL_STRING: assert(false && "strings are not packed");
    }
}

/* Rows that are NULL or in error: their value bits become zero or the code, and the flag is set. */
static void pack_marks(const struct batch *b, const struct vector *v, uint32_t column, size_t size, unsigned shift,
                       const struct key_layout *l, uint8_t *keys)
{
    if (v->validity == NULL && v->errors == NULL)
        return;
    uint32_t count = batch_rows(b);
    bool has_flags = l->value_size + l->flag_size <= size;
    size_t value_size = type_size(v->type);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = batch_row(b, i);
        enum key_flag flag = flag_of(v, row);
        if (flag == KEY_VALUE)
            continue;
        assert(has_flags); /* the column was declared not null */
        uint128 value = flag == KEY_ERROR ? (uint128)vector_error(v, row) : 0;
        uint8_t *key = keys + i * size;
        memcpy(key + shift / 8, &value, value_size);
        key[l->value_size + column / 8] |= (uint8_t)(1u << column % 8);
    }
}

void hash_key_pack(const struct batch *b, const uint32_t *columns, uint32_t column_count, size_t size, void *keys)
{
    struct key_layout l = layout_of_batch(b, columns, column_count);
    assert((size == 8 || size == 16) && l.is_fixed && l.value_size <= size);
    memset(keys, 0, batch_rows(b) * size);
    unsigned shift = 0;
    for (uint32_t i = 0; i < column_count; i++) {
        const struct vector *v = &b->columns[columns[i]];
        if (size == 8)
            pack_8(b, v, shift, keys);
        else
            pack_16(b, v, shift, keys);
        pack_marks(b, v, i, size, shift, &l, keys);
        shift += (unsigned)type_size(v->type) * 8;
    }
}

/* The interval of this length with the largest units. */
static struct interval interval_of_length(int128 length)
{
    const int128 day = INT64_C(86400000000);
    int128 days = length / day;
    return (struct interval){.months = (int32_t)(days / 30), .days = (int32_t)(days % 30), .microseconds = (int64_t)(length % day)};
}

static void set_fixed(struct vector *v, size_t row, const uint8_t *data)
{
    uint8_t *to = (uint8_t *)v->values + row * type_size(v->type);
    if (v->type.id == TYPE_INTERVAL) {
        int128 length;
        memcpy(&length, data, 16);
        struct interval interval = interval_of_length(length);
        memcpy(to, &interval, sizeof interval);
        return;
    }
    memcpy(to, data, type_size(v->type));
}

static void set_string(struct vector *v, size_t row, struct bytes bytes, struct arena *arena)
{
    size_t size = bytes.size;
    if (v->type.id == TYPE_CHAR && v->type.length > 0) { /* padded again */
        size_t characters = utf8_length((const char *)bytes.data, size);
        if (characters < (size_t)v->type.length)
            size += (size_t)v->type.length - characters;
    }
    char *copy = arena_alloc(arena, size);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    memset(copy + bytes.size, ' ', size - bytes.size);
    VECTOR_STRING(v)[row] = string_make(copy, size);
}

static enum status get_packed(struct bytes key, const struct key_layout *l, struct vector *columns, uint32_t column_count,
                              size_t row, size_t row_count, struct arena *arena)
{
    bool has_flags = l->value_size + l->flag_size <= key.size;
    size_t at = 0;
    for (uint32_t i = 0; i < column_count; i++) {
        struct vector *v = &columns[i];
        bool flagged = has_flags && (key.data[l->value_size + i / 8] >> i % 8 & 1);
        if (!flagged)
            set_fixed(v, row, key.data + at);
        else if (key.data[at] != 0 && key.data[at] < STATUS_COUNT)
            vector_set_error(v, row, (enum status)key.data[at], row_count, arena);
        else
            vector_set_null(v, row, row_count, arena);
        at += type_size(v->type);
    }
    return STATUS_OK;
}

static void get_column(struct reader *r, struct vector *v, size_t row, size_t row_count, struct arena *arena)
{
    uint8_t flag = reader_u8(r);
    uint8_t code = 0;
    struct bytes value = {0};
    if (!type_is_string(v->type)) {
        value = reader_bytes(r, type_size(v->type));
        code = value.data != NULL ? value.data[0] : 0;
    } else if (flag == KEY_VALUE) {
        value = reader_bytes(r, reader_u32_le(r));
    } else if (flag == KEY_ERROR) {
        code = reader_u8(r);
    }
    if (r->failed || flag > KEY_ERROR || (flag == KEY_ERROR && (code == 0 || code >= STATUS_COUNT)))
        reader_fail(r);
    else if (flag == KEY_NULL)
        vector_set_null(v, row, row_count, arena);
    else if (flag == KEY_ERROR)
        vector_set_error(v, row, (enum status)code, row_count, arena);
    else if (type_is_string(v->type))
        set_string(v, row, value, arena);
    else
        set_fixed(v, row, value.data);
}

enum status hash_key_get(struct bytes key, struct vector *columns, uint32_t column_count, size_t row, size_t row_count,
                         struct arena *arena, struct error *err)
{
    struct key_layout l = {.is_fixed = true, .flag_size = (column_count + 7) / 8};
    for (uint32_t i = 0; i < column_count; i++)
        layout_add(&l, columns[i].type);
    if (l.is_fixed && l.value_size <= PACKED_SIZE_MAX && (key.size == 8 || key.size == 16) && l.value_size <= key.size)
        return get_packed(key, &l, columns, column_count, row, row_count, arena);
    struct reader r;
    reader_init(&r, key);
    for (uint32_t i = 0; i < column_count; i++)
        get_column(&r, &columns[i], row, row_count, arena);
    if (r.failed || reader_left(&r) != 0)
        return error_set(err, STATUS_CORRUPT, "a key of %zu bytes does not hold its %u columns", key.size, column_count);
    return STATUS_OK;
}
