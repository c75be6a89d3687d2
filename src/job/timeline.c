/* timeline.c - the thread that runs epochs, and the commands that others give it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "job/internal.h"
#include "os/clock.h"

enum { EPOCH_RECORDS_DEFAULT = 262144, SUBSCRIPTION_SIZE_DEFAULT = 64 << 20, EPOCHS_RETAINED_SIZE = 64 << 20 };
#define RETENTION_INTERVAL_NS (INT64_C(60) * 1000000000)
#define ROOM_INTERVAL_NS (INT64_C(100) * 1000000) /* between two attempts to write when the disk is full */

static void report(struct timeline *t, bool is_error, const char *format, va_list arguments)
{
    char line[2048];
    vsnprintf(line, sizeof line, format, arguments);
    if (t->options.report != NULL)
        t->options.report(t->options.report_context, is_error, line);
}

void timeline_say(struct timeline *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(t, false, format, arguments);
    va_end(arguments);
}

void timeline_complain(struct timeline *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(t, true, format, arguments);
    va_end(arguments);
}

/* ---- waking ---- */

static void wake(struct timeline *t)
{
    atomic_store(&t->signalled, true);
    if (!atomic_load(&t->sleeping))
        return;
    mutex_lock(&t->mutex);
    condition_signal(&t->wake);
    mutex_unlock(&t->mutex);
}

/* Called by the log on the appending thread, which therefore must not be kept. */
static void on_log(void *context, bool appended)
{
    struct timeline *t = context;
    if (log_check(t->options.log, NULL) != STATUS_OK)
        wake(t); /* it tells those who wait for epochs */
    if (!appended || !atomic_load(&t->wanted))
        return;
    log_expect_group(t->options.log);
    atomic_store(&t->appended, true);
    wake(t);
}

void timeline_wake(struct timeline *t)
{
    mutex_lock(&t->mutex);
    condition_broadcast(&t->published);
    condition_broadcast(&t->scanned);
    mutex_unlock(&t->mutex);
}

void timeline_fail(struct timeline *t, const struct error *error)
{
    mutex_lock(&t->mutex);
    bool is_first = !t->has_failed;
    if (is_first)
        t->failure = *error;
    t->has_failed = true;
    condition_broadcast(&t->published);
    mutex_unlock(&t->mutex);
    if (is_first)
        timeline_complain(t, "epochs have stopped at %lld until a restart: %s (%s)", (long long)t->epoch, error->message,
                          status_sqlstate(error->status));
}

/* ---- commands ---- */

/* Takes the first command off the queue; NULL: there is none. */
static struct command *take_command(struct timeline *t)
{
    mutex_lock(&t->mutex);
    struct command *c = t->commands;
    if (c != NULL)
        t->commands = c->next;
    if (t->commands == NULL)
        t->commands_last = NULL;
    mutex_unlock(&t->mutex);
    return c;
}

/* c is its caller's, and gone once done is seen. */
static void finish_command(struct timeline *t, struct command *c, enum status st)
{
    mutex_lock(&t->mutex);
    c->status = st;
    c->done = true;
    condition_broadcast(&t->published);
    mutex_unlock(&t->mutex);
}

static bool run_commands(struct timeline *t)
{
    bool any = false;
    for (struct command *c; (c = take_command(t)) != NULL; any = true)
        finish_command(t, c, c->run(t, c->argument, c->err));
    return any;
}

enum status timeline_call(struct timeline *t, enum command_kind kind, enum status (*body)(struct timeline *t, void *argument, struct error *err),
                          void *argument, struct error *err)
{
    if (!t->running)
        return body(t, argument, err);
    struct command c = {.kind = kind, .run = body, .argument = argument, .err = err};
    mutex_lock(&t->mutex);
    if (t->commands_last != NULL)
        t->commands_last->next = &c;
    else
        t->commands = &c;
    t->commands_last = &c;
    atomic_store(&t->signalled, true);
    condition_signal(&t->wake);
    while (!c.done)
        condition_wait(&t->published, &t->mutex);
    mutex_unlock(&t->mutex);
    return c.status;
}

