/* partition_read.c - finding and copying runs of whole batches.
 *
 * Under the lock only the sparse index is asked; the headers between two of its
 * entries are walked outside, in bytes that no longer change.
 */
#include <assert.h>

#include "log/internal.h"

/* A run of whole batches in one segment. */
struct partition_run {
    struct segment *segment; /* one reference, the caller's; NULL: nothing there */
    int64_t position;
    int64_t size;
    int64_t next_offset;
};

/* What the index knows of a run, and the segment it lies in. */
struct hint {
    struct segment *segment; /* one reference */
    int64_t segment_size;
    int64_t segment_end;     /* offset */
    int64_t begin_position;  /* a batch at or before the one wanted */
    int64_t end_position;    /* a batch boundary that is within the limits, if beyond the beginning */
};

/* The segment that contains offset: the last one that begins at or before it. */
static size_t find_segment(const struct partition *p, int64_t offset)
{
    size_t low = 0, high = p->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p->segments[middle]->base_offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum status look_up(struct partition *p, int64_t offset, int64_t end_offset, size_t max_size, struct hint *out,
                           struct error *err)
{
    int64_t append_end = atomic_load(&p->append_end);
    if (offset < atomic_load(&p->start) || offset > append_end)
        return error_set(err, STATUS_INVALID_PARAMETER, "offset %lld of partition %d of topic %s is outside [%lld, %lld]",
                         (long long)offset, (int)p->index, p->topic->name, (long long)atomic_load(&p->start),
                         (long long)append_end);
    if (offset == append_end || offset >= end_offset)
        return STATUS_OK;
    if (p->segment_count == 0)
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic %s was deleted", p->topic->name);
    size_t at = find_segment(p, offset);
    struct segment *s = p->segments[at];
    out->segment_end = partition_segment_end(p, at);
    TRY(segment_load_index(s, out->segment_end, err));
    TRY(segment_open(s, true, err));
    out->segment = segment_ref(s);
    out->segment_size = s->size;
    out->begin_position = segment_index_find(&s->index, offset - s->base_offset);
    int64_t limit = max_size > INT64_MAX / 2 ? INT64_MAX : out->begin_position + (int64_t)max_size;
    out->end_position = segment_index_find_limit(&s->index, end_offset - s->base_offset, limit);
    return STATUS_OK;
}

/* STATUS_CORRUPT if the walk met something that is no batch. */
static enum status step(struct segment_cursor *c, bool *done, struct error *err)
{
    enum record_batch_defect defect;
    TRY(segment_cursor_next(c, done, &defect, err));
    if (defect == RECORD_BATCH_SOUND)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT, "segment %s.log, byte %lld: malformed record batch: %s", c->segment->path,
                     (long long)c->position, record_batch_defect_text(defect));
}

static enum status walk_to_end(struct segment_cursor *c, const struct hint *h, int64_t end_offset, size_t max_size,
                               struct partition_run *out, struct error *err)
{
    int64_t limit = max_size > INT64_MAX / 2 ? INT64_MAX : out->position + (int64_t)max_size;
    if (end_offset >= h->segment_end && h->segment_size <= limit) {
        out->size = h->segment_size - out->position;
        out->next_offset = h->segment_end;
        return STATUS_OK;
    }
    out->next_offset = record_batch_end_offset(&c->header);
    if (h->end_position > c->next_position)
        c->next_position = h->end_position;
    int64_t end = c->next_position;
    for (;;) {
        bool done;
        TRY(step(c, &done, err));
        if (done) {
            out->next_offset = h->segment_end;
            break;
        }
        out->next_offset = c->header.base_offset;
        if (c->header.base_offset >= end_offset || c->next_position > limit)
            break;
        end = c->next_position;
    }
    out->size = end - out->position;
    return STATUS_OK;
}

static enum status walk(const struct hint *h, int64_t offset, int64_t end_offset, size_t max_size,
                        struct partition_run *out, struct error *err)
{
    struct segment_cursor c;
    segment_cursor_begin(&c, h->segment, h->begin_position, h->segment_size);
    bool done = false;
    enum status st;
    while ((st = step(&c, &done, err)) == STATUS_OK && !done && record_batch_end_offset(&c.header) <= offset)
        ;
    out->next_offset = h->segment_end;
    if (st == STATUS_OK && !done && c.header.base_offset < end_offset) {
        out->position = c.position;
        st = walk_to_end(&c, h, end_offset, max_size, out, err);
    }
    segment_cursor_end(&c);
    return st;
}

static enum status partition_find_run(struct partition *p, int64_t offset, int64_t end_offset, size_t max_size,
                                      struct partition_run *out, struct error *err)
{
    *out = (struct partition_run){.next_offset = offset};
    struct hint hint = {0};
    mutex_lock(&p->lock);
    enum status st = look_up(p, offset, end_offset, max_size, &hint, err);
    mutex_unlock(&p->lock);
    if (st != STATUS_OK || hint.segment == NULL)
        return st;
    out->segment = hint.segment;
    st = walk(&hint, offset, end_offset, max_size, out, err);
    if (st != STATUS_OK) {
        segment_unref(out->segment);
        out->segment = NULL;
    }
    return st;
}

static enum status copy_run(const struct partition_run *run, struct buffer *out, struct error *err)
{
    struct segment *s = run->segment;
    size_t size = (size_t)run->size, done = 0;
    TRY(s->os->read(s->os, s->fd, buffer_reserve(out, size), size, run->position, &done, err));
    if (done < size)
        return error_set(err, STATUS_CORRUPT, "segment %s.log ends at byte %lld of %lld", s->path,
                         (long long)(run->position + (int64_t)done), (long long)(run->position + run->size));
    buffer_advance(out, size);
    return STATUS_OK;
}

enum status partition_read(struct partition *p, int64_t offset, int64_t end_offset, size_t max_size, struct buffer *out,
                           struct error *err)
{
    size_t begin = out->size;
    for (;;) {
        struct partition_run run;
        TRY(partition_find_run(p, offset, end_offset, max_size - (out->size - begin), &run, err));
        if (run.segment == NULL)
            return STATUS_OK;
        /* A run holds at least one batch; only the first may exceed the limit. */
        bool fits = out->size == begin || run.size <= (int64_t)(max_size - (out->size - begin));
        enum status st = fits ? copy_run(&run, out, err) : STATUS_OK;
        segment_unref(run.segment);
        if (st != STATUS_OK || !fits || out->size - begin >= max_size || run.next_offset <= offset)
            return st;
        offset = run.next_offset;
    }
}

enum status partition_find_range(struct partition *p, int64_t offset, int64_t end_offset, size_t max_size,
                                 struct file_range *out, struct error *err)
{
    struct partition_run run;
    *out = (struct file_range){.fd = -1};
    do {
        TRY(partition_find_run(p, offset, end_offset, max_size, &run, err));
        if (run.segment == NULL)
            return STATUS_OK;
        if (run.size > 0)
            break;
        segment_unref(run.segment); /* compaction has left nothing here: on to the next segment */
        if (run.next_offset <= offset)
            return STATUS_OK;
        offset = run.next_offset;
    } while (true);
    *out = (struct file_range){run.segment->fd, run.position, run.size, run.next_offset, run.segment};
    return STATUS_OK;
}

void partition_release_range(struct partition *p, struct file_range *range)
{
    (void)p;
    segment_unref(range->segment);
    *range = (struct file_range){.fd = -1};
}
