/* parquet_tool.c - Parquet files for scripts: parquet_tool dump | statistics | about | copy.
 *
 *     dump [-t] FILE            rows, in a form that a script compares exactly (see put_value); -t truncates nanoseconds
 *     statistics FILE           a line per row group and column: null count, minimum, maximum
 *     about FILE                rows, row groups with their rows and bytes, metadata
 *     copy FILE TO [CODEC [LEVEL [ROW_GROUP_ROWS [PAGE_ROWS [DICTIONARY]]]]]
 *                               reads FILE and writes TO
 *
 * The first line of a dump names the columns and types. Columns that cannot be read are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/numeric.h"
#include "format/parquet_reader.h"
#include "format/parquet_writer.h"

enum { COLUMNS_MAX = 1000 };

struct columns {
    uint32_t indexes[COLUMNS_MAX];
    uint32_t count;
};

static void put_hex(const void *data, size_t size)
{
    putchar('x');
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const unsigned char *)data)[i]);
}

/* Integers and times as numbers, exact decimals as their unscaled integer, floats as their bits, the rest as bytes. */
static void put_value(struct type type, const void *value)
{
    char digits[48];
    switch (type_physical(type)) {
    case PHYSICAL_U8:
        printf("%d", *(const uint8_t *)value);
        break;
    case PHYSICAL_I16:
        printf("%d", *(const int16_t *)value);
        break;
    case PHYSICAL_I32:
        printf("%" PRId32, *(const int32_t *)value);
        break;
    case PHYSICAL_I64:
        printf("%" PRId64, *(const int64_t *)value);
        break;
    case PHYSICAL_F32:
        printf("%08" PRIx32, *(const uint32_t *)value);
        break;
    case PHYSICAL_F64:
        printf("%016" PRIx64, *(const uint64_t *)value);
        break;
    case PHYSICAL_I128:
        int128_format(*(const int128 *)value, 0, digits);
        fputs(digits, stdout);
        break;
    case PHYSICAL_INTERVAL: {
        const struct interval *i = value;
        printf("%" PRId32 ",%" PRId32 ",%" PRId64, i->months, i->days, i->microseconds);
        break;
    }
    case PHYSICAL_UUID:
        put_hex(value, 16);
        break;
    case PHYSICAL_STRING:
        put_hex(string_data(value), ((const struct string *)value)->size);
        break;
    }
}

static void columns_find(const struct parquet_reader *reader, struct columns *out)
{
    const struct schema *schema = parquet_reader_schema(reader);
    out->count = 0;
    for (uint32_t i = 0; i < schema->column_count && out->count < COLUMNS_MAX; i++)
        if (parquet_reader_refusal(reader, i) == NULL)
            out->indexes[out->count++] = i;
}

static void put_header(const struct parquet_reader *reader, const struct columns *columns)
{
    const struct schema *schema = parquet_reader_schema(reader);
    for (uint32_t i = 0; i < columns->count; i++) {
        char name[TYPE_NAME_SIZE];
        const struct column *c = &schema->columns[columns->indexes[i]];
        printf("%s%s:%s%s", i == 0 ? "" : "\t", c->name, type_name(c->type, name, sizeof name), c->not_null ? "!" : "");
    }
    putchar('\n');
}

static void put_batch(const struct batch *b)
{
    for (uint32_t row = 0; row < b->row_count; row++) {
        for (uint32_t i = 0; i < b->column_count; i++) {
            if (i != 0)
                putchar('\t');
            if (vector_is_valid(&b->columns[i], row))
                put_value(b->columns[i].type, vector_value(&b->columns[i], row));
            else
                fputs("\\N", stdout);
        }
        putchar('\n');
    }
}

struct sink {
    struct parquet_writer *writer; /* NULL: print */
};

static enum status pass_group(const struct parquet_reader *reader, uint32_t group, const struct columns *columns,
                              const struct sink *sink, struct error *err)
{
    struct parquet_cursor *cursor;
    TRY(parquet_cursor_create(reader, group, columns->indexes, columns->count, &cursor, err));
    struct arena *arena = arena_create();
    struct batch batch;
    enum status st;
    while ((st = parquet_cursor_read(cursor, arena, &batch, err)) == STATUS_OK && batch.row_count != 0) {
        if (sink->writer != NULL)
            st = parquet_writer_write(sink->writer, &batch, err);
        else
            put_batch(&batch);
        batch_unref(&batch);
        arena_reset(arena);
        if (st != STATUS_OK)
            break;
    }
    batch_unref(&batch);
    arena_destroy(arena);
    parquet_cursor_destroy(cursor);
    return st;
}

static enum status pass_all(const struct parquet_reader *reader, const struct columns *columns, const struct sink *sink,
                            struct error *err)
{
    for (uint32_t g = 0; g < parquet_reader_row_group_count(reader); g++)
        TRY(pass_group(reader, g, columns, sink, err));
    return STATUS_OK;
}

static enum status dump(const struct parquet_reader *reader, const struct columns *columns, struct error *err)
{
    put_header(reader, columns);
    struct sink sink = {NULL};
    return pass_all(reader, columns, &sink, err);
}

