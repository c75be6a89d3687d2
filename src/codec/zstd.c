/* zstd.c - Zstandard frames, one or several. Java clients write no content size, Parquet writers do. */
#include <zstd.h>
#include <zstd_errors.h>

#include <assert.h>

#include "base/reader.h"
#include "codec/internal.h"

#define SKIPPABLE_MAGIC UINT32_C(0x184d2a50) /* and the 15 that follow */

enum {
    CHUNK_SIZE = 128 * 1024,          /* a block's most */
    KEPT_CONTEXT_SIZE = 4 * 1024 * 1024 /* a frame may ask for a window of 128 MiB: such a context is not kept */
};

void zstd_contexts_clear(struct codec_contexts *c)
{
    ZSTD_freeDCtx(c->zstd_decoder);
    ZSTD_freeCCtx(c->zstd_encoder);
    c->zstd_decoder = c->zstd_encoder = NULL;
}

static enum status failed(size_t code, struct error *err)
{
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for zstd");
    return corrupt("zstd", ZSTD_getErrorName(code), err);
}

/* Makes room for the whole frame when it says how large it is; then the library decodes it in one pass. */
static enum status reserve_frame(struct bytes rest, struct output *out, size_t *wanted, struct error *err)
{
    struct reader magic;
    reader_init(&magic, rest);
    uint32_t number = reader_u32_le(&magic);
    /* Distributions build the library with its formats of before 2016, which nobody writes and few have checked. */
    if (!magic.failed && number != ZSTD_MAGICNUMBER && (number & ~UINT32_C(15)) != SKIPPABLE_MAGIC)
        return corrupt("zstd", "no frame begins here", err);
    unsigned long long size = ZSTD_getFrameContentSize(rest.data, rest.size);
    *wanted = CHUNK_SIZE;
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
        return STATUS_OK; /* decoding finds what is wrong */
    /* A block takes four bytes at least and gives 128 KiB at most; a larger claim is a lie and sizes no allocation. */
    if (size / CHUNK_SIZE > rest.size / 4)
        return corrupt("zstd", "content size beyond what the input can hold", err);
    if (size > out->limit_size - out->size)
        return output_overflow(out, "zstd", err);
    if (size != 0)
        *wanted = (size_t)size;
    return STATUS_OK;
}

static enum status decode_frames(ZSTD_DCtx *decoder, struct bytes in, struct output *out, struct error *err)
{
    ZSTD_inBuffer input = {in.data, in.size, 0};
    size_t wanted = CHUNK_SIZE, hint = 0; /* hint 0: between two frames */
    while (input.pos < input.size || hint != 0) {
        if (hint == 0)
            TRY(reserve_frame((struct bytes){in.data + input.pos, in.size - input.pos}, out, &wanted, err));
        ZSTD_outBuffer output = {.pos = 0};
        output.dst = output_room(out, wanted, &output.size);
        size_t input_before = input.pos;
        hint = ZSTD_decompressStream(decoder, &output, &input);
        if (ZSTD_isError(hint))
            return failed(hint, err);
        output_advance(out, output.pos);
        if (out->is_over)
            return STATUS_OK;
        if (hint != 0 && output.pos == 0 && input.pos == input_before)
            return corrupt("zstd", "the input ends early", err);
        wanted = CHUNK_SIZE;
    }
    return STATUS_OK;
}

enum status zstd_decode(struct bytes in, struct output *out, struct error *err)
{
    struct codec_contexts *contexts = codec_contexts();
    if (in.size == 0)
        return corrupt("zstd", "no input", err);
    if (contexts->zstd_decoder == NULL)
        contexts->zstd_decoder = ZSTD_createDCtx();
    ZSTD_DCtx *decoder = contexts->zstd_decoder;
    if (decoder == NULL)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for zstd");
    ZSTD_DCtx_reset(decoder, ZSTD_reset_session_only);
    enum status st = decode_frames(decoder, in, out, err);
    if (ZSTD_sizeof_DCtx(decoder) > KEPT_CONTEXT_SIZE) {
        ZSTD_freeDCtx(decoder);
        contexts->zstd_decoder = NULL;
    }
    return st;
}

enum status zstd_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
        return error_set(err, STATUS_INVALID_PARAMETER, "zstd level %d is not between %d and %d", level,
                         ZSTD_minCLevel(), ZSTD_maxCLevel());
    struct codec_contexts *contexts = codec_contexts();
    if (contexts->zstd_encoder == NULL)
        contexts->zstd_encoder = ZSTD_createCCtx();
    ZSTD_CCtx *encoder = contexts->zstd_encoder;
    if (encoder == NULL)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for zstd");
    size_t bound = ZSTD_compressBound(in.size);
    uint8_t *to = buffer_reserve(out, bound);
    size_t size = ZSTD_compressCCtx(encoder, to, bound, in.data, in.size, level);
    if (ZSTD_isError(size))
        return failed(size, err);
    assert(size <= bound);
    buffer_advance(out, size);
    if (ZSTD_sizeof_CCtx(encoder) > KEPT_CONTEXT_SIZE) {
        ZSTD_freeCCtx(encoder);
        contexts->zstd_encoder = NULL;
    }
    return STATUS_OK;
}
