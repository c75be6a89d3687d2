/* record_batch.h - the unit of the log: what a producer sent, kept as it came (Kafka record batch, format v2).
 *
 *     0  base_offset       i64  assigned by the log
 *     8  size              i32  bytes that follow
 *    12  leader_epoch      i32  assigned by the log
 *    16  magic             i8   2
 *    17  crc               u32  CRC-32C of bytes 21..end
 *    21  attributes        i16  0-2 codec, 3 timestamp type, 4 transactional, 5 control
 *    23  last_offset_delta i32
 *    27  base_timestamp    i64  ms
 *    35  max_timestamp     i64  ms
 *    43  producer_id       i64  -1 none
 *    51  producer_epoch    i16
 *    53  base_sequence     i32
 *    57  record_count      i32
 *    61  records, compressed as a whole
 *
 * crc covers neither of the fields that the log assigns, so assigning them needs no second pass over the bytes.
 */
#ifndef LEAT_LOG_RECORD_BATCH_H
#define LEAT_LOG_RECORD_BATCH_H

#include "base/buffer.h"
#include "codec/compression.h"

enum { RECORD_BATCH_HEADER_SIZE = 61 };
/* What a batch may hold once decompressed: more is a bomb. */
enum { RECORD_BATCH_PLAIN_LIMIT = 256 * 1024 * 1024 };

enum record_batch_attributes {
    RECORD_BATCH_CODEC = 0x07,
    RECORD_BATCH_LOG_APPEND_TIME = 0x08,
    RECORD_BATCH_TRANSACTIONAL = 0x10,
    RECORD_BATCH_CONTROL = 0x20,
    RECORD_BATCH_DELETE_HORIZON = 0x40
};

/* What is wrong with a batch, for those who answer differently to each. */
enum record_batch_defect {
    RECORD_BATCH_SOUND,
    RECORD_BATCH_SHORT,     /* the bytes end inside it */
    RECORD_BATCH_MALFORMED, /* lengths or counts lie */
    RECORD_BATCH_OLD_MAGIC,
    RECORD_BATCH_BAD_CRC
};

struct record_batch_header {
    int64_t base_offset;
    int32_t size; /* of the whole batch, all 12 + length bytes */
    int32_t leader_epoch;
    int16_t attributes;
    int32_t last_offset_delta;
    int64_t base_timestamp;
    int64_t max_timestamp;
    int64_t producer_id;
    int16_t producer_epoch;
    int32_t base_sequence;
    int32_t record_count;
};

/* A record inside a batch; everything points into the (decompressed) batch. A NULL data pointer is null. */
struct record {
    int64_t offset;
    int64_t timestamp; /* ms */
    struct bytes key;
    struct bytes value;
    struct bytes headers; /* undecoded: count, then key, value pairs */
};

/* Reads the header at the start of bytes into *out and says what is wrong with it; the CRC is checked only if check_crc. *out is
 * filled as far as there are bytes for a header. */
enum record_batch_defect record_batch_inspect(struct bytes bytes, bool check_crc, struct record_batch_header *out);
/* In words, static. */
const char *record_batch_defect_text(enum record_batch_defect defect);
/* Parses and checks the header of the batch at the start of bytes: lengths, magic, counts; the CRC too if check_crc.
 * STATUS_CORRUPT says what is wrong. */
CHECKED enum status record_batch_parse(struct bytes bytes, bool check_crc, struct record_batch_header *out,
                                       struct error *err);
/* Writes the fields that the log assigns into the batch in place. */
void record_batch_assign(uint8_t *batch, int64_t base_offset, int32_t leader_epoch);
/* Stamps the whole batch with the log's time (message.timestamp.type = LogAppendTime) and makes its CRC anew. */
void record_batch_stamp(uint8_t *batch, size_t size, int64_t timestamp_ms);
/* The CRC-32C that the batch carries. */
uint32_t record_batch_crc(const uint8_t *batch);
static inline int64_t record_batch_end_offset(const struct record_batch_header *h)
{
    return h->base_offset + h->last_offset_delta + 1;
}

/* Takes the first of the whole batches in *rest, which moves behind it; *end_offset is the offset behind its last record. */
CHECKED enum status record_batch_take(struct bytes *rest, struct bytes *batch, int64_t *end_offset, struct error *err);
/* The offset behind the last of whole batches; unchanged if there is none. */
CHECKED enum status record_batches_end(struct bytes batches, int64_t *end_offset, struct error *err);

/* Walks the records of one batch. Decompresses into scratch (kept by the caller, reused) when needed. */
struct record_iterator {
    struct record_batch_header header;
    struct bytes records; /* plain */
    size_t position;
    int32_t next_index;  /* the least offset delta that may follow */
    int32_t taken_count; /* records given out */
};
CHECKED enum status record_iterator_open(struct record_iterator *it, struct bytes batch, struct buffer *scratch,
                                         struct error *err);
/* *done at the end. STATUS_CORRUPT names the offset. */
CHECKED enum status record_iterator_next(struct record_iterator *it, struct record *out, bool *done, struct error *err);

/* Builds a batch. add may be called until finish. Reusable after finish. */
struct record_batch_builder {
    struct buffer records;
    int32_t record_count;
    int64_t base_timestamp;
    int64_t max_timestamp;
};
void record_batch_builder_clear(struct record_batch_builder *b);
/* key.data NULL: no key; value.data NULL: a tombstone. timestamp in ms. */
void record_batch_builder_add(struct record_batch_builder *b, int64_t timestamp, struct bytes key, struct bytes value);
/* Appends the finished batch (offset 0, no producer, crc set) to out, and starts anew. codec: NONE, GZIP,
 * SNAPPY_XERIAL, LZ4_FRAME or ZSTD. At least one record must have been added. */
CHECKED enum status record_batch_builder_finish(struct record_batch_builder *b, enum compression codec, struct buffer *out,
                                                struct error *err);

#endif
