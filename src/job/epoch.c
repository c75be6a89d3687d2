/* epoch.c - one epoch from its cut to its publication. */
#include "base/memory.h"
#include "job/internal.h"
#include "os/clock.h"

void epoch_open(struct timeline *t)
{
    t->open_epoch = t->epoch + 1;
    int64_t now = clock_realtime_us();
    t->open_time_us = now > t->time_us ? now : t->time_us + 1;
    arena_reset(t->epoch_arena);
}

void view_touch(struct view *v)
{
    if (v->touched || v->failed)
        return;
    struct timeline *t = v->timeline;
    v->touched = true;
    struct epoch_mark mark = {.epoch = t->open_epoch, .time_us = t->open_time_us, .watermark_us = INT64_MIN};
    dataflow_begin(v->dataflow, &mark);
    if (v->store != NULL)
        relation_store_begin(v->store, t->open_epoch);
    if (v->errors != NULL)
        relation_store_begin(v->errors, t->open_epoch);
}

static enum status push_one(struct consumer *c, unsigned worker, const struct batch *rows, struct error *err)
{
    struct vector columns[256];
    struct batch projected = *rows;
    if (c->column_count > 256)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a view reads at most 256 columns of one relation");
    for (uint32_t i = 0; i < c->column_count; i++)
        columns[i] = rows->columns[c->columns[i]];
    projected.columns = columns;
    projected.column_count = c->column_count;
    return dataflow_push(c->view->dataflow, worker, c->input, &projected, err);
}

/* A view that cannot take a row fails alone; its producer and the others go on. */
enum status consumers_push(struct consumers *consumers, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)err;
    for (uint32_t i = 0; i < consumers->count; i++) {
        struct consumer *c = &consumers->items[i];
        struct view *v = c->view;
        if (v->failed)
            continue;
        if (worker == 0)
            view_touch(v); /* in a parallel walk all are touched before */
        struct error failure = {0};
        if (push_one(c, worker, rows, &failure) == STATUS_OK)
            continue;
        mutex_lock(&v->mutex);
        if (!v->failed)
            v->error = failure;
        v->failed = true;
        mutex_unlock(&v->mutex);
    }
    return STATUS_OK;
}

static void touch_consumers(struct consumers *consumers)
{
    for (uint32_t i = 0; i < consumers->count; i++)
        view_touch(consumers->items[i].view);
}

/* Finishes touched views in order; a view that fails is taken out by name with all that read it, the others go on. */
static enum status epoch_finish_views(struct timeline *t, struct log_group *group, struct error *err)
{
    for (uint32_t i = 0; i < t->view_count; i++) {
        struct view *v = t->views[i];
        struct error failure = {0};
        if (v->touched && !v->failed && view_finish(v, group, &failure) != STATUS_OK) {
            if (failure.status == STATUS_DISK_FULL) { /* not the view's failure: all of the epoch is to be written, or none */
                *err = failure;
                return failure.status;
            }
            v->failed = true;
            v->error = failure;
        }
        if (v->failed && !v->given_up)
            TRY(view_give_up(v, group, err)); /* those that read it come later in the order */
    }
    return STATUS_OK;
}

void view_close_epoch(struct view *v)
{
    if (!v->touched)
        return;
    if (v->store != NULL)
        relation_store_end(v->store);
    if (v->errors != NULL)
        relation_store_end(v->errors);
    arena_reset(v->arena);
    v->touched = false;
}

static void epoch_close_stores(struct timeline *t)
{
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        if (t->ingests[i]->store_open)
            relation_store_end(t->ingests[i]->store);
        t->ingests[i]->store_open = false;
    }
    for (uint32_t i = 0; i < t->view_count; i++)
        view_close_epoch(t->views[i]);
}

static void hand_out(struct timeline *t)
{
    for (uint32_t i = 0; i < t->view_count; i++)
        if (t->views[i]->subscription != NULL)
            subscription_publish(t->views[i]->subscription, t->epoch, t->time_us);
}

enum status epoch_publish(struct timeline *t, struct log_group *group, struct error *err)
{
    enum status st = epoch_log_append(t, group, err);
    if (st != STATUS_OK)
        log_group_cancel(group);
    else
        st = log_group_commit(group, err);
    if (st != STATUS_OK) {
        t->open_epoch = 0;
        return st; /* stores stay open: they show the newest published epoch */
    }
    mutex_lock(&t->mutex);
    t->epoch = t->open_epoch;
    t->time_us = t->open_time_us;
    for (uint32_t i = 0; i < t->ingest_count; i++)
        memcpy(t->ingests[i]->position, t->ingests[i]->target,
               (size_t)t->ingests[i]->partition_count * sizeof *t->ingests[i]->position);
    hand_out(t);
    t->open_epoch = 0;
    condition_broadcast(&t->published);
    mutex_unlock(&t->mutex);
    epoch_close_stores(t);
    return st;
}

static enum status process_inputs(struct timeline *t, struct log_group *group, struct error *err)
{
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        struct ingest *g = t->ingests[i];
        bool has_input = memcmp(g->position, g->target, (size_t)g->partition_count * sizeof *g->position) != 0;
        if (!has_input || ingest_is_idle(g))
            continue;
        if (g->store == NULL)
            touch_consumers(&g->consumers);
        struct error failure = {0};
        if (ingest_process(g, &failure) != STATUS_OK) {
            ingest_fail(g, &failure);
            continue;
        }
        TRY(ingest_write_rejections(g, group, err));
    }
    return STATUS_OK;
}

enum status epoch_run(struct timeline *t, bool *worked, struct error *err)
{
    bool any = false;
    *worked = false;
    if (t->has_failed) {
        *err = t->failure;
        return t->failure.status;
    }
    log_begin_cut(t->options.log);
    for (uint32_t i = 0; i < t->ingest_count; i++)
        any |= ingest_cut(t->ingests[i]);
    log_end_cut(t->options.log);
    *worked = any;
    if (!any)
        return STATUS_OK;
    epoch_open(t);
    t->in_epoch = true;
    struct log_group *group = log_group_begin(t->options.log);
    enum status st = process_inputs(t, group, err);
    if (st == STATUS_OK)
        st = epoch_finish_views(t, group, err);
    if (st == STATUS_OK)
        st = epoch_publish(t, group, err);
    else
        log_group_cancel(group);
    t->in_epoch = false;
    subscriptions_sweep(t);
    if (st == STATUS_OK && t->epoch_waits)
        timeline_say(t, "epoch %lld goes on", (long long)t->epoch);
    t->epoch_waits = false;
    if (st != STATUS_OK)
        timeline_fail(t, err); /* the views' state is ahead of what is published */
    return st;
}
