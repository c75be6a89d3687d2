/* topic_set.c - creating, deleting and finding topics. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "log/internal.h"
#include "os/clock.h"

/* ---- the set in memory ---- */

/* From here on the journal's tables name the topic; it is found by nobody yet. */
static void enlist(struct log *log, struct topic *t)
{
    mutex_lock(&log->lock);
    if (log->topic_count == log->topic_capacity) {
        log->topic_capacity = log->topic_capacity == 0 ? 16 : log->topic_capacity * 2;
        log->topics = memory_realloc(log->topics, log->topic_capacity * sizeof *log->topics);
    }
    log->topics[log->topic_count++] = t;
    mutex_unlock(&log->lock);
}

static struct bytes id_bytes(const uint8_t id[TOPIC_ID_SIZE])
{
    return (struct bytes){id, TOPIC_ID_SIZE};
}

static void publish(struct log *log, struct topic *t)
{
    mutex_lock(&log->lock);
    map_put(&log->by_name, bytes_from_text(t->name), t);
    map_put(&log->by_id, id_bytes(t->id), t);
    mutex_unlock(&log->lock);
}

void log_add_topic(struct log *log, struct topic *t)
{
    enlist(log, t);
    publish(log, t);
}

struct topic *log_find_topic(struct log *log, const char *name)
{
    mutex_lock(&log->lock);
    struct topic *t = map_get(&log->by_name, bytes_from_text(name));
    mutex_unlock(&log->lock);
    return t;
}

struct topic *log_find_topic_id(struct log *log, const uint8_t id[16])
{
    mutex_lock(&log->lock);
    struct topic *t = map_get(&log->by_id, id_bytes(id));
    mutex_unlock(&log->lock);
    return t;
}

