/* gzip.c - gzip members and zlib streams, both by zlib. */
#include <zlib.h>

#include <stdlib.h>

#include "base/memory.h"
#include "codec/internal.h"

enum {
    CHUNK_SIZE = 64 * 1024,
    EITHER_FORMAT = MAX_WBITS + 32, /* zlib's signs for: gzip or zlib, as the header says; and gzip */
    GZIP_FORMAT = MAX_WBITS + 16,
    PART_SIZE_MAX = 1 << 30, /* zlib counts in 32 bits */
    MEMORY_LEVEL = 8
};

void gzip_contexts_clear(struct codec_contexts *c)
{
    if (c->inflater != NULL)
        inflateEnd(c->inflater);
    free(c->inflater);
    c->inflater = NULL;
}

static z_stream *inflater_begin(void)
{
    struct codec_contexts *contexts = codec_contexts();
    if (contexts->inflater != NULL) {
        inflateReset(contexts->inflater);
        return contexts->inflater;
    }
    z_stream *made = memory_alloc_zero(1, sizeof *made);
    if (inflateInit2(made, EITHER_FORMAT) != Z_OK) {
        free(made);
        return NULL;
    }
    return contexts->inflater = made;
}

/* One member. Moves *in behind it. */
static enum status decode_member(z_stream *z, struct bytes *in, struct output *out, struct error *err)
{
    int code = Z_OK;
    while (code != Z_STREAM_END) {
        size_t room;
        z->next_out = output_room(out, CHUNK_SIZE, &room);
        z->avail_out = room < PART_SIZE_MAX ? (uInt)room : (uInt)PART_SIZE_MAX;
        z->avail_in = in->size < PART_SIZE_MAX ? (uInt)in->size : (uInt)PART_SIZE_MAX;
        z->next_in = (Bytef *)(uintptr_t)in->data;
        uInt in_before = z->avail_in, out_before = z->avail_out;
        code = inflate(z, Z_NO_FLUSH);
        size_t taken = in_before - z->avail_in, given = out_before - z->avail_out;
        if (taken != 0)
            *in = (struct bytes){in->data + taken, in->size - taken};
        output_advance(out, given);
        if (out->is_over)
            return STATUS_OK;
        if (code == Z_MEM_ERROR)
            return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for gzip");
        if (code == Z_BUF_ERROR || (code == Z_OK && taken == 0 && given == 0))
            return corrupt("gzip", "the input ends early", err);
        if (code != Z_OK && code != Z_STREAM_END)
            return corrupt("gzip", z->msg != NULL ? z->msg : "malformed stream", err);
    }
    return STATUS_OK;
}

/* tar and tapes pad a gzip file with zeros. */
static bool is_padding(struct bytes in)
{
    for (size_t i = 0; i < in.size; i++)
        if (in.data[i] != 0)
            return false;
    return true;
}

enum status gzip_decode(struct bytes in, struct output *out, struct error *err)
{
    if (in.size == 0)
        return corrupt("gzip", "no input", err);
    z_stream *z = inflater_begin();
    if (z == NULL)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for gzip");
    do {
        TRY(decode_member(z, &in, out, err));
        inflateReset(z);
    } while (!out->is_over && in.size != 0 && !is_padding(in));
    return STATUS_OK;
}

enum status gzip_encode(struct bytes in, int level, struct buffer *out, struct error *err)
{
    if (level < 0 || level > Z_BEST_COMPRESSION)
        return error_set(err, STATUS_INVALID_PARAMETER, "gzip level %d is not between 0 and %d", level, Z_BEST_COMPRESSION);
    z_stream z = {0};
    if (deflateInit2(&z, level == 0 ? Z_DEFAULT_COMPRESSION : level, Z_DEFLATED, GZIP_FORMAT, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for gzip");
    int code = Z_OK;
    while (code == Z_OK) {
        size_t part = in.size < PART_SIZE_MAX ? in.size : (size_t)PART_SIZE_MAX;
        z.next_in = (Bytef *)(uintptr_t)in.data;
        z.avail_in = (uInt)part;
        z.next_out = buffer_reserve(out, CHUNK_SIZE);
        z.avail_out = CHUNK_SIZE;
        code = deflate(&z, part == in.size ? Z_FINISH : Z_NO_FLUSH);
        size_t taken = part - z.avail_in;
        if (taken != 0)
            in = (struct bytes){in.data + taken, in.size - taken};
        buffer_advance(out, CHUNK_SIZE - z.avail_out);
    }
    deflateEnd(&z);
    return code == Z_STREAM_END ? STATUS_OK : error_set(err, STATUS_INTERNAL, "cannot compress with zlib");
}
