/* recovery_settle.c - finds each partition's end and cuts what was never acknowledged.
 *
 * With fsync = always nothing stays beyond the end that the journal knows: such bytes were
 * written before their commit, perhaps by an epoch that never came to its end. Topics
 * that promise less, and are not written by groups, keep what is whole beyond it.
 */
#include <assert.h>
#include <stdio.h>

#include "log/internal.h"

/* Beyond this many bytes before the end of the last segment CRCs are not computed again: these bytes were synced long ago. */
static const int64_t CHECKED_TAIL_SIZE = 16 * 1024 * 1024;

struct settling {
    const struct recovery *recovery;
    struct partition *p;
    int64_t known_end; /* from the journal; -1: it does not know the partition */
    bool keeps_tail;   /* whole batches beyond known_end stay */
    int64_t end;       /* found so far */
    struct buffer batch;
};

static enum status lost(const struct settling *s, const struct segment *segment, int64_t position, const char *reason,
                        struct error *err)
{
    return error_set(err, STATUS_CORRUPT, "segment %s.log, byte %lld: acknowledged records from offset %lld to %lld are lost: %s",
                     segment->path, (long long)position, (long long)s->end, (long long)s->known_end, reason);
}

/* ---- one segment ---- */

/* Whether the batch under the cursor belongs to the log. */
static enum status judge(struct settling *s, struct segment_cursor *c, bool *belongs, const char **reason,
                         struct error *err)
{
    *belongs = false;
    if (!s->keeps_tail && s->end >= s->known_end)
        return STATUS_OK;
    if (c->header.base_offset != s->end) {
        *reason = "another offset was expected";
        return STATUS_OK;
    }
    if (c->position >= c->end_position - CHECKED_TAIL_SIZE) {
        buffer_reset(&s->batch);
        TRY(segment_cursor_read(c, &s->batch, err));
        struct record_batch_header header;
        enum record_batch_defect defect = record_batch_inspect(buffer_bytes(&s->batch), true, &header);
        *reason = record_batch_defect_text(defect);
        *belongs = defect == RECORD_BATCH_SOUND;
        return STATUS_OK;
    }
    *belongs = true;
    return STATUS_OK;
}

/* Walks a segment, indexing it, up to the last batch that belongs. *size is what it keeps. */
static enum status walk_segment(struct settling *s, struct segment *segment, int64_t *size, const char **reason,
                                struct error *err)
{
    segment_index_clear(&segment->index);
    struct segment_cursor c;
    segment_cursor_begin(&c, segment, 0, segment->size);
    enum status st;
    *reason = "the file ends";
    for (;;) {
        bool done, belongs = false;
        enum record_batch_defect defect;
        st = segment_cursor_next(&c, &done, &defect, err);
        *size = c.position;
        if (st == STATUS_OK && done && defect != RECORD_BATCH_SOUND)
            *reason = record_batch_defect_text(defect);
        if (st == STATUS_OK && !done)
            st = judge(s, &c, &belongs, reason, err);
        if (st != STATUS_OK || !belongs)
            break;
        segment_index_add(&segment->index, segment->base_offset, &c.header, c.position);
        s->end = record_batch_end_offset(&c.header);
    }
    segment_cursor_end(&c);
    return st;
}

static enum status cut(struct settling *s, struct segment *segment, int64_t size, struct error *err)
{
    struct os *os = segment->os;
    if (size < segment->size) {
        recovery_report(s->recovery, "segment %s.log: %lld bytes behind offset %lld were never acknowledged and are cut",
                        segment->path, (long long)(segment->size - size), (long long)s->end);
        TRY(os->truncate(os, segment->fd, size, err));
        segment->is_dirty = true;
    }
    if (s->end > s->known_end)
        segment->is_dirty = true; /* kept without the journal's word: from here on it is promised */
    segment->size = size;
    segment->is_indexed = true;
    return STATUS_OK;
}

