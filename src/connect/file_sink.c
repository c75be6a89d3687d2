/* file_sink.c - rows to one file: Parquet through its writer, texts through a buffer. */
#include "connect/file_sink.h"

#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "codec/compression.h"
#include "connect/sink_target.h"
#include "format/copy_text.h"
#include "format/csv_writer.h"
#include "format/json_writer.h"
#include "format/parquet_writer.h"

enum { FLUSH_SIZE = 1 << 20 };

struct file_sink {
    struct arena *arena;
    struct os *os;
    struct sink_target target;
    enum copy_format format;
    struct text_context text;
    struct parquet_writer *parquet;
    /* texts */
    int fd; /* -1: closed */
    enum compression compression;
    int64_t position;
    struct buffer plain, packed;
    struct json_encoder *json;
    struct csv_options csv;
    struct copy_text_options copy_text;
    int64_t rows, size;
    bool finished;
};

/* ---- making ---- */

static enum status read_compression(const char *name, enum compression *out, struct error *err)
{
    static const struct {
        const char *name;
        enum compression compression;
    } NAMES[] = {{"zstd", COMPRESSION_ZSTD},      {"snappy", COMPRESSION_SNAPPY},       {"gzip", COMPRESSION_GZIP},
                 {"lz4", COMPRESSION_LZ4_RAW},    {"lz4_raw", COMPRESSION_LZ4_RAW},     {"none", COMPRESSION_NONE},
                 {"uncompressed", COMPRESSION_NONE}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcasecmp(name, NAMES[i].name) == 0) {
            *out = NAMES[i].compression;
            return STATUS_OK;
        }
    return error_set(err, STATUS_INVALID_PARAMETER, "unknown compression \"%s\"", name);
}

static enum status open_parquet(struct file_sink *s, const struct statement *copy, const struct schema *schema, struct error *err)
{
    struct parquet_writer_options options = parquet_writer_default_options();
    if (s->target.is_device)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "Parquet cannot be written to the device \"%s\"", s->target.path);
    if (copy->copy.compression != NULL)
        TRY(read_compression(copy->copy.compression, &options.compression, err));
    if (copy->copy.row_group_rows > 0)
        options.row_group_rows = copy->copy.row_group_rows < UINT32_MAX ? (uint32_t)copy->copy.row_group_rows : UINT32_MAX;
    return parquet_writer_create(s->os, s->target.temporary, schema, &options, &s->parquet, err);
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t size = strlen(text), length = strlen(suffix);
    return size > length && strcasecmp(text + size - length, suffix) == 0;
}

static enum status open_text(struct file_sink *s, const struct statement *copy, const struct schema *schema, struct error *err)
{
    s->csv = (struct csv_options){.delimiter = copy->copy.delimiter,
                                  .quote = copy->copy.quote,
                                  .escape = copy->copy.escape,
                                  .null_text = copy->copy.null_text,
                                  .has_header = copy->copy.header};
    s->copy_text = (struct copy_text_options){copy->copy.delimiter, copy->copy.null_text, copy->copy.header};
    if (s->format == COPY_JSON)
        s->json = json_encoder_create(schema, NULL, 0);
    if (s->format == COPY_CSV && copy->copy.header)
        csv_put_header(&s->csv, CSV_STYLE_COPY, schema, &s->plain);
    if (s->format == COPY_TEXT && copy->copy.header)
        copy_text_put_header(&s->copy_text, schema, &s->plain);
    if (copy->copy.compression != NULL)
        TRY(read_compression(copy->copy.compression, &s->compression, err));
    else if (!copy->copy.is_directory && ends_with(copy->copy.path, ".gz"))
        s->compression = COMPRESSION_GZIP;
    else if (!copy->copy.is_directory && ends_with(copy->copy.path, ".zst"))
        s->compression = COMPRESSION_ZSTD;
    if (s->compression != COMPRESSION_NONE && s->compression != COMPRESSION_GZIP && s->compression != COMPRESSION_ZSTD)
        return error_set(err, STATUS_INVALID_PARAMETER, "texts are compressed with gzip or zstd, not %s", copy->copy.compression);
    return s->os->open(s->os, s->target.temporary, s->target.is_device ? FILE_WRITE : FILE_WRITE_NEW, &s->fd, err);
}

