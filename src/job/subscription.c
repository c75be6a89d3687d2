/* subscription.c - a live query's changes, queued for a reader who may be slow.
 *
 * The timeline adds copies of changes to the event of the epoch in progress and
 * hands it out once the epoch is published. A queue over its limit ends the
 * subscription with 54000; the timeline never waits.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "job/internal.h"
#include "os/clock.h"

struct event {
    struct subscription_event event;
    struct arena *arena;
    uint32_t batch_capacity;
    struct event *next;
};

struct subscription {
    struct timeline *timeline;
    struct view *view;
    struct snapshot *snapshot;
    struct event *open;            /* of the epoch in progress: the timeline's */
    struct event *first, *last;    /* published: under timeline.mutex */
    struct event *current;         /* the reader's */
    int64_t queued_size;
    int64_t published_epoch, published_time_us;
    int64_t told_epoch;
    bool overflowed;
    bool ended;
    struct error error;
};

static void event_destroy(struct event *e)
{
    if (e == NULL)
        return;
    arena_destroy(e->arena);
    free(e);
}

void subscription_add(struct subscription *s, const struct batch *changes)
{
    if (s->snapshot == NULL || s->ended || s->overflowed)
        return; /* filling: that part is read from the snapshot */
    if (s->open == NULL) {
        s->open = memory_alloc_zero(1, sizeof *s->open);
        s->open->arena = arena_create();
    }
    struct event *e = s->open;
    if (e->event.batch_count == e->batch_capacity) {
        uint32_t capacity = e->batch_capacity == 0 ? 4 : e->batch_capacity * 2;
        struct batch *batches = ARENA_ARRAY(e->arena, struct batch, capacity);
        if (e->event.batch_count > 0)
            memcpy(batches, e->event.batches, e->event.batch_count * sizeof *batches);
        e->event.batches = batches;
        e->batch_capacity = capacity;
    }
    batch_copy(changes, e->arena, &e->event.batches[e->event.batch_count++]);
    s->overflowed = s->queued_size + (int64_t)arena_size(e->arena) > s->timeline->options.subscription_size_max;
}

void subscription_publish(struct subscription *s, int64_t epoch, int64_t time_us)
{
    s->published_epoch = epoch;
    s->published_time_us = time_us;
    if (s->overflowed && !s->ended) {
        s->ended = true;
        error_set(&s->error, STATUS_LIMIT_EXCEEDED, "subscription ended: the reader is too slow and %lld bytes are waiting",
                  (long long)s->queued_size);
    }
    struct event *e = s->open;
    s->open = NULL;
    if (e == NULL)
        return;
    if (s->ended) {
        event_destroy(e);
        return;
    }
    e->event.epoch = epoch;
    e->event.time_us = time_us;
    s->queued_size += (int64_t)arena_size(e->arena);
    if (s->last != NULL)
        s->last->next = e;
    else
        s->first = e;
    s->last = e;
}

void subscription_fail(struct subscription *s, const struct error *error)
{
    mutex_lock(&s->timeline->mutex);
    if (!s->ended) {
        s->ended = true;
        s->error = *error;
    }
    condition_broadcast(&s->timeline->published);
    mutex_unlock(&s->timeline->mutex);
}

struct subscribe_request {
    struct plan *plan;
    struct arena *plan_arena;
    struct subscription *subscription;
};

static enum status run_subscribe(struct timeline *t, void *argument, struct error *err)
{
    struct subscribe_request *r = argument;
    struct subscription *s = r->subscription;
    TRY(view_create(t, NULL, r->plan, r->plan_arena, s, &s->view, err));
    struct view *v = s->view;
    enum status st = view_join_silently(v, err); /* the answer itself is read by a bounded run over the snapshot */
    uint32_t count = 0;
    struct arena *arena = arena_create();
    struct relation **relations = plan_relations(r->plan, arena, &count);
    if (st == STATUS_OK)
        s->snapshot = snapshot_take(t, relations, count);
    arena_destroy(arena);
    if (st == STATUS_OK) {
        timeline_add_view(t, v);
        s->published_epoch = s->told_epoch = t->epoch;
        return STATUS_OK;
    }
    view_detach(v);
    v->plan = NULL; /* the caller's again */
    v->plan_arena = NULL;
    view_destroy(v);
    s->view = NULL;
    return st;
}

enum status timeline_subscribe(struct timeline *t, struct plan *plan, struct arena *plan_arena, struct subscription **out, struct error *err)
{
    struct subscription *s = memory_alloc_zero(1, sizeof *s);
    s->timeline = t;
    struct subscribe_request request = {plan, plan_arena, s};
    enum status st = timeline_call(t, COMMAND_CHANGE, run_subscribe, &request, err);
    if (st != STATUS_OK) {
        free(s);
        return st;
    }
    *out = s;
    return STATUS_OK;
}

struct snapshot *subscription_snapshot(struct subscription *s)
{
    return s->snapshot;
}

/* With the mutex held: what there is to give. */
static bool take(struct subscription *s, struct subscription_event *out)
{
    if (s->first != NULL) {
        s->current = s->first;
        s->first = s->first->next;
        if (s->first == NULL)
            s->last = NULL;
        s->queued_size -= (int64_t)arena_size(s->current->arena);
        s->told_epoch = s->current->event.epoch;
        *out = s->current->event;
        return true;
    }
    if (s->published_epoch > s->told_epoch) {
        s->told_epoch = s->published_epoch;
        *out = (struct subscription_event){.epoch = s->published_epoch, .time_us = s->published_time_us};
        return true;
    }
    return false;
}

enum status subscription_next(struct subscription *s, int64_t deadline_ns, const _Atomic bool *cancel, struct subscription_event *out,
                              bool *got, struct error *err)
{
    struct timeline *t = s->timeline;
    event_destroy(s->current);
    s->current = NULL;
    *got = false;
    enum status st = STATUS_OK;
    mutex_lock(&t->mutex);
    while (!(*got = take(s, out))) {
        if (s->ended || t->has_failed || t->stopping) {
            if (s->ended || t->has_failed) {
                *err = s->ended ? s->error : t->failure;
                st = err->status;
            } else
                st = error_set(err, STATUS_SHUTDOWN, "terminating: the server is stopping");
            break;
        }
        if (cancel != NULL && *cancel)
            break;
        if (deadline_ns == 0)
            break;
        if (deadline_ns < 0)
            condition_wait(&t->published, &t->mutex);
        else if (!condition_wait_until(&t->published, &t->mutex, deadline_ns))
            break;
    }
    mutex_unlock(&t->mutex);
    return st;
}

static enum status run_close(struct timeline *t, void *argument, struct error *err)
{
    (void)err;
    struct subscription *s = argument;
    s->view->subscription = NULL;
    s->view->is_abandoned = true;
    if (!t->in_epoch)
        subscriptions_sweep(t);
    return STATUS_OK;
}

void subscriptions_sweep(struct timeline *t)
{
    for (uint32_t i = t->view_count; i-- > 0;) {
        struct view *v = t->views[i];
        if (!v->is_abandoned)
            continue;
        view_detach(v);
        timeline_remove_view(t, v);
        view_destroy(v);
    }
}

void subscription_close(struct subscription *s)
{
    if (s == NULL)
        return;
    snapshot_release(s->snapshot);
    status_ignore(timeline_call(s->timeline, COMMAND_READ, run_close, s, NULL), "closing cannot fail");
    event_destroy(s->current);
    event_destroy(s->open);
    for (struct event *e = s->first, *next; e != NULL; e = next) {
        next = e->next;
        event_destroy(e);
    }
    free(s);
}
