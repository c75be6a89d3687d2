/* partition.c - the segments of a partition: writing behind the last, rolling, taking back. */
#include "log/partition.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/internal.h"
#include "os/clock.h"

void partition_init(struct partition *p, struct topic *topic, struct os *os, const char *directory, int32_t index)
{
    *p = (struct partition){.topic = topic, .index = index, .directory = directory, .os = os, .journaled_end = -1, .snapshot_end = -1};
    mutex_init(&p->append_lock);
    mutex_init(&p->lock);
}

static void clear_segments(struct segment ***segments, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        segment_unref((*segments)[i]);
    free(*segments);
    *segments = NULL;
    *count = 0;
}

void partition_let_go(struct partition *p)
{
    mutex_lock(&p->append_lock);
    mutex_lock(&p->lock);
    clear_segments(&p->segments, &p->segment_count);
    p->segment_capacity = 0;
    clear_segments(&p->stale, &p->stale_count);
    for (size_t i = 0; i < p->hold_count; i++)
        free(p->holds[i].name);
    free(p->holds);
    p->holds = NULL;
    p->hold_count = 0;
    producer_table_clear(&p->producers);
    atomic_store(&p->size, 0);
    mutex_unlock(&p->lock);
    mutex_unlock(&p->append_lock);
}

void partition_clear(struct partition *p)
{
    partition_let_go(p);
    mutex_clear(&p->append_lock);
    mutex_clear(&p->lock);
}

void partition_push_segment(struct partition *p, struct segment *s)
{
    assert(p->segment_count == 0 || p->segments[p->segment_count - 1]->base_offset < s->base_offset);
    if (p->segment_count == p->segment_capacity) {
        p->segment_capacity = p->segment_capacity == 0 ? 4 : p->segment_capacity * 2;
        p->segments = memory_realloc(p->segments, p->segment_capacity * sizeof *p->segments);
    }
    p->segments[p->segment_count++] = s;
}

static struct segment *active_segment(const struct partition *p)
{
    return p->segment_count == 0 ? NULL : p->segments[p->segment_count - 1];
}

/* ---- rolling ---- */

static bool fits(const struct partition *p, const struct segment *s, const struct record_batch_header *header)
{
    if (s->size == 0)
        return true; /* one that is larger than a segment gets its own */
    int64_t limit = p->topic->log->options.segment_size;
    return s->size + header->size <= limit && record_batch_end_offset(header) - s->base_offset <= INT32_MAX;
}

/* What the sealed segment's files hold is an optimisation: they are rebuilt when absent. */
static void seal(struct partition *p, struct segment *s, int64_t end_offset)
{
    status_ignore(segment_seal(s, end_offset, NULL), "the index is rebuilt from the headers");
    status_ignore(partition_save_producers(p, NULL), "the state is rebuilt from the headers");
}

enum status partition_save_producers(struct partition *p, struct error *err)
{
    char path[LOG_PATH_SIZE];
    snprintf(path, sizeof path, "%s/producers", p->directory);
    int64_t end_offset = atomic_load(&p->append_end);
    if (p->producers.count == 0 && p->snapshot_end < 0)
        return STATUS_OK;
    if (p->snapshot_end == end_offset)
        return STATUS_OK;
    TRY(producer_table_save(&p->producers, p->os, path, end_offset, err));
    p->snapshot_end = end_offset;
    return STATUS_OK;
}

static enum status begin_segment(struct partition *p, int64_t base_offset, struct error *err)
{
    struct segment *s = segment_create(p->os, p->directory, base_offset);
    enum status st = segment_open(s, true, err);
    if (st == STATUS_OK)
        st = p->os->truncate(p->os, s->fd, 0, err); /* one that was taken back may have left bytes */
    if (st != STATUS_OK) {
        segment_unref(s);
        return st;
    }
    atomic_store(&s->entry_is_dirty, true);
    mutex_lock(&p->lock);
    partition_push_segment(p, s);
    mutex_unlock(&p->lock);
    return STATUS_OK;
}

static enum status make_room(struct partition *p, const struct record_batch_header *header, struct error *err)
{
    struct segment *s = active_segment(p);
    if (s != NULL && fits(p, s, header))
        return STATUS_OK;
    TRY(begin_segment(p, header->base_offset, err));
    if (s != NULL)
        seal(p, s, header->base_offset);
    return STATUS_OK;
}

/* ---- writing ---- */

/* Were such a file still there, or there again after a crash, recovery would take it for the continuation of the log. */
static enum status remove_stale(struct partition *p, struct error *err)
{
    for (size_t i = 0; i < p->stale_count; i++)
        TRY(segment_remove(p->stale[i], err));
    TRY(p->os->sync_directory(p->os, p->directory, err));
    while (p->stale_count > 0)
        segment_unref(p->stale[--p->stale_count]);
    return STATUS_OK;
}

