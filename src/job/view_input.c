/* view_input.c - what a view reads: finding it, reading what is there already, and being fed from then on. */
#include <stdlib.h>

#include "base/memory.h"
#include "job/internal.h"

/* Where a leaf's column lies among what its producer hands out. */
static uint32_t *map_columns(const struct plan *leaf)
{
    uint32_t *columns = memory_alloc((leaf->scan.column_count + 1) * sizeof *columns);
    uint32_t visible = leaf->scan.relation->schema.column_count;
    for (uint32_t i = 0; i < leaf->scan.column_count; i++) {
        uint32_t c = leaf->scan.columns[i];
        columns[i] = c < HIDDEN_BASE ? c : visible + (c - HIDDEN_BASE);
    }
    return columns;
}

static bool wants_hidden(const struct plan *leaf)
{
    for (uint32_t i = 0; i < leaf->scan.column_count; i++)
        if (leaf->scan.columns[i] >= HIDDEN_BASE)
            return true;
    return false;
}

static void consumers_add(struct consumers *list, struct consumer item)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 4 : list->capacity * 2;
        list->items = memory_realloc(list->items, list->capacity * sizeof *list->items);
    }
    list->items[list->count++] = item;
}

static void consumers_remove(struct consumers *list, const struct view *v)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].view == v)
            free(list->items[i].columns);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* One input of a view: who hands out its rows. */
struct input {
    struct ingest *ingest; /* or view */
    struct view *view;
};

static enum status check_producer(const struct plan *leaf, const struct input *in, struct error *err)
{
    const char *name = leaf->scan.relation->name;
    const struct error *failure = in->ingest != NULL && in->ingest->failed ? &in->ingest->error
                                  : in->view != NULL && in->view->failed   ? &in->view->error
                                                                           : NULL;
    if (failure != NULL)
        return error_set(err, STATUS_NOT_IN_PREREQUISITE_STATE, "\"%s\" has failed: %s", name, failure->message);
    if (in->ingest == NULL && (in->view == NULL || in->view->store == NULL))
        return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, leaf->position, "\"%s\" cannot be read by a view or sink", name);
    return STATUS_OK;
}

static enum status find_input(struct view *v, uint32_t i, struct input *out, struct error *err)
{
    const struct plan *leaf = dataflow_input(v->dataflow, i);
    int64_t id = leaf->scan.relation->id;
    *out = (struct input){.ingest = timeline_find_ingest(v->timeline, id)};
    if (out->ingest == NULL)
        out->view = timeline_find_view(v->timeline, id);
    return check_producer(leaf, out, err);
}

/* How rows come to input i; its columns are the caller's. */
static struct consumer consumer_of(struct view *v, uint32_t i)
{
    const struct plan *leaf = dataflow_input(v->dataflow, i);
    return (struct consumer){v, i, leaf->scan.column_count, map_columns(leaf)};
}

static void catch_up_idle(struct ingest *g)
{
    for (int32_t p = 0; p < g->partition_count; p++)
        g->position[p] = g->target[p] = partition_visible_end(topic_partition(g->topic, p));
}

/* Once, before anything is read, so that all inputs are read up to one cut: tables that nobody read stand at the newest, and decode
 * what this view wants. */
static enum status ready_inputs(struct view *v, struct error *err)
{
    for (uint32_t i = 0; i < dataflow_input_count(v->dataflow); i++) {
        struct input in;
        TRY(find_input(v, i, &in, err));
        if (in.ingest != NULL && wants_hidden(dataflow_input(v->dataflow, i)))
            ingest_want_hidden(in.ingest);
        if (in.ingest != NULL && ingest_is_idle(in.ingest) && v->timeline->running)
            catch_up_idle(in.ingest);
    }
    return STATUS_OK;
}

static enum status attach(struct view *v, struct error *err)
{
    for (uint32_t i = 0; i < dataflow_input_count(v->dataflow); i++) {
        struct input in;
        TRY(find_input(v, i, &in, err));
        if (in.ingest != NULL && v->subscription == NULL && !view_is_stateless(v))
            ingest_hold_history(in.ingest);
        consumers_add(in.ingest != NULL ? &in.ingest->consumers : &in.view->consumers, consumer_of(v, i));
    }
    return STATUS_OK;
}

/* Whether a view's state would be rebuilt from the producer's whole history. */
static bool consumers_need_history(const struct consumers *consumers)
{
    for (uint32_t i = 0; i < consumers->count; i++) {
        const struct view *v = consumers->items[i].view;
        if (v->subscription == NULL && !view_is_stateless(v))
            return true;
    }
    return false;
}

void view_detach(struct view *v)
{
    struct timeline *t = v->timeline;
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        struct ingest *g = t->ingests[i];
        consumers_remove(&g->consumers, v);
        if (g->store == NULL && !consumers_need_history(&g->consumers))
            ingest_release_history(g);
    }
    for (uint32_t i = 0; i < t->view_count; i++)
        consumers_remove(&t->views[i]->consumers, v);
}

/* ---- filling ---- */

static enum status fill_from_store(struct relation_store *store, struct consumer *consumer, struct arena *arena, struct error *err)
{
    struct consumers one = {.items = consumer, .count = 1};
    struct store_pin *pin = relation_store_pin(store);
    enum status st = STATUS_OK;
    for (bool done = false; st == STATUS_OK && !done;) {
        struct batch rows = {0};
        arena_reset(arena);
        st = store_pin_scan(pin, arena, &rows, &done, err);
        if (st == STATUS_OK && !batch_is_empty(&rows))
            st = consumers_push(&one, 0, &rows, err);
    }
    store_pin_release(pin);
    return st;
}

/* Feeds the present contents of all inputs, as the epoch in progress. */
static enum status read_inputs(struct view *v, struct error *err)
{
    for (uint32_t i = 0; i < dataflow_input_count(v->dataflow); i++) {
        struct input in;
        TRY(find_input(v, i, &in, err));
        struct consumer consumer = consumer_of(v, i);
        enum status st;
        if (in.ingest != NULL && in.ingest->store == NULL)
            st = ingest_replay(in.ingest, &consumer, err);
        else
            st = fill_from_store(in.ingest != NULL ? in.ingest->store : in.view->store, &consumer, v->arena, err);
        free(consumer.columns);
        TRY(st);
    }
    return STATUS_OK;
}

static enum status fill(struct view *v, struct log_group *group, struct error *err)
{
    view_touch(v);
    TRY(read_inputs(v, err));
    if (!v->failed)
        TRY(view_finish(v, group, err));
    if (!v->failed)
        return STATUS_OK;
    *err = v->error;
    return v->error.status;
}

enum status view_join(struct view *v, struct log_group *group, struct error *err)
{
    TRY(ready_inputs(v, err));
    TRY(fill(v, group, err));
    return attach(v, err);
}

enum status view_join_silently(struct view *v, struct error *err)
{
    struct timeline *t = v->timeline;
    TRY(ready_inputs(v, err));
    if (view_is_stateless(v))
        return attach(v, err); /* nothing to compute */
    t->open_epoch = t->epoch;
    t->open_time_us = t->time_us;
    v->muted = true;
    enum status st = fill(v, NULL, err);
    v->muted = false;
    t->open_epoch = 0;
    if (st != STATUS_OK)
        return st;
    view_close_epoch(v);
    return attach(v, err);
}
