/* partition_time.c - from times to offsets: what ListOffsets asks.
 *
 * Indexes give the largest timestamp of what lies before a place, so that a
 * segment, and most of the one that matters, is skipped; then headers, then records.
 */
#include "log/internal.h"

/* Something to look for among the batches below the visible end. */
struct search {
    int64_t visible_end;
    int64_t timestamp;
    int64_t found_offset;    /* -1: not yet */
    int64_t found_timestamp;
    struct buffer batch, scratch;
};

static enum status search_records(struct search *search, struct segment_cursor *c, struct error *err)
{
    buffer_reset(&search->batch);
    TRY(segment_cursor_read(c, &search->batch, err));
    struct record_iterator it;
    struct record record;
    bool done = false;
    TRY(record_iterator_open(&it, buffer_bytes(&search->batch), &search->scratch, err));
    for (;;) {
        TRY(record_iterator_next(&it, &record, &done, err));
        if (done || record.offset >= search->visible_end)
            return STATUS_OK;
        if (record.timestamp >= search->timestamp) {
            search->found_offset = record.offset;
            search->found_timestamp = record.timestamp;
            return STATUS_OK;
        }
    }
}

static enum status search_segment(struct search *search, struct segment *s, int64_t position, int64_t size,
                                  struct error *err)
{
    struct segment_cursor c;
    segment_cursor_begin(&c, s, position, size);
    enum status st = STATUS_OK;
    while (st == STATUS_OK && search->found_offset < 0) {
        bool done;
        enum record_batch_defect defect;
        st = segment_cursor_next(&c, &done, &defect, err);
        if (st != STATUS_OK || done || c.header.base_offset >= search->visible_end)
            break;
        if (c.header.max_timestamp >= search->timestamp)
            st = search_records(search, &c, err);
    }
    segment_cursor_end(&c);
    return st;
}

/* The next segment, from *at on, that may hold the time; NULL at the end. One reference. */
static enum status next_candidate(struct partition *p, int64_t timestamp, size_t *at, int64_t *from_base,
                                  struct segment **out, int64_t *position, int64_t *size, struct error *err)
{
    *out = NULL;
    for (; *at < p->segment_count; ++*at) {
        struct segment *s = p->segments[*at];
        if (s->base_offset < *from_base)
            continue; /* retention has moved the array: go on by offset */
        TRY(segment_load_index(s, partition_segment_end(p, *at), err));
        if (s->index.max_timestamp < timestamp)
            continue;
        TRY(segment_open(s, true, err));
        *position = segment_index_find_time(&s->index, timestamp);
        *size = s->size;
        *from_base = s->base_offset + 1;
        *out = segment_ref(s);
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status search_partition(struct partition *p, struct search *search, struct error *err)
{
    int64_t from_base = 0;
    while (search->found_offset < 0) {
        struct segment *s;
        int64_t position = 0, size = 0;
        size_t at = 0;
        mutex_lock(&p->lock);
        enum status st = next_candidate(p, search->timestamp, &at, &from_base, &s, &position, &size, err);
        mutex_unlock(&p->lock);
        if (st != STATUS_OK || s == NULL)
            return st;
        st = search_segment(search, s, position, size, err);
        segment_unref(s);
        TRY(st);
    }
    return STATUS_OK;
}

enum status partition_find_time(struct partition *p, int64_t timestamp, int64_t *offset, int64_t *record_timestamp,
                                struct error *err)
{
    struct search search = {.visible_end = partition_visible_end(p), .timestamp = timestamp, .found_offset = -1,
                            .found_timestamp = -1};
    enum status st = search_partition(p, &search, err);
    *offset = search.found_offset;
    *record_timestamp = search.found_timestamp;
    buffer_clear(&search.batch);
    buffer_clear(&search.scratch);
    return st;
}

/* What the index of a segment says of its largest timestamp. */
struct largest {
    struct segment *segment; /* one reference; NULL: no segment left */
    int64_t timestamp;
    int64_t offset;
    int64_t size;
};

/* The first segment whose base is at least from_base. */
static enum status take_largest(struct partition *p, int64_t from_base, struct largest *out, struct error *err)
{
    *out = (struct largest){0};
    size_t at = 0;
    while (at < p->segment_count && p->segments[at]->base_offset < from_base)
        at++;
    if (at == p->segment_count)
        return STATUS_OK;
    struct segment *s = p->segments[at];
    TRY(segment_load_index(s, partition_segment_end(p, at), err));
    TRY(segment_open(s, true, err));
    *out = (struct largest){segment_ref(s), s->index.max_timestamp, s->index.max_timestamp_offset, s->size};
    return STATUS_OK;
}

/* The largest among the visible batches: what the index says, unless that lies in a tail which is not visible yet. */
static enum status largest_visible(const struct largest *l, int64_t visible_end, int64_t *largest, struct error *err)
{
    if (l->offset < visible_end) {
        *largest = l->timestamp > *largest ? l->timestamp : *largest;
        return STATUS_OK;
    }
    struct segment_cursor c;
    segment_cursor_begin(&c, l->segment, 0, l->size);
    bool done = false;
    enum status st = STATUS_OK;
    while (st == STATUS_OK && !done) {
        enum record_batch_defect defect;
        st = segment_cursor_next(&c, &done, &defect, err);
        if (st != STATUS_OK || done || c.header.base_offset >= visible_end)
            break;
        *largest = c.header.max_timestamp > *largest ? c.header.max_timestamp : *largest;
    }
    segment_cursor_end(&c);
    return st;
}

enum status partition_find_max_time(struct partition *p, int64_t *offset, int64_t *record_timestamp, struct error *err)
{
    *offset = *record_timestamp = -1;
    int64_t visible_end = partition_visible_end(p), largest = -1, from_base = 0;
    for (;;) {
        struct largest l;
        mutex_lock(&p->lock);
        enum status st = take_largest(p, from_base, &l, err);
        mutex_unlock(&p->lock);
        if (st != STATUS_OK || l.segment == NULL)
            return st != STATUS_OK || largest < 0 ? st : partition_find_time(p, largest, offset, record_timestamp, err);
        from_base = l.segment->base_offset + 1;
        st = largest_visible(&l, visible_end, &largest, err);
        segment_unref(l.segment);
        TRY(st);
    }
}
