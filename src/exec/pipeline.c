/* pipeline.c - process and finish, and the way of a batch through the graph.
 *
 * Depth first: a batch is taken to the end of its way before the operator that
 * made it is called again; then that operator's arena is reset.
 */
#include "exec/pipeline.h"

#include "os/clock.h"

static enum status operator_failed(const struct operator *op, struct error *err)
{
    if (err != NULL)
        *err = op->error;
    return op->error.status == STATUS_OK ? STATUS_INTERNAL : op->error.status;
}

static enum status check_cancel(const struct pipeline *p, struct error *err)
{
    if (p->cancel != NULL && atomic_load_explicit(p->cancel, memory_order_relaxed))
        return error_set(err, STATUS_CANCELED, "canceling statement due to user request");
    return STATUS_OK;
}

static enum status receive(const struct pipeline *p, struct node *n, unsigned worker, unsigned input, const struct batch *b,
                           struct error *err)
{
    switch (n->kind) {
    case NODE_PASS: return pipeline_follow(p, n, worker, b, err);
    case NODE_OUTPUT: return p->output->write(p->output->context, worker, b, err);
    case NODE_OPERATOR: break;
    }
    return pipeline_process(p, n, worker, input, b, err);
}

enum status pipeline_follow(const struct pipeline *p, struct node *n, unsigned worker, const struct batch *b, struct error *err)
{
    if (batch_is_empty(b))
        return STATUS_OK;
    n->counts[worker].rows += batch_rows(b);
    bool wanted = n->edge_count == 0;
    for (uint32_t i = 0; i < n->edge_count; i++) {
        enum status st = receive(p, n->edges[i].to, worker, n->edges[i].input, b, err);
        if (st != STATUS_OK && st != STATUS_END_OF_INPUT)
            return st;
        wanted |= st == STATUS_OK;
    }
    return wanted ? STATUS_OK : STATUS_END_OF_INPUT;
}

enum status pipeline_process(const struct pipeline *p, struct node *n, unsigned worker, unsigned input, const struct batch *b,
                             struct error *err)
{
    struct operator *op = n->operators[worker];
    n->counts[worker].epoch_rows += batch_rows(b);
    if (n->counts[worker].stopped)
        return STATUS_END_OF_INPUT;
    for (;;) {
        TRY(check_cancel(p, err));
        struct batch out = {0};
        int64_t begin = p->measure ? clock_monotonic_ns() : 0;
        arena_reset(op->batch_arena);
        enum progress progress = op->type->process(op, input, b, &out);
        if (p->measure)
            n->counts[worker].ns += clock_monotonic_ns() - begin;
        if (progress == PROGRESS_FAILED)
            return operator_failed(op, err);
        enum status st = pipeline_follow(p, n, worker, &out, err);
        if (st == STATUS_END_OF_INPUT || progress == PROGRESS_STOP)
            n->counts[worker].stopped = true; /* perhaps in the middle of a batch: it is not called again */
        if (n->counts[worker].stopped && st == STATUS_OK)
            return STATUS_END_OF_INPUT;
        if (st != STATUS_OK || progress == PROGRESS_NEED_INPUT)
            return st;
    }
}

enum status pipeline_finish(const struct pipeline *p, struct node *n, struct node *target, unsigned worker,
                            const struct epoch_mark *mark, struct error *err)
{
    struct operator *op = n->operators[worker];
    for (;;) {
        TRY(check_cancel(p, err));
        struct batch out = {0};
        int64_t begin = p->measure ? clock_monotonic_ns() : 0;
        arena_reset(op->batch_arena);
        enum progress progress = op->type->finish(op, 0, mark, &out);
        if (p->measure)
            n->counts[worker].ns += clock_monotonic_ns() - begin;
        if (progress == PROGRESS_FAILED)
            return operator_failed(op, err);
        enum status st = pipeline_follow(p, target, worker, &out, err);
        if (progress == PROGRESS_DONE && st == STATUS_END_OF_INPUT)
            return STATUS_OK;
        if (st != STATUS_OK || progress == PROGRESS_DONE)
            return st;
    }
}
