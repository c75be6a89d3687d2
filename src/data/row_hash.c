/* row_hash.c - the hash of rows, column by column.
 *
 * One loop per type, chosen once per column; a dictionary's values are hashed
 * once each, a constant once. NULLs and errors are written over afterwards.
 */
#include <assert.h>

#include "base/hash.h"
#include "data/datetime.h"
#include "data/key_normal.h"
#include "data/numeric.h"
#include "data/row_key.h"

static inline uint64_t hash_int128(int128 v)
{
    return hash_combine(hash_u64((uint64_t)v), (uint64_t)((uint128)v >> 64));
}

static inline uint64_t hash_16_bytes(const void *value)
{
    int128 v;
    memcpy(&v, value, 16);
    return hash_int128(v);
}

static inline uint64_t hash_text(const struct string *s)
{
    return hash_bytes(string_data(s), s->size);
}

static uint64_t hash_char(const struct string *s)
{
    struct bytes b = text_normal_bytes(type_of(TYPE_CHAR), s);
    return hash_bytes(b.data, b.size);
}

static uint64_t hash_wide_numeric(const struct string *s)
{
    struct buffer normal = {0};
    numeric_put_normal(s, &normal);
    uint64_t hash = hash_bytes(normal.data, normal.size);
    buffer_clear(&normal);
    return hash;
}

/* out[i] = hash of values[row], for the rows named or, if rows is NULL, for 0..count. */
#define HASH_EACH(ctype, expression)                       \
    do {                                                   \
        const ctype *values = array;                       \
        if (rows == NULL) {                                \
            for (uint32_t i = 0; i < count; i++) {         \
                const ctype *value = &values[i];           \
                out[i] = expression;                       \
            }                                              \
        } else {                                           \
            for (uint32_t i = 0; i < count; i++) {         \
                const ctype *value = &values[rows[i]];     \
                out[i] = expression;                       \
            }                                              \
        }                                                  \
    } while (0)

struct uuid_bytes {
    uint8_t data[16];
};

static void hash_strings(struct type type, const void *array, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    if (type_is_wide_numeric(type))
        HASH_EACH(struct string, hash_wide_numeric(value));
    else if (type.id == TYPE_CHAR)
        HASH_EACH(struct string, hash_char(value));
    else
        HASH_EACH(struct string, hash_text(value));
}

/* Integers of all widths hash as their 64-bit value. */
static void hash_array(struct type type, const void *array, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    switch (type_physical(type)) {
    case PHYSICAL_U8: HASH_EACH(uint8_t, hash_u64(*value)); break;
    case PHYSICAL_I16: HASH_EACH(int16_t, hash_u64((uint64_t)(int64_t)*value)); break;
    case PHYSICAL_I32: HASH_EACH(int32_t, hash_u64((uint64_t)(int64_t)*value)); break;
    case PHYSICAL_I64: HASH_EACH(int64_t, hash_u64((uint64_t)*value)); break;
    case PHYSICAL_F32: HASH_EACH(float, hash_u64(float_normal_bits(*value))); break;
    case PHYSICAL_F64: HASH_EACH(double, hash_u64(double_normal_bits(*value))); break;
    case PHYSICAL_I128: HASH_EACH(int128, hash_int128(*value)); break;
    case PHYSICAL_INTERVAL: HASH_EACH(struct interval, hash_int128(interval_comparable(value))); break;
    case PHYSICAL_UUID: HASH_EACH(struct uuid_bytes, hash_16_bytes(value)); break;
    case PHYSICAL_STRING: hash_strings(type, array, rows, count, out); break;
    }
}

static inline uint32_t row_number(const uint16_t *rows, uint32_t i)
{
    return rows == NULL ? i : rows[i];
}

static uint64_t hash_error(enum status st)
{
    return hash_combine(HASH_NULL, (uint64_t)st);
}

