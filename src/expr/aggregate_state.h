/* aggregate_state.h - what the files of aggregate functions share. For the files of expr/ only.
 *
 * States lie at any multiple of 8, so 128-bit sums are kept as two halves.
 */
#ifndef LEAT_EXPR_AGGREGATE_STATE_H
#define LEAT_EXPR_AGGREGATE_STATE_H

#include "base/reader.h"
#include "data/numeric.h"
#include "expr/aggregate.h"

struct wide {
    uint64_t low, high;
};
static inline void wide_add(struct wide *w, int128 v)
{
    uint128 sum = ((uint128)w->high << 64 | w->low) + (uint128)v;
    w->low = (uint64_t)sum;
    w->high = (uint64_t)(sum >> 64);
}
static inline int128 wide_get(const struct wide *w)
{
    return (int128)((uint128)w->high << 64 | w->low);
}

/* Runs over the rows that count: `row` is the row number, `weight` its weight, `i` its place. */
#define EACH_VALUE(v, rows, weights, count, i, row, weight)                                          \
    for (uint32_t i = 0, row; i < (count) && ((row = (rows) != NULL ? (rows)[i] : i), 1); i++)       \
        if (vector_is_valid((v), row))                                                               \
            for (int64_t weight = (weights) != NULL ? (weights)[i] : 1, once_##i = 1; once_##i != 0; once_##i = 0)

#define AGGREGATE_ADD                                                                                             \
    void *const *states, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count,    \
        unsigned *hint
#define AGGREGATE_ADD_ALL \
    void *state, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count
#define AGGREGATE_READ \
    const void *state, struct type argument, struct vector *out, size_t row, size_t row_count, struct arena *arena

/* A loop over plain values: flat, no NULLs, +1 each. */
static inline bool values_are_plain(const struct vector *v, const int64_t *weights)
{
    return v->form == VECTOR_FLAT && v->validity == NULL && weights == NULL;
}

/* Leaves *in behind what r has read, or says what was not understood. */
static inline enum status state_finish(struct reader *r, struct bytes *in, struct error *err)
{
    TRY(reader_finish(r, err, "state of an aggregate"));
    *in = (struct bytes){r->data + r->position, r->size - r->position};
    return STATUS_OK;
}

/* ---- the functions of the table, by family ---- */
#define AGGREGATE_FAMILY(NAME)                                                                  \
    void NAME##_add(AGGREGATE_ADD);                                                             \
    void NAME##_add_all(AGGREGATE_ADD_ALL);                                                     \
    void NAME##_merge(void *state, const void *other);                                          \
    void NAME##_read(AGGREGATE_READ);                                                           \
    void NAME##_put(const void *state, struct buffer *out);                                     \
    enum status NAME##_get(struct bytes *in, void *state, struct error *err);                   \
    void NAME##_clear(void *state);                                                             \
    size_t NAME##_held_size(const void *state);

AGGREGATE_FAMILY(count_star)
AGGREGATE_FAMILY(count_value)
AGGREGATE_FAMILY(truth)
AGGREGATE_FAMILY(sum_int2)
AGGREGATE_FAMILY(sum_int4)
AGGREGATE_FAMILY(sum_int8)
AGGREGATE_FAMILY(sum_fixed)
AGGREGATE_FAMILY(sum_numeric)
AGGREGATE_FAMILY(sum_float8)
AGGREGATE_FAMILY(sum_interval)
AGGREGATE_FAMILY(min_value)
AGGREGATE_FAMILY(max_value)
AGGREGATE_FAMILY(extreme_value)
AGGREGATE_FAMILY(min_string)
AGGREGATE_FAMILY(max_string)
AGGREGATE_FAMILY(extreme_string)
AGGREGATE_FAMILY(extreme_kept)
void min_kept_read(AGGREGATE_READ);
void max_kept_read(AGGREGATE_READ);
void bool_and_read(AGGREGATE_READ);
void bool_or_read(AGGREGATE_READ);
void average_wide_read(AGGREGATE_READ);
void average_numeric_read(AGGREGATE_READ);
void average_float_read(AGGREGATE_READ);
void average_interval_read(AGGREGATE_READ);

#endif