static const char *ending_of(const struct statement *copy, struct arena *arena)
{
    static const char *const ENDINGS[] = {".txt", ".csv", ".json", ".parquet"};
    const char *packed = copy->copy.compression;
    const char *more = copy->copy.format == COPY_PARQUET || packed == NULL ? ""
                       : strcasecmp(packed, "gzip") == 0                   ? ".gz"
                       : strcasecmp(packed, "zstd") == 0                   ? ".zst"
                                                                           : "";
    return arena_printf(arena, "%s%s", ENDINGS[copy->copy.format], more);
}

enum status file_sink_create(const struct file_access *access, const struct statement *copy, const struct schema *schema,
                             const struct text_context *text, struct file_sink **out, struct error *err)
{
    struct file_sink *s = memory_alloc_zero(1, sizeof *s);
    s->arena = arena_create();
    s->os = access->os;
    s->format = copy->copy.format;
    s->text = *text;
    s->fd = -1;
    enum status st = sink_target_open(access, copy, ending_of(copy, s->arena), s->arena, &s->target, err);
    if (st == STATUS_OK)
        st = s->format == COPY_PARQUET ? open_parquet(s, copy, schema, err) : open_text(s, copy, schema, err);
    if (st != STATUS_OK) {
        file_sink_destroy(s);
        return st;
    }
    *out = s;
    return STATUS_OK;
}

/* ---- writing ---- */

/* What is in the buffer as one piece: gzip members and zstd frames may follow each other. */
static enum status flush(struct file_sink *s, struct error *err)
{
    struct bytes bytes = buffer_bytes(&s->plain);
    if (bytes.size == 0)
        return STATUS_OK;
    if (s->compression != COMPRESSION_NONE) {
        buffer_reset(&s->packed);
        TRY(compress(s->compression, bytes, 0, &s->packed, err));
        bytes = buffer_bytes(&s->packed);
    }
    TRY(s->os->write(s->os, s->fd, bytes.data, bytes.size, s->position, err));
    s->position += (int64_t)bytes.size;
    buffer_reset(&s->plain);
    return STATUS_OK;
}

static void put_row(struct file_sink *s, const struct batch *rows, uint32_t row)
{
    switch (s->format) {
    case COPY_JSON:
        json_encoder_put(s->json, rows, row, &s->plain);
        buffer_put_u8(&s->plain, '\n');
        break;
    case COPY_CSV:
        csv_put_row(&s->csv, CSV_STYLE_COPY, rows, row, &s->text, &s->plain);
        break;
    default:
        copy_text_put_row(&s->copy_text, rows, row, &s->text, &s->plain);
    }
}

enum status file_sink_write(struct file_sink *s, const struct batch *rows, struct error *err)
{
    uint32_t count = batch_rows(rows);
    s->rows += count;
    if (s->parquet != NULL)
        return parquet_writer_write(s->parquet, rows, err);
    for (uint32_t i = 0; i < count; i++) {
        put_row(s, rows, batch_row(rows, i));
        if (s->plain.size >= FLUSH_SIZE)
            TRY(flush(s, err));
    }
    return STATUS_OK;
}

/* ---- the end ---- */

static enum status finish_text(struct file_sink *s, struct error *err)
{
    if (s->plain.size == 0 && s->position == 0 && s->compression != COMPRESSION_NONE) {
        TRY(compress(s->compression, (struct bytes){(const uint8_t *)"", 0}, 0, &s->packed, err)); /* no rows, yet a sound file */
        TRY(s->os->write(s->os, s->fd, s->packed.data, s->packed.size, 0, err));
        s->position = (int64_t)s->packed.size;
    }
    TRY(flush(s, err));
    if (!s->target.is_device)
        TRY(s->os->sync(s->os, s->fd, err));
    s->size = s->position;
    return STATUS_OK;
}

enum status file_sink_finish(struct file_sink *s, int64_t *rows, int64_t *size, struct error *err)
{
    if (s->parquet != NULL) {
        TRY(parquet_writer_finish(s->parquet, err));
        s->size = parquet_writer_size(s->parquet);
    } else {
        TRY(finish_text(s, err));
    }
    TRY(sink_target_publish(&s->target, err));
    s->finished = true;
    *rows = s->rows;
    *size = s->size;
    return STATUS_OK;
}

void file_sink_destroy(struct file_sink *s)
{
    if (s == NULL)
        return;
    parquet_writer_destroy(s->parquet);
    if (s->fd >= 0)
        s->os->close(s->os, s->fd);
    if (!s->finished)
        sink_target_abandon(&s->target);
    json_encoder_destroy(s->json);
    buffer_clear(&s->plain);
    buffer_clear(&s->packed);
    arena_destroy(s->arena);
    free(s);
}
