/* aggregate_extreme.c - min, max and any_value.
 *
 * Over append-only input the state is the extreme itself: inline for values of a
 * fixed width, on the heap for strings. Over input that retracts it is the
 * whole multiset (value_set.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "expr/aggregate_state.h"
#include "expr/value_set.h"

/* ---- append-only, fixed width ---- */

struct value_state {
    uint64_t value[2]; /* the bytes of the extreme, 8-aligned */
    struct type type;  /* TYPE_NULL: none yet */
};

static void put_type(struct type type, struct buffer *out)
{
    buffer_put_u8(out, type.id);
    buffer_put_u8(out, type.precision);
    buffer_put_u16(out, (uint16_t)type.scale);
    buffer_put_u32(out, (uint32_t)type.length);
}

static struct type get_type(struct reader *r)
{
    struct type type = {.id = reader_u8(r), .precision = reader_u8(r)};
    type.scale = (int16_t)reader_u16(r);
    type.length = (int32_t)reader_u32(r);
    if (type.id >= TYPE_COUNT)
        reader_fail(r);
    return type;
}

/* Candidate against the extreme so far; sign: 1 keeps the largest, -1 the smallest. */
static void offer_value(struct value_state *s, struct type type, const void *raw, int sign)
{
    _Alignas(16) unsigned char value[16];
    _Alignas(16) unsigned char best[16];
    value_normalize(type, raw, value);
    if (s->type.id != TYPE_NULL) {
        memcpy(best, s->value, sizeof best);
        if (value_order(type, value, best) * sign <= 0)
            return;
    }
    s->type = type;
    memcpy(s->value, value, type_size(type));
}

#define OFFER_PLAIN(T, LEAST_SIGN)                                                          \
    do {                                                                                    \
        const T *values = v->values;                                                        \
        T best = values[rows != NULL ? rows[0] : 0];                                        \
        for (uint32_t i = 1; i < count; i++) {                                              \
            T value = values[rows != NULL ? rows[i] : i];                                   \
            best = value LEAST_SIGN best ? value : best;                                    \
        }                                                                                   \
        offer_value(state, v->type, &best, sign);                                           \
    } while (0)
#define OFFER_ALL(T)                  \
    do {                              \
        if (sign < 0)                 \
            OFFER_PLAIN(T, <);        \
        else                          \
            OFFER_PLAIN(T, >);        \
    } while (0)

/* The extreme of one batch of plain integers goes to the state at once. False: not such a batch. */
static bool offer_plain(void *state, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count,
                        int sign)
{
    if (!values_are_plain(v, weights) || count == 0)
        return false;
    switch (type_physical(v->type)) {
    case PHYSICAL_I32:
        OFFER_ALL(int32_t);
        return true;
    case PHYSICAL_I64:
        OFFER_ALL(int64_t);
        return true;
    case PHYSICAL_I128:
        OFFER_ALL(int128);
        return true;
    default:
        return false;
    }
}

/* Groups: integers of 64 bits and less are compared in place. */
#define OFFER_EACH(T)                                                                       \
    EACH_VALUE (v, rows, weights, count, i, row, weight) {                                  \
        (void)weight;                                                                       \
        struct value_state *s = states[i];                                                  \
        T value = ((const T *)v->values)[vector_slot(v, row)];                              \
        T best;                                                                             \
        memcpy(&best, s->value, sizeof best);                                               \
        if (s->type.id == TYPE_NULL || (sign < 0 ? value < best : value > best)) {          \
            memcpy(s->value, &value, sizeof value);                                         \
            s->type = v->type;                                                              \
        }                                                                                   \
    }

static void value_add(void *const *states, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count,
                      int sign)
{
    switch (type_physical(v->type)) {
    case PHYSICAL_I32:
        OFFER_EACH(int32_t)
        return;
    case PHYSICAL_I64:
        OFFER_EACH(int64_t)
        return;
    default:
        EACH_VALUE (v, rows, weights, count, i, row, weight) {
            (void)weight;
            offer_value(states[i], v->type, vector_value(v, row), sign);
        }
    }
}

static void value_add_all(void *state, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count,
                          int sign)
{
    if (offer_plain(state, v, rows, weights, count, sign))
        return;
    EACH_VALUE (v, rows, weights, count, i, row, weight) {
        (void)weight;
        offer_value(state, v->type, vector_value(v, row), sign);
    }
}

