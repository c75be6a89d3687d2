/* record_iterator.c - walks the records inside one batch.
 *
 * The header is trusted no more than the records: every length is checked
 * against the bytes that are there, and the offsets must rise within the range
 * that the header claims.
 */
#include "base/reader.h"
#include "log/record_batch.h"

static enum status plain_records(const struct record_batch_header *h, struct bytes packed, struct buffer *scratch,
                                 struct bytes *out, struct error *err)
{
    static const enum compression CODECS[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_SNAPPY_XERIAL,
                                              COMPRESSION_LZ4_FRAME, COMPRESSION_ZSTD};
    size_t codec = (size_t)(h->attributes & RECORD_BATCH_CODEC);
    if (codec >= sizeof CODECS / sizeof *CODECS)
        return error_set(err, STATUS_CORRUPT, "unknown compression codec %zu in the record batch at offset %lld", codec,
                         (long long)h->base_offset);
    *out = packed;
    if (codec == 0)
        return STATUS_OK;
    buffer_reset(scratch);
    enum status st = decompress(CODECS[codec], packed, RECORD_BATCH_PLAIN_LIMIT, scratch, err);
    if (st != STATUS_OK) {
        error_prefix(err, "cannot decompress the record batch at offset %lld: ", (long long)h->base_offset);
        return st;
    }
    *out = buffer_bytes(scratch);
    return STATUS_OK;
}

enum status record_iterator_open(struct record_iterator *it, struct bytes batch, struct buffer *scratch,
                                 struct error *err)
{
    *it = (struct record_iterator){0};
    TRY(record_batch_parse(batch, false, &it->header, err));
    struct bytes packed = {batch.data + RECORD_BATCH_HEADER_SIZE, (size_t)it->header.size - RECORD_BATCH_HEADER_SIZE};
    return plain_records(&it->header, packed, scratch, &it->records, err);
}

/* Nearly all varints of a record are one byte; a call for each would cost more than the rest of the walk. */
static inline int64_t read_varint(struct reader *r)
{
    if (r->failed || r->position == r->size || r->data[r->position] >= 0x80)
        return reader_varint(r);
    uint8_t v = r->data[r->position++];
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* size bytes that are there; less than none is a lie. */
static inline struct bytes read_sized(struct reader *r, int64_t size)
{
    if (size < 0)
        reader_fail(r);
    return reader_bytes(r, (size_t)size);
}

/* A length of -1 is null, less is a lie. */
static inline struct bytes read_field(struct reader *r)
{
    int64_t size = read_varint(r);
    if (size == -1 || r->failed)
        return (struct bytes){NULL, 0};
    return read_sized(r, size);
}

static bool headers_are_sound(struct bytes headers)
{
    struct reader r;
    if (headers.size == 1 && headers.data[0] == 0)
        return true; /* none */
    reader_init(&r, headers);
    size_t count = reader_count(&r, reader_varint(&r), 2);
    for (size_t i = 0; i < count && !r.failed; i++) {
        if (read_field(&r).data == NULL)
            return false; /* a header's key may not be null */
        read_field(&r);
    }
    return !r.failed && reader_left(&r) == 0;
}

static bool read_record(struct record_iterator *it, struct reader *r, struct record *out)
{
    reader_i8(r); /* attributes: none are defined */
    int64_t timestamp_delta = read_varint(r);
    int64_t offset_delta = read_varint(r);
    out->key = read_field(r);
    out->value = read_field(r);
    out->headers = reader_bytes(r, reader_left(r));
    if (r->failed || offset_delta < it->next_index || offset_delta > it->header.last_offset_delta)
        return false;
    /* Records of a batch that was not compacted count up by one; the rest rise. */
    it->next_index = (int32_t)offset_delta + 1;
    out->offset = it->header.base_offset + offset_delta;
    out->timestamp = (it->header.attributes & RECORD_BATCH_LOG_APPEND_TIME) != 0
                         ? it->header.max_timestamp
                         : (int64_t)((uint64_t)it->header.base_timestamp + (uint64_t)timestamp_delta);
    return headers_are_sound(out->headers);
}

enum status record_iterator_next(struct record_iterator *it, struct record *out, bool *done, struct error *err)
{
    *done = it->taken_count == it->header.record_count;
    if (*done) {
        if (it->position == it->records.size)
            return STATUS_OK;
        return error_set(err, STATUS_CORRUPT, "record batch at offset %lld: %zu bytes follow its last record",
                         (long long)it->header.base_offset, it->records.size - it->position);
    }
    struct reader r;
    reader_init(&r, (struct bytes){it->records.data + it->position, it->records.size - it->position});
    struct bytes body = read_sized(&r, read_varint(&r));
    struct reader inner;
    reader_init(&inner, body);
    if (r.failed || !read_record(it, &inner, out))
        return error_set(err, STATUS_CORRUPT, "malformed record %d in the record batch at offset %lld",
                         (int)it->taken_count, (long long)it->header.base_offset);
    it->position += r.position;
    it->taken_count++;
    return STATUS_OK;
}
