/* log.c - opening and closing, publication, listeners, statistics. */
#include "log/log.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/internal.h"

static const int64_t DEFAULT_SEGMENT_SIZE = INT64_C(1) << 30;
static const int64_t LARGEST_SEGMENT_SIZE = INT64_C(1) << 31; /* positions in an index have 32 bits */
static const int64_t DEFAULT_JOURNAL_SIZE = INT64_C(64) << 20;
static const int64_t SMALLEST_JOURNAL_SIZE = INT64_C(1) << 18;

/* ---- what the journal asks of the log ---- */

static void publish_ends(void *context, const struct journal_end *ends, size_t count)
{
    struct log *log = context;
    mutex_lock(&log->publication);
    for (size_t i = 0; i < count; i++) {
        atomic_store(&ends[i].partition->committed_end, ends[i].end_offset);
        partition_raise_visible_end(ends[i].partition, ends[i].end_offset);
    }
    mutex_unlock(&log->publication);
}

static void wake_listeners(void *context)
{
    log_notify(context, false);
}

static void put_ends(void *context, struct buffer *frame)
{
    struct log *log = context;
    mutex_lock(&log->lock);
    for (size_t i = 0; i < log->topic_count; i++) {
        const struct topic *t = log->topics[i];
        if (topic_is_deleted(t))
            continue;
        journal_put_ends(frame, t->id, (uint32_t)t->options.partition_count);
        for (int32_t at = 0; at < t->options.partition_count; at++)
            buffer_put_i64(frame, atomic_load(&t->partitions[at].committed_end));
    }
    mutex_unlock(&log->lock);
}

void log_visible_ends(struct log *log, struct partition *const *partitions, size_t count, int64_t *out)
{
    mutex_lock(&log->publication);
    for (size_t i = 0; i < count; i++)
        out[i] = atomic_load(&partitions[i]->visible_end);
    mutex_unlock(&log->publication);
}

/* ---- opening and closing ---- */

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value == 0 ? otherwise : value;
}

static struct log *create(struct os *os, const char *directory, const struct log_options *options)
{
    struct log *log = memory_alloc_zero(1, sizeof *log);
    log->os = os;
    log->directory = memory_copy_text(directory);
    log->topic_arena = arena_create();
    log->options = *options;
    log->options.segment_size = or_default(options->segment_size, DEFAULT_SEGMENT_SIZE);
    if (log->options.segment_size > LARGEST_SEGMENT_SIZE)
        log->options.segment_size = LARGEST_SEGMENT_SIZE;
    log->options.journal_size = or_default(options->journal_size, DEFAULT_JOURNAL_SIZE);
    if (log->options.journal_size < SMALLEST_JOURNAL_SIZE)
        log->options.journal_size = SMALLEST_JOURNAL_SIZE;
    log->options.flush_interval_ms = or_default(options->flush_interval_ms, 100);
    log->options.commit_delay_us = or_default(options->commit_delay_us, 500);
    mutex_init(&log->create_lock);
    mutex_init(&log->lock);
    mutex_init(&log->together);
    mutex_init(&log->publication);
    mutex_init(&log->listener_lock);
    condition_init(&log->notified);
    mutex_init(&log->producer_id_lock);
    return log;
}

static const char *parent_of(const char *directory, struct arena *arena)
{
    const char *slash = strrchr(directory, '/');
    if (slash == NULL)
        return ".";
    size_t size = (size_t)(slash - directory);
    return size == 0 ? "/" : arena_copy_bytes(arena, (struct bytes){(const uint8_t *)directory, size});
}

/* The names of the folders and of the journal's files, which may be new. */
static enum status sync_folders(struct log *log, struct error *err)
{
    struct os *os = log->os;
    struct arena *arena = arena_create();
    enum status st = os->sync_directory(os, arena_printf(arena, "%s/journal", log->directory), err);
    if (st == STATUS_OK)
        st = os->sync_directory(os, log->directory, err);
    if (st == STATUS_OK)
        st = os->sync_directory(os, parent_of(log->directory, arena), err);
    arena_destroy(arena);
    return st;
}

static enum status recover(struct log *log, log_report *report, void *report_context, struct error *err)
{
    struct recovery r = {log, report, report_context};
    bool is_clean = false;
    TRY(recovery_load_topics(&r, err));
    TRY(recovery_replay(&r, &is_clean, err));
    TRY(recovery_settle(&r, is_clean, err));
    if (is_clean) { /* the checkpoint was written behind all that is done here */
        log->journal.is_recyclable = true;
        return STATUS_OK;
    }
    TRY(sync_folders(log, err));
    return journal_checkpoint(&log->journal, false, err);
}

static enum status open_log(struct log *log, log_report *report, void *report_context, struct error *err)
{
    struct journal_hooks hooks = {log, publish_ends, wake_listeners, put_ends};
    struct arena *arena = arena_create();
    enum status st = log->os->make_directory(log->os, arena_printf(arena, "%s/topics", log->directory), err);
    if (st == STATUS_OK)
        st = journal_open(&log->journal, log->os, arena_printf(arena, "%s/journal", log->directory),
                          log->options.journal_size, &hooks, err);
    arena_destroy(arena);
    TRY(st);
    log->journal.flush_interval_ns = log->options.flush_interval_ms * 1000000;
    log->journal.commit_delay_ns = log->options.commit_delay_us * 1000;
    TRY(log_load_producer_ids(log, err));
    TRY(recover(log, report, report_context, err));
    return journal_start(&log->journal, err);
}

