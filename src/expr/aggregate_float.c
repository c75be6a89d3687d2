/* aggregate_float.c - sum and avg of real, double precision (exact, data/exact_sum.h) and interval. */
#include <math.h>

#include "data/datetime.h"
#include "data/exact_sum.h"
#include "expr/aggregate_state.h"

static double double_at(const struct vector *v, uint32_t row)
{
    size_t slot = vector_slot(v, row);
    return v->type.id == TYPE_FLOAT4 ? (double)VECTOR_F32(v)[slot] : VECTOR_F64(v)[slot];
}

/* The values of all rows in a row, where none is NULL or left out: the vector's own, or a dictionary's gathered into room (of
 * BATCH_ROWS_MAX). NULL: they have to be looked at one by one. */
static const double *values_in_a_row(const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count, double *room)
{
    if (v->type.id != TYPE_FLOAT8 || v->validity != NULL || rows != NULL || weights != NULL || v->form == VECTOR_CONSTANT ||
        count > BATCH_ROWS_MAX)
        return NULL;
    if (v->form == VECTOR_FLAT)
        return v->values;
    for (uint32_t i = 0; i < count; i++)
        room[i] = VECTOR_F64(v)[v->indexes[i]];
    return room;
}

/* +1 each: in one go, so that the additions of several groups overlap. */
static void add_plain(void *const *states, const struct vector *v, const uint16_t *rows, uint32_t count, unsigned *hint)
{
    struct exact_sum *sums[BATCH_ROWS_MAX];
    double values[BATCH_ROWS_MAX];
    size_t used = 0;
    EACH_VALUE (v, rows, (const int64_t *)NULL, count, i, row, weight) {
        (void)weight;
        sums[used] = states[i];
        values[used++] = double_at(v, row);
        if (used == BATCH_ROWS_MAX) {
            exact_sum_add_each(sums, values, used, hint);
            used = 0;
        }
    }
    exact_sum_add_each(sums, values, used, hint);
}

void sum_float8_add(AGGREGATE_ADD)
{
    double room[BATCH_ROWS_MAX];
    const double *whole = values_in_a_row(v, rows, weights, count, room);
    if (whole != NULL) {
        exact_sum_add_each((struct exact_sum *const *)states, whole, count, hint);
        return;
    }
    if (weights == NULL) {
        add_plain(states, v, rows, count, hint);
        return;
    }
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        exact_sum_add(states[i], double_at(v, row), weight);
}

void sum_float8_add_all(AGGREGATE_ADD_ALL)
{
    if (weights != NULL) {
        EACH_VALUE (v, rows, weights, count, i, row, weight)
            exact_sum_add(state, double_at(v, row), weight);
        return;
    }
    double values[BATCH_ROWS_MAX];
    const double *whole = values_in_a_row(v, rows, weights, count, values);
    if (whole != NULL) {
        exact_sum_add_all(state, whole, count);
        return;
    }
    size_t used = 0;
    EACH_VALUE (v, rows, weights, count, i, row, weight) {
        (void)weight;
        values[used++] = double_at(v, row);
        if (used == BATCH_ROWS_MAX) {
            exact_sum_add_all(state, values, used);
            used = 0;
        }
    }
    exact_sum_add_all(state, values, used);
}

void sum_float8_merge(void *state, const void *other)
{
    exact_sum_merge(state, other);
}

void sum_float8_read(AGGREGATE_READ)
{
    const struct exact_sum *s = state;
    if (exact_sum_count(s) == 0) {
        vector_set_null(out, row, row_count, arena);
        return;
    }
    double sum = exact_sum_read(s);
    bool overflow = exact_sum_overflowed(s);
    if (argument.id == TYPE_FLOAT4) {
        VECTOR_F32(out)[row] = (float)sum;
        overflow |= isinf((float)sum) && !isinf(sum);
    } else {
        VECTOR_F64(out)[row] = sum;
    }
    if (overflow)
        vector_set_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, row_count, arena);
}

