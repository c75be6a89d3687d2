/* wire.c - strings, arrays, tagged fields. */
#include "server/kafka/wire.h"

static const uint8_t EMPTY[1];

/* A compact length is the length and one, as an unsigned varint, 0 for null. */
static int64_t get_compact_length(struct request *q)
{
    uint64_t v = reader_uvarint(&q->in);
    if (v > UINT32_MAX)
        reader_fail(&q->in);
    return q->in.failed ? 0 : (int64_t)v - 1;
}

static struct bytes get_run(struct request *q, int64_t size)
{
    if (size == -1)
        return (struct bytes){NULL, 0};
    if (size < 0 || (uint64_t)size > reader_left(&q->in)) {
        reader_fail(&q->in);
        return (struct bytes){NULL, 0};
    }
    return size == 0 ? (struct bytes){EMPTY, 0} : reader_bytes(&q->in, (size_t)size);
}

struct bytes wire_get_nullable_text(struct request *q)
{
    int64_t size = q->is_flexible ? get_compact_length(q) : reader_i16(&q->in);
    return q->in.failed ? (struct bytes){NULL, 0} : get_run(q, size);
}

struct bytes wire_get_text(struct request *q)
{
    struct bytes text = wire_get_nullable_text(q);
    if (text.data == NULL)
        reader_fail(&q->in);
    return text;
}

struct bytes wire_get_nullable_bytes(struct request *q)
{
    int64_t size = q->is_flexible ? get_compact_length(q) : reader_i32(&q->in);
    return q->in.failed ? (struct bytes){NULL, 0} : get_run(q, size);
}

int64_t wire_get_nullable_count(struct request *q, size_t item_size)
{
    int64_t count = q->is_flexible ? get_compact_length(q) : reader_i32(&q->in);
    if (q->in.failed)
        return 0;
    return count == -1 ? -1 : (int64_t)reader_count(&q->in, count, item_size);
}

size_t wire_get_count(struct request *q, size_t item_size)
{
    int64_t count = wire_get_nullable_count(q, item_size);
    return count < 0 ? 0 : (size_t)count;
}

const uint8_t *wire_get_uuid(struct request *q)
{
    return reader_bytes(&q->in, 16).data;
}

bool wire_get_bool(struct request *q)
{
    return reader_u8(&q->in) != 0;
}

void wire_get_tags(struct request *q)
{
    if (!q->is_flexible)
        return;
    size_t count = reader_count(&q->in, (int64_t)(reader_uvarint(&q->in) & INT64_MAX), 2);
    for (size_t i = 0; i < count && !q->in.failed; i++) {
        reader_uvarint(&q->in);
        uint64_t size = reader_uvarint(&q->in);
        if (size > reader_left(&q->in))
            reader_fail(&q->in);
        else
            reader_bytes(&q->in, (size_t)size);
    }
}

void wire_put_text(struct request *q, struct bytes text)
{
    if (q->is_flexible)
        buffer_put_uvarint(q->out, text.size + 1);
    else
        buffer_put_u16(q->out, (uint16_t)text.size);
    buffer_put_bytes(q->out, text);
}

void wire_put_nullable_text(struct request *q, const char *text)
{
    if (text != NULL)
        wire_put_text(q, bytes_from_text(text));
    else if (q->is_flexible)
        buffer_put_u8(q->out, 0);
    else
        buffer_put_i16(q->out, -1);
}

void wire_put_count(struct request *q, size_t count)
{
    if (q->is_flexible)
        buffer_put_uvarint(q->out, count + 1);
    else
        buffer_put_u32(q->out, (uint32_t)count);
}

void wire_put_null_array(struct request *q)
{
    if (q->is_flexible)
        buffer_put_u8(q->out, 0);
    else
        buffer_put_i32(q->out, -1);
}

void wire_put_uuid(struct request *q, const uint8_t *id)
{
    static const uint8_t ZERO[16];
    buffer_put(q->out, id == NULL ? ZERO : id, 16);
}

void wire_put_bool(struct request *q, bool value)
{
    buffer_put_u8(q->out, value ? 1 : 0);
}

void wire_put_tags(struct request *q)
{
    if (q->is_flexible)
        buffer_put_u8(q->out, 0);
}

size_t wire_bytes_length_size(bool is_flexible, size_t size)
{
    if (!is_flexible)
        return 4;
    size_t width = 1;
    for (uint64_t v = (uint64_t)size + 1; v >= 0x80; v >>= 7)
        width++;
    return width;
}

void wire_set_bytes_length(uint8_t *at, bool is_flexible, size_t size)
{
    if (!is_flexible) {
        uint32_t be = __builtin_bswap32((uint32_t)size);
        memcpy(at, &be, 4);
        return;
    }
    uint64_t v = (uint64_t)size + 1;
    for (; v >= 0x80; v >>= 7)
        *at++ = (uint8_t)(v | 0x80);
    *at = (uint8_t)v;
}