static int compare_names(const void *a, const void *b)
{
    const struct topic *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

struct topic **log_topics(struct log *log, struct arena *arena, size_t *count)
{
    mutex_lock(&log->lock);
    struct topic **topics = ARENA_ARRAY(arena, struct topic *, log->topic_count + 1);
    *count = 0;
    for (size_t i = 0; i < log->by_name.entry_count; i++)
        if (log->by_name.entries[i].value != NULL)
            topics[(*count)++] = log->by_name.entries[i].value;
    mutex_unlock(&log->lock);
    qsort(topics, *count, sizeof *topics, compare_names);
    return topics;
}

/* ---- creating ---- */

/* A version 4 UUID. It must not repeat on this machine; nobody gains from guessing it. */
static void make_id(struct log *log, uint8_t id[TOPIC_ID_SIZE])
{
    static _Atomic uint64_t counter;
    uint64_t seed = hash_combine(hash_u64((uint64_t)clock_realtime_us()), hash_u64((uint64_t)clock_monotonic_ns()));
    seed = hash_combine(seed, hash_u64((uint64_t)process_id() << 32 ^ atomic_fetch_add(&counter, 1)));
    seed = hash_combine(seed, hash_u64((uint64_t)(uintptr_t)log));
    uint64_t halves[2] = {hash_u64(seed), hash_u64(seed + 1)};
    memcpy(id, halves, TOPIC_ID_SIZE);
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

/* The mark of a deletion whose files could not be removed would take the new topic along. */
static enum status remove_leftover(struct log *log, const struct topic *t, struct error *err)
{
    struct arena *arena = arena_create();
    bool deleted = os_exists(log->os, arena_printf(arena, "%s/topic.deleted", t->directory));
    enum status st = deleted ? os_remove_tree(log->os, t->directory, err) : STATUS_OK;
    arena_destroy(arena);
    return st;
}

/* The topic's own file comes last: without it recovery takes the folder for a creation that did not end. */
static enum status make_files(struct log *log, const struct topic *t, struct error *err)
{
    struct os *os = log->os;
    TRY(remove_leftover(log, t, err));
    TRY(os->make_directory(os, t->directory, err));
    for (int32_t i = 0; i < t->options.partition_count; i++)
        TRY(os->make_directory(os, t->partitions[i].directory, err));
    TRY(topic_save(t, err));
    TRY(os->sync_directory(os, t->directory, err));
    struct arena *arena = arena_create();
    enum status st = os->sync_directory(os, arena_printf(arena, "%s/topics", log->directory), err);
    arena_destroy(arena);
    return st;
}

/* The journal learns that the topic begins empty, so that recovery can tell what was never acknowledged. */
static enum status journal_topic(struct log *log, const struct topic *t, struct error *err)
{
    struct journal_load load = {0};
    journal_frame_begin(&load.frame);
    journal_put_ends(&load.frame, t->id, (uint32_t)t->options.partition_count);
    for (int32_t i = 0; i < t->options.partition_count; i++)
        buffer_put_i64(&load.frame, 0);
    enum status st = journal_commit_load(&log->journal, &load, err);
    journal_load_clear(&load);
    return st;
}

static enum status check_options(const char *name, const struct topic_options *o, struct error *err)
{
    if (!topic_name_is_legal(name))
        return error_set(err, STATUS_INVALID_NAME, "invalid topic name \"%.*s\": 1 to 249 of a-z, A-Z, 0-9, '.', '_', '-'",
                         TOPIC_NAME_SIZE, name);
    if (o->partition_count < 1 || o->partition_count > PARTITION_LIMIT)
        return error_set(err, STATUS_INVALID_PARAMETER, "topic %s: a topic has 1 to %d partitions, not %d", name,
                         PARTITION_LIMIT, (int)o->partition_count);
    if (o->max_message_size < 0 || o->max_message_size > INT32_MAX)
        return error_set(err, STATUS_INVALID_PARAMETER, "topic %s: the largest message may have 1 to %d bytes", name,
                         INT32_MAX);
    if (o->retention_ms < -1 || o->retention_size < -1)
        return error_set(err, STATUS_INVALID_PARAMETER, "topic %s: retention is -1 (for ever) or more", name);
    return STATUS_OK;
}

static enum status create_locked(struct log *log, const char *name, const struct topic_options *options,
                                 struct topic **out, struct error *err)
{
    if (log_find_topic(log, name) != NULL)
        return error_set(err, STATUS_DUPLICATE_TABLE, "topic %s exists", name);
    TRY(journal_check(&log->journal, err));
    uint8_t id[TOPIC_ID_SIZE];
    make_id(log, id);
    struct topic *t = topic_create(log, name, id, options);
    enum status st = make_files(log, t, err);
    if (st != STATUS_OK) {
        status_ignore(os_remove_tree(log->os, t->directory, NULL), "recovery removes what is left");
        error_prefix(err, "cannot create topic %s: ", name);
        topic_clear(t);
        return st;
    }
    enlist(log, t);
    st = journal_topic(log, t, err);
    if (st != STATUS_OK) {
        atomic_store(&t->is_deleted, true);
        return st;
    }
    publish(log, t);
    *out = t;
    return STATUS_OK;
}

enum status log_create_topic(struct log *log, const char *name, const struct topic_options *options,
                             struct topic **out, struct error *err)
{
    TRY(check_options(name, options, err));
    mutex_lock(&log->create_lock);
    enum status st = create_locked(log, name, options, out, err);
    mutex_unlock(&log->create_lock);
    return st;
}

/* ---- deleting ---- */

/* Renaming the topic's file is the moment of deletion; the rest may be done by the next start. */
static enum status remove_files(struct log *log, struct topic *t, struct error *err)
{
    struct arena *arena = arena_create();
    enum status st = log->os->rename(log->os, arena_printf(arena, "%s/topic", t->directory),
                                     arena_printf(arena, "%s/topic.deleted", t->directory), err);
    arena_destroy(arena);
    TRY(st);
    return log->os->sync_directory(log->os, t->directory, err);
}

/* No append is in progress behind this, none will begin, and no segment is made in the folder any more. */
static void bar(struct topic *t)
{
    atomic_store(&t->is_deleted, true);
    for (int32_t i = 0; i < t->options.partition_count; i++) {
        struct partition *p = &t->partitions[i];
        mutex_lock(&p->append_lock);
        mutex_lock(&p->lock);
        for (size_t at = 0; at < p->segment_count; at++)
            atomic_store(&p->segments[at]->is_removed, true);
        mutex_unlock(&p->lock);
        mutex_unlock(&p->append_lock);
    }
}

/* Reading a deleted topic goes on through open files only. */
static void open_files(struct topic *t)
{
    for (int32_t i = 0; i < t->options.partition_count; i++) {
        struct partition *p = &t->partitions[i];
        mutex_lock(&p->lock);
        for (size_t at = 0; at < p->segment_count; at++)
            status_ignore(segment_load_index(p->segments[at], partition_segment_end(p, at), NULL), "a reader will be told");
        mutex_unlock(&p->lock);
    }
}

/* Whoever comes last, the deletion or a reader; should both think so, the second finds nothing to do. */
static void let_go_if_unread(struct topic *t)
{
    if (!topic_is_deleted(t) || atomic_load(&t->reference_count) > 0)
        return;
    for (int32_t i = 0; i < t->options.partition_count; i++)
        partition_let_go(&t->partitions[i]);
    journal_forget_removed(&t->log->journal);
}

struct topic *topic_ref(struct topic *t)
{
    atomic_fetch_add(&t->reference_count, 1);
    return t;
}

void topic_unref(struct topic *t)
{
    if (t == NULL)
        return;
    int32_t before = atomic_fetch_sub(&t->reference_count, 1);
    assert(before > 0);
    let_go_if_unread(t);
}

static enum status delete_locked(struct log *log, const char *name, struct error *err)
{
    struct topic *t = log_find_topic(log, name);
    if (t == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic %s does not exist", name);
    open_files(t);
    enum status st = remove_files(log, t, err);
    if (st != STATUS_OK) {
        error_prefix(err, "cannot delete topic %s: ", name);
        return st;
    }
    mutex_lock(&log->lock);
    map_remove(&log->by_name, bytes_from_text(name));
    map_remove(&log->by_id, id_bytes(t->id));
    mutex_unlock(&log->lock);
    bar(t);
    let_go_if_unread(t);
    status_ignore(os_remove_tree(log->os, t->directory, NULL), "the next start removes what is left");
    log_notify(log, false);
    return STATUS_OK;
}

enum status log_delete_topic(struct log *log, const char *name, struct error *err)
{
    mutex_lock(&log->create_lock);
    enum status st = delete_locked(log, name, err);
    mutex_unlock(&log->create_lock);
    return st;
}