/* Index and producer files of a log that is closed in order: the next start reads them instead of the batches. */
static bool save_partition(struct partition *p)
{
    if (p->segment_count == 0 || topic_is_deleted(p->topic))
        return true;
    struct segment *s = p->segments[p->segment_count - 1];
    if (s->is_indexed && s->fd >= 0 && segment_seal(s, atomic_load(&p->append_end), NULL) != STATUS_OK)
        return false;
    return partition_save_producers(p, NULL) == STATUS_OK;
}

static bool save_all(struct log *log)
{
    bool saved = true;
    for (size_t i = 0; i < log->topic_count; i++)
        for (int32_t at = 0; at < log->topics[i]->options.partition_count; at++)
            saved = save_partition(&log->topics[i]->partitions[at]) && saved;
    return saved;
}

static void free_log(struct log *log)
{
    for (size_t i = 0; i < log->topic_count; i++)
        topic_clear(log->topics[i]);
    free(log->topics);
    arena_destroy(log->topic_arena);
    map_clear(&log->by_name);
    map_clear(&log->by_id);
    mutex_clear(&log->create_lock);
    mutex_clear(&log->lock);
    mutex_clear(&log->together);
    mutex_clear(&log->publication);
    mutex_clear(&log->listener_lock);
    condition_clear(&log->notified);
    mutex_clear(&log->producer_id_lock);
    free(log->directory);
    free(log);
}

enum status log_open(struct os *os, const char *directory, const struct log_options *options, log_report *report,
                     void *report_context, struct log **out, struct error *err)
{
    struct log *log = create(os, directory, options);
    enum status st = open_log(log, report, report_context, err);
    if (st != STATUS_OK) {
        error_prefix(err, "cannot open the log in %s: ", directory);
        journal_close(&log->journal, false);
        free_log(log);
        return st;
    }
    *out = log;
    return STATUS_OK;
}

void log_close(struct log *log)
{
    if (log == NULL)
        return;
    /* The checkpoint of an orderly close says that segments, indexes and producers can be believed. */
    journal_close(&log->journal, save_all(log));
    free_log(log);
}

/* ---- groups and tickets ---- */

void log_expect_group(struct log *log)
{
    journal_expect(&log->journal);
}

log_ticket log_committed_ticket(struct log *log)
{
    return atomic_load(&log->journal.committed_ticket);
}

log_ticket log_queued_ticket(struct log *log)
{
    mutex_lock(&log->journal.lock);
    log_ticket ticket = log->journal.queued_ticket;
    mutex_unlock(&log->journal.lock);
    return ticket;
}

enum status log_check(struct log *log, struct error *err)
{
    return journal_check(&log->journal, err);
}

enum status log_wait(struct log *log, log_ticket ticket, struct error *err)
{
    return journal_wait(&log->journal, ticket, err);
}

/* ---- listeners ---- */

void log_add_listener(struct log *log, log_listener *listener, void *context)
{
    mutex_lock(&log->listener_lock);
    assert(log->listener_count < LISTENER_LIMIT);
    log->listeners[log->listener_count++] = (struct listener){listener, context};
    mutex_unlock(&log->listener_lock);
}

/* Returns once no call of the listener is in progress, so that its context may go. */
void log_remove_listener(struct log *log, log_listener *listener, void *context)
{
    mutex_lock(&log->listener_lock);
    for (size_t i = 0; i < log->listener_count; i++) {
        if (log->listeners[i].listener == listener && log->listeners[i].context == context) {
            log->listeners[i] = log->listeners[--log->listener_count];
            break;
        }
    }
    while (log->notifying_count > 0)
        condition_wait(&log->notified, &log->listener_lock);
    mutex_unlock(&log->listener_lock);
}

void log_notify(struct log *log, bool appended)
{
    struct listener listeners[LISTENER_LIMIT];
    mutex_lock(&log->listener_lock);
    size_t count = log->listener_count;
    memcpy(listeners, log->listeners, count * sizeof *listeners);
    log->notifying_count++;
    mutex_unlock(&log->listener_lock);
    for (size_t i = 0; i < count; i++)
        listeners[i].listener(listeners[i].context, appended);
    mutex_lock(&log->listener_lock);
    if (--log->notifying_count == 0)
        condition_broadcast(&log->notified);
    mutex_unlock(&log->listener_lock);
}

void log_get_statistics(struct log *log, struct log_statistics *out)
{
    *out = (struct log_statistics){
        .sync_count = atomic_load(&log->journal.sync_count),
        .sync_ns = atomic_load(&log->journal.sync_ns),
        .append_count = atomic_load(&log->append_count),
        .append_size = atomic_load(&log->append_size),
    };
}
