/* lz4.c - LZ4 in its three dresses: the frame (Kafka), the bare block (Parquet LZ4_RAW) and Hadoop's framing.
 *
 *     Hadoop:  repeated   u32 size of the content, big-endian
 *                         repeated until the content is there:  u32 size of the block, block
 */
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>

#include <assert.h>
#include <limits.h>

#include "base/reader.h"
#include "codec/internal.h"

enum { CHUNK_SIZE = 64 * 1024, MAX_LEVEL = 12, MIN_MATCH = 4, LARGEST_RATIO = 255 };
#define FRAME_MAGIC UINT32_C(0x184d2204)

void lz4_contexts_clear(struct codec_contexts *c)
{
    LZ4F_freeDecompressionContext(c->lz4_decoder);
    c->lz4_decoder = NULL;
}

static enum status level_check(int level, struct error *err)
{
    if (level < 0 || level > MAX_LEVEL)
        return error_set(err, STATUS_INVALID_PARAMETER, "lz4 level %d is not between 0 and %d", level, MAX_LEVEL);
    return STATUS_OK;
}

/* --- frame --- */

static enum status decode_frames(LZ4F_dctx *decoder, struct bytes in, struct output *out, struct error *err)
{
    size_t position = 0, hint = 0; /* hint 0: between two frames */
    while (position < in.size || hint != 0) {
        size_t room, taken = in.size - position;
        uint8_t *to = output_room(out, CHUNK_SIZE, &room);
        size_t given = room;
        hint = LZ4F_decompress(decoder, to, &given, in.data + position, &taken, NULL);
        if (LZ4F_isError(hint))
            return corrupt("lz4", LZ4F_getErrorName(hint), err);
        position += taken;
        output_advance(out, given);
        if (out->is_over)
            return STATUS_OK;
        if (hint != 0 && taken == 0 && given == 0)
            return corrupt("lz4", "the input ends early", err);
    }
    return STATUS_OK;
}

enum status lz4_frame_decode(struct bytes in, struct output *out, struct error *err)
{
    struct codec_contexts *contexts = codec_contexts();
    if (in.size == 0)
        return corrupt("lz4", "no input", err);
    if (contexts->lz4_decoder == NULL) {
        LZ4F_dctx *made;
        if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)))
            return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for lz4");
        contexts->lz4_decoder = made;
    }
    LZ4F_resetDecompressionContext(contexts->lz4_decoder);
    return decode_frames(contexts->lz4_decoder, in, out, err);
}

enum status lz4_frame_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    TRY(level_check(level, err));
    /* Independent blocks, as Kafka's clients write and its readers expect. */
    LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent},
        .compressionLevel = level,
    };
    size_t bound = LZ4F_compressFrameBound(in.size, &preferences);
    uint8_t *to = buffer_reserve(out, bound);
    size_t size = LZ4F_compressFrame(to, bound, in.data, in.size, &preferences);
    if (LZ4F_isError(size))
        return error_set(err, STATUS_INTERNAL, "cannot compress with lz4: %s", LZ4F_getErrorName(size));
    buffer_advance(out, size);
    return STATUS_OK;
}

/* --- bare block --- */

/* A length of 15 goes on in bytes of 255 and ends with a smaller one. */
static size_t read_length(struct reader *r, size_t length)
{
    uint8_t more = 255;
    if (length == 15)
        while (more == 255 && !r->failed)
            length += more = reader_u8(r);
    return length;
}

/* The content's size, which a block does not say: summed over its sequences without writing anything. */
static enum status measure_block(struct bytes in, size_t *out, struct error *err)
{
    struct reader r;
    reader_init(&r, in);
    size_t size = 0;
    for (;;) {
        uint8_t token = reader_u8(&r);
        size_t literals = read_length(&r, token >> 4);
        reader_bytes(&r, literals);
        size += literals;
        if (r.failed || reader_left(&r) == 0) /* the last sequence has literals alone */
            break;
        reader_bytes(&r, 2); /* the match's distance */
        size += read_length(&r, token & 15) + MIN_MATCH;
    }
    *out = size;
    return r.failed ? corrupt("lz4", "the input ends early", err) : STATUS_OK;
}

