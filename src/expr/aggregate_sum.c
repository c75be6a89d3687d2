/* aggregate_sum.c - sum and avg of exact numbers: integers and numerics of at most 20 digits gather in 128 bits.
 *
 * 20 digits and 2^60 rows stay below 2^127, so nothing is checked while adding; what is read is.
 */
#include "expr/aggregate_state.h"

struct sum_state {
    struct wide sum;
    int64_t count;
};

/* Several values gather in SUM_TYPE before they go to the state. */
#define SUM_FAMILY(NAME, T)                                                                             \
    void NAME##_add(AGGREGATE_ADD)                                                                      \
    {                                                                                                   \
        (void)hint;                                                                                     \
        const T *values = v->values;                                                                    \
        if (values_are_plain(v, weights)) {                                                             \
            for (uint32_t i = 0; i < count; i++) {                                                      \
                struct sum_state *s = states[i];                                                        \
                wide_add(&s->sum, values[rows != NULL ? rows[i] : i]);                                  \
                s->count++;                                                                             \
            }                                                                                           \
            return;                                                                                     \
        }                                                                                               \
        EACH_VALUE (v, rows, weights, count, i, row, weight) {                                          \
            struct sum_state *s = states[i];                                                            \
            wide_add(&s->sum, (int128)((uint128)values[vector_slot(v, row)] * (uint128)weight));        \
            s->count += weight;                                                                         \
        }                                                                                               \
    }

#define SUM_ALL(NAME, T, SUM_TYPE)                                                                      \
    void NAME##_add_all(AGGREGATE_ADD_ALL)                                                              \
    {                                                                                                   \
        struct sum_state *s = state;                                                                    \
        const T *values = v->values;                                                                    \
        if (values_are_plain(v, weights)) {                                                             \
            SUM_TYPE sum = 0;                                                                           \
            if (rows == NULL)                                                                           \
                for (uint32_t i = 0; i < count; i++)                                                    \
                    sum += values[i];                                                                   \
            else                                                                                        \
                for (uint32_t i = 0; i < count; i++)                                                    \
                    sum += values[rows[i]];                                                             \
            wide_add(&s->sum, sum);                                                                     \
            s->count += count;                                                                          \
            return;                                                                                     \
        }                                                                                               \
        EACH_VALUE (v, rows, weights, count, i, row, weight) {                                          \
            wide_add(&s->sum, (int128)((uint128)values[vector_slot(v, row)] * (uint128)weight));        \
            s->count += weight;                                                                         \
        }                                                                                               \
    }

/* A batch has at most 2,048 rows: sums of narrower values cannot leave 64 bits. */
SUM_FAMILY(sum_int2, int16_t)
SUM_ALL(sum_int2, int16_t, int64_t)
SUM_FAMILY(sum_int4, int32_t)
SUM_ALL(sum_int4, int32_t, int64_t)
SUM_FAMILY(sum_int8, int64_t)
SUM_ALL(sum_int8, int64_t, int128)
SUM_FAMILY(sum_fixed, int128)
SUM_ALL(sum_fixed, int128, int128)

void sum_int8_merge(void *state, const void *other)
{
    struct sum_state *s = state;
    const struct sum_state *from = other;
    wide_add(&s->sum, wide_get(&from->sum));
    s->count += from->count;
}

/* sum(smallint), sum(integer): bigint. */
void sum_int4_read(AGGREGATE_READ)
{
    (void)argument;
    const struct sum_state *s = state;
    int128 sum = wide_get(&s->sum);
    VECTOR_I64(out)[row] = (int64_t)sum;
    if (s->count == 0)
        vector_set_null(out, row, row_count, arena);
    else if (sum != (int64_t)sum)
        vector_set_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, row_count, arena);
}

/* sum(bigint), sum(numeric(p, s)): numeric(38, s). */
void sum_fixed_read(AGGREGATE_READ)
{
    (void)argument;
    const struct sum_state *s = state;
    int128 sum = wide_get(&s->sum);
    VECTOR_I128(out)[row] = sum;
    if (s->count == 0)
        vector_set_null(out, row, row_count, arena);
    else if (!int128_fits(sum, NUMERIC_PRECISION_MAX))
        vector_set_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, row_count, arena);
}

