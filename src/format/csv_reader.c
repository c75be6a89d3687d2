/* csv_reader.c - see the header. */
#include "format/csv_reader.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/csv_split.h"
#include "format/scan.h"

struct csv_reader {
    struct field_row row;
    struct csv_options options;
    size_t null_size;
    bool has_begun;  /* the byte order mark is behind */
    bool skips_line; /* the header is still to come */
    bool is_done;
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
        return error_set(err, STATUS_INVALID_PARAMETER, "CSV quote character must not appear in the NULL specification");
    return STATUS_OK;
}

enum status csv_reader_create(const struct schema *schema, const struct csv_options *csv, const struct line_options *line,
                              struct csv_reader **out, struct error *err)
{
    struct csv_options options = csv_options_with_defaults(csv);
    TRY(check_options(&options, err));
    struct csv_reader *r = memory_alloc_zero(1, sizeof *r);
    field_row_init(&r->row, schema, line);
    r->options = options;
    r->null_size = strlen(options.null_text);
    r->skips_line = options.has_header;
    *out = r;
    return STATUS_OK;
}

void csv_reader_destroy(struct csv_reader *r)
{
    free(r);
}

static inline void put_field(struct csv_reader *r, const struct csv_field *field)
{
    if (!field->is_quoted && field->size == r->null_size && memcmp(field->data, r->options.null_text, field->size) == 0)
        field_row_put_null(&r->row);
    else
        field_row_put(&r->row, field->data, field->size, !field->is_odd);
}

/* Offers the fields of the line at p to the row; returns the next line. */
static const char *read_line(struct csv_reader *r, const char *p, const char *end, bool is_last, struct arena *arena,
                             enum csv_end *how)
{
    struct csv_field field;
    do {
        p = csv_next_field(&r->options, p, end, is_last, arena, &field, how);
        if (*how > CSV_END_TEXT)
            break;
        put_field(r, &field);
    } while (*how == CSV_END_FIELD);
    return p;
}

/* A header is only split. */
static const char *skip_line(const struct csv_reader *r, const char *p, const char *end, bool is_last, struct arena *arena,
                             enum csv_end *how)
{
    struct csv_field field;
    do {
        p = csv_next_field(&r->options, p, end, is_last, arena, &field, how);
    } while (*how == CSV_END_FIELD);
    return p;
}

static enum status finish_line(struct csv_reader *r, const char *begin, const char *line, const char *next, enum csv_end how,
                               struct error *err)
{
    enum status st = STATUS_OK;
    if ((size_t)(next - line) > r->row.options.line_size_limit)
        st = error_set(err, STATUS_LIMIT_EXCEEDED, "a line of more than %zu bytes", r->row.options.line_size_limit);
    else if (how == CSV_END_OPEN_QUOTE)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "unterminated CSV quoted field");
    else if (how == CSV_END_RETURN)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "unquoted carriage return found in data");
    if (st != STATUS_OK)
        return field_row_error(&r->row, scan_count(begin, line, '\n'), st, err);
    if (r->skips_line)
        return STATUS_OK;
    if (r->row.refused == NULL && r->row.field_index == r->row.field_count)
        return STATUS_OK;
    return field_row_finish(&r->row, scan_count(begin, line, '\n'), err);
}

static bool is_blank(const char *p, const char *end)
{
    return *p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n');
}

/* A bad line ends at its newline. NULL: the text ends before it. */
static const char *line_end(const char *next, const char *end, enum csv_end how, bool is_last)
{
    if (how != CSV_END_RETURN)
        return next;
    const char *newline = memchr(next, '\n', (size_t)(end - next));
    return newline != NULL ? newline + 1 : is_last ? end : NULL;
}

/* Reads lines from begin; *at is how far it got. */
static enum status read_lines(struct csv_reader *r, const char *begin, const char **at, const char *end, bool is_last,
                              struct batch *out, struct arena *arena, struct error *err)
{
    while (*at < end && out->row_count < BATCH_ROWS_MAX) {
        const char *line = *at;
        enum csv_end how;
        if (r->options.has_end_marker && field_row_is_end_marker(line, end, is_last)) {
            r->is_done = true;
            *at = end;
            return STATUS_OK;
        }
        if (r->options.skip_blank_lines && is_blank(line, end)) {
            *at += *line == '\n' ? 1 : 2;
            continue;
        }
        field_row_begin(&r->row, out, arena);
        const char *next = r->skips_line ? skip_line(r, line, end, is_last, arena, &how)
                                         : read_line(r, line, end, is_last, arena, &how);
        const char *after = line_end(next, end, how, is_last);
        bool is_cut = how == CSV_END_CUT || after == NULL;
        if (is_cut && (size_t)(end - line) <= r->row.options.line_size_limit)
            return STATUS_OK;
        *at = after == NULL ? end : after;
        TRY(finish_line(r, begin, line, *at, how, err));
        out->row_count += !r->skips_line;
        r->skips_line = false;
    }
    return STATUS_OK;
}

enum status csv_reader_read(struct csv_reader *r, struct bytes text, bool is_last, struct batch *out, struct arena *arena,
                            size_t *consumed, struct error *err)
{
    assert(out->column_count == r->row.schema->column_count);
    *consumed = 0;
    if (r->is_done || text.size == 0) {
        *consumed = text.size;
        return STATUS_OK;
    }
    const char *begin = (const char *)text.data, *at = begin, *end = begin + text.size;
    if (!r->has_begun) {
        if (text.size < 3 && !is_last)
            return STATUS_OK;
        if (text.size >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0)
            at += 3;
        r->has_begun = true;
        begin = at; /* consumed counts from text.data below */
    }
    enum status st = read_lines(r, begin, &at, end, is_last, out, arena, err);
    r->row.line += scan_count(begin, at, '\n');
    *consumed = (size_t)(at - (const char *)text.data);
    return st;
}

bool csv_reader_is_done(const struct csv_reader *r)
{
    return r->is_done;
}
