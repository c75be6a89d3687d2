/* parquet_read.c - what decoding Parquet costs: parquet_read FILE [COLUMN...] prints ns per value on one thread.
 *
 * Reads the columns (all that can be read, unless named by number) of every row group, without looking at the values.
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/parquet_reader.h"
#include "os/clock.h"
#include "os/thread.h"

enum { COLUMNS_MAX = 64 };

static enum status read_group(struct parquet_reader *reader, uint32_t group, const uint32_t *columns, uint32_t count,
                              struct arena *arena, int64_t *batches, struct error *err)
{
    struct parquet_cursor *cursor;
    TRY(parquet_cursor_create(reader, group, columns, count, &cursor, err));
    struct batch batch = {.row_count = 1};
    enum status st = STATUS_OK;
    for (; st == STATUS_OK && batch.row_count != 0; ++*batches) {
        arena_reset(arena);
        st = parquet_cursor_read(cursor, arena, &batch, err);
        batch_unref(&batch);
    }
    parquet_cursor_destroy(cursor);
    return st;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct parquet_reader *reader;
    if (argc < 2 || parquet_reader_open(os_real(), argv[1], NULL, &reader, &err) != STATUS_OK) {
        fprintf(stderr, "parquet_read FILE [COLUMN...]: %s\n", err.message);
        return 1;
    }
    uint32_t columns[COLUMNS_MAX], count = 0;
    for (int i = 2; i < argc && count < COLUMNS_MAX; i++)
        columns[count++] = (uint32_t)atoi(argv[i]);
    for (uint32_t i = 0; argc == 2 && i < parquet_reader_schema(reader)->column_count && count < COLUMNS_MAX; i++)
        if (parquet_reader_refusal(reader, i) == NULL)
            columns[count++] = i;
    struct arena *arena = arena_create();
    int64_t start = clock_monotonic_ns(), batches = 0;
    enum status st = STATUS_OK;
    for (uint32_t g = 0; st == STATUS_OK && g < parquet_reader_row_group_count(reader); g++)
        st = read_group(reader, g, columns, count, arena, &batches, &err);
    double ns = (double)(clock_monotonic_ns() - start), values = (double)parquet_reader_rows(reader) * count;
    if (st != STATUS_OK)
        fprintf(stderr, "%s\n", err.message);
    printf("%.0f values, %lld batches, %.1f ms, %.3f ns/value, peak %.1f MB\n", values, (long long)batches, ns / 1e6,
           ns / values, (double)memory_peak_size() / 1e6);
    arena_destroy(arena);
    parquet_reader_close(reader);
    return st != STATUS_OK;
}