static void read_quotient(const struct string *sum, int64_t count, struct vector *out, size_t row, size_t row_count,
                          struct arena *arena)
{
    struct string divisor;
    numeric_from_int128(count, 0, arena, &divisor);
    enum status st = numeric_divide(sum, &divisor, arena, &VECTOR_STRING(out)[row]);
    if (st != STATUS_OK)
        vector_set_error(out, row, st, row_count, arena);
}

void average_wide_read(AGGREGATE_READ)
{
    const struct sum_state *s = state;
    if (s->count == 0) {
        vector_set_null(out, row, row_count, arena);
        return;
    }
    struct string sum;
    numeric_from_int128(wide_get(&s->sum), argument.id == TYPE_NUMERIC ? argument.scale : 0, arena, &sum);
    read_quotient(&sum, s->count, out, row, row_count, arena);
}

void sum_int8_put(const void *state, struct buffer *out)
{
    const struct sum_state *s = state;
    buffer_put_u64(out, s->sum.high);
    buffer_put_u64(out, s->sum.low);
    buffer_put_varint(out, s->count);
}

enum status sum_int8_get(struct bytes *in, void *state, struct error *err)
{
    struct sum_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    s->sum.high = reader_u64(&r);
    s->sum.low = reader_u64(&r);
    s->count = reader_varint(&r);
    return state_finish(&r, in, err);
}

/* ---- numerics out of line, or too wide ---- */

struct big_state {
    struct numeric_sum *sum; /* NULL: empty */
    int64_t count;
};

static void add_big(struct big_state *s, const struct vector *v, uint32_t row, int64_t weight, struct arena *scratch)
{
    if (s->sum == NULL)
        s->sum = numeric_sum_create();
    struct string value;
    if (v->type.precision == 0)
        value = VECTOR_STRING(v)[vector_slot(v, row)];
    else
        numeric_from_int128(VECTOR_I128(v)[vector_slot(v, row)], v->type.scale, scratch, &value);
    numeric_sum_add(s->sum, &value, weight);
    s->count += weight;
}

void sum_numeric_add(AGGREGATE_ADD)
{
    (void)hint;
    struct arena *scratch = arena_create();
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_big(states[i], v, row, weight, scratch);
    arena_destroy(scratch);
}

void sum_numeric_add_all(AGGREGATE_ADD_ALL)
{
    struct arena *scratch = arena_create();
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_big(state, v, row, weight, scratch);
    arena_destroy(scratch);
}

void sum_numeric_merge(void *state, const void *other)
{
    struct big_state *s = state;
    const struct big_state *from = other;
    if (from->sum == NULL)
        return;
    if (s->sum == NULL)
        s->sum = numeric_sum_create();
    numeric_sum_merge(s->sum, from->sum);
    s->count += from->count;
}

void sum_numeric_read(AGGREGATE_READ)
{
    (void)argument;
    const struct big_state *s = state;
    if (s->count == 0)
        vector_set_null(out, row, row_count, arena);
    else
        numeric_sum_read(s->sum, arena, &VECTOR_STRING(out)[row]);
}

void average_numeric_read(AGGREGATE_READ)
{
    (void)argument;
    const struct big_state *s = state;
    if (s->count == 0) {
        vector_set_null(out, row, row_count, arena);
        return;
    }
    struct string sum;
    numeric_sum_read(s->sum, arena, &sum);
    read_quotient(&sum, s->count, out, row, row_count, arena);
}

void sum_numeric_clear(void *state)
{
    struct big_state *s = state;
    numeric_sum_destroy(s->sum);
    *s = (struct big_state){0};
}

size_t sum_numeric_held_size(const void *state)
{
    const struct big_state *s = state;
    return s->sum == NULL ? 0 : numeric_sum_size(s->sum);
}

void sum_numeric_put(const void *state, struct buffer *out)
{
    const struct big_state *s = state;
    struct numeric_sum *empty = s->sum == NULL ? numeric_sum_create() : NULL;
    buffer_put_varint(out, s->count);
    numeric_sum_put(empty != NULL ? empty : s->sum, out);
    numeric_sum_destroy(empty);
}

enum status sum_numeric_get(struct bytes *in, void *state, struct error *err)
{
    struct big_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    s->count = reader_varint(&r);
    TRY(state_finish(&r, in, err));
    return numeric_sum_get(in, &s->sum, err);
}
