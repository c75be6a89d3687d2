/* segment_cursor.c - walks the headers of a segment's batches through a window of the file. */
#include <assert.h>

#include "log/segment.h"

/* Over large batches the walk leaps from header to header and leaves their bytes unread. */
enum { WINDOW_SIZE = INDEX_INTERVAL + RECORD_BATCH_HEADER_SIZE, LEAP_SIZE = 512 };

void segment_cursor_begin(struct segment_cursor *c, struct segment *s, int64_t position, int64_t end_position)
{
    *c = (struct segment_cursor){.segment = s, .position = position, .next_position = position,
                                 .end_position = end_position};
}

void segment_cursor_end(struct segment_cursor *c)
{
    buffer_clear(&c->window);
}

/* The bytes at position, at least size of them unless the file ends before. */
static enum status look(struct segment_cursor *c, int64_t position, size_t size, struct bytes *out, struct error *err)
{
    int64_t window_end = c->window_position + (int64_t)c->window.size;
    if (position < c->window_position || position + (int64_t)size > window_end) {
        int64_t left = c->end_position - position;
        size_t window = c->header.size > INDEX_INTERVAL / 4 ? LEAP_SIZE : WINDOW_SIZE;
        size_t wanted = left < (int64_t)window ? (size_t)left : window;
        if (wanted < size)
            wanted = size;
        buffer_reset(&c->window);
        size_t done = 0;
        TRY(c->segment->os->read(c->segment->os, c->segment->fd, buffer_reserve(&c->window, wanted), wanted, position, &done,
                                 err));
        buffer_advance(&c->window, done);
        c->window_position = position;
    }
    size_t skip = (size_t)(position - c->window_position);
    *out = (struct bytes){c->window.data + skip, c->window.size - skip};
    return STATUS_OK;
}

enum status segment_cursor_next(struct segment_cursor *c, bool *done, enum record_batch_defect *defect,
                                struct error *err)
{
    *defect = RECORD_BATCH_SOUND;
    c->position = c->next_position;
    *done = c->position >= c->end_position;
    if (*done)
        return STATUS_OK;
    struct bytes bytes;
    TRY(look(c, c->position, RECORD_BATCH_HEADER_SIZE, &bytes, err));
    *defect = record_batch_inspect(bytes, false, &c->header);
    if (*defect == RECORD_BATCH_SOUND && c->header.size > c->end_position - c->position)
        *defect = RECORD_BATCH_SHORT;
    *done = *defect != RECORD_BATCH_SOUND;
    if (!*done)
        c->next_position = c->position + c->header.size;
    return STATUS_OK;
}

enum status segment_cursor_read(struct segment_cursor *c, struct buffer *out, struct error *err)
{
    size_t size = (size_t)c->header.size, done = 0;
    uint8_t *to = buffer_reserve(out, size);
    TRY(c->segment->os->read(c->segment->os, c->segment->fd, to, size, c->position, &done, err));
    if (done < size)
        return error_set(err, STATUS_CORRUPT, "segment %s.log ends within the record batch at byte %lld", c->segment->path,
                         (long long)c->position);
    buffer_advance(out, size);
    return STATUS_OK;
}
