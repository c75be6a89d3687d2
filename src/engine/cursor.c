/* cursor.c - DECLARE, FETCH, CLOSE. A bounded query is run at DECLARE and its answer kept; a subscription goes on. */
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "os/clock.h"

void cursor_destroy(struct cursor *c)
{
    if (c == NULL)
        return;
    live_close(c->live);
    free(c->batches);
    arena_destroy(c->arena);
    free(c->name);
    free(c);
}

static void add_batch(struct cursor *c, const struct batch *rows)
{
    if (c->batch_count == c->batch_capacity) {
        c->batch_capacity = c->batch_capacity == 0 ? 8 : c->batch_capacity * 2;
        c->batches = memory_realloc(c->batches, c->batch_capacity * sizeof *c->batches);
    }
    batch_copy(rows, c->arena, &c->batches[c->batch_count++]);
}

static enum status keep(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    struct cursor *c = context;
    struct batch expanded;
    TRY(expand_weights(rows, c->arena, &expanded, err));
    if (!batch_is_empty(&expanded))
        add_batch(c, &expanded);
    return STATUS_OK;
}

/* Runs the cursor's query as a statement of its own. */
static enum status open_query(struct work *w, struct cursor *c, struct error *err)
{
    struct sql_environment environment;
    struct work inner = {.session = w->session, .engine = w->engine, .receiver = w->receiver, .arena = w->arena, .text = w->text};
    session_environment(w->session, &w->text, &environment);
    environment.parameter_count = inner.parameter_count = w->parameter_count;
    environment.parameters = inner.parameters = w->parameters;
    TRY(sql_bind(&environment, w->statement.cursor.query, w->arena, &inner.statement, err));
    enum status st;
    if (inner.statement.kind == STATEMENT_SUBSCRIBE) {
        st = live_open(&inner, inner.statement.plan, inner.statement.subscribe.snapshot, inner.statement.subscribe.progress, &c->live, err);
        if (st == STATUS_OK)
            schema_copy(live_schema(c->live), c->arena, &c->schema);
    } else if (inner.statement.kind == STATEMENT_SELECT) {
        struct plan *plan;
        struct output output = {keep, c};
        st = plan_optimize(inner.statement.plan, &w->text, w->arena, &plan, err);
        if (st == STATUS_OK) {
            schema_copy(&plan->schema, c->arena, &c->schema);
            st = run_plan(&inner, plan, &output, err);
        }
    } else
        st = error_set(err, STATUS_INVALID_CURSOR_STATE, "a cursor needs a SELECT or SUBSCRIBE");
    statement_release(&inner.statement);
    return st;
}

enum status run_declare(struct work *w, struct error *err)
{
    struct session *s = w->session;
    const char *name = w->statement.cursor.name;
    if (s->transaction == TRANSACTION_NONE)
        return error_set(err, STATUS_NO_ACTIVE_TRANSACTION, "DECLARE CURSOR can only be used in transaction blocks");
    if (map_get(&s->cursors, bytes_from_text(name)) != NULL)
        return error_set(err, STATUS_DUPLICATE_CURSOR, "cursor \"%s\" already exists", name);
    struct cursor *c = memory_alloc_zero(1, sizeof *c);
    c->name = memory_copy_text(name);
    c->arena = arena_create();
    enum status st = open_query(w, c, err);
    if (st != STATUS_OK) {
        cursor_destroy(c);
        return st;
    }
    map_put(&s->cursors, bytes_from_text(name), c);
    return complete(w, "DECLARE CURSOR");
}

/* The next batch that still has rows; false at the end or the deadline. */
static enum status refill(struct work *w, struct cursor *c, int64_t deadline_ns, bool *got, struct error *err)
{
    *got = true;
    if (c->batch_index < c->batch_count)
        return STATUS_OK;
    *got = false;
    if (c->live == NULL)
        return STATUS_OK;
    struct batch rows = {0};
    c->batch_count = c->batch_index = c->row_index = 0;
    struct arena *arena = arena_create();
    enum status st = live_next(c->live, w, deadline_ns, arena, &rows, got, err);
    if (st == STATUS_OK && *got) {
        struct schema schema;
        struct arena *kept = arena_create();
        schema_copy(&c->schema, kept, &schema);
        arena_destroy(c->arena); /* what was given is not needed again */
        c->arena = kept;
        c->schema = schema;
        add_batch(c, &rows);
    }
    arena_destroy(arena);
    return st;
}

enum status run_fetch(struct work *w, struct error *err)
{
    const char *name = w->statement.cursor.name;
    struct cursor *c = map_get(&w->session->cursors, bytes_from_text(name));
    if (c == NULL)
        return error_set(err, STATUS_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", name);
    int64_t wanted = w->statement.cursor.count < 0 ? INT64_MAX : w->statement.cursor.count, given = 0;
    int64_t timeout_us = w->statement.cursor.timeout_us;
    int64_t deadline = timeout_us < 0 ? (w->statement.cursor.count < 0 ? 0 : -1) : clock_monotonic_ns() + timeout_us * 1000;
    const struct receiver *r = w->receiver;
    TRY(r->begin(r->context, &c->schema, err));
    while (given < wanted) {
        bool got;
        TRY(refill(w, c, given > 0 && c->live != NULL ? 0 : deadline, &got, err)); /* what is there at once is given together */
        if (!got)
            break;
        struct batch rows = c->batches[c->batch_index];
        uint32_t left = rows.row_count - c->row_index;
        uint32_t take = (int64_t)left > wanted - given ? (uint32_t)(wanted - given) : left;
        uint16_t selection[BATCH_ROWS_MAX];
        for (uint32_t i = 0; i < take; i++)
            selection[i] = (uint16_t)(c->row_index + i);
        rows.selection = selection;
        rows.selected_count = take;
        TRY(r->rows(r->context, &rows, &w->text, err));
        given += take;
        c->row_index += take;
        if (c->row_index == c->batches[c->batch_index].row_count) {
            c->batch_index++;
            c->row_index = 0;
        }
    }
    return complete(w, "FETCH %lld", (long long)given);
}

enum status run_close(struct work *w, struct error *err)
{
    struct session *s = w->session;
    const char *name = w->statement.cursor.name;
    if (name == NULL) {
        for (size_t i = 0; i < s->cursors.entry_count; i++)
            cursor_destroy(s->cursors.entries[i].value);
        map_clear(&s->cursors);
        return complete(w, "CLOSE CURSOR ALL");
    }
    struct cursor *c = map_remove(&s->cursors, bytes_from_text(name));
    if (c == NULL)
        return error_set(err, STATUS_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", name);
    cursor_destroy(c);
    return complete(w, "CLOSE CURSOR");
}
