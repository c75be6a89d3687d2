/* segment_index.h - where the batches of a segment lie, sparsely.
 *
 * One entry for the first batch at or beyond every INDEX_INTERVAL bytes. An
 * entry also says the largest timestamp of all batches before it, so that one
 * array answers both "where is offset n" and "where may time t be".
 *
 * .index      header, then {u32 offset - base, u32 position} per entry
 * .timeindex  {i64 largest timestamp before the entry} per entry
 * The header holds what the index covers and a CRC over both files: an index that does
 * not fit its segment is rebuilt from the batches' headers, never believed.
 */
#ifndef LEAT_LOG_SEGMENT_INDEX_H
#define LEAT_LOG_SEGMENT_INDEX_H

#include "log/record_batch.h"
#include "os/os.h"

enum { INDEX_INTERVAL = 32 * 1024 };

struct index_entry {
    uint32_t relative_offset;
    uint32_t position;
    int64_t max_timestamp_before;
};

struct segment_index {
    struct index_entry *entries;
    size_t count;
    size_t capacity;
    int64_t max_timestamp;        /* of all batches covered; -1 if none */
    int64_t max_timestamp_offset; /* base offset of the first batch that has it */
};

void segment_index_init(struct segment_index *index);
void segment_index_clear(struct segment_index *index);
/* Takes the batch at position into account. Batches come in order. */
void segment_index_add(struct segment_index *index, int64_t base_offset, const struct record_batch_header *batch,
                       int64_t position);
/* The last entry at or before offset; position 0 if there is none. */
int64_t segment_index_find(const struct segment_index *index, int64_t relative_offset);
/* The last entry whose position is at most limit and whose offset is at most relative_offset. */
int64_t segment_index_find_limit(const struct segment_index *index, int64_t relative_offset, int64_t limit);
/* A position before which no batch has a timestamp of at least timestamp. */
int64_t segment_index_find_time(const struct segment_index *index, int64_t timestamp);

/* Writes path.index and path.timeindex; covers offsets up to end_offset, bytes up to size. Not synced. */
CHECKED enum status segment_index_write(const struct segment_index *index, struct os *os, const char *path,
                                        int64_t end_offset, int64_t size, struct error *err);
/* Reads them. *valid is false, and the index empty, when they are absent or do not fit a file of file_size bytes. */
CHECKED enum status segment_index_read(struct segment_index *index, struct os *os, const char *path, int64_t file_size,
                                       int64_t *end_offset, int64_t *size, bool *valid, struct error *err);

#endif