/* ---- the thread ---- */

static void sleep_until_signalled(struct timeline *t)
{
    mutex_lock(&t->mutex);
    atomic_store(&t->sleeping, true);
    while (!atomic_load(&t->signalled) && !t->stopping && t->commands == NULL)
        if (!condition_wait_until(&t->wake, &t->mutex, t->next_retention_ns))
            break;
    atomic_store(&t->sleeping, false);
    mutex_unlock(&t->mutex);
}

/* Old segments go, but never what an epoch has yet to take in or a view's state is rebuilt from. */
static void apply_retention(struct timeline *t)
{
    int64_t now = clock_monotonic_ns();
    if (now < t->next_retention_ns)
        return;
    t->next_retention_ns = now + RETENTION_INTERVAL_NS;
    for (uint32_t i = 0; i < t->ingest_count; i++)
        ingest_hold_position(t->ingests[i]);
    struct error err = {0};
    if (log_apply_retention(t->options.log, clock_realtime_us() / 1000, &err) != STATUS_OK)
        timeline_complain(t, "retention: %s", err.message);
}

/* ---- a full disk ---- */

static void serve_while_waiting(struct timeline *t, const struct error *why)
{
    for (struct command *c; (c = take_command(t)) != NULL;) {
        bool reads = c->kind == COMMAND_READ;
        if (!reads && c->err != NULL) {
            *c->err = *why;
            error_prefix(c->err, "epochs wait for room on disk: ");
        }
        finish_command(t, c, reads ? c->run(t, c->argument, c->err) : why->status);
    }
    while (scans_serve(t) && !t->stopping)
        ;
    apply_retention(t);
}

bool timeline_wait_for_room(struct timeline *t, const struct error *why)
{
    if (!t->running || !t->in_epoch || t->stopping)
        return false;
    if (!t->epoch_waits)
        timeline_complain(t, "epoch %lld waits for room on disk: %s (%s)", (long long)t->open_epoch, why->message, status_sqlstate(why->status));
    t->epoch_waits = true;
    atomic_store(&t->signalled, false);
    serve_while_waiting(t, why);
    mutex_lock(&t->mutex);
    if (!t->stopping && !atomic_load(&t->signalled))
        condition_wait_until(&t->wake, &t->mutex, clock_monotonic_ns() + ROOM_INTERVAL_NS);
    mutex_unlock(&t->mutex);
    return true;
}

/* An append woke us, but no table has anything new: whoever waits for the sync that was held back gets it now. */
static enum status release_expected(struct timeline *t, struct error *err)
{
    return log_group_commit(log_group_begin(t->options.log), err);
}

/* Epochs, unless the journal has failed meanwhile: then those who wait for one learn it even if none is due. */
static bool run_epoch(struct timeline *t, bool appended)
{
    struct error err = {0};
    bool worked = false;
    if (t->has_failed)
        return false;
    enum status st = log_check(t->options.log, &err);
    if (st == STATUS_OK)
        st = epoch_run(t, &worked, &err);
    if (st == STATUS_OK && appended && !worked)
        st = release_expected(t, &err);
    if (st != STATUS_OK)
        timeline_fail(t, &err);
    return worked;
}

static void body(void *argument)
{
    struct timeline *t = argument;
    while (!t->stopping) {
        atomic_store(&t->signalled, false);
        bool appended = atomic_exchange(&t->appended, false);
        bool worked = run_commands(t);
        worked |= run_epoch(t, appended);
        worked |= scans_serve(t);
        apply_retention(t);
        if (!worked)
            sleep_until_signalled(t);
    }
    run_commands(t);
}

/* ---- life ---- */

static enum status open_topic(struct log *log, const char *name, int64_t retention_size, struct topic **out, struct error *err)
{
    *out = log_find_topic(log, name);
    if (*out != NULL)
        return STATUS_OK;
    struct topic_options options = {.partition_count = 1, .retention_ms = -1, .retention_size = retention_size, .internal = true, .single_writer = true};
    return log_create_topic(log, name, &options, out, err);
}