enum status partition_prepare(struct partition *p, struct error *err)
{
    if (p->stale_count > 0)
        TRY(remove_stale(p, err));
    struct segment *s = active_segment(p);
    if (s == NULL || (s->is_indexed && s->fd >= 0))
        return STATUS_OK;
    mutex_lock(&p->lock);
    enum status st = segment_load_index(s, atomic_load(&p->append_end), err);
    if (st == STATUS_OK)
        st = segment_open(s, true, err);
    mutex_unlock(&p->lock);
    if (st == STATUS_OK && s->index.max_timestamp > p->last_append_time)
        p->last_append_time = s->index.max_timestamp;
    return st;
}

static void stamp(struct partition *p, uint8_t *batch, struct record_batch_header *header)
{
    int64_t now = clock_realtime_us() / 1000;
    if (now < p->last_append_time)
        now = p->last_append_time; /* the clock went back; the log's time does not */
    p->last_append_time = now;
    record_batch_stamp(batch, (size_t)header->size, now);
    header->max_timestamp = now;
    header->attributes |= RECORD_BATCH_LOG_APPEND_TIME;
}

void partition_assign(struct partition *p, uint8_t *batch, struct record_batch_header *header)
{
    header->base_offset = atomic_load(&p->append_end);
    record_batch_assign(batch, header->base_offset, 0);
    if (p->topic->options.log_append_time)
        stamp(p, batch, header);
}

enum status partition_write(struct partition *p, const uint8_t *batch, const struct record_batch_header *header,
                            struct segment **segment, int64_t *position, struct error *err)
{
    assert(header->base_offset == atomic_load(&p->append_end));
    enum status st = make_room(p, header, err);
    struct segment *s = active_segment(p);
    if (st == STATUS_OK)
        st = segment_append(s, batch, header, err);
    if (st != STATUS_OK) {
        error_prefix(err, "cannot append to partition %d of topic %s: ", (int)p->index, p->topic->name);
        return st;
    }
    mutex_lock(&p->lock);
    *segment = s;
    *position = s->size;
    segment_index_add(&s->index, s->base_offset, header, s->size);
    s->size += header->size;
    atomic_store(&p->append_end, record_batch_end_offset(header));
    mutex_unlock(&p->lock);
    atomic_fetch_add(&p->size, header->size);
    return STATUS_OK;
}

void partition_raise_visible_end(struct partition *p, int64_t end_offset)
{
    int64_t seen = atomic_load(&p->visible_end);
    while (seen < end_offset && !atomic_compare_exchange_weak(&p->visible_end, &seen, end_offset))
        ;
}

/* ---- taking back ---- */

struct partition_mark partition_get_mark(struct partition *p)
{
    struct segment *s = active_segment(p);
    struct partition_mark mark = {atomic_load(&p->append_end), atomic_load(&p->size), p->segment_count, {0, 0, -1, -1}};
    if (s != NULL)
        mark.last = segment_get_mark(s);
    return mark;
}

void partition_rewind(struct partition *p, const struct partition_mark *mark)
{
    assert(mark->segment_count <= p->segment_count && atomic_load(&p->visible_end) <= mark->append_end);
    mutex_lock(&p->lock);
    bool was_sealed = p->segment_count > mark->segment_count;
    while (p->segment_count > mark->segment_count) {
        p->stale = memory_realloc(p->stale, (p->stale_count + 1) * sizeof *p->stale);
        p->stale[p->stale_count++] = p->segments[--p->segment_count];
    }
    struct segment *last = active_segment(p);
    if (last != NULL) {
        segment_cut(last, mark->last);
        if (was_sealed)
            segment_remove_index(last);
    }
    atomic_store(&p->append_end, mark->append_end);
    atomic_store(&p->size, mark->size);
    mutex_unlock(&p->lock);
}

/* ---- what anyone may ask ---- */

int64_t partition_start(const struct partition *p)
{
    assert(p != NULL);
    return atomic_load(&p->start);
}

int64_t partition_visible_end(const struct partition *p)
{
    assert(p != NULL);
    return atomic_load(&p->visible_end);
}

int64_t partition_append_end(const struct partition *p)
{
    return atomic_load(&p->append_end);
}

struct topic *partition_topic(const struct partition *p)
{
    return p->topic;
}

int32_t partition_index(const struct partition *p)
{
    return p->index;
}

int64_t partition_size(const struct partition *p)
{
    assert(p != NULL);
    return atomic_load(&p->size);
}
