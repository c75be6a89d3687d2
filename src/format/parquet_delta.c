/* parquet_delta.c - see the header for the layout. */
#include "format/parquet_delta.h"

#include "base/reader.h"
#include "format/parquet_unpack.h"

enum { BLOCK_SIZE_MAX = 1 << 24, CHUNK = 256 };

bool parquet_delta_init(struct parquet_delta *delta, struct bytes data)
{
    struct reader r;
    reader_init(&r, data);
    uint64_t block_size = reader_uvarint(&r);
    uint64_t miniblock_count = reader_uvarint(&r);
    uint64_t count = reader_uvarint(&r);
    int64_t first = reader_varint(&r);
    if (r.failed || block_size == 0 || block_size > BLOCK_SIZE_MAX || miniblock_count == 0 ||
        block_size % miniblock_count != 0 || block_size / miniblock_count % 8 != 0)
        return false;
    *delta = (struct parquet_delta){
        .next = data.data + r.position,
        .end = data.data + data.size,
        .miniblock_size = block_size / miniblock_count,
        .miniblock_count = miniblock_count,
        .left = count,
        .last = (uint64_t)first,
        .miniblock = miniblock_count, /* a block's head comes next */
    };
    return true;
}

static bool next_block(struct parquet_delta *d)
{
    struct reader r;
    reader_init(&r, (struct bytes){d->next, (size_t)(d->end - d->next)});
    d->smallest = (uint64_t)reader_varint(&r);
    d->widths = reader_bytes(&r, d->miniblock_count).data;
    d->next += r.position;
    d->miniblock = 0;
    return !r.failed;
}

/* The last miniblock is padded to its full size by the rules, and cut short by some writers. */
static bool next_miniblock(struct parquet_delta *d)
{
    if (d->miniblock == d->miniblock_count && !next_block(d))
        return false;
    d->width = d->widths[d->miniblock++];
    if (d->width > 64)
        return false;
    size_t values = d->left < d->miniblock_size ? d->left : d->miniblock_size;
    size_t room = (size_t)(d->end - d->next);
    if ((values * d->width + 7) / 8 > room)
        return false;
    size_t size = d->miniblock_size / 8 * d->width;
    d->packed = d->next;
    d->next += size < room ? size : room;
    d->miniblock_left = d->miniblock_size;
    return true;
}

bool parquet_delta_read(struct parquet_delta *d, uint64_t *out, size_t count)
{
    if (count > d->left)
        return false;
    if (count != 0 && !d->started) {
        d->started = true;
        *out++ = d->last;
        d->left--;
        count--;
    }
    while (count != 0) {
        if (d->miniblock_left == 0 && !next_miniblock(d))
            return false;
        size_t take = d->miniblock_left < count ? d->miniblock_left : count;
        take = take < CHUNK ? take : CHUNK;
        parquet_unpack_u64(d->packed, d->miniblock_size - d->miniblock_left, take, d->width, out);
        uint64_t last = d->last;
        for (size_t i = 0; i < take; i++)
            out[i] = last += out[i] + d->smallest;
        d->last = last;
        d->miniblock_left -= take;
        d->left -= take;
        out += take;
        count -= take;
    }
    return true;
}

const uint8_t *parquet_delta_end(const struct parquet_delta *delta)
{
    struct parquet_delta d = *delta;
    if (d.left != 0 && !d.started) {
        d.started = true;
        d.left--;
    }
    while (d.left > d.miniblock_left) {
        d.left -= d.miniblock_left;
        if (!next_miniblock(&d))
            return NULL;
    }
    return d.next;
}
