/* journal_frame.h - the bytes of the journal: frames of entries.
 *
 * A frame is what one commit writes: recovery takes all of it or nothing.
 *
 *     0  magic       u32
 *     4  crc         u32  CRC-32C of bytes 8..32+size
 *     8  generation  u64  rises by one each time a file is begun anew
 *    16  sequence    u64  rises by one per frame, over both files and all restarts
 *    24  size        u32  bytes of entries
 *    28  reserved    u32  0
 *    32  entries, then zeros up to a multiple of 512: a frame never shares a sector with
 *        one that was acknowledged, so a torn write cannot reach back
 *
 * Entries, by their first byte:
 *     1 batch      topic id 16, partition u32, segment i64, position i64, size u32, the batch
 *     2 reference  topic id 16, partition u32, segment i64, position i64, size u32, base offset i64, end offset i64, crc u32:
 *                  a large batch, already durable in its segment
 *     3 ends       topic id 16, partition count u32, committed end offset i64 of each partition
 *     4 checkpoint everything before this frame is durable in the segments
 */
#ifndef LEAT_LOG_JOURNAL_FRAME_H
#define LEAT_LOG_JOURNAL_FRAME_H

#include "base/buffer.h"
#include "base/reader.h"
#include "base/status.h"

enum { JOURNAL_SECTOR_SIZE = 512, JOURNAL_HEADER_SIZE = 32, TOPIC_ID_SIZE = 16 };

enum journal_entry_type {
    JOURNAL_BATCH = 1,
    JOURNAL_REFERENCE = 2,
    JOURNAL_ENDS = 3,
    JOURNAL_CHECKPOINT = 4
};

/* Where a batch lies. */
struct journal_place {
    const uint8_t *topic_id;
    uint32_t partition;
    int64_t segment;  /* base offset of its segment */
    int64_t position; /* in the segment file */
    uint32_t size;
};

struct journal_entry {
    enum journal_entry_type type;
    struct journal_place place;
    struct bytes batch;   /* BATCH */
    int64_t base_offset;  /* REFERENCE */
    int64_t end_offset;   /* REFERENCE */
    uint32_t crc;         /* REFERENCE */
    uint32_t end_count;   /* ENDS */
    struct bytes ends;    /* ENDS: end_count big-endian i64 */
};

struct journal_frame {
    uint64_t generation;
    uint64_t sequence;
    uint32_t size; /* of the entries */
};

/* Empties the buffer and leaves room for the header. */
void journal_frame_begin(struct buffer *frame);
static inline bool journal_frame_is_empty(const struct buffer *frame)
{
    return frame->size <= JOURNAL_HEADER_SIZE;
}
void journal_put_batch(struct buffer *frame, const struct journal_place *place, const uint8_t *batch);
void journal_put_reference(struct buffer *frame, const struct journal_place *place, int64_t base_offset, int64_t end_offset,
                           uint32_t crc);
/* Followed by end_count calls of buffer_put_i64. */
void journal_put_ends(struct buffer *frame, const uint8_t *topic_id, uint32_t end_count);
void journal_put_checkpoint(struct buffer *frame);
/* Pads and writes the header. */
void journal_frame_finish(struct buffer *frame, uint64_t generation, uint64_t sequence);
/* The bytes that a frame of this many entry bytes takes on disk. */
static inline int64_t journal_frame_disk_size(uint64_t size)
{
    uint64_t whole = JOURNAL_HEADER_SIZE + size;
    return (int64_t)((whole + JOURNAL_SECTOR_SIZE - 1) / JOURNAL_SECTOR_SIZE * JOURNAL_SECTOR_SIZE);
}

/* Reads a header; false if it cannot be one. */
bool journal_frame_parse(struct bytes bytes, struct journal_frame *out);
/* Whether header and entries match the CRC. bytes holds the frame from its header on. */
bool journal_frame_is_whole(struct bytes bytes, const struct journal_frame *frame);
/* Reads the next entry; false at the end or, with r->failed, at something malformed. */
bool journal_entry_read(struct reader *r, struct journal_entry *out);

#endif
