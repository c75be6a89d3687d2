/* record_batch_builder.c - makes a batch out of records.
 *
 * Records are encoded as they are added, with deltas to the first record's
 * timestamp, so that finish only writes the header and compresses.
 */
#include <assert.h>
#include <stdlib.h>

#include "codec/crc32c.h"
#include "log/record_batch.h"

enum { CRC_POSITION = 17, CRC_BEGIN = 21, LARGEST_RECORD_PREFIX = 5 + 1 + 10 + 5 + 5 };

void record_batch_builder_clear(struct record_batch_builder *b)
{
    buffer_clear(&b->records);
    *b = (struct record_batch_builder){0};
}

static size_t varint_size(int64_t v)
{
    uint64_t zigzag = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    return zigzag == 0 ? 1 : (size_t)(63 - __builtin_clzll(zigzag)) / 7 + 1;
}

static size_t field_size(struct bytes field)
{
    return field.data == NULL ? 1 : varint_size((int64_t)field.size) + field.size;
}

static void put_field(struct buffer *to, struct bytes field)
{
    buffer_put_varint(to, field.data == NULL ? -1 : (int64_t)field.size);
    if (field.data != NULL)
        buffer_put_bytes(to, field);
}

void record_batch_builder_add(struct record_batch_builder *b, int64_t timestamp, struct bytes key, struct bytes value)
{
    assert(b->record_count < INT32_MAX);
    if (b->record_count == 0)
        b->base_timestamp = b->max_timestamp = timestamp;
    if (timestamp > b->max_timestamp)
        b->max_timestamp = timestamp;
    /* The difference of two extreme times wraps, and wraps back when it is added again. */
    int64_t delta = (int64_t)((uint64_t)timestamp - (uint64_t)b->base_timestamp);
    size_t size = 1 + varint_size(delta) + varint_size(b->record_count) + field_size(key) + field_size(value) + 1;
    buffer_reserve(&b->records, size + LARGEST_RECORD_PREFIX);
    buffer_put_varint(&b->records, (int64_t)size);
    buffer_put_u8(&b->records, 0); /* attributes: none are defined */
    buffer_put_varint(&b->records, delta);
    buffer_put_varint(&b->records, b->record_count);
    put_field(&b->records, key);
    put_field(&b->records, value);
    buffer_put_varint(&b->records, 0); /* headers */
    b->record_count++;
}

static int16_t codec_attribute(enum compression codec)
{
    switch (codec) {
    case COMPRESSION_NONE: return 0;
    case COMPRESSION_GZIP: return 1;
    case COMPRESSION_SNAPPY_XERIAL: return 2;
    case COMPRESSION_LZ4_FRAME: return 3;
    case COMPRESSION_ZSTD: return 4;
    default: break; /* the others have no number in Kafka */
    }
    abort();
}

static void put_header(struct record_batch_builder *b, enum compression codec, struct buffer *out)
{
    buffer_put_i64(out, 0);                      /* base_offset */
    buffer_put_i32(out, 0);                      /* size, below */
    buffer_put_i32(out, 0);                      /* leader_epoch */
    buffer_put_i8(out, 2);                       /* magic */
    buffer_put_u32(out, 0);                      /* crc, below */
    buffer_put_i16(out, codec_attribute(codec));
    buffer_put_i32(out, b->record_count - 1);    /* last_offset_delta */
    buffer_put_i64(out, b->base_timestamp);
    buffer_put_i64(out, b->max_timestamp);
    buffer_put_i64(out, -1);                     /* producer_id */
    buffer_put_i16(out, -1);                     /* producer_epoch */
    buffer_put_i32(out, -1);                     /* base_sequence */
    buffer_put_i32(out, b->record_count);
}

static void write_u32(uint8_t *to, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(to, &v, sizeof v);
}

enum status record_batch_builder_finish(struct record_batch_builder *b, enum compression codec, struct buffer *out,
                                        struct error *err)
{
    assert(b->record_count > 0);
    size_t begin = out->size;
    put_header(b, codec, out);
    enum status st = STATUS_OK;
    if (codec == COMPRESSION_NONE)
        buffer_put_bytes(out, buffer_bytes(&b->records));
    else
        st = compress(codec, buffer_bytes(&b->records), 0, out, err);
    size_t size = out->size - begin;
    if (st == STATUS_OK && size > INT32_MAX)
        st = error_set(err, STATUS_LIMIT_EXCEEDED, "a record batch of %zu bytes is too large", size);
    buffer_reset(&b->records);
    b->record_count = 0;
    if (st != STATUS_OK) {
        out->size = begin;
        return st;
    }
    uint8_t *batch = out->data + begin;
    write_u32(batch + 8, (uint32_t)(size - 12));
    write_u32(batch + CRC_POSITION, crc32c(0, batch + CRC_BEGIN, size - CRC_BEGIN));
    return STATUS_OK;
}
