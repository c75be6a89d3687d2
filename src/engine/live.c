/* live.c - SUBSCRIBE: first the answer at a cut, then each epoch's changes, each row led by leat_epoch and leat_diff. */
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "os/clock.h"

enum { LOOK_INTERVAL_NS = 500 * 1000 * 1000 };

struct live_query {
    struct arena *arena;           /* schema and snapshot rows */
    struct schema schema;
    struct plan *plan;             /* the subscription's own */
    struct subscription *subscription;
    bool progress;
    bool progress_told;
    struct batch *snapshot;        /* rows of the answer, until given */
    uint32_t snapshot_count, snapshot_capacity, snapshot_index;
    struct subscription_event event;
    uint32_t event_index;
    int64_t epoch;
};

static void make_schema(struct live_query *q, const struct schema *of)
{
    q->schema.column_count = of->column_count + 2;
    q->schema.columns = ARENA_ARRAY(q->arena, struct column, q->schema.column_count);
    q->schema.columns[0] = (struct column){"leat_epoch", type_of(TYPE_INT8), true};
    q->schema.columns[1] = (struct column){"leat_diff", type_of(TYPE_INT8), true};
    for (uint32_t i = 0; i < of->column_count; i++)
        q->schema.columns[i + 2] = (struct column){arena_copy_text(q->arena, of->columns[i].name), of->columns[i].type, false};
}

static enum status keep_snapshot(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    (void)err;
    struct live_query *q = context;
    if (batch_is_empty(rows))
        return STATUS_OK;
    if (q->snapshot_count == q->snapshot_capacity) {
        q->snapshot_capacity = q->snapshot_capacity == 0 ? 8 : q->snapshot_capacity * 2;
        q->snapshot = memory_realloc(q->snapshot, q->snapshot_capacity * sizeof *q->snapshot);
    }
    batch_copy(rows, q->arena, &q->snapshot[q->snapshot_count++]);
    return STATUS_OK;
}

static enum status bind_own_plan(struct work *w, struct live_query *q, struct arena *plan_arena, struct error *err)
{
    /* The live view outlives the statement, so its plan is bound again into an arena of its own. */
    struct sql_environment environment;
    struct statement again = {0};
    session_environment(w->session, &w->text, &environment);
    environment.parameter_count = w->parameter_count;
    environment.parameters = ARENA_ARRAY(plan_arena, struct expr *, w->parameter_count + 1);
    for (uint32_t i = 0; i < w->parameter_count; i++) { /* as long-lived as the plan */
        const struct expr *e = w->parameters[i];
        if (e->kind == EXPR_CONSTANT)
            environment.parameters[i] = expr_constant(e->type, vector_is_valid(&e->constant, 0) ? vector_value(&e->constant, 0) : NULL, plan_arena);
        else
            environment.parameters[i] = expr_remap(e, NULL, NULL, plan_arena);
    }
    TRY(sql_bind(&environment, w->statement.text, plan_arena, &again, err));
    TRY(plan_optimize(again.plan, &w->text, plan_arena, &q->plan, err));
    plan_reference(q->plan); /* its scans need not be those that were bound */
    plan_release(again.plan);
    return STATUS_OK;
}

enum status live_open(struct work *w, struct plan *plan, bool snapshot, bool progress, struct live_query **out, struct error *err)
{
    TRY(engine_storage(w->engine, err));
    TRY(wait_for_own_writes(w->session, err));
    struct live_query *q = memory_alloc_zero(1, sizeof *q);
    struct arena *plan_arena = arena_create();
    q->arena = arena_create();
    q->progress = progress;
    make_schema(q, &plan->schema);
    enum status st = bind_own_plan(w, q, plan_arena, err);
    if (st == STATUS_OK)
        st = timeline_subscribe(w->engine->timeline, q->plan, plan_arena, &q->subscription, err);
    if (st != STATUS_OK) {
        arena_destroy(plan_arena);
        live_close(q);
        return st;
    }
    q->epoch = snapshot_epoch(subscription_snapshot(q->subscription));
    struct output output = {keep_snapshot, q};
    if (snapshot)
        st = run_plan_at(w, q->plan, subscription_snapshot(q->subscription), &output, err);
    if (st != STATUS_OK) {
        live_close(q);
        return st;
    }
    *out = q;
    return STATUS_OK;
}

void live_close(struct live_query *q)
{
    if (q == NULL)
        return;
    subscription_close(q->subscription);
    free(q->snapshot);
    arena_destroy(q->arena);
    free(q);
}

const struct schema *live_schema(const struct live_query *q)
{
    return &q->schema;
}

