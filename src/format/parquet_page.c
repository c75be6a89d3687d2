/* parquet_page.c - a window slides over the chunk; a page is parsed where it lies.
 *
 * Every size a header claims is checked against the file's own size before it
 * is used; a decompressed size, which nothing can check, against a limit.
 */
#include "format/parquet_page.h"

#include "format/parquet_unpack.h"

enum { WINDOW_SIZE = 64 << 10, HEADER_SIZE_MIN = 64, HEADER_SIZE_MAX = 16 << 20, CHUNK_SLACK = 100 };

static bool codec_to_compression(int32_t codec, enum compression *out)
{
    static const enum compression KINDS[] = {
        [PARQUET_UNCOMPRESSED] = COMPRESSION_NONE, [PARQUET_SNAPPY] = COMPRESSION_SNAPPY,
        [PARQUET_GZIP] = COMPRESSION_GZIP,         [PARQUET_LZO] = COMPRESSION_NONE,
        [PARQUET_BROTLI] = COMPRESSION_BROTLI,     [PARQUET_LZ4] = COMPRESSION_LZ4_HADOOP,
        [PARQUET_ZSTD] = COMPRESSION_ZSTD,         [PARQUET_LZ4_RAW] = COMPRESSION_LZ4_RAW,
    };
    if (codec < 0 || codec > PARQUET_LZ4_RAW || codec == PARQUET_LZO)
        return false;
    *out = KINDS[codec];
    return true;
}

enum status parquet_pages_init(struct parquet_pages *p, const struct parquet_reader *reader,
                               const struct parquet_chunk *chunk, struct error *err)
{
    *p = (struct parquet_pages){.reader = reader};
    if (chunk->encrypted)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "the column is encrypted");
    if (chunk->elsewhere)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "the column lies in another file");
    if (!chunk->present)
        return error_set(err, STATUS_CORRUPT, "the column has no metadata");
    if (!codec_to_compression(chunk->codec, &p->codec))
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, chunk->codec == PARQUET_LZO ? "compression LZO is not supported"
                                                                                         : "compression %d is not known",
                         (int)chunk->codec);
    int64_t start = chunk->data_page_offset;
    if (chunk->dictionary_page_offset > 0 && chunk->dictionary_page_offset < start)
        start = chunk->dictionary_page_offset;
    if (start < 4 || start > reader->data_end || chunk->size < 0 || chunk->size > reader->data_end - start)
        return error_set(err, STATUS_CORRUPT, "the column's pages lie outside the file");
    p->position = p->page_position = start;
    p->end = start + chunk->size + CHUNK_SLACK; /* old writers do not count the dictionary page's header */
    if (p->end > reader->data_end)
        p->end = reader->data_end;
    return STATUS_OK;
}

/* Makes [p->position, + size) available in the window. size is within the chunk. */
static enum status window_fill(struct parquet_pages *p, size_t size, const uint8_t **out, struct error *err)
{
    size_t skip = (size_t)(p->position - p->window_position);
    if (p->window.size == 0 || skip > p->window.size)
        skip = p->window.size;
    size_t have = p->window.size - skip;
    if (have < size) {
        size_t want = size > WINDOW_SIZE ? size : WINDOW_SIZE;
        if ((int64_t)want > p->end - p->position)
            want = (size_t)(p->end - p->position);
        if (skip != 0 && have != 0)
            memmove(p->window.data, p->window.data + skip, have);
        p->window.size = have;
        p->window_position = p->position;
        buffer_reserve(&p->window, want - have + PARQUET_PADDING);
        size_t done;
        TRY(p->reader->os->read(p->reader->os, p->reader->fd, p->window.data + have, want - have,
                                p->position + (int64_t)have, &done, err));
        p->window.size += done;
        if (done < want - have)
            return error_set(err, STATUS_CORRUPT, "the file is shorter than when it was opened");
        memset(p->window.data + want, 0, PARQUET_PADDING);
        skip = 0;
    }
    *out = p->window.data + skip;
    return STATUS_OK;
}

