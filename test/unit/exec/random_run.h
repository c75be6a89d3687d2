/* random_run.h - a log of changes to random tables, and a source that hands it out. For the tests of this folder. */
#ifndef LEAT_TEST_RANDOM_RUN_H
#define LEAT_TEST_RANDOM_RUN_H

#include "base/memory.h"
#include "random_plan.h"

enum { TABLES = 2, CHANGES_MAX = 400, BIG_CHANGES = 30000, WORKERS_MAX = 4 };

struct change {
    uint32_t table, row;
    int64_t weight;
};
struct scenario {
    struct arena *arena;
    struct table tables[TABLES];
    struct plan *plan;
    bool retracts;
    struct change *changes;
    uint32_t change_count;
};

/* The first change_count changes of a table, in the log's order or as their sums. */
struct array_source {
    struct source source;
    const struct scenario *scenario;
    uint32_t table;
    struct change *rows;
    uint32_t row_count;
    _Atomic uint32_t next;
};
struct source_reader {
    struct array_source *source;
    struct arena *arena;
};

static enum status array_open_reader(struct source *s, struct source_reader **out, struct error *err)
{
    (void)err;
    *out = memory_alloc_zero(1, sizeof **out);
    (*out)->source = (struct array_source *)s;
    (*out)->arena = arena_create();
    return STATUS_OK;
}
static enum status array_read(struct source_reader *r, struct batch *out, bool *end, struct error *err)
{
    (void)err;
    struct array_source *s = r->source;
    uint32_t picks[7];
    int64_t weights[7];
    uint32_t begin = atomic_fetch_add(&s->next, 7);
    bool weighted = false;
    arena_reset(r->arena);
    *end = begin >= s->row_count;
    if (*end)
        return STATUS_OK;
    uint32_t count = s->row_count - begin < 7 ? s->row_count - begin : 7;
    for (uint32_t i = 0; i < count; i++) {
        picks[i] = s->rows[begin + i].row;
        weights[i] = s->rows[begin + i].weight;
        weighted |= weights[i] != 1;
    }
    random_batch(&s->scenario->tables[s->table], picks, weighted ? weights : NULL, count, r->arena, out);
    return STATUS_OK;
}
static void array_close_reader(struct source_reader *r)
{
    arena_destroy(r->arena);
    free(r);
}
static void array_destroy(struct source *s)
{
    free(((struct array_source *)s)->rows);
    free(s);
}
static const struct source_type ARRAY = {"array", array_open_reader, array_read, array_close_reader, array_destroy};

struct bounded_input {
    const struct scenario *scenario;
    uint32_t change_count;
    bool as_log;
};

static enum status open_array(void *context, const struct plan *leaf, struct source **out, struct error *err)
{
    (void)err;
    const struct bounded_input *in = context;
    struct array_source *s = memory_alloc_zero(1, sizeof *s);
    s->source = (struct source){.type = &ARRAY, .estimated_rows = -1, .changing = in->as_log};
    s->scenario = in->scenario;
    s->rows = memory_alloc_zero(in->change_count + 1, sizeof *s->rows);
    while (in->scenario->tables[s->table].schema.columns != leaf->schema.columns)
        s->table++;
    for (uint32_t i = 0; i < in->change_count; i++) {
        const struct change *c = &in->scenario->changes[i];
        if (c->table != s->table)
            continue;
        uint32_t at = s->row_count;
        for (uint32_t k = 0; !in->as_log && k < s->row_count; k++)
            if (s->rows[k].row == c->row)
                at = k;
        if (at == s->row_count)
            s->rows[s->row_count++] = (struct change){c->table, c->row, 0};
        s->rows[at].weight += c->weight;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->row_count; i++)
        if (s->rows[i].weight != 0)
            s->rows[kept++] = s->rows[i];
    s->row_count = kept;
    *out = &s->source;
    return STATUS_OK;
}

#endif
