/* csv_fuzz.c - any bytes as CSV or COPY text: reader, sampler, and what was read is written and read again.
 *
 *     byte 0: bit 0: COPY text; bit 1: a header; bit 2: other delimiter and escape; bit 3: the sample is all there is;
 *             bits 4 to 7: the second column's type; byte 1: step; the rest: the text
 */
#include <stdint.h>
#include <stdlib.h>

#include "format/copy_text.h"
#include "format/csv_reader.h"
#include "format/csv_writer.h"
#include "format/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static const struct type TYPES[16] = {
    {.id = TYPE_INT4}, {.id = TYPE_INT8}, {.id = TYPE_NUMERIC}, {.id = TYPE_NUMERIC, .precision = 12, .scale = 2},
    {.id = TYPE_FLOAT8}, {.id = TYPE_FLOAT4}, {.id = TYPE_BOOL}, {.id = TYPE_VARCHAR, .length = 3},
    {.id = TYPE_DATE}, {.id = TYPE_TIME, .precision = 6}, {.id = TYPE_TIMESTAMP, .precision = 6}, {.id = TYPE_TIMESTAMPTZ, .precision = 3},
    {.id = TYPE_INTERVAL, .precision = 6}, {.id = TYPE_BYTEA}, {.id = TYPE_UUID}, {.id = TYPE_JSONB},
};
static struct column COLUMNS[] = {{.name = "a", .type = {.id = TYPE_TEXT}}, {.name = "b", .type = {.id = TYPE_INT4}}};
static const struct schema SCHEMA = {2, COLUMNS};

struct reader {
    struct csv_reader *csv;
    struct copy_text_reader *copy;
};

static enum status read_rows(const struct reader *r, struct bytes text, bool is_last, struct batch *b, struct arena *arena,
                             size_t *consumed)
{
    struct error err = {0};
    batch_init(b, &SCHEMA, arena);
    enum status st = r->csv != NULL ? csv_reader_read(r->csv, text, is_last, b, arena, consumed, &err)
                                    : copy_text_reader_read(r->copy, text, is_last, b, arena, consumed, &err);
    require(*consumed <= text.size && b->row_count <= BATCH_ROWS_MAX);
    require((st == STATUS_OK) == (err.message[0] == '\0'));
    require(st == STATUS_OK || *consumed > 0);
    return st;
}

static struct reader open_reader(bool is_copy, const struct csv_options *options)
{
    struct reader r = {0};
    struct error err = {0};
    if (is_copy)
        require(copy_text_reader_create(&SCHEMA, NULL, NULL, &r.copy, &err) == STATUS_OK);
    else
        require(csv_reader_create(&SCHEMA, options, NULL, &r.csv, &err) == STATUS_OK);
    return r;
}

static void close_reader(struct reader *r)
{
    csv_reader_destroy(r->csv);
    copy_text_reader_destroy(r->copy);
}

static void check_round_trip(const struct batch *b, bool is_copy, struct csv_options options, struct arena *arena)
{
    struct text_context utc = {.zone = time_zone_utc()};
    struct buffer first = {0}, second = {0};
    struct batch again;
    size_t consumed;
    options.has_header = false;
    for (uint32_t row = 0; row < b->row_count; row++)
        is_copy ? copy_text_put_row(NULL, b, row, &utc, &first) : csv_put_row(&options, CSV_STYLE_COPY, b, row, &utc, &first);
    struct reader r = open_reader(is_copy, &options);
    require(read_rows(&r, buffer_bytes(&first), true, &again, arena, &consumed) == STATUS_OK);
    require(again.row_count == b->row_count);
    for (uint32_t row = 0; row < again.row_count; row++)
        is_copy ? copy_text_put_row(NULL, &again, row, &utc, &second) : csv_put_row(&options, CSV_STYLE_COPY, &again, row, &utc, &second);
    require(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
    close_reader(&r);
    buffer_clear(&first);
    buffer_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool is_copy = data[0] & 1;
    struct csv_options options = {.has_header = data[0] & 2};
    if (data[0] & 4) {
        options.delimiter = ';';
        options.escape = '\\';
    }
    COLUMNS[1].type = TYPES[data[0] >> 4];
    size_t step = data[1] == 0 ? size : data[1];
    struct bytes text = {data + 2, size - 2};
    struct arena *arena = arena_create();
    struct reader r = open_reader(is_copy, &options);
    for (size_t begin = 0, end = 0, round = 0; round < 200 && (begin < text.size || end < text.size); round++) {
        struct batch b;
        size_t consumed;
        end = text.size - end > step ? end + step : text.size;
        enum status st = read_rows(&r, (struct bytes){text.data + begin, end - begin}, end == text.size, &b, arena, &consumed);
        check_round_trip(&b, is_copy, options, arena);
        begin += consumed;
        if (end == text.size && st == STATUS_OK && b.row_count < BATCH_ROWS_MAX)
            break;
    }
    close_reader(&r);
    struct schema schema;
    struct error err = {0};
    status_ignore(sample_csv(text, data[0] & 8, NULL, arena, &schema, &options, &err), "any outcome will do");
    arena_destroy(arena);
    return 0;
}