/* A header's size is not known beforehand: more bytes are tried until it parses. */
static enum status read_header(struct parquet_pages *p, struct parquet_page_header *header, struct error *err)
{
    size_t room = (size_t)(p->end - p->position);
    for (size_t size = HEADER_SIZE_MIN;; size *= 4) {
        size = size < room ? size : room;
        const uint8_t *data = NULL;
        TRY(window_fill(p, size, &data, err));
        size_t have = p->window.size - (size_t)(data - p->window.data);
        have = have < room ? have : room;
        if (parquet_page_header_parse((struct bytes){data, have}, header))
            break;
        if (have >= room || have >= HEADER_SIZE_MAX)
            return error_set(err, STATUS_CORRUPT, "the page header is malformed");
        size = have > size ? have : size;
    }
    size_t left = room - header->header_size;
    if (header->size < 0 || (size_t)header->size > left)
        return error_set(err, STATUS_CORRUPT, "a page of %d bytes does not fit its column", (int)header->size);
    if (header->decompressed_size < 0 || (size_t)header->decompressed_size > p->reader->options.page_size_limit)
        return error_set(err, header->decompressed_size < 0 ? STATUS_CORRUPT : STATUS_LIMIT_EXCEEDED,
                         "a page of %d decompressed bytes exceeds the limit of %zu", (int)header->decompressed_size,
                         p->reader->options.page_size_limit);
    return STATUS_OK;
}

/* The slab for size bytes of this page: that of the page before if it is large enough and free. */
static uint8_t *page_memory(struct parquet_pages *p, size_t size)
{
    if (p->slab == NULL || p->slab->capacity < size + PARQUET_PADDING ||
        atomic_load_explicit(&p->slab->reference_count, memory_order_acquire) != 1) {
        slab_unref(p->slab);
        p->slab = slab_create(size + size / 8 + PARQUET_PADDING);
    }
    p->slab->size = size;
    memset(p->slab->data + size, 0, PARQUET_PADDING);
    return p->slab->data;
}

/* stored becomes the page's plain bytes, size of them. */
static enum status decompress_body(struct parquet_pages *p, bool compressed, bool keep, size_t size, struct bytes stored,
                                   struct bytes *out, struct error *err)
{
    if (compressed && p->codec != COMPRESSION_NONE) {
        uint8_t *memory = page_memory(p, size);
        *out = (struct bytes){memory, size};
        return size == 0 ? STATUS_OK : decompress_exact(p->codec, stored, memory, size, err);
    }
    *out = stored;
    if (keep) {
        out->data = page_memory(p, stored.size);
        if (stored.size != 0)
            memcpy(p->slab->data, stored.data, stored.size);
    }
    return STATUS_OK;
}

static enum status open_v2(struct parquet_pages *p, const struct parquet_page_header *h, bool keep, struct bytes stored,
                           struct parquet_page *out, struct error *err)
{
    int64_t levels = (int64_t)h->definition_size + h->repetition_size;
    if (h->definition_size < 0 || h->repetition_size < 0 || levels > h->size || levels > h->decompressed_size)
        return error_set(err, STATUS_CORRUPT, "the page's levels are longer than the page");
    size_t skip = (size_t)h->repetition_size, definition = (size_t)h->definition_size;
    out->levels = (struct bytes){stored.data + skip, definition};
    stored = (struct bytes){stored.data + levels, stored.size - (size_t)levels};
    return decompress_body(p, h->is_compressed, keep, (size_t)(h->decompressed_size - levels), stored, &out->body, err);
}

enum status parquet_pages_next(struct parquet_pages *p, bool keep, struct parquet_page *out, struct error *err)
{
    struct parquet_page_header header;
    *out = (struct parquet_page){.type = -1};
    if (p->position >= p->end)
        return STATUS_OK;
    p->page_position = p->position;
    TRY(read_header(p, &header, err));
    p->position += (int64_t)header.header_size;
    struct bytes stored = {NULL, (size_t)header.size};
    TRY(window_fill(p, stored.size, &stored.data, err));
    p->position += header.size;
    *out = (struct parquet_page){.type = header.type,
                                 .encoding = header.encoding,
                                 .level_encoding = header.level_encoding,
                                 .value_count = header.value_count,
                                 .is_v2 = header.type == PARQUET_DATA_PAGE_V2};
    if (header.type == PARQUET_DATA_PAGE_V2)
        return open_v2(p, &header, keep, stored, out, err);
    if (header.type == PARQUET_DATA_PAGE || header.type == PARQUET_DICTIONARY_PAGE)
        return decompress_body(p, true, keep, (size_t)header.decompressed_size, stored, &out->body, err);
    return STATUS_OK; /* an index page, or a kind that is not known: passed over */
}

void parquet_pages_clear(struct parquet_pages *p)
{
    buffer_clear(&p->window);
    slab_unref(p->slab);
    p->slab = NULL;
}