enum status timeline_create(const struct timeline_options *options, struct timeline **out, struct error *err)
{
    struct timeline *t = memory_alloc_zero(1, sizeof *t);
    t->options = *options;
    if (t->options.epoch_records_max == 0)
        t->options.epoch_records_max = EPOCH_RECORDS_DEFAULT;
    if (t->options.subscription_size_max == 0)
        t->options.subscription_size_max = SUBSCRIPTION_SIZE_DEFAULT;
    t->arena = arena_create();
    t->epoch_arena = arena_create();
    t->worker_count = pool_worker_count(options->live);
    if (t->worker_count > WORKERS_MAX)
        t->worker_count = WORKERS_MAX;
    for (unsigned i = 0; i < t->worker_count; i++) {
        t->worker_arenas[i] = arena_create();
        t->worker_chunk[i] = -1;
    }
    mutex_init(&t->mutex);
    condition_init(&t->wake);
    condition_init(&t->published);
    condition_init(&t->scanned);
    enum status st = open_topic(options->log, "__leat_epochs", EPOCHS_RETAINED_SIZE, &t->epochs, err);
    if (st == STATUS_OK)
        st = open_topic(options->log, "__leat_catalog", -1, &t->catalog_topic, err);
    if (st == STATUS_OK)
        st = epoch_log_restore(t, err);
    if (st != STATUS_OK) {
        timeline_destroy(t);
        return st;
    }
    *out = t;
    return STATUS_OK;
}

static void stop_thread(struct timeline *t)
{
    mutex_lock(&t->mutex);
    t->stopping = true;
    condition_broadcast(&t->wake);
    condition_broadcast(&t->published);
    condition_broadcast(&t->scanned);
    mutex_unlock(&t->mutex);
    thread_join(&t->thread);
    t->running = false;
    log_remove_listener(t->options.log, on_log, t);
}

void timeline_destroy(struct timeline *t)
{
    if (t == NULL)
        return;
    if (t->running)
        stop_thread(t);
    scans_serve(t);
    for (uint32_t i = t->view_count; i-- > 0;) {
        relation_unref(t->views[i]->errors_relation);
        view_destroy(t->views[i]);
    }
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        relation_unref(t->ingests[i]->rejected_relation);
        ingest_destroy(t->ingests[i]);
    }
    free(t->views);
    free(t->ingests);
    for (unsigned i = 0; i < t->worker_count; i++) {
        arena_destroy(t->worker_arenas[i]);
        buffer_clear(&t->worker_buffers[i]);
    }
    map_clear(&t->restored_positions);
    condition_clear(&t->wake);
    condition_clear(&t->published);
    condition_clear(&t->scanned);
    mutex_clear(&t->mutex);
    arena_destroy(t->arena);
    arena_destroy(t->epoch_arena);
    free(t);
}

/* A view that cannot be computed again fails alone. */
static enum status restore_or_give_up(struct view *v, struct error *err)
{
    struct error failure = {0};
    if (!v->failed && view_join_silently(v, &failure) != STATUS_OK && !v->failed) {
        v->failed = true;
        v->error = failure;
    }
    return v->failed && !v->given_up ? view_give_up(v, NULL, err) : STATUS_OK;
}

/* What was acknowledged before is in an epoch before anybody can ask. */
static enum status catch_up(struct timeline *t, struct error *err)
{
    for (bool worked = true; worked;)
        TRY(epoch_run(t, &worked, err));
    return STATUS_OK;
}

/* Notes whether appends concern any table, for the log's listener. */
static void timeline_note_wanted(struct timeline *t)
{
    bool wanted = false;
    for (uint32_t i = 0; i < t->ingest_count; i++)
        wanted |= !ingest_is_idle(t->ingests[i]);
    atomic_store(&t->wanted, wanted);
}

