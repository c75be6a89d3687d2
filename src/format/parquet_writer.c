/* parquet_writer.c - rows into row groups, row groups into the file.
 *
 * Rows go to the columns in steps that begin at fixed rows of the row group,
 * not where batches happen to begin, so that the file's bytes depend on its rows
 * alone.
 */
#include "format/parquet_writer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/parquet_footer.h"
#include "format/thrift.h"

enum { STEP_ROWS = 1024, ROW_GROUP_ROWS_MAX = 1 << 24, ROW_GROUP_SIZE_GOAL = 128 << 20 };

struct parquet_writer {
    struct os *os;
    int fd;
    const char *path;
    struct arena *arena;
    struct parquet_writer_options options;
    uint32_t column_count;
    struct parquet_encoder *encoders;
    int64_t position; /* in the file */
    int64_t row_count;
    int64_t group_rows; /* of the row group being made */
    struct buffer row_groups;
    uint32_t row_group_count;
    struct buffer dictionary_page;
    struct parquet_pair *pairs;
    uint32_t pair_count;
    enum status failed;
    bool finished;
};

struct parquet_writer_options parquet_writer_default_options(void)
{
    return (struct parquet_writer_options){.compression = COMPRESSION_ZSTD,
                                           .row_group_rows = 122880,
                                           .page_rows = 20480,
                                           .numeric_scale = 18,
                                           .use_dictionary = true};
}

static enum status check_options(const struct parquet_writer_options *o, struct error *err)
{
    if (o->row_group_rows < 1 || o->row_group_rows > ROW_GROUP_ROWS_MAX)
        return error_set(err, STATUS_INVALID_PARAMETER, "row groups of %u rows: it must be 1 to %d", o->row_group_rows,
                         ROW_GROUP_ROWS_MAX);
    if (o->page_rows < 1 || o->page_rows > ROW_GROUP_ROWS_MAX)
        return error_set(err, STATUS_INVALID_PARAMETER, "pages of %u rows: it must be 1 to %d", o->page_rows,
                         ROW_GROUP_ROWS_MAX);
    if (o->numeric_scale < 0 || o->numeric_scale > 38)
        return error_set(err, STATUS_INVALID_PARAMETER, "a scale of %d for numeric: it must be 0 to 38", o->numeric_scale);
    switch (o->compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_GZIP:
    case COMPRESSION_SNAPPY:
    case COMPRESSION_LZ4_RAW:
    case COMPRESSION_ZSTD:
        return STATUS_OK;
    default:
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "this compression is not written in Parquet files");
    }
}

static enum status put_bytes(struct parquet_writer *w, struct bytes bytes, struct error *err)
{
    TRY(w->os->write(w->os, w->fd, bytes.data, bytes.size, w->position, err));
    w->position += (int64_t)bytes.size;
    return STATUS_OK;
}

static enum status make_encoders(struct parquet_writer *w, const struct schema *schema, struct error *err)
{
    struct schema kept;
    if (schema->column_count == 0)
        return error_set(err, STATUS_INVALID_TABLE_DEFINITION, "a Parquet file has at least one column");
    schema_copy(schema, w->arena, &kept);
    w->encoders = memory_alloc_zero(schema->column_count, sizeof *w->encoders);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        enum status st = parquet_encoder_init(&w->encoders[i], &kept.columns[i], &w->options, err);
        if (st != STATUS_OK) {
            error_prefix(err, "column %s: ", schema->columns[i].name);
            return st;
        }
        w->column_count++;
    }
    return STATUS_OK;
}

enum status parquet_writer_create(struct os *os, const char *path, const struct schema *schema,
                                  const struct parquet_writer_options *options, struct parquet_writer **out,
                                  struct error *err)
{
    *out = NULL;
    struct parquet_writer *w = memory_alloc_zero(1, sizeof *w);
    w->os = os;
    w->fd = -1;
    w->arena = arena_create();
    w->path = arena_copy_text(w->arena, path);
    w->options = options != NULL ? *options : parquet_writer_default_options();
    enum status st = check_options(&w->options, err);
    if (st == STATUS_OK)
        st = make_encoders(w, schema, err);
    if (st == STATUS_OK) {
        st = os->open(os, path, FILE_WRITE_NEW, &w->fd, err);
        if (st != STATUS_OK)
            w->fd = -1;
    }
    if (st == STATUS_OK)
        st = put_bytes(w, bytes_from_text("PAR1"), err);
    if (st != STATUS_OK) {
        parquet_writer_destroy(w);
        error_prefix(err, "cannot write \"%s\": ", path);
        return st;
    }
    *out = w;
    return STATUS_OK;
}

void parquet_writer_set_metadata(struct parquet_writer *w, const char *key, const char *value)
{
    assert(!w->finished);
    w->pairs = memory_realloc(w->pairs, (w->pair_count + 1) * sizeof *w->pairs);
    w->pairs[w->pair_count++] = (struct parquet_pair){arena_copy_text(w->arena, key), arena_copy_text(w->arena, value)};
}

/* Writes the column's pages and appends its part of the footer to chunks. */
static enum status end_column(struct parquet_writer *w, struct parquet_encoder *e, struct buffer *chunks, int64_t *size,
                              int64_t *decompressed_size, struct error *err)
{
    struct parquet_encoded encoded;
    int64_t position = w->position;
    TRY(parquet_encoder_finish(e, &w->dictionary_page, &encoded, err));
    if (w->dictionary_page.size != 0)
        TRY(put_bytes(w, buffer_bytes(&w->dictionary_page), err));
    TRY(put_bytes(w, buffer_bytes(&e->pages), err));
    parquet_footer_put_chunk(chunks, e, &encoded, w->group_rows, position);
    *size += encoded.size;
    *decompressed_size += encoded.decompressed_size;
    parquet_encoder_reset(e);
    return STATUS_OK;
}

