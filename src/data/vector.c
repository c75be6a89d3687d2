/* vector.c - making, flattening and gathering columns. Copies are by physical size, so there is one loop per size. */
#include "data/vector.h"

#include <assert.h>

static size_t bitmap_size(size_t row_count)
{
    return (row_count + 63) / 64 * 8;
}

void vector_init_flat(struct vector *v, struct type type, size_t row_count, struct arena *arena)
{
    *v = (struct vector){.type = type, .form = VECTOR_FLAT, .values = arena_alloc(arena, row_count * type_size(type))};
}

void vector_init_null(struct vector *v, struct type type, struct arena *arena)
{
    *v = (struct vector){.type = type, .form = VECTOR_CONSTANT};
    v->values = arena_alloc_zero(arena, 1, 16);
    v->validity = arena_alloc_zero(arena, 1, 8);
}

void vector_init_constant(struct vector *v, struct type type, const void *value, struct arena *arena)
{
    *v = (struct vector){.type = type, .form = VECTOR_CONSTANT};
    v->values = arena_alloc_zero(arena, 1, 16);
    memcpy(v->values, value, type_size(type));
}

void vector_set_null(struct vector *v, size_t row, size_t row_count, struct arena *arena)
{
    assert(v->form != VECTOR_CONSTANT && row < row_count);
    if (v->validity == NULL) {
        v->validity = arena_alloc(arena, bitmap_size(row_count));
        memset(v->validity, 0xff, bitmap_size(row_count));
    }
    bit_clear(v->validity, row);
}

void vector_set_error(struct vector *v, size_t row, enum status st, size_t row_count, struct arena *arena)
{
    assert(v->form != VECTOR_CONSTANT && row < row_count && st < 256);
    if (v->errors == NULL)
        v->errors = arena_alloc_zero(arena, row_count, 1);
    v->errors[row] = (uint8_t)st;
}

/* to[i] = from[i-th slot], where the slots are a constant's 0, a dictionary's index or the row itself. */
#define COPY_SLOTS(ctype, slot)                 \
    do {                                        \
        const ctype *from = v->values;          \
        ctype *to = out->values;                \
        for (size_t i = 0; i < count; i++)      \
            to[i] = from[slot];                 \
    } while (0)
#define COPY_BY_SIZE(slot)                                        \
    switch (type_size(v->type)) {                                 \
    case 1: COPY_SLOTS(uint8_t, slot); break;                     \
    case 2: COPY_SLOTS(uint16_t, slot); break;                    \
    case 4: COPY_SLOTS(uint32_t, slot); break;                    \
    case 8: COPY_SLOTS(uint64_t, slot); break;                    \
    default: COPY_SLOTS(struct string, slot); break; /* 16 bytes */ \
    }

/* The slots of rows, or of rows 0..count if rows is NULL; out->values has room for count. */
static void copy_values(const struct vector *v, const uint16_t *rows, size_t count, struct vector *out)
{
    if (v->form == VECTOR_CONSTANT) {
        COPY_BY_SIZE(0);
    } else if (v->form == VECTOR_DICTIONARY) {
        if (v->dictionary_size == 0)
            return; /* every row is NULL or in error */
        if (rows == NULL) {
            COPY_BY_SIZE(v->indexes[i]);
        } else {
            COPY_BY_SIZE(v->indexes[rows[i]]);
        }
    } else if (rows == NULL) {
        memcpy(out->values, v->values, count * type_size(v->type));
    } else {
        COPY_BY_SIZE(rows[i]);
    }
}

static void spread_constant(const struct vector *v, size_t count, struct arena *arena, struct vector *out)
{
    if (!vector_is_valid(v, 0))
        out->validity = arena_alloc_zero(arena, 1, bitmap_size(count));
    if (vector_error(v, 0) != STATUS_OK) {
        out->errors = arena_alloc(arena, count);
        memset(out->errors, v->errors[0], count);
    }
}

void vector_flatten(const struct vector *v, size_t row_count, struct arena *arena, struct vector *out)
{
    if (v->form == VECTOR_FLAT || v->values == NULL) {
        *out = *v;
        return;
    }
    struct vector flat;
    vector_init_flat(&flat, v->type, row_count, arena);
    copy_values(v, NULL, row_count, &flat);
    if (v->form == VECTOR_CONSTANT) {
        spread_constant(v, row_count, arena, &flat);
    } else {
        flat.validity = v->validity;
        flat.errors = v->errors;
    }
    *out = flat;
}

static void gather_marks(const struct vector *v, const uint16_t *rows, size_t count, struct arena *arena, struct vector *out)
{
    if (v->validity != NULL) {
        out->validity = arena_alloc_zero(arena, 1, bitmap_size(count));
        for (size_t i = 0; i < count; i++)
            out->validity[i >> 6] |= (uint64_t)bit_get(v->validity, rows[i]) << (i & 63);
    }
    if (v->errors != NULL) {
        out->errors = arena_alloc(arena, count);
        for (size_t i = 0; i < count; i++)
            out->errors[i] = v->errors[rows[i]];
    }
}

void vector_gather(const struct vector *v, const uint16_t *rows, size_t count, struct arena *arena, struct vector *out)
{
    if (v->values == NULL) {
        *out = (struct vector){.type = v->type};
        return;
    }
    struct vector dense;
    vector_init_flat(&dense, v->type, count, arena);
    copy_values(v, rows, count, &dense);
    if (v->form == VECTOR_CONSTANT)
        spread_constant(v, count, arena, &dense);
    else
        gather_marks(v, rows, count, arena, &dense);
    *out = dense;
}
