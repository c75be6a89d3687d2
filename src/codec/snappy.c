/* snappy.c - the bare block, and snappy-java's stream of blocks.
 *
 *     stream:  82 'S' 'N' 'A' 'P' 'P' 'Y' 00, i32 version, i32 least compatible version,
 *              repeated  i32 size of the block (big-endian), block
 *
 * A stream may be followed by another, header included.
 */
#include <snappy-c.h>

#include "base/reader.h"
#include "codec/internal.h"

enum { STREAM_BLOCK_SIZE = 32 * 1024, HEADER_SIZE = 16, LARGEST_RATIO = 22 };

static const uint8_t STREAM_MAGIC[8] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};

enum status snappy_decode(struct bytes in, struct output *out, struct error *err)
{
    size_t size;
    uint8_t *to;
    if (snappy_uncompressed_length((const char *)in.data, in.size, &size) != SNAPPY_OK)
        return corrupt("snappy", "no size at the beginning", err);
    /* Three bytes copy 64 at most; a larger claim is a lie and sizes no allocation. */
    if (size / LARGEST_RATIO > in.size)
        return corrupt("snappy", "size beyond what the input can hold", err);
    TRY(output_take(out, size, "snappy", &to, err));
    if (snappy_uncompress((const char *)in.data, in.size, (char *)to, &size) != SNAPPY_OK)
        return corrupt("snappy", "malformed block", err);
    output_advance(out, size);
    return STATUS_OK;
}

enum status snappy_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    (void)level; /* it has none */
    if (in.size > UINT32_MAX)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "snappy block of more than 4 GiB");
    size_t size = snappy_max_compressed_length(in.size);
    char *to = (char *)buffer_reserve(out, size);
    if (snappy_compress(in.size == 0 ? "" : (const char *)in.data, in.size, to, &size) != SNAPPY_OK)
        return error_set(err, STATUS_INTERNAL, "cannot compress with snappy");
    buffer_advance(out, size);
    return STATUS_OK;
}

static bool at_stream_header(const struct reader *r)
{
    return reader_left(r) >= HEADER_SIZE && memcmp(r->data + r->position, STREAM_MAGIC, sizeof STREAM_MAGIC) == 0;
}

enum status snappy_xerial_decode(struct bytes in, struct output *out, struct error *err)
{
    struct reader r;
    reader_init(&r, in);
    if (!at_stream_header(&r))
        return snappy_decode(in, out, err);
    while (reader_left(&r) != 0) {
        if (at_stream_header(&r)) {
            reader_bytes(&r, HEADER_SIZE);
            continue;
        }
        struct bytes block = reader_bytes(&r, reader_u32(&r));
        if (r.failed)
            break;
        TRY(snappy_decode(block, out, err));
    }
    return r.failed ? corrupt("snappy", "the input ends early", err) : STATUS_OK;
}

enum status snappy_xerial_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    buffer_put(out, STREAM_MAGIC, sizeof STREAM_MAGIC);
    buffer_put_u32(out, 1);
    buffer_put_u32(out, 1);
    for (size_t done = 0; done < in.size;) {
        size_t size = in.size - done < STREAM_BLOCK_SIZE ? in.size - done : STREAM_BLOCK_SIZE;
        size_t size_at = out->size;
        buffer_put_u32(out, 0);
        TRY(snappy_encode((struct bytes){in.data + done, size}, level, out, err));
        uint32_t block_size = __builtin_bswap32((uint32_t)(out->size - size_at - 4));
        memcpy(out->data + size_at, &block_size, sizeof block_size);
        done += size;
    }
    return STATUS_OK;
}
