/* parquet_cursor.c - the columns of a row group side by side. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/parquet_column.h"

struct parquet_cursor {
    const struct parquet_reader *reader;
    int64_t row_count;
    int64_t row; /* the next */
    enum status failed;
    struct parquet_pins pins;
    uint32_t column_count;
    struct parquet_column *columns;
    _Alignas(16) uint8_t stored[BATCH_ROWS_MAX * 16]; /* scratch: values before conversion */
};

static enum status check_column(const struct parquet_reader *reader, uint32_t column, struct error *err)
{
    assert(column < reader->schema.column_count);
    const struct parquet_leaf *leaf = &reader->leaves[column];
    if (leaf->refusal == NULL)
        return STATUS_OK;
    return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "\"%s\": column %s %s", reader->path, leaf->name, leaf->refusal);
}

enum status parquet_cursor_create(const struct parquet_reader *reader, uint32_t row_group, const uint32_t *columns,
                                  uint32_t column_count, struct parquet_cursor **out, struct error *err)
{
    assert(row_group < reader->metadata.row_group_count);
    *out = NULL;
    struct parquet_cursor *c = memory_alloc_zero(1, sizeof *c);
    c->reader = reader;
    c->row_count = reader->metadata.row_groups[row_group].row_count;
    c->columns = memory_alloc_zero((size_t)column_count + 1, sizeof *c->columns);
    for (uint32_t i = 0; i < column_count; i++) {
        enum status st = check_column(reader, columns[i], err);
        if (st == STATUS_OK)
            st = parquet_column_init(&c->columns[i], reader, row_group, &reader->leaves[columns[i]], &c->pins, c->stored, err);
        if (st != STATUS_OK) {
            parquet_cursor_destroy(c);
            return st;
        }
        c->column_count++;
    }
    *out = c;
    return STATUS_OK;
}

void parquet_cursor_destroy(struct parquet_cursor *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < c->column_count; i++)
        parquet_column_clear(&c->columns[i]);
    parquet_pins_clear(&c->pins);
    free(c->columns);
    free(c);
}

static enum status read_rows(struct parquet_cursor *c, uint32_t count, struct arena *arena, struct batch *out,
                             struct error *err)
{
    out->columns = ARENA_ARRAY(arena, struct vector, (size_t)c->column_count + 1);
    out->column_count = c->column_count;
    for (uint32_t i = 0; i < c->column_count; i++)
        TRY(parquet_column_read(&c->columns[i], count, c->row, arena, &out->columns[i], err));
    out->row_count = count;
    c->row += count;
    return STATUS_OK;
}

enum status parquet_cursor_read(struct parquet_cursor *c, struct arena *arena, struct batch *out, struct error *err)
{
    *out = (struct batch){0};
    if (c->failed != STATUS_OK)
        return error_set(err, c->failed, "\"%s\": reading went on after an error", c->reader->path);
    int64_t left = c->row_count - c->row;
    if (left == 0)
        return STATUS_OK;
    uint32_t count = left < BATCH_ROWS_MAX ? (uint32_t)left : BATCH_ROWS_MAX;
    enum status st = c->failed = read_rows(c, count, arena, out, err);
    if (st != STATUS_OK) {
        *out = (struct batch){0};
        return st;
    }
    struct slab *pinned = parquet_pins_take(&c->pins);
    if (pinned != NULL)
        batch_add_slab(out, pinned);
    return STATUS_OK;
}

enum status parquet_cursor_skip(struct parquet_cursor *c, int64_t row_count, int64_t *skipped, struct error *err)
{
    *skipped = 0;
    if (c->failed != STATUS_OK)
        return error_set(err, c->failed, "\"%s\": reading went on after an error", c->reader->path);
    struct arena *arena = arena_create();
    enum status st = STATUS_OK;
    while (st == STATUS_OK && *skipped < row_count && c->row < c->row_count) {
        int64_t left = row_count - *skipped < c->row_count - c->row ? row_count - *skipped : c->row_count - c->row;
        uint32_t count = left < BATCH_ROWS_MAX ? (uint32_t)left : BATCH_ROWS_MAX;
        struct batch unused = {0};
        st = c->failed = read_rows(c, count, arena, &unused, err);
        arena_reset(arena);
        if (st == STATUS_OK)
            *skipped += count;
        (void)parquet_pins_take(&c->pins);
    }
    arena_destroy(arena);
    return st;
}
