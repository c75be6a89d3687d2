/* compression.c - one table of formats, and what holds for all of them. */
#include "codec/compression.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "codec/internal.h"

struct format {
    const char *name;
    enum status (*decode)(struct bytes in, struct output *out, struct error *err);
    enum status (*encode)(struct bytes in, int level, struct buffer *out, struct error *err);
};

static enum status none_decode(struct bytes in, struct output *out, struct error *err)
{
    uint8_t *to;
    TRY(output_take(out, in.size, "uncompressed", &to, err));
    if (in.size != 0)
        memcpy(to, in.data, in.size);
    output_advance(out, in.size);
    return STATUS_OK;
}

static enum status none_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    (void)level;
    (void)err;
    buffer_put_bytes(out, in);
    return STATUS_OK;
}

static enum status brotli_refuse(struct bytes in, int level, struct buffer *out, struct error *err)
{
    (void)in;
    (void)level;
    (void)out;
    return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "writing brotli is not supported");
}

static const struct format FORMATS[] = {
    [COMPRESSION_NONE] = {"uncompressed", none_decode, none_encode},
    [COMPRESSION_GZIP] = {"gzip", gzip_decode, gzip_encode},
    [COMPRESSION_SNAPPY] = {"snappy", snappy_decode, snappy_encode},
    [COMPRESSION_SNAPPY_XERIAL] = {"snappy", snappy_xerial_decode, snappy_xerial_encode},
    [COMPRESSION_LZ4_FRAME] = {"lz4", lz4_frame_decode, lz4_frame_encode},
    [COMPRESSION_LZ4_RAW] = {"lz4", lz4_raw_decode, lz4_raw_encode},
    [COMPRESSION_LZ4_HADOOP] = {"lz4", lz4_hadoop_decode, lz4_hadoop_encode},
    [COMPRESSION_ZSTD] = {"zstd", zstd_decode, zstd_encode},
    [COMPRESSION_BROTLI] = {"brotli", brotli_decode, brotli_refuse},
};

enum status decompress(enum compression kind, struct bytes in, size_t limit_size, struct buffer *out, struct error *err)
{
    assert((size_t)kind < sizeof FORMATS / sizeof *FORMATS);
    struct output output = {.buffer = out, .buffer_start = out->size, .limit_size = limit_size};
    enum status st = FORMATS[kind].decode(in, &output, err);
    if (st == STATUS_OK && output.is_over)
        st = output_overflow(&output, FORMATS[kind].name, err);
    if (st != STATUS_OK)
        output_rewind(&output, 0);
    return st;
}

enum status decompress_exact(enum compression kind, struct bytes in, uint8_t *out, size_t size, struct error *err)
{
    assert((size_t)kind < sizeof FORMATS / sizeof *FORMATS);
    struct output output = {.block = out, .limit_size = size};
    TRY(FORMATS[kind].decode(in, &output, err));
    if (output.is_over)
        return output_overflow(&output, FORMATS[kind].name, err);
    if (output.size != size)
        return error_set(err, STATUS_CORRUPT, "corrupt %s data: %zu bytes instead of the expected %zu",
                         FORMATS[kind].name, output.size, size);
    return STATUS_OK;
}

enum status compress(enum compression kind, struct bytes in, int level, struct buffer *out, struct error *err)
{
    assert((size_t)kind < sizeof FORMATS / sizeof *FORMATS);
    size_t before = out->size;
    enum status st = FORMATS[kind].encode(in, level, out, err);
    if (st != STATUS_OK)
        out->size = before;
    return st;
}

/* --- one set of contexts per thread --- */

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_destroy(void *contexts)
{
    zstd_contexts_clear(contexts);
    lz4_contexts_clear(contexts);
    gzip_contexts_clear(contexts);
    free(contexts);
}

static void contexts_key_init(void)
{
    int code = pthread_key_create(&contexts_key, contexts_destroy);
    assert(code == 0);
}

struct codec_contexts *codec_contexts(void)
{
    pthread_once(&contexts_once, contexts_key_init);
    struct codec_contexts *contexts = pthread_getspecific(contexts_key);
    if (contexts == NULL) {
        contexts = memory_alloc_zero(1, sizeof *contexts);
        int code = pthread_setspecific(contexts_key, contexts);
        assert(code == 0);
    }
    return contexts;
}