static enum status settle_segment(struct settling *s, struct segment *segment, struct error *err)
{
    int64_t size = 0;
    const char *reason = "";
    TRY(segment_open(segment, true, err));
    atomic_store(&segment->entry_is_dirty, true); /* seen in the directory, but after a kill perhaps not on the disk */
    s->end = segment->base_offset;
    TRY(walk_segment(s, segment, &size, &reason, err));
    if (s->end < s->known_end && (s->p->segments[s->p->segment_count - 1] == segment))
        return lost(s, segment, size, reason, err);
    if (s->known_end >= 0 && s->end > s->known_end && !s->keeps_tail)
        return error_set(err, STATUS_CORRUPT, "segment %s.log: the journal's end, offset %lld, lies within a record batch",
                         segment->path, (long long)s->known_end);
    return cut(s, segment, size, err);
}

/* ---- the segments of a partition ---- */

static enum status drop_segments(struct settling *s, size_t keep, struct error *err)
{
    struct partition *p = s->p;
    if (p->segment_count == keep)
        return STATUS_OK;
    while (p->segment_count > keep) {
        struct segment *last = p->segments[p->segment_count - 1];
        recovery_report(s->recovery, "segment %s.log was never acknowledged and is removed", last->path);
        TRY(segment_remove(last, err));
        p->segment_count--;
        segment_unref(last);
    }
    return p->os->sync_directory(p->os, p->directory, err);
}

/* The segment in which the known end lies; those before it are whole. */
static size_t find_first_to_walk(const struct settling *s)
{
    const struct partition *p = s->p;
    size_t at = p->segment_count - 1;
    while (s->known_end >= 0 && at > 0 && p->segments[at]->base_offset >= s->known_end)
        at--;
    return at;
}

static enum status walk_tail(struct settling *s, struct error *err)
{
    struct partition *p = s->p;
    size_t at = find_first_to_walk(s);
    for (;;) {
        if (!s->keeps_tail)
            TRY(drop_segments(s, at + 1, err));
        TRY(settle_segment(s, p->segments[at], err));
        if (at + 1 == p->segment_count)
            return STATUS_OK;
        if (p->segments[at + 1]->base_offset != s->end) {
            if (s->end < s->known_end)
                return lost(s, p->segments[at], p->segments[at]->size, "the next segment begins later", err);
            return drop_segments(s, at + 1, err);
        }
        at++;
    }
}

static enum status settle_unclean(struct settling *s, struct error *err)
{
    struct partition *p = s->p;
    if (p->segment_count > 0)
        return walk_tail(s, err);
    s->end = 0;
    if (s->known_end > 0)
        return error_set(err, STATUS_CORRUPT, "partition %s has no segment: acknowledged records below offset %lld are lost",
                         p->directory, (long long)s->known_end);
    return STATUS_OK;
}

/* After an orderly close the journal's word is enough; indexes are loaded when first used. */
static enum status settle_clean(struct settling *s, struct error *err)
{
    struct partition *p = s->p;
    s->end = s->known_end;
    size_t keep = p->segment_count;
    while (keep > 1 && p->segments[keep - 1]->base_offset >= s->end)
        keep--;
    TRY(drop_segments(s, keep, err)); /* a group was taken back, and its file could not be removed */
    if (s->end > 0 && (p->segment_count == 0 || p->segments[p->segment_count - 1]->base_offset > s->end))
        return error_set(err, STATUS_CORRUPT, "partition %s lacks segments: acknowledged records below offset %lld are lost",
                         p->directory, (long long)s->end);
    if (p->segment_count > 0 && p->segments[p->segment_count - 1]->base_offset == s->end)
        atomic_store(&p->segments[p->segment_count - 1]->entry_is_dirty, true); /* empty: nobody has synced its name */
    return STATUS_OK;
}

/* ---- producers ---- */

