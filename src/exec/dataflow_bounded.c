/* dataflow_bounded.c - one epoch that holds the whole input: the stages in order, each on all workers. */
#include "exec/bounded_output.h"
#include "exec/dataflow_bounded.h"
#include "exec/pipeline.h"
#include "os/clock.h"

enum { SMALL_SOURCE_ROWS = 8192 }; /* below, waking a second worker costs more than it brings */

struct stage_run {
    const struct pipeline *pipeline;
    const struct stage *stage;
    struct epoch_mark mark;
    _Atomic bool stopped;      /* by an error, or because nobody wants more */
    struct mutex lock;
    enum status status;        /* the first error's */
    struct error *err;
};

static void stage_fail(struct stage_run *run, enum status st, const struct error *err)
{
    atomic_store(&run->stopped, true);
    if (st == STATUS_END_OF_INPUT)
        return;
    mutex_lock(&run->lock);
    if (run->status == STATUS_OK) {
        run->status = st;
        if (run->err != NULL)
            *run->err = *err;
    }
    mutex_unlock(&run->lock);
}

static enum status read_source(struct stage_run *run, struct source_reader *reader, unsigned worker, struct error *err)
{
    const struct stage *stage = run->stage;
    const struct pipeline *p = run->pipeline;
    for (bool end = false; !end && !atomic_load_explicit(&run->stopped, memory_order_relaxed);) {
        struct batch b = {0};
        if (p->cancel != NULL && atomic_load_explicit(p->cancel, memory_order_relaxed))
            return error_set(err, STATUS_CANCELED, "canceling statement due to user request");
        int64_t begin = p->measure ? clock_monotonic_ns() : 0;
        TRY(stage->source->type->read(reader, &b, &end, err));
        if (p->measure)
            stage->node->counts[worker].ns += clock_monotonic_ns() - begin;
        if (!end)
            TRY(pipeline_follow(p, stage->target, worker, &b, err));
    }
    return STATUS_OK;
}

static void run_source(void *context, unsigned worker)
{
    struct stage_run *run = context;
    struct error err = {0};
    struct source *source = run->stage->source;
    struct source_reader *reader = NULL;
    enum status st = source->type->open_reader(source, &reader, &err);
    if (st == STATUS_OK) {
        st = read_source(run, reader, worker, &err);
        source->type->close_reader(reader);
    }
    if (st != STATUS_OK)
        stage_fail(run, st, &err);
}

static void run_finish(void *context, unsigned worker)
{
    struct stage_run *run = context;
    struct error err = {0};
    if (atomic_load(&run->stopped))
        return;
    enum status st = pipeline_finish(run->pipeline, run->stage->node, run->stage->target, worker, &run->mark, &err);
    if (st != STATUS_OK)
        stage_fail(run, st, &err);
}

static unsigned stage_tasks(const struct graph *g, const struct stage *stage)
{
    if (stage->single)
        return 1;
    if (stage->kind == STAGE_SOURCE && stage->source->estimated_rows >= 0 && stage->source->estimated_rows < SMALL_SOURCE_ROWS)
        return 1;
    return g->worker_count;
}

/* Whether the rows that collected on the workers are few. */
static bool is_small(const struct graph *g, const struct node *n)
{
    size_t size = 0;
    for (unsigned w = 0; w < g->worker_count; w++)
        size += n->operators[w]->type->size == NULL ? 0 : n->operators[w]->type->size(n->operators[w]);
    return size < 1 << 20;
}

static void note_size(const struct graph *g, struct node *n)
{
    int64_t size = 0;
    for (unsigned w = 0; n->operators != NULL && w < g->worker_count; w++)
        if (n->operators[w]->type->size != NULL)
            size += (int64_t)n->operators[w]->type->size(n->operators[w]);
    if (size > n->peak_size)
        n->peak_size = size;
}

static enum status run_stage(const struct pipeline *p, struct pool *pool, const struct stage *stage, struct error *err)
{
    struct stage_run run = {.pipeline = p, .stage = stage, .err = err};
    run.mark = (struct epoch_mark){.epoch = 1, .time_us = p->graph->text.now_us, .watermark_us = INT64_MIN, .last = true};
    mutex_init(&run.lock);
    unsigned tasks = stage_tasks(p->graph, stage);
    unsigned workers = stage->kind == STAGE_FINISH && is_small(p->graph, stage->node) ? 1 : tasks;
    if (p->measure && stage->kind == STAGE_FINISH)
        note_size(p->graph, stage->node);
    void (*body)(void *, unsigned) = stage->kind == STAGE_SOURCE ? run_source : run_finish;
    if (pool != NULL)
        pool_run(pool, workers, tasks, body, &run);
    else
        for (unsigned i = 0; i < tasks; i++)
            body(&run, i);
    mutex_clear(&run.lock);
    if (p->measure && stage->kind == STAGE_FINISH)
        note_size(p->graph, stage->node);
    for (unsigned w = 0; stage->kind == STAGE_FINISH && w < p->graph->worker_count; w++)
        if (stage->node->operators[w]->type->release != NULL)
            stage->node->operators[w]->type->release(stage->node->operators[w]);
    return run.status;
}

static void show_sources(const struct graph *g, struct run_progress *progress)
{
    if (progress == NULL)
        return;
    mutex_lock(&progress->mutex);
    for (uint32_t i = 0; i < g->stage_count; i++)
        if (g->stages[i].source != NULL && g->stages[i].node->plan->kind <= PLAN_FILES && progress->source_count < 64)
            progress->sources[progress->source_count++] = g->stages[i].source;
    mutex_unlock(&progress->mutex);
}

static void hide_sources(struct run_progress *progress)
{
    if (progress == NULL)
        return;
    mutex_lock(&progress->mutex);
    progress->source_count = 0;
    mutex_unlock(&progress->mutex);
}

void run_progress_init(struct run_progress *p)
{
    *p = (struct run_progress){0};
    mutex_init(&p->mutex);
}

void run_progress_clear(struct run_progress *p)
{
    mutex_clear(&p->mutex);
}

void run_progress_read(struct run_progress *p, int64_t *rows, int64_t *bytes, int64_t *total_bytes)
{
    *rows = *bytes = *total_bytes = 0;
    mutex_lock(&p->mutex);
    for (uint32_t i = 0; i < p->source_count; i++) {
        const struct source_progress *source = &p->sources[i]->progress;
        *rows += source->rows;
        *bytes += source->bytes;
        *total_bytes += source->total_bytes;
    }
    mutex_unlock(&p->mutex);
}

enum status bounded_run(struct graph *g, const struct run_environment *environment, const struct output *output,
                        bool measure, struct error *err)
{
    struct bounded_output last;
    bounded_output_init(&last, &g->words, output, environment->error_rows);
    struct output write = {bounded_output_write, &last};
    struct pipeline pipeline = {.graph = g, .output = &write, .cancel = environment->cancel, .measure = measure};
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < g->stage_count && st == STATUS_OK && !last.ended; i++)
        st = run_stage(&pipeline, environment->pool, &g->stages[i], err);
    bounded_output_clear(&last);
    return st;
}

enum status dataflow_run(const struct plan *p, const struct run_environment *environment, const struct output *output,
                         struct run_progress *progress, struct error *err)
{
    struct graph_leaves leaves = {environment->open_source, environment->context};
    struct graph *g;
    TRY(graph_create(p, environment->worker_count, environment->budget, &environment->text, &leaves, &g, err));
    show_sources(g, progress);
    enum status st = bounded_run(g, environment, output, false, err);
    hide_sources(progress);
    graph_destroy(g);
    return st;
}