static void value_merge(void *state, const void *other, int sign)
{
    const struct value_state *from = other;
    _Alignas(16) unsigned char value[16];
    if (from->type.id == TYPE_NULL)
        return;
    memcpy(value, from->value, sizeof value);
    offer_value(state, from->type, value, sign);
}

void extreme_value_read(AGGREGATE_READ)
{
    (void)argument;
    const struct value_state *s = state;
    size_t size = type_size(s->type);
    if (s->type.id == TYPE_NULL)
        vector_set_null(out, row, row_count, arena);
    else
        memcpy((char *)out->values + row * size, s->value, size);
}

void extreme_value_put(const void *state, struct buffer *out)
{
    const struct value_state *s = state;
    put_type(s->type, out);
    if (s->type.id != TYPE_NULL)
        buffer_put(out, s->value, type_size(s->type));
}

enum status extreme_value_get(struct bytes *in, void *state, struct error *err)
{
    struct value_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    struct type type = get_type(&r);
    bool is_string = !r.failed && type_is_string(type);
    struct bytes value = reader_bytes(&r, r.failed || is_string || type.id == TYPE_NULL ? 0 : type_size(type));
    if (is_string)
        reader_fail(&r);
    TRY(state_finish(&r, in, err));
    s->type = type;
    memcpy(s->value, value.data, value.size);
    return STATUS_OK;
}

#define VALUE_DIRECTION(NAME, SIGN)                                                               \
    void NAME##_value_add(AGGREGATE_ADD)                                                          \
    {                                                                                             \
        (void)hint;                                                                               \
        value_add(states, v, rows, weights, count, SIGN);                                         \
    }                                                                                             \
    void NAME##_value_add_all(AGGREGATE_ADD_ALL)                                                  \
    {                                                                                             \
        value_add_all(state, v, rows, weights, count, SIGN);                                      \
    }                                                                                             \
    void NAME##_value_merge(void *state, const void *other)                                       \
    {                                                                                             \
        value_merge(state, other, SIGN);                                                          \
    }
VALUE_DIRECTION(min, -1)
VALUE_DIRECTION(max, 1)

/* ---- append-only, strings: the extreme's bytes in a block of our own that only grows ---- */

struct string_state {
    char *data;
    uint32_t size, capacity;
    struct type type; /* TYPE_NULL: none yet */
};

static void offer_string(struct string_state *s, struct type type, const struct string *value, int sign)
{
    if (s->type.id != TYPE_NULL) {
        struct string best = string_make(s->data, s->size);
        if (value_order(type, value, &best) * sign <= 0)
            return;
    }
    if (s->capacity < value->size) {
        s->capacity = value->size < 16 ? 16 : value->size;
        s->data = memory_realloc(s->data, s->capacity);
    }
    if (value->size != 0)
        memcpy(s->data, string_data(value), value->size);
    s->size = value->size;
    s->type = type;
}

void extreme_string_read(AGGREGATE_READ)
{
    (void)argument;
    const struct string_state *s = state;
    if (s->type.id == TYPE_NULL)
        vector_set_null(out, row, row_count, arena);
    else
        VECTOR_STRING(out)[row] = s->size <= STRING_INLINE_SIZE
            ? string_make(s->data, s->size)
            : string_make(arena_copy_bytes(arena, (struct bytes){(uint8_t *)s->data, s->size}), s->size);
}

void extreme_string_clear(void *state)
{
    struct string_state *s = state;
    free(s->data);
    *s = (struct string_state){0};
}

size_t extreme_string_held_size(const void *state)
{
    return ((const struct string_state *)state)->capacity;
}

void extreme_string_put(const void *state, struct buffer *out)
{
    const struct string_state *s = state;
    put_type(s->type, out);
    buffer_put_uvarint(out, s->size);
    buffer_put(out, s->data, s->size);
}

enum status extreme_string_get(struct bytes *in, void *state, struct error *err)
{
    struct string_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    struct type type = get_type(&r);
    struct bytes value = reader_bytes(&r, (size_t)reader_uvarint(&r));
    TRY(state_finish(&r, in, err));
    if (type.id == TYPE_NULL)
        return STATUS_OK;
    struct string string = string_make((const char *)value.data, value.size);
    offer_string(s, type, &string, 1);
    return STATUS_OK;
}

