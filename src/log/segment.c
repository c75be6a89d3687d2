/* segment.c - the data file: opening, appending, syncing, removing. */
#include "log/segment.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { SUFFIX_ROOM = 16 };

struct segment *segment_create(struct os *os, const char *directory, int64_t base_offset)
{
    assert(base_offset >= 0);
    struct segment *s = memory_alloc_zero(1, sizeof *s);
    size_t size = strlen(directory) + 1 + 20 + 1;
    s->path = memory_alloc(size);
    snprintf(s->path, size, "%s/%020lld", directory, (long long)base_offset);
    s->os = os;
    s->directory = directory;
    s->fd = -1;
    s->base_offset = base_offset;
    s->is_indexed = true;
    atomic_init(&s->reference_count, 1);
    segment_index_init(&s->index);
    return s;
}

struct segment *segment_ref(struct segment *s)
{
    atomic_fetch_add_explicit(&s->reference_count, 1, memory_order_relaxed);
    return s;
}

void segment_unref(struct segment *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->reference_count, 1, memory_order_acq_rel) > 1)
        return;
    if (s->fd >= 0)
        s->os->close(s->os, s->fd);
    segment_index_clear(&s->index);
    free(s->path);
    free(s);
}

/* The path with a suffix, on the heap. */
static char *path_with(const struct segment *s, const char *suffix)
{
    size_t size = strlen(s->path) + SUFFIX_ROOM;
    char *path = memory_alloc(size);
    int written = snprintf(path, size, "%s%s", s->path, suffix);
    assert(written > 0 && (size_t)written < size);
    return path;
}

enum status segment_open(struct segment *s, bool create, struct error *err)
{
    if (s->fd >= 0)
        return STATUS_OK;
    char *path = path_with(s, ".log");
    int fd = -1;
    enum status st = s->os->open(s->os, path, create ? FILE_WRITE : FILE_READ, &fd, err);
    free(path);
    if (st != STATUS_OK)
        return st;
    s->fd = fd;
    return STATUS_OK;
}

enum status segment_append(struct segment *s, const uint8_t *batch, const struct record_batch_header *header,
                           struct error *err)
{
    assert(s->fd >= 0 && s->is_indexed);
    enum status st = s->os->write(s->os, s->fd, batch, (size_t)header->size, s->size, err);
    if (st != STATUS_OK) {
        s->has_torn_bytes = true;
        return st;
    }
    return STATUS_OK;
}

enum status segment_sync(struct segment *s, struct error *err)
{
    struct error local = {0};
    enum status st = s->os->sync(s->os, s->fd, &local);
    if (st == STATUS_OK && atomic_load(&s->entry_is_dirty)) {
        st = s->os->sync_directory(s->os, s->directory, &local);
        if (st == STATUS_OK)
            atomic_store(&s->entry_is_dirty, false);
    }
    if (st == STATUS_OK || atomic_load(&s->is_removed))
        return STATUS_OK;
    if (err != NULL)
        *err = local;
    return st;
}

enum status segment_seal(struct segment *s, int64_t end_offset, struct error *err)
{
    if (s->has_torn_bytes) {
        TRY(s->os->truncate(s->os, s->fd, s->size, err));
        s->has_torn_bytes = false;
    }
    return segment_index_write(&s->index, s->os, s->path, end_offset, s->size, err);
}

/* Walks the batches from a position, up to end_offset, adding them to the index if add. *end_position is set if they lead to
 * end_offset exactly, else it is -1. */
static enum status walk(struct segment *s, int64_t position, int64_t end_offset, bool add, int64_t *end_position,
                        struct error *err)
{
    struct segment_cursor c;
    segment_cursor_begin(&c, s, position, s->size);
    int64_t expected = position == 0 ? s->base_offset : -1; /* -1: the first batch says */
    bool done = false, leads = true;
    enum status st = STATUS_OK;
    while (st == STATUS_OK && leads && expected != end_offset) {
        enum record_batch_defect defect;
        st = segment_cursor_next(&c, &done, &defect, err);
        if (st != STATUS_OK)
            break;
        leads = !done && c.header.base_offset >= expected && c.header.base_offset < end_offset;
        if (leads && add)
            segment_index_add(&s->index, s->base_offset, &c.header, c.position);
        if (leads)
            expected = record_batch_end_offset(&c.header);
    }
    *end_position = leads ? c.next_position : -1;
    segment_cursor_end(&c);
    return st;
}

/* Whether the batches behind the index's last entry lead to where it says the segment ends. */
static enum status check_index(struct segment *s, int64_t end_offset, int64_t size, bool *valid, struct error *err)
{
    int64_t end_position = -1;
    int64_t last = segment_index_find(&s->index, INT64_MAX);
    TRY(walk(s, last, end_offset, false, &end_position, err));
    *valid = end_position == size;
    return STATUS_OK;
}

static enum status rebuild_index(struct segment *s, int64_t end_offset, struct error *err)
{
    segment_index_clear(&s->index);
    int64_t end_position = -1;
    TRY(walk(s, 0, end_offset, true, &end_position, err));
    if (end_position < 0)
        return error_set(err, STATUS_CORRUPT, "segment %s.log is damaged: its record batches do not lead to offset %lld",
                         s->path, (long long)end_offset);
    s->size = end_position; /* what a failed write left behind the last batch is nobody's */
    return STATUS_OK;
}

enum status segment_load_index(struct segment *s, int64_t end_offset, struct error *err)
{
    if (s->is_indexed)
        return STATUS_OK;
    TRY(segment_open(s, true, err));
    int64_t covered_end = 0, size = 0;
    bool valid = false;
    int64_t file_size = s->size;
    TRY(segment_index_read(&s->index, s->os, s->path, file_size, &covered_end, &size, &valid, err));
    if (valid && covered_end == end_offset)
        TRY(check_index(s, end_offset, size, &valid, err));
    else
        valid = false;
    if (valid)
        s->size = size;
    else
        TRY(rebuild_index(s, end_offset, err));
    s->has_torn_bytes = s->size < file_size;
    s->is_indexed = true;
    return STATUS_OK;
}

static enum status remove_file(struct segment *s, const char *suffix, struct error *err)
{
    char *path = path_with(s, suffix);
    struct error local = {0};
    enum status st = s->os->remove(s->os, path, &local);
    free(path);
    if (st == STATUS_OK || st == STATUS_UNDEFINED_FILE)
        return STATUS_OK;
    if (err != NULL)
        *err = local;
    return st;
}

void segment_remove_index(struct segment *s)
{
    status_ignore(remove_file(s, ".index", NULL), "an index that does not fit its segment is not believed");
    status_ignore(remove_file(s, ".timeindex", NULL), "as above");
}

enum status segment_remove(struct segment *s, struct error *err)
{
    atomic_store(&s->is_removed, true);
    segment_remove_index(s);
    return remove_file(s, ".log", err);
}

struct segment_mark segment_get_mark(const struct segment *s)
{
    return (struct segment_mark){s->size, s->index.count, s->index.max_timestamp, s->index.max_timestamp_offset};
}

void segment_cut(struct segment *s, struct segment_mark mark)
{
    assert(mark.size <= s->size && mark.index_count <= s->index.count);
    s->has_torn_bytes = s->has_torn_bytes || mark.size < s->size;
    s->size = mark.size;
    s->index.count = mark.index_count;
    s->index.max_timestamp = mark.max_timestamp;
    s->index.max_timestamp_offset = mark.max_timestamp_offset;
}
