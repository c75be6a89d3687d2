/* text_input.c - see the header. */
#include "connect/text_input.h"

#include <stdlib.h>

#include "base/memory.h"
#include "codec/decompressor.h"

enum { PACKED_SIZE = 256 * 1024 };

struct text_input {
    struct os *os;
    const char *path;
    int fd;
    int64_t position;
    bool is_at_end;
    struct decompressor *decompressor; /* NULL: the file is plain */
    uint8_t *packed;                   /* a piece of the file */
    struct bytes packed_left;
    bool packed_is_last;
};

static enum status see_compression(struct text_input *in, struct error *err)
{
    static const uint8_t GZIP[] = {0x1f, 0x8b}, ZSTD[] = {0x28, 0xb5, 0x2f, 0xfd};
    uint8_t magic[4] = {0};
    size_t got;
    TRY(in->os->read(in->os, in->fd, magic, sizeof magic, 0, &got, err));
    if (got >= sizeof GZIP && memcmp(magic, GZIP, sizeof GZIP) == 0)
        TRY(decompressor_create(DECOMPRESSOR_GZIP, &in->decompressor, err));
    else if (got >= sizeof ZSTD && memcmp(magic, ZSTD, sizeof ZSTD) == 0)
        TRY(decompressor_create(DECOMPRESSOR_ZSTD, &in->decompressor, err));
    if (in->decompressor != NULL)
        in->packed = memory_alloc(PACKED_SIZE);
    return STATUS_OK;
}

enum status text_input_open(struct os *os, const char *path, struct text_input **out, struct error *err)
{
    int fd;
    TRY(os->open(os, path, FILE_READ, &fd, err));
    struct text_input *in = memory_alloc_zero(1, sizeof *in);
    *in = (struct text_input){.os = os, .path = path, .fd = fd};
    enum status st = see_compression(in, err);
    if (st != STATUS_OK) {
        text_input_close(in);
        return st;
    }
    *out = in;
    return STATUS_OK;
}

void text_input_close(struct text_input *in)
{
    if (in == NULL)
        return;
    in->os->close(in->os, in->fd);
    decompressor_destroy(in->decompressor);
    free(in->packed);
    free(in);
}

bool text_input_is_at_end(const struct text_input *in)
{
    return in->is_at_end;
}

int64_t text_input_position(const struct text_input *in)
{
    return in->position;
}

static enum status read_plain(struct text_input *in, size_t size, struct buffer *out, struct error *err)
{
    size_t got;
    TRY(in->os->read(in->os, in->fd, buffer_reserve(out, size), size, in->position, &got, err));
    buffer_advance(out, got);
    in->position += (int64_t)got;
    in->is_at_end = got < size;
    return STATUS_OK;
}

static enum status refill(struct text_input *in, struct error *err)
{
    size_t got;
    TRY(in->os->read(in->os, in->fd, in->packed, PACKED_SIZE, in->position, &got, err));
    in->position += (int64_t)got;
    in->packed_is_last = got < PACKED_SIZE;
    in->packed_left = (struct bytes){in->packed, got};
    return STATUS_OK;
}

static enum status read_packed(struct text_input *in, size_t size, struct buffer *out, struct error *err)
{
    for (size_t total = 0; total < size;) {
        size_t made;
        if (in->packed_left.size == 0 && !in->packed_is_last)
            TRY(refill(in, err));
        TRY(decompressor_run(in->decompressor, &in->packed_left, buffer_reserve(out, size - total), size - total, &made, err));
        buffer_advance(out, made);
        total += made;
        if (made != 0 || in->packed_left.size != 0 || !in->packed_is_last)
            continue;
        if (!decompressor_may_end(in->decompressor))
            return error_set(err, STATUS_CORRUPT, "the compressed data ends early");
        in->is_at_end = true;
        break;
    }
    return STATUS_OK;
}

enum status text_input_read(struct text_input *in, size_t size, struct buffer *out, struct error *err)
{
    if (in->decompressor == NULL)
        return read_plain(in, size, out, err);
    enum status st = read_packed(in, size, out, err);
    if (st != STATUS_OK)
        error_prefix(err, "\"%s\": ", in->path);
    return st;
}