void average_float_read(AGGREGATE_READ)
{
    (void)argument;
    const struct exact_sum *s = state;
    if (exact_sum_count(s) == 0)
        vector_set_null(out, row, row_count, arena);
    else
        VECTOR_F64(out)[row] = exact_sum_average(s);
}

void sum_float8_clear(void *state)
{
    exact_sum_clear(state);
}

size_t sum_float8_held_size(const void *state)
{
    size_t size = exact_sum_size(state);
    return size > sizeof(struct exact_sum) ? size - sizeof(struct exact_sum) : 0;
}

void sum_float8_put(const void *state, struct buffer *out)
{
    exact_sum_put(state, out);
}

enum status sum_float8_get(struct bytes *in, void *state, struct error *err)
{
    return exact_sum_get(in, state, err);
}

/* ---- intervals: by field ---- */

struct interval_state {
    struct wide microseconds, days, months;
    int64_t count;
};

static void add_interval(struct interval_state *s, const struct interval *v, int64_t weight)
{
    wide_add(&s->microseconds, (int128)v->microseconds * weight);
    wide_add(&s->days, (int128)v->days * weight);
    wide_add(&s->months, (int128)v->months * weight);
    s->count += weight;
}

void sum_interval_add(AGGREGATE_ADD)
{
    (void)hint;
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_interval(states[i], &VECTOR_INTERVAL(v)[vector_slot(v, row)], weight);
}

void sum_interval_add_all(AGGREGATE_ADD_ALL)
{
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_interval(state, &VECTOR_INTERVAL(v)[vector_slot(v, row)], weight);
}

void sum_interval_merge(void *state, const void *other)
{
    struct interval_state *s = state;
    const struct interval_state *from = other;
    wide_add(&s->microseconds, wide_get(&from->microseconds));
    wide_add(&s->days, wide_get(&from->days));
    wide_add(&s->months, wide_get(&from->months));
    s->count += from->count;
}

static enum status interval_total(const struct interval_state *s, struct interval *out)
{
    int128 microseconds = wide_get(&s->microseconds), days = wide_get(&s->days), months = wide_get(&s->months);
    *out = (struct interval){(int64_t)microseconds, (int32_t)days, (int32_t)months};
    bool fits = microseconds == out->microseconds && days == out->days && months == out->months;
    return fits ? STATUS_OK : STATUS_DATETIME_OVERFLOW;
}

void sum_interval_read(AGGREGATE_READ)
{
    (void)argument;
    const struct interval_state *s = state;
    if (s->count == 0)
        vector_set_null(out, row, row_count, arena);
    else if (interval_total(s, &VECTOR_INTERVAL(out)[row]) != STATUS_OK)
        vector_set_error(out, row, STATUS_DATETIME_OVERFLOW, row_count, arena);
}

void average_interval_read(AGGREGATE_READ)
{
    (void)argument;
    const struct interval_state *s = state;
    struct interval total;
    if (s->count == 0) {
        vector_set_null(out, row, row_count, arena);
        return;
    }
    enum status st = interval_total(s, &total);
    if (st == STATUS_OK)
        st = interval_divide(&total, (double)s->count, &VECTOR_INTERVAL(out)[row]);
    if (st != STATUS_OK)
        vector_set_error(out, row, st, row_count, arena);
}

static void put_wide(const struct wide *w, struct buffer *out)
{
    buffer_put_u64(out, w->high);
    buffer_put_u64(out, w->low);
}

void sum_interval_put(const void *state, struct buffer *out)
{
    const struct interval_state *s = state;
    put_wide(&s->microseconds, out);
    put_wide(&s->days, out);
    put_wide(&s->months, out);
    buffer_put_varint(out, s->count);
}

static void get_wide(struct reader *r, struct wide *w)
{
    w->high = reader_u64(r);
    w->low = reader_u64(r);
}

enum status sum_interval_get(struct bytes *in, void *state, struct error *err)
{
    struct interval_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    get_wide(&r, &s->microseconds);
    get_wide(&r, &s->days);
    get_wide(&r, &s->months);
    s->count = reader_varint(&r);
    return state_finish(&r, in, err);
}
