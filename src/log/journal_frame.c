/* journal_frame.c - writing and reading frames and entries. */
#include "log/journal_frame.h"

#include <assert.h>

#include "codec/crc32c.h"

static const uint32_t FRAME_MAGIC = 0x4c4a4631; /* LJF1 */
enum { CRC_POSITION = 4, CRC_BEGIN = 8 };

void journal_frame_begin(struct buffer *frame)
{
    buffer_reset(frame);
    memset(buffer_reserve(frame, JOURNAL_HEADER_SIZE), 0, JOURNAL_HEADER_SIZE);
    buffer_advance(frame, JOURNAL_HEADER_SIZE);
}

static void put_place(struct buffer *frame, enum journal_entry_type type, const struct journal_place *place)
{
    buffer_put_u8(frame, (uint8_t)type);
    buffer_put(frame, place->topic_id, TOPIC_ID_SIZE);
    buffer_put_u32(frame, place->partition);
    buffer_put_i64(frame, place->segment);
    buffer_put_i64(frame, place->position);
    buffer_put_u32(frame, place->size);
}

void journal_put_batch(struct buffer *frame, const struct journal_place *place, const uint8_t *batch)
{
    put_place(frame, JOURNAL_BATCH, place);
    buffer_put(frame, batch, place->size);
}

void journal_put_reference(struct buffer *frame, const struct journal_place *place, int64_t base_offset, int64_t end_offset,
                           uint32_t crc)
{
    put_place(frame, JOURNAL_REFERENCE, place);
    buffer_put_i64(frame, base_offset);
    buffer_put_i64(frame, end_offset);
    buffer_put_u32(frame, crc);
}

void journal_put_ends(struct buffer *frame, const uint8_t *topic_id, uint32_t end_count)
{
    buffer_put_u8(frame, JOURNAL_ENDS);
    buffer_put(frame, topic_id, TOPIC_ID_SIZE);
    buffer_put_u32(frame, end_count);
}

void journal_put_checkpoint(struct buffer *frame)
{
    buffer_put_u8(frame, JOURNAL_CHECKPOINT);
}

static void write_u32(uint8_t *to, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(to, &v, sizeof v);
}

static void write_u64(uint8_t *to, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(to, &v, sizeof v);
}

void journal_frame_finish(struct buffer *frame, uint64_t generation, uint64_t sequence)
{
    assert(frame->size >= JOURNAL_HEADER_SIZE && frame->size - JOURNAL_HEADER_SIZE <= UINT32_MAX);
    size_t size = frame->size;
    size_t padding = (size_t)journal_frame_disk_size(size - JOURNAL_HEADER_SIZE) - size;
    memset(buffer_reserve(frame, padding), 0, padding);
    buffer_advance(frame, padding);
    write_u32(frame->data, FRAME_MAGIC);
    write_u64(frame->data + 8, generation);
    write_u64(frame->data + 16, sequence);
    write_u32(frame->data + 24, (uint32_t)(size - JOURNAL_HEADER_SIZE));
    write_u32(frame->data + CRC_POSITION, crc32c(0, frame->data + CRC_BEGIN, size - CRC_BEGIN));
}

bool journal_frame_parse(struct bytes bytes, struct journal_frame *out)
{
    struct reader r;
    reader_init(&r, bytes);
    uint32_t magic = reader_u32(&r);
    reader_u32(&r);
    out->generation = reader_u64(&r);
    out->sequence = reader_u64(&r);
    out->size = reader_u32(&r);
    uint32_t reserved = reader_u32(&r);
    return !r.failed && magic == FRAME_MAGIC && reserved == 0;
}

bool journal_frame_is_whole(struct bytes bytes, const struct journal_frame *frame)
{
    if (bytes.size < JOURNAL_HEADER_SIZE || bytes.size - JOURNAL_HEADER_SIZE < frame->size)
        return false;
    struct reader r;
    reader_init(&r, bytes);
    reader_u32(&r);
    return reader_u32(&r) == crc32c(0, bytes.data + CRC_BEGIN, JOURNAL_HEADER_SIZE - CRC_BEGIN + (size_t)frame->size);
}

bool journal_entry_read(struct reader *r, struct journal_entry *out)
{
    *out = (struct journal_entry){0};
    if (reader_left(r) == 0)
        return false;
    out->type = (enum journal_entry_type)reader_u8(r);
    if (out->type == JOURNAL_CHECKPOINT)
        return true;
    out->place.topic_id = reader_bytes(r, TOPIC_ID_SIZE).data;
    if (out->type == JOURNAL_ENDS) {
        out->end_count = reader_u32(r);
        out->ends = reader_bytes(r, reader_count(r, out->end_count, 8) * 8);
        return !r->failed;
    }
    out->place.partition = reader_u32(r);
    out->place.segment = reader_i64(r);
    out->place.position = reader_i64(r);
    out->place.size = reader_u32(r);
    if (out->type == JOURNAL_BATCH) {
        out->batch = reader_bytes(r, out->place.size);
    } else if (out->type == JOURNAL_REFERENCE) {
        out->base_offset = reader_i64(r);
        out->end_offset = reader_i64(r);
        out->crc = reader_u32(r);
    } else {
        reader_fail(r);
    }
    return !r->failed;
}
