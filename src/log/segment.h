/* segment.h - one append-only file of record batches.
 *
 * Holds the batches from base_offset on, without a hole in the file. Bytes below size are
 * never changed while they are referenced by a reader, except that the tail which nobody
 * has been shown may be taken back (segment_cut).
 *
 * A segment is shared by counting: its partition, readers (file_range) and the
 * journal, which syncs it behind, each hold a reference. The index and size are
 * guarded by the partition's lock; the file itself needs none.
 */
#ifndef LEAT_LOG_SEGMENT_H
#define LEAT_LOG_SEGMENT_H

#include <stdatomic.h>

#include "log/segment_index.h"

struct segment {
    struct os *os;
    char *path;                /* without the suffix */
    const char *directory;     /* of the partition, which outlives it */
    int fd;                    /* -1 until segment_open */
    int64_t base_offset;
    int64_t size;              /* bytes of whole batches */
    struct segment_index index;
    bool is_indexed;           /* the index covers all of size */
    bool has_torn_bytes;       /* a failed write may have left bytes beyond size */
    _Atomic int32_t reference_count;
    _Atomic bool is_removed;   /* the file is gone from its directory; errors of syncing it do not matter */
    bool is_dirty;             /* guarded by the journal's lock */
    _Atomic bool entry_is_dirty; /* the directory entry was not synced yet */
};

/* Describes the segment without touching the disk; one reference. */
struct segment *segment_create(struct os *os, const char *directory, int64_t base_offset);
struct segment *segment_ref(struct segment *s);
void segment_unref(struct segment *s); /* accepts NULL; closes the file with the last reference */
/* Opens the file, once; creates it empty if create. */
CHECKED enum status segment_open(struct segment *s, bool create, struct error *err);
/* Writes a batch behind the last one and takes it into the index. On failure nothing has changed. */
CHECKED enum status segment_append(struct segment *s, const uint8_t *batch, const struct record_batch_header *header,
                                   struct error *err);
/* Makes what is written durable, with the file's name. */
CHECKED enum status segment_sync(struct segment *s, struct error *err);
/* Writes the index files of a segment that will not grow. */
CHECKED enum status segment_seal(struct segment *s, int64_t end_offset, struct error *err);
/* Loads the index from its files or rebuilds it from the headers. end_offset is where the segment must end: an index that says
 * otherwise is stale, and a file that ends before is STATUS_CORRUPT. */
CHECKED enum status segment_load_index(struct segment *s, int64_t end_offset, struct error *err);
/* Removes the data and index files. Readers that hold the segment go on. */
CHECKED enum status segment_remove(struct segment *s, struct error *err);
void segment_remove_index(struct segment *s);
/* Forgets the batches at or beyond size, whose first offset is end_offset. Rebuilds nothing: saved is the index's state at
 * that point. */
struct segment_mark {
    int64_t size;
    size_t index_count;
    int64_t max_timestamp;
    int64_t max_timestamp_offset;
};
struct segment_mark segment_get_mark(const struct segment *s);
void segment_cut(struct segment *s, struct segment_mark mark);

/* Walks the batch headers from a position. Holds a window of the file. */
struct segment_cursor {
    struct segment *segment;
    int64_t position;     /* of the current batch */
    int64_t next_position;
    int64_t end_position; /* the walk ends there */
    int64_t window_position;
    struct buffer window;
    struct record_batch_header header;
};
void segment_cursor_begin(struct segment_cursor *c, struct segment *s, int64_t position, int64_t end_position);
void segment_cursor_end(struct segment_cursor *c);
/* Moves to the next batch. *defect other than SOUND: there is no whole batch at c->position; *done then too. */
CHECKED enum status segment_cursor_next(struct segment_cursor *c, bool *done, enum record_batch_defect *defect,
                                        struct error *err);
/* The current batch's bytes, appended to out. STATUS_CORRUPT if the file ends within it. */
CHECKED enum status segment_cursor_read(struct segment_cursor *c, struct buffer *out, struct error *err);

#endif