/* rows with the two columns in front. */
static void lead(struct live_query *q, const struct batch *rows, int64_t epoch, struct arena *arena, struct batch *out)
{
    struct batch dense;
    batch_copy(rows, arena, &dense);
    *out = dense;
    out->weights = NULL;
    out->column_count = q->schema.column_count;
    out->columns = ARENA_ARRAY(arena, struct vector, out->column_count);
    vector_init_constant(&out->columns[0], type_of(TYPE_INT8), &epoch, arena);
    vector_init_flat(&out->columns[1], type_of(TYPE_INT8), dense.row_count, arena);
    for (uint32_t i = 0; i < dense.row_count; i++)
        VECTOR_I64(&out->columns[1])[i] = batch_weight(&dense, i);
    for (uint32_t c = 0; c < dense.column_count; c++)
        out->columns[c + 2] = dense.columns[c];
}

/* A row of progress: the epoch, 0, and NULLs. */
static void progress_row(struct live_query *q, int64_t epoch, struct arena *arena, struct batch *out)
{
    int64_t zero = 0;
    *out = (struct batch){.row_count = 1, .column_count = q->schema.column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, out->column_count);
    vector_init_constant(&out->columns[0], type_of(TYPE_INT8), &epoch, arena);
    vector_init_constant(&out->columns[1], type_of(TYPE_INT8), &zero, arena);
    for (uint32_t c = 2; c < out->column_count; c++)
        vector_init_null(&out->columns[c], q->schema.columns[c].type, arena);
}

static bool give_kept(struct live_query *q, struct arena *arena, struct batch *out)
{
    if (q->snapshot_index < q->snapshot_count) {
        lead(q, &q->snapshot[q->snapshot_index++], q->epoch, arena, out);
        return true;
    }
    if (q->event_index < q->event.batch_count) {
        lead(q, &q->event.batches[q->event_index++], q->event.epoch, arena, out);
        q->progress_told = false;
        return true;
    }
    if (q->progress && !q->progress_told) {
        q->progress_told = true;
        progress_row(q, q->epoch, arena, out);
        return true;
    }
    return false;
}

/* Looks now and then whether the client is still there. */
static enum status wait_for_event(struct live_query *q, struct work *w, int64_t deadline_ns, bool *got, struct error *err)
{
    for (;;) {
        int64_t look = clock_monotonic_ns() + LOOK_INTERVAL_NS;
        bool last = deadline_ns >= 0 && deadline_ns <= look;
        TRY(subscription_next(q->subscription, last ? deadline_ns : look, &w->session->cancel, &q->event, got, err));
        if (*got || last || w->session->cancel)
            return STATUS_OK;
        if (w->receiver->is_gone != NULL && w->receiver->is_gone(w->receiver->context))
            return error_set(err, STATUS_CONNECTION_FAILURE, "the client has left");
    }
}

enum status live_next(struct live_query *q, struct work *w, int64_t deadline_ns, struct arena *arena, struct batch *out, bool *got,
                      struct error *err)
{
    struct session *s = w->session;
    for (;;) {
        *got = give_kept(q, arena, out);
        if (*got)
            return STATUS_OK;
        q->event = (struct subscription_event){0};
        q->event_index = 0;
        TRY(wait_for_event(q, w, deadline_ns, got, err));
        if (s->cancel)
            return error_set(err, STATUS_CANCELED, "canceling statement due to user request");
        if (!*got)
            return STATUS_OK;
        q->epoch = q->event.epoch;
        q->progress_told = false;
    }
}

/* A bare SUBSCRIBE: rows that do not end. */
enum status run_subscribe_statement(struct work *w, struct error *err)
{
    struct live_query *q;
    if (w->statement.subscribe.as_of != NULL)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "as_of in SUBSCRIBE is not supported");
    TRY(live_open(w, w->statement.plan, w->statement.subscribe.snapshot, w->statement.subscribe.progress, &q, err));
    struct arena *arena = arena_create();
    const struct receiver *r = w->receiver;
    if (w->session->options.is_server)
        give_notice(w, "NOTICE", "00000", "rows of SUBSCRIBE do not end, and psql shows rows only at their end",
                    "Use COPY (SUBSCRIBE ...) TO STDOUT, or DECLARE a cursor FOR SUBSCRIBE and FETCH.");
    enum status st = r->begin(r->context, &q->schema, err);
    if (st == STATUS_OK && r->flush != NULL)
        st = r->flush(r->context, err); /* the first row may be long in coming */
    while (st == STATUS_OK) {
        struct batch rows = {0};
        bool got;
        arena_reset(arena);
        st = live_next(q, w, -1, arena, &rows, &got, err);
        if (st == STATUS_OK)
            st = r->rows(r->context, &rows, &w->text, err);
        if (st == STATUS_OK && r->flush != NULL)
            st = r->flush(r->context, err);
    }
    arena_destroy(arena);
    live_close(q);
    return st;
}
