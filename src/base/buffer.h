/* buffer.h - bytes that grow, and the one writer of binary formats and of text.
 *
 * Zero-initialise it or use buffer_init; clear it when done. The bytes are on
 * the heap and move when it grows.
 */
#ifndef LEAT_BASE_BUFFER_H
#define LEAT_BASE_BUFFER_H

#include "base/bytes.h"
#include "base/status.h"

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

static inline void buffer_init(struct buffer *b)
{
    *b = (struct buffer){0};
}
void buffer_clear(struct buffer *b); /* frees; the buffer is empty and usable again */
static inline void buffer_reset(struct buffer *b)
{
    b->size = 0; /* keeps the memory */
}
static inline struct bytes buffer_bytes(const struct buffer *b)
{
    return (struct bytes){b->data, b->size};
}
void buffer_grow(struct buffer *b, size_t capacity); /* slow path of reserve */
/* Room for size more bytes; returns where they go. Follow with buffer_advance. */
static inline uint8_t *buffer_reserve(struct buffer *b, size_t size)
{
    if (b->capacity - b->size < size)
        buffer_grow(b, b->size + size);
    return b->data + b->size;
}
static inline void buffer_advance(struct buffer *b, size_t size)
{
    b->size += size;
}
static inline void buffer_put(struct buffer *b, const void *data, size_t size)
{
    uint8_t *to = buffer_reserve(b, size);
    if (size != 0)
        memcpy(to, data, size);
    b->size += size;
}
static inline void buffer_put_bytes(struct buffer *b, struct bytes bytes)
{
    buffer_put(b, bytes.data, bytes.size);
}
static inline void buffer_put_text(struct buffer *b, const char *text)
{
    buffer_put(b, text, strlen(text));
}
void buffer_printf(struct buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* A NUL behind the bytes (not counted) and the text. */
const char *buffer_text(struct buffer *b);

static inline void buffer_put_u8(struct buffer *b, uint8_t v)
{
    *buffer_reserve(b, 1) = v;
    b->size += 1;
}
/* Big-endian, the byte order of the wire formats and of the log. */
static inline void buffer_put_u16(struct buffer *b, uint16_t v)
{
    uint16_t be = __builtin_bswap16(v);
    buffer_put(b, &be, 2);
}
static inline void buffer_put_u32(struct buffer *b, uint32_t v)
{
    uint32_t be = __builtin_bswap32(v);
    buffer_put(b, &be, 4);
}
static inline void buffer_put_u64(struct buffer *b, uint64_t v)
{
    uint64_t be = __builtin_bswap64(v);
    buffer_put(b, &be, 8);
}
static inline void buffer_put_i8(struct buffer *b, int8_t v) { buffer_put_u8(b, (uint8_t)v); }
static inline void buffer_put_i16(struct buffer *b, int16_t v) { buffer_put_u16(b, (uint16_t)v); }
static inline void buffer_put_i32(struct buffer *b, int32_t v) { buffer_put_u32(b, (uint32_t)v); }
static inline void buffer_put_i64(struct buffer *b, int64_t v) { buffer_put_u64(b, (uint64_t)v); }
/* LEB128, and the same over zigzag for signed values (Protocol Buffers, Kafka). */
void buffer_put_uvarint(struct buffer *b, uint64_t v);
void buffer_put_varint(struct buffer *b, int64_t v);

#endif
