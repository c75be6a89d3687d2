/* aggregate_count.c - count(*), count, bool_and, bool_or: sums of weights. */
#include "expr/aggregate_state.h"

static void add_count(void *state, int64_t n)
{
    *(int64_t *)state += n;
}

static int64_t total_weight(const int64_t *weights, uint32_t count)
{
    int64_t total = 0;
    if (weights == NULL)
        return count;
    for (uint32_t i = 0; i < count; i++)
        total += weights[i];
    return total;
}

void count_star_add(AGGREGATE_ADD)
{
    (void)v;
    (void)rows;
    (void)hint;
    for (uint32_t i = 0; i < count; i++)
        add_count(states[i], weights != NULL ? weights[i] : 1);
}

void count_star_add_all(AGGREGATE_ADD_ALL)
{
    (void)v;
    (void)rows;
    add_count(state, total_weight(weights, count));
}

void count_star_merge(void *state, const void *other)
{
    add_count(state, *(const int64_t *)other);
}

void count_star_read(AGGREGATE_READ)
{
    (void)argument;
    (void)row_count;
    (void)arena;
    VECTOR_I64(out)[row] = *(const int64_t *)state;
}

void count_star_put(const void *state, struct buffer *out)
{
    buffer_put_varint(out, *(const int64_t *)state);
}

enum status count_star_get(struct bytes *in, void *state, struct error *err)
{
    struct reader r;
    reader_init(&r, *in);
    *(int64_t *)state = reader_varint(&r);
    return state_finish(&r, in, err);
}

void count_value_add(AGGREGATE_ADD)
{
    if (v->validity == NULL) {
        count_star_add(states, v, rows, weights, count, hint);
        return;
    }
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_count(states[i], weight);
}

void count_value_add_all(AGGREGATE_ADD_ALL)
{
    if (v->validity == NULL) {
        count_star_add_all(state, v, rows, weights, count);
        return;
    }
    int64_t total = 0;
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        total += weight;
    add_count(state, total);
}

/* ---- bool_and, bool_or: how many are true, how many false ---- */

struct truth_state {
    int64_t true_count, false_count;
};

static void add_truth(struct truth_state *s, bool value, int64_t weight)
{
    s->true_count += value ? weight : 0;
    s->false_count += value ? 0 : weight;
}

void truth_add(AGGREGATE_ADD)
{
    (void)hint;
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_truth(states[i], VECTOR_BOOL(v)[vector_slot(v, row)] != 0, weight);
}

void truth_add_all(AGGREGATE_ADD_ALL)
{
    EACH_VALUE (v, rows, weights, count, i, row, weight)
        add_truth(state, VECTOR_BOOL(v)[vector_slot(v, row)] != 0, weight);
}

void truth_merge(void *state, const void *other)
{
    const struct truth_state *from = other;
    add_truth(state, true, from->true_count);
    add_truth(state, false, from->false_count);
}

void bool_and_read(AGGREGATE_READ)
{
    (void)argument;
    const struct truth_state *s = state;
    VECTOR_BOOL(out)[row] = s->false_count == 0;
    if (s->true_count == 0 && s->false_count == 0)
        vector_set_null(out, row, row_count, arena);
}

void bool_or_read(AGGREGATE_READ)
{
    (void)argument;
    const struct truth_state *s = state;
    VECTOR_BOOL(out)[row] = s->true_count != 0;
    if (s->true_count == 0 && s->false_count == 0)
        vector_set_null(out, row, row_count, arena);
}

void truth_put(const void *state, struct buffer *out)
{
    const struct truth_state *s = state;
    buffer_put_varint(out, s->true_count);
    buffer_put_varint(out, s->false_count);
}

enum status truth_get(struct bytes *in, void *state, struct error *err)
{
    struct truth_state *s = state;
    struct reader r;
    reader_init(&r, *in);
    s->true_count = reader_varint(&r);
    s->false_count = reader_varint(&r);
    return state_finish(&r, in, err);
}
