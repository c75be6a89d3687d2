/* reader.h - the one reader of binary formats: fails once and stays failed.
 *
 * Every getter returns zero once the reader has failed, so a decoder reads like
 * the protocol's own table and asks once, at the end (reader_finish). Nothing
 * is copied: bytes point into the input. Big-endian unless the name says _le.
 */
#ifndef LEAT_BASE_READER_H
#define LEAT_BASE_READER_H

#include "base/bytes.h"
#include "base/status.h"

struct reader {
    const uint8_t *data;
    size_t size;
    size_t position;
    bool failed;
};

static inline void reader_init(struct reader *r, struct bytes bytes)
{
    *r = (struct reader){bytes.data, bytes.size, 0, false};
}
static inline size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : r->size - r->position;
}
static inline void reader_fail(struct reader *r)
{
    r->failed = true;
}
/* size bytes in place, or {NULL, 0} and failed. */
static inline struct bytes reader_bytes(struct reader *r, size_t size)
{
    if (r->failed || size > r->size - r->position) {
        r->failed = true;
        return (struct bytes){NULL, 0};
    }
    struct bytes bytes = {r->data + r->position, size};
    r->position += size;
    return bytes;
}
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
static inline int8_t reader_i8(struct reader *r) { return (int8_t)reader_u8(r); }
static inline int16_t reader_i16(struct reader *r) { return (int16_t)reader_u16(r); }
static inline int32_t reader_i32(struct reader *r) { return (int32_t)reader_u32(r); }
static inline int64_t reader_i64(struct reader *r) { return (int64_t)reader_u64(r); }
uint32_t reader_u32_le(struct reader *r);
uint64_t reader_u64_le(struct reader *r);
/* LEB128 of at most 10 bytes; more is a failure. varint is zigzag. */
uint64_t reader_uvarint(struct reader *r);
int64_t reader_varint(struct reader *r);
/* A count of things of at least item_size bytes each: more than the input can hold is a failure,
 * so that no allocation is sized by a lie. */
size_t reader_count(struct reader *r, int64_t count, size_t item_size);
/* STATUS_OK, or STATUS_PROTOCOL_VIOLATION naming what was read and where it ended. Bytes left over are allowed. */
CHECKED enum status reader_finish(const struct reader *r, struct error *err, const char *what);

#endif
