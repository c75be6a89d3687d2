/* retention.c - holds, and deleting old segments. */
#include <stdlib.h>

#include "base/memory.h"
#include "log/internal.h"

/* Kafka's producer.id.expiration.ms. */
static const int64_t PRODUCER_EXPIRATION_MS = 24 * 3600 * 1000;

static void remove_hold(struct partition *p, size_t at)
{
    free(p->holds[at].name);
    p->holds[at] = p->holds[--p->hold_count];
}

void partition_hold(struct partition *p, const char *name, int64_t offset)
{
    mutex_lock(&p->lock);
    size_t at = 0;
    while (at < p->hold_count && strcmp(p->holds[at].name, name) != 0)
        at++;
    if (at < p->hold_count && offset < 0) {
        remove_hold(p, at);
    } else if (at < p->hold_count) {
        p->holds[at].offset = offset;
    } else if (offset >= 0) {
        p->holds = memory_realloc(p->holds, (p->hold_count + 1) * sizeof *p->holds);
        p->holds[p->hold_count++] = (struct hold){memory_copy_text(name), offset};
    }
    mutex_unlock(&p->lock);
}

/* The smallest hold, or INT64_MAX. Lock held. */
static int64_t partition_smallest_hold(const struct partition *p)
{
    int64_t smallest = INT64_MAX;
    for (size_t i = 0; i < p->hold_count; i++)
        if (p->holds[i].offset < smallest)
            smallest = p->holds[i].offset;
    return smallest;
}

/* Whether the first segment may go, when the next one begins at next_base. */
static enum status is_expired(struct partition *p, int64_t now_ms, bool *out, struct error *err)
{
    *out = false;
    if (p->segment_count < 2)
        return STATUS_OK;
    const struct topic_options *o = &p->topic->options;
    struct segment *first = p->segments[0];
    int64_t next_base = p->segments[1]->base_offset;
    if (next_base > partition_smallest_hold(p) || next_base > atomic_load(&p->committed_end))
        return STATUS_OK;
    *out = o->retention_size >= 0 && atomic_load(&p->size) - first->size >= o->retention_size;
    if (*out || o->retention_ms < 0)
        return STATUS_OK;
    TRY(segment_load_index(first, next_base, err));
    *out = first->index.max_timestamp < now_ms - o->retention_ms;
    return STATUS_OK;
}

/* Takes the first segment out of the array if it is expired; NULL if not. */
static enum status take_expired(struct partition *p, int64_t now_ms, struct segment **out, struct error *err)
{
    *out = NULL;
    mutex_lock(&p->append_lock); /* no roll meanwhile */
    mutex_lock(&p->lock);
    bool expired = false;
    enum status st = is_expired(p, now_ms, &expired, err);
    if (st == STATUS_OK && expired && p->group == NULL) {
        *out = p->segments[0];
        p->segment_count--;
        memmove(p->segments, p->segments + 1, p->segment_count * sizeof *p->segments);
        atomic_store(&p->start, p->segments[0]->base_offset);
        atomic_fetch_sub(&p->size, (*out)->size);
    }
    mutex_unlock(&p->lock);
    mutex_unlock(&p->append_lock);
    return st;
}

/* One by one and in order, each removal durable before the next: after a crash the rest has no hole. */
static enum status partition_retain(struct partition *p, int64_t now_ms, struct error *err)
{
    for (;;) {
        struct segment *s;
        TRY(take_expired(p, now_ms, &s, err));
        if (s == NULL)
            return STATUS_OK;
        enum status st = segment_remove(s, err);
        segment_unref(s);
        if (st == STATUS_OK)
            st = p->os->sync_directory(p->os, p->directory, err);
        TRY(st);
    }
}

enum status log_apply_retention(struct log *log, int64_t now_ms, struct error *err)
{
    struct arena *arena = arena_create();
    size_t count;
    struct topic **topics = log_topics(log, arena, &count);
    enum status st = STATUS_OK;
    for (size_t i = 0; i < count && st == STATUS_OK; i++) {
        struct topic *t = topics[i];
        for (int32_t at = 0; at < t->options.partition_count && st == STATUS_OK; at++) {
            struct partition *p = &t->partitions[at];
            mutex_lock(&p->append_lock);
            if (p->producers.count > 0)
                producer_table_expire(&p->producers, now_ms - PRODUCER_EXPIRATION_MS);
            mutex_unlock(&p->append_lock);
            if (!t->options.compacted)
                st = partition_retain(p, now_ms, err);
        }
    }
    arena_destroy(arena);
    return st;
}
