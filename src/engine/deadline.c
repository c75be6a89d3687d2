/* deadline.c - statement_timeout: one thread, started by the first statement that has a limit, cancels those whose time is up. */
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "os/clock.h"

#define NS_PER_MS INT64_C(1000000)

void deadlines_init(struct deadlines *d)
{
    mutex_init(&d->mutex);
    condition_init(&d->changed);
}

/* The earliest of all; INT64_MAX: none. Those that have passed are cancelled. */
static int64_t cancel_late(struct deadlines *d)
{
    int64_t now = clock_monotonic_ns(), next = INT64_MAX;
    for (uint32_t i = 0; i < d->count; i++) {
        struct session *s = d->sessions[i];
        if (s->deadline_ns <= now && !s->is_late) {
            s->is_late = true;
            session_cancel(s);
        } else if (!s->is_late && s->deadline_ns < next)
            next = s->deadline_ns;
    }
    return next;
}

static void watch(void *argument)
{
    struct deadlines *d = argument;
    mutex_lock(&d->mutex);
    while (!d->stopping) {
        int64_t next = cancel_late(d);
        if (next == INT64_MAX)
            condition_wait(&d->changed, &d->mutex);
        else
            condition_wait_until(&d->changed, &d->mutex, next);
    }
    mutex_unlock(&d->mutex);
}

void deadlines_clear(struct deadlines *d)
{
    mutex_lock(&d->mutex);
    d->stopping = true;
    condition_signal(&d->changed);
    mutex_unlock(&d->mutex);
    if (d->running)
        thread_join(&d->thread);
    condition_clear(&d->changed);
    mutex_clear(&d->mutex);
    free(d->sessions);
}

static void add(struct deadlines *d, struct session *s)
{
    if (d->count == d->capacity) {
        d->capacity = d->capacity == 0 ? 8 : d->capacity * 2;
        d->sessions = memory_realloc(d->sessions, d->capacity * sizeof(struct session *));
    }
    d->sessions[d->count++] = s;
}

enum status deadline_begin(struct session *s, struct error *err)
{
    struct deadlines *d = &s->engine->deadlines;
    int64_t limit_ms = settings_get_integer(s->settings, "statement_timeout");
    s->deadline_ns = 0;
    if (limit_ms == 0)
        return STATUS_OK;
    enum status st = STATUS_OK;
    mutex_lock(&d->mutex);
    if (!d->running)
        st = thread_start(&d->thread, "deadlines", 0, watch, d, err);
    if (st == STATUS_OK) {
        d->running = true;
        s->deadline_ns = clock_monotonic_ns() + limit_ms * NS_PER_MS;
        s->is_late = false;
        add(d, s);
        condition_signal(&d->changed);
    }
    mutex_unlock(&d->mutex);
    return st;
}

enum status deadline_end(struct session *s, enum status st, struct error *err)
{
    struct deadlines *d = &s->engine->deadlines;
    if (s->deadline_ns == 0)
        return st;
    mutex_lock(&d->mutex);
    for (uint32_t i = 0; i < d->count; i++)
        if (d->sessions[i] == s)
            d->sessions[i] = d->sessions[--d->count];
    mutex_unlock(&d->mutex);
    if (!s->is_late)
        return st;
    s->cancel = false; /* it may have come when the statement was done: the next one is not meant */
    return st == STATUS_CANCELED ? error_set(err, STATUS_CANCELED, "canceling statement due to statement timeout") : st;
}