static enum status statistics(const struct parquet_reader *reader, const struct columns *columns)
{
    const struct schema *schema = parquet_reader_schema(reader);
    for (uint32_t g = 0; g < parquet_reader_row_group_count(reader); g++)
        for (uint32_t i = 0; i < columns->count; i++) {
            struct parquet_statistics s;
            struct type type = schema->columns[columns->indexes[i]].type;
            parquet_row_group_statistics(reader, g, columns->indexes[i], &s);
            printf("%u\t%s\t%lld\t", g, schema->columns[columns->indexes[i]].name, (long long)s.null_count);
            if (s.has_minimum)
                put_value(type, s.minimum);
            putchar('\t');
            if (s.has_maximum)
                put_value(type, s.maximum);
            putchar('\n');
        }
    return STATUS_OK;
}

static void about(const struct parquet_reader *reader, const struct columns *columns)
{
    printf("%lld rows\nby %s\n", (long long)parquet_reader_rows(reader), parquet_reader_created_by(reader));
    for (uint32_t g = 0; g < parquet_reader_row_group_count(reader); g++) {
        long long size = 0;
        for (uint32_t i = 0; i < columns->count; i++)
            size += parquet_row_group_size(reader, g, columns->indexes[i]);
        printf("group %u: %lld rows, %lld bytes\n", g, (long long)parquet_row_group_rows(reader, g), size);
    }
    for (uint32_t i = 0; i < parquet_reader_metadata_count(reader); i++) {
        const char *key, *value;
        parquet_reader_metadata_at(reader, i, &key, &value);
        printf("%s = %s\n", key, parquet_reader_metadata(reader, key) == NULL ? "?" : value);
    }
}

static bool codec_find(const char *name, enum compression *out)
{
    static const struct {
        const char *name;
        enum compression kind;
    } CODECS[] = {{"none", COMPRESSION_NONE},       {"snappy", COMPRESSION_SNAPPY}, {"gzip", COMPRESSION_GZIP},
                  {"lz4_raw", COMPRESSION_LZ4_RAW}, {"zstd", COMPRESSION_ZSTD},     {"brotli", COMPRESSION_BROTLI}};
    for (size_t i = 0; i < sizeof CODECS / sizeof *CODECS; i++)
        if (strcmp(CODECS[i].name, name) == 0) {
            *out = CODECS[i].kind;
            return true;
        }
    return false;
}

static void read_options(int argc, char **argv, struct parquet_writer_options *o)
{
    *o = parquet_writer_default_options();
    if (argc > 4 && !codec_find(argv[4], &o->compression))
        fprintf(stderr, "no codec %s\n", argv[4]);
    if (argc > 5)
        o->compression_level = atoi(argv[5]);
    if (argc > 6)
        o->row_group_rows = (uint32_t)atoi(argv[6]);
    if (argc > 7)
        o->page_rows = (uint32_t)atoi(argv[7]);
    if (argc > 8)
        o->use_dictionary = atoi(argv[8]) != 0;
}

static enum status copy(const struct parquet_reader *reader, const struct columns *columns, int argc, char **argv,
                        struct error *err)
{
    struct parquet_writer_options options;
    read_options(argc, argv, &options);
    struct column selected[COLUMNS_MAX];
    struct schema schema = {columns->count, selected};
    for (uint32_t i = 0; i < columns->count; i++)
        selected[i] = parquet_reader_schema(reader)->columns[columns->indexes[i]];
    struct sink sink;
    TRY(parquet_writer_create(os_real(), argv[3], &schema, &options, &sink.writer, err));
    parquet_writer_set_metadata(sink.writer, "made_by", "parquet_tool");
    enum status st = pass_all(reader, columns, &sink, err);
    if (st == STATUS_OK)
        st = parquet_writer_finish(sink.writer, err);
    if (st == STATUS_OK)
        printf("%lld bytes\n", (long long)parquet_writer_size(sink.writer));
    parquet_writer_destroy(sink.writer);
    return st;
}

int main(int argc, char **argv)
{
    struct parquet_reader_options options = {0};
    if (argc > 2 && strcmp(argv[2], "-t") == 0) {
        options.truncate_nanoseconds = true;
        memmove(argv + 2, argv + 3, (size_t)(argc - 2) * sizeof *argv);
        argc--;
    }
    if (argc < 3 || (strcmp(argv[1], "copy") == 0 && argc < 4)) {
        fprintf(stderr, "usage: parquet_tool dump [-t] FILE | statistics FILE | about FILE | copy FILE TO [CODEC ...]\n");
        return 2;
    }
    struct error err = {0};
    struct parquet_reader *reader;
    enum status st = parquet_reader_open(os_real(), argv[2], &options, &reader, &err);
    if (st == STATUS_OK) {
        struct columns columns;
        columns_find(reader, &columns);
        if (strcmp(argv[1], "dump") == 0)
            st = dump(reader, &columns, &err);
        else if (strcmp(argv[1], "statistics") == 0)
            st = statistics(reader, &columns);
        else if (strcmp(argv[1], "about") == 0)
            about(reader, &columns);
        else
            st = copy(reader, &columns, argc, argv, &err);
        parquet_reader_close(reader);
    }
    if (st != STATUS_OK)
        fprintf(stderr, "%s: %s\n", status_sqlstate(st), err.message);
    return st != STATUS_OK;
}
