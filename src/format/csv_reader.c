/* csv_reader.c - see the header. */
#include "format/csv_reader.h"

#include <stdlib.h>

#include "base/memory.h"
#include "format/csv_split.h"

struct csv_reader {
    struct field_lines lines;
    struct csv_options options;
    size_t null_size;
    bool has_begun; /* the byte order mark is behind */
};

static enum status check_options(const struct csv_options *o, struct error *err)
{
    if (o->delimiter == o->quote)
        return error_set(err, STATUS_INVALID_PARAMETER, "COPY delimiter and quote must be different");
    if (o->delimiter == '\n' || o->delimiter == '\r' || o->quote == '\n' || o->quote == '\r')
        return error_set(err, STATUS_INVALID_PARAMETER, "COPY delimiter cannot be newline or carriage return");
    if (strchr(o->null_text, o->delimiter) != NULL)
        return error_set(err, STATUS_INVALID_PARAMETER, "COPY delimiter must not appear in the NULL specification");
    if (strchr(o->null_text, o->quote) != NULL)
        return error_set(err, STATUS_INVALID_PARAMETER,
                         "CSV quote character must not appear in the NULL specification");
    return STATUS_OK;
}

static inline void put_field(struct csv_reader *r, const struct csv_field *field)
{
    if (!field->is_quoted && field->size == r->null_size && memcmp(field->data, r->options.null_text, field->size) == 0)
        field_row_put_null(&r->lines.row);
    else
        field_row_put(&r->lines.row, field->data, field->size, !field->is_odd);
}

static const char *split_line(struct field_lines *lines, const char *p, const char *end, bool is_last,
                              enum field_end *how)
{
    struct csv_reader *r = (struct csv_reader *)lines;
    struct csv_field field;
    do {
        p = csv_next_field(&r->options, p, end, is_last, lines->row.arena, &field, how);
        if (*how > FIELD_END_TEXT)
            break;
        if (!lines->skips_line)
            put_field(r, &field);
    } while (*how == FIELD_END_FIELD);
    return p;
}

enum status csv_reader_create(const struct schema *schema, const struct csv_options *csv,
                              const struct line_options *line, struct csv_reader **out, struct error *err)
{
    struct csv_options options = csv_options_with_defaults(csv);
    TRY(check_options(&options, err));
    struct csv_reader *r = memory_alloc_zero(1, sizeof *r);
    field_row_init(&r->lines.row, schema, line);
    r->lines.split = split_line;
    r->lines.return_problem = "unquoted carriage return found in data";
    r->lines.skips_line = options.has_header;
    r->lines.skips_blank_header = options.skip_blank_lines;
    r->lines.skips_blank_lines = options.skip_blank_lines && r->lines.row.field_count > 1;
    r->lines.has_end_marker = options.has_end_marker;
    r->options = options;
    r->null_size = strlen(options.null_text);
    *out = r;
    return STATUS_OK;
}

void csv_reader_destroy(struct csv_reader *r)
{
    free(r);
}

enum status csv_reader_read(struct csv_reader *r, struct bytes text, bool is_last, struct batch *out,
                            struct arena *arena, size_t *consumed, struct error *err)
{
    size_t mark_size = 0;
    *consumed = 0;
    if (!r->has_begun) {
        if (text.size < UTF8_MARK_SIZE && !is_last)
            return STATUS_OK;
        mark_size = utf8_mark_size(text);
        r->has_begun = true;
    }
    struct bytes rest = {text.data + mark_size, text.size - mark_size};
    enum status st = field_lines_read(&r->lines, rest, is_last, out, arena, consumed, err);
    *consumed += mark_size;
    return st;
}

bool csv_reader_is_done(const struct csv_reader *r)
{
    return r->lines.is_done;
}
