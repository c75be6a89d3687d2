/* dataflow_live.c - epoch by epoch.
 *
 * push runs what has no state and adds to what collects, on the pushing worker.
 * finish then walks the keyed stages in order and visits only those that got
 * rows. An epoch of few rows stays on the calling thread.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/pipeline.h"
#include "os/thread.h"

enum { PARALLEL_ROWS = 4096 }; /* rows of a stage below which waking workers does not pay */

struct dataflow {
    struct graph *graph;
    struct output output;
    struct pipeline pipeline;
    struct epoch_mark mark;
    bool is_open;
    bool had_epoch; /* the constants have been pushed */
    bool failed;
};

enum status dataflow_create(const struct plan *p, unsigned worker_count, struct budget *budget, const struct text_context *text,
                            const struct output *output, struct dataflow **out, struct error *err)
{
    struct graph *g;
    TRY(graph_create(p, worker_count, budget, text, NULL, &g, err));
    struct dataflow *d = memory_alloc_zero(1, sizeof *d);
    d->graph = g;
    d->output = *output;
    d->pipeline = (struct pipeline){.graph = g, .output = &d->output};
    *out = d;
    return STATUS_OK;
}

void dataflow_destroy(struct dataflow *d)
{
    if (d == NULL)
        return;
    graph_destroy(d->graph);
    free(d);
}

uint32_t dataflow_input_count(const struct dataflow *d)
{
    return d->graph->input_count;
}

static const struct stage *input_stage(const struct dataflow *d, uint32_t input)
{
    for (uint32_t i = 0; i < d->graph->stage_count; i++) {
        const struct stage *s = &d->graph->stages[i];
        if (s->kind == STAGE_SOURCE && s->input == (int32_t)input)
            return s;
    }
    assert(false); /* no such input */
    return NULL;
}

const struct plan *dataflow_input(const struct dataflow *d, uint32_t input)
{
    return input_stage(d, input)->node->plan;
}

int64_t dataflow_size(const struct dataflow *d)
{
    return graph_size(d->graph);
}

void dataflow_begin(struct dataflow *d, const struct epoch_mark *mark)
{
    const struct graph *g = d->graph;
    assert(!d->is_open && !d->failed && (!d->had_epoch || mark->epoch > d->mark.epoch));
    d->is_open = true;
    d->mark = *mark;
    for (uint32_t i = 0; i < g->node_count; i++) {
        for (unsigned w = 0; w < g->worker_count; w++) {
            g->nodes[i]->counts[w].epoch_rows = 0;
            if (g->nodes[i]->operators != NULL)
                g->nodes[i]->operators[w]->evaluation.text.now_us = mark->time_us;
        }
    }
}

enum status dataflow_push(struct dataflow *d, unsigned worker, uint32_t input, const struct batch *rows, struct error *err)
{
    assert(d->is_open && worker < d->graph->worker_count);
    const struct stage *s = input_stage(d, input);
    assert(rows->column_count == s->node->plan->schema.column_count);
    return pipeline_follow(&d->pipeline, s->target, worker, rows, err);
}

/* ---- the end of an epoch ---- */

static enum status push_constants(struct dataflow *d, const struct stage *s, struct error *err)
{
    struct source_reader *reader;
    TRY(s->source->type->open_reader(s->source, &reader, err));
    enum status st = STATUS_OK;
    for (bool end = false; st == STATUS_OK && !end;) {
        struct batch b = {0};
        st = s->source->type->read(reader, &b, &end, err);
        if (st == STATUS_OK && !end)
            st = pipeline_follow(&d->pipeline, s->target, 0, &b, err);
    }
    s->source->type->close_reader(reader);
    return st;
}

/* Rows that wait for n, in its exchanges or in itself. */
static int64_t rows_for(const struct graph *g, const struct node *n)
{
    int64_t rows = 0;
    for (unsigned w = 0; w < g->worker_count; w++) {
        rows += n->counts[w].epoch_rows;
        for (unsigned input = 0; input < 2; input++)
            if (n->exchanges[input] != NULL)
                rows += n->exchanges[input]->counts[w].epoch_rows;
    }
    return rows;
}

struct stage_finish {
    struct dataflow *dataflow;
    const struct stage *stage;
    struct mutex lock;
    enum status status;
    struct error *err;
};

/* What the workers have sent to one instance. */
static enum status receive_exchanged(struct dataflow *d, struct node *n, unsigned worker, struct error *err)
{
    for (unsigned input = 0; input < 2; input++) {
        for (unsigned from = 0; n->exchanges[input] != NULL && from < d->graph->worker_count; from++) {
            const struct batch *b;
            for (uint32_t i = 0; (b = exchange_batch(n->exchanges[input]->operators[from], worker, i)) != NULL; i++)
                TRY(pipeline_process(&d->pipeline, n, worker, input, b, err));
        }
    }
    return STATUS_OK;
}

static void finish_instance(void *context, unsigned worker)
{
    struct stage_finish *f = context;
    struct error err = {0};
    struct dataflow *d = f->dataflow;
    enum status st = receive_exchanged(d, f->stage->node, worker, &err);
    if (st == STATUS_OK)
        st = pipeline_finish(&d->pipeline, f->stage->node, f->stage->target, worker, &d->mark, &err);
    if (st == STATUS_OK)
        return;
    mutex_lock(&f->lock);
    if (f->status == STATUS_OK) {
        f->status = st;
        if (f->err != NULL)
            *f->err = err;
    }
    mutex_unlock(&f->lock);
}

static void release_node(const struct graph *g, const struct node *n)
{
    for (unsigned w = 0; w < g->worker_count; w++)
        if (n->operators[w]->type->release != NULL)
            n->operators[w]->type->release(n->operators[w]);
}

static enum status finish_stage(struct dataflow *d, struct pool *pool, const struct stage *s, struct error *err)
{
    struct graph *g = d->graph;
    int64_t rows = rows_for(g, s->node);
    if (rows == 0 && d->had_epoch)
        return STATUS_OK;
    struct stage_finish f = {.dataflow = d, .stage = s, .err = err};
    mutex_init(&f.lock);
    unsigned tasks = s->single ? 1 : g->worker_count;
    if (pool != NULL && rows >= PARALLEL_ROWS)
        pool_run(pool, tasks, tasks, finish_instance, &f);
    else
        for (unsigned w = 0; w < tasks; w++)
            finish_instance(&f, w);
    mutex_clear(&f.lock);
    release_node(g, s->node);
    for (unsigned input = 0; input < 2; input++)
        if (s->node->exchanges[input] != NULL)
            release_node(g, s->node->exchanges[input]);
    return f.status;
}

enum status dataflow_finish(struct dataflow *d, struct pool *pool, struct error *err)
{
    assert(d->is_open);
    enum status st = STATUS_OK;
    for (uint32_t i = 0; st == STATUS_OK && i < d->graph->stage_count; i++) {
        const struct stage *s = &d->graph->stages[i];
        if (s->kind == STAGE_FINISH)
            st = finish_stage(d, pool, s, err);
        else if (s->input < 0 && !d->had_epoch)
            st = push_constants(d, s, err);
    }
    d->is_open = false;
    d->had_epoch = true;
    d->failed = st != STATUS_OK;
    return st;
}