enum status timeline_start(struct timeline *t, struct error *err)
{
    int64_t begin = clock_monotonic_ns();
    if (t->epoch == 0)
        t->epoch = 1; /* stores count from 1 */
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        struct error failure = {0};
        if (ingest_restore(t->ingests[i], &failure) != STATUS_OK)
            ingest_fail(t->ingests[i], &failure);
    }
    for (uint32_t i = 0; i < t->view_count; i++)
        TRY(restore_or_give_up(t->views[i], err));
    TRY(record_failures(t, err));
    if (t->view_count > 0)
        timeline_say(t, "state of %u views and sinks at epoch %lld in %lld ms", t->view_count, (long long)t->epoch,
                     (long long)((clock_monotonic_ns() - begin) / 1000000));
    TRY(catch_up(t, err));
    timeline_note_wanted(t);
    log_add_listener(t->options.log, on_log, t);
    atomic_store(&t->signalled, true);
    t->running = true;
    enum status st = thread_start(&t->thread, "timeline", 1 << 20, body, t, err);
    if (st != STATUS_OK) {
        t->running = false;
        log_remove_listener(t->options.log, on_log, t);
    }
    return st;
}

/* ---- parts ---- */

struct ingest *timeline_find_ingest(struct timeline *t, int64_t relation_id)
{
    for (uint32_t i = 0; i < t->ingest_count; i++)
        if (t->ingests[i]->relation->id == relation_id)
            return t->ingests[i];
    return NULL;
}

struct view *timeline_find_view(struct timeline *t, int64_t relation_id)
{
    for (uint32_t i = 0; i < t->view_count; i++)
        if (t->views[i]->relation != NULL && t->views[i]->relation->id == relation_id)
            return t->views[i];
    return NULL;
}

void timeline_add_view(struct timeline *t, struct view *v)
{
    mutex_lock(&t->mutex);
    if (t->view_count == t->view_capacity) {
        t->view_capacity = t->view_capacity == 0 ? 8 : t->view_capacity * 2;
        t->views = memory_realloc(t->views, t->view_capacity * sizeof *t->views);
    }
    t->views[t->view_count++] = v;
    mutex_unlock(&t->mutex);
    timeline_note_wanted(t);
}

void timeline_remove_view(struct timeline *t, const struct view *v)
{
    mutex_lock(&t->mutex);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->view_count; i++)
        if (t->views[i] != v)
            t->views[kept++] = t->views[i];
    t->view_count = kept;
    mutex_unlock(&t->mutex);
    timeline_note_wanted(t);
}

void timeline_add_ingest(struct timeline *t, struct ingest *g)
{
    mutex_lock(&t->mutex);
    if (t->ingest_count == t->ingest_capacity) {
        t->ingest_capacity = t->ingest_capacity == 0 ? 8 : t->ingest_capacity * 2;
        t->ingests = memory_realloc(t->ingests, t->ingest_capacity * sizeof *t->ingests);
    }
    t->ingests[t->ingest_count++] = g;
    mutex_unlock(&t->mutex);
    timeline_note_wanted(t);
}

void timeline_remove_ingest(struct timeline *t, const struct ingest *g)
{
    mutex_lock(&t->mutex);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->ingest_count; i++)
        if (t->ingests[i] != g)
            t->ingests[kept++] = t->ingests[i];
    t->ingest_count = kept;
    mutex_unlock(&t->mutex);
    timeline_note_wanted(t);
}

/* ---- waiting for own writes ---- */

static bool covers(struct timeline *t, struct partition *p, int64_t end)
{
    for (uint32_t i = 0; i < t->ingest_count; i++)
        if (t->ingests[i]->topic == partition_topic(p) && !ingest_is_idle(t->ingests[i]))
            return t->ingests[i]->failed || t->ingests[i]->position[partition_index(p)] >= end;
    return true; /* nothing of the timeline reads it */
}

bool timeline_wait_offset(struct timeline *t, struct partition *p, int64_t end, const _Atomic bool *cancel)
{
    mutex_lock(&t->mutex);
    bool reached = false;
    while (!(reached = covers(t, p, end)) && !t->stopping && !t->has_failed && (cancel == NULL || !*cancel))
        condition_wait(&t->published, &t->mutex);
    mutex_unlock(&t->mutex);
    return reached;
}

int64_t timeline_epoch(struct timeline *t)
{
    mutex_lock(&t->mutex);
    int64_t epoch = t->epoch;
    mutex_unlock(&t->mutex);
    return epoch;
}