#define STRING_DIRECTION(NAME, SIGN)                                                              \
    void NAME##_string_add(AGGREGATE_ADD)                                                         \
    {                                                                                             \
        (void)hint;                                                                               \
        EACH_VALUE (v, rows, weights, count, i, row, weight) {                                    \
            (void)weight;                                                                         \
            offer_string(states[i], v->type, &VECTOR_STRING(v)[vector_slot(v, row)], SIGN);       \
        }                                                                                         \
    }                                                                                             \
    void NAME##_string_add_all(AGGREGATE_ADD_ALL)                                                 \
    {                                                                                             \
        EACH_VALUE (v, rows, weights, count, i, row, weight) {                                    \
            (void)weight;                                                                         \
            offer_string(state, v->type, &VECTOR_STRING(v)[vector_slot(v, row)], SIGN);           \
        }                                                                                         \
    }                                                                                             \
    void NAME##_string_merge(void *state, const void *other)                                      \
    {                                                                                             \
        const struct string_state *from = other;                                                  \
        struct string value = string_make(from->data, from->size);                                \
        if (from->type.id != TYPE_NULL)                                                           \
            offer_string(state, from->type, &value, SIGN);                                        \
    }
STRING_DIRECTION(min, -1)
STRING_DIRECTION(max, 1)

/* ---- over input that retracts ---- */

struct kept_state {
    struct value_set *set; /* NULL: empty */
};

static void keep_value(struct kept_state *s, const struct vector *v, uint32_t row, int64_t weight)
{
    if (s->set == NULL)
        s->set = value_set_create(v->type);
    value_set_add(s->set, vector_value(v, row), weight);
}

void extreme_kept_add(AGGREGATE_ADD)
{
    (void)hint;
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        keep_value(states[i], v, row, weight);
}

void extreme_kept_add_all(AGGREGATE_ADD_ALL)
{
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        keep_value(state, v, row, weight);
}

void extreme_kept_merge(void *state, const void *other)
{
    struct kept_state *s = state;
    const struct kept_state *from = other;
    if (from->set == NULL)
        return;
    if (s->set == NULL)
        s->set = value_set_create(value_set_type(from->set));
    value_set_merge(s->set, from->set);
}

static void read_kept(const void *value, struct vector *out, size_t row, size_t row_count, struct arena *arena)
{
    size_t size = type_size(out->type);
    if (value == NULL) {
        vector_set_null(out, row, row_count, arena);
        return;
    }
    memcpy((char *)out->values + row * size, value, size);
    struct string *s = (struct string *)((char *)out->values + row * size);
    if (type_is_string(out->type) && s->size > STRING_INLINE_SIZE)
        *s = string_make(arena_copy_bytes(arena, string_bytes(s)), s->size);
}

void min_kept_read(AGGREGATE_READ)
{
    (void)argument;
    const struct kept_state *s = state;
    read_kept(s->set == NULL ? NULL : value_set_smallest(s->set), out, row, row_count, arena);
}

void max_kept_read(AGGREGATE_READ)
{
    (void)argument;
    const struct kept_state *s = state;
    read_kept(s->set == NULL ? NULL : value_set_largest(s->set), out, row, row_count, arena);
}

void extreme_kept_clear(void *state)
{
    struct kept_state *s = state;
    value_set_destroy(s->set);
    s->set = NULL;
}

size_t extreme_kept_held_size(const void *state)
{
    const struct kept_state *s = state;
    return s->set == NULL ? 0 : value_set_size(s->set);
}

/* An emptied set and none are the same contents: one byte. */
void extreme_kept_put(const void *state, struct buffer *out)
{
    const struct kept_state *s = state;
    bool empty = s->set == NULL || value_set_is_empty(s->set);
    buffer_put_u8(out, !empty);
    if (!empty)
        value_set_put(s->set, out);
}

enum status extreme_kept_get(struct bytes *in, void *state, struct error *err)
{
    struct kept_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    bool present = reader_u8(&r) != 0;
    TRY(state_finish(&r, in, err));
    return present ? value_set_get(in, &s->set, err) : STATUS_OK;
}
