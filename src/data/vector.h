/* vector.h - one column of a batch.
 *
 * Forms:
 *   FLAT        values[i] is row i's value
 *   CONSTANT    values[0] (and validity bit 0, errors[0]) stands for every row
 *   DICTIONARY  values[indexes[i]]; validity and errors are still by row i
 *
 * validity: bit i set = not NULL; the pointer is NULL when no row is NULL.
 * errors: one enum status per row, 0 = none; the pointer is NULL when no row is
 * in error. A row in error has no value: its validity bit and value are not
 * looked at. Only rows that the batch selects are meaningful; kernels may
 * compute the others but must not fail on them.
 *
 * Memory: a vector owns nothing. Its arrays live in an arena or a slab whose
 * lifetime is at least the batch's; long strings point into the same.
 */
#ifndef LEAT_DATA_VECTOR_H
#define LEAT_DATA_VECTOR_H

#include "base/arena.h"
#include "data/string.h"
#include "data/type.h"

enum { BATCH_ROWS_MAX = 2048 };

enum vector_form { VECTOR_FLAT, VECTOR_CONSTANT, VECTOR_DICTIONARY };

struct vector {
    struct type type;
    enum vector_form form;
    uint32_t dictionary_size; /* DICTIONARY: how many values there are */
    void *values;             /* array of the type's physical form, 16-byte aligned */
    const uint32_t *indexes;  /* DICTIONARY */
    uint64_t *validity;
    uint8_t *errors;
};

static inline bool bit_get(const uint64_t *bits, size_t i)
{
    return bits[i >> 6] >> (i & 63) & 1;
}
static inline void bit_set(uint64_t *bits, size_t i)
{
    bits[i >> 6] |= UINT64_C(1) << (i & 63);
}
static inline void bit_clear(uint64_t *bits, size_t i)
{
    bits[i >> 6] &= ~(UINT64_C(1) << (i & 63));
}

/* Where row's value lies in values. */
static inline size_t vector_slot(const struct vector *v, size_t row)
{
    return v->form == VECTOR_FLAT ? row : v->form == VECTOR_CONSTANT ? 0 : v->indexes[row];
}
/* Where row's validity and error lie. */
static inline size_t vector_row(const struct vector *v, size_t row)
{
    return v->form == VECTOR_CONSTANT ? 0 : row;
}
static inline enum status vector_error(const struct vector *v, size_t row)
{
    return v->errors == NULL ? STATUS_OK : (enum status)v->errors[vector_row(v, row)];
}
static inline bool vector_is_valid(const struct vector *v, size_t row)
{
    return v->validity == NULL || bit_get(v->validity, vector_row(v, row));
}
/* The address of row's value. */
static inline void *vector_value(const struct vector *v, size_t row)
{
    return (char *)v->values + vector_slot(v, row) * type_size(v->type);
}

#define VECTOR_I16(v) ((int16_t *)(v)->values)
#define VECTOR_I32(v) ((int32_t *)(v)->values)
#define VECTOR_I64(v) ((int64_t *)(v)->values)
#define VECTOR_F32(v) ((float *)(v)->values)
#define VECTOR_F64(v) ((double *)(v)->values)
#define VECTOR_I128(v) ((int128 *)(v)->values)
#define VECTOR_BOOL(v) ((uint8_t *)(v)->values)
#define VECTOR_STRING(v) ((struct string *)(v)->values)
#define VECTOR_INTERVAL(v) ((struct interval *)(v)->values)

/* Row's value, of smallint, integer, bigint or any other type of 64 bits. */
static inline int64_t vector_integer(const struct vector *v, size_t row)
{
    size_t slot = vector_slot(v, row);
    switch (v->type.id) {
    case TYPE_INT2:
        return VECTOR_I16(v)[slot];
    case TYPE_INT4:
        return VECTOR_I32(v)[slot];
    default:
        return VECTOR_I64(v)[slot];
    }
}

/* A flat vector with room for row_count values, all valid, values not set. */
void vector_init_flat(struct vector *v, struct type type, size_t row_count, struct arena *arena);
/* A constant NULL. */
void vector_init_null(struct vector *v, struct type type, struct arena *arena);
/* A constant of one value, copied (the bytes behind a long string are not). */
void vector_init_constant(struct vector *v, struct type type, const void *value, struct arena *arena);
/* Marks a row NULL or in error; allocates the bitmap for row_count rows at first use. FLAT or DICTIONARY. */
void vector_set_null(struct vector *v, size_t row, size_t row_count, struct arena *arena);
void vector_set_error(struct vector *v, size_t row, enum status st, size_t row_count, struct arena *arena);
/* *out shows the same values in FLAT form for rows [0, row_count) (copied into arena unless already flat). */
void vector_flatten(const struct vector *v, size_t row_count, struct arena *arena, struct vector *out);
/* Copies rows[0..count) of v into a dense flat vector; strings still point to the same bytes. */
void vector_gather(const struct vector *v, const uint16_t *rows, size_t count, struct arena *arena, struct vector *out);

#endif
