/* run.c - bounded plans: a cut, the sources at it, one epoch, rows to a receiver. */
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "os/clock.h"

enum { REPORT_INTERVAL_NS = 100 * 1000 * 1000 };

struct run {
    struct work *work;
    struct snapshot *snapshot;
    const struct output *output;
    struct run_progress progress;
    int64_t next_report_ns;
};

static enum status open_source(void *context, const struct plan *leaf, struct source **out, struct error *err)
{
    struct run *run = context;
    struct session *s = run->work->session;
    if (leaf->kind == PLAN_FILES) {
        struct file_access access = session_file_access(s);
        return file_source_create(&access, leaf, out, err);
    }
    if (leaf->scan.relation->kind == RELATION_SYSTEM)
        return system_source_create(s, leaf, out, err);
    if (run->snapshot == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", leaf->scan.relation->name);
    TRY(snapshot_open_source(run->snapshot, leaf, out, err));
    pending_source_add(s, leaf, out);
    return STATUS_OK;
}

static void report_progress(struct run *run)
{
    const struct receiver *r = run->work->receiver;
    int64_t now = clock_monotonic_ns();
    if (r->progress == NULL || now < run->next_report_ns)
        return;
    run->next_report_ns = now + REPORT_INTERVAL_NS;
    int64_t rows, bytes, total;
    run_progress_read(&run->progress, &rows, &bytes, &total);
    r->progress(r->context, rows, bytes, total);
}

static enum status write_rows(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    struct run *run = context;
    report_progress(run);
    return run->output->write(run->output->context, worker, rows, err);
}

/* A watcher draws the bar while an aggregation is at work and no rows come out. */
struct watch {
    struct run *run;
    struct mutex mutex;
    struct condition stop;
    bool stopped;
};

static void watch_body(void *argument)
{
    struct watch *w = argument;
    mutex_lock(&w->mutex);
    while (!w->stopped) {
        report_progress(w->run);
        condition_wait_until(&w->stop, &w->mutex, clock_monotonic_ns() + REPORT_INTERVAL_NS);
    }
    mutex_unlock(&w->mutex);
}

static enum status run_watched(struct run *run, const struct plan *plan, const struct run_environment *environment, struct error *err)
{
    struct output output = {write_rows, run};
    if (run->work->receiver->progress == NULL)
        return dataflow_run(plan, environment, run->output, NULL, err);
    struct watch w = {.run = run};
    struct thread thread;
    mutex_init(&w.mutex);
    condition_init(&w.stop);
    run_progress_init(&run->progress);
    run->next_report_ns = clock_monotonic_ns() + REPORT_INTERVAL_NS;
    enum status st = thread_start(&thread, "progress", 0, watch_body, &w, err);
    if (st == STATUS_OK) {
        st = dataflow_run(plan, environment, &output, &run->progress, err);
        mutex_lock(&w.mutex);
        w.stopped = true;
        condition_signal(&w.stop);
        mutex_unlock(&w.mutex);
        thread_join(&thread);
    }
    run_progress_clear(&run->progress);
    condition_clear(&w.stop);
    mutex_clear(&w.mutex);
    return st;
}

static void fill_environment(struct run *run, struct run_environment *out)
{
    struct work *w = run->work;
    *out = (struct run_environment){.pool = w->engine->bounded,
                                    .worker_count = pool_worker_count(w->engine->bounded),
                                    .budget = &w->engine->budget,
                                    .text = w->text,
                                    .cancel = &w->session->cancel,
                                    .open_source = open_source,
                                    .context = run};
}

enum status run_plan_at(struct work *w, const struct plan *plan, struct snapshot *snapshot, const struct output *output, struct error *err)
{
    struct run run = {.work = w, .snapshot = snapshot, .output = output};
    struct run_environment environment;
    _Atomic int64_t error_rows = 0;
    fill_environment(&run, &environment);
    if (strcmp(settings_get(w->session->settings, "on_error"), "collect") == 0)
        environment.error_rows = &error_rows;
    TRY(run_watched(&run, plan, &environment, err));
    if (error_rows > 0)
        give_notice(w, "NOTICE", "01000", arena_printf(w->arena, "%lld rows in error were left out", (long long)error_rows), NULL);
    return STATUS_OK;
}

/* ---- the cut ---- */

static bool is_stored(const struct relation *r)
{
    return r->kind == RELATION_TABLE || r->kind == RELATION_SOURCE || r->kind == RELATION_MATERIALIZED_VIEW || r->kind == RELATION_SINK;
}

/* The stored relations among those that plan reads; references go. */
static uint32_t stored_relations(const struct plan *plan, struct arena *arena, struct relation ***out)
{
    uint32_t count, kept = 0;
    struct relation **all = plan_relations(plan, arena, &count);
    for (uint32_t i = 0; i < count; i++)
        if (is_stored(all[i]))
            all[kept++] = all[i];
    *out = all;
    return kept;
}

/* A block reads everything at its first cut: all that there is, is pinned once. */
static enum status block_snapshot(struct work *w, struct error *err)
{
    struct session *s = w->session;
    if (s->transaction_snapshot != NULL)
        return STATUS_OK;
    uint32_t count, kept = 0;
    struct relation **all = catalog_list(w->engine->catalog, w->arena, &count);
    struct relation **stored = ARENA_ARRAY(w->arena, struct relation *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        if (all[i]->kind == RELATION_TABLE || all[i]->kind == RELATION_SOURCE || all[i]->kind == RELATION_MATERIALIZED_VIEW)
            stored[kept++] = all[i];
    enum status st = timeline_snapshot(w->engine->timeline, stored, kept, &s->transaction_snapshot, err);
    for (uint32_t i = 0; i < count; i++)
        relation_unref(all[i]);
    return st;
}

static void remember_cut(struct session *s, const struct snapshot *snapshot)
{
    free(s->cut);
    s->cut = memory_copy_text(snapshot_cut(snapshot));
}

enum status run_plan(struct work *w, const struct plan *plan, const struct output *output, struct error *err)
{
    struct relation **relations;
    uint32_t count = stored_relations(plan, w->arena, &relations);
    if (count == 0)
        return run_plan_at(w, plan, NULL, output, err);
    struct session *s = w->session;
    if (s->transaction != TRANSACTION_NONE) {
        TRY(block_snapshot(w, err));
        remember_cut(s, s->transaction_snapshot);
        return run_plan_at(w, plan, s->transaction_snapshot, output, err);
    }
    TRY(wait_for_own_writes(s, err));
    struct snapshot *snapshot = NULL;
    TRY(timeline_snapshot(w->engine->timeline, relations, count, &snapshot, err));
    remember_cut(s, snapshot);
    enum status st = run_plan_at(w, plan, snapshot, output, err);
    snapshot_release(snapshot);
    return st;
}

/* ---- SELECT ---- */

enum status expand_weights(const struct batch *in, struct arena *arena, struct batch *out, struct error *err)
{
    *out = *in;
    out->weights = NULL;
    if (in->weights == NULL)
        return STATUS_OK;
    int64_t total = 0;
    for (uint32_t i = 0; i < batch_rows(in); i++)
        total += in->weights[batch_row(in, i)];
    if (total < 0 || total > UINT16_MAX * 64)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a row that occurs %lld times is too many for one answer", (long long)total);
    uint16_t *selection = arena_alloc(arena, ((size_t)total + 1) * sizeof *selection);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch_rows(in); i++)
        for (int64_t n = in->weights[batch_row(in, i)]; n > 0; n--)
            selection[count++] = (uint16_t)batch_row(in, i);
    out->selection = selection;
    out->selected_count = count;
    return STATUS_OK;
}

struct select_output {
    struct work *work;
    struct arena *arena;
    int64_t rows;
};

static enum status write_select(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    struct select_output *o = context;
    struct batch expanded;
    arena_reset(o->arena);
    TRY(expand_weights(rows, o->arena, &expanded, err));
    o->rows += batch_rows(&expanded);
    const struct receiver *r = o->work->receiver;
    return r->rows(r->context, &expanded, &o->work->text, err);
}

enum status run_select(struct work *w, struct error *err)
{
    struct plan *plan;
    TRY(plan_optimize(w->statement.plan, &w->text, w->arena, &plan, err));
    TRY(w->receiver->begin(w->receiver->context, &plan->schema, err));
    struct select_output o = {.work = w, .arena = arena_create()};
    struct output output = {write_select, &o};
    enum status st = run_plan(w, plan, &output, err);
    arena_destroy(o.arena);
    return st == STATUS_OK ? complete(w, "SELECT %lld", (long long)o.rows) : st;
}

/* ---- EXPLAIN ---- */

static enum status analyze(struct work *w, const struct plan *plan, bool json, struct buffer *out, struct error *err)
{
    struct relation **relations;
    uint32_t count = stored_relations(plan, w->arena, &relations);
    struct run run = {.work = w};
    struct run_environment environment;
    fill_environment(&run, &environment);
    if (count > 0)
        TRY(timeline_snapshot(w->engine->timeline, relations, count, &run.snapshot, err));
    enum status st = dataflow_analyze(plan, &environment, json, out, err);
    snapshot_release(run.snapshot);
    return st;
}

static enum status give_lines(struct work *w, struct buffer *text, bool one, struct error *err)
{
    struct column column = {"QUERY PLAN", type_of(TYPE_TEXT), false};
    struct schema schema = {1, &column};
    struct row_set *rows = row_set_create(&schema, w->arena);
    char *rest = arena_copy_bytes(w->arena, buffer_bytes(text));
    for (char *line = rest; line != NULL && *line != '\0'; line = rest) {
        line = one ? rest : strsep(&rest, "\n");
        if (one)
            rest = NULL;
        TRY(row_set_add(rows, (const char *const[]){line}, err));
    }
    TRY(w->receiver->begin(w->receiver->context, &schema, err));
    for (uint32_t i = 0; i < row_set_batch_count(rows); i++)
        TRY(w->receiver->rows(w->receiver->context, row_set_batch(rows, i), &w->text, err));
    return complete(w, "EXPLAIN");
}

enum status run_explain(struct work *w, struct error *err)
{
    struct statement *inner = w->statement.explain.statement;
    if (inner == NULL || inner->plan == NULL)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "EXPLAIN of this statement is not supported");
    bool live = inner->kind == STATEMENT_CREATE_MATERIALIZED_VIEW || inner->kind == STATEMENT_CREATE_SINK || inner->kind == STATEMENT_SUBSCRIBE;
    struct plan *plan;
    TRY(plan_optimize(inner->plan, &w->text, w->arena, &plan, err));
    struct buffer text = {0};
    enum status st = STATUS_OK;
    if (live)
        plan_infer(plan);
    if (w->statement.explain.analyze && !live)
        st = analyze(w, plan, w->statement.explain.json, &text, err);
    else if (w->statement.explain.json)
        plan_print_json(plan, live, &text);
    else
        plan_print(plan, live, &text);
    if (st == STATUS_OK)
        st = give_lines(w, &text, w->statement.explain.json, err);
    buffer_clear(&text);
    return st;
}
