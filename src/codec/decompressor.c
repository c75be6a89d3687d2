/* decompressor.c - see the header. */
#include "codec/decompressor.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/memory.h"
#include "codec/internal.h"

struct decompressor {
    enum decompressor_kind kind;
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool is_inside;  /* a member or frame */
    bool is_padding; /* zeros behind the last gzip member, as tapes leave them */
};

enum status decompressor_create(enum decompressor_kind kind, struct decompressor **out, struct error *err)
{
    struct decompressor *d = memory_alloc_zero(1, sizeof *d);
    d->kind = kind;
    bool made = kind == DECOMPRESSOR_GZIP ? inflateInit2(&d->gzip, MAX_WBITS + 32) == Z_OK : (d->zstd = ZSTD_createDStream()) != NULL;
    if (!made) {
        free(d);
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for decompression");
    }
    *out = d;
    return STATUS_OK;
}

void decompressor_destroy(struct decompressor *d)
{
    if (d == NULL)
        return;
    if (d->kind == DECOMPRESSOR_GZIP)
        inflateEnd(&d->gzip);
    ZSTD_freeDStream(d->zstd);
    free(d);
}

static size_t count_zeros(struct bytes in)
{
    size_t count = 0;
    while (count < in.size && in.data[count] == 0)
        count++;
    return count;
}

static enum status run_gzip(struct decompressor *d, struct bytes *in, uint8_t *out, size_t size, size_t *made, struct error *err)
{
    if (!d->is_inside && in->size != 0 && d->is_padding) {
        size_t zeros = count_zeros(*in);
        *in = (struct bytes){in->data + zeros, in->size - zeros};
    }
    if (in->size == 0)
        return STATUS_OK;
    uInt in_size = in->size < INT_MAX ? (uInt)in->size : INT_MAX, out_size = size < INT_MAX ? (uInt)size : INT_MAX;
    d->gzip.next_in = (Bytef *)(uintptr_t)in->data;
    d->gzip.avail_in = in_size;
    d->gzip.next_out = out;
    d->gzip.avail_out = out_size;
    int code = inflate(&d->gzip, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return corrupt("gzip", d->gzip.msg != NULL ? d->gzip.msg : "malformed stream", err);
    size_t taken = in_size - d->gzip.avail_in;
    *in = (struct bytes){in->data + taken, in->size - taken};
    *made = out_size - d->gzip.avail_out;
    d->is_inside = code != Z_STREAM_END;
    if (code == Z_STREAM_END) {
        d->is_padding = true;
        inflateReset(&d->gzip);
    }
    return STATUS_OK;
}

static enum status run_zstd(struct decompressor *d, struct bytes *in, uint8_t *out, size_t size, size_t *made, struct error *err)
{
    ZSTD_inBuffer from = {in->data, in->size, 0};
    ZSTD_outBuffer to = {out, size, 0};
    size_t code = ZSTD_decompressStream(d->zstd, &to, &from);
    if (ZSTD_isError(code))
        return corrupt("zstd", ZSTD_getErrorName(code), err);
    *in = (struct bytes){in->data + from.pos, in->size - from.pos};
    *made = to.pos;
    if (from.pos != 0 || to.pos != 0)
        d->is_inside = code != 0;
    return STATUS_OK;
}

enum status decompressor_run(struct decompressor *d, struct bytes *in, uint8_t *out, size_t size, size_t *made, struct error *err)
{
    *made = 0;
    return d->kind == DECOMPRESSOR_GZIP ? run_gzip(d, in, out, size, made, err) : run_zstd(d, in, out, size, made, err);
}

bool decompressor_may_end(const struct decompressor *d)
{
    return !d->is_inside;
}