static enum status decode_block(struct bytes in, size_t size, struct output *out, struct error *err)
{
    uint8_t *to;
    if (size > INT_MAX || in.size > INT_MAX)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "lz4 block of more than %d bytes", INT_MAX);
    TRY(output_take(out, size, "lz4", &to, err));
    int got = LZ4_decompress_safe((const char *)in.data, (char *)to, (int)in.size, (int)size);
    if (got < 0 || (size_t)got != size)
        return corrupt("lz4", "malformed block", err);
    output_advance(out, size);
    return STATUS_OK;
}

enum status lz4_raw_decode(struct bytes in, struct output *out, struct error *err)
{
    size_t size;
    TRY(measure_block(in, &size, err));
    return decode_block(in, size, out, err);
}

enum status lz4_raw_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    TRY(level_check(level, err));
    if (in.size > LZ4_MAX_INPUT_SIZE)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "lz4 block of more than %d bytes", LZ4_MAX_INPUT_SIZE);
    int bound = LZ4_compressBound((int)in.size);
    char *to = (char *)buffer_reserve(out, (size_t)bound);
    const char *from = in.size == 0 ? "" : (const char *)in.data;
    int size = level < LZ4HC_CLEVEL_MIN ? LZ4_compress_default(from, to, (int)in.size, bound)
                                        : LZ4_compress_HC(from, to, (int)in.size, bound, level);
    if (size <= 0)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for lz4");
    buffer_advance(out, (size_t)size);
    return STATUS_OK;
}

/* --- Hadoop --- */

static enum status decode_hadoop(struct bytes in, struct output *out, struct error *err)
{
    struct reader r;
    reader_init(&r, in);
    while (reader_left(&r) != 0) {
        size_t content_size = reader_u32(&r), start = out->size;
        if (content_size / LARGEST_RATIO > reader_left(&r))
            return corrupt("lz4", "size beyond what the input can hold", err);
        if (content_size > out->limit_size - start)
            return output_overflow(out, "lz4", err);
        while (!r.failed && out->size - start < content_size) {
            struct bytes block = reader_bytes(&r, reader_u32(&r));
            size_t size;
            if (r.failed)
                break;
            TRY(measure_block(block, &size, err));
            if (size == 0 || size > content_size - (out->size - start))
                return corrupt("lz4", "a block of another size than its frame says", err);
            TRY(decode_block(block, size, out, err));
        }
        if (content_size == 0) /* written as a block of nothing, or as none */
            reader_bytes(&r, reader_left(&r) == 0 ? 0 : reader_u32(&r));
    }
    return r.failed ? corrupt("lz4", "the input ends early", err) : STATUS_OK;
}

/* Writers disagreed about what Parquet's LZ4 is; the frame has a magic number, Hadoop's sizes must fit, the rest is bare. */
enum status lz4_hadoop_decode(struct bytes in, struct output *out, struct error *err)
{
    struct reader r;
    size_t start = out->size;
    reader_init(&r, in);
    if (reader_u32_le(&r) == FRAME_MAGIC) {
        enum status st = lz4_frame_decode(in, out, err);
        if (st == STATUS_OK)
            return st;
        output_rewind(out, start);
    }
    struct error first = {0};
    enum status st = decode_hadoop(in, out, &first);
    if (st == STATUS_OK && (out->buffer != NULL || out->size == out->limit_size))
        return st;
    output_rewind(out, start);
    if (lz4_raw_decode(in, out, err) == STATUS_OK)
        return STATUS_OK;
    output_rewind(out, start);
    if (st != STATUS_OK && err != NULL)
        *err = first;
    return st != STATUS_OK ? st : decode_hadoop(in, out, err);
}

enum status lz4_hadoop_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    if (in.size > LZ4_MAX_INPUT_SIZE)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "lz4 block of more than %d bytes", LZ4_MAX_INPUT_SIZE);
    buffer_put_u32(out, (uint32_t)in.size);
    size_t size_at = out->size;
    buffer_put_u32(out, 0);
    TRY(lz4_raw_encode(in, level, out, err));
    uint32_t block_size = __builtin_bswap32((uint32_t)(out->size - size_at - 4));
    memcpy(out->data + size_at, &block_size, sizeof block_size);
    return STATUS_OK;
}