/* NULLs and errors have hashes of their own, whatever lies in their place. */
static void hash_marks(const struct vector *v, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    if (v->validity != NULL)
        for (uint32_t i = 0; i < count; i++)
            if (!bit_get(v->validity, row_number(rows, i)))
                out[i] = HASH_NULL;
    if (v->errors != NULL)
        for (uint32_t i = 0; i < count; i++)
            if (v->errors[row_number(rows, i)] != 0)
                out[i] = hash_error((enum status)v->errors[row_number(rows, i)]);
}

/* Each value that a row shows, once. Those that none shows may not be set: in the dictionary of a column with NULLs, theirs. */
static void hash_shown_strings(const struct vector *v, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    uint64_t hashes[BATCH_ROWS_MAX];
    uint8_t is_hashed[BATCH_ROWS_MAX] = {0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = row_number(rows, i), value = v->indexes[row];
        if (!vector_is_valid(v, row) || vector_error(v, row) != STATUS_OK)
            continue;
        if (!is_hashed[value])
            hash_array(v->type, vector_value(v, row), NULL, 1, &hashes[value]);
        is_hashed[value] = 1;
        out[i] = hashes[value];
    }
}

static void hash_dictionary(const struct vector *v, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    uint64_t hashes[BATCH_ROWS_MAX];
    if (v->dictionary_size == 0) {
        memset(out, 0, count * sizeof *out); /* marks will follow for every row */
    } else if (v->dictionary_size <= count && type_is_string(v->type)) {
        hash_shown_strings(v, rows, count, out);
    } else if (v->dictionary_size <= count) {
        hash_array(v->type, v->values, NULL, v->dictionary_size, hashes);
        for (uint32_t i = 0; i < count; i++)
            out[i] = hashes[v->indexes[row_number(rows, i)]];
    } else {
        /* indexes of rows that are NULL or in error point somewhere valid, but their values may not be set */
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = row_number(rows, i);
            if (vector_is_valid(v, row) && vector_error(v, row) == STATUS_OK)
                hash_array(v->type, vector_value(v, row), NULL, 1, &out[i]);
        }
    }
    hash_marks(v, rows, count, out);
}

static void hash_constant(const struct vector *v, uint32_t count, uint64_t *out)
{
    uint64_t hash = HASH_NULL;
    if (vector_error(v, 0) != STATUS_OK)
        hash = hash_error(vector_error(v, 0));
    else if (vector_is_valid(v, 0))
        hash_array(v->type, v->values, NULL, 1, &hash);
    for (uint32_t i = 0; i < count; i++)
        out[i] = hash;
}

/* Long strings of rows that are NULL have no bytes to read: those go row by row. */
static void hash_flat(const struct vector *v, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    if (type_is_string(v->type) && (v->validity != NULL || v->errors != NULL)) {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = row_number(rows, i);
            if (vector_is_valid(v, row) && vector_error(v, row) == STATUS_OK)
                hash_array(v->type, vector_value(v, row), NULL, 1, &out[i]);
        }
    } else {
        hash_array(v->type, v->values, rows, count, out);
    }
    hash_marks(v, rows, count, out);
}

static void hash_column(const struct vector *v, const uint16_t *rows, uint32_t count, uint64_t *out)
{
    switch (v->form) {
    case VECTOR_FLAT: hash_flat(v, rows, count, out); break;
    case VECTOR_CONSTANT: hash_constant(v, count, out); break;
    case VECTOR_DICTIONARY: hash_dictionary(v, rows, count, out); break;
    }
}

void row_hash(const struct batch *b, const uint32_t *columns, uint32_t column_count, uint64_t *hashes)
{
    uint32_t count = batch_rows(b);
    assert(count <= BATCH_ROWS_MAX);
    if (column_count == 0) {
        for (uint32_t i = 0; i < count; i++)
            hashes[i] = HASH_NULL;
        return;
    }
    hash_column(&b->columns[columns[0]], b->selection, count, hashes);
    for (uint32_t c = 1; c < column_count; c++) {
        uint64_t next[BATCH_ROWS_MAX];
        hash_column(&b->columns[columns[c]], b->selection, count, next);
        for (uint32_t i = 0; i < count; i++)
            hashes[i] = hash_combine(hashes[i], next[i]);
    }
}
