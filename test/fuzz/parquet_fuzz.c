/* parquet_fuzz.c - any bytes as a Parquet file: schema, statistics and every value of the first batches of each row group. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/parquet_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BATCHES_MAX = 32, GROUPS_MAX = 64, COLUMNS_MAX = 64 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A file of these bytes. */
struct memory_file {
    struct os os;
    const uint8_t *data;
    size_t size;
};

static enum status memory_open(struct os *os, const char *path, enum file_mode mode, int *fd, struct error *err)
{
    (void)os;
    (void)path;
    (void)err;
    require(mode == FILE_READ);
    *fd = 3;
    return STATUS_OK;
}

static void memory_close(struct os *os, int fd)
{
    (void)os;
    require(fd == 3);
}

static enum status memory_read(struct os *os, int fd, void *data, size_t size, int64_t position, size_t *done,
                               struct error *err)
{
    const struct memory_file *file = (const struct memory_file *)os;
    (void)err;
    require(fd == 3 && position >= 0 && (uint64_t)position <= file->size);
    size_t left = file->size - (size_t)position;
    *done = size < left ? size : left;
    if (*done != 0)
        memcpy(data, file->data + position, *done);
    return STATUS_OK;
}

static enum status memory_file_size(struct os *os, int fd, int64_t *out, struct error *err)
{
    (void)fd;
    (void)err;
    *out = (int64_t)((const struct memory_file *)os)->size;
    return STATUS_OK;
}

static volatile unsigned sink;

static void touch(struct type type, const void *value)
{
    const uint8_t *bytes = value;
    for (size_t i = 0; i < type_size(type); i++)
        sink += bytes[i];
    if (!type_is_string(type))
        return;
    const struct string *s = value;
    const char *data = string_data(s);
    for (size_t i = 0; i < s->size; i++)
        sink += (unsigned char)data[i];
}

/* Rows without a value too: kernels may look at what stands there. */
static void touch_batch(const struct batch *b)
{
    require(b->row_count <= BATCH_ROWS_MAX);
    for (uint32_t i = 0; i < b->column_count; i++) {
        const struct vector *v = &b->columns[i];
        for (uint32_t row = 0; row < b->row_count; row++) {
            require(v->form != VECTOR_DICTIONARY || v->indexes[row] < v->dictionary_size);
            touch(v->type, vector_value(v, row));
            sink += vector_is_valid(v, row);
        }
    }
}

/* Reads on from row `skip` of the group. */
static void read_group(const struct parquet_reader *reader, uint32_t group, const uint32_t *columns, uint32_t count,
                       int64_t skip)
{
    struct error err = {0};
    struct parquet_cursor *cursor;
    if (parquet_cursor_create(reader, group, columns, count, &cursor, &err) != STATUS_OK) {
        require(err.message[0] != '\0' && cursor == NULL);
        return;
    }
    struct arena *arena = arena_create();
    struct batch kept = {0};
    int64_t skipped;
    if (parquet_cursor_skip(cursor, skip, &skipped, &err) == STATUS_OK)
        require(skipped == skip);
    else
        require(err.message[0] != '\0' && skipped <= skip);
    err = (struct error){0};
    for (int i = 0; i < BATCHES_MAX; i++) {
        struct batch batch;
        enum status st = parquet_cursor_read(cursor, arena, &batch, &err);
        require((st == STATUS_OK) == (err.message[0] == '\0'));
        if (st != STATUS_OK || batch.row_count == 0)
            break;
        touch_batch(&batch);
        batch_unref(&kept);
        kept = batch;
    }
    parquet_cursor_destroy(cursor);
    touch_batch(&kept); /* outlives the cursor */
    batch_unref(&kept);
    arena_destroy(arena);
}

static void look_at(const struct parquet_reader *reader)
{
    uint32_t columns[COLUMNS_MAX], count = 0;
    const struct schema *schema = parquet_reader_schema(reader);
    for (uint32_t i = 0; i < schema->column_count && count < COLUMNS_MAX; i++) {
        sink += (unsigned)strlen(schema->columns[i].name);
        if (parquet_reader_refusal(reader, i) == NULL)
            columns[count++] = i;
    }
    for (uint32_t g = 0; g < parquet_reader_row_group_count(reader) && g < GROUPS_MAX; g++) {
        for (uint32_t i = 0; i < count; i++) {
            struct parquet_statistics s;
            parquet_row_group_statistics(reader, g, columns[i], &s);
            if (s.has_minimum)
                touch(schema->columns[columns[i]].type, s.minimum);
            if (s.has_maximum)
                touch(schema->columns[columns[i]].type, s.maximum);
            read_group(reader, g, &columns[i], 1, 0); /* one bad column does not hide the others */
        }
        read_group(reader, g, columns, count, 0);
        int64_t half = parquet_row_group_rows(reader, g) / 2;
        read_group(reader, g, columns, count, half < BATCHES_MAX * BATCH_ROWS_MAX ? half : 0);
    }
}

static void read_file(const uint8_t *data, size_t size)
{
    struct memory_file file = {
        {.open = memory_open, .close = memory_close, .read = memory_read, .file_size = memory_file_size}, data, size};
    struct parquet_reader_options options = {.page_size_limit = 1 << 20};
    struct parquet_reader *reader;
    struct error err = {0};
    if (parquet_reader_open(&file.os, "fuzz.parquet", &options, &reader, &err) != STATUS_OK) {
        require(err.message[0] != '\0' && reader == NULL);
        return;
    }
    look_at(reader);
    parquet_reader_close(reader);
}

/* As it is, and with the magic bytes mended, so that more inputs get as far as their footer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    if (size < 12 || (memcmp(data, "PAR1", 4) == 0 && memcmp(data + size - 4, "PAR1", 4) == 0))
        return 0;
    uint8_t *mended = malloc(size);
    require(mended != NULL);
    memcpy(mended, data, size);
    memcpy(mended, "PAR1", 4);
    memcpy(mended + size - 4, "PAR1", 4);
    read_file(mended, size);
    free(mended);
    return 0;
}