static enum status walk_producers(struct partition *p, size_t at, int64_t from, int64_t end, struct error *err)
{
    for (; at < p->segment_count; at++) {
        struct segment_cursor c;
        TRY(segment_open(p->segments[at], true, err));
        segment_cursor_begin(&c, p->segments[at], 0, p->segments[at]->size);
        enum status st = STATUS_OK;
        bool done = false;
        while (st == STATUS_OK && !done) {
            enum record_batch_defect defect;
            st = segment_cursor_next(&c, &done, &defect, err);
            if (st == STATUS_OK && !done && c.header.base_offset >= from && c.header.base_offset < end)
                producer_table_record(&p->producers, &c.header);
        }
        segment_cursor_end(&c);
        TRY(st);
    }
    return STATUS_OK;
}

/* A partition without a snapshot had no producers when its last segment was begun (or was closed in order without any). A
 * snapshot that knows cut batches is of no use: then all is walked. */
static enum status settle_producers(struct settling *s, bool is_clean, struct error *err)
{
    struct partition *p = s->p;
    char path[LOG_PATH_SIZE];
    snprintf(path, sizeof path, "%s/producers", p->directory);
    TRY(producer_table_load(&p->producers, p->os, path, &p->snapshot_end, err));
    if (p->snapshot_end == s->end || p->segment_count == 0 || (is_clean && p->snapshot_end < 0))
        return STATUS_OK;
    size_t at = p->segment_count - 1;
    int64_t from = p->snapshot_end;
    if (from > s->end) {
        producer_table_clear(&p->producers);
        from = 0;
        at = 0;
    }
    while (at > 0 && from >= 0 && p->segments[at]->base_offset > from)
        at--;
    return walk_producers(p, at, from, s->end, err);
}

/* ---- */

static enum status sync_segments(struct partition *p, struct error *err)
{
    bool sync_names = false;
    for (size_t i = 0; i < p->segment_count; i++) {
        struct segment *segment = p->segments[i];
        if (!segment->is_dirty && !atomic_load(&segment->entry_is_dirty))
            continue;
        TRY(segment_open(segment, true, err));
        TRY(p->os->sync(p->os, segment->fd, err));
        sync_names = true;
        segment->is_dirty = false;
        atomic_store(&segment->entry_is_dirty, false);
    }
    return sync_names ? p->os->sync_directory(p->os, p->directory, err) : STATUS_OK;
}

static void adopt(struct settling *s)
{
    struct partition *p = s->p;
    int64_t size = 0;
    for (size_t i = 0; i < p->segment_count; i++)
        size += p->segments[i]->size;
    atomic_store(&p->size, size);
    atomic_store(&p->start, p->segment_count == 0 ? 0 : p->segments[0]->base_offset);
    atomic_store(&p->append_end, s->end);
    atomic_store(&p->visible_end, s->end);
    atomic_store(&p->committed_end, s->end);
    if (p->segment_count > 0)
        p->last_append_time = p->segments[p->segment_count - 1]->index.max_timestamp;
}

static enum status settle_partition(struct settling *s, bool is_clean, struct error *err)
{
    struct partition *p = s->p;
    is_clean = is_clean && s->known_end >= 0;
    TRY(is_clean ? settle_clean(s, err) : settle_unclean(s, err));
    TRY(sync_segments(p, err));
    adopt(s);
    return settle_producers(s, is_clean, err);
}

enum status recovery_settle(struct recovery *r, bool is_clean, struct error *err)
{
    struct log *log = r->log;
    enum status st = STATUS_OK;
    for (size_t i = 0; i < log->topic_count && st == STATUS_OK; i++) {
        struct topic *t = log->topics[i];
        for (int32_t at = 0; at < t->options.partition_count && st == STATUS_OK; at++) {
            struct settling s = {.recovery = r, .p = &t->partitions[at], .known_end = t->partitions[at].journaled_end};
            /* Topics that leat alone writes are written by groups, which are there whole or not at all. */
            bool has_groups = t->options.internal || t->options.single_writer;
            s.keeps_tail = s.known_end < 0 || (t->options.fsync != LOG_FSYNC_ALWAYS && !has_groups);
            st = settle_partition(&s, is_clean, err);
            buffer_clear(&s.batch);
        }
    }
    return st;
}
