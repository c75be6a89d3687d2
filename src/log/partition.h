/* partition.h - one partition as the log's own files see it: its segments and its offsets.
 *
 * append_lock: one appender at a time; guards the producers, group and last_append_time. Held while a batch is written.
 * lock: the array of segments, their sizes and indexes, the holds. Held for moments.
 * Order: append_lock, lock. The journal's lock is taken under append_lock, never under lock.
 */
#ifndef LEAT_LOG_PARTITION_H
#define LEAT_LOG_PARTITION_H

#include "log/journal.h"
#include "log/log.h"
#include "log/producer_state.h"

struct hold {
    char *name;
    int64_t offset;
};

struct partition {
    struct topic *topic;
    int32_t index;
    const char *directory; /* borrowed: as long as the topic */
    struct os *os;

    struct mutex append_lock;
    struct producer_table producers;
    struct log_group *group; /* the open group that writes here */
    int64_t snapshot_end;     /* what the producers' file covers; -1: there is none */
    int64_t last_append_time; /* ms, under LogAppendTime */

    struct mutex lock;
    struct segment **segments; /* by base offset; the last is the active one */
    size_t segment_count, segment_capacity;
    struct segment **stale; /* taken back, one reference each: their files must go, durably, before anything is appended */
    size_t stale_count;
    struct hold *holds;
    size_t hold_count;

    _Atomic int64_t start;
    _Atomic int64_t visible_end;
    _Atomic int64_t append_end;
    _Atomic int64_t size;        /* bytes of all segments */
    _Atomic int64_t committed_end; /* written by the committer alone */
    int64_t journaled_end;       /* recovery: the end that the journal knows; -1 none */
};

void partition_init(struct partition *p, struct topic *topic, struct os *os, const char *directory, int32_t index);
void partition_clear(struct partition *p);

/* Lets go of the segments and of what appending needs: nobody reads a deleted topic any more. */
void partition_let_go(struct partition *p);
/* Adds a segment behind the others. Takes the reference. */
void partition_push_segment(struct partition *p, struct segment *s);

/* The offset behind the last of a segment. Lock held. */
static inline int64_t partition_segment_end(const struct partition *p, size_t at)
{
    return at + 1 < p->segment_count ? p->segments[at + 1]->base_offset : atomic_load(&p->append_end);
}
/* Loads what appending needs, once after a start, and removes what was taken back. Append lock held; before
 * partition_get_mark. */
CHECKED enum status partition_prepare(struct partition *p, struct error *err);

/* Writes the producers' file if there is something new to say. Append lock held. */
CHECKED enum status partition_save_producers(struct partition *p, struct error *err);

/* What can be taken back: everything appended since. Append lock held for both. */
struct partition_mark {
    int64_t append_end;
    int64_t size;
    size_t segment_count;
    struct segment_mark last;
};
struct partition_mark partition_get_mark(struct partition *p);
void partition_rewind(struct partition *p, const struct partition_mark *mark);

/* Writes a batch to the active segment, rolling when it is full, and moves append_end. header->base_offset is append_end.
 * *segment is the partition's. Append lock held. On failure nothing has moved. */
CHECKED enum status partition_write(struct partition *p, const uint8_t *batch, const struct record_batch_header *header,
                                    struct segment **segment, int64_t *position, struct error *err);
/* Gives the batch its offset, and its time if the topic says so. Append lock held. */
void partition_assign(struct partition *p, uint8_t *batch, struct record_batch_header *header);
/* Raises the visible end, never lowers it. */
void partition_raise_visible_end(struct partition *p, int64_t end_offset);

#endif