static void put_row_group(struct parquet_writer *w, struct bytes chunks, int64_t position, int64_t size,
                          int64_t decompressed_size)
{
    struct buffer *out = &w->row_groups;
    int16_t last = 0;
    thrift_put_list(out, &last, 1, THRIFT_STRUCT, w->column_count);
    buffer_put_bytes(out, chunks);
    thrift_put_i64(out, &last, 2, decompressed_size);
    thrift_put_i64(out, &last, 3, w->group_rows);
    thrift_put_i64(out, &last, 5, position);
    thrift_put_i64(out, &last, 6, size);
    if (w->row_group_count <= INT16_MAX) {
        thrift_put_field(out, &last, 7, THRIFT_I16);
        buffer_put_varint(out, w->row_group_count);
    }
    thrift_put_stop(out);
    w->row_group_count++;
}

static enum status end_row_group(struct parquet_writer *w, struct error *err)
{
    if (w->group_rows == 0)
        return STATUS_OK;
    struct buffer chunks = {0};
    int64_t position = w->position, size = 0, decompressed_size = 0;
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < w->column_count && st == STATUS_OK; i++)
        st = end_column(w, &w->encoders[i], &chunks, &size, &decompressed_size, err);
    if (st == STATUS_OK)
        put_row_group(w, buffer_bytes(&chunks), position, size, decompressed_size);
    buffer_clear(&chunks);
    w->group_rows = 0;
    return st;
}

static bool row_group_is_large(const struct parquet_writer *w)
{
    size_t size = 0;
    for (uint32_t i = 0; i < w->column_count; i++)
        size += parquet_encoder_size(&w->encoders[i]);
    return size >= ROW_GROUP_SIZE_GOAL;
}

/* Up to the next step's begin, or the row group's end. */
static uint32_t rows_of_step(const struct parquet_writer *w, uint32_t left)
{
    int64_t step = STEP_ROWS - w->group_rows % STEP_ROWS;
    int64_t group = w->options.row_group_rows - w->group_rows;
    int64_t rows = step < group ? step : group;
    return rows < left ? (uint32_t)rows : left;
}

static enum status write_rows(struct parquet_writer *w, const struct batch *b, struct error *err)
{
    uint32_t count = batch_rows(b);
    for (uint32_t done = 0, take; done < count; done += take) {
        take = rows_of_step(w, count - done);
        for (uint32_t i = 0; i < w->column_count; i++)
            TRY(parquet_encoder_add(&w->encoders[i], &b->columns[i], b->selection, done, take, w->row_count, err));
        w->row_count += take;
        w->group_rows += take;
        if (w->group_rows == w->options.row_group_rows || (w->group_rows % STEP_ROWS == 0 && row_group_is_large(w)))
            TRY(end_row_group(w, err));
    }
    return STATUS_OK;
}

/* Notes the failure, so that the writer stays failed, and names the file. */
static enum status settle(struct parquet_writer *w, enum status st, struct error *err)
{
    w->failed = st;
    if (st != STATUS_OK)
        error_prefix(err, "cannot write \"%s\": ", w->path);
    return st;
}

enum status parquet_writer_write(struct parquet_writer *w, const struct batch *b, struct error *err)
{
    assert(!w->finished && b->column_count == w->column_count);
    if (w->failed != STATUS_OK)
        return error_set(err, w->failed, "\"%s\": writing went on after an error", w->path);
    return settle(w, write_rows(w, b, err), err);
}

static enum status write_end(struct parquet_writer *w, struct error *err)
{
    TRY(end_row_group(w, err));
    struct parquet_footer footer = {w->encoders,        w->column_count, w->row_count, buffer_bytes(&w->row_groups),
                                    w->row_group_count, w->pairs,        w->pair_count};
    struct buffer out = {0};
    parquet_footer_put(&out, &footer);
    uint32_t size = (uint32_t)out.size;
    buffer_put(&out, &size, sizeof size);
    buffer_put_text(&out, "PAR1");
    enum status st = put_bytes(w, buffer_bytes(&out), err);
    buffer_clear(&out);
    return st != STATUS_OK ? st : w->os->sync(w->os, w->fd, err);
}

enum status parquet_writer_finish(struct parquet_writer *w, struct error *err)
{
    assert(!w->finished);
    if (w->failed != STATUS_OK)
        return error_set(err, w->failed, "\"%s\": writing went on after an error", w->path);
    w->finished = true;
    return settle(w, write_end(w, err), err);
}

int64_t parquet_writer_size(const struct parquet_writer *w)
{
    return w->position;
}

void parquet_writer_destroy(struct parquet_writer *w)
{
    if (w == NULL)
        return;
    if (w->fd >= 0)
        w->os->close(w->os, w->fd);
    for (uint32_t i = 0; i < w->column_count; i++)
        parquet_encoder_clear(&w->encoders[i]);
    free(w->encoders);
    free(w->pairs);
    buffer_clear(&w->row_groups);
    buffer_clear(&w->dictionary_page);
    arena_destroy(w->arena);
    free(w);
}
