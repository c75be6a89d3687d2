/* segment_index.c - the sparse index in memory and its two files. */
#include "log/segment_index.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/reader.h"
#include "codec/crc32c.h"

enum { PATH_SIZE = 4096 };
static const uint32_t INDEX_MAGIC = 0x4c494458; /* LIDX */

void segment_index_init(struct segment_index *index)
{
    *index = (struct segment_index){.max_timestamp = -1, .max_timestamp_offset = -1};
}

void segment_index_clear(struct segment_index *index)
{
    free(index->entries);
    segment_index_init(index);
}

static void push(struct segment_index *index, struct index_entry entry)
{
    if (index->count == index->capacity) {
        index->capacity = index->capacity == 0 ? 16 : index->capacity * 2;
        index->entries = memory_realloc(index->entries, index->capacity * sizeof *index->entries);
    }
    index->entries[index->count++] = entry;
}

void segment_index_add(struct segment_index *index, int64_t base_offset, const struct record_batch_header *batch,
                       int64_t position)
{
    assert(batch->base_offset >= base_offset && batch->base_offset - base_offset <= UINT32_MAX);
    assert(position >= 0 && position <= UINT32_MAX);
    int64_t last = index->count == 0 ? 0 : index->entries[index->count - 1].position;
    if (position - last >= INDEX_INTERVAL)
        push(index, (struct index_entry){(uint32_t)(batch->base_offset - base_offset), (uint32_t)position,
                                         index->max_timestamp});
    if (batch->max_timestamp > index->max_timestamp) {
        index->max_timestamp = batch->max_timestamp;
        index->max_timestamp_offset = batch->base_offset;
    }
}

/* How many entries from the start satisfy all three limits, each of which rises with the entries. */
static size_t count_within(const struct segment_index *index, int64_t relative_offset, int64_t position,
                           int64_t timestamp)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct index_entry *e = &index->entries[middle];
        bool within = e->relative_offset <= relative_offset && e->position <= position &&
                      e->max_timestamp_before < timestamp;
        if (within)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t position_of(const struct segment_index *index, size_t count)
{
    return count == 0 ? 0 : index->entries[count - 1].position;
}

int64_t segment_index_find(const struct segment_index *index, int64_t relative_offset)
{
    return segment_index_find_limit(index, relative_offset, INT64_MAX);
}

int64_t segment_index_find_limit(const struct segment_index *index, int64_t relative_offset, int64_t limit)
{
    /* No timestamp limit: INT64_MAX itself may occur in a batch, so the search must not compare with it. */
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct index_entry *e = &index->entries[middle];
        if (e->relative_offset <= relative_offset && e->position <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    return position_of(index, low);
}

int64_t segment_index_find_time(const struct segment_index *index, int64_t timestamp)
{
    return position_of(index, count_within(index, INT64_MAX, INT64_MAX, timestamp));
}

static enum status write_file(struct os *os, const char *path, struct bytes bytes, struct error *err)
{
    int fd;
    TRY(os->open(os, path, FILE_WRITE, &fd, err));
    enum status st = os->truncate(os, fd, (int64_t)bytes.size, err);
    if (st == STATUS_OK)
        st = os->write(os, fd, bytes.data, bytes.size, 0, err);
    os->close(os, fd);
    return st;
}

/* name.index or name.timeindex from the segment's path without its suffix. */
static void index_path(char out[PATH_SIZE], const char *path, const char *suffix)
{
    int size = snprintf(out, PATH_SIZE, "%s%s", path, suffix);
    assert(size > 0 && size < PATH_SIZE);
}

enum status segment_index_write(const struct segment_index *index, struct os *os, const char *path, int64_t end_offset,
                                int64_t size, struct error *err)
{
    struct buffer places = {0}, times = {0};
    buffer_put_u32(&places, INDEX_MAGIC);
    buffer_put_u32(&places, 0); /* crc, below */
    buffer_put_i64(&places, end_offset);
    buffer_put_i64(&places, size);
    buffer_put_i64(&places, index->max_timestamp);
    buffer_put_i64(&places, index->max_timestamp_offset);
    buffer_put_u32(&places, (uint32_t)index->count);
    for (size_t i = 0; i < index->count; i++) {
        buffer_put_u32(&places, index->entries[i].relative_offset);
        buffer_put_u32(&places, index->entries[i].position);
        buffer_put_i64(&times, index->entries[i].max_timestamp_before);
    }
    uint32_t crc = crc32c(0, places.data + 8, places.size - 8);
    crc = crc32c(crc, times.data, times.size);
    crc = __builtin_bswap32(crc);
    memcpy(places.data + 4, &crc, 4);
    char name[PATH_SIZE];
    index_path(name, path, ".timeindex");
    enum status st = write_file(os, name, buffer_bytes(&times), err);
    index_path(name, path, ".index");
    if (st == STATUS_OK)
        st = write_file(os, name, buffer_bytes(&places), err);
    buffer_clear(&places);
    buffer_clear(&times);
    return st;
}

static bool decode(struct segment_index *index, struct bytes places, struct bytes times, int64_t file_size,
                   int64_t *end_offset, int64_t *size)
{
    struct reader r, t;
    reader_init(&r, places);
    reader_init(&t, times);
    uint32_t magic = reader_u32(&r), crc = reader_u32(&r);
    *end_offset = reader_i64(&r);
    *size = reader_i64(&r);
    index->max_timestamp = reader_i64(&r);
    index->max_timestamp_offset = reader_i64(&r);
    size_t count = reader_count(&r, reader_u32(&r), 8);
    if (r.failed || magic != INDEX_MAGIC || reader_left(&r) != count * 8 || times.size != count * 8 ||
        *size > file_size || crc32c(crc32c(0, places.data + 8, places.size - 8), times.data, times.size) != crc)
        return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t relative_offset = reader_u32(&r), position = reader_u32(&r);
        push(index, (struct index_entry){relative_offset, position, reader_i64(&t)});
    }
    return true;
}

/* An absent file is empty bytes. */
static enum status read_if_there(struct os *os, const char *path, struct arena *arena, struct bytes *out,
                                 struct error *err)
{
    *out = (struct bytes){NULL, 0};
    struct error absent = {0};
    struct file_info info;
    enum status st = os->info(os, path, &info, &absent);
    if (st == STATUS_UNDEFINED_FILE)
        return STATUS_OK;
    if (st != STATUS_OK) {
        if (err != NULL)
            *err = absent;
        return st;
    }
    return os_read_file(os, path, 64 * 1024 * 1024, arena, out, err);
}

enum status segment_index_read(struct segment_index *index, struct os *os, const char *path, int64_t file_size,
                               int64_t *end_offset, int64_t *size, bool *valid, struct error *err)
{
    *valid = false;
    segment_index_clear(index);
    struct arena *arena = arena_create();
    char name[PATH_SIZE];
    struct bytes places, times = {NULL, 0};
    index_path(name, path, ".index");
    enum status st = read_if_there(os, name, arena, &places, err);
    index_path(name, path, ".timeindex");
    if (st == STATUS_OK && places.size > 0)
        st = read_if_there(os, name, arena, &times, err);
    if (st == STATUS_OK && places.size > 0)
        *valid = decode(index, places, times, file_size, end_offset, size);
    if (!*valid)
        segment_index_clear(index);
    arena_destroy(arena);
    return st;
}
