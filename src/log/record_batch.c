/* record_batch.c - the header of a record batch: reading, checking, and the fields that the log assigns. */
#include "log/record_batch.h"

#include <assert.h>

#include "base/reader.h"
#include "codec/crc32c.h"

enum {
    SIZE_PREFIX = 12,         /* base_offset and size: the size field counts what follows them */
    LEADER_EPOCH_POSITION = 12,
    CRC_POSITION = 17,
    CRC_BEGIN = 21,           /* the CRC covers from here to the end */
    ATTRIBUTES_POSITION = 21,
    MAX_TIMESTAMP_POSITION = 35,
    SMALLEST_RECORD_SIZE = 7  /* length, attributes, two deltas, two lengths, header count */
};

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

uint32_t record_batch_crc(const uint8_t *batch)
{
    uint32_t v;
    memcpy(&v, batch + CRC_POSITION, sizeof v);
    return __builtin_bswap32(v);
}

/* The size field may not lie: checked before anything is added to it. */
static enum record_batch_defect check_header(const struct record_batch_header *h, int32_t size_field, int8_t magic)
{
    if (magic != 2)
        return RECORD_BATCH_OLD_MAGIC;
    if (size_field < RECORD_BATCH_HEADER_SIZE - SIZE_PREFIX || size_field > INT32_MAX - SIZE_PREFIX)
        return RECORD_BATCH_MALFORMED;
    /* A compacted batch has fewer records than offsets; none has more. */
    if (h->last_offset_delta < 0 || h->record_count < 0 || h->record_count - 1 > h->last_offset_delta)
        return RECORD_BATCH_MALFORMED;
    if (h->base_offset < 0 || h->base_offset > INT64_MAX - INT32_MAX - 1)
        return RECORD_BATCH_MALFORMED;
    int64_t records_size = size_field + SIZE_PREFIX - RECORD_BATCH_HEADER_SIZE;
    bool plain = (h->attributes & RECORD_BATCH_CODEC) == 0;
    if (plain && (int64_t)h->record_count * SMALLEST_RECORD_SIZE > records_size)
        return RECORD_BATCH_MALFORMED;
    return RECORD_BATCH_SOUND;
}

enum record_batch_defect record_batch_inspect(struct bytes bytes, bool check_crc, struct record_batch_header *out)
{
    *out = (struct record_batch_header){0};
    if (bytes.size < RECORD_BATCH_HEADER_SIZE)
        return RECORD_BATCH_SHORT;
    struct reader r;
    reader_init(&r, bytes);
    out->base_offset = reader_i64(&r);
    int32_t size_field = reader_i32(&r);
    out->leader_epoch = reader_i32(&r);
    int8_t magic = reader_i8(&r);
    uint32_t crc = reader_u32(&r);
    out->attributes = reader_i16(&r);
    out->last_offset_delta = reader_i32(&r);
    out->base_timestamp = reader_i64(&r);
    out->max_timestamp = reader_i64(&r);
    out->producer_id = reader_i64(&r);
    out->producer_epoch = reader_i16(&r);
    out->base_sequence = reader_i32(&r);
    out->record_count = reader_i32(&r);
    assert(!r.failed && r.position == RECORD_BATCH_HEADER_SIZE);
    enum record_batch_defect defect = check_header(out, size_field, magic);
    if (defect != RECORD_BATCH_SOUND)
        return defect;
    out->size = size_field + SIZE_PREFIX;
    if (!check_crc)
        return RECORD_BATCH_SOUND;
    if ((size_t)out->size > bytes.size)
        return RECORD_BATCH_SHORT;
    uint32_t actual = crc32c(0, bytes.data + CRC_BEGIN, (size_t)out->size - CRC_BEGIN);
    return actual == crc ? RECORD_BATCH_SOUND : RECORD_BATCH_BAD_CRC;
}

const char *record_batch_defect_text(enum record_batch_defect defect)
{
    switch (defect) {
    case RECORD_BATCH_SOUND: return "sound";
    case RECORD_BATCH_SHORT: return "ends early";
    case RECORD_BATCH_MALFORMED: return "its lengths or counts contradict each other";
    case RECORD_BATCH_OLD_MAGIC: return "its magic is not 2";
    case RECORD_BATCH_BAD_CRC: return "its CRC-32C does not match";
    }
    return "unknown";
}

enum status record_batch_parse(struct bytes bytes, bool check_crc, struct record_batch_header *out,
                               struct error *err)
{
    enum record_batch_defect defect = record_batch_inspect(bytes, check_crc, out);
    if (defect == RECORD_BATCH_SOUND && (size_t)out->size > bytes.size)
        defect = RECORD_BATCH_SHORT;
    if (defect == RECORD_BATCH_SOUND)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT, "malformed record batch at offset %lld: %s", (long long)out->base_offset,
                     record_batch_defect_text(defect));
}

enum status record_batch_take(struct bytes *rest, struct bytes *batch, int64_t *end_offset, struct error *err)
{
    struct record_batch_header header;
    TRY(record_batch_parse(*rest, false, &header, err));
    *batch = (struct bytes){rest->data, (size_t)header.size};
    *end_offset = record_batch_end_offset(&header);
    *rest = (struct bytes){rest->data + header.size, rest->size - (size_t)header.size};
    return STATUS_OK;
}

enum status record_batches_end(struct bytes batches, int64_t *end_offset, struct error *err)
{
    struct bytes batch;
    while (batches.size > 0)
        TRY(record_batch_take(&batches, &batch, end_offset, err));
    return STATUS_OK;
}

void record_batch_assign(uint8_t *batch, int64_t base_offset, int32_t leader_epoch)
{
    assert(base_offset >= 0);
    write_u64(batch, (uint64_t)base_offset);
    write_u32(batch + LEADER_EPOCH_POSITION, (uint32_t)leader_epoch);
}

void record_batch_stamp(uint8_t *batch, size_t size, int64_t timestamp_ms)
{
    assert(size >= RECORD_BATCH_HEADER_SIZE);
    batch[ATTRIBUTES_POSITION + 1] |= RECORD_BATCH_LOG_APPEND_TIME;
    write_u64(batch + MAX_TIMESTAMP_POSITION, (uint64_t)timestamp_ms);
    write_u32(batch + CRC_POSITION, crc32c(0, batch + CRC_BEGIN, size - CRC_BEGIN));
}
