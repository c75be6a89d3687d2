/* reader.c - the getters of struct reader. */
#include "base/reader.h"

uint8_t reader_u8(struct reader *r)
{
    struct bytes b = reader_bytes(r, 1);
    return b.data == NULL ? 0 : b.data[0];
}

uint16_t reader_u16(struct reader *r)
{
    struct bytes b = reader_bytes(r, 2);
    uint16_t v = 0;
    if (b.data != NULL)
        memcpy(&v, b.data, 2);
    return __builtin_bswap16(v);
}

uint32_t reader_u32_le(struct reader *r)
{
    struct bytes b = reader_bytes(r, 4);
    uint32_t v = 0;
    if (b.data != NULL)
        memcpy(&v, b.data, 4);
    return v;
}

uint32_t reader_u32(struct reader *r)
{
    return __builtin_bswap32(reader_u32_le(r));
}

uint64_t reader_u64_le(struct reader *r)
{
    struct bytes b = reader_bytes(r, 8);
    uint64_t v = 0;
    if (b.data != NULL)
        memcpy(&v, b.data, 8);
    return v;
}

uint64_t reader_u64(struct reader *r)
{
    return __builtin_bswap64(reader_u64_le(r));
}

uint64_t reader_uvarint(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = reader_u8(r);
        if (r->failed)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    r->failed = true;
    return 0;
}

int64_t reader_varint(struct reader *r)
{
    uint64_t v = reader_uvarint(r);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

size_t reader_count(struct reader *r, int64_t count, size_t item_size)
{
    if (r->failed)
        return 0;
    if (count < 0 || (uint64_t)count > reader_left(r) / (item_size == 0 ? 1 : item_size)) {
        r->failed = true;
        return 0;
    }
    return (size_t)count;
}

enum status reader_finish(const struct reader *r, struct error *err, const char *what)
{
    if (!r->failed)
        return STATUS_OK;
    return error_set(err, STATUS_PROTOCOL_VIOLATION, "malformed %s: ends or lies at byte %zu of %zu", what,
                     r->position, r->size);
}
